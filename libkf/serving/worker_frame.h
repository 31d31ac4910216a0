/* SPDX-License-Identifier: Apache-2.0 */
/* What a pool and its workers say to each other, over a stream: frames, each with a head
 * of 24 bytes (little endian): "KFW1", kind (4 bytes), id (8), length of its JSON (4),
 * length of its body (4); then the JSON, then the body.
 *
 * The pool says START first: what to load. The worker answers READY, or FAILED and ends.
 * Then any number of CALLs may be under way both ways, each answered by one REPLY of the
 * same id; ids of the two sides have nothing to do with each other. A CANCELed call is
 * still answered, at once where that can be (nobody looks at the answer). After STOP the
 * worker ends once it has answered what it has. */
#ifndef KF_SERVING_WORKER_FRAME_H
#define KF_SERVING_WORKER_FRAME_H

#include "base/buf.h"

typedef enum kf_frame_kind {
    KF__FRAME_START = 1,  /* {…}: of the one who made the pool. */
    KF__FRAME_READY = 2,  /* {"serial": true}: it does one call after the other. */
    KF__FRAME_FAILED = 3, /* {"message": "…"} */
    KF__FRAME_CALL =
        4, /* {"method", "path", "query", "headers": [[name, value], …]}; of
                             a worker also {"of": id} of the call that it is made for. */
    KF__FRAME_REPLY = 5, /* {"status": 200, "headers": [[name, value], …]} */
    KF__FRAME_CANCEL = 6,
    KF__FRAME_STOP = 7
} kf_frame_kind;

typedef struct kf_frame {
    kf_frame_kind kind;
    uint64_t id;
    const char *head; /* JSON, not checked; borrowed from the bytes. */
    size_t head_length;
    const char *body;
    size_t body_length;
} kf_frame;

enum { KF__FRAME_PREFIX = 24, KF__FRAME_HEAD_MOST = 1 << 20 };

/* The first bytes of a frame. */
void kf__frame_prefix(char to[KF__FRAME_PREFIX], kf_frame_kind kind, uint64_t id,
    size_t head_length, size_t body_length);
/* Append what comes before the body; `head` may be NULL for none. */
void kf__frame_put(kf_buf *out, kf_frame_kind kind, uint64_t id, const char *head,
    size_t head_length, size_t body_length);
/* The frame that `data` begins with; *whole: its bytes, or 0 as long as it is not all
 * there. KF_EPARSE: it is none. KF_ELIMIT: its body is of more than `limit` bytes. */
kf_status kf__frame_take(
    const char *data, size_t length, size_t limit, kf_frame *out, size_t *whole);

#endif
