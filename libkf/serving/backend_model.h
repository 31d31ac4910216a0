/* SPDX-License-Identifier: Apache-2.0 */
/* A model behind the V1 and V2 protocols. */
#ifndef KF_SERVING_BACKEND_MODEL_H
#define KF_SERVING_BACKEND_MODEL_H

#include <kf/model.h>

#include "serving/call.h"
#include "serving/metrics.h"

/* The model is the backend's from now on, also on failure. */
kf_status kf__backend_of_model(const char *name, kf_model *model, kf_backend **out);
/* Before its first call: count in these, which outlive it, by the model's name. NULL:
 * nobody counts. KF_ENOMEM. */
kf_status kf__backend_model_measure(kf_backend *backend, kf_metrics *metrics);

/* backend_model_own: of paths that are about no model. false: the path is another. */
bool kf__model_server_answer(const char *name, kf_call *call);
/* The server's name, version and extensions, in JSON. */
void kf__put_server(kf_buf *out);

#endif
