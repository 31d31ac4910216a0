/* SPDX-License-Identifier: Apache-2.0 */
#include "search/bayes.h"

#include <string.h>
#include <stdlib.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/pareto.h"
#include "search/sobol.h"

double kf__knob[16] = {0.6, 2.0, 0.2, 2, 2, 1, 0, 0};
__attribute__((constructor)) static void knobs(void)
{
    const char *s = getenv("KF_KNOB");
    while (s && *s) {
        int i; double v; int n = 0;
        if (sscanf(s, "%d=%lf%n", &i, &v, &n) == 2) kf__knob[i] = v;
        else break;
        s += n; if (*s == ',') s++;
    }
}

#define MOST_POINTS 250

/* ---- the past ---- */

kf_status kf__bayes_start(kf_ask *ask, kf_bayes *out)
{
    size_t count = kf_ask_trial_count(ask);
    *out = (kf_bayes){.ask = ask, .space = ask->study->space, .axes = kf_ask_axis_count(ask)};
    out->points = kf__calloc(count + 1, sizeof *out->points);
    out->trials = kf__calloc(count + 1, sizeof *out->trials);
    out->losses = kf__calloc(2 * count + 1, sizeof *out->losses);
    if (out->points == NULL || out->trials == NULL || out->losses == NULL) {
        kf__bayes_finish(out);
        return kf__nomem();
    }
    double *losses = out->losses + count;
    kf__scalar_losses(ask, losses);
    double worst = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (!isnan(losses[i]))
            worst = fmax(worst, losses[i]);
    for (int running = 0; running < 2; running++) {
        for (size_t i = 0; i < count; i++) {
            const kf_trial *trial = kf_ask_trial(ask, i);
            bool failed = trial->state != KF_TRIAL_RUNNING && isnan(losses[i]);
            if ((trial->state == KF_TRIAL_RUNNING) != running || (failed && isinf(worst)))
                continue;
            size_t at = out->known + out->pending;
            out->points[at] = trial->point;
            out->trials[at] = trial;
            out->losses[at] = failed ? worst : losses[i];
            if (!running && out->losses[at] < out->losses[out->best])
                out->best = at;
            out->known += !running;
            out->pending += running;
        }
    }
    return KF_OK;
}

void kf__bayes_finish(kf_bayes *bayes)
{
    kf__free((void *)bayes->points);
    kf__free((void *)bayes->trials);
    kf__free(bayes->losses);
}

/* ---- models ---- */

typedef struct model {
    const kf_bayes *bayes;
    kf_gp *gp;
    double *middle, *width, *low, *high, *spare;
    double *losses; /* As they are modelled. */
    size_t *chosen; /* Which of the past; `count` known ones. */
    size_t count;
} model;

static void to_model(const model *at, const double *point, double *out)
{
    const kf_bayes *bayes = at->bayes;
    for (size_t k = 0; k < bayes->axes; k++) {
        bool categorical = at->gp->categorical[k];
        if (isnan(point[k]))
            out[k] = categorical ? -1 : 0.5;
        else
            out[k] = categorical ? point[k]
                                 : (point[k] - at->middle[k]) / at->width[k] + 0.5;
    }
}

static void model_finish(model *at)
{
    kf__gp_free(at->gp);
    kf__free(at->middle);
    kf__free(at->chosen);
}

static kf_status model_start(const kf_bayes *bayes, size_t most, model *out)
{
    size_t axes = bayes->axes;
    *out = (model){.bayes = bayes};
    size_t room = (bayes->known < most ? bayes->known : most) + bayes->pending;
    KF__TRY(kf__gp_new(axes, room, &out->gp));
    out->middle = kf__calloc(5 * axes + room, sizeof(double));
    out->chosen = kf__calloc(bayes->known, sizeof *out->chosen);
    if (out->middle == NULL || out->chosen == NULL) {
        model_finish(out);
        return kf__nomem();
    }
    out->width = out->middle + axes;
    out->low = out->width + axes;
    out->high = out->low + axes;
    out->spare = out->high + axes;
    out->losses = out->spare + axes;
    for (size_t k = 0; k < axes; k++) {
        out->gp->categorical[k] =
            kf_space_axis(bayes->space, k)->kind == KF_AXIS_CATEGORICAL;
        out->middle[k] = 0.5;
        out->low[k] = 0;
        out->width[k] = 1;
        out->high[k] = out->gp->categorical[k]
                           ? (double)kf_space_axis(bayes->space, k)->levels - 1
                           : 1;
    }
    return KF_OK;
}

static double mean_of(const double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    return sum / (double)count;
}

static void standardise(double *x, size_t count)
{
    double mean = mean_of(x, count), square = 0;
    for (size_t i = 0; i < count; i++)
        square += (x[i] - mean) * (x[i] - mean);
    double deviation = sqrt(square / (double)count);
    if (!(deviation > 0))
        deviation = 1;
    for (size_t i = 0; i < count; i++)
        x[i] = (x[i] - mean) / deviation;
}

static void set_points(model *at)
{
    at->gp->count = 0;
    for (size_t i = 0; i < at->count; i++) {
        to_model(at, at->bayes->points[at->chosen[i]], at->spare);
        kf__gp_add(at->gp, at->spare, at->losses[i]);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* log(loss - least + offset), or the loss itself. */
static void warp(const model *at, double offset, double *out)
{
    const kf_bayes *bayes = at->bayes;
    double least = bayes->losses[bayes->best];
    for (size_t i = 0; i < at->count; i++) {
        double loss = bayes->losses[at->chosen[i]];
        out[i] = isinf(offset) ? loss : log(loss - least + offset);
    }
}

/* The logarithm of the likelihood of losses warped so, by a model of its theta, the scale
 * being the best. */
static double warp_evidence(model *at, double offset)
{
    const kf_bayes *bayes = at->bayes;
    kf_gp *gp = at->gp;
    double least = bayes->losses[bayes->best], change = 0;
    size_t count = at->count;
    warp(at, offset, gp->y);
    for (size_t i = 0; !isinf(offset) && i < count; i++)
        change -= log(bayes->losses[at->chosen[i]] - least + offset);
    double mean = mean_of(gp->y, count);
    for (size_t i = 0; i < count; i++)
        gp->y[i] -= mean;
    memcpy(gp->weights, gp->y, count * sizeof(double));
    extern void kf__solve_lower(const double *, size_t, size_t, double *, size_t, size_t);
    kf__solve_lower(gp->factor, gp->room, count, gp->weights, gp->room, 1);
    double square = 0;
    for (size_t i = 0; i < count; i++)
        square += gp->weights[i] * gp->weights[i];
    return change - (double)count / 2 * log(square / (double)count);
}

static double choose_warp(model *at)
{
    double sorted[MOST_POINTS + 1];
    const kf_bayes *bayes = at->bayes;
    for (size_t i = 0; i < at->count; i++)
        sorted[i] = bayes->losses[at->chosen[i]];
    qsort(sorted, at->count, sizeof *sorted, ascending);
    double spread = sorted[at->count / 2] - sorted[0];
    if (!(spread > 0)) return INFINITY;
    double best = INFINITY, most = warp_evidence(at, INFINITY);
    for (double factor = 10; factor > 2e-3; factor /= 3) {
        double evidence = warp_evidence(at, factor * spread);
        if (evidence > most + 1) {
            most = evidence;
            best = factor * spread;
        }
    }
    return best;
}

static kf_status fit(model *at, bool is_local)
{
    double starts[2 * 1100];
    kf_gp *gp = at->gp;
    int evals = at->count > 150 ? 15 : 40;
    kf__gp_default(gp, starts);
    double offset = INFINITY;
    for (int round = 0; round < 2; round++) {
        warp(at, offset, at->losses);
        standardise(at->losses, at->count);
        set_points(at);
        KF__TRY(kf__gp_fit(gp, starts, 1, evals));
        if (round == 1 || kf__knob[6] == 1) break;
        if (!kf__gp_condition(gp)) break;
        offset = choose_warp(at);
        if (isinf(offset)) break;
    }
    set_points(at);
    memcpy(gp->y, at->losses, at->count * sizeof(double));
    while (!kf__gp_condition(gp) && gp->theta[gp->axes + 2] < 5)
        gp->theta[gp->axes + 2] += 2;
    if (kf__knob[7] > 0) { fprintf(stderr, "%s n=%zu r=%g off=%g th", is_local ? "local" : "global", at->count, at->width[0]/2, offset); for (size_t k=0;k<gp->axes+3;k++) fprintf(stderr," %.1f",gp->theta[k]); fprintf(stderr," best %.4g\n", at->bayes->losses[at->bayes->best]); }
    for (size_t i = 0; i < at->bayes->pending; i++) {
        to_model(at, at->bayes->points[at->bayes->known + i], at->spare);
        (void)kf__gp_append(gp, at->spare, NAN);
    }
    return KF_OK;
}

static kf_status acquire(model *at, const kf_bayes_plan *plan, const double *incumbents,
    size_t incumbent_count, size_t candidates, double *point)
{
    kf_gp *gp = at->gp;
    double best = INFINITY, gain;
    for (size_t i = 0; i < at->count; i++)
        best = fmin(best, gp->y[i] - gp->noise * gp->weights[i]);
    kf_acquire options = {.gp = gp,
        .space = at->bayes->space,
        .gain = plan->gain,
        .best = best,
        .kappa = plan->kappa,
        .low = at->low,
        .high = at->high,
        .middle = at->middle,
        .width = at->width,
        .candidates = candidates,
        .starts = 4,
        .most_evaluations = 40,
        .sampling = plan->sampling};
    kf_status st = kf__acquire(
        &options, at->bayes->ask, incumbents, incumbent_count, point, &gain);
    if (kf__knob[7] > 0) { to_model(at, point, at->spare); double *s = malloc(gp->room*32); kf_guess g = kf__gp_guess(gp, at->spare, s, 0,0); free(s); fprintf(stderr, "   gain %g best %g mean %g sd %g\n", gain, best, g.mean, sqrt(fmax(0,g.variance))); }
    return st;
}

/* Points whose coordinates are all known, as descents begin from. */
static void complete_point(const kf_bayes *bayes, size_t index, double *out)
{
    for (size_t k = 0; k < bayes->axes; k++) {
        double x = bayes->points[index][k];
        out[k] = isnan(x) ? kf_ask_snap(bayes->ask, k, 0.5) : x;
    }
}

kf_status kf__bayes_global(const kf_bayes *bayes, const kf_bayes_plan *plan, double *point)
{
    model at;
    KF__TRY(model_start(bayes, MOST_POINTS, &at));
    at.count = bayes->known < MOST_POINTS ? bayes->known : MOST_POINTS;
    for (size_t i = 0; i < at.count; i++)
        at.chosen[i] = bayes->known - at.count + i;
    kf_status status = fit(&at, false);
    double incumbent[1024];
    complete_point(bayes, bayes->best, incumbent);
    if (status == KF_OK)
        status = acquire(&at, plan, incumbent, 1, 512, point);
    model_finish(&at);
    return status;
}

/* ---- near the best ---- */

static double distance(const kf_bayes *bayes, size_t a, size_t b)
{
    double most = 0;
    for (size_t k = 0; k < bayes->axes; k++)
        if (kf_space_axis(bayes->space, k)->kind != KF_AXIS_CATEGORICAL &&
            !isnan(bayes->points[a][k]) && !isnan(bayes->points[b][k]))
            most = fmax(most, fabs(bayes->points[a][k] - bayes->points[b][k]));
    return most;
}

double kf__bayes_radius(const kf_bayes *bayes)
{
    double radius = kf__knob[2], least = INFINITY;
    size_t best = 0;
    /* known are by number; good enough for order. */
    for (size_t i = 0; i < bayes->known; i++) {
        const kf_value *note = kf_value_get(bayes->trials[i]->attributes, "radius");
        double own = note == NULL ? NAN : kf_value_double(note);
        if (bayes->losses[i] < least) {
            double step = i == 0 ? 0 : distance(bayes, i, best);
            radius = fmin(kf__knob[2], fmax(isnan(own) ? radius : own, kf__knob[1] * step));
            least = bayes->losses[i];
            best = i;
        } else if (!isnan(own)) {
            radius = fmin(radius, own * kf__knob[0]);
        }
    }
    return radius;
}

typedef struct near {
    double distance;
    size_t index;
} near;

static int nearer(const void *a, const void *b)
{
    const near *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static kf_status choose_near(model *at, size_t most)
{
    const kf_bayes *bayes = at->bayes;
    near *all = kf__calloc(bayes->known, sizeof *all);
    if (all == NULL)
        return kf__nomem();
    for (size_t i = 0; i < bayes->known; i++) {
        double sum = 0;
        for (size_t k = 0; k < bayes->axes; k++) {
            double off = bayes->points[i][k] - bayes->points[bayes->best][k];
            sum += isnan(off) ? 0 : off * off;
        }
        all[i] = (near){sum, i};
    }
    qsort(all, bayes->known, sizeof *all, nearer);
    at->count = bayes->known < most ? bayes->known : most;
    for (size_t i = 0; i < at->count; i++)
        at->chosen[i] = all[i].index;
    kf__free(all);
    return KF_OK;
}

kf_status kf__bayes_local(const kf_bayes *bayes, const kf_bayes_plan *plan, double *point)
{
    model at;
    size_t axes = bayes->axes;
    size_t most = (size_t)(kf__knob[3] * (double)((axes + 1) * (axes + 2)) / 2) + 5;
    if (most > 100) most = 100;
    double radius = kf__bayes_radius(bayes);
    KF__TRY(model_start(bayes, most, &at));
    double incumbent[1024];
    complete_point(bayes, bayes->best, incumbent);
    for (size_t k = 0; k < axes; k++) {
        if (at.gp->categorical[k])
            continue;
        double cell = 0, low, high;
        if (kf_space_axis(bayes->space, k)->levels > 0) {
            kf__space_cell(bayes->space, k, incumbent[k], &low, &high);
            cell = 1.5 * (high - low);
        }
        double half = fmax(radius, cell);
        at.middle[k] = incumbent[k];
        at.width[k] = 2 * half;
        at.low[k] = fmax(0, incumbent[k] - half);
        at.high[k] = fmin(1, incumbent[k] + half);
    }
    kf_status status = choose_near(&at, most);
    if (status == KF_OK)
        status = fit(&at, true);
    if (status == KF_OK)
        status = acquire(&at, plan, incumbent, 1, 256, point);
    model_finish(&at);
    return status;
}

/* ---- before there is a model ---- */

kf_status kf__bayes_initial(kf_ask *ask, double *point)
{
    size_t axes = kf_ask_axis_count(ask);
    kf_sobol *sobol;
    KF__TRY(kf__sobol_new(axes, true, ask->study->seed, &sobol));
    kf__sobol_point(sobol, (uint32_t)kf_ask_number(ask), point);
    kf__sobol_free(sobol);
    for (size_t k = 0; k < axes; k++) {
        const kf_axis *axis = kf_ask_axis(ask, k);
        if (axis->kind == KF_AXIS_CATEGORICAL)
            point[k] = floor(point[k] * (double)axis->levels);
        else if (kf_ask_number(ask) == 0)
            point[k] = 0.5;
    }
    return KF_OK;
}
