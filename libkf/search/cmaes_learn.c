/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "search/cmaes_state.h"

#define LEAST_SPREAD 1e-9 /* Where a search has converged. */

/* ---- learning ---- */

static void learn_choices(
    kf_cmaes *cmaes, const kf_cmaes_member *members, double *picked)
{
    const kf_cma *cma = cmaes->cma;
    for (size_t i = 0; i < cmaes->axes; i++) {
        if (cmaes->shares[i] == NULL)
            continue;
        int64_t levels = kf_space_axis(cmaes->study->space, i)->levels;
        for (size_t k = 0; k < cma->size; k++)
            picked[k] = members[k].entry->point[i];
        double rate = cma->mass / (cma->mass + (double)levels);
        double others = (double)(levels > 1 ? levels - 1 : 1);
        kf__choice_learn(cmaes->shares[i], levels, picked, cma->weights, cma->size,
            rate, 0.5 / ((double)cma->size * others));
    }
}

static void keep_margins(kf_cmaes *cmaes)
{
    const kf_space *space = cmaes->study->space;
    double least = 1 / ((double)cmaes->axes * (double)cmaes->cma->size);
    for (size_t i = 0; i < cmaes->numbers; i++) {
        size_t axis = cmaes->number_axes[i];
        double low, high;
        cmaes->cma->mean[i] = fmin(fmax(cmaes->cma->mean[i], 0), 1);
        if (kf_space_axis(space, axis)->kind != KF_AXIS_ORDERED)
            continue;
        kf__space_cell(space, axis, cmaes->cma->mean[i], &low, &high);
        kf__cma_keep_margin(cmaes->cma, i, low <= 0 ? -(double)INFINITY : low,
            high >= 1 ? (double)INFINITY : high, least);
    }
}

/* Neither so wide that all points are on the edge, nor so narrow that they are equal. */
static void keep_spread(kf_cmaes *cmaes)
{
    double ratio, spread = kf__cma_spread(cmaes->cma, &ratio);
    if (spread > 1)
        cmaes->cma->sigma /= spread;
    if (spread < LEAST_SPREAD)
        cmaes->cma->sigma *= LEAST_SPREAD / spread;
}

static kf_status learn(kf_cmaes *cmaes, kf_cmaes_member *members)
{
    kf_cma *cma = cmaes->cma;
    size_t n = cmaes->numbers, size = cma->size;
    qsort(members, size, sizeof *members, kf__cmaes_compare);
    if (isinf(members[0].loss))
        return KF_OK;
    KF__TRY(kf__vec_grow((void **)&cmaes->best.items, cmaes->best.count,
        &cmaes->best.capacity, sizeof *cmaes->best.items));
    double *numbers = kf__alloc(size * (n + 1) * sizeof *numbers);
    const double **points = kf__alloc(size * sizeof *points);
    if (numbers == NULL || points == NULL) {
        kf__free(numbers);
        kf__free(points);
        return kf__nomem();
    }
    for (size_t k = 0; k < size; k++) {
        kf__cmaes_numbers(cmaes, members[k].entry, numbers + k * n);
        points[k] = numbers + k * n;
    }
    kf__cma_update(cma, points);
    learn_choices(cmaes, members, numbers + size * n);
    keep_margins(cmaes);
    keep_spread(cmaes);
    cmaes->best.items[cmaes->best.count++] = members[0].loss;
    kf__free(numbers);
    kf__free(points);
    return KF_OK;
}

/* ---- restarts ---- */

/* No step left to take, or nothing found for long. */
static bool has_converged(const kf_cmaes *cmaes)
{
    double ratio, spread = kf__cma_spread(cmaes->cma, &ratio);
    size_t count = cmaes->best.count;
    size_t span = 10 + 30 * cmaes->numbers / cmaes->cma->size;
    if (spread <= 2 * LEAST_SPREAD || ratio >= 1e7)
        return true;
    if (count < span)
        return false;
    double least = cmaes->best.items[count - 1], greatest = least;
    for (size_t i = count - span; i < count; i++) {
        least = fmin(least, cmaes->best.items[i]);
        greatest = fmax(greatest, cmaes->best.items[i]);
    }
    return greatest - least <= 1e-12;
}

/* The small searches of BIPOP (Hansen, 2009) get as many trials as the large ones. */
static kf_status restart(kf_cmaes *cmaes)
{
    size_t size = cmaes->options.size;
    double sigma = cmaes->options.sigma;
    kf_random random = kf__random(
        cmaes->study->seed, KF__RESTART_STREAM - 2 * (uint64_t)cmaes->count - 1);
    bool small = cmaes->options.restarts == KF__RESTARTS_BIPOP && cmaes->count > 0 &&
                 cmaes->used[1] < cmaes->used[0];
    if (small) {
        double u = kf__random_uniform(&random), v = kf__random_uniform(&random);
        size = (size_t)((double)size *
                        pow((double)cmaes->large / (2 * (double)size), u * u));
        sigma *= pow(10, -2 * v);
        size = size < cmaes->options.size ? cmaes->options.size : size;
    } else {
        size = 2 * cmaes->large;
    }
    cmaes->count++;
    kf_status status = kf__cmaes_begin_somewhere(cmaes, size, sigma);
    if (status != KF_OK) {
        cmaes->count--;
        return status;
    }
    cmaes->is_small = small;
    if (!small)
        cmaes->large = size;
    return KF_OK;
}

/* ---- catching up ---- */

static kf_status restart_if_due(kf_cmaes *cmaes)
{
    bool due = cmaes->options.restarts != KF__RESTARTS_NONE && cmaes->best.count > 0 &&
               has_converged(cmaes);
    return due ? restart(cmaes) : KF_OK;
}

static kf_status learn_all(kf_cmaes *cmaes, size_t *done)
{
    while (cmaes->waiting.count - *done >= cmaes->cma->size) {
        size_t size = cmaes->cma->size;
        KF__TRY(learn(cmaes, cmaes->waiting.items + *done));
        *done += size;
        cmaes->used[cmaes->is_small] += (int64_t)size;
        KF__TRY(restart_if_due(cmaes));
    }
    return KF_OK;
}

kf_status kf__cmaes_catch_up(kf_cmaes *cmaes)
{
    if (!cmaes->has_begun)
        KF__TRY(kf__cmaes_begin_first(cmaes));
    KF__TRY(restart_if_due(cmaes));
    int64_t ended = cmaes->study->ended;
    if (ended - cmaes->looked_at + (int64_t)cmaes->waiting.count <
        (int64_t)cmaes->cma->size)
        return KF_OK;
    KF__TRY(kf__cmaes_look_at(cmaes, cmaes->looked_at, ended));
    size_t done = 0;
    kf_status status = learn_all(cmaes, &done);
    cmaes->waiting.count -= done;
    memmove(cmaes->waiting.items, cmaes->waiting.items + done,
        cmaes->waiting.count * sizeof *cmaes->waiting.items);
    return status;
}
