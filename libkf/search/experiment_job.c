/* SPDX-License-Identifier: Apache-2.0 */
/* An OptimizationJob as the Experiment that it amounts to. */
#include "search/experiment.h"

#include <string.h>

static kf_value *like(const kf_value *from, kf_value *made)
{
    if (made != NULL)
        kf__mark(made, kf__line(from), kf__column(from));
    return made;
}

static void put_objective(kf_tree *tree, kf_value *spec, const kf_value *objectives)
{
    const kf_value *first = kf_value_at(objectives, 0);
    if (first == NULL)
        return;
    kf_value *objective = like(first, kf__put_struct(tree, spec, "objective"));
    bool maximize = kf__equals_text(kf_value_get(first, "direction"), "Maximize");
    kf__put_text(tree, objective, "type", maximize ? "maximize" : "minimize");
    kf__put(tree, objective, "objectiveMetricName",
        kf__tree_copy(tree, kf_value_get(first, "metric")));
}

static void put_algorithm(kf_tree *tree, kf_value *spec, const kf_value *given)
{
    kf_value *algorithm = like(given, kf__put_struct(tree, spec, "algorithm"));
    bool grid = kf_value_get(given, "grid") != NULL;
    const kf_value *seed = kf_value_get(kf_value_get(given, "random"), "seed");
    kf__put_text(tree, algorithm, "algorithmName", grid ? "grid" : "random");
    if (seed == NULL)
        return;
    kf_value *setting = like(seed, kf__tree_struct(tree));
    kf__put_text(tree, setting, "name", "random_state");
    kf__put(tree, setting, "value",
        kf__tree_printf(tree, "%lld", (long long)kf_value_int(seed)));
    kf__push(tree, kf__put_list(tree, algorithm, "algorithmSettings"), setting);
}

static void put_range(
    kf_tree *tree, kf_value *parameter, const kf_value *range, const char *distribution)
{
    bool is_int = kf__equals_text(kf_value_get(range, "type"), "Int");
    kf__put_text(tree, parameter, "parameterType", is_int ? "int" : "double");
    kf_value *space = like(range, kf__put_struct(tree, parameter, "feasibleSpace"));
    kf__put(tree, space, "min", kf__tree_copy(tree, kf_value_get(range, "min")));
    kf__put(tree, space, "max", kf__tree_copy(tree, kf_value_get(range, "max")));
    kf__put_text(tree, space, "distribution", distribution);
}

static kf_value *parameter_of(kf_tree *tree, const kf_value *given)
{
    kf_value *parameter = like(given, kf__tree_struct(tree));
    const kf_value *space = kf_value_get(given, "searchSpace");
    const kf_value *choices =
        kf_value_get(kf_value_get(space, "categorical"), "choices");
    kf__put(tree, parameter, "name", kf__tree_copy(tree, kf_value_get(given, "name")));
    if (kf_value_get(space, "uniform") != NULL) {
        put_range(tree, parameter, kf_value_get(space, "uniform"), "uniform");
    } else if (kf_value_get(space, "logUniform") != NULL) {
        put_range(tree, parameter, kf_value_get(space, "logUniform"), "logUniform");
    } else {
        kf__put_text(tree, parameter, "parameterType", "categorical");
        kf__put(tree, kf__put_struct(tree, parameter, "feasibleSpace"), "list",
            kf__tree_copy(tree, choices));
    }
    return parameter;
}

/* Every parameter is given to the trial, by environment variables. */
static void put_template(kf_tree *tree, kf_value *spec, const kf_value *job)
{
    kf_value *trial_template = kf__put_struct(tree, spec, "trialTemplate");
    kf_value *trial = like(job, kf__put_struct(tree, trial_template, "trialSpec"));
    const kf_value *parameters = kf_value_get(spec, "parameters");
    kf_value *references = kf__put_list(tree, trial_template, "trialParameters");
    kf__put_text(tree, trial, "apiVersion", KF__JOB_API);
    kf__put_text(tree, trial, "kind", "TrainJob");
    kf__put(
        tree, trial, "metadata", kf__tree_copy(tree, kf_value_get(job, "metadata")));
    kf__put(tree, trial, "spec", kf__tree_copy(tree, kf_value_get(job, "spec")));
    kf__put_text(tree, trial_template, "primaryContainerName", "node");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        kf_value *reference = kf__tree_struct(tree);
        const kf_value *name = kf_value_get(kf_value_at(parameters, i), "name");
        kf__put(tree, reference, "name", kf__tree_copy(tree, name));
        kf__put(tree, reference, "reference", kf__tree_copy(tree, name));
        kf__push(tree, references, reference);
    }
}

static int64_t count_of(const kf_value *given)
{
    return given == NULL ? 1 : kf_value_int(given);
}

kf_value *kf__experiment_of_job(kf_tree *tree, const kf_value *job)
{
    kf_value *full = like(job, kf__tree_struct(tree));
    const kf_value *given = kf_value_get(job, "spec");
    kf__put_text(tree, full, "apiVersion", KF__EXPERIMENT_API);
    kf__put_text(tree, full, "kind", "Experiment");
    kf__put(tree, full, "metadata", kf__tree_copy(tree, kf_value_get(job, "metadata")));
    kf_value *spec = like(given, kf__put_struct(tree, full, "spec"));
    put_objective(tree, spec, kf_value_get(given, "objectives"));
    put_algorithm(tree, spec, kf_value_get(given, "searchAlgorithm"));
    kf__put_int(
        tree, spec, "maxTrialCount", count_of(kf_value_get(given, "numTrials")));
    kf__put_int(tree, spec, "parallelTrialCount",
        count_of(kf_value_get(given, "parallelTrials")));
    /* One failed trial fails the job. */
    kf__put_int(tree, spec, "maxFailedTrialCount", 1);
    const kf_value *parameters = kf_value_get(given, "parameters");
    kf_value *list = kf__put_list(tree, spec, "parameters");
    for (size_t i = 0; i < kf_value_length(parameters); i++)
        kf__push(tree, list, parameter_of(tree, kf_value_at(parameters, i)));
    put_template(tree, spec, kf_value_get(given, "trainJobTemplate"));
    return full;
}
