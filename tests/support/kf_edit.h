/* SPDX-License-Identifier: Apache-2.0 */
/* One text made of another, for tests of documents that are wrong in one place. */
#ifndef KF_EDIT_H
#define KF_EDIT_H

#include "kf_test.h"

#include <string.h>

#include "base/buf.h"

/* `text` with the first `from` replaced by `to`; free it with kf_text_free. */
static inline char *kf_edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    kf_buf buf = KF__BUF_INIT;
    char *out;
    ck_assert_msg(at != NULL, "no such text: %s", from);
    kf__buf_append(&buf, text, (size_t)(at - text));
    kf__buf_puts(&buf, to);
    kf__buf_puts(&buf, at + strlen(from));
    ck_ok(kf__buf_take(&buf, &out));
    return out;
}

#endif
