/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "search/past.h"

START_TEST(looks_back)
{
    kf_space *space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    add_categorical(space, "act", "[\"relu\", \"gelu\", \"tanh\", \"elu\"]");
    kf_study *study = new_study(space, "tpe", "{\"gamma\": 0.125}", 1);
    kf_value *params = json("{\"x\": 0.5, \"act\": \"relu\"}");
    (void)ask(study);
    ck_ok(kf_study_add(study, params, KF_TRIAL_FAILED, NULL, NULL));
    ck_ok(kf_study_enqueue(study, params));
    (void)ask(study);
    (void)ask(study);
    kf_ask question = kf__ask_start(study, &study->settings, 4);
    ck_assert_uint_eq(kf__past_own(&question), 2);
    ck_assert_double_eq(kf__ask_double(&question, "gamma"), 0.125);
    ck_assert_int_eq(kf__ask_int(&question, "n_EI_candidates"), 24);
    /* Point 2 of the plain sequence is (3/4, 1/4). */
    kf_sobol *sobol;
    double point[2];
    ck_ok(kf__sobol_new(2, false, 0, &sobol));
    kf__past_spread(&question, sobol, point);
    ck_assert_double_eq(point[0], 0.75);
    ck_assert_double_eq(point[1], 1);
    kf__sobol_free(sobol);
    kf_value_free(params);
    kf_study_free(study);
    kf_space_free(space);
}
END_TEST

KF_TEST_MAIN("past", looks_back)
