/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "search/cma.h"
#include "search/normal.h"

/* One neighbour: the mean comes close enough to the edge. */
static void approach(
    kf_cma *cma, size_t axis, double edge, double side, double deviation, double least)
{
    double reach = -deviation * kf__normal_quantile(least);
    double away = (edge - cma->mean[axis]) * side;
    if (away > reach)
        cma->mean[axis] = edge - side * reach;
}

/* Two of them: mean and scale become those that have the probabilities. */
static void widen(
    kf_cma *cma, size_t axis, double low, double high, double deviation, double least)
{
    double below = kf__normal_cdf((low - cma->mean[axis]) / deviation);
    double above = kf__normal_cdf((cma->mean[axis] - high) / deviation);
    double half = least / 2;
    if (below >= half && above >= half)
        return;
    double inside = 1 - below - above;
    double lower = fmax(below, half), upper = fmax(above, half);
    double over = 1 - lower - upper - inside;
    double room = lower + upper + inside - 3 * half;
    lower += over / room * (lower - half);
    upper += over / room * (upper - half);
    double from = kf__normal_quantile(lower), to = -kf__normal_quantile(upper);
    if (!(to > from))
        return;
    double wanted = (high - low) / (to - from);
    cma->scale[axis] *= wanted / deviation;
    cma->mean[axis] = low - wanted * from;
}

void kf__cma_keep_margin(
    kf_cma *cma, size_t axis, double low, double high, double least)
{
    double deviation = kf__cma_deviation(cma, axis);
    if (!(deviation > 0) || (isinf(low) && isinf(high)))
        return;
    if (isinf(low))
        approach(cma, axis, high, 1, deviation, least);
    else if (isinf(high))
        approach(cma, axis, low, -1, deviation, least);
    else
        widen(cma, axis, low, high, deviation, least);
}
