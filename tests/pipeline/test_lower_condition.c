/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions as CEL. Expectations are the language's (cel-spec, langdef.md), where
 * goldens of KFP do not say: KFP does not compose conditions and gets conversions wrong.
 */
#include "pipeline/expr.h"

#include "build.h"

static kf_condition_id compare(
    build *b, kf_channel_id channel, kf_compare sign, const char *json)
{
    kf_condition_id condition = -1;
    kf_value *value = build_json(json);
    ck_ok(kf_pipeline_compare(b->p, (kf_operand){.channel = channel}, sign,
        (kf_operand){.value = value}, &condition));
    kf_value_free(value);
    return condition;
}

/* The condition of a group that is opened with it, which must be one that our own reader
 * of expressions takes. */
static void check(build *b, kf_condition_id condition, const char *expected)
{
    kf_group_id group = -1;
    char path[100];
    kf_expr *expr = NULL;
    ck_ok(kf_pipeline_begin_if(b->p, condition, NULL, &group));
    build_say(b, "a");
    build_end(b);
    build_lower(b, true);
    (void)snprintf(path, sizeof path,
        "root/dag/tasks/condition-%d/triggerPolicy/condition", (int)group);
    ck_assert_str_eq(kf_value_string(build_at(b, path)), expected);
    ck_ok(kf__expr_parse(expected, strlen(expected), &expr));
    kf__expr_free(expr);
}

START_TEST(test_strings)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    check(&b, compare(&b, x, KF_EQUAL, "\"it's\""),
        "inputs.parameter_values['pipelinechannel--x'] == 'it\\'s'");
    check(&b, compare(&b, x, KF_NOT_EQUAL, "\"a\\\\b\\n\\t\\r\\u0001\""),
        "inputs.parameter_values['pipelinechannel--x'] != 'a\\\\b\\n\\t\\r\\x01'");
    check(&b, compare(&b, x, KF_LESS, "\"\xc3\xa4\""),
        "inputs.parameter_values['pipelinechannel--x'] < '\xc3\xa4'");
    build_finish(&b);
}
END_TEST

START_TEST(test_conversions)
{
    build b = build_start("p");
    kf_channel_id s = build_input(&b, "s", KF_TYPE_STRING);
    kf_channel_id n = build_input(&b, "n", KF_TYPE_INTEGER);
    kf_channel_id f = build_input(&b, "f", KF_TYPE_DOUBLE);
    kf_channel_id t = build_input(&b, "t", KF_TYPE_BOOLEAN);
    check(&b, compare(&b, s, KF_EQUAL, "1"),
        "inputs.parameter_values['pipelinechannel--s'] == '1'");
    check(&b, compare(&b, s, KF_EQUAL, "true"),
        "inputs.parameter_values['pipelinechannel--s'] == 'true'");
    check(&b, compare(&b, s, KF_EQUAL, "2.5"),
        "inputs.parameter_values['pipelinechannel--s'] == '2.5'");
    check(&b, compare(&b, n, KF_EQUAL, "\"1\""),
        "string(int(inputs.parameter_values['pipelinechannel--n'])) == '1'");
    check(&b, compare(&b, f, KF_EQUAL, "\"1\""),
        "string(inputs.parameter_values['pipelinechannel--f']) == '1'");
    check(&b, compare(&b, t, KF_EQUAL, "1"),
        "inputs.parameter_values['pipelinechannel--t'] == true");
    check(&b, compare(&b, t, KF_EQUAL, "0.0"),
        "inputs.parameter_values['pipelinechannel--t'] == false");
    check(&b, compare(&b, n, KF_EQUAL, "true"),
        "(int(inputs.parameter_values['pipelinechannel--n']) != 0) == true");
    check(&b, compare(&b, f, KF_EQUAL, "false"),
        "(inputs.parameter_values['pipelinechannel--f'] != 0.0) == false");
    check(&b, compare(&b, f, KF_GREATER_EQUAL, "3"),
        "inputs.parameter_values['pipelinechannel--f'] >= double(3)");
    check(&b, compare(&b, n, KF_LESS_EQUAL, "-1.5"),
        "double(int(inputs.parameter_values['pipelinechannel--n'])) <= -1.5");
    build_finish(&b);
}
END_TEST

START_TEST(test_constant_first)
{
    build b = build_start("p");
    kf_channel_id n = build_input(&b, "n", KF_TYPE_INTEGER);
    kf_value *value = build_json("7");
    kf_condition_id condition = -1;
    ck_ok(kf_pipeline_compare(b.p, (kf_operand){.value = value}, KF_GREATER,
        (kf_operand){.channel = n}, &condition));
    check(&b, condition, "7 > int(inputs.parameter_values['pipelinechannel--n'])");
    kf_value_free(value);
    build_finish(&b);
}
END_TEST

static kf_condition_id both(build *b, kf_condition_id left, kf_condition_id right)
{
    kf_condition_id out = -1;
    ck_ok(kf_pipeline_and(b->p, left, right, &out));
    return out;
}

static kf_condition_id either(build *b, kf_condition_id left, kf_condition_id right)
{
    kf_condition_id out = -1;
    ck_ok(kf_pipeline_or(b->p, left, right, &out));
    return out;
}

static kf_condition_id negated(build *b, kf_condition_id condition)
{
    kf_condition_id out = -1;
    ck_ok(kf_pipeline_not(b->p, condition, &out));
    return out;
}

#define N "int(inputs.parameter_values['pipelinechannel--n'])"

START_TEST(test_composed)
{
    build b = build_start("p");
    kf_channel_id n = build_input(&b, "n", KF_TYPE_INTEGER);
    kf_condition_id a = compare(&b, n, KF_EQUAL, "1"),
                    c = compare(&b, n, KF_EQUAL, "2"),
                    d = compare(&b, n, KF_EQUAL, "3");
    check(&b, both(&b, a, c), N " == 1 && " N " == 2");
    check(&b, either(&b, both(&b, a, c), d), N " == 1 && " N " == 2 || " N " == 3");
    check(
        &b, both(&b, either(&b, a, c), d), "(" N " == 1 || " N " == 2) && " N " == 3");
    check(&b, negated(&b, either(&b, a, c)), "!(" N " == 1 || " N " == 2)");
    check(&b, negated(&b, negated(&b, a)), "!(!(" N " == 1))");
    check(&b, both(&b, negated(&b, a), both(&b, c, either(&b, a, d))),
        "!(" N " == 1) && " N " == 2 && (" N " == 1 || " N " == 3)");
    build_finish(&b);
}
END_TEST

START_TEST(test_branches)
{
    build b = build_start("p");
    kf_channel_id n = build_input(&b, "n", KF_TYPE_INTEGER);
    kf_condition_id a = compare(&b, n, KF_EQUAL, "1"),
                    c = compare(&b, n, KF_EQUAL, "2"),
                    d = compare(&b, n, KF_EQUAL, "3");
    kf_group_id group = -1;
    ck_ok(kf_pipeline_begin_if(b.p, either(&b, a, c), NULL, &group));
    build_say(&b, "a");
    build_end(&b);
    ck_ok(kf_pipeline_begin_elif(b.p, either(&b, c, d), NULL, &group));
    build_say(&b, "b");
    build_end(&b);
    build_else(&b);
    build_say(&b, "c");
    build_end(&b);
    build_lower(&b, true);
    static const char path[] =
        "components/comp-condition-branches-1/dag/tasks/condition-3/triggerPolicy";
    build_check(&b, path,
        "{\"condition\": \"!(" N " == 1 || " N " == 2) && (" N " == 2 || " N
        " == 3)\"}");
    build_check(&b,
        "components/comp-condition-branches-1/dag/tasks/condition-4/triggerPolicy",
        "{\"condition\": \"!(" N " == 1 || " N " == 2) && !(" N " == 2 || " N
        " == 3)\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_what_cannot_be_compared)
{
    build b = build_start("p");
    kf_channel_id list = build_input(&b, "xs", KF_TYPE_LIST), artifact = -1;
    kf_channel_id n = build_input(&b, "n", KF_TYPE_INTEGER);
    kf_value *one = build_json("1"), *null = build_json("null"),
             *none = build_json("[]");
    kf_operand constant = {.value = one};
    kf_condition_id out = -1;
    ck_ok(kf_pipeline_add_input_artifact(b.p, "m", NULL, NULL, &artifact));
    ck_fails(kf_pipeline_compare(
                 b.p, (kf_operand){.channel = list}, KF_EQUAL, constant, &out),
        KF_ETYPE, "\"xs\" is LIST");
    ck_fails(kf_pipeline_compare(
                 b.p, (kf_operand){.channel = artifact}, KF_EQUAL, constant, &out),
        KF_ETYPE, "\"m\" is an artifact");
    ck_fails(kf_pipeline_compare(b.p, (kf_operand){.channel = n}, KF_EQUAL,
                 (kf_operand){.value = null}, &out),
        KF_ETYPE, "null");
    ck_fails(kf_pipeline_compare(b.p, (kf_operand){.channel = n}, KF_EQUAL,
                 (kf_operand){.value = none}, &out),
        KF_ETYPE, "LIST");
    ck_fails(kf_pipeline_compare(b.p, constant, KF_EQUAL, constant, &out), KF_EINVAL,
        "two constants");
    kf_value_free(one);
    kf_value_free(null);
    kf_value_free(none);
    build_finish(&b);
}
END_TEST

START_TEST(test_nesting_ends)
{
    build b = build_start("p");
    kf_condition_id at =
        compare(&b, build_input(&b, "n", KF_TYPE_INTEGER), KF_EQUAL, "1");
    for (int i = 0; i < 100; i++)
        at = negated(&b, at);
    ck_fails(kf_pipeline_not(b.p, at, &at), KF_ELIMIT, "100");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/lower_condition", test_strings, test_conversions,
    test_constant_first, test_composed, test_branches, test_what_cannot_be_compared,
    test_nesting_ends)
