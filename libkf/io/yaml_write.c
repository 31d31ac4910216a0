/* SPDX-License-Identifier: Apache-2.0 */
/* An emitter of our own: libyaml's writes other text than PyYAML and takes several times as long.
 * yaml_text.c writes the scalars. */
#include "io/yaml.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/yaml_text.h"

#include <stdlib.h>

/* The short form: a list or struct of nothing but scalars stands in one line if that is
 * no longer than this. */
#define SHORT_WIDTH 100

/* PyYAML compares the characters of a name and of its tag "!!str" with 128. */
#define SIMPLE_KEY_LENGTH (128 - 5)

static void put_int(kf_yaml_emitter *out, int64_t integer)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        digits[--at] = '-';
    kf__yaml_put_word(out, digits + at, sizeof digits - at);
}

/* Python's repr, with the point that YAML 1.1 asks for: "1e-05" becomes "1.0e-05". */
static void put_double(kf_yaml_emitter *out, double number)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_double(&text, number);
    const char *digits = kf__buf_text(&text);
    const char *exponent = strchr(digits, 'e');
    if (exponent != NULL && strchr(digits, '.') == NULL) {
        kf__yaml_put_word(out, digits, (size_t)(exponent - digits));
        kf__buf_puts(out->buf, ".0");
        kf__buf_puts(out->buf, exponent);
    } else {
        kf__yaml_put_word(out, digits, text.length);
    }
    if (text.status != KF_OK)
        out->buf->status = text.status;
    kf__buf_finish(&text);
}

static void put_node(
    kf_yaml_emitter *out, const kf_value *value, int indent, bool in_mapping);

/* Plain text is ASCII in one line. */
static bool is_simple_key(const char *key, size_t length, kf_yaml_style chosen)
{
    if (chosen == KF__YAML_PLAIN || length == 0)
        return length > 0 && length < SIMPLE_KEY_LENGTH;
    size_t characters = 0;
    for (const char *at = key, *end = key + length; at < end; characters++) {
        uint32_t code_point = kf__utf8_next(&at, end);
        if (code_point == '\n' || code_point == 0x85 || code_point == 0x2028 ||
            code_point == 0x2029)
            return false;
    }
    return characters < SIMPLE_KEY_LENGTH;
}

static void put_member(
    kf_yaml_emitter *out, const char *key, const kf_value *value, int indent)
{
    size_t length = strlen(key);
    kf_yaml_style chosen = kf__yaml_style(out, key, length);
    kf__yaml_put_indent(out, indent);
    if (is_simple_key(key, length, chosen)) {
        kf__yaml_put_text(out, key, length, chosen, false, 0);
        kf__yaml_put_indicator(out, ":", false, false);
    } else {
        kf__yaml_put_indicator(out, "?", true, true);
        kf__yaml_put_text(out, key, length, chosen, true, indent + KF__YAML_INDENT);
        kf__yaml_put_indent(out, indent);
        kf__yaml_put_indicator(out, ":", true, true);
    }
    put_node(out, value, indent, true);
}

typedef struct member {
    const char *key;
    const kf_value *value;
} member;

/* The order of code points, which Python sorts by, is the order of the bytes of UTF-8.
 */
static int compare_members(const void *a, const void *b)
{
    return strcmp(((const member *)a)->key, ((const member *)b)->key);
}

static bool is_sorted(const kf_value *value, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (strcmp(kf_value_key(value, i - 1), kf_value_key(value, i)) >= 0)
            return false;
    }
    return true;
}

static void put_sorting(
    kf_yaml_emitter *out, const kf_value *value, size_t count, int indent)
{
    member *members = kf__reallocarray(NULL, count, sizeof *members);
    if (members == NULL) {
        out->buf->status = kf__nomem();
        return;
    }
    for (size_t i = 0; i < count; i++)
        members[i] = (member){kf_value_key(value, i), kf_value_at(value, i)};
    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0; i < count; i++)
        put_member(out, members[i].key, members[i].value, indent);
    kf__free(members);
}

static void put_struct(kf_yaml_emitter *out, const kf_value *value, int indent)
{
    size_t count = kf_value_length(value);
    int inner = indent < 0 ? 0 : indent + KF__YAML_INDENT;
    if (count == 0) {
        kf__yaml_put_indicator(out, "{}", true, false);
    } else if (!is_sorted(value, count)) {
        put_sorting(out, value, count, inner);
    } else {
        for (size_t i = 0; i < count; i++)
            put_member(out, kf_value_key(value, i), kf_value_at(value, i), inner);
    }
}

static void put_list(
    kf_yaml_emitter *out, const kf_value *value, int indent, bool in_mapping)
{
    size_t count = kf_value_length(value);
    if (count == 0) {
        kf__yaml_put_indicator(out, "[]", true, false);
        return;
    }
    bool indentless = in_mapping && !out->indention;
    int inner = indent < 0 ? 0 : indentless ? indent : indent + KF__YAML_INDENT;
    for (size_t i = 0; i < count; i++) {
        kf__yaml_put_indent(out, inner);
        kf__yaml_put_indicator(out, "-", true, true);
        put_node(out, kf_value_at(value, i), inner, false);
    }
}

static void put_string(kf_yaml_emitter *out, const kf_value *value, int indent)
{
    const char *text = kf_value_string(value);
    size_t length = kf_value_length(value);
    kf__yaml_put_text(out, text, length, kf__yaml_style(out, text, length), true,
        indent < 0 ? KF__YAML_INDENT : indent + KF__YAML_INDENT);
}

static void put_plain_scalar(kf_yaml_emitter *out, const kf_value *value)
{
    bool boolean = kf_value_bool(value);
    switch (kf_value_kind(value)) {
    case KF_KIND_BOOL:
        kf__yaml_put_word(out, boolean ? "true" : "false", boolean ? 4 : 5);
        break;
    case KF_KIND_INT:
        put_int(out, kf_value_int(value));
        break;
    case KF_KIND_DOUBLE:
        put_double(out, kf_value_double(value));
        break;
    default:
        kf__yaml_put_word(out, "null", 4);
    }
}

/* ---- the short form ---- */

static size_t column_of(const kf_yaml_emitter *out)
{
    return out->buf->length - out->line_start;
}

/* Within brackets some characters end plain text (PyYAML: allow_flow_plain). */
static void put_inline_text(kf_yaml_emitter *out, const char *text, size_t length)
{
    kf_yaml_style style = kf__yaml_style(out, text, length);
    if (style == KF__YAML_PLAIN && strpbrk(text, ",?:[]{}") != NULL)
        style = KF__YAML_SINGLE;
    kf__yaml_put_text(out, text, length, style, false, 0);
}

enum { INLINE_MEMBERS = 16 };

static bool is_inline_scalar(const kf_value *value)
{
    const char *text = kf_value_string(value);
    return kf_value_kind(value) != KF_KIND_LIST &&
           kf_value_kind(value) != KF_KIND_STRUCT &&
           (text == NULL || memchr(text, '\n', kf_value_length(value)) == NULL);
}

/* The members, or the items without keys, in order; 0 if they cannot fit in a line. */
static size_t inline_members(const kf_value *value, member *out)
{
    size_t count = kf_value_length(value), total = 0;
    if (count > INLINE_MEMBERS)
        return 0;
    for (size_t i = 0; i < count; i++) {
        member next = {kf_value_key(value, i), kf_value_at(value, i)};
        if (!is_inline_scalar(next.value) ||
            (next.key != NULL && strchr(next.key, '\n') != NULL))
            return 0;
        total += kf_value_length(next.value) + (next.key ? strlen(next.key) : 0) + 2;
        size_t at = i;
        for (; at > 0 && next.key != NULL && compare_members(&out[at - 1], &next) > 0;
             at--)
            out[at] = out[at - 1];
        out[at] = next;
    }
    return total < SHORT_WIDTH ? count : 0;
}

static void put_inline(
    kf_yaml_emitter *out, const member *members, size_t count, const char *brackets)
{
    const char open[] = {brackets[0], '\0'};
    kf__yaml_put_indicator(out, open, true, false);
    out->whitespace = true;
    for (size_t i = 0; i < count; i++) {
        const kf_value *value = members[i].value;
        const char *key = members[i].key, *text = kf_value_string(value);
        if (i > 0)
            kf__yaml_put_indicator(out, ",", false, false);
        if (key != NULL) {
            put_inline_text(out, key, strlen(key));
            kf__yaml_put_indicator(out, ":", false, false);
        }
        if (text != NULL)
            put_inline_text(out, text, kf_value_length(value));
        else
            put_plain_scalar(out, value);
    }
    kf__yaml_put_indicator(out, brackets + 1, false, false);
}

/* Write the value in the line, or nothing if that makes it too long. */
static bool try_inline(
    kf_yaml_emitter *out, const kf_value *value, const char *brackets)
{
    member members[INLINE_MEMBERS];
    kf_yaml_emitter before = *out;
    size_t length = out->buf->length;
    size_t count = out->is_short ? inline_members(value, members) : 0;
    if (count == 0)
        return false;
    put_inline(out, members, count, brackets);
    if (column_of(out) <= SHORT_WIDTH)
        return true;
    kf__buf_truncate(out->buf, length);
    *out = before;
    return false;
}

/* `indent` is that of the block the value stands in; -1 at the root. */
static void put_node(
    kf_yaml_emitter *out, const kf_value *value, int indent, bool in_mapping)
{
    if (out->depth == KF__LIMIT_DEPTH) {
        out->buf->status = kf__fail(KF_ELIMIT, NULL,
            "a value nested deeper than %d levels (KF__LIMIT_DEPTH)", KF__LIMIT_DEPTH);
        return;
    }
    out->depth++;
    switch (kf_value_kind(value)) {
    case KF_KIND_STRING:
        put_string(out, value, indent);
        break;
    case KF_KIND_LIST:
        if (indent < 0 || !try_inline(out, value, "[]"))
            put_list(out, value, indent, in_mapping);
        break;
    case KF_KIND_STRUCT:
        if (indent < 0 || !try_inline(out, value, "{}"))
            put_struct(out, value, indent);
        break;
    default:
        put_plain_scalar(out, value);
    }
    out->depth--;
}

/* PyYAML ends a document that is nothing but a plain scalar by "...". */
static bool is_plain(const kf_yaml_emitter *out, const kf_value *value)
{
    switch (kf_value_kind(value)) {
    case KF_KIND_LIST:
    case KF_KIND_STRUCT:
        return false;
    case KF_KIND_STRING:
        return kf__yaml_style(out, kf_value_string(value), kf_value_length(value)) ==
               KF__YAML_PLAIN;
    default:
        return true;
    }
}

static void write_document(
    kf_buf *buf, const kf_value *value, bool is_short_form, bool is_go)
{
    kf_yaml_emitter out = {.buf = buf,
        .line_start = buf->length,
        .whitespace = true,
        .indention = true,
        .is_short = is_short_form,
        .is_go = is_go};
    put_node(&out, value, -1, false);
    kf__buf_putc(buf, '\n');
    if (is_plain(&out, value))
        kf__buf_puts(buf, "...\n");
}

void kf__yaml_write(kf_buf *buf, const kf_value *value)
{
    write_document(buf, value, false, false);
}

void kf__yaml_write_short(kf_buf *buf, const kf_value *value)
{
    write_document(buf, value, true, false);
}

void kf__yaml_write_go(kf_buf *buf, const kf_value *value)
{
    write_document(buf, value, false, true);
}
