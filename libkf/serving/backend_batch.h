/* SPDX-License-Identifier: Apache-2.0 */
/* The batcher of KServe's agent: instances of several requests of V1 in one; and rows of
 * several requests of V2. */
#ifndef KF_SERVING_BACKEND_BATCH_H
#define KF_SERVING_BACKEND_BATCH_H

#include "serving/call.h"

/* Calls of one path ":predict" go to `inner` together once they have `size` instances, or
 * the first of them has waited so long (0: 32, and 5 s); so do calls of one path "/infer"
 * in JSON whose inputs differ in their first dimension alone. All others go as they are.
 * `inner` is the new backend's from now on, also on failure. */
kf_status kf__backend_batch(
    kf_backend *inner, int64_t size, int64_t latency_ms, kf_backend **out);

#endif
