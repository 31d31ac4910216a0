/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: statuses as KServe's controller leaves them, its schema with them. */
#include "service_test.h"

#include "base/mem.h"
#include "serving/service_schema.h"
#include "serving/status.h"

static kf_value *made;
static kf_tree tree;

static const kf_value *make(
    const char *text, const kf_service_status *status, const kf_value *before)
{
    kf_service *service = load(text);
    kf_report *report = NULL;
    made = kf__status_make(&tree, service, status, before);
    ck_ok(kf__tree_status(&tree));
    /* It is a status to KServe. */
    kf_value *document = kf__tree_struct(&tree);
    kf__put(&tree, document, "status", made);
    kf__put_struct(&tree, kf__put_struct(&tree, document, "spec"), "predictor");
    ck_ok(kf__report_new(&report));
    const kf_value *read =
        kf__schema_read(&tree, report, NULL, kf__inference_service_fields, document);
    kf__schema_demand(report, NULL, kf__inference_service_fields, read);
    ck_assert_msg(kf_report_count(report) == 0, "%s: %s",
        kf_report_at(report, 0) != NULL ? kf_report_at(report, 0)->where : "",
        kf_report_at(report, 0) != NULL ? kf_report_at(report, 0)->message : "");
    kf_report_free(report);
    kf_service_free(service);
    return made;
}

/* "Ready=True PredictorReady=False(Reason: message) …" */
static void check_conditions(const kf_value *status, const char *expected)
{
    kf_buf buf = KF__BUF_INIT;
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        kf__buf_printf(
            &buf, "%s=%s", kf__get_text(item, "type"), kf__get_text(item, "status"));
        if (kf_value_get(item, "reason") != NULL)
            kf__buf_printf(&buf, "(%s)", kf__get_text(item, "reason"));
        kf__buf_putc(&buf, ' ');
    }
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
}

#define NOW 1764115200000 /* 2025-11-26T00:00:00Z */

START_TEST(ready)
{
    kf_service_status status = {.generation = 2,
        .now_ms = NOW,
        .url = "http://iris.test",
        .address = "http://127.0.0.1:8080",
        .ingress = KF__TRUE,
        .model = {.target = KF__MODEL_LOADED,
            .has_active = true,
            .active = KF__MODEL_LOADED,
            .total_copies = 1},
        .runtime = "kserve-sklearnserver",
        .is_cluster_runtime = true};
    const kf_traffic_status traffic[] = {
        {.revision = "iris-predictor-00002", .percent = 10, .is_latest = true},
        {.revision = "iris-predictor-00001", .percent = 90, .tag = "prev"}};
    status.components[0] = (kf_component_status){.is_given = true,
        .ready = KF__TRUE,
        .route = KF__TRUE,
        .latest_created = "iris-predictor-00002",
        .latest_ready = "iris-predictor-00002",
        .latest_rolled_out = "iris-predictor-00001",
        .traffic = traffic,
        .traffic_count = 2,
        .url = "http://iris-predictor.test"};
    const kf_value *value = make(PREDICTOR(SKLEARN), &status, NULL);
    check_conditions(value,
        "IngressReady=True LatestDeploymentReady=True PredictorConfigurationReady=True "
        "PredictorReady=True PredictorRouteReady=True Ready=True RoutesReady=True "
        "Stopped=False ");
    check_json(kf_value_at(kf_value_get(value, "conditions"), 1),
        "{\"lastTransitionTime\":\"2025-11-26T00:00:00Z\",\"severity\":\"Info\","
        "\"status\":\"True\",\"type\":\"LatestDeploymentReady\"}");
    kf__remove(made, "conditions");
    check_json(value,
        "{\"address\":{\"url\":\"http://127.0.0.1:8080\"},"
        "\"clusterServingRuntimeName\":\"kserve-sklearnserver\",\"components\":{"
        "\"predictor\":{\"latestCreatedRevision\":\"iris-predictor-00002\","
        "\"latestReadyRevision\":\"iris-predictor-00002\",\"latestRolledoutRevision\":"
        "\"iris-predictor-00001\",\"traffic\":[{\"latestRevision\":true,\"percent\":10,"
        "\"revisionName\":\"iris-predictor-00002\"},{\"latestRevision\":false,"
        "\"percent\":90,\"revisionName\":\"iris-predictor-00001\",\"tag\":\"prev\"}],"
        "\"url\":\"http://iris-predictor.test\"}},\"deploymentMode\":\"Knative\","
        "\"modelStatus\":{\"copies\":{\"failedCopies\":0,\"totalCopies\":1},\"states\":"
        "{"
        "\"activeModelState\":\"Loaded\",\"targetModelState\":\"Loaded\"},"
        "\"transitionStatus\":\"UpToDate\"},\"observedGeneration\":2,\"url\":"
        "\"http://iris.test\"}");
}
END_TEST

START_TEST(failing)
{
    kf_failure_status failure = {.reason = "ModelLoadFailed",
        .message = "no such file",
        .revision = "iris-predictor-00001",
        .time_ms = NOW,
        .exit_code = 1};
    kf_service_status status = {.now_ms = NOW,
        .model = {.target = KF__MODEL_FAILED_TO_LOAD,
            .failure = &failure,
            .failed_copies = 1},
        .runtime = "mine"};
    status.components[0] = (kf_component_status){.is_given = true,
        .ready = KF__FALSE,
        .route = KF__UNKNOWN,
        .reason = "RevisionFailed",
        .message = "no such file"};
    const kf_value *value = make(PREDICTOR(SKLEARN), &status, NULL);
    check_conditions(value,
        "IngressReady=Unknown "
        "LatestDeploymentReady=False(PredictorConfigurationReady not ready) "
        "PredictorConfigurationReady=False(RevisionFailed) "
        "PredictorReady=False(RevisionFailed) "
        "PredictorRouteReady=Unknown "
        "Ready=False(RevisionFailed) RoutesReady=Unknown(PredictorRouteReady not "
        "ready) "
        "Stopped=False ");
    check_json(kf_value_get(value, "modelStatus"),
        "{\"copies\":{\"failedCopies\":1},\"lastFailureInfo\":{\"exitCode\":1,"
        "\"message\":\"no such file\",\"modelRevisionName\":\"iris-predictor-00001\","
        "\"reason\":\"ModelLoadFailed\",\"time\":\"2025-11-26T00:00:00Z\"},\"states\":{"
        "\"activeModelState\":\"\",\"targetModelState\":\"FailedToLoad\"},"
        "\"transitionStatus\":\"BlockedByFailedLoad\"}");
    ck_assert_str_eq(kf__get_text(value, "servingRuntimeName"), "mine");
    ck_assert_ptr_null(kf_value_get(value, "clusterServingRuntimeName"));
}
END_TEST

START_TEST(transitions)
{
    static const struct {
        kf_model_state target;
        bool is_invalid;
        const char *transition;
    } rows[] = {{KF__MODEL_PENDING, false, "InProgress"},
        {KF__MODEL_LOADING, false, "InProgress"},
        {KF__MODEL_STANDBY, false, "UpToDate"}, {KF__MODEL_LOADED, false, "UpToDate"},
        {KF__MODEL_FAILED_TO_LOAD, false, "BlockedByFailedLoad"},
        {KF__MODEL_PENDING, true, "InvalidSpec"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kf_service_status status = {.now_ms = NOW,
            .model = {.target = rows[i].target, .is_invalid = rows[i].is_invalid}};
        const kf_value *value = make(PREDICTOR(SKLEARN), &status, NULL);
        ck_assert_str_eq(
            kf__get_text(kf_value_get(value, "modelStatus"), "transitionStatus"),
            rows[i].transition);
    }
}
END_TEST

#define CANARY_TEXT                                                                    \
    ANNOTATED("serving.kserve.io/deploymentMode: Standard",                            \
        "  predictor: {" SKLEARN "}\n"                                                 \
        "  transformer: {containers: [{image: a}]}\n")

START_TEST(standard)
{
    kf_failure_status failure = {.reason = "ModelLoadFailed", .message = "damaged"};
    kf_canary_status canaries[] = {{"b", true, 10,
                                       {.target = KF__MODEL_LOADED,
                                           .has_active = true,
                                           .active = KF__MODEL_LOADED,
                                           .total_copies = 1}},
        {"c", false, 5,
            {.target = KF__MODEL_FAILED_TO_LOAD,
                .failure = &failure,
                .failed_copies = 1}}};
    kf_service_status status = {.now_ms = NOW,
        .ingress = KF__TRUE,
        .model = {.target = KF__MODEL_LOADED},
        .canaries = canaries,
        .canary_count = 2};
    status.components[0] =
        (kf_component_status){.is_given = true, .ready = KF__TRUE, .route = KF__TRUE};
    status.components[1] = (kf_component_status){.is_given = true};
    const kf_value *value = make(CANARY_TEXT, &status, NULL);
    check_conditions(value,
        "CanaryPredictorReady=False(CanariesNotReady) IngressReady=True "
        "PredictorReady=True Ready=True Stopped=False TransformerReady=Unknown ");
    check_json(kf_value_get(value, "canaryStatuses"),
        "[{\"modelStatus\":{\"copies\":{\"failedCopies\":0,\"totalCopies\":1},"
        "\"states\":{\"activeModelState\":\"Loaded\",\"targetModelState\":\"Loaded\"},"
        "\"transitionStatus\":\"UpToDate\"},\"name\":\"b\",\"ready\":true,"
        "\"trafficPercent\":10},{\"modelStatus\":{\"copies\":{\"failedCopies\":1},"
        "\"lastFailureInfo\":{\"message\":\"damaged\",\"reason\":\"ModelLoadFailed\"},"
        "\"states\":{\"activeModelState\":\"\",\"targetModelState\":\"FailedToLoad\"},"
        "\"transitionStatus\":\"BlockedByFailedLoad\"},\"name\":\"c\",\"ready\":false,"
        "\"trafficPercent\":5}]");
}
END_TEST

START_TEST(stopped)
{
    kf_service_status status = {
        .now_ms = NOW, .is_stopped = true, .url = "http://a", .ingress = KF__TRUE};
    status.components[0] =
        (kf_component_status){.is_given = true, .ready = KF__TRUE, .route = KF__TRUE};
    const kf_value *value = make(PREDICTOR(SKLEARN), &status, NULL);
    check_conditions(value, "IngressReady=False(Stopped) PredictorReady=False(Stopped) "
                            "Ready=False(Stopped) Stopped=True ");
    ck_assert_ptr_null(kf_value_get(value, "url"));
}
END_TEST

static const char *since(const kf_value *status, const char *type)
{
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "type"), type))
            return kf__get_text(kf_value_at(list, i), "lastTransitionTime");
    return "";
}

/* A condition that is as it was keeps its time. */
START_TEST(times)
{
    kf_service_status status = {.now_ms = NOW, .ingress = KF__TRUE};
    status.components[0] = (kf_component_status){.is_given = true};
    const kf_value *before = make(PREDICTOR(SKLEARN), &status, NULL);
    status.now_ms += 5000;
    status.components[0].ready = status.components[0].route = KF__TRUE;
    const kf_value *after = make(PREDICTOR(SKLEARN), &status, before);
    ck_assert_str_eq(since(after, "IngressReady"), "2025-11-26T00:00:00Z");
    ck_assert_str_eq(since(after, "PredictorReady"), "2025-11-26T00:00:05Z");
    ck_assert_str_eq(since(after, "Ready"), "2025-11-26T00:00:05Z");
}
END_TEST

static kf_service *subject;

static kf_status make_once(void)
{
    kf_service_status status = {.now_ms = NOW,
        .components[KF_SERVICE_PREDICTOR] = {.is_given = true},
        .model = {.target = KF__MODEL_LOADING}};
    kf_tree own = KF__TREE_INIT;
    (void)kf__status_make(&own, subject, &status, NULL);
    kf_status outcome = kf__tree_status(&own);
    kf__tree_finish(&own);
    return outcome;
}

START_TEST(survives_lack_of_memory)
{
    subject = load(PREDICTOR(SKLEARN));
    ck_survives_nomem(make_once());
    kf_service_free(subject);
}
END_TEST

static void begin(void)
{
    tree = KF__TREE_INIT;
}

static void end(void)
{
    kf__tree_finish(&tree);
}

KF_TEST_MAIN_WITH("serving/status", begin, end, ready, failing, transitions, standard,
    stopped, times, survives_lack_of_memory)
