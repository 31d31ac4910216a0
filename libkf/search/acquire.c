/* SPDX-License-Identifier: Apache-2.0 */
/* The best point: from many that are spread evenly, by descent along continuous axes in
 * turn with steps along the others. */
#include "search/acquire.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/lbfgs.h"
#include "search/sobol.h"

#define BATCH 32
#define MOST_LISTED 16 /* Levels of an axis that are all tried. */
#define LEAST_VARIANCE 1e-24

typedef struct search {
    const kf_acquire *options;
    kf_ask *ask;
    size_t axes;
    size_t *smooth; /* Axes that descents move along. */
    size_t smooth_count;
    bool *active;    /* By axis, at the point that the model was asked of last. */
    double *point;   /* The one that descends. */
    double *known;   /* A point with NaN where it is not active. */
    double *turning; /* Coordinates of the model, of axes that are turned. */
    double *model;   /* The same, as the model has it. */
    double *by_mean, *by_variance;
    double *scratch;
    double *low, *high, *moved; /* Of smooth axes. */
    kf_lbfgs lbfgs;
} search;

static const kf_axis *axis_of(const search *at, size_t k)
{
    return kf_space_axis(at->options->space, k);
}

static void to_model(search *at, const double *point, double *model)
{
    for (size_t k = 0; k < at->axes; k++) {
        at->active[k] = kf__space_is_active(at->options->space, k, point);
        at->known[k] = at->active[k] ? point[k] : (double)NAN;
    }
    kf__frame_in(at->options->frame, at->known, model);
}

/* Axes that are turned move in coordinates of the model, others in their own. */
static void set_moved(search *at, const double *moved)
{
    const bool *turned = at->options->frame->turned;
    for (size_t i = 0; i < at->smooth_count; i++)
        if (turned[at->smooth[i]])
            at->turning[at->smooth[i]] = moved[i];
        else
            at->point[at->smooth[i]] = moved[i];
    kf__frame_out(at->options->frame, at->turning, at->point);
}

static kf_gain_at gain_of(const search *at, kf_guess guess)
{
    double deviation = sqrt(fmax(guess.variance, LEAST_VARIANCE));
    return kf__gain(at->options->gain, guess.mean, deviation, at->options->best,
        at->options->kappa);
}

static double gain_at(search *at, const double *point)
{
    to_model(at, point, at->model);
    return gain_of(
        at, kf__gp_guess(at->options->gp, at->model, at->scratch, NULL, NULL))
        .value;
}

/* ---- descent ---- */

static double smooth_loss(void *context, const double *moved, double *gradient)
{
    search *at = context;
    kf_frame *frame = at->options->frame;
    set_moved(at, moved);
    to_model(at, at->point, at->model);
    kf_guess guess = kf__gp_guess(
        at->options->gp, at->model, at->scratch, at->by_mean, at->by_variance);
    kf_gain_at gain = gain_of(at, guess);
    double deviation = sqrt(fmax(guess.variance, LEAST_VARIANCE));
    for (size_t k = 0; k < at->axes; k++) {
        double by_deviation = at->by_variance[k] / (2 * deviation);
        at->by_mean[k] =
            gain.by_mean * at->by_mean[k] + gain.by_deviation * by_deviation;
    }
    kf__frame_slope(frame, at->point, at->by_mean);
    for (size_t i = 0; i < at->smooth_count; i++) {
        size_t k = at->smooth[i];
        double width = frame->turned[k] ? 1 : frame->width[k];
        gradient[i] = at->active[k] ? -at->by_mean[k] / width : 0;
    }
    return -gain.value;
}

static double snap(const search *at, size_t k, double coordinate)
{
    return kf__space_snap(at->options->space, k, coordinate);
}

static void descend(search *at)
{
    const bool *turned = at->options->frame->turned;
    to_model(at, at->point, at->model);
    for (size_t i = 0; i < at->smooth_count; i++) {
        size_t k = at->smooth[i];
        at->moved[i] = turned[k] ? at->model[k] : at->point[k];
    }
    kf__lbfgs(&at->lbfgs, smooth_loss, at, at->moved);
    set_moved(at, at->moved);
    for (size_t i = 0; i < at->smooth_count; i++)
        at->point[at->smooth[i]] = snap(at, at->smooth[i], at->point[at->smooth[i]]);
}

/* ---- steps ---- */

static bool try_value(search *at, size_t k, double coordinate, double *gain)
{
    double before = at->point[k];
    if (coordinate == before || coordinate < at->options->low[k] ||
        coordinate > at->options->high[k])
        return false;
    at->point[k] = coordinate;
    double found = gain_at(at, at->point);
    if (found > *gain) {
        *gain = found;
        return true;
    }
    at->point[k] = before;
    return false;
}

static bool step(search *at, size_t k, double *gain)
{
    const kf_axis *axis = axis_of(at, k);
    bool moved = false;
    if (axis->levels <= MOST_LISTED) {
        for (int64_t level = 0; level < axis->levels; level++)
            moved |= try_value(
                at, k, kf__space_level_coordinate(at->options->space, k, level), gain);
        return moved;
    }
    for (int64_t stride = 1; stride < axis->levels && stride <= 8; stride *= 2) {
        for (int side = -1; side <= 1; side += 2) {
            int64_t level = kf__space_level(at->options->space, k, at->point[k]);
            level += side * stride;
            if (level >= 0 && level < axis->levels)
                moved |= try_value(at, k,
                    kf__space_level_coordinate(at->options->space, k, level), gain);
        }
    }
    for (int i = 0; axis->kind == KF_AXIS_CATEGORICAL && i < MOST_LISTED; i++)
        moved |= try_value(at, k, (double)kf_ask_index(at->ask, axis->levels), gain);
    return moved;
}

static double improve(search *at, double *point)
{
    double gain = -INFINITY;
    memcpy(at->point, point, at->axes * sizeof *point);
    for (int round = 0; round < 4; round++) {
        bool moved = false;
        if (at->smooth_count > 0)
            descend(at);
        gain = gain_at(at, at->point);
        for (size_t k = 0; k < at->axes; k++)
            if (axis_of(at, k)->kind != KF_AXIS_CONTINUOUS)
                moved |= step(at, k, &gain);
        if (!moved)
            break;
    }
    memcpy(point, at->point, at->axes * sizeof *point);
    return gain;
}

/* ---- where to begin ---- */

typedef struct ranked {
    double *points, *gains; /* The best, in falling order of gain. */
    size_t count, room;
} ranked;

static void rank(ranked *all, size_t axes, const double *point, double gain)
{
    size_t at = all->count;
    if (at == all->room && !(gain > all->gains[at - 1]))
        return;
    at = at == all->room ? at - 1 : at;
    for (; at > 0 && gain > all->gains[at - 1]; at--) {
        all->gains[at] = all->gains[at - 1];
        memcpy(all->points + at * axes, all->points + (at - 1) * axes,
            axes * sizeof *point);
    }
    all->gains[at] = gain;
    memcpy(all->points + at * axes, point, axes * sizeof *point);
    all->count += all->count < all->room;
}

/* Coordinates of the box; levels that are all equally likely. */
static void place(const search *at, const double *even, double *point)
{
    for (size_t k = 0; k < at->axes; k++) {
        const kf_axis *axis = axis_of(at, k);
        double low = at->options->low[k], high = at->options->high[k];
        if (axis->kind == KF_AXIS_CATEGORICAL)
            point[k] = floor(even[k] * (double)axis->levels);
        else
            point[k] = snap(at, k, low + even[k] * (high - low));
    }
    kf__frame_out(at->options->frame, even, point);
}

static void draw_even(search *at, const kf_sobol *sobol, size_t index, double *even)
{
    if (sobol != NULL)
        kf__sobol_point(sobol, (uint32_t)index, even);
    for (size_t k = 0; sobol == NULL && k < at->axes; k++)
        even[k] = kf_ask_uniform(at->ask);
}

/* One batch of candidates; `memory` has room for its points, twice and once again, and
 * for what guesses need. */
static void look_at(
    search *at, const kf_sobol *sobol, size_t from, double *memory, ranked *best)
{
    size_t axes = at->axes;
    double *models = memory + BATCH * axes, *even = models + BATCH * axes;
    kf_guess guesses[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        draw_even(at, sobol, from + i, even);
        place(at, even, memory + i * axes);
        to_model(at, memory + i * axes, models + i * axes);
    }
    kf__gp_guess_all(at->options->gp, models, BATCH, even + axes, guesses);
    for (size_t i = 0; i < BATCH; i++)
        rank(best, axes, memory + i * axes, gain_of(at, guesses[i]).value);
}

static kf_status look(search *at, ranked *best)
{
    size_t axes = at->axes, room = at->options->gp->room;
    uint64_t seed = (uint64_t)(kf_ask_uniform(at->ask) * 0x1p53);
    kf_sobol *sobol = NULL;
    if (axes <= KF__SOBOL_AXES)
        KF__TRY(kf__sobol_new(axes, true, seed, &sobol));
    double *memory =
        kf__alloc(((2 * BATCH + 1) * axes + BATCH * room) * sizeof *memory);
    for (size_t from = 0; memory != NULL && from < at->options->candidates;
         from += BATCH)
        look_at(at, sobol, from, memory, best);
    kf__sobol_free(sobol);
    kf__free(memory);
    return memory != NULL ? KF_OK : kf__nomem();
}

/* Each start becomes what it leads to. */
static void improve_all(search *at, double *starts, size_t count, double *point)
{
    size_t axes = at->axes;
    double most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double *start = starts + i * axes;
        double gain = at->options->sampling ? gain_at(at, start) : improve(at, start);
        if (gain > most || i == 0) {
            most = gain;
            memcpy(point, start, axes * sizeof *point);
        }
    }
}

static void choose_smooth(search *at)
{
    for (size_t k = 0; k < at->axes; k++) {
        const kf_axis *axis = axis_of(at, k);
        bool is_smooth = axis->kind == KF_AXIS_CONTINUOUS ||
                         (axis->kind == KF_AXIS_ORDERED && axis->levels > MOST_LISTED);
        if (!is_smooth)
            continue;
        bool turned = at->options->frame->turned[k];
        at->low[at->smooth_count] = turned ? 0 : at->options->low[k];
        at->high[at->smooth_count] = turned ? 1 : at->options->high[k];
        at->smooth[at->smooth_count++] = k;
    }
    at->lbfgs.count = at->smooth_count;
}

/* All the numbers that a search works on, in one piece. */
static kf_status search_start(
    const kf_acquire *options, kf_ask *ask, size_t starts, search *out, ranked *best)
{
    size_t axes = options->gp->axes, room = options->gp->room;
    size_t for_descent = kf__lbfgs_memory(axes);
    double *memory = kf__calloc(
        9 * axes + 4 * room + for_descent + starts * (axes + 1), sizeof *memory);
    *out = (search){.options = options, .ask = ask, .axes = axes, .point = memory};
    out->smooth = kf__calloc(axes, sizeof *out->smooth);
    out->active = kf__calloc(axes, sizeof *out->active);
    if (memory == NULL || out->smooth == NULL || out->active == NULL)
        return kf__nomem();
    out->model = memory + axes;
    out->by_mean = memory + 2 * axes;
    out->by_variance = memory + 3 * axes;
    out->low = memory + 4 * axes;
    out->high = memory + 5 * axes;
    out->moved = memory + 6 * axes;
    out->known = memory + 7 * axes;
    out->turning = memory + 8 * axes;
    out->scratch = memory + 9 * axes;
    out->lbfgs = (kf_lbfgs){.low = out->low,
        .high = out->high,
        .most_evaluations = options->most_evaluations,
        .tolerance = 1e-6,
        .memory = out->scratch + 4 * room};
    *best =
        (ranked){.points = out->lbfgs.memory + for_descent, .room = options->starts};
    best->gains = best->points + starts * axes;
    choose_smooth(out);
    return KF_OK;
}

static void search_finish(search *at)
{
    kf__free(at->point);
    kf__free(at->smooth);
    kf__free(at->active);
}

kf_status kf__acquire(const kf_acquire *options, kf_ask *ask, const double *incumbents,
    size_t incumbent_count, double *point)
{
    search at = {0};
    ranked best = {0};
    size_t axes = options->gp->axes;
    kf_status status =
        search_start(options, ask, options->starts + incumbent_count, &at, &best);
    if (status == KF_OK)
        status = look(&at, &best);
    if (status == KF_OK && incumbent_count > 0)
        memcpy(best.points + best.count * axes, incumbents,
            incumbent_count * axes * sizeof *incumbents);
    if (status == KF_OK)
        improve_all(&at, best.points, best.count + incumbent_count, point);
    search_finish(&at);
    return status;
}
