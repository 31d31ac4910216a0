/* SPDX-License-Identifier: Apache-2.0 */
/* Where a model lies: from a storageUri to a path on this machine.
 *
 *     path, file:///path   as it is, without a copy
 *     pvc://claim/path     below a folder that stands for the claim
 *     http://, https://    one file, or one archive
 *     s3://bucket/path     one object, or all below the path
 *     gs://bucket/path     the same
 *     hf://owner/model[:revision]
 *
 * What comes from elsewhere is kept in <home>/models:
 *
 *     trees/<digest>       a folder per content, never changed once it is there
 *     records/<key>.json   which tree a URI led to, and how to ask whether it is still so
 *     partial/<key>        a download that has not ended, to go on with
 *     uses/<digest>        locked by those who use the tree
 *
 * Threads and processes that want the same URI wait for the one that downloads it. */
#ifndef KF_SERVING_STORAGE_H
#define KF_SERVING_STORAGE_H

#include "base/value.h"
#include "base/vec.h"

#include <stdatomic.h>

struct kf_http_client;

typedef enum kf_storage_policy {
    /* Ask the source whether what is cached is the newest. A source that cannot be
     * reached, or that fails, leaves what is cached in use: a warning of the log. */
    KF_STORAGE_ASK = 0,
    /* What is cached is used without asking. */
    KF_STORAGE_CACHED = 1
} kf_storage_policy;

/* Bytes that are there and bytes in all (-1: not known yet), from any thread but never
 * from two at a time. Not 0: stop, KF_ECALLBACK. */
typedef int (*kf_storage_progress)(int64_t done, int64_t total, void *payload);

/* Trees that are not removed as long as this is there. */
typedef struct kf_storage_lease {
    KF__VEC(int) locks;
} kf_storage_lease;
void kf__storage_lease_finish(kf_storage_lease *lease);
/* `from` is empty afterwards, unless memory runs out. */
kf_status kf__storage_lease_move(kf_storage_lease *from, kf_storage_lease *to);

typedef struct kf_storage_options {
    const char *home; /* NULL: $KF_HOME, or ~/.kf. */
    /* "NAME=value", NULL-terminated, looked at before this process's environment: the
     * variables of KServe's storage initializer (AWS_*, S3_*, STORAGE_*, …). */
    const char *const *env;
    /* Names of files below the URI, as in fnmatch(3), NULL-terminated. NULL: the
     * variables STORAGE_ALLOW_PATTERNS and STORAGE_IGNORE_PATTERNS. */
    const char *const *allow;
    const char *const *ignore;
    const char *claims;               /* Folder of claims. NULL: <home>/pvc. */
    const char *const *claim_folders; /* "claim=folder", NULL-terminated, before it. */
    const char *base; /* Of relative paths. NULL: the working directory. */
    kf_storage_policy policy;
    kf_storage_progress progress;
    void *payload;
    const atomic_bool *cancel; /* True: stop soon, KF_ECANCELED. NULL: never. */
    kf_storage_lease
        *lease; /* Takes a lease of what is fetched; NULL: there is none. */
} kf_storage_options;

/* The model's folder, or its file if the URI is a path to one; absolute, free with
 * kf__free. options: NULL for the defaults. KF_ENOENT: there is no such thing, or
 * nothing in it; KF_EINVAL: no URI of the kinds above, or malformed; KF_EUNSUPPORTED: a
 * kind that KServe knows and libkf does not, or a build without libcurl; KF_EDOCUMENT:
 * it is not what its source says it is (length, digest, content type), or no sound
 * archive; KF_ELIMIT, KF_ETIMEOUT, KF_ECANCELED, KF_ECALLBACK, KF_EIO. Nothing that is
 * half there is ever seen. */
kf_status kf__storage_fetch(
    const char *uri, const kf_storage_options *options, char **path);

/* A list of what is cached: {"key", "uri", "tree", "size", "used" (a time as
 * text), "in_use"}, in some order. */
kf_status kf__storage_models(const char *home, kf_value **out);
/* Remove what was not used for `older_than` seconds and is not in use: of keys that begin
 * so, or all, and what nothing leads to. *out: a list of those removed. KF_ENOENT: no
 * such key; KF_EBUSY: it is in use. */
kf_status kf__storage_clear(
    const char *home, const char *key, double older_than, kf_value **out);

/* Write these bytes as the object, or the file, of just that URI: s3://, gs:// or
 * file://, whose folders are made. *client (may be NULL): made at the first call, for
 * the next. KF_EUNSUPPORTED: another kind. */
kf_status kf__storage_put(const char *uri, const kf_storage_options *options,
    const char *type, const void *data, size_t length, struct kf_http_client **client);
/* KF_OK if kf__storage_put knows what to do with the URI, or the error it gives. */
kf_status kf__storage_check_put(const char *uri);

/* KF_OK if kf__storage_fetch knows what to do with the URI, or the error it gives. */
kf_status kf__storage_check(const char *uri);

/* What the field `storage` of a component stands for: the URI, and variables for
 * kf_storage_options.env, in the tree. */
typedef struct kf_storage_spec {
    const char *uri;
    const char *const *env;
} kf_storage_spec;

/* storage: {path, key, parameters}; secret: the data of the Secret `storage-config`,
 * decoded: JSON by key; NULL: there is none. KF_ENOENT: no such key; KF_EDOCUMENT: what
 * the key says is no storage; KF_EMISSING: no type or no bucket; KF_EUNSUPPORTED. */
kf_status kf__storage_resolve(kf_tree *tree, const kf_value *storage,
    const kf_value *secret, kf_storage_spec *out);

#endif
