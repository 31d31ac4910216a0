/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: IsMMSPredictor and IsMemoryResourceAvailable of KServe's utils.go. */
#include "service_test.h"

#include "serving/trained.h"

#define PARENT(fields) PREDICTOR(fields)
#define LIMITED(memory)                                                                \
    "model: {modelFormat: {name: xgboost}, resources: {limits: {memory: " memory "}}}"
#define MODEL(name, framework, memory)                                                 \
    "---\napiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"                \
    "metadata: {name: " name "}\n"                                                     \
    "spec: {inferenceService: iris, model: {framework: " framework                     \
    ", storageUri: 's3://b/" name "', memory: " memory "}}\n"

/* Of the model called m. */
static void looks(const char *text, const char *message)
{
    kf_services *services = load_all(text);
    kf_trained known;
    kf__trained_look(
        services, kf_services_find(services, "TrainedModel", "default", "m"), &known);
    ck_assert_str_eq(known.message, message);
    kf_services_free(services);
}

#define NOT_MULTI                                                                      \
    "the predictor of 'iris' has a model of its own, or is none that serves "          \
    "TrainedModels"

START_TEST(predictors_for_several_models)
{
    static const struct {
        const char *predictor;
        const char *message;
    } rows[] = {{LIMITED("1Gi"), ""},
        {"sklearn: {}", "the predictor of 'iris' serves "
                        "models of sklearn, not of "
                        "xgboost"},
        {"xgboost: {}", ""}, {"model: {modelFormat: {name: triton}}", ""},
        {"xgboost: {storageUri: 's3://b/own'}", NOT_MULTI},
        {"xgboost: {storage: {key: a, path: b}}", NOT_MULTI},
        {"xgboost: {}, storageUris: [{uri: 's3://b/own'}]", NOT_MULTI},
        {"model: {modelFormat: {name: huggingface}}", NOT_MULTI},
        {"containers: [{image: a}]", NOT_MULTI}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text, PARENT("%s") MODEL("m", "xgboost", "1Gi"),
            rows[i].predictor);
        looks(text, rows[i].message);
    }
}
END_TEST

START_TEST(services_that_are_not_there)
{
    looks(MODEL("m", "xgboost", "1Gi"), "there is no InferenceService 'iris'");
    looks(ANNOTATED("serving.kserve.io/stop: 'true'", "  predictor: {xgboost: {}}\n")
              MODEL("m", "xgboost", "1Gi"),
        "there is no InferenceService 'iris'");
}
END_TEST

#define FULL                                                                           \
    "the predictor of 'iris' has not enough memory for it beside the models before it"

/* What came before has its memory; what did not fit takes none. */
START_TEST(memory)
{
    looks(PARENT(LIMITED("1Gi")) MODEL("m", "xgboost", "1Gi"), "");
    looks(PARENT(LIMITED("1Gi")) MODEL("m", "xgboost", "1025Mi"), FULL);
    looks(PARENT(LIMITED("1Gi")) MODEL("a", "xgboost", "600Mi")
              MODEL("m", "xgboost", "424Mi"),
        "");
    looks(PARENT(LIMITED("1Gi")) MODEL("a", "xgboost", "600Mi")
              MODEL("m", "xgboost", "425Mi"),
        FULL);
    looks(PARENT(LIMITED("1Gi")) MODEL("a", "xgboost", "2Gi")
              MODEL("m", "xgboost", "1Gi") MODEL("z", "xgboost", "1Gi"),
        "");
    /* The limit of the shipped runtime: 2Gi. */
    looks(PARENT("xgboost: {}") MODEL("m", "xgboost", "2Gi"), "");
    looks(PARENT("xgboost: {}") MODEL("m", "xgboost", "3Gi"), FULL);
}
END_TEST

START_TEST(service_of_its_own)
{
    kf_services *services = load_all(ISVC_WITH(
        ", labels: {x: '1'}, annotations: {y: '2'}",
        "  predictor: {canaryTrafficPercent: 10, minReplicas: 0, timeout: 7, model: "
        "{modelFormat: {name: xgboost, version: '2'}, env: [{name: A}]}}\n"
        "  transformer: {containers: [{image: t}]}\n") MODEL("m", "xgboost", "1Gi"));
    kf_service *runs = NULL;
    ck_ok(
        kf__trained_service(kf_services_find(services, "TrainedModel", "default", "m"),
            kf_services_find(services, "InferenceService", "default", "iris"), &runs));
    check_json(kf_service_document(runs),
        "{\"apiVersion\":\"serving.kserve.io/v1beta1\",\"kind\":\"InferenceService\","
        "\"metadata\":{\"name\":\"m\",\"labels\":{\"x\":\"1\"},\"annotations\":{\"y\":"
        "\"2\",\"modelFormat\":\"xgboost\"}},\"spec\":{\"predictor\":{\"minReplicas\":"
        "0,"
        "\"timeout\":7,\"model\":{\"modelFormat\":{\"name\":\"xgboost\",\"version\":"
        "\"2\"},\"env\":[{\"name\":\"A\"}],\"storageUri\":\"s3://b/m\"}}}}");
    kf_service_free(runs);
    ck_assert(kf__trained_has(
        services, kf_services_find(services, "InferenceService", "default", "iris")));
    kf_services_free(services);
}
END_TEST

KF_TEST_MAIN("serving/trained", predictors_for_several_models,
    services_that_are_not_there, memory, service_of_its_own)
