/* SPDX-License-Identifier: Apache-2.0 */
/* What a point promises. Logarithms are exact however small the promise is (Ament et
 * al., "Unexpected improvements to expected improvement", 2023). */
#include "search/acquire.h"

#include <math.h>

#include "search/normal.h"

#define LOG_SQRT_2PI 0.91893853320467274178
#define FAR (-4)

/* depth / (z + (depth + 1) / (z + …)): Laplace's continued fraction. */
static double fraction(double z, int depth)
{
    double rest = z;
    for (int k = depth + 40; k >= depth; k--)
        rest = z + k / rest;
    return rest;
}

/* (1 - cdf(z)) / pdf(z), Mills' ratio. */
static double mills(double z)
{
    return 1 / fraction(z, 1);
}

static kf_gain_at expected_improvement(double z, double deviation)
{
    if (z > FAR) {
        double pdf = exp(-z * z / 2 - LOG_SQRT_2PI), cdf = kf__normal_cdf(z);
        double height = pdf + z * cdf;
        return (kf_gain_at){log(height) + log(deviation), -cdf / (height * deviation),
            pdf / (height * deviation)};
    }
    /* pdf + z cdf = pdf × ratio / (-z + 2 / (-z + …)), without cancellation. */
    double ratio = mills(-z), below = fraction(-z, 2);
    return (kf_gain_at){-z * z / 2 - LOG_SQRT_2PI + log(ratio / below) + log(deviation),
        -below / deviation, below / (ratio * deviation)};
}

static kf_gain_at probability(double z, double deviation)
{
    double log_cdf, by_z;
    if (z > FAR) {
        double cdf = kf__normal_cdf(z);
        log_cdf = log(cdf);
        by_z = exp(-z * z / 2 - LOG_SQRT_2PI) / cdf;
    } else {
        log_cdf = -z * z / 2 - LOG_SQRT_2PI + log(mills(-z));
        by_z = 1 / mills(-z);
    }
    return (kf_gain_at){log_cdf, -by_z / deviation, -by_z * z / deviation};
}

kf_gain_at kf__gain(
    kf_gain gain, double mean, double deviation, double best, double kappa)
{
    double z = (best - mean) / deviation;
    if (gain == KF__GAIN_LCB)
        return (kf_gain_at){kappa * deviation - mean, -1, kappa};
    return gain == KF__GAIN_PI ? probability(z, deviation)
                               : expected_improvement(z, deviation);
}
