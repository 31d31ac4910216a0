/* SPDX-License-Identifier: Apache-2.0 */
/* Rolling out, seen from outside. What KServe's controller does with the same services
 * is in its canary_controller_test.go (the mode Standard) and ksvc_reconciler_test.go
 * (Knative's tags). */
#include "server_test.h"

#include <math.h>

#define TO(host) "GET /x HTTP/1.1\r\nHost: " host ".default.example.com"

#define FLAT(host) "GET /x HTTP/1.1\r\nHost: " host ".example.com:80"

#define HEAD(annotations)                                                              \
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"                  \
    "metadata: {name: iris, annotations: {" annotations "}}\nspec:\n"
#define MODEL(uri) "model: {modelFormat: {name: xgboost}, storageUri: " uri "}"
#define STANDARD(predictor)                                                            \
    HEAD("serving.kserve.io/deploymentMode: Standard")                                 \
    "  predictor: {" predictor "}"                                                     \
    "\n"
#define CANARY(name, uri, percent, more)                                               \
    "  - {trafficPercent: " percent ", predictor: {name: " name ", " more MODEL(       \
        uri) "}}\n"

static void ready(void)
{
    ck_ok(kf_server_wait(server, NULL, 10000));
}

/* Answers by revision, of 400: "iris-predictor-00001" to its number. */
static void ask(int seen[10])
{
    char body[256];
    memset(seen, 0, 10 * sizeof *seen);
    for (int i = 0; i < 400; i++) {
        ck_assert_int_eq(request(PREDICT, body, sizeof body), 200);
        const char *space = strchr(body, ' ');
        ck_assert_ptr_nonnull(space);
        seen[space[-1] - '0']++;
    }
}

/* Six standard deviations of a binomial distribution of 400. */
static void is_about(int seen, int percent)
{
    double p = percent / 100.0, most = 6 * sqrt(400 * p * (1 - p));
    ck_assert_msg(fabs(seen - 400 * p) <= most, "%d of 400, not %d %%", seen, percent);
}

/* "name percent tag url, …" */
static void has_traffic(const char *expected)
{
    kf_value *document;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf_server_status(server, "iris", &document));
    const kf_value *traffic = kf_value_get(
        kf_value_get(
            kf_value_get(kf_value_get(document, "status"), "components"), "predictor"),
        "traffic");
    for (size_t i = 0; i < kf_value_length(traffic); i++) {
        const kf_value *item = kf_value_at(traffic, i);
        const char *tag = kf__get_text(item, "tag"), *url = kf__get_text(item, "url");
        kf__buf_printf(&buf, "%s%s %d%s%s%s%s%s", i > 0 ? ", " : "",
            kf__get_text(item, "revisionName"),
            (int)kf_value_int(kf_value_get(item, "percent")),
            kf_value_bool(kf_value_get(item, "latestRevision")) ? "*" : "",
            tag ? " " : "", tag ? tag : "", url ? " " : "", url ? url : "");
    }
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_value_free(document);
}

/* "v2 ready Loaded, v3 not FailedToLoad; Reason; Ready" */
static void has_canaries(const char *expected)
{
    kf_value *document;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf_server_status(server, "iris", &document));
    const kf_value *status = kf_value_get(document, "status");
    const kf_value *list = kf_value_get(status, "canaryStatuses");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const kf_value *states =
            kf_value_get(kf_value_get(item, "modelStatus"), "states");
        kf__buf_printf(&buf, "%s %d %s %s, ", kf__get_text(item, "name"),
            (int)kf_value_int(kf_value_get(item, "trafficPercent")),
            kf_value_bool(kf_value_get(item, "ready")) ? "ready" : "not",
            kf__get_text(states, "targetModelState"));
    }
    list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *type = kf__get_text(item, "type");
        if (strcmp(type, "CanaryPredictorReady") == 0)
            kf__buf_printf(&buf, "%s, ", kf__get_text(item, "reason"));
        else if (strcmp(type, "Ready") == 0)
            kf__buf_puts(&buf, kf__get_text(item, "status"));
    }
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_value_free(document);
}

/* ---- the mode Standard ---- */

START_TEST(canaries_share)
{
    int seen[10];
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "25", "")
            CANARY("v3", "c", "15", ""));
    ready();
    ask(seen);
    is_about(seen[1], 60);
    is_about(seen[2], 25);
    is_about(seen[3], 15);
    has_traffic("iris-predictor-00001 60*, iris-v2-predictor-00002 25* v2, "
                "iris-v3-predictor-00003 15* v3");
    has_canaries("v2 25 ready Loaded, v3 15 ready Loaded, AllCanariesReady, True");
    answers(TO("iris-v3-predictor"), 200, "iris-v3-predictor-00003 /x");
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "100", ""));
    ready();
    ask(seen);
    ck_assert_int_eq(seen[2], 400);
    answers(TO("iris-v3-predictor"), 404, "{\"error\":\"Not Found\"}");
    ck_assert_int_eq(atomic_load(&launched), 3);
}
END_TEST

START_TEST(canary_that_is_not_ready_gets_nothing)
{
    pthread_t thread;
    int seen[10];
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "slow", "60", "")
            CANARY("v3", "damaged", "40", ""));
    while (kf_server_wait(server, NULL, 0) != KF_EFAILED)
        kf__sleep_ms(1);
    ck_assert_ptr_nonnull(
        strstr(kf_last_error()->message, "iris-v3-predictor-00003 is not ready: "
                                         "ModelLoadFailed: model.json: the file is "
                                         "damaged"));
    ask(seen);
    ck_assert_int_eq(seen[1], 400);
    has_traffic("iris-predictor-00001 100*");
    has_canaries("v2 60 not Loading, v3 40 not FailedToLoad, CanariesNotReady, True");
    ck_fails(kf_server_promote_canary(server, "iris", "v3"), KF_ESTATE,
        "the canary 'v3' is not ready: model.json: the file is damaged");
    ck_ok(kf__thread_start(&thread, release, NULL));
    (void)pthread_join(thread, NULL);
    for (int i = 0; i < 1000 && seen[2] == 0; i++)
        ask(seen);
    ask(seen);
    is_about(seen[1], 40);
    is_about(seen[2], 60);
    has_canaries("v2 60 ready Loaded, v3 40 not FailedToLoad, CanariesNotReady, True");
}
END_TEST

/* The name of the canary is the predictor's: it goes on, and the former one ends. */
START_TEST(promotion_by_document)
{
    int seen[10];
    apply(STANDARD("minReplicas: 4, " MODEL("a")) "  canary:\n" CANARY(
        "v2", "b", "25", ""));
    ready();
    apply(STANDARD("name: v2, minReplicas: 4, " MODEL("b")));
    ready();
    ask(seen);
    ck_assert_int_eq(seen[2], 400);
    has_traffic("iris-v2-predictor-00002 100*");
    has_canaries("True");
    for (int i = 0; i < 1000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&launched), 2);
    ck_assert_int_eq(atomic_load(&ended), 1);
}
END_TEST

START_TEST(rollback_by_document)
{
    int seen[10];
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "25", ""));
    ready();
    apply(STANDARD(MODEL("a")));
    ready();
    ask(seen);
    ck_assert_int_eq(seen[1], 400);
    has_traffic("iris-predictor-00001 100*");
    for (int i = 0; i < 1000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&launched), 2);
    ck_assert_int_eq(atomic_load(&ended), 1);
}
END_TEST

/* What was never a canary is loaded first; KServe has no answers meanwhile. */
START_TEST(another_name_takes_over_once_it_is_ready)
{
    pthread_t thread;
    apply(STANDARD(MODEL("a")));
    ready();
    apply(STANDARD("name: v2, " MODEL("slow")));
    for (int i = 0; i < 50; i++)
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_fails(kf_server_wait(server, NULL, 10), KF_ETIMEOUT, "not ready");
    answers(TO("iris-v2-predictor"), 404,
        "{\"error\":\"there is no such revision of default/iris\"}");
    ck_ok(kf__thread_start(&thread, release, NULL));
    ready();
    answers(PREDICT, 200, "iris-v2-predictor-00002 /v1/models/iris");
    (void)pthread_join(thread, NULL);
}
END_TEST

static const char two[] = STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "20", "")
    CANARY("v3", "c", "30", "");

START_TEST(promotion_and_rollback_by_command)
{
    int seen[10];
    apply(two);
    ready();
    ck_fails(kf_server_promote(server, "iris"), KF_EINVAL,
        "there are 2 canaries, 'v2' and 'v3' among them: say which");
    ck_fails(kf_server_promote_canary(server, "iris", "w3"), KF_ENOENT,
        "there is no canary 'w3'; did you mean 'v3'?");
    ck_ok(kf_server_promote_canary(server, "iris", "v3"));
    ready();
    has_traffic("iris-v3-predictor-00003 80*, iris-v2-predictor-00002 20* v2");
    ask(seen);
    is_about(seen[3], 80);
    is_about(seen[2], 20);
    ck_fails(kf_server_promote_canary(server, "iris", "v3"), KF_ESTATE,
        "the canary 'v3' is promoted already");
    ck_assert_int_eq(atomic_load(&launched), 3);
    kf_server_free(server);
    start(NULL);
    apply(two);
    ready();
    has_traffic("iris-v3-predictor-00003 80*, iris-v2-predictor-00002 20* v2");
    ck_ok(kf_server_rollback(server, "iris"));
    ready();
    ask(seen);
    ck_assert_int_eq(seen[4], 400); /* The stable one, loaded anew. */
    has_traffic("iris-predictor-00004 100*");
    has_canaries("True");
    ck_ok(kf_server_rollback(server, "iris"));
    ck_ok(kf_server_promote_canary(server, "iris", "v2"));
    ready();
    ask(seen);
    is_about(seen[5] + seen[2], 70);
}
END_TEST

START_TEST(the_only_canary)
{
    static const char one[] =
        STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "20", "");
    apply(one);
    ready();
    ck_ok(kf_server_promote(server, "iris"));
    ready();
    has_traffic("iris-v2-predictor-00002 100*");
    apply(one); /* The same document. */
    ready();
    has_traffic("iris-v2-predictor-00002 100*");
    apply(STANDARD("name: v2, " MODEL("b"))); /* What the command stood for. */
    ready();
    has_traffic("iris-v2-predictor-00002 100*");
    ck_assert_int_eq(atomic_load(&launched), 2);
    ck_fails(kf_server_promote(server, "iris"), KF_ESTATE, "no canary to promote");
    ck_fails(kf_server_promote_canary(server, "iris", "v2"), KF_ENOENT,
        "the document has no canary 'v2'");
    ck_fails(kf_server_rollback(server, "iris"), KF_ESTATE, "no earlier revision");
}
END_TEST

/* Without traffic a canary has no replicas unless it says so; then it is asked at its
 * own host. */
START_TEST(canary_without_traffic)
{
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "0", ""));
    ready();
    has_canaries("v2 0 not Pending, CanariesNotReady, True");
    ck_assert_int_eq(atomic_load(&launched), 1);
    answers(TO("iris-v2-predictor"), 404,
        "{\"error\":\"there is no such revision of default/iris\"}");
    apply(
        STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "0", "minReplicas: 1, "));
    ready();
    has_canaries("v2 0 ready Loaded, AllCanariesReady, True");
    has_traffic("iris-predictor-00001 100*, iris-v2-predictor-00002 0* v2");
    answers(TO("iris-v2-predictor"), 200, "iris-v2-predictor-00002 /x");
    for (int i = 0; i < 50; i++)
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "0", ""));
    for (int i = 0; i < 1000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&ended), 1); /* Scaled to none. */
    has_canaries("v2 0 not Pending, CanariesNotReady, True");
    apply(STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "100", ""));
    ready();
    answers(PREDICT, 200, "iris-v2-predictor-00002 /v1/models/iris");
}
END_TEST

/* The stable predictor answers until what was promoted is there; what was given up on
 * the way is begun again when it is wanted again. */
START_TEST(promotion_of_a_canary_on_its_way)
{
    static const char text[] =
        STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "slow", "20", "");
    pthread_t thread;
    apply(text);
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    for (int i = 0; i < 5; i++) {
        ck_ok(kf_server_promote(server, "iris"));
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
        ck_ok(kf_server_rollback(server, "iris"));
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    }
    ck_ok(kf_server_promote(server, "iris"));
    ck_fails(kf_server_wait(server, NULL, 20), KF_ETIMEOUT, "not ready");
    ck_ok(kf__thread_start(&thread, release, NULL));
    ready();
    (void)pthread_join(thread, NULL);
    char body[256];
    ck_assert_int_eq(request(PREDICT, body, sizeof body), 200);
    ck_assert_ptr_nonnull(strstr(body, "iris-v2-predictor-0000"));
}
END_TEST

/* What has the traffic and sleeps is woken, also when it is on its way out. */
START_TEST(asleep_while_another_is_loaded)
{
#define NAPPING                                                                        \
    HEAD("serving.kserve.io/deploymentMode: Standard, "                                \
         "autoscaling.knative.dev/window: 10ms, "                                      \
         "autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1ms")
    pthread_t thread;
    apply(NAPPING "  predictor: {minReplicas: 0, " MODEL("a") "}\n");
    ready();
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    for (int i = 0; i < 2000 && atomic_load(&ended) == 0; i++)
        kf__sleep_ms(5);
    ck_assert_int_eq(atomic_load(&ended), 1);
    apply(NAPPING "  predictor: {name: v2, minReplicas: 0, " MODEL("slow") "}\n");
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_ok(kf__thread_start(&thread, release, NULL));
    ready();
    (void)pthread_join(thread, NULL);
    answers(PREDICT, 200, "iris-v2-predictor-00002 /v1/models/iris");
}
END_TEST

START_TEST(percent_of_knative_is_ignored)
{
    apply(STANDARD(MODEL("a")));
    ready();
    apply(STANDARD("canaryTrafficPercent: 0, " MODEL("b")));
    ready();
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
    apply(STANDARD("canaryTrafficPercent: 7, maxReplicas: 3, " MODEL("b")));
    ready();
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris"); /* Scaled only. */
    ck_assert_int_eq(atomic_load(&launched), 2);
    ck_ok(kf_server_rollback(server, "iris"));
    ready();
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    ck_ok(kf_server_promote(server, "iris"));
    ready();
    answers(PREDICT, 200, "iris-predictor-00002 /v1/models/iris");
}
END_TEST

/* KServe gives a canary's share of what comes from outside to it without asking the
 * transformer, and none of what the transformer asks. */
START_TEST(transformer_asks_all_of_them)
{
    int seen[10];
    apply(STANDARD(MODEL("a")) "  transformer: {containers: [{image: t}]}\n"
                               "  canary:\n" CANARY("v2", "b", "30", ""));
    ready();
    ask(seen);
    is_about(seen[1], 70);
    is_about(seen[2], 30);
    apply(STANDARD(MODEL("a")) "  transformer: {containers: [{image: t}]}\n"
                               "  canary:\n" CANARY("v2", "b", "100", ""));
    ready();
    ask(seen);
    ck_assert_int_eq(seen[2], 400);
}
END_TEST

/* "PredictorReady=True(reason) Ready=True, http://host" */
static void is_ready_as(const char *expected)
{
    kf_value *document;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf_server_status(server, "iris", &document));
    const kf_value *status = kf_value_get(document, "status");
    const kf_value *list = kf_value_get(status, "conditions");
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *type = kf__get_text(item, "type"),
                   *reason = kf__get_text(item, "reason");
        if (strcmp(type, "PredictorReady") == 0 || strcmp(type, "Ready") == 0)
            kf__buf_printf(&buf, "%s=%s(%s) ", type, kf__get_text(item, "status"),
                reason ? reason : "");
    }
    const char *url = kf__get_text(
        kf_value_get(kf_value_get(status, "components"), "predictor"), "url");
    kf__buf_puts(&buf, url ? url : "none");
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_value_free(document);
}

/* TestPropagateRawStatus of KServe: what a Deployment says, and what becomes of it. */
START_TEST(readiness_as_of_deployments)
{
    pthread_t thread;
    apply(STANDARD(MODEL("slow")));
    is_ready_as("PredictorReady=False(MinimumReplicasUnavailable) "
                "Ready=False(MinimumReplicasUnavailable) none");
    ck_ok(kf__thread_start(&thread, release, NULL));
    ready();
    (void)pthread_join(thread, NULL);
    is_ready_as("PredictorReady=True(NewReplicaSetAvailable) Ready=True() "
                "http://iris-predictor-default.example.com");
    atomic_store(&hold, true);
    apply(STANDARD("timeout: 5, " MODEL("slow")));
    is_ready_as("PredictorReady=True(MinimumReplicasAvailable) Ready=True() "
                "http://iris-predictor-default.example.com");
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 200, "{\"ready\":true}");
    apply(STANDARD(MODEL("damaged")));
    ck_fails(kf_server_wait(server, NULL, 10000), KF_EFAILED, "damaged");
    is_ready_as("PredictorReady=False(ProgressDeadlineExceeded) "
                "Ready=False(ProgressDeadlineExceeded) "
                "http://iris-predictor-default.example.com");
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    answers("GET /v2/health/ready HTTP/1.1\r\nHost: x", 200, "{\"ready\":true}");
    atomic_store(&hold, false);
}
END_TEST

START_TEST(hosts_of_the_mode_standard)
{
    apply(STANDARD("name: v1, " MODEL("a")) "  canary:\n" CANARY(
        "v2", "b", "0", "minReplicas: 1, "));
    ready();
    answers(FLAT("iris-default"), 200, "iris-v1-predictor-00001 /x");
    answers(FLAT("iris-predictor-default"), 200, "iris-v1-predictor-00001 /x");
    answers(FLAT("iris-v1-predictor-default"), 200, "iris-v1-predictor-00001 /x");
    answers(FLAT("iris-v2-predictor-default"), 200, "iris-v2-predictor-00002 /x");
    answers(FLAT("iris-v3-predictor-default"), 404, "{\"error\":\"Not Found\"}");
    answers(FLAT("iris-other"), 404, "{\"error\":\"Not Found\"}");
    answers(FLAT("-default"), 404, "{\"error\":\"Not Found\"}");
    answers(FLAT("default"), 404, "{\"error\":\"Not Found\"}");
    is_ready_as("PredictorReady=True(NewReplicaSetAvailable) Ready=True() "
                "http://iris-v1-predictor-default.example.com");
}
END_TEST

/* ---- no request fails ---- */

typedef struct load {
    atomic_bool ends;
    atomic_int failed, answered;
} load;

static void *hammer(void *payload)
{
    load *self = payload;
    char body[256];
    for (; !atomic_load(&self->ends); self->answered++)
        if (request(PREDICT, body, sizeof body) != 200)
            self->failed++;
    return NULL;
}

START_TEST(changes_under_load)
{
    static const char *const documents[] = {
        STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "25", ""),
        STANDARD(MODEL("a")) "  canary:\n" CANARY("v2", "b", "75", "")
            CANARY("v3", "c", "25", ""),
        STANDARD("name: v2, " MODEL("b")) "  canary:\n" CANARY("v3", "c", "25", ""),
        STANDARD("name: v2, " MODEL("b")) "  canary:\n" CANARY("v3", "d", "50", ""),
        STANDARD("name: v2, " MODEL("b")), STANDARD("name: v4, " MODEL("e")),
        STANDARD(MODEL("a"))};
    enum { COUNT = sizeof documents / sizeof *documents };
    load works[2] = {0};
    pthread_t threads[2];
    apply(STANDARD(MODEL("a")));
    ready();
    for (int i = 0; i < 2; i++)
        ck_ok(kf__thread_start(&threads[i], hammer, &works[i]));
    for (int round = 0; round < 10; round++)
        for (int i = 0; i < COUNT; i++) {
            apply(documents[i]);
            if ((i + round) % 3 != 0)
                ready();
            if (i == 1)
                ck_ok(kf_server_promote_canary(server, "iris", "v3"));
            if (i == 1 && round % 2 == 0)
                ck_ok(kf_server_rollback(server, "iris"));
        }
    for (int i = 0; i < 2; i++)
        atomic_store(&works[i].ends, true);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
        ck_assert_int_eq(works[i].failed, 0);
        ck_assert_int_gt(works[i].answered, 0);
    }
}
END_TEST

/* ---- tags of Knative ---- */

#define KNATIVE(annotations, predictor)                                                \
    HEAD(annotations) "  predictor: {" predictor "}\n"
#define TAGGED "serving.kserve.io/enable-tag-routing: \"true\""

START_TEST(previous_revision_by_its_tag)
{
    apply(KNATIVE("", MODEL("a")));
    ready();
    answers(TO("prev-iris-predictor"), 404,
        "{\"error\":\"there is no such revision of default/iris\"}");
    has_traffic("iris-predictor-00001 100*");
    apply(KNATIVE("", "canaryTrafficPercent: 100, " MODEL("b")));
    ready();
    has_traffic("iris-predictor-00002 100*");
    apply(KNATIVE("", "canaryTrafficPercent: 10, " MODEL("c")));
    ready();
    has_traffic("iris-predictor-00003 10*, iris-predictor-00002 90 prev "
                "http://prev-iris-predictor.default.example.com");
    for (int i = 0; i < 50; i++)
        answers(TO("prev-iris-predictor"), 200, "iris-predictor-00002 /x");
    answers("GET /x HTTP/1.1\r\nHost: prev-iris-predictor.default.svc.cluster.local",
        200, "iris-predictor-00002 /x");
    answers(TO("latest-iris-predictor"), 404,
        "{\"error\":\"there is no such revision of default/iris\"}");
    answers(TO("prev-iris-transformer"), 404, "{\"error\":\"Not Found\"}");
}
END_TEST

/* The latest is asked at its tag before any of the traffic goes to it. */
START_TEST(latest_revision_by_its_tag)
{
    apply(KNATIVE(TAGGED, MODEL("a")));
    ready();
    has_traffic("iris-predictor-00001 100* latest "
                "http://latest-iris-predictor.default.example.com");
    apply(KNATIVE(TAGGED, "canaryTrafficPercent: 0, " MODEL("b")));
    ready();
    has_traffic("iris-predictor-00002 0* latest "
                "http://latest-iris-predictor.default.example.com, "
                "iris-predictor-00001 100 prev "
                "http://prev-iris-predictor.default.example.com");
    for (int i = 0; i < 50; i++) {
        answers(TO("latest-iris-predictor"), 200, "iris-predictor-00002 /x");
        answers(TO("prev-iris-predictor"), 200, "iris-predictor-00001 /x");
        answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
    }
}
END_TEST

/* Each component has its own: a canary of the transformer is none of the predictor. */
START_TEST(components_roll_out_by_themselves)
{
    apply(KNATIVE("", MODEL("a")) "  transformer: {containers: [{image: t}]}\n");
    ready();
    apply(KNATIVE("", "canaryTrafficPercent: 10, " MODEL(
                          "b")) "  transformer: {containers: [{image: t}]}\n");
    ready();
    has_traffic("iris-predictor-00002 10*, iris-predictor-00001 90 prev "
                "http://prev-iris-predictor.default.example.com");
    ck_assert_int_eq(atomic_load(&launched), 3);
    answers(TO("prev-iris-transformer"), 404,
        "{\"error\":\"there is no such revision of default/iris\"}");
}
END_TEST

/* What KServe keeps from pods makes no revision. */
START_TEST(annotations_of_no_revision)
{
    apply(KNATIVE("", MODEL("a")));
    ready();
    apply(KNATIVE("kubectl.kubernetes.io/last-applied-configuration: x, "
                  "serving.knative.dev/rollout-duration: 30s, "
                  "autoscaling.knative.dev/min-scale: \"3\"",
        MODEL("a")));
    ready();
    has_traffic("iris-predictor-00001 100*");
    apply(KNATIVE("other: x", MODEL("a")));
    ready();
    has_traffic("iris-predictor-00002 100*");
}
END_TEST

KF_TEST_MAIN_WITH("serving/part", setup, teardown, canaries_share,
    canary_that_is_not_ready_gets_nothing, promotion_by_document, rollback_by_document,
    another_name_takes_over_once_it_is_ready, promotion_and_rollback_by_command,
    the_only_canary, canary_without_traffic, promotion_of_a_canary_on_its_way,
    asleep_while_another_is_loaded, percent_of_knative_is_ignored,
    transformer_asks_all_of_them, readiness_as_of_deployments,
    hosts_of_the_mode_standard, changes_under_load, previous_revision_by_its_tag,
    latest_revision_by_its_tag, components_roll_out_by_themselves,
    annotations_of_no_revision)
