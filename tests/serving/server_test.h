/* SPDX-License-Identifier: Apache-2.0 */
/* Whole servers on a port, with a launcher of the test's own: the first word of a
 * storageUri says what becomes of the revision. */
#ifndef KF_SERVER_TEST_H
#define KF_SERVER_TEST_H

#include "serving/server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "call_test.h"
#include "folder.h"

static kf_server *server;
static atomic_int launched, ended;
static atomic_bool hold;

/* ---- what is launched ---- */

typedef struct echo {
    kf_backend backend;
    char revision[64];
} echo;

static void echo_serve(kf_backend *self, kf_call *call)
{
    const char *trace = kf__call_header(call, "X-Trace-Id");
    kf__buf_printf(&call->reply.body, "%s %s%s%s", ((echo *)self)->revision, call->path,
        trace != NULL ? " " : "", trace != NULL ? trace : "");
    call->reply.status = 200;
    call->reply.content_type = "text/plain";
    call->done(call);
}

static void echo_free(kf_backend *self)
{
    atomic_fetch_add(&ended, 1);
    free(self);
}

/* A transformer: it hands on what it is asked. */
typedef struct relay {
    kf_backend backend;
    kf_backend *predictor;
} relay;

static void relay_serve(kf_backend *self, kf_call *call)
{
    kf__serve(((relay *)self)->predictor, call);
}

static kf_status launch_relay(const kf_launch *order, kf_launched *out)
{
    static const kf_backend_table table = {relay_serve, echo_free};
    relay *made = calloc(1, sizeof *made);
    ck_assert_ptr_nonnull(made);
    *made = (relay){{&table}, order->predictor};
    out->backend = &made->backend;
    return KF_OK;
}

/* As the test says. */
static atomic_int illness; /* 0: well, 1: a worker ended, 2: and does not load again. */

static inline void look_at(kf_backend *pool, kf_health *out)
{
    int how = atomic_load(&illness);
    (void)pool;
    *out = (kf_health){.ready = how == 0,
        .is_ill = how > 0,
        .is_failing = how > 1,
        .reason = how > 1 ? "ModelLoadFailed" : "RuntimeUnhealthy",
        .exit_code = how > 0 ? 139 : 0};
    (void)snprintf(out->message, sizeof out->message, "it fell: %d", how);
}

/* "damaged": it does not load; "slow": not before `hold` is false; "passing": it does
 * not load as long as `hold` is true; "worker": it has the health that the test says. */
static kf_status launch(
    void *payload, const kf_launch *order, kf_launched *out, kf_launch_failure *failure)
{
    static const kf_backend_table table = {echo_serve, echo_free};
    const char *uri = order->component->storage_uri;
    ck_assert_ptr_eq(payload, &server);
    atomic_fetch_add(&launched, 1);
    if (order->predictor != NULL)
        return launch_relay(order, out);
    if (order->models != NULL)
        return kf__launch_models(order, out);
    if (strstr(uri, "damaged") != NULL) {
        failure->reason = "ModelLoadFailed";
        return kf__fail(KF_EPARSE, "model.json", "the file is damaged");
    }
    if (strstr(uri, "passing") != NULL && atomic_load(&hold))
        return kf__fail(KF_EIO, NULL, "the network is away");
    while (strstr(uri, "slow") != NULL && atomic_load(&hold)) {
        if (atomic_load(order->cancel))
            return kf__fail(KF_ECANCELED, NULL, "given up");
        kf__sleep_ms(1);
    }
    echo *made = calloc(1, sizeof *made);
    ck_assert_ptr_nonnull(made);
    made->backend.table = &table;
    (void)snprintf(made->revision, sizeof made->revision, "%s", order->revision);
    out->backend = out->pool = &made->backend;
    if (strstr(uri, "worker") != NULL)
        out->health = look_at;
    return KF_OK;
}

static void start(const kf_server_options *options)
{
    kf_server_options chosen = {.size = sizeof chosen};
    if (options != NULL)
        chosen = *options;
    chosen.home = test_folder;
    ck_ok(kf__server_start_with(&chosen, launch, &server, &server));
}

/* Lets what is slow go on, by and by. */
static inline void *release(void *payload)
{
    kf__sleep_ms(100);
    atomic_store(&hold, false);
    return payload;
}

static inline void setup(void)
{
    make_test_folder();
    atomic_store(&launched, 0);
    atomic_store(&ended, 0);
    atomic_store(&illness, 0);
    atomic_store(&hold, true);
    start(NULL);
}

static inline void teardown(void)
{
    kf_server_free(server);
    remove_test_folder();
}

/* A service of one predictor; canary and more are lines of the predictor. */
static inline const char *iris(const char *uri, const char *more)
{
    static char text[1024];
    (void)snprintf(text, sizeof text,
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris}\nspec:\n  predictor:\n%s"
        "    model: {modelFormat: {name: xgboost}, storageUri: \"%s\"}\n",
        more, uri);
    return text;
}

static inline void apply(const char *text)
{
    kf_services *documents;
    ck_ok(kf_services_load(text, strlen(text), &documents));
    ck_ok(kf_server_apply(server, documents));
    kf_services_free(documents);
}

/* ---- requests ---- */

static inline int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(kf_server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {50, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int request(const char *head, char *body, size_t size)
{
    char text[4096];
    size_t length = 0;
    int fd = connected(), status = 0;
    int sent = snprintf(text, sizeof text, "%s\r\nConnection: close\r\n\r\n", head);
    ck_assert_int_eq((int)send(fd, text, (size_t)sent, MSG_NOSIGNAL), sent);
    for (ssize_t got = 1; got > 0;) {
        got = recv(fd, text + length, sizeof text - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd);
    text[length] = '\0';
    ck_assert_int_eq(sscanf(text, "HTTP/1.1 %d", &status), 1);
    const char *rest = strstr(text, "\r\n\r\n");
    ck_assert_ptr_nonnull(rest);
    (void)snprintf(body, size, "%s", rest + 4);
    return status;
}

static inline void answers(const char *head, int status, const char *expected)
{
    char body[2048];
    int got = request(head, body, sizeof body);
    ck_assert_msg(got == status && strcmp(body, expected) == 0, "%d %s", got, body);
}

#define PREDICT "GET /v1/models/iris HTTP/1.1\r\nHost: x"

#endif
