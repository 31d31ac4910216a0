/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/eigen.h"
#include "search/random.h"

#define MOST 40

/* numpy.linalg.eigh of the same matrix. */
START_TEST(as_numpy)
{
    double matrix[] = {4, 1, -2, 0.5, 1, 3, 0, 1, -2, 0, 5, -1, 0.5, 1, -1, 2};
    static const double known[] = {
        1.04713864092909, 2.36094542697454, 3.60257440033976, 6.9893415317566};
    static const double first[] = {
        0.269575219260305, 0.518794749223733, 0.324501499493447, 0.743558999787607};
    double vectors[16], values[4], scratch[12];
    kf__eigen(4, matrix, vectors, values, scratch);
    for (int i = 0; i < 4; i++) {
        int matches = 0;
        for (int k = 0; k < 4; k++) {
            bool is_it = fabs(values[k] - known[i]) < 1e-13;
            matches += is_it;
            for (int j = 0; is_it && i == 0 && j < 4; j++)
                ck_assert_double_eq_tol(fabs(vectors[j * 4 + k]), first[j], 1e-13);
        }
        ck_assert_int_eq(matches, 1);
    }
}
END_TEST

static void check(size_t n, const double *matrix)
{
    static double used[MOST * MOST], vectors[MOST * MOST];
    double values[MOST], scratch[3 * MOST], size = 1e-300;
    for (size_t i = 0; i < n * n; i++)
        size = fmax(size, fabs(matrix[i]));
    memcpy(used, matrix, n * n * sizeof *matrix);
    kf__eigen(n, used, vectors, values, scratch);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double product = 0, unit = 0;
            for (size_t k = 0; k < n; k++) {
                product += vectors[i * n + k] * values[k] * vectors[j * n + k];
                unit += vectors[k * n + i] * vectors[k * n + j];
            }
            ck_assert_double_eq_tol(unit, i == j, 1e-12);
            ck_assert_double_eq_tol(product / size, matrix[i * n + j] / size, 1e-12);
        }
    }
}

/* The vectors are orthonormal, and with the values they are the matrix again. */
START_TEST(gives_the_matrix_again)
{
    static double matrix[MOST * MOST];
    kf_random random = kf__random(1, 0);
    for (size_t n = 1; n <= MOST; n++) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                matrix[i * n + j] = matrix[j * n + i] =
                    kf__random_normal(&random) * pow(10, -(double)(i + j) / 8);
        check(n, matrix);
    }
}
END_TEST

START_TEST(special)
{
    static const double unit[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const double zero[9] = {0};
    static const double all[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const double tiny[] = {1e-200, 2e-200, 0, 2e-200, 1e-200, 0, 0, 0, 3e-200};
    static const double wide[] = {1, 1e-9, 0, 1e-9, 1e-14, 1e-12, 0, 1e-12, 1e10};
    check(3, unit);
    check(3, zero);
    check(3, all);
    check(3, tiny);
    check(3, wide);
}
END_TEST

KF_TEST_MAIN("eigen", as_numpy, gives_the_matrix_again, special)
