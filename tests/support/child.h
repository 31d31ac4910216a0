/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes in tests. */
#ifndef KF_CHILD_H
#define KF_CHILD_H

#include "io/process.h"
#include "kf_test.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", (script))
#define OPTIONS(...)                                                                   \
    ((kf_process_options){                                                             \
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1, __VA_ARGS__})

static inline int run(const kf_process_options *options, const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    ck_ok(kf__process_run(options, 20000, &out, &code));
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
    return code;
}

static inline int run_shell(const char *script, const char *expected)
{
    return run(&OPTIONS(.argv = SHELL(script)), expected);
}

#endif
