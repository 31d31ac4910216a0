/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the types of an expression before it is computed. */
#ifndef KF_PIPELINE_EXPR_TYPE_H
#define KF_PIPELINE_EXPR_TYPE_H

#include "pipeline/expr_lex.h"
#include "pipeline/expr_node.h"

/* Set the type of a node from those of its operands; KF_ETYPE if they can never agree.
 */
kf_status kf__expr_infer(const kf_lexer *lexer, kf_expr_node *node);
/* "an integer", "a list"; "anything" for KF__EXPR_DYNAMIC. */
const char *kf__expr_type_name(int type);
bool kf__expr_find_function(const char *name, kf_expr_function *out);
const char *kf__expr_function_name(kf_expr_function function);
/* Whether the function may take an argument of the type. */
bool kf__expr_takes(kf_expr_function function, int type);

#endif
