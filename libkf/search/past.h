/* SPDX-License-Identifier: Apache-2.0 */
/* What samplers look up in the past of a study. */
#ifndef KF_SEARCH_PAST_H
#define KF_SEARCH_PAST_H

#include "search/study.h"

/* How many trials the sampler itself has given, those that run included. */
size_t kf__past_own(const kf_ask *ask);
/* Numbers of settings; they have a default. */
double kf__ask_double(const kf_ask *ask, const char *name);
int64_t kf__ask_int(const kf_ask *ask, const char *name);

#endif
