/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Python's json module writes it. */
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/value_node.h"

#include <stdlib.h>
#include <string.h>

typedef struct json_writer {
    kf_buf *buf;
    kf_json_style style;
    bool sorted;
    bool ascii;
    int level;
} json_writer;

static void write_value(json_writer *writer, const kf_value *value);

static void put_unicode_escape(kf_buf *buf, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    const char text[6] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15],
        hex[unit >> 4 & 15], hex[unit & 15]};
    kf__buf_append(buf, text, sizeof text);
}

static void put_escaped(kf_buf *buf, uint32_t code_point)
{
    static const char special[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof special; i += 2)
        if (code_point == (unsigned char)special[i]) {
            const char text[2] = {'\\', special[i + 1]};
            kf__buf_append(buf, text, sizeof text);
            return;
        }
    if (code_point < 0x10000) {
        put_unicode_escape(buf, code_point);
        return;
    }
    put_unicode_escape(buf, 0xD800 + ((code_point - 0x10000) >> 10));
    put_unicode_escape(buf, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
}

static bool is_plain(const json_writer *writer, unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' &&
           (!writer->ascii || byte < 0x7F);
}

static void write_text(const json_writer *writer, const char *text, size_t length)
{
    const char *end = text + length;
    kf__buf_putc(writer->buf, '"');
    while (text < end) {
        const char *plain = text;
        while (text < end && is_plain(writer, (unsigned char)*text))
            text++;
        kf__buf_append(writer->buf, plain, (size_t)(text - plain));
        if (text < end)
            put_escaped(writer->buf, kf__utf8_next(&text, end));
    }
    kf__buf_putc(writer->buf, '"');
}

static void write_integer(kf_buf *buf, int64_t integer)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        digits[--at] = '-';
    kf__buf_append(buf, digits + at, sizeof digits - at);
}

static void break_line(const json_writer *writer)
{
    kf__buf_putc(writer->buf, '\n');
    kf__buf_fill(writer->buf, ' ', 2 * (size_t)writer->level);
}

/* Before entry `index` of a list or struct. */
static void write_separator(const json_writer *writer, uint32_t index)
{
    if (index > 0)
        kf__buf_putc(writer->buf, ',');
    if (writer->style == KF_JSON_INDENTED)
        break_line(writer);
    else if (index > 0 && writer->style == KF_JSON_SPACED)
        kf__buf_putc(writer->buf, ' ');
}

static void write_member(json_writer *writer, const kf_member *member)
{
    write_text(writer, member->key, strlen(member->key));
    kf__buf_puts(writer->buf, writer->style == KF_JSON_COMPACT ? ":" : ": ");
    write_value(writer, member->value);
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const kf_member *)a)->key, ((const kf_member *)b)->key);
}

static kf_member *sorted_members(const json_writer *writer, const kf_value *object)
{
    kf_member *members = kf__reallocarray(NULL, object->length, sizeof *members);
    if (members == NULL) {
        writer->buf->status = KF_ENOMEM;
        return NULL;
    }
    memcpy(members, object->as.members, object->length * sizeof *members);
    qsort(members, object->length, sizeof *members, compare_members);
    return members;
}

static void write_struct(json_writer *writer, const kf_value *object)
{
    kf_member *sorted = writer->sorted ? sorted_members(writer, object) : NULL;
    const kf_member *members = sorted != NULL ? sorted : object->as.members;
    for (uint32_t i = 0; i < object->length && writer->buf->status == KF_OK; i++) {
        write_separator(writer, i);
        write_member(writer, &members[i]);
    }
    kf__free(sorted);
}

static void write_entries(json_writer *writer, const kf_value *value)
{
    bool is_struct = value->kind == KF_KIND_STRUCT;
    kf__buf_putc(writer->buf, is_struct ? '{' : '[');
    writer->level++;
    if (is_struct && value->length > 0)
        write_struct(writer, value);
    for (uint32_t i = 0; !is_struct && i < value->length; i++) {
        write_separator(writer, i);
        write_value(writer, value->as.items[i]);
    }
    writer->level--;
    if (value->length > 0 && writer->style == KF_JSON_INDENTED)
        break_line(writer);
    kf__buf_putc(writer->buf, is_struct ? '}' : ']');
}

static void write_value(json_writer *writer, const kf_value *value)
{
    switch (kf_value_kind(value)) {
    case KF_KIND_NULL:
        kf__buf_puts(writer->buf, "null");
        break;
    case KF_KIND_BOOL:
        kf__buf_puts(writer->buf, value->as.boolean ? "true" : "false");
        break;
    case KF_KIND_INT:
        write_integer(writer->buf, value->as.integer);
        break;
    case KF_KIND_DOUBLE:
        kf__put_double(writer->buf, value->as.number);
        break;
    case KF_KIND_STRING:
        write_text(writer, value->as.text, value->length);
        break;
    case KF_KIND_LIST:
    case KF_KIND_STRUCT:
        write_entries(writer, value);
        break;
    }
}

void kf__put_json(kf_buf *buf, const kf_value *value, kf_json_style style)
{
    json_writer writer = {.buf = buf, .style = style};
    write_value(&writer, value);
}

void kf__put_json_text(kf_buf *buf, const char *text, size_t length)
{
    json_writer writer = {.buf = buf};
    write_text(&writer, text, length);
}

void kf__put_json_sorted_as(kf_buf *buf, const kf_value *value, kf_json_style style)
{
    json_writer writer = {.buf = buf, .style = style, .sorted = true, .ascii = true};
    write_value(&writer, value);
}

void kf__put_json_sorted(kf_buf *buf, const kf_value *value)
{
    kf__put_json_sorted_as(buf, value, KF_JSON_SPACED);
}

kf_status kf_value_write(const kf_value *value, kf_json_style style, char **out)
{
    KF__REQUIRE(value != NULL && out != NULL);
    if (style < KF_JSON_COMPACT || style > KF_JSON_INDENTED)
        return kf__fail(KF_EINVAL, NULL, "%d is no style of JSON", (int)style);
    kf_buf buf = KF__BUF_INIT;
    kf__put_json(&buf, value, style);
    return kf__buf_take(&buf, out);
}
