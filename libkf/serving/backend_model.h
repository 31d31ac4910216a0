/* SPDX-License-Identifier: Apache-2.0 */
/* A model behind the V1 and V2 protocols. */
#ifndef KF_SERVING_BACKEND_MODEL_H
#define KF_SERVING_BACKEND_MODEL_H

#include <kf/model.h>

#include "serving/call.h"

/* The model is the backend's from now on, also on failure. */
kf_status kf__backend_of_model(const char *name, kf_model *model, kf_backend **out);

#endif
