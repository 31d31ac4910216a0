/* SPDX-License-Identifier: Apache-2.0 */
/* Servers whose allocations fail, one after the other: each call says so, and what was
 * served before is served on. */
#include "server_test.h"

#include "base/mem.h"

static const char chain[] =
    "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\n"
    "metadata: {name: chain}\nspec: {nodes: {root: {routerType: Sequence, steps: ["
    "{serviceName: iris}]}}}\n";

static kf_services *documents_of(const char *uri, bool with_graph)
{
    kf_services *documents;
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, iris(uri, "    canaryTrafficPercent: 50\n"));
    kf__buf_puts(&text, with_graph ? chain : "");
    ck_ok(kf_services_load(text.data, text.length, &documents));
    kf__buf_finish(&text);
    return documents;
}

/* ---- from the start to the status ---- */

static kf_services *documents;

static kf_status use_all(void)
{
    kf_server_options options = {.size = sizeof options, .home = test_folder};
    kf_server *made = NULL;
    kf_value *status = NULL, *list = NULL;
    KF__TRY(kf__server_start_with(&options, launch, &server, &made));
    kf_status outcome = kf_server_apply(made, documents);
    if (outcome == KF_OK)
        outcome = kf_server_wait(made, NULL, 10000);
    if (outcome == KF_OK)
        outcome = kf_server_status(made, "iris", &status);
    if (outcome == KF_OK)
        outcome = kf_server_status(made, "chain", &list);
    kf_value_free(status);
    kf_value_free(list);
    kf_server_free(made);
    return outcome;
}

START_TEST(from_the_start)
{
    kf_server_free(server);
    server = NULL;
    documents = documents_of("a", true);
    ck_survives_nomem(use_all());
    kf_services_free(documents);
}
END_TEST

/* ---- changes ---- */

static void still_serves(const char *path)
{
    char body[512], head[128];
    (void)snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: x", path);
    int status = request(head, body, sizeof body);
    ck_assert_msg(status == 200, "%s: %d %s", path, status, body);
}

START_TEST(changes)
{
    kf_status status = KF_ENOMEM;
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    for (long i = 0; status != KF_OK; i++) {
        char uri[32];
        (void)snprintf(uri, sizeof uri, "u%ld", i);
        kf_services *changed = documents_of(uri, i % 2 == 0);
        kf__mem_fail_after(i);
        status = kf_server_apply(server, changed);
        kf__mem_fail_after(-1);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM, "%ld: %s: %s", i,
            kf_status_name(status), kf_last_error()->message);
        kf_services_free(changed);
        still_serves("/v1/models/iris");
    }
    ck_ok(kf_server_wait(server, NULL, 10000));
}
END_TEST

static kf_status promote_and_roll_back(void)
{
    kf_status status = kf_server_promote(server, "iris");
    return status == KF_OK ? kf_server_rollback(server, "iris") : status;
}

/* A promotion that was half made is not there. */
START_TEST(promotions)
{
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    apply(iris("b", "    canaryTrafficPercent: 50\n"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    kf_status status = KF_ENOMEM;
    for (long i = 0; status != KF_OK; i++) {
        kf__mem_fail_after(i);
        status = promote_and_roll_back();
        kf__mem_fail_after(-1);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM, "%ld: %s: %s", i,
            kf_status_name(status), kf_last_error()->message);
        still_serves("/v1/models/iris");
        kf_status back = status == KF_OK ? KF_OK : kf_server_rollback(server, "iris");
        ck_assert(back == KF_OK || back == KF_ESTATE);
    }
    ck_ok(kf_server_wait(server, NULL, 10000));
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
}
END_TEST

/* ---- requests ---- */

static int serve_once(const char *path)
{
    test_call made;
    test_call_init(&made, path, NULL);
    kf_header host = {"Host", "x"};
    made.call.headers = &host;
    made.call.header_count = 1;
    kf_backend *backend = kf__server_route(server, &made.call);
    if (backend != NULL)
        kf__serve(backend, &made.call);
    ck_assert_int_eq(made.done, 1);
    int status = made.call.reply.body.status == KF_OK ? made.call.reply.status : 503;
    test_call_finish(&made);
    return status;
}

START_TEST(requests)
{
    static const char *const paths[] = {"/v1/models/iris", "/v2/models/iris/ready",
        "/serving/default/iris/v1/models/iris", "/v1/models", "/v2", "/metrics",
        "/v2/health/ready"};
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
        for (long i = 0, status = 503; status != 200; i++) {
            kf__mem_fail_after(i);
            status = serve_once(paths[k]);
            kf__mem_fail_after(-1);
            ck_assert_msg(status == 200 || status == 503, "%s: %ld", paths[k], status);
            ck_assert_int_eq(serve_once(paths[k]), 200);
        }
}
END_TEST

KF_TEST_MAIN_WITH("serving/server_memory", setup, teardown, from_the_start, changes,
    promotions, requests)
