/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"
#include "search/tpe.h"

static kf_space *space;
static kf_study *study;
static kf_tpe *tpe;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 1, 50, 0, KF_LOG_UNIFORM));
    add_categorical(space, "act", "[\"relu\", \"gelu\", \"tanh\"]");
    ck_ok(kf_space_add_double(space, "slope", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "slope", "act", "[\"gelu\", \"tanh\"]");
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = "random", .seed = 3), &study));
    ck_ok(kf__tpe_new(study, &tpe));
}

static void teardown(void)
{
    kf__tpe_free(tpe);
    kf_study_free(study);
    kf_space_free(space);
}

static int64_t ask(void)
{
    int64_t number;
    ck_ok(kf_study_ask(study, &number));
    return number;
}

START_TEST(ranks)
{
    static const double losses[] = {3, 1, NAN, 1, 2};
    size_t count;
    for (int i = 0; i < 5; i++)
        ck_ok(kf_study_tell(study, ask(), losses[i]));
    (void)ask();
    ck_ok(kf__tpe_update(tpe));
    const size_t *ranked = kf__tpe_ranked(tpe, &count);
    static const size_t expected[] = {1, 3, 4, 0};
    ck_assert_uint_eq(count, 4);
    ck_assert_mem_eq(ranked, expected, sizeof expected);
    ck_ok(kf_study_tell(study, 5, 1.5));
    ck_ok(kf__tpe_update(tpe));
    ranked = kf__tpe_ranked(tpe, &count);
    static const size_t then[] = {1, 3, 5, 4, 0};
    ck_assert_uint_eq(count, 5);
    ck_assert_mem_eq(ranked, then, sizeof then);
}
END_TEST

static kf_status update(void)
{
    kf_tpe *made = NULL;
    kf_status status = kf__tpe_new(study, &made);
    if (status == KF_OK)
        status = kf__tpe_update(made);
    kf__tpe_free(made);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    for (int i = 0; i < 8; i++)
        ck_ok(kf_study_tell(study, ask(), i));
    ck_survives_nomem(update());
}
END_TEST

KF_TEST_MAIN_WITH("tpe", setup, teardown, ranks, survives_lack_of_memory)
