/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_order)
{
    build b = build_start("p");
    kf_task_id a = build_say(&b, "a"), c = build_say(&b, "c"), d = build_say(&b, "d");
    ck_fails(kf_pipeline_after(b.p, a, a), KF_ECYCLE, "itself");
    ck_ok(kf_pipeline_after(b.p, d, c));
    ck_ok(kf_pipeline_after(b.p, d, a));
    ck_ok(kf_pipeline_after(b.p, d, c));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/same-3/dependentTasks", "[\"same\", \"same-2\"]");
    build_finish(&b);
}
END_TEST

/* KFP: get_dependencies. */
START_TEST(test_order_across_groups)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    build_if(&b, x, "\"1\"");
    kf_task_id in_if = build_say(&b, "a");
    build_end(&b);
    build_loop(&b, "[1]", -1);
    build_if(&b, x, "\"2\"");
    kf_task_id in_loop = build_say(&b, "b");
    build_end(&b);
    build_end(&b);
    build_if(&b, x, "\"3\"");
    kf_task_id in_branch = build_say(&b, "c");
    build_end(&b);
    build_else(&b);
    kf_task_id in_else = build_say(&b, "d");
    build_end(&b);
    kf_task_id last = build_say(&b, "e");
    ck_fails(kf_pipeline_after(b.p, last, in_if), KF_ESCOPE,
        "task \"same-5\" cannot run after task \"same\", which is in the if "
        "\"condition-1\"");
    ck_fails(kf_pipeline_after(b.p, in_else, in_branch), KF_ESCOPE, "\"condition-6\"");
    ck_ok(kf_pipeline_after(b.p, last, in_loop));
    ck_ok(kf_pipeline_after(b.p, last, in_else));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/same-5/dependentTasks",
        "[\"condition-branches-5\", \"for-loop-3\"]");
    build_finish(&b);
}
END_TEST

START_TEST(test_order_of_exit_tasks)
{
    build b = build_start("p");
    kf_task_id leave = build_say(&b, "a"), outside = build_say(&b, "b");
    kf_group_id handler = -1, loop = -1;
    ck_ok(kf_pipeline_begin_exit_handler(b.p, leave, NULL, &handler));
    kf_task_id inside = build_say(&b, "c");
    build_end(&b);
    kf_value *items = build_json("[1]");
    ck_ok(kf_pipeline_begin_loop(b.p, (kf_operand){.value = items}, NULL, &loop));
    build_say(&b, "d");
    build_end(&b);
    kf_value_free(items);
    ck_fails(kf_pipeline_after(b.p, leave, outside), KF_EINVAL, "exit task");
    ck_fails(kf_pipeline_after(b.p, outside, leave), KF_ESCOPE, "exit task \"same\"");
    ck_fails(kf_pipeline_after(b.p, outside, inside), KF_ESCOPE, "exit-handler-1");
    ck_fails(kf_pipeline_after_group(b.p, inside, handler), KF_ECYCLE, "that it is in");
    ck_fails(kf_pipeline_after_group(b.p, outside, loop), KF_EINVAL, "for-loop-3");
    ck_ok(kf_pipeline_after_group(b.p, outside, handler));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/same-2/dependentTasks", "[\"exit-handler-1\"]");
    build_check(&b, "root/dag/tasks/same/dependentTasks", "[\"exit-handler-1\"]");
    build_finish(&b);
}
END_TEST

START_TEST(test_container_is_needed)
{
    build b = build_start("p"), other = build_start("other");
    kf_component *importer = NULL, *graph = NULL;
    kf_value *config = build_json("{\"podMetadata\": {}}");
    build_say(&other, "a");
    ck_ok(kf_component_from_pipeline(other.p, &graph));
    ck_ok(kf_component_new("importer", &importer));
    ck_ok(kf_component_set_importer(importer, NULL));
    kf_task_id imported = build_task(&b, importer), nested = build_task(&b, graph);
    ck_fails(kf_pipeline_set_env(b.p, imported, "A", "1"), KF_ESTATE, "an importer");
    ck_fails(kf_pipeline_set_image(b.p, nested, "x"), KF_ESTATE, "a pipeline");
    ck_fails(kf_pipeline_set_resource(b.p, nested, KF_RESOURCE_CPU_LIMIT, "1"),
        KF_ESTATE, "a pipeline");
    ck_fails(kf_pipeline_set_platform_config(b.p, nested, "kubernetes", config),
        KF_ESTATE, "a pipeline");
    kf_value_free(config);
    kf_component_free(importer);
    kf_component_free(graph);
    build_finish(&b);
    build_finish(&other);
}
END_TEST

START_TEST(test_bad_settings)
{
    build b = build_start("p");
    kf_task_id task = build_say(&b, "a");
    ck_fails(kf_pipeline_set_env(b.p, task, "A=B", "1"), KF_EINVAL, "A=B");
    ck_fails(kf_pipeline_set_env(b.p, task, "", "1"), KF_EINVAL, "environment");
    ck_fails(kf_pipeline_set_env(b.p, task, "A", "\xc3"), KF_EINVAL, "UTF-8");
    ck_fails(kf_pipeline_set_image(b.p, task, ""), KF_EINVAL, "empty");
    ck_fails(kf_pipeline_set_resource(b.p, task, KF_RESOURCE_CPU_LIMIT, "two"),
        KF_EINVAL, "two");
    ck_fails(kf_pipeline_set_resource(b.p, task, KF_RESOURCE_MEMORY_LIMIT, "1.5G"),
        KF_EINVAL, "1.5G");
    ck_fails(kf_pipeline_set_retry(b.p, task, KF_OPTIONS(kf_retry, .max_retries = -1)),
        KF_EINVAL, "-1");
    ck_fails(
        kf_pipeline_set_retry(b.p, task, KF_OPTIONS(kf_retry, .backoff_seconds = -1)),
        KF_EINVAL, "negative");
    ck_fails(
        kf_pipeline_set_env(b.p, task, "A", "{{channel:task=;name=none;type=String;}}"),
        KF_ENOENT, "name=none");
    build_lower(&b, true);
    build_check(&b, "deploymentSpec/executors/exec-same/container",
        "{\"image\": \"alpine\", \"command\": [\"echo\"]}");
    build_finish(&b);
}
END_TEST

START_TEST(test_fractions_of_seconds)
{
    build b = build_start("p");
    kf_task_id task = build_say(&b, "a");
    ck_ok(kf_pipeline_set_retry(b.p, task,
        KF_OPTIONS(kf_retry, .max_retries = 2, .backoff_seconds = 0.5,
            .backoff_max_seconds = 1.000002)));
    build_lower(&b, true);
    /* Protobuf's JSON mapping of Duration: 0, 3, 6 or 9 digits of a fraction. */
    build_check(&b, "root/dag/tasks/same/retryPolicy",
        "{\"maxRetryCount\": 2, \"backoffDuration\": \"0.500s\", \"backoffFactor\": "
        "2.0, "
        "\"backoffMaxDuration\": \"1.000002s\"}");
    build_finish(&b);
}
END_TEST

/* What is known only at run time waits for who makes it; KFP forgets resources. */
START_TEST(test_settings_from_channels)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id out = build_output(&b, build_say(&b, "a"));
    build_if(&b, x, "\"1\"");
    kf_task_id task = build_say(&b, "b");
    ck_ok(kf_pipeline_set_resource(
        b.p, task, KF_RESOURCE_MEMORY_LIMIT, kf_pipeline_channel_text(b.p, out)));
    ck_ok(kf_pipeline_set_env(b.p, task, "A", kf_pipeline_channel_text(b.p, x)));
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/condition-1/dependentTasks", "[\"same\"]");
    build_check(&b, "root/dag/tasks/condition-1/inputs/parameters",
        "{\"pipelinechannel--same-out\": {\"taskOutputParameter\": {\"producerTask\": "
        "\"same\", \"outputParameterKey\": \"out\"}}, \"pipelinechannel--x\": "
        "{\"componentInputParameter\": \"x\"}}");
    build_check(&b, "components/comp-condition-1/dag/tasks/same-2/inputs/parameters",
        "{\"memory_limit\": {\"runtimeValue\": {\"constant\": "
        "\"{{$.inputs.parameters['pipelinechannel--same-out']}}\"}}, "
        "\"pipelinechannel--same-out\": {\"componentInputParameter\": "
        "\"pipelinechannel--same-out\"}, \"pipelinechannel--x\": "
        "{\"componentInputParameter\": \"pipelinechannel--x\"}, \"text\": "
        "{\"runtimeValue\": {\"constant\": \"b\"}}}");
    build_check(&b, "deploymentSpec/executors/exec-same-2/container/env",
        "[{\"name\": \"A\", \"value\": "
        "\"{{$.inputs.parameters['pipelinechannel--x']}}\"}]");
    build_finish(&b);
}
END_TEST

START_TEST(test_environment_of_the_component)
{
    build b = build_start("p");
    ck_ok(kf_component_set_env(b.same, "A", "1"));
    ck_ok(kf_component_set_env(b.same, "B", "2"));
    kf_task_id task = build_say(&b, "a");
    ck_ok(kf_pipeline_set_env(b.p, task, "C", "3"));
    ck_ok(kf_pipeline_set_env(b.p, task, "A", ""));
    build_lower(&b, true);
    build_check(&b, "deploymentSpec/executors/exec-same/container/env",
        "[{\"name\": \"A\"}, {\"name\": \"B\", \"value\": \"2\"}, {\"name\": \"C\", "
        "\"value\": \"3\"}]");
    build_finish(&b);
}
END_TEST

START_TEST(test_ignoring_failure)
{
    build b = build_start("p");
    kf_task_id first = build_say(&b, "a"), second = build_task(&b, b.same);
    ck_ok(kf_pipeline_set_argument(b.p, second, "text", build_output(&b, first)));
    ck_fails(kf_pipeline_ignore_upstream_failure(b.p, second), KF_EINVAL,
        "its input \"text\" is fed by \"same\" and has no default");
    /* Also when the argument comes later. */
    kf_task_id third = build_task(&b, b.same);
    ck_ok(kf_pipeline_ignore_upstream_failure(b.p, third));
    ck_ok(kf_pipeline_set_argument(b.p, third, "text", build_output(&b, first)));
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EINVAL, "\"same-3\"");
    build_finish(&b);
}
END_TEST

START_TEST(test_platform_configuration)
{
    build b = build_start("p");
    kf_task_id task = build_say(&b, "a");
    kf_value *first = build_json("{\"a\": {\"b\": 1}, \"l\": [1]}");
    kf_value *second = build_json("{\"a\": {\"c\": 2}, \"l\": [2]}");
    kf_value *merged = build_json("{\"a\": {\"b\": 1, \"c\": 2}, \"l\": [1, 2]}");
    kf_value *text = build_json("{\"a\": \"{{channel:task=;name=x;type=String;}}\"}");
    kf_value *list = build_json("[]");
    ck_assert_ptr_null(kf_pipeline_platform_config(b.p, task, "kubernetes"));
    ck_ok(kf_pipeline_set_platform_config(b.p, task, "kubernetes", first));
    ck_ok(kf_pipeline_set_platform_config(b.p, task, "kubernetes", second));
    ck_assert(
        kf_value_equal(kf_pipeline_platform_config(b.p, task, "kubernetes"), merged));
    ck_assert_ptr_null(kf_pipeline_platform_config(b.p, task, "other"));
    ck_assert_ptr_null(kf_pipeline_platform_config(b.p, 77, "kubernetes"));
    ck_fails(kf_pipeline_set_platform_config(b.p, task, "kubernetes", text), KF_EINVAL,
        "componentInputParameter");
    ck_fails(kf_pipeline_set_platform_config(b.p, task, "kubernetes", list), KF_ETYPE,
        "struct");
    kf_value *all[] = {first, second, merged, text, list};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kf_value_free(all[i]);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/task_settings", test_order, test_order_across_groups,
    test_order_of_exit_tasks, test_container_is_needed, test_bad_settings,
    test_fractions_of_seconds, test_settings_from_channels,
    test_environment_of_the_component, test_ignoring_failure,
    test_platform_configuration)
