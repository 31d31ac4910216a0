/* SPDX-License-Identifier: Apache-2.0 */
/* One replica: its process, what is said to it and what it says. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/scan.h"
#include "base/text.h"
#include "io/socket.h"
#include "serving/worker_parts.h"

enum {
    READ_BYTES = 64 << 10,
    READS = 16,          /* In one go, so that one worker does not keep the others. */
    KEEP_BYTES = 4 << 20 /* Of an empty buffer. */
};
#define MS INT64_C(1000000)
#define DYING_MS 1000 /* A worker that closed its socket ends by itself, or is ended. */
#define LONG_LIFE_MS 10000 /* Failures before it are forgotten. */
#define BACKOFF_MS 100
#define BACKOFF_DOUBLINGS 8       /* Of one that does not load. */
#define BACKOFF_DOUBLINGS_READY 4 /* Of one that loads: it may still be of use. */
#define FIRST_MEAN_NS 1000000000  /* Of calls, before anything is known of them. */

/* ---- making ---- */

kf_replica *kf__replica_new(kf_workers *pool)
{
    kf_replica *replica = kf__calloc(1, sizeof *replica);
    if (replica == NULL)
        return NULL;
    replica->process.pidfd = replica->socket = replica->output = -1;
    replica->until_ns = kf__monotonic_ns();
    return replica;
}

void kf__replica_free(kf_replica *replica)
{
    if (replica == NULL)
        return;
    kf__socket_close(&replica->socket);
    kf__socket_close(&replica->output);
    kf__buf_finish(&replica->input);
    kf__buf_finish(&replica->owed);
    kf__buf_finish(&replica->tail);
    kf__buf_finish(&replica->said);
    kf__free(replica);
}

static kf_status spawn(kf_workers *pool, kf_replica *replica, int socket, int output)
{
    char variable[32];
    KF__VEC(const char *) env = {0};
    kf_status status = KF_OK;
    (void)snprintf(variable, sizeof variable, "KF_WORKER_FD=%d", socket);
    for (const char *const *each = pool->options.env;
         each != NULL && *each != NULL && status == KF_OK; each++)
        status = kf__vec_push(&env, *each);
    if (status == KF_OK)
        status = kf__vec_push(&env, variable);
    if (status == KF_OK)
        status = kf__vec_push(&env, NULL);
    kf_process_options options = {.argv = pool->options.argv,
        .env = env.items,
        .folder = pool->options.folder,
        .stdin_fd = -1,
        .stdout_fd = output,
        .stderr_fd = -1,
        .keep_fd = socket};
    if (status == KF_OK)
        status = kf__process_start(&options, &replica->process);
    kf__vec_finish(&env);
    return status;
}

static kf_status start(kf_workers *pool, kf_replica *replica)
{
    int socket = -1, output = -1;
    kf_status status = kf__socket_pair(&replica->socket, &socket);
    if (status == KF_OK)
        status = kf__socket_pipe(&replica->output, &output);
    if (status == KF_OK)
        status = spawn(pool, replica, socket, output);
    kf__socket_close(&socket);
    kf__socket_close(&output);
    return status;
}

static void reset(kf_replica *replica)
{
    kf__socket_close(&replica->socket);
    kf__socket_close(&replica->output);
    kf__buf_finish(&replica->input);
    kf__buf_finish(&replica->owed);
    kf__buf_finish(&replica->tail);
    kf__buf_finish(&replica->said);
    replica->input_at = replica->owed_at = 0;
    replica->stalled = replica->serial = false;
    replica->ready_ns = 0;
    replica->mean_ns = FIRST_MEAN_NS;
}

static void end(kf_workers *pool, kf_replica *replica, int exit_code);

void kf__replica_start(kf_workers *pool, kf_replica *replica)
{
    const char *head = pool->options.start;
    reset(replica);
    replica->life = ++pool->serial;
    replica->phase = KF__REPLICA_LOADING;
    replica->until_ns = kf__monotonic_ns() + pool->options.load_timeout_ns;
    if (start(pool, replica) == KF_OK) {
        kf__replica_owe(replica, KF__FRAME_START, 0, head, strlen(head), NULL, 0);
        (void)kf__replica_flush(replica);
        return;
    }
    kf__buf_puts(&replica->said, kf_last_error()->message);
    end(pool, replica, -1);
}

/* ---- saying ---- */

void kf__replica_owe(kf_replica *replica, kf_frame_kind kind, uint64_t id,
    const char *head, size_t head_length, const char *body, size_t body_length)
{
    kf__frame_put(&replica->owed, kind, id, head, head_length, body_length);
    if (body_length > 0)
        kf__buf_append(&replica->owed, body, body_length);
}

static ssize_t send_owed(kf_replica *replica)
{
    kf_buf *owed = &replica->owed;
    struct iovec part = {.iov_base = owed->data + replica->owed_at,
        .iov_len = owed->length - replica->owed_at};
    ssize_t count = kf__socket_send(replica->socket, &part, 1);
    if (count > 0)
        replica->owed_at += (size_t)count;
    if (replica->owed_at == owed->length) {
        kf__buf_truncate(owed, 0);
        replica->owed_at = 0;
        if (owed->capacity > KEEP_BYTES)
            kf__buf_finish(owed);
    }
    return count;
}

static ssize_t send_ticket(kf_replica *replica)
{
    kf_ticket *ticket = replica->unsent;
    const kf_call *call = ticket->call;
    size_t head = ticket->head.length, at = ticket->sent;
    size_t from = at > head ? at - head : 0;
    struct iovec parts[2] = {{.iov_base = ticket->head.data + (at < head ? at : head),
                                 .iov_len = at < head ? head - at : 0},
        {.iov_base = (void *)(uintptr_t)(call->body + from),
            .iov_len = call->body_length - from}};
    ssize_t count = kf__socket_send(replica->socket, parts, 2);
    if (count > 0)
        ticket->sent += (size_t)count;
    if (ticket->sent == head + call->body_length)
        replica->unsent = ticket->next;
    return count;
}

/* A socket that takes nothing because its worker has gone tells so when it is read. */
bool kf__replica_flush(kf_replica *replica)
{
    while (replica->socket >= 0) {
        kf_ticket *ticket = replica->unsent;
        ssize_t count;
        if (ticket != NULL && ticket->sent > 0)
            count = send_ticket(replica);
        else if (replica->owed.length > 0)
            count = send_owed(replica);
        else if (ticket != NULL)
            count = send_ticket(replica);
        else
            return false;
        if (count <= 0)
            return count == 0;
    }
    return false;
}

/* ---- ending ---- */

static void begin_dying(kf_replica *replica, int64_t patience_ns)
{
    kf__socket_close(&replica->socket);
    if (replica->phase == KF__REPLICA_STOPPING)
        replica->leaving = true;
    replica->phase = KF__REPLICA_DYING;
    replica->until_ns = kf__monotonic_ns() + patience_ns;
}

static void kill_group(const kf_replica *replica)
{
    if (replica->process.pid > 0)
        (void)kill(-replica->process.pid, SIGKILL);
}

static void condemn(kf_replica *replica, const char *why)
{
    if (replica->said.length == 0)
        kf__buf_puts(&replica->said, why);
    begin_dying(replica, DYING_MS * MS);
    kill_group(replica);
}

void kf__replica_ended(kf_replica *replica)
{
    if (replica->phase != KF__REPLICA_DYING)
        begin_dying(replica, DYING_MS * MS);
}

/* The end of what it printed: so many lines, and no more bytes than a message takes. */
static void put_tail(const kf_replica *replica, kf_buf *out)
{
    enum { LINES = 12, BYTES = 600 };
    kf_buf text = KF__BUF_INIT;
    kf__worker_tail_put(&replica->tail, LINES, &text);
    const char *from = kf__buf_text(&text);
    if (text.length > BYTES) {
        from += text.length - BYTES;
        const char *line = strchr(from, '\n');
        from = line != NULL ? line + 1 : from;
    }
    size_t at = out->length;
    kf__buf_printf(out, "; it printed at last:\n%s", from);
    if (out->status == KF_OK)
        kf__utf8_mend(out->data + at, out->length - at);
    kf__buf_finish(&text);
}

/* Why it ended: what it said, or how it ended and what it printed at last. */
static void put_reason(const kf_replica *replica, int exit_code, kf_buf *out)
{
    enum { SAID = 350 };
    if (replica->said.length > 0)
        kf__buf_printf(out, "%.*s%s", SAID, kf__buf_text(&replica->said),
            replica->said.length > SAID ? "..." : "");
    else
        kf__put_exit(out, exit_code);
    if (replica->tail.length > 0)
        put_tail(replica, out);
    if (out->status == KF_OK)
        kf__utf8_mend(out->data, out->length);
}

static void record(
    kf_workers *pool, const kf_replica *replica, int exit_code, const char *why)
{
    kf_workers_state *state = &pool->state;
    state->restarts++;
    state->reason = replica->ready_ns == 0 ? "ModelLoadFailed" : "RuntimeUnhealthy";
    state->exit_code = exit_code;
    state->failed_ms = kf__now_ms();
    (void)snprintf(state->message, sizeof state->message, "%s%s",
        replica->ready_ns == 0 ? "the model does not load: " : "", why);
    pool->changed = pool->complains = true;
}

static void plan_restart(kf_replica *replica)
{
    int64_t now = kf__monotonic_ns();
    bool loaded = replica->ready_ns > 0;
    if (loaded && now - replica->ready_ns > LONG_LIFE_MS * MS)
        replica->failures = 0;
    replica->failures++;
    replica->load_failures = loaded ? 0 : replica->load_failures + 1;
    int most = loaded ? BACKOFF_DOUBLINGS_READY : BACKOFF_DOUBLINGS;
    int doublings = replica->failures - 1 < most ? replica->failures - 1 : most;
    int64_t pause = loaded && doublings == 0 ? 0 : BACKOFF_MS * MS << doublings;
    replica->phase = KF__REPLICA_WAITING;
    replica->until_ns = now + pause;
}

/* It is no more. */
static void end(kf_workers *pool, kf_replica *replica, int exit_code)
{
    kf_buf why = KF__BUF_INIT;
    put_reason(replica, exit_code, &why);
    kf__pool_take_back(pool, replica, kf__buf_text(&why));
    if (!replica->leaving && !pool->ending)
        record(pool, replica, exit_code, kf__buf_text(&why));
    kf__buf_finish(&why);
    kf__socket_close(&replica->socket);
    kf__socket_close(&replica->output);
    plan_restart(replica);
}

static void reap(kf_workers *pool, kf_replica *replica)
{
    enum { BLOCKS = 32 };
    int exit_code = 0;
    kf_status status = kf__process_wait(&replica->process, 0, &exit_code);
    if (status == KF_ETIMEOUT)
        return;
    for (int i = 0; i < BLOCKS && replica->output >= 0; i++)
        kf__replica_read_output(pool, replica);
    end(pool, replica, status == KF_OK ? exit_code : -1);
}

void kf__replica_stop(kf_workers *pool, kf_replica *replica)
{
    replica->leaving = true;
    if (replica->phase == KF__REPLICA_LOADING)
        condemn(replica, "it is not needed any more");
    if (replica->phase != KF__REPLICA_READY)
        return;
    replica->phase = KF__REPLICA_STOPPING;
    replica->until_ns = kf__monotonic_ns() + pool->options.grace_ms * MS;
    kf__replica_owe(replica, KF__FRAME_STOP, 0, NULL, 0, NULL, 0);
    (void)kf__replica_flush(replica);
}

/* ---- hearing ---- */

static bool says_serial(const kf_frame *frame)
{
    kf_scan scan;
    const char *name;
    size_t length;
    bool serial = false;
    kf_buf scratch = KF__BUF_INIT;
    kf__scan_start(&scan, frame->head, frame->head_length);
    if (kf__scan_object(&scan))
        while (kf__scan_name(&scan, &name, &length, &scratch)) {
            bool mine = length == 6 && memcmp(name, "serial", 6) == 0;
            if (!(mine ? kf__scan_bool(&scan, &serial)
                       : kf__scan_skip(&scan, NULL, NULL)))
                break;
        }
    kf__buf_finish(&scratch);
    return serial;
}

static void become_ready(kf_workers *pool, kf_replica *replica, const kf_frame *frame)
{
    replica->phase = KF__REPLICA_READY;
    replica->ready_ns = kf__monotonic_ns();
    replica->load_failures = 0;
    replica->serial = says_serial(frame);
    pool->changed = true;
}

static void hear_failure(kf_replica *replica, const kf_frame *frame)
{
    kf_scan scan;
    const char *name, *text;
    size_t length;
    kf_buf scratch = KF__BUF_INIT;
    kf__buf_truncate(&replica->said, 0);
    kf__scan_start(&scan, frame->head, frame->head_length);
    if (kf__scan_object(&scan))
        while (kf__scan_name(&scan, &name, &length, &scratch)) {
            bool mine = length == 7 && memcmp(name, "message", 7) == 0;
            if (!(mine ? kf__scan_string(&scan, &text, &length, &scratch)
                       : kf__scan_skip(&scan, NULL, NULL)))
                break;
            if (mine)
                kf__buf_append(&replica->said, text, length);
        }
    kf__buf_finish(&scratch);
    begin_dying(replica, DYING_MS * MS);
}

static kf_status hear_reply(
    kf_workers *pool, kf_replica *replica, const kf_frame *frame)
{
    kf_ticket *ticket = kf__ticket_find(pool, replica, frame->id);
    if (ticket == NULL || ticket == replica->unsent)
        return kf__fail(KF_EPARSE, NULL, "it answered a call that it does not have");
    if (!ticket->answered) {
        kf_status status = kf__ticket_reply(ticket, frame);
        if (status != KF_OK && status != KF_ENOMEM)
            return status;
        kf__ticket_answer(pool, ticket, status == KF_OK ? 0 : 503, NULL);
    }
    kf__tickets_remove(&replica->has, ticket);
    kf__ticket_leave(pool, ticket);
    return KF_OK;
}

static kf_status hear(kf_workers *pool, kf_replica *replica, const kf_frame *frame)
{
    int64_t now = kf__monotonic_ns(), passed = now - replica->heard_ns;
    if (frame->kind == KF__FRAME_REPLY)
        replica->mean_ns += (passed - replica->mean_ns) / 8;
    replica->heard_ns = now;
    replica->stalled = false;
    bool loaded = replica->phase != KF__REPLICA_LOADING;
    if (frame->kind == KF__FRAME_READY && !loaded)
        become_ready(pool, replica, frame);
    else if (frame->kind == KF__FRAME_FAILED && !loaded)
        hear_failure(replica, frame);
    else if (frame->kind == KF__FRAME_REPLY && loaded)
        return hear_reply(pool, replica, frame);
    else if (frame->kind == KF__FRAME_CALL)
        return kf__asked_take(pool, replica, frame);
    else
        return kf__fail(KF_EPARSE, NULL, "a frame of kind %d is not expected of it",
            (int)frame->kind);
    return KF_OK;
}

static void hear_all(kf_workers *pool, kf_replica *replica)
{
    kf_buf *input = &replica->input;
    while (replica->socket >= 0 && replica->input_at < input->length) {
        kf_frame frame;
        size_t whole = 0;
        kf_status status = kf__frame_take(input->data + replica->input_at,
            input->length - replica->input_at, pool->options.body_limit, &frame,
            &whole);
        if (status == KF_OK && whole == 0)
            break;
        if (status == KF_OK)
            status = hear(pool, replica, &frame);
        if (status != KF_OK)
            condemn(replica, kf_last_error()->message);
        replica->input_at += whole;
    }
    size_t left = input->length - replica->input_at;
    if (replica->input_at > 0 && left > 0)
        memmove(input->data, input->data + replica->input_at, left);
    kf__buf_truncate(input, left);
    replica->input_at = 0;
    if (left == 0 && input->capacity > KEEP_BYTES)
        kf__buf_finish(input);
}

void kf__replica_listen(kf_workers *pool, kf_replica *replica)
{
    for (int i = 0; i < READS && replica->socket >= 0; i++) {
        size_t before = replica->input.length;
        switch (kf__socket_receive(replica->socket, &replica->input, READ_BYTES)) {
        case KF__RECEIVED_NONE:
            return;
        case KF__RECEIVED_END:
            begin_dying(replica, DYING_MS * MS);
            return;
        case KF__RECEIVED_NOMEM:
            condemn(replica, "there is no memory for what it answers");
            return;
        default:
            break;
        }
        bool is_all = replica->input.length - before < READ_BYTES;
        hear_all(pool, replica);
        if (is_all)
            return;
    }
}

void kf__replica_read_output(kf_workers *pool, kf_replica *replica)
{
    kf_buf *block = &pool->block;
    kf__buf_truncate(block, 0);
    kf_received got = kf__socket_receive(replica->output, block, READ_BYTES);
    if (got == KF__RECEIVED_SOME) {
        kf__worker_log_write(&pool->log, block->data, block->length);
        kf__worker_tail_add(&replica->tail, block->data, block->length);
    } else if (got == KF__RECEIVED_END) {
        kf__socket_close(&replica->output);
    } else if (got == KF__RECEIVED_NOMEM) {
        kf__buf_finish(block);
    }
}

/* ---- time ---- */

static int64_t tend_ready(kf_workers *pool, kf_replica *replica, int64_t now)
{
    if (replica->leaving && (replica->has.count == 0 || pool->ending)) {
        kf__replica_stop(pool, replica);
        return replica->until_ns;
    }
    int64_t patience = pool->options.hang_ns;
    if (patience == 0 || replica->has.count == 0)
        return 0;
    if (now < replica->heard_ns + patience)
        return replica->heard_ns + patience;
    char why[160];
    (void)snprintf(why, sizeof why,
        "it had requests and said nothing for %.3g s, so it was ended",
        (double)patience / 1e9);
    condemn(replica, why);
    return replica->until_ns;
}

static int64_t tend_dying(kf_workers *pool, kf_replica *replica, int64_t now)
{
    if (now >= replica->until_ns)
        kill_group(replica);
    reap(pool, replica);
    if (replica->phase != KF__REPLICA_DYING)
        return now;
    /* Where the kernel has no pidfd nothing tells that it ended. */
    return replica->process.pidfd < 0 ? now + 5 * MS
           : now >= replica->until_ns ? now + 50 * MS
                                      : replica->until_ns;
}

int64_t kf__replica_tend(kf_workers *pool, kf_replica *replica, int64_t now)
{
    bool late = now >= replica->until_ns;
    switch (replica->phase) {
    case KF__REPLICA_WAITING:
        if (late)
            kf__replica_start(pool, replica);
        return replica->until_ns;
    case KF__REPLICA_LOADING:
        if (late)
            condemn(replica, "it did not load in the time that it has");
        return replica->until_ns;
    case KF__REPLICA_READY:
        return tend_ready(pool, replica, now);
    case KF__REPLICA_STOPPING:
        if (late)
            condemn(replica, "it did not end when it was told to");
        return replica->until_ns;
    default:
        return tend_dying(pool, replica, now);
    }
}
