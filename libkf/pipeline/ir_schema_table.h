/* SPDX-License-Identifier: Apache-2.0 */
/* How the tables of ir_schema_pipeline.c and ir_schema_kubernetes.c are written. */
#ifndef KF_PIPELINE_IR_SCHEMA_TABLE_H
#define KF_PIPELINE_IR_SCHEMA_TABLE_H

#include <stddef.h>

#include "pipeline/ir_schema.h"

/* clang-format off */
#define ONE(name, type) {name, KF__IR_##type, KF__IR_ONE, 0, NULL, NULL}
#define MANY(name, type) {name, KF__IR_##type, KF__IR_LIST, 0, NULL, NULL}
#define MAP(name, type) {name, KF__IR_##type, KF__IR_MAP, 0, NULL, NULL}
#define ENUM(name, names) {name, KF__IR_ENUM, KF__IR_ONE, 0, NULL, &(names)}
#define SUB(name, message) {name, KF__IR_MESSAGE, KF__IR_ONE, 0, &(message), NULL}
#define SUBS(name, message) {name, KF__IR_MESSAGE, KF__IR_LIST, 0, &(message), NULL}
#define SUBMAP(name, message) {name, KF__IR_MESSAGE, KF__IR_MAP, 0, &(message), NULL}
#define CHOICE(name, type) {name, KF__IR_##type, KF__IR_ONE, 1, NULL, NULL}
#define CHOICE_SUB(name, message) {name, KF__IR_MESSAGE, KF__IR_ONE, 1, &(message), NULL}
#define END {NULL, 0, 0, 0, NULL, NULL}
/* clang-format on */

extern const kf_ir_message kf__ir_task_inputs_spec_input_parameter_spec;
extern const kf_ir_message
    kf__ir_task_inputs_spec_input_parameter_spec_task_output_parameter_spec;

#endif
