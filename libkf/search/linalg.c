/* SPDX-License-Identifier: Apache-2.0 */
#include "search/linalg.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize "O3"
#endif

/* Four numbers at once, as two or one register of the machine; the order of sums does not
 * depend on which. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t four_bits __attribute__((vector_size(32), aligned(8), may_alias));

#define INLINE inline __attribute__((always_inline))

#define LOAD(at) (*(const four *)(at))
#define SUM(x) (((x)[0] + (x)[2]) + ((x)[1] + (x)[3]))

KF__WIDE double kf__dot(const double *a, const double *b, size_t count)
{
    four sums = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        sums += LOAD(a + i) * LOAD(b + i);
    double rest = 0;
    for (; i < count; i++)
        rest += a[i] * b[i];
    return SUM(sums) + rest;
}

/* Products of four rows, `stride` apart, with two others. From and to are multiples of 4. */
static INLINE void multiply(const double *rows, size_t stride, const double *first,
    const double *second, size_t from, size_t to, double out[2][4])
{
    four a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0}, b0 = {0}, b1 = {0}, b2 = {0}, b3 = {0};
    for (size_t i = from; i < to; i += 4) {
        four x = LOAD(first + i), y = LOAD(second + i);
        four row = LOAD(rows + i);
        a0 += row * x;
        b0 += row * y;
        row = LOAD(rows + stride + i);
        a1 += row * x;
        b1 += row * y;
        row = LOAD(rows + 2 * stride + i);
        a2 += row * x;
        b2 += row * y;
        row = LOAD(rows + 3 * stride + i);
        a3 += row * x;
        b3 += row * y;
    }
    out[0][0] = SUM(a0);
    out[0][1] = SUM(a1);
    out[0][2] = SUM(a2);
    out[0][3] = SUM(a3);
    out[1][0] = SUM(b0);
    out[1][1] = SUM(b1);
    out[1][2] = SUM(b2);
    out[1][3] = SUM(b3);
}

KF__WIDE void kf__axpy(double factor, const double *x, double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += factor * x[i];
}

/* Numbers i to i + 3 of two solutions, of which `products` has what is known of those rows
 * already. Quotients do not wait for each other. */
static INLINE void finish_four(const double *lower, size_t stride, size_t i,
    double products[2][4], double *first, double *second)
{
    const double *row = lower + i * stride + i;
    double inverse[4];
    for (size_t k = 0; k < 4; k++)
        inverse[k] = 1 / row[k * stride + k];
    for (size_t k = 0; k < 4; k++, row += stride) {
        double x = first[i + k] - products[0][k], y = second[i + k] - products[1][k];
        for (size_t l = 0; l < k; l++) {
            x -= row[l] * products[0][l];
            y -= row[l] * products[1][l];
        }
        products[0][k] = first[i + k] = x * inverse[k];
        products[1][k] = second[i + k] = y * inverse[k];
    }
}

static void solve_rest(const double *lower, size_t stride, size_t from, size_t start,
    size_t count, double *x)
{
    for (size_t i = start; i < count; i++) {
        const double *row = lower + i * stride;
        x[i] = (x[i] - kf__dot(row + from, x + from, i - from)) / row[i];
    }
}

/* Two right sides, which may be the same one; numbers before `from`, a multiple of 4, are
 * 0. */
KF__WIDE static void solve_pair(const double *lower, size_t stride, size_t from,
    size_t count, double *first, double *second)
{
    size_t i = from;
    for (; i + 4 <= count; i += 4) {
        double products[2][4];
        multiply(lower + i * stride, stride, first, second, from, i, products);
        finish_four(lower, stride, i, products, first, second);
    }
    solve_rest(lower, stride, from, i, count, first);
    if (second != first)
        solve_rest(lower, stride, from, i, count, second);
}

bool kf__cholesky(double *matrix, size_t stride, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++) {
        double *row = matrix + i * stride;
        if ((i - from) % 2 == 0 && i + 1 < count)
            solve_pair(matrix, stride, 0, i, row, row + stride);
        else if ((i - from) % 2 == 0)
            solve_pair(matrix, stride, 0, i, row, row);
        else
            row[i - 1] = (row[i - 1] - kf__dot(row, row - stride, i - 1)) /
                         row[-(ptrdiff_t)stride + (ptrdiff_t)i - 1];
        double pivot = row[i] - kf__dot(row, row, i);
        if (!(pivot > 0))
            return false;
        row[i] = sqrt(pivot);
    }
    return true;
}

void kf__solve_lower(const double *lower, size_t stride, size_t count, double *rows,
    size_t row_stride, size_t sides)
{
    size_t i = 0;
    for (; i + 2 <= sides; i += 2)
        solve_pair(lower, stride, 0, count, rows + i * row_stride,
            rows + (i + 1) * row_stride);
    if (i < sides)
        solve_pair(
            lower, stride, 0, count, rows + i * row_stride, rows + i * row_stride);
}

void kf__solve_upper(const double *lower, size_t stride, size_t count, double *x)
{
    for (size_t i = count; i-- > 0;) {
        x[i] /= lower[i * stride + i];
        kf__axpy(-x[i], lower + i * stride, x, i);
    }
}

/* The inverse of L', row by row, and then the products of its rows. */
KF__WIDE void kf__invert(
    const double *lower, size_t stride, size_t count, double *scratch, double *inverse)
{
    size_t padded = (count + 3) / 4 * 4;
    for (size_t k = 0; k < padded; k++) {
        memset(scratch + k * stride, 0, padded * sizeof *scratch);
        if (k < count)
            scratch[k * stride + k] = 1;
    }
    for (size_t i = 0; i < count; i += 2)
        solve_pair(lower, stride, i / 4 * 4, count, scratch + i * stride,
            scratch + (i + 1) * stride);
    for (size_t i = 0; i < padded; i += 4) {
        for (size_t j = 0; j < i + 4; j += 2) {
            double products[2][4];
            multiply(scratch + i * stride, stride, scratch + j * stride,
                scratch + (j + 1) * stride, i, padded, products);
            for (size_t k = 0; k < 4; k++) {
                inverse[(i + k) * stride + j] = products[0][k];
                inverse[(i + k) * stride + j + 1] = products[1][k];
            }
        }
    }
}

/* e^x = 2^k e^r with |r| <= log(2) / 2, e^r by its series: 13 terms are exact. k comes out
 * of the last bits of a sum with a number that large. */
static INLINE void exp_four(four *at)
{
    four x = *at;
    const double shift = 0x1.8p52;
    static const double inverse_factorials[] = {1.0 / 6227020800, 1.0 / 479001600,
        1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
        1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};
    four shifted = x * 1.44269504088896340736 + shift;
    four k = shifted - shift;
    four r = (x - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    four p = r * inverse_factorials[0];
    for (int i = 1; i < 13; i++)
        p = (p + inverse_factorials[i]) * r;
    p += 1;
    *at = p * (four)(((four_bits)shifted + 1023) << 52);
}

KF__WIDE void kf__exp_all(double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] > -700 ? x[i] : -700;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        four powers = LOAD(x + i);
        exp_four(&powers);
        memcpy(x + i, &powers, sizeof powers);
    }
    four rest = {0};
    memcpy(&rest, x + i, (count - i) * sizeof *x);
    exp_four(&rest);
    memcpy(x + i, &rest, (count - i) * sizeof *x);
}
