/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_nothing_is_open)
{
    build b = build_start("p");
    ck_fails(kf_pipeline_end(b.p), KF_ESTATE, "no group is open");
    build_loop(&b, "[1]", -1);
    build_say(&b, "a");
    build_end(&b);
    ck_fails(kf_pipeline_end(b.p), KF_ESTATE, "no group is open");
    build_finish(&b);
}
END_TEST

START_TEST(test_empty_groups)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    build_if(&b, x, "\"1\"");
    ck_fails(kf_pipeline_end(b.p), KF_EMISSING, "the if \"condition-1\" holds no task");
    /* It is still open. */
    build_loop(&b, "[1]", -1);
    ck_fails(kf_pipeline_end(b.p), KF_EMISSING, "for-loop-3");
    build_say(&b, "a");
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    build_finish(&b);
}
END_TEST

START_TEST(test_branches_follow_an_if)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_condition_id condition = build_equals(&b, x, "\"1\"");
    kf_group_id group = -1;
    ck_fails(kf_pipeline_begin_else(b.p, NULL, &group), KF_ESTATE, "before this one");
    build_loop(&b, "[1]", -1);
    ck_fails(
        kf_pipeline_begin_elif(b.p, condition, NULL, &group), KF_ESTATE, "an elif");
    build_say(&b, "a");
    build_end(&b);
    ck_fails(kf_pipeline_begin_else(b.p, NULL, &group), KF_ESTATE, "none");
    build_if(&b, x, "\"1\"");
    build_say(&b, "b");
    build_end(&b);
    build_say(&b, "between");
    build_else(&b);
    build_say(&b, "c");
    build_end(&b);
    ck_fails(kf_pipeline_begin_else(b.p, NULL, &group), KF_ESTATE, "an else");
    ck_fails(
        kf_pipeline_begin_elif(b.p, condition, NULL, &group), KF_ESTATE, "an else");
    build_finish(&b);
}
END_TEST

/* KFP leaves the branches open, and what follows becomes part of them. */
START_TEST(test_elif_without_else)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_group_id group = -1;
    build_loop(&b, "[1]", -1);
    build_if(&b, x, "\"1\"");
    build_say(&b, "a");
    build_end(&b);
    ck_ok(kf_pipeline_begin_elif(b.p, build_equals(&b, x, "\"2\""), "shown", &group));
    build_say(&b, "b");
    build_end(&b);
    build_say(&b, "c");
    build_end(&b);
    build_say(&b, "d");
    build_lower(&b, true);
    ck_assert_uint_eq(
        kf_value_length(build_at(&b, "components/comp-condition-branches-3/dag/tasks")),
        2);
    ck_assert_ptr_nonnull(build_at(&b, "components/comp-for-loop-2/dag/tasks/same-3"));
    ck_assert_ptr_nonnull(build_at(&b, "root/dag/tasks/same-4"));
    build_check(&b,
        "components/comp-condition-branches-3/dag/tasks/condition-5/taskInfo",
        "{\"name\": \"shown\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_depth)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_condition_id condition = build_equals(&b, x, "\"1\"");
    kf_group_id group = -1;
    kf_status status = KF_OK;
    int depth = 0;
    for (; status == KF_OK; depth++)
        status = kf_pipeline_begin_if(b.p, condition, NULL, &group);
    ck_assert_int_eq(status, KF_ELIMIT);
    ck_assert_ptr_nonnull(strstr(kf_last_error()->message, "KF__LIMIT_GROUP_DEPTH"));
    build_pass(&b, x);
    for (int i = 0; i < depth - 1; i++)
        build_end(&b);
    build_lower(&b, true);
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), (size_t)depth);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/flow", test_nothing_is_open, test_empty_groups,
    test_branches_follow_an_if, test_elif_without_else, test_depth)
