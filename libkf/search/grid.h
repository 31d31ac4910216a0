/* SPDX-License-Identifier: Apache-2.0 */
/* All points of a space as numbers: every combination of values, those of parameters
 * under a condition only where it holds. */
#ifndef KF_SEARCH_GRID_H
#define KF_SEARCH_GRID_H

#include "search/space.h"

typedef struct kf_grid {
    const kf_space *space;
    uint64_t total;
    uint64_t *counts;  /* By axis: the combinations of it and those below it. */
    uint64_t **inside; /* By axis and level: those of the axes below; NULL: none are. */
    uint64_t *rest;    /* For one pass. */
} kf_grid;

/* KF_EUNSUPPORTED if an axis is continuous; KF_ELIMIT beyond 2^62 points; KF_ENOMEM. */
kf_status kf__grid_new(const kf_space *space, kf_grid **out);
void kf__grid_free(kf_grid *grid);
void kf__grid_point(const kf_grid *grid, uint64_t number, double *point);
uint64_t kf__grid_number(const kf_grid *grid, const double *point);

#endif
