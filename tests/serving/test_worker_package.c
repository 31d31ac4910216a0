/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_package.h"

#include "folder.h"
#include "io/process.h"

#include <string.h>

/* An interpreter that knows no package but its own: the worker's is found, and says that
 * nobody wants anything of it. */
START_TEST(an_interpreter_without_the_package)
{
    kf_buf folder = KF__BUF_INIT, again = KF__BUF_INIT, out = KF__BUF_INIT;
    int code = -1;
    ck_ok(kf__worker_package(test_folder, &folder));
    ck_ok(kf__worker_package(test_folder, &again));
    ck_assert_str_eq(folder.data, again.data);
    const char *const argv[] = {
        "python3", "-I", "-S", "-c", kf__worker_program, folder.data, NULL};
    kf_process_options options = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1};
    ck_ok(kf__process_run(&options, -1, &out, &code));
    ck_assert_int_eq(code, 1);
    ck_assert_msg(strstr(out.data, "KeyError: 'KF_WORKER_FD'") != NULL, "%s", out.data);
    ck_assert_msg(strstr(out.data, folder.data) != NULL, "%s", out.data);
    kf__buf_finish(&folder);
    kf__buf_finish(&again);
    kf__buf_finish(&out);
}
END_TEST

START_TEST(no_place_for_it)
{
    kf_buf folder = KF__BUF_INIT;
    put_file(in_folder("file"), "");
    ck_assert_int_ne(kf__worker_package(in_folder("file"), &folder), KF_OK);
    kf__buf_finish(&folder);
}
END_TEST

KF_TEST_MAIN_WITH("serving/worker_package", make_test_folder, remove_test_folder,
    an_interpreter_without_the_package, no_place_for_it)
