/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expr_eval.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

kf_status kf__eval_fault(kf_evaluation *self, const kf_expr_node *node,
    kf_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(self->message, sizeof self->message, format, arguments);
    va_end(arguments);
    self->place = node->place;
    return status;
}

static kf_status eval(kf_evaluation *self, const kf_expr_node *node, kf_cel *out);

/* Both operands; if they are parameters whose types do not fit, say what they are. */
static kf_status no_overload(kf_evaluation *self, const kf_expr_node *node,
    const char *symbol, const kf_cel *left, const kf_cel *right)
{
    return kf__eval_fault(self, node, KF_ETYPE, "'%s' does not take %s and %s", symbol,
        kf__expr_type_name((int)left->kind), kf__expr_type_name((int)right->kind));
}

static bool is_number(const kf_cel *cel)
{
    return cel->kind == KF_KIND_INT || cel->kind == KF_KIND_DOUBLE;
}

static bool is_integral(const kf_cel *cel)
{
    return cel->kind == KF_KIND_INT || cel->exact;
}

/* An integer and a double, compared by value without rounding the integer. */
static int compare_mixed(int64_t integer, double number)
{
    if (number >= 9223372036854775808.0)
        return -1;
    if (number < -9223372036854775808.0)
        return 1;
    int64_t whole = (int64_t)number;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = number - (double)whole;
    return rest > 0 ? -1 : rest < 0;
}

static int compare_numbers(const kf_cel *left, const kf_cel *right)
{
    if (is_integral(left) && is_integral(right))
        return left->integer < right->integer ? -1 : left->integer > right->integer;
    if (is_integral(left))
        return compare_mixed(left->integer, right->number);
    if (is_integral(right))
        return -compare_mixed(right->integer, left->number);
    return left->number < right->number ? -1 : left->number > right->number;
}

static bool is_nan(const kf_cel *cel)
{
    return cel->kind == KF_KIND_DOUBLE && isnan(cel->number);
}

static int compare_text(const kf_cel *left, const kf_cel *right)
{
    size_t common = left->length < right->length ? left->length : right->length;
    int order = common == 0 ? 0 : memcmp(left->text, right->text, common);
    if (order != 0)
        return order;
    return left->length < right->length ? -1 : left->length > right->length;
}

static bool equal(const kf_cel *left, const kf_cel *right)
{
    if (is_number(left) && is_number(right))
        return !is_nan(left) && !is_nan(right) && compare_numbers(left, right) == 0;
    if (left->kind != right->kind)
        return false;
    switch (left->kind) {
    case KF_KIND_BOOL:
        return left->boolean == right->boolean;
    case KF_KIND_STRING:
        return compare_text(left, right) == 0;
    case KF_KIND_NULL:
        return true;
    default:
        return kf_value_equal(left->value, right->value);
    }
}

static kf_status eval_order(kf_evaluation *self, const kf_expr_node *node,
    const kf_cel *left, const kf_cel *right, bool *out)
{
    static const char *const symbols[] = {"<", "<=", ">", ">="};
    int order;
    if (is_number(left) && is_number(right)) {
        if (is_nan(left) || is_nan(right)) {
            *out = false;
            return KF_OK;
        }
        order = compare_numbers(left, right);
    } else if (left->kind == KF_KIND_STRING && right->kind == KF_KIND_STRING) {
        order = compare_text(left, right);
    } else if (left->kind == KF_KIND_BOOL && right->kind == KF_KIND_BOOL) {
        order = (int)left->boolean - (int)right->boolean;
    } else {
        return no_overload(self, node, symbols[node->op - KF__EXPR_LESS], left, right);
    }
    switch (node->op) {
    case KF__EXPR_LESS:
        *out = order < 0;
        break;
    case KF__EXPR_LESS_EQUAL:
        *out = order <= 0;
        break;
    case KF__EXPR_GREATER:
        *out = order > 0;
        break;
    default:
        *out = order >= 0;
        break;
    }
    return KF_OK;
}

static kf_status eval_in(kf_evaluation *self, const kf_expr_node *node,
    const kf_cel *left, const kf_cel *right, bool *out)
{
    if (right->kind == KF_KIND_STRUCT && left->kind == KF_KIND_STRING) {
        *out = kf__eval_member(right->value, left->text, left->length) != NULL;
        return KF_OK;
    }
    if (right->kind != KF_KIND_LIST)
        return no_overload(self, node, "in", left, right);
    *out = false;
    for (size_t i = 0; i < kf_value_length(right->value) && !*out; i++) {
        kf_cel item = kf__cel_of(kf_value_at(right->value, i));
        *out = equal(left, &item);
    }
    return KF_OK;
}

static kf_status eval_int(
    kf_evaluation *self, const kf_expr_node *node, int64_t a, int64_t b, int64_t *out)
{
    bool overflow = false;
    switch (node->op) {
    case KF__EXPR_ADD:
        overflow = __builtin_add_overflow(a, b, out);
        break;
    case KF__EXPR_SUBTRACT:
        overflow = __builtin_sub_overflow(a, b, out);
        break;
    case KF__EXPR_MULTIPLY:
        overflow = __builtin_mul_overflow(a, b, out);
        break;
    default:
        if (b == 0)
            return kf__eval_fault(self, node, KF_ETYPE, "division by zero");
        overflow = a == INT64_MIN && b == -1;
        if (!overflow)
            *out = node->op == KF__EXPR_DIVIDE ? a / b : a % b;
        break;
    }
    if (overflow)
        return kf__eval_fault(self, node, KF_ETYPE, "the result does not fit 64 bits");
    return KF_OK;
}

static double compute_double(kf_expr_op op, double a, double b)
{
    switch (op) {
    case KF__EXPR_ADD:
        return a + b;
    case KF__EXPR_SUBTRACT:
        return a - b;
    case KF__EXPR_MULTIPLY:
        return a * b;
    default:
        return a / b;
    }
}

static kf_status join_text(
    kf_evaluation *self, const kf_cel *left, const kf_cel *right, kf_cel *out)
{
    char *text = kf__arena_alloc(&self->tree->arena, left->length + right->length + 1);
    if (text == NULL)
        return KF_ENOMEM;
    if (left->length > 0)
        memcpy(text, left->text, left->length);
    if (right->length > 0)
        memcpy(text + left->length, right->text, right->length);
    *out = (kf_cel){
        .kind = KF_KIND_STRING, .text = text, .length = left->length + right->length};
    return KF_OK;
}

static kf_status join_lists(
    kf_evaluation *self, const kf_cel *left, const kf_cel *right, kf_cel *out)
{
    kf_value *list = kf__tree_list(self->tree);
    const kf_value *const parts[] = {left->value, right->value};
    for (size_t part = 0; part < 2; part++) {
        for (size_t i = 0; i < kf_value_length(parts[part]); i++)
            kf__push(self->tree, list,
                kf__tree_copy(self->tree, kf_value_at(parts[part], i)));
    }
    *out = (kf_cel){.kind = KF_KIND_LIST, .value = list};
    return kf__tree_status(self->tree);
}

static kf_status eval_arithmetic(kf_evaluation *self, const kf_expr_node *node,
    const kf_cel *left, const kf_cel *right, kf_cel *out)
{
    static const char *const symbols[] = {"+", "-", "*", "/", "%"};
    if (left->kind == KF_KIND_INT && right->kind == KF_KIND_INT) {
        out->kind = KF_KIND_INT;
        return eval_int(self, node, left->integer, right->integer, &out->integer);
    }
    if (left->kind == KF_KIND_DOUBLE && right->kind == KF_KIND_DOUBLE &&
        node->op != KF__EXPR_REMAINDER) {
        out->kind = KF_KIND_DOUBLE;
        out->number = compute_double(node->op, left->number, right->number);
        return KF_OK;
    }
    if (node->op == KF__EXPR_ADD && left->kind == right->kind) {
        if (left->kind == KF_KIND_STRING)
            return join_text(self, left, right, out);
        if (left->kind == KF_KIND_LIST)
            return join_lists(self, left, right, out);
    }
    if (is_number(left) && is_number(right) && left->kind != right->kind)
        return kf__eval_fault(self, node, KF_ETYPE,
            "'%s' does not take %s and %s (a parameter is a double: write int(…) "
            "around it, or 2.0 for 2)",
            symbols[node->op - KF__EXPR_ADD], kf__expr_type_name((int)left->kind),
            kf__expr_type_name((int)right->kind));
    return no_overload(self, node, symbols[node->op - KF__EXPR_ADD], left, right);
}

static kf_status eval_binary(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    kf_cel left;
    kf_cel right;
    KF__TRY(eval(self, node->first, &left));
    KF__TRY(eval(self, node->first->next, &right));
    if (node->op >= KF__EXPR_ADD)
        return eval_arithmetic(self, node, &left, &right, out);
    out->kind = KF_KIND_BOOL;
    switch (node->op) {
    case KF__EXPR_EQUAL:
    case KF__EXPR_NOT_EQUAL:
        out->boolean = equal(&left, &right) == (node->op == KF__EXPR_EQUAL);
        return KF_OK;
    case KF__EXPR_IN:
        return eval_in(self, node, &left, &right, &out->boolean);
    default:
        return eval_order(self, node, &left, &right, &out->boolean);
    }
}

/* CEL: an operand that decides the result makes up for errors in the others, on either
 * side. */
static kf_status eval_chain(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    bool decisive = node->op == KF__EXPR_OR;
    kf_status failed = KF_OK;
    char message[sizeof self->message];
    const char *place = NULL;
    *out = (kf_cel){.kind = KF_KIND_BOOL, .boolean = decisive};
    for (const kf_expr_node *child = node->first; child != NULL; child = child->next) {
        kf_cel operand;
        kf_status status = eval(self, child, &operand);
        if (status == KF_ENOMEM)
            return status;
        if (status == KF_OK && operand.kind != KF_KIND_BOOL)
            status = kf__eval_fault(self, child, KF_ETYPE, "'%s' does not take %s",
                decisive ? "||" : "&&", kf__expr_type_name((int)operand.kind));
        if (status == KF_OK && operand.boolean == decisive)
            return KF_OK;
        if (status != KF_OK && failed == KF_OK) {
            failed = status;
            place = self->place;
            memcpy(message, self->message, sizeof message);
        }
    }
    out->boolean = !decisive;
    if (failed != KF_OK) {
        self->place = place;
        memcpy(self->message, message, sizeof message);
    }
    return failed;
}

static kf_status eval_choice(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    kf_cel condition;
    KF__TRY(eval(self, node->first, &condition));
    if (condition.kind != KF_KIND_BOOL)
        return kf__eval_fault(self, node, KF_ETYPE, "'?:' does not take %s",
            kf__expr_type_name((int)condition.kind));
    const kf_expr_node *chosen = node->first->next;
    return eval(self, condition.boolean ? chosen : chosen->next, out);
}

static kf_status eval_unary(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    kf_cel operand;
    KF__TRY(eval(self, node->first, &operand));
    *out = operand;
    if (node->op == KF__EXPR_NOT && operand.kind == KF_KIND_BOOL) {
        out->boolean = !operand.boolean;
        return KF_OK;
    }
    if (node->op == KF__EXPR_NEGATE && operand.kind == KF_KIND_DOUBLE) {
        out->number = -operand.number;
        out->exact = false;
        return KF_OK;
    }
    if (node->op == KF__EXPR_NEGATE && operand.kind == KF_KIND_INT) {
        if (__builtin_sub_overflow((int64_t)0, operand.integer, &out->integer))
            return kf__eval_fault(
                self, node, KF_ETYPE, "the result does not fit 64 bits");
        return KF_OK;
    }
    return kf__eval_fault(self, node, KF_ETYPE, "'%s' does not take %s",
        node->op == KF__EXPR_NOT ? "!" : "-", kf__expr_type_name((int)operand.kind));
}

static kf_status eval_list(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    kf_value *list = kf__tree_list(self->tree);
    for (const kf_expr_node *child = node->first; child != NULL; child = child->next) {
        kf_cel item;
        kf_value *value;
        KF__TRY(eval(self, child, &item));
        KF__TRY(kf__eval_value(self, child, &item, &value));
        kf__push(self->tree, list, value);
    }
    *out = (kf_cel){.kind = KF_KIND_LIST, .value = list};
    return kf__tree_status(self->tree);
}

static kf_status eval(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    *out = (kf_cel){.kind = KF_KIND_NULL};
    switch (node->op) {
    case KF__EXPR_CONSTANT:
        *out = node->constant;
        return KF_OK;
    case KF__EXPR_PARAMETERS:
    case KF__EXPR_BOUND:
        return kf__eval_name(self, node, out);
    case KF__EXPR_LIST:
        return eval_list(self, node, out);
    case KF__EXPR_INDEX:
    case KF__EXPR_HAS:
        return kf__eval_index(self, node, eval, out);
    case KF__EXPR_CALL:
        return kf__eval_call(self, node, eval, out);
    case KF__EXPR_NOT:
    case KF__EXPR_NEGATE:
        return eval_unary(self, node, out);
    case KF__EXPR_AND:
    case KF__EXPR_OR:
        return eval_chain(self, node, out);
    case KF__EXPR_CHOOSE:
        return eval_choice(self, node, out);
    default:
        return eval_binary(self, node, out);
    }
}

static kf_status run(const kf_expr *expr, kf_evaluation *self, kf_value **out)
{
    kf_cel result = {.kind = KF_KIND_NULL};
    kf_value *value = NULL;
    kf_status status = eval(self, expr->root, &result);
    if (status == KF_OK)
        status = kf__eval_value(self, expr->root, &result, &value);
    if (status == KF_OK)
        status = kf__tree_status(self->tree);
    if (status == KF_OK) {
        *out = value;
        return KF_OK;
    }
    if (status == KF_ENOMEM)
        return kf__nomem();
    int line;
    int column;
    kf__expr_locate(expr->text, self->place, &line, &column);
    return kf__fail_at(status, NULL, line, column, "%s", self->message);
}

kf_status kf__expr_eval(
    const kf_expr *expr, const kf_value *inputs, kf_tree *tree, kf_value **out)
{
    kf_evaluation self = {.inputs = inputs, .tree = tree};
    return run(expr, &self, out);
}

kf_status kf__expr_select(
    const kf_expr *expr, const kf_value *value, kf_tree *tree, kf_value **out)
{
    kf_evaluation self = {.bound = value, .tree = tree};
    return run(expr, &self, out);
}

kf_status kf__expr_condition(const kf_expr *expr, const kf_value *inputs, bool *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *result;
    kf_status status = kf__expr_eval(expr, inputs, &tree, &result);
    if (status == KF_OK && kf_value_kind(result) != KF_KIND_BOOL)
        status =
            kf__fail(KF_ETYPE, NULL, "the condition comes to %s, not to true or false",
                kf__expr_type_name((int)kf_value_kind(result)));
    if (status == KF_OK)
        *out = kf_value_bool(result);
    kf__tree_finish(&tree);
    return status;
}
