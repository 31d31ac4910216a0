/* SPDX-License-Identifier: Apache-2.0 */
/* Going through a file of XGBoost's, which is JSON or UBJSON (Universal Binary JSON, draft
 * 12, with typed lists), by one set of functions. As with kf_scan the caller says what it
 * expects next; after a failure everything fails. */
#ifndef KF_SERVING_MODEL_SOURCE_H
#define KF_SERVING_MODEL_SOURCE_H

#include "base/limits.h"
#include "base/scan.h"
#include "base/vec.h"

typedef KF__VEC(double) kf_numbers;

/* A list or object on the way. */
typedef struct kf_ubj_level {
    uint64_t left; /* Items to come, of one that tells. */
    char type;     /* Of each, of one that tells; 0: each tells its own. */
    bool counted;
} kf_ubj_level;

typedef struct kf_ubj {
    const unsigned char *data;
    const unsigned char *at;
    const unsigned char *end;
    const char *fault;
    kf_status status;
    int depth;
    kf_ubj_level levels[KF__LIMIT_DEPTH];
} kf_ubj;

typedef struct kf_source {
    bool is_binary;
    kf_scan json;
    kf_ubj ubj;
    kf_buf scratch; /* Of names and texts. */
} kf_source;

void kf__source_start(kf_source *source, const char *data, size_t length);
void kf__source_finish(kf_source *source);
/* The first fault as the thread's error; KF_OK: none. */
kf_status kf__source_status(const kf_source *source);
/* Something else than `expected` stands here; false. */
bool kf__source_expected(kf_source *source, const char *expected);

bool kf__source_object(kf_source *source);
bool kf__source_name(kf_source *source, const char **name, size_t *length);
bool kf__source_list(kf_source *source);
bool kf__source_item(kf_source *source);
/* Good until the next name or text. */
bool kf__source_text(kf_source *source, const char **text, size_t *length);
/* A list of numbers and truth values, appended. `floats`: each the nearest float. */
bool kf__source_numbers(kf_source *source, bool floats, kf_numbers *out);
bool kf__source_skip(kf_source *source);
bool kf__source_end(kf_source *source);

/* Of UBJSON alone. */
void kf__ubj_start(kf_ubj *ubj, const char *data, size_t length);
bool kf__ubj_enter(kf_ubj *ubj, bool object);
bool kf__ubj_next(kf_ubj *ubj, bool object); /* False: out of the innermost. */
bool kf__ubj_name(kf_ubj *ubj, const char **name, size_t *length);
bool kf__ubj_text(kf_ubj *ubj, const char **text, size_t *length);
bool kf__ubj_numbers(kf_ubj *ubj, kf_numbers *out);
bool kf__ubj_skip(kf_ubj *ubj);
bool kf__ubj_fail(kf_ubj *ubj, kf_status status, const char *fault);

#endif
