/* SPDX-License-Identifier: Apache-2.0 */
#include "study_test.h"

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

static void add_cube(int axes)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (int i = 0; i < axes; i++)
        ck_ok(kf_space_add_double(space, names[i], -4, 6, 0, KF_UNIFORM));
}

typedef double (*function)(kf_study *study, int64_t number);

/* The best of so many trials, `running` of them always. */
static double best_of(
    const char *algorithm, function loss, int trials, int running, uint64_t seed)
{
    kf_study *study;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = algorithm, .seed = seed), &study));
    for (int i = 0; i < trials + running; i++) {
        if (i < trials)
            ask(study);
        if (i >= running)
            ck_ok(kf_study_tell(study, i - running, loss(study, i - running)));
    }
    double best = kf_study_best(study)->losses[0];
    kf_study_free(study);
    return best;
}

/* A bowl, long and narrow along no axis. */
static double bowl(kf_study *study, int64_t number)
{
    double a = number_of(study, number, "a") - 1.7,
           b = number_of(study, number, "b") + 2.2,
           c = number_of(study, number, "c") - 0.4;
    return (a + b) * (a + b) + 30 * (a - b + c) * (a - b + c) + 5 * (b + c) * (b + c);
}

START_TEST(narrow_bowl)
{
    add_cube(3);
    for (uint64_t seed = 0; seed < 3; seed++) {
        ck_assert_double_gt(best_of("random", bowl, 40, 0, seed), 1);
        ck_assert_double_lt(best_of(NULL, bowl, 40, 0, seed), 1e-3);
    }
}
END_TEST

/* A valley a thousand times as narrow as it is long, along no axis. */
static double valley(kf_study *study, int64_t number)
{
    double a = number_of(study, number, "a") - 1.7,
           b = number_of(study, number, "b") + 2.2,
           c = number_of(study, number, "c") - 0.4;
    return 1e6 * (a + b - c) * (a + b - c) + (a - b) * (a - b) + (b + c) * (b + c);
}

START_TEST(narrow_valley)
{
    add_cube(3);
    int solved = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        double best = best_of(NULL, valley, 80, 0, seed);
        solved += best < 0.1;
        ck_assert_double_lt(best, 50);
        ck_assert_double_gt(best_of("random", valley, 80, 0, seed), 100);
    }
    ck_assert_int_ge(solved, 4);
}
END_TEST

/* Waves on a slope: there are some hundred local minima. */
static double waves(kf_study *study, int64_t number)
{
    double a = number_of(study, number, "a"), b = number_of(study, number, "b");
    return fabs(a - 2.5) + fabs(b - 0.5) + 1.5 - cos(5 * (a - 2.5)) / 2 -
           cos(5 * (b - 0.5));
}

START_TEST(many_minima)
{
    add_cube(2);
    double ours = 0, random = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
        ours += best_of(NULL, waves, 50, 0, seed) / 4;
        random += best_of("random", waves, 50, 0, seed) / 4;
    }
    ck_assert_double_lt(ours, random / 2);
}
END_TEST

static double mixed(kf_study *study, int64_t number)
{
    const kf_trial *trial = kf_study_trial(study, number);
    double rate = log10(number_of(study, number, "rate")) + 2.5;
    double layers = number_of(study, number, "layers") - 7;
    return rate * rate + 0.05 * layers * layers + (trial->point[2] == 3 ? 0 : 0.4) +
           (trial->point[3] == 1 ? 0 : 0.3);
}

START_TEST(mixed_kinds)
{
    ck_ok(kf_space_add_double(space, "rate", 1e-5, 1, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_int(space, "layers", 1, 20, 0, KF_UNIFORM));
    add_categorical(space, "act", "[\"a\", \"b\", \"c\", \"d\", \"e\"]");
    add_categorical(space, "norm", "[true, false, null]");
    for (uint64_t seed = 0; seed < 3; seed++)
        ck_assert_double_lt(best_of(NULL, mixed, 45, 0, seed), 0.02);
    for (uint64_t seed = 0; seed < 3; seed++)
        ck_assert_double_gt(best_of("random", mixed, 45, 0, seed), 0.02);
}
END_TEST

static double tree(kf_study *study, int64_t number)
{
    const double *point = kf_study_trial(study, number)->point;
    if (point[0] == 0) {
        ck_assert(isnan(point[2]));
        return 1 + fabs(number_of(study, number, "depth") - 5);
    }
    ck_assert(isnan(point[1]));
    double width = number_of(study, number, "width");
    return 4 * (width - 0.83) * (width - 0.83) + (point[0] == 1 ? 0.5 : 0);
}

START_TEST(conditions)
{
    add_categorical(space, "kind", "[\"tree\", \"net\", \"big net\"]");
    ck_ok(kf_space_add_int(space, "depth", 1, 9, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "width", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "depth", "kind", "[\"tree\"]");
    add_condition(space, "width", "kind", "[\"net\", \"big net\"]");
    for (uint64_t seed = 0; seed < 3; seed++)
        ck_assert_double_lt(best_of(NULL, tree, 30, 0, seed), 1e-4);
}
END_TEST

/* As if each evaluation were off by a tenth, in no way that repeats. */
static double noisy(kf_study *study, int64_t number)
{
    kf_random random = kf__random(99, (uint64_t)number);
    return bowl(study, number) / 10 + 0.1 * kf__random_normal(&random);
}

/* The last trials are about as good as the best there is, though no two of the same
 * point have the same loss. */
START_TEST(noise)
{
    add_cube(3);
    kf_study *study = new_study(space, "auto", "{}");
    double late = 0;
    for (int64_t i = 0; i < 80; i++) {
        ask(study);
        ck_ok(kf_study_tell(study, i, noisy(study, i)));
        if (i >= 60 && i % 3 != 0)
            late += bowl(study, i) / 10;
    }
    ck_assert_double_lt(late / 13, 0.2);
    kf_study_free(study);
}
END_TEST

START_TEST(running_trials)
{
    add_cube(3);
    for (uint64_t seed = 0; seed < 2; seed++)
        ck_assert_double_lt(best_of(NULL, bowl, 60, 8, seed), 0.01);
}
END_TEST

/* None of a batch is near to another one: not to the last digit, and not by chance. */
START_TEST(batch)
{
    add_cube(2);
    kf_study *study = new_study(space, "auto", "{}");
    for (int64_t i = 0; i < 20; i++) {
        ask(study);
        ck_ok(kf_study_tell(study, i, waves(study, i)));
    }
    for (int64_t i = 20; i < 40; i++) {
        const double *point = kf_study_trial(study, ask(study))->point;
        for (int64_t j = 0; j < i; j++) {
            const double *other = kf_study_trial(study, j)->point;
            ck_assert(fabs(point[0] - other[0]) + fabs(point[1] - other[1]) > 1e-6);
        }
    }
    kf_study_free(study);
}
END_TEST

START_TEST(many_running)
{
    add_cube(3);
    kf_study *study = new_study(space, "auto", "{}");
    for (int64_t i = 0; i < 400; i++) {
        ask(study);
        if (i < 10)
            ck_ok(kf_study_tell(study, i, bowl(study, i)));
    }
    kf_study_free(study);
}
END_TEST

START_TEST(many_axes)
{
    for (int i = 0; i < 80; i++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", i);
        ck_ok(kf_space_add_double(space, name, -4, 6, 0, KF_UNIFORM));
    }
    kf_study *study = new_study(space, "auto", "{}");
    double first = 0, best = INFINITY;
    for (int64_t i = 0; i < 40; i++) {
        double loss = 0;
        const double *point = kf_study_trial(study, ask(study))->point;
        for (int k = 0; k < 80; k++)
            loss += (point[k] - 0.3) * (point[k] - 0.3);
        ck_ok(kf_study_tell(study, i, loss));
        first = i == 0 ? loss : first; /* The middle, better than most. */
        best = fmin(best, loss);
    }
    ck_assert_double_lt(best, 0.9 * first); /* Of random points: 3 times as much. */
    kf_study_free(study);
}
END_TEST

/* Every value of a small space comes once before any comes twice. */
START_TEST(small_space)
{
    ck_ok(kf_space_add_int(space, "n", 0, 3, 0, KF_UNIFORM));
    add_categorical(space, "c", "[0, 1, 2]");
    kf_study *study = new_study(space, "auto", "{}");
    bool seen[12] = {false};
    for (int64_t i = 0; i < 12; i++) {
        const double *point = kf_study_trial(study, ask(study))->point;
        seen[(int)(point[0] * 4) * 3 + (int)point[1]] = true;
        ck_ok(kf_study_tell(study, i, point[0] + point[1]));
    }
    for (int i = 0; i < 12; i++)
        ck_assert(seen[i]);
    ck_ok(kf_study_tell(study, ask(study), 0)); /* There is nothing new: any will do. */
    kf_study_free(study);
}
END_TEST

/* Failures, values without a model to fit them, all the same, and huge ones. */
START_TEST(strange_values)
{
    add_cube(2);
    kf_study *study = new_study(space, "auto", "{}");
    for (int64_t i = 0; i < 10; i++)
        ck_ok(kf_study_tell_state(study, ask(study), KF_TRIAL_FAILED, NULL));
    for (int64_t i = 0; i < 10; i++)
        ck_ok(kf_study_tell(study, ask(study), 1));
    for (int64_t i = 0; i < 10; i++)
        ck_ok(kf_study_tell(study, ask(study), i % 2 ? 1.5e308 : -1.5e308));
    for (int64_t i = 0; i < 10; i++)
        ck_ok(kf_study_tell(study, ask(study), NAN));
    for (int64_t i = 0; i < 40; i++) {
        const double *point = kf_study_trial(study, i)->point;
        ck_assert(point[0] >= 0 && point[0] <= 1 && point[1] >= 0 && point[1] <= 1);
    }
    kf_study_free(study);
}
END_TEST

/* Where trials fail is avoided. */
START_TEST(failing_half)
{
    add_cube(2);
    kf_study *study = new_study(space, "auto", "{}");
    int failed = 0;
    for (int64_t i = 0; i < 60; i++) {
        ask(study);
        bool fails = number_of(study, i, "a") > 1;
        failed += fails && i >= 30;
        if (fails)
            ck_ok(kf_study_tell_state(study, i, KF_TRIAL_FAILED, NULL));
        else
            ck_ok(kf_study_tell(study, i,
                fabs(number_of(study, i, "a")) + fabs(number_of(study, i, "b"))));
    }
    ck_assert_int_le(failed, 6);
    kf_study_free(study);
}
END_TEST

/* The same seed and the same past, the same point: also where the past was added, and
 * not asked for in this study. */
START_TEST(repeatable)
{
    add_cube(3);
    kf_study *first = new_study(space, "auto", "{}");
    for (int64_t i = 0; i < 30; i++) {
        ask(first);
        ck_ok(kf_study_tell(first, i, bowl(first, i)));
    }
    kf_study *second = new_study(space, "auto", "{\"random_state\": 7}");
    for (int64_t i = 0; i < 30; i++) {
        ask(second);
        for (size_t k = 0; k < 3; k++)
            ck_assert_double_eq(kf_study_trial(second, i)->point[k],
                kf_study_trial(first, i)->point[k]);
        ck_ok(kf_study_tell(second, i, bowl(first, i)));
    }
    kf_study_free(first);
    kf_study_free(second);
}
END_TEST

START_TEST(known_trials)
{
    add_cube(2);
    kf_study *study = new_study(space, "auto", "{}");
    for (int i = 0; i < 40; i++) {
        double a = -4 + 10 * ((i * 7) % 40) / 40.0,
               b = -4 + 10 * ((i * 11) % 40) / 40.0;
        double loss = (a - 3) * (a - 3) + (b + 1) * (b + 1);
        kf_value *params = json("{}");
        ck_ok(kf_value_set_double(params, "a", a));
        ck_ok(kf_value_set_double(params, "b", b));
        ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &loss, NULL));
        kf_value_free(params);
    }
    int64_t number = ask(study);
    ck_assert_double_eq_tol(number_of(study, number, "a"), 3, 0.5);
    ck_assert_double_eq_tol(number_of(study, number, "b"), -1, 0.5);
    kf_study_free(study);
}
END_TEST

START_TEST(two_objectives)
{
    add_cube(2);
    static const char *const names[] = {"f", "g"};
    kf_study *study;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .objectives = names, .objective_count = 2),
        &study));
    for (int64_t i = 0; i < 40; i++) {
        double a = (ask(study), number_of(study, i, "a")), b = number_of(study, i, "b");
        double values[] = {a * a + b * b, (a - 1) * (a - 1) + b * b};
        ck_ok(kf_study_tell_values(study, i, values, 2));
    }
    double volume, reference[] = {2, 2}; /* The front's own: 4 - 1/6 - what is below. */
    ck_ok(kf_study_hypervolume(study, reference, &volume));
    ck_assert_double_gt(volume, 2.9);
    kf_study_free(study);
}
END_TEST

static kf_status ask_once(kf_study *study)
{
    int64_t number;
    return kf_study_ask(study, &number);
}

START_TEST(no_memory)
{
    add_cube(3);
    add_categorical(space, "kind", "[1, 2, 3]");
    kf_study *study = new_study(space, "auto", "{}");
    for (int64_t i = 0; i < 4; i++) {
        ck_survives_nomem(ask_once(study));
        ck_ok(kf_study_tell(study, i, bowl(study, i)));
    }
    for (int64_t i = 4; i < 12; i++) /* By models: of what is near, and of all. */
        ck_survives_nomem(ask_once(study));
    kf_study_free(study);
}
END_TEST

KF_TEST_MAIN_WITH("sampler_auto", setup, teardown, narrow_bowl, narrow_valley,
    many_minima, mixed_kinds, conditions, noise, running_trials, batch, many_running,
    many_axes, small_space, strange_values, failing_half, repeatable, known_trials,
    two_objectives, no_memory)
