/* SPDX-License-Identifier: Apache-2.0 */
#include "base/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool is_plain(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        char c = *at;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return *name != '\0';
}

void kf__put_place(kf_buf *buf, const kf_place *place)
{
    if (place == NULL)
        return;
    kf__put_place(buf, place->up);
    if (place->name == NULL) {
        kf__buf_printf(buf, "[%zu]", place->index);
    } else if (is_plain(place->name)) {
        kf__buf_printf(buf, "%s%s", buf->length > 0 ? "." : "", place->name);
    } else {
        kf__buf_puts(buf, "['");
        kf__buf_puts(buf, place->name);
        kf__buf_puts(buf, "']");
    }
}

void kf__find(kf_report *report, kf_severity severity, kf_status code,
    const kf_place *place, const kf_value *at, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    /* Names are cut to fit, perhaps within a character. */
    for (size_t bad; !kf__utf8_valid(message, strlen(message), &bad);)
        message[bad] = '?';
    kf_buf where = KF__BUF_INIT;
    kf__put_place(&where, place);
    kf__report_add(report, severity, code, kf__buf_text(&where), kf__line(at),
        kf__column(at), "%s", message);
    if (where.status != KF_OK && kf__nomem() != KF_OK)
        kf__report_add_last(report);
    kf__buf_finish(&where);
}

void kf__find_last(kf_report *report, const kf_place *place, const kf_value *at)
{
    const kf_error *error = kf_last_error();
    if (error->code == KF_ENOMEM) {
        kf__report_add_last(report);
        return;
    }
    char message[1024];
    (void)snprintf(message, sizeof message, "%s", error->message);
    kf__find_error(report, error->code, place, at, "%s", message);
}

void kf__find_within(kf_report *report, const kf_place *place, const kf_value *at)
{
    const kf_error *error = kf_last_error();
    int column = error->column;
    if (error->code == KF_ENOMEM || column == 0) {
        kf__find_last(report, place, at);
        return;
    }
    char message[512];
    (void)snprintf(message, sizeof message, "%s", error->message);
    kf__find_error(report, error->code, place, at, "%s (at column %d of: %.200s)",
        message, column, kf_value_string(at));
}

static const char *name_at(const void *state, size_t index)
{
    return kf_value_key(state, index);
}

kf_hint kf__hint_of(
    const char *name, const char *(*next)(const void *, size_t), const void *state)
{
    kf_hint hint = {""};
    const char *nearest = kf__nearest(name, next, state);
    if (nearest != NULL && strlen(nearest) < 120)
        (void)snprintf(hint.text, sizeof hint.text, "; did you mean '%s'?", nearest);
    return hint;
}

kf_hint kf__hint(const char *name, const kf_value *names)
{
    return kf__hint_of(name, name_at, names);
}
