/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders of KFP in the text of executors and arguments: {{$}},
 * {{$.inputs.parameters['x']}},
 * {{$.outputs.artifacts['m'].metadata['k']}}, {{$.pipeline_job_name}}, {"IfPresent":
 * …}, {"Concat": …}. Text in double braces that is none of them stays as it is, as with
 * KFP's launcher. */
#ifndef KF_PIPELINE_PLACEHOLDER_H
#define KF_PIPELINE_PLACEHOLDER_H

#include "base/value.h"

/* What the placeholders of one task stand for. */
typedef struct kf_placeholders {
    const kf_value *executor_input; /* ExecutorInput: inputs, outputs. May be NULL while
                                       checking. */
    const kf_value
        *variables; /* Struct: pipeline_job_name, pipeline_task_uuid, … → text. */
} kf_placeholders;

/* Append `text` with all its placeholders replaced; values other than strings as JSON,
 * numbers as KFP's launcher writes them (3.0 is 3), an input parameter without a value
 * as null. KF_ENOENT names an unknown artifact, output or member, or a variable without
 * a value. */
kf_status kf__placeholders_expand(
    const kf_placeholders *placeholders, const char *text, kf_buf *out);
/* Expand the words of a command or of arguments: an IfPresent that does not hold drops
 * its word, one with a list gives several. Result: a list of strings in `tree`. */
kf_status kf__placeholders_expand_words(const kf_placeholders *placeholders,
    const kf_value *words, kf_tree *tree, kf_value **out);
/* Expand a constant runtime value deep: a string that is one whole placeholder takes
 * the value's type. */
kf_status kf__placeholders_expand_value(const kf_placeholders *placeholders,
    const kf_value *value, kf_tree *tree, kf_value **out);

typedef enum kf_placeholder_kind {
    KF__PLACEHOLDER_OTHER,       /* None of KFP's: left as it is. */
    KF__PLACEHOLDER_ALL,         /* {{$}} */
    KF__PLACEHOLDER_INPUT,       /* inputs.parameters['name'] */
    KF__PLACEHOLDER_ARTIFACT,    /* inputs.artifacts['name'] */
    KF__PLACEHOLDER_OUTPUT,      /* outputs.parameters['name'] */
    KF__PLACEHOLDER_PRODUCT,     /* outputs.artifacts['name'] */
    KF__PLACEHOLDER_OUTPUT_FILE, /* outputs.output_file */
    KF__PLACEHOLDER_VARIABLE,    /* pipeline_job_name and so on, in `name` */
    KF__PLACEHOLDER_PRESENT /* InputName of an IfPresent: an input of either kind */
} kf_placeholder_kind;

#define KF__PLACEHOLDER_MEMBERS 8

/* A piece of text, not terminated. */
typedef struct kf_span {
    const char *text;
    size_t length;
} kf_span;

typedef struct kf_placeholder {
    kf_placeholder_kind kind;
    kf_span whole; /* From "{{" to "}}". */
    kf_span name;
    kf_span members[KF__PLACEHOLDER_MEMBERS]; /* .uri, .metadata['k'], … */
    size_t member_count;
    int escapes; /* json_escape[n] */
} kf_placeholder;

/* The first placeholder from `text` on, also one that is none of KFP's; false if there
 * is none. */
bool kf__placeholder_find(const char *text, kf_placeholder *out);
/* Call back for each placeholder of a text, or of a word of a command: those in an
 * IfPresent or Concat included. KF_EDOCUMENT for a malformed one of these. */
typedef kf_status (*kf_placeholder_visitor)(
    const kf_placeholder *placeholder, void *payload);
kf_status kf__placeholders_visit(
    const char *text, kf_placeholder_visitor visit, void *payload);
kf_status kf__placeholders_visit_word(
    const char *word, kf_placeholder_visitor visit, void *payload);
/* Whether a word of a command is a Concat or an IfPresent. */
bool kf__placeholder_is_struct(const char *word);
/* Where an artifact lies for its reader: its custom path, or its URI with remote
 * schemes mounted as KFP mounts them. */
void kf__put_artifact_path(kf_buf *out, const kf_value *artifact);

#endif
