/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues of symmetric matrices. */
#ifndef KF_SEARCH_EIGEN_H
#define KF_SEARCH_EIGEN_H

#include <stddef.h>

/* Of a matrix of n × n, by rows, which is used up. `vectors` gets the eigenvectors as
 * columns, of length 1, `values` the eigenvalues in the same order; `scratch` has room
 * for 3 n. Every element must be finite. */
void kf__eigen(
    size_t n, double *matrix, double *vectors, double *values, double *scratch);

#endif
