/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_read.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/json.h"
#include "io/yaml.h"
#include "pipeline/document.h"
#include "pipeline/ir_shape.h"

#define SCHEMA_VERSION "2.1.0"
#define MANIFEST_GROUP "pipelines.kubeflow.org/"

/* ---- text to documents ---- */

static bool begins_with_brace(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at < length && text[at] == '{';
}

static kf_status read_any(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    /* JSON first where it may be JSON: YAML takes most of it, but not all. */
    if (begins_with_brace(text, length)) {
        kf_tree json = KF__TREE_INIT;
        kf_value *document;
        kf_status status = kf__json_read(&json, text, length, &document);
        if (status == KF_OK) {
            *tree = json;
            *out = kf__tree_list(tree);
            kf__push(tree, *out, document);
            return kf__tree_status(tree);
        }
        kf__tree_finish(&json);
        if (status != KF_EPARSE)
            return status;
    }
    return kf__yaml_read(tree, text, length, out);
}

static bool is_empty(const kf_value *document)
{
    return kf_value_kind(document) == KF_KIND_NULL;
}

kf_status kf__documents_read(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    kf_value *all;
    KF__TRY(read_any(tree, text, length, &all));
    size_t count = kf_value_length(all);
    while (count > 0 && is_empty(kf_value_at(all, count - 1)))
        count--;
    kf_value *documents = kf__tree_list(tree);
    for (size_t i = 0; i < count; i++)
        kf__push(tree, documents, kf__at(all, i));
    KF__TRY(kf__tree_status(tree));
    *out = documents;
    return KF_OK;
}

/* ---- what a document is ---- */

static bool is_manifest(const kf_value *document)
{
    const char *version = kf__get_text(document, "apiVersion");
    return version != NULL && kf__starts_with(version, MANIFEST_GROUP);
}

bool kf__document_is_v1_component(const kf_value *document)
{
    return kf_value_get(document, "implementation") != NULL;
}

const char *kf__document_resembles(const kf_value *document)
{
    static const struct {
        const char *group;
        const char *name;
    } groups[] = {
        {"argoproj.io/",
            "an Argo Workflow: Kubeflow Pipelines of the first version compiled to "
            "these"},
        {"tekton.dev/", "a Tekton object"},
        {"kubeflow.org/", "a Katib or Training Operator object"},
        {"serving.kserve.io/", "a KServe object"},
        {"", "a Kubernetes object"},
    };
    static const char *const kinds[] = {
        "", "a boolean", "a number", "a number", "plain text", "a list"};
    if (kf_value_kind(document) != KF_KIND_STRUCT)
        return is_empty(document) ? "an empty document"
                                  : kinds[kf_value_kind(document)];
    if (kf__document_is_v1_component(document))
        return "a component of the first version (component.yaml), to be loaded as a "
               "component";
    const char *version = kf__get_text(document, "apiVersion");
    for (size_t i = 0; version != NULL && kf__get_text(document, "kind") != NULL; i++) {
        if (kf__starts_with(version, groups[i].group))
            return groups[i].name;
    }
    if (kf_value_get(document, "platforms") != NULL)
        return "a PlatformSpec, which is the second document of a pipeline";
    if (kf_value_get(document, "components") == NULL &&
        kf_value_get(document, "executorLabel") != NULL)
        return "one component out of a pipeline";
    return NULL;
}

static bool resembles_pipeline(const kf_value *document)
{
    static const char *const fields[] = {"pipelineInfo", "pipeline_info", "root",
        "deploymentSpec", "deployment_spec", "schemaVersion", "schema_version"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (kf_value_get(document, fields[i]) != NULL)
            return kf_value_get(document, "apiVersion") == NULL;
    }
    return false;
}

static kf_status not_a_pipeline(const kf_value *document)
{
    const char *looks = kf__document_resembles(document);
    const char *kind = kf__get_text(document, "kind");
    return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(document), kf__column(document),
        "this is no pipeline: it looks like %s%s%.60s%s; a pipeline has pipelineInfo, "
        "root and deploymentSpec",
        looks != NULL ? looks : "something else",
        looks != NULL && kind != NULL ? " (" : "",
        looks != NULL && kind != NULL ? kind : "",
        looks != NULL && kind != NULL ? ")" : "");
}

/* ---- PipelineSpec and PlatformSpec within what was read ---- */

/* The member by its camelCase or its snake_case name. */
static kf_value *either(const kf_value *value, const char *camel, const char *snake)
{
    kf_value *found = kf__get(value, camel);
    return found != NULL ? found : kf__get(value, snake);
}

static kf_status read_manifest(const kf_value *documents, kf_document *out)
{
    kf_value *version = NULL;
    for (size_t i = 0; i < kf_value_length(documents); i++) {
        kf_value *document = kf__at(documents, i);
        const char *kind = kf__get_text(document, "kind");
        if (!is_manifest(document) || kind == NULL ||
            (strcmp(kind, "Pipeline") != 0 && strcmp(kind, "PipelineVersion") != 0))
            return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(document),
                kf__column(document),
                "a manifest of a pipeline has a PipelineVersion and perhaps a "
                "Pipeline, and nothing else");
        if (strcmp(kind, "Pipeline") == 0)
            continue;
        if (version != NULL)
            return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(document),
                kf__column(document),
                "the text has two PipelineVersions; one is expected");
        version = document;
    }
    if (version == NULL)
        return kf__fail(KF_EDOCUMENT, NULL,
            "the manifest has a Pipeline, but no PipelineVersion with its "
            "pipelineSpec");
    kf_value *spec = kf__get(version, "spec");
    out->spec = kf__get(spec, "pipelineSpec");
    out->platform = kf__get(spec, "platformSpec");
    out->description = kf__get_text(spec, "description");
    if (kf_value_kind(out->spec) != KF_KIND_STRUCT)
        return kf__fail_at(KF_EDOCUMENT, "spec", kf__line(version), kf__column(version),
            "the PipelineVersion has no pipelineSpec");
    return KF_OK;
}

static kf_status read_pair(const kf_value *documents, kf_document *out)
{
    kf_value *first = kf__at(documents, 0);
    kf_value *second = kf__at(documents, 1);
    out->spec = first;
    out->platform = second;
    if (second == NULL) {
        /* As the API server gives a pipeline version. */
        kf_value *spec = either(first, "pipelineSpec", "pipeline_spec");
        if (kf_value_kind(spec) == KF_KIND_STRUCT && !resembles_pipeline(first)) {
            out->spec = spec;
            out->platform = either(first, "platformSpec", "platform_spec");
        }
    } else if (kf_value_get(second, "platforms") == NULL && resembles_pipeline(first)) {
        return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(second), kf__column(second),
            "the second document must be a PlatformSpec, with 'platforms'");
    }
    return resembles_pipeline(out->spec) ? KF_OK : not_a_pipeline(first);
}

static kf_status find_documents(const kf_value *documents, kf_document *out)
{
    size_t count = kf_value_length(documents);
    if (count == 0)
        return kf__fail(
            KF_EDOCUMENT, NULL, "the text is empty; a pipeline is expected");
    for (size_t i = 0; i < count; i++) {
        if (is_manifest(kf_value_at(documents, i)))
            return read_manifest(documents, out);
    }
    if (count > 2 && resembles_pipeline(kf_value_at(documents, 0)))
        return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(kf_value_at(documents, 2)),
            kf__column(kf_value_at(documents, 2)),
            "the text has %zu documents; a pipeline has one, or two with its "
            "PlatformSpec",
            count);
    return read_pair(documents, out);
}

/* ---- shape ---- */

static void shape_kubernetes(kf_document *self, kf_report *report)
{
    kf_value *platform = kf__get(kf__get(self->platform, "platforms"), "kubernetes");
    kf_value *executors = kf__get(kf__get(platform, "deploymentSpec"), "executors");
    if (kf_value_kind(executors) != KF_KIND_STRUCT)
        return;
    const kf_place *place =
        KF__PLACE(KF__PLACE(KF__PLACE(KF__PLACE(NULL, "platforms"), "kubernetes"),
                      "deploymentSpec"),
            "executors");
    for (size_t i = 0; i < kf_value_length(executors); i++) {
        kf_value *executor = kf__ir_shape_struct(&self->tree, report,
            KF__PLACE(place, kf_value_key(executors, i)),
            &kf__ir_kubernetes_executor_config, kf__at(executors, i));
        kf__set_at(executors, i, executor);
    }
}

static void check_version(const kf_document *self, kf_report *report)
{
    const kf_place *place = KF__PLACE(NULL, "schemaVersion");
    const kf_value *version = kf_value_get(self->spec, "schemaVersion");
    if (version == NULL)
        kf__find_error(report, KF_EDOCUMENT, place, self->spec,
            "schemaVersion is missing; it must be %s", SCHEMA_VERSION);
    else if (kf_value_string(version) != NULL &&
             !kf__equals_text(version, SCHEMA_VERSION))
        kf__find_error(report, KF_EDOCUMENT, place, version,
            "schemaVersion is '%.40s'; Kubeflow takes %s alone%s",
            kf_value_string(version), SCHEMA_VERSION,
            kf__starts_with(kf_value_string(version), "2.0")
                ? ": compile the pipeline with a newer SDK"
                : "");
}

static void shape(kf_document *self, kf_report *report)
{
    self->spec =
        kf__ir_shape(&self->tree, report, NULL, &kf__ir_pipeline_spec, self->spec);
    if (self->platform != NULL) {
        self->platform = kf__ir_shape(
            &self->tree, report, NULL, &kf__ir_platform_spec, self->platform);
        shape_kubernetes(self, report);
    }
    check_version(self, report);
}

/* ---- the description in the header comment ---- */

static size_t line_length(const char *text, const char *end)
{
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    return newline == NULL ? (size_t)(end - text) : (size_t)(newline - text);
}

static bool next_line(const char **text, const char *end)
{
    size_t length = line_length(*text, end);
    if (length == (size_t)(end - *text))
        return false;
    *text += length + 1;
    return true;
}

static bool line_begins(const char *text, const char *end, const char *prefix)
{
    size_t length = strlen(prefix);
    return (size_t)(end - text) >= length && memcmp(text, prefix, length) == 0;
}

char *kf__header_description(kf_tree *tree, const char *text, size_t length)
{
    static const char heading[] = "# Description: ";
    static const char more[] = "#              ";
    const char *end = text + length;
    if (!line_begins(text, end, "# PIPELINE DEFINITION") || !next_line(&text, end) ||
        !next_line(&text, end) || !line_begins(text, end, heading))
        return NULL;
    kf_buf description = KF__BUF_INIT;
    do {
        if (line_begins(text, end, more))
            kf__buf_putc(&description, '\n');
        kf__buf_append(&description, text + sizeof heading - 1,
            line_length(text, end) - (sizeof heading - 1));
    } while (next_line(&text, end) && line_begins(text, end, more));
    char *copy =
        kf__arena_strndup(&tree->arena, kf__buf_text(&description), description.length);
    if (copy == NULL || description.status != KF_OK)
        tree->status = KF_ENOMEM;
    kf__buf_finish(&description);
    return copy;
}

/* ---- all of it ---- */

static kf_status read_document(
    const char *text, size_t length, kf_report *report, kf_document *out)
{
    if (length > KF__LIMIT_DOCUMENT_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the document is longer than the limit of %u bytes",
            KF__LIMIT_DOCUMENT_BYTES);
    kf_value *documents;
    KF__TRY(kf__documents_read(&out->tree, text, length, &documents));
    KF__TRY(find_documents(documents, out));
    shape(out, report);
    if (out->description == NULL)
        out->description = kf__header_description(&out->tree, text, length);
    KF__TRY(kf__tree_status(&out->tree));
    return kf__report_status(report);
}

kf_status kf__document_read(
    const char *text, size_t length, kf_report *report, kf_document *out)
{
    kf_document document = {0};
    kf_report *findings = report;
    if (findings == NULL)
        KF__TRY(kf__report_new(&findings));
    kf_status status = read_document(text, length, findings, &document);
    if (status != KF_OK && status != KF_ENOMEM && report != NULL)
        kf__report_add_last(report);
    if (status == KF_OK && report == NULL)
        status = kf__report_fail_first(findings);
    if (findings != report)
        kf_report_free(findings);
    if (status == KF_OK)
        *out = document;
    else
        kf__document_finish(&document);
    return status;
}

void kf__document_finish(kf_document *document)
{
    kf__tree_finish(&document->tree);
    *document = (kf_document){0};
}
