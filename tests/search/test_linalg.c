/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "search/linalg.h"

#define MOST 40

/* Positive definite: 1 / (1 + |i - j|), and one more on the diagonal. */
static double element(size_t i, size_t j)
{
    double off = i > j ? (double)(i - j) : (double)(j - i);
    return 1 / (1 + off) + (i == j);
}

static void fill(double *matrix, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++)
            matrix[i * stride + j] = element(i, j);
}

/* The factor of [[4, 2, -2], [2, 10, 5], [-2, 5, 9]] is [[2], [1, 3], [-1, 2, 2]]. */
START_TEST(known_factor)
{
    double matrix[12] = {4, 0, 0, 0, 2, 10, 0, 0, -2, 5, 9, 0};
    ck_assert(kf__cholesky(matrix, 4, 0, 3));
    static const double factor[] = {2, 1, 3, -1, 2, 2};
    for (size_t i = 0, at = 0; i < 3; i++)
        for (size_t j = 0; j <= i; j++, at++)
            ck_assert_double_eq_tol(matrix[i * 4 + j], factor[at], 1e-14);
    double x[3] = {2, 7, 5}; /* L x = b: x = 1, 2, 1. */
    kf__solve_lower(matrix, 4, 3, x, 3, 1);
    ck_assert_double_eq_tol(x[0], 1, 1e-14);
    ck_assert_double_eq_tol(x[1], 2, 1e-14);
    ck_assert_double_eq_tol(x[2], 1, 1e-14);
    double y[3] = {4, 13, 6}; /* L' x = b: x = 2, 7/3, 3 */
    kf__solve_upper(matrix, 4, 3, y);
    ck_assert_double_eq_tol(y[2], 3, 1e-14);
    ck_assert_double_eq_tol(y[1], 7.0 / 3, 1e-14);
    ck_assert_double_eq_tol(y[0], (4 - 7.0 / 3 + 3) / 2, 1e-14);
}
END_TEST

START_TEST(factors_multiply_to_the_matrix)
{
    static double factor[MOST * MOST];
    for (size_t count = 1; count <= MOST; count++) {
        fill(factor, MOST, count);
        ck_assert(kf__cholesky(factor, MOST, 0, count));
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;
                for (size_t k = 0; k <= j; k++)
                    sum += factor[i * MOST + k] * factor[j * MOST + k];
                ck_assert_double_eq_tol(sum, element(i, j), 1e-13);
            }
        }
    }
}
END_TEST

/* Rows that are added later come out as if they had been there at once. */
START_TEST(extension)
{
    static double whole[MOST * MOST], parts[MOST * MOST];
    for (size_t first = 1; first < MOST; first++) {
        fill(whole, MOST, MOST);
        fill(parts, MOST, MOST);
        ck_assert(kf__cholesky(whole, MOST, 0, MOST));
        ck_assert(kf__cholesky(parts, MOST, 0, first));
        ck_assert(kf__cholesky(parts, MOST, first, MOST));
        for (size_t i = 0; i < MOST; i++)
            for (size_t j = 0; j <= i; j++)
                ck_assert_double_eq_tol(
                    parts[i * MOST + j], whole[i * MOST + j], 1e-14);
    }
}
END_TEST

START_TEST(not_definite)
{
    double matrix[8] = {1, 0, 0, 0, 2, 4, 0, 0};
    ck_assert(!kf__cholesky(matrix, 4, 0, 2));
    double nan[4] = {NAN, 0, 0, 0};
    ck_assert(!kf__cholesky(nan, 4, 0, 1));
}
END_TEST

START_TEST(solutions)
{
    static double factor[MOST * MOST], sides[3 * MOST];
    for (size_t count = 1; count <= MOST; count++) {
        fill(factor, MOST, count);
        ck_assert(kf__cholesky(factor, MOST, 0, count));
        for (size_t s = 0; s < 3; s++)
            for (size_t i = 0; i < count; i++)
                sides[s * MOST + i] = (double)(s + i) - 3;
        kf__solve_lower(factor, MOST, count, sides, MOST, 3);
        for (size_t s = 0; s < 3; s++) {
            double *x = sides + s * MOST;
            kf__solve_upper(factor, MOST, count, x);
            for (size_t i = 0; i < count; i++) {
                double product = 0;
                for (size_t j = 0; j < count; j++)
                    product += element(i, j) * x[j];
                ck_assert_double_eq_tol(product, (double)(s + i) - 3, 1e-12);
            }
        }
    }
}
END_TEST

START_TEST(inverses)
{
    static double factor[MOST * MOST], scratch[MOST * MOST], inverse[MOST * MOST];
    for (size_t count = 1; count <= MOST; count++) {
        fill(factor, MOST, count);
        ck_assert(kf__cholesky(factor, MOST, 0, count));
        kf__invert(factor, MOST, count, scratch, inverse);
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j < count; j++) {
                double product = 0;
                for (size_t k = 0; k < count; k++)
                    product += element(i, k) *
                               (k > j ? inverse[k * MOST + j] : inverse[j * MOST + k]);
                ck_assert_double_eq_tol(product, i == j, 1e-13);
            }
        }
    }
}
END_TEST

START_TEST(products)
{
    double a[11], b[11], sum = 0;
    for (size_t i = 0; i < 11; i++) {
        a[i] = (double)i;
        b[i] = (double)(i * i);
        ck_assert_double_eq(kf__dot(a, b, i), sum);
        sum += (double)(i * i * i);
    }
    kf__axpy(2, a, b, 11);
    ck_assert_double_eq(b[10], 120);
}
END_TEST

START_TEST(exponentials)
{
    double x[7];
    for (double at = 0; at > -690; at -= 0.37) {
        for (size_t i = 0; i < 7; i++)
            x[i] = at - (double)i;
        kf__exp_all(x, 7);
        for (size_t i = 0; i < 7; i++) {
            double exact = exp(at - (double)i);
            ck_assert_double_eq_tol(x[i], exact, 1e-15 * exact);
        }
    }
    double far[2] = {-1e300, -INFINITY};
    kf__exp_all(far, 2);
    ck_assert(far[0] >= 0 && far[0] < 1e-300 && far[1] == far[0]);
}
END_TEST

KF_TEST_MAIN("linalg", known_factor, factors_multiply_to_the_matrix, extension,
    not_definite, solutions, inverses, products, exponentials)
