/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the check of serving's documents: the rules of KServe's validating
 * webhooks, and what KServe leaves to its controllers or forgets. */
#ifndef KF_SERVING_CHECK_H
#define KF_SERVING_CHECK_H

#include "serving/service.h"

/* One document under check. */
typedef struct kf_check {
    const kf_service *service;
    const kf_services *services; /* Those beside it; NULL: it stands alone. */
    const kf_place *root;        /* Where its fields are; NULL: in the text itself. */
    kf_report *report;
} kf_check;

/* A part of a document, and where it is. */
typedef struct kf_part {
    const kf_value *value; /* With defaults; NULL: it is not there. */
    const kf_place *place;
} kf_part;

#define KF__PART(from, name)                                                           \
    ((kf_part){kf_value_get((from).value, (name)), KF__PLACE((from).place, (name))})
#define KF__PART_AT(from, index)                                                       \
    ((kf_part){kf_value_at((from).value, (index)), KF__PLACE_AT((from).place, (index))})

/* Where a finding at `value` stands: the nearest that was in the text. */
const kf_value *kf__check_at(const kf_check *check, const kf_value *value);
#define kf__check_error(check, code, place, value, ...)                                \
    kf__find_error(                                                                    \
        (check)->report, code, place, kf__check_at(check, value), __VA_ARGS__)
#define kf__check_warning(check, code, place, value, ...)                              \
    kf__find_warning(                                                                  \
        (check)->report, code, place, kf__check_at(check, value), __VA_ARGS__)

/* check: all of one document. */
void kf__check_document(const kf_check *check);
/* [a-z]([-a-z0-9]*[a-z0-9])? */
bool kf__is_label(const char *text);
/* Blocked variables of a list of containers, or of one. */
void kf__check_environment(const kf_check *check, kf_part containers);
void kf__check_variables(const kf_check *check, kf_part container);
/* Resources of a container that are no GPU that KServe knows. */
void kf__check_gpus(
    const kf_check *check, kf_part container, const kf_value *annotations);
/* A number below `least` is an error; "the replicas cannot be negative". */
void kf__check_least(
    const kf_check *check, kf_part object, const char *name, int64_t least);

/* check_service: an InferenceService. */
void kf__check_inference_service(const kf_check *check);
/* check_component: what every component has. `written`: as it is in the text, where two
 * that the defaults make one are two. */
void kf__check_component(const kf_check *check, kf_service_role role, kf_part component,
    const kf_value *written);
void kf__check_extensions(const kf_check *check, kf_part component);
/* check_storage */
void kf__check_storage(const kf_check *check, kf_service_role role, kf_part component);
void kf__check_confidential(const kf_check *check, kf_part predictor, kf_part model);
/* check_scaling: by the mode and the class of the autoscaler. */
void kf__check_scaling(const kf_check *check, kf_part component);
/* check_worker */
void kf__check_worker(const kf_check *check, kf_part predictor, kf_part model);
/* check_canary */
void kf__check_canaries(const kf_check *check, kf_part spec);
/* check_runtime: a ServingRuntime, of a namespace or of the cluster. */
void kf__check_runtime(const kf_check *check);
/* check_graph */
void kf__check_graph(const kf_check *check);
/* check_model: a TrainedModel; a ClusterStorageContainer. */
void kf__check_trained_model(const kf_check *check);
void kf__check_storage_container(const kf_check *check);

/* check_update: putting it in the place of another. */
void kf__check_update(const kf_check *check, const kf_service *old);

/* The predictor's model, under the key that it has in the text. */
kf_part kf__check_model(const kf_check *check, kf_part predictor, kf_place *place);

#endif
