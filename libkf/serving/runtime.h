/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the selection of runtimes. */
#ifndef KF_SERVING_RUNTIME_H
#define KF_SERVING_RUNTIME_H

#include "serving/service.h"

/* A runtime that may be selected. */
typedef struct kf_service_runtime_entry {
    kf_service_runtime_candidate candidate;
    const kf_value *document;
    int rank;            /* Of its first protocol. */
    const char *created; /* creationTimestamp; "": none. */
} kf_service_runtime_entry;

struct kf_service_runtime {
    kf_tree tree;
    KF__VEC(kf_service_runtime_entry) entries;
    const kf_value *document; /* Of the one selected; NULL: none. */
    const char *protocol;
    const kf_value *container;
    const char *failure;
    const char *message;
};

/* runtime_table: the ClusterServingRuntimes that KServe ships, a list. */
const kf_value *kf__shipped_runtimes(kf_tree *tree);

/* runtime_merge: the container of the runtime with the model's; NULL, with the failure
 * set: they do not merge. */
const kf_value *kf__runtime_merge(kf_service_runtime *runtime,
    const kf_service *service, const kf_service_component *component);
/* As Kubernetes' strategic merge patch merges containers. */
kf_value *kf__merge_containers(
    kf_tree *tree, const kf_value *base, const kf_value *patch);
/* The image with the tag that the version, or the server and its GPU, ask for. */
const char *kf__runtime_image(kf_tree *tree, const char *image, const char *version,
    const char *server, bool has_gpu);
/* "mlserver", "tritonserver", …; "": unknown. */
const char *kf__server_type(const kf_value *document);

/* runtime_template: `{{.Name}}` and the like, in all texts of a value. KF_EUNSUPPORTED:
 * what Go's templates have beyond. */
kf_status kf__fill_template(kf_tree *tree, kf_value *value, const kf_value *metadata);

#endif
