/* SPDX-License-Identifier: Apache-2.0 */
/* The C library is the oracle: strtod and strtof round right, printf writes exactly. */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "kf_test.h"

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static void check_reading(uint64_t digits, int exponent)
{
    char text[48];
    double wide = 77;
    float narrow = 77;
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    double expected = strtod(text, NULL);
    float expected_narrow = strtof(text, NULL);
    if (kf__decimal_double(digits, exponent, &wide))
        ck_assert_msg(wide == expected, "%s: %a, not %a", text, wide, expected);
    if (kf__decimal_float(digits, exponent, &narrow))
        ck_assert_msg(narrow == expected_narrow, "%s: %a, not %a", text, (double)narrow,
            (double)expected_narrow);
}

START_TEST(reads_what_the_library_reads)
{
    for (int i = 0; i < 60000; i++) {
        uint64_t digits = next_random() >> next_random() % 64;
        check_reading(digits, (int)(next_random() % 700) - 360);
        check_reading(digits, (int)(next_random() % 60) - 40);
    }
}
END_TEST

/* Every power of ten, around the digits at which halves and carries lie. */
START_TEST(reads_at_every_exponent)
{
    static const uint64_t digits[] = {1, 2, 5, 9, 15, 25, 9007199254740991,
        9007199254740992, 9007199254740993, 9007199254740995, 16777217, 33554433,
        4503599627370497, 18014398509481983, 18014398509481985, 1ULL << 63,
        (1ULL << 63) + 1024, UINT64_MAX, UINT64_MAX - 1};
    for (int exponent = -400; exponent <= 330; exponent++)
        for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
            check_reading(digits[i], exponent);
}
END_TEST

/* Middles between neighbours, written out, and the decimals beside them. */
START_TEST(reads_around_middles)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random() % ((uint64_t)2046 << 52);
        double number;
        char text[64];
        memcpy(&number, &bits, sizeof number);
        snprintf(text, sizeof text, "%.18e",
            number + (nextafter(number, 9e307) - number) / 2);
        char *e = strchr(text, 'e');
        int exponent = (int)strtol(e + 1, NULL, 10) - 18;
        *e = '\0';
        memmove(text + 1, text + 2, strlen(text + 2) + 1);
        uint64_t digits = strtoull(text, NULL, 10);
        for (int k = -2; k <= 2; k++)
            check_reading(digits + (uint64_t)k, exponent);
    }
}
END_TEST

START_TEST(settles_almost_everything)
{
    int unsettled = 0;
    for (int i = 0; i < 100000; i++) {
        double number;
        unsettled += !kf__decimal_double(
            next_random(), (int)(next_random() % 600) - 310, &number);
    }
    ck_assert_int_le(unsettled, 2000); /* The two percent beyond the largest double. */
    double number;
    ck_assert(!kf__decimal_double(1, 309, &number));
    ck_assert(!kf__decimal_double(UINT64_MAX, 300, &number));
    float narrow;
    ck_assert(!kf__decimal_float(1, 39, &narrow));
    ck_assert(kf__decimal_float(1, -60, &narrow));
    ck_assert(narrow == 0);
}
END_TEST

/* By trying precisions, as it used to be done: the nearest of the shortest texts. */
static void slow_shortest(double positive, char *text)
{
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, 40, "%.*e", precision, positive);
        if (strtod(text, NULL) == positive)
            return;
        /* Below a power of two the nearest may lie outside where the next is inside. */
        char up[40];
        memcpy(up, text, sizeof up);
        char *last = strchr(up, 'e') - 1;
        if (*last < '9') {
            ++*last;
            if (strtod(up, NULL) == positive) {
                memcpy(text, up, sizeof up);
                return;
            }
        }
    }
}

static void check_writing(double positive)
{
    char expected[40], text[40], found[21] = "";
    uint64_t digits;
    int exponent;
    kf__decimal_shortest(positive, &digits, &exponent);
    int count = kf__decimal_digits(digits, found);
    slow_shortest(positive, expected);
    snprintf(text, sizeof text, "%c%s%.*se%+03d", found[0], count > 1 ? "." : "",
        count - 1, found + 1, exponent + count - 1);
    /* Zeros at the end of the expected digits are none of the shortest. */
    ck_assert_msg(
        strcmp(text, expected) == 0, "%a: %s, not %s", positive, text, expected);
}

START_TEST(writes_what_trying_finds)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = 1 + next_random() % (((uint64_t)2047 << 52) - 1);
        double number;
        memcpy(&number, &bits, sizeof number);
        check_writing(number);
        check_writing((double)(float)((double)(next_random() >> 40) * 0x1p-24 + 1e-9));
        check_writing((double)(1 + next_random() % 100000) / 1000);
    }
}
END_TEST

START_TEST(writes_at_every_power_of_two)
{
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);
        check_writing(power);
        check_writing(nextafter(power, INFINITY));
        if (exponent > -1074)
            check_writing(nextafter(power, 0));
    }
    check_writing(DBL_MAX);
}
END_TEST

KF_TEST_MAIN("decimal", reads_what_the_library_reads, reads_at_every_exponent,
    reads_around_middles, settles_almost_everything, writes_what_trying_finds,
    writes_at_every_power_of_two)
