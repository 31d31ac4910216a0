/* SPDX-License-Identifier: Apache-2.0 */
/* What a plain scalar means to the YAML reader of Kubernetes' tools (gopkg.in/yaml.v2,
 * resolve.go): "1e-3" is a number there, "1:30" is text, "y" is true. */
#include "io/yaml_scalar.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static bool is_among(const char *text, size_t length, const char *words)
{
    for (const char *at = words; *at != '\0'; at += *at == ' ') {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, text, size) == 0)
            return true;
        at += size;
    }
    return false;
}

/* Without underscores, NUL-terminated; false: too long to be a number, or no text. */
static bool clean(const char *text, size_t length, char *out, size_t room)
{
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '_')
            continue;
        if (size + 1 >= room || text[i] == '\0')
            return false;
        out[size++] = text[i];
    }
    out[size] = '\0';
    return true;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

/* strconv.ParseInt and ParseUint with base 0. */
static bool read_int(const char *text, bool *negative, uint64_t *out)
{
    unsigned base = 10;
    *negative = *text == '-';
    bool has_sign = *text == '-' || *text == '+';
    text += has_sign;
    if (text[0] == '0' && text[1] != '\0') {
        char mark = (char)(text[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        text += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    *out = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)digit_of(*text);
        if (digit >= base || __builtin_mul_overflow(*out, (uint64_t)base, out) ||
            __builtin_add_overflow(*out, (uint64_t)digit, out))
            return false;
    }
    return !has_sign || *out <= (uint64_t)INT64_MAX + (*negative ? 1 : 0);
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool read_float(const char *text, double *out)
{
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = strspn(at, "0123456789"), fraction = 0;
    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        at += fraction + 1;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        size_t digits = strspn(at, "0123456789");
        at += digits;
        if (digits == 0)
            return false;
    }
    return *at == '\0' && kf__parse_double(text, out) && isfinite(*out);
}

kf_yaml_type kf__yaml_go_type(const char *text, size_t length)
{
    char number[512];
    bool negative;
    uint64_t integer;
    double real;
    if (length == 0 || is_among(text, length, "~ null Null NULL"))
        return KF__YAML_NULL;
    if (is_among(text, length,
            "y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON "
            "off "
            "Off OFF"))
        return KF__YAML_BOOL;
    if (is_among(text, length, "<<"))
        return KF__YAML_MERGE;
    if (is_among(text, length,
            ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF"))
        return KF__YAML_FLOAT;
    if (strchr("+-.0123456789", *text) == NULL ||
        !clean(text, length, number, sizeof number))
        return KF__YAML_STRING;
    if (*text != '.' && read_int(number, &negative, &integer))
        return KF__YAML_INT;
    return read_float(number, &real) ? KF__YAML_FLOAT : KF__YAML_STRING;
}

kf_value *kf__yaml_go_value(
    kf_tree *tree, kf_yaml_type type, const char *text, size_t length)
{
    char number[512];
    bool negative;
    uint64_t integer;
    double real;
    if (type != KF__YAML_INT && type != KF__YAML_FLOAT)
        return kf__yaml_value(tree, type, text, length);
    if (length == 0 || !clean(text, length, number, sizeof number))
        return NULL;
    if (type == KF__YAML_FLOAT)
        return read_float(number, &real) ? kf__tree_double(tree, real) : NULL;
    if (!read_int(number, &negative, &integer))
        return NULL;
    if (integer > (uint64_t)INT64_MAX && !negative)
        return kf__tree_double(tree, (double)integer);
    return kf__tree_int(tree, negative ? (int64_t)(0 - integer) : (int64_t)integer);
}
