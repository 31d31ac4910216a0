/* SPDX-License-Identifier: Apache-2.0 */
/* How much each parameter matters. */
#ifndef KF_SEARCH_IMPORTANCE_H
#define KF_SEARCH_IMPORTANCE_H

#include "search/study.h"

/* One share per axis, at least 0, that add up to 1; all 0 where nothing can be said. */
kf_status kf__importance(const kf_study *study, double *out);

#endif
