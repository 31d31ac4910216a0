/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define TRAINED(name, uri)                                                             \
    "apiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"                     \
    "metadata: {name: " name "}\n"                                                     \
    "spec: {inferenceService: iris, model: {framework: sklearn, memory: 1Gi, "         \
    "storageUri: '" uri "'}}\n"

START_TEST(trained_models)
{
    finds(TRAINED("m", "s3://a"), "nothing\n");
    finds(TRAINED("m", "pvc://a"),
        "error spec.model.storageUri: storageUri 'pvc://a': expected one of s3, gs, "
        "https and http\n");
    finds(TRAINED("m.n", "s3://a"), "error metadata.name: 'm.n' is no name of a "
                                    "TrainedModel: it may hold no '.'\n");
    finds("apiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\n"
          "metadata: {name: m}\nspec: {inferenceService: a, model: {memory: 1G}}\n",
        "error spec.model.framework: the field 'framework' is missing\n"
        "error spec.model.storageUri: the field 'storageUri' is missing\n");
    finds(PREDICTOR("sklearn: {}") "---\n" TRAINED("m", "s3://a"), "nothing\n");
    finds(ISVC_WITH(", namespace: other",
              "  predictor: {sklearn: {}}\n") "---\n" TRAINED("m", "s3://a"),
        "warning m.spec.inferenceService: there is no InferenceService 'iris' here, in "
        "namespace default\n");
}
END_TEST

START_TEST(storage_containers)
{
    finds("apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterStorageContainer\n"
          "metadata: {name: m}\nspec: {container: {name: a}, supportedUriFormats: "
          "[{prefix: 'a://'}, {regex: 'b+'}, {}, {regex: '('}]}\n",
        "error spec.supportedUriFormats[2]: the format needs a prefix or a regex\n"
        "error spec.supportedUriFormats[3].regex: column 2 of the regular expression "
        "'(': "
        "missing closing parenthesis\n");
}
END_TEST

KF_TEST_MAIN("serving/check_model", trained_models, storage_containers)
