/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

#include "search/pareto.h"

START_TEST(domination)
{
    static const double a[] = {1, 2}, b[] = {2, 2}, c[] = {0, 3};
    ck_assert(kf__dominates(a, b, 2));
    ck_assert(!kf__dominates(b, a, 2));
    ck_assert(!kf__dominates(a, a, 2));
    ck_assert(!kf__dominates(a, c, 2) && !kf__dominates(c, a, 2));
}
END_TEST

static double volume_of(
    const double *flat, size_t total, size_t count, const double *reference)
{
    const double *points[64];
    double out;
    for (size_t i = 0; i < total; i++)
        points[i] = flat + i * count;
    ck_ok(kf__hypervolume(points, total, count, reference, &out));
    return out;
}

/* By hand: the union of boxes. */
START_TEST(hypervolumes)
{
    static const double one[] = {3, 1, 2}, two[] = {1, 3, 2, 2, 3, 1, 2, 3, 5, 0},
                        three[] = {1, 2, 3, 2, 1, 3, 3, 3, 1}, fours[] = {4, 4, 4};
    ck_assert_double_eq(volume_of(one, 3, 1, fours), 3);
    ck_assert_double_eq(volume_of(two, 5, 2, fours), 6);
    /* 3·2·1 + 2·3·1 - 2·2·1 of the first two, 1·1·3 of the third, 1·1·1 shared. */
    ck_assert_double_eq(volume_of(three, 3, 3, fours), 10);
    ck_assert_double_eq(volume_of(two, 0, 2, fours), 0);
}
END_TEST

/* Five objectives against counting random points. */
START_TEST(hypervolume_by_chance)
{
    enum { POINTS = 12, COUNT = 5, SAMPLES = 200000 };
    static const double reference[COUNT] = {1, 1, 1, 1, 1};
    double flat[POINTS * COUNT];
    kf_random random = kf__random(3, 0);
    for (int i = 0; i < POINTS * COUNT; i++)
        flat[i] = 0.6 * kf__random_uniform(&random);
    int inside = 0;
    for (int i = 0; i < SAMPLES; i++) {
        double sample[COUNT];
        bool covered = false;
        for (int j = 0; j < COUNT; j++)
            sample[j] = kf__random_uniform(&random);
        for (int p = 0; p < POINTS && !covered; p++)
            covered = kf__dominates(flat + p * COUNT, sample, COUNT);
        inside += covered;
    }
    double expected = (double)inside / SAMPLES;
    ck_assert_double_eq_tol(volume_of(flat, POINTS, COUNT, reference), expected, 0.006);
}
END_TEST

START_TEST(of_a_study)
{
    static const kf_direction directions[] = {KF_MAXIMIZE, KF_MINIMIZE};
    static const double told[][2] = {{0.5, 3}, {0.9, 5}, {0.4, 4}, {0.9, 5}, {0.2, 1}};
    static const double reference[] = {0, 6};
    kf_space *space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    kf_study *study;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "random", .directions = directions,
            .objective_count = 2),
        &study));
    for (size_t i = 0; i < 5; i++)
        ck_ok(kf_study_tell_values(study, ask(study), told[i], 2));
    ck_ok(kf_study_tell_state(study, ask(study), KF_TRIAL_FAILED, NULL));
    kf_value *front, *expected = json("[0, 1, 3, 4]");
    ck_ok(kf_study_front(study, &front));
    ck_assert(kf_value_equal(front, expected));
    double volume;
    ck_ok(kf_study_hypervolume(study, reference, &volume));
    /* 0.2·5 up to cost 1, 0.3 more from 3, 0.4 more from 5. */
    ck_assert_double_eq_tol(volume, 0.2 * 5 + 0.3 * 3 + 0.4 * 1, 1e-12);
    kf_value_free(front);
    kf_value_free(expected);
    kf_study_free(study);
    kf_space_free(space);
}
END_TEST

KF_TEST_MAIN("pareto", domination, hypervolumes, hypervolume_by_chance, of_a_study)
