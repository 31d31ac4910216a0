/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vec.h"
#include "io/file.h"
#include "serving/launch.h"
#include "serving/worker_package.h"
#include "serving/worker_pool.h"

enum {
    LOOK_MS = 5,
    TIMEOUT_SECONDS = 300 /* Knative's default. */
};

/* ---- replicas ---- */

/* A pool begins with its backend. */
static kf_workers *pool_of(kf_backend *backend)
{
    return (kf_workers *)(void *)backend;
}

static void scale(kf_backend *backend, size_t replicas)
{
    kf__workers_scale(pool_of(backend), replicas);
}

static const char *reason_of(const kf_workers_state *state)
{
    return strcmp(state->reason, "RuntimeUnhealthy") == 0 ? "RuntimeUnhealthy"
                                                          : "ModelLoadFailed";
}

static void look_at(kf_backend *backend, kf_health *out)
{
    kf_workers_state state;
    kf__workers_state(pool_of(backend), &state);
    *out = (kf_health){.ready = state.ready,
        .is_ill = state.ill,
        .is_failing = state.failing,
        .reason = reason_of(&state),
        .exit_code = state.exit_code,
        .failed_ms = state.failed_ms};
    memcpy(out->message, state.message, sizeof out->message);
}

/* ---- what it is told ---- */

typedef struct command {
    kf_tree *tree;
    KF__VEC(const char *) env;
    kf_status status;
} command;

static void add_variable(command *self, const char *name, const char *value)
{
    const char *made = kf__arena_printf(&self->tree->arena, "%s=%s", name, value);
    if (made == NULL || kf__vec_push(&self->env, made) != KF_OK)
        self->status = KF_ENOMEM;
}

static void add_variables(
    command *self, const kf_launch *launch, const kf_value *container)
{
    const kf_value *list = kf_value_get(container, "env");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *name = kf__get_text(item, "name");
        const char *value = kf__launch_variable(launch, self->tree, item);
        if (name != NULL && value != NULL)
            add_variable(self, name, value);
        else if (name != NULL && kf_value_get(item, "valueFrom") != NULL)
            kf__log(KF_LOG_WARNING,
                "the variable %s of a container comes from what is not among the "
                "documents, and is not set",
                name);
    }
}

static const char *start_text(
    const kf_launch *launch, kf_tree *tree, kf_value *what, const char *path)
{
    kf__put_text(tree, what, "name", kf_service_name(launch->service));
    if (path != NULL)
        kf__put_text(tree, what, "path", path);
    if (launch->predictor != NULL) {
        kf_value *predictor = kf__put_struct(tree, what, "predictor");
        const kf_service_component *of =
            kf_service_component_of(launch->service, KF_SERVICE_PREDICTOR);
        kf__put(tree, predictor, "host",
            kf__tree_printf(tree, "%s-predictor.%s", kf_service_name(launch->service),
                kf_service_namespace(launch->service)));
        kf__put_text(tree, predictor, "protocol", kf__speaks_v2(of) ? "v2" : "v1");
    }
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, what, KF_JSON_COMPACT);
    const char *copy = text.status == KF_OK
                           ? kf__arena_strdup(&tree->arena, kf__buf_text(&text))
                           : NULL;
    kf__buf_finish(&text);
    return copy;
}

static const char *python_of(const kf_launch *launch)
{
    const char *chosen = kf__environment("KF_PYTHON");
    if (launch->python != NULL)
        return launch->python;
    return chosen != NULL && chosen[0] != '\0' ? chosen : "python3";
}

/* Where what the workers print goes. */
static const char *log_of(const kf_launch *launch, kf_tree *tree)
{
    const char *path = kf__arena_printf(&tree->arena, "%s/services/%s/%s.log",
        launch->home, kf_service_namespace(launch->service), launch->revision);
    return path != NULL && kf__make_parent_folders(path) == KF_OK ? path : NULL;
}

/* ---- the pool ---- */

/* Until a worker has loaded, or one has failed to. */
static kf_status wait_for_one(
    const kf_launch *launch, kf_workers *pool, kf_launch_failure *failure)
{
    for (;;) {
        kf_workers_state state;
        kf__workers_state(pool, &state);
        if (state.ready > 0)
            return KF_OK;
        if (state.failing) {
            failure->reason = reason_of(&state);
            failure->exit_code = state.exit_code;
            return kf__fail(KF_EFAILED, launch->revision, "%s", state.message);
        }
        if (atomic_load(launch->cancel))
            return kf__fail(
                KF_ECANCELED, launch->revision, "it is not needed any more");
        kf__sleep_ms(LOOK_MS);
    }
}

static kf_status start_pool(const kf_launch *launch, const kf_workers_options *options,
    kf_launched *out, kf_launch_failure *failure)
{
    kf_workers *pool = NULL;
    KF__TRY(kf__workers_new(options, &pool));
    kf_status status = wait_for_one(launch, pool, failure);
    if (status != KF_OK) {
        kf__workers_free(pool);
        return status;
    }
    out->backend = kf__workers_backend(pool);
    out->concurrency = 0;
    out->pool = out->backend;
    out->scale = scale;
    out->health = look_at;
    return KF_OK;
}

kf_status kf__launch_workers(const kf_launch *launch, kf_tree *tree, kf_value *what,
    const char *path, kf_launched *out, kf_launch_failure *failure)
{
    command self = {.tree = tree};
    const kf_service_component *component = launch->component;
    kf_buf package = KF__BUF_INIT;
    self.status = kf__worker_package(launch->home, &package);
    const char *const argv[] = {python_of(launch), "-u", "-c", kf__worker_program,
        kf__buf_text(&package), NULL};
    int64_t timeout = component->timeout > 0 ? component->timeout : TIMEOUT_SECONDS;
    add_variables(&self, launch, component->container);
    add_variable(&self, "KF_HOME", launch->home);
    if (kf__vec_push(&self.env, NULL) != KF_OK)
        self.status = KF_ENOMEM;
    kf_workers_options options = {.argv = argv,
        .env = self.env.items,
        .start = start_text(launch, tree, what, path),
        .log = log_of(launch, tree),
        .replicas = component->min_replicas > 1 ? (size_t)component->min_replicas : 1,
        .concurrency = (size_t)component->concurrency,
        .timeout_ns = timeout * 1000000000,
        .predictor = launch->predictor};
    kf_status status = self.status;
    if (status == KF_OK && options.start == NULL)
        status = KF_ENOMEM;
    if (status == KF_OK)
        status = start_pool(launch, &options, out, failure);
    kf__vec_finish(&self.env);
    kf__buf_finish(&package);
    return status;
}
