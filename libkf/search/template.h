/* SPDX-License-Identifier: Apache-2.0 */
/* Trial templates: what stands in for parameters, and what comes of it for a trial. */
#ifndef KF_SEARCH_TEMPLATE_H
#define KF_SEARCH_TEMPLATE_H

#include "search/experiment.h"

/* Text that stands for a value: "${trialParameters.NAME}". */
typedef struct kf_mark {
    const char *start;
    const char *end; /* Behind the brace. */
    const char *name;
    size_t name_length;
} kf_mark;

/* The first one in the text, from `at` on. */
bool kf__mark_find(const char *at, kf_mark *out);

typedef enum kf_meta {
    KF__META_NONE, /* The name of a parameter. */
    KF__META_NAME,
    KF__META_NAMESPACE,
    KF__META_KIND,
    KF__META_API_VERSION,
    KF__META_ANNOTATION,
    KF__META_LABEL
} kf_meta;

/* What a trial parameter refers to; `key` (KF__META_ANNOTATION and _LABEL) is in
 * `reference`, not terminated. */
kf_meta kf__meta_of(const char *reference, const char **key, size_t *length);
/* The text that a reference to the template itself stands for; NULL: it has none. */
const char *kf__meta_text(const kf_experiment *experiment, const kf_value *trial,
    const char *trial_name, const char *reference);

/* The template before anything is put in, in `tree`: trialSpec, or what a ConfigMap
 * beside the experiment holds. KF_EMISSING: there is none; KF_ENOENT: the ConfigMap is
 * elsewhere; KF_EPARSE: what it holds is no YAML. */
kf_status kf__template_value(
    const kf_experiment *experiment, kf_tree *tree, kf_value **out);
/* The object to make for a trial. `params`: values by parameter. KF_EMISSING: a
 * reference without a value; KF_ENOENT: a placeholder without a trial parameter; and as
 * above. Values are put into texts of the document, whatever they hold, where Katib
 * puts them into its JSON text. A template of a ConfigMap is text in both, as long as the
 * values have letters, digits, "_", "+", "-" and "." alone: there an unquoted
 * placeholder may become a number. */
kf_status kf__template_render(const kf_experiment *experiment, const char *trial_name,
    const kf_value *params, kf_tree *tree, kf_value **out);
/* A value as it stands in a template. */
void kf__put_parameter(kf_buf *buf, const kf_value *value);

#endif
