/* SPDX-License-Identifier: Apache-2.0 */
/* Events over HTTP (CloudEvents 1.0, binary), or as lines of JSON in a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/value.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/backend_log_parts.h"
#include "serving/storage.h"

enum { TIMEOUT_MS = 10000, HEADER_MOST = 16 };

/* ---- opening ---- */

static kf_status open_file(kf_log_target *target)
{
    const char *path = target->options.url + strlen("file://");
    /* Lines that others chose the words of, into files of nothing else. */
    if (path[0] != '/' || !kf__ends_with(path, ".jsonl"))
        return kf__fail(KF_EUNSUPPORTED, "logger.url",
            "a file to log to is file:///….jsonl, not %.200s", target->options.url);
    target->path = path;
    return kf__make_parent_folders(path);
}

static const char **copy_list(
    kf_log_target *target, const char *const *list, size_t count)
{
    const char **copy = kf__arena_alloc(&target->arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = kf__arena_strdup(&target->arena, list[i]);
    return copy;
}

static kf_status copy_options(kf_log_target *target, const kf_log_options *options)
{
    kf_log_options *own = &target->options;
    *own = *options;
    if (own->certificate == NULL)
        own->certificate = "service-ca.crt";
    const char **texts[] = {&own->url, &own->mode, &own->source, &own->service,
        &own->name_space, &own->component, &own->certificate, &own->annotations,
        &own->store_path, &own->store_format, &own->marshaller_url};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] != NULL &&
            (*texts[i] = kf__arena_strdup(&target->arena, *texts[i])) == NULL)
            return KF_ENOMEM;
    size_t settings = 0;
    while (options->env != NULL && options->env[settings] != NULL)
        settings++;
    own->headers = copy_list(target, options->headers, own->header_count);
    own->env = copy_list(target, options->env, settings);
    return own->headers != NULL && own->env != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__log_target_open(kf_log_target *target, const kf_log_options *options)
{
    KF__TRY(copy_options(target, options));
    bool sends = kf__starts_with(target->options.url, "http://") ||
                 kf__starts_with(target->options.url, "https://");
    if (sends)
        return kf__http_client_new(&target->client);
    if (target->options.store_path != NULL)
        return kf__log_store_open(target);
    if (kf__starts_with(target->options.url, "file://"))
        return open_file(target);
    return kf__fail(KF_EUNSUPPORTED, "logger.url",
        "'%.200s' is nothing to log to: expected http://, https:// or file://%s",
        target->options.url,
        kf__storage_check_put(target->options.url) == KF_OK
            ? "; for s3:// and gs:// logger.storage is needed as well"
            : "");
}

void kf__log_target_close(kf_log_target *target)
{
    kf__http_client_free(target->client);
    kf__arena_finish(&target->arena);
}

/* ---- events ---- */

const char *kf__log_event_type(const kf_log_event *event)
{
    return event->is_response ? "org.kubeflow.serving.inference.response"
                              : "org.kubeflow.serving.inference.request";
}

typedef struct attribute {
    const char *name;
    const char *value;
} attribute;

static size_t attributes_of(const kf_log_target *target, const kf_log_event *event,
    const char *time, attribute *out)
{
    const kf_log_options *options = &target->options;
    const attribute all[] = {{"specversion", "1.0"}, {"id", event->id},
        {"source", options->source}, {"type", kf__log_event_type(event)},
        {"time", time}, {"recordedtime", time},
        {"inferenceservicename", options->service}, {"namespace", options->name_space},
        {"component", options->component}, {"metadata", event->metadata},
        {"annotations", options->annotations}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value != NULL)
            out[count++] = all[i];
    return count;
}

static kf_status post(
    kf_log_target *target, const kf_log_event *event, const char *time)
{
    attribute attributes[HEADER_MOST];
    const char *headers[HEADER_MOST + 2] = {NULL};
    kf_arena arena = KF__ARENA_INIT;
    kf_http_reply reply = KF__HTTP_REPLY_INIT;
    size_t count = attributes_of(target, event, time, attributes);
    for (size_t i = 0; i < count; i++)
        headers[i] = kf__arena_printf(
            &arena, "ce-%s: %s", attributes[i].name, attributes[i].value);
    headers[count] = kf__arena_printf(&arena, "Content-Type: %s", event->type);
    kf_http_client_request request = {.method = "POST",
        .url = target->options.url,
        .headers = headers,
        .body = event->body,
        .body_length = event->length,
        .connect_timeout_ms = TIMEOUT_MS,
        .timeout_ms = TIMEOUT_MS,
        .insecure = target->options.insecure,
        .cancel = &target->cancel};
    kf_status status = kf__http_request(target->client, &request, &reply);
    if (status == KF_OK && (reply.status < 200 || reply.status > 299))
        status =
            kf__fail(KF_EIO, NULL, "the sink of the logger answers %d", reply.status);
    kf__http_reply_finish(&reply);
    kf__arena_finish(&arena);
    return status;
}

static bool is_json(const kf_log_event *event)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    bool is = kf__json_read(&tree, event->body, event->length, &value) == KF_OK;
    kf__tree_finish(&tree);
    return is && memchr(event->body, '\n', event->length) == NULL;
}

static void put_line(kf_buf *out, const kf_log_target *target,
    const kf_log_event *event, const char *time)
{
    attribute attributes[HEADER_MOST];
    size_t count = attributes_of(target, event, time, attributes);
    kf__buf_putc(out, '{');
    for (size_t i = 0; i < count; i++) {
        kf__buf_printf(out, "\"%s\":", attributes[i].name);
        kf__put_json_text(out, attributes[i].value, strlen(attributes[i].value));
        kf__buf_putc(out, ',');
    }
    kf__buf_puts(out, "\"datacontenttype\":");
    kf__put_json_text(out, event->type, strlen(event->type));
    kf__buf_puts(out, ",\"data\":");
    if (is_json(event)) {
        kf__buf_append(out, event->body, event->length);
    } else {
        kf__utf8_mend(event->body, event->length);
        kf__put_json_text(out, event->body, event->length);
    }
    kf__buf_puts(out, "}\n");
}

/* Opened for each, so that the file can be moved away at any time. */
static kf_status append(const char *path, const kf_buf *line)
{
    struct stat about;
    int fd = open(path,
        O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
        0640);
    if (fd < 0)
        return kf__file_fail(path, "open");
    bool is_file = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    ssize_t wrote = is_file ? write(fd, line->data, line->length) : -1;
    kf_status status = KF_OK;
    if (!is_file)
        status = kf__fail(KF_EIO, path, "it is no file");
    else if (wrote < 0 || (size_t)wrote != line->length)
        status = kf__file_fail(path, "write");
    (void)close(fd);
    return status;
}

kf_status kf__log_target_put(kf_log_target *target, const kf_log_event *event)
{
    kf_buf time = KF__BUF_INIT, line = KF__BUF_INIT;
    kf_status status;
    if (target->stores)
        return kf__log_store_put(target, event);
    kf__put_time(&time, event->at_ms);
    if (target->path == NULL) {
        status = post(target, event, kf__buf_text(&time));
    } else {
        put_line(&line, target, event, kf__buf_text(&time));
        status = line.status == KF_OK ? append(target->path, &line) : line.status;
    }
    kf__buf_finish(&line);
    kf__buf_finish(&time);
    return status;
}
