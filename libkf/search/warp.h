/* SPDX-License-Identifier: Apache-2.0 */
/* Losses made fit for a model: what lies close to the least one is spread out. */
#ifndef KF_SEARCH_WARP_H
#define KF_SEARCH_WARP_H

#include "search/gp.h"

/* log(loss - least + offset), or the loss itself if the offset is infinite; then all of
 * them to mean 0 and deviation 1. Gives what their deviation was. */
double kf__warp(const double *losses, size_t count, double offset, double *out);
/* The offset that makes losses most likely as values of the model's points, in their
 * order, the scale of covariances being left open. Changes y and weights of the model.
 * `sorted` has room for `count` numbers. */
double kf__warp_offset(kf_gp *gp, const double *losses, double *sorted);

#endif
