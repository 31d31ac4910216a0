/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions as CEL (KFP: _binary_operations_to_cel_conjunctive). */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

/* ---- which conditions ---- */

/* The conditions of the branches before a branch, and its own. */
typedef kf_status (*condition_visit)(
    kf_condition_id condition, bool negated, void *payload);

static kf_status visit_conditions(
    const kf_lower *lower, kf_group_id group, condition_visit visit, void *payload)
{
    const kf_pipeline *pipeline = lower->pipeline;
    const kf_group *groups = pipeline->groups.items;
    if (groups[groups[group].parent].kind == KF__GROUP_BRANCHES)
        for (kf_group_id at = groups[groups[group].parent].first_child; at != group;
             at = groups[at].next)
            KF__TRY(visit(groups[at].condition, true, payload));
    return groups[group].condition != KF__NONE
               ? visit(groups[group].condition, false, payload)
               : KF_OK;
}

typedef struct channel_visiting {
    const kf_lower *lower;
    kf_channel_visit visit;
    void *payload;
} channel_visiting;

static kf_status visit_channels(kf_condition_id condition, bool negated, void *payload)
{
    const channel_visiting *v = payload;
    (void)negated;
    return kf__condition_visit(v->lower->pipeline, condition, v->visit, v->payload);
}

kf_status kf__lower_condition_visit(
    const kf_lower *lower, kf_group_id group, kf_channel_visit visit, void *payload)
{
    channel_visiting v = {.lower = lower, .visit = visit, .payload = payload};
    return visit_conditions(lower, group, visit_channels, &v);
}

/* ---- operands ---- */

/* A string of CEL, whose escapes are those of Python. */
static void put_string(kf_buf *out, const char *text)
{
    static const char special[] = "'\\\n\r\t";
    static const char *const escapes[] = {"\\'", "\\\\", "\\n", "\\r", "\\t"};
    kf__buf_putc(out, '\'');
    for (; *text != '\0'; text++) {
        const char *found = strchr(special, *text);
        if (found != NULL)
            kf__buf_puts(out, escapes[found - special]);
        else if ((unsigned char)*text < ' ')
            kf__buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            kf__buf_putc(out, *text);
    }
    kf__buf_putc(out, '\'');
}

static void put_number(kf_buf *out, const kf_value *value)
{
    if (kf__is(value, KF_KIND_INT))
        kf__buf_printf(out, "%lld", (long long)kf_value_int(value));
    else
        kf__put_double(out, kf_value_double(value));
}

/* KFP writes a constant as text of the type that both sides are promoted to; numbers it
 * turns into booleans the wrong way round. */
static void put_constant(kf_buf *out, const kf_value *value, kf_type type)
{
    kf_type own = kf__type_of_value(value);
    if (own == KF_TYPE_STRING) {
        put_string(out, kf_value_string(value));
    } else if (own == KF_TYPE_BOOLEAN) {
        const char *text = kf_value_bool(value) ? "true" : "false";
        kf__buf_printf(out, type == KF_TYPE_STRING ? "'%s'" : "%s", text);
    } else if (type == KF_TYPE_BOOLEAN) {
        kf__buf_puts(out, kf_value_double(value) != 0 ? "true" : "false");
    } else {
        const char *open = type == KF_TYPE_STRING ? "'" : "";
        if (type == KF_TYPE_DOUBLE && own == KF_TYPE_INTEGER)
            open = "double(";
        kf__buf_puts(out, open);
        put_number(out, value);
        kf__buf_puts(out, *open == 'd' ? ")" : open);
    }
}

/* A channel of another type than `type` is converted; KFP makes text of the expression
 * itself. */
static void put_channel(kf_buf *out, const char *input, kf_type own, kf_type type)
{
    const char *before = "", *after = "";
    if (type == KF_TYPE_STRING && own != KF_TYPE_STRING) {
        before = "string(";
        after = ")";
    } else if (type == KF_TYPE_DOUBLE && own == KF_TYPE_INTEGER) {
        before = "double(";
        after = ")";
    } else if (type == KF_TYPE_BOOLEAN && own != KF_TYPE_BOOLEAN) {
        before = "(";
        after = own == KF_TYPE_INTEGER ? " != 0)" : " != 0.0)";
    }
    kf__buf_puts(out, before);
    kf__buf_printf(out,
        own == KF_TYPE_INTEGER ? "int(inputs.parameter_values['%s'])"
                               : "inputs.parameter_values['%s']",
        input);
    kf__buf_puts(out, after);
}

/* ---- conditions ---- */

typedef struct writing {
    kf_lower *lower;
    kf_group_id group; /* Around the branch. */
    kf_buf *out;
    bool first;
} writing;

static kf_type operand_type(const kf_lower *lower, const kf_operand *operand)
{
    return operand->value != NULL ? kf__type_of_value(operand->value)
                                  : kf__lower_channel(lower, operand->channel)->type;
}

/* String, boolean, double, integer: the first of them that occurs. */
static kf_type promoted(kf_type a, kf_type b)
{
    static const kf_type order[] = {
        KF_TYPE_STRING, KF_TYPE_BOOLEAN, KF_TYPE_DOUBLE, KF_TYPE_INTEGER};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return KF_TYPE_NONE;
}

static kf_status put_operand(writing *w, const kf_operand *operand, kf_type type)
{
    if (operand->value != NULL) {
        put_constant(w->out, operand->value, type);
        return KF_OK;
    }
    kf_channel_id id;
    KF__TRY(kf__lower_resolve(w->lower, operand->channel, w->group, &id));
    const char *input = kf__lower_injected(w->lower, id);
    if (input != NULL)
        put_channel(w->out, input, kf__lower_channel(w->lower, id)->type, type);
    return KF_OK;
}

static kf_status put_comparison(writing *w, const kf_condition *condition)
{
    static const char *const signs[] = {[KF_EQUAL] = " == ",
        [KF_NOT_EQUAL] = " != ",
        [KF_LESS] = " < ",
        [KF_LESS_EQUAL] = " <= ",
        [KF_GREATER] = " > ",
        [KF_GREATER_EQUAL] = " >= "};
    kf_type type = promoted(operand_type(w->lower, &condition->operands[0]),
        operand_type(w->lower, &condition->operands[1]));
    KF__TRY(put_operand(w, &condition->operands[0], type));
    kf__buf_puts(w->out, signs[condition->comparison]);
    return put_operand(w, &condition->operands[1], type);
}

static kf_status put_condition(writing *w, kf_condition_id id, bool in_and);

static kf_status put_in_brackets(writing *w, const char *open, kf_condition_id id)
{
    kf__buf_puts(w->out, open);
    KF__TRY(put_condition(w, id, false));
    kf__buf_putc(w->out, ')');
    return KF_OK;
}

/* An or within an and needs brackets. */
static kf_status put_condition(writing *w, kf_condition_id id, bool in_and)
{
    const kf_condition *condition = &w->lower->pipeline->conditions.items[id];
    if (condition->kind == KF__CONDITION_COMPARE)
        return put_comparison(w, condition);
    if (condition->kind == KF__CONDITION_NOT)
        return put_in_brackets(w, "!(", condition->parts[0]);
    bool is_and = condition->kind == KF__CONDITION_AND;
    if (!is_and && in_and)
        return put_in_brackets(w, "(", id);
    KF__TRY(put_condition(w, condition->parts[0], is_and));
    kf__buf_puts(w->out, is_and ? " && " : " || ");
    return put_condition(w, condition->parts[1], is_and);
}

static kf_status put_one_of_many(kf_condition_id condition, bool negated, void *payload)
{
    writing *w = payload;
    const kf_group *group = &w->lower->pipeline->groups.items[w->group];
    if (!w->first)
        kf__buf_puts(w->out, " && ");
    w->first = false;
    return negated ? put_in_brackets(w, "!(", condition)
                   : put_condition(w, condition, group->kind == KF__GROUP_BRANCHES);
}

kf_status kf__lower_condition(kf_lower *lower, kf_group_id group, kf_buf *out)
{
    writing w = {.lower = lower,
        .group = lower->pipeline->groups.items[group].parent,
        .out = out,
        .first = true};
    KF__TRY(visit_conditions(lower, group, put_one_of_many, &w));
    return out->status;
}
