/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "build.h"

static const char *name_of(build *b, kf_component *component, const char *name)
{
    kf_task_id task = -1;
    ck_ok(kf_pipeline_add_task(b->p, component, name, &task));
    return kf_pipeline_task_name(b->p, task);
}

/* KFP: make_name_unique_by_adding_index. */
START_TEST(test_index_is_the_first_free)
{
    build b = build_start("p");
    ck_assert_str_eq(name_of(&b, b.same, NULL), "same");
    ck_assert_str_eq(name_of(&b, b.same, "same-3"), "same-3");
    ck_assert_str_eq(name_of(&b, b.same, NULL), "same-2");
    ck_assert_str_eq(name_of(&b, b.same, NULL), "same-4");
    ck_assert_str_eq(name_of(&b, b.same, "same-3"), "same-3-2");
    ck_assert_str_eq(name_of(&b, b.same, "Some Näme!"), "some-n-me");
    ck_assert_str_eq(name_of(&b, b.same, "???"), "task");
    ck_assert_str_eq(name_of(&b, b.same, ""), "task-2");
    build_finish(&b);
}
END_TEST

/* A task and a group of one name would be one entry of a DAG. */
START_TEST(test_tasks_and_groups_share_names)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_component *condition = build_component("condition");
    ck_assert_str_eq(name_of(&b, condition, NULL), "condition");
    build_if(&b, x, "\"1\"");
    ck_assert_str_eq(name_of(&b, condition, "condition-1"), "condition-1-2");
    build_end(&b);
    ck_assert_str_eq(name_of(&b, condition, NULL), "condition-2");
    build_if(&b, x, "\"2\"");
    ck_assert_str_eq(name_of(&b, condition, NULL), "condition-3");
    build_end(&b);
    build_lower(&b, true);
    ck_assert_uint_eq(kf_value_length(build_at(&b, "root/dag/tasks")), 4);
    build_check(
        &b, "root/dag/tasks/condition-2-2/componentRef/name", "\"comp-condition-2-2\"");
    kf_component_free(condition);
    build_finish(&b);
}
END_TEST

START_TEST(test_names_that_are_none)
{
    build b = build_start("p");
    kf_task_id task = -1;
    char *longest = calloc(1, 2000);
    memset(longest, 'a', 1999);
    ck_fails(kf_pipeline_add_task(b.p, b.same, longest, &task), KF_ELIMIT, "1999");
    ck_fails(kf_pipeline_add_task(b.p, b.same, "\xff", &task), KF_EINVAL, "UTF-8");
    ck_assert_int_eq(task, -1);
    ck_assert_uint_eq(kf_pipeline_task_count(b.p), 0);
    free(longest);
    build_finish(&b);
}
END_TEST

/* 20,000 tasks of one name take no time; KFP's way takes hours. */
START_TEST(test_many_of_one_name)
{
    build b = build_start("p");
    const char *name = NULL;
    for (int i = 0; i < 20000; i++)
        name = name_of(&b, b.same, NULL);
    ck_assert_str_eq(name, "same-20000");
    ck_assert_int_eq(kf__name_task(b.p, "same-777", 8), 776);
    ck_assert_int_eq(kf__name_task(b.p, "none", 4), KF__NONE);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/name", test_index_is_the_first_free,
    test_tasks_and_groups_share_names, test_names_that_are_none, test_many_of_one_name)
