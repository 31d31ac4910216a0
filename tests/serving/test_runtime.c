/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: the choice of KServe's controller among the same runtimes. */
#include "service_test.h"

#include "base/mem.h"

#define SERVES "containers: [{name: kserve-container, image: 'mine:1'}]"
#define RT(kind, name, fields) "---\n" RUNTIME(kind, "name: " name, SERVES ", " fields)
#define OF(format, more)                                                               \
    "supportedModelFormats: [{name: " format ", version: '1', autoSelect: true" more   \
    "}]"

static kf_service_runtime *choose(
    const char *model, const char *documents, bool without_shipped)
{
    char *text = kf_edited(PREDICTOR("model: {X}") "---\n", "X", model);
    char *all = kf_edited(text, "---\n", documents);
    kf_services *services = load_all(all);
    kf_service_runtime *runtime = NULL;
    kf_service_runtime_options options = {
        .size = sizeof options, .without_shipped = without_shipped};
    ck_ok(kf_service_runtime_select(
        kf_services_at(services, 0), services, &options, &runtime));
    kf_services_free(services);
    kf_text_free(all);
    kf_text_free(text);
    return runtime;
}

static void chooses(const char *model, const char *name, const char *protocol)
{
    kf_service_runtime *runtime = choose(model, "", false);
    ck_assert_ptr_nonnull(kf_service_runtime_name(runtime));
    ck_assert_str_eq(kf_service_runtime_name(runtime), name);
    ck_assert_str_eq(kf_service_runtime_protocol(runtime), protocol);
    ck_assert_str_eq(kf_service_runtime_kind(runtime), "ClusterServingRuntime");
    ck_assert_ptr_null(kf_service_runtime_failure(runtime));
    kf_service_runtime_free(runtime);
}

#define FORMAT(name) "modelFormat: {name: " name "}"

START_TEST(shipped)
{
    chooses(FORMAT("sklearn"), "kserve-sklearnserver", "v1");
    chooses(FORMAT("xgboost"), "kserve-xgbserver", "v1");
    chooses(FORMAT("lightgbm"), "kserve-lgbserver", "v1");
    chooses(FORMAT("sklearn") ", protocolVersion: v2", "kserve-mlserver", "v2");
    chooses(FORMAT("mlflow") ", protocolVersion: v2", "kserve-mlserver", "v2");
    chooses(FORMAT("onnx") ", protocolVersion: v2", "kserve-tritonserver", "v2");
    chooses(FORMAT("tensorflow"), "kserve-tensorflow-serving", "v1");
    chooses(FORMAT("tensorflow") ", protocolVersion: v2", "kserve-tritonserver", "v2");
    chooses(FORMAT("pytorch"), "kserve-torchserve", "v1");
    chooses(
        FORMAT("pytorch") ", protocolVersion: grpc-v2", "kserve-torchserve", "grpc-v2");
    chooses(FORMAT("vLLM"), "kserve-vllmserver", "v2");
    chooses(FORMAT("huggingface"), "kserve-huggingfaceserver", "v1");
    chooses("modelFormat: {name: xgboost, version: '1'}, protocolVersion: v2",
        "kserve-mlserver", "v2");
}
END_TEST

static const char *reason_of(const kf_service_runtime *runtime, const char *name)
{
    for (size_t i = 0; i < kf_service_runtime_candidate_count(runtime); i++) {
        const kf_service_runtime_candidate *candidate =
            kf_service_runtime_candidate_at(runtime, i);
        if (strcmp(candidate->name, name) == 0)
            return candidate->reason != NULL ? candidate->reason : "";
    }
    return "none";
}

START_TEST(reasons)
{
    kf_service_runtime *runtime = choose("modelFormat: {name: sklearn, version: '2'}",
        RT("ServingRuntime", "idle", OF("sklearn", "") ", disabled: true")
            RT("ServingRuntime", "many", OF("sklearn", "") ", multiModel: true"),
        false);
    ck_assert_ptr_null(kf_service_runtime_name(runtime));
    ck_assert_ptr_null(kf_service_runtime_container(runtime));
    ck_assert_str_eq(kf_service_runtime_failure(runtime), "NoSupportingRuntime");
    ck_assert_str_eq(kf_service_runtime_message(runtime),
        "no runtime serves the format 'sklearn' in version 2 with protocol v1; "
        "kserve-sklearnserver: it serves 'sklearn', but no version '2': 1");
    ck_assert_str_eq(reason_of(runtime, "idle"), "it is disabled");
    ck_assert_str_eq(
        reason_of(runtime, "many"), "it serves several models at a time (multiModel)");
    ck_assert_str_eq(reason_of(runtime, "kserve-sklearnserver"),
        "it serves 'sklearn', but no version '2': 1");
    ck_assert_str_eq(reason_of(runtime, "kserve-mlserver"),
        "it serves 'sklearn', but no version '2': 0, 1");
    ck_assert_str_eq(
        reason_of(runtime, "kserve-pmmlserver"), "it serves no 'sklearn': pmml");
    kf_service_runtime_free(runtime);
    runtime = choose(FORMAT("xgboost") ", protocolVersion: grpc-v2", "", false);
    ck_assert_str_eq(
        reason_of(runtime, "kserve-xgbserver"), "it does not speak grpc-v2: v1, v2");
    ck_assert_str_eq(reason_of(runtime, "kserve-predictiveserver"),
        "it serves 'xgboost' only if the model names it as its runtime");
    kf_service_runtime_free(runtime);
    runtime = choose(FORMAT("xgbost"), "", false);
    ck_assert_str_eq(kf_service_runtime_message(runtime),
        "no runtime serves the format 'xgbost' with protocol v1; did you mean "
        "'xgboost'?");
    kf_service_runtime_free(runtime);
    runtime = choose(FORMAT("huggingface"), "", false);
    ck_assert_str_eq(reason_of(runtime, "kserve-huggingfaceserver"), "");
    ck_assert_str_eq(reason_of(runtime, "kserve-huggingfaceserver-multinode"),
        "it is for models on several machines (workerSpec)");
    ck_assert(kf_service_runtime_candidate_at(runtime, 0)->is_shipped);
    kf_service_runtime_free(runtime);
}
END_TEST

/* The order of those that would do, as one text. */
static void orders(const char *model, const char *documents, const char *expected)
{
    kf_service_runtime *runtime = choose(model, documents, true);
    kf_buf buf = KF__BUF_INIT;
    for (size_t i = 0; i < kf_service_runtime_candidate_count(runtime); i++)
        if (kf_service_runtime_candidate_at(runtime, i)->reason == NULL)
            kf__buf_printf(
                &buf, "%s ", kf_service_runtime_candidate_at(runtime, i)->name);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_service_runtime_free(runtime);
}

START_TEST(order)
{
    orders(FORMAT("x"),
        RT("ClusterServingRuntime", "c", OF("x", ", priority: 9")) RT("ServingRuntime",
            "a", OF("x", "")) RT("ServingRuntime", "b", OF("x", ", priority: 1"))
            RT("ServingRuntime", "d", OF("x", ", priority: 3")),
        "d b a c ");
    orders(FORMAT("x"),
        RT("ServingRuntime", "all", OF("x", "")) RT("ServingRuntime",
            "old, creationTimestamp: '2020-01-01T00:00:00Z'",
            OF("x", "") ", protocolVersions: [v2, v1]")
            RT("ServingRuntime", "new, creationTimestamp: '2021-01-01T00:00:00Z'",
                OF("x", "") ", protocolVersions: [v1]")
                RT("ServingRuntime", "b", OF("x", "") ", protocolVersions: [v1]")
                    RT("ServingRuntime", "a", OF("x", "") ", protocolVersions: [v1]"),
        "new old a b all ");
    /* The first entry of a name decides, whatever its version. */
    orders("modelFormat: {name: x, version: '2'}",
        RT("ServingRuntime", "a",
            "supportedModelFormats: [{name: x, version: '1', priority: 1}, {name: x, "
            "version: '2', autoSelect: true, priority: 9}]") RT("ServingRuntime", "b",
            "supportedModelFormats: [{name: x, version: '2', autoSelect: true, "
            "priority: 2}]"),
        "b a ");
    orders(FORMAT("x"), RT("ServingRuntime", "a, namespace: other", OF("x", "")), "");
    orders(FORMAT("x"), RT("ServingRuntime", "''", OF("x", "")), "");
    orders(FORMAT("X"), RT("ServingRuntime", "a", OF("x", "")), "");
}
END_TEST

static void fails(
    const char *model, const char *documents, const char *failure, const char *message)
{
    kf_service_runtime *runtime = choose(model, documents, false);
    ck_assert_str_eq(kf_service_runtime_failure(runtime), failure);
    ck_assert_str_eq(kf_service_runtime_message(runtime), message);
    kf_service_runtime_free(runtime);
}

START_TEST(by_name)
{
    chooses(FORMAT("sklearn") ", runtime: kserve-predictiveserver",
        "kserve-predictiveserver", "v1");
    chooses(FORMAT("sklearn") ", runtime: kserve-mlserver", "kserve-mlserver", "v2");
    fails(FORMAT("sklearn") ", runtime: kserve-sklearnserve", "",
        "RuntimeNotRecognized",
        "there is no runtime 'kserve-sklearnserve'; did you mean "
        "'kserve-sklearnserver'?");
    fails(FORMAT("sklearn") ", runtime: idle",
        RT("ServingRuntime", "idle", OF("sklearn", "") ", disabled: true"),
        "RuntimeDisabled", "the runtime 'idle' is disabled");
    fails(FORMAT("sklearn") ", runtime: kserve-xgbserver", "", "NoSupportingRuntime",
        "the runtime that is asked for will not do: it serves no 'sklearn': xgboost");
    fails(FORMAT("sklearn") ", runtime: kserve-sklearnserver, protocolVersion: grpc-v1",
        "", "NoSupportingRuntime",
        "the runtime that is asked for will not do: it does not speak grpc-v1: v1, v2");
    fails(FORMAT("a") ", runtime: bare",
        "---\n" RUNTIME("ServingRuntime", "name: bare",
            "containers: [{name: other}], " OF("a", "")),
        "InvalidPredictorSpec", "the runtime 'bare' has no container kserve-container");
}
END_TEST

/* A document takes the place of what is shipped, a namespace's that of the cluster's. */
START_TEST(in_place_of_others)
{
    kf_service_runtime *runtime = choose(FORMAT("sklearn"),
        RT("ClusterServingRuntime", "kserve-sklearnserver", OF("sklearn", "")), false);
    ck_assert(!kf_service_runtime_candidate_at(runtime, 0)->is_shipped);
    ck_assert_str_eq(
        kf_value_string(kf_value_get(kf_service_runtime_container(runtime), "image")),
        "mine:1");
    kf_service_runtime_free(runtime);
    runtime = choose(FORMAT("sklearn") ", runtime: a",
        RT("ClusterServingRuntime", "a", OF("sklearn", ""))
            RT("ServingRuntime", "a", OF("sklearn", "")),
        false);
    ck_assert_str_eq(kf_service_runtime_kind(runtime), "ServingRuntime");
    kf_service_runtime_free(runtime);
}
END_TEST

START_TEST(no_model)
{
    kf_service *service = load(PREDICTOR("containers: [{image: a}]"));
    kf_service_runtime *runtime;
    ck_fails(kf_service_runtime_select(service, NULL, NULL, &runtime), KF_EUNSUPPORTED,
        "the InferenceService 'iris' has no model that a runtime could serve");
    kf_service_runtime_options options = {.size = sizeof options, .canary = 1};
    ck_fails(kf_service_runtime_select(service, NULL, &options, &runtime), KF_EINVAL,
        "there is no canary 1: there are 0");
    kf_service_free(service);
}
END_TEST

START_TEST(canaries)
{
    kf_service *service = load(ISVC("  predictor: {" SKLEARN "}\n"
                                    "  canary:\n"
                                    "  - {predictor: {name: b, model: {modelFormat: "
                                    "{name: xgboost}}}, trafficPercent: 1}\n"));
    kf_service_runtime *runtime = NULL;
    kf_service_runtime_options options = {.size = sizeof options, .canary = 1};
    ck_ok(kf_service_runtime_select(service, NULL, &options, &runtime));
    ck_assert_str_eq(kf_service_runtime_name(runtime), "kserve-xgbserver");
    kf_service_runtime_free(runtime);
    kf_service_free(service);
}
END_TEST

static kf_status select_it(const kf_service *service)
{
    kf_service_runtime *runtime = NULL;
    kf_status status = kf_service_runtime_select(service, NULL, NULL, &runtime);
    kf_service_runtime_free(runtime);
    return status;
}

START_TEST(out_of_memory)
{
    kf_service *service = load(PREDICTOR("model: {modelFormat: {name: sklearn}, "
                                         "protocolVersion: v2, env: [{name: A}]}"));
    ck_survives_nomem(select_it(service));
    kf_service_free(service);
}
END_TEST

KF_TEST_MAIN("serving/runtime", shipped, reasons, order, by_name, in_place_of_others,
    no_model, canaries, out_of_memory)
