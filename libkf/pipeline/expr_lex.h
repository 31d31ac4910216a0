/* SPDX-License-Identifier: Apache-2.0 */
/* Text of an expression to tokens. */
#ifndef KF_PIPELINE_EXPR_LEX_H
#define KF_PIPELINE_EXPR_LEX_H

#include "base/arena.h"

typedef enum kf_token_kind {
    KF__TOKEN_END,
    KF__TOKEN_INT, /* `integer`, up to 2^63 as a minus may stand before it */
    KF__TOKEN_DOUBLE,
    KF__TOKEN_STRING,
    KF__TOKEN_NAME,
    KF__TOKEN_SYMBOL /* one or two characters, in `symbol` */
} kf_token_kind;

typedef struct kf_token {
    kf_token_kind kind;
    const char *start; /* In the text. */
    size_t size;
    char symbol[3];
    uint64_t integer;
    double number;
    const char *text; /* Of a string, unescaped; of a name. */
    size_t length;
} kf_token;

typedef struct kf_lexer {
    kf_arena *arena; /* For strings. */
    const char *begin;
    const char *next;
    const char *end;
} kf_lexer;

kf_status kf__lexer_next(kf_lexer *lexer, kf_token *out);
/* Fail with the line and column of `place`, a pointer into the text. */
kf_status kf__lexer_fail(const kf_lexer *lexer, kf_status code, const char *place,
    const char *format, ...) KF_PRINTF(4, 5);

#endif
