/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of numbers as files of models have them: short, and one behind the other. */
#include "base/scan.h"

#include <float.h>
#include <math.h>
#include <string.h>

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
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
