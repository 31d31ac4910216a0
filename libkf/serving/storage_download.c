/* SPDX-License-Identifier: Apache-2.0 */
/* Several downloads at a time. The first that fails stops the others; its error is the
 * caller's. */
#include "serving/storage_job.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_THREADS = 64, LOOK_NS = 50 * 1000000, ERROR_TEXT = 2048 };

typedef struct pool {
    kf_storage_job *job;
    const char *old; /* Folder of the last version, or NULL. */
    kf_mutex lock;
    kf_cond ended;
    size_t next;
    int running;
    atomic_bool stop;
    int64_t *done; /* Bytes of each object that are there. */
    int64_t total; /* -1: unknown. */
    int64_t sum;
    kf_status status; /* Of the first that failed. */
    char message[ERROR_TEXT];
    bool may_pass;
} pool;

/* ---- what a file must be ---- */

static kf_status fail_digest(const kf_storage_object *object, const char *kind)
{
    return kf__fail(KF_EDOCUMENT, NULL,
        "\"%s\" is not what its source says it is: its %s is another", object->name,
        kind);
}

typedef struct digests {
    kf_md5 md5;
    kf_sha256 sha;
    uint32_t crc;
} digests;

static kf_status compare(const kf_storage_object *object, digests *found)
{
    unsigned char md5[16];
    char hex[65];
    kf__md5_end(&found->md5, md5);
    kf__hex(md5, sizeof md5, hex);
    if (object->md5 != NULL && strcmp(object->md5, hex) != 0)
        return fail_digest(object, "MD5");
    kf__sha256_hex(&found->sha, hex);
    if (object->sha256 != NULL && strcmp(object->sha256, hex) != 0)
        return fail_digest(object, "SHA-256");
    if (object->crc32c >= 0 && object->crc32c != (int64_t)found->crc)
        return fail_digest(object, "CRC-32C");
    return KF_OK;
}

kf_status kf__storage_verify(const kf_storage_object *object, const char *path)
{
    digests found = {.crc = 0};
    char block[65536];
    ssize_t count;
    int fd = -1;
    if (object->md5 == NULL && object->sha256 == NULL && object->crc32c < 0)
        return KF_OK;
    KF__TRY(kf__file_open_plain(path, &fd));
    kf__md5_init(&found.md5);
    kf__sha256_init(&found.sha);
    while (
        (count = read(fd, block, sizeof block)) > 0 || (count < 0 && errno == EINTR)) {
        size_t length = count > 0 ? (size_t)count : 0;
        if (object->md5 != NULL)
            kf__md5_update(&found.md5, block, length);
        if (object->sha256 != NULL)
            kf__sha256_update(&found.sha, block, length);
        if (object->crc32c >= 0)
            found.crc = kf__crc32c_more(found.crc, block, length);
    }
    kf_status status =
        count < 0 ? kf__file_fail(path, "read") : compare(object, &found);
    (void)close(fd);
    return status;
}

/* ---- one object ---- */

typedef struct item {
    pool *pool;
    size_t index;
} item;

static int note_progress(int64_t done, int64_t total, void *payload)
{
    const item *self = payload;
    pool *all = self->pool;
    const kf_storage_options *options = all->job->options;
    kf__mutex_lock(&all->lock);
    all->sum += done - all->done[self->index];
    all->done[self->index] = done;
    bool stop = atomic_load(&all->stop);
    if (!stop && options->progress != NULL)
        stop = options->progress(all->sum,
                   all->total >= 0 || all->job->objects.count > 1 ? all->total : total,
                   options->payload) != 0;
    kf__mutex_unlock(&all->lock);
    return stop;
}

/* Links what has not changed since the last version. */
static bool reuse(const pool *all, const kf_storage_object *object, const char *staged)
{
    if (all->old == NULL || kf__storage_recorded(all->job, object) == NULL)
        return false;
    char *path = kf__join_path(all->old, object->name);
    bool linked = path != NULL && link(path, staged) == 0;
    kf__free(path);
    return linked;
}

static kf_status explain(pool *all, const char *url, const kf_http_reply *reply)
{
    if (reply->status == 412 || reply->status == 404)
        atomic_store(&all->job->changed, true);
    return kf__storage_explain(all->job, url, reply);
}

/* Those of the access, and the object's own. */
static kf_status add_headers(const pool *all, const char *own, kf_http_headers *out)
{
    const char *const *headers = all->job->access.headers;
    for (; headers != NULL && *headers != NULL; headers++)
        KF__TRY(kf__vec_push(out, *headers));
    if (own != NULL)
        KF__TRY(kf__vec_push(out, own));
    return kf__vec_push(out, NULL);
}

static kf_status get(pool *all, kf_http_client *client, size_t index, const char *path,
    kf_http_reply *reply)
{
    const kf_storage_object *object = &all->job->objects.items[index];
    item progress = {all, index};
    kf_storage_signing signing = {all->job, object->url};
    kf_http_headers headers = {0};
    kf_http_client_request request;
    kf_http_download wanted = {.path = path,
        .size = object->size,
        .progress = note_progress,
        .payload = &progress};
    kf__storage_request(all->job, &signing, &request);
    kf_status status = add_headers(all, object->header, &headers);
    request.headers = headers.items;
    request.cancel = &all->stop;
    if (status == KF_OK)
        status = kf__http_download(client, &request, &wanted, reply);
    kf__http_headers_finish(&headers);
    if (status != KF_OK || reply->status == 200)
        return status;
    return explain(all, object->url, reply);
}

/* The ETag of what S3 encrypts by a key of the user's is no MD5. */
static bool has_other_tag(const kf_http_reply *reply)
{
    const char *kind = kf__http_reply_header(reply, "x-amz-server-side-encryption");
    return (kind != NULL && strstr(kind, "kms") != NULL) ||
           kf__http_reply_header(
               reply, "x-amz-server-side-encryption-customer-algorithm") != NULL;
}

static kf_status get_and_verify(
    pool *all, kf_http_client *client, size_t index, const char *path, bool *may_pass)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_storage_object object = all->job->objects.items[index];
    kf_status status = get(all, client, index, path, &reply);
    *may_pass = status != KF_OK && reply.may_pass;
    if (status == KF_OK && has_other_tag(&reply))
        object.md5 = NULL;
    kf__http_reply_finish(&reply);
    if (status == KF_OK) {
        status = kf__storage_verify(&object, path);
        if (status == KF_EDOCUMENT)
            (void)unlink(path);
    }
    return status;
}

/* What another process left before it ended, if it is sound. */
static bool is_there(const kf_storage_object *object, const char *path)
{
    if (!kf__file_exists(path))
        return false;
    bool sound = kf__storage_verify(object, path) == KF_OK;
    if (!sound)
        (void)unlink(path);
    return sound;
}

/* Without a download. */
static kf_status note_whole(pool *all, size_t index)
{
    item progress = {all, index};
    int64_t size = all->job->objects.items[index].size;
    if (size < 0 || note_progress(size, size, &progress) == 0)
        return KF_OK;
    return kf__fail(KF_ECALLBACK, NULL, "the download was stopped by its caller");
}

static kf_status bring(pool *all, kf_http_client *client, size_t index, bool *may_pass)
{
    const kf_storage_object *object = &all->job->objects.items[index];
    kf_buf path = KF__BUF_INIT;
    kf_status status =
        kf__storage_staged(all->job, object->name, object->version, &path);
    bool is_whole = status == KF_OK &&
                    (is_there(object, path.data) || reuse(all, object, path.data));
    if (is_whole)
        status = note_whole(all, index);
    else if (status == KF_OK)
        status = get_and_verify(all, client, index, path.data, may_pass);
    kf__buf_finish(&path);
    return status;
}

/* ---- the threads ---- */

static bool take_next(pool *all, size_t *index)
{
    kf__mutex_lock(&all->lock);
    bool more = all->status == KF_OK && !atomic_load(&all->stop) &&
                all->next < all->job->objects.count;
    if (more)
        *index = all->next++;
    kf__mutex_unlock(&all->lock);
    return more;
}

static void note_failure(pool *all, kf_status status, bool may_pass)
{
    kf__mutex_lock(&all->lock);
    if (all->status == KF_OK) {
        all->status = status;
        all->may_pass = may_pass;
        (void)snprintf(
            all->message, sizeof all->message, "%s", kf_last_error()->message);
    }
    atomic_store(&all->stop, true);
    kf__mutex_unlock(&all->lock);
}

static void *work(void *argument)
{
    pool *all = argument;
    kf_http_client *client = NULL;
    bool may_pass = false;
    size_t index;
    kf_status status = kf__http_client_new(&client);
    while (status == KF_OK && take_next(all, &index))
        status = bring(all, client, index, &may_pass);
    if (status != KF_OK)
        note_failure(all, status, may_pass);
    kf__http_client_free(client);
    kf__mutex_lock(&all->lock);
    all->running--;
    kf__cond_signal(&all->ended);
    kf__mutex_unlock(&all->lock);
    return NULL;
}

static void wait_for_end(pool *all)
{
    kf__mutex_lock(&all->lock);
    while (all->running > 0) {
        (void)kf__cond_wait_until(
            &all->ended, &all->lock, kf__monotonic_ns() + LOOK_NS);
        if (kf__storage_canceled(all->job))
            atomic_store(&all->stop, true);
    }
    kf__mutex_unlock(&all->lock);
}

static int thread_count(const pool *all)
{
    size_t count = all->job->objects.count;
    size_t most = (size_t)all->job->access.parallel;
    most = most < MOST_THREADS ? most : MOST_THREADS;
    return (int)(count < most ? count : most);
}

static kf_status run(pool *all)
{
    pthread_t threads[MOST_THREADS];
    int wanted = thread_count(all), count = 0;
    kf_status status = KF_OK;
    all->running = wanted;
    while (count < wanted && status == KF_OK) {
        status = kf__thread_start(&threads[count], work, all);
        count += status == KF_OK;
    }
    if (count < wanted) {
        kf__mutex_lock(&all->lock);
        all->running -= wanted - count;
        kf__mutex_unlock(&all->lock);
    }
    if (count == 0)
        return status;
    wait_for_end(all); /* With fewer threads than wanted all is done as well. */
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    return KF_OK;
}

static kf_status result_of(pool *all)
{
    if (kf__storage_canceled(all->job))
        return kf__fail(
            KF_ECANCELED, NULL, "the download of %s was canceled", all->job->shown);
    if (all->status == KF_OK)
        return KF_OK;
    all->job->unreachable = all->may_pass;
    return all->status == KF_ENOMEM ? kf__nomem()
                                    : kf__fail(all->status, NULL, "%s", all->message);
}

static void sum_up(pool *all)
{
    const kf_storage_job *job = all->job;
    for (size_t i = 0; i < job->objects.count && all->total >= 0; i++)
        all->total = job->objects.items[i].size >= 0
                         ? all->total + job->objects.items[i].size
                         : -1;
}

/* What is on this machine already is used as it is. */
static bool needs_download(const kf_storage_job *job)
{
    return job->objects.items[0].path == NULL;
}

kf_status kf__storage_download(kf_storage_job *job, const char *old)
{
    if (!needs_download(job))
        return KF_OK;
    pool all = {.job = job, .old = old};
    sum_up(&all);
    all.done = kf__calloc(job->objects.count, sizeof *all.done);
    if (all.done == NULL)
        return KF_ENOMEM;
    kf_status status = kf__mutex_init(&all.lock);
    if (status == KF_OK) {
        status = kf__cond_init(&all.ended);
        if (status == KF_OK) {
            status = run(&all);
            if (status == KF_OK)
                status = result_of(&all);
            kf__cond_finish(&all.ended);
        }
        kf__mutex_finish(&all.lock);
    }
    kf__free(all.done);
    return status;
}
