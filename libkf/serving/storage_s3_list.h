/* SPDX-License-Identifier: Apache-2.0 */
/* What S3 answers: a page of a listing, or why there is none. */
#ifndef KF_SERVING_STORAGE_S3_LIST_H
#define KF_SERVING_STORAGE_S3_LIST_H

#include "base/arena.h"

typedef struct kf_s3_object {
    const char *key;
    const char *etag; /* With its quotes; NULL: none. */
    int64_t size;
} kf_s3_object;

typedef struct kf_s3_page {
    kf_s3_object *items;
    size_t count;
    size_t capacity;
    const char *next; /* Continuation token of the next page; NULL: this is the last. */
} kf_s3_page;

/* Text in the arena; the items are freed by kf__vec_finish. KF_EPARSE, KF_EDOCUMENT: no
 * listing; KF_ELIMIT, KF_ENOMEM. */
kf_status kf__s3_read_page(
    kf_arena *arena, const char *text, size_t length, kf_s3_page *out);

typedef struct kf_s3_fault {
    char code[64]; /* "NoSuchBucket"; empty: it says nothing. */
    char region[32];
    char message[256];
} kf_s3_fault;

/* Of anything: what is no fault of S3 leaves all empty. */
void kf__s3_read_fault(const char *text, size_t length, kf_s3_fault *out);

#endif
