/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that keeps a server in order: what waits too long, what is idle, what other
 * processes ask for, and the registry. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "serving/server.h"

enum {
    TICK_MS = 80,
    SETTLE_MS = 20,
    SCALE_MS = 2000 /* Knative's tick-interval. */
};

/* ---- the registry ---- */

/* What a graph says of itself depends on the services that it leads to. */
static void touch_graphs(kf_server *server)
{
    for (size_t i = 0; i < server->services.count; i++)
        if (atomic_load(&server->services.items[i]->graph) != NULL)
            server->services.items[i]->is_dirty = true;
}

/* A TrainedModel's status says how its service is. */
static void touch_models(kf_server *server, const kf_served *served)
{
    size_t length = strlen(served->key);
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *other = server->services.items[i];
        if (kf__starts_with(other->key, served->key) && other->key[length] == '/')
            other->is_dirty = true;
    }
}

/* State and status of one service that the registry has not seen, in the tree; NULL:
 * there is none. */
static const char *take_dirty(
    kf_server *server, kf_tree *tree, kf_value **state, kf_value **status)
{
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        if (!served->is_dirty)
            continue;
        touch_models(server, served);
        *state = kf__served_save(served, tree);
        *status = kf__server_status(server, served, tree);
        if (atomic_load(&served->graph) == NULL)
            touch_graphs(server);
        served->is_dirty = false;
        return kf__arena_strdup(&tree->arena, served->key);
    }
    return NULL;
}

void kf__server_save(kf_server *server)
{
    for (bool more = true; more;) {
        kf_tree tree = KF__TREE_INIT;
        kf_value *state = NULL, *status = NULL;
        kf__mutex_lock(&server->mutex);
        const char *key = take_dirty(server, &tree, &state, &status);
        kf__mutex_unlock(&server->mutex);
        more = key != NULL && kf__tree_status(&tree) == KF_OK;
        if (more && kf__registry_save(server->registry, key, state, status) != KF_OK)
            kf__log(KF_LOG_WARNING, "the state of %s is not kept: %s", key,
                kf_last_error()->message);
        kf__tree_finish(&tree);
    }
}

static kf_status do_request(kf_server *server, const kf_service_request *request)
{
    if (strcmp(request->action, "promote") == 0)
        return kf_server_promote(server, request->key);
    if (kf__starts_with(request->action, "promote "))
        return kf_server_promote_canary(
            server, request->key, request->action + strlen("promote "));
    if (strcmp(request->action, "rollback") == 0)
        return kf_server_rollback(server, request->key);
    return kf__fail(KF_EUNSUPPORTED, NULL, "no action '%s'", request->action);
}

static void answer_requests(kf_server *server)
{
    kf_service_request request;
    bool found = true;
    while (kf__registry_next(server->registry, &request, &found) == KF_OK && found) {
        kf_status status = do_request(server, &request);
        const char *message = status != KF_OK ? kf_last_error()->message : NULL;
        kf__server_save(server);
        if (kf__registry_answer(server->registry, request.id, status, message) != KF_OK)
            return;
    }
}

/* ---- gates ---- */

typedef KF__VEC(kf_limit *) gate_list;

/* Those that there is no memory for come another time. */
static void add_gates(gate_list *gates, kf_served *const *services, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < KF__ROLES; k++) {
            const kf_part *part = services[i]->parts[k];
            for (size_t r = 0; part != NULL && r < part->revisions.count; r++)
                if (kf__vec_push(gates, part->revisions.items[r]->gate) != KF_OK)
                    return;
        }
}

/* Outside of the mutex, as calls are answered. The gates stay: nothing is let go while a
 * job is counted. */
static void each_gate(
    kf_server *server, void (*what)(kf_limit *gate, const char *), const char *message)
{
    gate_list gates = {0};
    kf__mutex_lock(&server->mutex);
    add_gates(&gates, server->services.items, server->services.count);
    add_gates(&gates, server->leaving.items, server->leaving.count);
    server->jobs++;
    kf__mutex_unlock(&server->mutex);
    for (size_t i = 0; i < gates.count; i++)
        what(gates.items[i], message);
    kf__vec_finish(&gates);
    kf__mutex_lock(&server->mutex);
    server->jobs--;
    kf__mutex_unlock(&server->mutex);
}

static void expire(kf_limit *gate, const char *message)
{
    (void)message;
    kf__limit_expire(gate, kf__monotonic_ns());
}

static void fail(kf_limit *gate, const char *message)
{
    kf__limit_fail(gate, 503, message);
}

void kf__server_fail_waiting(kf_server *server, const char *message)
{
    kf__limit_fail(server->hall, 503, message);
    each_gate(server, fail, message);
}

/* ---- the thread ---- */

static void tick(kf_server *server)
{
    int64_t now = kf__monotonic_ns();
    if (now >= server->next_scale_ns) {
        kf__server_scale(server, now);
        server->next_scale_ns = now + SCALE_MS * 1000000LL;
    }
    kf__server_examine(server);
    kf__server_work(server);
    kf__mutex_unlock(&server->mutex);
    each_gate(server, expire, NULL);
    kf__server_close_hall(server);
    kf__server_save(server);
    answer_requests(server);
    kf__mutex_lock(&server->mutex);
}

/* Until something changes, or for a tick; what comes soon after a change is done with it,
 * and does not keep a model that is loaded from its processor. */
static void rest(kf_server *server)
{
    int64_t now = kf__monotonic_ns();
    if (!server->is_poked)
        (void)kf__cond_wait_until(
            &server->changed, &server->mutex, now + TICK_MS * 1000000LL);
    int64_t until = kf__monotonic_ns() + SETTLE_MS * 1000000LL;
    while (!server->is_stopping && kf__monotonic_ns() < until)
        (void)kf__cond_wait_until(&server->changed, &server->mutex, until);
    server->is_poked = false;
}

static void *control(void *argument)
{
    kf_server *server = argument;
    kf__mutex_lock(&server->mutex);
    while (!server->is_stopping) {
        rest(server);
        if (!server->is_stopping)
            tick(server);
    }
    kf__mutex_unlock(&server->mutex);
    return NULL;
}

kf_status kf__server_control_start(kf_server *server)
{
    KF__TRY(kf__thread_start(&server->control, control, server));
    server->has_control = true;
    return KF_OK;
}
