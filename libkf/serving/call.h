/* SPDX-License-Identifier: Apache-2.0 */
/* What travels between HTTP and models. A call is one request on its way through the
 * parts of a service; a backend is a part that answers calls: a model behind its
 * protocol, a pool of workers, or one that hands calls on to others (a splitter, a
 * limiter, a batcher, a logger, a graph, a remote server). */
#ifndef KF_SERVING_CALL_H
#define KF_SERVING_CALL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

typedef struct kf_header {
    const char *name; /* Compared without regard to case. */
    const char *value;
} kf_header;

/* The answer. It is the call's, and whoever answers fills it. */
typedef struct kf_reply {
    int status;               /* 200, …; 0: not answered. */
    const char *content_type; /* A constant, or of the call's arena. */
    kf_buf body;
    kf_header headers[16]; /* More of them, of the arena. */
    size_t header_count;
} kf_reply;

typedef struct kf_call kf_call;
struct kf_inference;

typedef enum kf_flat {
    KF__FLAT_AS_GIVEN, /* Raw tensors behind the JSON, and lists in it. */
    KF__FLAT_READABLE, /* All in the JSON if they can be. */
    KF__FLAT_JSON      /* KF_EUNSUPPORTED if they cannot. */
} kf_flat;

/* What a call of V2 is before it has a body: tensors, that came over gRPC. Who can take
 * them so answers with such; all others flatten the call first. */
typedef struct kf_call_form {
    /* The tensors, into the arena of the inference. The statuses of kf__v2_read. */
    kf_status (*read)(kf_call *call, struct kf_inference *inference);
    /* The reply's body. The statuses of kf__v2_write. */
    kf_status (*write)(
        kf_call *call, const struct kf_inference *inference, const char *model);
    kf_status (*flatten)(kf_call *call, kf_flat how);
} kf_call_form;

struct kf_call {
    const char *method; /* "GET", "POST"; all that is given is borrowed until done. */
    const char *path;   /* "/v1/models/iris:predict", without what the server itself put
                           before it. */
    const char *query;  /* Behind the '?'; NULL: none. */
    const kf_header *headers;
    size_t header_count;
    const char *body;
    size_t body_length;
    const kf_call_form *form; /* NULL: `body` is all of it. */
    int64_t deadline_ns;      /* Monotonic; 0: none. */
    kf_arena *arena; /* Ends with the call; of one thread at a time, as the call. */
    kf_reply reply;
    /* Called once, by any thread, when `reply` is whole; the call is over then for
     * whoever answered it. It may be called before kf__serve returns. */
    void (*done)(kf_call *call);
    void *payload; /* Of the one who set `done`. */
};

typedef struct kf_backend kf_backend;
typedef struct kf_backend_table {
    void (*serve)(kf_backend *self, kf_call *call);
    /* No call is under way, and none comes. */
    void (*free)(kf_backend *self);
} kf_backend_table;
struct kf_backend {
    const kf_backend_table *table;
};

static inline void kf__serve(kf_backend *backend, kf_call *call)
{
    backend->table->serve(backend, call);
}
void kf__backend_free(kf_backend *backend); /* NULL is fine. */

/* Before the body is looked at or handed to another process: the call becomes one like
 * those over HTTP, and so does its reply. False: it has been answered. */
bool kf__call_flatten(kf_call *call, kf_flat how);

const char *kf__call_header(const kf_call *call, const char *name); /* NULL: none. */
/* Answer with a JSON body {"error": message}, printf-like, and be done. */
void kf__call_fail(kf_call *call, int status, const char *format, ...) KF_PRINTF(3, 4);
/* Whether the method is the one that is allowed, "GET" or "POST"; HEAD is a GET without
 * its body. If not, the call has been answered: OPTIONS by what is allowed, others by
 * 405. */
bool kf__call_allows(kf_call *call, const char *method);
/* The same from the thread's error: KF_EINVAL and what else the sender can mend is 400. */
void kf__call_fail_last(kf_call *call);
/* A header of the answer; both texts are copied. Silently dropped past the sixteenth. */
void kf__reply_header(kf_call *call, const char *name, const char *value);

#endif
