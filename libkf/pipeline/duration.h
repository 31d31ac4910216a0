/* SPDX-License-Identifier: Apache-2.0 */
/* Durations as KFP's set_retry takes them. */
#ifndef KF_PIPELINE_DURATION_H
#define KF_PIPELINE_DURATION_H

#include <kf/base.h>

/* Seconds of "30s", "2 minutes", "1 hour", "7d", "1 w": a whole number and a unit, of
 * which the first letter counts (s, m, h, d, w). KF_EINVAL for anything else. */
kf_status kf__duration_seconds(const char *text, int64_t *out);

#endif
