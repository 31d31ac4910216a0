/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders of KFP in the text of executors and arguments: {{$}}, {{$.inputs.parameters['x']}},
 * {{$.outputs.artifacts['m'].metadata['k']}}, {{$.pipeline_job_name}}, {"IfPresent": …}, {"Concat": …}. */
#ifndef KF_PIPELINE_PLACEHOLDER_H
#define KF_PIPELINE_PLACEHOLDER_H

#include "base/value.h"

/* What the placeholders of one task stand for. */
typedef struct kf_placeholders {
    const kf_value *executor_input; /* ExecutorInput: inputs, outputs. May be NULL while checking. */
    const kf_value *variables;      /* Struct: pipeline_job_name, pipeline_task_uuid, … → text. */
} kf_placeholders;

/* Append `text` with all its placeholders replaced; values other than strings as JSON, as KFP's
 * launcher writes them. KF_ENOENT names an unknown input, output or variable. */
kf_status kf__placeholders_expand(const kf_placeholders *placeholders, const char *text, kf_buf *out);
/* Expand the words of a command or of arguments: an IfPresent that does not hold drops its word, one
 * with a list gives several. Result: a list of strings in `tree`. */
kf_status kf__placeholders_expand_words(const kf_placeholders *placeholders, const kf_value *words,
    kf_tree *tree, kf_value **out);
/* Expand a constant runtime value deep: a string that is one whole placeholder takes the value's type. */
kf_status kf__placeholders_expand_value(const kf_placeholders *placeholders, const kf_value *value,
    kf_tree *tree, kf_value **out);
/* Call back for each placeholder of the text, such as "inputs.parameters['x']"; for checks. */
kf_status kf__placeholders_visit(const char *text,
    kf_status (*visit)(const char *path, size_t length, void *payload), void *payload);

#endif
