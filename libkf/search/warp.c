/* SPDX-License-Identifier: Apache-2.0 */
#include "search/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/linalg.h"

#define STEPS 8 /* Offsets that are tried: 10 spreads, and a third of that each time. */

static double least_of(const double *x, size_t count)
{
    double least = x[0];
    for (size_t i = 1; i < count; i++)
        least = fmin(least, x[i]);
    return least;
}

/* Above the least, so that no digits are lost; in a unit in which differences are
 * finite. */
static void bend(
    const double *losses, size_t count, double offset, double unit, double *out)
{
    double least = least_of(losses, count);
    for (size_t i = 0; i < count; i++)
        out[i] = isinf(offset) ? losses[i] * unit - least * unit
                               : log(losses[i] - least + offset);
}

static void centre(double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        x[i] -= sum;
}

double kf__warp(const double *losses, size_t count, double offset, double *out)
{
    const double unit = 0.25;
    bend(losses, count, offset, unit, out);
    double most = 0;
    centre(out, count);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(out[i]));
    if (!(most > 0))
        return 0;
    for (size_t i = 0; i < count; i++)
        out[i] /= most; /* Squares of what is huge are not finite. */
    double deviation = sqrt(kf__dot(out, out, count) / (double)count);
    for (size_t i = 0; i < count; i++)
        out[i] /= deviation;
    return isinf(offset) ? deviation * most / unit : deviation * most;
}

/* The logarithm of the likelihood, but for what all offsets have in common. */
static double evidence(kf_gp *gp, const double *losses, double offset)
{
    size_t count = gp->count;
    double change = 0, least = least_of(losses, count);
    for (size_t i = 0; !isinf(offset) && i < count; i++)
        change -= log(losses[i] - least + offset);
    bend(losses, count, offset, 1, gp->y);
    centre(gp->y, count);
    memcpy(gp->weights, gp->y, count * sizeof(double));
    kf__solve_lower(gp->factor, gp->room, count, gp->weights, gp->room, 1);
    double square = kf__dot(gp->weights, gp->weights, count) / (double)count;
    return change - (double)count / 2 * log(square);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double kf__warp_offset(kf_gp *gp, const double *losses, double *sorted)
{
    size_t count = gp->count;
    memcpy(sorted, losses, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    double offset = 10 * (sorted[count / 2] - sorted[0]);
    if (!(offset > 0) || !isfinite(sorted[count - 1] - sorted[0]))
        return INFINITY;
    double best = INFINITY, most = evidence(gp, losses, best);
    for (int i = 0; i < STEPS; i++, offset /= 3) {
        double found = evidence(gp, losses, offset);
        if (found > most + 1) {
            most = found;
            best = offset;
        }
    }
    return best;
}
