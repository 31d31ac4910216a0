/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities of resources: which texts KFP takes, and the numbers that the IR holds
 * beside them. */
#ifndef KF_PIPELINE_RESOURCE_H
#define KF_PIPELINE_RESOURCE_H

#include <kf/pipeline.h>

/* KF_EINVAL, with what was expected, unless KFP takes `text` for such a resource. Text
 * that embeds a channel is known only when the pipeline runs and passes. */
kf_status kf__resource_check(kf_resource kind, const char *text);

/* Cores of a checked quantity: "500m" is 0.5. */
double kf__resource_cores(const char *quantity);
/* Gigabytes (10^9 bytes) of a checked quantity: "1Gi" is 1.073741824. */
double kf__resource_gigabytes(const char *quantity);
/* The number of a checked count of accelerators. */
int64_t kf__resource_count(const char *quantity);

#endif
