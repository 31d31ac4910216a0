/* SPDX-License-Identifier: Apache-2.0 */
/* The rules are those of PyYAML's yaml/emitter.py, as far as they matter in block style without
 * Unicode. */
#include "io/yaml_text.h"

#include "base/text.h"
#include "io/yaml_scalar.h"

#define WIDTH 80

enum { SPACE = 1, BREAK = 2, SIGN = 4, ESCAPE = 8, SPECIAL = 16 };

/* What a byte needs. SIGN: ':' and '#' are indicators in some places. ESCAPE: what
 * double quotes hold by an escape. SPECIAL: what nothing but double quotes can hold. */
static unsigned char class_of(const char *at)
{
    static const unsigned char classes[0x7F] = {
        ['\n'] = BREAK | ESCAPE,
        [' '] = SPACE,
        ['"'] = ESCAPE,
        ['#'] = SIGN,
        [':'] = SIGN,
        ['\\'] = ESCAPE,
    };
    unsigned char byte = (unsigned char)*at;
    if (byte >= 0x7F || (byte < 0x20 && byte != '\n'))
        return SPECIAL | ESCAPE;
    return classes[byte];
}

static size_t column_of(const kf_yaml_emitter *out)
{
    return out->buf->length - out->line_start;
}

static void put(kf_yaml_emitter *out, const char *text, size_t length)
{
    kf__buf_append(out->buf, text, length);
}

static void put_break(kf_yaml_emitter *out)
{
    kf__buf_putc(out->buf, '\n');
    out->line_start = out->buf->length;
    out->whitespace = true;
    out->indention = true;
}

void kf__yaml_put_indent(kf_yaml_emitter *out, int indent)
{
    size_t wanted = indent > 0 ? (size_t)indent : 0;
    size_t column = column_of(out);
    if (!out->indention || column > wanted || (column == wanted && !out->whitespace)) {
        put_break(out);
        column = 0;
    }
    if (column < wanted) {
        kf__buf_fill(out->buf, ' ', wanted - column);
        out->whitespace = true;
    }
}

void kf__yaml_put_indicator(
    kf_yaml_emitter *out, const char *indicator, bool needs_whitespace, bool indention)
{
    if (needs_whitespace && !out->whitespace)
        kf__buf_putc(out->buf, ' ');
    kf__buf_puts(out->buf, indicator);
    out->whitespace = false;
    out->indention = out->indention && indention;
}

void kf__yaml_put_word(kf_yaml_emitter *out, const char *text, size_t length)
{
    if (!out->whitespace)
        kf__buf_putc(out->buf, ' ');
    put(out, text, length);
    out->whitespace = false;
    out->indention = false;
}

static bool is_blank(const char *at, const char *end)
{
    return at == end || *at == ' ' || *at == '\n';
}

/* Whether the first characters make it something else than plain text. Only for text
 * without SPECIAL characters. */
static bool starts_as_indicator(const char *text, const char *end)
{
    if (strchr("#,[]{}&*!|>'\"%@`", *text) != NULL)
        return true;
    if (*text == '?' || *text == ':' || *text == '-')
        return is_blank(text + 1, end) || strncmp(text, "---", 3) == 0;
    return *text == '.' && strncmp(text, "...", 3) == 0;
}

kf_yaml_style kf__yaml_style(
    const kf_yaml_emitter *out, const char *text, size_t length)
{
    const char *end = text + length;
    if (length == 0)
        return KF__YAML_SINGLE;
    bool plain = *text != ' ' && end[-1] != ' ' && !starts_as_indicator(text, end);
    for (const char *at = text; at < end; at++) {
        unsigned char class = class_of(at);
        if ((class & (SPECIAL | BREAK | SPACE | SIGN)) == 0)
            continue;
        if (class & SPECIAL)
            return KF__YAML_DOUBLE;
        if (class & BREAK) {
            if (at > text && at[-1] == ' ')
                return KF__YAML_DOUBLE;
            plain = false;
        } else if (class & SPACE) {
            if (at > text && at[-1] == '\n')
                return KF__YAML_DOUBLE;
        } else if (*at == ':' ? is_blank(at + 1, end)
                              : at > text && is_blank(at - 1, end)) {
            plain = false;
        }
    }
    if (out->is_go && kf__yaml_go_type(text, length) != KF__YAML_STRING)
        plain = false;
    return plain && kf__yaml_type(text, length) == KF__YAML_STRING ? KF__YAML_PLAIN
                                                                   : KF__YAML_SINGLE;
}

static void put_plain(
    kf_yaml_emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *end = text + length;
    if (!split || column_of(out) + 1 + length <= WIDTH) {
        kf__yaml_put_word(out, text, length);
        return;
    }
    if (!out->whitespace)
        kf__buf_putc(out->buf, ' ');
    while (text < end) {
        const char *space = memchr(text, ' ', (size_t)(end - text));
        if (space == NULL)
            space = end;
        put(out, text, (size_t)(space - text));
        for (text = space; text < end && *text == ' ';)
            text++;
        if (text - space == 1 && column_of(out) > WIDTH)
            kf__yaml_put_indent(out, indent);
        else
            put(out, space, (size_t)(text - space));
    }
    out->whitespace = false;
    out->indention = false;
}

/* A run of line breaks is written with one more: the first one would be read as a
 * space. */
static const char *put_breaks(
    kf_yaml_emitter *out, const char *text, const char *end, int indent)
{
    put_break(out);
    for (; text < end && *text == '\n'; text++)
        put_break(out);
    kf__yaml_put_indent(out, indent);
    return text;
}

static const char *put_spaces(
    kf_yaml_emitter *out, const char *start, const char *end, bool split, int indent)
{
    const char *text = start;
    while (text < end && *text == ' ')
        text++;
    if (text - start == 1 && column_of(out) > WIDTH && split && text != end)
        kf__yaml_put_indent(out, indent);
    else
        put(out, start, (size_t)(text - start));
    return text;
}

static void put_single_quoted(
    kf_yaml_emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *start = text;
    const char *end = text + length;
    kf__yaml_put_indicator(out, "'", true, false);
    while (text < end) {
        const char *word = text;
        while (text < end && *text != ' ' && *text != '\n' && *text != '\'')
            text++;
        put(out, word, (size_t)(text - word));
        if (text == end)
            break;
        if (*text == '\'') {
            put(out, "''", 2);
            text++;
        } else if (*text == '\n') {
            text = put_breaks(out, text, end, indent);
        } else {
            text = put_spaces(out, text, end, split && text != start, indent);
        }
    }
    kf__yaml_put_indicator(out, "'", false, false);
}

static void put_hex(kf_yaml_emitter *out, char letter, uint32_t code_point, int digits)
{
    char escape[10] = {'\\', letter};
    for (int i = 0; i < digits; i++)
        escape[2 + i] = "0123456789ABCDEF"[code_point >> (4 * (digits - 1 - i)) & 15];
    put(out, escape, (size_t)digits + 2);
}

static char short_escape(uint32_t code_point)
{
    static const char letters[] = {['\0'] = '0',
        ['\a'] = 'a',
        ['\b'] = 'b',
        ['\t'] = 't',
        ['\n'] = 'n',
        ['\v'] = 'v',
        ['\f'] = 'f',
        ['\r'] = 'r',
        ['\x1B'] = 'e',
        ['"'] = '"',
        ['\\'] = '\\'};
    if (code_point < sizeof letters)
        return letters[code_point];
    switch (code_point) {
    case 0x85:
        return 'N';
    case 0xA0:
        return '_';
    case 0x2028:
        return 'L';
    case 0x2029:
        return 'P';
    default:
        return '\0';
    }
}

static const char *put_escape(kf_yaml_emitter *out, const char *text, const char *end)
{
    uint32_t code_point = kf__utf8_next(&text, end);
    char letter = short_escape(code_point);
    if (letter != '\0')
        put(out, (const char[]){'\\', letter}, 2);
    else if (code_point <= 0xFF)
        put_hex(out, 'x', code_point, 2);
    else if (code_point <= 0xFFFF)
        put_hex(out, 'u', code_point, 4);
    else
        put_hex(out, 'U', code_point, 8);
    return text;
}

/* A line is continued after a backslash; a space that begins the new line needs one
 * before it. */
static void put_continuation(kf_yaml_emitter *out, const char *text, int indent)
{
    kf__buf_putc(out->buf, '\\');
    kf__yaml_put_indent(out, indent);
    if (*text == ' ')
        kf__buf_putc(out->buf, '\\');
}

static void put_double_quoted(
    kf_yaml_emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *begin = text;
    const char *end = text + length;
    const char *start = text; /* Of what is not written yet. */
    kf__yaml_put_indicator(out, "\"", true, false);
    while (text < end) {
        unsigned char class = class_of(text);
        const char *next = text + 1;
        size_t column;
        bool may_break = start == text || (class & (SPACE | ESCAPE)) != 0;
        if (class & ESCAPE) {
            put(out, start, (size_t)(text - start));
            start = next = put_escape(out, text, end);
            column =
                column_of(out) - 1; /* PyYAML counts what is left, which is -1 here. */
        } else {
            column = column_of(out) + (size_t)(text - start);
        }
        if (may_break && split && column > WIDTH && text > begin && next < end) {
            if (start < text) {
                put(out, start, (size_t)(text - start));
                start = text;
            }
            put_continuation(out, start, indent);
        }
        text = next;
        while (text < end && text != start && (class_of(text) & (SPACE | ESCAPE)) == 0)
            text++;
    }
    put(out, start, (size_t)(end - start));
    kf__yaml_put_indicator(out, "\"", false, false);
}

void kf__yaml_put_text(kf_yaml_emitter *out, const char *text, size_t length,
    kf_yaml_style chosen, bool split, int indent)
{
    switch (chosen) {
    case KF__YAML_PLAIN:
        put_plain(out, text, length, split, indent);
        break;
    case KF__YAML_SINGLE:
        put_single_quoted(out, text, length, split, indent);
        break;
    case KF__YAML_DOUBLE:
        put_double_quoted(out, text, length, split, indent);
        break;
    }
}
