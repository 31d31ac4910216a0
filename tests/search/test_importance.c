/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

#include "search/importance.h"

static kf_space *space;
static kf_study *study;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "much", -5, 5, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "little", -5, 5, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "nothing", -5, 5, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\", \"c\"]");
    study = new_study(space, "random", "{}");
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
}

/* The shares of the variance of a sum of functions of one parameter each are theirs:
 * 100·(c = b) has 100²·2/9 = 2222, 10·much² has 100·(5⁴·4/45) = 5556, little² a
 * hundredth of that. */
START_TEST(shares)
{
    for (int i = 0; i < 1000; i++) {
        int64_t n = ask(study);
        const double *point = kf_study_trial(study, n)->point;
        double much = number_of(study, n, "much"),
               little = number_of(study, n, "little");
        ck_ok(kf_study_tell(
            study, n, 10 * much * much + little * little + 100 * (point[3] == 1)));
    }
    double share[4];
    ck_ok(kf__importance(study, share));
    ck_assert_double_eq_tol(share[0] + share[1] + share[2] + share[3], 1, 1e-12);
    ck_assert_double_eq_tol(share[0], 5556 / 7833.0, 0.05);
    ck_assert_double_eq_tol(share[1], 55.6 / 7833.0, 0.02);
    ck_assert_double_eq_tol(share[2], 0, 0.02);
    ck_assert_double_eq_tol(share[3], 2222 / 7833.0, 0.05);
}
END_TEST

START_TEST(nothing_can_be_said)
{
    kf_value *found,
        *zeros = json("{\"much\": 0, \"little\": 0, \"nothing\": 0, \"kind\": 0}");
    ck_ok(kf_study_tell(study, ask(study), 1));
    ck_ok(kf_study_importance(study, &found));
    ck_assert(kf_value_equal(found, zeros));
    kf_value_free(found);
    kf_value_free(zeros);
}
END_TEST

KF_TEST_MAIN_WITH("importance", setup, teardown, shares, nothing_can_be_said)
