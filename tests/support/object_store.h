/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket that speaks as S3 and as Google's storage do, as far as models and
 * logs go; for serve_with of http_server.h. */
#ifndef KF_OBJECT_STORE_H
#define KF_OBJECT_STORE_H

#include "base/base64.h"
#include "base/digest.h"
#include "http_server.h"

enum { STORE_OBJECTS = 64 };

static struct object_store {
    pthread_mutex_t lock;
    struct stored {
        char key[200];
        const char *data;
        size_t size;
        char tag[40]; /* Of S3, with its quotes. */
        long generation;
    } objects[STORE_OBJECTS];
    size_t count;
    size_t page; /* Objects of a page of a listing. */
    long generation;
    int gets;         /* Of objects. */
    int lists;        /* Pages of listings. */
    size_t cut_after; /* The first GET of each object breaks off there; 0: none. */
    bool cut[STORE_OBJECTS];
    int fail_with;     /* Everything is answered so; 0: as usual. */
    int fail_times;    /* And so often. */
    const char *token; /* That a request must bear; NULL: none. */
    void (*before_get)(void);
    char written[65536]; /* What was put into it. */
    size_t written_size;
} store = {.lock = PTHREAD_MUTEX_INITIALIZER, .page = 1000};

/* Under the lock. */
static inline void store_locked(const char *key, const void *data, size_t size)
{
    kf_md5 md5;
    unsigned char digest[16];
    char hex[33];
    kf__md5_init(&md5);
    kf__md5_update(&md5, data, size);
    kf__md5_end(&md5, digest);
    kf__hex(digest, sizeof digest, hex);
    size_t at = 0;
    while (at < store.count && strcmp(store.objects[at].key, key) < 0)
        at++;
    if (at == store.count || strcmp(store.objects[at].key, key) != 0) {
        memmove(&store.objects[at + 1], &store.objects[at],
            (store.count - at) * sizeof *store.objects);
        store.count++;
    }
    struct stored *object = &store.objects[at];
    *object = (struct stored){
        .data = data, .size = size, .generation = 1000 + ++store.generation};
    (void)snprintf(object->key, sizeof object->key, "%s", key);
    (void)snprintf(object->tag, sizeof object->tag, "\"%s\"", hex);
}

/* Data is borrowed. Objects are kept in the order of their keys. */
static inline void store_bytes(const char *key, const void *data, size_t size)
{
    (void)pthread_mutex_lock(&store.lock);
    store_locked(key, data, size);
    (void)pthread_mutex_unlock(&store.lock);
}

static inline void store_text(const char *key, const char *text)
{
    store_bytes(key, text, strlen(text));
}

static inline void store_decode(const char *from, size_t length, char *to, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < length && count + 1 < size; i++) {
        unsigned value = 0;
        if (from[i] == '%' && sscanf(from + i + 1, "%2x", &value) == 1)
            i += 2;
        to[count++] = value != 0 ? (char)value : from[i];
    }
    to[count] = '\0';
}

/* A parameter of the request's query, decoded; false: it is not there. */
static inline bool store_query(
    const char *request, const char *name, char *out, size_t size)
{
    const char *query = strchr(request, '?');
    const char *end = strstr(request, " HTTP/");
    size_t length = strlen(name);
    *out = '\0';
    while (query != NULL && query < end) {
        query++;
        size_t part = strcspn(query, "& ");
        if (strncmp(query, name, length) == 0 && query[length] == '=') {
            store_decode(query + length + 1, part - length - 1, out, size);
            return true;
        }
        query = query[part] == '&' ? query + part : NULL;
    }
    return false;
}

static inline struct stored *store_find(const char *key)
{
    for (size_t i = 0; i < store.count; i++) {
        if (strcmp(store.objects[i].key, key) == 0)
            return &store.objects[i];
    }
    return NULL;
}

static inline void put_s3_item(kf_buf *out, const struct stored *object)
{
    kf__buf_puts(out, "<Contents><Key>");
    for (const char *at = object->key; *at != '\0'; at++) {
        if (*at == '&')
            kf__buf_puts(out, "&amp;");
        else
            kf__buf_putc(out, *at);
    }
    kf__buf_printf(out,
        "</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>%s</ETag>"
        "<Size>%zu</Size><StorageClass>STANDARD</StorageClass></Contents>",
        object->tag, object->size);
}

static inline void put_gs_item(kf_buf *out, const struct stored *object)
{
    unsigned char digest[16];
    kf_md5 md5;
    kf__md5_init(&md5);
    kf__md5_update(&md5, object->data, object->size);
    kf__md5_end(&md5, digest);
    kf__buf_printf(out,
        "{\"name\": \"%s\", \"size\": \"%zu\", \"generation\": \"%ld\", ", object->key,
        object->size, object->generation);
    kf__buf_puts(out, "\"md5Hash\": \"");
    kf__put_base64(out, digest, sizeof digest);
    kf__buf_puts(out, "\"}");
}

static inline bool answer_list(int fd, const char *request, bool s3)
{
    kf_buf items = KF__BUF_INIT, body = KF__BUF_INIT;
    char prefix[300], token[300], most[20];
    (void)store_query(request, "prefix", prefix, sizeof prefix);
    bool goes_on = store_query(
        request, s3 ? "continuation-token" : "pageToken", token, sizeof token);
    size_t page = store.page;
    if (store_query(request, "max-keys", most, sizeof most) &&
        strtoul(most, NULL, 10) < page)
        page = strtoul(most, NULL, 10);
    const char *next = NULL;
    size_t count = 0;
    store.lists++;
    for (size_t i = 0; i < store.count && next == NULL; i++) {
        const struct stored *object = &store.objects[i];
        if (strncmp(object->key, prefix, strlen(prefix)) != 0 ||
            (goes_on && strcmp(object->key, token) < 0))
            continue;
        if (count == page) {
            next = object->key;
            break;
        }
        if (!s3 && count > 0)
            kf__buf_puts(&items, ", ");
        (s3 ? put_s3_item : put_gs_item)(&items, object);
        count++;
    }
    if (s3)
        kf__buf_printf(&body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns="
            "\"http://s3.example.com/doc/2006-03-01/\"><Name>b</Name>"
            "<IsTruncated>%s</IsTruncated>%s%s%s%s</ListBucketResult>",
            next != NULL ? "true" : "false", kf__buf_text(&items),
            next != NULL ? "<NextContinuationToken>" : "", next != NULL ? next : "",
            next != NULL ? "</NextContinuationToken>" : "");
    else
        kf__buf_printf(&body, "{\"items\": [%s]%s%s%s}", kf__buf_text(&items),
            next != NULL ? ", \"nextPageToken\": \"" : "", next != NULL ? next : "",
            next != NULL ? "\"" : "");
    bool more = reply_text(fd, "200 OK", "", body.data);
    kf__buf_finish(&items);
    kf__buf_finish(&body);
    return more;
}

static inline bool answer_object(int fd, const char *request, const char *key, bool s3)
{
    char condition[100], headers[300];
    struct stored *object = store_find(key);
    if (object == NULL)
        return reply_text(fd, "404 Not Found", "",
            "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>");
    (void)snprintf(
        condition, sizeof condition, "%s", request_header(request, "If-Match"));
    if (s3 && *condition != '\0' && strcmp(condition, object->tag) != 0)
        return reply_text(fd, "412 Precondition Failed", "", "");
    if (store_query(request, "ifGenerationMatch", condition, sizeof condition) &&
        strtol(condition, NULL, 10) != object->generation)
        return reply_text(fd, "412 Precondition Failed", "", "");
    size_t index = (size_t)(object - store.objects), start = 0;
    (void)snprintf(
        condition, sizeof condition, "%s", request_header(request, "If-Range"));
    if (strcmp(condition, object->tag) == 0)
        start = strtoul(request_header(request, "Range") + strlen("bytes="), NULL, 10);
    store.gets++;
    size_t size = object->size - start;
    if (start > 0)
        (void)snprintf(headers, sizeof headers,
            "ETag: %s\r\nContent-Range: bytes %zu-%zu/%zu\r\n", object->tag, start,
            object->size - 1, object->size);
    else
        (void)snprintf(headers, sizeof headers, "ETag: %s\r\n", object->tag);
    if (store.cut_after > 0 && store.cut_after < size && !store.cut[index]) {
        store.cut[index] = true;
        say(fd, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", headers, size);
        say_bytes(fd, object->data + start, store.cut_after);
        return false;
    }
    return reply_with(
        fd, start > 0 ? "206 Part" : "200 OK", headers, object->data + start, size);
}

static inline bool answer_put(int fd, const char *request, const char *key)
{
    const char *body = strstr(request, "\r\n\r\n") + 4;
    size_t size = strtoul(request_header(request, "Content-Length"), NULL, 10);
    ck_assert_uint_le(store.written_size + size, sizeof store.written);
    memcpy(store.written + store.written_size, body, size);
    store_locked(key, store.written + store.written_size, size);
    store.written_size += size;
    return reply_text(fd, "200 OK", "", "{}");
}

static inline bool answer_locked(int fd, const char *request)
{
    static const char upload[] = "/upload/storage/v1/b/b/o";
    static const char gs[] = "/storage/v1/b/b/o";
    char path[400];
    const char *start = strchr(request, ' ') + 1;
    store_decode(start, strcspn(start, " ?"), path, sizeof path);
    if (store.token != NULL &&
        strcmp(request_header(request, "Authorization"), store.token) != 0)
        return reply_text(fd, "403 Forbidden", "",
            "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
    if (store.fail_times > 0) {
        char line[40];
        store.fail_times--;
        (void)snprintf(line, sizeof line, "%d Whatever", store.fail_with);
        return reply_text(fd, line, "", "<Error><Code>SlowDown</Code></Error>");
    }
    if (strncmp(request, "PUT /b/", 7) == 0)
        return answer_put(fd, request, path + 3);
    if (strcmp(path, upload) == 0 && store_query(request, "name", path, sizeof path))
        return answer_put(fd, request, path);
    if (strcmp(path, "/b") == 0 || strcmp(path, "/b/") == 0)
        return answer_list(fd, request, true);
    if (strcmp(path, gs) == 0)
        return answer_list(fd, request, false);
    if (strncmp(path, "/b/", 3) == 0)
        return answer_object(fd, request, path + 3, true);
    const char *key = path + sizeof gs;
    if (strncmp(path, gs, sizeof gs - 1) == 0 && strstr(request, "alt=media") == NULL) {
        const struct stored *object = store_find(key);
        kf_buf body = KF__BUF_INIT;
        if (object != NULL)
            put_gs_item(&body, object);
        bool more = reply_text(
            fd, object != NULL ? "200 OK" : "404 Not Found", "", kf__buf_text(&body));
        kf__buf_finish(&body);
        return more;
    }
    if (strncmp(path, gs, sizeof gs - 1) == 0)
        return answer_object(fd, request, key, false);
    return reply_text(fd, "404 Not Found", "",
        "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>");
}

static inline int store_count(const int *counter)
{
    (void)pthread_mutex_lock(&store.lock);
    int count = *counter;
    (void)pthread_mutex_unlock(&store.lock);
    return count;
}

static inline bool answer_store(int fd, const char *request, int number)
{
    if (store.before_get != NULL && strstr(request, "prefix=") == NULL)
        store.before_get();
    (void)pthread_mutex_lock(&store.lock);
    bool more = answer_locked(fd, request);
    (void)pthread_mutex_unlock(&store.lock);
    return more;
}

#endif
