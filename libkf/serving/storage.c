/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/storage_job.h"

#include <stdio.h>

typedef struct scheme {
    const char *name;
    kf_status (*fetch)(kf_storage_job *job, char **out); /* NULL: not read here. */
    const char *what;
} scheme;

static const scheme schemes[] = {
    {"file", NULL, NULL},
    {"pvc", kf__storage_claim, NULL},
    {"http", kf__storage_http, NULL},
    {"https", kf__storage_http, NULL},
    {"s3", kf__storage_s3, NULL},
    {"gs", kf__storage_gs, NULL},
    {"hf", kf__storage_hf, NULL},
    {"oci", NULL, "images of a registry"},
    {"oci+native", NULL, "images of a registry"},
    {"oci+fetch", NULL, "images of a registry"},
    {"hdfs", NULL, "file systems of Hadoop"},
    {"webhdfs", NULL, "file systems of Hadoop"},
    {"modelscope", NULL, "models of ModelScope's hub"},
};

static const scheme *find_scheme(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i].name) == length &&
            strncmp(schemes[i].name, name, length) == 0)
            return &schemes[i];
    }
    return NULL;
}

/* Of "scheme://rest"; 0: it is a path. */
static size_t scheme_length(const char *uri)
{
    size_t length = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789+.-");
    return length > 0 && strncmp(uri + length, "://", 3) == 0 ? length : 0;
}

static const char *next_scheme(const void *state, size_t index)
{
    return index < sizeof schemes / sizeof *schemes ? schemes[index].name : NULL;
}

static kf_status refuse_kind(const char *uri, const char *what)
{
    kf_buf shown = KF__BUF_INIT;
    kf__http_put_url(&shown, uri);
    kf_status status = kf__fail(KF_EUNSUPPORTED, NULL,
        "\"%s\": %s are not read here: copy the model to a path, or to file://, "
        "pvc://, "
        "http://, https://, s3://, gs:// or hf://",
        kf__buf_text(&shown), what);
    kf__buf_finish(&shown);
    return status;
}

static kf_status refuse_scheme(const char *uri, size_t length)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)length, uri);
    const char *nearest = kf__nearest(name, next_scheme, NULL);
    return kf__fail(KF_EINVAL, NULL,
        "\"%s\" is no storageUri: expected a path, or file://, pvc://, http://, "
        "https://, s3://, gs:// or hf://%s%s%s",
        uri, nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "://?" : "");
}

/* What KServe tells by its host or its ending from other https URIs. */
static const char *special_https(const char *uri)
{
    static const char *const azure[] = {".blob.core.windows.net/",
        ".file.core.windows.net/", ".blob.storage.azure.net/",
        ".file.storage.azure.net/"};
    if (!kf__starts_with(uri, "https://"))
        return NULL;
    for (size_t i = 0; i < sizeof azure / sizeof *azure; i++) {
        const char *found = strstr(uri, azure[i]);
        if (found != NULL && strchr(uri + strlen("https://"), '/') >= found)
            return "containers and shares of Azure";
    }
    size_t end = strcspn(uri, "?#");
    return end > 4 && strncmp(uri + end - 4, ".git", 4) == 0 ? "git repositories"
                                                             : NULL;
}

static kf_status check(const char *uri, const scheme **out)
{
    size_t length = scheme_length(uri);
    *out = NULL;
    if (*uri == '\0')
        return kf__fail(KF_EINVAL, NULL, "the storageUri is empty");
    if (length == 0)
        return KF_OK;
    const scheme *found = find_scheme(uri, length);
    if (found == NULL)
        return refuse_scheme(uri, length);
    if (found->what != NULL)
        return refuse_kind(uri, found->what);
    const char *special = special_https(uri);
    if (special != NULL)
        return refuse_kind(uri, special);
    *out = found;
    return KF_OK;
}

kf_status kf__storage_check(const char *uri)
{
    const scheme *found;
    KF__REQUIRE(uri != NULL);
    return check(uri, &found);
}

static kf_status fetch(kf_storage_job *job, const scheme *found, char **path)
{
    if (found == NULL)
        return kf__storage_local(job, job->uri, path);
    if (found->fetch == NULL)
        return kf__storage_local(job, job->uri + strlen("file://"), path);
    return found->fetch(job, path);
}

kf_status kf__storage_fetch(
    const char *uri, const kf_storage_options *options, char **path)
{
    KF__REQUIRE(uri != NULL && path != NULL);
    const scheme *found;
    kf_storage_job job;
    KF__TRY(check(uri, &found));
    kf_status status = kf__storage_job_begin(&job, uri, options);
    if (status == KF_OK)
        status = fetch(&job, found, path);
    kf__storage_job_finish(&job);
    return status;
}
