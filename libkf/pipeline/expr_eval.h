/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an evaluation that deal with values from outside: parameters, members,
 * conversions. */
#ifndef KF_PIPELINE_EXPR_EVAL_H
#define KF_PIPELINE_EXPR_EVAL_H

#include "pipeline/expr_type.h"

/* A fault is kept here and becomes the thread's error only if nothing makes up for it.
 */
typedef struct kf_evaluation {
    const kf_value *inputs;
    const kf_value *bound;
    kf_tree *tree;
    const char *place;
    char message[256];
} kf_evaluation;

typedef kf_status (*kf_eval_step)(kf_evaluation *, const kf_expr_node *, kf_cel *);

kf_status kf__eval_fault(kf_evaluation *self, const kf_expr_node *node,
    kf_status status, const char *format, ...) KF_PRINTF(4, 5);
kf_status kf__eval_name(kf_evaluation *self, const kf_expr_node *node, kf_cel *out);
kf_status kf__eval_index(
    kf_evaluation *self, const kf_expr_node *node, kf_eval_step eval, kf_cel *out);
kf_status kf__eval_call(
    kf_evaluation *self, const kf_expr_node *node, kf_eval_step eval, kf_cel *out);
/* A value from outside as CEL sees it: every number is a double. */
kf_cel kf__cel_of(const kf_value *value);
kf_status kf__eval_value(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *cel, kf_value **out);
const kf_value *kf__eval_member(
    const kf_value *object, const char *name, size_t length);

#endif
