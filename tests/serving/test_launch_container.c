/* SPDX-License-Identifier: Apache-2.0 */
/* Custom containers, whose commands and classes are of this test. */
#include "serving/launch.h"

#include <string.h>

#include "call_test.h"
#include "folder.h"

#include "base/clock.h"

static kf_services *documents;
static kf_launched launched;
static kf_launch_failure failure;
static atomic_bool cancel;
static atomic_int answered;

static const char doubler[] =
    "from kserve import Model, ModelServer, model_server\n"
    "class Doubler(Model):\n"
    "    def load(self):\n"
    "        self.ready = True\n"
    "        return self.ready\n"
    "    def predict(self, payload, headers=None):\n"
    "        return {'predictions': [2 * x for x in payload['instances']]}\n"
    "class FromHere(Doubler):\n"
    "    def load(self):\n"
    "        raise ValueError('no weights')\n"
    "if __name__ == '__main__':\n"
    "    model = Doubler(model_server.args.model_name)\n"
    "    model.load()\n"
    "    ModelServer().start([model])\n";

static void setup(void)
{
    make_test_folder();
    put_file(in_folder("model.py"), doubler);
    ck_ok(kf_services_new(&documents));
    launched = (kf_launched){0};
    failure = (kf_launch_failure){0};
}

static void teardown(void)
{
    kf__backend_free(launched.backend);
    kf_services_free(documents);
    remove_test_folder();
}

/* A service with one annotation and the members of a container. */
static kf_status launch(
    const char *name, const char *value, const char *container, bool allowed)
{
    char text[2048], full[512];
    kf_service *service;
    (void)snprintf(full, sizeof full, value, test_folder);
    (void)snprintf(text, sizeof text,
        "{\"apiVersion\": \"serving.kserve.io/v1beta1\", "
        "\"kind\": \"InferenceService\", \"metadata\": {\"name\": \"twice\", "
        "\"annotations\": {\"%s\": \"%s\"}}, \"spec\": {\"predictor\": "
        "{\"containers\": "
        "[{\"name\": \"kserve-container\", \"image\": \"example.com/twice:1\"%s}]}}}",
        name, full, container);
    ck_ok(kf_service_load(text, strlen(text), &service));
    kf_launch order = {.documents = documents,
        .service = service,
        .component = kf_service_component_of(service, KF_SERVICE_PREDICTOR),
        .revision = "twice-predictor-00001",
        .home = test_folder,
        .python = "python3",
        .host_commands = allowed,
        .cancel = &cancel};
    kf_status status = kf__launch_container(&order, &launched, &failure);
    kf_service_free(service);
    return status;
}

static void over(kf_call *call)
{
    (void)call;
    atomic_fetch_add(&answered, 1);
}

static void doubles(void)
{
    test_call call;
    test_call_init(&call, "/v1/models/twice:predict", "{\"instances\": [1, 2]}");
    call.call.done = over;
    atomic_store(&answered, 0);
    kf__serve(launched.backend, &call.call);
    while (atomic_load(&answered) == 0)
        kf__sleep_ms(1);
    ck_assert_int_eq(call.call.reply.status, 200);
    ck_assert_str_eq(kf__buf_text(&call.call.reply.body), "{\"predictions\":[2,4]}");
    test_call_finish(&call);
}

static size_t ready_workers(const kf_launched *of)
{
    kf_health health;
    of->health(of->pool, &health);
    ck_assert(!health.is_ill && !health.is_failing);
    return health.ready;
}

#define COMMAND ", \"command\": [\"python\", \"none.py\"]"

START_TEST(a_command_in_its_place)
{
    ck_ok(launch("libkf/host-command", "python3 '%s/model.py' --model_name=twice",
        COMMAND, true));
    doubles();
    ck_assert_uint_eq(ready_workers(&launched), 1);
    launched.scale(launched.backend, 2);
    while (ready_workers(&launched) < 2)
        kf__sleep_ms(1);
    doubles();
}
END_TEST

START_TEST(a_class_in_its_place)
{
    ck_ok(launch("libkf/class.predictor", "%s/model.py:Doubler", "", true));
    doubles();
}
END_TEST

START_TEST(its_own_command)
{
    char container[512];
    (void)snprintf(container, sizeof container,
        ", \"command\": [\"python3\", \"%s/model.py\"], \"args\": [\"--model_name\", "
        "\"$(NAME)\"], \"env\": [{\"name\": \"NAME\", \"value\": \"twice\"}]",
        test_folder);
    ck_ok(launch("a", "b", container, true));
    doubles();
}
END_TEST

START_TEST(not_allowed)
{
    ck_fails(launch("libkf/class", "%s/model.py:Doubler", COMMAND, false),
        KF_EUNSUPPORTED, "--host-commands");
    ck_assert_str_eq(failure.reason, "InvalidPredictorSpec");
    ck_fails(launch("a", "b", ", \"args\": [\"--x\"]", true), KF_EMISSING,
        "its image (example.com/twice:1) does not run here");
}
END_TEST

START_TEST(does_not_load)
{
    ck_fails(launch("libkf/class", "%s/model.py:FromHere", "", true), KF_EFAILED,
        "ValueError: no weights");
    ck_assert_str_eq(failure.reason, "ModelLoadFailed");
    ck_assert_int_eq(failure.exit_code, 1);
}
END_TEST

KF_TEST_MAIN_WITH("serving/launch_container", setup, teardown, a_command_in_its_place,
    a_class_in_its_place, its_own_command, not_allowed, does_not_load)
