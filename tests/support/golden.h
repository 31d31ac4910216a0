/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations that another program made, kept as JSON in tests/golden. */
#ifndef KF_GOLDEN_H
#define KF_GOLDEN_H

#include "base/value.h"
#include "io/file.h"
#include "io/json.h"
#include "kf_test.h"

static inline kf_value *golden_json(kf_tree *tree, const char *name)
{
    kf_buf path = KF__BUF_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *value = NULL;
    kf__buf_printf(&path, "%s/%s", KF_TEST_GOLDEN, name);
    ck_ok(kf__file_read(path.data, SIZE_MAX, &text));
    ck_ok(kf__json_read(tree, text.data, text.length, &value));
    kf__buf_finish(&path);
    kf__buf_finish(&text);
    return value;
}

#endif
