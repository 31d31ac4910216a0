/* SPDX-License-Identifier: Apache-2.0 */
/* Gaussian processes: covariances, and what is expected at a point. */
#include "search/gp.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/linalg.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize "O3"
#endif

#define SQRT5 2.23606797749978969641

kf_status kf__gp_new(size_t axes, size_t room, kf_gp **out)
{
    kf_gp *gp = kf__calloc(1, sizeof *gp);
    if (gp == NULL)
        return kf__nomem();
    room = (room + 3) / 4 * 4;
    gp->axes = axes;
    gp->room = room;
    size_t numbers = axes * room + 2 * room + 3 * axes + 3;
    gp->x = kf__calloc(numbers, sizeof(double));
    gp->factor = kf__calloc(room * room, sizeof(double));
    gp->categorical = kf__calloc(axes, sizeof(bool));
    if (gp->x == NULL || gp->factor == NULL || gp->categorical == NULL) {
        kf__gp_free(gp);
        return kf__nomem();
    }
    gp->y = gp->x + axes * room;
    gp->weights = gp->y + room;
    gp->scale = gp->weights + room;
    gp->theta = gp->scale + axes;
    gp->spare = gp->theta + axes + 3;
    *out = gp;
    return KF_OK;
}

void kf__gp_free(kf_gp *gp)
{
    if (gp == NULL)
        return;
    kf__free(gp->x);
    kf__free(gp->factor);
    kf__free(gp->categorical);
    kf__free(gp);
}

void kf__gp_add(kf_gp *gp, const double *point, double y)
{
    for (size_t k = 0; k < gp->axes; k++)
        gp->x[k * gp->room + gp->count] = point[k];
    gp->y[gp->count++] = y;
}

/* ---- covariances ---- */

/* So that the trend of a point in the cube with itself is about 1. */
static double trend_unit(const kf_gp *gp)
{
    double unit = 1 + (double)gp->axes / 3;
    return 1 / (unit * unit);
}

KF__WIDE static void add_axis(const kf_gp *gp, size_t axis, double at, size_t count,
    double *squares, double *products)
{
    const double *x = gp->x + axis * gp->room;
    double scale = gp->scale[axis], side = 4 * (at - 0.5);
    if (gp->categorical[axis]) {
        for (size_t j = 0; j < count; j++) {
            double same = x[j] == at ? 1 : 0;
            squares[j] += scale * (1 - same);
            products[j] += same;
        }
    } else {
        for (size_t j = 0; j < count; j++) {
            double off = x[j] - at;
            squares[j] += scale * off * off;
            products[j] += side * (x[j] - 0.5);
        }
    }
}

KF__WIDE void kf__gp_cross(const kf_gp *gp, const double *point, size_t count,
    double *out, double *slope, double *products)
{
    double block_squares[64], block_products[64], powers[64], roots[64];
    double trend = gp->trend * trend_unit(gp), matern = gp->matern;
    for (size_t from = 0; from < count; from += 64) {
        size_t size = count - from < 64 ? count - from : 64;
        for (size_t j = 0; j < size; j++) {
            block_squares[j] = 0;
            block_products[j] = 1;
        }
        kf_gp part = *gp;
        part.x += from;
        for (size_t k = 0; k < gp->axes; k++)
            add_axis(&part, k, point[k], size, block_squares, block_products);
        for (size_t j = 0; j < size; j++) {
            roots[j] = SQRT5 * sqrt(block_squares[j]);
            powers[j] = -roots[j];
        }
        kf__exp_all(powers, size);
        for (size_t j = 0; j < size; j++)
            out[from + j] =
                matern * (1 + roots[j] + roots[j] * roots[j] / 3) * powers[j] +
                trend * block_products[j] * block_products[j];
        if (slope != NULL)
            for (size_t j = 0; j < size; j++)
                slope[from + j] = -5.0 / 6 * matern * (1 + roots[j]) * powers[j];
        if (products != NULL)
            memcpy(products + from, block_products, size * sizeof *products);
    }
}

static double own_product(const kf_gp *gp, const double *point)
{
    double product = 1;
    for (size_t k = 0; k < gp->axes; k++)
        product += gp->categorical[k] ? 1 : 4 * (point[k] - 0.5) * (point[k] - 0.5);
    return product;
}

double kf__gp_prior(const kf_gp *gp, const double *point)
{
    double product = own_product(gp, point);
    return gp->matern + gp->trend * trend_unit(gp) * product * product;
}

/* ---- conditioning ---- */

static void point_at(const kf_gp *gp, size_t index, double *point)
{
    for (size_t k = 0; k < gp->axes; k++)
        point[k] = gp->x[k * gp->room + index];
}

static void set_natural(kf_gp *gp)
{
    for (size_t k = 0; k < gp->axes; k++)
        gp->scale[k] = exp(gp->theta[k]);
    gp->matern = exp(gp->theta[gp->axes]);
    gp->trend = exp(gp->theta[gp->axes + 1]);
    gp->noise = exp(gp->theta[gp->axes + 2]);
}

static void set_weights(kf_gp *gp)
{
    memcpy(gp->weights, gp->y, gp->count * sizeof(double));
    kf__solve_lower(gp->factor, gp->room, gp->count, gp->weights, gp->room, 1);
    kf__solve_upper(gp->factor, gp->room, gp->count, gp->weights);
}

bool kf__gp_condition(kf_gp *gp)
{
    double *point = gp->spare;
    set_natural(gp);
    for (size_t i = 0; i < gp->count; i++) {
        double *row = gp->factor + i * gp->room;
        point_at(gp, i, point);
        kf__gp_cross(gp, point, i + 1, row, NULL, NULL);
        row[i] += gp->noise;
    }
    if (!kf__cholesky(gp->factor, gp->room, 0, gp->count))
        return false;
    set_weights(gp);
    return true;
}

bool kf__gp_append(kf_gp *gp, const double *point, double y)
{
    size_t at = gp->count;
    double *row = gp->factor + at * gp->room;
    kf__gp_cross(gp, point, at, row, NULL, NULL);
    if (isnan(y))
        y = kf__dot(row, gp->weights, at);
    kf__gp_add(gp, point, y);
    row[at] = kf__gp_prior(gp, point) + gp->noise;
    if (!kf__cholesky(gp->factor, gp->room, at, at + 1)) {
        gp->count--;
        return false;
    }
    set_weights(gp);
    return true;
}

/* ---- what is expected ---- */

/* The gradient of the sum of factors[j] * covariance of the point with point j. */
static void slope_of(const kf_gp *gp, const double *point, const double *factors,
    const double *slope, const double *products, double *gradient)
{
    double trend = gp->trend * trend_unit(gp);
    for (size_t k = 0; k < gp->axes; k++) {
        const double *x = gp->x + k * gp->room;
        double near = 0, far = 0;
        gradient[k] = 0;
        if (gp->categorical[k])
            continue;
        for (size_t j = 0; j < gp->count; j++) {
            near += factors[j] * slope[j] * (point[k] - x[j]);
            far += factors[j] * products[j] * (x[j] - 0.5);
        }
        gradient[k] = 2 * gp->scale[k] * near + 8 * trend * far;
    }
}

kf_guess kf__gp_guess(const kf_gp *gp, const double *point, double *scratch,
    double *mean_gradient, double *variance_gradient)
{
    size_t count = gp->count;
    double *cross = scratch, *slope = cross + gp->room, *products = slope + gp->room;
    double *solved = products + gp->room;
    kf__gp_cross(gp, point, count, cross, slope, products);
    memcpy(solved, cross, count * sizeof *solved);
    kf__solve_lower(gp->factor, gp->room, count, solved, gp->room, 1);
    kf_guess guess = {kf__dot(cross, gp->weights, count),
        kf__gp_prior(gp, point) - kf__dot(solved, solved, count)};
    if (mean_gradient != NULL)
        slope_of(gp, point, gp->weights, slope, products, mean_gradient);
    if (variance_gradient != NULL) {
        double own = 16 * gp->trend * trend_unit(gp) * own_product(gp, point);
        kf__solve_upper(gp->factor, gp->room, count, solved);
        slope_of(gp, point, solved, slope, products, variance_gradient);
        for (size_t k = 0; k < gp->axes; k++)
            variance_gradient[k] =
                gp->categorical[k] ? 0
                                   : own * (point[k] - 0.5) - 2 * variance_gradient[k];
    }
    return guess;
}

void kf__gp_guess_all(
    const kf_gp *gp, const double *points, size_t count, double *scratch, kf_guess *out)
{
    for (size_t i = 0; i < count; i++) {
        double *row = scratch + i * gp->room;
        kf__gp_cross(gp, points + i * gp->axes, gp->count, row, NULL, NULL);
        out[i].mean = kf__dot(row, gp->weights, gp->count);
    }
    kf__solve_lower(gp->factor, gp->room, gp->count, scratch, gp->room, count);
    for (size_t i = 0; i < count; i++) {
        const double *row = scratch + i * gp->room;
        out[i].variance =
            kf__gp_prior(gp, points + i * gp->axes) - kf__dot(row, row, gp->count);
    }
}
