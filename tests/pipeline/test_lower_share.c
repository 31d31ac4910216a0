/* SPDX-License-Identifier: Apache-2.0 */
/* The compact form: what shares a component, and what must not. */
#include "build.h"

static const char *component_of(const build *b, const char *task)
{
    char path[100];
    (void)snprintf(path, sizeof path, "root/dag/tasks/%s/componentRef/name", task);
    return kf_value_string(build_at(b, path));
}

static kf_task_id with_limit(build *b, const char *limit)
{
    kf_task_id task = build_say(b, "a");
    ck_ok(kf_pipeline_set_resource(b->p, task, KF_RESOURCE_CPU_LIMIT, limit));
    return task;
}

START_TEST(test_tasks_of_one_component)
{
    build b = build_start("p");
    kf_task_id last = build_say(&b, "a");
    last = build_pass(&b, build_output(&b, last));
    ck_ok(kf_pipeline_set_display_name(b.p, last, "shown"));
    ck_ok(kf_pipeline_set_caching(b.p, last, false, NULL));
    build_loop(&b, "[1]", -1);
    build_say(&b, "b");
    build_end(&b);
    build_lower(&b, false);
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), 2);
    ck_assert_uint_eq(kf_value_length(build_at(&b, "deploymentSpec/executors")), 1);
    build_check(&b, "components/comp-for-loop-2/dag/tasks/same-3/componentRef",
        "{\"name\": \"comp-same\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_what_the_backend_hangs_on_a_component)
{
    build b = build_start("p");
    kf_value *config = build_json("{\"imagePullPolicy\": \"Always\"}");
    build_say(&b, "a");         /* same */
    with_limit(&b, "2");        /* same-2 */
    with_limit(&b, "2");        /* same-3 */
    with_limit(&b, "3");        /* same-4 */
    for (int i = 0; i < 2; i++) /* same-5, same-6 */
        ck_ok(kf_pipeline_set_retry(
            b.p, build_say(&b, "a"), KF_OPTIONS(kf_retry, .max_retries = 2)));
    ck_ok(kf_pipeline_set_retry(b.p, with_limit(&b, "2"), /* same-7 */
        KF_OPTIONS(kf_retry, .max_retries = 2)));
    for (int i = 0; i < 2; i++) /* same-8, same-9 */
        ck_ok(kf_pipeline_set_platform_config(
            b.p, build_say(&b, "a"), "kubernetes", config));
    ck_ok(kf_pipeline_set_env(b.p, build_say(&b, "a"), "A", "1")); /* same-10 */
    build_say(&b, "b");                                            /* same-11 */
    build_lower(&b, false);
    ck_assert_str_eq(component_of(&b, "same"), "comp-same");
    ck_assert_str_eq(component_of(&b, "same-2"), "comp-same-2");
    ck_assert_str_eq(component_of(&b, "same-3"), "comp-same-2");
    ck_assert_str_eq(component_of(&b, "same-4"), "comp-same-4");
    ck_assert_str_eq(component_of(&b, "same-5"), "comp-same-5");
    ck_assert_str_eq(component_of(&b, "same-6"), "comp-same-5");
    ck_assert_str_eq(component_of(&b, "same-7"), "comp-same-7");
    ck_assert_str_eq(component_of(&b, "same-8"), "comp-same-8");
    ck_assert_str_eq(component_of(&b, "same-9"), "comp-same-8");
    ck_assert_str_eq(component_of(&b, "same-10"), "comp-same-10");
    ck_assert_str_eq(component_of(&b, "same-11"), "comp-same");
    ck_assert_uint_eq(kf_value_length(build_at(&b, "deploymentSpec/executors")), 7);
    const kf_value *kubernetes =
        kf_value_get(kf_value_get(b.document.platform, "platforms"), "kubernetes");
    ck_assert_uint_eq(kf_value_length(kf_value_get(
                          kf_value_get(kubernetes, "deploymentSpec"), "executors")),
        1);
    kf_value_free(config);
    build_finish(&b);
}
END_TEST

/* Content counts, not which object it was. */
START_TEST(test_equal_components)
{
    build b = build_start("p"), other = build_start("other");
    build_say(&b, "a");
    kf_task_id task = build_task(&b, other.same);
    ck_ok(kf_pipeline_set_string(b.p, task, "text", "b"));
    ck_ok(kf_component_set_description(other.same, "not in the document"));
    task = build_task(&b, other.same);
    ck_ok(kf_pipeline_set_string(b.p, task, "text", "c"));
    ck_ok(kf_component_set_env(other.same, "A", "1"));
    task = build_task(&b, other.same);
    ck_ok(kf_pipeline_set_string(b.p, task, "text", "d"));
    build_lower(&b, false);
    ck_assert_str_eq(component_of(&b, "same-2"), "comp-same");
    ck_assert_str_eq(component_of(&b, "same-3"), "comp-same");
    ck_assert_str_eq(component_of(&b, "same-4"), "comp-same-4");
    build_finish(&b);
    build_finish(&other);
}
END_TEST

START_TEST(test_nested_pipelines)
{
    build b = build_start("p"), inner = build_start("inner");
    kf_component *first = NULL, *second = NULL;
    build_say(&inner, "a");
    build_loop(&inner, "[1]", -1);
    build_say(&inner, "b");
    build_end(&inner);
    ck_ok(kf_component_from_pipeline(inner.p, &first));
    ck_ok(kf_component_from_pipeline(inner.p, &second));
    build_task(&b, first);
    build_task(&b, second);
    build_task(&b, first);
    build_say(&b, "c");
    build_lower(&b, false);
    ck_assert_str_eq(component_of(&b, "inner-3"), component_of(&b, "inner"));
    ck_assert_str_eq(component_of(&b, "inner-2"), component_of(&b, "inner"));
    /* inner, its loop, and the one leaf that all of them use. */
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), 3);
    kf_task_id retried = build_task(&b, first);
    ck_ok(kf_pipeline_set_retry(b.p, retried, KF_OPTIONS(kf_retry, .max_retries = 2)));
    build_lower(&b, false);
    ck_assert_str_eq(component_of(&b, "inner-4"), "comp-inner-4");
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), 4);
    build_lower(&b, true);
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), 17);
    kf_component_free(first);
    kf_component_free(second);
    build_finish(&b);
    build_finish(&inner);
}
END_TEST

/* A chain of 1,000 tasks of one component: KFP's YAML has 1.43 MB, and etcd takes 1.5. */
START_TEST(test_size)
{
    build b = build_start("p");
    char *text = NULL;
    kf_task_id last = build_say(&b, "a");
    for (int i = 1; i < 1000; i++)
        last = build_pass(&b, build_output(&b, last));
    ck_ok(kf_pipeline_write(b.p, NULL, &text));
    ck_assert_uint_le(strlen(text), 350000);
    kf_pipeline *read = NULL;
    kf_value *written = NULL, *again = NULL;
    ck_ok(kf_pipeline_load(text, strlen(text), &read));
    ck_ok(kf_pipeline_spec(b.p, NULL, &written));
    ck_ok(kf_pipeline_spec(read, NULL, &again));
    ck_assert(kf_value_equal(written, again));
    ck_assert_uint_eq(kf_value_length(kf_value_get(written, "components")), 1);
    kf_value_free(written);
    kf_value_free(again);
    kf_pipeline_free(read);
    kf_text_free(text);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/lower_share", test_tasks_of_one_component,
    test_what_the_backend_hangs_on_a_component, test_equal_components,
    test_nested_pipelines, test_size)
