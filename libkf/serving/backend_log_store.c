/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of records as objects of a bucket, or files, by the names that KServe's agent
 * gives them: prefix/namespace/service/component/path/id-request.json */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "serving/backend_log_parts.h"
#include "serving/storage.h"

enum { TIMEOUT_MS = 30000, NAME_MOST = 200, ENDING_MOST = 16 };

typedef struct content {
    kf_buf data;
    char ending[ENDING_MOST + 1];
    const char *type;
} content;

kf_status kf__log_store_open(kf_log_target *target)
{
    const char *format = target->options.store_format;
    target->stores = true;
    if (format == NULL)
        target->options.store_format = "json";
    else if (strcmp(format, "csv") != 0 && strcmp(format, "parquet") != 0)
        target->options.store_format = "json"; /* As KServe's agent. */
    return kf__storage_check_put(target->options.url);
}

/* ---- names ---- */

/* The folders of a path, each behind the ones before, as path.Join of Go; ".." leads no
 * further up than `floor`. */
static void put_folders(kf_buf *out, const char *path, size_t floor)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && memcmp(path, "..", 2) == 0) {
            size_t end = out->length;
            while (end > floor && out->data[--end] != '/')
                continue;
            kf__buf_truncate(out, end);
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            kf__buf_putc(out, '/');
            kf__buf_append(out, path, length);
        }
        path += length + (path[length] == '/');
    }
}

/* Whoever asks chooses the id; it stays one name. */
static void put_id(kf_buf *out, const char *id)
{
    for (size_t i = 0; id[i] != '\0' && i < NAME_MOST; i++)
        kf__buf_putc(out,
            isalnum((unsigned char)id[i]) || strchr("._~+=@-", id[i]) ? id[i] : '_');
}

static kf_status put_uri(const kf_log_target *target, const kf_log_event *event,
    const char *ending, kf_buf *out)
{
    const kf_log_options *options = &target->options;
    const char *host = strstr(options->url, "://") + 3;
    size_t bucket = (size_t)(host - options->url) + strcspn(host, "/");
    const char *const parts[] = {options->url + bucket, options->name_space,
        options->service, options->component, options->store_path};
    kf__buf_append(out, options->url, bucket);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_folders(out, parts[i], bucket);
    kf__buf_putc(out, '/');
    put_id(out, event->id);
    kf__buf_printf(out, "-%s.%s", event->is_response ? "response" : "request", ending);
    return out->status;
}

/* ---- what is in them ---- */

/* marshallerUrl: a service makes the content of the records. */
static kf_status marshal_elsewhere(
    kf_log_target *target, const kf_buf *records, content *out)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    kf_http_client_request request = {.method = "POST",
        .url = target->options.marshaller_url,
        .headers = headers,
        .body = records->data,
        .body_length = records->length,
        .timeout_ms = TIMEOUT_MS,
        .cancel = &target->cancel};
    if (target->client == NULL)
        KF__TRY(kf__http_client_new(&target->client));
    kf_status status = kf__http_request(target->client, &request, &reply);
    if (status == KF_OK && (reply.status < 200 || reply.status > 299))
        status = kf__fail(KF_EIO, "logger.marshallerUrl",
            "the marshaller of the logger answers %d", reply.status);
    if (status == KF_OK) {
        const char *ending = kf__http_reply_header(&reply, "x-log-marshal-extension");
        size_t length = ending != NULL ? strlen(ending) : 0;
        bool good = length > 0 && length <= ENDING_MOST;
        for (size_t i = 0; good && i < length; i++)
            good = isalnum((unsigned char)ending[i]) || (i > 0 && ending[i] == '.');
        memcpy(out->ending, good ? ending : "json", good ? length + 1 : sizeof "json");
        kf__buf_finish(&out->data);
        out->data = reply.body;
        reply.body = KF__BUF_INIT;
        out->type = "application/octet-stream";
    }
    kf__http_reply_finish(&reply);
    return status;
}

static kf_status marshal(kf_log_target *target, const kf_log_event *first, content *out)
{
    const char *format = target->options.store_format;
    if (target->options.marshaller_url != NULL) {
        kf_buf records = KF__BUF_INIT;
        kf__log_put_array(target, first, &records);
        kf_status status = records.status;
        if (status == KF_OK)
            status = marshal_elsewhere(target, &records, out);
        kf__buf_finish(&records);
        return status;
    }
    memcpy(out->ending, format, strlen(format) + 1);
    out->type = strcmp(format, "csv") == 0       ? "text/csv"
                : strcmp(format, "parquet") == 0 ? "application/octet-stream"
                                                 : "application/json";
    return kf__log_put_records(target, format, first, &out->data);
}

kf_status kf__log_store_put(kf_log_target *target, const kf_log_event *first)
{
    content made = {.data = KF__BUF_INIT};
    kf_buf uri = KF__BUF_INIT;
    const kf_storage_options options = {
        .env = target->options.env, .cancel = &target->cancel};
    kf_status status = marshal(target, first, &made);
    if (status == KF_OK)
        status = put_uri(target, first, made.ending, &uri);
    if (status == KF_OK)
        status = kf__storage_put(uri.data, &options, made.type,
            kf__buf_text(&made.data), made.data.length, &target->client);
    kf__buf_finish(&uri);
    kf__buf_finish(&made.data);
    return status;
}
