/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expr.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/expr_lex.h"
#include "pipeline/expr_node.h"
#include "pipeline/expr_type.h"

typedef struct parser {
    kf_expr *expr;
    kf_lexer lexer;
    kf_token token;
    int depth;
} parser;

static kf_status parse_expression(parser *self, kf_expr_node **out);

static kf_status advance(parser *self)
{
    return kf__lexer_next(&self->lexer, &self->token);
}

static bool at_symbol(const parser *self, const char *symbol)
{
    return self->token.kind == KF__TOKEN_SYMBOL &&
           strcmp(self->token.symbol, symbol) == 0;
}

static bool at_name(const parser *self, const char *name)
{
    return self->token.kind == KF__TOKEN_NAME && strcmp(self->token.text, name) == 0;
}

static kf_status unexpected(const parser *self, const char *expected)
{
    if (self->token.kind == KF__TOKEN_END)
        return kf__lexer_fail(&self->lexer, KF_EPARSE, self->token.start,
            "%s expected, but the expression ends", expected);
    int size = self->token.size > 40 ? 40 : (int)self->token.size;
    /* KFP writes 'inputs.parameter_values['x']' where it compares a string with another
     * type. */
    bool quoted = self->token.kind == KF__TOKEN_NAME &&
                  self->token.start > self->lexer.begin &&
                  self->token.start[-1] == '\'';
    return kf__lexer_fail(&self->lexer, KF_EPARSE, self->token.start,
        "%s expected%s, not %.*s", expected,
        quoted ? " (does a quote in a string need a \\ before it?)" : "", size,
        self->token.start);
}

static kf_status expect(parser *self, const char *symbol)
{
    char expected[8] = {'\'', symbol[0], '\'', '\0'};
    if (!at_symbol(self, symbol))
        return unexpected(self, expected);
    return advance(self);
}

static kf_status new_node(
    parser *self, kf_expr_op op, const char *place, kf_expr_node **out)
{
    kf_expr_node *node = kf__arena_alloc(&self->expr->arena, sizeof *node);
    if (node == NULL)
        return KF_ENOMEM;
    node->op = op;
    node->type = KF__EXPR_DYNAMIC;
    node->place = place;
    *out = node;
    return KF_OK;
}

/* The last step of making a node: operands are in place. */
static kf_status finish_node(parser *self, kf_expr_node *node)
{
    for (const kf_expr_node *child = node->first; child != NULL; child = child->next) {
        if (child->height >= node->height)
            node->height = child->height + 1;
    }
    if (node->height > KF__LIMIT_EXPRESSION_DEPTH)
        return kf__lexer_fail(&self->lexer, KF_ELIMIT, node->place,
            "nested deeper than the limit of %d", KF__LIMIT_EXPRESSION_DEPTH);
    return kf__expr_infer(&self->lexer, node);
}

static kf_status constant_node(parser *self, const kf_cel *constant, kf_expr_node **out)
{
    kf_expr_node *node;
    KF__TRY(new_node(self, KF__EXPR_CONSTANT, self->token.start, &node));
    node->constant = *constant;
    node->type = (int)constant->kind;
    *out = node;
    return advance(self);
}

static kf_status parse_int(parser *self, bool negative, kf_expr_node **out)
{
    uint64_t magnitude = self->token.integer;
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    if (magnitude > limit)
        return kf__lexer_fail(
            &self->lexer, KF_EPARSE, self->token.start, "the number is too large");
    int64_t value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return constant_node(self, &(kf_cel){.kind = KF_KIND_INT, .integer = value}, out);
}

/* Comma-separated operands up to `close`, which is passed. */
static kf_status parse_operands(parser *self, const char *close, kf_expr_node *node)
{
    kf_expr_node **tail = &node->first;
    while (!at_symbol(self, close)) {
        KF__TRY(parse_expression(self, tail));
        tail = &(*tail)->next;
        if (!at_symbol(self, ","))
            break;
        KF__TRY(advance(self));
    }
    return expect(self, close);
}

static const char *const bound_names[] = {
    "string_value", "number_value", "bool_value", "list_value", "struct_value"};

static int find_bound(const char *name)
{
    for (size_t i = 0; i < sizeof bound_names / sizeof *bound_names; i++) {
        if (strcmp(bound_names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static kf_status parse_has(parser *self, kf_expr_node *node, kf_expr_node **out)
{
    node->op = KF__EXPR_HAS;
    KF__TRY(parse_operands(self, ")", node));
    if (node->first == NULL || node->first->next != NULL ||
        node->first->op != KF__EXPR_INDEX)
        return kf__lexer_fail(&self->lexer, KF_EPARSE, node->place,
            "has() takes one member, such as has(inputs.parameter_values.x)");
    *out = node;
    return finish_node(self, node);
}

static kf_status parse_call(parser *self, const kf_token *name, kf_expr_node **out)
{
    kf_expr_node *node;
    KF__TRY(new_node(self, KF__EXPR_CALL, name->start, &node));
    KF__TRY(advance(self));
    if (strcmp(name->text, "has") == 0)
        return parse_has(self, node, out);
    if (!kf__expr_find_function(name->text, &node->function))
        return kf__lexer_fail(&self->lexer, KF_EPARSE, name->start,
            "unknown function '%.60s'; there are int, double, string, bool, size, has "
            "and parseJson",
            name->text);
    KF__TRY(parse_operands(self, ")", node));
    if (node->first == NULL || node->first->next != NULL)
        return kf__lexer_fail(&self->lexer, KF_EPARSE, name->start,
            "%s() takes one argument", name->text);
    *out = node;
    return finish_node(self, node);
}

/* `inputs`, which has the one member parameter_values. */
static kf_status parse_inputs(parser *self, const kf_token *name, kf_expr_node **out)
{
    bool found = false;
    if (at_symbol(self, ".")) {
        KF__TRY(advance(self));
        found = at_name(self, "parameter_values");
        if (found)
            KF__TRY(advance(self));
    } else if (at_symbol(self, "[")) {
        KF__TRY(advance(self));
        found = self->token.kind == KF__TOKEN_STRING &&
                strcmp(self->token.text, "parameter_values") == 0;
        if (found) {
            KF__TRY(advance(self));
            KF__TRY(expect(self, "]"));
        }
    }
    if (!found)
        return kf__lexer_fail(&self->lexer, KF_EPARSE, name->start,
            "inputs must be followed by .parameter_values");
    KF__TRY(new_node(self, KF__EXPR_PARAMETERS, name->start, out));
    (*out)->type = KF_KIND_STRUCT;
    return KF_OK;
}

static kf_status parse_name(parser *self, kf_expr_node **out)
{
    if (at_name(self, "true") || at_name(self, "false"))
        return constant_node(self,
            &(kf_cel){.kind = KF_KIND_BOOL, .boolean = at_name(self, "true")}, out);
    if (at_name(self, "null"))
        return constant_node(self, &(kf_cel){.kind = KF_KIND_NULL}, out);
    kf_token name = self->token;
    KF__TRY(advance(self));
    if (at_symbol(self, "("))
        return parse_call(self, &name, out);
    if (strcmp(name.text, "inputs") == 0)
        return parse_inputs(self, &name, out);
    int bound = find_bound(name.text);
    if (bound < 0)
        return kf__lexer_fail(&self->lexer, KF_EPARSE, name.start,
            "unknown name '%.60s'; parameters are read as "
            "inputs.parameter_values['name']",
            name.text);
    static const kf_kind kinds[] = {
        KF_KIND_STRING, KF_KIND_DOUBLE, KF_KIND_BOOL, KF_KIND_LIST, KF_KIND_STRUCT};
    KF__TRY(new_node(self, KF__EXPR_BOUND, name.start, out));
    (*out)->bound = (kf_expr_bound)bound;
    (*out)->type = (int)kinds[bound];
    return KF_OK;
}

static kf_status parse_primary(parser *self, kf_expr_node **out)
{
    const kf_token *token = &self->token;
    switch (token->kind) {
    case KF__TOKEN_INT:
        return parse_int(self, false, out);
    case KF__TOKEN_DOUBLE:
        return constant_node(
            self, &(kf_cel){.kind = KF_KIND_DOUBLE, .number = token->number}, out);
    case KF__TOKEN_STRING:
        return constant_node(self,
            &(kf_cel){
                .kind = KF_KIND_STRING, .text = token->text, .length = token->length},
            out);
    case KF__TOKEN_NAME:
        return parse_name(self, out);
    default:
        break;
    }
    if (at_symbol(self, "(")) {
        KF__TRY(advance(self));
        KF__TRY(parse_expression(self, out));
        return expect(self, ")");
    }
    if (at_symbol(self, "[")) {
        KF__TRY(new_node(self, KF__EXPR_LIST, token->start, out));
        KF__TRY(advance(self));
        KF__TRY(parse_operands(self, "]", *out));
        return finish_node(self, *out);
    }
    return unexpected(self, "a value");
}

static kf_status note_input(parser *self, const kf_expr_node *index)
{
    const kf_expr_node *key = index->first->next;
    if (index->first->op != KF__EXPR_PARAMETERS || key->op != KF__EXPR_CONSTANT ||
        key->constant.kind != KF_KIND_STRING)
        return KF_OK;
    return kf__map_set(&self->expr->inputs, key->constant.text, NULL);
}

static kf_status parse_postfix(parser *self, kf_expr_node **out)
{
    KF__TRY(parse_primary(self, out));
    while (at_symbol(self, ".") || at_symbol(self, "[")) {
        kf_expr_node *node;
        KF__TRY(new_node(self, KF__EXPR_INDEX, self->token.start, &node));
        node->first = *out;
        bool dot = at_symbol(self, ".");
        KF__TRY(advance(self));
        if (dot) {
            if (self->token.kind != KF__TOKEN_NAME)
                return unexpected(self, "a name");
            KF__TRY(constant_node(self,
                &(kf_cel){.kind = KF_KIND_STRING,
                    .text = self->token.text,
                    .length = self->token.length},
                &node->first->next));
        } else {
            KF__TRY(parse_expression(self, &node->first->next));
            KF__TRY(expect(self, "]"));
        }
        KF__TRY(finish_node(self, node));
        KF__TRY(note_input(self, node));
        *out = node;
    }
    return KF_OK;
}

static kf_status parse_unary(parser *self, kf_expr_node **out)
{
    bool negate = at_symbol(self, "-");
    if (!negate && !at_symbol(self, "!"))
        return parse_postfix(self, out);
    if (++self->depth > KF__LIMIT_EXPRESSION_DEPTH)
        return kf__lexer_fail(&self->lexer, KF_ELIMIT, self->token.start,
            "nested deeper than the limit of %d", KF__LIMIT_EXPRESSION_DEPTH);
    kf_expr_node *node;
    KF__TRY(new_node(
        self, negate ? KF__EXPR_NEGATE : KF__EXPR_NOT, self->token.start, &node));
    KF__TRY(advance(self));
    if (negate && self->token.kind == KF__TOKEN_INT) {
        self->depth--;
        return parse_int(self, true, out);
    }
    KF__TRY(parse_unary(self, &node->first));
    self->depth--;
    *out = node;
    return finish_node(self, node);
}

typedef struct operation {
    const char *symbol;
    int strength;
    kf_expr_op op;
} operation;

static const operation operations[] = {
    {"==", 1, KF__EXPR_EQUAL},
    {"!=", 1, KF__EXPR_NOT_EQUAL},
    {"<", 1, KF__EXPR_LESS},
    {"<=", 1, KF__EXPR_LESS_EQUAL},
    {">", 1, KF__EXPR_GREATER},
    {">=", 1, KF__EXPR_GREATER_EQUAL},
    {"in", 1, KF__EXPR_IN},
    {"+", 2, KF__EXPR_ADD},
    {"-", 2, KF__EXPR_SUBTRACT},
    {"*", 3, KF__EXPR_MULTIPLY},
    {"/", 3, KF__EXPR_DIVIDE},
    {"%", 3, KF__EXPR_REMAINDER},
};

static const operation *find_operation(const parser *self, int least)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const operation *found = &operations[i];
        if (found->strength >= least &&
            (found->op == KF__EXPR_IN ? at_name(self, "in")
                                      : at_symbol(self, found->symbol)))
            return found;
    }
    return NULL;
}

static kf_status parse_binary(parser *self, int least, kf_expr_node **out)
{
    KF__TRY(parse_unary(self, out));
    for (const operation *found; (found = find_operation(self, least)) != NULL;) {
        kf_expr_node *node;
        KF__TRY(new_node(self, found->op, self->token.start, &node));
        KF__TRY(advance(self));
        node->first = *out;
        KF__TRY(parse_binary(self, found->strength + 1, &node->first->next));
        KF__TRY(finish_node(self, node));
        *out = node;
    }
    return KF_OK;
}

/* A chain of && or ||. Conditions of many branches are long chains: one node, no
 * nesting. */
static kf_status parse_chain(parser *self, kf_expr_op op, kf_expr_node **out)
{
    const char *symbol = op == KF__EXPR_OR ? "||" : "&&";
    kf_expr_node *node = NULL;
    kf_expr_node **tail = out;
    for (;;) {
        if (op == KF__EXPR_OR)
            KF__TRY(parse_chain(self, KF__EXPR_AND, tail));
        else
            KF__TRY(parse_binary(self, 1, tail));
        if (!at_symbol(self, symbol))
            break;
        if (node == NULL) {
            KF__TRY(new_node(self, op, self->token.start, &node));
            node->first = *out;
            *out = node;
            tail = &node->first;
        }
        KF__TRY(advance(self));
        tail = &(*tail)->next;
    }
    return node == NULL ? KF_OK : finish_node(self, node);
}

static kf_status parse_choice(parser *self, kf_expr_node **out)
{
    KF__TRY(parse_chain(self, KF__EXPR_OR, out));
    if (!at_symbol(self, "?"))
        return KF_OK;
    kf_expr_node *node;
    KF__TRY(new_node(self, KF__EXPR_CHOOSE, self->token.start, &node));
    KF__TRY(advance(self));
    node->first = *out;
    KF__TRY(parse_chain(self, KF__EXPR_OR, &node->first->next));
    KF__TRY(expect(self, ":"));
    KF__TRY(parse_expression(self, &node->first->next->next));
    *out = node;
    return finish_node(self, node);
}

static kf_status parse_expression(parser *self, kf_expr_node **out)
{
    if (++self->depth > KF__LIMIT_EXPRESSION_DEPTH)
        return kf__lexer_fail(&self->lexer, KF_ELIMIT, self->token.start,
            "nested deeper than the limit of %d", KF__LIMIT_EXPRESSION_DEPTH);
    *out = NULL;
    KF__TRY(parse_choice(self, out));
    self->depth--;
    return KF_OK;
}

static kf_status parse_all(kf_expr *expr)
{
    parser self = {.expr = expr};
    self.lexer = (kf_lexer){.arena = &expr->arena,
        .begin = expr->text,
        .next = expr->text,
        .end = expr->text + expr->length};
    KF__TRY(advance(&self));
    KF__TRY(parse_expression(&self, &expr->root));
    if (self.token.kind != KF__TOKEN_END)
        return unexpected(&self, "an operator");
    return KF_OK;
}

kf_status kf__expr_parse(const char *text, size_t length, kf_expr **out)
{
    if (length > KF__LIMIT_STRING_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the expression is longer than the limit of %u bytes",
            KF__LIMIT_STRING_BYTES);
    if (!kf__utf8_valid(text, length, NULL))
        return kf__fail(KF_EPARSE, NULL, "the expression is not UTF-8 text");
    kf_expr *expr = kf__calloc(1, sizeof *expr);
    if (expr == NULL)
        return KF_ENOMEM;
    expr->text = kf__arena_strndup(&expr->arena, text, length);
    expr->length = length;
    kf_status status = expr->text == NULL ? KF_ENOMEM : parse_all(expr);
    if (status != KF_OK) {
        kf__expr_free(expr);
        return status;
    }
    *out = expr;
    return KF_OK;
}

void kf__expr_free(kf_expr *expr)
{
    if (expr == NULL)
        return;
    kf__map_finish(&expr->inputs);
    kf__arena_finish(&expr->arena);
    kf__free(expr);
}

const char *kf__expr_input(const kf_expr *expr, size_t index)
{
    return index < expr->inputs.count ? expr->inputs.entries[index].key : NULL;
}

bool kf__expr_is_condition(const kf_expr *expr)
{
    return expr->root->type == KF__EXPR_DYNAMIC || expr->root->type == KF_KIND_BOOL;
}
