/* SPDX-License-Identifier: Apache-2.0 */
/* The ClusterServingRuntimes that an installation of KServe 0.20 has: config/runtimes.
 * (kserve-openvino lies there too, but is not installed.) */
#include "serving/runtime.h"

#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *name;      /* After "kserve-". */
    const char *server;    /* serving.kserve.io/server-type. */
    const char *formats;   /* name/version/priority; a '-' behind: no autoSelect. */
    const char *protocols; /* NULL: all. */
    const char *image;
    const char *command;
    const char *args;
    const char *env;
    int user;         /* 0: that of the image; -1: root too. */
    const char *port; /* Of its metrics; NULL: 8080. */
    bool has_shm;     /* Memory is mounted at /dev/shm. */
    bool has_workers;
} row;

#define PYTHON_ARGS "--model_name={{.Name}} --model_dir=/mnt/models --http_port=8080"

static const row rows[] = {
    {.name = "tensorflow-serving",
        .server = "tensorflow-serving",
        .formats = "tensorflow/1/2 tensorflow/2/2",
        .protocols = "v1 grpc-v1",
        .image = "tensorflow/serving:2.6.2",
        .command = "/usr/bin/tensorflow_model_server",
        .args = "--model_name={{.Name}} --port=9000 --rest_api_port=8080 "
                "--model_base_path=/mnt/models --rest_api_timeout_in_ms=60000",
        .user = 1000},
    {.name = "sklearnserver",
        .server = "sklearnserver",
        .formats = "sklearn/1/1",
        .protocols = "v1 v2",
        .image = "kserve/sklearnserver:latest",
        .args = PYTHON_ARGS},
    {.name = "predictiveserver",
        .server = "predictiveserver",
        .formats = "sklearn/1/3- xgboost/2/3- lightgbm/4/3-",
        .protocols = "v1 v2",
        .image = "kserve/predictiveserver:latest",
        .args = PYTHON_ARGS " --framework={{.Annotations.modelFormat}} --nthread=1"},
    {.name = "mlserver",
        .server = "mlserver",
        .formats = "sklearn/0/2 sklearn/1/2 xgboost/1/2 xgboost/2/2 lightgbm/3/2 "
                   "lightgbm/4/2 mlflow/1/1 mlflow/2/1",
        .protocols = "v2",
        .image = "docker.io/seldonio/mlserver:1.7.1",
        .env = "MLSERVER_MODEL_IMPLEMENTATION={{.Labels.modelClass}} "
               "MLSERVER_HTTP_PORT=8080 MLSERVER_GRPC_PORT=9000"},
    {.name = "xgbserver",
        .server = "xgbserver",
        .formats = "xgboost/2/1",
        .protocols = "v1 v2",
        .image = "kserve/xgbserver:latest",
        .args = PYTHON_ARGS " --nthread=1"},
    {.name = "tritonserver",
        .server = "tritonserver",
        .formats = "tensorrt/8/1 tensorflow/1/1 tensorflow/2/1 onnx/1/1 pytorch/1/- "
                   "triton/2/1",
        .protocols = "v2 grpc-v2",
        .image = "nvcr.io/nvidia/tritonserver:23.05-py3",
        .args = "tritonserver --model-store=/mnt/models --grpc-port=9000 "
                "--http-port=8080 --allow-grpc=true --allow-http=true",
        .user = 1000,
        .port = "8002"},
    {.name = "pmmlserver",
        .server = "pmmlserver",
        .formats = "pmml/3/1 pmml/4/1",
        .protocols = "v1 v2",
        .image = "kserve/pmmlserver:latest",
        .args = PYTHON_ARGS},
    {.name = "paddleserver",
        .server = "paddleserver",
        .formats = "paddle/2/1",
        .protocols = "v1 v2",
        .image = "kserve/paddleserver:latest",
        .args = PYTHON_ARGS},
    {.name = "lgbserver",
        .server = "lgbserver",
        .formats = "lightgbm/4/1",
        .protocols = "v1 v2",
        .image = "kserve/lgbserver:latest",
        .args = PYTHON_ARGS " --nthread=1"},
    {.name = "torchserve",
        .server = "torchserve",
        .formats = "pytorch/1/2",
        .protocols = "v1 v2 grpc-v2",
        .image = "pytorch/torchserve-kfs:0.9.0",
        .args = "torchserve --start --model-store=/mnt/models/model-store "
                "--ts-config=/mnt/models/config/config.properties",
        .env = "TS_SERVICE_ENVELOPE={{.Labels.serviceEnvelope}}",
        .user = 1000,
        .port = "8082"},
    {.name = "huggingfaceserver",
        .server = "huggingfaceserver",
        .formats = "huggingface/1/1",
        .protocols = "v2 v1",
        .image = "kserve/huggingfaceserver:latest",
        .args = "--model_name={{.Name}}",
        .env = "LMCACHE_USE_EXPERIMENTAL=True",
        .has_shm = true},
    {.name = "huggingfaceserver-multinode",
        .server = "huggingfaceserver",
        .formats = "huggingface/1/2",
        .protocols = "v2 v1",
        .image = "kserve/huggingfaceserver:latest-gpu",
        .args = "--model_name={{.Name}}",
        .env = "RAY_PORT=6379 VLLM_CONFIG_ROOT=/tmp HF_HUB_CACHE=/tmp",
        .has_shm = true,
        .has_workers = true},
    {.name = "autogluonserver",
        .server = "autogluonserver",
        .formats = "autogluon/1/1",
        .protocols = "v1 v2",
        .image = "kserve/autogluonserver:latest",
        .args = PYTHON_ARGS},
    {.name = "vllmserver",
        .server = "vllmserver",
        .formats = "vLLM/1/1",
        .image = "vllm/vllm-openai:latest",
        .command = "python -m vllm.entrypoints.openai.api_server",
        .args = "--port=8080 --served-model-name={{.Name}} --model=/mnt/models",
        .env = "LMCACHE_USE_EXPERIMENTAL=True HF_HOME=/tmp VLLM_CONFIG_ROOT=/tmp "
               "VLLM_WORKER_MULTIPROC_METHOD=spawn",
        .user = -1,
        .has_shm = true},
};

/* The next of words with a space between them; NULL: no more. */
static const char *next_word(const char **at, size_t *length)
{
    if (*at == NULL || **at == '\0')
        return NULL;
    const char *word = *at;
    *length = strcspn(word, " ");
    *at = word + *length + (word[*length] == ' ');
    return word;
}

static void put_words(
    kf_tree *tree, kf_value *object, const char *key, const char *words)
{
    size_t length;
    if (words == NULL)
        return;
    kf_value *list = kf__put_list(tree, object, key);
    for (const char *word; (word = next_word(&words, &length)) != NULL;)
        kf__push(tree, list, kf__tree_string_n(tree, word, length));
}

static void put_formats(kf_tree *tree, kf_value *spec, const char *formats)
{
    size_t length;
    kf_value *list = kf__put_list(tree, spec, "supportedModelFormats");
    for (const char *word; (word = next_word(&formats, &length)) != NULL;) {
        size_t name = strcspn(word, "/");
        const char *version = word + name + 1, *priority = strchr(version, '/') + 1;
        kf_value *format = kf__tree_struct(tree);
        kf__put(tree, format, "name", kf__tree_string_n(tree, word, name));
        kf__put(tree, format, "version",
            kf__tree_string_n(tree, version, (size_t)(priority - 1 - version)));
        if (word[length - 1] != '-')
            kf__put_bool(tree, format, "autoSelect", true);
        if (*priority != '-')
            kf__put_int(tree, format, "priority", strtol(priority, NULL, 10));
        kf__push(tree, list, format);
    }
}

static void put_env(kf_tree *tree, kf_value *container, const char *env)
{
    size_t length;
    if (env == NULL)
        return;
    kf_value *list = kf__put_list(tree, container, "env");
    for (const char *word; (word = next_word(&env, &length)) != NULL;) {
        size_t name = strcspn(word, "=");
        kf_value *variable = kf__tree_struct(tree);
        kf__put(tree, variable, "name", kf__tree_string_n(tree, word, name));
        kf__put(tree, variable, "value",
            kf__tree_string_n(tree, word + name + 1, length - name - 1));
        kf__push(tree, list, variable);
    }
}

static void put_resources(kf_tree *tree, kf_value *container)
{
    static const char *const lists[] = {"requests", "limits"};
    kf_value *resources = kf__put_struct(tree, container, "resources");
    for (size_t i = 0; i < 2; i++) {
        kf_value *list = kf__put_struct(tree, resources, lists[i]);
        kf__put_text(tree, list, "cpu", "1");
        kf__put_text(tree, list, "memory", "2Gi");
    }
}

static void put_security(kf_tree *tree, kf_value *container, int user)
{
    kf_value *security = kf__put_struct(tree, container, "securityContext");
    kf__put_bool(tree, security, "allowPrivilegeEscalation", false);
    kf__put_bool(tree, security, "privileged", false);
    if (user >= 0)
        kf__put_bool(tree, security, "runAsNonRoot", true);
    if (user > 0)
        kf__put_int(tree, security, "runAsUser", user);
    kf_value *capabilities = kf__put_struct(tree, security, "capabilities");
    kf__push(
        tree, kf__put_list(tree, capabilities, "drop"), kf__tree_string(tree, "ALL"));
}

static void put_memory(kf_tree *tree, kf_value *pod, kf_value *container)
{
    kf_value *mount = kf__tree_struct(tree), *volume = kf__tree_struct(tree);
    kf__put_text(tree, mount, "name", "devshm");
    kf__put_text(tree, mount, "mountPath", "/dev/shm");
    kf__push(tree, kf__put_list(tree, container, "volumeMounts"), mount);
    kf__put_text(tree, volume, "name", "devshm");
    kf__put_text(tree, kf__put_struct(tree, volume, "emptyDir"), "medium", "Memory");
    kf__push(tree, kf__put_list(tree, pod, "volumes"), volume);
}

static kf_value *put_container(
    kf_tree *tree, kf_value *pod, const char *name, const char *image)
{
    kf_value *container = kf__tree_struct(tree);
    kf__put_text(tree, container, "name", name);
    kf__put_text(tree, container, "image", image);
    kf__push(tree, kf__put_list(tree, pod, "containers"), container);
    return container;
}

static void put_workers(kf_tree *tree, kf_value *spec, const row *from)
{
    kf_value *worker = kf__put_struct(tree, spec, "workerSpec");
    kf__put_int(tree, worker, "pipelineParallelSize", 1);
    kf__put_int(tree, worker, "tensorParallelSize", 1);
    kf_value *container = put_container(tree, worker, "worker-container", from->image);
    put_memory(tree, worker, container);
}

static kf_value *make(kf_tree *tree, const row *from)
{
    kf_value *document = kf__tree_struct(tree);
    kf__put_text(tree, document, "apiVersion", KF__SERVING_GROUP "/v1alpha1");
    kf__put_text(tree, document, "kind", "ClusterServingRuntime");
    kf_value *metadata = kf__put_struct(tree, document, "metadata");
    kf__put(tree, metadata, "name", kf__tree_printf(tree, "kserve-%s", from->name));
    kf__put_text(tree, kf__put_struct(tree, metadata, "annotations"),
        KF__SERVING_GROUP "/server-type", from->server);
    kf_value *spec = kf__put_struct(tree, document, "spec");
    kf_value *annotations = kf__put_struct(tree, spec, "annotations");
    kf__put_text(tree, annotations, "prometheus.kserve.io/port",
        from->port != NULL ? from->port : "8080");
    kf__put_text(tree, annotations, "prometheus.kserve.io/path", "/metrics");
    put_formats(tree, spec, from->formats);
    put_words(tree, spec, "protocolVersions", from->protocols);
    kf_value *container = put_container(tree, spec, KF__KSERVE_CONTAINER, from->image);
    put_words(tree, container, "command", from->command);
    put_words(tree, container, "args", from->args);
    put_env(tree, container, from->env);
    put_security(tree, container, from->user);
    put_resources(tree, container);
    if (from->has_shm)
        put_memory(tree, spec, container);
    if (from->has_workers)
        put_workers(tree, spec, from);
    return document;
}

const kf_value *kf__shipped_runtimes(kf_tree *tree)
{
    kf_value *list = kf__tree_list(tree);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        kf__push(tree, list, make(tree, &rows[i]));
    return list;
}
