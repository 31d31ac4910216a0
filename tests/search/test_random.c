/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/random.h"

/* The known answers that Random123 comes with (kat_vectors: philox 4x32 10). */
START_TEST(known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
            {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
            {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        kf__philox(known[i].counter, known[i].key, out);
        ck_assert_mem_eq(out, known[i].answer, sizeof out);
    }
}
END_TEST

START_TEST(streams)
{
    kf_random a = kf__random(7, 3), b = kf__random(7, 3), c = kf__random(7, 4),
              d = kf__random(8, 3);
    uint32_t first = kf__random_word(&a);
    ck_assert_uint_eq(first, kf__random_word(&b));
    ck_assert_uint_ne(first, kf__random_word(&c));
    ck_assert_uint_ne(first, kf__random_word(&d));
}
END_TEST

START_TEST(distributions)
{
    enum { COUNT = 100000 };
    kf_random random = kf__random(1, 0);
    double sum = 0, squares = 0, normal = 0, normal_squares = 0;
    int counts[5] = {0};
    for (int i = 0; i < COUNT; i++) {
        double u = kf__random_uniform(&random);
        ck_assert(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
        double z = kf__random_normal(&random);
        normal += z;
        normal_squares += z * z;
        counts[kf__random_index(&random, 5)]++;
    }
    /* Six standard errors. */
    ck_assert_double_eq_tol(sum / COUNT, 0.5, 6 * sqrt(1 / 12.0 / COUNT));
    ck_assert_double_eq_tol(squares / COUNT, 1 / 3.0, 6 * sqrt(4 / 45.0 / COUNT));
    ck_assert_double_eq_tol(normal / COUNT, 0, 6 / sqrt(COUNT));
    ck_assert_double_eq_tol(normal_squares / COUNT, 1, 6 * sqrt(2.0 / COUNT));
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq_tol(counts[i], COUNT / 5.0, 6 * sqrt(COUNT * 0.16));
}
END_TEST

KF_TEST_MAIN("random", known_answers, streams, distributions)
