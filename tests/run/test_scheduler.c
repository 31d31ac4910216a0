/* SPDX-License-Identifier: Apache-2.0 */
/* Order, failure, conditions and groups. What is expected follows from KFP's documentation of
 * its control flow and from what its backend does with the document. */
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

static void check(const char *text, const char *name, const char *json)
{
    kf_run *run = run_until(&self, text, NULL, KF_OK);
    run_expect_output(run, name, json);
    kf_run_free(run);
}

START_TEST(values_flow_along_a_chain)
{
    check(ROOT(GIVES("sum: " FROM("c",
        "Output")) ", tasks: {c: {" USE("add") ", " WITH("x: " OUTPUT("b") ", y: " OUTPUT(
        "a")) "},b: {" USE("add") ", " WITH("x: " OUTPUT("a")) "},a: {" USE("add") ", " WITH(
        "x: " CONSTANT("40.0")) "}}"),
        "sum", "83");
    ck_assert_str_eq(kf__buf_text(&self.calls), "add(40) add(41) add(42) ");
}
END_TEST

START_TEST(tasks_wait_without_taking_values)
{
    kf_run *run = run_until(&self,
        ROOT("tasks: {"
        "a: {" USE("echo") ", dependentTasks: [b], " WITH("text: " CONSTANT("a")) "},"
        "b: {" USE("echo") ", dependentTasks: [c], " WITH("text: " CONSTANT("b")) "},"
        "c: {" USE("echo") ", " WITH("text: " CONSTANT("c")) "}}"),
        NULL, KF_OK);
    ck_assert_str_eq(kf__buf_text(&self.calls), "echo(\"c\") echo(\"b\") echo(\"a\") ");
    kf_run_free(run);
}
END_TEST

static const char failing[] = ROOT(
    "tasks: {first: {" USE("sleep") ", " WITH("ms: " CONSTANT("20")) "},"
        "bad: {" USE("fail") ", dependentTasks: [first], " WITH("text: " CONSTANT(
        "no luck")) "},after: {" USE("echo") ", " WITH("text: " OUTPUT("bad")) "},"
        "later: {" USE("echo") ", " WITH("text: " OUTPUT("after")) "},"
        "slow: {" USE("sleep") ", " WITH("ms: " CONSTANT("100")) "},other: {" USE("ech"
        "o") ", " WITH("text: " OUTPUT("slow")) "}}");

START_TEST(a_failure_stops_what_has_not_begun)
{
    kf_run *run =
        run_until(&self, failing, KF_OPTIONS(kf_run_options, .jobs = 2), KF_EFAILED);
    ck_fails(kf_run_wait(run, 0), KF_EFAILED, "the task 'bad' failed: no luck");
    ck_assert_str_eq(kf_last_error()->message, "the task 'bad' failed: no luck");
    run_expect(run, "bad", "FAILED", "after", "SKIPPED", "later", "SKIPPED", "slow",
        "SUCCEEDED", "other", "SKIPPED");
    run_expect_error(run, "bad", "no luck");
    run_expect_error(run, "after", "the task 'bad' before it failed");
    run_expect_error(run, "other", "another task of the run failed");
    ck_assert_int_eq(kf_run_state(run), KF_STATE_FAILED);
    kf_run_free(run);
}
END_TEST

START_TEST(what_does_not_depend_on_it_may_go_on)
{
    kf_run *run = run_until(&self, failing,
        KF_OPTIONS(kf_run_options, .jobs = 2, .keep_going = true), KF_EFAILED);
    run_expect(run, "bad", "FAILED", "after", "SKIPPED", "later", "SKIPPED", "slow",
        "SUCCEEDED", "other", "SUCCEEDED");
    kf_run_free(run);
}
END_TEST

START_TEST(a_task_may_ignore_that_upstream_failed)
{
    kf_run *run = run_until(&self,
        ROOT("tasks: {"
        "bad: {" USE("fail") ", " WITH("text: " CONSTANT("x")) "},tidy: {" USE(
        "maybe") ", " ALWAYS
        ", dependentTasks: [bad], " WITH("text: " OUTPUT("bad")) "},"
        "next: {" USE("echo") ", " WITH("text: " OUTPUT("tidy")) "}}"),
        NULL, KF_EFAILED);
    run_expect(run, "bad", "FAILED", "tidy", "SUCCEEDED", "next", "SUCCEEDED");
    ck_assert_str_eq(
        kf__buf_text(&self.calls), "fail(\"x\") echo(\"nothing\") echo(\"nothing\") ");
    kf_run_free(run);
}
END_TEST

START_TEST(it_takes_the_value_if_there_is_one)
{
    check(ROOT(GIVES("text: " FROM("tidy",
        "Output")) ", tasks: {good: {" USE("echo") ", " WITH("text: " CONSTANT("fine")) "},"
        "tidy: {" USE("maybe") ", " ALWAYS ", " WITH("text: " OUTPUT("good")) "}}"),
        "text", "\"fine\"");
}
END_TEST

/* ---- conditions ---- */

#define BRANCHES(value) \
    "components:\n" \
    "  comp-yes: {inputDefinitions: {parameters: {v: {parameterType: NUMBER_INTEGER}}}," \
    " outputDefinitions: {parameters: {text: {parameterType: STRING}}}, dag: {" \
        GIVES("text: " FROM("say", "Output")) ", tasks: {say: {" USE("echo") ", " \
        WITH("text: " CONSTANT("'yes {{$.inputs.parameters[''v'']}}'") ", v: " INPUT( \
        "v")) "}}}}\n" \
        "  comp-no: {inputDefinitions: {parameters: {v: {parameterType: NUMBER_INTEGER}}}," \
        " outputDefinitions: {parameters: {text: {parameterType: STRING}}}, " \
        "dag: {" GIVES("text: " FROM("say", "Output")) ", tasks: {say: {" USE("echo") ", " \
        WITH("text: " CONSTANT( \
        "'no'")) "}}}}\n" \
        "  comp-branches: {inputDefinitions: {parameters: {v: " \
        "{parameterType: NUMBER_INTEGER}}}," \
        " outputDefinitions: {parameters: {text: {parameterType: STRING}}}, dag: {" \
        "outputs: {parameters: {text: {valueFromOneof: {parameterSelectors: [" \
        "{producerSubtask: condition-1, outputParameterKey: text}," \
        "{producerSubtask: condition-2, outputParameterKey: text}]}}}}, tasks: {" \
        "condition-1: {" USE("yes") ", " WITH("v: " INPUT( \
        "v")) ", triggerPolicy: {condition: \"int(inputs.parameter_values['v']) > 10\"}}," \
        "condition-2: {" USE("no") ", " WITH("v: " INPUT("v")) ", triggerPolicy: {condition: " \
        "\"!(int(inputs.parameter_values['" \
        "v']) > 10)\"}}}}}\n" ROOT(GIVES("text: " FROM("after", \
        "Output")) ", tasks: {value: {" USE("add") ", " WITH("x: " CONSTANT(value)) "},condit" \
        "ion-branches-1: {" USE("branches") ", " WITH("v: " OUTPUT("value")) "}," \
        "after: {" USE("echo") ", " WITH("text: " OUTPUT_OF("condition-branches-1", \
        "text")) "}}")

START_TEST(the_branch_whose_condition_holds_gives_the_output)
{
    kf_run *run = run_until(&self, BRANCHES("20"), NULL, KF_OK);
    run_expect_output(run, "text", "\"yes 21\"");
    run_expect(run, "condition-branches-1/condition-1", "SUCCEEDED",
        "condition-branches-1/condition-1/say", "SUCCEEDED",
        "condition-branches-1/condition-2", "SKIPPED",
        "!condition-branches-1/condition-2/say", "");
    kf_run_free(run);
    run = run_until(&self, BRANCHES("9"), NULL, KF_OK);
    run_expect_output(run, "text", "\"no\"");
    kf_run_free(run);
}
END_TEST

START_TEST(what_waits_for_a_skipped_group_is_skipped)
{
    kf_run
        *run =
            run_until(&self,
        "components:\n"
        "  comp-if: {inputDefinitions: {parameters: {v: {parameterType: STRING}}},"
        " dag: {tasks: {in: {" USE("echo") ", " WITH("text: " CONSTANT("in")) "}}}}\n" ROOT(
        "tasks: {condition-1: {" USE("if") ", " WITH("v: " CONSTANT(
        "\"it's\"")) ", triggerPolicy: {condition: "
        "\"inputs.parameter_values['v'] == 'other'\"}},"
        "after: {" USE("echo") ", dependentTasks: [condition-1], " WITH("text: " CONSTANT(
        "x")) "},tidy: {" USE("echo") ", " ALWAYS ", dependentTasks: [after], " WITH("text:"
        " " CONSTANT("tidy")) "}}"),
                NULL, KF_OK);
    run_expect(run, "condition-1", "SKIPPED", "after", "SKIPPED", "tidy", "SUCCEEDED");
    run_expect_error(run, "after", "was skipped");
    ck_assert_str_eq(kf__buf_text(&self.calls), "echo(\"tidy\") ");
    kf_run_free(run);
}
END_TEST

START_TEST(a_condition_that_cannot_be_decided_fails)
{
    kf_run
        *run =
            run_until(&self,
        "components:\n"
        "  comp-if: {inputDefinitions: {parameters: {v: {parameterType: STRING}}},"
        " dag: {tasks: {in: {" USE("echo") ", " WITH("text: " CONSTANT("in")) "}}}}\n" ROOT(
        "tasks: {condition-1: {" USE("if") ", " WITH("v: " CONSTANT(
        "abc")) ", triggerPolicy: {condition: \"int(inputs.parameter_values['v']) == 1\"}}}"),
                NULL, KF_EFAILED);
    run_expect(run, "condition-1", "FAILED", "!condition-1/in", "");
    kf_run_free(run);
}
END_TEST

START_TEST(a_condition_may_be_on_a_task_itself)
{
    kf_run *run = run_until(&self,
        ROOT("tasks: {a: {" USE("echo") ", " WITH("text: " CONSTANT(
        "q")) ", triggerPolicy: {condition: \"inputs.parameter_values['text'] == 'p'\"}},"
        "b: {" USE("echo") ", " WITH("text: " CONSTANT("p")) ", triggerPolicy: {condition: "
        "\"inputs.parameter_values['text'] == 'p'\"}}}"),
        NULL, KF_OK);
    run_expect(run, "a", "SKIPPED", "b", "SUCCEEDED");
    kf_run_free(run);
}
END_TEST

/* ---- nested pipelines, exit handlers ---- */

START_TEST(a_pipeline_within_a_pipeline_has_inputs_defaults_and_outputs)
{
    check(
        "components:\n"
        "  comp-inner: {inputDefinitions: {parameters: {"
        "a: {parameterType: NUMBER_INTEGER}, b: {parameterType: NUMBER_INTEGER, "
        "defaultValue: 5}}},"
        " outputDefinitions: {parameters: {sum: {parameterType: NUMBER_INTEGER}}}, "
        "dag: {" GIVES("sum: " FROM("second",
        "Output")) ", tasks: {first: {" USE("add") ", " WITH("x: " INPUT("a") ", y: " INPUT(
        "b")) "},second: {" USE("add") ", " WITH("x: " OUTPUT("first")) "}}}}\n"
        "  comp-outer: {inputDefinitions: {parameters: {a: {parameterType: NUMBER_INTEGER}}},"
        " outputDefinitions: {parameters: {sum: {parameterType: NUMBER_INTEGER}}}, "
        "dag: {" GIVES("sum: " FROM("inner",
        "sum")) ", tasks: {inner: {" USE("inner") ", " WITH("a: " INPUT(
        "a")) "}}}}\n" ROOT(GIVES("sum: " FROM("outer",
        "sum")) ", tasks: {outer: {" USE("outer") ", " WITH("a: " CONSTANT("1")) "}}"),
        "sum", "7");
}
END_TEST

#define HANDLER(work) \
    "components:\n" \
    "  comp-handler: {outputDefinitions: {parameters: {o: {parameterType: STRING}}}, " \
    "dag: {" GIVES("o: " FROM("work", \
        "Output")) ", tasks: {" work \
        ", more: {" USE("echo") ", " WITH("text: " OUTPUT( \
        "work")) "}}}}\n" ROOT(GIVES("status: " FROM("bye", \
        "Output")) ", tasks: {exit-handler-1: {" USE("handler") ", taskInfo: {name: my " \
        "handler}},bye: {" USE("status") ", " ALWAYS \
        ", dependentTasks: [exit-handler-1], " WITH("status: {taskFinalStatus: {producerTask" \
        ": exit-handler-1}}") "}}")

static void check_status(const char *text, kf_status expected, const char *state,
    int code, const char *message)
{
    kf_value *description = NULL, *status = NULL;
    kf_run *run = run_until(&self, text, NULL, expected);
    ck_ok(kf_run_describe(run, &description));
    const kf_value *task = run_find_task(description, "bye");
    const char *json = kf__get_text(kf_value_get(task, "outputs"), "Output");
    ck_assert_ptr_nonnull(json);
    ck_ok(kf_value_parse(json, strlen(json), &status));
    ck_assert_str_eq(kf__get_text(status, "state"), state);
    ck_assert_str_eq(kf__get_text(status, "pipelineTaskName"), "exit-handler-1");
    ck_assert_ptr_nonnull(
        strstr(kf__get_text(status, "pipelineJobResourceName"), "test-pipeline-"));
    const kf_value *error = kf_value_get(status, "error");
    ck_assert_int_eq(kf_value_int(kf_value_get(error, "code")), code);
    if (message)
        ck_assert_ptr_nonnull(strstr(kf__get_text(error, "message"), message));
    else
        ck_assert_uint_eq(kf_value_length(error), 0);
    kf_value_free(status);
    kf_value_free(description);
    kf_run_free(run);
}

START_TEST(an_exit_task_learns_how_its_group_ended)
{
    check_status(HANDLER("work: {" USE("echo") ", " WITH("text: " CONSTANT("w")) "}"),
        KF_OK, "SUCCEEDED", 0, NULL);
    /* google.rpc.Code UNKNOWN, and the real message. */
    check_status(
        HANDLER("work: {" USE("fail") ", " WITH("text: " CONSTANT("disk on fire")) "}"),
        KF_EFAILED, "FAILED", 2, "disk on fire");
}
END_TEST

START_TEST(an_exit_task_may_be_a_pipeline)
{
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-work: {dag: {tasks: {bad: {" USE("fail") ", " WITH("text: " CONSTANT(
        "b")) "}}}}\n"
        "  comp-inside: {inputDefinitions: {parameters: {s: {parameterType: STRING}}},"
        " dag: {tasks: {tell: {" USE("echo") ", " WITH("text: " INPUT("s")) "}}}}\n"
        "  comp-notify: {inputDefinitions: {parameters: {status: "
        "{parameterType: TASK_FINAL_STATUS, isOptional: true}}}, dag: {tasks: {"
        "look: {" USE("status") ", " WITH("status: " INPUT("status")) "},"
        "condition-1: {" USE("inside") ", " WITH("s: " OUTPUT("look"))
        ", triggerPolicy: {condition: \"inputs.parameter_values['s'] != ''\"}}}}}\n" ROOT(
        "tasks: {exit-handler-1: {" USE("work") "},bye: {" USE("notify") ", " ALWAYS
        ", dependentTasks: [exit-handler-1], " WITH("status: {taskFinalStatus: {producer"
        "Task: exit-handler-1}}") "}}"),
        NULL, KF_EFAILED);
    run_expect(run, "exit-handler-1", "FAILED", "bye", "SUCCEEDED",
        "bye/condition-1/tell", "SUCCEEDED");
    kf_run_free(run);
}
END_TEST

/* ---- how much at a time ---- */

START_TEST(as_many_tasks_run_as_there_are_jobs)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "root: {dag: {tasks: {");
    for (int i = 0; i < 12; i++)
        kf__buf_printf(
            &text, "t%d: {" USE("sleep") ", " WITH("ms: " CONSTANT("20")) "},", i);
    kf__buf_puts(&text, "}}}\n");
    kf_run *run = run_until(
        &self, kf__buf_text(&text), KF_OPTIONS(kf_run_options, .jobs = 3), KF_OK);
    ck_assert_int_eq(self.most_running, 3);
    kf_run_free(run);
    self.most_running = 0;
    run = run_until(
        &self, kf__buf_text(&text), KF_OPTIONS(kf_run_options, .jobs = 1), KF_OK);
    ck_assert_int_eq(self.most_running, 1);
    kf_run_free(run);
    kf__buf_finish(&text);
}
END_TEST

START_TEST(a_pipeline_without_tasks_succeeds)
{
    kf_run *run = run_until(&self, ROOT("tasks: {}"), NULL, KF_OK);
    ck_assert_int_eq(kf_run_state(run), KF_STATE_SUCCEEDED);
    kf_run_free(run);
}
END_TEST

START_TEST(ten_thousand_skipped_tasks_need_no_deep_stack)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "root: {dag: {tasks: {t0: {" USE("fail") ", " WITH(
        "text: " CONSTANT("x")) "},");
    for (int i = 1; i < 10000; i++)
        kf__buf_printf(&text,
        "t%d: {" USE("echo") ", dependentTasks: [t%d], " WITH("text: " CONSTANT("x")) "},",
            i, i - 1);
    kf__buf_puts(&text, "}}}\n");
    kf_run *run = run_until(&self, kf__buf_text(&text), NULL, KF_EFAILED);
    run_expect(run, "t0", "FAILED", "t9999", "SKIPPED");
    kf_run_free(run);
    kf__buf_finish(&text);
}
END_TEST

KF_TEST_MAIN_WITH("run/scheduler", setup, teardown, values_flow_along_a_chain,
    tasks_wait_without_taking_values, a_failure_stops_what_has_not_begun,
    what_does_not_depend_on_it_may_go_on, a_task_may_ignore_that_upstream_failed,
    it_takes_the_value_if_there_is_one,
    the_branch_whose_condition_holds_gives_the_output,
    what_waits_for_a_skipped_group_is_skipped, a_condition_that_cannot_be_decided_fails,
    a_condition_may_be_on_a_task_itself,
    a_pipeline_within_a_pipeline_has_inputs_defaults_and_outputs,
    an_exit_task_learns_how_its_group_ended, an_exit_task_may_be_a_pipeline,
    as_many_tasks_run_as_there_are_jobs, a_pipeline_without_tasks_succeeds,
    ten_thousand_skipped_tasks_need_no_deep_stack)
