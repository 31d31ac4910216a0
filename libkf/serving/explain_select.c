/* SPDX-License-Identifier: Apache-2.0 */
/* Which features of KernelSHAP have effects, by a lasso on the subsets and, so that the
 * effects sum up, on their complements: along its path where a criterion of information
 * is least, or at one penalty. With an intercept, as the package shap has it of
 * scikit-learn. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "serving/explain_kernel.h"

typedef struct lasso {
    size_t features;
    double rows;
    double *gram;    /* Of centred columns: features × features. */
    double *towards; /* Of each with the centred target. */
    double *means;   /* Sums at first. */
    double *weights; /* What is looked for. */
    double *left;    /* How far each still points towards what is unexplained. */
    double *growth;  /* Of the active ones. */
    double *best;    /* Weights where the criterion was least. */
    double *room;    /* features × features + features, for solving. */
    double target;   /* Sum of the target's squares, centred. */
    size_t *active;
    size_t count;
    bool *taken;
} lasso;

/* ---- the sums ---- */

static void add_row(lasso *at, const kf_subsets *subsets, size_t row, bool complement,
    double weight, double effect, double *mean)
{
    double root = sqrt(weight), x = complement ? -root : root, y = effect * root;
    *mean += y;
    at->target += y * y;
    for (size_t i = 0; i < at->features; i++) {
        if (kf__subset_has(subsets, row, i) == complement)
            continue;
        at->means[i] += x;
        at->towards[i] += x * y;
        for (size_t j = 0; j < at->features; j++)
            if (kf__subset_has(subsets, row, j) != complement)
                at->gram[i * at->features + j] += weight;
    }
}

static void add_up(
    lasso *at, const kf_subsets *subsets, const double *effects, double whole)
{
    double mean = 0;
    for (size_t i = 0; i < subsets->count; i++) {
        double size = 0, weight = subsets->weights[i];
        for (size_t j = 0; j < at->features; j++)
            size += kf__subset_has(subsets, i, j) ? 1 : 0;
        add_row(at, subsets, i, false, weight * ((double)at->features - size),
            effects[i], &mean);
        add_row(at, subsets, i, true, weight * size, effects[i] - whole, &mean);
    }
    mean /= at->rows;
    at->target -= at->rows * mean * mean;
    for (size_t i = 0; i < at->features; i++) {
        at->means[i] /= at->rows;
        at->towards[i] -= at->rows * at->means[i] * mean;
    }
    for (size_t i = 0; i < at->features; i++)
        for (size_t j = 0; j < at->features; j++)
            at->gram[i * at->features + j] -= at->rows * at->means[i] * at->means[j];
}

/* Columns of the same spread; the means are used up. */
static void standardize(lasso *at)
{
    for (size_t i = 0; i < at->features; i++) {
        double variance = at->gram[i * at->features + i] / at->rows;
        at->means[i] = variance > 0 ? 1 / sqrt(variance) : 1;
        at->towards[i] *= at->means[i];
    }
    for (size_t i = 0; i < at->features; i++)
        for (size_t j = 0; j < at->features; j++)
            at->gram[i * at->features + j] *= at->means[i] * at->means[j];
}

/* What is left of the target's squares. */
static double residue(const lasso *at, const double *weights)
{
    double sum = at->target;
    for (size_t i = 0; i < at->features; i++) {
        sum -= 2 * weights[i] * at->towards[i];
        for (size_t j = 0; j < at->features; j++)
            sum += weights[i] * weights[j] * at->gram[i * at->features + j];
    }
    return sum > 0 ? sum : 0;
}

/* ---- the path ---- */

static double column_of(const lasso *at, size_t feature, const double *growth)
{
    double sum = 0;
    for (size_t i = 0; i < at->count; i++)
        sum += at->gram[feature * at->features + at->active[i]] * growth[i];
    return sum;
}

/* All active ones grow alike in angle; 0: they cannot. */
static double turn(lasso *at)
{
    double *matrix = at->room, *right = matrix + at->features * at->features, norm = 0;
    size_t count = at->count;
    for (size_t i = 0; i < count; i++) {
        right[i] = at->left[at->active[i]] > 0 ? 1 : -1;
        for (size_t j = 0; j < count; j++)
            matrix[i * count + j] =
                at->gram[at->active[i] * at->features + at->active[j]];
    }
    kf__solve(matrix, right, count, at->growth);
    for (size_t i = 0; i < count; i++)
        norm += at->growth[i] * (at->left[at->active[i]] > 0 ? 1 : -1);
    double alike = norm > 0 ? 1 / sqrt(norm) : 0;
    for (size_t i = 0; i < count; i++)
        at->growth[i] *= alike;
    return alike;
}

/* As far as another one points as much, or an active one has nothing left: *gone. */
static double step_length(const lasso *at, double most, double alike, size_t *gone)
{
    double length = most / alike;
    for (size_t i = 0; i < at->features; i++) {
        if (at->taken[i])
            continue;
        double shrink = column_of(at, i, at->growth);
        double down = (most - at->left[i]) / (alike - shrink + DBL_MIN);
        double up = (most + at->left[i]) / (alike + shrink + DBL_MIN);
        if (down > 0 && down < length)
            length = down;
        if (up > 0 && up < length)
            length = up;
    }
    *gone = SIZE_MAX;
    for (size_t i = 0; i < at->count; i++) {
        double zero = -at->weights[at->active[i]] / at->growth[i];
        if (zero > 0 && zero < length) {
            length = zero;
            *gone = i;
        }
    }
    return length;
}

static void advance(lasso *at, double length)
{
    for (size_t i = 0; i < at->count; i++)
        at->weights[at->active[i]] += length * at->growth[i];
    for (size_t i = 0; i < at->features; i++)
        at->left[i] -= length * column_of(at, i, at->growth);
}

static void drop(lasso *at, size_t index)
{
    at->weights[at->active[index]] = 0;
    at->taken[at->active[index]] = false;
    at->count--;
    memmove(at->active + index, at->active + index + 1,
        (at->count - index) * sizeof *at->active);
}

static size_t next_feature(const lasso *at, double *most)
{
    size_t next = SIZE_MAX;
    *most = 0;
    for (size_t i = 0; i < at->features; i++)
        if (fabs(at->left[i]) > *most) {
            *most = fabs(at->left[i]);
            next = at->taken[i] ? next : i;
        }
    for (size_t i = 0; i < at->features;
         i++) /* Those that have been taken point as much. */
        if (!at->taken[i] && (next == SIZE_MAX || at->taken[next] ||
                                 fabs(at->left[i]) > fabs(at->left[next])))
            next = i;
    return next;
}

static double criterion(const lasso *at, double noise, double price)
{
    size_t used = 0;
    for (size_t i = 0; i < at->features; i++)
        used += fabs(at->weights[i]) > DBL_EPSILON ? 1 : 0;
    return residue(at, at->weights) / noise + price * (double)used;
}

static void follow(lasso *at, double noise, double price)
{
    enum { STEPS = 500 };
    double least = criterion(at, noise, price), most;
    bool dropped = false;
    memcpy(at->left, at->towards, at->features * sizeof *at->left);
    for (int step = 0; step < STEPS; step++) {
        size_t next = next_feature(at, &most), gone;
        if (most <= at->rows * FLT_EPSILON) /* Where scikit-learn ends. */
            break;
        if (!dropped) {
            if (next == SIZE_MAX)
                break;
            at->taken[next] = true;
            at->active[at->count++] = next;
        }
        double alike = turn(at);
        if (alike <= 0)
            break;
        advance(at, step_length(at, most, alike, &gone));
        dropped = gone != SIZE_MAX;
        if (dropped)
            drop(at, gone);
        double found = criterion(at, noise, price);
        if (found < least) {
            least = found;
            memcpy(at->best, at->weights, at->features * sizeof *at->best);
        }
    }
}

/* The variance of what all features together leave unexplained. */
static double noise_of(lasso *at)
{
    size_t squared = at->features * at->features;
    double *matrix = at->room, *right = matrix + squared;
    memcpy(matrix, at->gram, squared * sizeof *matrix);
    memcpy(right, at->towards, at->features * sizeof *right);
    kf__solve(matrix, right, at->features, at->best);
    double noise = residue(at, at->best) / (at->rows - (double)at->features - 1);
    memset(at->best, 0, at->features * sizeof *at->best);
    return noise > DBL_MIN ? noise : DBL_MIN;
}

/* ---- one penalty ---- */

static void descend(lasso *at, double penalty)
{
    enum { ROUNDS = 10000 };
    double change = 1, largest = 1;
    for (int round = 0; round < ROUNDS && change > largest * 1e-12; round++) {
        change = largest = 0;
        for (size_t i = 0; i < at->features; i++) {
            double own = at->gram[i * at->features + i], rest = at->towards[i];
            for (size_t j = 0; j < at->features; j++)
                rest -= j != i ? at->gram[i * at->features + j] * at->best[j] : 0;
            double limit = penalty * at->rows, weight = 0;
            if (own > 0 && fabs(rest) > limit)
                weight = (rest > 0 ? rest - limit : rest + limit) / own;
            change = fmax(change, fabs(weight - at->best[i]));
            largest = fmax(largest, fabs(weight));
            at->best[i] = weight;
        }
    }
}

/* ---- choosing ---- */

static kf_status lasso_new(size_t features, size_t subsets, lasso *out)
{
    size_t squared = features * features;
    *out = (lasso){.features = features, .rows = 2 * (double)subsets};
    double *memory = kf__calloc(2 * squared + 7 * features, sizeof *memory);
    out->active = kf__calloc(features, sizeof *out->active);
    out->taken = kf__calloc(features, sizeof *out->taken);
    out->gram = memory;
    if (memory == NULL || out->active == NULL || out->taken == NULL)
        return KF_ENOMEM;
    out->towards = memory + squared;
    out->means = out->towards + features;
    out->weights = out->means + features;
    out->left = out->weights + features;
    out->growth = out->left + features;
    out->best = out->growth + features;
    out->room = out->best + features;
    return KF_OK;
}

kf_status kf__kernel_select(const kf_subsets *subsets, const double *effects,
    double whole, const kf_selection *how, size_t *active, size_t *count)
{
    lasso at;
    bool is_path = how->kind != KF__SELECT_LASSO;
    if (is_path && 2 * subsets->count <= subsets->features + 1)
        return kf__fail(KF_EINVAL, "samples",
            "a criterion of information needs more samples than half the features");
    kf_status status = lasso_new(subsets->features, subsets->count, &at);
    if (status == KF_OK) {
        add_up(&at, subsets, effects, whole);
        if (is_path) {
            standardize(&at);
            follow(&at, noise_of(&at), how->kind == KF__SELECT_AIC ? 2 : log(at.rows));
        } else
            descend(&at, how->alpha);
        *count = 0;
        for (size_t i = 0; i < at.features; i++)
            if (at.best[i] != 0)
                active[(*count)++] = i;
    }
    kf__free(at.gram);
    kf__free(at.active);
    kf__free(at.taken);
    return status;
}
