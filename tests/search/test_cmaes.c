/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "search/cmaes.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
}

/* What a new one, which has seen nothing come, would give as the next point. */
static void fresh_point(const kf_study *study, kf_restarts restarts, double *point)
{
    kf_cmaes *cmaes;
    kf_cmaes_options options = {.sigma = 1 / 6.0, .restarts = restarts};
    kf_tree tree = {0};
    kf_ask question =
        kf__ask_start(study, &study->settings, (int64_t)kf_study_trial_count(study));
    question.tree = &tree;
    question.attributes = kf__tree_struct(&tree);
    ck_ok(kf__cmaes_new(study, &options, &cmaes));
    ck_ok(kf__cmaes_ask(cmaes, &question, point));
    kf__cmaes_free(cmaes);
    kf__tree_finish(&tree);
}

/* Told late, in another order, failed, killed. */
static void end_one(kf_study *study, int64_t number)
{
    int64_t done = number % 3 == 0 ? number : number - 2;
    const kf_trial *trial = kf_study_trial(study, done);
    if (trial == NULL || trial->state != KF_TRIAL_RUNNING)
        return;
    if (number % 11 == 5)
        ck_ok(kf_study_tell_state(study, done, KF_TRIAL_FAILED, NULL));
    else if (number % 11 == 7)
        ck_ok(kf_study_tell_state(study, done, KF_TRIAL_KILLED, NULL));
    else
        ck_ok(kf_study_tell(study, done, mixed(trial->point)));
}

START_TEST(state_is_a_memo)
{
    static const char *const settings[] = {
        "{}", "{\"restart_strategy\": \"ipop\"}", "{\"restart_strategy\": \"bipop\"}"};
    add_mixed(space);
    kf_value *params =
        json("{\"x0\": 0.5, \"x1\": 0.1, \"n\": 3, \"kind\": \"b\", \"y\": 0.3}");
    for (int restarts = 0; restarts < 3; restarts++) {
        kf_study *study = new_study(space, "cmaes", settings[restarts], 7);
        double known = 0.4, point[5];
        ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &known, NULL));
        ck_ok(kf_study_enqueue(study, params));
        for (int64_t i = 0; i < 80; i++) {
            fresh_point(study, (kf_restarts)restarts, point);
            if (i == 20)
                ck_ok(kf_study_enqueue(study, params));
            const kf_trial *trial = kf_study_trial(study, ask(study));
            for (size_t k = 0; k < 5 && !trial->foreign; k++)
                ck_assert(
                    trial->point[k] == kf__space_snap(study->space, k, point[k]) ||
                    (k == 4 && isnan(trial->point[k]) && point[3] != 1));
            end_one(study, trial->number);
        }
        kf_study_free(study);
    }
    kf_value_free(params);
}
END_TEST

KF_TEST_MAIN_WITH("cmaes", setup, teardown, state_is_a_memo)
