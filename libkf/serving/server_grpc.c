/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC beside HTTP: from the start, or once a document asks for it. */
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "serving/server.h"

kf_status kf__server_grpc_start(kf_server *server)
{
    const kf_server_options *options = &server->options;
    if (options->certificate != NULL)
        return kf__fail(KF_EUNSUPPORTED, "certificate",
            "gRPC is spoken without TLS alone: leave out the certificate, or gRPC");
    kf_gateway_options gateway = kf__server_gateway_options(server);
    gateway.port = options->grpc_port;
    gateway.body_limit = options->grpc_limit;
    return kf__grpc_gateway_start(&gateway, &server->grpc);
}

static bool asks(const kf_service *service)
{
    for (int role = KF_SERVICE_PREDICTOR; role <= KF_SERVICE_EXPLAINER; role++) {
        const kf_service_component *component =
            kf_service_component_of(service, (kf_service_role)role);
        if (component != NULL && component->protocol != NULL &&
            kf__starts_with(component->protocol, "grpc-"))
            return true;
    }
    return false;
}

void kf__server_grpc_ask(kf_server *server, const kf_services *documents)
{
    bool is_asked = false;
    for (size_t i = 0; i < kf_services_count(documents); i++)
        is_asked |= asks(kf_services_at(documents, i));
    if (!is_asked || server->grpc != NULL || server->has_no_grpc)
        return;
    server->has_no_grpc = kf__server_grpc_start(server) != KF_OK;
    if (server->has_no_grpc)
        kf__log(KF_LOG_WARNING, "gRPC is not spoken, HTTP alone: %s",
            kf_last_error()->message);
}

uint16_t kf_server_grpc_port(kf_server *server)
{
    kf__mutex_lock(&server->mutex);
    uint16_t port = server->grpc != NULL ? kf__grpc_gateway_port(server->grpc) : 0;
    kf__mutex_unlock(&server->mutex);
    return port;
}

bool kf__server_drain(kf_server *server, int64_t timeout_ms)
{
    int64_t until = kf__monotonic_ns() / 1000000 + timeout_ms;
    bool is_done = true;
    if (server->grpc != NULL)
        (void)kf__grpc_gateway_drain(server->grpc, 0); /* Both stop taking at once. */
    if (server->gateway != NULL)
        is_done = kf__gateway_drain(server->gateway, timeout_ms);
    if (server->grpc != NULL)
        is_done &=
            kf__grpc_gateway_drain(server->grpc, until - kf__monotonic_ns() / 1000000);
    return is_done;
}
