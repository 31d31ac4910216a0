/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 0, 3, 0, KF_UNIFORM));
    add_categorical(space, "act", "[\"relu\", \"gelu\"]");
    ck_ok(kf_space_add_double(space, "slope", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "slope", "act", "[\"gelu\"]");
}

static void teardown(void)
{
    kf_space_free(space);
}

static kf_study *new_study(const char *settings)
{
    kf_study *study = NULL;
    kf_value *values = json(settings);
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = "sobol", .settings = values),
        &study));
    kf_value_free(values);
    return study;
}

static const double *ask(kf_study *study)
{
    int64_t number;
    ck_ok(kf_study_ask(study, &number));
    return kf_study_trial(study, number)->point;
}

/* The first points of the sequence in four axes are 0, (1/2, 1/2, 1/2, 1/2),
 * (3/4, 1/4, 1/4, 1/4), (1/4, 3/4, 3/4, 3/4). */
START_TEST(plain)
{
    kf_study *study = new_study("{\"scramble\": \"false\"}");
    static const double known[][4] = {{0, 0.125, 0, NAN}, {0.5, 0.625, 1, 0.5},
        {0.75, 0.375, 0, NAN}, {0.25, 0.875, 1, 0.75}};
    for (int i = 0; i < 4; i++) {
        const double *point = ask(study);
        for (int k = 0; k < 4; k++) {
            if (isnan(known[i][k]))
                ck_assert_double_nan(point[k]);
            else
                ck_assert_double_eq(point[k], known[i][k]);
        }
    }
    kf_study_free(study);
}
END_TEST

/* Of 64 points every quarter of an axis gets 16, whatever the seed, and though trials
 * of others come in between. */
START_TEST(even)
{
    kf_study *study = new_study("{\"random_state\": 3}");
    kf_value *params = json("{\"x\": 0.5, \"n\": 2, \"act\": \"relu\"}");
    int x[4] = {0}, n[4] = {0}, gelu = 0;
    for (int i = 0; i < 64; i++) {
        const double *point = ask(study);
        x[(int)(point[0] * 4)]++;
        n[(int)(point[1] * 4)]++;
        gelu += point[2] == 1;
        ck_assert(isnan(point[3]) == (point[2] == 0));
        if (i % 10 == 3)
            ck_ok(kf_study_add(study, params, KF_TRIAL_FAILED, NULL, NULL));
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(x[i], 16);
        ck_assert_int_eq(n[i], 16);
    }
    ck_assert_int_eq(gelu, 32);
    kf_value_free(params);
    kf_study_free(study);
}
END_TEST

static kf_status search(void)
{
    kf_study *study = NULL;
    int64_t number;
    kf_status status =
        kf_study_new(space, KF_OPTIONS(kf_study_options, .algorithm = "sobol"), &study);
    for (int i = 0; status == KF_OK && i < 2; i++)
        status = kf_study_ask(study, &number);
    kf_study_free(study);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(search());
}
END_TEST

KF_TEST_MAIN_WITH(
    "sampler_sobol", setup, teardown, plain, even, survives_lack_of_memory)
