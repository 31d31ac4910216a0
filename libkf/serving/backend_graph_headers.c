/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that go along to the steps of a graph. */
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "serving/backend_graph_parts.h"

/* ---- patterns ---- */

static kf_status add_pattern(kf_graph_headers *headers, const char *text, size_t length)
{
    kf_regex *made = NULL;
    char *pattern = kf__strndup(text, length);
    if (pattern == NULL)
        return KF_ENOMEM;
    kf_status status = kf__regex_new(pattern, &made);
    if (status != KF_OK && status != KF_ENOMEM) {
        kf__log(KF_LOG_WARNING, "no headers by '%.200s': %s", pattern,
            kf_last_error()->message);
        status = KF_OK;
    }
    kf__free(pattern);
    if (made != NULL && (status = kf__vec_push(&headers->patterns, made)) != KF_OK)
        kf__regex_free(made);
    return status;
}

kf_status kf__graph_headers_read(kf_graph_headers *headers, const char *patterns)
{
    KF__TRY(kf__mutex_init(&headers->mutex));
    headers->has_mutex = true;
    for (const char *at = patterns; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        /* The empty one would take every header, which nobody means. */
        if (length > 0)
            KF__TRY(add_pattern(headers, at, length));
        at += length + (at[length] == ',');
    }
    return KF_OK;
}

void kf__graph_headers_finish(kf_graph_headers *headers)
{
    for (size_t i = 0; i < headers->patterns.count; i++)
        kf__regex_free(headers->patterns.items[i]);
    kf__vec_finish(&headers->patterns);
    if (headers->has_mutex)
        kf__mutex_finish(&headers->mutex);
}

/* ---- the headers of a request ---- */

/* About the connection, the body's length or its coding: of each request anew. */
static bool is_own(const char *name)
{
    static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding",
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE",
        "Trailer", "Upgrade", "Expect", "Accept-Encoding", KF__GRAPH_DEPTH};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(name, own[i]) == 0)
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (!is_letter(*at) && strchr("0123456789!#$%&'*+-.^_`|~", *at) == NULL)
            return false;
    return *name != '\0';
}

/* As Go writes it, for which the patterns are meant: "X-Request-Id". */
static char *canonical(kf_arena *arena, const char *name)
{
    char *made = kf__arena_strdup(arena, name);
    bool upper = true;
    for (char *at = made; at != NULL && *at != '\0'; at++) {
        if (is_letter(*at))
            *at = (char)(upper ? *at & ~0x20 : *at | 0x20);
        upper = *at == '-';
    }
    return made;
}

static bool fits(kf_graph_headers *headers, const char *name)
{
    bool found = false;
    kf__mutex_lock(&headers->mutex);
    for (size_t i = 0; !found && i < headers->patterns.count; i++)
        if (kf__regex_find(headers->patterns.items[i], name, strlen(name), 0, &found) !=
            KF_OK)
            found = false;
    kf__mutex_unlock(&headers->mutex);
    return found;
}

static kf_status choose(kf_graph_headers *headers, kf_graph_run *run)
{
    const kf_call *call = run->call;
    for (size_t i = 0; headers->patterns.count > 0 && i < call->header_count; i++) {
        const kf_header *header = &call->headers[i];
        if (is_own(header->name) || !is_name(header->name))
            continue;
        const char *name = canonical(call->arena, header->name);
        if (name == NULL)
            return KF_ENOMEM;
        if (fits(headers, name))
            run->headers[run->header_count++] = (kf_header){name, header->value};
    }
    return KF_OK;
}

kf_status kf__graph_headers_choose(
    kf_graph_headers *headers, kf_graph_run *run, const char *depth)
{
    run->headers = kf__arena_alloc(
        run->call->arena, (run->call->header_count + 2) * sizeof *run->headers);
    if (run->headers == NULL)
        return KF_ENOMEM;
    KF__TRY(choose(headers, run));
    bool typed = false;
    for (size_t i = 0; i < run->header_count; i++)
        typed |= strcmp(run->headers[i].name, "Content-Type") == 0;
    if (!typed)
        run->headers[run->header_count++] =
            (kf_header){"Content-Type", "application/json"};
    run->headers[run->header_count++] = (kf_header){KF__GRAPH_DEPTH, depth};
    return KF_OK;
}
