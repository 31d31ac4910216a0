/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

#include "base/mem.h"

#define SECRET(name)                                                                   \
    "apiVersion: v1\nkind: Secret\nmetadata: {name: " name "}\ndata: {a: Yg==}\n"
#define CONFIG(data)                                                                   \
    "apiVersion: v1\nkind: ConfigMap\n"                                                \
    "metadata: {name: inferenceservice-config, namespace: kserve}\ndata:\n" data

START_TEST(all_kinds)
{
    kf_services *services =
        load_all("---\n" PREDICTOR(SKLEARN) "---\n" SECRET("s") "---\n" GRAPH(
            "    root: {routerType: Sequence}\n") "---\n---\n" RUNTIME("ClusterServingR"
                                                                       "untime",
            "name: r", "containers: []"));
    static const kf_service_kind kinds[] = {KF_SERVICE_INFERENCE_SERVICE,
        KF_SERVICE_OTHER, KF_SERVICE_INFERENCE_GRAPH,
        KF_SERVICE_CLUSTER_SERVING_RUNTIME};
    ck_assert_uint_eq(kf_services_count(services), 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(kf_service_what(kf_services_at(services, i)), kinds[i]);
    ck_assert_ptr_null(kf_services_at(services, 4));
    ck_assert_ptr_eq(kf_services_find(services, "InferenceService", NULL, "iris"),
        kf_services_at(services, 0));
    ck_assert_ptr_eq(kf_services_find(services, "Secret", "default", "s"),
        kf_services_at(services, 1));
    ck_assert_ptr_eq(kf_services_find(services, "ClusterServingRuntime", "any", "r"),
        kf_services_at(services, 3));
    ck_assert_ptr_null(kf_services_find(services, "Secret", "other", "s"));
    ck_assert_ptr_null(kf_services_find(services, "ServingRuntime", NULL, "r"));
    ck_assert_str_eq(kf_service_namespace(kf_services_at(services, 3)), "");
    kf_services_free(services);
}
END_TEST

START_TEST(lists)
{
    kf_services *services = load_all(
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
        "- {apiVersion: serving.kserve.io/v1beta1, kind: InferenceService, metadata: "
        "{name: b, namespace: m}}\n");
    ck_assert_uint_eq(kf_services_count(services), 2);
    ck_assert_ptr_nonnull(kf_services_find(services, "InferenceService", "m", "b"));
    kf_services_free(services);
    services = load_all("");
    ck_assert_uint_eq(kf_services_count(services), 0);
    kf_services_free(services);
}
END_TEST

START_TEST(twice)
{
    kf_services *services;
    const char *text = SECRET("a") "---\n" SECRET("b") "---\n" SECRET("a");
    ck_fails(kf_services_load(text, strlen(text), &services), KF_EEXIST,
        "the text holds two documents of kind Secret called 'a' in namespace default");
    ck_assert_int_eq(kf_last_error()->line, 11);
}
END_TEST

START_TEST(configuration)
{
    kf_services *services = load_all(PREDICTOR("containers: [{}]") "---\n" CONFIG(
        "  deploy: '{\"defaultDeploymentMode\": \"RawDeployment\"}'\n"
        "  inferenceService: '{\"resource\": {\"cpuLimit\": \"3\"}}'\n"
        "  security: '{\"autoMountServiceAccountToken\": false}'\n"
        "  batcher: '{\"maxBatchSize\": \"7\"}'\n"
        "  ingress: '{\"ingressDomain\": \"my.test\"}'\n"));
    const kf_service *service = kf_services_at(services, 0);
    ck_assert_str_eq(kf_service_mode(service), "Standard");
    ck_assert_str_eq(
        kf_service_annotation(service, "serving.kserve.io/deploymentMode"), "Standard");
    check_json(kf_value_get(kf_service_spec(service), "predictor"),
        "{\"containers\":[{\"name\":\"kserve-container\",\"resources\":{\"requests\":{}"
        ","
        "\"limits\":{\"cpu\":\"3\"}}}],\"automountServiceAccountToken\":false}");
    ck_assert_str_eq(
        kf_value_string(kf_services_setting(services, "ingress", "ingressDomain")),
        "my.test");
    ck_assert_ptr_null(kf_services_setting(services, "ingress", "urlScheme"));
    ck_assert_str_eq(
        kf_value_string(kf_services_setting(services, "logger", "defaultUrl")),
        "http://default-broker");
    /* Without it all is as shipped. */
    ck_ok(
        kf_services_remove(services, "ConfigMap", "kserve", "inferenceservice-config"));
    service = kf_services_at(services, 0);
    ck_assert_str_eq(kf_service_mode(service), "Knative");
    kf_services_free(services);
}
END_TEST

START_TEST(put_and_remove)
{
    kf_services *services = load_all(PREDICTOR(SKLEARN) "---\n" SECRET("s"));
    kf_service *changed = load(PREDICTOR("xgboost: {}"));
    kf_service *more = load(SECRET("t"));
    ck_ok(kf_services_put(services, changed));
    ck_ok(kf_services_put(services, more));
    kf_service_free(changed);
    kf_service_free(more);
    ck_assert_uint_eq(kf_services_count(services), 3);
    ck_assert_str_eq(
        kf_service_component_of(kf_services_at(services, 0), 0)->format, "xgboost");
    ck_fails(kf_services_remove(services, "InferenceService", NULL, "irid"), KF_ENOENT,
        "there is no InferenceService 'irid' in namespace default; did you mean "
        "'iris'?");
    ck_ok(kf_services_remove(services, "InferenceService", NULL, "iris"));
    ck_assert_uint_eq(kf_services_count(services), 2);
    ck_assert_str_eq(kf_service_name(kf_services_at(services, 0)), "s");
    kf_services_free(services);
}
END_TEST

static kf_status change(void)
{
    static const char text[] =
        CONFIG("  deploy: '{\"defaultDeploymentMode\": \"Standard\"}'\n");
    kf_services *services = NULL;
    kf_service *service = NULL;
    kf_status status = kf_services_new(&services);
    if (status == KF_OK)
        status = kf_service_load(text, sizeof text - 1, &service);
    if (status == KF_OK)
        status = kf_services_put(services, service);
    if (status == KF_OK)
        status = kf_services_put(services, service);
    kf_service_free(service);
    kf_services_free(services);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(change());
}
END_TEST

KF_TEST_MAIN("serving/services", all_kinds, lists, twice, configuration, put_and_remove,
    out_of_memory)
