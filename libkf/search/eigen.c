/* SPDX-License-Identifier: Apache-2.0 */
/* Householder's reflections make the matrix tridiagonal, and the implicit QL method
 * with Wilkinson's shift takes it from there (Golub and Van Loan, chapter 8). */
#include "search/eigen.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MOST_SWEEPS 60 /* Per eigenvalue; two or three are usual. */

/* The unit vector of the reflection that takes column `k` below the diagonal to a
 * multiple of the first axis; false: it is that already. */
static bool reflection(size_t n, const double *a, size_t k, double *v)
{
    double below = 0, length = 0;
    for (size_t i = k + 1; i < n; i++) {
        v[i] = a[i * n + k];
        length = hypot(length, v[i]);
        if (i > k + 1)
            below = hypot(below, v[i]);
    }
    if (below <= DBL_EPSILON * DBL_EPSILON * length || length == 0)
        return false;
    v[k + 1] += copysign(length, v[k + 1]);
    double norm = hypot(v[k + 1], below);
    for (size_t i = k + 1; i < n; i++)
        v[i] /= norm;
    return true;
}

/* a becomes h a h, and q becomes q h, with h = 1 - 2 v v'. */
static void reflect(
    size_t n, double *a, double *q, size_t k, const double *v, double *w)
{
    double along = 0;
    for (size_t i = k; i < n; i++) {
        w[i] = 0;
        for (size_t j = k + 1; j < n; j++)
            w[i] += a[i * n + j] * v[j];
        if (i > k)
            along += v[i] * w[i];
    }
    for (size_t i = k + 1; i < n; i++)
        w[i] -= along * v[i];
    for (size_t i = k + 1; i < n; i++) {
        a[i * n + k] -= 2 * w[k] * v[i];
        a[k * n + i] = a[i * n + k];
        for (size_t j = k + 1; j < n; j++)
            a[i * n + j] -= 2 * (v[i] * w[j] + w[i] * v[j]);
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = k + 1; j < n; j++)
            sum += q[i * n + j] * v[j];
        for (size_t j = k + 1; j < n; j++)
            q[i * n + j] -= 2 * sum * v[j];
    }
}

static void rotate(size_t n, double *q, size_t i, double c, double s)
{
    for (size_t k = 0; k < n; k++) {
        double *row = q + k * n;
        double right = row[i + 1];
        row[i + 1] = s * row[i] + c * right;
        row[i] = c * row[i] - s * right;
    }
}

/* Where the block that begins at `from` ends. */
static size_t block_end(size_t n, const double *d, const double *e, size_t from)
{
    size_t at = from;
    while (at + 1 < n && fabs(e[at]) > DBL_EPSILON * (fabs(d[at]) + fabs(d[at + 1])))
        at++;
    return at;
}

/* One step of QL on the block from `low` to `high`. */
static void sweep(size_t n, double *d, double *e, double *q, size_t low, size_t high)
{
    double g = (d[low + 1] - d[low]) / (2 * e[low]);
    double shift = d[low] - e[low] / (g + copysign(hypot(g, 1), g));
    double s = 1, c = 1, p = 0;
    g = d[high] - shift;
    for (size_t i = high; i-- > low;) {
        double f = s * e[i], b = c * e[i];
        double r = hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
            d[i + 1] -= p;
            e[high] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotate(n, q, i, c, s);
    }
    d[low] -= p;
    e[low] = g;
    e[high] = 0;
}

void kf__eigen(
    size_t n, double *matrix, double *vectors, double *values, double *scratch)
{
    double *e = scratch, *v = scratch + n, *w = scratch + 2 * n;
    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++)
        vectors[i * n + i] = 1;
    for (size_t k = 0; k + 2 < n; k++)
        if (reflection(n, matrix, k, v))
            reflect(n, matrix, vectors, k, v, w);
    for (size_t i = 0; i < n; i++) {
        values[i] = matrix[i * n + i];
        e[i] = i + 1 < n ? matrix[(i + 1) * n + i] : 0;
    }
    for (size_t low = 0; low < n; low++) {
        for (int i = 0; i < MOST_SWEEPS; i++) {
            size_t high = block_end(n, values, e, low);
            if (high == low)
                break;
            sweep(n, values, e, vectors, low, high);
        }
    }
}
