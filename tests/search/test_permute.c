/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/permute.h"

/* Every number once, and back again, whatever the count. */
START_TEST(is_a_permutation)
{
    static bool seen[5000];
    static const uint64_t counts[] = {1, 2, 3, 16, 17, 255, 256, 257, 1000, 4096, 4097};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < counts[k]; i++) {
            uint64_t number = kf__permute(7, counts[k], i);
            ck_assert_uint_lt(number, counts[k]);
            ck_assert(!seen[number]);
            seen[number] = true;
            ck_assert_uint_eq(kf__permute_back(7, counts[k], number), i);
        }
    }
}
END_TEST

START_TEST(huge)
{
    uint64_t count = (uint64_t)1 << 62;
    for (uint64_t i = 0; i < count; i += count / 1000) {
        uint64_t number = kf__permute(3, count - 5, i % (count - 5));
        ck_assert_uint_lt(number, count - 5);
        ck_assert_uint_eq(kf__permute_back(3, count - 5, number), i % (count - 5));
        ck_assert_uint_lt(kf__permute(3, count, i), count);
    }
}
END_TEST

/* Over seeds each number is as likely as another at each place: here of 6 in 3 places. */
START_TEST(is_random)
{
    enum { SEEDS = 6000 };
    int counts[3][6] = {{0}};
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        for (uint64_t i = 0; i < 3; i++)
            counts[i][kf__permute(seed, 6, i)]++;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 6; k++)
            ck_assert_double_eq_tol(
                counts[i][k], SEEDS / 6.0, 6 * sqrt(SEEDS * 5 / 36.0));
}
END_TEST

KF_TEST_MAIN("permute", is_a_permutation, huge, is_random)
