/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_write.h"

#include <string.h>

#include "io/yaml.h"
#include "base/finding.h"
#include "pipeline/ir_comment.h"
#include "pipeline/type.h"

#define MANIFEST_VERSION "pipelines.kubeflow.org/v2beta1"

/* ---- overrides ---- */

/* A struct of its own with the same members. */
static kf_value *shallow_copy(kf_tree *tree, kf_value *object)
{
    kf_value *copy = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(object); i++)
        kf__put_ref(tree, copy, kf_value_key(object, i), kf__at(object, i));
    return copy;
}

/* The member as a copy of its own, in an object that is one. */
static kf_value *own_member(kf_tree *tree, kf_value *object, const char *name)
{
    kf_value *copy = shallow_copy(tree, kf__get(object, name));
    kf__put_ref(tree, object, name, copy);
    return copy;
}

static bool is_literal(const kf_value *literals, const kf_value *value)
{
    for (size_t i = 0; i < kf_value_length(literals); i++) {
        if (kf_value_equal(kf_value_at(literals, i), value))
            return true;
    }
    return kf_value_length(literals) == 0;
}

static kf_status override_default(
    kf_tree *tree, kf_value *parameters, const char *name, const kf_value *value)
{
    kf_value *definition = own_member(tree, parameters, name);
    const char *type_name = kf__get_text(definition, "parameterType");
    kf_type type = type_name != NULL ? kf__type_of_name(type_name) : KF_TYPE_NONE;
    if (kf_value_kind(value) == KF_KIND_NULL)
        return KF_OK;
    if (type == KF_TYPE_NONE)
        return kf__fail(
            KF_EDOCUMENT, name, "the pipeline's input '%s' has no type", name);
    if (!kf__type_accepts(type, value)) {
        const char *given = kf_type_name(kf__type_of_value(value));
        return kf__fail(KF_ETYPE, name,
            "the default given for the pipeline's input '%s' is a %s; it takes a %s",
            name, given != NULL ? given : "null", kf_type_name(type));
    }
    if (!is_literal(kf_value_get(definition, "literals"), value))
        return kf__fail(KF_EINVAL, name,
            "the default given for the pipeline's input '%s' is none of its literals",
            name);
    kf__put_ref(tree, definition, "defaultValue", kf__document_value(tree, value));
    return kf__tree_status(tree);
}

static kf_status override_defaults(
    kf_tree *tree, kf_value *spec, const kf_value *values)
{
    kf_value *definitions =
        own_member(tree, own_member(tree, spec, "root"), "inputDefinitions");
    kf_value *parameters = own_member(tree, definitions, "parameters");
    for (size_t i = 0; i < kf_value_length(values); i++) {
        const char *name = kf_value_key(values, i);
        if (name != NULL && kf_value_get(parameters, name) != NULL) {
            KF__TRY(override_default(tree, parameters, name, kf_value_at(values, i)));
            continue;
        }
        if (kf_value_get(kf_value_get(definitions, "artifacts"), name) != NULL)
            return kf__fail(KF_EUNSUPPORTED, name,
                "the pipeline's input '%s' is an artifact; only parameters have "
                "defaults",
                name);
        KF__TRY(kf__tree_status(tree));
        return kf__fail(KF_ENOENT, name, "the pipeline has no input '%s'%s", name,
            kf__hint(name, parameters).text);
    }
    return kf__tree_status(tree);
}

kf_status kf__document_override(const kf_document *document,
    const kf_write_options *options, kf_tree *tree, kf_value **out)
{
    kf_value *spec = shallow_copy(tree, document->spec);
    if (options->sdk_version != NULL)
        kf__put_text(tree, spec, "sdkVersion", options->sdk_version);
    if (options->pipeline_name != NULL || options->pipeline_display_name != NULL) {
        kf_value *info = own_member(tree, spec, "pipelineInfo");
        if (options->pipeline_name != NULL)
            kf__put_text(tree, info, "name", options->pipeline_name);
        if (options->pipeline_display_name != NULL)
            kf__put_text(tree, info, "displayName", options->pipeline_display_name);
    }
    if (kf_value_length(options->parameters) > 0)
        KF__TRY(override_defaults(tree, spec, options->parameters));
    KF__TRY(kf__tree_status(tree));
    *out = spec;
    return KF_OK;
}

/* ---- writing ---- */

/* What KFP compiles from one component has its description in the header alone. NULL: none. */
static const char *description_of(const kf_document *document, const kf_value *spec)
{
    const char *text = kf__get_text(kf_value_get(spec, "pipelineInfo"), "description");
    if (text == NULL)
        text = document->description;
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool has_platforms(const kf_document *document)
{
    return kf_value_length(kf_value_get(document->platform, "platforms")) > 0;
}

static kf_status write_json(
    const kf_document *document, const kf_value *spec, kf_buf *out)
{
    if (has_platforms(document))
        return kf__fail(KF_EUNSUPPORTED, "platforms",
            "JSON holds one document, and the pipeline has a second one for its "
            "platforms: write YAML");
    kf__put_json_sorted_as(out, spec, KF_JSON_INDENTED);
    return out->status;
}

static void put_metadata(
    kf_tree *tree, kf_value *manifest, const char *name, const char *namespace)
{
    kf_value *metadata = kf__put_struct(tree, manifest, "metadata");
    kf__put_text(tree, metadata, "name", name);
    if (namespace != NULL && namespace[0] != '\0')
        kf__put_text(tree, metadata, "namespace", namespace);
}

static kf_value *new_manifest(kf_tree *tree, const char *kind, const char *display_name)
{
    kf_value *manifest = kf__tree_struct(tree);
    kf__put_text(tree, manifest, "apiVersion", MANIFEST_VERSION);
    kf__put_text(tree, manifest, "kind", kind);
    kf__put_text(
        tree, kf__put_struct(tree, manifest, "spec"), "displayName", display_name);
    return manifest;
}

static const char *first_text(const char *a, const char *b)
{
    return a != NULL && a[0] != '\0' ? a : b;
}

/* The defaults are those of KFP's KubernetesManifestOptions (compiler_utils.py). */
static kf_status write_manifest(const kf_document *document,
    const kf_write_options *options, kf_value *spec, kf_tree *tree, kf_buf *out)
{
    const char *name = options->manifest_pipeline_name;
    if (name == NULL)
        name = kf__get_text(kf_value_get(spec, "pipelineInfo"), "name");
    if (name == NULL)
        return kf__fail(KF_EMISSING, "pipelineInfo.name", "the pipeline has no name");
    const char *display_name =
        first_text(options->manifest_pipeline_display_name, name);
    const char *version = first_text(options->manifest_version_name, name);
    const char *version_display_name =
        first_text(options->manifest_version_display_name, version);
    const char *description = description_of(document, spec);
    if (options->manifest_include_pipeline) {
        kf_value *pipeline = new_manifest(tree, "Pipeline", display_name);
        put_metadata(tree, pipeline, name, options->manifest_namespace);
        if (description != NULL)
            kf__put_text(tree, kf__get(pipeline, "spec"), "description", description);
        kf__yaml_write(out, pipeline);
        kf__buf_puts(out, "---\n");
    }
    kf_value *manifest = new_manifest(tree, "PipelineVersion", version_display_name);
    put_metadata(tree, manifest, version, options->manifest_namespace);
    kf_value *body = kf__get(manifest, "spec");
    kf__put_text(tree, body, "pipelineName", name);
    kf__put_ref(tree, body, "pipelineSpec", spec);
    if (kf_value_length(document->platform) > 0)
        kf__put_ref(tree, body, "platformSpec", document->platform);
    if (description != NULL)
        kf__put_text(tree, body, "description", description);
    KF__TRY(kf__tree_status(tree));
    kf__yaml_write(out, manifest);
    return out->status;
}

static kf_status write_yaml(
    const kf_document *document, const kf_value *spec, kf_buf *out)
{
    void (*write)(kf_buf *, const kf_value *) =
        document->is_compact ? kf__yaml_write_short : kf__yaml_write;
    kf__ir_put_comment(out, spec, description_of(document, spec));
    write(out, spec);
    if (has_platforms(document)) {
        kf__buf_puts(out, "---\n");
        write(out, document->platform);
    }
    return out->status;
}

kf_status kf__document_write(
    const kf_document *document, const kf_write_options *options, kf_buf *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec;
    kf_status status = kf__document_override(document, options, &tree, &spec);
    if (status == KF_OK && options->format == KF_FORMAT_MANIFEST)
        status = options->json ? kf__fail(KF_EUNSUPPORTED, NULL,
                                     "manifests are written as YAML, not as JSON")
                               : write_manifest(document, options, spec, &tree, out);
    else if (status == KF_OK)
        status = options->json ? write_json(document, spec, out)
                               : write_yaml(document, spec, out);
    kf__tree_finish(&tree);
    return status == KF_ENOMEM ? kf__nomem() : status;
}
