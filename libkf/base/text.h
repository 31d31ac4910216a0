/* SPDX-License-Identifier: Apache-2.0 */
/* Text: UTF-8, names, numbers, the nearest of several names. Never depends on the
 * locale. */
#ifndef KF_BASE_TEXT_H
#define KF_BASE_TEXT_H

#include "base/buf.h"

bool kf__utf8_valid(
    const char *text, size_t length, size_t *bad_offset); /* bad_offset may be NULL */
/* Put "?" in place of each byte that is part of no valid sequence. */
void kf__utf8_mend(char *text, size_t length);
/* Decode one code point of valid UTF-8; advances *text. */
uint32_t kf__utf8_next(const char **text, const char *end);
void kf__utf8_put(kf_buf *buf, uint32_t code_point);

/* Why a name of a document cannot be that of a file in a folder of its own ("cannot hold
 * '/'"), or NULL. */
const char *kf__name_fault(const char *name);
bool kf__starts_with(const char *text, const char *prefix);
bool kf__ends_with(const char *text, const char *suffix);
/* The shortest text that reads back as the same double, as Python's repr: "0.1", "3.0",
 * "1e-05". */
void kf__put_double(kf_buf *buf, double number);
/* The same for messages, where 3.0 is 3: kf__shown(x).text. */
typedef struct kf_shown {
    char text[32];
} kf_shown;
kf_shown kf__shown(double number);
/* Whole-text conversions; false if malformed or out of range. */
bool kf__parse_int64(const char *text, int64_t *out);
bool kf__parse_double(const char *text, double *out);
bool kf__parse_float(const char *text, float *out);
/* KFP's sanitise for Kubernetes names: lower case, runs of other characters than
 * [-a-z0-9] to "-", trimmed (kfp/compiler/... sanitize_k8s_name). Into a fresh text;
 * NULL: out of memory. */
char *kf__sanitize_name(const char *name);
/* The candidate nearest to `name` (Damerau-Levenshtein) if it is near enough to be a
 * slip, else NULL. next(state, index) gives the candidates and NULL at the end. */
const char *kf__nearest(const char *name,
    const char *(*next)(const void *state, size_t index), const void *state);

#endif
