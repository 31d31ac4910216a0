/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"

START_TEST(sound_documents)
{
    check_finds(sound, "nothing\n");
    check_finds(job, "nothing\n");
}
END_TEST

START_TEST(names)
{
    finds("name: tuning", "name: Tuning",
        "error metadata.name: the name 'Tuning' must begin with a lower-case letter\n");
    finds("name: tuning", "name: 2nd",
        "error metadata.name: the name '2nd' must begin with a lower-case letter\n");
    finds("name: tuning", "name: a234567890123456789012345678901234567890x",
        "error metadata.name: the name has 41 characters: expected at most 40\n");
    finds(
        "name: tuning", "name: a23456789012345678901234567890123456789x", "nothing\n");
    finds("name: tuning", "name: tuning_1",
        "error metadata.name: 'tuning_1' is no name to Kubernetes: expected lower-case "
        "letters, digits and '-', a letter or digit at both ends\n");
    finds("name: tuning", "labels: {}",
        "error metadata.name: an experiment needs a name\n");
    finds("name: tuning", "generateName: tuning-", "nothing\n");
}
END_TEST

START_TEST(counts)
{
    finds("maxFailedTrialCount: 3", "maxFailedTrialCount: -1",
        "error spec.maxFailedTrialCount: maxFailedTrialCount is -1: expected 0 or "
        "more\n");
    finds("maxFailedTrialCount: 3", "maxFailedTrialCount: 0", "nothing\n");
    finds("maxFailedTrialCount: 3", "maxFailedTrialCount: 6", "nothing\n");
    finds("maxFailedTrialCount: 3", "maxFailedTrialCount: 7",
        "error spec.maxFailedTrialCount: maxFailedTrialCount is 7, more than "
        "maxTrialCount, 6\n");
    finds("parallelTrialCount: 2", "parallelTrialCount: 0",
        "error spec.parallelTrialCount: parallelTrialCount is 0: expected 1 or more\n");
    finds("parallelTrialCount: 2", "parallelTrialCount: 6", "nothing\n");
    finds("parallelTrialCount: 2", "parallelTrialCount: 7",
        "error spec.parallelTrialCount: parallelTrialCount is 7, more than "
        "maxTrialCount, 6\n");
    finds("maxTrialCount: 6\n  maxFailedTrialCount: 3", "maxTrialCount: 0",
        "error spec.maxTrialCount: maxTrialCount is 0: expected 1 or more\n"
        "error spec.parallelTrialCount: parallelTrialCount is 2, more than "
        "maxTrialCount, 0\n");
    /* Katib's default of 3 parallel trials counts as given. */
    finds("  parallelTrialCount: 2\n  maxTrialCount: 6\n  maxFailedTrialCount: 3\n",
        "  maxTrialCount: 2\n",
        "error spec.parallelTrialCount: parallelTrialCount is 3 when it is not given, "
        "more than maxTrialCount, 2\n");
    finds("  maxTrialCount: 6\n", "", "nothing\n");
    finds("    goal: 0.001\n    objectiveMetricName: loss\n    additionalMetricNames: "
          "[accuracy]\n  algorithm:\n    algorithmName: random\n  parallelTrialCount: "
          "2\n  maxTrialCount: 6\n",
        "    objectiveMetricName: loss\n  algorithm:\n    algorithmName: random\n",
        "warning spec: neither maxTrialCount nor objective.goal is given: it goes on "
        "for "
        "ever\n");
}
END_TEST

START_TEST(objectives)
{
    finds("    type: minimize\n", "    type: minimise\n",
        "error spec.objective.type: type 'minimise': expected minimize or maximize; "
        "did "
        "you mean 'minimize'?\n");
    finds("    type: minimize\n", "",
        "error spec.objective.type: type '': expected minimize or maximize\n");
    finds("    objectiveMetricName: loss\n", "",
        "error spec.objective.objectiveMetricName: the objective needs the name of its "
        "metric\n");
    finds("[accuracy]", "[accuracy, loss]",
        "error spec.objective.additionalMetricNames[1]: 'loss' is the objective's "
        "metric "
        "already: leave it out here\n");
    finds("[accuracy]", "[accuracy, accuracy]",
        "warning spec.objective.additionalMetricNames[1]: 'accuracy' stands in the "
        "list "
        "twice\n");
    finds("  objective:\n    type: minimize\n    goal: 0.001\n    objectiveMetricName: "
          "loss\n    additionalMetricNames: [accuracy]\n",
        "", "error spec.objective: an experiment needs an objective\n");
    finds("[accuracy]", "[accuracy]\n    metricStrategies: [{name: loss, value: mean}]",
        "warning spec.objective.metricStrategies[0].value: strategy 'mean' is none of "
        "min, max and latest: the latest value counts\n");
    finds("[accuracy]", "[accuracy]\n    metricStrategies: [{name: lost, value: min}]",
        "warning spec.objective.metricStrategies[0].name: 'lost' is no metric of this "
        "experiment\n");
}
END_TEST

START_TEST(several_objectives)
{
    finds("  name: tuning\n",
        "  name: tuning\n  annotations: {libkf/objectives: '[{\"name\": \"loss\", "
        "\"type\": \"minimize\"}, {\"name\": \"accuracy\", \"type\": "
        "\"maximize\"}]'}\n",
        "nothing\n");
    finds("  name: tuning\n",
        "  name: tuning\n  annotations: {libkf/objectives: '{}'}\n",
        "error metadata.annotations['libkf/objectives']: the annotation must be a JSON "
        "list of {\"name\", \"type\"}\n");
    finds("  name: tuning\n",
        "  name: tuning\n  annotations: {libkf/objectives: '[{\"name\": \"x\", "
        "\"type\": \"minimize\"}, {\"name\": \"y\"}]'}\n",
        "error metadata.annotations['libkf/objectives'][0]: the first objective must "
        "be "
        "objectiveMetricName, 'loss'\n"
        "error metadata.annotations['libkf/objectives'][1]: each objective needs a "
        "name, "
        "and minimize or maximize as its type\n");
}
END_TEST

START_TEST(resume_policies)
{
    finds("  maxTrialCount: 6\n", "  maxTrialCount: 6\n  resumePolicy: FromVolume\n",
        "nothing\n");
    finds("  maxTrialCount: 6\n", "  maxTrialCount: 6\n  resumePolicy: fromVolume\n",
        "error spec.resumePolicy: resumePolicy 'fromVolume': expected Never, "
        "LongRunning "
        "or FromVolume; did you mean 'FromVolume'?\n");
}
END_TEST

START_TEST(all_at_once)
{
    check_finds("{apiVersion: kubeflow.org/v1beta1, kind: Experiment}",
        "error metadata.name: an experiment needs a name\n"
        "warning spec: neither maxTrialCount nor objective.goal is given: it goes on "
        "for "
        "ever\n"
        "error spec.objective: an experiment needs an objective\n"
        "error spec.algorithm: an experiment needs an algorithm\n"
        "error spec.trialTemplate: an experiment needs a trialTemplate\n"
        "error spec.parameters: an experiment needs parameters or a nasConfig\n");
}
END_TEST

START_TEST(places)
{
    char *text = kf_edited(sound, "reference: layers", "reference: layer");
    kf_report *report;
    ck_ok(kf_experiment_check_text(text, strlen(text), &report));
    ck_assert_uint_eq(kf_report_errors(report), 2);
    const kf_finding *finding = kf_report_at(report, 1);
    ck_assert_str_eq(finding->where, "spec.trialTemplate.trialParameters[1].reference");
    ck_assert_str_eq(finding->message,
        "'layer' is no parameter of the experiment; did you mean 'layers'?");
    ck_assert_int_eq(finding->line, 30);
    ck_assert_int_eq(finding->column, 32);
    ck_assert_int_eq(finding->code, KF_ENOENT);
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

/* ---- updates ---- */

#define ENDED(reason)                                                                  \
    "\nstatus:\n  trials: 6\n  conditions:\n  - {type: Running, status: 'False'}\n  "  \
    "- "                                                                               \
    "{type: Succeeded, status: 'True', reason: " reason "}\n"

static void update_finds(const char *old, const char *changed, const char *expected)
{
    kf_experiment *before = load(old), *after = load(changed);
    kf_report *report;
    ck_ok(kf_experiment_check_update(before, after, &report));
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf_report_free(report);
    kf_experiment_free(before);
    kf_experiment_free(after);
}

static void changing(
    const char *status, const char *old, const char *new, const char *expected)
{
    char *before = kf_edited(sound, "restartPolicy: Never\n", "restartPolicy: Never");
    char *ended = kf_edited(before, "restartPolicy: Never", status);
    char *changed = kf_edited(sound, old, new);
    update_finds(ended, changed, expected);
    kf_text_free(before);
    kf_text_free(ended);
    kf_text_free(changed);
}

#define NEVER "restartPolicy: Never"

START_TEST(updates)
{
    static const char running[] = NEVER "\nstatus: {trials: 4}\n";
    static const char done[] = NEVER ENDED("ExperimentMaxTrialsReached");
    changing(running, "maxTrialCount: 6", "maxTrialCount: 9", "nothing\n");
    changing(running, "maxTrialCount: 6\n  maxFailedTrialCount: 3", "maxTrialCount: 4",
        "error spec.maxTrialCount: maxTrialCount is 4: expected more than the 4 trials "
        "there are\n");
    changing(running, "max: '0.05'", "max: '0.06'",
        "error spec.parameters: parameters cannot be changed: only parallelTrialCount, "
        "maxTrialCount and maxFailedTrialCount can\n");
    changing(running, "  maxTrialCount: 6\n",
        "  maxTrialCount: 6\n  earlyStopping: {algorithmName: medianstop}\n",
        "error spec.earlyStopping: earlyStopping cannot be changed: only "
        "parallelTrialCount, maxTrialCount and maxFailedTrialCount can\n");
    changing(done, "name: tuning", "name: tuning", "nothing\n");
    changing(done, "maxTrialCount: 6", "maxTrialCount: 9",
        "error spec: the experiment has ended: it can go on only if it succeeded by "
        "reaching maxTrialCount and its resumePolicy is LongRunning or FromVolume\n");
}
END_TEST

START_TEST(restarts)
{
    static const struct {
        const char *reason;
        const char *expected;
    } cases[] = {{"ExperimentMaxTrialsReached", "nothing\n"},
        {"ExperimentGoalReached",
            "error spec: the experiment has ended: it can go on only if it succeeded "
            "by "
            "reaching maxTrialCount and its resumePolicy is LongRunning or "
            "FromVolume\n"}};
    for (size_t i = 0; i < 2; i++) {
        kf_buf status = KF__BUF_INIT;
        kf__buf_printf(&status,
            "status: {trials: 6, conditions: [{type: Succeeded, status: 'True', "
            "reason: "
            "%s}]}\nspec:\n  resumePolicy: LongRunning\n",
            cases[i].reason);
        char *old = kf_edited(sound, "spec:\n", kf__buf_text(&status));
        char *changed = kf_edited(old, "maxTrialCount: 6", "maxTrialCount: 12");
        update_finds(old, changed, cases[i].expected);
        kf_text_free(old);
        kf_text_free(changed);
        kf__buf_finish(&status);
    }
}
END_TEST

static kf_status check_it(void)
{
    kf_report *report = NULL;
    kf_status status = kf_experiment_check_text(sound, strlen(sound), &report);
    kf_report_free(report);
    return status;
}

static kf_status check_job(void)
{
    kf_report *report = NULL;
    kf_status status = kf_experiment_check_text(job, strlen(job), &report);
    kf_report_free(report);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(check_it());
    ck_survives_nomem(check_job());
}
END_TEST

KF_TEST_MAIN("search/experiment_check", sound_documents, names, counts, objectives,
    several_objectives, resume_policies, all_at_once, places, updates, restarts,
    out_of_memory)
