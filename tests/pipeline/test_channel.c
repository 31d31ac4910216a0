/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_outputs_of_tasks)
{
    build b = build_start("p");
    kf_component *several = build_component("several");
    ck_ok(kf_component_add_output(several, "loss", KF_TYPE_DOUBLE, NULL));
    ck_ok(kf_component_add_output_artifact(several, "model", "system.Model", NULL));
    kf_task_id task = build_task(&b, several);
    kf_channel_id first = -1, again = -1;
    ck_fails(kf_pipeline_task_output(b.p, task, NULL, &first), KF_ENOENT, "2 outputs");
    ck_fails(kf_pipeline_task_output(b.p, task, "lost", &first), KF_ENOENT,
        "did you mean \"loss\"");
    ck_ok(kf_pipeline_task_output(b.p, task, "model", &first));
    ck_ok(kf_pipeline_task_output(b.p, task, "model", &again));
    ck_assert_int_eq(first, again);
    ck_assert_int_eq(kf_pipeline_channel_type(b.p, first), KF_TYPE_NONE);
    ck_assert_int_eq(kf_pipeline_channel_type(b.p, 77), KF_TYPE_NONE);
    ck_fails(kf_pipeline_task_output(b.p, build_task(&b, b.use), NULL, &first),
        KF_ENOENT, "0 outputs");
    kf_component_free(several);
    build_finish(&b);
}
END_TEST

START_TEST(test_own_output)
{
    build b = build_start("p");
    kf_task_id task = build_task(&b, b.same);
    ck_fails(kf_pipeline_set_argument(b.p, task, "text", build_output(&b, task)),
        KF_ECYCLE, "its own output");
    build_finish(&b);
}
END_TEST

START_TEST(test_collected_twice)
{
    build b = build_start("p");
    kf_channel_id collected = -1, item = build_loop(&b, "[\"a\"]", -1);
    kf_channel_id out = build_output(&b, build_pass(&b, item));
    build_end(&b);
    ck_fails(
        kf_pipeline_collected(b.p, item, &collected), KF_EINVAL, "output of a task");
    ck_ok(kf_pipeline_collected(b.p, out, &collected));
    ck_assert_int_eq(kf_pipeline_channel_type(b.p, collected), KF_TYPE_LIST);
    ck_fails(kf_pipeline_collected(b.p, collected, &collected), KF_EINVAL, "output");
    for (int i = 0; i < 2; i++)
        ck_ok(kf_pipeline_set_argument(b.p, build_task(&b, b.gather), "xs", collected));
    build_lower(&b, true);
    static const char expected[] =
        "{\"xs\": {\"taskOutputParameter\": {\"producerTask\": \"for-loop-2\", "
        "\"outputParameterKey\": \"pipelinechannel--same-out\"}}}";
    build_check(&b, "root/dag/tasks/gather/inputs/parameters", expected);
    build_check(&b, "root/dag/tasks/gather-2/inputs/parameters", expected);
    build_check(&b, "components/comp-for-loop-2/outputDefinitions",
        "{\"parameters\": {\"pipelinechannel--same-out\": {\"parameterType\": "
        "\"LIST\"}}}");
    build_finish(&b);
}
END_TEST

START_TEST(test_loop_over_collected)
{
    build b = build_start("p");
    kf_channel_id collected = -1;
    kf_channel_id out = build_output(&b, build_pass(&b, build_loop(&b, "[\"a\"]", -1)));
    build_end(&b);
    ck_ok(kf_pipeline_collected(b.p, out, &collected));
    build_pass(&b, build_loop(&b, NULL, collected));
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/for-loop-3/parameterIterator",
        "{\"items\": {\"inputParameter\": "
        "\"pipelinechannel--for-loop-2-pipelinechannel--same-out\"}, \"itemInput\": "
        "\"pipelinechannel--for-loop-2-pipelinechannel--same-out-loop-item\"}");
    build_check(&b, "root/dag/tasks/for-loop-3/dependentTasks", "[\"for-loop-2\"]");
    build_check(&b,
        "components/comp-for-loop-3/dag/tasks/same-2/inputs/parameters/text",
        "{\"componentInputParameter\": "
        "\"pipelinechannel--for-loop-2-pipelinechannel--same-out-loop-item\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_one_of)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING), one = -1;
    build_if(&b, x, "\"1\"");
    kf_channel_id first = build_output(&b, build_say(&b, "a"));
    kf_channel_id other = build_output(&b, build_say(&b, "b"));
    kf_task_id number = build_task(&b, b.count);
    ck_ok(kf_pipeline_set_int(b.p, number, "n", 1));
    kf_channel_id count = build_output(&b, number);
    build_if(&b, x, "\"deeper\"");
    kf_channel_id deep = build_output(&b, build_say(&b, "c"));
    build_end(&b);
    build_end(&b);
    kf_channel_id before[] = {first};
    ck_fails(
        kf_pipeline_one_of(b.p, before, 1, &one), KF_ESCOPE, "directly in a branch");
    kf_group_id group = -1;
    ck_ok(kf_pipeline_begin_elif(b.p, build_equals(&b, x, "\"2\""), NULL, &group));
    kf_channel_id second = build_output(&b, build_say(&b, "d"));
    build_end(&b);
    kf_channel_id half[] = {first, second};
    ck_fails(kf_pipeline_one_of(b.p, half, 2, &one), KF_ESCOPE, "no else");
    build_else(&b);
    kf_channel_id third = build_output(&b, build_say(&b, "e"));
    build_end(&b);
    ck_fails(kf_pipeline_one_of(b.p, half, 2, &one), KF_ESCOPE, "\"condition-5\"");
    kf_channel_id nested[] = {deep, second, third}, mixed[] = {count, second, third};
    kf_channel_id twice[] = {first, other, second, third},
                  good[] = {first, second, third};
    kf_channel_id input[] = {x, second, third};
    ck_fails(
        kf_pipeline_one_of(b.p, nested, 3, &one), KF_ESCOPE, "directly in a branch");
    ck_fails(kf_pipeline_one_of(b.p, mixed, 3, &one), KF_ETYPE, "several types");
    ck_fails(kf_pipeline_one_of(b.p, twice, 4, &one), KF_EINVAL, "two of them");
    ck_fails(kf_pipeline_one_of(b.p, input, 3, &one), KF_EINVAL, "outputs of tasks");
    ck_ok(kf_pipeline_one_of(b.p, good, 3, &one));
    ck_fails(kf_pipeline_one_of(b.p, (kf_channel_id[]){one, second, third}, 3, &one),
        KF_EINVAL, "outputs of tasks");
    /* Read by nothing but a condition. */
    build_if(&b, one, "\"z\"");
    build_say(&b, "f");
    build_end(&b);
    build_lower(&b, true);
    build_check(&b,
        "components/comp-condition-branches-1/dag/outputs/parameters/"
        "pipelinechannel--condition-branches-1-oneof-1/valueFromOneof",
        "{\"parameterSelectors\": [{\"producerSubtask\": \"condition-3\", "
        "\"outputParameterKey\": \"pipelinechannel--same-out\"}, {\"producerSubtask\": "
        "\"condition-4\", \"outputParameterKey\": \"pipelinechannel--same-4-out\"}, "
        "{\"producerSubtask\": \"condition-5\", \"outputParameterKey\": "
        "\"pipelinechannel--same-5-out\"}]}");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/channel", test_outputs_of_tasks, test_own_output,
    test_collected_twice, test_loop_over_collected, test_one_of)
