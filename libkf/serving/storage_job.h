/* SPDX-License-Identifier: Apache-2.0 */
/* One call of kf__storage_fetch; for serving/storage*.c alone. */
#ifndef KF_SERVING_STORAGE_JOB_H
#define KF_SERVING_STORAGE_JOB_H

#include "base/vec.h"
#include "io/http_client.h"
#include "serving/storage.h"

/* A file that the source has. All text is the job's. */
typedef struct kf_storage_object {
    const char *name; /* Below the model's folder. */
    const char *url;  /* NULL: it lies at `path`. */
    const char *path;
    int64_t size;        /* -1: unknown. */
    const char *version; /* What tells this content from an earlier one. */
    const char *header;  /* Of the request, a condition; NULL: none. */
    const char *md5;     /* Hexadecimal, lower case; NULL: unknown. */
    const char *sha256;
    int64_t crc32c; /* -1: unknown. */
} kf_storage_object;

typedef struct kf_storage_job kf_storage_job;

/* How a source is asked. */
typedef struct kf_storage_access {
    const char *const *headers;
    /* Of a GET; called by several threads. */
    kf_status (*sign)(const kf_storage_job *job, const char *url, kf_http_headers *out);
    /* Why a reply is not the one that was hoped for: an error, always. NULL: by its
     * status. Called by several threads. */
    kf_status (*explain)(
        const kf_storage_job *job, const char *url, const kf_http_reply *reply);
    const void *secret; /* What these two need. */
    const char *hint;   /* What to look after when access is denied. */
    const char *ca_file;
    bool insecure;
    int redirects;
    int tries;
    int64_t connect_timeout_ms;
    int64_t stall_timeout_ms;
    int parallel; /* Downloads at a time. */
} kf_storage_access;

struct kf_storage_job {
    const char *uri;
    const char *shown; /* For people: without what may be a secret. */
    const kf_storage_options *options;
    kf_tree tree;       /* What lives as long as the job. */
    const char *home;   /* NULL before kf__storage_home. */
    const char *models; /* <home>/models */
    const char *const *allow;
    const char *const *ignore;
    kf_http_client *client;
    kf_storage_access access;
    KF__VEC(kf_storage_object) objects;
    /* What besides the URI tells apart what is cached, such as the endpoint. */
    const char *identity;
    bool gunzip;         /* A single .gz is unpacked. */
    bool writes;         /* It is not read, but written. */
    bool unreachable;    /* It failed for a reason that may pass. */
    atomic_bool changed; /* While it was downloaded, the source changed. */
    const char *key;
    const kf_value *record; /* Of the last time; NULL: nothing that is still there. */
    kf_storage_lease uses;  /* Of what it finds. */
};

kf_status kf__storage_job_begin(
    kf_storage_job *job, const char *uri, const kf_storage_options *options);
/* Find out where it is; what lies on this machine needs none. */
kf_status kf__storage_home(kf_storage_job *job);
void kf__storage_job_finish(kf_storage_job *job);
const char *kf__storage_setting(const kf_storage_job *job, const char *name);
/* Whether a setting says yes: "true", "1", … in any case; `unset` if it is not there. */
bool kf__storage_switch(const kf_storage_job *job, const char *name, bool unset);
/* A number from 1 on, or `unset`. KF_EINVAL: it is none. */
kf_status kf__storage_number(
    const kf_storage_job *job, const char *name, int64_t unset, int64_t *out);
bool kf__storage_canceled(const kf_storage_job *job);

/* Take an object that the patterns let pass. KF_EDOCUMENT: its name is no path below a
 * folder; KF_ELIMIT. `filter`: false for the one object that was asked for by name. */
kf_status kf__storage_add(
    kf_storage_job *job, const kf_storage_object *object, bool filter);
bool kf__storage_passes(const kf_storage_job *job, const char *name);

/* A request for the URL as the access says. `sign_payload` must outlive it. */
typedef struct kf_storage_signing {
    const kf_storage_job *job;
    const char *url;
} kf_storage_signing;
void kf__storage_request(const kf_storage_job *job, kf_storage_signing *signing,
    kf_http_client_request *out);
/* GET a listing: any status is KF_OK. Notes whether it may pass. */
kf_status kf__storage_ask(kf_storage_job *job, const char *url, kf_http_reply *reply);
/* The same, and any status but 200 is its explanation. */
kf_status kf__storage_ask_for(
    kf_storage_job *job, const char *url, kf_http_reply *reply);
/* By the access, or the status alone. */
kf_status kf__storage_explain(
    const kf_storage_job *job, const char *url, const kf_http_reply *reply);
kf_status kf__storage_client(kf_storage_job *job);

/* What `list` says the source has, as a folder of the cache. */
kf_status kf__storage_cached(
    kf_storage_job *job, kf_status (*list)(kf_storage_job *job), char **path);
/* The tree is in use, until the job ends or its lease is handed on. */
kf_status kf__storage_use(kf_storage_job *job, const char *digest);
/* False: it is not, and *lock keeps it so until it is closed. */
bool kf__storage_is_used(kf_storage_job *job, const char *digest, int *lock);
/* Where the bytes of an object are put until all are there. */
kf_status kf__storage_staged(
    const kf_storage_job *job, const char *name, const char *version, kf_buf *out);
/* Download what is not staged, and is not in the folder `old` (NULL: there is none) as
 * the record says; all are staged afterwards. */
kf_status kf__storage_download(kf_storage_job *job, const char *old);
/* Compare a file with what the object says of it. */
kf_status kf__storage_verify(const kf_storage_object *object, const char *path);
/* The object's entry in the record if it is the same version, or NULL. */
const kf_value *kf__storage_recorded(
    const kf_storage_job *job, const kf_storage_object *object);

/* The kinds of URI. */
kf_status kf__storage_local(kf_storage_job *job, const char *path, char **out);
kf_status kf__storage_claim(kf_storage_job *job, char **out);
kf_status kf__storage_http(kf_storage_job *job, char **out);
kf_status kf__storage_s3(kf_storage_job *job, char **out);
kf_status kf__storage_gs(kf_storage_job *job, char **out);
/* What speaks like S3 at another place, with the bucket in the path. */
kf_status kf__storage_s3_at(kf_storage_job *job, const char *endpoint,
    const char *access_key, const char *secret_key, char **out);
/* What `aws configure` wrote for the profile AWS_PROFILE, or "default"; NULL: nothing. */
kf_status kf__storage_aws_keys(kf_storage_job *job, const char **access_key,
    const char **secret_key, const char **session_token);
kf_status kf__storage_aws_region(kf_storage_job *job, const char **region);
/* The token for Google's storage, or NULL: as anybody. KF_EDOCUMENT: the file of
 * credentials is none; KF_EUNSUPPORTED: of another kind than is read here. */
kf_status kf__storage_gs_token(kf_storage_job *job, const char **out);
kf_status kf__storage_hf(kf_storage_job *job, char **out);

/* The object of just that name becomes these bytes. */
typedef struct kf_storage_content {
    const char *type;
    const void *data;
    size_t length;
} kf_storage_content;
kf_status kf__storage_s3_put(kf_storage_job *job, const kf_storage_content *content);
kf_status kf__storage_s3_put_at(kf_storage_job *job, const char *endpoint,
    const char *access_key, const char *secret_key, const kf_storage_content *content);
kf_status kf__storage_gs_put(kf_storage_job *job, const kf_storage_content *content);
/* A request with this body; any status but one of success is its explanation. */
kf_status kf__storage_send(kf_storage_job *job, const char *method, const char *url,
    const kf_storage_content *content);

/* Bucket and path of "scheme://bucket/path", in the job's memory. KF_EINVAL. */
kf_status kf__storage_bucket(
    kf_storage_job *job, const char **bucket, const char **path);

#endif
