/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing what is loaded in line with what is wanted. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "serving/server.h"
#include "serving/trained.h"

static kf_server *server_of(const kf_revision *revision)
{
    return revision->part->served->payload;
}

/* ---- threads that load and unload ---- */

typedef struct job {
    kf_server *server;
    kf_revision *revision;
    kf_launch order;      /* To be loaded. */
    kf_launched launched; /* To be unloaded. */
} job;

static kf_status start(
    kf_server *server, kf_revision *revision, void *(*body)(void *), job *made)
{
    pthread_t thread;
    made->server = server;
    made->revision = revision;
    KF__TRY(kf__thread_start(&thread, body, made));
    (void)pthread_detach(thread);
    server->jobs++;
    return KF_OK;
}

static void end_job(kf_server *server, job *made)
{
    kf__free(made);
    server->jobs--;
    kf__server_work(server);
    kf__cond_broadcast(&server->changed);
}

static kf_backend *models_of(const kf_server *server, const kf_revision *revision)
{
    return revision->role == KF_SERVICE_PREDICTOR &&
                   kf__trained_has(server->documents, revision->service)
               ? &revision->part->served->models.backend
               : NULL;
}

/* Under the mutex: the documents may be others soon. */
static kf_launch order_of(kf_server *server, kf_revision *revision)
{
    kf_part *predictor = revision->part->served->parts[KF_SERVICE_PREDICTOR];
    return (kf_launch){.documents = server->documents,
        .service = revision->service,
        .component = kf__revision_component(revision),
        .revision = revision->name,
        .home = kf__registry_home(server->registry),
        .predictor = revision->role != KF_SERVICE_PREDICTOR
                         ? kf__traffic_backend(predictor->traffic)
                         : NULL,
        .models = models_of(server, revision),
        .python = server->options.python,
        .host_commands = server->options.host_commands,
        .metrics = server->metrics,
        .cancel = &revision->cancel};
}

static void be_ready(kf_server *server, kf_revision *revision)
{
    kf__mutex_unlock(&server->mutex);
    kf__limit_open(
        revision->gate, revision->launched.backend, revision->launched.concurrency);
    kf__mutex_lock(&server->mutex);
    revision->state = KF__REVISION_READY;
    kf__revision_forgive(revision);
    revision->scale = (kf_scale){0};
    if (revision->ready_ms == 0)
        revision->ready_ms = kf__now_ms();
    kf__rollout_ready(&revision->variant->rollout, revision->number);
    kf__served_settle(revision->part->served);
}

static bool is_needed(const kf_server *server, const kf_revision *revision)
{
    return !server->is_stopping && !revision->part->served->is_leaving &&
           kf__part_needs(revision->part, revision);
}

/* Its launch was given up, and then it was needed after all. */
static bool goes_on(const kf_server *server, kf_revision *revision)
{
    if (!atomic_load(&revision->cancel) || !is_needed(server, revision))
        return false;
    revision->state = KF__REVISION_PENDING;
    revision->wanted = true;
    return true;
}

static void be_failed(
    kf_server *server, kf_revision *revision, const kf_launch_failure *failure)
{
    if (goes_on(server, revision))
        return;
    kf_buf text = KF__BUF_INIT;
    const kf_error *error = kf_last_error();
    kf__buf_printf(
        &text, "%s%s%s", error->where, error->where[0] ? ": " : "", error->message);
    const char *message = kf__buf_text(&text);
    kf__log(KF_LOG_ERROR, "%s: %s", revision->name, message);
    kf__revision_failed(revision, failure->reason, failure->exit_code, message);
    revision->part->served->is_dirty = true;
    kf__mutex_unlock(&server->mutex);
    kf__limit_fail(revision->gate, 503, message);
    kf__mutex_lock(&server->mutex);
    kf__buf_finish(&text);
}

static void *load(void *argument)
{
    job *made = argument;
    kf_server *server = made->server;
    kf_revision *revision = made->revision;
    kf_launched launched = {0};
    kf_launch_failure failure = {.reason = "ModelLoadFailed"};
    kf_status status =
        server->launcher(server->launcher_payload, &made->order, &launched, &failure);
    kf__mutex_lock(&server->mutex);
    if (status == KF_OK) {
        kf_storage_lease lease = launched.lease;
        launched.lease = revision->lease; /* What it used before. */
        revision->lease = lease;
        revision->launched = launched;
        revision->launched.lease = (kf_storage_lease){0};
        be_ready(server, revision);
    } else {
        be_failed(server, revision, &failure);
    }
    kf__storage_lease_finish(&launched.lease);
    end_job(server, made);
    kf__mutex_unlock(&server->mutex);
    return NULL;
}

static void *unload(void *argument)
{
    job *made = argument;
    kf_server *server = made->server;
    kf__backend_free(made->launched.backend);
    kf__mutex_lock(&server->mutex);
    end_job(server, made);
    kf__mutex_unlock(&server->mutex);
    return NULL;
}

static kf_scale_rule rule_of(const kf_revision *revision)
{
    return revision->part->is_standard
               ? revision->variant->rule
               : kf__scale_rule(revision->service, kf__revision_component(revision));
}

static void start_loading(kf_server *server, kf_revision *revision)
{
    job *made = kf__calloc(1, sizeof *made);
    int64_t least = rule_of(revision).min;
    revision->wanted = false;
    atomic_store(&revision->cancel, false);
    revision->state = KF__REVISION_LOADING;
    revision->replicas = least > 1 ? (size_t)least : 1;
    revision->part->served->is_dirty = true;
    if (made != NULL)
        made->order = order_of(server, revision);
    if (made == NULL || start(server, revision, load, made) != KF_OK) {
        kf__free(made);
        revision->state = KF__REVISION_PENDING; /* Another time. */
        revision->wanted = true;
    }
}

static bool is_empty(const kf_revision *revision)
{
    return kf__limit_through(revision->gate) + kf__limit_waiting(revision->gate) == 0;
}

/* Unless a call is in it, or about to be. */
static void retire(kf_server *server, kf_revision *revision, kf_revision_state state)
{
    job *made = kf__calloc(1, sizeof *made);
    if ((made == NULL && !server->is_stopping) ||
        !kf__limit_close_idle(revision->gate)) {
        kf__free(made);
        return; /* Another time. */
    }
    kf_launched launched = revision->launched;
    revision->launched.backend = NULL;
    revision->state = state;
    kf__revision_forgive(revision);
    revision->part->served->is_dirty = true;
    if (made != NULL)
        made->launched = launched;
    if (made == NULL || start(server, revision, unload, made) != KF_OK) {
        kf__backend_free(launched.backend);
        kf__free(made);
    }
}

/* ---- revisions ---- */

static void work_on(kf_server *server, kf_revision *revision)
{
    bool needed = is_needed(server, revision);
    switch (revision->state) {
    case KF__REVISION_PENDING:
    case KF__REVISION_ASLEEP:
        if (revision->wanted && !server->is_stopping)
            start_loading(server, revision);
        else if (!needed)
            revision->state = KF__REVISION_PENDING;
        break;
    case KF__REVISION_LOADING:
        if (!needed && (server->is_stopping || is_empty(revision)))
            atomic_store(&revision->cancel, true);
        break;
    case KF__REVISION_READY:
        if (!needed)
            retire(server, revision, KF__REVISION_PENDING);
        break;
    case KF__REVISION_FAILED:
        if (needed && kf__revision_may_retry(revision, kf__monotonic_ns())) {
            revision->is_again = true;
            start_loading(server, revision);
        }
        break;
    default:
        break;
    }
}

static void work_on_served(kf_server *server, kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++) {
        kf_part *part = served->parts[i];
        for (size_t k = 0; part != NULL && k < part->revisions.count; k++)
            work_on(server, part->revisions.items[k]);
    }
}

static bool is_unloaded(const kf_served *served)
{
    for (int i = 0; i < KF__ROLES; i++) {
        const kf_part *part = served->parts[i];
        for (size_t k = 0; part != NULL && k < part->revisions.count; k++) {
            const kf_revision *revision = part->revisions.items[k];
            if (revision->state == KF__REVISION_LOADING ||
                revision->launched.backend != NULL)
                return false;
        }
    }
    return true;
}

bool kf__server_is_unloaded(const kf_server *server)
{
    for (size_t i = 0; i < server->services.count; i++) {
        const kf_served *served = server->services.items[i];
        if (!is_unloaded(served) || atomic_load(&served->users) > 0)
            return false;
    }
    return server->jobs == 0 && server->leaving.count == 0;
}

static void let_go(kf_server *server)
{
    while (server->jobs == 0 && server->former.count > 0)
        kf_services_free(server->former.items[--server->former.count]);
    size_t kept = 0;
    for (size_t i = 0; i < server->leaving.count; i++) {
        kf_served *served = server->leaving.items[i];
        if (server->jobs == 0 && is_unloaded(served) &&
            atomic_load(&served->users) == 0)
            kf__served_free(served);
        else
            server->leaving.items[kept++] = served;
    }
    server->leaving.count = kept;
}

void kf__server_work(kf_server *server)
{
    for (size_t i = 0; i < server->services.count; i++)
        work_on_served(server, server->services.items[i]);
    for (size_t i = 0; i < server->leaving.count; i++)
        work_on_served(server, server->leaving.items[i]);
    for (size_t i = 0; server->jobs == 0 && i < server->services.count; i++)
        for (int k = 0; k < KF__ROLES; k++)
            if (server->services.items[i]->parts[k] != NULL)
                kf__part_collect(server->services.items[i]->parts[k]);
    let_go(server);
}

/* On this machine no limit is as many as it has processors. */
static kf_scale_rule rule_here(const kf_revision *revision)
{
    kf_scale_rule rule = rule_of(revision);
    int64_t processors = kf__processor_count();
    if (rule.max == 0)
        rule.max = rule.min > processors ? rule.min : processors;
    return rule;
}

static void scale(kf_server *server, kf_revision *revision, int64_t now_ns)
{
    kf_launched *launched = &revision->launched;
    kf_scale_rule rule = rule_here(revision);
    kf_load load = kf__limit_load(revision->gate, now_ns);
    kf_health health = {.ready = 1};
    if (launched->health != NULL)
        launched->health(launched->pool, &health);
    int64_t wanted =
        kf__scale_decide(&revision->scale, &rule, load, (int64_t)health.ready);
    if (wanted == 0) {
        retire(server, revision, KF__REVISION_ASLEEP);
    } else if (launched->scale != NULL && (size_t)wanted != revision->replicas) {
        revision->replicas = (size_t)wanted;
        launched->scale(launched->pool, (size_t)wanted);
    }
}

void kf__server_scale(kf_server *server, int64_t now_ns)
{
    for (size_t i = 0; i < server->services.count; i++)
        for (int k = 0; k < KF__ROLES; k++) {
            kf_part *part = server->services.items[i]->parts[k];
            for (size_t r = 0; part != NULL && r < part->revisions.count; r++)
                if (part->revisions.items[r]->state == KF__REVISION_READY)
                    scale(server, part->revisions.items[r], now_ns);
        }
}

/* What became of workers after they were ready. */
static bool look_at(kf_revision *revision)
{
    kf_health health;
    bool was_failing = revision->is_failing;
    revision->launched.health(revision->launched.pool, &health);
    revision->is_failing = health.is_ill && health.is_failing;
    if (health.is_ill == revision->is_ill && revision->is_failing == was_failing)
        return false;
    kf__revision_ill(revision, health.reason, health.exit_code,
        health.is_ill ? health.message : NULL);
    kf__served_settle(revision->part->served); /* Canaries that are ill are left out. */
    return true;
}

void kf__server_examine(kf_server *server)
{
    bool changed = false;
    for (size_t i = 0; i < server->services.count; i++)
        for (int k = 0; k < KF__ROLES; k++) {
            kf_part *part = server->services.items[i]->parts[k];
            for (size_t r = 0; part != NULL && r < part->revisions.count; r++) {
                kf_revision *revision = part->revisions.items[r];
                if (revision->state == KF__REVISION_READY &&
                    revision->launched.health != NULL)
                    changed |= look_at(revision);
            }
        }
    if (changed)
        kf__cond_broadcast(&server->changed);
}

void kf__server_wake(void *payload)
{
    kf_revision *revision = payload;
    kf_server *server = server_of(revision);
    kf__mutex_lock(&server->mutex);
    if (revision->state == KF__REVISION_ASLEEP ||
        revision->state == KF__REVISION_PENDING) {
        revision->wanted = true;
        kf__server_work(server);
    }
    kf__mutex_unlock(&server->mutex);
}
