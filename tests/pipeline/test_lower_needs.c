/* SPDX-License-Identifier: Apache-2.0 */
/* What is handed down where KFP forgets it or invents it; test_lower.c has the rest.
 * The documents were worked out by hand: every reference must name what is there. */
#include "build.h"

/* KFP: AssertionError. */
START_TEST(test_member_of_constants_in_groups)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id item = build_loop(&b, "[{\"a\": \"1\"}]", -1);
    build_if(&b, x, "\"1\"");
    build_loop(&b, "[\"u\"]", -1);
    build_pass(&b, build_member(&b, item, "a"));
    build_end(&b);
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    static const char from_item[] =
        "{\"componentInputParameter\": \"pipelinechannel--loop-item-param-1\"}";
    build_check(&b, "components/comp-for-loop-5/dag/tasks/same/inputs/parameters/text",
        "{\"componentInputParameter\": \"pipelinechannel--loop-item-param-1\", "
        "\"parameterExpressionSelector\": \"parseJson(string_value)[\\\"a\\\"]\"}");
    build_check(&b,
        "components/comp-condition-3/dag/tasks/for-loop-5/inputs/parameters/"
        "pipelinechannel--loop-item-param-1",
        from_item);
    build_check(&b,
        "components/comp-for-loop-2/dag/tasks/condition-3/inputs/parameters/"
        "pipelinechannel--loop-item-param-1",
        from_item);
    build_check(&b, "root/dag/tasks/for-loop-2/inputs",
        "{\"parameters\": {\"pipelinechannel--x\": {\"componentInputParameter\": "
        "\"x\"}}}");
    build_finish(&b);
}
END_TEST

/* KFP gives the condition around the loop its item. */
START_TEST(test_constants_below_a_condition)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    build_if(&b, x, "\"1\"");
    build_pass(&b, build_member(&b, build_loop(&b, "[{\"a\": \"1\"}]", -1), "a"));
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "components/comp-condition-1/inputDefinitions",
        "{\"parameters\": {\"pipelinechannel--x\": {\"parameterType\": \"STRING\"}}}");
    build_check(&b, "root/dag/tasks/condition-1/inputs",
        "{\"parameters\": {\"pipelinechannel--x\": {\"componentInputParameter\": "
        "\"x\"}}}");
    build_finish(&b);
}
END_TEST

/* KFP: an input that refers to nothing. */
START_TEST(test_items_in_text)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id xs = build_input(&b, "xs", KF_TYPE_LIST);
    build_if(&b, x, "\"1\"");
    kf_channel_id item = build_loop(&b, NULL, xs);
    build_if(&b, x, "\"2\"");
    char text[200];
    (void)snprintf(text, sizeof text, "%s and %s", kf_pipeline_channel_text(b.p, item),
        kf_pipeline_channel_text(b.p, build_member(&b, item, "k")));
    build_say(&b, text);
    build_end(&b);
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "components/comp-condition-3/dag/tasks/same/inputs/parameters",
        "{\"pipelinechannel--xs-loop-item\": {\"componentInputParameter\": "
        "\"pipelinechannel--xs-loop-item\"}, "
        "\"pipelinechannel--xs-loop-item-subvar-k\": "
        "{\"componentInputParameter\": \"pipelinechannel--xs-loop-item\", "
        "\"parameterExpressionSelector\": \"parseJson(string_value)[\\\"k\\\"]\"}, "
        "\"text\": {\"runtimeValue\": {\"constant\": "
        "\"{{$.inputs.parameters['pipelinechannel--xs-loop-item']}} and "
        "{{$.inputs.parameters['pipelinechannel--xs-loop-item-subvar-k']}}\"}}}");
    build_check(&b, "root/dag/tasks/condition-1/inputs/parameters",
        "{\"pipelinechannel--x\": {\"componentInputParameter\": \"x\"}, "
        "\"pipelinechannel--xs\": {\"componentInputParameter\": \"xs\"}}");
    build_finish(&b);
}
END_TEST

/* KFP takes "x" for used up by the loop over "xs", whose item's name holds it. */
START_TEST(test_name_within_a_name)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id item = build_loop(&b, NULL, build_input(&b, "xs", KF_TYPE_LIST));
    build_if(&b, item, "\"1\"");
    build_pass(&b, x);
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    build_check(&b,
        "components/comp-for-loop-1/dag/tasks/condition-2/inputs/parameters/"
        "pipelinechannel--x",
        "{\"componentInputParameter\": \"pipelinechannel--x\"}");
    build_finish(&b);
}
END_TEST

/* Output "b-out" of task "a", and output "out" of task "a-b". */
START_TEST(test_equal_handed_down_names)
{
    build b = build_start("p");
    kf_component *first = build_component("a"), *second = build_component("a-b");
    ck_ok(kf_component_add_output(first, "b-out", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_output(second, "out", KF_TYPE_STRING, NULL));
    kf_channel_id one = build_output(&b, build_task(&b, first));
    kf_channel_id other = build_output(&b, build_task(&b, second));
    build_loop(&b, "[1]", -1);
    build_pass(&b, one);
    build_pass(&b, other);
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/for-loop-2/inputs/parameters",
        "{\"pipelinechannel--a-b-out\": {\"taskOutputParameter\": {\"producerTask\": "
        "\"a\", \"outputParameterKey\": \"b-out\"}}, \"pipelinechannel--a-b-out-2\": "
        "{\"taskOutputParameter\": {\"producerTask\": \"a-b\", \"outputParameterKey\": "
        "\"out\"}}}");
    kf_component_free(first);
    kf_component_free(second);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/lower_needs", test_member_of_constants_in_groups,
    test_constants_below_a_condition, test_items_in_text, test_name_within_a_name,
    test_equal_handed_down_names)
