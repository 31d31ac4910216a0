/* SPDX-License-Identifier: Apache-2.0 */
/* Types of Kubernetes' documents as Go reads them from JSON: a field of another type is
 * refused, an unknown one ignored, null is the same as nothing. */
#ifndef KF_BASE_SCHEMA_H
#define KF_BASE_SCHEMA_H

#include "base/finding.h"
#include "base/value.h"

typedef enum kf_field_type {
    KF__FIELD_ANY = 0,
    KF__FIELD_STRING,
    KF__FIELD_BOOL,
    KF__FIELD_INT32,
    KF__FIELD_INT64,
    KF__FIELD_DOUBLE,
    KF__FIELD_PORT,     /* A whole number or text (IntOrString). */
    KF__FIELD_QUANTITY, /* A number or text, as resources are counted: "2Gi". */
    KF__FIELD_OBJECT,   /* Any struct. */
    KF__FIELD_TEXTS,    /* A struct of texts. */
    KF__FIELD_STRUCT,   /* A struct with `fields`. */
    KF__FIELD_INLINE    /* No field: all of `fields` stand in its place. */
} kf_field_type;

typedef struct kf_field {
    const char *name; /* NULL ends the fields. */
    kf_field_type type;
    bool is_list;
    bool is_map; /* A struct of any names to such values. */
    bool is_required;
    const char *choices; /* The texts it may be, with a space between; NULL: any. */
    const char *keys; /* Of a list: the fields that no two items may have in common. */
    const struct kf_field *fields;
} kf_field;

/* For tables of fields. */
#define KF__F_TEXT(field)                                                              \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING                                        \
    }
#define KF__F_TEXT_LIST(field)                                                         \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING, .is_list = true                       \
    }
#define KF__F_INT(field)                                                               \
    {                                                                                  \
        .name = field, .type = KF__FIELD_INT32                                         \
    }
#define KF__F_STRUCT(field, of)                                                        \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .fields = of                          \
    }
#define KF__F_LIST(field, of)                                                          \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .is_list = true, .fields = of         \
    }
#define KF__F_TEXTS(field)                                                             \
    {                                                                                  \
        .name = field, .type = KF__FIELD_TEXTS                                         \
    }
#define KF__F_OBJECT(field)                                                            \
    {                                                                                  \
        .name = field, .type = KF__FIELD_OBJECT                                        \
    }
#define KF__F_INLINE(of)                                                               \
    {                                                                                  \
        .name = "", .type = KF__FIELD_INLINE, .fields = of                             \
    }
#define KF__F_BOOL(field)                                                              \
    {                                                                                  \
        .name = field, .type = KF__FIELD_BOOL                                          \
    }
#define KF__F_LONG(field)                                                              \
    {                                                                                  \
        .name = field, .type = KF__FIELD_INT64                                         \
    }
#define KF__F_PORT(field)                                                              \
    {                                                                                  \
        .name = field, .type = KF__FIELD_PORT                                          \
    }
#define KF__F_QUANTITY(field)                                                          \
    {                                                                                  \
        .name = field, .type = KF__FIELD_QUANTITY                                      \
    }
#define KF__F_QUANTITIES(field)                                                        \
    {                                                                                  \
        .name = field, .type = KF__FIELD_QUANTITY, .is_map = true                      \
    }
#define KF__F_CHOICE(field, of)                                                        \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING, .choices = of                         \
    }
#define KF__F_NEEDED_TEXT(field)                                                       \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING, .is_required = true                   \
    }
#define KF__F_NEEDED_STRUCT(field, of)                                                 \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .is_required = true, .fields = of     \
    }
#define KF__F_KEYED(field, of, by)                                                     \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .is_list = true, .keys = by,          \
        .fields = of                                                                   \
    }
#define KF__F_END                                                                      \
    {                                                                                  \
        .name = NULL                                                                   \
    }

/* Of ObjectMeta, of which what Kubernetes itself fills in is kept without a word. */
extern const kf_field kf__metadata_fields[];

/* A copy of the value in `tree`, without nulls, whole numbers as integers; what is of
 * the wrong type is found and left out, but for a number in place of text. Unknown
 * fields are kept, with a warning. NULL: out of memory. */
kf_value *kf__schema_read(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *fields, const kf_value *value);

/* What is missing, given twice or none of the choices, in what kf__schema_read made. */
void kf__schema_demand(kf_report *report, const kf_place *place, const kf_field *fields,
    const kf_value *value);
/* Whether it is a quantity; `out` (may be NULL): how much, the nearest double. */
bool kf__quantity(const kf_value *value, double *out);

#endif
