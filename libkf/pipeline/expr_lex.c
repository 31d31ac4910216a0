/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expr_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "pipeline/expr_node.h"

void kf__expr_locate(const char *text, const char *place, int *line, int *column)
{
    const char *start = text;
    *line = 1;
    for (const char *at = text; at < place; at++) {
        if (*at == '\n') {
            (*line)++;
            start = at + 1;
        }
    }
    *column = (int)(place - start) + 1;
}

kf_status kf__lexer_fail(
    const kf_lexer *lexer, kf_status code, const char *place, const char *format, ...)
{
    int line;
    int column;
    kf__expr_locate(lexer->begin, place, &line, &column);
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return kf__fail_at(code, NULL, line, column, "%s", message);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char peek(const kf_lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->next) > ahead ? lexer->next[ahead] : '\0';
}

static kf_status read_hex(kf_lexer *lexer, kf_token *out)
{
    const char *start = lexer->next;
    uint64_t value = 0;
    lexer->next += 2;
    for (int digit; (digit = hex_value(peek(lexer, 0))) >= 0; lexer->next++) {
        if (value >> 60 != 0)
            return kf__lexer_fail(lexer, KF_EPARSE, start, "the number is too large");
        value = value << 4 | (uint64_t)digit;
    }
    if (lexer->next == start + 2)
        return kf__lexer_fail(lexer, KF_EPARSE, start, "digits expected after 0x");
    out->kind = KF__TOKEN_INT;
    out->integer = value;
    return KF_OK;
}

/* Past digits, and the point and exponent that make it a double. */
static bool skip_number(kf_lexer *lexer)
{
    bool is_double = false;
    while (is_digit(peek(lexer, 0)))
        lexer->next++;
    if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
        is_double = true;
        lexer->next++;
        while (is_digit(peek(lexer, 0)))
            lexer->next++;
    }
    if (peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') {
        size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
        if (is_digit(peek(lexer, 1 + sign))) {
            is_double = true;
            lexer->next += 2 + sign;
            while (is_digit(peek(lexer, 0)))
                lexer->next++;
        }
    }
    return is_double;
}

static kf_status read_number(kf_lexer *lexer, kf_token *out)
{
    const char *start = lexer->next;
    if (peek(lexer, 0) == '0' && (peek(lexer, 1) == 'x' || peek(lexer, 1) == 'X'))
        return read_hex(lexer, out);
    bool is_double = skip_number(lexer);
    if (is_name_start(peek(lexer, 0)))
        return kf__lexer_fail(
            lexer, KF_EPARSE, lexer->next, "'%c' cannot follow a number", *lexer->next);
    if (is_double) {
        char *copy =
            kf__arena_strndup(lexer->arena, start, (size_t)(lexer->next - start));
        if (copy == NULL)
            return KF_ENOMEM;
        if (!kf__parse_double(copy, &out->number))
            return kf__lexer_fail(
                lexer, KF_EPARSE, start, "the number is out of range");
        out->kind = KF__TOKEN_DOUBLE;
        return KF_OK;
    }
    uint64_t value = 0;
    for (const char *at = start; at < lexer->next; at++) {
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return kf__lexer_fail(lexer, KF_EPARSE, start, "the number is too large");
    }
    out->kind = KF__TOKEN_INT;
    out->integer = value;
    return KF_OK;
}

static kf_status put_digits(
    kf_lexer *lexer, kf_buf *out, const char *escape, int count, int base)
{
    uint32_t code_point = 0;
    for (int i = 0; i < count; i++, lexer->next++) {
        int digit = hex_value(peek(lexer, 0));
        if (digit < 0 || digit >= base)
            return kf__lexer_fail(
                lexer, KF_EPARSE, escape, "%d digits expected in the escape", count);
        code_point = code_point * (uint32_t)base + (uint32_t)digit;
    }
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return kf__lexer_fail(
            lexer, KF_EPARSE, escape, "U+%04X is no character", (unsigned)code_point);
    kf__utf8_put(out, code_point);
    return KF_OK;
}

static kf_status read_escape(kf_lexer *lexer, kf_buf *out)
{
    static const char letters[] = "abfnrtv\\?\"'`";
    static const char meanings[] = "\a\b\f\n\r\t\v\\?\"'`";
    const char *escape = lexer->next++;
    char c = peek(lexer, 0);
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    if (found != NULL) {
        kf__buf_putc(out, meanings[found - letters]);
        lexer->next++;
        return KF_OK;
    }
    if (c >= '0' && c <= '3')
        return put_digits(lexer, out, escape, 3, 8);
    lexer->next++;
    if (c == 'x' || c == 'X')
        return put_digits(lexer, out, escape, 2, 16);
    if (c == 'u')
        return put_digits(lexer, out, escape, 4, 16);
    if (c == 'U')
        return put_digits(lexer, out, escape, 8, 16);
    return kf__lexer_fail(lexer, KF_EPARSE, escape, "unknown escape in a string");
}

static kf_status scan_string(
    kf_lexer *lexer, const char *start, const char *quote, bool raw, kf_buf *out)
{
    size_t width = strlen(quote);
    while ((size_t)(lexer->end - lexer->next) >= width) {
        if (memcmp(lexer->next, quote, width) == 0) {
            lexer->next += width;
            return out->status;
        }
        char c = *lexer->next;
        if (width == 1 && (c == '\n' || c == '\r'))
            break;
        if (c == '\\' && !raw) {
            KF__TRY(read_escape(lexer, out));
            continue;
        }
        kf__buf_putc(out, c);
        lexer->next++;
    }
    return kf__lexer_fail(lexer, KF_EPARSE, start, "the string does not end");
}

static kf_status read_string(kf_lexer *lexer, kf_token *out)
{
    const char *start = lexer->next;
    bool raw = *start == 'r' || *start == 'R';
    lexer->next += raw;
    char quote[4] = {*lexer->next, '\0', '\0', '\0'};
    if (peek(lexer, 1) == quote[0] && peek(lexer, 2) == quote[0])
        quote[1] = quote[2] = quote[0];
    lexer->next += strlen(quote);
    kf_buf text = KF__BUF_INIT;
    kf_status status = scan_string(lexer, start, quote, raw, &text);
    if (status == KF_OK) {
        out->kind = KF__TOKEN_STRING;
        out->length = text.length;
        out->text = kf__arena_strndup(lexer->arena, kf__buf_text(&text), text.length);
        status = out->text == NULL ? KF_ENOMEM : KF_OK;
    }
    kf__buf_finish(&text);
    return status;
}

static kf_status read_symbol(kf_lexer *lexer, kf_token *out)
{
    static const char *const pairs[] = {"&&", "||", "==", "!=", "<=", ">="};
    const char *start = lexer->next;
    char c = *start;
    out->kind = KF__TOKEN_SYMBOL;
    out->symbol[0] = c;
    lexer->next++;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (c == pairs[i][0] && peek(lexer, 0) == pairs[i][1]) {
            out->symbol[1] = pairs[i][1];
            lexer->next++;
            return KF_OK;
        }
    }
    if (c == '\0' || strchr("!<>+-*/%?:()[].,", c) == NULL) {
        if (c == '=' || c == '&' || c == '|')
            return kf__lexer_fail(lexer, KF_EPARSE, start, "'%c%c' expected", c, c);
        if (c > ' ' && c < 0x7f)
            return kf__lexer_fail(lexer, KF_EPARSE, start, "unexpected '%c'", c);
        return kf__lexer_fail(lexer, KF_EPARSE, start, "unexpected character");
    }
    return KF_OK;
}

static void skip_space(kf_lexer *lexer)
{
    while (lexer->next < lexer->end) {
        if (lexer->next[0] == '/' && peek(lexer, 1) == '/') {
            while (lexer->next < lexer->end && *lexer->next != '\n')
                lexer->next++;
        } else if (*lexer->next != '\0' && strchr(" \t\r\n\f", *lexer->next) != NULL) {
            lexer->next++;
        } else {
            return;
        }
    }
}

static kf_status read_name(kf_lexer *lexer, kf_token *out)
{
    const char *start = lexer->next;
    while (is_name_start(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
        lexer->next++;
    out->kind = KF__TOKEN_NAME;
    out->length = (size_t)(lexer->next - start);
    out->text = kf__arena_strndup(lexer->arena, start, out->length);
    return out->text == NULL ? KF_ENOMEM : KF_OK;
}

static kf_status read_token(kf_lexer *lexer, kf_token *out)
{
    char c = peek(lexer, 0);
    char then = peek(lexer, 1);
    if (is_digit(c) || (c == '.' && is_digit(then)))
        return read_number(lexer, out);
    if (c == '\'' || c == '"')
        return read_string(lexer, out);
    if ((c == 'r' || c == 'R') && (then == '\'' || then == '"'))
        return read_string(lexer, out);
    if ((c == 'b' || c == 'B') && (then == '\'' || then == '"'))
        return kf__lexer_fail(lexer, KF_EPARSE, lexer->next, "bytes are not supported");
    if (is_name_start(c))
        return read_name(lexer, out);
    return read_symbol(lexer, out);
}

kf_status kf__lexer_next(kf_lexer *lexer, kf_token *out)
{
    skip_space(lexer);
    *out = (kf_token){.kind = KF__TOKEN_END, .start = lexer->next};
    if (lexer->next == lexer->end)
        return KF_OK;
    KF__TRY(read_token(lexer, out));
    out->size = (size_t)(lexer->next - out->start);
    return KF_OK;
}
