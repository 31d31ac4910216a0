/* SPDX-License-Identifier: Apache-2.0 */
/* A revision of a model on Hugging Face's hub: a listing and one file after the other. */
#include "base/error.h"
#include "base/text.h"
#include "io/json.h"
#include "serving/storage_job.h"

typedef struct repository {
    const char *hub;
    const char *owner;
    const char *model;
    const char *revision;
} repository;

static bool is_plain(const char *text)
{
    return *text != '\0' && *text != '.' &&
           text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                             "0123456789-._")] == '\0';
}

static kf_status parse(kf_storage_job *job, repository *self)
{
    const char *start = job->uri + strlen("hf://");
    size_t owner = strcspn(start, "/");
    const char *model = start + owner + (start[owner] == '/');
    size_t length = strcspn(model, ":");
    self->owner = kf__arena_strndup(&job->tree.arena, start, owner);
    self->model = kf__arena_strndup(&job->tree.arena, model, length);
    self->revision =
        model[length] == ':' && model[length + 1] != '\0' ? model + length + 1 : "main";
    if (self->owner == NULL || self->model == NULL)
        return KF_ENOMEM;
    if (is_plain(self->owner) && is_plain(self->model) &&
        strcspn(self->revision, " \t\r\n?#") == strlen(self->revision))
        return KF_OK;
    return kf__fail(KF_EINVAL, NULL,
        "\"%s\" names no model: expected hf://owner/model or hf://owner/model:revision",
        job->uri);
}

static kf_status add_file(kf_storage_job *job, const repository *self,
    const char *commit, const kf_value *file)
{
    const char *name = kf__get_text(file, "rfilename");
    const kf_value *size = kf_value_get(file, "size"), *lfs = kf_value_get(file, "lfs");
    const char *blob = kf__get_text(file, "blobId");
    kf_buf url = KF__BUF_INIT;
    if (name == NULL)
        return kf__fail(
            KF_EDOCUMENT, NULL, "%s: the listing has a file without a name", job->uri);
    kf__buf_printf(
        &url, "%s/%s/%s/resolve/%s/", self->hub, self->owner, self->model, commit);
    kf__http_put_encoded(&url, name, strlen(name), true);
    kf_storage_object object = {.name = name,
        .url =
            url.status == KF_OK ? kf__arena_strdup(&job->tree.arena, url.data) : NULL,
        .size = kf__is(size, KF_KIND_INT) ? kf_value_int(size) : -1,
        .sha256 = kf__get_text(lfs, "sha256"),
        .crc32c = -1};
    object.version = blob != NULL ? blob : commit;
    kf__buf_finish(&url);
    return object.url != NULL ? kf__storage_add(job, &object, true) : KF_ENOMEM;
}

static kf_status add_files(
    kf_storage_job *job, const repository *self, const kf_http_reply *reply)
{
    kf_value *answer = NULL;
    KF__TRY(kf__json_read(
        &job->tree, kf__buf_text(&reply->body), reply->body.length, &answer));
    const char *commit = kf__get_text(answer, "sha");
    const kf_value *files = kf_value_get(answer, "siblings");
    if (commit == NULL || strspn(commit, "0123456789abcdef") != strlen(commit) ||
        !kf__is(files, KF_KIND_LIST))
        return kf__fail(KF_EDOCUMENT, NULL,
            "%s: the hub's answer has no commit (sha) or no files (siblings)",
            job->uri);
    for (size_t i = 0; i < kf_value_length(files); i++)
        KF__TRY(add_file(job, self, commit, kf_value_at(files, i)));
    return KF_OK;
}

static kf_status list(kf_storage_job *job)
{
    const repository *self = job->access.secret;
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_buf url = KF__BUF_INIT;
    kf__buf_printf(
        &url, "%s/api/models/%s/%s/revision/", self->hub, self->owner, self->model);
    kf__http_put_encoded(&url, self->revision, strlen(self->revision), false);
    kf__buf_puts(&url, "?blobs=true");
    kf_status status = url.status;
    if (status == KF_OK)
        status = kf__storage_ask_for(job, url.data, &reply);
    if (status == KF_OK)
        status = add_files(job, self, &reply);
    kf__http_reply_finish(&reply);
    kf__buf_finish(&url);
    return status;
}

static kf_status take_token(kf_storage_job *job)
{
    const char *token = kf__storage_setting(job, "HF_TOKEN");
    if (token == NULL)
        return KF_OK;
    const char **headers = kf__arena_alloc(&job->tree.arena, 2 * sizeof *headers);
    if (headers == NULL)
        return KF_ENOMEM;
    headers[0] = kf__arena_printf(&job->tree.arena, "Authorization: Bearer %s", token);
    job->access.headers = headers;
    return headers[0] != NULL ? KF_OK : KF_ENOMEM;
}

/* The hub asks who wants to know before it says that a model is not there. */
static kf_status explain(
    const kf_storage_job *job, const char *url, const kf_http_reply *reply)
{
    static const char hint[] =
        "a model that is not for everybody needs HF_TOKEN, a token "
        "of somebody whom its owner let in";
    (void)url;
    if (reply->status == 404)
        return kf__fail(KF_ENOENT, NULL,
            "%s: the hub has no such model, revision or file (status 404); %s",
            job->uri, hint);
    if (reply->status == 401)
        return kf__fail(KF_EIO, NULL,
            "%s: the hub has no such model, or does not show it (status 401); %s",
            job->uri, hint);
    if (reply->status == 403)
        return kf__fail(
            KF_EIO, NULL, "%s: the hub denies access (status 403); %s", job->uri, hint);
    return kf__fail(
        KF_EIO, NULL, "%s: the hub answered with status %d", job->uri, reply->status);
}

kf_status kf__storage_hf(kf_storage_job *job, char **out)
{
    repository self = {0};
    const char *hub = kf__storage_setting(job, "HF_ENDPOINT");
    if (hub != NULL)
        job->identity = hub;
    self.hub = hub != NULL ? hub : "https://huggingface.co";
    KF__TRY(parse(job, &self));
    KF__TRY(take_token(job));
    job->access.ca_file = kf__storage_setting(job, "REQUESTS_CA_BUNDLE");
    job->access.explain = explain;
    job->access.secret = &self;
    return kf__storage_cached(job, list, out);
}
