/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions as Go has them (RE2), run by PCRE2 with a ceiling: what RE2 does
 * not know is refused, and a search that explodes ends with KF_ELIMIT. */
#ifndef KF_IO_REGEX_H
#define KF_IO_REGEX_H

#include <kf/base.h>

typedef struct kf_regex kf_regex;

/* KF_EPARSE with the column: no regular expression, or one that Go refuses
 * (backreferences, lookaround, possessive repetition); KF_ELIMIT: over
 * KF__LIMIT_PATTERN_BYTES, or too large when compiled. */
kf_status kf__regex_new(const char *pattern, kf_regex **out);
void kf__regex_free(kf_regex *regex); /* NULL is fine. */
/* How many groups it has; group 0 is the whole match. */
size_t kf__regex_group_count(const kf_regex *regex);
/* The next match from `start` on, of valid UTF-8. To find all: go on at
 * kf__regex_resume. KF_ELIMIT: it took too many steps. */
kf_status kf__regex_find(
    kf_regex *regex, const char *text, size_t length, size_t start, bool *found);
/* Part of the last match; false: the group took no part in it. */
bool kf__regex_group(const kf_regex *regex, size_t group, size_t *start, size_t *end);
/* Where the search for the next match goes on. */
size_t kf__regex_resume(const kf_regex *regex, const char *text, size_t length);

#endif
