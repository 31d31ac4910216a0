/* SPDX-License-Identifier: Apache-2.0 */
/* Dense linear algebra of lower triangular matrices, for a few hundred rows.
 *
 * Matrices are row after row, `stride` numbers apart, which is a multiple of 4. Sums are
 * made in the same order on every machine, so that the same numbers come out. */
#ifndef KF_SEARCH_LINALG_H
#define KF_SEARCH_LINALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compiled for wider registers, too, where the machine may have them. They change no
 * sum, as products and sums stay apart (no FMA). */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) &&                  \
    !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&                           \
    !defined(__SANITIZE_THREAD__)
#define KF__WIDE __attribute__((target_clones("avx2", "default")))
#else
#define KF__WIDE
#endif

double kf__dot(const double *a, const double *b, size_t count);
/* y += factor * x */
void kf__axpy(double factor, const double *x, double *y, size_t count);

/* Cholesky: the lower triangle of a symmetric matrix becomes that of L, of which rows
 * before `from` are there already. False if it is not positive definite. */
bool kf__cholesky(double *matrix, size_t stride, size_t from, size_t count);
/* x becomes the solution of L x = b, for `sides` right sides, each a row of `rows`. */
void kf__solve_lower(const double *lower, size_t stride, size_t count, double *rows,
    size_t row_stride, size_t sides);
/* x becomes the solution of L' x = b. */
void kf__solve_upper(const double *lower, size_t stride, size_t count, double *x);
/* The lower triangle of the inverse of L L'; both have room for
 * `count` rows, rounded up to a multiple of 4. */
void kf__invert(
    const double *lower, size_t stride, size_t count, double *scratch, double *inverse);

/* Each x becomes e^x, to 1e-15 or so; below -700 it is as at -700. For x <= 0. */
void kf__exp_all(double *x, size_t count);

#endif
