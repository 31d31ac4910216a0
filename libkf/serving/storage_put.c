/* SPDX-License-Identifier: Apache-2.0 */
/* Writing one object, or one file. */
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/storage.h"
#include "serving/storage_job.h"

static const struct kind {
    const char *scheme;
    kf_status (*put)(kf_storage_job *job, const kf_storage_content *content);
} kinds[] = {{"s3://", kf__storage_s3_put}, {"gs://", kf__storage_gs_put}};

static const struct kind *find_kind(const char *uri)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kf__starts_with(uri, kinds[i].scheme))
            return &kinds[i];
    return NULL;
}

kf_status kf__storage_check_put(const char *uri)
{
    if (find_kind(uri) != NULL || kf__starts_with(uri, "file:///"))
        return KF_OK;
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "nothing is written to \"%.200s\": expected s3://, gs:// or file:///", uri);
}

kf_status kf__storage_send(kf_storage_job *job, const char *method, const char *url,
    const kf_storage_content *content)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_storage_signing signing = {job, url};
    kf_http_client_request request;
    size_t count = 0;
    while (job->access.headers != NULL && job->access.headers[count] != NULL)
        count++;
    const char **headers =
        kf__arena_alloc(&job->tree.arena, (count + 2) * sizeof *headers);
    const char *type =
        kf__arena_printf(&job->tree.arena, "Content-Type: %s", content->type);
    if (headers == NULL || type == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        headers[i] = job->access.headers[i];
    headers[count] = type;
    headers[count + 1] = NULL;
    KF__TRY(kf__storage_client(job));
    kf__storage_request(job, &signing, &request);
    request.method = method;
    request.headers = headers;
    request.body = content->data;
    request.body_length = content->length;
    kf_status status = kf__http_request(job->client, &request, &reply);
    if (status == KF_OK && (reply.status < 200 || reply.status > 299))
        status = kf__storage_explain(job, url, &reply);
    kf__http_reply_finish(&reply);
    return status;
}

static kf_status put_file(const char *path, const kf_storage_content *content)
{
    KF__TRY(kf__make_parent_folders(path));
    return kf__file_write(path, content->data, content->length);
}

kf_status kf__storage_put(const char *uri, const kf_storage_options *options,
    const char *type, const void *data, size_t length, struct kf_http_client **client)
{
    KF__REQUIRE(uri != NULL && type != NULL && (data != NULL || length == 0));
    kf_storage_content content = {type, data != NULL ? data : "", length};
    kf_storage_job job;
    KF__TRY(kf__storage_check_put(uri));
    const struct kind *kind = find_kind(uri);
    if (kind == NULL)
        return put_file(uri + strlen("file://"), &content);
    kf_status status = kf__storage_job_begin(&job, uri, options);
    job.writes = true;
    job.client = client != NULL ? *client : NULL;
    if (status == KF_OK)
        status = kind->put(&job, &content);
    if (client != NULL) {
        *client = job.client;
        job.client = NULL;
    }
    kf__storage_job_finish(&job);
    return status;
}
