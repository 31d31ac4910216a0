/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "run/run_handle.h"

static kf_status copy_text(kf_tree *tree, const char **text)
{
    if (!*text)
        return KF_OK;
    *text = kf__arena_strdup(&tree->arena, *text);
    return *text ? KF_OK : KF_ENOMEM;
}

static kf_status copy_path(kf_tree *tree, const char **path)
{
    char *absolute = NULL;
    if (!*path)
        return KF_OK;
    KF__TRY(kf__absolute_path(*path, &absolute));
    *path = kf__arena_strdup(&tree->arena, absolute);
    kf__free(absolute);
    return *path ? KF_OK : KF_ENOMEM;
}

static kf_status copy_functions(kf_tree *tree, kf_run_options *options)
{
    size_t count = options->function_count;
    if (count == 0)
        return KF_OK;
    kf_function *copies = kf__arena_alloc(&tree->arena, count * sizeof *copies);
    if (!copies)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        copies[i] = options->functions[i];
        KF__TRY(copy_text(tree, &copies[i].name));
    }
    options->functions = copies;
    return KF_OK;
}

static kf_status copy_environment(kf_tree *tree, kf_run_options *options)
{
    const kf_value *given = options->environment;
    if (!given)
        return KF_OK;
    bool fits = kf_value_kind(given) == KF_KIND_STRUCT;
    for (size_t i = 0; fits && i < kf_value_length(given); i++) {
        const char *name = kf_value_key(given, i);
        fits = kf_value_kind(kf_value_at(given, i)) == KF_KIND_STRING && *name &&
               !strchr(name, '=');
    }
    if (!fits)
        return kf__fail(KF_ETYPE, "options.environment",
            "environment variables are expected as a struct of texts by name");
    options->environment = kf__tree_copy(tree, given);
    return kf__tree_status(tree);
}

kf_status kf__run_options_copy(
    kf_tree *tree, const kf_run_options *options, kf_run_options *out)
{
    KF__TAKE_OPTIONS(kf_run_options, copy, options);
    if (copy.jobs < 0)
        return kf__fail(KF_EINVAL, "options.jobs",
            "at least one task at a time, not %d", copy.jobs);
    KF__TRY(copy_text(tree, &copy.name));
    KF__TRY(copy_text(tree, &copy.python));
    KF__TRY(copy_text(tree, &copy.run_folder));
    KF__TRY(copy_text(tree, &copy.trial));
    const char *fault = copy.run_folder ? kf__name_fault(copy.run_folder) : NULL;
    if (fault)
        return kf__fail(KF_EINVAL, "options.run_folder",
            "the name of the run's folder, '%s', %s", copy.run_folder, fault);
    if (copy.pipeline_root && kf__starts_with(copy.pipeline_root, "file://"))
        copy.pipeline_root += strlen("file://");
    if (copy.pipeline_root && strstr(copy.pipeline_root, "://"))
        return kf__fail(KF_EUNSUPPORTED, "options.pipeline_root",
            "artifacts go to a folder of this machine, not to '%s'",
            copy.pipeline_root);
    KF__TRY(copy_path(tree, &copy.pipeline_root));
    KF__TRY(copy_path(tree, &copy.workspace_root));
    KF__TRY(copy_functions(tree, &copy));
    KF__TRY(copy_environment(tree, &copy));
    *out = copy;
    return KF_OK;
}

void kf__run_options_write(const kf_run_options *options, kf_buf *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_struct(&tree);
    if (options->python)
        kf__put_text(&tree, value, "python", options->python);
    if (options->workspace_root)
        kf__put_text(&tree, value, "workspace_root", options->workspace_root);
    if (options->run_folder)
        kf__put_text(&tree, value, "run_folder", options->run_folder);
    if (options->environment)
        kf__put(
            &tree, value, "environment", kf__tree_copy(&tree, options->environment));
    if (options->trial)
        kf__put_text(&tree, value, "trial", options->trial);
    kf__put_int(&tree, value, "jobs", options->jobs);
    kf__put_int(&tree, value, "containers", options->containers);
    kf__put_bool(&tree, value, "no_cache", options->no_cache);
    kf__put_bool(&tree, value, "keep_going", options->keep_going);
    kf__put_bool(&tree, value, "no_environments", options->no_environments);
    kf__put_json(out, value, KF_JSON_COMPACT);
    if (kf__tree_status(&tree) != KF_OK)
        out->status = KF_ENOMEM;
    kf__tree_finish(&tree);
}

kf_status kf__run_options_recall(
    kf_tree *tree, const char *json, kf_run_options *options)
{
    kf_value *value = NULL;
    KF__TRY(kf__json_read(tree, json, strlen(json), &value));
    if (!options->python)
        options->python = kf__get_text(value, "python");
    if (!options->workspace_root)
        options->workspace_root = kf__get_text(value, "workspace_root");
    if (!options->environment)
        options->environment = kf_value_get(value, "environment");
    options->run_folder = kf__get_text(value, "run_folder");
    if (!options->trial)
        options->trial = kf__get_text(value, "trial");
    if (!options->jobs)
        options->jobs = (int)kf_value_int(kf_value_get(value, "jobs"));
    if (!options->containers)
        options->containers =
            (kf_containers)kf_value_int(kf_value_get(value, "containers"));
    options->no_cache =
        options->no_cache || kf_value_bool(kf_value_get(value, "no_cache"));
    options->keep_going =
        options->keep_going || kf_value_bool(kf_value_get(value, "keep_going"));
    options->no_environments = options->no_environments ||
                               kf_value_bool(kf_value_get(value, "no_environments"));
    return KF_OK;
}
