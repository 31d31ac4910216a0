/* SPDX-License-Identifier: Apache-2.0 */
/* A sound experiment, edited for each test, and what its check must find. */
#ifndef KF_EXPERIMENT_TEST_H
#define KF_EXPERIMENT_TEST_H

#include "kf_edit.h"
#include "space_test.h"

#include <kf/experiment.h>

#include "base/buf.h"

static const char sound[] = "apiVersion: kubeflow.org/v1beta1\n"
                            "kind: Experiment\n"
                            "metadata:\n"
                            "  name: tuning\n"
                            "spec:\n"
                            "  objective:\n"
                            "    type: minimize\n"
                            "    goal: 0.001\n"
                            "    objectiveMetricName: loss\n"
                            "    additionalMetricNames: [accuracy]\n"
                            "  algorithm:\n"
                            "    algorithmName: random\n"
                            "  parallelTrialCount: 2\n"
                            "  maxTrialCount: 6\n"
                            "  maxFailedTrialCount: 3\n"
                            "  parameters:\n"
                            "  - name: lr\n"
                            "    parameterType: double\n"
                            "    feasibleSpace: {min: '0.01', max: '0.05'}\n"
                            "  - name: layers\n"
                            "    parameterType: int\n"
                            "    feasibleSpace: {min: '1', max: '4'}\n"
                            "  - name: act\n"
                            "    parameterType: categorical\n"
                            "    feasibleSpace: {list: [relu, gelu]}\n"
                            "  trialTemplate:\n"
                            "    primaryContainerName: train\n"
                            "    trialParameters:\n"
                            "    - {name: rate, reference: lr}\n"
                            "    - {name: depth, reference: layers}\n"
                            "    - {name: act, reference: act}\n"
                            "    trialSpec:\n"
                            "      apiVersion: batch/v1\n"
                            "      kind: Job\n"
                            "      spec:\n"
                            "        template:\n"
                            "          spec:\n"
                            "            containers:\n"
                            "            - name: train\n"
                            "              image: python:3.11\n"
                            "              command:\n"
                            "              - python\n"
                            "              - --lr=${trialParameters.rate}\n"
                            "              - --layers=${trialParameters.depth}\n"
                            "              - ${trialParameters.act}\n"
                            "            restartPolicy: Never\n";

static const char job[] = "apiVersion: trainer.kubeflow.org/v1alpha1\n"
                          "kind: OptimizationJob\n"
                          "metadata: {name: tuning}\n"
                          "spec:\n"
                          "  objectives:\n"
                          "  - {metric: accuracy, direction: Maximize}\n"
                          "  searchAlgorithm:\n"
                          "    random: {seed: 7}\n"
                          "  parameters:\n"
                          "  - name: lr\n"
                          "    searchSpace:\n"
                          "      logUniform: {min: '1e-4', max: '0.1'}\n"
                          "  - name: layers\n"
                          "    searchSpace:\n"
                          "      uniform: {min: '1', max: '4', type: Int}\n"
                          "  - name: act\n"
                          "    searchSpace:\n"
                          "      categorical: {choices: [relu, gelu]}\n"
                          "  numTrials: 8\n"
                          "  parallelTrials: 2\n"
                          "  trainJobTemplate:\n"
                          "    spec:\n"
                          "      runtimeRef: {name: torch-distributed}\n"
                          "      trainer:\n"
                          "        command: [python, train.py]\n";

static inline kf_experiment *load(const char *text)
{
    kf_experiment *experiment = NULL;
    ck_ok(kf_experiment_load(text, strlen(text), &experiment));
    return experiment;
}

static inline kf_experiment *load_edited(const char *old, const char *new)
{
    char *text = kf_edited(sound, old, new);
    kf_experiment *experiment = load(text);
    kf_text_free(text);
    return experiment;
}

/* The report as lines "error WHERE: MESSAGE". */
static inline char *shown(const kf_report *report)
{
    kf_buf buf = KF__BUF_INIT;
    char *made = NULL;
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        kf__buf_printf(&buf, "%s %s: %s\n",
            finding->severity == KF_SEVERITY_ERROR ? "error" : "warning",
            finding->where, finding->message);
    }
    kf__buf_puts(&buf, "");
    if (kf_report_count(report) == 0)
        kf__buf_puts(&buf, "nothing\n");
    ck_ok(kf__buf_take(&buf, &made));
    return made;
}

static inline void check_finds(const char *text, const char *expected)
{
    kf_report *report = NULL;
    ck_ok(kf_experiment_check_text(text, strlen(text), &report));
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf_report_free(report);
}

/* Checking the sound experiment with `old` replaced finds just this: lines
 * "error WHERE: MESSAGE\n", or "nothing\n". */
static inline void finds(const char *old, const char *new, const char *expected)
{
    char *text = kf_edited(sound, old, new);
    check_finds(text, expected);
    kf_text_free(text);
}

static inline void finds_in_job(const char *old, const char *new, const char *expected)
{
    char *text = kf_edited(job, old, new);
    check_finds(text, expected);
    kf_text_free(text);
}

#endif
