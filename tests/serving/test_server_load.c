/* SPDX-License-Identifier: Apache-2.0 */
/* A server that many clients ask while it is changed. */
#include "server_test.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/thread.h"

/* ---- clients, each on one connection that it keeps ---- */

enum { CLIENTS = 8 };

static struct client {
    pthread_t thread;
    int number;
    atomic_long answered;
    char failure[512]; /* What was not as it should be. */
} clients[CLIENTS];
static atomic_bool over, ending;

/* One whole answer; false: the connection broke. */
static bool receive(int fd, char *text, size_t size)
{
    size_t length = 0, whole = 0;
    while (whole == 0 || length < whole) {
        ssize_t got = recv(fd, text + length, size - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        text[length] = '\0';
        const char *body = strstr(text, "\r\n\r\n");
        const char *bytes = strstr(text, "Content-Length: ");
        if (body != NULL && bytes != NULL)
            whole = (size_t)(body + 4 - text) + strtoul(bytes + 16, NULL, 10);
    }
    return true;
}

/* The answer is of some revision, and to this request. */
static bool is_right(const char *text, const char *path)
{
    const char *body = strstr(text, "\r\n\r\niris-predictor-");
    const char *end = body != NULL ? strchr(body, ' ') : NULL;
    return strncmp(text, "HTTP/1.1 200 ", 13) == 0 && end != NULL &&
           strcmp(end + 1, path) == 0;
}

static bool ask(struct client *self, int fd, long count)
{
    char text[2048], path[64];
    (void)snprintf(path, sizeof path, "/v1/models/iris/%d-%ld", self->number, count);
    int length =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    text[length] = '\0';
    bool sent = send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
    text[0] = '\0';
    if (sent && receive(fd, text, sizeof text) && is_right(text, path))
        return strstr(text, "Connection: close\r\n") == NULL;
    /* It was closed before the request was there. */
    if (atomic_load(&ending) && text[0] == '\0')
        return false;
    (void)snprintf(self->failure, sizeof self->failure, "%s: %.400s", path, text);
    return false;
}

static void *be_client(void *payload)
{
    struct client *self = payload;
    int fd = connected();
    for (long i = 0; !atomic_load(&over) && ask(self, fd, i); i++)
        atomic_fetch_add(&self->answered, 1);
    (void)close(fd);
    return NULL;
}

static void begin_load(void)
{
    atomic_store(&ending, false);
    atomic_store(&over, false);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i].number = i;
        clients[i].failure[0] = '\0';
        atomic_store(&clients[i].answered, 0);
        ck_ok(kf__thread_start(&clients[i].thread, be_client, &clients[i]));
    }
}

/* Every client has so many more answers, or has failed. */
static void let_them_ask(long more)
{
    for (int i = 0; i < CLIENTS; i++) {
        long until = atomic_load(&clients[i].answered) + more;
        while (
            atomic_load(&clients[i].answered) < until && clients[i].failure[0] == '\0')
            kf__sleep_ms(1);
    }
}

static void end_load(void)
{
    atomic_store(&over, true);
    for (int i = 0; i < CLIENTS; i++)
        (void)pthread_join(clients[i].thread, NULL);
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_msg(clients[i].failure[0] == '\0', "%s", clients[i].failure);
}

/* ---- changes ---- */

/* Back and forth, some before what was there is loaded, some that never load. */
START_TEST(changes)
{
    static const char *const uris[] = {"a", "b", "damaged", "c", "b"};
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    begin_load();
    for (int i = 0; i < 300; i++) {
        apply(iris(uris[i % 5], ""));
        if (i % 3 == 0) {
            kf_status status = kf_server_wait(server, NULL, 10000);
            ck_assert(status == (i % 5 == 2 ? KF_EFAILED : KF_OK));
        }
        let_them_ask(i % 4);
    }
    apply(iris("last", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    end_load();
}
END_TEST

START_TEST(canaries)
{
    char more[64];
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    begin_load();
    for (int i = 0; i < 200; i++) {
        (void)snprintf(
            more, sizeof more, "    canaryTrafficPercent: %d\n", i * 37 % 101);
        apply(iris(i % 2 == 0 ? "b" : "c", more));
        ck_ok(kf_server_wait(server, NULL, 10000));
        let_them_ask(i % 3);
    }
    end_load();
}
END_TEST

START_TEST(promotions_and_rollbacks)
{
    apply(iris("a", ""));
    ck_ok(kf_server_wait(server, NULL, 10000));
    apply(iris("b", "    canaryTrafficPercent: 30\n"));
    ck_ok(kf_server_wait(server, NULL, 10000));
    begin_load();
    for (int i = 0; i < 100; i++) {
        ck_ok(kf_server_promote(server, "iris"));
        let_them_ask(i % 3);
        ck_ok(kf_server_rollback(server, "iris"));
        let_them_ask(i % 2);
    }
    ck_ok(kf_server_wait(server, NULL, 10000));
    end_load();
    answers(PREDICT, 200, "iris-predictor-00001 /v1/models/iris");
}
END_TEST

/* Clients that go on asking do not keep it from ending, and get whole answers. */
START_TEST(ends)
{
    kf_server_options options = {.size = sizeof options};
    for (int i = 0; i < 10; i++) {
        apply(iris("a", ""));
        begin_load();
        let_them_ask(5);
        options.port = kf_server_port(server);
        atomic_store(&ending, true);
        kf_server_free(server);
        end_load();
        start(&options);
    }
}
END_TEST

/* ---- sleep ---- */

static const char *const sleeper =
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
    "metadata: {name: iris, annotations: {autoscaling.knative.dev/window: 6ms, "
    "autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1ms}}\n"
    "spec: {predictor: {minReplicas: 0, model: {modelFormat: {name: xgboost}, "
    "storageUri: a}}}\n";

static void look_after_scale(void)
{
    kf__mutex_lock(&server->mutex);
    kf__server_scale(server, kf__monotonic_ns());
    kf__mutex_unlock(&server->mutex);
}

/* All of them ask at once what has just fallen asleep. */
START_TEST(sleeps_and_wakes)
{
    apply(sleeper);
    ck_ok(kf_server_wait(server, NULL, 10000));
    for (int round = 1; round <= 30; round++) {
        while (atomic_load(&ended) < round) {
            look_after_scale();
            kf__sleep_ms(1);
        }
        begin_load();
        let_them_ask(20);
        end_load();
    }
    ck_assert_int_eq(atomic_load(&launched), 31);
}
END_TEST

/* It falls asleep in the midst of requests that come now and then. */
START_TEST(falls_asleep_between_requests)
{
    struct client *one = &clients[0];
    apply(sleeper);
    ck_ok(kf_server_wait(server, NULL, 10000));
    int fd = connected();
    for (int i = 0; atomic_load(&ended) < 30; i++) {
        for (int k = 0; k < i % 16; k++) {
            look_after_scale();
            kf__sleep_ms(1);
        }
        ck_assert_msg(ask(one, fd, i), "%s", one->failure);
    }
    (void)close(fd);
}
END_TEST

/* ---- many ---- */

/* Requests come while the model is loaded, and when it is there, in all orders. */
START_TEST(wait_while_it_is_loaded)
{
    enum { COUNT = 50, ROUNDS = 60 };
    int fds[COUNT];
    char text[2048], path[64], uri[32];
    for (int i = 0; i < COUNT; i++)
        fds[i] = connected();
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&hold, true);
        (void)snprintf(uri, sizeof uri, "slow-%d", round);
        apply("");
        apply(iris(uri, ""));
        for (int i = 0; i < COUNT; i++) {
            int length = snprintf(text, sizeof text,
                "GET /v1/models/iris/%d-%d HTTP/1.1\r\nHost: x\r\n\r\n", i, round);
            if (i == round % COUNT)
                atomic_store(&hold, false);
            ck_assert_int_eq(send(fds[i], text, (size_t)length, MSG_NOSIGNAL), length);
        }
        for (int i = 0; i < COUNT; i++) {
            (void)snprintf(path, sizeof path, "/v1/models/iris/%d-%d", i, round);
            text[0] = '\0';
            ck_assert_msg(receive(fds[i], text, sizeof text), "%s: %s: %s", path,
                strerror(errno), text);
            ck_assert_msg(is_right(text, path), "%s: %s", path, text);
        }
    }
    for (int i = 0; i < COUNT; i++)
        (void)close(fds[i]);
}
END_TEST

START_TEST(a_thousand_connections)
{
    enum { COUNT = 1000, ROUNDS = 3 };
    static int fds[COUNT];
    char text[2048], path[64];
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int count = limit.rlim_cur >= 2 * COUNT + 64 ? COUNT : 100;
    kf_server_free(server);
    start(NULL);
    apply(iris("a", ""));
    for (int i = 0; i < count; i++)
        fds[i] = connected();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < count; i++) {
            int length = snprintf(text, sizeof text,
                "GET /v1/models/iris/%d-%d HTTP/1.1\r\nHost: x\r\n\r\n", i, round);
            ck_assert_int_eq(send(fds[i], text, (size_t)length, MSG_NOSIGNAL), length);
        }
        for (int i = 0; i < count; i++) {
            (void)snprintf(path, sizeof path, "/v1/models/iris/%d-%d", i, round);
            text[0] = '\0';
            ck_assert_msg(receive(fds[i], text, sizeof text), "%s: %s: %s", path,
                strerror(errno), text);
            ck_assert_msg(is_right(text, path), "%s: %s", path, text);
        }
    }
    for (int i = 0; i < count; i++)
        (void)close(fds[i]);
}
END_TEST

KF_TEST_MAIN_WITH("serving/server_load", setup, teardown, changes, canaries,
    promotions_and_rollbacks, ends, sleeps_and_wakes, falls_asleep_between_requests,
    wait_while_it_is_loaded, a_thousand_connections)
