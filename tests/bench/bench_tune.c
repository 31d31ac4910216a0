/* SPDX-License-Identifier: Apache-2.0 */
/* bench_tune process|tell COUNT HOME: what a trial that is a process costs beyond the
 * process itself, one at a time; what telling a study in the store costs. Prints JSON:
 * ms for each. */
#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static const char document[] =
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: bench}\n"
    "spec:\n"
    "  objective: {type: minimize, objectiveMetricName: loss}\n"
    "  algorithm: {algorithmName: random}\n"
    "  parallelTrialCount: 1\n"
    "  parameters:\n"
    "  - {name: x, parameterType: double, feasibleSpace: {min: '0', max: '1'}}\n"
    "  trialTemplate:\n"
    "    primaryContainerName: main\n"
    "    trialParameters: [{name: x, reference: x}]\n"
    "    trialSpec:\n"
    "      apiVersion: batch/v1\n"
    "      kind: Job\n"
    "      spec:\n"
    "        template:\n"
    "          spec:\n"
    "            restartPolicy: Never\n"
    "            containers:\n"
    "            - {name: main, image: none, command: [/bin/echo, "
    "'loss=${trialParameters.x}']}\n";

/* The same processes by themselves. */
static double spawn_all(int count)
{
    posix_spawn_file_actions_t actions;
    char program[] = "/bin/echo", word[] = "loss=0.5";
    char *argv[] = {program, word, NULL};
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double start = bench_now();
    for (int i = 0; i < count; i++) {
        pid_t pid;
        if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0)
            (void)waitpid(pid, NULL, 0);
    }
    double seconds = bench_now() - start;
    (void)posix_spawn_file_actions_destroy(&actions);
    return seconds;
}

static kf_status measure_processes(kf_store *store, int count)
{
    kf_experiment *experiment = NULL;
    kf_tune *tune = NULL;
    kf_status status = kf_experiment_load(document, strlen(document), &experiment);
    double bare = spawn_all(count);
    double start = bench_now();
    if (status == KF_OK)
        status = kf_tune_start(store, experiment,
            KF_OPTIONS(
                kf_tune_options, .max_trials = count, .containers = KF_CONTAINERS_HOST),
            &tune);
    if (status == KF_OK)
        status = kf_tune_wait(tune, -1);
    double seconds = bench_now() - start;
    if (status == KF_OK)
        printf("{\"ms\": %.4f, \"bare_ms\": %.4f}\n", (seconds - bare) * 1000 / count,
            bare * 1000 / count);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
    return status;
}

static kf_status measure_tells(kf_store *store, int count)
{
    kf_space *space = NULL;
    kf_study *study = NULL;
    int64_t number;
    kf_status status = kf_space_new(&space);
    for (int i = 0; status == KF_OK && i < 5; i++)
        status = kf_space_add_double(
            space, (const char[]){(char)('a' + i), '\0'}, 0, 1, 0, KF_UNIFORM);
    if (status == KF_OK)
        status = kf_study_new(space,
            KF_OPTIONS(kf_study_options, .algorithm = "random", .store = store,
                .name = "bench"),
            &study);
    for (int i = 0; status == KF_OK && i < count; i++)
        status = kf_study_ask(study, &number);
    double start = bench_now();
    for (int i = 0; status == KF_OK && i < count; i++)
        status = kf_study_tell(study, i, i);
    double seconds = bench_now() - start;
    if (status == KF_OK)
        printf("{\"ms\": %.4f}\n", seconds * 1000 / count);
    kf_study_free(study);
    kf_space_free(space);
    return status;
}

int main(int argc, char **argv)
{
    kf_store *store = NULL;
    if (argc < 4) {
        fprintf(stderr, "usage: bench_tune process|tell COUNT HOME\n");
        return EXIT_FAILURE;
    }
    int count = (int)strtol(argv[2], NULL, 10);
    kf_status status = kf_store_open(argv[3], &store);
    if (status == KF_OK)
        status = strcmp(argv[1], "tell") == 0 ? measure_tells(store, count)
                                              : measure_processes(store, count);
    kf_store_free(store);
    return bench_end(status);
}
