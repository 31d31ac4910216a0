/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is an expression or an error with its column; an expression comes to a value
 * or an error. */
#include "fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "pipeline/expr.h"

static const char inputs_json[] = "{\"i\": 3, \"d\": 0.25, \"s\": \"heads\", \"t\": "
                                  "true, \"n\": \"7\", \"list\": [1, \"a\", "
                                  "{\"k\": 2}], \"map\": {\"a\": {\"b\": [5]}}, "
                                  "\"none\": null, \"json\": \"{\\\"a\\\": [1]}\"}";

static const kf_value *inputs(void)
{
    static kf_value *value;
    if (value == NULL)
        fuzz_check(kf_value_parse(inputs_json, strlen(inputs_json), &value) == KF_OK);
    return value;
}

static bool is_fault(kf_status status)
{
    return status == KF_ETYPE || status == KF_EMISSING || status == KF_EPARSE ||
           status == KF_ELIMIT;
}

static void check_result(const kf_expr *expr, bool select)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    kf_status status = select ? kf__expr_select(expr, inputs(), &tree, &value)
                              : kf__expr_eval(expr, inputs(), &tree, &value);
    fuzz_check(status == KF_OK || is_fault(status));
    /* What is known beforehand to be no condition is none. */
    if (status == KF_OK && kf_value_kind(value) == KF_KIND_BOOL)
        fuzz_check(kf__expr_is_condition(expr));
    kf__tree_finish(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_expr *expr = NULL;
    kf_status status = kf__expr_parse((const char *)data, size, &expr);
    if (status != KF_OK) {
        fuzz_check(is_fault(status));
        fuzz_check(kf_last_error()->column <= (int)size + 1);
        return 0;
    }
    for (size_t i = 0; kf__expr_input(expr, i) != NULL; i++)
        fuzz_check(strlen(kf__expr_input(expr, i)) <= size);
    check_result(expr, false);
    check_result(expr, true);
    kf__expr_free(expr);
    return 0;
}
