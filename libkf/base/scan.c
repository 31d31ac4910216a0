/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

void kf__scan_start(kf_scan *scan, const char *text, size_t length)
{
    *scan = (kf_scan){.text = text, .at = text, .end = text + length};
}

static bool fail(kf_scan *scan, kf_status status, const char *fault)
{
    if (scan->status == KF_OK) {
        scan->status = status;
        scan->fault = fault;
    }
    return false;
}

bool kf__scan_expected(kf_scan *scan, const char *expected)
{
    return fail(scan, KF_EPARSE, expected);
}

kf_status kf__scan_status(const kf_scan *scan, const char *where)
{
    if (scan->status == KF_OK)
        return KF_OK;
    if (scan->status == KF_ENOMEM)
        return kf__nomem();
    int line = 1;
    const char *start = scan->text;
    for (const char *at = scan->text; at < scan->at; at++)
        if (*at == '\n') {
            line++;
            start = at + 1;
        }
    int column = (int)(scan->at - start) + 1;
    if (scan->status == KF_ELIMIT)
        return kf__fail_at(KF_ELIMIT, where, line, column, "%s", scan->fault);
    if (scan->at >= scan->end)
        return kf__fail_at(KF_EPARSE, where, line, column,
            "the text ends too early: expected %s", scan->fault);
    unsigned char byte = (unsigned char)*scan->at;
    if (byte > ' ' && byte < 0x7f)
        return kf__fail_at(
            KF_EPARSE, where, line, column, "expected %s, not '%c'", scan->fault, byte);
    return kf__fail_at(KF_EPARSE, where, line, column, "expected %s, not byte 0x%02x",
        scan->fault, (unsigned)byte);
}

static bool is_space(char character)
{
    return character == ' ' || character == '\n' || character == '\r' ||
           character == '\t';
}

char kf__scan_peek(kf_scan *scan)
{
    while (scan->at < scan->end && is_space(*scan->at))
        scan->at++;
    return scan->at < scan->end && scan->status == KF_OK ? *scan->at : '\0';
}

bool kf__scan_end(kf_scan *scan)
{
    (void)kf__scan_peek(scan);
    if (scan->status == KF_OK && scan->at < scan->end)
        return fail(scan, KF_EPARSE, "the end of the text");
    return scan->status == KF_OK;
}

/* ---- lists and objects ---- */

static bool enter(kf_scan *scan, char open, const char *expected)
{
    if (kf__scan_peek(scan) != open)
        return fail(scan, KF_EPARSE, expected);
    if (scan->depth == KF__LIMIT_DEPTH)
        return fail(scan, KF_ELIMIT, "nested deeper than the limit of 200 levels");
    scan->depth++;
    scan->at++;
    scan->more = false;
    return true;
}

/* To the next item, or out at the closing bracket. */
static bool next(kf_scan *scan, char close, const char *expected)
{
    char character = kf__scan_peek(scan);
    if (character == close && scan->status == KF_OK) {
        scan->at++;
        scan->depth--;
        scan->more = true;
        return false;
    }
    if (scan->more) {
        if (character != ',')
            return fail(scan, KF_EPARSE, expected);
        scan->at++;
        (void)kf__scan_peek(scan);
    }
    scan->more = true;
    return scan->status == KF_OK;
}

bool kf__scan_list(kf_scan *scan)
{
    return enter(scan, '[', "a list");
}

bool kf__scan_object(kf_scan *scan)
{
    return enter(scan, '{', "an object");
}

bool kf__scan_item(kf_scan *scan)
{
    return next(scan, ']', "',' or ']'");
}

bool kf__scan_name(kf_scan *scan, const char **name, size_t *length, kf_buf *scratch)
{
    if (!next(scan, '}', "',' or '}'"))
        return false;
    if (kf__scan_peek(scan) != '"')
        return fail(scan, KF_EPARSE, "a name in quotes");
    if (!kf__scan_string(scan, name, length, scratch))
        return false;
    if (kf__scan_peek(scan) != ':')
        return fail(scan, KF_EPARSE, "':'");
    scan->at++;
    return true;
}

/* ---- texts ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four digits behind "\u". */
static bool read_unit(kf_scan *scan, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        int digit = scan->at < scan->end ? hex(*scan->at) : -1;
        if (digit < 0)
            return fail(scan, KF_EPARSE, "four hexadecimal digits");
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return true;
}

static bool read_code_point(kf_scan *scan, kf_buf *scratch)
{
    uint32_t unit, low = 0;
    if (!read_unit(scan, &unit))
        return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
            return fail(scan, KF_EPARSE, "the other half of a surrogate pair");
        scan->at += 2;
        if (!read_unit(scan, &low))
            return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    if ((low != 0 && (low < 0xdc00 || low > 0xdfff)) ||
        (unit >= 0xdc00 && unit < 0xe000))
        return fail(scan, KF_EPARSE, "a whole surrogate pair before this");
    kf__utf8_put(scratch, unit);
    return true;
}

static bool read_escape(kf_scan *scan, kf_buf *scratch)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char name = ++scan->at < scan->end ? *scan->at : '\0';
    const char *found = name != '\0' ? strchr(names, name) : NULL;
    if (name != 'u' && found == NULL)
        return fail(scan, KF_EPARSE, "an escape that JSON has");
    scan->at++;
    if (name == 'u')
        return read_code_point(scan, scratch);
    kf__buf_append(scratch, &meant[found - names], 1);
    return true;
}

static const char *plain_end(const char *at, const char *end)
{
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= ' ')
        at++;
    return at;
}

static bool check_utf8(kf_scan *scan, const char *from, size_t length)
{
    size_t bad;
    if (kf__utf8_valid(from, length, &bad))
        return true;
    scan->at = from + bad;
    return fail(scan, KF_EPARSE, "UTF-8");
}

bool kf__scan_string(
    kf_scan *scan, const char **string, size_t *length, kf_buf *scratch)
{
    if (kf__scan_peek(scan) != '"')
        return fail(scan, KF_EPARSE, "text in quotes");
    const char *from = ++scan->at;
    scan->at = plain_end(from, scan->end);
    if (scan->at < scan->end && *scan->at == '"') {
        *string = from;
        *length = (size_t)(scan->at - from);
        if (!check_utf8(scan, from, *length))
            return false;
        scan->at++;
        return true;
    }
    kf__buf_truncate(scratch, 0);
    for (;;) {
        kf__buf_append(scratch, from, (size_t)(scan->at - from));
        if (scan->at == scan->end || (unsigned char)*scan->at < ' ')
            return fail(scan, KF_EPARSE, "a closing quote");
        if (!check_utf8(scan, from, (size_t)(scan->at - from)))
            return false;
        if (*scan->at == '"')
            break;
        if (!read_escape(scan, scratch))
            return false;
        from = scan->at;
        scan->at = plain_end(from, scan->end);
    }
    scan->at++;
    if (scratch->status != KF_OK)
        return fail(scan, scratch->status, "memory");
    *string = kf__buf_text(scratch);
    *length = scratch->length;
    return true;
}

static bool word(kf_scan *scan, const char *expected)
{
    size_t length = strlen(expected);
    (void)kf__scan_peek(scan);
    if (scan->status != KF_OK || (size_t)(scan->end - scan->at) < length ||
        memcmp(scan->at, expected, length) != 0)
        return false;
    scan->at += length;
    return true;
}

bool kf__scan_bool(kf_scan *scan, bool *out)
{
    if (word(scan, "true"))
        *out = true;
    else if (word(scan, "false"))
        *out = false;
    else
        return fail(scan, KF_EPARSE, "true or false");
    return true;
}

bool kf__scan_null(kf_scan *scan)
{
    return word(scan, "null") || fail(scan, KF_EPARSE, "null");
}

/* ---- anything ---- */

static bool skip_list(kf_scan *scan)
{
    if (!kf__scan_list(scan))
        return false;
    while (kf__scan_item(scan)) {
        double numbers[16];
        while (kf__scan_run(scan, false, numbers, 16) == 16)
            continue;
        if (!kf__scan_skip(scan, NULL, NULL))
            return false;
    }
    return scan->status == KF_OK;
}

static bool skip_object(kf_scan *scan, kf_buf *scratch)
{
    const char *name;
    size_t length;
    if (!kf__scan_object(scan))
        return false;
    while (kf__scan_name(scan, &name, &length, scratch))
        if (!kf__scan_skip(scan, NULL, NULL))
            return false;
    return scan->status == KF_OK;
}

static bool skip_text(kf_scan *scan, bool is_object)
{
    kf_buf scratch = KF__BUF_INIT;
    const char *string;
    size_t length;
    bool done = is_object ? skip_object(scan, &scratch)
                          : kf__scan_string(scan, &string, &length, &scratch);
    kf__buf_finish(&scratch);
    return done;
}

bool kf__scan_skip(kf_scan *scan, const char **from, size_t *length)
{
    char character = kf__scan_peek(scan);
    const char *start = scan->at;
    double number;
    bool boolean, done;
    if (character == '[')
        done = skip_list(scan);
    else if (character == '{' || character == '"')
        done = skip_text(scan, character == '{');
    else if (character == 't' || character == 'f')
        done = kf__scan_bool(scan, &boolean);
    else if (character == 'n')
        done = kf__scan_null(scan);
    else if (character == '-' || (character >= '0' && character <= '9'))
        done = kf__scan_double(scan, false, &number);
    else
        done = fail(scan, KF_EPARSE, "a value");
    if (done && from != NULL) {
        *from = start;
        *length = (size_t)(scan->at - start);
    }
    return done;
}
