/* SPDX-License-Identifier: Apache-2.0 */
/* The default algorithm. Two trials of three look near the best point, by a model of what
 * is there, in a box that grows and shrinks with success; every third looks where a model
 * of the whole space expects most. */
#include "search/bayes.h"

#include "base/error.h"

#define MOST_INITIAL 16
#define PERIOD 3
#define LEAST_RADIUS 1e-7

static bool has_numbers(const kf_bayes *bayes)
{
    for (size_t k = 0; k < bayes->axes; k++)
        if (kf_space_axis(bayes->space, k)->kind != KF_AXIS_CATEGORICAL)
            return true;
    return false;
}

static kf_status ask_models(const kf_bayes *bayes, double *point)
{
    static const kf_bayes_plan plan = {.gain = KF__GAIN_EI};
    double radius = kf__bayes_radius(bayes);
    if (kf_ask_number(bayes->ask) % PERIOD == 0 || radius < LEAST_RADIUS ||
        !has_numbers(bayes))
        return kf__bayes_global(bayes, &plan, point);
    return kf__bayes_local(bayes, &plan, radius, point);
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf_bayes bayes;
    KF__TRY(kf__bayes_start(question, &bayes));
    size_t initial = bayes.axes + 1 < MOST_INITIAL ? bayes.axes + 1 : MOST_INITIAL;
    bool too_few = bayes.known < 2 || bayes.known + bayes.pending < initial;
    kf_status status =
        too_few ? kf__bayes_initial(&bayes, point) : ask_models(&bayes, point);
    kf__bayes_finish(&bayes);
    return status;
}

static const kf_setting settings[] = {
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_auto = {
    .size = sizeof(kf_sampler),
    .name = "auto",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
};
