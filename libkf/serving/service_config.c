/* SPDX-License-Identifier: Apache-2.0 */
/* KServe's configuration: what the ConfigMap inferenceservice-config says. */
#include "serving/service.h"

#include <string.h>

/* As KServe 0.20 ships it, of what means something outside of a cluster. */
static const char shipped[] =
    "{\"deploy\": {\"defaultDeploymentMode\": \"Knative\"},"
    "\"inferenceService\": {\"resource\": {\"cpuLimit\": \"1\", \"memoryLimit\": "
    "\"2Gi\","
    " \"cpuRequest\": \"1\", \"memoryRequest\": \"2Gi\"}},"
    "\"explainers\": {\"art\": {\"image\": \"kserve/art-explainer\","
    " \"defaultImageVersion\": \"latest\"}},"
    "\"ingress\": {\"ingressDomain\": \"example.com\", \"urlScheme\": \"http\","
    " \"domainTemplate\": \"{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}\"},"
    "\"logger\": {\"defaultUrl\": \"http://default-broker\"},"
    "\"router\": {},"
    "\"batcher\": {\"maxBatchSize\": \"32\", \"maxLatency\": \"5000\"},"
    "\"credentials\": {\"storageSpecSecretName\": \"storage-config\","
    " \"storageSecretNameAnnotation\": \"serving.kserve.io/storageSecretName\","
    " \"gcs\": {\"gcsCredentialFileName\": \"gcloud-application-credentials.json\"},"
    " \"s3\": {\"s3AccessKeyIDName\": \"AWS_ACCESS_KEY_ID\","
    " \"s3SecretAccessKeyName\": \"AWS_SECRET_ACCESS_KEY\"}},"
    "\"security\": {\"autoMountServiceAccountToken\": true}}";

/* Go's names of the two modes that had others. */
static const char *mode_of(const char *mode)
{
    return strcmp(mode, "Serverless") == 0      ? "Knative"
           : strcmp(mode, "RawDeployment") == 0 ? "Standard"
                                                : mode;
}

static void check_mode(
    kf_report *report, const kf_place *place, const kf_value *at, const char *mode)
{
    if (report == NULL || strcmp(mode, "Knative") == 0 ||
        strcmp(mode, "Standard") == 0 || strcmp(mode, "ModelMesh") == 0)
        return;
    kf__find_error(report, KF_EINVAL, place, at,
        "defaultDeploymentMode '%.100s': expected Knative, Standard or ModelMesh",
        mode);
}

/* The JSON under one key takes the place of what is shipped. */
static void take_key(kf_tree *tree, kf_value *config, const char *key,
    const kf_value *text, kf_report *report)
{
    const kf_place *place = KF__PLACE(KF__PLACE(NULL, "data"), key);
    kf_value *value = NULL;
    kf_status status =
        kf_value_parse(kf_value_string(text), kf_value_length(text), &value);
    if (status == KF_ENOMEM) {
        tree->status = status;
    } else if (status != KF_OK) {
        if (report != NULL)
            kf__find_within(report, place, text);
    } else if (!kf__is(value, KF_KIND_STRUCT)) {
        if (report != NULL)
            kf__find_error(report, KF_ETYPE, place, text, "a JSON object expected");
    } else {
        kf_value *made = kf__tree_copy(tree, value);
        const char *mode = kf__get_text(made, "defaultDeploymentMode");
        if (strcmp(key, "deploy") == 0 && mode != NULL) {
            kf__put_text(tree, made, "defaultDeploymentMode", mode_of(mode));
            check_mode(report, place, text, mode_of(mode));
        }
        kf__put(tree, config, key, made);
    }
    kf_value_free(value);
}

const kf_value *kf__service_config(
    kf_tree *tree, const kf_value *config_map, kf_report *report)
{
    kf_value *value = NULL;
    kf_status status = kf_value_parse(shipped, sizeof shipped - 1, &value);
    if (status != KF_OK) {
        tree->status = status;
        return NULL;
    }
    kf_value *config = kf__tree_copy(tree, value);
    kf_value_free(value);
    const kf_value *data = kf_value_get(config_map, "data");
    for (size_t i = 0; i < kf_value_length(data); i++) {
        const char *key = kf_value_key(data, i);
        const kf_value *text = kf_value_at(data, i);
        if (kf_value_get(config, key) != NULL && kf__is(text, KF_KIND_STRING))
            take_key(tree, config, key, text, report);
    }
    return config;
}
