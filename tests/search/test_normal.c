/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/normal.h"

/* From tables of the normal distribution to 15 digits. */
START_TEST(known_values)
{
    static const struct {
        double z, probability;
    } known[] = {
        {0, 0.5},
        {1, 0.841344746068542949},
        {-1.959963984540054236, 0.025},
        {2.326347874040841101, 0.99},
        {-4.753424308822898950, 1e-6},
        {-9.262340089798407579, 1e-20},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double z = known[i].z, probability = known[i].probability;
        ck_assert_double_eq_tol(kf__normal_cdf(z), probability, 1e-13 * probability);
        ck_assert_double_eq_tol(
            kf__normal_quantile(probability), z, 1e-13 * (1 + fabs(z)));
    }
    ck_assert(isinf(kf__normal_quantile(0)) && kf__normal_quantile(0) < 0);
    ck_assert(isinf(kf__normal_quantile(1)) && kf__normal_quantile(1) > 0);
}
END_TEST

START_TEST(inverse)
{
    for (double z = -8; z <= 4; z += 0.0625)
        ck_assert_double_eq_tol(
            kf__normal_quantile(kf__normal_cdf(z)), z, 1e-11 * (1 + fabs(z)));
}
END_TEST

KF_TEST_MAIN("normal", known_values, inverse)
