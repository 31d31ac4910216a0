/* SPDX-License-Identifier: Apache-2.0 */
/* The standard normal distribution. */
#ifndef KF_SEARCH_NORMAL_H
#define KF_SEARCH_NORMAL_H

double kf__normal_cdf(double z);
/* Of a probability in (0, 1); infinite at 0 and 1. */
double kf__normal_quantile(double probability);

#endif
