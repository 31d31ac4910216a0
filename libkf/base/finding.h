/* SPDX-License-Identifier: Apache-2.0 */
/* Places within a document, and findings at them. */
#ifndef KF_BASE_FINDING_H
#define KF_BASE_FINDING_H

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

/* A chain from the place to the root; made on the stack, written out when something is
 * found. */
typedef struct kf_place {
    const struct kf_place *up; /* NULL at the root. */
    const char *name;          /* NULL: item `index` of a list. */
    size_t index;
} kf_place;

#define KF__PLACE(parent, child) (&(kf_place){.up = (parent), .name = (child)})
#define KF__PLACE_AT(parent, position)                                                 \
    (&(kf_place){.up = (parent), .index = (position)})

/* Append "root.dag.tasks.train.inputs[3]"; names of other characters as ['a.b']. */
void kf__put_place(kf_buf *buf, const kf_place *place);
/* Add a finding at the place, with the line and column of `at` (NULL: unknown). */
void kf__find(kf_report *report, kf_severity severity, kf_status code,
    const kf_place *place, const kf_value *at, const char *format, ...) KF_PRINTF(6, 7);
#define kf__find_error(report, code, place, at, ...)                                   \
    kf__find(report, KF_SEVERITY_ERROR, code, place, at, __VA_ARGS__)
#define kf__find_warning(report, code, place, at, ...)                                 \
    kf__find(report, KF_SEVERITY_WARNING, code, place, at, __VA_ARGS__)
/* The thread's last error as a finding at the place. */
void kf__find_last(kf_report *report, const kf_place *place, const kf_value *at);

/* The same of an error whose column is one within the text of `at`, not of the document. */
void kf__find_within(kf_report *report, const kf_place *place, const kf_value *at);

/* The nearest of a struct's names, as "; did you mean 'x'?", or an empty text. */
typedef struct kf_hint {
    char text[160];
} kf_hint;
kf_hint kf__hint(const char *name, const kf_value *names);
kf_hint kf__hint_of(
    const char *name, const char *(*next)(const void *, size_t), const void *state);

#endif
