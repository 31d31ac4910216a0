/* SPDX-License-Identifier: Apache-2.0 */
/* The study that an experiment amounts to. */
#include "search/experiment.h"

#include "base/limits.h"

kf_status kf__experiment_any_space(const kf_experiment *experiment, kf_space **out)
{
    return kf__experiment_spec(experiment, "nasConfig") != NULL
               ? kf_space_new(out)
               : kf_experiment_space(experiment, out);
}

kf_status kf__experiment_study(const kf_experiment *experiment, const kf_space *space,
    const kf_study_options *options, kf_study **out)
{
    const char *names[KF__LIMIT_OBJECTIVES];
    kf_direction directions[KF__LIMIT_OBJECTIVES];
    kf_study_options known = *options;
    size_t count = kf_experiment_objective_count(experiment);
    for (size_t i = 0; i < count && i < KF__LIMIT_OBJECTIVES; i++) {
        names[i] = kf_experiment_metric_at(experiment, i)->name;
        directions[i] = kf_experiment_metric_at(experiment, i)->direction;
    }
    known.objectives = names;
    known.directions = directions;
    known.objective_count = count;
    known.nas_config = kf__experiment_spec(experiment, "nasConfig");
    known.max_trials = kf_experiment_max_trials(experiment);
    known.parallel = (int)kf_experiment_parallel(experiment);
    return kf_study_new(space, &known, out);
}
