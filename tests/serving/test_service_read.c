/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

#include "base/mem.h"

static void fails(const char *text, kf_status status, const char *message,
    const char *where, int line)
{
    kf_service *service;
    ck_fails(kf_service_load(text, strlen(text), &service), status, message);
    ck_assert_str_eq(kf_last_error()->where, where);
    ck_assert_int_eq(kf_last_error()->line, line);
}

START_TEST(other_documents)
{
    fails("", KF_EDOCUMENT, "the text holds no document", "", 1);
    fails("text", KF_EDOCUMENT, "the document is no mapping", "", 1);
    fails("a: 1", KF_EDOCUMENT, "the document has no kind", "kind", 1);
    fails("kind: Secret", KF_EDOCUMENT, "the document has no apiVersion", "apiVersion",
        1);
    fails("kind: InferenceService", KF_EDOCUMENT,
        "the InferenceService has no apiVersion: expected serving.kserve.io/v1beta1",
        "apiVersion", 1);
    fails("kind: ServingRuntime\napiVersion: serving.kserve.io/v1beta1", KF_EDOCUMENT,
        "apiVersion 'serving.kserve.io/v1beta1' of the ServingRuntime: expected "
        "serving.kserve.io/v1alpha1",
        "apiVersion", 2);
    fails("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceServise", KF_EDOCUMENT,
        "KServe has no kind 'InferenceServise'; did you mean 'InferenceService'?",
        "kind", 2);
    fails("a: [", KF_EPARSE, "not valid YAML", "", 1);
}
END_TEST

/* What KServe does not read since it is KServe. */
START_TEST(old_documents)
{
    fails("apiVersion: serving.kubeflow.org/v1alpha2\nkind: InferenceService",
        KF_EDOCUMENT,
        "apiVersion 'serving.kubeflow.org/v1alpha2' of the InferenceService is one of "
        "KFServing",
        "apiVersion", 1);
    fails("apiVersion: serving.kserve.io/v1alpha2\nkind: InferenceService\nspec: {}",
        KF_EDOCUMENT, "what stood in spec.default stands in spec since then",
        "apiVersion", 1);
    fails("apiVersion: serving.kubeflow.org/v1beta1\nkind: InferenceService",
        KF_EDOCUMENT, "expected serving.kserve.io/v1beta1", "apiVersion", 1);
    ck_assert_ptr_null(strstr(kf_last_error()->message, "spec.default"));
}
END_TEST

START_TEST(wrong_types)
{
    fails(PREDICTOR("minReplicas: one"), KF_ETYPE,
        "a whole number of 32 bits expected, not text", "spec.predictor.minReplicas",
        5);
    fails(PREDICTOR("sklearn: {env: [{name: A, value: 1}]}"), KF_ETYPE,
        "text expected, not a number: write it in quotes",
        "spec.predictor.sklearn.env[0].value", 5);
    fails(PREDICTOR("workerSpec: {pipelineParallelSize: 1.5}"), KF_ETYPE,
        "a whole number of 64 bits expected",
        "spec.predictor.workerSpec.pipelineParallelSize", 5);
    fails(PREDICTOR("containers: {name: a}"), KF_ETYPE,
        "a list expected, not a mapping", "spec.predictor.containers", 5);
    fails(PREDICTOR("model: {resources: {limits: {cpu: 2Gb}}}"), KF_ETYPE,
        "a quantity, as '500m' or '2Gi', expected, not text",
        "spec.predictor.model.resources.limits.cpu", 5);
    fails(PREDICTOR("logger: {metadataHeaders: x-id}"), KF_ETYPE, "a list expected",
        "spec.predictor.logger.metadataHeaders", 5);
    fails(ISVC_WITH(", labels: {a: 1}", "  predictor: {}\n"), KF_ETYPE, "text expected",
        "metadata.labels.a", 3);
    fails(GRAPH("    root: {routerType: Splitter, steps: [{weight: half}]}\n"),
        KF_ETYPE, "a whole number of 64 bits expected, not text",
        "spec.nodes.root.steps[0].weight", 6);
    fails(GRAPH("    root: [a]\n"), KF_ETYPE, "a mapping expected, not a list",
        "spec.nodes.root", 6);
    fails(RUNTIME("ServingRuntime", "name: a", "containers: [], disabled: 'yes'"),
        KF_ETYPE, "true or false expected, not text", "spec.disabled", 4);
}
END_TEST

/* Numbers where Kubernetes takes quantities, and no number that is none. */
START_TEST(quantities)
{
    static const char *const good[] = {"1", "0.1", "'1'", "500m", "2Gi", "'1.5e3'",
        "'+.5'", "'5.'", "1E", "100n", "'-3k'"};
    static const char *const bad[] = {
        "'1 Gi'", "''", "'.'", "Gi", "1gi", "'1e'", "'0x10'", "true", "[1]", "1Ki2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char *text = kf_edited(
            PREDICTOR("model: {resources: {limits: {cpu: X}}}"), "X", good[i]);
        kf_service_free(load(text));
        kf_text_free(text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text =
            kf_edited(PREDICTOR("model: {resources: {limits: {cpu: X}}}"), "X", bad[i]);
        fails(text, KF_ETYPE, "a quantity, as '500m' or '2Gi', expected",
            "spec.predictor.model.resources.limits.cpu", 5);
        kf_text_free(text);
    }
}
END_TEST

START_TEST(several_documents)
{
    fails(PREDICTOR("") "---\n" PREDICTOR(""), KF_EDOCUMENT,
        "the text holds 2 documents: expected one", "", 7);
}
END_TEST

/* YAML's own forms, and JSON's escapes that YAML lacks. */
START_TEST(json_text)
{
    kf_service *service =
        load(" {\"apiVersion\": \"serving.kserve.io/v1beta1\", \"kind\": "
             "\"InferenceService\", \"metadata\": {\"name\": \"\\ud83d\\ude00\"}}");
    ck_assert_str_eq(kf_service_name(service), "\xf0\x9f\x98\x80");
    kf_service_free(service);
    service = load("{apiVersion: serving.kserve.io/v1beta1, kind: InferenceService}");
    ck_assert_str_eq(kf_service_name(service), "");
    kf_service_free(service);
}
END_TEST

/* What KServe 0.21 added is known. */
START_TEST(newer_fields)
{
    kf_report *report = NULL;
    static const char text[] = ISVC(
        "  predictor: {schedulingGroup: {}, " SKLEARN "}\n"
        "  tracing: {exporter: otlp, samplerArg: '0.1'}\n") "---\n" RUNTIME("ServingRun"
                                                                            "time",
        "name: a",
        "resourceClaims: [{name: a}], containers: [{name: kserve-container}]");
    ck_ok(kf_services_check_text(text, sizeof text - 1, &report));
    ck_assert_uint_eq(kf_report_count(report), 0);
    kf_report_free(report);
}
END_TEST

static kf_status load_it(const char *text)
{
    kf_services *services = NULL;
    kf_status status = kf_services_load(text, strlen(text), &services);
    kf_services_free(services);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(
        load_it(PREDICTOR("sklearn: {storageUri: s3://b/m}, batcher: {}") "---\n" GRAPH(
            "    root: {routerType: Sequence}\n")));
    ck_survives_nomem(load_it(ISVC("  predictor: {" SKLEARN "}\n"
                                   "  canary:\n"
                                   "  - {predictor: {name: b}, trafficPercent: 1}\n")));
}
END_TEST

KF_TEST_MAIN("serving/service_read", other_documents, old_documents, wrong_types,
    quantities, newer_fields, several_documents, json_text, out_of_memory)
