/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

/* The middle of the best `top` trials. */
static void middle_of_best(const kf_study *study, size_t top, double *middle)
{
    bool taken[200] = {false};
    for (size_t i = 0; i < top; i++) {
        size_t best = 0;
        while (taken[best])
            best++;
        for (size_t k = best; k < kf_study_trial_count(study); k++)
            if (!taken[k] && kf_study_trial(study, (int64_t)k)->losses[0] <
                                 kf_study_trial(study, (int64_t)best)->losses[0])
                best = k;
        taken[best] = true;
        for (int k = 0; k < 3; k++)
            middle[k] += kf_study_trial(study, (int64_t)best)->point[k] / (double)top;
    }
}

/* A search begins where the best tenth of the known trials is. */
START_TEST(warm_start)
{
    add_numbers(space, 3);
    for (int count = 1; count <= 200; count += 199) {
        kf_study *random = new_study(space, "random", "{}", 3);
        kf_study *study = new_study(space, "cmaes", "{}", 3);
        double near[3] = {0}, middle[3] = {0};
        run(random, count, valley);
        for (int64_t i = 0; i < count; i++) {
            const kf_trial *trial = kf_study_trial(random, i);
            ck_ok(kf_study_add(
                study, trial->params, KF_TRIAL_SUCCEEDED, trial->values, NULL));
        }
        for (int i = 0; i < 30; i++) {
            const double *point = kf_study_trial(study, ask(study))->point;
            for (int k = 0; k < 3; k++)
                near[k] += point[k] / 30;
        }
        middle_of_best(random, count == 1 ? 1 : 20, middle);
        for (int k = 0; k < 3; k++)
            ck_assert_double_eq_tol(near[k], fmin(fmax(middle[k], 0.15), 0.85), 0.1);
        kf_study_free(random);
        kf_study_free(study);
    }
}
END_TEST

KF_TEST_MAIN_WITH("cmaes_begin", setup, teardown, warm_start)
