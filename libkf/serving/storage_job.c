/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of storage share: settings, patterns, objects, requests. */
#include "serving/storage_job.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"

#include <fnmatch.h>

enum { REDIRECTS = 10, TRIES = 3, CONNECT_MS = 15000, STALL_MS = 30000, PARALLEL = 4 };

/* ---- settings ---- */

const char *kf__storage_setting(const kf_storage_job *job, const char *name)
{
    size_t length = strlen(name);
    const char *const *env = job->options->env;
    for (; env != NULL && *env != NULL; env++) {
        if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
            return (*env)[length + 1] != '\0' ? *env + length + 1 : NULL;
    }
    const char *value = kf__environment(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static bool same_word(const char *text, const char *lower)
{
    for (; *text != '\0' && *lower != '\0'; text++, lower++) {
        char letter = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (letter != *lower)
            return false;
    }
    return *text == *lower;
}

bool kf__storage_switch(const kf_storage_job *job, const char *name, bool unset)
{
    const char *value = kf__storage_setting(job, name);
    if (value == NULL)
        return unset;
    return unset ? !same_word(value, "false") && strcmp(value, "0") != 0
                 : same_word(value, "true") || strcmp(value, "1") == 0;
}

kf_status kf__storage_number(
    const kf_storage_job *job, const char *name, int64_t unset, int64_t *out)
{
    int64_t number = unset;
    const char *value = kf__storage_setting(job, name);
    if (value != NULL &&
        (!kf__parse_int64(value, &number) || number < 1 || number > INT32_MAX))
        return kf__fail(
            KF_EINVAL, name, "%s is a number from 1 on, not '%s'", name, value);
    *out = number;
    return KF_OK;
}

/* ---- patterns ---- */

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\n", c) != NULL;
}

static void push_trimmed(kf_tree *tree, kf_value *list, const char *text, size_t length)
{
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    if (length > 0)
        kf__push(tree, list, kf__tree_string_n(tree, text, length));
}

/* A JSON list or text, as KServe reads it; any other text is patterns between commas. */
static kf_value *split_patterns(kf_tree *tree, const char *text)
{
    kf_value *list = kf__tree_list(tree);
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        push_trimmed(tree, list, text, length);
        text += length + (text[length] == ',');
    }
    return list;
}

/* "[ab].json" is a pattern, while `["a"` was to be a list. */
static bool is_list(const char *text)
{
    text += strspn(text, " \t\r\n");
    return *text == '[' && text[1 + strspn(text + 1, " \t\r\n")] == '"';
}

static kf_status read_patterns(kf_tree *tree, const char *text, kf_value **out)
{
    kf_value *value = NULL;
    kf_status status = kf_value_parse(text, strlen(text), &value);
    if (status != KF_OK && (status == KF_ENOMEM || is_list(text)))
        return status;
    if (kf__is(value, KF_KIND_STRING)) {
        *out = kf__tree_list(tree);
        push_trimmed(tree, *out, kf_value_string(value), kf_value_length(value));
    } else {
        *out = kf__is(value, KF_KIND_LIST) ? kf__tree_copy(tree, value)
                                           : split_patterns(tree, text);
    }
    kf_value_free(value);
    return KF_OK;
}

static kf_status take_patterns(
    kf_storage_job *job, const char *name, const char *const **out)
{
    const char *text = kf__storage_setting(job, name);
    kf_value *list = NULL;
    if (text == NULL)
        return KF_OK;
    KF__TRY(read_patterns(&job->tree, text, &list));
    size_t count = kf_value_length(list);
    const char **patterns =
        kf__arena_alloc(&job->tree.arena, (count + 1) * sizeof *patterns);
    if (list == NULL || patterns == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!kf__is(kf_value_at(list, i), KF_KIND_STRING))
            return kf__fail(KF_EINVAL, name, "%s is a list of texts", name);
        patterns[i] = kf_value_string(kf_value_at(list, i));
    }
    if (count > 0)
        *out = patterns;
    return KF_OK;
}

static bool matches(const char *const *patterns, const char *name)
{
    for (; *patterns != NULL; patterns++) {
        if (fnmatch(*patterns, name, FNM_NOESCAPE) == 0)
            return true;
    }
    return false;
}

static bool is_set(const char *const *patterns)
{
    return patterns != NULL && *patterns != NULL;
}

bool kf__storage_passes(const kf_storage_job *job, const char *name)
{
    return (!is_set(job->allow) || matches(job->allow, name)) &&
           (!is_set(job->ignore) || !matches(job->ignore, name));
}

/* ---- the job ---- */

/* Queries and passwords are secrets, as in URLs that are signed for a while. */
static kf_status show_uri(kf_storage_job *job)
{
    kf_buf shown = KF__BUF_INIT;
    job->shown = job->uri;
    if (kf__starts_with(job->uri, "http")) {
        kf__http_put_url(&shown, job->uri);
        job->shown = kf__arena_strdup(&job->tree.arena, kf__buf_text(&shown));
    }
    kf_status status = shown.status;
    kf__buf_finish(&shown);
    return status == KF_OK && job->shown == NULL ? KF_ENOMEM : status;
}

kf_status kf__storage_home(kf_storage_job *job)
{
    char *path = NULL;
    const char *home = job->options->home;
    if (home == NULL || *home == '\0')
        home = kf__environment("KF_HOME");
    KF__TRY(kf__absolute_path(home != NULL && *home != '\0' ? home : "~/.kf", &path));
    job->home = kf__arena_strdup(&job->tree.arena, path);
    job->models = kf__arena_printf(&job->tree.arena, "%s/models", path);
    kf__free(path);
    return job->home != NULL && job->models != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__storage_job_begin(
    kf_storage_job *job, const char *uri, const kf_storage_options *options)
{
    static const kf_storage_options defaults;
    *job = (kf_storage_job){.uri = uri,
        .options = options != NULL ? options : &defaults,
        .identity = "",
        .access = {.redirects = REDIRECTS,
            .tries = TRIES,
            .connect_timeout_ms = CONNECT_MS,
            .stall_timeout_ms = STALL_MS,
            .parallel = PARALLEL}};
    job->allow = job->options->allow;
    job->ignore = job->options->ignore;
    KF__TRY(show_uri(job));
    if (job->allow == NULL)
        KF__TRY(take_patterns(job, "STORAGE_ALLOW_PATTERNS", &job->allow));
    if (job->ignore == NULL)
        KF__TRY(take_patterns(job, "STORAGE_IGNORE_PATTERNS", &job->ignore));
    return KF_OK;
}

void kf__storage_job_finish(kf_storage_job *job)
{
    kf__storage_lease_finish(&job->uses);
    kf__http_client_free(job->client);
    kf__vec_finish(&job->objects);
    kf__tree_finish(&job->tree);
}

bool kf__storage_canceled(const kf_storage_job *job)
{
    return job->options->cancel != NULL && atomic_load(job->options->cancel);
}

/* ---- objects ---- */

/* Without doubled slashes and one at the end. */
static kf_status clean_name(kf_storage_job *job, const char *name, const char **out)
{
    char *clean = kf__arena_alloc(&job->tree.arena, strlen(name) + 1);
    size_t length = 0;
    if (clean == NULL)
        return KF_ENOMEM;
    for (size_t part; *name != '\0'; name += part) {
        name += strspn(name, "/");
        part = strcspn(name, "/");
        if ((part == 1 && name[0] == '.') ||
            (part == 2 && name[0] == '.' && name[1] == '.'))
            return kf__fail(KF_EDOCUMENT, NULL,
                "%s has an object \"%s\", which is no path below a folder", job->shown,
                name);
        if (part > 0 && length > 0)
            clean[length++] = '/';
        memcpy(clean + length, name, part);
        length += part;
    }
    *out = clean;
    return KF_OK;
}

kf_status kf__storage_add(
    kf_storage_job *job, const kf_storage_object *object, bool filter)
{
    kf_storage_object added = *object;
    if (filter && !kf__storage_passes(job, object->name))
        return KF_OK;
    if (job->objects.count >= KF__LIMIT_STORAGE_OBJECTS)
        return kf__fail(KF_ELIMIT, NULL,
            "%s has more than %d files (KF__LIMIT_STORAGE_OBJECTS)", job->shown,
            KF__LIMIT_STORAGE_OBJECTS);
    KF__TRY(clean_name(job, object->name, &added.name));
    if (*added.name == '\0')
        return KF_OK;
    return kf__vec_push(&job->objects, added);
}

kf_status kf__storage_bucket(
    kf_storage_job *job, const char **bucket, const char **path)
{
    const char *start = strstr(job->uri, "://") + 3;
    size_t length = strcspn(start, "/");
    const char *rest = start + length;
    rest += strspn(rest, "/");
    if (length == 0 || length > 255 || strcspn(start, "?#%@\\ \t\r\n:") < length)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" names no bucket: expected %.*s://bucket/path", job->uri,
            (int)strcspn(job->uri, ":"), job->uri);
    *bucket = kf__arena_strndup(&job->tree.arena, start, length);
    *path = kf__arena_strdup(&job->tree.arena, rest);
    return *bucket != NULL && *path != NULL ? KF_OK : KF_ENOMEM;
}

/* ---- requests ---- */

static kf_status sign(void *payload, kf_http_headers *out)
{
    const kf_storage_signing *signing = payload;
    return signing->job->access.sign(signing->job, signing->url, out);
}

void kf__storage_request(
    const kf_storage_job *job, kf_storage_signing *signing, kf_http_client_request *out)
{
    const kf_storage_access *access = &job->access;
    *out = (kf_http_client_request){.url = signing->url,
        .headers = access->headers,
        .sign = access->sign != NULL ? sign : NULL,
        .sign_payload = signing,
        .connect_timeout_ms = access->connect_timeout_ms,
        .stall_timeout_ms = access->stall_timeout_ms,
        .redirects = access->redirects,
        .tries = access->tries,
        .ca_file = access->ca_file,
        .insecure = access->insecure,
        .proxies = true,
        .cancel = job->options->cancel};
}

kf_status kf__storage_client(kf_storage_job *job)
{
    return job->client != NULL ? KF_OK : kf__http_client_new(&job->client);
}

kf_status kf__storage_ask(kf_storage_job *job, const char *url, kf_http_reply *reply)
{
    kf_storage_signing signing = {job, url};
    kf_http_client_request request;
    KF__TRY(kf__storage_client(job));
    kf__storage_request(job, &signing, &request);
    kf_status status = kf__http_request(job->client, &request, reply);
    job->unreachable = reply->may_pass;
    return status;
}

kf_status kf__storage_ask_for(
    kf_storage_job *job, const char *url, kf_http_reply *reply)
{
    KF__TRY(kf__storage_ask(job, url, reply));
    return reply->status == 200 ? KF_OK : kf__storage_explain(job, url, reply);
}

kf_status kf__storage_explain(
    const kf_storage_job *job, const char *url, const kf_http_reply *reply)
{
    if (job->access.explain != NULL)
        return job->access.explain(job, url, reply);
    kf_buf shown = KF__BUF_INIT;
    kf_status status;
    kf__http_put_url(&shown, url);
    const char *at = kf__buf_text(&shown);
    if (reply->status == 404 || reply->status == 410)
        status = kf__fail(
            KF_ENOENT, NULL, "there is nothing at %s (status %d)", at, reply->status);
    else if (reply->status == 401 || reply->status == 403)
        status = kf__fail(KF_EIO, NULL, "%s denies access (status %d): %s", at,
            reply->status, job->access.hint != NULL ? job->access.hint : "");
    else
        status =
            kf__fail(KF_EIO, NULL, "%s answered with status %d", at, reply->status);
    kf__buf_finish(&shown);
    return status;
}
