/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars as PyYAML's emitter writes them, and where they stand in the line. */
#ifndef KF_IO_YAML_TEXT_H
#define KF_IO_YAML_TEXT_H

#include "base/buf.h"

#define KF__YAML_INDENT 2

/* What is written is ASCII, so that columns are bytes. */
typedef struct kf_yaml_emitter {
    kf_buf *buf;
    size_t line_start; /* Where the line begins in the buffer. */
    bool whitespace;   /* The last character is white space or the line is empty. */
    bool indention;    /* Nothing but spaces and indicators in this line so far. */
    int depth;
    bool is_short; /* See kf__yaml_write_short. */
    bool is_go;    /* See kf__yaml_write_go. */
} kf_yaml_emitter;

typedef enum kf_yaml_style {
    KF__YAML_PLAIN,
    KF__YAML_SINGLE, /* Single quotes. */
    KF__YAML_DOUBLE  /* Double quotes, with escapes. */
} kf_yaml_style;

/* Go to the column, in a new line unless only indicators stand before it. */
void kf__yaml_put_indent(kf_yaml_emitter *out, int indent);
/* `indention`: what follows it may stand in the same line as if indented. */
void kf__yaml_put_indicator(
    kf_yaml_emitter *out, const char *indicator, bool needs_whitespace, bool indention);
/* Text that needs neither quotes nor splitting. */
void kf__yaml_put_word(kf_yaml_emitter *out, const char *text, size_t length);
/* The first style of plain, single and double quotes that can hold the text. */
kf_yaml_style kf__yaml_style(
    const kf_yaml_emitter *out, const char *text, size_t length);
/* `split`: what passes the width goes on in a line with that `indent`. */
void kf__yaml_put_text(kf_yaml_emitter *out, const char *text, size_t length,
    kf_yaml_style chosen, bool split, int indent);

#endif
