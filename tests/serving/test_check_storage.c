/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define MODEL "model: {modelFormat: {name: sklearn}}, storageUris: "

START_TEST(one_or_many)
{
    FINDS_BESIDE("storageUris: [{uri: 's3://a'}]",
        "error spec.predictor.storageUris: storageUris stands beside one storageUri: "
        "expected one of the two\n");
    finds(PREDICTOR("containers: [{image: a, env: [{name: STORAGE_URI, value: "
                    "'s3://a'}]}], storageUris: [{uri: 's3://a'}]"),
        "error spec.predictor.storageUris: storageUris stands beside one storageUri: "
        "expected one of the two\n");
    finds(PREDICTOR(MODEL "[{uri: 's3://a'}]"), "nothing\n");
    finds(PREDICTOR(MODEL "[]"), "error spec.predictor.storageUris: storageUris is "
                                 "empty: expected one or more\n");
    finds(
        ISVC("  predictor: {" SKLEARN "}\n"
             "  transformer: {containers: [{image: a, env: [{name: STORAGE_URI, value: "
             "'s3://a'}]}], storageUris: [{uri: 's3://a'}]}\n"),
        "error spec.transformer.storageUris: storageUris stands beside one storageUri: "
        "expected one of the two\n");
}
END_TEST

START_TEST(paths)
{
    finds(PREDICTOR(MODEL "[{uri: '', mountPath: /a}]"),
        "error spec.predictor.storageUris[0].uri: the uri is empty\n");
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: /}]"),
        "error spec.predictor.storageUris[0].mountPath: mountPath is '/': a model "
        "cannot "
        "be mounted over the whole of a container\n");
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: a}]"),
        "error spec.predictor.storageUris[0].mountPath: mountPath 'a': expected an "
        "absolute one\n");
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: /a/../b}]"),
        "error spec.predictor.storageUris[0].mountPath: mountPath '/a/../b' may not "
        "hold "
        "'..'\n");
    finds(PREDICTOR(MODEL "[{mountPath: /a}]"),
        "error spec.predictor.storageUris[0].uri: the field 'uri' is missing\n");
}
END_TEST

START_TEST(several_paths)
{
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: /m/a}, {uri: 's3://b', "
                          "mountPath: //m/b/}]"),
        "nothing\n");
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: /m/a}, {uri: 's3://b', "
                          "mountPath: /mm/b}]"),
        "error spec.predictor.storageUris: the paths that models are fetched to need a "
        "folder in common, other than '/': '/m/a' and '/mm/b' have none\n");
    /* Volumes are mounted where they like. */
    finds(PREDICTOR(MODEL "[{uri: 's3://a', mountPath: /m/a}, {uri: 'pvc://b', "
                          "mountPath: /x}]"),
        "nothing\n");
    finds(PREDICTOR(MODEL "[{uri: 'pvc://a', mountPath: /x}, {uri: 'pvc://b', "
                          "mountPath: /x}]"),
        "error spec.predictor.storageUris[1].mountPath: two volumes cannot be mounted "
        "at "
        "'/x'\n");
}
END_TEST

#define NO_KIND                                                                        \
    "is of no kind that KServe fetches by itself: expected gs, s3, pvc, file, http, "  \
    "https, hdfs, webhdfs, oci or hf, or a ClusterStorageContainer for it"

START_TEST(schemes)
{
    finds(PREDICTOR("sklearn: {storageUri: 'ftp://a'}"),
        "warning spec.predictor.sklearn.storageUri: 'ftp://a' " NO_KIND "\n");
    finds(PREDICTOR("model: {modelFormat: {name: sklearn}, storageUri: 'S3://a'}"),
        "warning spec.predictor.model.storageUri: 'S3://a' " NO_KIND
        "; did you mean 's3'?\n");
    finds(PREDICTOR("containers: [{image: a, env: [{name: STORAGE_URI, value: "
                    "'ggs://a'}]}]"),
        "warning spec.predictor: 'ggs://a' " NO_KIND "; did you mean 'gs'?\n");
    static const char *const known[] = {"s3://a", "gs://a", "https://a", "pvc://a/b",
        "oci+fetch://a", "hf://a/b", "/local/path", "relative/path"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *text = kf_edited(PREDICTOR("sklearn: {storageUri: 'X'}"), "X", known[i]);
        finds(text, "nothing\n");
        kf_text_free(text);
    }
    finds(PREDICTOR(
              "sklearn: {storageUri: 'my://a'}") "---\n"
                                                 "apiVersion: "
                                                 "serving.kserve.io/v1alpha1\nkind: "
                                                 "ClusterStorageContainer\n"
                                                 "metadata: {name: mine}\nspec: "
                                                 "{container: {name: a, image: a}, "
                                                 "supportedUriFormats: [{prefix: "
                                                 "'my://'}]}\n",
        "nothing\n");
}
END_TEST

#define ART(fields)                                                                    \
    ISVC("  predictor: {" SKLEARN "}\n"                                                \
         "  explainer: {art: {type: SquareAttack, " fields "}}\n")

START_TEST(explainers)
{
    finds(ART("storageUri: 'gs://a'"), "nothing\n");
    finds(ART("storageUri: 's3://a', storage: {key: k}"), "nothing\n");
    finds(ART("storageUri: 'gs://a', storage: {key: k}"),
        "error spec.explainer.art.storageUri: with storage, storageUri begins with "
        "s3://, hdfs:// or webhdfs://\n");
    finds(ART("storage: {parameters: {type: gs}}"),
        "error spec.explainer.art.storage.parameters.type: type 'gs' of the storage: "
        "expected s3, hdfs or webhdfs\n");
}
END_TEST

START_TEST(confidential)
{
    finds(PREDICTOR("sklearn: {confidential: {enabled: true}}"),
        "error spec.predictor.sklearn.storageUri: a confidential model needs "
        "storageUri\n");
    finds(PREDICTOR("sklearn: {confidential: {enabled: false}}"), "nothing\n");
    finds(PREDICTOR("sklearn: {storageUri: 'pvc://a', confidential: {enabled: true}}"),
        "warning spec.predictor.sklearn.confidential: confidential means nothing to "
        "'pvc://a': KServe decrypts only what it fetches itself\n");
    finds(PREDICTOR("sklearn: {storageUri: 's3://a', confidential: {enabled: true, "
                    "resourceId: 'kbs:///a/b-1/c_2.d'}}"),
        "nothing\n");
    static const char *const bad[] = {
        "kbs:///a/b", "kbs://a/b/c", "kbs:///a/b/c/d", "kbs:///a//c", "a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char expected[200];
        char *text =
            kf_edited(PREDICTOR("sklearn: {storageUri: 's3://a', confidential: "
                                "{enabled: true, resourceId: 'X'}}"),
                "X", bad[i]);
        (void)snprintf(expected, sizeof expected,
            "error spec.predictor.sklearn.confidential.resourceId: resourceId '%s': "
            "expected kbs:///REPOSITORY/TYPE/TAG\n",
            bad[i]);
        finds(text, expected);
        kf_text_free(text);
    }
}
END_TEST

KF_TEST_MAIN("serving/check_storage", one_or_many, paths, several_paths, schemes,
    explainers, confidential)
