/* SPDX-License-Identifier: Apache-2.0 */
/* Servers elsewhere, asked over HTTP by a few threads. */
#ifndef KF_SERVING_BACKEND_REMOTE_H
#define KF_SERVING_BACKEND_REMOTE_H

#include "serving/call.h"

/* The path of a call is the URL to ask. A call that gets no answer has the status 0, and
 * the reason as its body. At most so many threads, begun as they are needed. */
kf_status kf__backend_remote(size_t threads, kf_backend **out);

#endif
