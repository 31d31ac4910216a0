/* SPDX-License-Identifier: Apache-2.0 */
#include "search/bayes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/warp.h"

#define MOST_FITTED 96 /* Points that scales and amplitudes are found from. */
#define EVALUATIONS 25

kf_status kf__bayes_model_start(const kf_bayes *bayes, size_t most, kf_bayes_model *out)
{
    size_t axes = bayes->axes, count = bayes->known < most ? bayes->known : most;
    *out = (kf_bayes_model){.bayes = bayes};
    KF__TRY(kf__gp_new(axes, count + bayes->pending, &out->gp));
    out->middle = kf__calloc(5 * axes + count, sizeof(double));
    out->chosen = kf__calloc(count, sizeof *out->chosen);
    if (out->middle == NULL || out->chosen == NULL) {
        kf__bayes_model_finish(out);
        return kf__nomem();
    }
    out->width = out->middle + axes;
    out->low = out->width + axes;
    out->high = out->low + axes;
    out->spare = out->high + axes;
    out->losses = out->spare + axes;
    for (size_t k = 0; k < axes; k++) {
        const kf_axis *axis = kf_space_axis(bayes->space, k);
        out->gp->categorical[k] = axis->kind == KF_AXIS_CATEGORICAL;
        out->middle[k] = 0.5;
        out->width[k] = 1;
        out->high[k] = out->gp->categorical[k] ? (double)axis->levels - 1 : 1;
    }
    return KF_OK;
}

void kf__bayes_model_finish(kf_bayes_model *model)
{
    kf__gp_free(model->gp);
    kf__free(model->middle);
    kf__free(model->chosen);
}

/* ---- which ---- */

typedef struct ranked {
    double rank;
    size_t index;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static double square_from_best(const kf_bayes *bayes, size_t index)
{
    const double *x = bayes->trials[index]->point;
    const double *y = bayes->trials[bayes->best]->point;
    double sum = 0;
    for (size_t k = 0; k < bayes->axes; k++) {
        bool categorical = kf_space_axis(bayes->space, k)->kind == KF_AXIS_CATEGORICAL;
        bool differs = isnan(x[k]) != isnan(y[k]) || (categorical && x[k] != y[k]);
        double off = differs ? 0.5 : x[k] - y[k];
        sum += isnan(off) ? 0 : off * off;
    }
    return sum;
}

/* All of the known, in order of rank: losses, or distances. */
static kf_status rank_all(const kf_bayes *bayes, bool by_distance, ranked **out)
{
    ranked *all = kf__calloc(bayes->known, sizeof *all);
    if (all == NULL)
        return kf__nomem();
    for (size_t i = 0; i < bayes->known; i++)
        all[i] =
            (ranked){by_distance ? square_from_best(bayes, i) : bayes->losses[i], i};
    qsort(all, bayes->known, sizeof *all, by_rank);
    *out = all;
    return KF_OK;
}

/* The first half in order, and the other half evenly from the rest of the `within` first. */
static void choose(kf_bayes_model *model, const ranked *all, size_t within, size_t most)
{
    size_t known = model->bayes->known, half = most / 2;
    model->count = known < most ? known : most;
    for (size_t i = 0; i < model->count; i++) {
        bool even = within > most && i >= half;
        size_t at = even ? half + (i - half) * (within - half) / (most - half) : i;
        model->chosen[i] = all[at].index;
    }
}

kf_status kf__bayes_choose_best(kf_bayes_model *model, size_t most)
{
    ranked *all;
    KF__TRY(rank_all(model->bayes, false, &all));
    choose(model, all, model->bayes->known, most);
    kf__free(all);
    return KF_OK;
}

kf_status kf__bayes_choose_near(kf_bayes_model *model, double radius, size_t most)
{
    ranked *all;
    size_t within = 0;
    double square = 2 * radius * radius * (double)model->bayes->axes;
    KF__TRY(rank_all(model->bayes, true, &all));
    while (within < model->bayes->known && all[within].rank <= square)
        within++;
    choose(model, all, within, most);
    kf__free(all);
    return KF_OK;
}

/* ---- fitting ---- */

static void to_model(const kf_bayes_model *model, const double *point, double *out)
{
    for (size_t k = 0; k < model->bayes->axes; k++) {
        bool categorical = model->gp->categorical[k];
        if (isnan(point[k]))
            out[k] = categorical ? KF__ACQUIRE_INACTIVE_LEVEL : KF__ACQUIRE_INACTIVE;
        else
            out[k] = categorical
                         ? point[k]
                         : (point[k] - model->middle[k]) / model->width[k] + 0.5;
    }
}

/* At most so many of the points, from everywhere in their order. */
static void set_points(kf_bayes_model *model, size_t most)
{
    size_t count = model->count < most ? model->count : most;
    model->gp->count = 0;
    for (size_t j = 0; j < count; j++) {
        size_t i = j * model->count / count;
        to_model(model, model->bayes->trials[model->chosen[i]]->point, model->spare);
        kf__gp_add(model->gp, model->spare, model->losses[i]);
    }
}

static void set_losses(kf_bayes_model *model, double offset, double *raw)
{
    for (size_t i = 0; i < model->count; i++)
        raw[i] = model->bayes->losses[model->chosen[i]];
    kf__warp(raw, model->count, offset, model->losses);
}

/* Scales as they fit the losses as they are tell how to warp them; then once more. */
static kf_status find_theta(kf_bayes_model *model, double *start, double *raw)
{
    kf_gp *gp = model->gp;
    double offset = INFINITY;
    kf__gp_default(gp, start);
    for (int round = 0; round < 2; round++) {
        set_losses(model, offset, raw);
        set_points(model, MOST_FITTED);
        KF__TRY(kf__gp_fit(gp, start, 1, EVALUATIONS));
        set_points(model, model->count);
        if (round == 1 || !kf__gp_condition(gp))
            break;
        offset = kf__warp_offset(gp, raw, gp->weights);
        if (isinf(offset))
            break;
        memcpy(start, gp->theta, (gp->axes + 3) * sizeof *start);
    }
    set_points(model, model->count);
    return KF_OK;
}

kf_status kf__bayes_fit(kf_bayes_model *model)
{
    const kf_bayes *bayes = model->bayes;
    kf_gp *gp = model->gp;
    double *start = kf__alloc((gp->axes + 3 + model->count) * sizeof *start);
    if (start == NULL)
        return kf__nomem();
    kf_status status = find_theta(model, start, start + gp->axes + 3);
    kf__free(start);
    KF__TRY(status);
    double *noise = &gp->theta[gp->axes + 2];
    while (!kf__gp_condition(gp) && *noise < 10)
        *noise += 2;
    for (size_t i = 0; i < bayes->pending; i++) {
        to_model(model, bayes->trials[bayes->known + i]->point, model->spare);
        (void)kf__gp_append(gp, model->spare, NAN);
    }
    return KF_OK;
}
