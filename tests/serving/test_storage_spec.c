/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "io/json.h"
#include "kf_test.h"

static kf_tree tree;
static kf_storage_spec spec;

static void tear_down(void)
{
    kf__tree_finish(&tree);
}

static kf_value *json(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf__json_read(&tree, text, strlen(text), &value));
    return value;
}

static kf_status resolve(const char *storage, const char *secret)
{
    return kf__storage_resolve(
        &tree, json(storage), secret != NULL ? json(secret) : NULL, &spec);
}

static const char *variable(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; spec.env[i] != NULL; i++) {
        if (strncmp(spec.env[i], name, length) == 0 && spec.env[i][length] == '=')
            return spec.env[i] + length + 1;
    }
    return NULL;
}

#define SECRET                                                                         \
    "{\"minio\": \"{\\\"type\\\": \\\"s3\\\", \\\"bucket\\\": \\\"models\\\","         \
    "\\\"endpoint_url\\\": \\\"http://minio.example:9000\\\", \\\"access_key_id\\\": " \
    "\\\"key\\\","                                                                     \
    "\\\"secret_access_key\\\": \\\"secret\\\", \\\"region\\\": \\\"us-south\\\"}\","  \
    "\"default_s3\": \"{\\\"type\\\": \\\"s3\\\", \\\"bucket\\\": \\\"usual\\\"}\","   \
    "\"broken\": \"no JSON\", \"typeless\": \"{\\\"bucket\\\": \\\"b\\\"}\"}"

START_TEST(by_key)
{
    ck_ok(resolve("{\"key\": \"minio\", \"path\": \"sklearn/iris\"}", SECRET));
    ck_assert_str_eq(spec.uri, "s3://models/sklearn/iris");
    ck_assert_str_eq(variable("AWS_ENDPOINT_URL"), "http://minio.example:9000");
    ck_assert_str_eq(variable("AWS_ACCESS_KEY_ID"), "key");
    ck_assert_str_eq(variable("AWS_SECRET_ACCESS_KEY"), "secret");
    ck_assert_str_eq(variable("AWS_DEFAULT_REGION"), "us-south");
    ck_assert_ptr_null(variable("AWS_CA_BUNDLE"));
}
END_TEST

START_TEST(parameters_come_before_the_secret)
{
    ck_ok(resolve(
        "{\"key\": \"minio\", \"path\": \"/a\", \"parameters\":"
        "{\"bucket\": \"mine\", \"anonymous\": \"true\", \"verify_ssl\": \"0\"}}",
        SECRET));
    ck_assert_str_eq(spec.uri, "s3://mine/a");
    ck_assert_str_eq(variable("awsAnonymousCredential"), "true");
    ck_assert_str_eq(variable("S3_VERIFY_SSL"), "0");
    ck_assert_str_eq(variable("AWS_ACCESS_KEY_ID"), "key");
}
END_TEST

START_TEST(without_a_key)
{
    ck_ok(resolve("{\"path\": \"a\", \"parameters\": {\"type\": \"s3\"}}", SECRET));
    ck_assert_str_eq(spec.uri, "s3://usual/a");
    ck_ok(resolve(
        "{\"path\": \"a\", \"parameters\": {\"type\": \"s3\", \"bucket\": \"b\"}}",
        NULL));
    ck_assert_str_eq(spec.uri, "s3://b/a");
    ck_assert_ptr_null(spec.env[0]);
}
END_TEST

START_TEST(faults)
{
    ck_fails(
        resolve("{\"key\": \"minoi\"}", SECRET), KF_ENOENT, "did you mean \"minio\"?");
    ck_fails(resolve("{\"key\": \"minio\"}", NULL), KF_ENOENT, "no key \"minio\"");
    ck_fails(resolve("{\"key\": \"broken\"}", SECRET), KF_EDOCUMENT, "no JSON struct");
    ck_fails(resolve("{\"key\": \"typeless\"}", SECRET), KF_EMISSING, "has no type");
    ck_fails(resolve("{\"path\": \"a\"}", NULL), KF_EMISSING, "has no type");
    ck_fails(
        resolve("{\"parameters\": {\"type\": \"s3\"}}", NULL), KF_EMISSING, "bucket");
    ck_fails(resolve("{\"parameters\": {\"type\": \"webhdfs\"}}", NULL),
        KF_EUNSUPPORTED, "webhdfs");
    ck_fails(resolve("{\"parameters\": {\"type\": \"gs\"}}", NULL), KF_EINVAL,
        "expected s3, hdfs or webhdfs");
}
END_TEST

KF_TEST_MAIN_WITH("storage_spec", NULL, tear_down, by_key,
    parameters_come_before_the_secret, without_a_key, faults)
