/* SPDX-License-Identifier: Apache-2.0 */
/* An emitter of our own: libyaml's writes other text than PyYAML and takes several
 * times as long. The rules are those of PyYAML's yaml/emitter.py, as far as they matter
 * in block style without Unicode: what is written is ASCII, so that columns are bytes.
 */
#include "io/yaml.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/yaml_scalar.h"

#include <stdlib.h>

#define WIDTH 80
#define INDENT 2
/* PyYAML compares the characters of a name and of its tag "!!str" with 128. */
#define SIMPLE_KEY_LENGTH (128 - 5)

typedef struct emitter {
    kf_buf *buf;
    size_t line_start; /* Where the line begins in the buffer. */
    bool whitespace;   /* The last character is white space or the line is empty. */
    bool indention;    /* Nothing but spaces and indicators in this line so far. */
    int depth;
} emitter;

typedef enum style { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE } style;

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

static size_t column_of(const emitter *out)
{
    return out->buf->length - out->line_start;
}

static void put(emitter *out, const char *text, size_t length)
{
    kf__buf_append(out->buf, text, length);
}

static void put_break(emitter *out)
{
    kf__buf_putc(out->buf, '\n');
    out->line_start = out->buf->length;
    out->whitespace = true;
    out->indention = true;
}

static void put_indent(emitter *out, int indent)
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

static void put_indicator(
    emitter *out, const char *indicator, bool needs_whitespace, bool indention)
{
    if (needs_whitespace && !out->whitespace)
        kf__buf_putc(out->buf, ' ');
    kf__buf_puts(out->buf, indicator);
    out->whitespace = false;
    out->indention = out->indention && indention;
}

static void put_word(emitter *out, const char *text, size_t length)
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

static style choose_style(const char *text, size_t length)
{
    const char *end = text + length;
    if (length == 0)
        return STYLE_SINGLE;
    bool plain = *text != ' ' && end[-1] != ' ' && !starts_as_indicator(text, end);
    for (const char *at = text; at < end; at++) {
        unsigned char class = class_of(at);
        if ((class & (SPECIAL | BREAK | SPACE | SIGN)) == 0)
            continue;
        if (class & SPECIAL)
            return STYLE_DOUBLE;
        if (class & BREAK) {
            if (at > text && at[-1] == ' ')
                return STYLE_DOUBLE;
            plain = false;
        } else if (class & SPACE) {
            if (at > text && at[-1] == '\n')
                return STYLE_DOUBLE;
        } else if (*at == ':' ? is_blank(at + 1, end)
                              : at > text && is_blank(at - 1, end)) {
            plain = false;
        }
    }
    return plain && kf__yaml_type(text, length) == KF__YAML_STRING ? STYLE_PLAIN
                                                                   : STYLE_SINGLE;
}

static void put_plain(
    emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *end = text + length;
    if (!split || column_of(out) + 1 + length <= WIDTH) {
        put_word(out, text, length);
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
            put_indent(out, indent);
        else
            put(out, space, (size_t)(text - space));
    }
    out->whitespace = false;
    out->indention = false;
}

/* A run of line breaks is written with one more: the first one would be read as a
 * space. */
static const char *put_breaks(
    emitter *out, const char *text, const char *end, int indent)
{
    put_break(out);
    for (; text < end && *text == '\n'; text++)
        put_break(out);
    put_indent(out, indent);
    return text;
}

static const char *put_spaces(
    emitter *out, const char *start, const char *end, bool split, int indent)
{
    const char *text = start;
    while (text < end && *text == ' ')
        text++;
    if (text - start == 1 && column_of(out) > WIDTH && split && text != end)
        put_indent(out, indent);
    else
        put(out, start, (size_t)(text - start));
    return text;
}

static void put_single_quoted(
    emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *start = text;
    const char *end = text + length;
    put_indicator(out, "'", true, false);
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
    put_indicator(out, "'", false, false);
}

static void put_hex(emitter *out, char letter, uint32_t code_point, int digits)
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

static const char *put_escape(emitter *out, const char *text, const char *end)
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
static void put_continuation(emitter *out, const char *text, int indent)
{
    kf__buf_putc(out->buf, '\\');
    put_indent(out, indent);
    if (*text == ' ')
        kf__buf_putc(out->buf, '\\');
}

static void put_double_quoted(
    emitter *out, const char *text, size_t length, bool split, int indent)
{
    const char *begin = text;
    const char *end = text + length;
    const char *start = text; /* Of what is not written yet. */
    put_indicator(out, "\"", true, false);
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
    put_indicator(out, "\"", false, false);
}

/* `indent`: of the lines that follow if it is split. */
static void put_text(
    emitter *out, const char *text, size_t length, style chosen, bool split, int indent)
{
    switch (chosen) {
    case STYLE_PLAIN:
        put_plain(out, text, length, split, indent);
        break;
    case STYLE_SINGLE:
        put_single_quoted(out, text, length, split, indent);
        break;
    case STYLE_DOUBLE:
        put_double_quoted(out, text, length, split, indent);
        break;
    }
}

static void put_int(emitter *out, int64_t integer)
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
    put_word(out, digits + at, sizeof digits - at);
}

/* Python's repr, with the point that YAML 1.1 asks for: "1e-05" becomes "1.0e-05". */
static void put_double(emitter *out, double number)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_double(&text, number);
    const char *digits = kf__buf_text(&text);
    const char *exponent = strchr(digits, 'e');
    if (exponent != NULL && strchr(digits, '.') == NULL) {
        put_word(out, digits, (size_t)(exponent - digits));
        put(out, ".0", 2);
        kf__buf_puts(out->buf, exponent);
    } else {
        put_word(out, digits, text.length);
    }
    if (text.status != KF_OK)
        out->buf->status = text.status;
    kf__buf_finish(&text);
}

static void put_node(emitter *out, const kf_value *value, int indent, bool in_mapping);

/* Plain text is ASCII in one line. */
static bool is_simple_key(const char *key, size_t length, style chosen)
{
    if (chosen == STYLE_PLAIN || length == 0)
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

static void put_member(emitter *out, const char *key, const kf_value *value, int indent)
{
    size_t length = strlen(key);
    style chosen = choose_style(key, length);
    put_indent(out, indent);
    if (is_simple_key(key, length, chosen)) {
        put_text(out, key, length, chosen, false, 0);
        put_indicator(out, ":", false, false);
    } else {
        put_indicator(out, "?", true, true);
        put_text(out, key, length, chosen, true, indent + INDENT);
        put_indent(out, indent);
        put_indicator(out, ":", true, true);
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

static void put_sorting(emitter *out, const kf_value *value, size_t count, int indent)
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

static void put_struct(emitter *out, const kf_value *value, int indent)
{
    size_t count = kf_value_length(value);
    int inner = indent < 0 ? 0 : indent + INDENT;
    if (count == 0) {
        put_indicator(out, "{}", true, false);
    } else if (!is_sorted(value, count)) {
        put_sorting(out, value, count, inner);
    } else {
        for (size_t i = 0; i < count; i++)
            put_member(out, kf_value_key(value, i), kf_value_at(value, i), inner);
    }
}

static void put_list(emitter *out, const kf_value *value, int indent, bool in_mapping)
{
    size_t count = kf_value_length(value);
    if (count == 0) {
        put_indicator(out, "[]", true, false);
        return;
    }
    bool indentless = in_mapping && !out->indention;
    int inner = indent < 0 ? 0 : indentless ? indent : indent + INDENT;
    for (size_t i = 0; i < count; i++) {
        put_indent(out, inner);
        put_indicator(out, "-", true, true);
        put_node(out, kf_value_at(value, i), inner, false);
    }
}

static void put_string(emitter *out, const kf_value *value, int indent)
{
    const char *text = kf_value_string(value);
    size_t length = kf_value_length(value);
    put_text(out, text, length, choose_style(text, length), true,
        indent < 0 ? INDENT : indent + INDENT);
}

/* `indent` is that of the block the value stands in; -1 at the root. */
static void put_node(emitter *out, const kf_value *value, int indent, bool in_mapping)
{
    if (out->depth == KF__LIMIT_DEPTH) {
        out->buf->status = kf__fail(KF_ELIMIT, NULL,
            "a value nested deeper than %d levels (KF__LIMIT_DEPTH)", KF__LIMIT_DEPTH);
        return;
    }
    out->depth++;
    switch (kf_value_kind(value)) {
    case KF_KIND_NULL:
        put_word(out, "null", 4);
        break;
    case KF_KIND_BOOL:
        put_word(
            out, kf_value_bool(value) ? "true" : "false", kf_value_bool(value) ? 4 : 5);
        break;
    case KF_KIND_INT:
        put_int(out, kf_value_int(value));
        break;
    case KF_KIND_DOUBLE:
        put_double(out, kf_value_double(value));
        break;
    case KF_KIND_STRING:
        put_string(out, value, indent);
        break;
    case KF_KIND_LIST:
        put_list(out, value, indent, in_mapping);
        break;
    case KF_KIND_STRUCT:
        put_struct(out, value, indent);
        break;
    }
    out->depth--;
}

/* PyYAML ends a document that is nothing but a plain scalar by "...". */
static bool is_plain(const kf_value *value)
{
    switch (kf_value_kind(value)) {
    case KF_KIND_LIST:
    case KF_KIND_STRUCT:
        return false;
    case KF_KIND_STRING:
        return choose_style(kf_value_string(value), kf_value_length(value)) ==
               STYLE_PLAIN;
    default:
        return true;
    }
}

void kf__yaml_write(kf_buf *buf, const kf_value *value)
{
    emitter out = {
        .buf = buf, .line_start = buf->length, .whitespace = true, .indention = true};
    put_node(&out, value, -1, false);
    kf__buf_putc(buf, '\n');
    if (is_plain(value))
        kf__buf_puts(buf, "...\n");
}
