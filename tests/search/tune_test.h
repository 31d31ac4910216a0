/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments that run: a store of the test's own, and documents whose trials run a script. */
#ifndef KF_TUNE_TEST_H
#define KF_TUNE_TEST_H

#include "space_test.h"

#include <kf/tune.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/value.h"
#include "io/file.h"

static char folder[40];
static kf_store *store;

static inline void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/kf-tune-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_ok(kf_store_open(folder, &store));
}

static inline void teardown(void)
{
    kf_store_free(store);
    ck_ok(kf__remove_tree(folder));
}

/* An experiment whose trials run `script` with ${trialParameters.x}. */
static inline kf_experiment *experiment_of(
    const char *script, const char *spec, const char *job)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text,
        "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\n"
        "metadata: {name: quad}\n"
        "spec:\n"
        "  objective: {type: minimize, objectiveMetricName: loss,\n"
        "    additionalMetricNames: [other]%s\n"
        "  parallelTrialCount: 1\n"
        "  parameters:\n"
        "  - {name: x, parameterType: double, feasibleSpace: {min: '-2', max: '2'}}\n"
        "  trialTemplate:\n"
        "    primaryContainerName: main\n"
        "    trialParameters: [{name: x, reference: x}]\n"
        "    trialSpec:\n"
        "      apiVersion: batch/v1\n"
        "      kind: Job\n"
        "      spec:\n%s"
        "        template:\n"
        "          spec:\n"
        "            restartPolicy: Never\n"
        "            containers:\n"
        "            - name: main\n"
        "              image: none\n"
        "              command: [sh, -c, ",
        spec, job);
    kf__put_json_text(&text, script, strlen(script));
    kf__buf_puts(
        &text, "]\n              env: [{name: X, value: '${trialParameters.x}'}]\n");
    kf_experiment *experiment = NULL;
    ck_ok(kf_experiment_load(kf__buf_text(&text), text.length, &experiment));
    kf__buf_finish(&text);
    return experiment;
}

#define SPEC(more) "}\n  algorithm: {algorithmName: random}\n" more
#define SQUARE "awk 'BEGIN { x = ${trialParameters.x}; print \"loss=\" x * x }'"

/* Start it with commands allowed, run it to its end; the experiment is freed. */
static inline kf_status execute_with(
    kf_experiment *experiment, kf_tune_options options, kf_value **out)
{
    kf_tune *tune = NULL;
    options.size = sizeof options;
    options.containers = KF_CONTAINERS_HOST;
    ck_ok(kf_tune_start(store, experiment, &options, &tune));
    kf_status status = kf_tune_wait(tune, 60);
    ck_ok(kf_store_experiment(store, kf_tune_id(tune), out));
    kf_tune_free(tune);
    kf_experiment_free(experiment);
    return status;
}

static inline kf_status execute(
    kf_experiment *experiment, int64_t max_trials, kf_value **out)
{
    return execute_with(experiment, (kf_tune_options){.max_trials = max_trials}, out);
}

static inline const kf_value *trial_at(const kf_value *experiment, size_t index)
{
    return kf_value_at(kf_value_get(experiment, "trials"), index);
}

static inline const char *state_of(const kf_value *experiment, size_t index)
{
    return kf__get_text(trial_at(experiment, index), "state");
}

/* Of the objective; NaN: none. */
static inline double loss_of(const kf_value *experiment, size_t index)
{
    const kf_value *values = kf_value_get(trial_at(experiment, index), "values");
    const kf_value *loss = kf_value_get(values, "loss");
    return loss != NULL ? kf_value_double(loss) : (double)NAN;
}

#endif
