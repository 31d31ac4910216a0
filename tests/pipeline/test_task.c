/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_component_may_change_and_end)
{
    build b = build_start("p");
    kf_component *own = build_component("own");
    build_task(&b, own);
    ck_ok(kf_component_add_input(own, "late", KF_TYPE_STRING, NULL));
    kf_task_id second = build_task(&b, own);
    ck_ok(kf_pipeline_set_string(b.p, second, "late", "x"));
    kf_component_free(own);
    build_lower(&b, true);
    build_check_absent(&b, "components/comp-own/inputDefinitions");
    build_check(&b, "components/comp-own-2/inputDefinitions/parameters/late",
        "{\"parameterType\": \"STRING\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_nothing_to_execute)
{
    build b = build_start("p");
    kf_component *empty = NULL;
    kf_task_id task = -1;
    ck_ok(kf_component_new("empty", &empty));
    ck_fails(kf_pipeline_add_task(b.p, empty, NULL, &task), KF_ESTATE, "\"empty\"");
    kf_component_free(empty);
    build_finish(&b);
}
END_TEST

START_TEST(test_unknown_input)
{
    build b = build_start("p");
    kf_task_id task = build_task(&b, b.same);
    ck_fails(kf_pipeline_set_string(b.p, task, "txet", "a"), KF_ENOENT,
        "did you mean \"text\"");
    ck_fails(
        kf_pipeline_set_string(b.p, task, "zzz", "a"), KF_ENOENT, "it has \"text\"");
    ck_fails(kf_pipeline_set_string(b.p, build_task(&b, b.list), "x", "a"), KF_ENOENT,
        "none at all");
    build_finish(&b);
}
END_TEST

/* KFP: verify_type_compatibility. */
START_TEST(test_types)
{
    build b = build_start("p");
    kf_task_id task = build_task(&b, b.count), use = build_task(&b, b.use);
    kf_channel_id text = build_input(&b, "x", KF_TYPE_STRING), model = -1, any = -1;
    kf_value *null = build_json("null");
    ck_fails(kf_pipeline_set_argument(b.p, task, "n", text), KF_ETYPE,
        "the input \"n\" of task \"count\" is of type NUMBER_INTEGER, and a value of "
        "type "
        "STRING does not fit it");
    ck_assert_str_eq(kf_last_error()->where, "tasks.count.inputs.n");
    ck_fails(kf_pipeline_set_double(b.p, task, "n", 1.5), KF_ETYPE, "NUMBER_DOUBLE");
    ck_fails(kf_pipeline_set_bool(b.p, task, "n", true), KF_ETYPE, "BOOLEAN");
    ck_fails(kf_pipeline_set_constant(b.p, task, "n", null), KF_ETYPE, "null");
    ck_fails(kf_pipeline_set_string(b.p, use, "ds", "a"), KF_ETYPE, "system.Dataset");
    ck_ok(kf_pipeline_add_input_artifact(b.p, "m", "system.Model", NULL, &model));
    ck_ok(kf_pipeline_add_input_artifact(b.p, "a", "system.Artifact", NULL, &any));
    ck_fails(kf_pipeline_set_argument(b.p, use, "ds", model), KF_ETYPE,
        "system.Model@0.0.1");
    ck_ok(kf_pipeline_set_argument(b.p, use, "ds", any));
    ck_ok(kf_pipeline_set_argument_unchecked(b.p, task, "n", text));
    ck_ok(kf_pipeline_set_int(b.p, task, "n", 3));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/count/inputs/parameters",
        "{\"n\": {\"runtimeValue\": {\"constant\": 3}}}");
    kf_value_free(null);
    build_finish(&b);
}
END_TEST

START_TEST(test_double_that_is_none)
{
    build b = build_start("p");
    kf_component *scale = build_component("scale");
    ck_ok(kf_component_add_input(scale, "x", KF_TYPE_DOUBLE, NULL));
    kf_task_id task = build_task(&b, scale);
    volatile double zero = 0;
    ck_fails(kf_pipeline_set_double(b.p, task, "x", 1 / zero), KF_EINVAL, "finite");
    ck_fails(kf_pipeline_set_double(b.p, task, "x", zero / zero), KF_EINVAL, "finite");
    kf_component_free(scale);
    build_finish(&b);
}
END_TEST

START_TEST(test_literals)
{
    build b = build_start("p");
    kf_component *choose = build_component("choose");
    kf_value *allowed = build_json("[\"a\", \"b\"]");
    ck_ok(kf_component_add_input(
        choose, "x", KF_TYPE_STRING, KF_OPTIONS(kf_io_options, .literals = allowed)));
    kf_task_id task = build_task(&b, choose);
    ck_fails(kf_pipeline_set_string(b.p, task, "x", "c"), KF_EINVAL, "[\"a\", \"b\"]");
    ck_ok(kf_pipeline_set_string(b.p, task, "x", "b"));
    build_lower(&b, true);
    build_check(&b, "components/comp-choose/inputDefinitions/parameters/x/literals",
        "[\"a\", \"b\"]");
    kf_value_free(allowed);
    kf_component_free(choose);
    build_finish(&b);
}
END_TEST

START_TEST(test_missing_arguments)
{
    build b = build_start("p");
    kf_component *greedy = build_component("greedy");
    ck_ok(kf_component_add_input(greedy, "a", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_input(
        greedy, "b", KF_TYPE_STRING, KF_OPTIONS(kf_io_options, .optional = true)));
    ck_ok(kf_component_add_input_artifact(greedy, "c", NULL, NULL));
    build_task(&b, greedy);
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EMISSING,
        "lacks the required inputs \"a\", \"c\"");
    ck_assert_str_eq(kf_last_error()->where, "tasks.greedy");
    kf_component_free(greedy);
    build_finish(&b);
}
END_TEST

START_TEST(test_channel_lists)
{
    build b = build_start("p");
    kf_channel_id text = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id out = build_output(&b, build_say(&b, "a"));
    kf_task_id data = build_task(&b, b.data), task = build_task(&b, b.gather);
    ck_ok(kf_pipeline_set_string(b.p, data, "text", "a"));
    kf_channel_id artifact = build_output(&b, data);
    ck_fails(kf_pipeline_set_argument_list(b.p, task, "xs", &artifact, 1),
        KF_EUNSUPPORTED, "artifacts");
    ck_fails(
        kf_pipeline_set_argument_list(b.p, build_task(&b, b.same), "text", &out, 1),
        KF_ETYPE, "LIST");
    ck_ok(kf_pipeline_set_argument_list(
        b.p, task, "xs", (kf_channel_id[]){out, text, out}, 3));
    ck_ok(kf_pipeline_set_string(b.p, 3, "text", "unused"));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/gather/inputs/parameters",
        "{\"xs\": {\"runtimeValue\": {\"constant\": ["
        "\"{{$.inputs.parameters['pipelinechannel--same-out']}}\", "
        "\"{{$.inputs.parameters['pipelinechannel--x']}}\", "
        "\"{{$.inputs.parameters['pipelinechannel--same-out']}}\"]}}, "
        "\"pipelinechannel--same-out\": {\"taskOutputParameter\": {\"producerTask\": "
        "\"same\", \"outputParameterKey\": \"out\"}}, \"pipelinechannel--x\": "
        "{\"componentInputParameter\": \"x\"}}");
    build_check(&b, "root/dag/tasks/gather/dependentTasks", "[\"same\"]");
    build_finish(&b);
}
END_TEST

START_TEST(test_typed_channel_list)
{
    build b = build_start("p");
    kf_component *numbers = build_component("numbers");
    ck_ok(kf_component_add_input(numbers, "xs", KF_TYPE_LIST,
        KF_OPTIONS(kf_io_options, .type_text = "List[int]")));
    kf_task_id task = build_task(&b, numbers);
    kf_channel_id text = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id number = build_input(&b, "n", KF_TYPE_INTEGER);
    ck_fails(kf_pipeline_set_argument_list(
                 b.p, task, "xs", (kf_channel_id[]){number, text}, 2),
        KF_ETYPE, "NUMBER_INTEGER");
    ck_ok(kf_pipeline_set_argument_list(b.p, task, "xs", &number, 1));
    kf_component_free(numbers);
    build_finish(&b);
}
END_TEST

START_TEST(test_final_status_takes_no_argument)
{
    build b = build_start("p");
    kf_component *last = build_component("last");
    ck_ok(kf_component_add_input(last, "status", KF_TYPE_TASK_FINAL_STATUS, NULL));
    kf_task_id task = build_task(&b, last);
    ck_fails(kf_pipeline_set_argument(
                 b.p, task, "status", build_input(&b, "s", KF_TYPE_STRUCT)),
        KF_EINVAL, "takes no argument");
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EINVAL, "\"last\"");
    ck_ok(kf_pipeline_ignore_upstream_failure(b.p, task));
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ESCOPE, "exactly one");
    ck_ok(kf_pipeline_after(b.p, task, build_say(&b, "a")));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/last/inputs/parameters/status/taskFinalStatus",
        "{\"producerTask\": \"same\"}");
    build_check(&b, "root/dag/tasks/last/triggerPolicy",
        "{\"strategy\": \"ALL_UPSTREAM_TASKS_COMPLETED\"}");
    ck_ok(kf_pipeline_after(b.p, task, build_say(&b, "b")));
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ESCOPE, "exactly one");
    kf_component_free(last);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/task", test_component_may_change_and_end,
    test_nothing_to_execute, test_unknown_input, test_types, test_double_that_is_none,
    test_literals, test_missing_arguments, test_channel_lists, test_typed_channel_list,
    test_final_status_takes_no_argument)
