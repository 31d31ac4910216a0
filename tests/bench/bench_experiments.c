/* SPDX-License-Identifier: Apache-2.0 */
/* bench_experiments HOME EXPERIMENTS TRIALS: the cost of listing the experiments of a store,
 * where half of them are studies with that many trials each and half are executed, each with one
 * process as its only trial; prints JSON: the median of some lists in ms, and what a
 * trial cost to be asked and told durably, in ms. */
#include "bench.h"

#define LISTS 11

static const char document[] =
    "{\"apiVersion\": \"kubeflow.org/v1beta1\", \"kind\": \"Experiment\","
    " \"metadata\": {\"name\": \"executed\"}, \"spec\": {"
    "\"objective\": {\"type\": \"minimize\", \"objectiveMetricName\": \"loss\"},"
    "\"algorithm\": {\"algorithmName\": \"random\"},"
    "\"parallelTrialCount\": 1, \"maxTrialCount\": 1,"
    "\"parameters\": [{\"name\": \"x\", \"parameterType\": \"int\","
    " \"feasibleSpace\": {\"min\": \"1\", \"max\": \"9\"}}],"
    "\"trialTemplate\": {\"primaryContainerName\": \"c\","
    " \"trialParameters\": [{\"name\": \"x\", \"reference\": \"x\"}],"
    " \"trialSpec\": {\"apiVersion\": \"batch/v1\", \"kind\": \"Job\", \"spec\":"
    " {\"template\": {\"spec\": {\"restartPolicy\": \"Never\", \"containers\":"
    " [{\"name\": \"c\", \"image\": \"i\", \"command\":"
    " [\"echo\", \"loss=${trialParameters.x}\"]}]}}}}}}}";

static kf_status search(const kf_store *store, int index, int trials)
{
    char name[32];
    kf_space *space = NULL;
    kf_study *study = NULL;
    (void)snprintf(name, sizeof name, "study-%d", index);
    kf_status status = kf_space_new(&space);
    for (const char *axis = "abcde"; status == KF_OK && *axis != '\0'; axis++)
        status = kf_space_add_double(space, (char[]){*axis, '\0'}, 0, 1, 0, KF_UNIFORM);
    if (status == KF_OK)
        status = kf_study_new(space,
            KF_OPTIONS(
                kf_study_options, .algorithm = "random", .store = store, .name = name),
            &study);
    for (int i = 0; status == KF_OK && i < trials; i++) {
        int64_t number;
        status = kf_study_ask(study, &number);
        if (status == KF_OK)
            status = kf_study_tell(study, number, 1.0 / (i + 1));
    }
    kf_study_free(study);
    kf_space_free(space);
    return status;
}

static kf_status execute(kf_store *store)
{
    kf_experiment *experiment = NULL;
    kf_tune *tune = NULL;
    kf_status status = kf_experiment_load(document, strlen(document), &experiment);
    if (status == KF_OK)
        status = kf_tune_start(store, experiment,
            KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST), &tune);
    if (status == KF_OK)
        status = kf_tune_wait(tune, -1);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
    return status;
}

static kf_status list(const kf_store *store, size_t expected, double *ms)
{
    kf_value *experiments = NULL;
    double start = bench_now();
    kf_status status = kf_store_experiments(store, &experiments);
    *ms = (bench_now() - start) * 1000;
    if (status == KF_OK && kf_value_length(experiments) != expected)
        status = KF_EFAILED;
    kf_value_free(experiments);
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const char *home = argc > 1 ? argv[1] : NULL;
    int experiments = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100;
    int trials = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 100;
    double ms[LISTS] = {0}, start = 0, told = 0;
    kf_store *store = NULL;
    kf_status status = kf_store_open(home, &store);
    for (int i = 0; status == KF_OK && i < experiments / 2; i++) {
        start = bench_now();
        status = search(store, i, trials);
        told += bench_now() - start;
        if (status == KF_OK)
            status = execute(store);
    }
    for (int i = 0; status == KF_OK && i < LISTS; i++)
        status = list(store, (size_t)(experiments / 2 * 2), &ms[i]);
    qsort(ms, LISTS, sizeof *ms, compare);
    if (status == KF_OK)
        printf("{\"ms\": %.3f, \"told_ms\": %.4f}\n", ms[LISTS / 2],
            told * 1000 / (experiments / 2 * trials));
    kf_store_free(store);
    return bench_end(status);
}
