/* SPDX-License-Identifier: Apache-2.0 */
/* One text made of another, for tests of documents that are wrong in one place. */
#ifndef KF_EDIT_H
#define KF_EDIT_H

#include "kf_test.h"

#include <string.h>

#include "base/buf.h"

/* `text` with the first `from` replaced by `to`; free it with kf_text_free. Not inlined,
 * where gcc 12 takes the text of one call for the dangling `out` of another. */
__attribute__((noinline, unused)) static char *kf_edited(
    const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    kf_buf buf = KF__BUF_INIT;
    char *out = NULL;
    ck_assert_msg(at != NULL, "no such text: %s", from);
    size_t before = (size_t)(at - text);
    kf__buf_append(&buf, text, before);
    kf__buf_puts(&buf, to);
    kf__buf_puts(&buf, text + before + strlen(from));
    ck_ok(kf__buf_take(&buf, &out));
    return out;
}

/* Long texts are the same; if not, what stands where they part is shown. */
static inline void kf_check_same(const char *found, const char *expected)
{
    size_t at = 0;
    while (found[at] != '\0' && found[at] == expected[at])
        at++;
    size_t from = at < 60 ? 0 : at - 60;
    ck_assert_msg(found[at] == expected[at],
        "they part at byte %zu:\n%.120s\n--- expected:\n%.120s", at, found + from,
        expected + from);
}

#endif
