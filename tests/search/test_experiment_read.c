/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"

static void fails(const char *text, kf_status status, const char *message,
    const char *where, int line)
{
    kf_experiment *experiment;
    ck_fails(kf_experiment_load(text, strlen(text), &experiment), status, message);
    ck_assert_str_eq(kf_last_error()->where, where);
    ck_assert_int_eq(kf_last_error()->line, line);
    kf_report *report;
    ck_ok(kf_experiment_check_text(text, strlen(text), &report));
    ck_assert_uint_ge(kf_report_errors(report), 1);
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 0)->message, message));
    kf_report_free(report);
}

#define EXPECTED                                                                       \
    "expected kind Experiment of kubeflow.org/v1beta1 or OptimizationJob of "          \
    "trainer.kubeflow.org/v1alpha1"

START_TEST(other_documents)
{
    fails(
        "", KF_EDOCUMENT, "the text holds no document: expected an Experiment", "", 1);
    fails("text", KF_EDOCUMENT, "the document is no mapping: " EXPECTED, "", 1);
    fails("a: 1", KF_EDOCUMENT, "the document has no kind: " EXPECTED, "kind", 1);
    fails("kind: Pod", KF_EDOCUMENT, "kind Pod: " EXPECTED, "kind", 1);
    fails("apiVersion: kubeflow.org/v1beta1\nkind: Trial", KF_EDOCUMENT,
        "a Trial is what a running experiment makes, and cannot be run "
        "itself: " EXPECTED,
        "kind", 1);
    fails("apiVersion: kubeflow.org/v1beta1\nkind: Suggestion", KF_EDOCUMENT,
        "a Suggestion is what a running experiment makes", "kind", 1);
    fails("kind: Experiment\napiVersion: kubeflow.org/v1alpha3", KF_EDOCUMENT,
        "apiVersion 'kubeflow.org/v1alpha3' of the Experiment: expected "
        "kubeflow.org/v1beta1",
        "apiVersion", 2);
    fails("kind: OptimizationJob", KF_EDOCUMENT,
        "apiVersion is missing of the OptimizationJob: expected "
        "trainer.kubeflow.org/v1alpha1",
        "apiVersion", 1);
    fails("a: [", KF_EPARSE, "not valid YAML", "", 1);
}
END_TEST

#define EMPTY "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\n"

START_TEST(several_documents)
{
    fails(EMPTY "---\n" EMPTY, KF_EDOCUMENT,
        "the text holds more than one experiment: expected one", "kind", 4);
    kf_experiment *experiment = load("---\n---\nkind: Pod\n---\n" EMPTY "---\n");
    kf_experiment_free(experiment);
    experiment = load("kind: List\nitems:\n- {kind: Pod}\n- {apiVersion: "
                      "kubeflow.org/v1beta1, kind: Experiment, metadata: {name: a}}\n");
    ck_assert_str_eq(kf_experiment_name(experiment), "a");
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(json_text)
{
    kf_experiment *experiment =
        load(" {\"apiVersion\": \"kubeflow.org/v1beta1\", \"kind\": \"Experiment\", "
             "\"metadata\": {\"name\": \"\\ud83d\\ude00\"}}");
    ck_assert_str_eq(kf_experiment_name(experiment), "\xf0\x9f\x98\x80");
    kf_experiment_free(experiment);
    experiment = load("{apiVersion: kubeflow.org/v1beta1, kind: Experiment}");
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(wrong_types)
{
    kf_experiment *experiment;
    char *text = kf_edited(sound, "maxTrialCount: 6", "maxTrialCount: six");
    ck_fails(kf_experiment_load(text, strlen(text), &experiment), KF_ETYPE,
        "a whole number of 32 bits expected, not text");
    ck_assert_str_eq(kf_last_error()->where, "spec.maxTrialCount");
    ck_assert_int_eq(kf_last_error()->line, 14);
    ck_assert_int_eq(kf_last_error()->column, 18);
    kf_text_free(text);
}
END_TEST

static kf_status load_it(const char *text)
{
    kf_experiment *experiment = NULL;
    kf_status status = kf_experiment_load(text, strlen(text), &experiment);
    kf_experiment_free(experiment);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(load_it(sound));
    ck_survives_nomem(load_it(job));
}
END_TEST

KF_TEST_MAIN("search/experiment_read", other_documents, several_documents, json_text,
    wrong_types, out_of_memory)
