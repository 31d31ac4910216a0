/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/error.h"
#include "search/experiment_check.h"

static void finds_in_batch_job(const char *text, const char *expected)
{
    kf_value *value = json(text);
    kf_report *report;
    ck_ok(kf__report_new(&report));
    kf__check_batch_job(report, KF__PLACE(NULL, "job"), value);
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf_report_free(report);
    kf_value_free(value);
}

#define POD(text) "{\"spec\": {\"template\": {\"spec\": {" text "}}}}"
#define CONTAINER(text) POD("\"containers\": [{" text "}]")
#define EMPTY                                                                          \
    ": Kubernetes leaves out what is empty here, and Katib then refuses the "          \
    "template: leave it out\n"

START_TEST(sound_jobs)
{
    finds_in_batch_job(
        "{\"apiVersion\": \"batch/v1\", \"kind\": \"Job\", \"metadata\": "
        "{\"labels\": {\"a\": \"b\"}, \"creationTimestamp\": null}, "
        "\"spec\": {\"backoffLimit\": 0, \"suspend\": false}}",
        "nothing\n");
    finds_in_batch_job(
        CONTAINER(
            "\"name\": \"\", \"command\": [\"\", \"a\"], \"resources\": {\"limits\": "
            "{\"cpu\": 1, \"nvidia.com/gpu\": \"2\"}}, \"env\": [{\"name\": \"A\", "
            "\"valueFrom\": {\"secretKeyRef\": {\"name\": \"a\", \"key\": \"b\", "
            "\"optional\": false}}}], \"volumeMounts\": [{\"name\": \"v\", "
            "\"mountPath\": \"/v\", \"subPath\": \"s\"}], \"ports\": "
            "[{\"containerPort\": "
            "80}]"),
        "nothing\n");
    finds_in_batch_job(
        POD("\"volumes\": [{\"name\": \"v\", \"emptyDir\": {}}], \"tolerations\": "
            "[{\"key\": \"a\", \"operator\": \"Exists\"}], \"affinity\": {\"any\": "
            "[]}"),
        "nothing\n");
}
END_TEST

START_TEST(unknown_fields)
{
    finds_in_batch_job("{\"spce\": {}}",
        "error job.spce: a Job has no field 'spce' here; did you mean 'spec'?\n");
    finds_in_batch_job(CONTAINER("\"comand\": [\"a\"]"),
        "error job.spec.template.spec.containers[0].comand: a Job has no field "
        "'comand' "
        "here; did you mean 'command'?\n");
    finds_in_batch_job(CONTAINER("\"env\": [{\"name\": \"A\", \"valueForm\": {}}]"),
        "error job.spec.template.spec.containers[0].env[0].valueForm: a Job has no "
        "field "
        "'valueForm' here; did you mean 'valueFrom'?\n");
    finds_in_batch_job("{\"spec\": {\"template\": {\"containers\": []}}}",
        "error job.spec.template.containers: a Job has no field 'containers' here\n");
}
END_TEST

START_TEST(what_is_left_out)
{
    finds_in_batch_job(CONTAINER("\"args\": []"),
        "error job.spec.template.spec.containers[0].args" EMPTY);
    finds_in_batch_job(CONTAINER("\"tty\": false"),
        "error job.spec.template.spec.containers[0].tty" EMPTY);
    finds_in_batch_job(CONTAINER("\"env\": [{\"name\": \"A\", \"value\": \"\"}]"),
        "error job.spec.template.spec.containers[0].env[0].value" EMPTY);
    finds_in_batch_job(CONTAINER("\"ports\": [{\"hostPort\": 0}]"),
        "error job.spec.template.spec.containers[0].ports[0].hostPort" EMPTY);
    finds_in_batch_job(
        "{\"metadata\": {\"labels\": {}}}", "error job.metadata.labels" EMPTY);
    finds_in_batch_job(
        POD("\"nodeName\": null"), "error job.spec.template.spec.nodeName" EMPTY);
}
END_TEST

START_TEST(types)
{
    finds_in_batch_job("{\"spec\": {\"backoffLimit\": \"3\"}}",
        "error job.spec.backoffLimit: a whole number expected in a Job\n");
    finds_in_batch_job("{\"spec\": {\"backoffLimit\": 1.5, \"suspend\": 1}}",
        "error job.spec.backoffLimit: a whole number expected in a Job\n"
        "error job.spec.suspend: true or false expected in a Job\n");
    finds_in_batch_job(CONTAINER("\"args\": [\"a\", 1], \"command\": \"b\""),
        "error job.spec.template.spec.containers[0].args[1]: text expected in a Job\n"
        "error job.spec.template.spec.containers[0].command: a list expected in a "
        "Job\n");
    finds_in_batch_job("{\"spec\": [], \"metadata\": {\"labels\": {\"a\": 1}}}",
        "error job.spec: a mapping expected in a Job\n"
        "error job.metadata.labels.a: text expected in a Job\n");
    finds_in_batch_job("{\"spec\": {\"backoffLimit\": 1e300}}",
        "error job.spec.backoffLimit: a whole number expected in a Job\n");
}
END_TEST

KF_TEST_MAIN("search/batch_job", sound_jobs, unknown_fields, what_is_left_out, types)
