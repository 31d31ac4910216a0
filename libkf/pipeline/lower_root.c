/* SPDX-License-Identifier: Apache-2.0 */
/* What a PipelineSpec has around its tasks, and what must hold before it is made. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

#define SCHEMA_VERSION "2.1.0"
#define WORKSPACE_PLACEHOLDER "{{$.workspace_path}}"
#define WORKSPACE_MOUNT "/kfp-workspace"

/* ---- the head ---- */

static void put_text(
    kf_lower *lower, kf_value *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        kf__put_ref(lower->tree, object, key, kf__tree_string(lower->tree, text));
}

/* Protobuf's JSON has integers for PipelineConfig's own numbers, and doubles in the
 * patch, which is a Struct. */
static kf_value *pipeline_config(kf_lower *lower, const kf_value *config)
{
    kf_value *copy = kf__tree_copy(lower->tree, config);
    kf_value *kubernetes = kf__get(kf__get(copy, "workspace"), "kubernetes");
    const kf_value *patch = kf_value_get(kubernetes, "pvcSpecPatch");
    if (patch != NULL)
        kf__put_ref(lower->tree, kubernetes, "pvcSpecPatch",
            kf__document_value(lower->tree, patch));
    return copy;
}

kf_status kf__lower_head(kf_lower *lower, const kf_write_options *options)
{
    kf_tree *tree = lower->tree;
    const kf_pipeline *pipeline = lower->pipeline;
    const kf_component_body *body = pipeline->interface->body;
    kf_value *spec = kf__tree_struct(tree), *info = kf__tree_struct(tree);
    kf_value *root = kf__tree_struct(tree), *deployment = kf__tree_struct(tree);
    put_text(lower, info, "name", body->name);
    put_text(lower, info, "displayName", pipeline->display_name);
    put_text(lower, info, "description", body->description);
    kf__put_ref(tree, spec, "pipelineInfo", info);
    kf__put_ref(tree, spec, "schemaVersion", kf__tree_string_ref(tree, SCHEMA_VERSION));
    put_text(lower, spec, "sdkVersion",
        options != NULL && options->sdk_version != NULL ? options->sdk_version
                                                        : "libkf-" KF_VERSION);
    put_text(lower, spec, "defaultPipelineRoot", pipeline->pipeline_root);
    kf__lower_interface(lower, body, root);
    kf__put_ref(tree, spec, "root", root);
    kf__put_ref(tree, spec, "components", lower->components);
    kf__put_ref(tree, deployment, "executors", lower->executors);
    kf__put_ref(tree, spec, "deploymentSpec", deployment);
    if (pipeline->config != NULL && kf_value_length(pipeline->config) > 0)
        kf__put_ref(tree, kf__put_struct(tree, lower->platforms, "kubernetes"),
            "pipelineConfig", pipeline_config(lower, pipeline->config));
    lower->document->spec = spec;
    return kf__tree_status(tree);
}

/* ---- what must hold ---- */

static kf_status check_outputs(const kf_pipeline *pipeline)
{
    const kf_component_body *body = pipeline->interface->body;
    kf_buf names = KF__BUF_INIT;
    size_t count = 0;
    for (size_t i = 0; i < pipeline->outputs.count; i++)
        if (pipeline->outputs.items[i] == KF__NONE)
            kf__buf_printf(&names, "%s\"%s\"", count++ > 0 ? ", " : "",
                body->outputs.items[i].name);
    kf_status status = KF_OK;
    if (count > 0)
        status = kf__fail(KF_EMISSING, NULL,
            "pipeline \"%s\" declares the %s %s, and nothing is made %s", body->name,
            count > 1 ? "outputs" : "output", kf__buf_text(&names),
            count > 1 ? "them" : "it");
    kf__buf_finish(&names);
    return status;
}

/* KFP: _detect_workspace_usage_in_tasks. */
static bool uses_workspace(const kf_pipeline *pipeline, const kf_task *task)
{
    size_t count = kf__task_body(pipeline, task)->inputs.count;
    for (size_t i = 0; i < count; i++) {
        if (task->arguments[i].kind != KF__ARGUMENT_CONSTANT)
            continue;
        const char *text = kf_value_string(task->arguments[i].constant);
        if (text != NULL && (strstr(text, WORKSPACE_PLACEHOLDER) != NULL ||
                                kf__starts_with(text, WORKSPACE_MOUNT)))
            return true;
    }
    return false;
}

static kf_status check_workspace(const kf_pipeline *pipeline)
{
    const kf_value *workspace = kf_value_get(pipeline->config, "workspace");
    const char *size = kf__get_text(workspace, "size");
    if (size != NULL && *size != '\0')
        return KF_OK;
    for (size_t i = 0; i < pipeline->tasks.count; i++)
        if (uses_workspace(pipeline, &pipeline->tasks.items[i]))
            return kf__fail(KF_EMISSING, NULL,
                "task \"%s\" uses the workspace, and pipeline \"%s\" has none: set "
                "\"workspace\" with a \"size\" in its configuration",
                pipeline->tasks.items[i].name, kf_pipeline_name(pipeline));
    return KF_OK;
}

kf_status kf__lower_check(const kf_lower *lower)
{
    const kf_pipeline *pipeline = lower->pipeline;
    if (pipeline->tasks.count == 0)
        return kf__fail(KF_EMISSING, NULL, "pipeline \"%s\" has no task",
            kf_pipeline_name(pipeline));
    if (pipeline->current != KF__ROOT)
        return kf__fail(KF_ESTATE, NULL,
            "the %s \"%s\" of pipeline \"%s\" is still open",
            kf__group_noun(pipeline->groups.items[pipeline->current].kind),
            pipeline->groups.items[pipeline->current].name, kf_pipeline_name(pipeline));
    KF__TRY(check_outputs(pipeline));
    return check_workspace(pipeline);
}

/* KFP: write_pipeline_spec_to_file. */
static bool has_workspace(const kf_value *platform)
{
    const kf_value *platforms = kf_value_get(platform, "platforms");
    for (size_t i = 0; i < kf_value_length(platforms); i++) {
        const kf_value *config =
            kf_value_get(kf_value_at(platforms, i), "pipelineConfig");
        if (kf_value_get(config, "workspace") != NULL)
            return true;
    }
    return false;
}

kf_status kf__lower_check_downloads(const kf_document *document)
{
    const kf_value *deployment = kf_value_get(document->spec, "deploymentSpec");
    const kf_value *executors = kf_value_get(deployment, "executors");
    if (has_workspace(document->platform))
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(executors); i++) {
        const kf_value *importer = kf_value_get(kf_value_at(executors, i), "importer");
        if (kf_value_bool(kf_value_get(importer, "downloadToWorkspace")))
            return kf__fail(KF_EMISSING, NULL,
                "the importer \"%s\" downloads to the workspace, and the pipeline has "
                "none: set \"workspace\" with a \"size\" in its configuration",
                kf_value_key(executors, i));
    }
    return KF_OK;
}
