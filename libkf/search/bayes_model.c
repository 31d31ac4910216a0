/* SPDX-License-Identifier: Apache-2.0 */
#include "search/bayes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/warp.h"

#define MOST_FITTED 96 /* Points that scales and amplitudes are found from. */
#define EVALUATIONS 25
#define MOST_PENDING 100 /* Of those that run, the newest. */
#define MOST_POOLED 1000 /* Points that a turned frame may find to be near. */

kf_status kf__bayes_model_start(const kf_bayes *bayes, size_t most, kf_bayes_model *out)
{
    size_t axes = bayes->axes, count = bayes->known < most ? bayes->known : most;
    size_t pending = bayes->pending < MOST_PENDING ? bayes->pending : MOST_PENDING;
    *out = (kf_bayes_model){.bayes = bayes};
    kf_status status = kf__frame_new(bayes->space, &out->frame);
    if (status == KF_OK)
        status = kf__gp_new(axes, count + pending, &out->gp);
    out->low = kf__calloc(3 * axes + count, sizeof(double));
    out->chosen = kf__calloc(count + MOST_POOLED, sizeof *out->chosen);
    if (status != KF_OK || out->low == NULL || out->chosen == NULL) {
        kf__bayes_model_finish(out);
        return kf__nomem();
    }
    out->pool = out->chosen + count;
    out->high = out->low + axes;
    out->spare = out->high + axes;
    out->losses = out->spare + axes;
    for (size_t k = 0; k < axes; k++) {
        const kf_axis *axis = kf_space_axis(bayes->space, k);
        out->gp->categorical[k] = out->frame->categorical[k];
        out->high[k] = out->frame->categorical[k] ? (double)axis->levels - 1 : 1;
    }
    return KF_OK;
}

void kf__bayes_model_finish(kf_bayes_model *model)
{
    kf__gp_free(model->gp);
    kf__frame_free(model->frame);
    kf__free(model->low);
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

/* From the middle of the frame, in widths of it. */
static double square_from_middle(kf_bayes_model *model, size_t index)
{
    const kf_bayes *bayes = model->bayes;
    const double *best = bayes->trials[bayes->best]->point;
    const double *point = bayes->trials[index]->point;
    double sum = 0;
    kf__frame_in(model->frame, point, model->spare);
    for (size_t k = 0; k < bayes->axes; k++) {
        bool differs = isnan(point[k]) != isnan(best[k]) ||
                       (model->frame->categorical[k] && point[k] != best[k]);
        double off = differs || model->frame->categorical[k] || isnan(point[k])
                         ? differs
                         : model->spare[k] - 0.5;
        sum += off * off;
    }
    return sum;
}

/* The known, or those of the pool, in order of rank: losses, or distances. */
static kf_status rank_all(
    kf_bayes_model *model, bool by_distance, ranked **out, size_t *count)
{
    const kf_bayes *bayes = model->bayes;
    bool pooled = by_distance && model->pool_count > 0;
    *count = pooled ? model->pool_count : bayes->known;
    ranked *all = kf__calloc(*count, sizeof *all);
    if (all == NULL)
        return kf__nomem();
    for (size_t i = 0; i < *count; i++) {
        size_t at = pooled ? model->pool[i] : i;
        double rank = by_distance ? square_from_middle(model, at) : bayes->losses[at];
        all[i] = (ranked){rank, at};
    }
    qsort(all, *count, sizeof *all, by_rank);
    *out = all;
    return KF_OK;
}

/* The first half in order, and the other half evenly from the rest of the `within` first. */
static void choose(
    kf_bayes_model *model, const ranked *all, size_t count, size_t within, size_t most)
{
    size_t half = most / 2;
    model->count = count < most ? count : most;
    for (size_t i = 0; i < model->count; i++) {
        bool even = within > most && i >= half;
        size_t at = even ? half + (i - half) * (within - half) / (most - half) : i;
        model->chosen[i] = all[at].index;
    }
}

kf_status kf__bayes_choose_best(kf_bayes_model *model, size_t most)
{
    ranked *all;
    size_t count;
    KF__TRY(rank_all(model, false, &all, &count));
    choose(model, all, count, count, most);
    kf__free(all);
    return KF_OK;
}

kf_status kf__bayes_choose_near(kf_bayes_model *model, size_t most)
{
    ranked *all;
    size_t within = 0, count;
    double square = 0.5 * (double)model->bayes->axes;
    KF__TRY(rank_all(model, true, &all, &count));
    while (within < count && all[within].rank <= square)
        within++;
    choose(model, all, count, within, most);
    if (model->pool_count == 0) {
        model->pool_count = count < MOST_POOLED ? count : MOST_POOLED;
        for (size_t i = 0; i < model->pool_count; i++)
            model->pool[i] = all[i].index;
    }
    kf__free(all);
    return KF_OK;
}

/* ---- fitting ---- */

/* At most so many of the points, from everywhere in their order. */
static void set_points(kf_bayes_model *model, size_t most)
{
    size_t count = model->count < most ? model->count : most;
    model->gp->count = 0;
    for (size_t j = 0; j < count; j++) {
        size_t i = j * model->count / count;
        kf__frame_in(
            model->frame, model->bayes->trials[model->chosen[i]]->point, model->spare);
        kf__gp_add(model->gp, model->spare, model->losses[i]);
    }
}

static void set_losses(kf_bayes_model *model, double offset, double *raw)
{
    for (size_t i = 0; i < model->count; i++)
        raw[i] = model->bayes->losses[model->chosen[i]];
    double deviation = kf__warp(raw, model->count, offset, model->losses);
    model->bend = isinf(offset) ? 0 : deviation;
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

kf_status kf__bayes_fit(kf_bayes_model *model, bool last)
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
    size_t skipped = bayes->pending > MOST_PENDING ? bayes->pending - MOST_PENDING : 0;
    for (size_t i = skipped; last && i < bayes->pending; i++) {
        kf__frame_in(
            model->frame, bayes->trials[bayes->known + i]->point, model->spare);
        (void)kf__gp_append(gp, model->spare, NAN);
    }
    return KF_OK;
}

/* ---- turning ---- */

/* Second derivatives by differences of first ones. */
static void second(kf_bayes_model *model, double *scratch, double *hessian)
{
    const double step = 0.02;
    size_t axes = model->bayes->axes;
    double *above = scratch, *below = above + axes, *guessing = below + axes;
    for (size_t k = 0; k < axes; k++) {
        double at = model->spare[k];
        model->spare[k] = at + step;
        kf__gp_guess(model->gp, model->spare, guessing, above, NULL);
        model->spare[k] = at - step;
        kf__gp_guess(model->gp, model->spare, guessing, below, NULL);
        model->spare[k] = at;
        for (size_t l = 0; l < axes; l++)
            hessian[k * axes + l] = (above[l] - below[l]) / (2 * step);
    }
}

/* Of losses, from those of their logarithms: up to a factor, the product of the gradient
 * with itself comes in addition. */
static void unbend(kf_bayes_model *model, double *scratch, double *hessian)
{
    size_t axes = model->bayes->axes;
    double *gradient = scratch;
    kf__gp_guess(model->gp, model->spare, scratch + axes, gradient, NULL);
    for (size_t k = 0; k < axes; k++)
        for (size_t l = 0; l <= k; l++) {
            double mean = (hessian[k * axes + l] + hessian[l * axes + k]) / 2;
            hessian[k * axes + l] = hessian[l * axes + k] =
                mean + model->bend * gradient[k] * gradient[l];
        }
}

kf_status kf__bayes_turn(kf_bayes_model *model)
{
    size_t axes = model->bayes->axes;
    size_t scratch = axes * (2 * axes + 4) + 4 * model->gp->room;
    double *memory = kf__alloc((scratch + axes * axes) * sizeof *memory);
    if (memory == NULL)
        return kf__nomem();
    double *hessian = memory + scratch;
    kf__frame_in(
        model->frame, model->bayes->trials[model->bayes->best]->point, model->spare);
    second(model, memory, hessian);
    unbend(model, memory, hessian);
    kf__frame_turn(model->frame, hessian, memory);
    kf__free(memory);
    return KF_OK;
}
