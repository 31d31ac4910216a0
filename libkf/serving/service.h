/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the documents of serving. */
#ifndef KF_SERVING_SERVICE_H
#define KF_SERVING_SERVICE_H

#include <kf/service.h>

#include "base/error.h"
#include "base/finding.h"
#include "base/schema.h"
#include "base/value.h"
#include "base/vec.h"

#define KF__SERVING_GROUP "serving.kserve.io"
#define KF__CONFIG_MAP "inferenceservice-config"
#define KF__ANNOTATION_MODE KF__SERVING_GROUP "/deploymentMode"
#define KF__KSERVE_CONTAINER "kserve-container"
#define KF__TRANSFORMER_CONTAINER "transformer-container"

/* A component, and what it points to. */
typedef struct kf_component_view {
    kf_service_component component;
    kf_service_logger logger;
    kf_service_batcher batcher;
    bool is_given;
} kf_component_view;

struct kf_service {
    kf_tree tree;
    kf_service_kind kind;
    kf_value *document; /* As it was read. */
    kf_value *typed;    /* The same without what Go would not read. */
    kf_value *full;     /* With defaults; what the accessors show. */
    kf_value *settings; /* The configuration behind the defaults. */
    const char *mode;
    kf_component_view components[3]; /* By kf_service_role. */
    kf_component_view *canaries;     /* Of the tree. */
    size_t canary_count;
};

struct kf_services {
    KF__VEC(kf_service *) items;
    kf_tree tree;
    const kf_value *config; /* What KServe's configuration says; never NULL. */
};

/* ---- service_read ---- */

/* With a report, KF_OK says that there is a document, sound or not, with findings at
 * places from `root` on; without one the first finding is the error. The document is
 * copied. */
kf_status kf__service_read(const kf_value *document, const kf_value *config,
    const kf_place *root, kf_report *report, kf_service **out);
/* The documents in the text, those of Lists too, as they stand. */
kf_status kf__service_documents(
    kf_tree *tree, const char *text, size_t length, kf_value **out);
/* The kinds of KServe; OTHER for all else. KF_EDOCUMENT: no document, or of an
 * apiVersion that is not served. */
kf_status kf__service_kind(const kf_value *document, kf_service_kind *out);
/* NULL: kept as it is. */
const kf_field *kf__service_fields(kf_service_kind kind);
/* Where the document's fields are: below its name if there are others; NULL. */
const kf_place *kf__services_root(
    const kf_services *services, const kf_service *service, kf_place *root);
bool kf__is_config_map(const kf_value *document);
/* As kf_services_load; with a report (may be NULL) all findings, and what can be read. */
kf_status kf__services_read(
    const char *text, size_t length, kf_report *report, kf_services **out);
/* Defaults and what follows from them again, by another configuration. */
kf_status kf__service_refresh(kf_service *service, const kf_value *config);

/* ---- service_default, service_component, service_config ---- */

void kf__service_default(kf_tree *tree, kf_value *full, const kf_value *config);
kf_status kf__service_view(kf_service *service, const kf_value *config);
/* The service with a canary of its own as its predictor, and no canaries: what it is
 * once the canary has been promoted, but for its scaling. */
kf_status kf__service_variant(
    const kf_service *service, size_t canary, kf_service **out);
/* What the ConfigMap among the documents says (a list of values, or NULL for none) over
 * what KServe ships: {key: {name: value}}. Where it is not read, it is as shipped; the
 * report (may be NULL) says why. */
const kf_value *kf__service_config(
    kf_tree *tree, const kf_value *config_map, kf_report *report);

/* ---- parts of documents ---- */

/* A text that is not empty; NULL: none, or empty, which is the same to Go. */
const char *kf__service_given(const kf_value *object, const char *name);
/* The item of a list with that name; NULL: none. */
const kf_value *kf__named(const kf_value *list, const char *name);
/* The variable of a container's environment; NULL: none. `value` may be NULL. */
const kf_value *kf__container_variable(const kf_value *container, const char *name);
/* The keys that stood for frameworks before `model`, in the webhook's order; NULL ends
 * them. */
extern const char *const kf__frameworks[];
/* How many implementations a component has. */
size_t kf__implementations(kf_service_role role, const kf_value *component);
/* The custom container that is its only implementation; NULL: it is none. */
const kf_value *kf__custom_container(kf_service_role role, const kf_value *component);
/* "predictor", … */
const char *kf__role_name(kf_service_role role);
enum { KF__ROLES = 3 };

#endif
