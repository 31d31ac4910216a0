/* SPDX-License-Identifier: Apache-2.0 */
/* Records of requests and answers as the marshallers of KServe's agent write them. */
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/value.h"
#include "serving/backend_log_parts.h"

const char *const kf__log_columns[KF__LOG_TEXTS + 1] = {"url", "bytes", "contentType",
    "reqType", "id", "sourceUri", "inferenceService", "namespace", "component",
    "endpoint", "metadata", "annotations", "certName", "tlsSkipVerify"};

/* Go leaves empty maps out. */
static const char *map_of(const char *json)
{
    return json != NULL && strcmp(json, "{}") != 0 ? json : "";
}

static void take_texts(const kf_log_target *target, const kf_log_event *event,
    const char *out[KF__LOG_TEXTS])
{
    const kf_log_options *options = &target->options;
    const char *const texts[KF__LOG_TEXTS] = {options->url, NULL, event->type,
        kf__log_event_type(event), event->id, options->source, options->service,
        options->name_space, options->component, "", map_of(event->metadata),
        map_of(options->annotations), options->certificate};
    memcpy(out, texts, sizeof texts);
}

kf_status kf__log_record(
    const kf_log_target *target, const kf_log_event *event, kf_buf out[KF__LOG_TEXTS])
{
    const char *texts[KF__LOG_TEXTS];
    take_texts(target, event, texts);
    for (size_t i = 0; i < KF__LOG_TEXTS; i++) {
        if (texts[i] != NULL)
            kf__buf_puts(&out[i], texts[i]);
        else
            kf__put_base64(&out[i], event->body, event->length);
        if (out[i].status != KF_OK)
            return out[i].status;
    }
    return KF_OK;
}

/* ---- JSON ---- */

static void put_member(kf_buf *out, const char *name, const char *value)
{
    kf__buf_printf(out, "\"%s\":", name);
    kf__put_json_text(out, value, strlen(value));
}

/* A URL as Go writes one: its parts. */
static void put_url(kf_buf *out, const char *url)
{
    const char *colon = strstr(url, "://");
    const char *host = colon != NULL ? colon + 3 : url;
    size_t host_length = colon != NULL ? strcspn(host, "/?#") : 0;
    const char *path = host + host_length;
    size_t path_length = strcspn(path, "?#");
    const char *query = path + path_length;
    size_t query_length = *query == '?' ? strcspn(query, "#") : 0;
    const char *fragment = query + query_length;
    kf__buf_puts(out, "{\"Scheme\":");
    kf__put_json_text(out, url, colon != NULL ? (size_t)(colon - url) : 0);
    kf__buf_puts(out, ",\"Opaque\":\"\",\"User\":null,\"Host\":");
    kf__put_json_text(out, host, host_length);
    kf__buf_puts(out, ",\"Path\":");
    kf__put_json_text(out, path, path_length);
    kf__buf_puts(out, ",\"Fragment\":");
    fragment += *fragment == '#';
    kf__put_json_text(out, fragment, strlen(fragment));
    kf__buf_puts(out, ",\"RawQuery\":");
    kf__put_json_text(
        out, query + (query_length > 0), query_length - (query_length > 0));
    kf__buf_puts(out, ",\"RawPath\":\"\",\"RawFragment\":\"\",\"ForceQuery\":false,"
                      "\"OmitHost\":false}");
}

static bool is_url(size_t column)
{
    return column == 0 || column == 5;
}

static bool is_map(size_t column)
{
    return column == 10 || column == 11;
}

static void put_object(
    const kf_log_target *target, const kf_log_event *event, kf_buf *out)
{
    const char *texts[KF__LOG_TEXTS];
    take_texts(target, event, texts);
    kf__buf_putc(out, '{');
    for (size_t i = 0; i < KF__LOG_TEXTS; i++) {
        if (texts[i] != NULL && texts[i][0] == '\0')
            continue;
        kf__buf_printf(out, "\"%s\":", kf__log_columns[i]);
        if (texts[i] == NULL) {
            kf__buf_putc(out, '"');
            kf__put_base64(out, event->body, event->length);
            kf__buf_putc(out, '"');
        } else if (is_url(i)) {
            put_url(out, texts[i]);
        } else if (is_map(i)) {
            kf__buf_puts(out, texts[i]);
        } else {
            kf__put_json_text(out, texts[i], strlen(texts[i]));
        }
        kf__buf_putc(out, ',');
    }
    if (target->options.insecure)
        kf__buf_puts(out, "\"tlsSkipVerify\":true,");
    kf_buf time = KF__BUF_INIT;
    kf__put_time(&time, event->at_ms);
    put_member(out, "occurrenceTime", kf__buf_text(&time));
    kf__buf_finish(&time);
    kf__buf_putc(out, '}');
}

void kf__log_put_array(
    const kf_log_target *target, const kf_log_event *first, kf_buf *out)
{
    kf__buf_putc(out, '[');
    for (const kf_log_event *at = first; at != NULL; at = at->next) {
        kf__buf_puts(out, at != first ? "," : "");
        put_object(target, at, out);
    }
    kf__buf_putc(out, ']');
}

/* ---- CSV ---- */

/* As encoding/csv of Go decides. */
static bool needs_quotes(const char *text)
{
    return strpbrk(text, ",\"\r\n") != NULL || text[0] == ' ' || text[0] == '\t' ||
           strcmp(text, "\\.") == 0;
}

static void put_cell(kf_buf *out, const char *text)
{
    if (!needs_quotes(text)) {
        kf__buf_puts(out, text);
        return;
    }
    kf__buf_putc(out, '"');
    for (; *text != '\0'; text++) {
        kf__buf_puts(out, *text == '"' ? "\"" : "");
        kf__buf_putc(out, *text);
    }
    kf__buf_putc(out, '"');
}

static kf_status put_row(
    const kf_log_target *target, const kf_log_event *event, kf_buf *out)
{
    kf_buf record[KF__LOG_TEXTS] = {{0}};
    kf_status status = kf__log_record(target, event, record);
    for (size_t i = 0; i < KF__LOG_TEXTS; i++) {
        put_cell(out, kf__buf_text(&record[i]));
        kf__buf_putc(out, ',');
        kf__buf_finish(&record[i]);
    }
    kf__buf_puts(out, target->options.insecure ? "true\n" : "false\n");
    return status;
}

static kf_status put_csv(
    const kf_log_target *target, const kf_log_event *first, kf_buf *out)
{
    for (size_t i = 0; i <= KF__LOG_TEXTS; i++)
        kf__buf_printf(out, "%s%c", kf__log_columns[i], i < KF__LOG_TEXTS ? ',' : '\n');
    for (; first != NULL; first = first->next)
        KF__TRY(put_row(target, first, out));
    return out->status;
}

kf_status kf__log_put_records(const kf_log_target *target, const char *format,
    const kf_log_event *first, kf_buf *out)
{
    if (strcmp(format, "csv") == 0)
        return put_csv(target, first, out);
    if (strcmp(format, "parquet") == 0)
        return kf__log_put_parquet(target, first, out);
    if (first->next != NULL)
        kf__log_put_array(target, first, out);
    else
        put_object(target, first, out);
    return out->status;
}
