/* SPDX-License-Identifier: Apache-2.0 */
/* Positions in the text that is read: libyaml counts characters, errors and marks are
 * given in bytes. */
#ifndef KF_IO_YAML_PLACE_H
#define KF_IO_YAML_PLACE_H

#include <kf/base.h>

typedef struct kf_yaml_place {
    const char *text;
    size_t length;
    size_t index; /* In characters. */
    size_t offset;
    size_t line_start;
    int line;
} kf_yaml_place;

/* KF_ELIMIT: too long. KF_EPARSE with line and column: not UTF-8, or a character that
 * PyYAML refuses (yaml/reader.py, NON_PRINTABLE). Called before libyaml sees the text:
 * its own report has no line. */
kf_status kf__yaml_check_text(const char *text, size_t length);
/* At the first character, behind a byte order mark: libyaml does not count it. */
void kf__yaml_place_start(kf_yaml_place *place, const char *text, size_t length);
/* Marks come almost in the order of the text, so that going to each of them is linear in all. */
void kf__yaml_go_to(kf_yaml_place *place, size_t index);
int kf__yaml_column(const kf_yaml_place *place);

#endif
