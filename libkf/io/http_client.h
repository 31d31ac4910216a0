/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over HTTP, with libcurl, which is opened at the first one.
 *
 * Only http and https. Nothing is taken from the environment but, where a request says
 * so, the proxies that curl knows (http_proxy, https_proxy, all_proxy, no_proxy), and by
 * OpenSSL what a person who debugs it sets (SSLKEYLOGFILE). No signal is raised or
 * handled. Messages name a URL without its user, password and query. */
#ifndef KF_IO_HTTP_CLIENT_H
#define KF_IO_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdatomic.h>

/* Lines "Name: value". */
typedef struct kf_http_headers {
    kf_arena arena;
    const char **items;
    size_t count;
    size_t capacity;
} kf_http_headers;

/* Keeps connections between requests; used by one thread at a time. */
typedef struct kf_http_client kf_http_client;

typedef struct kf_http_client_request {
    const char *method; /* NULL: GET. */
    const char *url;
    /* "Name: value", NULL-terminated; NULL: none. To another origin (scheme, host and
     * port) that a redirect leads to, only Accept, Content-Type, Range and conditions
     * go along. */
    const char *const *headers;
    const void *body;
    size_t body_length;
    /* Adds headers to each try anew, such as a signature; never to another origin. */
    kf_status (*sign)(void *payload, kf_http_headers *out);
    void *sign_payload;
    int64_t connect_timeout_ms; /* 0: 15 s. */
    int64_t stall_timeout_ms;   /* Without a byte in either direction; 0: for ever. */
    int64_t timeout_ms;         /* Of each try as a whole; 0: for ever. */
    int redirects;              /* How many are followed; from https only to https. */
    int tries;                  /* After failures that may pass; 0: 1. */
    int64_t pause_ms;    /* Before the second try, then twice as long; 0: 250 ms. */
    size_t body_limit;   /* Of the reply; 0: KF__LIMIT_HTTP_BODY. KF_ELIMIT. */
    const char *ca_file; /* Certificates to trust instead of the system's. */
    bool insecure;       /* Trust any certificate. */
    bool proxies;        /* Use those of the environment. */
    const atomic_bool *cancel; /* Looked at all the time: KF_ECANCELED. NULL: never. */
} kf_http_client_request;

typedef struct kf_http_reply {
    int status;
    kf_buf body;
    kf_http_headers headers; /* Names in lower case. */
    bool may_pass;           /* It failed, and may not when tried again. */
} kf_http_reply;

#define KF__HTTP_REPLY_INIT ((kf_http_reply){0})
void kf__http_reply_finish(kf_http_reply *reply);
/* The first header of that name, in lower case, or NULL. */
const char *kf__http_reply_header(const kf_http_reply *reply, const char *name);

kf_status kf__http_headers_add(kf_http_headers *headers, const char *format, ...)
    KF_PRINTF(2, 3);
void kf__http_headers_finish(kf_http_headers *headers);

/* KF_EUNSUPPORTED: libkf was built without it, or libcurl cannot be opened. */
kf_status kf__http_client_new(kf_http_client **out);
void kf__http_client_free(kf_http_client *client); /* NULL is fine. */

/* Ask and read the reply into memory; any status is KF_OK. `reply` is emptied first.
 * KF_EIO: no connection, or it broke; KF_ETIMEOUT; KF_EINVAL: no URL, a header that is
 * none; KF_ELIMIT: too long, too many redirects; KF_EUNSUPPORTED: a redirect to
 * something else than HTTP. */
kf_status kf__http_request(kf_http_client *client,
    const kf_http_client_request *request, kf_http_reply *reply);

typedef struct kf_http_download {
    const char *path; /* There once it is whole; replaced if it is there. */
    int64_t size;     /* What it must have; -1: unknown. */
    int64_t limit;    /* Bytes; 0: KF__LIMIT_DOWNLOAD_BYTES. */
    /* Bytes that are there and in all, -1: unknown. Not 0: stop, KF_ECALLBACK. */
    int (*progress)(int64_t done, int64_t total, void *payload);
    void *payload;
} kf_http_download;

/* Ask and write the body of a reply 200 to the path: KF_OK, reply->status 200. The reply
 * has any other status (304, 404, …) and its body otherwise, and no file is written.
 * What is there of a download that did not end is kept in <path>.part and .part.tag, and
 * gone on with, if the server still has the same (its ETag or time of change): in the
 * next of `tries`, of which the one that got farthest counts as the first, and in a later
 * call. KF_EDOCUMENT: not as long as it must be. */
kf_status kf__http_download(kf_http_client *client,
    const kf_http_client_request *request, const kf_http_download *download,
    kf_http_reply *reply);

/* Without user, password, query and fragment. */
void kf__http_put_url(kf_buf *buf, const char *url);
bool kf__http_same_origin(const char *a, const char *b);
/* Per cent encoding of all but letters, digits and "-._~", and of '/' unless kept. */
void kf__http_put_encoded(
    kf_buf *buf, const char *text, size_t length, bool keep_slash);

#endif
