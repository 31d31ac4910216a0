/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_cycle_of_tasks)
{
    build b = build_start("p");
    kf_task_id a = build_say(&b, "a"), c = build_say(&b, "c"), d = build_say(&b, "d");
    kf_task_id before = build_say(&b, "e");
    ck_ok(kf_pipeline_after(b.p, a, before));
    ck_ok(kf_pipeline_after(b.p, a, d));
    ck_ok(kf_pipeline_after(b.p, c, a));
    ck_ok(kf_pipeline_set_argument(b.p, d, "text", build_output(&b, c)));
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ECYCLE,
        "\"same\" before \"same-2\" before \"same-3\" before \"same\" must run");
    build_finish(&b);
}
END_TEST

/* No task waits for itself, but what they are in does. */
START_TEST(test_cycle_of_groups)
{
    build b = build_start("p");
    build_loop(&b, "[1]", -1);
    kf_task_id first = build_say(&b, "a"), third = build_say(&b, "b");
    build_end(&b);
    build_loop(&b, "[1]", -1);
    kf_task_id second = build_say(&b, "c");
    build_end(&b);
    ck_ok(kf_pipeline_after(b.p, second, first));
    build_lower(&b, true);
    ck_ok(kf_pipeline_after(b.p, third, second));
    kf_document failed = {0};
    ck_fails(kf__pipeline_lower(b.p, NULL, &failed), KF_ECYCLE,
        "\"for-loop-2\" before \"for-loop-4\" before \"for-loop-2\"");
    build_finish(&b);
}
END_TEST

/* Deep without recursion, and linear. */
START_TEST(test_long_chain)
{
    enum { COUNT = 50000 };
    build b = build_start("p");
    kf_task_id last = build_say(&b, "a");
    for (int i = 1; i < COUNT; i++)
        last = build_pass(&b, build_output(&b, last));
    build_lower(&b, false);
    build_check(&b, "root/dag/tasks/same-50000/dependentTasks", "[\"same-49999\"]");
    ck_assert_uint_eq(kf_value_length(build_at(&b, "components")), 1);
    ck_ok(kf_pipeline_after(b.p, 0, last));
    kf_document failed = {0};
    ck_fails(kf__pipeline_lower(b.p, NULL, &failed), KF_ECYCLE, "begin");
    build_finish(&b);
}
END_TEST

/* By name, each once, as KFP sorts them. */
START_TEST(test_many_upstream)
{
    build b = build_start("p");
    kf_task_id tasks[12];
    for (int i = 0; i < 12; i++)
        tasks[i] = build_say(&b, "a");
    kf_task_id last = build_pass(&b, build_output(&b, tasks[3]));
    for (int i = 0; i < 12; i++)
        ck_ok(kf_pipeline_after(b.p, last, tasks[i]));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/same-13/dependentTasks",
        "[\"same\", \"same-10\", \"same-11\", \"same-12\", \"same-2\", \"same-3\", "
        "\"same-4\", \"same-5\", \"same-6\", \"same-7\", \"same-8\", \"same-9\"]");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/lower_order", test_cycle_of_tasks, test_cycle_of_groups,
    test_long_chain, test_many_upstream)
