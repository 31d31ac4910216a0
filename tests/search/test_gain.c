/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/acquire.h"

/* Of the standard normal distribution, to 17 digits by arithmetic of 80: log(pdf + z cdf)
 * and log(cdf) at z. */
static const struct {
    double z, improvement, probability;
} known[] = {
    {2, 0.69738354578822831, -0.023012909328963488},
    {0, -0.91893853320467274, -0.69314718055994531},
    {-1, -2.4851210257126413, -1.8410216450092635},
    {-3.9, -11.410393270072435, -9.9423043916913563},
    {-4.1, -12.296899546413045, -10.787431773744635},
    {-10, -55.553122036122356, -53.231285150512471},
    {-37.5, -711.29474844751272, -707.66898931750719},
    {-200, -20011.515648259739, -20006.21728089819},
    {-1e5, -5000000023.9447895, -5000000012.431864},
};

START_TEST(logarithms)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double z = known[i].z;
        double improvement = kf__gain(KF__GAIN_EI, -z, 1, 0, 0).value;
        ck_assert_double_eq_tol(improvement, known[i].improvement,
            2e-14 * (1 + fabs(known[i].improvement)));
        double probability = kf__gain(KF__GAIN_PI, -z, 1, 0, 0).value;
        ck_assert_double_eq_tol(probability, known[i].probability,
            2e-14 * (1 + fabs(known[i].probability)));
    }
}
END_TEST

/* EI(mean, deviation, best) = deviation × EI(0, 1, (best - mean) / deviation). */
START_TEST(scales)
{
    double value = kf__gain(KF__GAIN_EI, 7, 0.5, 6, 0).value;
    ck_assert_double_eq_tol(
        value, log(0.5) + kf__gain(KF__GAIN_EI, 2, 1, 0, 0).value, 1e-13);
    ck_assert_double_eq(kf__gain(KF__GAIN_LCB, 7, 0.5, 6, 2).value, -6);
}
END_TEST

START_TEST(derivatives)
{
    static const kf_gain gains[] = {KF__GAIN_EI, KF__GAIN_PI, KF__GAIN_LCB};
    const double h = 1e-6;
    for (size_t g = 0; g < 3; g++) {
        for (double mean = -3; mean < 20; mean += 0.7) {
            kf_gain_at at = kf__gain(gains[g], mean, 0.8, 0.3, 1.5);
            double by_mean = (kf__gain(gains[g], mean + h, 0.8, 0.3, 1.5).value -
                                 kf__gain(gains[g], mean - h, 0.8, 0.3, 1.5).value) /
                             (2 * h);
            double by_deviation =
                (kf__gain(gains[g], mean, 0.8 + h, 0.3, 1.5).value -
                    kf__gain(gains[g], mean, 0.8 - h, 0.3, 1.5).value) /
                (2 * h);
            ck_assert_double_eq_tol(at.by_mean, by_mean, 1e-6 * (1 + fabs(by_mean)));
            ck_assert_double_eq_tol(
                at.by_deviation, by_deviation, 1e-6 * (1 + fabs(by_deviation)));
        }
    }
}
END_TEST

KF_TEST_MAIN("gain", logarithms, scales, derivatives)
