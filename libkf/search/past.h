/* SPDX-License-Identifier: Apache-2.0 */
/* What samplers look up in the past of a study. */
#ifndef KF_SEARCH_PAST_H
#define KF_SEARCH_PAST_H

#include "search/sobol.h"
#include "search/study.h"

/* How many trials the sampler itself has given, those that run included. */
size_t kf__past_own(const kf_ask *ask);
/* The next point of a sequence: as many are taken as own trials. */
void kf__past_spread(const kf_ask *ask, const kf_sobol *sobol, double *point);
/* Note a number about the trial asked for, and look it up; -1: none was noted. */
kf_status kf__note_int(kf_ask *ask, const char *name, int64_t number);
int64_t kf__noted_int(const kf_trial *trial, const char *name);
/* Numbers of settings; they have a default. */
double kf__ask_double(const kf_ask *ask, const char *name);
int64_t kf__ask_int(const kf_ask *ask, const char *name);

#endif
