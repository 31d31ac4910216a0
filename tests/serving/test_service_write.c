/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

#include "base/mem.h"

/* Members sorted, as Kubernetes' tools write them; unknown fields are kept. */
static const char text[] = "apiVersion: serving.kserve.io/v1beta1\n"
                           "kind: InferenceService\n"
                           "metadata:\n"
                           "  name: iris\n"
                           "spec:\n"
                           "  predictor:\n"
                           "    mine:\n"
                           "    - 1\n"
                           "    - yes please\n"
                           "    sklearn:\n"
                           "      runtimeVersion: '1e3'\n"
                           "      storageUri: s3://b/m\n"
                           "status:\n"
                           "  mine: 1\n"
                           "  url: http://a\n";
static const char secret[] = "apiVersion: v1\n"
                             "data:\n"
                             "  a: Yg==\n"
                             "kind: Secret\n"
                             "metadata:\n"
                             "  name: s\n";

static void writes(
    const char *from, const kf_service_write_options *options, const char *expected)
{
    kf_services *services = load_all(from);
    char *made = NULL;
    ck_ok(kf_services_write(services, options, &made));
    kf_check_same(made, expected);
    kf_text_free(made);
    kf_services_free(services);
}

START_TEST(as_it_was_read)
{
    char both[600];
    (void)snprintf(both, sizeof both, "%s---\n%s", text, secret);
    writes(text, NULL, text);
    writes(both, NULL, both);
}
END_TEST

START_TEST(as_json)
{
    kf_service_write_options json = {.size = sizeof json, .json = true};
    writes(secret, &json,
        "{\n  \"apiVersion\": \"v1\",\n  \"data\": {\n    \"a\": \"Yg==\"\n  },\n  "
        "\"kind\": \"Secret\",\n  \"metadata\": {\n    \"name\": \"s\"\n  }\n}\n");
    writes("apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\n", &json,
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n"
        "      \"apiVersion\": \"v1\",\n      \"kind\": \"A\"\n    },\n    {\n"
        "      \"apiVersion\": \"v1\",\n      \"kind\": \"B\"\n    }\n  ]\n}\n");
}
END_TEST

START_TEST(with_defaults_and_status)
{
    kf_service *service = load(text);
    kf_value *status = NULL;
    char *made = NULL;
    ck_ok(kf_value_parse("{\"url\": \"http://b\"}", 19, &status));
    ck_ok(kf_service_write(service,
        &(kf_service_write_options){.size = sizeof(kf_service_write_options),
            .defaults = true,
            .status = status},
        &made));
    kf_check_same(made, "apiVersion: serving.kserve.io/v1beta1\n"
                        "kind: InferenceService\n"
                        "metadata:\n"
                        "  annotations:\n"
                        "    modelFormat: sklearn\n"
                        "  name: iris\n"
                        "spec:\n"
                        "  predictor:\n"
                        "    mine:\n"
                        "    - 1\n"
                        "    - yes please\n"
                        "    model:\n"
                        "      modelFormat:\n"
                        "        name: sklearn\n"
                        "      runtimeVersion: '1e3'\n"
                        "      storageUri: s3://b/m\n"
                        "status:\n"
                        "  url: http://b\n");
    kf_text_free(made);
    kf_value_free(status);
    kf_service_free(service);
}
END_TEST

static kf_status write_it(const kf_services *services, bool json)
{
    char *made = NULL;
    kf_service_write_options options = {
        .size = sizeof options, .json = json, .defaults = true};
    kf_status status = kf_services_write(services, &options, &made);
    kf_text_free(made);
    return status;
}

START_TEST(out_of_memory)
{
    kf_services *services = load_all(text);
    ck_survives_nomem(write_it(services, false));
    ck_survives_nomem(write_it(services, true));
    kf_services_free(services);
}
END_TEST

KF_TEST_MAIN("serving/service_write", as_it_was_read, as_json, with_defaults_and_status,
    out_of_memory)
