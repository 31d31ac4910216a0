/* SPDX-License-Identifier: Apache-2.0 */
/* The median stopping rule of Google Vizier (Golovin et al., KDD 2017, 3.2.2): a trial stops
 * if its best value so far is worse than the median of the running averages that the
 * trials which succeeded had at the same step. Katib's medianstop, which takes the mean
 * of the first reports instead of the median and tests it once, is named for it. */
#include "search/study.h"

#include <stdlib.h>

static const kf_setting settings[] = {
    {.name = "min_trials_required",
        .kind = KF_KIND_INT,
        .fallback = "3",
        .least = 1,
        .greatest = INFINITY},
    {.name = "start_step",
        .kind = KF_KIND_INT,
        .fallback = "4",
        .least = 1,
        .greatest = INFINITY},
};

static double sign_of(const kf_ask *ask)
{
    return ask->study->directions[0] == KF_MAXIMIZE ? -1 : 1;
}

/* Of what was reported up to the step; NAN if nothing was. */
static double running_average(const kf_entry *entry, double sign, int64_t step)
{
    const kf_trial *trial = &entry->trial;
    size_t low = 0, high = trial->observation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trial->observations[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? sign * entry->sums[low - 1] / (double)low : (double)NAN;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

/* Out of memory the trial goes on: stopping is never needed. */
static bool should_stop(kf_ask *ask, const kf_trial *trial)
{
    size_t needed = (size_t)kf_value_int(kf_ask_setting(ask, "min_trials_required"));
    size_t start = (size_t)kf_value_int(kf_ask_setting(ask, "start_step"));
    if (trial->observation_count < start)
        return false;
    double sign = sign_of(ask);
    int64_t step = trial->observations[trial->observation_count - 1].step;
    size_t total = kf_ask_trial_count(ask), count = 0;
    double *averages = kf__reallocarray(NULL, total, sizeof *averages);
    if (averages == NULL)
        return false;
    for (size_t i = 0; i < total; i++) {
        const kf_entry *other = ask->study->entries.items[i];
        double average = running_average(other, sign, step);
        if (other->trial.state == KF_TRIAL_SUCCEEDED && !isnan(average))
            averages[count++] = average;
    }
    const kf_entry *own = ask->study->entries.items[trial->number];
    double best = sign > 0 ? own->least : -own->greatest;
    bool stop = count >= needed && best > median(averages, count);
    kf__free(averages);
    return stop;
}

const kf_stopper kf__stopper_median = {
    .name = "medianstop",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .should_stop = should_stop,
};
