/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/cloudevent.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/scan.h"
#include "base/value.h"
#include "io/file.h"

/* ---- the environment ---- */

static kf_status own(const char *name, const char *fallback, char **out)
{
    const char *value = kf__environment(name);
    *out = kf__strdup(value != NULL && value[0] != '\0' ? value : fallback);
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__event_options_read(const char *model, kf_event_options *out)
{
    const char *merge = kf__environment("CE_MERGE");
    kf_buf source = KF__BUF_INIT;
    *out = (kf_event_options){.merge = merge != NULL && strcasecmp(merge, "true") == 0};
    kf__buf_printf(&source, "io.kserve.inference.%s", model);
    kf_status status = source.status;
    if (status == KF_OK)
        status = own("CE_TYPE", "io.kserve.inference.response", &out->type);
    if (status == KF_OK)
        status = own("CE_SOURCE", source.data, &out->source);
    kf__buf_finish(&source);
    if (status != KF_OK)
        kf__event_options_finish(out);
    return status;
}

void kf__event_options_finish(kf_event_options *options)
{
    kf__free(options->type);
    kf__free(options->source);
    *options = (kf_event_options){0};
}

/* ---- requests ---- */

kf_event_form kf__event_form(const kf_call *call)
{
    static const char structured[] = "application/cloudevents+json";
    if (kf__call_header(call, "ce-specversion") != NULL &&
        kf__call_header(call, "ce-source") != NULL &&
        kf__call_header(call, "ce-type") != NULL &&
        kf__call_header(call, "ce-id") != NULL)
        return KF_EVENT_BINARY;
    const char *type = kf__call_header(call, "Content-Type");
    size_t length = type != NULL ? strcspn(type, "; ") : 0;
    return length == sizeof structured - 1 && strncasecmp(type, structured, length) == 0
               ? KF_EVENT_STRUCTURED
               : KF_EVENT_NONE;
}

kf_status kf__event_check(const kf_call *call)
{
    const char *version = kf__call_header(call, "ce-specversion");
    if (strcmp(version, "1.0") == 0 || strcmp(version, "0.3") == 0)
        return KF_OK;
    return kf__fail(KF_EINVAL, NULL,
        "Cloud Event Exceptions: Found invalid specversion %.40s", version);
}

/* ---- answers ---- */

/* Attributes that every answer has of its own, and what is about the data. */
static bool is_own(const char *name, size_t length)
{
    static const char *const names[] = {
        "id", "time", "type", "source", "specversion", "data", "datacontenttype"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return true;
    return false;
}

static kf_status answer_binary(kf_call *call, const kf_event_options *options)
{
    char id[37];
    kf_buf time = KF__BUF_INIT;
    KF__TRY(kf__uuid4(id));
    kf__put_time(&time, kf__now_ms());
    kf__reply_header(call, "ce-specversion", "1.0");
    kf__reply_header(call, "ce-id", id);
    kf__reply_header(call, "ce-source", options->source);
    kf__reply_header(call, "ce-type", options->type);
    kf__reply_header(call, "ce-time", kf__buf_text(&time));
    kf__buf_finish(&time);
    for (size_t i = 0; options->merge && i < call->header_count; i++) {
        const char *name = call->headers[i].name;
        if (strncasecmp(name, "ce-", 3) == 0 && !is_own(name + 3, strlen(name + 3)))
            kf__reply_header(call, name, call->headers[i].value);
    }
    return KF_OK;
}

static void put_attribute(kf_buf *out, const char *name, const char *value)
{
    kf__buf_printf(out, "\"%s\":", name);
    kf__put_json_text(out, value, strlen(value));
    kf__buf_putc(out, ',');
}

/* The attributes of the request, as they are written there. */
static void put_merged(kf_buf *out, const kf_call *call)
{
    kf_scan scan;
    kf_buf scratch = KF__BUF_INIT;
    const char *name, *value;
    size_t length, size;
    kf__scan_start(&scan, call->body, call->body_length);
    if (kf__scan_object(&scan))
        while (kf__scan_name(&scan, &name, &length, &scratch)) {
            bool kept = !is_own(name, length);
            if (kept)
                kf__put_json_text(out, name, length);
            if (!kf__scan_skip(&scan, &value, &size))
                break;
            if (!kept)
                continue;
            kf__buf_putc(out, ':');
            kf__buf_append(out, value, size);
            kf__buf_putc(out, ',');
        }
    kf__buf_finish(&scratch);
}

static kf_status answer_structured(kf_call *call, const kf_event_options *options)
{
    char id[37];
    kf_buf event = KF__BUF_INIT, time = KF__BUF_INIT;
    kf_status status = kf__uuid4(id);
    kf__put_time(&time, kf__now_ms());
    kf__buf_putc(&event, '{');
    put_attribute(&event, "specversion", "1.0");
    put_attribute(&event, "id", id);
    put_attribute(&event, "source", options->source);
    put_attribute(&event, "type", options->type);
    put_attribute(&event, "time", kf__buf_text(&time));
    if (options->merge)
        put_merged(&event, call);
    kf__buf_puts(&event, "\"data\":");
    kf__buf_append(&event, call->reply.body.data, call->reply.body.length);
    kf__buf_putc(&event, '}');
    kf__buf_finish(&time);
    kf__buf_finish(&call->reply.body);
    call->reply.body = event;
    call->reply.content_type = "application/cloudevents+json";
    return status == KF_OK ? event.status : status;
}

kf_status kf__event_answer(
    kf_call *call, kf_event_form form, const kf_event_options *options)
{
    if (form == KF_EVENT_BINARY)
        return answer_binary(call, options);
    return form == KF_EVENT_STRUCTURED ? answer_structured(call, options) : KF_OK;
}
