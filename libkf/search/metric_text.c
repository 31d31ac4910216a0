/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics in the lines of a log: text through filters, or a JSON object each. */
#include "search/metric.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/regex.h"
#include "search/experiment.h"

enum {
    MOST_NOTES = 20,
    MOST_MATCHES = 1000, /* Of one filter in one line. */
    /* So many lines on which it explodes, and a filter is given up. */
    MOST_EXPLOSIONS = 20
};

typedef struct filter {
    kf_regex *regex;
    int explosions;
} filter;

struct kf_metric_parser {
    kf_metric_format format;
    kf_arena arena;
    const char **names;
    size_t name_count;
    KF__VEC(filter) filters;
    kf_metric_sink sink;
    kf_metric_note note;
    void *payload;
    kf_buf line;
    bool too_long;
    int64_t number; /* Of the line, from 1. */
    int notes;
};

/* ---- making ---- */

static kf_status add_filter(kf_metric_parser *parser, const char *pattern)
{
    filter made = {0};
    KF__TRY(kf__regex_new(pattern, &made.regex));
    kf_status status = KF_OK;
    if (kf__regex_group_count(made.regex) < 2)
        status = kf__fail(KF_EINVAL, NULL,
            "'%.200s' needs two groups: the name of the metric and its value", pattern);
    if (status == KF_OK)
        status = kf__vec_push(&parser->filters, made);
    if (status != KF_OK)
        kf__regex_free(made.regex);
    return status;
}

static kf_status fill(kf_metric_parser *parser, const kf_metric_parser_options *options)
{
    size_t count = kf_value_length(options->filters);
    parser->names = kf__arena_alloc(
        &parser->arena, (options->name_count + 1) * sizeof *parser->names);
    if (parser->names == NULL)
        return kf__nomem();
    for (size_t i = 0; i < options->name_count; i++) {
        parser->names[i] = kf__arena_strdup(&parser->arena, options->names[i]);
        if (parser->names[i] == NULL)
            return kf__nomem();
    }
    if (options->format == KF__METRIC_JSON)
        return KF_OK;
    for (size_t i = 0; i < count; i++) {
        const char *pattern = kf_value_string(kf_value_at(options->filters, i));
        KF__TRY(add_filter(parser, pattern != NULL ? pattern : ""));
    }
    return count > 0 ? KF_OK : add_filter(parser, KF__DEFAULT_FILTER);
}

kf_status kf__metric_parser_new(
    const kf_metric_parser_options *options, kf_metric_parser **out)
{
    kf_metric_parser *parser = kf__calloc(1, sizeof *parser);
    if (parser == NULL)
        return kf__nomem();
    parser->format = options->format;
    parser->name_count = options->name_count;
    parser->sink = options->sink;
    parser->note = options->note;
    parser->payload = options->payload;
    parser->number = 1;
    kf_status status = fill(parser, options);
    if (status == KF_OK)
        *out = parser;
    else
        kf__metric_parser_free(parser);
    return status;
}

void kf__metric_parser_free(kf_metric_parser *parser)
{
    if (parser == NULL)
        return;
    for (size_t i = 0; i < parser->filters.count; i++)
        kf__regex_free(parser->filters.items[i].regex);
    kf__vec_finish(&parser->filters);
    kf__buf_finish(&parser->line);
    kf__arena_finish(&parser->arena);
    kf__free(parser);
}

static void note(kf_metric_parser *parser, const char *message)
{
    if (parser->note != NULL && parser->notes < MOST_NOTES)
        parser->note(parser->payload, parser->number, message);
    parser->notes++;
}

/* ---- text ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A part of the line as text of its own, without blanks around it. */
static kf_status part(const kf_metric_parser *parser, const char *line, size_t group,
    const kf_regex *regex, kf_buf *out)
{
    size_t start = 0, end = 0;
    kf__buf_truncate(out, 0);
    if (kf__regex_group(regex, group, &start, &end)) {
        while (start < end && is_blank(line[start]))
            start++;
        while (end > start && is_blank(line[end - 1]))
            end--;
        kf__buf_append(out, line + start, end - start);
    }
    return out->status == KF_OK ? KF_OK : kf__nomem();
}

static const char *find_name(const kf_metric_parser *parser, const kf_buf *name)
{
    for (size_t i = 0; i < parser->name_count; i++)
        if (strlen(parser->names[i]) == name->length &&
            strcmp(parser->names[i], kf__buf_text(name)) == 0)
            return parser->names[i];
    return NULL;
}

static kf_status take_match(const kf_metric_parser *parser, const char *line,
    const kf_regex *regex, int64_t time, kf_buf *name, kf_buf *value)
{
    KF__TRY(part(parser, line, 1, regex, name));
    const char *metric = find_name(parser, name);
    if (metric == NULL)
        return KF_OK;
    KF__TRY(part(parser, line, 2, regex, value));
    const char *text = kf__buf_text(value);
    kf_metric_record record = {metric, time, kf__metric_number(text), text};
    return parser->sink(parser->payload, &record);
}

static void explode(kf_metric_parser *parser, filter *self)
{
    self->explosions++;
    note(parser, self->explosions < MOST_EXPLOSIONS
                     ? "a filter takes too many steps on this line, which it leaves out"
                     : "a filter takes too many steps on this line and many before it, "
                       "and is given up");
}

static kf_status run_filter(kf_metric_parser *parser, filter *self, const char *line,
    size_t length, int64_t time)
{
    kf_buf name = KF__BUF_INIT, value = KF__BUF_INIT;
    kf_status status = KF_OK;
    bool found = true;
    size_t at = 0;
    for (int count = 0; status == KF_OK && count < MOST_MATCHES; count++) {
        status = kf__regex_find(self->regex, line, length, at, &found);
        if (status != KF_OK || !found)
            break;
        status = take_match(parser, line, self->regex, time, &name, &value);
        at = kf__regex_resume(self->regex, line, length);
    }
    kf__buf_finish(&name);
    kf__buf_finish(&value);
    if (status == KF_ELIMIT && found == false) {
        explode(parser, self);
        return KF_OK;
    }
    return status;
}

static bool names_a_metric(
    const kf_metric_parser *parser, const char *line, size_t length)
{
    for (size_t i = 0; i < parser->name_count; i++)
        if (memmem(line, length, parser->names[i], strlen(parser->names[i])) != NULL)
            return true;
    return false;
}

static kf_status read_line(kf_metric_parser *parser, const char *line, size_t length)
{
    size_t start = 0, end;
    while (start < length && is_blank(line[start]))
        start++;
    for (end = start; end < length && !is_blank(line[end]);)
        end++;
    int64_t time;
    if (!kf__parse_time_ns(line + start, end - start, &time))
        time = KF__NO_TIME;
    for (size_t i = 0; i < parser->filters.count; i++)
        if (parser->filters.items[i].explosions < MOST_EXPLOSIONS)
            KF__TRY(run_filter(parser, &parser->filters.items[i], line, length, time));
    return KF_OK;
}

/* ---- JSON ---- */

/* Python writes NaN and Infinity, which are no JSON: null in their place, and spaces. */
static bool null_numbers(char *line, size_t length)
{
    bool in_text = false, changed = false;
    static const char *const words[] = {"-Infinity", "Infinity", "NaN"};
    for (size_t i = 0; i < length; i++) {
        if (in_text && line[i] == '\\') {
            i++;
            continue;
        }
        if (line[i] == '"')
            in_text = !in_text;
        for (size_t k = 0; !in_text && k < 3; k++) {
            size_t size = strlen(words[k]);
            if (i + size > length || memcmp(line + i, words[k], size) != 0)
                continue;
            memset(line + i, ' ', size);
            memcpy(line + i, size == 3 ? "\"\" " : "null", size == 3 ? 3 : 4);
            changed = true;
        }
    }
    return changed;
}

static int64_t time_of(const kf_value *value)
{
    int64_t time;
    const char *text = kf_value_string(value);
    double seconds = kf_value_double(value);
    if (text != NULL && kf__parse_time_ns(text, strlen(text), &time))
        return time;
    if (text != NULL && !(kf__parse_double(text, &seconds) && isfinite(seconds)))
        return KF__NO_TIME;
    if (value == NULL || !(fabs(seconds) < 9.2e9) || seconds == 0)
        return KF__NO_TIME;
    /* In two parts: a double has no room for nanoseconds of today. */
    double whole = floor(seconds);
    return (int64_t)whole * 1000000000 + (int64_t)((seconds - whole) * 1e9);
}

static kf_status take_member(
    kf_metric_parser *parser, const char *name, const kf_value *value, int64_t time)
{
    kf_metric_record record = {.name = name, .time_ns = time, .value = (double)NAN};
    kf_buf text = KF__BUF_INIT;
    if (kf__is(value, KF_KIND_STRING)) {
        record.text = kf_value_string(value);
        record.value = kf__metric_number(record.text);
        return parser->sink(parser->payload, &record);
    }
    if (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE))
        record.value = kf_value_double(value);
    kf__put_json(&text, value, KF_JSON_COMPACT);
    record.text = kf__buf_text(&text);
    kf_status status =
        text.status == KF_OK ? parser->sink(parser->payload, &record) : kf__nomem();
    kf__buf_finish(&text);
    return status;
}

static kf_status read_object(kf_metric_parser *parser, char *line, size_t length)
{
    kf_value *object = NULL;
    kf_status status = kf_value_parse(line, length, &object);
    if (status == KF_EPARSE && null_numbers(line, length))
        status = kf_value_parse(line, length, &object);
    if (status == KF_ENOMEM)
        return status;
    if (status != KF_OK || !kf__is(object, KF_KIND_STRUCT)) {
        note(parser,
            status == KF_OK ? "the line is no JSON object" : kf_last_error()->message);
        kf_value_free(object);
        return KF_OK;
    }
    int64_t time = time_of(kf_value_get(object, "timestamp"));
    for (size_t i = 0; status == KF_OK && i < parser->name_count; i++) {
        const kf_value *value = kf_value_get(object, parser->names[i]);
        if (value != NULL)
            status = take_member(parser, parser->names[i], value, time);
    }
    kf_value_free(object);
    return status;
}

/* ---- lines ---- */

/* Bytes that are no UTF-8 become "?". */
static void mend(char *line, size_t length)
{
    size_t bad;
    while (!kf__utf8_valid(line, length, &bad)) {
        line[bad] = '?';
        line += bad;
        length -= bad;
    }
}

static kf_status end_line(kf_metric_parser *parser)
{
    kf_status status = KF_OK;
    size_t length = parser->line.length;
    if (parser->line.status != KF_OK)
        return kf__nomem();
    if (parser->too_long)
        note(parser, "the line is longer than 16 KiB: the rest of it is not read");
    if (length > 0 && names_a_metric(parser, parser->line.data, length)) {
        mend(parser->line.data, length);
        status = parser->format == KF__METRIC_JSON
                     ? read_object(parser, parser->line.data, length)
                     : read_line(parser, parser->line.data, length);
    }
    kf__buf_truncate(&parser->line, 0);
    parser->too_long = false;
    return status;
}

static void add_to_line(kf_metric_parser *parser, const char *data, size_t length)
{
    size_t room = KF__LIMIT_LOG_LINE - parser->line.length;
    if (length > room)
        parser->too_long = true;
    kf__buf_append(&parser->line, data, length > room ? room : length);
}

/* A carriage return ends a line too: progress bars write over theirs. */
static size_t until_break(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] == '\n' || data[i] == '\r')
            return i;
    return length;
}

kf_status kf__metric_parser_feed(
    kf_metric_parser *parser, const void *data, size_t length)
{
    const char *at = data;
    while (length > 0) {
        size_t piece = until_break(at, length);
        add_to_line(parser, at, piece);
        if (piece == length)
            return parser->line.status == KF_OK ? KF_OK : kf__nomem();
        KF__TRY(end_line(parser));
        parser->number += at[piece] == '\n';
        at += piece + 1;
        length -= piece + 1;
    }
    return KF_OK;
}

kf_status kf__metric_parser_finish(kf_metric_parser *parser)
{
    return end_line(parser);
}
