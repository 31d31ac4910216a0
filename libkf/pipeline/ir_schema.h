/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a pipeline's documents in protobuf's JSON form: pipeline_spec.proto
 * and kubernetes_executor_config.proto of KFP, as tables. */
#ifndef KF_PIPELINE_IR_SCHEMA_H
#define KF_PIPELINE_IR_SCHEMA_H

#include "base/value.h"

typedef enum kf_ir_type {
    KF__IR_STRING,
    KF__IR_BOOL,
    KF__IR_INT32,
    KF__IR_INT64, /* Written as a string. */
    KF__IR_DOUBLE,
    KF__IR_DURATION, /* "3.5s" */
    KF__IR_STRUCT,   /* Any struct. */
    KF__IR_VALUE,    /* Any value. */
    KF__IR_ENUM,
    KF__IR_MESSAGE
} kf_ir_type;

typedef enum kf_ir_shape { KF__IR_ONE, KF__IR_LIST, KF__IR_MAP } kf_ir_shape;

typedef struct kf_ir_message kf_ir_message;

typedef struct kf_ir_enum {
    const char *name;
    const char *const *values; /* By number; NULL at the end. */
} kf_ir_enum;

typedef struct kf_ir_field {
    const char *name; /* lowerCamelCase; NULL ends the fields of a message. */
    uint8_t type;
    uint8_t shape;
    uint8_t choice; /* Not 0: at most one of the fields with this number (protobuf:
                       oneof). */
    const kf_ir_message *message;
    const kf_ir_enum *names;
} kf_ir_field;

struct kf_ir_message {
    const char *name; /* As in the .proto file, without its package. */
    const kf_ir_field *fields;
};

extern const kf_ir_message kf__ir_pipeline_spec;
extern const kf_ir_message kf__ir_platform_spec;
extern const kf_ir_message kf__ir_kubernetes_executor_config;
extern const kf_ir_message kf__ir_importer_spec;

/* The field of that name, in camelCase or as in the .proto file (snake_case); NULL if
 * there is none. */
const kf_ir_field *kf__ir_field(const kf_ir_message *message, const char *name);
/* Number of the enum's value, -1 if it has none of that name. */
int kf__ir_enum_number(const kf_ir_enum *names, const char *name);

#endif
