/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

static const kf_service_component *predictor(const kf_service *service)
{
    return kf_service_component_of(service, KF_SERVICE_PREDICTOR);
}

START_TEST(models)
{
    kf_service *service = load(PREDICTOR(
        "model: {modelFormat: {name: xgboost, version: '2'}, runtime: mine, "
        "runtimeVersion: v1.2, protocolVersion: grpc-v2, storageUri: 'pvc://c/m', "
        "storage: {key: k, path: p}}, minReplicas: 0, maxReplicas: 3, scaleMetric: "
        "rps, "
        "scaleTarget: 20, containerConcurrency: 4, timeout: 60, "
        "canaryTrafficPercent: 0"));
    const kf_service_component *view = predictor(service);
    ck_assert_str_eq(view->format, "xgboost");
    ck_assert_str_eq(view->format_version, "2");
    ck_assert_str_eq(view->runtime, "mine");
    ck_assert_str_eq(view->runtime_version, "v1.2");
    ck_assert_str_eq(view->protocol, "grpc-v2");
    ck_assert(view->has_protocol);
    ck_assert_str_eq(view->storage_uri, "pvc://c/m");
    check_json(view->storage, "{\"key\":\"k\",\"path\":\"p\"}");
    ck_assert_int_eq(view->min_replicas, 0);
    ck_assert_int_eq(view->max_replicas, 3);
    ck_assert_str_eq(view->scale_metric, "rps");
    ck_assert_int_eq(view->scale_target, 20);
    ck_assert_int_eq(view->concurrency, 4);
    ck_assert_int_eq(view->timeout, 60);
    ck_assert_int_eq(view->canary_percent, 0);
    ck_assert_ptr_null(view->logger);
    ck_assert_ptr_null(view->batcher);
    kf_service_free(service);
}
END_TEST

START_TEST(defaults)
{
    kf_service *service = load(PREDICTOR(SKLEARN ", logger: {}, batcher: {}"));
    const kf_service_component *view = predictor(service);
    ck_assert_str_eq(view->protocol, "v1");
    ck_assert(!view->has_protocol);
    ck_assert_ptr_null(view->runtime);
    ck_assert_ptr_null(view->format_version);
    ck_assert_int_eq(view->min_replicas, 1);
    ck_assert_int_eq(view->max_replicas, 0);
    ck_assert_int_eq(view->concurrency, 0);
    ck_assert_int_eq(view->timeout, 0);
    ck_assert_int_eq(view->canary_percent, -1);
    ck_assert_str_eq(view->logger->mode, "all");
    ck_assert_ptr_null(view->logger->url);
    ck_assert_int_eq(view->logger->batch_size, 1);
    ck_assert_int_eq(view->batcher->max_batch_size, 32);
    ck_assert_int_eq(view->batcher->max_latency, 5000);
    ck_assert_ptr_null(kf_service_component_of(service, KF_SERVICE_TRANSFORMER));
    ck_assert_ptr_null(kf_service_component_of(service, KF_SERVICE_EXPLAINER));
    ck_assert_uint_eq(kf_service_canary_count(service), 0);
    kf_service_free(service);
}
END_TEST

START_TEST(logger_and_batcher)
{
    kf_service *service = load(PREDICTOR(
        SKLEARN ", logger: {mode: request, url: 'http://sink', metadataHeaders: [a], "
                "batchSize: 8, batchInterval: 5s}, "
                "batcher: {maxBatchSize: 64, maxLatency: 50, timeout: 9}"));
    const kf_service_component *view = predictor(service);
    ck_assert_str_eq(view->logger->mode, "request");
    ck_assert_str_eq(view->logger->url, "http://sink");
    check_json(view->logger->metadata_headers, "[\"a\"]");
    ck_assert_int_eq(view->logger->batch_size, 8);
    ck_assert_str_eq(view->logger->batch_interval, "5s");
    ck_assert_int_eq(view->batcher->max_batch_size, 64);
    ck_assert_int_eq(view->batcher->max_latency, 50);
    ck_assert_int_eq(view->batcher->timeout, 9);
    kf_service_free(service);
}
END_TEST

#define ENV "env: [{name: PROTOCOL, value: v2}, {name: STORAGE_URI, value: 's3://c'}]"

START_TEST(custom_containers)
{
    kf_service *service = load(
        ISVC("  predictor: {containers: [{name: helper}, {name: kserve-container, " ENV
             "}]}\n"
             "  transformer: {containers: [{image: t, " ENV "}]}\n"
             "  explainer: {containers: [{image: e, " ENV "}]}\n"));
    const kf_service_component *view = predictor(service);
    ck_assert_ptr_null(view->format);
    ck_assert_str_eq(view->storage_uri, "s3://c");
    /* KServe reads the protocol from the first container. */
    ck_assert_str_eq(view->protocol, "v1");
    ck_assert_ptr_null(view->transformer_container);
    view = kf_service_component_of(service, KF_SERVICE_TRANSFORMER);
    ck_assert_str_eq(view->protocol, "v2");
    ck_assert_str_eq(view->storage_uri, "s3://c");
    view = kf_service_component_of(service, KF_SERVICE_EXPLAINER);
    ck_assert_str_eq(view->protocol, "v1");
    ck_assert_str_eq(view->storage_uri, "s3://c");
    kf_service_free(service);
}
END_TEST

START_TEST(collocated_transformer)
{
    kf_service *service = load(PREDICTOR(
        "containers: [{name: kserve-container, image: a}, "
        "{name: transformer-container, env: [{name: PROTOCOL, value: v2}]}]"));
    const kf_service_component *view = predictor(service);
    ck_assert_str_eq(
        kf_value_string(kf_value_get(view->container, "name")), "kserve-container");
    ck_assert_ptr_nonnull(view->transformer_container);
    ck_assert_str_eq(view->protocol, "v2");
    kf_service_free(service);
}
END_TEST

/* A canary is the stable predictor with what it says over it; ceil(4 * 30 / 100) = 2. */
START_TEST(canaries)
{
    kf_service *service = load(ISVC(
        "  predictor: {name: a, minReplicas: 4, maxReplicas: 9, scaleTarget: 3, "
        "timeout: 5, labels: {x: '1'}, model: {modelFormat: {name: xgboost}, "
        "storageUri: 's3://b/1', env: [{name: A}]}}\n"
        "  canary:\n"
        "  - predictor: {name: b, labels: {y: '2'}, model: {storageUri: 's3://b/2', "
        "env: [{name: B}]}}\n"
        "    trafficPercent: 30\n"
        "  - {predictor: {name: c, minReplicas: 3, sklearn: {storageUri: 's3://b/3'}}, "
        "trafficPercent: 0}\n"
        "  - {predictor: {name: d, containers: [{name: kserve-container}]}, "
        "trafficPercent: 0}\n"));
    ck_assert_uint_eq(kf_service_canary_count(service), 3);
    const kf_service_component *view = kf_service_canary_at(service, 0);
    ck_assert_str_eq(view->name, "b");
    ck_assert_str_eq(view->format, "xgboost");
    ck_assert_str_eq(view->storage_uri, "s3://b/2");
    check_json(kf_value_get(view->container, "env"), "[{\"name\":\"B\"}]");
    check_json(kf_value_get(view->spec, "labels"), "{\"x\":\"1\",\"y\":\"2\"}");
    ck_assert_int_eq(view->canary_percent, 30);
    ck_assert_int_eq(view->min_replicas, 2);
    ck_assert_int_eq(view->max_replicas, 0);
    ck_assert_int_eq(view->scale_target, 0);
    ck_assert_int_eq(view->timeout, 5);
    view = kf_service_canary_at(service, 1);
    ck_assert_str_eq(view->format, "sklearn");
    ck_assert_str_eq(view->storage_uri, "s3://b/3");
    ck_assert_int_eq(view->min_replicas, 3);
    view = kf_service_canary_at(service, 2);
    ck_assert_ptr_null(view->format);
    ck_assert_int_eq(view->min_replicas, 0);
    ck_assert_ptr_null(kf_service_canary_at(service, 3));
    kf_service_free(service);
}
END_TEST

KF_TEST_MAIN("serving/service_component", models, defaults, logger_and_batcher,
    custom_containers, collocated_transformer, canaries)
