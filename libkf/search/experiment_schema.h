/* SPDX-License-Identifier: Apache-2.0 */
/* Types of Kubernetes' documents as Go reads them from JSON: a field of another type is
 * refused, an unknown one ignored, null is the same as nothing. */
#ifndef KF_SEARCH_EXPERIMENT_SCHEMA_H
#define KF_SEARCH_EXPERIMENT_SCHEMA_H

#include "base/value.h"
#include "pipeline/finding.h"

typedef enum kf_field_type {
    KF__FIELD_ANY = 0,
    KF__FIELD_STRING,
    KF__FIELD_BOOL,
    KF__FIELD_INT32,
    KF__FIELD_INT64,
    KF__FIELD_DOUBLE,
    KF__FIELD_PORT,   /* A whole number or text (IntOrString). */
    KF__FIELD_OBJECT, /* Any struct. */
    KF__FIELD_TEXTS,  /* A struct of texts. */
    KF__FIELD_STRUCT  /* A struct with `fields`. */
} kf_field_type;

typedef struct kf_field {
    const char *name; /* NULL ends the fields. */
    kf_field_type type;
    bool is_list;
    const struct kf_field *fields;
} kf_field;

extern const kf_field kf__experiment_fields[]; /* Of an Experiment. */
extern const kf_field kf__job_fields[];        /* Of an OptimizationJob. */

/* A copy of the value in `tree`, without nulls, whole numbers as integers; what is of
 * the wrong type is found and left out, but for a number in place of text. Unknown
 * fields are kept, with a warning. NULL: out of memory. */
kf_value *kf__schema_read(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *fields, const kf_value *value);

#endif
