/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts: how often, and when. */
#include "run_test.h"

/* clang-format off */ /* Documents made of macros are laid out by hand. */

static run_case self;

static void setup(void)
{
    run_case_open(&self);
}

static void teardown(void)
{
    run_case_close(&self);
}

#define RETRY(members) "retryPolicy: {" members "}"
#define FLAKY(failures, policy) \
    ROOT("tasks: {t: {" USE("flaky") ", " WITH( \
        "failures: " CONSTANT(failures)) ", " policy "}}")

static int64_t attempts_of(kf_run *run, const char *path)
{
    kf_value *description = NULL;
    ck_ok(kf_run_describe(run, &description));
    int64_t attempts =
        kf_value_int(kf_value_get(run_find_task(description, path), "attempts"));
    kf_value_free(description);
    return attempts;
}

START_TEST(a_task_is_tried_again)
{
    kf_run *run = run_until(&self, FLAKY("2", RETRY("maxRetryCount: 3")), NULL, KF_OK);
    ck_assert_int_eq(self.flaky_calls, 3);
    ck_assert_int_eq(attempts_of(run, "t"), 3);
    kf_run_free(run);
}
END_TEST

START_TEST(not_more_often_than_allowed)
{
    kf_run *run =
        run_until(&self, FLAKY("9", RETRY("maxRetryCount: 2")), NULL, KF_EFAILED);
    ck_assert_int_eq(self.flaky_calls, 3);
    run_expect_error(run, "t", "the function 'flaky' returned 7");
    kf_run_free(run);
}
END_TEST

START_TEST(waits_grow_up_to_the_longest)
{
    /* 0.05 s, then 0.1 s (factor 2), then 0.12 s, where 0.2 s would be over the longest. */
    int64_t start = kf__monotonic_ns();
    kf_run *run = run_until(&self,
        FLAKY(
        "3", RETRY("maxRetryCount: 3, backoffDuration: 0.050s, backoffFactor: 2.0,"
        " backoffMaxDuration: 0.120s")),
        NULL, KF_OK);
    double seconds = (double)(kf__monotonic_ns() - start) / 1e9;
    ck_assert_double_ge(seconds, 0.27);
    ck_assert_double_lt(seconds, 5);
    kf_run_free(run);
}
END_TEST

START_TEST(other_tasks_run_while_one_waits)
{
    kf_run
        *run =
            run_until(&self,
                ROOT(
        "tasks: {t: {" USE("flaky") ", " WITH("failures: " CONSTANT(
        "1")) ", " RETRY("maxRetryCount: 1, backoffDuration: 0.200s") "},"
        "a: {" USE("sleep") ", " WITH("ms: " CONSTANT("20")) "},"
        "b: {" USE("echo") ", dependentTasks: [a], " WITH("text: " CONSTANT("b")) "}}"),
                KF_OPTIONS(kf_run_options, .jobs = 1), KF_OK);
    ck_assert_str_eq(kf__buf_text(&self.calls), "flaky() sleep() echo(\"b\") flaky() ");
    kf_run_free(run);
}
END_TEST

START_TEST(a_policy_of_a_nested_pipeline_holds_within)
{
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-inner: {dag: {tasks: {t: {" USE("flaky") ", " WITH("failures: " CONSTANT(
        "2")) "}}}}\n" ROOT("tasks: {inner: {" USE("inner") ", " RETRY("maxRetryCount: 2") "}"
        "}"),
        NULL, KF_OK);
    ck_assert_int_eq(attempts_of(run, "inner/t"), 3);
    kf_run_free(run);
}
END_TEST

START_TEST(bad_inputs_are_not_tried_again)
{
    kf_run *run = run_until(&self,
        ROOT("tasks: {t: {" USE("flaky") ", " WITH(
        "failures: " CONSTANT("many")) ", " RETRY("maxRetryCount: 5") "}}"),
        NULL, KF_EFAILED);
    ck_assert_int_eq(self.flaky_calls, 0);
    run_expect_error(
        run, "t", "'failures' is of type NUMBER_INTEGER and cannot take a string");
    kf_run_free(run);
}
END_TEST

START_TEST(outputs_of_a_failed_attempt_are_gone)
{
    /* The second attempt finds no file of the first. */
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-p: {executorLabel: exec-p, outputDefinitions: {artifacts: {file: "
        "{artifactType: {schemaTitle: system.Artifact, schemaVersion: 0.0.1}}}}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'test -e \"$0\" && exit 9; echo made > \"$0\"; exit 1',"
        " \"{{$.outputs.artifacts['file'].path}}\"]}}}}\n" ROOT("tasks: {t: {" USE(
        "p") ", " RETRY("maxRetryCount: 1, backoffDuration: 0.300s") "}}"),
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST, .jobs = 1),
        KF_EFAILED);
    kf_value *logs = NULL;
    ck_ok(kf_store_logs(self.store, kf_run_id(run), "t", &logs));
    ck_assert_uint_eq(kf_value_length(logs), 2);
    ck_assert_int_eq(kf_value_int(kf_value_get(kf_value_at(logs, 1), "attempt")), 2);
    kf_value_free(logs);
    run_expect_error(run, "t", "exit code 1");
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/scheduler_worker", setup, teardown, a_task_is_tried_again,
    not_more_often_than_allowed, waits_grow_up_to_the_longest,
    other_tasks_run_while_one_waits, a_policy_of_a_nested_pipeline_holds_within,
    bad_inputs_are_not_tried_again, outputs_of_a_failed_attempt_are_gone)
