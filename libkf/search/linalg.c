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

static four load(const double *at)
{
    four loaded;
    memcpy(&loaded, at, sizeof loaded);
    return loaded;
}

static double sum(four x)
{
    return (x[0] + x[2]) + (x[1] + x[3]);
}

double kf__dot(const double *a, const double *b, size_t count)
{
    four sums = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        sums += load(a + i) * load(b + i);
    double rest = 0;
    for (; i < count; i++)
        rest += a[i] * b[i];
    return sum(sums) + rest;
}

/* Products of two rows with two others; each comes out as kf__dot has it. */
static void dot_pairs(const double *const a[2], const double *const b[2], size_t from,
    size_t count, double out[4])
{
    four s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0};
    double rest[4] = {0};
    size_t i = from;
    for (; i + 4 <= count; i += 4) {
        four a0 = load(a[0] + i), a1 = load(a[1] + i);
        four b0 = load(b[0] + i), b1 = load(b[1] + i);
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
    }
    for (; i < count; i++)
        for (int k = 0; k < 4; k++)
            rest[k] += a[k >> 1][i] * b[k & 1][i];
    out[0] = sum(s00) + rest[0];
    out[1] = sum(s01) + rest[1];
    out[2] = sum(s10) + rest[2];
    out[3] = sum(s11) + rest[3];
}

void kf__axpy(double factor, const double *x, double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += factor * x[i];
}

/* Two right sides, of which numbers before `from` are 0. */
static void solve_pair(const double *lower, size_t stride, size_t from, size_t count,
    double *first, double *second)
{
    double *const sides[2] = {first, second};
    const double *const b[2] = {first, second};
    size_t i = from;
    for (; i + 2 <= count; i += 2) {
        const double *const rows[2] = {lower + i * stride, lower + (i + 1) * stride};
        double products[4];
        dot_pairs(rows, b, from, i, products);
        for (int k = 0; k < 2; k++) {
            double x = (sides[k][i] - products[k]) / rows[0][i];
            sides[k][i] = x;
            sides[k][i + 1] =
                (sides[k][i + 1] - (products[2 + k] + rows[1][i] * x)) / rows[1][i + 1];
        }
    }
    for (; i < count; i++) {
        const double *row = lower + i * stride;
        for (int k = 0; k < 2; k++)
            sides[k][i] =
                (sides[k][i] - kf__dot(row + from, sides[k] + from, i - from)) / row[i];
    }
}

static void solve_one(
    const double *lower, size_t stride, size_t from, size_t count, double *x)
{
    for (size_t i = from; i < count; i++) {
        const double *row = lower + i * stride;
        x[i] = (x[i] - kf__dot(row + from, x + from, i - from)) / row[i];
    }
}

bool kf__cholesky(double *matrix, size_t stride, size_t from, size_t count)
{
    for (size_t i = from; i < count; i += 2) {
        size_t rows = i + 1 < count ? 2 : 1;
        double *row = matrix + i * stride;
        if (rows == 2)
            solve_pair(matrix, stride, 0, i, row, row + stride);
        else
            solve_one(matrix, stride, 0, i, row);
        for (size_t k = 0; k < rows; k++, row += stride) {
            if (k == 1)
                row[i] = (row[i] - kf__dot(row, row - stride, i)) / row[i - stride];
            double pivot = row[i + k] - kf__dot(row, row, i + k);
            if (!(pivot > 0))
                return false;
            row[i + k] = sqrt(pivot);
        }
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
        solve_one(lower, stride, 0, count, rows + i * row_stride);
}

void kf__solve_upper(const double *lower, size_t stride, size_t count, double *x)
{
    for (size_t i = count; i-- > 0;) {
        x[i] /= lower[i * stride + i];
        kf__axpy(-x[i], lower + i * stride, x, i);
    }
}

void kf__invert(
    const double *lower, size_t stride, size_t count, double *scratch, double *inverse)
{
    size_t i = 0;
    for (size_t k = 0; k < count; k++) {
        double *row = scratch + k * stride;
        for (size_t l = 0; l < count; l++)
            row[l] = l == k;
    }
    for (; i + 2 <= count; i += 2)
        solve_pair(
            lower, stride, i, count, scratch + i * stride, scratch + (i + 1) * stride);
    if (i < count)
        solve_one(lower, stride, i, count, scratch + i * stride);
    for (i = 0; i < count; i += 2) {
        size_t second = i + 1 < count ? i + 1 : i;
        const double *const a[2] = {scratch + i * stride, scratch + second * stride};
        for (size_t j = 0; j <= i; j += 2) {
            size_t next = j + 1 < count ? j + 1 : j;
            const double *const b[2] = {scratch + j * stride, scratch + next * stride};
            double products[4];
            dot_pairs(a, b, i, count, products);
            inverse[i * stride + j] = products[0];
            inverse[i * stride + next] = products[1];
            inverse[second * stride + j] = products[2];
            inverse[second * stride + next] = products[3];
        }
    }
}

/* e^x = 2^k e^r with |r| <= log(2) / 2, e^r by its series: 13 terms are exact. */
void kf__exp_all(double *x, size_t count)
{
    const double shift = 0x1.8p52;
    for (size_t i = 0; i < count; i++) {
        double at = x[i] > -700 ? x[i] : -700;
        double shifted = at * 1.44269504088896340736 + shift;
        double k = shifted - shift;
        double r = (at - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
        double p = 1.0 / 6227020800;
        p = p * r + 1.0 / 479001600;
        p = p * r + 1.0 / 39916800;
        p = p * r + 1.0 / 3628800;
        p = p * r + 1.0 / 362880;
        p = p * r + 1.0 / 40320;
        p = p * r + 1.0 / 5040;
        p = p * r + 1.0 / 720;
        p = p * r + 1.0 / 120;
        p = p * r + 1.0 / 24;
        p = p * r + 1.0 / 6;
        p = p * r + 0.5;
        p = p * r + 1;
        p = p * r + 1;
        uint64_t bits, scale;
        memcpy(&bits, &shifted, sizeof bits);
        scale = (bits + 1023) << 52;
        double power;
        memcpy(&power, &scale, sizeof power);
        x[i] = p * power;
    }
}
