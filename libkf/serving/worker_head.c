/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of frames that carry calls and replies. */
#include "serving/worker_parts.h"

#include "base/error.h"
#include "base/scan.h"
#include "base/value.h"

void kf__head_put_headers(kf_buf *out, const kf_header *headers, size_t count)
{
    kf__buf_puts(out, "\"headers\":[");
    for (size_t i = 0; i < count; i++) {
        kf__buf_puts(out, i > 0 ? ",[" : "[");
        kf__put_json_text(out, headers[i].name, strlen(headers[i].name));
        kf__buf_putc(out, ',');
        kf__put_json_text(out, headers[i].value, strlen(headers[i].value));
        kf__buf_putc(out, ']');
    }
    kf__buf_putc(out, ']');
}

typedef struct reader {
    kf_scan scan;
    kf_arena *arena;
    kf_buf scratch;
} reader;

static bool read_text(reader *self, const char **out)
{
    const char *text;
    size_t length;
    if (!kf__scan_string(&self->scan, &text, &length, &self->scratch))
        return false;
    *out = kf__arena_strndup(self->arena, text, length);
    return *out != NULL;
}

static bool read_optional(reader *self, const char **out)
{
    return kf__scan_peek(&self->scan) == 'n' ? kf__scan_null(&self->scan)
                                             : read_text(self, out);
}

static bool read_header(reader *self, kf_header *out)
{
    kf_scan *scan = &self->scan;
    if (!kf__scan_list(scan) || !kf__scan_item(scan) || !read_text(self, &out->name) ||
        !kf__scan_item(scan) || !read_text(self, &out->value))
        return kf__scan_expected(scan, "[name, value]");
    return !kf__scan_item(scan) || kf__scan_expected(scan, "[name, value]");
}

static bool make_room(reader *self, kf_head *out)
{
    size_t count = out->header_count;
    if (count % 8 != 0)
        return true;
    kf_header *more = kf__arena_alloc(self->arena, (count + 8) * sizeof *more);
    if (more == NULL)
        return false;
    if (count > 0)
        memcpy(more, out->headers, count * sizeof *more);
    out->headers = more;
    return true;
}

static bool read_headers(reader *self, kf_head *out)
{
    enum { MOST = 256 };
    kf_scan *scan = &self->scan;
    if (!kf__scan_list(scan))
        return false;
    while (kf__scan_item(scan)) {
        kf_header header = {NULL, NULL};
        if (!read_header(self, &header))
            return false;
        if (out->header_count == MOST)
            return kf__scan_expected(scan, "at most 256 headers");
        if (!make_room(self, out))
            return false;
        out->headers[out->header_count++] = header;
    }
    return scan->fault == NULL;
}

static bool is(const char *name, size_t length, const char *expected)
{
    return strlen(expected) == length && memcmp(name, expected, length) == 0;
}

static bool read_member(reader *self, const char *name, size_t length, kf_head *out)
{
    kf_scan *scan = &self->scan;
    int64_t number = 0;
    if (is(name, length, "headers"))
        return read_headers(self, out);
    if (is(name, length, "status"))
        return kf__scan_int64(scan, &out->status);
    if (is(name, length, "method"))
        return read_text(self, &out->method);
    if (is(name, length, "path"))
        return read_text(self, &out->path);
    if (is(name, length, "query"))
        return read_optional(self, &out->query);
    if (!is(name, length, "of"))
        return kf__scan_skip(scan, NULL, NULL);
    if (!kf__scan_int64(scan, &number))
        return false;
    out->of = (uint64_t)number;
    return true;
}

kf_status kf__head_read(kf_arena *arena, const char *text, size_t length, kf_head *out)
{
    reader self = {.arena = arena};
    const char *name;
    size_t name_length;
    bool going = true;
    *out = (kf_head){0};
    kf__scan_start(&self.scan, text, length);
    if (kf__scan_object(&self.scan))
        while (going && kf__scan_name(&self.scan, &name, &name_length, &self.scratch))
            going = read_member(&self, name, name_length, out);
    kf__buf_finish(&self.scratch);
    KF__TRY(kf__scan_status(&self.scan, NULL));
    if (!going)
        return kf__nomem();
    (void)kf__scan_end(&self.scan);
    return kf__scan_status(&self.scan, NULL);
}
