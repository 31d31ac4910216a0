/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a pipeline: PipelineSpec and PlatformSpec as values, read, checked
 * and written. */
#ifndef KF_PIPELINE_DOCUMENT_H
#define KF_PIPELINE_DOCUMENT_H

#include <kf/pipeline.h>

#include "base/error.h"
#include "base/value.h"

typedef struct kf_document {
    kf_tree tree;
    kf_value *spec;     /* PipelineSpec, camelCase names. */
    kf_value *platform; /* PlatformSpec or NULL. */
    const char
        *description; /* For the header comment, which alone carries it; NULL: none. */
    bool is_compact;  /* In the compact form, which is short in its text as well. */
} kf_document;

void kf__document_finish(kf_document *document);

/* ir_read: bytes to a document whose shape is that of pipeline_spec.proto; snake_case
 * names are accepted as protobuf's JSON does, unknown fields are refused with the
 * nearest name. A manifest (PipelineVersion) gives its spec. Numbers in parameter
 * values become doubles, as they are in protobuf, where that loses nothing. All shape
 * findings go to `report`, and KF_OK then says that there is a document, sound or not;
 * without a report (NULL) the first finding is the error. */
kf_status kf__document_read(
    const char *text, size_t length, kf_report *report, kf_document *out);
/* check: everything beyond shape: references, types, scopes, cycles, names,
 * placeholders, expressions. Also for documents whose shape is not sound. */
kf_status kf__document_check(const kf_document *document, kf_report *report);
/* ir_write: header comment, YAML or JSON or manifest. Overrides of `options` that do not fit the
 * pipeline are KF_ENOENT, KF_ETYPE, KF_EUNSUPPORTED. */
kf_status kf__document_write(
    const kf_document *document, const kf_write_options *options, kf_buf *out);

/* lower: the document of a pipeline being built, or a copy of the one it was loaded
 * from. */
kf_status kf__pipeline_lower(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_document *out);
/* The same for a pipeline that becomes part of another one, which may have the workspace that it
 * needs. */
kf_status kf__pipeline_lower_component(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_document *out);
/* A pipeline that is just a document; takes it over (also on failure). */
kf_status kf__pipeline_from_document(kf_document *document, kf_pipeline **out);

#endif
