/* SPDX-License-Identifier: Apache-2.0 */
/* Searches of functions of our own, for tests of samplers. */
#ifndef KF_SEARCH_TEST_H
#define KF_SEARCH_TEST_H

#include "space_test.h"

#include <math.h>

#include "search/study.h"

typedef double (*loss_function)(const double *point);

#define SEARCH_SEEDS 9

static inline kf_study *new_study(
    const kf_space *space, const char *algorithm, const char *settings, uint64_t seed)
{
    kf_study *study = NULL;
    kf_value *values = json(settings);
    ck_ok(kf_study_new(space,
        KF_OPTIONS(
            kf_study_options, .algorithm = algorithm, .settings = values, .seed = seed),
        &study));
    kf_value_free(values);
    return study;
}

static inline void ck_refuses(const kf_space *space, const char *algorithm,
    const char *settings, kf_status status, const char *message)
{
    kf_study *study = NULL;
    kf_value *values = json(settings);
    ck_fails(
        kf_study_new(space,
            KF_OPTIONS(kf_study_options, .algorithm = algorithm, .settings = values),
            &study),
        status, message);
    kf_value_free(values);
}

static inline int64_t ask(kf_study *study)
{
    int64_t number = -1;
    ck_ok(kf_study_ask(study, &number));
    return number;
}

static int search_axes;

/* A long valley across the axes, its floor at 0.3, 0.4, …, of the study that is run. */
static inline double valley(const double *point)
{
    double sum = 0, along = 0;
    for (int i = 0; i < search_axes; i++) {
        double x = point[i] - (0.3 + 0.1 * i);
        sum += x * x;
        along += x;
    }
    return sum + 10 * along * along;
}

static inline void run(kf_study *study, int trials, loss_function loss)
{
    search_axes = (int)kf_space_count(study->space);
    for (int i = 0; i < trials; i++) {
        int64_t number = ask(study);
        ck_ok(kf_study_tell(study, number, loss(kf_study_trial(study, number)->point)));
    }
}

/* Real numbers x0, x1, … in [0, 1]. */
static inline void add_numbers(kf_space *space, int count)
{
    char name[] = "x0";
    for (int i = 0; i < count; i++, name[1]++)
        ck_ok(kf_space_add_double(space, name, 0, 1, 0, KF_UNIFORM));
}

/* The median over seeds of the best loss. */
static inline double typical_best(
    const kf_space *space, const char *algorithm, int trials, loss_function loss)
{
    double best[SEARCH_SEEDS];
    for (int i = 0; i < SEARCH_SEEDS; i++) {
        kf_study *study = new_study(space, algorithm, "{}", (uint64_t)i + 100);
        run(study, trials, loss);
        best[i] = kf_study_best(study)->losses[0];
        for (int at = i; at > 0 && best[at] < best[at - 1]; at--) {
            double moved = best[at];
            best[at] = best[at - 1];
            best[at - 1] = moved;
        }
        kf_study_free(study);
    }
    return best[SEARCH_SEEDS / 2];
}

static inline double distance(const kf_study *study, int64_t a, int64_t b, int axes)
{
    double sum = 0;
    for (int i = 0; i < axes; i++) {
        double off =
            kf_study_trial(study, a)->point[i] - kf_study_trial(study, b)->point[i];
        sum += off * off;
    }
    return sqrt(sum);
}

/* Two studies of a seed are alike to the last bit, whatever was told in between; three
 * trials are always pending. */
static inline void ck_same_again(
    const kf_space *space, const char *algorithm, const char *settings, int trials)
{
    kf_study *studies[2];
    search_axes = (int)kf_space_count(space);
    for (int k = 0; k < 2; k++) {
        studies[k] = new_study(space, algorithm, settings, 11);
        for (int i = 0; i < trials; i++) {
            (void)ask(studies[k]);
            if (i >= 3)
                ck_ok(kf_study_tell(studies[k], i - 3,
                    valley(kf_study_trial(studies[k], i - 3)->point)));
        }
    }
    for (int i = 0; i < trials; i++)
        ck_assert_mem_eq(kf_study_trial(studies[0], i)->point,
            kf_study_trial(studies[1], i)->point,
            kf_space_count(space) * sizeof(double));
    kf_study_free(studies[0]);
    kf_study_free(studies[1]);
}

static inline kf_status try_search(
    const kf_space *space, const char *algorithm, int trials)
{
    kf_study *study = NULL;
    int64_t number;
    search_axes = (int)kf_space_count(space);
    kf_status status = kf_study_new(
        space, KF_OPTIONS(kf_study_options, .algorithm = algorithm), &study);
    for (int i = 0; status == KF_OK && i < trials; i++) {
        status = kf_study_ask(study, &number);
        if (status == KF_OK)
            status = kf_study_tell(
                study, number, valley(kf_study_trial(study, number)->point));
    }
    kf_study_free(study);
    return status;
}

/* Numbers, an integer, a choice, and a number that one choice has. */
static inline void add_mixed(kf_space *space)
{
    add_numbers(space, 2);
    ck_ok(kf_space_add_int(space, "n", 1, 20, 0, KF_UNIFORM));
    add_categorical(space, "kind", "[\"a\", \"b\", \"c\"]");
    ck_ok(kf_space_add_double(space, "y", 0, 1, 0, KF_UNIFORM));
    add_condition(space, "y", "kind", "[\"b\"]");
}

/* Best at x 0.6, n 14, kind "b", y 0.2. */
static inline double mixed(const double *point)
{
    double sum = fabs(point[2] - 0.675) + (point[3] == 1 ? fabs(point[4] - 0.2) : 1);
    for (int i = 0; i < 2; i++)
        sum += (point[i] - 0.6) * (point[i] - 0.6);
    return sum;
}

#endif
