/* SPDX-License-Identifier: Apache-2.0 */
/* What a plain YAML 1.1 scalar means, by the implicit resolvers of PyYAML
 * (yaml/resolver.py): the reader gives values by it, the writer quotes text that it
 * would take for something else. */
#ifndef KF_IO_YAML_SCALAR_H
#define KF_IO_YAML_SCALAR_H

#include "base/value.h"

typedef enum kf_yaml_type {
    KF__YAML_STRING,
    KF__YAML_NULL,
    KF__YAML_BOOL,
    KF__YAML_INT,
    KF__YAML_FLOAT,
    KF__YAML_TIMESTAMP, /* The reader keeps it as text. */
    KF__YAML_MERGE,     /* "<<" */
    KF__YAML_VALUE      /* "=" */
} kf_yaml_type;

kf_yaml_type kf__yaml_type(const char *text, size_t length);

/* The value of NUL-terminated text of a type. NULL if it has none (".inf", "0x_",
 * beyond doubles), or out of memory: then the tree's status says so. Integers beyond 64
 * bits become doubles. */
kf_value *kf__yaml_value(
    kf_tree *tree, kf_yaml_type type, const char *text, size_t length);

/* The same as Go's reader has it, for Kubernetes' documents. */
kf_yaml_type kf__yaml_go_type(const char *text, size_t length);
kf_value *kf__yaml_go_value(
    kf_tree *tree, kf_yaml_type type, const char *text, size_t length);

#endif
