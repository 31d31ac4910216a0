/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an expression: shared by its parser and its evaluator. */
#ifndef KF_PIPELINE_EXPR_NODE_H
#define KF_PIPELINE_EXPR_NODE_H

#include "base/map.h"
#include "pipeline/expr.h"

typedef enum kf_expr_op {
    KF__EXPR_CONSTANT,
    KF__EXPR_PARAMETERS, /* inputs.parameter_values */
    KF__EXPR_BOUND,      /* string_value and its like: `bound` */
    KF__EXPR_LIST,
    KF__EXPR_INDEX, /* a[b] and a.b */
    KF__EXPR_HAS,   /* of an index */
    KF__EXPR_CALL,
    KF__EXPR_NOT,
    KF__EXPR_NEGATE,
    KF__EXPR_AND, /* of two or more, as is OR: a chain is one node */
    KF__EXPR_OR,
    KF__EXPR_EQUAL,
    KF__EXPR_NOT_EQUAL,
    KF__EXPR_LESS,
    KF__EXPR_LESS_EQUAL,
    KF__EXPR_GREATER,
    KF__EXPR_GREATER_EQUAL,
    KF__EXPR_IN,
    KF__EXPR_ADD,
    KF__EXPR_SUBTRACT,
    KF__EXPR_MULTIPLY,
    KF__EXPR_DIVIDE,
    KF__EXPR_REMAINDER,
    KF__EXPR_CHOOSE /* a ? b : c */
} kf_expr_op;

typedef enum kf_expr_function {
    KF__EXPR_INT,
    KF__EXPR_DOUBLE,
    KF__EXPR_STRING,
    KF__EXPR_BOOL,
    KF__EXPR_SIZE,
    KF__EXPR_PARSE_JSON
} kf_expr_function;

typedef enum kf_expr_bound {
    KF__EXPR_STRING_VALUE,
    KF__EXPR_NUMBER_VALUE,
    KF__EXPR_BOOL_VALUE,
    KF__EXPR_LIST_VALUE,
    KF__EXPR_STRUCT_VALUE
} kf_expr_bound;

/* A value while it is computed. */
typedef struct kf_cel {
    kf_kind kind;
    bool boolean;
    bool exact;      /* A double whose value is exactly `integer`. */
    int64_t integer; /* Of an integer, and of an exact double. */
    double number;
    const char *text;
    size_t length;
    const kf_value *value; /* A list or a struct. */
} kf_cel;

/* What is known of a type before it is computed: a kf_kind, or this. */
#define KF__EXPR_DYNAMIC (-1)

typedef struct kf_expr_node {
    kf_expr_op op;
    int type;
    int height;
    const char *place; /* In the text. */
    kf_expr_function function;
    kf_expr_bound bound;
    kf_cel constant;
    struct kf_expr_node *first; /* Operands. */
    struct kf_expr_node *next;  /* Next operand of the parent. */
} kf_expr_node;

struct kf_expr {
    kf_arena arena;
    const char *text; /* A copy: error places are counted in it. */
    size_t length;
    kf_expr_node *root;
    kf_map inputs; /* Names of the parameters read, to nothing. */
};

/* Line and column of a place in the text, from 1. */
void kf__expr_locate(const char *text, const char *place, int *line, int *column);

#endif
