/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

#include "base/mem.h"

static kf_value *parse(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    return value;
}

static void writes(kf_service *service, const char *expected)
{
    kf_report *report = NULL;
    char *text = NULL;
    ck_ok(kf_service_write(service, NULL, &text));
    kf_check_same(text, expected);
    ck_ok(kf_service_check(service, &report));
    ck_assert_uint_eq(kf_report_errors(report), 0);
    kf_report_free(report);
    kf_text_free(text);
    kf_service_free(service);
}

START_TEST(a_model)
{
    int32_t none = 0;
    int64_t share = 10;
    kf_value *args = parse("[\"--nthread=2\"]"), *env = parse("{\"A\": \"1\"}");
    kf_value *resources = parse("{\"limits\": {\"cpu\": \"2\"}}");
    kf_value *logger = parse("{\"url\": \"http://sink\"}");
    kf_service_component_options predictor = {.size = sizeof predictor,
        .format = "xgboost",
        .format_version = "2",
        .runtime = "mine",
        .protocol = "v2",
        .storage_uri = "s3://b/m",
        .args = args,
        .env = env,
        .resources = resources,
        .min_replicas = &none,
        .max_replicas = 3,
        .concurrency = 4,
        .timeout = 30,
        .canary_percent = &share,
        .logger = logger};
    kf_service_options options = {.size = sizeof options,
        .name = "iris",
        .name_space = "ml",
        .predictor = &predictor};
    kf_service *service = NULL;
    ck_ok(kf_service_new(&options, &service));
    writes(service, "apiVersion: serving.kserve.io/v1beta1\n"
                    "kind: InferenceService\n"
                    "metadata:\n"
                    "  name: iris\n"
                    "  namespace: ml\n"
                    "spec:\n"
                    "  predictor:\n"
                    "    canaryTrafficPercent: 10\n"
                    "    containerConcurrency: 4\n"
                    "    logger:\n"
                    "      mode: all\n"
                    "      url: http://sink\n"
                    "    maxReplicas: 3\n"
                    "    minReplicas: 0\n"
                    "    model:\n"
                    "      args:\n"
                    "      - --nthread=2\n"
                    "      env:\n"
                    "      - name: A\n"
                    "        value: '1'\n"
                    "      modelFormat:\n"
                    "        name: xgboost\n"
                    "        version: '2'\n"
                    "      protocolVersion: v2\n"
                    "      resources:\n"
                    "        limits:\n"
                    "          cpu: '2'\n"
                    "      runtime: mine\n"
                    "      storageUri: s3://b/m\n"
                    "    timeout: 30\n");
    kf_value_free(args);
    kf_value_free(env);
    kf_value_free(resources);
    kf_value_free(logger);
}
END_TEST

START_TEST(components)
{
    kf_service_component_options predictor = {
        .size = sizeof predictor, .format = "sklearn", .storage_uri = "s3://b/1"};
    kf_service_component_options transformer = {.size = sizeof transformer,
        .image = "t",
        .protocol = "v2",
        .service_account = "robot"};
    int64_t share = 20;
    kf_service_component_options canary = {.size = sizeof canary,
        .name = "next",
        .format = "sklearn",
        .storage_uri = "s3://b/2",
        .canary_percent = &share};
    const kf_service_component_options *canaries[] = {&canary};
    kf_service_options options = {.size = sizeof options,
        .name = "iris",
        .mode = "Standard",
        .predictor = &predictor,
        .transformer = &transformer,
        .canaries = canaries,
        .canary_count = 1};
    kf_service *service = NULL;
    ck_ok(kf_service_new(&options, &service));
    writes(service, "apiVersion: serving.kserve.io/v1beta1\n"
                    "kind: InferenceService\n"
                    "metadata:\n"
                    "  annotations:\n"
                    "    serving.kserve.io/deploymentMode: Standard\n"
                    "  name: iris\n"
                    "spec:\n"
                    "  canary:\n"
                    "  - predictor:\n"
                    "      model:\n"
                    "        modelFormat:\n"
                    "          name: sklearn\n"
                    "        storageUri: s3://b/2\n"
                    "      name: next\n"
                    "    trafficPercent: 20\n"
                    "  predictor:\n"
                    "    model:\n"
                    "      modelFormat:\n"
                    "        name: sklearn\n"
                    "      storageUri: s3://b/1\n"
                    "  transformer:\n"
                    "    containers:\n"
                    "    - env:\n"
                    "      - name: PROTOCOL\n"
                    "        value: v2\n"
                    "      image: t\n"
                    "      name: kserve-container\n"
                    "    serviceAccountName: robot\n");
}
END_TEST

START_TEST(graphs)
{
    int64_t third = 33, rest = 67;
    kf_service_step steps[] = {
        {.service = "a", .weight = &third}, {.node = "more", .weight = &rest}};
    kf_service_step more[] = {
        {.name = "one", .service = "b"}, {.url = "http://c",
                                             .data = "$response",
                                             .condition = "x.0",
                                             .dependency = "Hard",
                                             .map_predictions = true}};
    kf_service_node nodes[] = {{.type = "Splitter", .steps = steps, .step_count = 2},
        {.name = "more", .type = "Sequence", .steps = more, .step_count = 2}};
    kf_service_graph_options options = {.size = sizeof options,
        .name = "chain",
        .nodes = nodes,
        .node_count = 2,
        .timeout = 9};
    kf_service *service = NULL;
    ck_ok(kf_service_new_graph(&options, &service));
    writes(service, "apiVersion: serving.kserve.io/v1alpha1\n"
                    "kind: InferenceGraph\n"
                    "metadata:\n"
                    "  name: chain\n"
                    "spec:\n"
                    "  nodes:\n"
                    "    more:\n"
                    "      routerType: Sequence\n"
                    "      steps:\n"
                    "      - name: one\n"
                    "        serviceName: b\n"
                    "      - condition: x.0\n"
                    "        data: $response\n"
                    "        dependency: Hard\n"
                    "        mapPredictionsToInstances: true\n"
                    "        serviceUrl: http://c\n"
                    "    root:\n"
                    "      routerType: Splitter\n"
                    "      steps:\n"
                    "      - serviceName: a\n"
                    "        weight: 33\n"
                    "      - nodeName: more\n"
                    "        weight: 67\n"
                    "  timeout: 9\n");
}
END_TEST

START_TEST(runtimes)
{
    kf_service_format formats[] = {{"sklearn", "1", true, 2}, {"mine", NULL, false, 0}};
    const char *protocols[] = {"v1", "v2"};
    kf_value *args = parse("[\"--name={{.Name}}\"]");
    kf_service_runtime_document_options options = {.size = sizeof options,
        .name = "fast",
        .of_cluster = true,
        .formats = formats,
        .format_count = 2,
        .protocols = protocols,
        .protocol_count = 2,
        .image = "fast:1",
        .args = args};
    kf_service *service = NULL;
    ck_ok(kf_service_new_runtime(&options, &service));
    writes(service, "apiVersion: serving.kserve.io/v1alpha1\n"
                    "kind: ClusterServingRuntime\n"
                    "metadata:\n"
                    "  name: fast\n"
                    "spec:\n"
                    "  containers:\n"
                    "  - args:\n"
                    "    - --name={{.Name}}\n"
                    "    image: fast:1\n"
                    "    name: kserve-container\n"
                    "  protocolVersions:\n"
                    "  - v1\n"
                    "  - v2\n"
                    "  supportedModelFormats:\n"
                    "  - autoSelect: true\n"
                    "    name: sklearn\n"
                    "    priority: 2\n"
                    "    version: '1'\n"
                    "  - name: mine\n");
    kf_value_free(args);
}
END_TEST

START_TEST(refused)
{
    kf_service *service;
    ck_fails(kf_service_new(NULL, &service), KF_EMISSING,
        "an InferenceService needs a predictor");
    kf_service_component_options predictor = {
        .size = sizeof predictor, .format = "\xff"};
    kf_service_options options = {.size = sizeof options, .predictor = &predictor};
    ck_fails(kf_service_new(&options, &service), KF_EINVAL, "name is no text in UTF-8");
    kf_value *args = parse("{}");
    predictor.format = "sklearn";
    predictor.args = args;
    ck_fails(
        kf_service_new(&options, &service), KF_ETYPE, "a list expected, not a mapping");
    ck_assert_str_eq(kf_last_error()->where, "spec.predictor.model.args");
    kf_value_free(args);
}
END_TEST

static kf_status make_it(void)
{
    kf_service_component_options predictor = {
        .size = sizeof predictor, .format = "sklearn", .storage_uri = "s3://b"};
    kf_service_options options = {.size = sizeof options, .predictor = &predictor};
    kf_service *service = NULL;
    kf_status status = kf_service_new(&options, &service);
    kf_service_free(service);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(make_it());
}
END_TEST

KF_TEST_MAIN("serving/service_build", a_model, components, graphs, runtimes, refused,
    out_of_memory)
