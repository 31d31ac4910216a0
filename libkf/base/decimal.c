/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: Lemire, "Number parsing at a gigabyte per second", 2021. One product with the
 * first 128 bits of a power of ten settles all but one in 2^60 or so.
 * Writing: Giulietti, "The Schubfach way to render doubles", 2020. Between the middles
 * to its neighbours lie at most two decimals of the length that the spacing of the
 * doubles allows, and at most one that is shorter. */
#include "base/decimal.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

static int log2_of_power(int exponent) /* floor(log2(10^exponent)) */
{
    return (exponent * 1741647) >> 19;
}

/* ---- reading ---- */

/* A binary format: all that IEEE 754 says of it. */
typedef struct format {
    int precision; /* With the bit that is not stored. */
    int smallest;  /* Exponent of the smallest normal number. */
    int largest;
} format;

/* Rounds significand × 2^-dropped. `rest` and `exact` tell what is below: without `exact` up to
 * one unit more may be missing. False: it may or may not be a tie. */
static bool round_off(
    wide product, uint64_t rest, bool exact, int dropped, uint64_t *out)
{
    uint64_t kept = (uint64_t)(product >> dropped);
    wide half = (wide)1 << (dropped - 1), below = product & ((half << 1) - 1);
    bool up;
    if (exact)
        up = below > half || (below == half && (rest > 0 || (kept & 1) != 0));
    else
        up = below >= half;
    if (!exact && below == half - 1)
        return false;
    *out = kept + up;
    return true;
}

/* The bits of the nearest number of the format. */
static bool nearest(uint64_t digits, int exponent, format to, uint64_t *bits)
{
    *bits = 0;
    if (digits == 0 || exponent < KF__FIRST_POWER_OF_TEN)
        return true;
    if (exponent >= KF__FIRST_POWER_OF_TEN + KF__POWERS_OF_TEN)
        return false;
    const uint64_t *power = kf__powers_of_ten[exponent - KF__FIRST_POWER_OF_TEN];
    int shift = __builtin_clzll(digits);
    digits <<= shift;
    wide lower = (wide)digits * power[1];
    wide product = (wide)digits * power[0] + (uint64_t)(lower >> 64);
    int top = product >> 127 != 0 ? 127 : 126;
    int binary = log2_of_power(exponent) + top - 63 - shift;
    if (binary > to.largest)
        return false;
    int precision = to.precision;
    if (binary < to.smallest)
        precision -= to.smallest - binary;
    if (precision < 0)
        return true;
    /* Up to 10^55 the 128 bits are all of it. */
    bool exact = exponent >= 0 && exponent <= 55;
    if (precision == 0 ||
        !round_off(product, (uint64_t)lower, exact, top + 1 - precision, bits))
        return false;
    /* Rounding up may carry into the exponent, as it should. */
    if (binary >= to.smallest)
        *bits += (uint64_t)(binary - to.smallest) << (to.precision - 1);
    uint64_t infinity = (uint64_t)(to.largest - to.smallest + 2) << (to.precision - 1);
    return *bits < infinity;
}

bool kf__decimal_double(uint64_t digits, int exponent, double *out)
{
    uint64_t bits;
    if (!nearest(digits, exponent, (format){53, -1022, 1023}, &bits))
        return false;
    memcpy(out, &bits, sizeof *out);
    return true;
}

bool kf__decimal_float(uint64_t digits, int exponent, float *out)
{
    uint64_t bits;
    if (!nearest(digits, exponent, (format){24, -126, 127}, &bits))
        return false;
    uint32_t narrow = (uint32_t)bits;
    memcpy(out, &narrow, sizeof *out);
    return true;
}

/* ---- writing ---- */

/* power × factor / 2^128, the last bit set if anything was cut off. */
static uint64_t multiply(const uint64_t power[2], uint64_t factor)
{
    wide lower = (wide)power[1] * factor;
    wide upper = (wide)power[0] * factor + (uint64_t)(lower >> 64);
    return (uint64_t)(upper >> 64) | ((uint64_t)upper > 1);
}

/* digits × 10^exponent, of the interval around significand × 2^binary. */
static void choose(uint64_t significand, int binary, bool is_narrow_below,
    uint64_t *digits, int *exponent)
{
    int k = (binary * 1262611 - (is_narrow_below ? 524031 : 0)) >> 22;
    int shift = binary + log2_of_power(-k) + 1;
    const uint64_t *cut = kf__powers_of_ten[-k - KF__FIRST_POWER_OF_TEN];
    uint64_t power[] = {cut[0] + (cut[1] == UINT64_MAX), cut[1] + 1};
    uint64_t quarter = 4 * significand, open = significand & 1;
    /* Four times the ends and the middle of the interval, which an odd number does not
       own. */
    uint64_t low =
        multiply(power, (quarter - (is_narrow_below ? 1 : 2)) << shift) + open;
    uint64_t middle = multiply(power, quarter << shift);
    uint64_t high = multiply(power, (quarter + 2) << shift) - open;
    uint64_t found = middle / 4;
    *exponent = k;
    if (found >= 10) {
        uint64_t tens = found / 10;
        bool below = low <= 40 * tens, above = 40 * tens + 40 <= high;
        if (below != above) {
            *digits = tens + above;
            *exponent = k + 1;
            return;
        }
    }
    bool below = low <= 4 * found, above = 4 * found + 4 <= high;
    uint64_t between = 4 * found + 2;
    bool up = middle > between || (middle == between && (found & 1) != 0);
    *digits = found + (below != above ? above : up);
}

void kf__decimal_shortest(double number, uint64_t *digits, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & ((1ULL << 52) - 1);
    int biased = (int)(bits >> 52) & 2047;
    uint64_t significand = biased != 0 ? fraction | 1ULL << 52 : fraction;
    int binary = (biased != 0 ? biased : 1) - 1075;
    choose(significand, binary, fraction == 0 && biased > 1, digits, exponent);
    while (*digits % 10 == 0) {
        *digits /= 10;
        ++*exponent;
    }
}

int kf__decimal_digits(uint64_t number, char text[20])
{
    char reversed[20];
    int count = 0;
    do
        reversed[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    for (int i = 0; i < count; i++)
        text[i] = reversed[count - 1 - i];
    return count;
}
