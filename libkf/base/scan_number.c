/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON text. What the first 19 digits do not settle goes the slow and exact
 * way. */
#include "base/scan.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/mem.h"
#include "base/text.h"

typedef struct number {
    const char *from;
    const char *to;
    uint64_t digits; /* The first 19 of them. */
    int count;       /* Of the digits in `digits`. */
    int exponent;    /* Of ten. */
    bool negative;
    bool exact;    /* All digits are in `digits`. */
    bool is_whole; /* Neither point nor exponent. */
} number;

enum { IS_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Eight digits at once: 0 if they are not. The arithmetic is that of Lemire and Mula. */
static bool eight_digits(const char *at, uint64_t *out)
{
    uint64_t chars;
    memcpy(&chars, at, sizeof chars);
    if (((chars & 0xf0f0f0f0f0f0f0f0) |
            (((chars + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) !=
        0x3333333333333333)
        return false;
    chars -= 0x3030303030303030;
    chars = chars * 10 + (chars >> 8);
    uint64_t pairs = 0x000000ff000000ff;
    *out = ((chars & pairs) * 0x000f424000000064 +
               ((chars >> 16) & pairs) * 0x0000271000000001) >>
           32;
    return true;
}

/* The digits that are held are the first 19 behind leading zeros; `after` the point each
 * of them makes the exponent one less, before it each of the others one more. */
static const char *take_digits(const char *at, const char *end, number *out, bool after)
{
    uint64_t digits = out->digits, eight;
    int count = out->count;
    const char *from = at;
    if (digits == 0)
        for (; at < end && *at == '0'; at++)
            ;
    while (
        IS_LITTLE_ENDIAN && count <= 11 && end - at >= 8 && eight_digits(at, &eight)) {
        digits = digits * 100000000 + eight;
        count += 8;
        at += 8;
    }
    for (; at < end && is_digit(*at) && count < 19; at++, count++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    if (after)
        out->exponent -= (int)(at - from);
    out->digits = digits;
    out->count = count;
    for (; at < end && is_digit(*at); at++) {
        out->exact = false;
        out->exponent += !after;
    }
    return at;
}

static const char *take_exponent(const char *at, const char *end, number *out)
{
    bool negative = false;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    int value = 0;
    const char *from = at;
    for (; at < end && is_digit(*at); at++)
        if (value < 100000)
            value = value * 10 + (*at - '0');
    out->exponent += negative ? -value : value;
    return at > from ? at : NULL;
}

/* The grammar of RFC 8259, section 6. */
static bool take_number(kf_scan *scan, number *out)
{
    const char *at = scan->at, *end = scan->end;
    *out = (number){.from = at, .exact = true, .is_whole = true};
    if (at < end && *at == '-') {
        out->negative = true;
        at++;
    }
    const char *from = at;
    at = take_digits(at, end, out, false);
    if (at == from || (*from == '0' && at > from + 1)) {
        scan->at = at == from ? at : from + 1;
        return kf__scan_expected(
            scan, at == from ? "a number" : "no digit behind a leading 0");
    }
    if (at < end && *at == '.') {
        out->is_whole = false;
        from = ++at;
        at = take_digits(at, end, out, true);
        scan->at = at;
        if (at == from)
            return kf__scan_expected(scan, "a digit");
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        out->is_whole = false;
        scan->at = at + 1;
        at = take_exponent(at + 1, end, out);
        if (at == NULL)
            return kf__scan_expected(scan, "a digit of the exponent");
    }
    out->to = scan->at = at;
    return true;
}

/* Of more digits than are held, the number lies between two that must be rounded alike.
 */
static bool fast_double(const number *in, double *out)
{
    double next;
    if (!kf__decimal_double(in->digits, in->exponent, out) ||
        (!in->exact &&
            (!kf__decimal_double(in->digits + 1, in->exponent, &next) || next != *out)))
        return false;
    if (in->negative)
        *out = -*out;
    return true;
}

static bool fast_float(const number *in, float *out)
{
    float next;
    if (!kf__decimal_float(in->digits, in->exponent, out) ||
        (!in->exact &&
            (!kf__decimal_float(in->digits + 1, in->exponent, &next) || next != *out)))
        return false;
    if (in->negative)
        *out = -*out;
    return true;
}

/* As it is written, for the exact way: one of the two. */
static bool slow(const char *from, const char *to, double *wide, float *narrow)
{
    char text[64], *all = NULL;
    size_t length = (size_t)(to - from);
    if (length >= sizeof text && (all = kf__alloc(length + 1)) == NULL)
        return false;
    char *copy = all != NULL ? all : text;
    memcpy(copy, from, length);
    copy[length] = '\0';
    bool done =
        wide != NULL ? kf__parse_double(copy, wide) : kf__parse_float(copy, narrow);
    kf__free(all);
    return done;
}

static bool constant(kf_scan *scan, double *out)
{
    static const struct {
        const char *text;
        double value;
    } constants[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(constants[i].text);
        if ((size_t)(scan->end - scan->at) >= length &&
            memcmp(scan->at, constants[i].text, length) == 0) {
            scan->at += length;
            *out = constants[i].value;
            return true;
        }
    }
    return false;
}

static bool take_constant(kf_scan *scan, bool constants, double *out)
{
    char first = kf__scan_peek(scan);
    return constants && scan->status == KF_OK &&
           (first == 'N' || first == 'I' || first == '-') && constant(scan, out);
}

bool kf__scan_double(kf_scan *scan, bool constants, double *out)
{
    number given;
    if (take_constant(scan, constants, out))
        return true;
    if (scan->status != KF_OK || !take_number(scan, &given))
        return false;
    if (fast_double(&given, out) || slow(given.from, given.to, out, NULL))
        return true;
    scan->at = given.from;
    return kf__scan_expected(scan, "a number that a double can hold");
}

bool kf__scan_float(kf_scan *scan, bool constants, float *out)
{
    number given;
    double value;
    if (take_constant(scan, constants, &value)) {
        *out = (float)value;
        return true;
    }
    if (scan->status != KF_OK || !take_number(scan, &given))
        return false;
    if (fast_float(&given, out) || slow(given.from, given.to, NULL, out))
        return true;
    scan->at = given.from;
    return kf__scan_expected(scan, "a number that a float can hold");
}

bool kf__scan_int64(kf_scan *scan, int64_t *out)
{
    number given;
    (void)kf__scan_peek(scan);
    if (scan->status != KF_OK || !take_number(scan, &given))
        return false;
    uint64_t most = (uint64_t)INT64_MAX + given.negative;
    if (given.is_whole && given.exact && given.digits <= most) {
        *out = given.negative ? (int64_t)(0 - given.digits) : (int64_t)given.digits;
        return true;
    }
    scan->at = given.from;
    return kf__scan_expected(scan, "a whole number of 64 bits");
}

bool kf__scan_uint64(kf_scan *scan, uint64_t *out)
{
    number given;
    (void)kf__scan_peek(scan);
    if (scan->status != KF_OK || !take_number(scan, &given))
        return false;
    uint64_t value = 0;
    bool fits = given.is_whole && (!given.negative || given.digits == 0);
    for (const char *at = given.from + given.negative; fits && at < given.to; at++)
        fits = !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
    if (fits) {
        *out = value;
        return true;
    }
    scan->at = given.from;
    return kf__scan_expected(scan, "a whole number of 64 bits, not negative");
}
