/* SPDX-License-Identifier: Apache-2.0 */
/* The past of a study as models see it, and how far to look around its best point. */
#include "search/bayes.h"

#include "base/error.h"
#include "base/mem.h"
#include "search/pareto.h"

#define LARGEST_RADIUS 0.2
#define STRIDE 2 /* Radius over the length of a step that was an improvement. */

static void take(kf_bayes *bayes, bool running, const double *losses, double worst)
{
    for (size_t i = 0; i < kf_ask_trial_count(bayes->ask); i++) {
        const kf_trial *trial = kf_ask_trial(bayes->ask, i);
        bool failed = trial->state != KF_TRIAL_RUNNING && isnan(losses[i]);
        if ((trial->state == KF_TRIAL_RUNNING) != running || (failed && isinf(worst)))
            continue;
        size_t at = bayes->known + bayes->pending;
        bayes->trials[at] = trial;
        bayes->losses[at] = failed ? worst : losses[i];
        if (!running && bayes->losses[at] < bayes->losses[bayes->best])
            bayes->best = at;
        bayes->known += !running;
        bayes->pending += running;
    }
}

kf_status kf__bayes_start(kf_ask *ask, kf_bayes *out)
{
    size_t count = kf_ask_trial_count(ask);
    *out = (kf_bayes){
        .ask = ask, .space = ask->study->space, .axes = kf_ask_axis_count(ask)};
    out->trials = kf__calloc(count + 1, sizeof *out->trials);
    out->losses = kf__calloc(2 * count + 1, sizeof *out->losses);
    if (out->trials == NULL || out->losses == NULL) {
        kf__bayes_finish(out);
        return kf__nomem();
    }
    double *losses = out->losses + count, worst = -INFINITY;
    kf__scalar_losses(ask, losses);
    for (size_t i = 0; i < count; i++)
        if (!isnan(losses[i]))
            worst = fmax(worst, losses[i]);
    take(out, false, losses, worst);
    take(out, true, losses, worst);
    return KF_OK;
}

void kf__bayes_finish(kf_bayes *bayes)
{
    kf__free((void *)bayes->trials);
    kf__free(bayes->losses);
}

bool kf__bayes_has(const kf_bayes *bayes, const double *point)
{
    for (size_t i = 0; i < bayes->known + bayes->pending; i++) {
        const double *other = bayes->trials[i]->point;
        size_t k = 0;
        while (k < bayes->axes && (isnan(other[k]) || other[k] == point[k]))
            k++;
        if (k == bayes->axes)
            return true;
    }
    return false;
}

/* ---- how far ---- */

static double distance(const kf_bayes *bayes, size_t a, size_t b)
{
    const double *x = bayes->trials[a]->point, *y = bayes->trials[b]->point;
    double most = 0;
    for (size_t k = 0; k < bayes->axes; k++)
        if (kf_space_axis(bayes->space, k)->kind != KF_AXIS_CATEGORICAL &&
            !isnan(x[k]) && !isnan(y[k]))
            most = fmax(most, fabs(x[k] - y[k]));
    return most;
}

static double note_of(const kf_trial *trial, const char *name)
{
    const kf_value *note = kf_value_get(trial->attributes, name);
    return note == NULL ? (double)NAN : kf_value_double(note);
}

/* An improvement widens the box to some of its steps; a trial in the box that was none
 * sets it to what it noted. So trials that ran at the same time count once. */
double kf__bayes_radius(const kf_bayes *bayes)
{
    double radius = LARGEST_RADIUS;
    size_t best = 0;
    for (size_t i = 1; i < bayes->known; i++) {
        double own = note_of(bayes->trials[i], "radius");
        if (bayes->losses[i] < bayes->losses[best]) {
            double step = STRIDE * distance(bayes, i, best);
            radius = fmin(LARGEST_RADIUS, fmax(isnan(own) ? radius : own, step));
            best = i;
        } else if (!isnan(own)) {
            double next = note_of(bayes->trials[i], "next_radius");
            radius = next > own ? fmax(radius, next) : fmin(radius, next);
        }
    }
    return fmin(radius, LARGEST_RADIUS);
}
