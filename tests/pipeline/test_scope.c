/* SPDX-License-Identifier: Apache-2.0 */
/* KFP's InvalidTopologyException, where the call is made. */
#include "pipeline/pipeline.h"

#include "build.h"

static kf_status read_text(build *b, kf_channel_id channel)
{
    return kf_pipeline_set_argument(b->p, build_task(b, b->same), "text", channel);
}

START_TEST(test_groups)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_group_id outer = build_if(&b, x, "\"1\""), inner = build_if(&b, x, "\"2\"");
    build_say(&b, "a");
    build_end(&b);
    kf_group_id other = build_if(&b, x, "\"3\"");
    ck_assert_int_eq(kf__group_depth(b.p, KF__ROOT), 0);
    ck_assert_int_eq(kf__group_depth(b.p, inner), 2);
    ck_assert(kf__group_holds(b.p, outer, inner));
    ck_assert(kf__group_holds(b.p, inner, inner));
    ck_assert(!kf__group_holds(b.p, inner, outer));
    ck_assert_int_eq(kf__group_common(b.p, inner, other), outer);
    ck_assert_int_eq(kf__group_common(b.p, inner, KF__ROOT), KF__ROOT);
    ck_assert_int_eq(kf__group_below(b.p, KF__ROOT, inner), outer);
    ck_assert_int_eq(kf__group_below(b.p, inner, inner), KF__NONE);
    build_finish(&b);
}
END_TEST

START_TEST(test_outputs)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id item = build_loop(&b, "[\"a\"]", -1);
    kf_channel_id in_loop = build_output(&b, build_pass(&b, item));
    ck_ok(read_text(&b, in_loop));
    build_if(&b, in_loop, "\"q\"");
    ck_ok(read_text(&b, in_loop));
    ck_ok(read_text(&b, item));
    build_end(&b);
    build_end(&b);
    build_if(&b, x, "\"1\"");
    kf_channel_id in_if = build_output(&b, build_say(&b, "b"));
    build_end(&b);
    ck_fails(read_text(&b, in_loop), KF_ESCOPE,
        "reads the output \"out\" of task \"same\", which is made in the loop "
        "\"for-loop-2\" and cannot be read outside of it: collect it");
    ck_fails(read_text(&b, in_if), KF_ESCOPE, "made in the if \"condition-4\"");
    ck_fails(read_text(&b, item), KF_ESCOPE, "the item of the loop \"for-loop-2\"");
    build_else(&b);
    ck_fails(read_text(&b, in_if), KF_ESCOPE, "made in the if \"condition-5\"");
    build_say(&b, "c");
    build_end(&b);
    ck_fails(read_text(&b, in_if), KF_ESCOPE, "give one of each branch");
    build_finish(&b);
}
END_TEST

START_TEST(test_exit_tasks)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_task_id leave = build_pass(&b, x);
    kf_channel_id out = build_output(&b, leave);
    kf_task_id early = build_pass(&b, out);
    kf_group_id group = -1;
    ck_ok(kf_pipeline_begin_exit_handler(b.p, leave, NULL, &group));
    kf_channel_id inside = build_output(&b, build_say(&b, "a"));
    ck_fails(read_text(&b, out), KF_ESCOPE, "exit task \"same\"");
    build_end(&b);
    ck_fails(read_text(&b, inside), KF_ESCOPE, "the exit handler \"exit-handler-1\"");
    ck_fails(kf_pipeline_set_argument(b.p, leave, "text", inside), KF_ESCOPE,
        "the pipeline's inputs only");
    /* That its output was read before it became an exit task shows at the end. */
    for (kf_task_id id = 0; (size_t)id < kf_pipeline_task_count(b.p); id++)
        if (id != leave && id != early)
            ck_ok(kf_pipeline_set_string(b.p, id, "text", "a"));
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ESCOPE,
        "\"same-2\" cannot run after the exit task \"same\"");
    build_finish(&b);
}
END_TEST

START_TEST(test_collected)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING), collected = -1, inner = -1;
    kf_channel_id plain = build_output(&b, build_say(&b, "a"));
    ck_ok(kf_pipeline_collected(b.p, plain, &collected));
    kf_task_id gather = build_task(&b, b.gather);
    ck_fails(kf_pipeline_set_argument(b.p, gather, "xs", collected), KF_ESCOPE,
        "is in no loop");
    build_if(&b, x, "\"1\"");
    kf_channel_id out = build_output(&b, build_pass(&b, build_loop(&b, "[\"a\"]", -1)));
    ck_ok(kf_pipeline_collected(b.p, out, &inner));
    ck_fails(kf_pipeline_set_argument(b.p, build_task(&b, b.gather), "xs", inner),
        KF_ESCOPE, "no loop that the reader is not in");
    build_end(&b);
    ck_ok(kf_pipeline_set_argument(b.p, build_task(&b, b.gather), "xs", inner));
    build_end(&b);
    ck_fails(kf_pipeline_set_argument(b.p, gather, "xs", inner), KF_ESCOPE,
        "made in the if \"condition-1\"");
    ck_fails(kf_pipeline_set_output(b.p, "all", collected), KF_ESCOPE, "in no loop");
    /* KFP surfaces what a pipeline itself collects through a condition. */
    ck_ok(kf_pipeline_set_output(b.p, "all", inner));
    ck_fails(kf_pipeline_set_output(b.p, "one", out), KF_ESCOPE,
        "the output of a pipeline reads the output \"out\" of task \"same-2\"");
    build_finish(&b);
}
END_TEST

START_TEST(test_one_of_within_its_branches)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING), one = -1;
    build_if(&b, x, "\"1\"");
    kf_task_id task = build_say(&b, "a");
    kf_channel_id choices[] = {build_output(&b, task), -1};
    build_end(&b);
    build_else(&b);
    choices[1] = build_output(&b, build_say(&b, "b"));
    build_end(&b);
    ck_ok(kf_pipeline_one_of(b.p, choices, 2, &one));
    ck_fails(kf_pipeline_set_argument(b.p, task, "text", one), KF_ESCOPE,
        "and is in one itself");
    ck_ok(read_text(&b, one));
    build_finish(&b);
}
END_TEST

START_TEST(test_conditions_and_loops)
{
    build b = build_start("p");
    build_loop(&b, "[1]", -1);
    kf_channel_id text = build_output(&b, build_say(&b, "a"));
    kf_channel_id list = build_output(&b, build_task(&b, b.list));
    build_end(&b);
    kf_group_id group = -1;
    ck_fails(kf_pipeline_begin_if(b.p, build_equals(&b, text, "\"a\""), NULL, &group),
        KF_ESCOPE, "a condition reads");
    ck_fails(kf_pipeline_begin_loop(b.p, (kf_operand){.channel = list}, NULL, &group),
        KF_ESCOPE, "a loop reads");
    ck_assert_int_eq(group, -1);
    build_lower(&b, true);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/scope", test_groups, test_outputs, test_exit_tasks,
    test_collected, test_one_of_within_its_branches, test_conditions_and_loops)
