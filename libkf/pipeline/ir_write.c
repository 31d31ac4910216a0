/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/document.h"

#include "io/yaml.h"
#include "pipeline/ir_comment.h"

#define MANIFEST_VERSION "pipelines.kubeflow.org/v2beta1"

/* A pipeline that was built has its description in its spec, one that was read perhaps in its
 * header comment alone. NULL: none. */
static const char *description_of(const kf_document *document)
{
    const char *text = document->description;
    if (text == NULL)
        text =
            kf__get_text(kf_value_get(document->spec, "pipelineInfo"), "description");
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool has_platforms(const kf_document *document)
{
    return kf_value_length(kf_value_get(document->platform, "platforms")) > 0;
}

static kf_status write_json(const kf_document *document, kf_buf *out)
{
    if (has_platforms(document))
        return kf__fail(KF_EUNSUPPORTED, "platforms",
            "JSON holds one document, and the pipeline has a second one for its "
            "platforms: write YAML");
    kf__put_json_sorted_as(out, document->spec, KF_JSON_INDENTED);
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
    const kf_write_options *options, kf_tree *tree, kf_buf *out)
{
    const char *name = options->manifest_pipeline_name;
    if (name == NULL)
        name = kf__get_text(kf_value_get(document->spec, "pipelineInfo"), "name");
    if (name == NULL)
        return kf__fail(KF_EMISSING, "pipelineInfo.name", "the pipeline has no name");
    const char *display_name =
        first_text(options->manifest_pipeline_display_name, name);
    const char *version = first_text(options->manifest_version_name, name);
    const char *version_display_name =
        first_text(options->manifest_version_display_name, version);
    const char *description = description_of(document);
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
    kf__put_ref(tree, body, "pipelineSpec", document->spec);
    if (kf_value_length(document->platform) > 0)
        kf__put_ref(tree, body, "platformSpec", document->platform);
    if (description != NULL)
        kf__put_text(tree, body, "description", description);
    KF__TRY(kf__tree_status(tree));
    kf__yaml_write(out, manifest);
    return out->status;
}

static kf_status write_yaml(const kf_document *document, kf_buf *out)
{
    kf__ir_put_comment(out, document->spec, description_of(document));
    kf__yaml_write(out, document->spec);
    if (has_platforms(document)) {
        kf__buf_puts(out, "---\n");
        kf__yaml_write(out, document->platform);
    }
    return out->status;
}

kf_status kf__document_write(
    const kf_document *document, const kf_write_options *options, kf_buf *out)
{
    if (options->format != KF_FORMAT_MANIFEST)
        return options->json ? write_json(document, out) : write_yaml(document, out);
    if (options->json)
        return kf__fail(
            KF_EUNSUPPORTED, NULL, "manifests are written as YAML, not as JSON");
    kf_tree tree = KF__TREE_INIT;
    kf_status status = write_manifest(document, options, &tree, out);
    kf__tree_finish(&tree);
    return status;
}
