/* SPDX-License-Identifier: Apache-2.0 */
/* Points by models: of the whole space, or of what is near to the best point. */
#include "search/bayes.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/value.h"
#include "search/sobol.h"

#define MOST_GLOBAL 250
#define MOST_LOCAL 100
#define LEAST_LOCAL 40
#define GLOBAL_CANDIDATES 512
#define LOCAL_CANDIDATES 256
#define SHRINK 0.6
#define NOISY 0.3 /* Share of noise in what losses near the best differ by. */
#define TRIES 64
#define MOST_TURNS 3

/* ---- points that are none of a model ---- */

static void draw(kf_ask *ask, double *point)
{
    for (size_t k = 0; k < kf_ask_axis_count(ask); k++) {
        const kf_axis *axis = kf_ask_axis(ask, k);
        point[k] = axis->kind == KF_AXIS_CATEGORICAL
                       ? (double)kf_ask_index(ask, axis->levels)
                       : kf_ask_snap(ask, k, kf_ask_uniform(ask));
    }
}

kf_status kf__bayes_initial(const kf_bayes *bayes, double *point)
{
    kf_ask *ask = bayes->ask;
    int64_t number = kf_ask_number(ask);
    kf_sobol *sobol;
    if (bayes->axes > KF__SOBOL_AXES || number > UINT32_MAX) {
        draw(ask, point);
        return KF_OK;
    }
    KF__TRY(kf__sobol_new(bayes->axes, true, ask->study->seed, &sobol));
    kf__sobol_point(sobol, (uint32_t)number, point);
    kf__sobol_free(sobol);
    for (size_t k = 0; k < bayes->axes; k++) {
        const kf_axis *axis = kf_ask_axis(ask, k);
        if (axis->kind == KF_AXIS_CATEGORICAL)
            point[k] = floor(point[k] * (double)axis->levels);
        else
            point[k] = kf_ask_snap(ask, k, number == 0 ? 0.5 : point[k]);
    }
    return KF_OK;
}

/* A point that was tried is another one at random, if the space has more. */
static void avoid_known(const kf_bayes *bayes, double *point)
{
    for (int i = 0; i < TRIES && kf__bayes_has(bayes, point); i++)
        draw(bayes->ask, point);
}

/* ---- by a model ---- */

/* The best point, all of its coordinates given: descents begin from there, too. */
static void complete_best(const kf_bayes *bayes, double *out)
{
    const double *best = bayes->trials[bayes->best]->point;
    for (size_t k = 0; k < bayes->axes; k++)
        out[k] = isnan(best[k]) ? kf_ask_snap(bayes->ask, k, 0.5) : best[k];
}

/* What is expected at the best of the points, noise aside; those that run count, too, so
 * that none looks for what another one is about to find. */
static double least_expected(const kf_bayes_model *model)
{
    const kf_gp *gp = model->gp;
    double least = INFINITY;
    for (size_t i = 0; i < gp->count; i++)
        least = fmin(least, gp->y[i] - gp->noise * gp->weights[i]);
    return least;
}

static kf_status acquire(const kf_bayes_model *model, const kf_bayes_plan *plan,
    size_t candidates, const double *best, double *point)
{
    kf_acquire options = {.gp = model->gp,
        .space = model->bayes->space,
        .gain = plan->gain,
        .best = least_expected(model),
        .kappa = plan->kappa,
        .low = model->low,
        .high = model->high,
        .frame = model->frame,
        .candidates = candidates,
        .starts = 4,
        .most_evaluations = 40,
        .sampling = plan->sampling};
    return kf__acquire(&options, model->bayes->ask, best, 1, point);
}

kf_status kf__bayes_global(
    const kf_bayes *bayes, const kf_bayes_plan *plan, double *point)
{
    kf_bayes_model model;
    KF__TRY(kf__bayes_model_start(bayes, MOST_GLOBAL, &model));
    kf_status status = kf__bayes_choose_best(&model, MOST_GLOBAL);
    if (status == KF_OK)
        status = kf__bayes_fit(&model, true);
    complete_best(bayes, model.spare);
    if (status == KF_OK)
        status = acquire(&model, plan, GLOBAL_CANDIDATES, model.spare, point);
    kf__bayes_model_finish(&model);
    if (status == KF_OK)
        avoid_known(bayes, point);
    return status;
}

/* The box about the best point. On ordered axes the next cell is within it, always. */
static void set_box(kf_bayes_model *model, double radius, const double *best)
{
    const kf_space *space = model->bayes->space;
    for (size_t k = 0; k < model->bayes->axes; k++) {
        double half = radius, low, high;
        if (model->frame->categorical[k])
            continue;
        if (kf_space_axis(space, k)->kind == KF_AXIS_ORDERED) {
            kf__space_cell(space, k, best[k], &low, &high);
            half = fmax(half, 1.5 * (high - low));
        }
        model->frame->middle[k] = best[k];
        model->frame->width[k] = 2 * half;
        model->low[k] = fmax(0, best[k] - half);
        model->high[k] = fmin(1, best[k] + half);
    }
}

/* Where most of what losses differ by is noise, a smaller box would show nothing. */
static kf_status note_radius(const kf_bayes_model *model, double radius)
{
    kf_ask *ask = model->bayes->ask;
    double next = model->gp->noise > NOISY ? radius / SHRINK : radius * SHRINK;
    kf_value *own = kf__tree_double(ask->tree, radius);
    kf_value *then = kf__tree_double(ask->tree, next);
    if (own == NULL || then == NULL)
        return kf__nomem();
    KF__TRY(kf_ask_note(ask, "radius", own));
    return kf_ask_note(ask, "next_radius", then);
}

/* A quadratic function of so many axes has so many coefficients. */
static size_t coefficients(size_t axes)
{
    return (axes + 1) * (axes + 2) / 2;
}

/* Twice as many as a quadratic function takes, and a few more. */
static size_t most_local(size_t axes)
{
    size_t most = 2 * coefficients(axes) + 5;
    most = most > LEAST_LOCAL ? most : LEAST_LOCAL;
    return most < MOST_LOCAL ? most : MOST_LOCAL;
}

/* None before there are as many losses as a quadratic function takes, and none where there
 * is nothing to turn. */
static int turns_of(const kf_bayes_model *model)
{
    const kf_bayes *bayes = model->bayes;
    size_t turned = 0, halves = 2 * bayes->known / coefficients(bayes->axes);
    for (size_t k = 0; k < bayes->axes; k++)
        turned += model->frame->turned[k];
    if (turned < 2 || halves == 0)
        return 0;
    return halves > MOST_TURNS ? MOST_TURNS : (int)halves - 1;
}

/* A model of what is near, first in a box that is as long as it is wide; then in one that
 * is turned as that model says, and so on. */
static kf_status fit_near(kf_bayes_model *model, size_t most)
{
    int turns = turns_of(model);
    for (int turn = 0; turn <= turns; turn++) {
        if (turn > 0)
            KF__TRY(kf__bayes_turn(model));
        KF__TRY(kf__bayes_choose_near(model, most));
        KF__TRY(kf__bayes_fit(model, turn == turns));
    }
    return KF_OK;
}

kf_status kf__bayes_local(
    const kf_bayes *bayes, const kf_bayes_plan *plan, double radius, double *point)
{
    kf_bayes_model model;
    size_t most = most_local(bayes->axes);
    KF__TRY(kf__bayes_model_start(bayes, most, &model));
    complete_best(bayes, model.spare);
    set_box(&model, radius, model.spare);
    kf_status status = fit_near(&model, most);
    complete_best(bayes, model.spare);
    if (status == KF_OK)
        status = acquire(&model, plan, LOCAL_CANDIDATES, model.spare, point);
    if (status == KF_OK)
        status = note_radius(&model, radius);
    kf__bayes_model_finish(&model);
    if (status == KF_OK)
        avoid_known(bayes, point);
    return status;
}
