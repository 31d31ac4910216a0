/* SPDX-License-Identifier: Apache-2.0 */
/* The run's own thread: it writes what the workers found, reports what is durable, and
 * lets time pass: retries, deadlines, requests to cancel that come through the store.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "run/run_handle.h"

/* Commits follow each other at this distance, so that many changes share one. */
#define COMMIT_NS INT64_C(3000000)
#define POLL_NS INT64_C(200000000)
#define MS_NS INT64_C(1000000)
enum { BUSY_TRIES = 5, BEAT_POLLS = 10 };

typedef struct run_clock {
    int64_t committed_ns;
    int64_t polled_ns;
    int polls;
} run_clock;

static void report(kf_run *run, const kf_event *event)
{
    const kf_run_options *options = &run->options;
    if (options->on_event && options->on_event(event, options->payload) != 0)
        kf__run_cancel(run, false);
}

static void report_run(kf_run *run, kf_state state, const char *message)
{
    kf_event event = {.run = run->row.id,
        .display_name = run->row.display_name,
        .state = state,
        .attempt = 1,
        .seconds = (double)(kf__now_ms() - run->row.started) / 1000,
        .message = message};
    kf__mutex_lock(&run->engine.mutex);
    event.tasks_done = run->engine.done;
    event.tasks_known = run->engine.known;
    kf__mutex_unlock(&run->engine.mutex);
    report(run, &event);
}

static void report_record(kf_run *run, const kf_record *record)
{
    if (!record->report || !run->options.on_event)
        return;
    const kf_event event = {.run = run->row.id,
        .task = record->path,
        .display_name = record->display_name,
        .state = record->state,
        .attempt = record->attempt_shown,
        .seconds = record->seconds,
        .message = record->message,
        .tasks_done = record->tasks_done,
        .tasks_known = record->tasks_known,
        .log = record->log};
    report(run, &event);
}

static kf_status write_records(kf_run *run, const kf_record *records, bool with_run)
{
    KF__TRY(kf__db_begin(run->writer));
    kf_status status = KF_OK;
    for (const kf_record *record = records; record && status == KF_OK;
         record = record->next)
        if (!record->superseded)
            status = kf__store_put_record(run->writer, record);
    if (status == KF_OK && with_run)
        status = kf__store_put_run(run->writer, &run->row);
    if (status == KF_OK)
        status = kf__db_commit(run->writer);
    if (status != KF_OK)
        kf__db_rollback(run->writer);
    return status;
}

/* Another process may write for long; nothing is lost meanwhile. */
static kf_status write_patiently(kf_run *run, const kf_record *records, bool with_run)
{
    kf_status status = KF_OK;
    for (int i = 0; i < BUSY_TRIES; i++) {
        status = write_records(run, records, with_run);
        if (status != KF_EBUSY)
            break;
    }
    return status;
}

/* Write, then report. What could not be written is not reported. */
static void settle_records(kf_run *run, kf_record *records, bool with_run)
{
    kf_engine *engine = &run->engine;
    kf_status status = KF_OK;
    if ((records || with_run) && !run->store_lost)
        status = write_patiently(run, records, with_run);
    kf__mutex_lock(&engine->mutex);
    engine->writing = NULL;
    if (status != KF_OK) {
        kf_buf why = KF__BUF_INIT;
        kf__buf_printf(
            &why, "what happened cannot be recorded: %s", kf_last_error()->message);
        if (!run->store_lost && kf__buf_take(&why, &run->store_error) != KF_OK)
            run->store_error = NULL;
        kf__buf_finish(&why);
        run->store_lost = true;
        kf__engine_break(engine, KF_EIO);
        kf__log(KF_LOG_ERROR, "run %s: %s", run->row.id, kf_last_error()->message);
    }
    kf__mutex_unlock(&engine->mutex);
    while (records) {
        kf_record *next = records->next;
        if (!run->store_lost)
            report_record(run, records);
        kf__record_free(records);
        records = next;
    }
}

/* The lock is held. */
static kf_record *take_records(kf_engine *engine)
{
    kf_record *records = engine->records;
    engine->records = NULL;
    engine->last_record = &engine->records;
    for (kf_record *record = records; record; record = record->next)
        if (record->pending_of) {
            *record->pending_of = NULL;
            record->pending_of = NULL;
        }
    engine->writing = records;
    return records;
}

/* Until there is something to write, or a time has come; then, if the last commit was
 * just now, a little more. The lock is held. */
static void wait_for_news(kf_engine *engine, const run_clock *clock, int64_t until)
{
    while (!engine->records && !engine->urgent && !engine->over) {
        engine->writer_waits = true;
        if (!kf__cond_wait_until(&engine->news, &engine->mutex, until))
            break;
    }
    engine->writer_waits = false;
    while (engine->records && !engine->urgent && !engine->over)
        if (!kf__cond_wait_until(
                &engine->news, &engine->mutex, clock->committed_ns + COMMIT_NS))
            break;
    engine->urgent = false;
}

static int64_t deadline_ns(const kf_run *run, int64_t now)
{
    double seconds = run->plan.deadline;
    if (seconds <= 0 || run->engine.expired)
        return INT64_MAX;
    int64_t passed_ms = kf__now_ms() - run->row.started;
    return now + (int64_t)(seconds * 1e9) - passed_ms * MS_NS;
}

/* What time brings; gives the time to come back. The lock is held. */
static int64_t pass_time(kf_run *run, const run_clock *clock)
{
    kf_engine *engine = &run->engine;
    int64_t now = kf__monotonic_ns();
    int64_t next = kf__engine_promote(engine, now);
    int64_t deadline = deadline_ns(run, now);
    int64_t poll = clock->polled_ns + POLL_NS;
    if (deadline <= now && !engine->over) {
        engine->expired = true;
        kf__engine_cancel(engine, false);
    } else if (deadline < next) {
        next = deadline;
    }
    return poll < next ? poll : next;
}

static bool cancel_is_asked(kf_run *run)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    if (kf__db_prepare(
            run->writer, "SELECT cancel FROM runs WHERE number = ?", &stmt) != KF_OK)
        return false;
    kf__bind_int(stmt, 1, run->row.number);
    bool asked =
        kf__db_step(stmt, &row) == KF_OK && row && kf__column_int(stmt, 0) != 0;
    kf__db_reset(stmt);
    return asked;
}

static void beat(kf_run *run)
{
    kf_stmt *stmt = NULL;
    kf__mutex_lock(&run->engine.mutex);
    int64_t known = (int64_t)run->engine.known;
    kf__mutex_unlock(&run->engine.mutex);
    if (kf__db_prepare(run->writer,
            "UPDATE runs SET heartbeat = ?2, tasks = ?3 WHERE number = ?1",
            &stmt) != KF_OK)
        return;
    kf__bind_int(stmt, 1, run->row.number);
    kf__bind_int(stmt, 2, kf__now_ms());
    kf__bind_int(stmt, 3, known);
    (void)kf__db_run(stmt);
}

/* The flag that kf_store_cancel sets; a sign of life. */
static void poll_store(kf_run *run, run_clock *clock)
{
    int64_t now = kf__monotonic_ns();
    if (now - clock->polled_ns < POLL_NS)
        return;
    clock->polled_ns = now;
    if (!run->row.cancel && cancel_is_asked(run)) {
        run->row.cancel = true;
        kf__run_cancel(run, false);
    }
    if (clock->polls++ % BEAT_POLLS == 0)
        beat(run);
}

/* `over`: the state is not written, for the final one follows at once. */
static void announce_cancel(kf_run *run, bool over)
{
    kf__mutex_lock(&run->engine.mutex);
    bool canceling = run->engine.canceling && run->engine.broken == KF_OK;
    bool expired = run->engine.expired;
    kf__mutex_unlock(&run->engine.mutex);
    if (!canceling || run->cancel_announced)
        return;
    run->cancel_announced = true;
    if (!over) {
        run->row.state = KF_STATE_CANCELING;
        atomic_store(&run->state, KF_STATE_CANCELING);
        settle_records(run, NULL, true);
    }
    report_run(run, KF_STATE_CANCELING,
        expired ? "the run's time is over" : "the run is being canceled");
}

static void work_until_over(kf_run *run)
{
    kf_engine *engine = &run->engine;
    run_clock clock = {.polled_ns = kf__monotonic_ns()};
    for (;;) {
        kf__mutex_lock(&engine->mutex);
        int64_t until = pass_time(run, &clock);
        wait_for_news(engine, &clock, until);
        bool over = engine->over;
        kf_record *records = over ? NULL : take_records(engine);
        kf__mutex_unlock(&engine->mutex);
        if (over)
            return;
        if (records) {
            settle_records(run, records, false);
            clock.committed_ns = kf__monotonic_ns();
        }
        poll_store(run, &clock);
        announce_cancel(run, false);
    }
}

/* How it ended; all workers are gone. */
static void judge(kf_run *run)
{
    kf_engine *engine = &run->engine;
    kf_state state =
        engine->root ? kf__scope_state(engine, engine->root) : KF_STATE_FAILED;
    const char *error = engine->failure;
    run->result = KF_OK;
    if (engine->broken != KF_OK) {
        state = KF_STATE_FAILED;
        run->result = engine->broken;
        error = error ? error : "out of memory";
    } else if (engine->expired && state != KF_STATE_SUCCEEDED) {
        state = KF_STATE_FAILED;
        run->result = KF_EFAILED;
        error = "the run did not end within its active_deadline_seconds";
    } else if (engine->canceling && state != KF_STATE_SUCCEEDED) {
        state = KF_STATE_CANCELED;
        run->result = KF_ECANCELED;
        error = "the run was canceled";
    } else if (state != KF_STATE_SUCCEEDED) {
        state = KF_STATE_FAILED;
        run->result = KF_EFAILED;
    } else if (kf__resolve_outputs(engine->root, &run->outputs) != KF_OK) {
        state = KF_STATE_FAILED;
        run->result = KF_ENOMEM;
        error = "out of memory";
    }
    run->row.state = state;
    run->row.code = run->result;
    run->row.error = error;
}

static void finish(kf_run *run)
{
    kf_engine *engine = &run->engine;
    kf_buf outputs = KF__BUF_INIT;
    judge(run);
    if (run->outputs) {
        kf__bundle_write(run->outputs, &outputs);
        run->row.outputs = kf__buf_text(&outputs);
    }
    run->row.finished = kf__now_ms();
    run->row.tasks = (int64_t)engine->known;
    run->row.owner_pid = run->row.owner_start = 0;
    kf__mutex_lock(&engine->mutex);
    kf_record *records = take_records(engine);
    kf__mutex_unlock(&engine->mutex);
    settle_records(run, records, true);
    if (run->store_lost) {
        run->row.state = KF_STATE_FAILED;
        run->row.code = run->result = KF_EIO;
        run->row.error = run->store_error ? run->store_error : engine->failure;
        (void)write_records(run, NULL, true); /* The disk may have room again. */
    }
    announce_cancel(run, true);
    report_run(run, run->row.state, run->row.error);
    run->row.outputs = NULL;
    kf__buf_finish(&outputs);
}

void *kf__run_thread(void *argument)
{
    kf_run *run = argument;
    kf_engine *engine = &run->engine;
    report_run(run, KF_STATE_RUNNING, NULL);
    kf__mutex_lock(&engine->mutex);
    kf_status status = kf__engine_begin(engine, run->arguments);
    run->arguments = NULL;
    if (status != KF_OK) {
        engine->broken = status;
        engine->over = true;
    }
    kf__mutex_unlock(&engine->mutex);
    work_until_over(run);
    kf__engine_end_workers(engine);
    finish(run);
    kf__mutex_lock(&engine->mutex);
    run->over = true;
    atomic_store(&run->state, run->row.state);
    kf__cond_broadcast(&run->ended);
    kf__mutex_unlock(&engine->mutex);
    return NULL;
}
