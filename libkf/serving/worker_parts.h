/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a pool of workers. All of it is under the pool's mutex. Calls come in on
 * any thread, which also writes them to a worker where it can; one thread of the pool,
 * the keeper, reads, and looks after the processes. */
#ifndef KF_SERVING_WORKER_PARTS_H
#define KF_SERVING_WORKER_PARTS_H

#include "base/thread.h"
#include "base/vec.h"
#include "io/process.h"
#include "serving/worker_frame.h"
#include "serving/worker_log.h"
#include "serving/worker_pool.h"

typedef struct kf_replica kf_replica;

/* A call in the pool. Used again for later ones. */
typedef struct kf_ticket {
    uint32_t index; /* In the pool's list. */
    uint64_t id;    /* The index, and a number that makes it unique. */
    kf_call *call;
    kf_replica *replica; /* Who has it; NULL: it waits. */
    int64_t deadline_ns; /* 0: none. */
    int lost;            /* Workers that ended under it. */
    bool retriable;
    bool answered;       /* In `over`, or it was; a worker may have it still. */
    bool settled;        /* `done` was called. */
    kf_buf head;         /* The frame without its body. */
    size_t sent;         /* Bytes of the frame. */
    int fail_status;     /* 0: the reply is in the call. */
    const char *message; /* Of the call's arena, or constant. */
    struct kf_ticket *next, *previous;
    struct kf_ticket *over_next;
} kf_ticket;

typedef struct kf_tickets {
    kf_ticket *first, *last;
    size_t count;
} kf_tickets;

typedef enum kf_replica_phase {
    KF__REPLICA_WAITING, /* No process; until_ns: start one. */
    KF__REPLICA_LOADING, /* until_ns: give up. */
    KF__REPLICA_READY,
    KF__REPLICA_STOPPING, /* Was told to end; until_ns: kill. */
    KF__REPLICA_DYING     /* Its calls are gone, it is to be reaped; until_ns: kill. */
} kf_replica_phase;

struct kf_replica {
    kf_replica_phase phase;
    int64_t until_ns;
    uint64_t life; /* Unique for each process. */
    bool leaving;  /* Is one too many. */
    bool serial;   /* It does one call after the other. */
    bool
        stalled; /* A call of its was not answered in time, and it said nothing since. */
    kf_ticket *reserved; /* Gets nothing before this one. */
    kf_process process;
    int socket, output;
    kf_buf input;
    size_t input_at;
    kf_buf owed; /* To be sent as it is, before the next call. */
    size_t owed_at;
    kf_tickets has;    /* What was given to it, in that order. */
    kf_ticket *unsent; /* The first of them that is not sent in full. */
    int64_t heard_ns;  /* Of it, or when it got its first call. */
    int64_t mean_ns;   /* Of late, from one answer to the next while it had calls. */
    int64_t ready_ns;
    int failures;      /* Short lives, one after the other. */
    int load_failures; /* Of them those that did not load. */
    kf_buf tail;       /* Of what it printed. */
    kf_buf said;       /* Why it failed, by itself or by us. */
};

/* A call that a worker makes. */
typedef struct kf_asked kf_asked;

struct kf_workers {
    kf_backend backend;
    kf_workers_options options;
    kf_arena arena; /* Of the options. */
    kf_mutex mutex;
    pthread_t keeper;
    int bell;
    bool ending;
    size_t wanted;
    KF__VEC(kf_replica *) replicas;
    KF__VEC(kf_ticket *) tickets;
    kf_ticket *spare;
    kf_tickets queue;
    kf_ticket *over; /* Answered: `done` is to be called outside of the mutex. */
    kf_asked *asked; /* To be handed on outside of the mutex. */
    size_t nested;   /* Handed on and not answered. */
    uint64_t serial;
    int64_t deadline_ns; /* No call has an earlier one; 0: none has any. */
    kf_worker_log log;
    kf_buf block; /* What was just read of an output. */
    kf_workers_state state;
    bool changed;
    bool complains; /* The message of `state` is to be logged, outside of the mutex. */
    int64_t until_ns; /* When the keeper looks again; 0: when something happens. */
};

/* ---- tickets (worker_ticket.c) ---- */

/* For a call, its frame made; NULL: out of memory. It is in no list. */
kf_ticket *kf__ticket_new(kf_workers *pool, kf_call *call);
void kf__ticket_recycle(kf_workers *pool, kf_ticket *ticket);
void kf__tickets_append(kf_tickets *list, kf_ticket *ticket);
void kf__tickets_prepend(kf_tickets *list, kf_ticket *ticket);
void kf__tickets_remove(kf_tickets *list, kf_ticket *ticket);
/* The one of this id that the replica has, or NULL. */
kf_ticket *kf__ticket_find(kf_workers *pool, const kf_replica *replica, uint64_t id);
/* Have it answered: with its reply (status 0), or so; `message` is copied. Of the keeper,
 * as all that follows. */
void kf__ticket_answer(
    kf_workers *pool, kf_ticket *ticket, int status, const char *message);
/* No worker has it any more. */
void kf__ticket_leave(kf_workers *pool, kf_ticket *ticket);
/* Outside of the mutex, and then in it: call `done`. */
void kf__tickets_settle(kf_ticket *over);
void kf__tickets_settled(kf_workers *pool, kf_ticket *over);
/* Fill the reply of its call from a frame. KF_EPARSE: the frame is none. */
kf_status kf__ticket_reply(kf_ticket *ticket, const kf_frame *frame);

/* ---- who gets what (worker_queue.c) ---- */

/* Give calls that wait to workers that may take them, and write. True: the keeper has to
 * look again. */
bool kf__pool_pump(kf_workers *pool);
/* All calls whose time is over. */
void kf__pool_expire(kf_workers *pool, int64_t now);
/* What a worker that is lost had goes back to the queue, or is answered. */
void kf__pool_take_back(kf_workers *pool, kf_replica *replica, const char *why);
/* Nothing will come of those that wait. */
void kf__pool_refuse(kf_workers *pool);
bool kf__pool_is_failing(const kf_workers *pool);
bool kf__pool_is_ill(const kf_workers *pool);

/* ---- a process (worker_replica.c) ---- */

kf_replica *kf__replica_new(kf_workers *pool); /* Waiting, to be started at once. */
void kf__replica_free(kf_replica *replica);
void kf__replica_start(kf_workers *pool, kf_replica *replica);
/* Write what it is to get; true: there is more than it takes now. */
bool kf__replica_flush(kf_replica *replica);
void kf__replica_owe(kf_replica *replica, kf_frame_kind kind, uint64_t id,
    const char *head, size_t head_length, const char *body, size_t body_length);
/* Read what it says and prints. */
void kf__replica_listen(kf_workers *pool, kf_replica *replica);
void kf__replica_read_output(kf_workers *pool, kf_replica *replica);
/* Its process has ended. */
void kf__replica_ended(kf_replica *replica);
/* What its time demands; returns when to look again, 0: no time. */
int64_t kf__replica_tend(kf_workers *pool, kf_replica *replica, int64_t now);
void kf__replica_stop(kf_workers *pool, kf_replica *replica);

/* ---- calls of workers (worker_asked.c) ---- */

/* KF_EPARSE: it is no call. Anything else is answered to the worker. */
kf_status kf__asked_take(kf_workers *pool, kf_replica *replica, const kf_frame *frame);
/* Outside of the mutex: hand over those that were asked. */
void kf__asked_serve(kf_workers *pool, kf_asked *list);

/* The head of a CALL of a worker, or of a REPLY. Texts are of the arena. */
typedef struct kf_head {
    const char *method, *path, *query;
    int64_t status;
    uint64_t of;
    kf_header *headers;
    size_t header_count;
} kf_head;
kf_status kf__head_read(kf_arena *arena, const char *text, size_t length, kf_head *out);
void kf__head_put_headers(kf_buf *out, const kf_header *headers, size_t count);

/* ---- the thread (worker_keeper.c) ---- */

void *kf__keeper_run(void *pool);

#endif
