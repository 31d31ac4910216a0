/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "run/attempt.h"

kf_value *kf__plain_artifact(kf_tree *tree, const kf_value *artifact)
{
    static const char *const members[] = {
        "name", "type", "uri", "metadata", "customPath"};
    kf_value *plain = kf__tree_struct(tree);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        /* Only read from here on. */
        kf_value *member = kf__get(artifact, members[i]);
        if (member)
            kf__put_ref(tree, plain, members[i], member);
    }
    return plain;
}

static void put_inputs(kf_attempt *attempt, kf_value *input)
{
    kf_tree *tree = &attempt->tree;
    const kf_bundle *bundle = attempt->node->inputs;
    kf_value *inputs = kf__put_struct(tree, input, "inputs");
    if (kf_value_length(bundle->parameters))
        kf__put_ref(tree, inputs, "parameterValues", bundle->parameters);
    if (kf_value_length(bundle->artifacts) == 0)
        return;
    kf_value *artifacts = kf__put_struct(tree, inputs, "artifacts");
    for (size_t i = 0; i < kf_value_length(bundle->artifacts); i++) {
        const kf_value *list = kf_value_at(bundle->artifacts, i);
        kf_value *named = kf__tree_struct(tree);
        kf_value *plain = kf__put_list(tree, named, "artifacts");
        for (size_t j = 0; j < kf_value_length(list); j++)
            kf__push(tree, plain, kf__plain_artifact(tree, kf_value_at(list, j)));
        kf__put(tree, artifacts, kf_value_key(bundle->artifacts, i), named);
    }
}

static kf_value *provision(kf_attempt *attempt, const char *name, const kf_value *spec)
{
    kf_tree *tree = &attempt->tree;
    kf_value *artifact = kf__tree_struct(tree);
    const kf_value *metadata = kf_value_get(spec, "metadata");
    kf__put_ref(tree, artifact, "name", kf__tree_string_ref(tree, name));
    kf__put_ref(tree, artifact, "type",
        kf__tree_copy(tree, kf_value_get(spec, "artifactType")));
    kf__put_ref(tree, artifact, "uri",
        kf__tree_printf(tree, "%s/%s", attempt->artifact_folder, name));
    kf__put_ref(tree, artifact, "metadata",
        metadata ? kf__tree_copy(tree, metadata) : kf__tree_struct(tree));
    return artifact;
}

static void put_outputs(kf_attempt *attempt, kf_value *input)
{
    kf_tree *tree = &attempt->tree;
    const kf_value *definitions =
        kf_value_get(attempt->node->task->component->spec, "outputDefinitions");
    const kf_value *parameters = kf_value_get(definitions, "parameters");
    const kf_value *artifacts = kf_value_get(definitions, "artifacts");
    kf_value *outputs = kf__put_struct(tree, input, "outputs");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        const char *name = kf_value_key(parameters, i);
        kf_value *group = kf__put_struct(tree, outputs, "parameters");
        kf__put_ref(tree, kf__put_struct(tree, group, name), "outputFile",
            kf__tree_printf(tree, "%s/outputs/%s", attempt->folder, name));
    }
    for (size_t i = 0; i < kf_value_length(artifacts); i++) {
        const char *name = kf_value_key(artifacts, i);
        kf_value *group = kf__put_struct(tree, outputs, "artifacts");
        kf_value *list =
            kf__put_list(tree, kf__put_struct(tree, group, name), "artifacts");
        kf__push(tree, list, provision(attempt, name, kf_value_at(artifacts, i)));
    }
    kf__put_ref(
        tree, outputs, "outputFile", kf__tree_string_ref(tree, attempt->output_file));
}

static const char *joined(kf_attempt *attempt, const char *folder, const char *path)
{
    char *text = kf__arena_printf(&attempt->tree.arena, "%s/%s", folder, path);
    if (!text)
        attempt->tree.status = KF_ENOMEM;
    return text;
}

kf_status kf__attempt_prepare(kf_attempt *attempt)
{
    const kf_engine *engine = attempt->engine;
    kf_tree *tree = &attempt->tree;
    kf_buf below = KF__BUF_INIT;
    kf__node_folder(attempt->node, &below);
    const char *task_folder = joined(attempt, engine->run_folder, kf__buf_text(&below));
    attempt->artifact_folder =
        joined(attempt, engine->root_folder, kf__buf_text(&below));
    kf__buf_finish(&below);
    if (kf__tree_status(tree) != KF_OK)
        return KF_ENOMEM;
    attempt->folder = kf__arena_printf(
        &tree->arena, "%s/attempt-%d", task_folder, attempt->node->attempt);
    if (!attempt->folder)
        return KF_ENOMEM;
    attempt->log_path = joined(attempt, attempt->folder, "log.txt");
    attempt->output_file = joined(attempt, attempt->artifact_folder, KF__OUTPUT_FILE);
    attempt->executor_input = kf__tree_struct(tree);
    put_inputs(attempt, attempt->executor_input);
    put_outputs(attempt, attempt->executor_input);
    return kf__tree_status(tree);
}
