/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides of what a document holds when it is written. */
#ifndef KF_PIPELINE_IR_WRITE_H
#define KF_PIPELINE_IR_WRITE_H

#include "pipeline/document.h"

/* The document's PipelineSpec with the name, display name, SDK version and parameter
 * defaults of `options` in place of its own; what changes is made in `tree`, the rest
 * is shared. KF_ENOENT for a parameter that the pipeline has not, KF_ETYPE for a
 * default of another type, KF_EUNSUPPORTED for one of an artifact. */
kf_status kf__document_override(const kf_document *document,
    const kf_write_options *options, kf_tree *tree, kf_value **out);

#endif
