/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a batcher: requests that go together. */
#ifndef KF_SERVING_BACKEND_BATCH_PARTS_H
#define KF_SERVING_BACKEND_BATCH_PARTS_H

#include "base/value.h"
#include "base/vec.h"
#include "serving/backend_batch.h"

typedef struct kf_batch_member {
    kf_call *call;
    size_t count;   /* Instances, or rows. */
    const char *id; /* Of a request of V2, of the call's arena; NULL: none. */
} kf_batch_member;

typedef struct kf_batch {
    KF__VEC(kf_batch_member) members;
    size_t count;          /* Instances in all. */
    const char *signature; /* What goes together has the same; NULL: it is of V1. */
    kf_buf body;           /* V1: the texts of the instances, with commas. */
    /* V2: the first request without its data, and the data of each input. */
    kf_tree tree;
    kf_value *request;
    KF__VEC(kf_buf) data;
    int64_t until_ns;
    kf_call call;
    kf_arena arena;
    kf_header type;
} kf_batch;

/* ---- backend_batch_v2 ---- */

/* What tells requests of V2 that can go together from others, in the arena, and how many
 * rows this one has. NULL: it goes by itself. */
const char *kf__batch_v2_signature(
    const kf_value *request, kf_arena *arena, size_t *rows);
/* Its data behind the others', of which it is the first if there is no request yet. */
kf_status kf__batch_v2_add(kf_batch *batch, const kf_value *request);
kf_status kf__batch_v2_body(kf_batch *batch);
/* Each gets its rows of the answer. False: it has not as many. */
bool kf__batch_v2_answer(kf_batch *batch, const kf_value *answer);

#endif
