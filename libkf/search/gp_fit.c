/* SPDX-License-Identifier: Apache-2.0 */
/* Gaussian processes: finding scales, amplitudes and noise. */
#include "search/gp.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/lbfgs.h"
#include "search/linalg.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize "O3"
#endif

/* ---- what is expected of theta ---- */

typedef struct expectation {
    double mean, deviation, low, high; /* Normal, within bounds. */
} expectation;

/* Lengths grow with the root of the number of axes, as distances do (Hvarfner et al.,
 * "Vanilla Bayesian optimization performs great in high dimensions", 2024). */
static expectation expected(const kf_gp *gp, size_t index)
{
    if (index < gp->axes) {
        double length = 0.3 + 0.5 * log((double)gp->axes);
        return (expectation){-2 * (length - 0.8), 2.5, -9, 9};
    }
    if (index == gp->axes)
        return (expectation){0, 2, -16, 5};
    if (index == gp->axes + 1)
        return (expectation){-2, 3, -14, 8};
    return (expectation){-12, 4, -18.4, 0.7};
}

void kf__gp_default(const kf_gp *gp, double *theta)
{
    for (size_t i = 0; i < gp->axes + 3; i++)
        theta[i] = expected(gp, i).mean;
}

/* ---- the loss ---- */

typedef struct fit {
    kf_gp *gp;
    double *slope, *scratch, *inverse, *products; /* Matrices like gp->factor. */
    double *sums;                                 /* room */
} fit;

static double penalty(const kf_gp *gp, const double *theta, double *gradient)
{
    double sum = 0;
    for (size_t i = 0; i < gp->axes + 3; i++) {
        expectation of = expected(gp, i);
        double off = (theta[i] - of.mean) / of.deviation;
        sum += off * off / 2;
        if (gradient != NULL)
            gradient[i] = off / of.deviation;
    }
    return sum;
}

/* slope and products come along; both by covariances of i with all before it. */
static bool decompose(fit *at)
{
    kf_gp *gp = at->gp;
    for (size_t i = 0; i < gp->count; i++) {
        size_t row = i * gp->room;
        for (size_t k = 0; k < gp->axes; k++)
            gp->spare[k] = gp->x[k * gp->room + i];
        kf__gp_cross(gp, gp->spare, i + 1, gp->factor + row, at->slope + row,
            at->products + row);
        gp->factor[row + i] += gp->noise;
    }
    return kf__cholesky(gp->factor, gp->room, 0, gp->count);
}

/* How the loss changes with the covariance of i and j: into row i of `inverse`. */
static void sensitivity(fit *at, size_t i)
{
    const kf_gp *gp = at->gp;
    double *row = at->inverse + i * gp->room;
    for (size_t j = 0; j < i; j++)
        row[j] -= gp->weights[i] * gp->weights[j];
    row[i] = (row[i] - gp->weights[i] * gp->weights[i]) / 2;
}

static double axis_sum(const fit *at, size_t i, size_t k)
{
    const kf_gp *gp = at->gp;
    const double *x = gp->x + k * gp->room;
    double *part = at->sums, own = x[i];
    const double *by = at->scratch; /* The products of sensitivity and slope. */
    if (gp->categorical[k])
        for (size_t j = 0; j < i; j++)
            part[j] = x[j] == own ? 0 : 1;
    else
        for (size_t j = 0; j < i; j++)
            part[j] = (x[j] - own) * (x[j] - own);
    return kf__dot(part, by, i);
}

/* The gradient by theta from that by covariances. */
static void add_gradient(fit *at, double *gradient)
{
    kf_gp *gp = at->gp;
    size_t axes = gp->axes;
    double unit = 1 + (double)axes / 3;
    double trend = gp->trend / (unit * unit), by_trend = 0, by_noise = 0;
    kf__invert(gp->factor, gp->room, gp->count, at->scratch, at->inverse);
    for (size_t i = 0; i < gp->count; i++) {
        size_t row = i * gp->room;
        sensitivity(at, i);
        const double *by = at->inverse + row, *products = at->products + row;
        for (size_t j = 0; j < i; j++)
            at->scratch[j] = by[j] * at->slope[row + j];
        for (size_t k = 0; k < axes; k++)
            gradient[k] += gp->scale[k] * axis_sum(at, i, k);
        for (size_t j = 0; j <= i; j++)
            at->sums[j] = products[j] * products[j];
        by_trend += trend * kf__dot(by, at->sums, i + 1);
        by_noise += gp->noise * by[i];
    }
    /* Of all covariances at once: sum of by × covariance is (count - y' weights) / 2. */
    double by_all = ((double)gp->count - kf__dot(gp->y, gp->weights, gp->count)) / 2;
    gradient[axes] += by_all - by_trend - by_noise;
    gradient[axes + 1] += by_trend;
    gradient[axes + 2] += by_noise;
}

static void take(kf_gp *gp, const double *theta)
{
    memcpy(gp->theta, theta, (gp->axes + 3) * sizeof *theta);
    for (size_t k = 0; k < gp->axes; k++)
        gp->scale[k] = exp(theta[k]);
    gp->matern = exp(theta[gp->axes]);
    gp->trend = exp(theta[gp->axes + 1]);
    gp->noise = exp(theta[gp->axes + 2]);
}

static double loss_at(fit *at, const double *theta, double *gradient)
{
    kf_gp *gp = at->gp;
    take(gp, theta);
    if (!decompose(at))
        return INFINITY;
    memcpy(gp->weights, gp->y, gp->count * sizeof(double));
    kf__solve_lower(gp->factor, gp->room, gp->count, gp->weights, gp->room, 1);
    double loss =
        penalty(gp, theta, gradient) + kf__dot(gp->weights, gp->weights, gp->count) / 2;
    for (size_t i = 0; i < gp->count; i++)
        loss += log(gp->factor[i * gp->room + i]);
    kf__solve_upper(gp->factor, gp->room, gp->count, gp->weights);
    if (gradient != NULL)
        add_gradient(at, gradient);
    return loss;
}

static double smooth_loss(void *context, const double *theta, double *gradient)
{
    return loss_at(context, theta, gradient);
}

/* ---- finding it ---- */

static kf_status fit_start(kf_gp *gp, fit *out)
{
    size_t square = gp->room * gp->room;
    double *memory = kf__alloc((4 * square + gp->room) * sizeof *memory);
    if (memory == NULL)
        return kf__nomem();
    *out = (fit){gp, memory, memory + square, memory + 2 * square, memory + 3 * square,
        memory + 4 * square};
    return KF_OK;
}

kf_status kf__gp_loss(kf_gp *gp, const double *theta, double *loss, double *gradient)
{
    fit at = {0};
    KF__TRY(fit_start(gp, &at));
    *loss = loss_at(&at, theta, gradient);
    kf__free(at.slope);
    return KF_OK;
}

static void find_best(fit *at, const double *starts, size_t start_count,
    int most_evaluations, double *work)
{
    kf_gp *gp = at->gp;
    size_t count = gp->axes + 3;
    double *low = work, *high = work + count, *theta = work + 2 * count;
    double *best = work + 3 * count, least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        low[i] = expected(gp, i).low;
        high[i] = expected(gp, i).high;
        best[i] = expected(gp, i).mean;
    }
    kf_lbfgs options = {.count = count,
        .low = low,
        .high = high,
        .most_evaluations = most_evaluations,
        .tolerance = 1e-2,
        .memory = work + 4 * count};
    for (size_t i = 0; i < start_count; i++) {
        memcpy(theta, starts + i * count, count * sizeof *theta);
        double loss = kf__lbfgs(&options, smooth_loss, at, theta);
        if (loss < least) {
            least = loss;
            memcpy(best, theta, count * sizeof *best);
        }
    }
    take(gp, best);
}

kf_status kf__gp_fit(
    kf_gp *gp, const double *starts, size_t start_count, int most_evaluations)
{
    fit at = {0};
    size_t count = gp->axes + 3;
    KF__TRY(fit_start(gp, &at));
    double *work = kf__alloc((4 * count + kf__lbfgs_memory(count)) * sizeof *work);
    if (work != NULL)
        find_best(&at, starts, start_count, most_evaluations, work);
    kf__free(at.slope);
    if (work == NULL)
        return kf__nomem();
    kf__free(work);
    return KF_OK;
}
