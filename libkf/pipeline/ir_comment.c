/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_comment.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pipeline/type.h"

/* ---- values as Python's str() and repr() write them ---- */

static bool is_line_break(uint32_t c)
{
    return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
           c == 0x2028 || c == 0x2029;
}

/* What a YAML stream or one line of it cannot hold. */
static bool breaks_comment(uint32_t c)
{
    return is_line_break(c) || (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) ||
           c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

/* Python's str.isprintable, but for characters that Unicode has not assigned. */
static bool is_printable(uint32_t c)
{
    static const uint32_t ranges[][2] = {{0, 0x1F}, {0x7F, 0xA0}, {0xAD, 0xAD},
        {0x600, 0x605}, {0x61C, 0x61C}, {0x6DD, 0x6DD}, {0x70F, 0x70F},
        {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200F}, {0x2028, 0x202F},
        {0x205F, 0x206F}, {0x3000, 0x3000}, {0xD800, 0xF8FF}, {0xFEFF, 0xFEFF},
        {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0x10FFFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return false;
    }
    return true;
}

static void put_escape(kf_buf *buf, uint32_t c)
{
    if (c == '\n' || c == '\r' || c == '\t')
        kf__buf_puts(buf, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
    else if (c < 0x100)
        kf__buf_printf(buf, "\\x%02x", (unsigned)c);
    else
        kf__buf_printf(buf, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
}

static void put_safe(kf_buf *buf, const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        uint32_t c = kf__utf8_next(&text, end);
        if (breaks_comment(c))
            put_escape(buf, c);
        else
            kf__utf8_put(buf, c);
    }
}

static void put_repr_text(kf_buf *buf, const char *text, size_t length)
{
    bool single = memchr(text, '\'', length) != NULL;
    char quote = single && memchr(text, '"', length) == NULL ? '"' : '\'';
    kf__buf_putc(buf, quote);
    for (const char *end = text + length; text < end;) {
        uint32_t c = kf__utf8_next(&text, end);
        if (c == '\\' || c == (uint32_t)quote) {
            kf__buf_putc(buf, '\\');
            kf__buf_putc(buf, (char)c);
        } else if (is_printable(c)) {
            kf__utf8_put(buf, c);
        } else {
            put_escape(buf, c);
        }
    }
    kf__buf_putc(buf, quote);
}

static void put_repr(kf_buf *buf, const kf_value *value)
{
    size_t count = kf_value_length(value);
    switch (kf_value_kind(value)) {
    case KF_KIND_NULL:
        kf__buf_puts(buf, "None");
        return;
    case KF_KIND_BOOL:
        kf__buf_puts(buf, kf_value_bool(value) ? "True" : "False");
        return;
    case KF_KIND_STRING:
        put_repr_text(buf, kf_value_string(value), count);
        return;
    case KF_KIND_LIST:
        kf__buf_putc(buf, '[');
        for (size_t i = 0; i < count; i++) {
            kf__buf_puts(buf, i > 0 ? ", " : "");
            put_repr(buf, kf_value_at(value, i));
        }
        kf__buf_putc(buf, ']');
        return;
    case KF_KIND_STRUCT:
        kf__buf_putc(buf, '{');
        for (size_t i = 0; i < count; i++) {
            kf__buf_puts(buf, i > 0 ? ", " : "");
            put_repr_text(buf, kf_value_key(value, i), strlen(kf_value_key(value, i)));
            kf__buf_puts(buf, ": ");
            put_repr(buf, kf_value_at(value, i));
        }
        kf__buf_putc(buf, '}');
        return;
    default:
        kf__put_json(buf, value, KF_JSON_COMPACT);
        return;
    }
}

/* ---- inputs and outputs ---- */

typedef struct line {
    const char *name;
    const kf_value *definition;
    size_t position; /* Keeps parameters before artifacts of the same name. */
} line;

static int compare_lines(const void *left, const void *right)
{
    const line *a = left;
    const line *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : a->position < b->position ? -1 : 1;
}

static void put_line(kf_buf *buf, const line *entry)
{
    const char *type = kf__get_text(entry->definition, "parameterType");
    const kf_value *default_value = kf_value_get(entry->definition, "defaultValue");
    const char *comment;
    if (type != NULL)
        comment = kf__type_comment_name(kf__type_of_name(type));
    else
        comment = kf__get_text(
            kf_value_get(entry->definition, "artifactType"), "schemaTitle");
    kf__buf_puts(buf, "#    ");
    put_safe(buf, entry->name, strlen(entry->name));
    kf__buf_puts(buf, ": ");
    if (comment != NULL)
        put_safe(buf, comment, strlen(comment));
    if (default_value != NULL) {
        kf__buf_puts(buf, " [Default: ");
        if (kf_value_kind(default_value) == KF_KIND_STRING) {
            kf__buf_putc(buf, '\'');
            put_safe(
                buf, kf_value_string(default_value), kf_value_length(default_value));
            kf__buf_putc(buf, '\'');
        } else {
            put_repr(buf, default_value);
        }
        kf__buf_putc(buf, ']');
    }
    kf__buf_putc(buf, '\n');
}

static void put_signature(kf_buf *buf, const kf_value *definitions, const char *heading)
{
    static const char *const groups[] = {"parameters", "artifacts"};
    if (definitions == NULL)
        return;
    kf__buf_puts(buf, heading);
    size_t count = kf_value_length(kf_value_get(definitions, groups[0])) +
                   kf_value_length(kf_value_get(definitions, groups[1]));
    if (count == 0)
        return;
    line *lines = kf__calloc(count, sizeof *lines);
    if (lines == NULL) {
        buf->status = KF_ENOMEM;
        return;
    }
    size_t used = 0;
    for (size_t group = 0; group < 2; group++) {
        const kf_value *entries = kf_value_get(definitions, groups[group]);
        for (size_t i = 0; kf_value_key(entries, i) != NULL; i++, used++)
            lines[used] =
                (line){kf_value_key(entries, i), kf_value_at(entries, i), used};
    }
    qsort(lines, used, sizeof *lines, compare_lines);
    for (size_t i = 0; i < used; i++)
        put_line(buf, &lines[i]);
    kf__free(lines);
}

/* Lines as Python's str.splitlines finds them. */
static void put_description(kf_buf *buf, const char *description)
{
    const char *end = description + strlen(description);
    kf__buf_puts(buf, "# Description: ");
    while (description < end) {
        const char *start = description;
        const char *stop = start;
        uint32_t c = 0;
        while (description < end && !is_line_break(c)) {
            stop = description;
            c = kf__utf8_next(&description, end);
        }
        bool broken = is_line_break(c);
        put_safe(buf, start, (size_t)((broken ? stop : description) - start));
        if (c == '\r' && description < end && *description == '\n')
            description++;
        if (description < end)
            kf__buf_puts(buf, "\n#              ");
    }
    kf__buf_putc(buf, '\n');
}

void kf__ir_put_comment(kf_buf *buf, const kf_value *spec, const char *description)
{
    const char *name = kf__get_text(kf_value_get(spec, "pipelineInfo"), "name");
    const kf_value *root = kf_value_get(spec, "root");
    kf__buf_puts(buf, "# PIPELINE DEFINITION\n# Name: ");
    if (name != NULL)
        put_safe(buf, name, strlen(name));
    kf__buf_putc(buf, '\n');
    if (description != NULL)
        put_description(buf, description);
    put_signature(buf, kf_value_get(root, "inputDefinitions"), "# Inputs:\n");
    put_signature(buf, kf_value_get(root, "outputDefinitions"), "# Outputs:\n");
}
