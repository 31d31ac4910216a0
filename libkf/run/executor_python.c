/* SPDX-License-Identifier: Apache-2.0 */
/* Lightweight Python components: each task in a process of its own, forked from the
 * template of the environment that its requirements ask for. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/vec.h"
#include "io/file.h"
#include "run/environment.h"
#include "run/executor.h"
#include "run/launch.h"
#include "run/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 50        /* Between two looks at whether a waiting job is to stop. */
#define DEATHS_IN_A_ROW 2 /* So often a template may go without having done anything. */

/* A template, and how many threads are using it. */
typedef struct template
{
    kf_worker *worker;
    int users;
    bool gone;
}
template;

typedef enum place_state { PLACE_UNKNOWN, PLACE_PREPARING, PLACE_READY } place_state;

/* Where tasks of one set of requirements run: an interpreter and its template. */
typedef struct place {
    char key[33]; /* Of the environment; "" for the interpreter itself. */
    place_state state;
    char *python;
    struct place *same; /* The interpreter itself has all that is required. */
    template *template; /* NULL: not started, or gone. */
    int deaths;
    int64_t failed_at; /* On the monotonic clock, when preparing it last failed, */
    kf_status failure; /* and how. */
    char *reason;
    kf_mutex starting;
} place;

struct kf_executor {
    char *home;
    bool no_environments;
    kf_mutex mutex; /* Over all that is below, but for the fields of a template. */
    kf_cond changed;
    place base;
    char *identity; /* What the interpreter says of itself, once it has been asked. */
    KF__VEC(place *) places;
};

/* ---- templates ---- */

/* A template that was lost is not used again; another is started when it is needed. */
static void release(kf_executor *self, place *where, template *used, bool lost)
{
    kf__mutex_lock(&self->mutex);
    used->gone = used->gone || lost;
    if (lost && where->template == used) {
        where->template = NULL;
        where->deaths++;
    } else if (!lost) {
        where->deaths = 0;
    }
    bool last = --used->users == 0 && used->gone;
    kf__mutex_unlock(&self->mutex);
    if (last) {
        kf__worker_free(used->worker);
        kf__free(used);
    }
}

/* NULL: one has to be started. */
static template *borrow_running(kf_executor *self, place *where, int *deaths)
{
    kf__mutex_lock(&self->mutex);
    template *running = where->template;
    if (running != NULL)
        running->users++;
    *deaths = where->deaths;
    kf__mutex_unlock(&self->mutex);
    return running;
}

static kf_status start(kf_executor *self, place *where, template **out)
{
    template *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return KF_ENOMEM;
    kf_status status = kf__worker_start(where->python, self->home, &made->worker);
    if (status != KF_OK) {
        kf__free(made);
        return status;
    }
    made->users = 1;
    kf__mutex_lock(&self->mutex);
    where->template = made;
    kf__mutex_unlock(&self->mutex);
    *out = made;
    return KF_OK;
}

static kf_status borrow(kf_executor *self, place *where, template **out)
{
    int deaths;
    kf_status status = KF_OK;
    kf__mutex_lock(&where->starting);
    *out = borrow_running(self, where, &deaths);
    if (*out == NULL && deaths >= DEATHS_IN_A_ROW)
        status = kf__fail(KF_EIO, NULL, "the worker process of \"%s\" ended %d times",
            where->python, deaths);
    else if (*out == NULL)
        status = start(self, where, out);
    kf__mutex_unlock(&where->starting);
    return status;
}

static kf_status do_once(kf_executor *self, place *where, kf_work *work)
{
    template *used;
    KF__TRY(borrow(self, where, &used));
    kf_status status = kf__worker_do(used->worker, work);
    release(self, where, used, work->lost);
    return status;
}

static kf_status do_work(kf_executor *self, place *where, kf_work *work)
{
    kf_status status = do_once(self, where, work);
    return status == KF_ESTATE ? do_once(self, where, work) : status;
}

/* ---- places ---- */

static kf_status place_init(place *self, const char *key)
{
    memcpy(self->key, key, strlen(key) + 1);
    return kf__mutex_init(&self->starting);
}

static void place_finish(place *self)
{
    if (self->template != NULL) {
        kf__worker_free(self->template->worker);
        kf__free(self->template);
    }
    kf__mutex_finish(&self->starting);
    kf__free(self->python);
    kf__free(self->reason);
}

/* While the mutex is held. NULL: out of memory. */
static place *find_place(kf_executor *self, const char *key)
{
    for (size_t i = 0; i < self->places.count; i++)
        if (strcmp(self->places.items[i]->key, key) == 0)
            return self->places.items[i];
    place *made = kf__calloc(1, sizeof *made);
    if (made == NULL || place_init(made, key) != KF_OK) {
        kf__free(made);
        return NULL;
    }
    if (kf__vec_push(&self->places, made) == KF_OK)
        return made;
    place_finish(made);
    kf__free(made);
    return NULL;
}

/* ---- preparing a place ---- */

/* One job and what it asks for. */
typedef struct request {
    kf_executor *executor;
    kf_job *job;
    kf_launch launch;
    kf_environment environment;
    int64_t begun;
} request;

static void put_json_text(kf_buf *buf, const char *text)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_string_ref(&tree, text);
    if (value != NULL)
        kf__put_json(buf, value, KF_JSON_COMPACT);
    if (kf__tree_status(&tree) != KF_OK)
        buf->status = kf__tree_status(&tree);
    kf__tree_finish(&tree);
}

static kf_work work_of(const request *self, const char *text)
{
    return (kf_work){.request = text,
        .cancel_fd = self->job->cancel_fd,
        .deadline = self->environment.deadline};
}

/* Whether the interpreter itself has all that is required. */
static kf_status judge(request *self, bool *satisfied)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "{\"judge\":");
    kf__put_json(&text, self->launch.requirements, KF_JSON_COMPACT);
    kf__buf_puts(&text, "}");
    kf_work work = work_of(self, kf__buf_text(&text));
    kf_status status = text.status;
    if (status == KF_OK)
        status = do_work(self->executor, &self->executor->base, &work);
    *satisfied = status == KF_OK && strcmp(kf__buf_text(&work.message), "1") == 0;
    kf__buf_finish(&work.message);
    kf__buf_finish(&text);
    /* A judge that fails has not judged. */
    return status == KF_EFAILED ? KF_OK : status;
}

static void say(const request *self, const char *text)
{
    int fd = open(self->job->log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    ssize_t written = write(fd, text, strlen(text));
    (void)written;
    (void)close(fd);
}

static void say_building(const request *self)
{
    kf_buf text = KF__BUF_INIT, log = KF__BUF_INIT;
    (void)kf__environment_log(&self->environment, &log);
    kf__buf_puts(&text, "[kf] making a Python environment for");
    for (size_t i = 0; i < kf_value_length(self->launch.requirements); i++)
        kf__buf_printf(&text, "%s %s", i > 0 ? "," : "",
            kf_value_string(kf_value_at(self->launch.requirements, i)));
    kf__buf_printf(&text, "; its log is %s\n", kf__buf_text(&log));
    say(self, kf__buf_text(&text));
    kf__buf_finish(&text);
    kf__buf_finish(&log);
}

static kf_status make_environment(request *self, kf_buf *python)
{
    say_building(self);
    return kf__environment_build(&self->environment, python);
}

static kf_status prepare(request *self, place *where)
{
    bool found, satisfied = false;
    kf_buf python = KF__BUF_INIT;
    KF__TRY(kf__environment_find(&self->environment, &python, &found));
    kf_status status = found ? KF_OK : judge(self, &satisfied);
    if (status == KF_OK && satisfied)
        where->same = &self->executor->base;
    else if (status == KF_OK && !found)
        status = make_environment(self, &python);
    if (status == KF_OK && !satisfied)
        status = kf__buf_take(&python, &where->python);
    kf__buf_finish(&python);
    return status;
}

static kf_status check_stop(const request *self)
{
    struct pollfd fd = {.fd = self->job->cancel_fd, .events = POLLIN};
    if (fd.fd >= 0 && poll(&fd, 1, 0) > 0)
        return kf__fail(KF_ECANCELED, NULL, "the task was canceled");
    if (self->environment.deadline != 0 &&
        kf__monotonic_ns() >= self->environment.deadline)
        return kf__fail(KF_ETIMEOUT, NULL, "the task did not end in the time it has");
    return KF_OK;
}

/* A failure is shared by all jobs that were waiting for it; a job that comes later tries
 * again. While the mutex is held. */
static kf_status wait_prepared(request *self, place *where)
{
    kf_executor *executor = self->executor;
    while (where->state == PLACE_PREPARING) {
        KF__TRY(check_stop(self));
        (void)kf__cond_wait_until(&executor->changed, &executor->mutex,
            kf__monotonic_ns() + LOOK_MS * INT64_C(1000000));
    }
    if (where->state == PLACE_UNKNOWN && where->failed_at >= self->begun)
        return kf__fail(where->failure, NULL, "%s", where->reason);
    return KF_OK;
}

/* Another job's cancellation and end of time are no failure of the place. */
static void remember_failure(place *where, kf_status status)
{
    if (status == KF_ECANCELED || status == KF_ETIMEOUT)
        return;
    kf__free(where->reason);
    where->reason = kf__strdup(kf_last_error()->message);
    where->failure = status;
    where->failed_at = where->reason != NULL ? kf__monotonic_ns() : 0;
}

/* While the mutex is held, which is let go for the preparation itself. */
static kf_status ensure_prepared(request *self, place *where)
{
    kf_executor *executor = self->executor;
    KF__TRY(wait_prepared(self, where));
    if (where->state == PLACE_READY)
        return KF_OK;
    where->state = PLACE_PREPARING;
    kf__mutex_unlock(&executor->mutex);
    kf_status status = prepare(self, where);
    kf__mutex_lock(&executor->mutex);
    where->state = status == KF_OK ? PLACE_READY : PLACE_UNKNOWN;
    if (status != KF_OK)
        remember_failure(where, status);
    kf__cond_broadcast(&executor->changed);
    return status;
}

/* The interpreter's own description names its environments, so it runs first. */
static kf_status identify(kf_executor *self)
{
    template *used;
    KF__TRY(borrow(self, &self->base, &used));
    char *identity = kf__strdup(kf__worker_identity(used->worker));
    release(self, &self->base, used, false);
    kf__mutex_lock(&self->mutex);
    if (self->identity == NULL) {
        self->identity = identity;
        identity = NULL;
    }
    bool known = self->identity != NULL;
    kf__mutex_unlock(&self->mutex);
    kf__free(identity);
    return known ? KF_OK : KF_ENOMEM;
}

static kf_status find_environment(request *self, place **out)
{
    char key[33];
    kf_executor *executor = self->executor;
    kf__mutex_lock(&executor->mutex);
    self->environment.identity = executor->identity;
    kf__mutex_unlock(&executor->mutex);
    if (self->environment.identity == NULL) {
        KF__TRY(identify(executor));
        self->environment.identity = executor->identity;
    }
    kf__environment_key(&self->environment, key);
    kf__mutex_lock(&executor->mutex);
    place *where = find_place(executor, key);
    kf_status status = where != NULL ? ensure_prepared(self, where) : KF_ENOMEM;
    if (status == KF_OK)
        *out = where->same != NULL ? where->same : where;
    kf__mutex_unlock(&executor->mutex);
    return status;
}

static kf_status find_place_of(request *self, place **out)
{
    *out = &self->executor->base;
    if (self->executor->no_environments ||
        kf_value_length(self->launch.requirements) == 0)
        return KF_OK;
    return find_environment(self, out);
}

/* ---- the job ---- */

static kf_status put_env(kf_buf *buf, const kf_job *job)
{
    kf_value *variables;
    KF__TRY(kf__job_environment(job, &variables));
    if (job->workspace != NULL)
        kf__put_text(job->tree, variables, "KF_WORKSPACE", job->workspace);
    kf__put_json(buf, variables, KF_JSON_COMPACT);
    return kf__tree_status(job->tree);
}

static kf_status put_request(kf_buf *buf, const request *self)
{
    kf__buf_puts(buf, "{\"function\":");
    put_json_text(buf, self->launch.function);
    kf__buf_puts(buf, ",\"folder\":");
    put_json_text(buf, self->job->folder);
    kf__buf_puts(buf, ",\"input\":");
    kf__put_json(buf, self->job->executor_input, KF_JSON_COMPACT);
    kf__buf_puts(buf, ",\"env\":");
    KF__TRY(put_env(buf, self->job));
    kf__buf_puts(buf, "}");
    return buf->status;
}

/* As with KFP's launcher, the source is a word of the command like any other. */
static kf_status put_source(kf_buf *buf, const request *self, const char **out)
{
    *out = self->launch.source;
    if (strstr(self->launch.source, "{{$") == NULL)
        return KF_OK;
    KF__TRY(
        kf__placeholders_expand(&self->job->placeholders, self->launch.source, buf));
    *out = kf__buf_text(buf);
    return buf->status;
}

static kf_status execute_in(request *self, place *where)
{
    kf_buf text = KF__BUF_INIT, source = KF__BUF_INIT;
    kf_work work = {0};
    kf_status status = put_request(&text, self);
    if (status == KF_OK) {
        work = work_of(self, text.data);
        work.log = self->job->log_path;
        status = put_source(&source, self, &work.source);
    }
    if (status == KF_OK)
        status = do_work(self->executor, where, &work);
    self->job->exit_code = work.exit_code;
    kf__buf_finish(&work.message);
    kf__buf_finish(&text);
    kf__buf_finish(&source);
    return status;
}

static kf_status execute_launch(request *self)
{
    place *where;
    kf_status status = find_place_of(self, &where);
    if (status == KF_OK)
        return execute_in(self, where);
    if (status == KF_EFAILED) {
        self->job->exit_code = 1;
        say(self, kf_last_error()->message);
        say(self, "\n");
    }
    return status;
}

static kf_status python_execute(kf_executor *self, kf_job *job)
{
    kf_tree tree = KF__TREE_INIT;
    request asked = {.executor = self, .job = job, .begun = kf__monotonic_ns()};
    kf_status status = kf__launch_read(&tree, job->container, &asked.launch);
    if (status == KF_OK) {
        asked.environment = (kf_environment){
            .home = self->home,
            .python = self->base.python,
            .options = asked.launch.options,
            .requirements = asked.launch.requirements,
            .cancel_fd = job->cancel_fd,
            .deadline =
                job->timeout > 0 ? asked.begun + (int64_t)(job->timeout * 1e9) : 0,
        };
        status = execute_launch(&asked);
    }
    if (status != KF_OK && status != KF_ENOMEM)
        kf__buf_puts(&job->message, kf_last_error()->message);
    kf__tree_finish(&tree);
    return status;
}

/* ---- the class ---- */

static bool python_accepts(const kf_value *container)
{
    kf_tree tree = KF__TREE_INIT;
    kf_launch launch;
    bool accepted = kf__launch_read(&tree, container, &launch) == KF_OK;
    kf__tree_finish(&tree);
    return accepted;
}

static void python_destroy(kf_executor *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->places.count; i++) {
        place_finish(self->places.items[i]);
        kf__free(self->places.items[i]);
    }
    kf__vec_finish(&self->places);
    place_finish(&self->base);
    kf__cond_finish(&self->changed);
    kf__mutex_finish(&self->mutex);
    kf__free(self->home);
    kf__free(self->identity);
    kf__free(self);
}

static kf_status init(
    kf_executor *self, const kf_run_options *options, const char *home)
{
    const char *python = options != NULL ? options->python : NULL;
    self->no_environments = options != NULL && options->no_environments;
    self->base.state = PLACE_READY;
    self->base.python = kf__strdup(python != NULL ? python : "python3");
    if (self->base.python == NULL)
        return KF_ENOMEM;
    return kf__absolute_path(home, &self->home);
}

static kf_status python_create(
    const kf_run_options *options, const char *home, kf_executor **out)
{
    kf_executor *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&self->mutex);
    if (status == KF_OK)
        status = kf__cond_init(&self->changed);
    if (status == KF_OK)
        status = place_init(&self->base, "");
    if (status == KF_OK)
        status = init(self, options, home);
    if (status != KF_OK)
        python_destroy(self);
    else
        *out = self;
    return status;
}

const kf_executor_class kf__executor_python = {
    .name = "python",
    .bare = true,
    .accepts = python_accepts,
    .create = python_create,
    .execute = python_execute,
    .destroy = python_destroy,
};
