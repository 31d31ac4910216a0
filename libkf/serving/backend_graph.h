/* SPDX-License-Identifier: Apache-2.0 */
/* The router of an InferenceGraph: cmd/router/main.go of KServe. Any path, the body goes
 * to the node "root". Nothing waits: a step goes on where the answer of the last comes. */
#ifndef KF_SERVING_BACKEND_GRAPH_H
#define KF_SERVING_BACKEND_GRAPH_H

#include "base/value.h"
#include "serving/call.h"

/* Where a step leads: `service` is its serviceName, or NULL, `url` its serviceUrl, or
 * NULL. The path of the call, and what else the target needs, is filled in; the backend
 * is served the call at once. NULL: there is none, and the thread's error says why.
 * Called by any thread. */
typedef kf_backend *(*kf_graph_find)(
    void *payload, const char *service, const char *url, kf_call *call);

/* spec: of the document, copied. propagate: which headers of a request go along to the
 * steps, see kf__graph_headers_read. A call that is answered with status 0 has got no answer,
 * and its body says why. Calls may be under way when it is freed, if `payload` lasts. */
kf_status kf__backend_graph(const kf_value *spec, const char *propagate,
    kf_graph_find find, void *payload, kf_backend **out);

#endif
