/* SPDX-License-Identifier: Apache-2.0 */
/* From HTTP requests to calls and back. */
#ifndef KF_SERVING_GATEWAY_H
#define KF_SERVING_GATEWAY_H

#include "serving/call.h"
#include "serving/metrics.h"

typedef struct kf_gateway kf_gateway;

typedef struct kf_gateway_options {
    const char *address; /* NULL: loopback. */
    uint16_t port;       /* 0: one that is free. */
    int threads;
    const char *certificate;
    const char *key;
    const char *token;  /* NULL: none is asked for. */
    size_t body_limit;  /* 0: KF__LIMIT_BODY_BYTES. */
    int64_t timeout_ms; /* Until a call's deadline; 0: it has none. */
    kf_metrics
        *metrics; /* Where requests are counted; outlives the gateway. NULL: not. */
    /* Which backend a call is for. It may give the call another path; NULL: the call has
     * been answered. */
    kf_backend *(*route)(void *payload, kf_call *call);
    void *payload;
} kf_gateway_options;

/* Whether a request with this header Authorization (NULL: none) may come in. */
bool kf__token_fits(const char *authorization, const char *token);

/* Statuses: those of kf__http_server_start. */
kf_status kf__gateway_start(const kf_gateway_options *options, kf_gateway **out);
uint16_t kf__gateway_port(const kf_gateway *gateway);
/* Take no more connections, and wait until all requests are answered, at most so long:
 * false if some are not. Then a little, for clients that are slow to take their answer. */
bool kf__gateway_drain(kf_gateway *gateway, int64_t timeout_ms);
/* Every request has been answered. NULL is fine. */
void kf__gateway_free(kf_gateway *gateway);

#endif
