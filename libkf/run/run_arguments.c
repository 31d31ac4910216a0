/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "run/artifact.h"
#include "run/run_handle.h"

static const char *input_name(const void *state, size_t index)
{
    const kf_plan_component *component = state;
    return index < component->input_count ? component->inputs[index].name : NULL;
}

static kf_status find_input(
    const kf_plan_component *root, const char *name, const kf_plan_io **out)
{
    *out = kf__plan_find_input(root, name);
    if (*out)
        return KF_OK;
    const char *nearest = kf__nearest(name, input_name, root);
    return kf__fail(KF_ENOENT, name, "the pipeline has no input '%s'%s%s%s", name,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* A uri, a path, or a struct {uri, metadata, name}. */
static kf_status read_artifact(
    kf_tree *tree, const kf_plan_io *io, const kf_value *given, kf_value *list)
{
    const char *uri = kf_value_string(given);
    char *absolute = NULL;
    if (!uri)
        uri = kf__get_text(given, "uri");
    if (!uri || !*uri)
        return kf__fail(KF_ETYPE, io->name,
            "'%s' is an artifact: give its uri or its path as text", io->name);
    const char *path = kf__local_path(uri);
    if (path && !kf__file_exists(path))
        return kf__fail(
            KF_ENOENT, io->name, "'%s': there is no file '%s'", io->name, path);
    if (path) {
        KF__TRY(kf__absolute_path(path, &absolute));
        uri = absolute;
    }
    kf_value *artifact = kf__tree_struct(tree);
    const char *name = kf__get_text(given, "name");
    const kf_value *metadata = kf_value_get(given, "metadata");
    kf__put_text(tree, artifact, "name", name ? name : io->name);
    kf__put_ref(tree, artifact, "type",
        kf__tree_copy(tree, kf_value_get(io->spec, "artifactType")));
    kf__put_text(tree, artifact, "uri", uri);
    kf__put_ref(tree, artifact, "metadata",
        metadata ? kf__tree_copy(tree, metadata) : kf__tree_struct(tree));
    kf__push(tree, list, artifact);
    kf__free(absolute);
    return kf__tree_status(tree);
}

static kf_status put_argument(
    kf_bundle *bundle, const kf_plan_io *io, const kf_value *value)
{
    kf_tree *tree = &bundle->tree;
    if (kf_value_kind(value) == KF_KIND_NULL)
        return KF_OK;
    if (io->type) {
        kf__put(tree, bundle->parameters, io->name, kf__tree_copy(tree, value));
        return kf__tree_status(tree);
    }
    kf_value *list = kf__put_list(tree, bundle->artifacts, io->name);
    if (kf_value_kind(value) != KF_KIND_LIST)
        return read_artifact(tree, io, value, list);
    if (!io->is_list)
        return kf__fail(
            KF_ETYPE, io->name, "'%s' is one artifact, not a list of them", io->name);
    for (size_t i = 0; i < kf_value_length(value); i++)
        KF__TRY(read_artifact(tree, io, kf_value_at(value, i), list));
    return KF_OK;
}

static kf_status read_arguments(
    kf_run *run, const kf_value *arguments, kf_bundle *bundle)
{
    const kf_plan_component *root = run->plan.root;
    if (arguments && kf_value_kind(arguments) != KF_KIND_STRUCT)
        return kf__fail(
            KF_ETYPE, "options.arguments", "the arguments are not a struct");
    for (size_t i = 0; i < kf_value_length(arguments); i++) {
        const kf_plan_io *io = NULL;
        KF__TRY(find_input(root, kf_value_key(arguments, i), &io));
        KF__TRY(put_argument(bundle, io, kf_value_at(arguments, i)));
    }
    return kf__resolve_declared(root, bundle, "arguments");
}

kf_status kf__run_arguments(kf_run *run, const kf_value *arguments, kf_bundle **out)
{
    kf_bundle *bundle = kf__bundle_new();
    if (!bundle)
        return KF_ENOMEM;
    kf_status status = read_arguments(run, arguments, bundle);
    if (status != KF_OK) {
        kf__bundle_free(bundle);
        return status;
    }
    *out = bundle;
    return KF_OK;
}

/* As they were given, with artifacts where they are: who resumes the run may work in
 * another folder. */
kf_status kf__run_arguments_text(kf_run *run, const char **out)
{
    const kf_value *given = run->options.arguments;
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *arguments = kf__tree_struct(&tree);
    for (size_t i = 0; i < kf_value_length(given); i++) {
        const char *name = kf_value_key(given, i);
        const kf_value *artifacts = kf__bundle_artifacts(run->arguments, name);
        const kf_value *value = kf_value_at(given, i);
        if (artifacts)
            value = kf_value_kind(value) == KF_KIND_LIST ? artifacts
                                                         : kf_value_at(artifacts, 0);
        kf__put(&tree, arguments, name, kf__tree_copy(&tree, value));
    }
    kf__put_json(&text, arguments, KF_JSON_COMPACT);
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = text.status;
    if (status == KF_OK) {
        *out = kf__arena_strndup(&run->tree.arena, kf__buf_text(&text), text.length);
        status = *out ? KF_OK : KF_ENOMEM;
    }
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    return status;
}

static kf_status digest_argument(kf_run *run, kf_value *artifact, kf_buf *stamp)
{
    kf_tree *tree = &run->arguments->tree;
    const char *path = kf__artifact_path(artifact);
    char digest[65];
    int64_t size = 0;
    bool known = false;
    if (path)
        KF__TRY(kf__file_stamp(path, stamp));
    if (!stamp->length)
        return KF_OK;
    KF__TRY(kf__artifact_known(
        run->writer, path, kf__buf_text(stamp), digest, &size, &known));
    if (!known)
        KF__TRY(kf__digest_path(path, digest, &size));
    kf__put_ref(tree, artifact, "digest", kf__tree_string(tree, digest));
    kf__put_ref(tree, artifact, "size", kf__tree_int(tree, size));
    return kf__tree_status(tree);
}

/* An artifact that comes from outside belongs to the run's own number 0. */
static kf_status put_artifact(
    kf_run *run, const char *input, kf_value *artifact, kf_record *record)
{
    kf_tree *tree = &run->arguments->tree;
    kf_buf stamp = KF__BUF_INIT, metadata = KF__BUF_INIT;
    const kf_value *type = kf_value_get(artifact, "type");
    kf_status status = digest_argument(run, artifact, &stamp);
    int64_t id = record->id + ++run->engine.artifact_numbers;
    kf__put_ref(tree, artifact, "id", kf__tree_int(tree, id));
    kf__put_json(&metadata, kf_value_get(artifact, "metadata"), KF_JSON_COMPACT);
    const char *title = kf__get_text(type, "schemaTitle");
    const char *version = kf__get_text(type, "schemaVersion");
    kf_artifact_record row = {.id = id,
        .output = input,
        .name = kf__get_text(artifact, "name"),
        .type = title ? title : "system.Artifact",
        .version = version ? version : "",
        .uri = kf__get_text(artifact, "uri"),
        .path = kf__artifact_path(artifact),
        .digest = kf__get_text(artifact, "digest"),
        .size = kf_value_int(kf_value_get(artifact, "size")),
        .metadata = kf__arena_strdup(&record->arena, kf__buf_text(&metadata)),
        .stamp = stamp.length ? kf__arena_strdup(&record->arena, kf__buf_text(&stamp))
                              : NULL};
    if (status == KF_OK)
        status = kf__vec_push(&record->artifacts, row);
    kf__buf_finish(&stamp);
    kf__buf_finish(&metadata);
    return status;
}

kf_status kf__run_put_arguments(kf_run *run)
{
    kf_value *artifacts = run->arguments->artifacts;
    kf_record record = {
        .id = run->row.number << KF__RUN_BITS, .started = run->row.created};
    kf_status status = KF_OK;
    for (size_t i = 0; i < kf_value_length(artifacts) && status == KF_OK; i++) {
        kf_value *list = kf__at(artifacts, i);
        for (size_t j = 0; j < kf_value_length(list) && status == KF_OK; j++)
            status =
                put_artifact(run, kf_value_key(artifacts, i), kf__at(list, j), &record);
    }
    if (status == KF_OK)
        status = kf__store_put_artifacts(run->writer, &record);
    kf__vec_finish(&record.artifacts);
    kf__arena_finish(&record.arena);
    return status;
}
