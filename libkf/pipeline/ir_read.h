/* SPDX-License-Identifier: Apache-2.0 */
/* Text to the documents in it, and what a document that is no pipeline looks like. */
#ifndef KF_PIPELINE_IR_READ_H
#define KF_PIPELINE_IR_READ_H

#include "base/value.h"

/* All documents of YAML or JSON text, without empty ones at the end: a list. */
kf_status kf__documents_read(
    kf_tree *tree, const char *text, size_t length, kf_value **out);
/* "an Argo Workflow", "a KServe InferenceService", "a list"; NULL if it looks like
 * nothing known. */
const char *kf__document_resembles(const kf_value *document);
/* Whether it is a v1 component: it has an implementation. */
bool kf__document_is_v1_component(const kf_value *document);
/* The description in a header comment that KFP or libkf wrote; NULL if there is none.
 */
char *kf__header_description(kf_tree *tree, const char *text, size_t length);

#endif
