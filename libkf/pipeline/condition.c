/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions, as they are put together; lower_condition.c writes them. */
#include "base/error.h"
#include "base/limits.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

static kf_status add(
    kf_pipeline *pipeline, const kf_condition *condition, kf_condition_id *out)
{
    if (condition->depth > KF__LIMIT_EXPRESSION_DEPTH)
        return kf__fail(KF_ELIMIT, NULL,
            "a condition can be nested %d deep (KF__LIMIT_EXPRESSION_DEPTH)",
            KF__LIMIT_EXPRESSION_DEPTH);
    if (pipeline->conditions.count >= INT32_MAX)
        return kf__fail(
            KF_ELIMIT, NULL, "a pipeline can have %d conditions", INT32_MAX);
    KF__TRY(kf__vec_push(&pipeline->conditions, *condition));
    *out = (kf_condition_id)(pipeline->conditions.count - 1);
    return KF_OK;
}

static kf_status check_comparable(kf_type type, const char *what, const char *name)
{
    if (type >= KF_TYPE_DOUBLE && type <= KF_TYPE_BOOLEAN)
        return KF_OK;
    return kf__fail(KF_ETYPE, NULL,
        "a condition compares strings, numbers and booleans, and %s \"%s\" is %s", what,
        name, type == KF_TYPE_NONE ? "an artifact" : kf_type_name(type));
}

static kf_status take_operand(kf_pipeline *pipeline, kf_operand given, kf_operand *out)
{
    if (given.value == NULL) {
        const kf_channel *channel = &pipeline->channels.items[given.channel];
        *out = given;
        return check_comparable(channel->type, "the channel", channel->name);
    }
    if (kf__is(given.value, KF_KIND_NULL))
        return kf__fail(KF_ETYPE, NULL, "a condition cannot compare with null");
    KF__TRY(check_comparable(kf__type_of_value(given.value), "the constant", "value"));
    out->channel = KF__NONE;
    out->value = kf__tree_copy(&pipeline->tree, given.value);
    return kf__pipeline_settle(pipeline);
}

kf_status kf_pipeline_compare(kf_pipeline *pipeline, kf_operand left,
    kf_compare comparison, kf_operand right, kf_condition_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(comparison >= KF_EQUAL && comparison <= KF_GREATER_EQUAL);
    KF__REQUIRE(left.value != NULL || kf__pipeline_has_channel(pipeline, left.channel));
    KF__REQUIRE(
        right.value != NULL || kf__pipeline_has_channel(pipeline, right.channel));
    if (left.value != NULL && right.value != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "a condition over two constants is known before the pipeline runs: at "
            "least one operand must be a channel");
    kf_condition condition = {.kind = KF__CONDITION_COMPARE, .comparison = comparison};
    KF__TRY(take_operand(pipeline, left, &condition.operands[0]));
    KF__TRY(take_operand(pipeline, right, &condition.operands[1]));
    return add(pipeline, &condition, out);
}

static bool has_condition(const kf_pipeline *pipeline, kf_condition_id id)
{
    return id >= 0 && (size_t)id < pipeline->conditions.count;
}

static kf_status combine(kf_pipeline *pipeline, kf_condition_kind kind,
    kf_condition_id left, kf_condition_id right, kf_condition_id *out)
{
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(has_condition(pipeline, left) && has_condition(pipeline, right));
    int left_depth = pipeline->conditions.items[left].depth;
    int right_depth = pipeline->conditions.items[right].depth;
    kf_condition condition = {.kind = kind,
        .parts = {left, right},
        .depth = 1 + (left_depth > right_depth ? left_depth : right_depth)};
    return add(pipeline, &condition, out);
}

kf_status kf_pipeline_and(kf_pipeline *pipeline, kf_condition_id left,
    kf_condition_id right, kf_condition_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    return combine(pipeline, KF__CONDITION_AND, left, right, out);
}

kf_status kf_pipeline_or(kf_pipeline *pipeline, kf_condition_id left,
    kf_condition_id right, kf_condition_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    return combine(pipeline, KF__CONDITION_OR, left, right, out);
}

kf_status kf_pipeline_not(
    kf_pipeline *pipeline, kf_condition_id condition, kf_condition_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    return combine(pipeline, KF__CONDITION_NOT, condition, condition, out);
}

kf_status kf__condition_visit(const kf_pipeline *pipeline, kf_condition_id id,
    kf_channel_visit visit, void *payload)
{
    const kf_condition *condition = &pipeline->conditions.items[id];
    if (condition->kind == KF__CONDITION_COMPARE) {
        for (int i = 0; i < 2; i++)
            if (condition->operands[i].value == NULL)
                KF__TRY(visit(condition->operands[i].channel, payload));
        return KF_OK;
    }
    KF__TRY(kf__condition_visit(pipeline, condition->parts[0], visit, payload));
    if (condition->kind == KF__CONDITION_NOT)
        return KF_OK;
    return kf__condition_visit(pipeline, condition->parts[1], visit, payload);
}
