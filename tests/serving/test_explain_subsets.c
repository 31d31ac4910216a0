/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/explain_kernel.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "kf_test.h"

static size_t size_of(const kf_subsets *subsets, size_t index)
{
    size_t size = 0;
    for (size_t i = 0; i < subsets->features; i++)
        size += kf__subset_has(subsets, index, i) ? 1 : 0;
    return size;
}

/* All but none and all, each once, weighted by (M - 1) / (C(M, s) s (M - s)), sum 1. */
START_TEST(all_subsets)
{
    kf_subsets subsets;
    static const double ways[] = {0, 5, 10, 10, 5};
    bool seen[32] = {false};
    double total = 0, sum = 0;
    for (size_t s = 1; s < 5; s++)
        total += 4.0 / ((double)s * (double)(5 - s));
    ck_ok(kf__subsets_choose(5, 2058, 1, &subsets));
    ck_assert_uint_eq(subsets.count, 30);
    for (size_t i = 0; i < 30; i++) {
        size_t s = size_of(&subsets, i);
        ck_assert(!seen[subsets.bits[i]]);
        seen[subsets.bits[i]] = true;
        double expected = 4.0 / ((double)s * (double)(5 - s)) / ways[s] / total;
        ck_assert_double_eq_tol(subsets.weights[i], expected, 1e-15);
        sum += subsets.weights[i];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-14);
    kf__subsets_finish(&subsets);
}
END_TEST

START_TEST(drawn_subsets)
{
    kf_subsets subsets, again;
    double sum = 0;
    ck_ok(kf__subsets_choose(70, 400, 9, &subsets));
    ck_ok(kf__subsets_choose(70, 400, 9, &again));
    ck_assert_uint_le(subsets.count, 400);
    ck_assert_uint_gt(subsets.count, 350);
    ck_assert_uint_eq(again.count, subsets.count);
    ck_assert_int_eq(memcmp(again.bits, subsets.bits, subsets.count * 16), 0);
    for (size_t i = 0; i < subsets.count; i++) {
        size_t size = size_of(&subsets, i);
        ck_assert(size > 0 && size < 70);
        sum += subsets.weights[i];
        for (size_t j = 0; j < i; j++)
            ck_assert(memcmp(subsets.bits + 2 * i, subsets.bits + 2 * j, 16) != 0);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    kf__subsets_finish(&again);
    ck_ok(kf__subsets_choose(70, 400, 10, &again));
    ck_assert_int_ne(memcmp(again.bits, subsets.bits, 400 * 16), 0);
    kf__subsets_finish(&subsets);
    kf__subsets_finish(&again);
}
END_TEST

/* Effects that sum up exactly are found again, also if only those that matter may have
 * one. */
START_TEST(additive_effects)
{
    static const double effects[12] = {3, 0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 0.25};
    kf_subsets subsets;
    static double found[12], seen[4094];
    ck_ok(kf__subsets_choose(12, 4094, 4, &subsets));
    for (size_t i = 0; i < subsets.count; i++) {
        seen[i] = 0;
        for (size_t j = 0; j < 12; j++)
            seen[i] += kf__subset_has(&subsets, i, j) ? effects[j] : 0;
    }
    for (size_t most = 4; most <= 12; most += 4) {
        ck_ok(kf__kernel_solve(
            &subsets, seen, 2.75, &(kf_selection){.most = most}, found));
        for (size_t j = 0; j < 12; j++)
            ck_assert_double_eq_tol(found[j], effects[j], 1e-10);
    }
    /* sklearn.linear_model.lars_path takes the features 0, 5, 2 and 11, in this order. */
    static const bool takes[][12] = {
        {[0] = true}, {[0] = true, [5] = true}, {[0] = true, [5] = true, [2] = true}};
    for (size_t most = 1; most <= 3; most++) {
        ck_ok(kf__kernel_solve(
            &subsets, seen, 2.75, &(kf_selection){.most = most}, found));
        for (size_t j = 0; j < 12; j++)
            ck_assert((found[j] != 0) == takes[most - 1][j]);
    }
    kf__subsets_finish(&subsets);
}
END_TEST

KF_TEST_MAIN("explain_subsets", all_subsets, drawn_subsets, additive_effects)
