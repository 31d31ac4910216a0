/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON text. Up to 19 digits and exponents in reach are rounded right by one
 * multiplication or division of doubles that are exact (Clinger, "How to read floating
 * point numbers accurately", 1990); all others go the slow and exact way. */
#include "base/scan.h"

#include <float.h>
#include <math.h>
#include <string.h>

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

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static const char *take_digits(const char *at, const char *end, number *out, bool after)
{
    for (; at < end && is_digit(*at); at++) {
        if (out->count < 19) {
            out->digits = out->digits * 10 + (uint64_t)(*at - '0');
            out->count += out->digits != 0;
            out->exponent -= after;
        } else {
            out->exact = false;
            out->exponent += !after;
        }
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

/* 10^0 … 10^22, which doubles hold exactly. */
static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
    1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const char *take_plain(const char *at, const char *end, uint64_t *digits)
{
    for (; at < end && is_digit(*at); at++)
        *digits = *digits * 10 + (uint64_t)(*at - '0');
    return at;
}

/* One or two digits of an exponent. */
static const char *take_power(const char *at, const char *end, long *out)
{
    bool negative = at < end && *at == '-';
    uint64_t digits = 0;
    const char *from = at + (at < end && (*at == '-' || *at == '+'));
    at = take_plain(from, end, &digits);
    *out = negative ? -(long)digits : (long)digits;
    return at > from && at - from <= 2 ? at : NULL;
}

/* What most numbers are: at most 15 digits and 10 to a power that a double holds exactly,
 * and something behind. All else, and all that is wrong, is for the others. */
static bool take_short(kf_scan *scan, double *out)
{
    const char *end = scan->end - scan->at > 22 ? scan->at + 22 : scan->end;
    const char *from = scan->at + (scan->at < end && *scan->at == '-');
    uint64_t digits = 0;
    const char *at = take_plain(from, end, &digits);
    long count = at - from, power = 0, after = 0;
    if (count == 0 || (count > 1 && *from == '0'))
        return false;
    if (at < end && *at == '.') {
        const char *point = at + 1;
        at = take_plain(point, end, &digits);
        after = at - point;
        if (after == 0)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E') &&
        (at = take_power(at + 1, end, &power)) == NULL)
        return false;
    power -= after;
    if (at == end || count + after > 15 || power < -22 || power > 22)
        return false;
    double value =
        power < 0 ? (double)digits / powers[-power] : (double)digits * powers[power];
    *out = *scan->at == '-' ? -value : value;
    scan->at = at;
    return true;
}

static bool fast_double(const number *in, double *out)
{
    if (!in->exact || in->digits > (1ULL << 53) || in->exponent < -22 ||
        in->exponent > 22)
        return false;
    double value = (double)in->digits;
    value =
        in->exponent < 0 ? value / powers[-in->exponent] : value * powers[in->exponent];
    *out = in->negative ? -value : value;
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

bool kf__scan_double(kf_scan *scan, bool constants, double *out)
{
    char first = kf__scan_peek(scan);
    if (scan->status != KF_OK)
        return false;
    if (constants && (first == 'N' || first == 'I' || first == '-') &&
        constant(scan, out))
        return true;
    if (take_short(scan, out))
        return true;
    number given;
    if (!take_number(scan, &given))
        return false;
    if (fast_double(&given, out) || slow(given.from, given.to, out, NULL))
        return true;
    scan->at = given.from;
    return kf__scan_expected(scan, "a number that a double can hold");
}

/* Whether the nearest float of a double is that of the text it was read from. */
static bool tells_float(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bool subnormal = fabs(value) < 0x1p-126 && value != 0;
    return (bits & 0x1fffffff) != 0x10000000 && !subnormal &&
           !(isfinite(value) && fabs(value) > (double)FLT_MAX);
}

size_t kf__scan_run(kf_scan *scan, bool floats, double *out, size_t capacity)
{
    size_t count = 0;
    if (scan->status != KF_OK)
        return 0;
    while (count < capacity) {
        const char *from = scan->at;
        if (!take_short(scan, &out[count]) || scan->at == scan->end ||
            *scan->at != ',' || (floats && !tells_float(out[count]))) {
            scan->at = from;
            break;
        }
        if (floats)
            out[count] = (double)(float)out[count];
        count++;
        scan->at++;
    }
    return count;
}

/* By way of a double, which tells the nearest float but where the text is about halfway
 * between two of them: there the double may have been rounded to the halfway itself. */
bool kf__scan_float(kf_scan *scan, bool constants, float *out)
{
    const char *from;
    double value;
    (void)kf__scan_peek(scan);
    from = scan->at;
    if (!kf__scan_double(scan, constants, &value))
        return false;
    if (tells_float(value)) {
        *out = (float)value;
        return true;
    }
    return slow(from, scan->at, NULL, out) ||
           kf__scan_expected(scan, "a number that a float can hold");
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
