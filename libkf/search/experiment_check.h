/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an experiment's check: the rules of Katib's validator.go, and what Katib
 * leaves to its pods or forgets. */
#ifndef KF_SEARCH_EXPERIMENT_CHECK_H
#define KF_SEARCH_EXPERIMENT_CHECK_H

#include "base/finding.h"
#include "search/experiment.h"

void kf__check_parameters(const kf_experiment *experiment, kf_report *report);
kf_status kf__check_algorithm(const kf_experiment *experiment, kf_report *report);
kf_status kf__check_template(const kf_experiment *experiment, kf_report *report);
kf_status kf__check_collector(const kf_experiment *experiment, kf_report *report);
/* An OptimizationJob: its own rules in place of the others. */
kf_status kf__check_job(const kf_experiment *experiment, kf_report *report);
/* What a batch/v1 Job of Go's types would not keep. */
void kf__check_batch_job(kf_report *report, const kf_place *place, const kf_value *job);
/* One parameter, added to the space; `place` may be NULL if it is no field of its own.
 */
void kf__check_add_parameter(kf_report *report, const kf_place *place,
    const kf_value *parameter, kf_space *space);

#endif
