/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "run/scheduler.h"

kf_value *kf__run_variables(kf_tree *tree, const char *run, const char *pipeline,
    const char *root, const char *workspace, int64_t created)
{
    kf_value *variables = kf__tree_struct(tree);
    /* As Argo names a workflow: the pipeline and a part that tells runs apart. */
    kf_value *name = kf__tree_printf(tree, "%s-%.8s", pipeline, run);
    kf_value *time = kf__time_value(tree, created);
    kf__put_ref(tree, variables, "pipeline_job_name", name);
    kf__put_ref(tree, variables, "pipeline_job_resource_name", name);
    kf__put_text(tree, variables, "pipeline_job_uuid", run);
    kf__put_text(tree, variables, "pipeline_root", root);
    kf__put_ref(tree, variables, "pipeline_job_create_time_utc", time);
    kf__put_ref(tree, variables, "pipeline_job_schedule_time_utc", time);
    if (workspace)
        kf__put_text(tree, variables, "workspace_path", workspace);
    return variables;
}

/* The same for every attempt, also after a resume. */
static kf_value *task_uuid(kf_tree *tree, const char *run, const kf_node *node)
{
    kf_sha256 sha;
    char hex[65];
    kf_buf path = KF__BUF_INIT;
    kf__node_path(node, &path);
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, run, 36);
    kf__sha256_update(&sha, kf__buf_text(&path), path.length);
    kf__sha256_hex(&sha, hex);
    kf__buf_finish(&path);
    return kf__tree_printf(tree, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12,
        hex + 15, hex + 18);
}

kf_value *kf__node_variables(
    const kf_engine *engine, const kf_node *node, kf_tree *tree)
{
    kf_value *variables = kf__tree_copy(tree, engine->variables);
    kf__put_ref(tree, variables, "pipeline_task_name",
        kf__tree_string_ref(tree, node->task->name));
    kf__put_ref(
        tree, variables, "pipeline_task_uuid", task_uuid(tree, engine->run_id, node));
    return variables;
}
