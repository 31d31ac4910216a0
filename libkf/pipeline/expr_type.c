/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expr_type.h"

#include <string.h>

#include "base/error.h"

const char *kf__expr_type_name(int type)
{
    static const char *const names[] = {"null", "a boolean", "an integer", "a double",
        "a string", "a list", "a struct"};
    return type == KF__EXPR_DYNAMIC ? "anything" : names[type];
}

static bool is_dynamic(int type)
{
    return type == KF__EXPR_DYNAMIC;
}

static bool is_number(int type)
{
    return type == KF_KIND_INT || type == KF_KIND_DOUBLE;
}

static bool can_be(int type, kf_kind kind)
{
    return is_dynamic(type) || type == (int)kind;
}

static const char *symbol_of(kf_expr_op op)
{
    static const char *const symbols[] = {
        [KF__EXPR_NOT] = "!",
        [KF__EXPR_NEGATE] = "-",
        [KF__EXPR_AND] = "&&",
        [KF__EXPR_OR] = "||",
        [KF__EXPR_EQUAL] = "==",
        [KF__EXPR_NOT_EQUAL] = "!=",
        [KF__EXPR_LESS] = "<",
        [KF__EXPR_LESS_EQUAL] = "<=",
        [KF__EXPR_GREATER] = ">",
        [KF__EXPR_GREATER_EQUAL] = ">=",
        [KF__EXPR_IN] = "in",
        [KF__EXPR_ADD] = "+",
        [KF__EXPR_SUBTRACT] = "-",
        [KF__EXPR_MULTIPLY] = "*",
        [KF__EXPR_DIVIDE] = "/",
        [KF__EXPR_REMAINDER] = "%",
        [KF__EXPR_CHOOSE] = "?:",
    };
    return symbols[op];
}

static kf_status refuse(const kf_lexer *lexer, const kf_expr_node *node)
{
    const kf_expr_node *left = node->first;
    const kf_expr_node *right = left->next;
    if (right == NULL || node->op == KF__EXPR_CHOOSE)
        return kf__lexer_fail(lexer, KF_ETYPE, node->place, "'%s' does not take %s",
            symbol_of(node->op), kf__expr_type_name(left->type));
    return kf__lexer_fail(lexer, KF_ETYPE, node->place, "'%s' does not take %s and %s",
        symbol_of(node->op), kf__expr_type_name(left->type),
        kf__expr_type_name(right->type));
}

static bool are_equatable(int left, int right)
{
    return is_dynamic(left) || is_dynamic(right) || left == right ||
           (is_number(left) && is_number(right)) || left == KF_KIND_NULL ||
           right == KF_KIND_NULL;
}

static bool is_ordered(int type)
{
    return is_dynamic(type) || is_number(type) || type == KF_KIND_STRING ||
           type == KF_KIND_BOOL;
}

static bool can_compute(kf_expr_op op, int type)
{
    switch (op) {
    case KF__EXPR_ADD:
        return is_dynamic(type) || is_number(type) || type == KF_KIND_STRING ||
               type == KF_KIND_LIST;
    case KF__EXPR_REMAINDER:
        return can_be(type, KF_KIND_INT);
    default:
        return is_dynamic(type) || is_number(type);
    }
}

static kf_status infer_binary(const kf_lexer *lexer, kf_expr_node *node)
{
    int left = node->first->type;
    int right = node->first->next->type;
    bool same = is_dynamic(left) || is_dynamic(right) || left == right;
    bool fine;
    node->type = KF_KIND_BOOL;
    switch (node->op) {
    case KF__EXPR_EQUAL:
    case KF__EXPR_NOT_EQUAL:
        fine = are_equatable(left, right);
        break;
    case KF__EXPR_LESS:
    case KF__EXPR_LESS_EQUAL:
    case KF__EXPR_GREATER:
    case KF__EXPR_GREATER_EQUAL:
        fine = is_ordered(left) && is_ordered(right) &&
               (same || (is_number(left) && is_number(right)));
        break;
    case KF__EXPR_IN:
        fine = can_be(right, KF_KIND_LIST) ||
               (right == KF_KIND_STRUCT && can_be(left, KF_KIND_STRING));
        break;
    default:
        fine = same && can_compute(node->op, left) && can_compute(node->op, right);
        node->type = is_dynamic(left) ? right : left;
        break;
    }
    return fine ? KF_OK : refuse(lexer, node);
}

static kf_status infer_index(const kf_lexer *lexer, kf_expr_node *node)
{
    int base = node->first->type;
    int key = node->first->next->type;
    bool list = can_be(base, KF_KIND_LIST) && (is_dynamic(key) || is_number(key));
    bool map = can_be(base, KF_KIND_STRUCT) && can_be(key, KF_KIND_STRING);
    if (list || map)
        return KF_OK;
    return kf__lexer_fail(lexer, KF_ETYPE, node->place, "%s has no member named by %s",
        kf__expr_type_name(base), kf__expr_type_name(key));
}

static const struct {
    const char *name;
    int result;
    unsigned takes; /* A bit per kind. */
} functions[] = {
    [KF__EXPR_INT] = {"int", KF_KIND_INT,
        1U << KF_KIND_INT | 1U << KF_KIND_DOUBLE | 1U << KF_KIND_STRING},
    [KF__EXPR_DOUBLE] = {"double", KF_KIND_DOUBLE,
        1U << KF_KIND_INT | 1U << KF_KIND_DOUBLE | 1U << KF_KIND_STRING},
    [KF__EXPR_STRING] = {"string", KF_KIND_STRING,
        1U << KF_KIND_INT | 1U << KF_KIND_DOUBLE | 1U << KF_KIND_STRING |
            1U << KF_KIND_BOOL},
    [KF__EXPR_BOOL] = {"bool", KF_KIND_BOOL, 1U << KF_KIND_BOOL | 1U << KF_KIND_STRING},
    [KF__EXPR_SIZE] = {"size", KF_KIND_INT,
        1U << KF_KIND_STRING | 1U << KF_KIND_LIST | 1U << KF_KIND_STRUCT},
    [KF__EXPR_PARSE_JSON] = {"parseJson", KF__EXPR_DYNAMIC, 1U << KF_KIND_STRING},
};

bool kf__expr_takes(kf_expr_function function, int type)
{
    return is_dynamic(type) || (functions[function].takes >> type & 1U) != 0;
}

const char *kf__expr_function_name(kf_expr_function function)
{
    return functions[function].name;
}

bool kf__expr_find_function(const char *name, kf_expr_function *out)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            *out = (kf_expr_function)i;
            return true;
        }
    }
    return false;
}

static kf_status infer_call(const kf_lexer *lexer, kf_expr_node *node)
{
    int given = node->first->type;
    node->type = functions[node->function].result;
    if (kf__expr_takes(node->function, given))
        return KF_OK;
    return kf__lexer_fail(lexer, KF_ETYPE, node->place, "%s() does not take %s",
        functions[node->function].name, kf__expr_type_name(given));
}

kf_status kf__expr_infer(const kf_lexer *lexer, kf_expr_node *node)
{
    const kf_expr_node *first = node->first;
    switch (node->op) {
    case KF__EXPR_LIST:
        node->type = KF_KIND_LIST;
        return KF_OK;
    case KF__EXPR_INDEX:
        return infer_index(lexer, node);
    case KF__EXPR_CALL:
        return infer_call(lexer, node);
    case KF__EXPR_HAS:
        node->type = KF_KIND_BOOL;
        return KF_OK;
    case KF__EXPR_NOT:
        node->type = KF_KIND_BOOL;
        return can_be(first->type, KF_KIND_BOOL) ? KF_OK : refuse(lexer, node);
    case KF__EXPR_NEGATE:
        node->type = first->type;
        return is_dynamic(first->type) || is_number(first->type) ? KF_OK
                                                                 : refuse(lexer, node);
    case KF__EXPR_AND:
    case KF__EXPR_OR:
        node->type = KF_KIND_BOOL;
        for (const kf_expr_node *operand = first; operand != NULL;
             operand = operand->next) {
            if (!can_be(operand->type, KF_KIND_BOOL))
                return refuse(lexer, node);
        }
        return KF_OK;
    case KF__EXPR_CHOOSE:
        node->type = first->next->type == first->next->next->type ? first->next->type
                                                                  : KF__EXPR_DYNAMIC;
        return can_be(first->type, KF_KIND_BOOL) ? KF_OK : refuse(lexer, node);
    default:
        return infer_binary(lexer, node);
    }
}
