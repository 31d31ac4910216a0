/* SPDX-License-Identifier: Apache-2.0 */
/* What to run on this machine for a trial. */
#ifndef KF_SEARCH_TRIAL_COMMAND_H
#define KF_SEARCH_TRIAL_COMMAND_H

#include "search/experiment.h"

/* A container as a process; all is in `tree`. */
typedef struct kf_trial_command {
    kf_tree tree;
    const char *const *argv; /* NULL at the end. */
    const char *const *env;  /* "NAME=value", NULL at the end. */
    const char *folder;      /* NULL: the trial's own. */
    const char *image;       /* NULL: none is given. */
    int64_t deadline_s;      /* 0: none. */
    int64_t retries;         /* How often it is tried again when it fails. */
} kf_trial_command;

/* From the object of kf__template_render: the primary container of a batch/v1 Job, of a
 * PyTorchJob, TFJob, XGBoostJob or MPIJob with one replica, or the trainer of a TrainJob
 * with one node. `params`: of an OptimizationJob, for its variables
 * KUBEFLOW_TRAINER_OPT_<NAME> (the name as it is, and in capitals).
 *
 * KF_EUNSUPPORTED: why it cannot run here. KF_EDOCUMENT: the object is malformed. */
kf_status kf__trial_command(const kf_experiment *experiment, const kf_value *trial,
    const char *trial_name, const kf_value *params, kf_trial_command *out);
void kf__trial_command_finish(kf_trial_command *command);

#endif
