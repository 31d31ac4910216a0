/* SPDX-License-Identifier: Apache-2.0 */
#include "search/pareto.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"

bool kf__dominates(const double *a, const double *b, size_t count)
{
    bool better = false;
    for (size_t i = 0; i < count; i++) {
        if (a[i] > b[i])
            return false;
        better = better || a[i] < b[i];
    }
    return better;
}

void kf__front(const double *const *points, size_t total, size_t count, bool *on_front)
{
    for (size_t i = 0; i < total; i++) {
        on_front[i] = true;
        for (size_t j = 0; j < total && on_front[i]; j++)
            on_front[i] = !kf__dominates(points[j], points[i], count);
    }
}

/* ---- hypervolume: slices along the last objective (While et al., "A faster algorithm
 * for calculating hypervolume", 2006) ---- */

typedef struct slicer {
    const double *reference;
    size_t stride;
} slicer;

/* qsort has no argument for the objective: by insertion, as fronts are small. */
static void sort_by(double *points, size_t total, size_t stride, size_t objective)
{
    double moved[KF__LIMIT_OBJECTIVES];
    for (size_t i = 1; i < total; i++) {
        memcpy(moved, points + i * stride, stride * sizeof *moved);
        size_t at = i;
        for (; at > 0 && points[(at - 1) * stride + objective] > moved[objective]; at--)
            memcpy(points + at * stride, points + (at - 1) * stride,
                stride * sizeof *moved);
        memcpy(points + at * stride, moved, stride * sizeof *moved);
    }
}

static double area(const slicer *self, double *points, size_t total)
{
    double sum = 0, height = self->reference[1];
    sort_by(points, total, self->stride, 0);
    for (size_t i = 0; i < total; i++) {
        const double *point = points + i * self->stride;
        if (point[1] < height) {
            sum += (self->reference[0] - point[0]) * (height - point[1]);
            height = point[1];
        }
    }
    return sum;
}

static double volume(const slicer *self, double *points, size_t total, size_t count)
{
    if (count == 2)
        return area(self, points, total);
    size_t last = count - 1;
    double sum = 0;
    sort_by(points, total, self->stride, last);
    double *slice = kf__reallocarray(NULL, total * self->stride, sizeof *slice);
    if (slice == NULL)
        return (double)NAN;
    for (size_t i = 0; i < total; i++) {
        double from = points[i * self->stride + last];
        double to = i + 1 < total ? points[(i + 1) * self->stride + last]
                                  : self->reference[last];
        if (to <= from)
            continue;
        memcpy(slice, points, (i + 1) * self->stride * sizeof *slice);
        sum += (to - from) * volume(self, slice, i + 1, count - 1);
    }
    kf__free(slice);
    return sum;
}

static bool is_below(const double *point, const double *reference, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(point[i] < reference[i]))
            return false;
    return true;
}

kf_status kf__hypervolume(const double *const *points, size_t total, size_t count,
    const double *reference, double *out)
{
    double *below = kf__reallocarray(NULL, total * count + 1, sizeof *below);
    if (below == NULL)
        return kf__nomem();
    slicer self = {reference, count};
    size_t kept = 0;
    double least = INFINITY;
    for (size_t i = 0; i < total; i++) {
        if (!is_below(points[i], reference, count))
            continue;
        memcpy(below + kept++ * count, points[i], count * sizeof *below);
        least = fmin(least, points[i][0]);
    }
    if (kept == 0)
        *out = 0;
    else
        *out = count == 1 ? reference[0] - least : volume(&self, below, kept, count);
    kf__free(below);
    return isnan(*out) ? kf__nomem() : KF_OK;
}

/* ---- one loss of several ---- */

typedef struct range {
    double least, greatest;
} range;

static range range_of(const kf_ask *ask, size_t objective)
{
    range out = {INFINITY, -INFINITY};
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        const kf_trial *trial = kf_ask_trial(ask, i);
        if (trial->losses == NULL)
            continue;
        out.least = fmin(out.least, trial->losses[objective]);
        out.greatest = fmax(out.greatest, trial->losses[objective]);
    }
    return out;
}

static double scalar(
    const kf_trial *trial, const double *weights, const range *ranges, size_t count)
{
    const double rho = 0.05;
    double sum = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        double width = ranges[i].greatest - ranges[i].least;
        double part =
            width > 0 ? weights[i] * (trial->losses[i] - ranges[i].least) / width : 0;
        sum += part;
        most = fmax(most, part);
    }
    return most + rho * sum;
}

/* Uniform on the simplex. */
static void draw_weights(kf_ask *ask, double *weights, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i] = -log(1 - kf_ask_uniform(ask));
    for (size_t i = 0; i < count; i++)
        weights[i] /= sum;
}

void kf__scalar_losses(kf_ask *ask, double *out)
{
    size_t count = kf_ask_objective_count(ask);
    double weights[KF__LIMIT_OBJECTIVES];
    range ranges[KF__LIMIT_OBJECTIVES];
    if (count > 1)
        draw_weights(ask, weights, count);
    for (size_t i = 0; count > 1 && i < count; i++)
        ranges[i] = range_of(ask, i);
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        const kf_trial *trial = kf_ask_trial(ask, i);
        out[i] = count == 1 || trial->losses == NULL
                     ? kf__trial_loss(trial)
                     : scalar(trial, weights, ranges, count);
    }
}

typedef struct ranked {
    double loss;
    size_t trial;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

kf_status kf__scalar_ranking(kf_ask *ask, size_t **out, size_t *count)
{
    size_t total = kf_ask_trial_count(ask);
    double *losses = kf__reallocarray(NULL, total + 1, sizeof *losses);
    ranked *order = kf__reallocarray(NULL, total + 1, sizeof *order);
    size_t *trials = kf__reallocarray(NULL, total + 1, sizeof *trials);
    if (losses == NULL || order == NULL || trials == NULL) {
        kf__free(losses);
        kf__free(order);
        kf__free(trials);
        return kf__nomem();
    }
    kf__scalar_losses(ask, losses);
    *count = 0;
    for (size_t i = 0; i < total; i++)
        if (!isnan(losses[i]))
            order[(*count)++] = (ranked){losses[i], i};
    qsort(order, *count, sizeof *order, compare_ranked);
    for (size_t i = 0; i < *count; i++)
        trials[i] = order[i].trial;
    kf__free(losses);
    kf__free(order);
    *out = trials;
    return KF_OK;
}

/* ---- of a study ---- */

static kf_status gather(const kf_study *study, const double ***points, size_t *total)
{
    *total = 0;
    *points = kf__calloc(study->entries.count + 1, sizeof(double *));
    if (*points == NULL)
        return kf__nomem();
    for (size_t i = 0; i < study->entries.count; i++)
        if (study->entries.items[i]->trial.losses != NULL)
            (*points)[(*total)++] = study->entries.items[i]->trial.losses;
    return KF_OK;
}

kf_status kf_study_front(const kf_study *study, kf_value **out)
{
    KF__REQUIRE(study != NULL && out != NULL);
    const double **points;
    size_t total;
    KF__TRY(gather(study, &points, &total));
    kf_tree tree = KF__TREE_INIT;
    kf_value *numbers = kf__tree_list(&tree);
    bool *on_front = kf__calloc(total + 1, sizeof *on_front);
    if (on_front != NULL)
        kf__front(points, total, study->objective_count, on_front);
    else
        tree.status = KF_ENOMEM;
    for (size_t i = 0, at = 0; on_front != NULL && i < study->entries.count; i++)
        if (study->entries.items[i]->trial.losses != NULL && on_front[at++])
            kf__push(&tree, numbers, kf__tree_int(&tree, (int64_t)i));
    kf__free(on_front);
    kf__free((void *)points);
    return kf__tree_take(&tree, numbers, out);
}

kf_status kf_study_hypervolume(
    const kf_study *study, const double *reference, double *out)
{
    KF__REQUIRE(study != NULL && reference != NULL && out != NULL);
    double losses[KF__LIMIT_OBJECTIVES];
    const double **points;
    size_t total;
    for (size_t i = 0; i < study->objective_count; i++)
        losses[i] = study->directions[i] == KF_MAXIMIZE ? -reference[i] : reference[i];
    KF__TRY(gather(study, &points, &total));
    kf_status status =
        kf__hypervolume(points, total, study->objective_count, losses, out);
    kf__free((void *)points);
    return status;
}
