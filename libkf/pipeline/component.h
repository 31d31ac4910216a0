/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a component. The handle points to a body that tasks share; a body with
 * more than one reference is never changed: kf__component_own() gives the handle a copy
 * of its own first. */
#ifndef KF_PIPELINE_COMPONENT_H
#define KF_PIPELINE_COMPONENT_H

#include <kf/component.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/value.h"
#include "base/vec.h"
#include "pipeline/document.h"

typedef enum kf_component_kind {
    KF__COMPONENT_NONE,
    KF__COMPONENT_CONTAINER, /* image, command, args, env; also python, notebook, call
                                and command */
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

/* ---- component_body.c ---- */

kf_status kf__component_body_new(kf_component_body **out);
kf_component_body *kf__component_body_ref(kf_component_body *body);
void kf__component_body_unref(kf_component_body *body);
kf_status kf__component_own(kf_component *component);
/* KF_OK, or KF_ENOMEM if building in the body's tree failed, which is forgotten then:
 * what the body held before is intact. */
kf_status kf__component_settle(kf_component_body *body);
/* Give the body `name` in KFP's form. */
kf_status kf__component_set_name(kf_component_body *body, const char *name);
/* A handle for the body, whose reference is taken over, also on failure. */
kf_status kf__component_handle_new(kf_component_body *body, kf_component **out);

/* ---- component_graph.c ---- */

/* A pipeline as a component: name, description and interface from the document, which
 * is taken over (also on failure). */
kf_status kf__component_from_document(kf_document *document, kf_component **out);

/* ---- component.c ---- */

/* Make the component, which must own its body, a container; the values live in the
 * body's tree. */
kf_status kf__component_become_container(
    kf_component *component, const char *image, kf_value *command, kf_value *args);

/* ---- component_io.c ---- */

/* Check a declaration and copy it into the tree as it stands in a document (numbers as
 * doubles). */
kf_status kf__io_parameter(kf_tree *tree, const char *name, kf_type type,
    const kf_io_options *options, kf_io *out);
kf_status kf__io_artifact(kf_tree *tree, const char *name, const char *schema,
    const kf_io_options *options, kf_io *out);
/* Take the interface of a ComponentSpec (inputDefinitions, outputDefinitions) over into
 * the body. */
kf_status kf__component_read_interface(kf_component_body *body, const kf_value *spec);
/* KF_EINVAL unless `text` is UTF-8 and within limits. `what` names it in the message.
 */
kf_status kf__component_check_text(const char *what, const char *text);
/* KF_ETYPE unless `words` is NULL or a list of strings. */
kf_status kf__component_check_words(const char *what, const kf_value *words);
/* Copy text into the tree: NULL gives NULL, and a failure is the tree's status. */
const char *kf__tree_keep(kf_tree *tree, const char *text);

/* ---- component_words.c ---- */

/* KF_ETYPE where a placeholder in command or arguments takes an artifact for a parameter,
 * or the other way round. */
kf_status kf__component_check_placeholders(const kf_component_body *body);

/* ---- component_install.c ---- */

/* Append the shell command that installs `packages` (and KFP's own where `kfp` says so)
 * and then executes "$0" "$@"; nothing if there is nothing to install. */
void kf__put_python_install(
    kf_buf *buf, const kf_python_options *options, const kf_value *packages, bool kfp);

/* What stands for a C function in a document: this image, and the command {"kf",
 * "call", function}. */
#define KF__CALL_IMAGE "libkf/call"

#endif
