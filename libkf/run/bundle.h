/* SPDX-License-Identifier: Apache-2.0 */
/* Values that go into or come out of a task or a group of tasks: parameters and
 * artifacts by name, in memory of their own. */
#ifndef KF_RUN_BUNDLE_H
#define KF_RUN_BUNDLE_H

#include "base/value.h"
#include "run/plan.h"

/* An artifact is the struct of KFP's RuntimeArtifact, {name, type, uri, metadata,
 * customPath}, with {id, digest, size} of the store beside it. */
typedef struct kf_bundle {
    kf_tree tree;
    kf_value *parameters; /* Name to value. */
    kf_value *artifacts;  /* Name to a list of artifacts. */
} kf_bundle;

/* NULL: out of memory. */
kf_bundle *kf__bundle_new(void);
void kf__bundle_free(kf_bundle *bundle);
/* {"parameters": …, "artifacts": …} as text and back. */
void kf__bundle_write(const kf_bundle *bundle, kf_buf *out);
kf_status kf__bundle_read(const char *text, kf_bundle **out);
/* Whether the files of its artifacts still exist, of those that ever had one. */
bool kf__bundle_is_there(const kf_bundle *bundle);
const kf_value *kf__bundle_parameter(const kf_bundle *bundle, const char *name);
const kf_value *kf__bundle_artifacts(const kf_bundle *bundle, const char *name);

/* Make a copy of `value` in `tree` that is of the parameter's type and one of its
 * literals, as KFP's driver converts it: a whole double is an integer, anything is a
 * string as JSON, JSON text is a list or a struct. KF_ETYPE, KF_EINVAL at `where`. */
kf_status kf__parameter_fit(kf_tree *tree, const kf_plan_io *io, const kf_value *value,
    const char *where, kf_value **out);
/* The same for an output, which is only of a type. `name` is for the message. */
kf_status kf__parameter_convert(kf_tree *tree, kf_type type, const kf_value *value,
    const char *name, const char *where, kf_value **out);

#endif
