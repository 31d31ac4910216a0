/* SPDX-License-Identifier: Apache-2.0 */
/* What pkg/credentials of KServe 0.20 makes of service accounts and secrets. */
#include "serving/launch.h"

#include "kf_test.h"

static kf_tree tree;
static kf_services *documents;

#define SERVICE(meta, predictor)                                                       \
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"                  \
    "metadata: {name: iris, namespace: ns" meta "}\n"                                  \
    "spec: {predictor: {" predictor "model: {modelFormat: {name: sklearn}, "           \
    "storageUri: \"s3://b/m\"}}}\n---\n"
#define ACCOUNT(name, meta, secrets)                                                   \
    "apiVersion: v1\nkind: ServiceAccount\n"                                           \
    "metadata: {name: " name ", namespace: ns" meta "}\nsecrets: [" secrets "]\n---\n"
#define SECRET(name, meta, data)                                                       \
    "apiVersion: v1\nkind: Secret\n"                                                   \
    "metadata: {name: " name ", namespace: ns" meta "}\nstringData: {" data "}\n---\n"

static void begin(void)
{
    tree = KF__TREE_INIT;
}

static void end(void)
{
    kf__tree_finish(&tree);
}

static kf_launch launch_of(const char *text)
{
    ck_ok(kf_services_load(text, strlen(text), &documents));
    const kf_service *service =
        kf_services_find(documents, "InferenceService", "ns", "iris");
    ck_assert_ptr_nonnull(service);
    return (kf_launch){.documents = documents,
        .service = service,
        .component = kf_service_component_of(service, KF_SERVICE_PREDICTOR),
        .revision = "iris-predictor-00001"};
}

static void is_env(const char *const *env, const char *expected)
{
    kf_buf all = KF__BUF_INIT;
    for (; *env != NULL; env++)
        kf__buf_printf(&all, "%s;", *env);
    ck_assert_str_eq(kf__buf_text(&all), expected);
    kf__buf_finish(&all);
}

static void gives(const char *text, const char *expected)
{
    kf_launch launch = launch_of(text);
    const char *const *env = NULL;
    ck_ok(kf__launch_storage_env(&launch, &tree, "s3://b/m", NULL, &env));
    is_env(env, expected);
    kf_services_free(documents);
}

START_TEST(without_any)
{
    gives(SERVICE("", ""), "");
    gives(SERVICE("", "serviceAccountName: none, "), "");
    gives(SERVICE("", "") ACCOUNT("default", "", "{name: gone}"), "");
    /* Of another account. */
    gives(SERVICE("", "") ACCOUNT("other", "", "{name: a}")
              SECRET("a", "", "HF_TOKEN: x"),
        "");
}
END_TEST

START_TEST(of_s3)
{
    gives(SERVICE("", "") ACCOUNT("default", "", "{name: a}")
              SECRET("a", "", "AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key"),
        "AWS_ACCESS_KEY_ID=id;AWS_SECRET_ACCESS_KEY=key;");
    gives(SERVICE("", "serviceAccountName: sa, ") ACCOUNT("sa", "", "{name: a}")
              SECRET("a",
                  ", annotations: {serving.kserve.io/s3-endpoint: "
                  "\"minio:9000\", serving.kserve.io/s3-usehttps: \"0\", "
                  "serving.kserve.io/s3-region: eu, "
                  "serving.kserve.io/s3-verifyssl: \"0\", "
                  "serving.kserve.io/s3-usevirtualbucket: \"true\", "
                  "serving.kserve.io/s3-useaccelerate: \"false\", "
                  "serving.kserve.io/s3-useanoncredential: \"true\", "
                  "serving.kserve.io/s3-cabundle: /ca.pem}",
                  "AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key"),
        "AWS_ACCESS_KEY_ID=id;AWS_SECRET_ACCESS_KEY=key;"
        "AWS_ENDPOINT_URL=http://minio:9000;S3_VERIFY_SSL=0;"
        "awsAnonymousCredential=true;AWS_DEFAULT_REGION=eu;"
        "S3_USER_VIRTUAL_BUCKET=true;S3_USE_ACCELERATE=false;AWS_CA_BUNDLE=/ca.pem;");
    /* The data of the secret says the same; without http it is https. */
    gives(SERVICE("", "") ACCOUNT("default", "", "{name: a}") SECRET("a", "",
              "AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, "
              "S3_ENDPOINT: \" minio:9000 \", AWS_DEFAULT_REGION: eu"),
        "AWS_ACCESS_KEY_ID=id;AWS_SECRET_ACCESS_KEY=key;"
        "AWS_ENDPOINT_URL=https://minio:9000;AWS_DEFAULT_REGION=eu;");
}
END_TEST

START_TEST(of_the_configuration)
{
    gives(SERVICE("", "") ACCOUNT("default", "", "{name: a}") SECRET("a", "",
              "id: i, key: k") "apiVersion: v1\nkind: ConfigMap\n"
                               "metadata: {name: inferenceservice-config}\ndata:\n  "
                               "credentials: "
                               "'{\"s3\": {\"s3AccessKeyIDName\": \"id\", "
                               "\"s3SecretAccessKeyName\": \"key\", \"s3Endpoint\": "
                               "\"HTTP://minio:9000\", \"s3UseHttps\": \"1\", "
                               "\"s3Region\": "
                               "\"us\"}}'\n",
        "AWS_ACCESS_KEY_ID=i;AWS_SECRET_ACCESS_KEY=k;"
        "AWS_ENDPOINT_URL=HTTP://minio:9000;AWS_DEFAULT_REGION=us;");
}
END_TEST

START_TEST(of_other_kinds)
{
    gives(SERVICE("", "") ACCOUNT("default", "", "{name: a}, {name: b}, {name: c}")
              SECRET("a", "", "gcloud-application-credentials.json: \"{}\"")
                  SECRET("b", "", "https-host: h.example, headers: \"{}\"")
                      SECRET("c", "", "HF_TOKEN: t"),
        "GOOGLE_APPLICATION_CREDENTIALS_JSON={};h.example-headers={};HF_TOKEN=t;");
}
END_TEST

/* The service's annotation takes the place of the account's secrets; data is base64. */
START_TEST(by_annotation)
{
    gives(SERVICE(", annotations: {serving.kserve.io/storageSecretName: b}", "")
              ACCOUNT("default", "", "{name: a}") SECRET(
                  "a", "", "HF_TOKEN: t") "apiVersion: v1\nkind: Secret\nmetadata: "
                                          "{name: b, namespace: ns}\n"
                                          "data: {HF_TOKEN: dG9rZW4=}\n",
        "HF_TOKEN=token;");
}
END_TEST

START_TEST(of_a_role)
{
    gives(SERVICE("", "") ACCOUNT("default",
              ", annotations: {eks.amazonaws.com/role-arn: \"arn:x\", "
              "serving.kserve.io/s3-region: eu}",
              ""),
        "AWS_DEFAULT_REGION=eu;");
}
END_TEST

/* The container's own variables, also by reference, come last; a
 * ClusterStorageContainer's first. */
START_TEST(of_containers)
{
    gives("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
          "metadata: {name: iris, namespace: ns}\n"
          "spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: "
          "\"s3://b/m\", env: [{name: A, value: own}, {name: T, valueFrom: "
          "{secretKeyRef: {name: s, key: k}}}, {name: M, valueFrom: "
          "{configMapKeyRef: {name: m, key: k}}}, {name: NODE, valueFrom: {fieldRef: "
          "{fieldPath: x}}}]}}}\n---\n" SECRET("s", "",
              "k: secret") "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, "
                           "namespace: ns}\n"
                           "data: {k: map}\n---\n"
                           "apiVersion: serving.kserve.io/v1alpha1\nkind: "
                           "ClusterStorageContainer\n"
                           "metadata: {name: c}\nspec: {container: {name: "
                           "storage-initializer, image: "
                           "i, env: [{name: A, value: first}, {name: B, value: b}]}, "
                           "supportedUriFormats: [{prefix: \"hf://\"}, {regex: "
                           "\"^s3://[a-c]/\"}]}\n",
        "A=own;B=b;T=secret;M=map;");
}
END_TEST

START_TEST(of_a_logger)
{
    kf_launch launch = launch_of(SERVICE("", "") ACCOUNT("default", "", "{name: a}")
            ACCOUNT("logger-sa", "", "{name: b}") SECRET("a", "", "HF_TOKEN: t")
                SECRET("b", "", "AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key"));
    const char *const *env = NULL;
    ck_ok(kf__launch_logger_env(&launch, &tree, "logger-sa", &env));
    is_env(env, "HF_TOKEN=t;AWS_ACCESS_KEY_ID=id;AWS_SECRET_ACCESS_KEY=key;");
    kf_services_free(documents);
}
END_TEST

/* What a storage spec says takes the place of the account's. */
START_TEST(of_a_storage_spec)
{
    static const char *const more[] = {"AWS_ACCESS_KEY_ID=spec", NULL};
    kf_launch launch = launch_of(SERVICE("", "") ACCOUNT("default", "", "{name: a}")
            SECRET("a", "", "AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key"));
    const char *const *env = NULL;
    ck_ok(kf__launch_storage_env(&launch, &tree, "s3://b/m", more, &env));
    is_env(env, "AWS_ACCESS_KEY_ID=spec;");
    kf_services_free(documents);
}
END_TEST

KF_TEST_MAIN_WITH("serving/launch_env", begin, end, without_any, of_s3,
    of_the_configuration, of_other_kinds, by_annotation, of_a_role, of_containers,
    of_a_logger, of_a_storage_spec)
