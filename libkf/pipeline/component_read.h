/* SPDX-License-Identifier: Apache-2.0 */
/* Reading component YAML of the first version (KFP: v1_structures.py, placeholders.py).
 * Every fault is KF_EDOCUMENT with the place, line and column. */
#ifndef KF_PIPELINE_COMPONENT_READ_H
#define KF_PIPELINE_COMPONENT_READ_H

#include "pipeline/component.h"
#include "base/finding.h"

/* component_read_v1: a component from its document. */
kf_status kf__component_read_v1(const kf_value *document, kf_component **out);

/* KF_EDOCUMENT at the place. */
kf_status kf__component_fault(
    const kf_place *place, const kf_value *at, const char *format, ...) KF_PRINTF(3, 4);
/* Only these names, which end with NULL, are in the struct. */
kf_status kf__component_check_fields(const kf_value *object, const kf_place *place,
    const char *what, const char *const *names);
/* KFP's name of an input or output: lower case, "_" for other characters. NULL: out of memory. */
char *kf__component_io_name(const char *name);

/* component_read_word: command and args. */
typedef struct kf_v1_words {
    const kf_component *component; /* With its interface. */
    const kf_value *inputs;        /* Struct: names as the document has them. */
    const kf_value *outputs;
    kf_tree *tree;
} kf_v1_words;

/* The list of words, each text with placeholders as the IR has them. */
kf_status kf__component_read_words(const kf_v1_words *self, const kf_value *words,
    const kf_place *place, kf_value **out);

#endif
