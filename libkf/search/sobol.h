/* SPDX-License-Identifier: Apache-2.0 */
/* Sobol sequences: points that fill the unit cube more evenly than random ones. */
#ifndef KF_SEARCH_SOBOL_H
#define KF_SEARCH_SOBOL_H

#include <kf/base.h>

#include <stdint.h>

#define KF__SOBOL_AXES 1024 /* As many as the table has. */

typedef struct kf_sobol {
    size_t axes;
    bool scrambled;
    uint32_t *keys;          /* One per axis, if scrambled. */
    uint32_t (*numbers)[32]; /* Direction numbers of each axis. */
} kf_sobol;

/* Scrambled as Owen proposed, by a hash of `seed`: points are then in (0, 1), never on
 * the edge. Otherwise in [0, 1), the first one being 0. KF_ELIMIT beyond KF__SOBOL_AXES
 * axes. */
kf_status kf__sobol_new(size_t axes, bool scrambled, uint64_t seed, kf_sobol **out);
void kf__sobol_free(kf_sobol *sobol);
/* The point at `index`, in the order of the Gray code. */
void kf__sobol_point(const kf_sobol *sobol, uint32_t index, double *point);

/* sobol_table.c: 80 hexadecimal digits a row. */
extern const char *const kf__sobol_rows[];

#endif
