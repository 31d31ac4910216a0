/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"
#include "pipeline/pipeline.h"

static kf_component *new_component(const char *name)
{
    kf_component *component = NULL;
    ck_ok(kf_component_new(name, &component));
    ck_ok(kf_component_set_container(component, "alpine", NULL, NULL));
    return component;
}

static kf_task_id add(
    kf_pipeline *pipeline, kf_component *component, const char *expected)
{
    kf_task_id task = KF__NONE;
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
    ck_assert_str_eq(kf_pipeline_task_name(pipeline, task), expected);
    return task;
}

START_TEST(the_name_is_free_again)
{
    kf_pipeline *pipeline = NULL;
    ck_ok(kf_pipeline_new("p", NULL, &pipeline));
    kf_component *one = new_component("one"), *two = new_component("one-2");
    add(pipeline, one, "one");
    kf__task_drop_last(pipeline);
    ck_assert_uint_eq(kf_pipeline_task_count(pipeline), 0);
    ck_assert_int_eq(add(pipeline, one, "one"), 0);
    add(pipeline, one, "one-2");
    kf__task_drop_last(pipeline);
    add(pipeline, two, "one-2");
    add(pipeline, one, "one-3");
    kf__task_drop_last(pipeline);
    ck_assert_int_eq(add(pipeline, one, "one-3"), 2);
    add(pipeline, two, "one-2-2");
    kf__task_drop_last(pipeline);
    add(pipeline, two, "one-2-2");
    kf_component_free(two);
    kf_component_free(one);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(the_group_has_the_other_tasks)
{
    kf_pipeline *pipeline = NULL;
    ck_ok(kf_pipeline_new("p", NULL, &pipeline));
    kf_component *one = new_component("one");
    kf_task_id first = add(pipeline, one, "one"), second = add(pipeline, one, "one-2");
    add(pipeline, one, "one-3");
    kf__task_drop_last(pipeline);
    const kf_group *root = &pipeline->groups.items[KF__ROOT];
    ck_assert_int_eq(root->first_task, first);
    ck_assert_int_eq(root->last_task, second);
    ck_assert_int_eq(pipeline->tasks.items[first].next, second);
    ck_assert_int_eq(pipeline->tasks.items[second].next, KF__NONE);
    kf__task_drop_last(pipeline);
    kf__task_drop_last(pipeline);
    ck_assert_int_eq(root->first_task, KF__NONE);
    ck_assert_int_eq(root->last_task, KF__NONE);
    kf_component_free(one);
    kf_pipeline_free(pipeline);
}
END_TEST

KF_TEST_MAIN("task_drop", the_name_is_free_again, the_group_has_the_other_tasks)
