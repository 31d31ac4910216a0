/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "base/mem.h"

static const char *const algorithms[] = {"tpe", "multivariate-tpe"};

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

START_TEST(better_than_random)
{
    add_numbers(space, 4);
    double random = typical_best(space, "random", 100, valley);
    for (int i = 0; i < 2; i++) {
        double best = typical_best(space, algorithms[i], 100, valley);
        ck_assert_msg(
            best < random / 5, "%s: %g, random: %g", algorithms[i], best, random);
    }
}
END_TEST

/* A number that matters only for one choice, and the others depend on the choice. */
static double by_choice(const double *point)
{
    double x = point[0] - (point[1] == 2 ? 0.3 : 0.9);
    return point[1] == 2 ? x * x + fabs(point[2] - 0.7) : 0.5 + x * x;
}

START_TEST(choices_and_conditions)
{
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\", \"c\", \"d\"]");
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "y", "kind", "[\"c\"]");
    for (int i = 0; i < 2; i++) {
        kf_study *study = new_study(space, algorithms[i], "{}", 5);
        run(study, 80, by_choice);
        int late = 0;
        for (int64_t k = 0; k < 80; k++) {
            const double *point = kf_study_trial(study, k)->point;
            ck_assert(isnan(point[2]) == (point[1] != 2));
            late += k >= 50 && point[1] == 2;
        }
        ck_assert_msg(late > 20, "%s: %d of 30", algorithms[i], late);
        ck_assert_double_lt(kf_study_best(study)->losses[0], 0.05);
        kf_study_free(study);
    }
}
END_TEST

/* Many may be asked before one is told, and none is like another. */
START_TEST(batches)
{
    add_numbers(space, 2);
    for (int i = 0; i < 2; i++) {
        kf_study *study = new_study(space, algorithms[i], "{}", 1);
        run(study, 20, valley);
        for (int k = 0; k < 30; k++)
            (void)ask(study);
        for (int64_t a = 0; a < 50; a++)
            for (int64_t b = 0; b < a; b++)
                ck_assert(distance(study, a, b, 2) > 1e-6);
        kf_study_free(study);
    }
}
END_TEST

/* What has been tried is not tried again while there is something else. */
START_TEST(few_points)
{
    ck_ok(kf_space_add_int(space, "a", 1, 4, 0, KF_UNIFORM));
    add_categorical(space, "b", "[1, 2, 3, 4]");
    for (int i = 0; i < 2; i++) {
        kf_study *study =
            new_study(space, algorithms[i], "{\"n_startup_trials\": 1}", 1);
        run(study, 12, valley);
        for (int64_t a = 0; a < 12; a++)
            for (int64_t b = 0; b < a; b++)
                ck_assert(distance(study, a, b, 2) > 0);
        run(study, 20, valley);
        kf_study_free(study);
    }
}
END_TEST

/* The mean volume that 100 trials dominate, of two bowls with their middles at 0.2 and
 * 0.8, as a part of what can be. */
static double volume(const char *algorithm)
{
    static const char *const names[] = {"left", "right"};
    static const double reference[] = {0.4, 0.4};
    double sum = 0;
    for (uint64_t seed = 0; seed < SEARCH_SEEDS; seed++) {
        kf_study *study;
        double dominated;
        ck_ok(kf_study_new(space,
            KF_OPTIONS(kf_study_options, .algorithm = algorithm, .seed = seed,
                .objectives = names, .objective_count = 2),
            &study));
        for (int i = 0; i < 100; i++) {
            int64_t number = ask(study);
            const double *point = kf_study_trial(study, number)->point;
            double values[2] = {0};
            for (int k = 0; k < 3; k++) {
                double left = point[k] - (k == 0 ? 0.2 : 0.5);
                double right = point[k] - (k == 0 ? 0.8 : 0.5);
                values[0] += left * left;
                values[1] += right * right;
            }
            ck_ok(kf_study_tell_values(study, number, values, 2));
        }
        ck_ok(kf_study_hypervolume(study, reference, &dominated));
        sum += dominated;
        kf_study_free(study);
    }
    /* Under the front (x², (0.6 - x)²), from 0 to 0.6: 0.0216; and beside it. */
    double most = 0.4 * 0.4 - 0.0216;
    return sum / SEARCH_SEEDS / most;
}

START_TEST(several_objectives)
{
    add_numbers(space, 3);
    double random = volume("random");
    for (int i = 0; i < 2; i++) {
        double reached = volume(algorithms[i]);
        ck_assert_msg(1 - reached < 0.9 * (1 - random) && reached < 1,
            "%s: %g, random: %g", algorithms[i], reached, random);
    }
}
END_TEST

START_TEST(same_again)
{
    add_numbers(space, 3);
    for (int i = 0; i < 2; i++)
        ck_same_again(space, algorithms[i], "{}", 40);
}
END_TEST

START_TEST(settings)
{
    add_numbers(space, 1);
    ck_refuses(space, "tpe", "{\"gamma\": \"1\"}", KF_EINVAL, "gamma of tpe is 1");
    ck_refuses(space, "tpe", "{\"prior_weight\": 0}", KF_EINVAL, "prior_weight");
    ck_refuses(space, "tpe", "{\"n_EI_candidates\": 0}", KF_EINVAL, "n_EI_candidates");
    ck_refuses(space, "tpe", "{\"n_ei_candidates\": 4}", KF_ENOENT, "n_EI_candidates");
    ck_refuses(space, "multivariate-tpe", "{\"n_startup_trials\": -1}", KF_EINVAL,
        "n_startup_trials");
    ck_refuses(
        space, "multivariate-tpe", "{\"random_state\": \"x\"}", KF_ETYPE, "integer");
    kf_study *study = new_study(space, "multivariate-tpe",
        "{\"n_startup_trials\": 0, \"n_ei_candidates\": 0}", 1);
    run(study, 5, valley);
    kf_study_free(study);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    add_numbers(space, 2);
    ck_survives_nomem(try_search(space, "tpe", 14));
    ck_survives_nomem(try_search(space, "multivariate-tpe", 14));
}
END_TEST

KF_TEST_MAIN_WITH("sampler_tpe", setup, teardown, better_than_random,
    choices_and_conditions, batches, few_points, several_objectives, same_again,
    settings, survives_lack_of_memory)
