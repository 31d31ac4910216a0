/* SPDX-License-Identifier: Apache-2.0 */
/* From calls over gRPC to calls of V2 and back: inference.GRPCInferenceService and
 * grpc.health.v1.Health. */
#ifndef KF_SERVING_GRPC_H
#define KF_SERVING_GRPC_H

#include "serving/gateway.h"

typedef struct kf_grpc_gateway kf_grpc_gateway;

/* Of the options, body_limit is of a message; a certificate is not understood. Statuses:
 * those of kf__grpc_server_start. */
kf_status kf__grpc_gateway_start(
    const kf_gateway_options *options, kf_grpc_gateway **out);
uint16_t kf__grpc_gateway_port(const kf_grpc_gateway *gateway);
/* Take no more calls, and wait until all are answered, at most so long: false if some are
 * not. */
bool kf__grpc_gateway_drain(kf_grpc_gateway *gateway, int64_t timeout_ms);
/* Every call has been answered. NULL is fine. */
void kf__grpc_gateway_free(kf_grpc_gateway *gateway);

#endif
