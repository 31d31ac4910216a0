/* SPDX-License-Identifier: Apache-2.0 */
#include "search_test.h"

#include "base/mem.h"

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
    double best = typical_best(space, "cmaes", 100, valley);
    ck_assert_msg(best < random / 20, "cmaes: %g, random: %g", best, random);
}
END_TEST

START_TEST(batches)
{
    add_numbers(space, 2);
    kf_study *study = new_study(space, "cmaes", "{}", 1);
    run(study, 300, valley);
    for (int k = 0; k < 30; k++)
        (void)ask(study);
    for (int64_t a = 0; a < 330; a++)
        for (int64_t b = 0; b < a; b++)
            ck_assert(distance(study, a, b, 2) > 0);
    kf_study_free(study);
}
END_TEST

START_TEST(same_again)
{
    add_numbers(space, 3);
    ck_same_again(space, "cmaes", "{}", 60);
    ck_same_again(
        space, "cmaes", "{\"restart_strategy\": \"bipop\", \"popsize\": 5}", 60);
}
END_TEST

START_TEST(settings)
{
    static const char *const names[] = {"a", "b"};
    kf_study *study;
    add_categorical(space, "kind", "[1, 2]");
    ck_refuses(space, "cmaes", "{}", KF_EUNSUPPORTED, "a number");
    add_numbers(space, 2);
    ck_refuses(space, "cmaes", "{\"sigma\": 0}", KF_EINVAL, "sigma of cmaes is 0");
    ck_refuses(space, "cmaes", "{\"restart_strategy\": \"pop\"}", KF_EINVAL,
        "none|ipop|bipop");
    ck_refuses(space, "cmaes", "{\"popsize\": 3}", KF_EINVAL, "popsize");
    ck_fails(kf_study_new(space,
                 KF_OPTIONS(kf_study_options, .algorithm = "cmaes", .objectives = names,
                     .objective_count = 2),
                 &study),
        KF_EUNSUPPORTED, "one objective");
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    add_numbers(space, 2);
    ck_ok(kf_space_add_int(space, "n", 1, 9, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[1, 2]");
    ck_survives_nomem(try_search(space, "cmaes", 14));
}
END_TEST

KF_TEST_MAIN_WITH("sampler_cmaes", setup, teardown, better_than_random, batches,
    same_again, settings, survives_lack_of_memory)
