/* SPDX-License-Identifier: Apache-2.0 */
/* Short documents of serving, and what checking them must find. */
#ifndef KF_SERVICE_TEST_H
#define KF_SERVICE_TEST_H

#include "kf_edit.h"

#include <kf/service.h>

#include "base/buf.h"

/* An InferenceService called iris, of which each test says the spec. */
#define ISVC_WITH(metadata, spec)                                                      \
    "apiVersion: serving.kserve.io/v1beta1\n"                                          \
    "kind: InferenceService\n"                                                         \
    "metadata: {name: iris" metadata "}\n"                                             \
    "spec:\n" spec
#define ISVC(spec) ISVC_WITH("", spec)
#define ANNOTATED(annotations, spec) ISVC_WITH(", annotations: {" annotations "}", spec)
#define PREDICTOR(fields) ISVC("  predictor: {" fields "}\n")
#define SKLEARN "model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m'}"
#define RUNTIME(kind, metadata, spec)                                                  \
    "apiVersion: serving.kserve.io/v1alpha1\n"                                         \
    "kind: " kind "\n"                                                                 \
    "metadata: {" metadata "}\n"                                                       \
    "spec: {" spec "}\n"
#define GRAPH(nodes)                                                                   \
    "apiVersion: serving.kserve.io/v1alpha1\n"                                         \
    "kind: InferenceGraph\n"                                                           \
    "metadata: {name: chain}\n"                                                        \
    "spec:\n"                                                                          \
    "  nodes:\n" nodes

static inline kf_service *load(const char *text)
{
    kf_service *service = NULL;
    ck_ok(kf_service_load(text, strlen(text), &service));
    return service;
}

static inline kf_services *load_all(const char *text)
{
    kf_services *services = NULL;
    ck_ok(kf_services_load(text, strlen(text), &services));
    return services;
}

/* A value as compact JSON is this. */
static inline void check_json(const kf_value *value, const char *expected)
{
    char *text = NULL;
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &text));
    ck_assert_str_eq(text, expected);
    kf_text_free(text);
}

#endif
