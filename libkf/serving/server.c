/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/server.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/options.h"
#include "serving/backend_remote.h"
#include "serving/gateway.h"

enum {
    GRACE_MS = 30000, /* For requests under way when the server ends. */
    REMOTE_THREADS = 16
};

/* ---- start ---- */

static const char *keep(kf_server *server, const char *text)
{
    return text != NULL ? kf__arena_strdup(&server->arena, text) : NULL;
}

/* Texts that could not be kept are NULL, as those that were not given. */
static kf_status keep_options(kf_server *server, const kf_server_options *options)
{
    kf_server_options *own = &server->options;
    *own = *options;
    own->home = keep(server, options->home);
    own->address =
        keep(server, options->address != NULL ? options->address : "127.0.0.1");
    own->certificate = keep(server, options->certificate);
    own->key = keep(server, options->key);
    own->token = keep(server, options->token);
    own->python = keep(server, options->python);
    own->domain =
        keep(server, options->domain != NULL ? options->domain : "example.com");
    bool lost = (options->home != NULL) != (own->home != NULL) ||
                (options->certificate != NULL) != (own->certificate != NULL) ||
                (options->key != NULL) != (own->key != NULL) ||
                (options->token != NULL) != (own->token != NULL);
    return lost || own->address == NULL || own->domain == NULL ? KF_ENOMEM : KF_OK;
}

static kf_status make_url(kf_server *server)
{
    kf_buf text = KF__BUF_INIT;
    const char *address = server->options.address;
    bool is_v6 = strchr(address, ':') != NULL;
    kf__buf_printf(&text, "%s://%s%s%s:%u",
        server->options.certificate != NULL ? "https" : "http", is_v6 ? "[" : "",
        address, is_v6 ? "]" : "", kf__gateway_port(server->gateway));
    return kf__buf_take(&text, &server->url);
}

static kf_backend *route(void *payload, kf_call *call)
{
    return kf__server_route(payload, call);
}

kf_gateway_options kf__server_gateway_options(kf_server *server)
{
    const kf_server_options *options = &server->options;
    return (kf_gateway_options){.address = options->address,
        .threads = options->threads,
        .token = options->token,
        .metrics = server->metrics,
        .route = route,
        .payload = server};
}

static kf_status start(kf_server *server)
{
    const kf_server_options *options = &server->options;
    KF__TRY(kf__metrics_new(&server->metrics));
    kf_gateway_options gateway = kf__server_gateway_options(server);
    gateway.port = options->port;
    gateway.certificate = options->certificate;
    gateway.key = options->key;
    gateway.body_limit = options->body_limit;
    KF__TRY(kf__mutex_init(&server->routes));
    KF__TRY(kf__mutex_init(&server->mutex));
    KF__TRY(kf__cond_init(&server->changed));
    server->has_locks = true;
    KF__TRY(kf_services_new(&server->documents));
    KF__TRY(kf__backend_remote(REMOTE_THREADS, &server->remote));
    KF__TRY(kf__registry_open(options->home, &server->registry));
    KF__TRY(kf__server_hall(server));
    KF__TRY(kf__gateway_start(&gateway, &server->gateway));
    KF__TRY(make_url(server));
    if (options->grpc)
        KF__TRY(kf__server_grpc_start(server));
    return kf__server_control_start(server);
}

kf_status kf__server_start_with(const kf_server_options *options, kf_launcher launcher,
    void *payload, kf_server **out)
{
    KF__TAKE_OPTIONS(kf_server_options, chosen, options);
    kf_server *server = kf__calloc(1, sizeof *server);
    if (server == NULL)
        return KF_ENOMEM;
    server->launcher = launcher;
    server->launcher_payload = payload;
    kf_status status = keep_options(server, &chosen);
    if (status == KF_OK)
        status = start(server);
    if (status != KF_OK) {
        kf_server_free(server);
        return status;
    }
    *out = server;
    return KF_OK;
}

kf_status kf_server_start(const kf_server_options *options, kf_server **out)
{
    KF__REQUIRE(out != NULL);
    return kf__server_start_with(options, kf__launch, NULL, out);
}

uint16_t kf_server_port(const kf_server *server)
{
    return kf__gateway_port(server->gateway);
}

const char *kf_server_url(const kf_server *server)
{
    return server->url;
}

/* ---- end ---- */

/* No request is under way: what is loaded ends. Nothing here needs memory. */
static void unload_all(kf_server *server)
{
    kf__mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->services.count; i++)
        server->services.items[i]->is_leaving = true;
    kf__server_work(server);
    while (!kf__server_is_unloaded(server)) {
        (void)kf__cond_wait_until(
            &server->changed, &server->mutex, kf__monotonic_ns() + 10000000);
        kf__server_work(server);
    }
    kf__mutex_unlock(&server->mutex);
    for (size_t i = 0; i < server->services.count; i++)
        kf__served_free(server->services.items[i]);
}

static void release_all(kf_server *server)
{
    for (size_t i = 0; i < server->services.count; i++)
        (void)kf__registry_release(server->registry, server->services.items[i]->key);
}

static void stop(kf_server *server)
{
    kf__mutex_lock(&server->mutex);
    server->is_stopping = true;
    kf__cond_broadcast(&server->changed);
    kf__mutex_unlock(&server->mutex);
    if (server->has_control)
        (void)pthread_join(server->control, NULL);
}

void kf_server_free(kf_server *server)
{
    if (server == NULL)
        return;
    if (!kf__server_drain(server, GRACE_MS)) {
        kf__server_fail_waiting(server, "the server is ending");
        (void)kf__server_drain(server, INT64_MAX / 2000000);
    }
    if (server->has_locks)
        stop(server);
    if (server->registry != NULL) {
        kf__server_save(server);
        release_all(server);
    }
    kf__gateway_free(server->gateway);
    kf__grpc_gateway_free(server->grpc);
    if (server->has_locks) {
        unload_all(server);
        kf__mutex_finish(&server->routes);
        kf__mutex_finish(&server->mutex);
        kf__cond_finish(&server->changed);
    }
    for (size_t i = 0; i < server->models.count; i++) {
        kf__backend_free(server->models.items[i].backend);
        kf__free(server->models.items[i].name);
    }
    kf__limit_free(server->hall);
    kf__backend_free(server->remote);
    kf__metrics_free(server->metrics);
    kf__vec_finish(&server->models);
    kf__vec_finish(&server->services);
    kf__map_finish(&server->by_key);
    kf__map_finish(&server->by_name);
    kf__vec_finish(&server->leaving);
    for (size_t i = 0; i < server->former.count; i++)
        kf_services_free(server->former.items[i]);
    kf__vec_finish(&server->former);
    kf_services_free(server->documents);
    kf__registry_close(server->registry);
    kf__free(server->url);
    kf__arena_finish(&server->arena);
    kf__free(server);
}
