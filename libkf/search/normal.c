/* SPDX-License-Identifier: Apache-2.0 */
#include "search/normal.h"

#include <math.h>

#define SQRT1_2 0.70710678118654752440
#define SQRT_2PI 2.50662827463100050242

double kf__normal_cdf(double z)
{
    return 0.5 * erfc(-z * SQRT1_2);
}

static double ratio(double x, const double *above, const double *below, int degree)
{
    double p = above[0], q = below[0];
    for (int i = 1; i <= degree; i++) {
        p = p * x + above[i];
        q = q * x + below[i];
    }
    return p / q;
}

/* Acklam's rational approximation (relative error 1.15e-9) and one step of Halley's
 * method, which makes it exact to the last digits. */
double kf__normal_quantile(double probability)
{
    static const double middle[] = {-3.969683028665376e+01, 2.209460984245205e+02,
        -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
        2.506628277459239e+00};
    static const double under_middle[] = {-5.447609879822406e+01, 1.615858368580409e+02,
        -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01, 1.0};
    static const double tail[] = {-7.784894002430293e-03, -3.223964580411365e-01,
        -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
        2.938163982698783e+00};
    static const double under_tail[] = {0.0, 7.784695709041462e-03,
        3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1.0};
    if (!(probability > 0))
        return -INFINITY;
    if (!(probability < 1))
        return INFINITY;
    if (probability > 0.5)
        return -kf__normal_quantile(1 - probability);
    double z;
    if (probability < 0.02425) {
        z = ratio(sqrt(-2 * log(probability)), tail, under_tail, 5);
    } else {
        double q = probability - 0.5;
        z = q * ratio(q * q, middle, under_middle, 5);
    }
    double off = (kf__normal_cdf(z) - probability) * SQRT_2PI * exp(z * z / 2);
    return z - off / (1 + z * off / 2);
}
