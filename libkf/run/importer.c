/* SPDX-License-Identifier: Apache-2.0 */
/* Importers: a uri becomes an artifact; nothing is executed. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "run/artifact.h"
#include "run/attempt.h"

static kf_status find_uri(const kf_attempt *attempt, const char **out)
{
    const kf_node *node = attempt->node;
    const kf_value *source =
        kf_value_get(node->task->component->importer, "artifactUri");
    const kf_value *constant = kf_value_get(source, "constant");
    const char *input = kf__get_text(source, "runtimeParameter");
    if (!constant)
        constant = kf_value_get(source, "constantValue");
    if (constant)
        *out = kf_value_kind(constant) == KF_KIND_STRUCT
                   ? kf__get_text(constant, "stringValue")
                   : kf_value_string(constant);
    else
        *out =
            kf_value_string(kf__bundle_parameter(node->inputs, input ? input : "uri"));
    if (*out && **out)
        return KF_OK;
    return kf__fail(KF_EMISSING, attempt->path, "the importer has no uri to import");
}

static kf_status expand(
    const kf_attempt *attempt, kf_tree *tree, const kf_value *value, kf_value **out)
{
    const kf_placeholders placeholders = {attempt->executor_input,
        kf__node_variables(attempt->engine, attempt->node, tree)};
    KF__TRY(kf__tree_status(tree));
    return kf__placeholders_expand_value(&placeholders, value, tree, out);
}

/* A relative path is of the directory that this process works in; a reader is
 * elsewhere. */
static kf_status put_uri(kf_tree *tree, kf_value *artifact, const char *uri)
{
    const char *path = kf__local_path(uri);
    char *absolute = NULL;
    if (path && path == uri && kf__file_exists(path)) {
        KF__TRY(kf__absolute_path(path, &absolute));
        uri = absolute;
    }
    kf__put_text(tree, artifact, "uri", uri);
    kf__free(absolute);
    return kf__tree_status(tree);
}

static kf_status make_artifact(kf_attempt *attempt, kf_value **out)
{
    const kf_value *importer = attempt->node->task->component->importer;
    const kf_value *metadata = kf_value_get(importer, "metadata");
    kf_tree *tree = &attempt->outputs->tree;
    const char *uri = NULL;
    kf_value *expanded = NULL;
    kf_value *artifact = kf__tree_struct(tree);
    KF__TRY(find_uri(attempt, &uri));
    kf_value *text = kf__tree_string(tree, uri);
    KF__TRY(kf__tree_status(tree));
    KF__TRY(expand(attempt, tree, text, &expanded));
    kf__put_text(tree, artifact, "name", "artifact");
    kf__put_ref(tree, artifact, "type",
        kf__tree_copy(tree, kf_value_get(importer, "typeSchema")));
    KF__TRY(put_uri(tree, artifact, kf_value_string(expanded)));
    expanded = kf__tree_struct(tree);
    if (metadata)
        KF__TRY(expand(attempt, tree, metadata, &expanded));
    kf__put_ref(tree, artifact, "metadata", expanded);
    *out = artifact;
    return kf__tree_status(tree);
}

/* KFP: unless told to import anew, what is known by uri, type and metadata is taken
 * again. */
static kf_status find_known(kf_attempt *attempt, kf_value *artifact)
{
    kf_engine *engine = attempt->engine;
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(engine->reader,
        "SELECT id, digest FROM artifacts WHERE uri = ? AND type = ? AND metadata = ?"
        " ORDER BY id DESC LIMIT 1",
        &stmt));
    kf_buf metadata = KF__BUF_INIT;
    kf__put_json(&metadata, kf_value_get(artifact, "metadata"), KF_JSON_COMPACT);
    kf__bind_text(stmt, 1, kf__get_text(artifact, "uri"));
    kf__bind_text(stmt, 2, kf__get_text(kf_value_get(artifact, "type"), "schemaTitle"));
    kf__bind_text(stmt, 3, kf__buf_text(&metadata));
    kf_status status = kf__db_step(stmt, &row);
    if (status == KF_OK && row) {
        const char *digest = kf__column_text(stmt, 1);
        const char *now = kf__get_text(artifact, "digest");
        if (strcmp(digest ? digest : "", now ? now : "") == 0) {
            kf_tree *tree = &attempt->outputs->tree;
            kf__put_ref(
                tree, artifact, "id", kf__tree_int(tree, kf__column_int(stmt, 0)));
            attempt->reused = true;
        }
        kf__db_reset(stmt);
    }
    kf__buf_finish(&metadata);
    return status;
}

/* The last part of the path; of "/" or ".." a copy cannot bear the name. */
static kf_status name_of_copy(kf_attempt *attempt, const char *path, const char **out)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    const char *name =
        kf__arena_strndup(&attempt->tree.arena, path + begin, end - begin);
    if (!name)
        return KF_ENOMEM;
    const char *fault = kf__name_fault(name);
    if (fault)
        return kf__fail(KF_EINVAL, attempt->path,
            "'%s' cannot be copied to the workspace: the last part of a path %s", path,
            fault);
    *out = name;
    return KF_OK;
}

static kf_status copy_to_workspace(kf_attempt *attempt, kf_value *artifact)
{
    const char *workspace = attempt->engine->workspace;
    const char *path = kf__local_path(kf__get_text(artifact, "uri"));
    if (!workspace)
        return kf__fail(KF_EINVAL, attempt->path,
            "the importer is to download to the workspace, and the pipeline has none");
    if (!path)
        return kf__fail(KF_EUNSUPPORTED, attempt->path,
            "'%s' cannot be copied to the workspace: only files of this machine can",
            kf__get_text(artifact, "uri"));
    if (!kf__file_exists(path))
        return kf__fail(
            KF_ENOENT, attempt->path, "there is no file '%s' to import", path);
    const char *name = NULL;
    kf_tree *tree = &attempt->outputs->tree;
    KF__TRY(name_of_copy(attempt, path, &name));
    kf_value *target = kf__tree_printf(
        tree, "%s/.artifacts/importer/%s/%s", workspace, attempt->path, name);
    KF__TRY(kf__tree_status(tree));
    KF__TRY(kf__make_parent_folders(kf_value_string(target)));
    KF__TRY(kf__replace_tree(path, kf_value_string(target)));
    kf__put_ref(tree, artifact, "customPath", target);
    return kf__tree_status(tree);
}

kf_status kf__attempt_import(kf_attempt *attempt)
{
    const kf_plan_component *component = attempt->node->task->component;
    const kf_value *outputs =
        kf_value_get(kf_value_get(component->spec, "outputDefinitions"), "artifacts");
    const char *name = kf_value_length(outputs) ? kf_value_key(outputs, 0) : "artifact";
    kf_value *artifact = NULL;
    attempt->outputs = kf__bundle_new();
    if (!attempt->outputs)
        return KF_ENOMEM;
    kf_tree *tree = &attempt->outputs->tree;
    KF__TRY(make_artifact(attempt, &artifact));
    if (kf_value_bool(kf_value_get(component->importer, "downloadToWorkspace")))
        KF__TRY(copy_to_workspace(attempt, artifact));
    KF__TRY(kf__attempt_register(attempt, artifact));
    if (!kf_value_bool(kf_value_get(component->importer, "reimport"))) {
        kf__mutex_lock(&attempt->engine->reader_mutex);
        kf_status status = find_known(attempt, artifact);
        kf__mutex_unlock(&attempt->engine->reader_mutex);
        KF__TRY(status);
    }
    kf_value *list = kf__put_list(tree, attempt->outputs->artifacts, name);
    kf__push(tree, list, artifact);
    return kf__tree_status(tree);
}
