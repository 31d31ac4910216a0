/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "search/cma.h"
#include "search/random.h"

#define CLOSE 1e-11
#define AXES 3
#define SIZE 7

static const kf_cma_pace usual = {.rate = 1, .damping = 1};

static kf_cma *new_cma(size_t axes, size_t size, kf_cma_pace pace)
{
    kf_cma *cma = NULL;
    ck_ok(kf__cma_new(axes, size, pace, &cma));
    return cma;
}

static void ck_close(const double *values, const double *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_double_eq_tol(values[i], known[i], CLOSE);
}

/* What the package cmaes 0.13.1 makes of the same points: CMA(mean=[.3, .4, .6],
 * sigma=.2, population_size=7), decomposing before each tell. */
typedef struct known_state {
    int64_t generation;
    double mean[3], sigma, covariance[9], path_sigma[3], path_c[3];
} known_state;

static const known_state known[] = {
    {1, {0.472308155084723, 0.234538679785882, 0.655302775894437}, 0.196221089491804,
        {1.05771508048695, -0.0841324582337467, -0.0678015876095905,
            -0.0841324582337467, 1.04643287156638, 0.0687412547063583,
            -0.0678015876095905, 0.0687412547063583, 0.795383758460354},
        {1.04914334592741, -1.00745459798841, 0.336725440025948},
        {1.1609725262156, -1.1148401352536, 0.372617322757183}},
    {2, {0.314464327309727, 0.459518609883375, 0.417689718305012}, 0.202885319018367,
        {0.983101670804555, -0.0996960318671424, -0.0267219473730086,
            -0.0996960318671424, 1.08997778334975, -0.0800377776250945,
            -0.0267219473730086, -0.0800377776250945, 0.972286874041329},
        {-0.344096468501702, 0.79964898757449, -1.55117001621223},
        {-0.571777324739036, 1.05318992035568, -1.46741599697786}},
    {5, {0.672923711198549, 0.23349803892585, 0.656747673066787}, 0.224666899456797,
        {1.13610116373702, -0.252241090997161, 0.129946503343739, -0.252241090997161,
            1.0553983705152, -0.111672630333009, 0.129946503343739, -0.111672630333009,
            0.888870126674009},
        {1.81959085361392, -0.789168776427717, 0.720458944971387},
        {1.80277668563433, -1.11468895733599, 0.942592658273279}},
};

static void tell(kf_cma *cma, int generation)
{
    double numbers[SIZE][AXES];
    const double *points[SIZE];
    for (int k = 0; k < SIZE; k++) {
        points[k] = numbers[k];
        for (int i = 0; i < AXES; i++)
            numbers[k][i] = 0.3 + 0.1 * i +
                            0.2 * sin(1 + 7 * k + 3 * i + 11 * generation) +
                            (i == 0 ? 0.05 * generation : 0);
    }
    kf__cma_update(cma, points);
}

START_TEST(as_cmaes)
{
    static const double mean[] = {0.3, 0.4, 0.6};
    kf_cma *cma = new_cma(AXES, SIZE, usual);
    kf__cma_begin(cma, mean, 0.2, NULL);
    ck_assert_double_eq_tol(cma->rate_one, 0.0964096325792721, CLOSE);
    ck_assert_double_eq_tol(cma->rate_mu, 0.0512430870135862, CLOSE);
    ck_assert_double_eq_tol(cma->rate_sigma, 0.414909001098062, CLOSE);
    ck_assert_double_eq_tol(cma->rate_path, 0.558801322886019, CLOSE);
    ck_assert_double_eq_tol(cma->damping, 1.41490900109806, CLOSE);
    ck_assert_double_eq_tol(cma->mass, 2.2548150822016, CLOSE);
    ck_assert_double_eq_tol(cma->expected_length, 1.59687753025861, CLOSE);
    ck_close(cma->weights,
        (double[]){0.585645106509765, 0.2928225532548825, 0.12153234023535245, 0,
            -0.4241269418431741, -0.7706638857059224, -1.0636566969842556},
        SIZE);
    const known_state *next = known;
    for (int g = 0; g < 5; g++) {
        tell(cma, g);
        if (cma->generation != next->generation)
            continue;
        ck_close(cma->mean, next->mean, AXES);
        ck_assert_double_eq_tol(cma->sigma, next->sigma, CLOSE);
        ck_close(cma->covariance, next->covariance, AXES * AXES);
        ck_close(cma->path_sigma, next->path_sigma, AXES);
        ck_close(cma->path_c, next->path_c, AXES);
        next++;
    }
    ck_assert_int_eq(cma->generation, 5);
    kf__cma_free(cma);
}
END_TEST

/* Samples have mean, sigma² C and the scale of each axis. */
START_TEST(samples)
{
    enum { COUNT = 40000 };
    static const double mean[] = {0.4, 0.6}, covariance[] = {1, 0.6, 0.6, 0.8};
    kf_cma *cma = new_cma(2, 4, usual);
    kf__cma_begin(cma, mean, 0.1, covariance);
    cma->scale[1] = 2;
    ck_assert_double_eq_tol(kf__cma_deviation(cma, 1), 0.2 * sqrt(0.8), CLOSE);
    kf_random random = kf__random(2, 0);
    double sums[2] = {0}, products[3] = {0};
    for (int i = 0; i < COUNT; i++) {
        double x[2], z[2];
        z[0] = kf__random_normal(&random);
        z[1] = kf__random_normal(&random);
        kf__cma_sample(cma, z, x);
        for (int k = 0; k < 2; k++)
            sums[k] += x[k] - mean[k];
        products[0] += (x[0] - mean[0]) * (x[0] - mean[0]);
        products[1] += (x[0] - mean[0]) * (x[1] - mean[1]);
        products[2] += (x[1] - mean[1]) * (x[1] - mean[1]);
    }
    /* Six standard errors, or more. */
    double error = 6 / sqrt(COUNT);
    ck_assert_double_eq_tol(sums[0] / COUNT, 0, 0.1 * error);
    ck_assert_double_eq_tol(sums[1] / COUNT, 0, 0.2 * error);
    ck_assert_double_eq_tol(products[0] / COUNT, 0.01, 0.02 * error);
    ck_assert_double_eq_tol(products[1] / COUNT, 0.012, 0.03 * error);
    ck_assert_double_eq_tol(products[2] / COUNT, 0.032, 0.05 * error);
    kf__cma_free(cma);
}
END_TEST

/* Turning the space turns all that happens: points and their turned images give means
 * that are turned images, and the same step size. */
START_TEST(rotation)
{
    enum { N = 4, LAMBDA = 8 };
    static const double zero[N] = {0};
    double c = cos(0.7), s = sin(0.7);
    const kf_cma_pace paces[] = {usual, {.rate = 1.3, .damping = 0.8, .bounded = true}};
    for (int p = 0; p < 2; p++) {
        kf_cma *plain = new_cma(N, LAMBDA, paces[p]),
               *turned = new_cma(N, LAMBDA, paces[p]);
        kf__cma_begin(plain, zero, 1, NULL);
        kf__cma_begin(turned, zero, 1, NULL);
        kf_random random = kf__random(3, 0);
        for (int g = 0; g < 30; g++) {
            double a[LAMBDA][N], b[LAMBDA][N];
            const double *as[LAMBDA], *bs[LAMBDA];
            for (int k = 0; k < LAMBDA; k++) {
                for (int i = 0; i < N; i++)
                    a[k][i] =
                        plain->mean[i] + plain->sigma * 2 * kf__random_normal(&random);
                for (int i = 0; i < N; i += 2) {
                    b[k][i] = c * a[k][i] - s * a[k][i + 1];
                    b[k][i + 1] = s * a[k][i] + c * a[k][i + 1];
                }
                as[k] = a[k];
                bs[k] = b[k];
            }
            kf__cma_update(plain, as);
            kf__cma_update(turned, bs);
            ck_assert_double_eq_tol(turned->sigma / plain->sigma, 1, 1e-8);
            for (int i = 0; i < N; i += 2) {
                double x = c * plain->mean[i] - s * plain->mean[i + 1];
                ck_assert_double_eq_tol(turned->mean[i], x, 1e-8 * plain->sigma);
            }
        }
        kf__cma_free(plain);
        kf__cma_free(turned);
    }
}
END_TEST

/* A point from far away moves a bounded distribution no further than one that lies in
 * the same direction where a sample may be: sqrt(n) + 2 n / (n + 2) lengths off. */
START_TEST(bounded)
{
    static const double zero[2] = {0};
    double longest = sqrt(2) + 1, means[2];
    for (int far = 0; far < 2; far++) {
        kf_cma *cma =
            new_cma(2, 4, (kf_cma_pace){.rate = 1, .damping = 1, .bounded = true});
        double numbers[4][2] = {{0, 0}, {0.1, 0.2}, {-0.3, 0.1}, {NAN, 0.3}};
        const double *points[] = {numbers[0], numbers[1], numbers[2], numbers[3]};
        numbers[0][0] = far ? 100 : longest;
        kf__cma_begin(cma, zero, 1, NULL);
        kf__cma_update(cma, points);
        means[far] = cma->mean[0];
        ck_assert(isfinite(cma->sigma) && isfinite(cma->covariance[0]));
        kf__cma_free(cma);
    }
    ck_assert_double_gt(means[0], 1);
    ck_assert_double_eq_tol(means[0], means[1], CLOSE);
}
END_TEST

/* In six axes an ellipsoid of condition 1e6 is solved, wherever its axes lie. */
START_TEST(solves)
{
    enum { N = 6, LAMBDA = 9 };
    double mean[N] = {1, 1, 1, 1, 1, 1}, ratio;
    kf_cma *cma = new_cma(N, LAMBDA, usual);
    kf__cma_begin(cma, mean, 0.5, NULL);
    kf_random random = kf__random(4, 0);
    double best = 0;
    for (int g = 0; g < 400; g++) {
        double x[LAMBDA][N], z[N], loss[LAMBDA];
        const double *points[LAMBDA];
        for (int k = 0; k < LAMBDA; k++) {
            for (int i = 0; i < N; i++)
                z[i] = kf__random_normal(&random);
            kf__cma_sample(cma, z, x[k]);
            double total = 0;
            loss[k] = 0;
            for (int i = 0; i < N; i++) {
                total += x[k][i];
                loss[k] += pow(1e6, i / (N - 1.0)) * total * total;
            }
            int at = k;
            for (; at > 0 && loss[at - 1] > loss[at]; at--) {
                double worse = loss[at - 1];
                loss[at - 1] = loss[at];
                loss[at] = worse;
                points[at] = points[at - 1];
            }
            points[at] = x[k];
        }
        best = loss[0];
        kf__cma_update(cma, points);
    }
    ck_assert_double_lt(best, 1e-9);
    ck_assert_double_lt(kf__cma_spread(cma, &ratio), 1e-4);
    ck_assert_double_gt(ratio, 100);
    kf__cma_free(cma);
}
END_TEST

/* One axis, many points, points that are all the same. */
START_TEST(edges)
{
    double mean[] = {0.5}, same[] = {0.7};
    const double *points[64];
    for (int i = 0; i < 64; i++)
        points[i] = same;
    for (size_t size = 4; size <= 64; size *= 4) {
        kf_cma *cma = new_cma(1, size, usual);
        kf__cma_begin(cma, mean, 0.2, NULL);
        for (int i = 0; i < 50; i++)
            kf__cma_update(cma, points);
        ck_assert(isfinite(cma->sigma) && isfinite(cma->lengths[0]));
        ck_assert_double_eq_tol(cma->mean[0], 0.7, 1e-6);
        kf__cma_free(cma);
    }
}
END_TEST

static kf_status make(void)
{
    kf_cma *cma = NULL;
    kf_status status = kf__cma_new(3, 6, usual, &cma);
    kf__cma_free(cma);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN(
    "cma", as_cmaes, samples, rotation, bounded, solves, edges, survives_lack_of_memory)
