/* SPDX-License-Identifier: Apache-2.0 */
/* The part of CEL that KFP's conditions use, and what libkf adds to it within CEL.
 *
 * Numbers of parameters are doubles to CEL, as they are on a cluster: `p / 2` is an
 * error, `p / 2.0` and `int(p) / 2` are not. Integers and doubles compare by value, and
 * an integer parameter keeps all of its 64 bits in comparisons and in int(), where a
 * cluster rounds it to 53. */
#ifndef KF_PIPELINE_EXPR_H
#define KF_PIPELINE_EXPR_H

#include "base/value.h"

typedef struct kf_expr kf_expr;

/* Literals, inputs.parameter_values['x'] (and ["x"], .x), lists, int() double()
 * string() bool() size() has() parseJson(), ! && || == != < <= > >= + - * / % in ?: []
 * . and parentheses; the names string_value, number_value, bool_value, list_value and
 * struct_value are those of kf__expr_select. KF_EPARSE, and KF_ETYPE for operands that
 * can never agree, with line and column; KF_ELIMIT. */
kf_status kf__expr_parse(const char *text, size_t length, kf_expr **out);
void kf__expr_free(kf_expr *expr);
/* Evaluate over `inputs`, a struct of parameter values. Results live in `tree`. An
 * operation that the types do not allow, or a missing parameter, is KF_ETYPE /
 * KF_EMISSING, never a silent false. */
kf_status kf__expr_eval(
    const kf_expr *expr, const kf_value *inputs, kf_tree *tree, kf_value **out);
/* A condition: KF_ETYPE unless it comes to true or false. */
kf_status kf__expr_condition(const kf_expr *expr, const kf_value *inputs, bool *out);
/* A parameterExpressionSelector such as parseJson(string_value)["a"], over `value`:
 * string_value is its text, or its JSON if it is no string. */
kf_status kf__expr_select(
    const kf_expr *expr, const kf_value *value, kf_tree *tree, kf_value **out);
/* Names of the parameters it reads; NULL past the end. */
const char *kf__expr_input(const kf_expr *expr, size_t index);
/* False if it can only come to something else than true or false. */
bool kf__expr_is_condition(const kf_expr *expr);

#endif
