/* SPDX-License-Identifier: Apache-2.0 */
/* Studies in a store. */
#include "space_test.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "search/study.h"

static char folder[40];
static kf_store *store;
static kf_space *space;
static const char *algorithm;

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/kf-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    algorithm = "random";
    ck_ok(kf_store_open(folder, &store));
    space = new_space();
    add_categorical(space, "kind", "[\"a\", null, 3]");
    ck_ok(kf_space_add_double(space, "x", 1e-3, 1, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_int(space, "n", 1, 5, 0, KF_UNIFORM));
    add_condition(space, "n", "kind", "[\"a\", 3]");
}

static void teardown(void)
{
    kf_space_free(space);
    kf_store_free(store);
    ck_ok(kf__remove_tree(folder));
}

static kf_status open_as(const char *name, uint64_t seed, kf_study **out)
{
    return kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = algorithm, .seed = seed,
            .store = name != NULL ? store : NULL, .name = name),
        out);
}

static void check_same_trial(const kf_trial *a, const kf_trial *b)
{
    ck_assert_int_eq(a->number, b->number);
    ck_assert_int_eq(a->state, b->state);
    ck_assert_int_eq(a->order, b->order);
    ck_assert_int_eq(a->foreign, b->foreign);
    for (int i = 0; i < 3; i++)
        ck_assert(
            a->point[i] == b->point[i] || (isnan(a->point[i]) && isnan(b->point[i])));
    ck_assert(kf_value_equal(a->params, b->params));
    ck_assert(kf_value_equal(a->attributes, b->attributes));
    ck_assert_int_eq(a->values == NULL, b->values == NULL);
    if (a->values != NULL)
        ck_assert(a->values[0] == b->values[0] && a->losses[0] == b->losses[0]);
    ck_assert_pstr_eq(a->message, b->message);
    ck_assert_uint_eq(a->observation_count, b->observation_count);
    for (size_t i = 0; i < a->observation_count; i++) {
        ck_assert_int_eq(a->observations[i].step, b->observations[i].step);
        ck_assert(a->observations[i].value == b->observations[i].value);
    }
}

/* One of the calls that change a study, by number. */
static void change(kf_study *study, int which)
{
    int64_t number;
    kf_value *fixed = json("{\"x\": 0.1, \"kind\": null}");
    double third = 1 / 3.0;
    if (which % 7 == 3)
        ck_ok(kf_study_enqueue(study, fixed));
    else if (which % 7 == 5)
        ck_ok(kf_study_add(study, fixed, KF_TRIAL_SUCCEEDED, &third, &number));
    else
        ck_ok(kf_study_ask(study, &number));
    kf_value_free(fixed);
    number = which / 2;
    const kf_trial *trial = kf_study_trial(study, number);
    if (which % 2 == 0 || trial == NULL || trial->state != KF_TRIAL_RUNNING)
        return;
    ck_ok(kf_study_report(study, number, 1, third, NULL));
    if (which % 3 == 0)
        ck_ok(kf_study_tell_state(study, number, KF_TRIAL_FAILED, "it failed"));
    else
        ck_ok(kf_study_tell(study, number, 0.1 * which));
}

static void check_goes_on(int changes)
{
    kf_study *whole, *parts;
    ck_ok(open_as(NULL, 9, &whole));
    for (int i = 0; i < changes; i++) {
        change(whole, i);
        ck_ok(open_as(algorithm, 9, &parts));
        change(parts, i);
        kf_study_free(parts);
    }
    ck_ok(open_as(algorithm, 9, &parts));
    ck_assert_uint_eq(kf_study_trial_count(parts), kf_study_trial_count(whole));
    for (int64_t i = 0; i < (int64_t)kf_study_trial_count(whole); i++)
        check_same_trial(kf_study_trial(whole, i), kf_study_trial(parts, i));
    kf_study_free(whole);
    kf_study_free(parts);
}

/* Closed and opened after each change, it is what it would have been; so are samplers
 * that remember what they saw. */
START_TEST(goes_on)
{
    static const char *const algorithms[] = {
        "random", "sobol", "tpe", "multivariate-tpe", "cmaes"};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        algorithm = algorithms[i];
        check_goes_on(60);
    }
}
END_TEST

START_TEST(survives_the_end_of_its_process)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        kf_store *own;
        kf_study *study;
        int64_t number;
        kf_status status = kf_store_open(folder, &own);
        store = own;
        if (status == KF_OK)
            status = open_as("mine", 1, &study);
        if (status == KF_OK)
            status = kf_study_ask(study, &number);
        if (status == KF_OK)
            status = kf_study_tell(study, number, 0.5);
        _exit(status == KF_OK ? 0 : 1);
    }
    int ended;
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    kf_study *study;
    ck_ok(open_as("mine", 1, &study));
    ck_assert_double_eq(kf_study_best(study)->values[0], 0.5);
    kf_study_free(study);
}
END_TEST

START_TEST(refuses)
{
    kf_study *study, *again;
    ck_ok(open_as("mine", 1, &study));
    ck_fails(open_as("mine", 1, &again), KF_EBUSY, "open");
    ck_ok(open_as("another", 1, &again));
    kf_study_free(again);
    kf_study_free(study);
    ck_fails(open_as("mine", 2, &study), KF_EEXIST, "'mine'");
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    ck_fails(open_as("mine", 1, &study), KF_EEXIST, "another space");
    ck_fails(kf_study_new(space, KF_OPTIONS(kf_study_options, .store = store), &study),
        KF_EINVAL, "name");
}
END_TEST

static kf_status open_again(void)
{
    kf_study *study;
    kf_status status = open_as("mine", 9, &study);
    if (status == KF_OK)
        kf_study_free(study);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    kf_study *study;
    ck_ok(open_as("mine", 9, &study));
    for (int i = 0; i < 8; i++)
        change(study, i);
    kf_study_free(study);
    ck_survives_nomem(open_again());
}
END_TEST

KF_TEST_MAIN_WITH("journal", setup, teardown, goes_on, survives_the_end_of_its_process,
    refuses, survives_lack_of_memory)
