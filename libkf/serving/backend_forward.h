/* SPDX-License-Identifier: Apache-2.0 */
/* A model that another server has: its calls are handed on over HTTP. */
#ifndef KF_SERVING_BACKEND_FORWARD_H
#define KF_SERVING_BACKEND_FORWARD_H

#include "serving/call.h"

/* `url`: what comes before the path of a call. `remote` is kf__backend_remote's, and
 * outlives it. KF_ENOMEM. */
kf_status kf__backend_forward(kf_backend *remote, const char *url, kf_backend **out);

#endif
