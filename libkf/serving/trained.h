/* SPDX-License-Identifier: Apache-2.0 */
/* TrainedModels: models that an InferenceService without a model of its own serves
 * (pkg/controller/v1alpha1/trainedmodel/controller.go of KServe). */
#ifndef KF_SERVING_TRAINED_H
#define KF_SERVING_TRAINED_H

#include "serving/service.h"

/* What the documents say of a TrainedModel. */
typedef struct kf_trained {
    const char *parent_name;
    const kf_service *parent; /* The InferenceService; NULL: there is none. */
    bool is_multi;            /* Its predictor is for TrainedModels. */
    bool knows_framework;     /* … and of this framework. */
    bool has_memory;          /* … and has memory for it beside those before it. */
    char message[256];        /* Why it is not served; "": it is. */
} kf_trained;

/* model: one of the documents, a TrainedModel. */
void kf__trained_look(
    const kf_services *documents, const kf_service *model, kf_trained *out);
/* The InferenceService that serves it alone: its parent's predictor with its model. */
kf_status kf__trained_service(
    const kf_service *model, const kf_service *parent, kf_service **out);
/* TrainedModels name the service, whose predictor is for them. */
bool kf__trained_has(const kf_services *documents, const kf_service *service);

#endif
