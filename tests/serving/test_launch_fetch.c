/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/launch.h"

#include "base/mem.h"
#include "storage_test.h"

static kf_tree tree;
static kf_services *documents;
static kf_value *places;
static char *path;
static kf_storage_lease lease;
static char endpoint[100];

static void set_up(void)
{
    begin_storage();
    serve_with(answer_store);
    (void)snprintf(endpoint, sizeof endpoint, "%s", server_url(""));
    tree = KF__TREE_INIT;
    path = NULL;
}

static void tear_down(void)
{
    kf__storage_lease_finish(&lease);
    kf__free(path);
    kf__tree_finish(&tree);
    kf_services_free(documents);
    end_storage();
}

static const char *home(void)
{
    static char folder[300];
    (void)snprintf(folder, sizeof folder, "%s", in_folder("home"));
    return folder;
}

static kf_status get(const char *predictor, const char *more)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "metadata: {name: iris, namespace: ns}\nspec: {predictor: {%s}}\n---\n%s",
        predictor, more);
    kf_services_free(documents);
    documents = NULL;
    ck_ok(kf_services_load(text, strlen(text), &documents));
    const kf_service *service =
        kf_services_find(documents, "InferenceService", "ns", "iris");
    kf_launch launch = {.documents = documents,
        .service = service,
        .component = kf_service_component_of(service, KF_SERVICE_PREDICTOR),
        .revision = "iris-predictor-00001",
        .home = home()};
    kf__free(path);
    return kf__launch_fetch(&launch, &tree, &places, &path, &lease);
}

/* A file below the model's folder. */
static const char *in_path(const char *name)
{
    static char full[700];
    (void)snprintf(full, sizeof full, "%s/%s", path, name);
    return full;
}

/* A model of the test's folder. */
static const char *at(const char *name)
{
    static char texts[4][300];
    static size_t next;
    char *text = texts[next++ % 4];
    (void)snprintf(text, sizeof texts[0], "file://%s", in_folder(name));
    return text;
}

static void put_models(void)
{
    ck_ok(kf__make_folders(in_folder("a")));
    ck_ok(kf__make_folders(in_folder("b/sub")));
    put_file(in_folder("a/model.json"), "{}");
    put_file(in_folder("b/words.txt"), "b");
    put_file(in_folder("b/sub/deep"), "d");
    put_file(in_folder("one.txt"), "1");
}

#define XGBOOST "model: {modelFormat: {name: xgboost}}, "

static kf_status get_two(const char *first, const char *at_first, const char *second,
    const char *at_second, const char *predictor)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
        "%sstorageUris: [{uri: \"%s\", mountPath: %s}, {uri: \"%s\", mountPath: %s}]",
        predictor, first, at_first, second, at_second);
    return get(text, "");
}

/* Each at its place, the model is the one at /mnt/models. */
START_TEST(several)
{
    put_models();
    ck_ok(get_two(at("b"), "/mnt/models/more", at("a"), "/mnt/models", XGBOOST));
    check_file(in_path("model.json"), "{}");
    check_file(in_path("more/words.txt"), "b");
    check_file(in_path("more/sub/deep"), "d");
    ck_assert_str_eq(kf__get_text(places, "/mnt/models"), path);
    ck_assert_str_eq(kf__get_text(places, "/mnt/models/more"), in_path("more"));
    /* Again, and in another place. */
    ck_ok(get_two(at("a"), "/mnt/models/x", at("b"), "/mnt/models/y", XGBOOST));
    ck_assert_str_eq(kf__get_text(places, "/mnt/models/x"), path);
    check_file(in_path("model.json"), "{}");
    ck_assert(!kf__file_exists(in_path("../more")));
    check_file(in_path("../y/words.txt"), "b");
    check_file(in_folder("a/model.json"), "{}");
}
END_TEST

/* Without a model that stands out it is the folder above all. */
START_TEST(above_all)
{
    put_models();
    ck_ok(get_two(at("b"), "/mnt/mod/x", at("one.txt"), "/mnt/models2", XGBOOST));
    check_file(in_path("mod/x/words.txt"), "b");
    check_file(in_path("models2/one.txt"), "1");
    ck_ok(get_two(at("a"), "/x/a", at("a"), "/x/b", XGBOOST));
    check_file(in_path("a/model.json"), "{}");
    check_file(in_path("b/model.json"), "{}");
}
END_TEST

/* What comes later takes the place of what has its name. */
START_TEST(at_one_place)
{
    put_models();
    ck_ok(kf__make_folders(in_folder("c")));
    put_file(in_folder("c/words.txt"), "c");
    ck_ok(get_two(at("b"), "/mnt/models", at("c"), "/mnt/models", XGBOOST));
    check_file(in_path("words.txt"), "c");
    check_file(in_path("sub/deep"), "d");
    check_file(in_folder("b/words.txt"), "b");
}
END_TEST

START_TEST(a_single_one)
{
    char text[1024];
    put_models();
    (void)snprintf(text, sizeof text, XGBOOST "storageUris: [{uri: \"%s\"}]", at("a"));
    ck_ok(get(text, ""));
    ck_assert_str_eq(path, in_folder("a"));
    ck_assert_ptr_null(places);
    (void)snprintf(text, sizeof text,
        XGBOOST "storageUris: [{uri: \"%s\", mountPath: /opt/it}]", at("a"));
    ck_ok(get(text, ""));
    ck_assert_str_eq(kf__get_text(places, "/opt/it"), path);
    check_file(in_path("model.json"), "{}");
    ck_ok(get("containers: [{name: c, image: i}]", ""));
    ck_assert_ptr_null(path);
}
END_TEST

START_TEST(outside)
{
    put_models();
    ck_fails(get_two(at("a"), "/mnt/../../x", at("b"), "/mnt/models", XGBOOST),
        KF_EINVAL, "'/mnt/../../x' is no mountPath");
}
END_TEST

/* Keys of a secret of the service account, and those in the container's variables. */
START_TEST(with_credentials)
{
    char more[1024], predictor[512];
    store_text("m/model.json", "{}");
    (void)snprintf(more, sizeof more,
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: "
        "ns}\nsecrets: [{name: s}]\n---\napiVersion: v1\nkind: Secret\n"
        "metadata: {name: s, namespace: ns, annotations: "
        "{serving.kserve.io/s3-endpoint: \"%s\"}}\n"
        "stringData: {AWS_ACCESS_KEY_ID: who, AWS_SECRET_ACCESS_KEY: key}\n",
        endpoint);
    static const char plain[] =
        "model: {modelFormat: {name: xgboost}, storageUri: \"s3://b/m\"}";
    ck_ok(get(plain, more));
    check_file(in_path("model.json"), "{}");
    ck_assert_ptr_nonnull(
        strstr(request_header(server.requests[0], "Authorization"), "Credential=who/"));
    (void)snprintf(predictor, sizeof predictor,
        "model: {modelFormat: {name: xgboost}, storageUri: \"s3://b/m\", env: [{name: "
        "AWS_ENDPOINT_URL, value: \"%s\"}, {name: awsAnonymousCredential, value: "
        "\"true\"}]}",
        endpoint);
    int count = server.count;
    ck_ok(get(predictor, ""));
    ck_assert_str_eq(request_header(server.requests[count], "Authorization"), "");
}
END_TEST

/* A storage spec, by a secret whose data is base64. */
START_TEST(by_a_storage_spec)
{
    char json[300], more[1024];
    kf_buf coded = KF__BUF_INIT;
    store_text("m/model.json", "{}");
    (void)snprintf(json, sizeof json,
        "{\"type\": \"s3\", \"bucket\": \"b\", \"endpoint_url\": \"%s\", "
        "\"access_key_id\": \"spec\", \"secret_access_key\": \"k\"}",
        endpoint);
    kf__put_base64(&coded, json, strlen(json));
    (void)snprintf(more, sizeof more,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: storage-config, namespace: "
        "ns}\ndata: {mine: %s}\n",
        kf__buf_text(&coded));
    ck_ok(get(
        "model: {modelFormat: {name: xgboost}, storage: {key: mine, path: m}}", more));
    check_file(in_path("model.json"), "{}");
    ck_assert_ptr_nonnull(strstr(
        request_header(server.requests[0], "Authorization"), "Credential=spec/"));
    kf__buf_finish(&coded);
}
END_TEST

KF_TEST_MAIN_WITH("serving/launch_fetch", set_up, tear_down, several, above_all,
    at_one_place, a_single_one, outside, with_credentials, by_a_storage_spec)
