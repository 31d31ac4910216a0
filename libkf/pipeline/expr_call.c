/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"
#include "pipeline/expr_eval.h"

kf_cel kf__cel_of(const kf_value *value)
{
    kf_cel cel = {.kind = kf_value_kind(value)};
    switch (cel.kind) {
    case KF_KIND_BOOL:
        cel.boolean = kf_value_bool(value);
        break;
    case KF_KIND_INT:
        cel.kind = KF_KIND_DOUBLE;
        cel.exact = true;
        cel.integer = kf_value_int(value);
        cel.number = kf_value_double(value);
        break;
    case KF_KIND_DOUBLE:
        cel.number = kf_value_double(value);
        break;
    case KF_KIND_STRING:
        cel.text = kf_value_string(value);
        cel.length = kf_value_length(value);
        break;
    default:
        cel.value = value;
        break;
    }
    return cel;
}

kf_status kf__eval_value(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *cel, kf_value **out)
{
    kf_tree *tree = self->tree;
    switch (cel->kind) {
    case KF_KIND_NULL:
        *out = kf__tree_null(tree);
        break;
    case KF_KIND_BOOL:
        *out = kf__tree_bool(tree, cel->boolean);
        break;
    case KF_KIND_INT:
        *out = kf__tree_int(tree, cel->integer);
        break;
    case KF_KIND_DOUBLE:
        if (!isfinite(cel->number))
            return kf__eval_fault(
                self, node, KF_ETYPE, "the result is no finite number");
        *out = cel->exact ? kf__tree_int(tree, cel->integer)
                          : kf__tree_double(tree, cel->number);
        break;
    case KF_KIND_STRING:
        *out = kf__tree_string_n(tree, cel->text, cel->length);
        break;
    default:
        *out = kf__tree_copy(tree, cel->value);
        break;
    }
    return kf__tree_status(tree);
}

const kf_value *kf__eval_member(const kf_value *object, const char *name, size_t length)
{
    return strlen(name) == length ? kf_value_get(object, name) : NULL;
}

static kf_status eval_bound(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    static const kf_kind kinds[] = {
        KF_KIND_STRING, KF_KIND_DOUBLE, KF_KIND_BOOL, KF_KIND_LIST, KF_KIND_STRUCT};
    if (self->bound == NULL)
        return kf__eval_fault(self, node, KF_EMISSING,
            "a condition has no value to select from; read "
            "inputs.parameter_values['name']");
    *out = kf__cel_of(self->bound);
    if (out->kind == kinds[node->bound])
        return KF_OK;
    if (node->bound != KF__EXPR_STRING_VALUE)
        return kf__eval_fault(self, node, KF_ETYPE, "the value is %s, not %s",
            kf__expr_type_name((int)out->kind),
            kf__expr_type_name((int)kinds[node->bound]));
    kf_buf json = KF__BUF_INIT;
    kf__put_json(&json, self->bound, KF_JSON_COMPACT);
    kf_status status = json.status;
    if (status == KF_OK) {
        char *text =
            kf__arena_strndup(&self->tree->arena, kf__buf_text(&json), json.length);
        *out = (kf_cel){.kind = KF_KIND_STRING, .text = text, .length = json.length};
        status = text == NULL ? KF_ENOMEM : KF_OK;
    }
    kf__buf_finish(&json);
    return status;
}

kf_status kf__eval_name(kf_evaluation *self, const kf_expr_node *node, kf_cel *out)
{
    if (node->op == KF__EXPR_BOUND)
        return eval_bound(self, node, out);
    if (self->inputs == NULL)
        return kf__eval_fault(self, node, KF_EMISSING, "there are no parameters here");
    *out = kf__cel_of(self->inputs);
    return KF_OK;
}

static kf_status list_item(kf_evaluation *self, const kf_expr_node *node,
    const kf_cel *base, const kf_cel *key, const kf_value **out)
{
    bool whole = key->kind == KF_KIND_INT || key->exact;
    int64_t index = key->integer;
    if (!whole) {
        whole =
            key->number >= 0 && key->number < 9e15 && trunc(key->number) == key->number;
        index = whole ? (int64_t)key->number : -1;
    }
    if (!whole || index < 0 || (uint64_t)index >= kf_value_length(base->value))
        return kf__eval_fault(self, node, KF_EMISSING,
            "the list has %zu items, and no such one", kf_value_length(base->value));
    *out = kf_value_at(base->value, (size_t)index);
    return KF_OK;
}

static kf_status find_member(kf_evaluation *self, const kf_expr_node *node,
    kf_eval_step eval, const kf_value **out)
{
    kf_cel base;
    kf_cel key;
    KF__TRY(eval(self, node->first, &base));
    KF__TRY(eval(self, node->first->next, &key));
    bool number = key.kind == KF_KIND_INT || key.kind == KF_KIND_DOUBLE;
    if (base.kind == KF_KIND_LIST && number)
        return list_item(self, node, &base, &key, out);
    if (base.kind != KF_KIND_STRUCT || key.kind != KF_KIND_STRING)
        return kf__eval_fault(self, node, KF_ETYPE, "%s has no member named by %s",
            kf__expr_type_name((int)base.kind), kf__expr_type_name((int)key.kind));
    *out = kf__eval_member(base.value, key.text, key.length);
    if (*out != NULL)
        return KF_OK;
    return kf__eval_fault(self, node, KF_EMISSING,
        node->first->op == KF__EXPR_PARAMETERS ? "the parameter '%.*s' has no value"
                                               : "there is no member '%.*s'",
        key.length > 100 ? 100 : (int)key.length, key.text);
}

kf_status kf__eval_index(
    kf_evaluation *self, const kf_expr_node *node, kf_eval_step eval, kf_cel *out)
{
    const kf_value *found = NULL;
    if (node->op == KF__EXPR_HAS) {
        kf_status status = find_member(self, node->first, eval, &found);
        if (status != KF_OK &&
            !(status == KF_EMISSING && self->place == node->first->place))
            return status;
        *out = (kf_cel){.kind = KF_KIND_BOOL, .boolean = status == KF_OK};
        return KF_OK;
    }
    KF__TRY(find_member(self, node, eval, &found));
    *out = kf__cel_of(found);
    return KF_OK;
}

static kf_status to_int(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *given, kf_cel *out)
{
    out->kind = KF_KIND_INT;
    out->integer = given->integer;
    if (given->kind == KF_KIND_INT || given->exact)
        return KF_OK;
    if (given->kind == KF_KIND_STRING) {
        if (kf__parse_int64(given->text, &out->integer) &&
            strlen(given->text) == given->length)
            return KF_OK;
        return kf__eval_fault(
            self, node, KF_ETYPE, "int() of '%.60s', which is no integer", given->text);
    }
    if (!(given->number >= -9223372036854775808.0 &&
            given->number < 9223372036854775808.0))
        return kf__eval_fault(self, node, KF_ETYPE, "int() of a number beyond 64 bits");
    out->integer = (int64_t)given->number;
    return KF_OK;
}

static kf_status to_double(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *given, kf_cel *out)
{
    out->kind = KF_KIND_DOUBLE;
    if (given->kind == KF_KIND_INT) {
        out->number = (double)given->integer;
        return KF_OK;
    }
    if (given->kind == KF_KIND_DOUBLE) {
        out->number = given->number;
        return KF_OK;
    }
    if (kf__parse_double(given->text, &out->number) &&
        strlen(given->text) == given->length)
        return KF_OK;
    return kf__eval_fault(
        self, node, KF_ETYPE, "double() of '%.60s', which is no number", given->text);
}

/* As Go's %g writes the shortest text that reads back: with an exponent below 1e-4 and
 * from 1e6 on. */
static void put_go_double(kf_buf *out, double number)
{
    kf_buf shortest = KF__BUF_INIT;
    kf__put_double(&shortest, fabs(number));
    const char *text = kf__buf_text(&shortest);
    char digits[32] = {0};
    size_t count = 0;
    int exponent = 0;
    bool point = false;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (*text == '0' && count == 0) {
            exponent -= point;
            continue;
        }
        if (count < sizeof digits - 1)
            digits[count++] = *text;
        exponent += !point;
    }
    int64_t given = 0;
    if (*text == 'e' && kf__parse_int64(text + 1 + (text[1] == '+'), &given))
        exponent += (int)given;
    while (count > 1 && digits[count - 1] == '0')
        digits[--count] = '\0';
    kf__buf_finish(&shortest);
    if (signbit(number))
        kf__buf_putc(out, '-');
    if (count == 0) {
        kf__buf_putc(out, '0');
        return;
    }
    exponent--;
    if (exponent < -4 || exponent >= 6) {
        kf__buf_putc(out, digits[0]);
        if (count > 1)
            kf__buf_printf(out, ".%s", digits + 1);
        kf__buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+',
            exponent < 0 ? -exponent : exponent);
        return;
    }
    if (exponent < 0) {
        kf__buf_puts(out, "0.");
        kf__buf_fill(out, '0', (size_t)(-exponent - 1));
        kf__buf_puts(out, digits);
        return;
    }
    for (size_t i = 0; i < count || i <= (size_t)exponent; i++) {
        if (i == (size_t)exponent + 1)
            kf__buf_putc(out, '.');
        kf__buf_putc(out, i < count ? digits[i] : '0');
    }
}

static kf_status to_string(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *given, kf_cel *out)
{
    if (given->kind == KF_KIND_STRING) {
        *out = *given;
        return KF_OK;
    }
    kf_buf text = KF__BUF_INIT;
    if (given->kind == KF_KIND_BOOL)
        kf__buf_puts(&text, given->boolean ? "true" : "false");
    else if (given->kind == KF_KIND_INT)
        kf__buf_printf(&text, "%lld", (long long)given->integer);
    else if (!isfinite(given->number))
        kf__buf_puts(&text, isnan(given->number) ? "NaN"
                            : given->number > 0  ? "+Inf"
                                                 : "-Inf");
    else
        put_go_double(&text, given->number);
    kf_status status = text.status;
    if (status == KF_OK) {
        out->kind = KF_KIND_STRING;
        out->length = text.length;
        out->text =
            kf__arena_strndup(&self->tree->arena, kf__buf_text(&text), text.length);
        status = out->text == NULL ? KF_ENOMEM : KF_OK;
    }
    kf__buf_finish(&text);
    return status;
}

static kf_status to_bool(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *given, kf_cel *out)
{
    static const char *const texts[] = {"1", "t", "T", "TRUE", "true", "True", "0", "f",
        "F", "FALSE", "false", "False"};
    if (given->kind == KF_KIND_BOOL) {
        *out = *given;
        return KF_OK;
    }
    out->kind = KF_KIND_BOOL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strlen(given->text) == given->length &&
            strcmp(texts[i], given->text) == 0) {
            out->boolean = i < 6;
            return KF_OK;
        }
    }
    return kf__eval_fault(self, node, KF_ETYPE,
        "bool() of '%.60s', which is neither true nor false", given->text);
}

static kf_status size_of(const kf_cel *given, kf_cel *out)
{
    out->kind = KF_KIND_INT;
    if (given->kind != KF_KIND_STRING) {
        out->integer = (int64_t)kf_value_length(given->value);
        return KF_OK;
    }
    for (size_t i = 0; i < given->length; i++)
        out->integer += ((unsigned char)given->text[i] & 0xC0) != 0x80;
    return KF_OK;
}

static kf_status parse_json(
    kf_evaluation *self, const kf_expr_node *node, const kf_cel *given, kf_cel *out)
{
    kf_value *value;
    kf_status status = kf__json_read(self->tree, given->text, given->length, &value);
    if (status == KF_OK) {
        *out = kf__cel_of(value);
        return KF_OK;
    }
    if (status == KF_ENOMEM)
        return status;
    return kf__eval_fault(
        self, node, status, "parseJson(): %.200s", kf_last_error()->message);
}

kf_status kf__eval_call(
    kf_evaluation *self, const kf_expr_node *node, kf_eval_step eval, kf_cel *out)
{
    const kf_expr_node *argument = node->first;
    /* parseJson(string_value) of a value that is no string is that value. */
    if (node->function == KF__EXPR_PARSE_JSON && argument->op == KF__EXPR_BOUND &&
        argument->bound == KF__EXPR_STRING_VALUE && self->bound != NULL &&
        kf_value_kind(self->bound) != KF_KIND_STRING) {
        *out = kf__cel_of(self->bound);
        return KF_OK;
    }
    kf_cel given;
    KF__TRY(eval(self, argument, &given));
    if (!kf__expr_takes(node->function, (int)given.kind))
        return kf__eval_fault(self, node, KF_ETYPE, "%s() does not take %s",
            kf__expr_function_name(node->function),
            kf__expr_type_name((int)given.kind));
    switch (node->function) {
    case KF__EXPR_INT:
        return to_int(self, node, &given, out);
    case KF__EXPR_DOUBLE:
        return to_double(self, node, &given, out);
    case KF__EXPR_STRING:
        return to_string(self, node, &given, out);
    case KF__EXPR_BOOL:
        return to_bool(self, node, &given, out);
    case KF__EXPR_SIZE:
        return size_of(&given, out);
    default:
        return parse_json(self, node, &given, out);
    }
}
