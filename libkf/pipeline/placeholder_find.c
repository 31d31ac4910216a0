/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "pipeline/placeholder.h"

static const char *const variables[] = {"pipeline_job_name",
    "pipeline_job_resource_name", "pipeline_job_uuid", "pipeline_task_name",
    "pipeline_task_uuid", "pipeline_root", "pipeline_job_create_time_utc",
    "pipeline_job_schedule_time_utc", "workspace_path"};

static bool is(kf_span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

/* The text of ['key'], [''key''], ["key"] or [3]; `at` is past the "[" and ends past
 * the "]". */
static bool take_key(const char **at, const char *end, kf_span *out)
{
    const char *start = *at;
    size_t quotes = 0;
    char quote = start < end ? *start : '\0';
    if (quote == '\'' || quote == '"') {
        quotes = end - start > 1 && quote == '\'' && start[1] == quote ? 2 : 1;
        start += quotes;
    }
    for (const char *close = start; close < end; close++) {
        bool found = *close == ']' && (size_t)(close - start) >= quotes;
        for (size_t i = 1; found && i <= quotes; i++)
            found = close[-(ptrdiff_t)i] == quote;
        if (found) {
            *out = (kf_span){start, (size_t)(close - start) - quotes};
            *at = close + 1;
            return quotes > 0 || out->length > 0;
        }
    }
    return false;
}

/* The next step of a path: `.name` or a key in brackets. */
static bool take_step(const char **at, const char *end, kf_span *out)
{
    if (*at < end && **at == '[') {
        (*at)++;
        return take_key(at, end, out);
    }
    if (*at == end || **at != '.')
        return false;
    const char *start = ++(*at);
    while (*at < end && is_name_character(**at))
        (*at)++;
    *out = (kf_span){start, (size_t)(*at - start)};
    return out->length > 0;
}

static bool take_escapes(const char **at, const char *end, int *out)
{
    kf_span count;
    if (!take_step(at, end, &count) || count.length != 1 || count.text[0] < '0' ||
        count.text[0] > '9')
        return false;
    *out = count.text[0] - '0';
    return *at == end;
}

static bool is_variable(kf_span name)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (is(name, variables[i]))
            return true;
    }
    return false;
}

static bool parse_io(const char **at, const char *end, bool input, kf_placeholder *out)
{
    kf_span group;
    if (!take_step(at, end, &group))
        return false;
    if (is(group, "parameters"))
        out->kind = input ? KF__PLACEHOLDER_INPUT : KF__PLACEHOLDER_OUTPUT;
    else if (is(group, "artifacts"))
        out->kind = input ? KF__PLACEHOLDER_ARTIFACT : KF__PLACEHOLDER_PRODUCT;
    else if (!input && (is(group, "output_file") || is(group, "output_metadata_uri")))
        out->kind = KF__PLACEHOLDER_OUTPUT_FILE;
    else
        return false;
    return out->kind == KF__PLACEHOLDER_OUTPUT_FILE || take_step(at, end, &out->name);
}

/* The path between "{{$" and "}}". */
static bool parse_path(const char *at, const char *end, kf_placeholder *out)
{
    kf_span first;
    out->kind = KF__PLACEHOLDER_ALL;
    if (at == end)
        return true;
    if (!take_step(&at, end, &first))
        return false;
    if (is(first, "json_escape"))
        return take_escapes(&at, end, &out->escapes);
    if (is(first, "inputs") || is(first, "outputs")) {
        if (!parse_io(&at, end, is(first, "inputs"), out))
            return false;
    } else if (is(first, "outputMetadataUri") || is(first, "output_metadata_uri")) {
        out->kind = KF__PLACEHOLDER_OUTPUT_FILE;
    } else {
        out->kind = KF__PLACEHOLDER_VARIABLE;
        out->name = first;
        if (!is_variable(first))
            return false;
    }
    while (at < end) {
        kf_span member;
        if (!take_step(&at, end, &member))
            return false;
        if (is(member, "json_escape"))
            return take_escapes(&at, end, &out->escapes);
        if (out->member_count == KF__PLACEHOLDER_MEMBERS)
            return false;
        out->members[out->member_count++] = member;
    }
    return true;
}

bool kf__placeholder_find(const char *text, kf_placeholder *out)
{
    const char *start = strstr(text, "{{$");
    if (start == NULL)
        return false;
    const char *path = start + 3;
    const char *end = strstr(path, "}}");
    *out = (kf_placeholder){.kind = KF__PLACEHOLDER_OTHER};
    if (end == NULL) {
        out->whole = (kf_span){start, 3};
        return true;
    }
    if (!parse_path(path, end, out)) {
        /* Perhaps a placeholder begins within these braces. */
        *out = (kf_placeholder){.kind = KF__PLACEHOLDER_OTHER};
        const char *within = strstr(path, "{{$");
        end = within != NULL && within < end ? within - 2 : end;
    }
    out->whole = (kf_span){start, (size_t)(end + 2 - start)};
    return true;
}
