/* SPDX-License-Identifier: Apache-2.0 */
/* One object, or all below a path, of a bucket of S3 or of what speaks like it. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/storage_job.h"
#include "serving/storage_s3_list.h"
#include "serving/storage_sign.h"

typedef struct bucket {
    const char *name;
    const char *path;
    const char *endpoint; /* "https://host:port/prefix"; NULL: Amazon's. */
    const char *region;
    bool virtual_host; /* The bucket is part of the host's name. */
    bool accelerate;
    bool anonymous;
    kf_sign sign;
    const char *method; /* NULL: GET. */
} bucket;

/* ---- settings ---- */

static kf_status take_region(kf_storage_job *job, bucket *self)
{
    self->region = kf__storage_setting(job, "AWS_DEFAULT_REGION");
    if (self->region == NULL)
        self->region = kf__storage_setting(job, "AWS_REGION");
    if (self->region == NULL)
        KF__TRY(kf__storage_aws_region(job, &self->region));
    if (self->region == NULL)
        self->region = "us-east-1";
    if (strspn(self->region, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
        strlen(self->region))
        return kf__fail(
            KF_EINVAL, "AWS_DEFAULT_REGION", "\"%s\" is no region of S3", self->region);
    return KF_OK;
}

/* Without what makes no difference and would not be signed alike: a slash at the end and
 * the port that is meant anyway. */
static kf_status take_endpoint(kf_storage_job *job, bucket *self)
{
    const char *given = kf__storage_setting(job, "AWS_ENDPOINT_URL_S3");
    if (given == NULL)
        given = kf__storage_setting(job, "AWS_ENDPOINT_URL");
    if (given == NULL)
        return KF_OK;
    bool plain = kf__starts_with(given, "http://");
    if ((!plain && !kf__starts_with(given, "https://")) ||
        given[strcspn(given, "?#@ \t\r\n")] != '\0')
        return kf__fail(KF_EINVAL, "AWS_ENDPOINT_URL",
            "\"%s\" is no endpoint: expected http://host or https://host, and a port",
            given);
    const char *host = strstr(given, "://") + 3;
    const char *port = plain ? ":80" : ":443";
    int host_length = (int)strcspn(host, "/");
    const char *path = host + host_length;
    int path_length = (int)strlen(path);
    while (path_length > 0 && path[path_length - 1] == '/')
        path_length--;
    int port_length = (int)strlen(port);
    if (host_length > port_length &&
        strncmp(host + host_length - port_length, port, (size_t)port_length) == 0)
        host_length -= port_length;
    self->endpoint = kf__arena_printf(&job->tree.arena, "%.*s%.*s%.*s",
        (int)(host - given), given, host_length, host, path_length, path);
    return self->endpoint != NULL ? KF_OK : KF_ENOMEM;
}

/* Whether a host may have that name; one with dots has no certificate. */
static bool can_be_host(const char *name)
{
    size_t length = strlen(name);
    return length >= 3 && length <= 63 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           name[0] != '-' && name[length - 1] != '-';
}

static bool is_old_amazon(const bucket *self)
{
    return self->endpoint != NULL &&
           strcmp(self->endpoint, "https://s3.amazonaws.com") == 0;
}

/* As boto does: Amazon's buckets by their host, others by path, unless told so. */
static void choose_style(kf_storage_job *job, bucket *self)
{
    if (is_old_amazon(self))
        self->endpoint = NULL;
    self->accelerate =
        self->endpoint == NULL && kf__storage_switch(job, "S3_USE_ACCELERATE", false);
    self->virtual_host = kf__storage_switch(job, "S3_USER_VIRTUAL_BUCKET", false) ||
                         self->accelerate ||
                         (self->endpoint == NULL && can_be_host(self->name));
}

static kf_status take_keys(kf_storage_job *job, bucket *self)
{
    self->anonymous = kf__storage_switch(job, "awsAnonymousCredential", false);
    self->sign.access_key = kf__storage_setting(job, "AWS_ACCESS_KEY_ID");
    self->sign.secret_key = kf__storage_setting(job, "AWS_SECRET_ACCESS_KEY");
    self->sign.session_token = kf__storage_setting(job, "AWS_SESSION_TOKEN");
    self->sign.service = "s3";
    if (!self->anonymous && self->sign.access_key == NULL)
        KF__TRY(kf__storage_aws_keys(job, &self->sign.access_key,
            &self->sign.secret_key, &self->sign.session_token));
    if (self->anonymous ||
        (self->sign.access_key != NULL && self->sign.secret_key != NULL))
        return KF_OK;
    return kf__fail(KF_EMISSING, "AWS_ACCESS_KEY_ID",
        "\"%s\" is read with the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "or "
        "in ~/.aws/credentials, and there are none; a bucket that anybody may read "
        "needs "
        "awsAnonymousCredential=true",
        job->shown);
}

static kf_status take_ca_file(kf_storage_job *job)
{
    job->access.insecure = !kf__storage_switch(job, "S3_VERIFY_SSL", true);
    job->access.ca_file = kf__storage_setting(job, "AWS_CA_BUNDLE");
    if (job->access.insecure || job->access.ca_file == NULL ||
        kf__file_exists(job->access.ca_file))
        return KF_OK;
    return kf__fail(KF_ENOENT, "AWS_CA_BUNDLE",
        "there is no file of certificates \"%s\"", job->access.ca_file);
}

static kf_status take_limits(kf_storage_job *job)
{
    int64_t tries, connect, read, parallel;
    KF__TRY(kf__storage_number(job, "S3_MAX_ATTEMPTS", 3, &tries));
    KF__TRY(kf__storage_number(job, "S3_CONNECT_TIMEOUT", 15, &connect));
    KF__TRY(kf__storage_number(job, "S3_READ_TIMEOUT", 30, &read));
    KF__TRY(kf__storage_number(job, "S3_MAX_FILE_CONCURRENCY", 4, &parallel));
    job->access.tries = (int)tries;
    job->access.connect_timeout_ms = connect * 1000;
    job->access.stall_timeout_ms = read * 1000;
    job->access.parallel = (int)parallel;
    return KF_OK;
}

/* ---- requests ---- */

/* Amazon's host of the bucket. */
static void put_amazon(const bucket *self, kf_buf *out)
{
    kf__buf_puts(out, "https://");
    if (self->virtual_host)
        kf__buf_printf(out, "%s.", self->name);
    if (self->accelerate)
        kf__buf_puts(out, "s3-accelerate.amazonaws.com");
    else
        kf__buf_printf(out, "s3.%s.amazonaws.com%s", self->region,
            kf__starts_with(self->region, "cn-") ? ".cn" : "");
}

static kf_status put_base(const bucket *self, kf_buf *out)
{
    const char *host =
        self->endpoint != NULL ? strstr(self->endpoint, "://") + 3 : NULL;
    if (host == NULL)
        put_amazon(self, out);
    else if (self->virtual_host)
        kf__buf_printf(out, "%.*s%s.%s", (int)(host - self->endpoint), self->endpoint,
            self->name, host);
    else
        kf__buf_puts(out, self->endpoint);
    if (!self->virtual_host)
        kf__buf_printf(out, "/%s", self->name);
    return out->status;
}

static const char *object_url(kf_storage_job *job, const bucket *self, const char *key)
{
    kf_buf url = KF__BUF_INIT;
    const char *out = NULL;
    if (put_base(self, &url) == KF_OK) {
        kf__buf_putc(&url, '/');
        kf__http_put_encoded(&url, key, strlen(key), true);
        if (url.status == KF_OK)
            out = kf__arena_strdup(&job->tree.arena, url.data);
    }
    kf__buf_finish(&url);
    return out;
}

static kf_status sign(const kf_storage_job *job, const char *url, kf_http_headers *out)
{
    const bucket *self = job->access.secret;
    if (self->anonymous)
        return KF_OK;
    kf_sign signer = self->sign;
    signer.region = self->region;
    signer.now_ms = kf__now_ms();
    const char *method = self->method != NULL ? self->method : "GET";
    return kf__sign_v4(&signer, method, url, NULL, out);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static kf_status explain(
    const kf_storage_job *job, const char *url, const kf_http_reply *reply)
{
    static const char *const missing[] = {"NoSuchBucket", "NoSuchKey", NULL};
    const bucket *self = job->access.secret;
    kf_s3_fault fault;
    kf__s3_read_fault(kf__buf_text(&reply->body), reply->body.length, &fault);
    const char *message =
        fault.message[0] != '\0' ? fault.message : "it does not say why";
    if (reply->status == 404 || is_one_of(fault.code, missing))
        return kf__fail(KF_ENOENT, NULL, "%s: %s", job->shown,
            strcmp(fault.code, "NoSuchBucket") == 0 ? "there is no such bucket"
                                                    : "there is no such object");
    if (reply->status == 412)
        return kf__fail(KF_EIO, NULL, "%s changed while it was downloaded", job->shown);
    return kf__fail(KF_EIO, NULL, "%s: S3 answered with status %d%s%s (%s)%s",
        job->shown, reply->status, fault.code[0] != '\0' ? ", " : "", fault.code,
        message,
        reply->status != 403 ? ""
        : self->anonymous    ? ": the bucket is not for everybody"
                             : ": look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                               "AWS_SESSION_TOKEN and the rights of that user");
}

/* ---- listing ---- */

static kf_status put_list_url(
    const bucket *self, const char *prefix, int most, const char *token, kf_buf *url)
{
    KF__TRY(put_base(self, url));
    /* As boto asks: not every server that speaks like S3 signs "/bucket/" alike. */
    kf__buf_puts(url, self->virtual_host ? "/?" : "?");
    if (token != NULL) {
        kf__buf_puts(url, "continuation-token=");
        kf__http_put_encoded(url, token, strlen(token), false);
        kf__buf_putc(url, '&');
    }
    kf__buf_printf(url, "list-type=2&max-keys=%d&prefix=", most);
    kf__http_put_encoded(url, prefix, strlen(prefix), false);
    return url->status;
}

/* S3 says in which region a bucket is when it is asked in another. */
static kf_status find_other_region(
    kf_storage_job *job, bucket *self, const kf_http_reply *reply, bool *found)
{
    kf_s3_fault fault;
    const char *region = kf__http_reply_header(reply, "x-amz-bucket-region");
    kf__s3_read_fault(kf__buf_text(&reply->body), reply->body.length, &fault);
    if (region == NULL && strcmp(fault.code, "AuthorizationHeaderMalformed") == 0)
        region = fault.region;
    *found = false;
    if ((reply->status != 301 && reply->status != 307 && reply->status != 400) ||
        region == NULL || *region == '\0' || strcmp(region, self->region) == 0 ||
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region))
        return KF_OK;
    self->region = kf__arena_strdup(&job->tree.arena, region);
    *found = self->region != NULL;
    return *found ? KF_OK : KF_ENOMEM;
}

static kf_status ask_for_page(kf_storage_job *job, bucket *self, const char *prefix,
    int most, const char *token, kf_http_reply *reply)
{
    kf_buf url = KF__BUF_INIT;
    bool other = false;
    kf_status status = put_list_url(self, prefix, most, token, &url);
    if (status == KF_OK)
        status = kf__storage_ask(job, url.data, reply);
    if (status == KF_OK && reply->status != 200)
        status = find_other_region(job, self, reply, &other);
    if (other) {
        kf__buf_truncate(&url, 0);
        status = put_list_url(self, prefix, most, token, &url);
        if (status == KF_OK)
            status = kf__storage_ask(job, url.data, reply);
    }
    if (status == KF_OK && reply->status != 200)
        status = explain(job, url.data, reply);
    kf__buf_finish(&url);
    return status;
}

static kf_status get_page(kf_storage_job *job, bucket *self, const char *prefix,
    int most, const char *token, kf_s3_page *page)
{
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_status status = ask_for_page(job, self, prefix, most, token, &reply);
    if (status == KF_OK)
        status = kf__s3_read_page(
            &job->tree.arena, kf__buf_text(&reply.body), reply.body.length, page);
    kf__http_reply_finish(&reply);
    return status;
}

/* The tag of an object that was put at once is its MD5. */
static const char *md5_of(kf_storage_job *job, const char *etag)
{
    size_t quote = *etag == '"';
    bool plain = strspn(etag + quote, "0123456789abcdef") == 32 &&
                 etag[quote + 32] == (quote ? '"' : '\0');
    return plain ? kf__arena_strndup(&job->tree.arena, etag + quote, 32) : NULL;
}

static kf_status add_object(kf_storage_job *job, const bucket *self,
    const kf_s3_object *object, const char *name, bool filter)
{
    if (object->etag == NULL || *object->etag == '\0')
        return kf__fail(KF_EDOCUMENT, NULL,
            "%s: the listing has no ETag of \"%s\", without which it cannot be told "
            "from "
            "another version",
            job->shown, object->key);
    kf_storage_object added = {.name = name,
        .url = object_url(job, self, object->key),
        .size = object->size,
        .version = kf__arena_printf(
            &job->tree.arena, "%s %lld", object->etag, (long long)object->size),
        .header = kf__arena_printf(&job->tree.arena, "If-Match: %s", object->etag),
        .md5 = md5_of(job, object->etag),
        .crc32c = -1};
    if (added.url == NULL || added.version == NULL || added.header == NULL)
        return KF_ENOMEM;
    return kf__storage_add(job, &added, filter);
}

/* What tools put where others have a folder. */
static bool is_marker(const kf_s3_object *object)
{
    return kf__ends_with(object->key, "/") ||
           (object->size == 0 && kf__ends_with(object->key, "_$folder$"));
}

static kf_status add_page(kf_storage_job *job, const bucket *self, size_t prefix_length,
    const kf_s3_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const kf_s3_object *object = &page->items[i];
        if (strlen(object->key) < prefix_length ||
            strncmp(object->key, self->path, strlen(self->path)) != 0)
            return kf__fail(KF_EDOCUMENT, NULL,
                "%s: the listing has \"%s\", which is not below it", job->shown,
                object->key);
        if (!is_marker(object))
            KF__TRY(add_object(job, self, object, object->key + prefix_length, true));
    }
    return KF_OK;
}

static kf_status list_below(
    kf_storage_job *job, bucket *self, const char *prefix, kf_s3_page *page)
{
    const char *token = NULL;
    do {
        KF__TRY(get_page(job, self, prefix, 1000, token, page));
        KF__TRY(add_page(job, self, strlen(prefix), page));
        token = page->next;
    } while (token != NULL);
    return KF_OK;
}

static kf_status list_in(kf_storage_job *job, bucket *self, kf_s3_page *page)
{
    const char *prefix = self->path;
    size_t length = strlen(prefix);
    if (length > 0 && prefix[length - 1] != '/') {
        /* The object of just that name comes first. */
        KF__TRY(get_page(job, self, prefix, 1, NULL, page));
        if (page->count > 0 && strcmp(page->items[0].key, prefix) == 0 &&
            page->items[0].size > 0) {
            const char *slash = strrchr(prefix, '/');
            return add_object(
                job, self, &page->items[0], slash != NULL ? slash + 1 : prefix, false);
        }
        prefix = kf__arena_printf(&job->tree.arena, "%s/", prefix);
        if (prefix == NULL)
            return KF_ENOMEM;
    }
    return list_below(job, self, prefix, page);
}

static kf_status list(kf_storage_job *job)
{
    kf_s3_page page = {0};
    kf_status status = list_in(job, (bucket *)(uintptr_t)job->access.secret, &page);
    kf__vec_finish(&page);
    return status;
}

static void use(kf_storage_job *job, bucket *self)
{
    job->access.redirects = 0; /* A signature is of one host. */
    job->access.secret = self;
    job->access.sign = sign;
    job->access.explain = explain;
}

static kf_status put(
    kf_storage_job *job, bucket *self, const kf_storage_content *content)
{
    char hex[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, content->data, content->length);
    kf__sha256_hex(&sha, hex);
    self->method = "PUT";
    self->sign.body_sha256 = hex;
    use(job, self);
    const char *url = object_url(job, self, self->path);
    return url != NULL ? kf__storage_send(job, "PUT", url, content) : KF_ENOMEM;
}

static kf_status fetch(kf_storage_job *job, bucket *self, char **out)
{
    use(job, self);
    if (self->endpoint != NULL)
        job->identity = self->endpoint;
    return kf__storage_cached(job, list, out);
}

static kf_status take_all(kf_storage_job *job, bucket *self)
{
    KF__TRY(kf__storage_bucket(job, &self->name, &self->path));
    KF__TRY(take_region(job, self));
    KF__TRY(take_endpoint(job, self));
    KF__TRY(take_keys(job, self));
    KF__TRY(take_ca_file(job));
    KF__TRY(take_limits(job));
    choose_style(job, self);
    return KF_OK;
}

kf_status kf__storage_s3(kf_storage_job *job, char **out)
{
    bucket self = {0};
    KF__TRY(take_all(job, &self));
    return fetch(job, &self, out);
}

kf_status kf__storage_s3_put(kf_storage_job *job, const kf_storage_content *content)
{
    bucket self = {0};
    KF__TRY(take_all(job, &self));
    return put(job, &self, content);
}

static bucket bucket_at(
    const char *endpoint, const char *access_key, const char *secret_key)
{
    return (bucket){.endpoint = endpoint,
        .region = "auto",
        .sign = {.access_key = access_key, .secret_key = secret_key, .service = "s3"}};
}

kf_status kf__storage_s3_at(kf_storage_job *job, const char *endpoint,
    const char *access_key, const char *secret_key, char **out)
{
    bucket self = bucket_at(endpoint, access_key, secret_key);
    KF__TRY(kf__storage_bucket(job, &self.name, &self.path));
    return fetch(job, &self, out);
}

kf_status kf__storage_s3_put_at(kf_storage_job *job, const char *endpoint,
    const char *access_key, const char *secret_key, const kf_storage_content *content)
{
    bucket self = bucket_at(endpoint, access_key, secret_key);
    KF__TRY(kf__storage_bucket(job, &self.name, &self.path));
    return put(job, &self, content);
}
