/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "search/cma.h"

double kf__choice_draw(const double *shares, int64_t levels, double uniform)
{
    int64_t level = 0;
    for (; level < levels - 1 && uniform >= shares[level]; level++)
        uniform -= shares[level];
    return (double)level;
}

/* The shares above `least` give what those below it lack. */
static void keep_least(double *shares, int64_t levels, double least)
{
    double lack = 0, spare = 0;
    for (int64_t i = 0; i < levels; i++) {
        lack += fmax(least - shares[i], 0);
        spare += fmax(shares[i] - least, 0);
    }
    for (int64_t i = 0; i < levels; i++)
        shares[i] =
            shares[i] <= least ? least : shares[i] - lack / spare * (shares[i] - least);
}

void kf__choice_learn(double *shares, int64_t levels, const double *picked,
    const double *weights, size_t count, double rate, double least)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += isnan(picked[i]) ? 0 : fmax(weights[i], 0);
    if (!(total > 0))
        return;
    for (int64_t i = 0; i < levels; i++)
        shares[i] *= 1 - rate;
    for (size_t i = 0; i < count; i++)
        if (!isnan(picked[i]))
            shares[(int64_t)picked[i]] += rate * fmax(weights[i], 0) / total;
    keep_least(shares, levels, fmin(least, 1 / (double)levels));
}
