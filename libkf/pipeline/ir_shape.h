/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a value against a message of the schema, and bringing it to one form. */
#ifndef KF_PIPELINE_IR_SHAPE_H
#define KF_PIPELINE_IR_SHAPE_H

#include "base/finding.h"
#include "pipeline/ir_schema.h"

/* Findings for all that does not fit. What does is brought to one form: names in
 * camelCase, enum values by name, int32 as integers, doubles and the numbers of structs
 * and values as doubles, no nulls where there is a field. The result is `value` or
 * takes its place; both are of `tree`. */
kf_value *kf__ir_shape(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_ir_message *message, kf_value *value);
/* The same for a message that the document holds as a Struct: all its numbers are doubles. */
kf_value *kf__ir_shape_struct(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_ir_message *message, kf_value *value);

#endif
