/* SPDX-License-Identifier: Apache-2.0 */
/* Values written as JSON. */
#ifndef KF_JSON_TEST_H
#define KF_JSON_TEST_H

#include "kf_test.h"

#include <string.h>

#include "base/value.h"

/* The value of a JSON text; free it. */
static inline kf_value *json(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    return value;
}

#endif
