/* SPDX-License-Identifier: Apache-2.0 */
/* What a server is asked to serve. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "serving/backend_forward.h"
#include "serving/backend_model.h"
#include "serving/server.h"
#include "serving/trained.h"

/* ---- documents ---- */

static bool is_served(const kf_service *service)
{
    kf_service_kind kind = kf_service_what(service);
    return (kind == KF_SERVICE_INFERENCE_SERVICE ||
               kind == KF_SERVICE_INFERENCE_GRAPH ||
               kind == KF_SERVICE_TRAINED_MODEL) &&
           !kf_service_is_stopped(service);
}

/* A service that is not served yet, as it was when it was served last. */
static kf_status begin(kf_server *server, const kf_service *service, kf_served **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *saved = NULL;
    kf_served *served = NULL;
    kf_status status = kf__served_new(service, server, &served);
    if (status == KF_OK) {
        kf__server_be_models(served);
        status = kf__registry_claim(
            server->registry, served->key, server->url, &tree, &saved);
    }
    if (status == KF_OK && saved != NULL) {
        status = kf__served_restore(served, saved, kf__server_wake);
        if (status != KF_OK)
            (void)kf__registry_release(server->registry, served->key);
    }
    kf__tree_finish(&tree);
    if (status != KF_OK) {
        kf__served_free(served);
        return status;
    }
    *out = served;
    return KF_OK;
}

/* A TrainedModel is served as its InferenceService would serve it alone. */
static kf_status apply_model(
    kf_server *server, kf_served *served, const kf_service *model)
{
    kf_trained known;
    kf_service *runs = NULL;
    kf__trained_look(server->documents, model, &known);
    kf__free(served->refusal);
    served->refusal = NULL;
    if (known.message[0] != '\0' &&
        (served->refusal = kf__strdup(known.message)) == NULL)
        return kf__nomem();
    if (served->refusal == NULL)
        KF__TRY(kf__trained_service(model, known.parent, &runs));
    kf_status status = kf__served_apply(served, model, runs, kf__server_wake);
    kf_service_free(runs);
    return status;
}

static kf_status apply_document(
    kf_server *server, kf_served *served, const kf_service *service)
{
    if (kf__served_is_model(served))
        return apply_model(server, served, service);
    atomic_store(&served->has_models, kf__trained_has(server->documents, service));
    return kf__served_apply(served, service, service, kf__server_wake);
}

static kf_status apply_one(kf_server *server, const kf_service *service)
{
    char *key = NULL;
    KF__TRY(kf__served_key(service, &key));
    kf_served *served = kf__server_find(server, key), *made = NULL;
    kf__free(key);
    if (served == NULL) {
        KF__TRY(begin(server, service, &made));
        served = made;
    }
    kf_status status = apply_document(server, served, service);
    if (status == KF_OK && kf_service_what(service) == KF_SERVICE_INFERENCE_GRAPH)
        status = kf__server_graph(served);
    if (status == KF_OK)
        kf__served_settle(served);
    if (status == KF_OK && made != NULL) {
        kf__mutex_lock(&server->routes);
        status = kf__vec_push(&server->services, made);
        if (status == KF_OK)
            kf__server_index_one(server, made);
        kf__mutex_unlock(&server->routes);
    }
    if (status != KF_OK && made != NULL) {
        (void)kf__registry_release(server->registry, made->key);
        kf__served_free(made);
    }
    return status;
}

static bool is_document_of(const kf_service *service, const kf_served *served)
{
    char *key = NULL;
    bool same = is_served(service) &&
                kf_service_what(service) == kf_service_what(served->service) &&
                kf__served_key(service, &key) == KF_OK && strcmp(key, served->key) == 0;
    kf__free(key);
    return same;
}

static bool has(const kf_services *documents, const kf_served *served)
{
    for (size_t i = 0; i < kf_services_count(documents); i++)
        if (is_document_of(kf_services_at(documents, i), served))
            return true;
    return false;
}

static kf_status remove_others(kf_server *server, const kf_services *documents)
{
    kf_status status = KF_OK;
    kf__mutex_lock(&server->routes);
    size_t kept = 0; /* Also what there is no memory to let go. */
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        bool stays = has(documents, served);
        if (!stays && kf__vec_push(&server->leaving, served) != KF_OK)
            status = KF_ENOMEM;
        if (stays || status != KF_OK) {
            server->services.items[kept++] = served;
            continue;
        }
        served->is_leaving = true;
        (void)kf__registry_forget(server->registry, served->key);
    }
    server->services.count = kept;
    kf__server_index(server);
    kf__mutex_unlock(&server->routes);
    return status;
}

static kf_status copy(const kf_services *documents, kf_services **out)
{
    kf_services *own;
    KF__TRY(kf_services_new(&own));
    for (size_t i = 0; i < kf_services_count(documents); i++) {
        kf_status status = kf_services_put(own, kf_services_at(documents, i));
        if (status != KF_OK) {
            kf_services_free(own);
            return status;
        }
    }
    *out = own;
    return KF_OK;
}

/* Both would be at the same URL. */
static kf_status check_names(const kf_services *documents)
{
    for (size_t i = 0; i < kf_services_count(documents); i++) {
        const kf_service *graph = kf_services_at(documents, i);
        if (kf_service_what(graph) != KF_SERVICE_INFERENCE_GRAPH || !is_served(graph))
            continue;
        const kf_service *other = kf_services_find(documents, "InferenceService",
            kf_service_namespace(graph), kf_service_name(graph));
        if (other != NULL && is_served(other))
            return kf__fail(KF_EEXIST, NULL,
                "an InferenceGraph and an InferenceService are both called '%.200s'",
                kf_service_name(graph));
    }
    return KF_OK;
}

static kf_status apply(kf_server *server, kf_services *documents)
{
    KF__TRY(remove_others(server, documents));
    for (size_t i = 0; i < kf_services_count(documents); i++)
        if (is_served(kf_services_at(documents, i)))
            KF__TRY(apply_one(server, kf_services_at(documents, i)));
    return KF_OK;
}

static kf_status check(const kf_services *documents)
{
    kf_report *report = NULL;
    KF__TRY(kf_services_check(documents, &report));
    kf_status status = kf__report_fail_first(report);
    kf_report_free(report);
    return status;
}

kf_status kf_server_apply(kf_server *server, const kf_services *documents)
{
    KF__REQUIRE(server != NULL && documents != NULL);
    kf_services *own;
    bool is_told = false;
    KF__TRY(check(documents));
    KF__TRY(check_names(documents));
    KF__TRY(copy(documents, &own));
    kf__mutex_lock(&server->mutex);
    kf_status status = kf__vec_push(&server->former, server->documents);
    if (status == KF_OK) {
        server->documents = own;
        own = NULL;
        kf__server_grpc_ask(server, server->documents);
        status = apply(server, server->documents);
        is_told = true;
    }
    kf__server_work(server);
    server->is_poked = true;
    kf__cond_broadcast(&server->changed);
    kf__mutex_unlock(&server->mutex);
    if (is_told)
        kf__server_told(server);
    kf_services_free(own);
    return status;
}

/* ---- models of the program ---- */

/* The backend is the server's from now on, also on failure. */
static kf_status add(kf_server *server, const char *name, kf_backend *backend)
{
    kf_host_model made = {kf__strdup(name), backend};
    kf_status status = made.name != NULL ? KF_OK : KF_ENOMEM;
    kf__mutex_lock(&server->routes);
    for (size_t i = 0; status == KF_OK && i < server->models.count; i++)
        if (strcmp(server->models.items[i].name, name) == 0)
            status =
                kf__fail(KF_EEXIST, NULL, "there is a model '%.200s' already", name);
    if (status == KF_OK)
        status = kf__vec_push(&server->models, made);
    kf__mutex_unlock(&server->routes);
    if (status != KF_OK) {
        kf__backend_free(backend);
        kf__free(made.name);
    }
    kf__server_told(server);
    return status;
}

kf_status kf_server_add_model(kf_server *server, const char *name, kf_model *model)
{
    KF__REQUIRE(server != NULL && name != NULL && model != NULL);
    kf_backend *backend = NULL;
    KF__TRY(kf__backend_of_model(name, model, &backend));
    kf_status status = kf__backend_model_measure(backend, server->metrics);
    if (status == KF_OK)
        return add(server, name, backend);
    kf__backend_free(backend);
    return status;
}

kf_status kf_server_add_remote(kf_server *server, const char *name, const char *url)
{
    KF__REQUIRE(server != NULL && name != NULL && url != NULL);
    kf_backend *backend = NULL;
    if (!kf__starts_with(url, "http://") && !kf__starts_with(url, "https://"))
        return kf__fail(KF_EINVAL, "url",
            "'%.200s': expected one that begins with http:// or https://", url);
    KF__TRY(kf__backend_forward(server->remote, url, &backend));
    return add(server, name, backend);
}

/* ---- how it is ---- */

static kf_status find(kf_server *server, const char *name, kf_served **out)
{
    *out = kf__server_find(server, name);
    return *out != NULL ? KF_OK : kf__server_no_service(server, name);
}

/* *over: there is nothing more to wait for. */
static kf_status look(const kf_server *server, const kf_served *served, bool *over)
{
    const kf_revision *failure = kf__served_canary_failure(served);
    KF__TRY(kf__server_look(server, served, over));
    *over &= kf__served_is_done(served);
    return failure != NULL ? kf__server_failed(served, failure) : KF_OK;
}

static kf_status look_at_all(const kf_server *server, bool *over)
{
    bool all = true;
    for (size_t i = 0; i < server->services.count; i++) {
        KF__TRY(look(server, server->services.items[i], over));
        all &= *over;
    }
    *over = all;
    return KF_OK;
}

kf_status kf_server_wait(kf_server *server, const char *name, int64_t timeout_ms)
{
    KF__REQUIRE(server != NULL);
    int64_t until =
        timeout_ms < 0 ? INT64_MAX : kf__monotonic_ns() + timeout_ms * 1000000;
    kf_status status = KF_OK;
    kf_served *served = NULL;
    kf__mutex_lock(&server->mutex);
    for (bool over = false; status == KF_OK && !over;) {
        if (name != NULL)
            status = find(server, name, &served);
        if (status == KF_OK)
            status =
                name != NULL ? look(server, served, &over) : look_at_all(server, &over);
        if (status != KF_OK || over)
            break;
        if (kf__monotonic_ns() >= until)
            status = kf__fail(
                KF_ETIMEOUT, name, "not ready after %lld ms", (long long)timeout_ms);
        else
            (void)kf__cond_wait_until(
                &server->changed, &server->mutex, kf__monotonic_ns() + 50000000);
    }
    kf__mutex_unlock(&server->mutex);
    return status;
}

kf_status kf_server_status(kf_server *server, const char *name, kf_value **out)
{
    KF__REQUIRE(server != NULL && name != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_served *served;
    kf_value *made = NULL;
    kf__mutex_lock(&server->mutex);
    kf_status status = find(server, name, &served);
    if (status == KF_OK)
        made = kf__server_status(server, served, &tree);
    kf__mutex_unlock(&server->mutex);
    if (status == KF_OK)
        status = kf__tree_take(&tree, made, out);
    kf__tree_finish(&tree);
    return status;
}

/* ---- promotion ---- */

static kf_status change(
    kf_server *server, const char *name, const char *canary, bool promotes)
{
    kf_served *served;
    kf__mutex_lock(&server->mutex);
    kf_status status = find(server, name, &served);
    if (status == KF_OK)
        status = promotes ? kf__served_promote(served, canary, kf__server_wake)
                          : kf__served_rollback(served, kf__server_wake);
    if (status == KF_OK)
        kf__server_work(server);
    kf__mutex_unlock(&server->mutex);
    return status;
}

kf_status kf_server_promote(kf_server *server, const char *name)
{
    KF__REQUIRE(server != NULL && name != NULL);
    return change(server, name, NULL, true);
}

kf_status kf_server_promote_canary(
    kf_server *server, const char *name, const char *canary)
{
    KF__REQUIRE(server != NULL && name != NULL && canary != NULL);
    return change(server, name, canary, true);
}

kf_status kf_server_rollback(kf_server *server, const char *name)
{
    KF__REQUIRE(server != NULL && name != NULL);
    return change(server, name, NULL, false);
}
