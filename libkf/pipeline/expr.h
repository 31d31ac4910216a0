/* SPDX-License-Identifier: Apache-2.0 */
/* The part of CEL that KFP's conditions use, and what libkf adds to it within CEL. */
#ifndef KF_PIPELINE_EXPR_H
#define KF_PIPELINE_EXPR_H

#include "base/value.h"

typedef struct kf_expr kf_expr;

/* Literals, inputs.parameter_values['x'] (and ["x"], .x), int() double() string() bool() size(), parseJson,
 * ! && || == != < <= > >= + - * / % in ?: [] . and parentheses. KF_EPARSE with column; KF_ELIMIT. */
kf_status kf__expr_parse(const char *text, size_t length, kf_expr **out);
void kf__expr_free(kf_expr *expr);
/* Evaluate over `inputs`, a struct of parameter values. Results live in `tree`. An operation that the
 * types do not allow, or a missing parameter, is KF_ETYPE / KF_EMISSING, never a silent false. */
kf_status kf__expr_eval(const kf_expr *expr, const kf_value *inputs, kf_tree *tree, kf_value **out);
/* Names of the parameters it reads; NULL past the end. */
const char *kf__expr_input(const kf_expr *expr, size_t index);

#endif
