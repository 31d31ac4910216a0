/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a component. The handle points to a body that tasks share; a body with more than one
 * reference is never changed: kf__component_own() gives the handle a copy of its own first. */
#ifndef KF_PIPELINE_COMPONENT_H
#define KF_PIPELINE_COMPONENT_H

#include <kf/component.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/value.h"
#include "base/vec.h"

typedef enum kf_component_kind {
    KF__COMPONENT_NONE,
    KF__COMPONENT_CONTAINER, /* image, command, args, env; also python, notebook, call and command */
    KF__COMPONENT_IMPORTER,  /* importer */
    KF__COMPONENT_GRAPH      /* spec, platform: a whole pipeline */
} kf_component_kind;

typedef struct kf_component_body {
    atomic_int references;
    kf_tree tree; /* Owns everything below. */
    const char *name;
    const char *description; /* Or NULL. */
    KF__VEC(kf_io) inputs;
    KF__VEC(kf_io) outputs;
    kf_map input_index; /* Name to position. */
    kf_map output_index;
    kf_component_kind kind;
    const char *image;
    kf_value *command;      /* List or NULL. */
    kf_value *args;         /* List or NULL. */
    kf_value *env;          /* List of {name, value} or NULL. */
    kf_value *importer;     /* ImporterSpec as in the IR. */
    kf_value *spec;         /* PipelineSpec. */
    kf_value *platform;     /* PlatformSpec or NULL. */
    kf_value *passthroughs; /* List of {field, applyToTask} or NULL. */
} kf_component_body;

struct kf_component {
    kf_component_body *body;
};

kf_status kf__component_own(kf_component *component);
kf_component_body *kf__component_body_ref(kf_component_body *body);
void kf__component_body_unref(kf_component_body *body);

/* What stands for a C function in a document: this image, and the command {"kf", "call", function}. */
#define KF__CALL_IMAGE "libkf/call"

#endif
