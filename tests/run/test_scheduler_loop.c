/* SPDX-License-Identifier: Apache-2.0 */
/* Loops and what is collected from them. */
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

/* A loop over `items` whose body is `tasks`, giving out `all` from the task `last`. */
#define LOOP(type, tasks) \
    "components:\n" \
    "  comp-loop: {inputDefinitions: {parameters: {item: {parameterType: " type "}," \
    " k: {parameterType: NUMBER_INTEGER, isOptional: true}}}," \
    " outputDefinitions: {parameters: {all: {parameterType: LIST}}}, dag: {" GIVES( \
        "all: " FROM("last", "Output")) ", tasks: {" tasks "}}}\n"

#define OVER(raw) "parameterIterator: {itemInput: item, items: {raw: '" raw "'}}"

static void check(const char *text, const char *name, const char *json)
{
    kf_run *run = run_until(&self, text, NULL, KF_OK);
    run_expect_output(run, name, json);
    kf_run_free(run);
}

START_TEST(constant_items_are_collected_in_order)
{
    kf_run *run = run_until(&self,
        LOOP("NUMBER_INTEGER", "last: {" USE("add") ", " WITH("x: " INPUT("item")) "}")
            ROOT(GIVES("all: " FROM("loop", "all") ", text: " FROM(
        "text", "Output")) ", tasks: {loop: {" USE("loop") ", " OVER("[3, 1.0, 2]") "},"
        "text: {" USE("text") ", " WITH("value: " OUTPUT_OF("loop", "all")) "}}"),
        NULL, KF_OK);
    run_expect_output(run, "all", "[4, 2, 3]");
    run_expect_output(run, "text", "\"[4,2,3]\"");
    run_expect(run, "loop", "SUCCEEDED", "loop[0]", "SUCCEEDED", "loop[2]/last",
        "SUCCEEDED", "!loop[3]", "");
    kf_run_free(run);
}
END_TEST

START_TEST(items_come_from_an_upstream_task)
{
    check(LOOP("NUMBER_INTEGER",
        "last: {" USE("add") ", " WITH("x: " INPUT("item") ", y: " INPUT(
        "k")) "}") ROOT(GIVES("all: " FROM("loop",
        "all")) ", tasks: {range: {" USE("range") ", " WITH("count: " CONSTANT("5")) "},"
        "loop: {" USE("loop") ", " WITH("list: " OUTPUT("range") ", k: " CONSTANT(
        "10")) ", parameterIterator: {itemInput: item, items: {inputParameter: list}}}}"),
        "all", "[10, 11, 12, 13, 14]");
}
END_TEST

START_TEST(members_of_struct_items_are_selected)
{
    check("components:\n"
        "  comp-loop: {inputDefinitions: {parameters: {item: {parameterType: STRUCT}}},"
        " outputDefinitions: {parameters: {all: {parameterType: LIST}}}, dag: "
        "{" GIVES("all: " FROM("last", "Output")) ", tasks: {last: {" USE(
        "add") ", " WITH("x: {componentInputParameter: item, parameterExpressionSelector: "
        "'parseJson(string_value)[\"a\"]'}, y: {componentInputParameter: item,"
        " parameterExpressionSelector: "
        "'parseJson(string_value)[\"b\"]'}") "}}}}\n" ROOT(GIVES("all: " FROM("loop",
        "all")) ", tasks: {loop: {" USE("loop") ", " OVER("[{\"a\": 1, \"b\": "
        "10}, {\"a\": 2, \"b\": 20}]") "}}"),
        "all", "[11, 22]");
}
END_TEST

START_TEST(no_items_collect_to_an_empty_list)
{
    check(
        LOOP("NUMBER_INTEGER", "last: {" USE("add") ", " WITH("x: " INPUT("item")) "}")
            ROOT(GIVES("text: " FROM("text",
        "Output")) ", tasks: {loop: {" USE("loop") ", " OVER("[]") "},"
        "text: {" USE("text") ", " WITH("value: " OUTPUT_OF("loop", "all")) "}}"),
        "text", "\"[]\"");
}
END_TEST

START_TEST(nested_loops_collect_to_lists_of_lists)
{
    check("components:\n"
        "  comp-inner: {inputDefinitions: {parameters: {y: {parameterType: NUMBER_INTEGER},"
        " x: {parameterType: NUMBER_INTEGER}}}, outputDefinitions: {parameters: {"
        "all: {parameterType: LIST}}}, dag: {" GIVES("all: " FROM("last", "Output"))
        ", tasks: {last: {" USE("add") ", " WITH(
        "x: " INPUT("x") ", y: " INPUT("y")) "}}}}\n"
        "  comp-outer: {inputDefinitions: {parameters: {x: {parameterType: NUMBER_INTEGER}}},"
        " outputDefinitions: {parameters: {all: {parameterType: LIST}}}, "
        "dag: {" GIVES("all: " FROM("inner", "all")) ", tasks: {inner: {" USE("inner") ", " WITH(
        "x: " INPUT("x")) ", parameterIterator: {itemInput: y, items: {raw: '[10, "
        "20]'}}}}}}\n" ROOT(GIVES("all: " FROM("outer",
        "all")) ", tasks: {outer: {" USE("oute"
        "r") ", parameterIterator: {itemInput: x, items: {raw: '[1, 2, 3]'}}}}"),
        "all", "[[11, 21], [12, 22], [13, 23]]");
}
END_TEST

START_TEST(iterations_without_a_value_are_left_out)
{
    check(
        "components:\n"
        "  comp-if: {inputDefinitions: {parameters: {v: {parameterType: NUMBER_INTEGER}}},"
        " outputDefinitions: {parameters: {o: {parameterType: NUMBER_INTEGER}}}, dag: "
        "{" GIVES("o: " FROM("add", "Output")) ", tasks: {add: {" USE("add") ", " WITH(
        "x: " INPUT("v")) "}}}}\n"
        "  comp-loop: {inputDefinitions: {parameters: {item: "
        "{parameterType: NUMBER_INTEGER}}},"
        " outputDefinitions: {parameters: {all: {parameterType: "
        "LIST}}}, dag: {" GIVES("all: " FROM("condition-1", "o")) ", tasks: {condition-1: {" USE(
        "if") ", " WITH("v: " INPUT("item")) ", triggerPolicy: {condition: \"int(inputs."
        "parameter_values['v']) > 2\"}}}}}\n" ROOT(GIVES("all: " FROM("loop",
        "all")) ", tasks: {loop: {" USE("loop") ", " OVER("[1, 5, 2, 4]") "}}"),
        "all", "[6, 5]");
}
END_TEST

#define FILES \
    "components:\n" \
    "  comp-make: {inputDefinitions: {parameters: {item: {parameterType: STRING}}}," \
    " outputDefinitions: {artifacts: {files: {artifactType: {schemaTitle: system.Dataset," \
    " schemaVersion: 0.0.1}, isArtifactList: true}}}, dag: {outputs: {artifacts: {files: {" \
    "artifactSelectors: [{producerSubtask: write, outputArtifactKey: file}]}}}, tasks: {" \
    "write: {" USE("write") ", " WITH("text: " INPUT("item")) "}}}}\n"

START_TEST(artifacts_are_collected_and_looped_over)
{
    check(
        FILES "  comp-each: {inputDefinitions: {artifacts: {file: {artifactType: {"
        "schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}},"
        " outputDefinitions: {parameters: {all: {parameterType: LIST}}}, dag: "
        "{" GIVES("all: " FROM("read", "Output")) ", tasks: {read: {" USE("read")
        ", inputs: {artifacts: {file: {componentInputArtifact: file}}}}}}}\n" ROOT(
                  GIVES("all: " FROM("each", "all") ", text: " FROM("read-all", "Outpu"
        "t")) ", tasks: {make: {" USE("make") ", " OVER("[\"a\", \"b\", \"c\"]") "},"
        "read-all: {" USE("read-all") ", inputs: {artifacts: {files: " ARTIFACT("make",
        "files") "}}},each: {" USE("each") ", inputs: {artifacts: {files: " ARTIFACT("make",
        "files") "}}, artifactIterator: {itemInput: file, items: {inputArtifact: files}}}}"),
        "all", "[\"a\", \"b\", \"c\"]");
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.calls), "read_all"));
}
END_TEST

START_TEST(collected_artifacts_reach_a_task_as_a_list)
{
    check(
        FILES ROOT(GIVES("text: " FROM("read-all",
        "Output")) ", tasks: {make: {" USE("make") ", " OVER("[\"a\", \"b\"]") "},"
        "read-all: {" USE("read-all") ", inputs: {artifacts: {files: " ARTIFACT("make",
        "files") "}}}}"),
        "text", "\"a;b;\"");
}
END_TEST

START_TEST(no_more_iterations_run_than_the_limit_allows)
{
    kf_run *run = run_until(&self,
        LOOP("NUMBER_INTEGER",
        "last: {" USE("sleep") ", " WITH("ms: " INPUT("item")) "}")
            ROOT("tasks: {loop: {" USE("loop") ", " OVER(
        "[20, 20, 20, 20, 20, 20, 20, 20]") ", iteratorPolicy: {parallelismLimit: 2}}}"),
        KF_OPTIONS(kf_run_options, .jobs = 8), KF_OK);
    ck_assert_int_eq(self.most_running, 2);
    kf_run_free(run);
    self.most_running = 0;
    run = run_until(&self,
        LOOP("NUMBER_INTEGER",
        "last: {" USE("sleep") ", " WITH("ms: " INPUT("item")) "}")
            ROOT("tasks: {loop: {" USE("loop") ", " OVER(
        "[40, 40, 40, 40, 40, 40, 40, 40]") "}}"),
        KF_OPTIONS(kf_run_options, .jobs = 8), KF_OK);
    ck_assert_int_eq(self.most_running, 8);
    kf_run_free(run);
}
END_TEST

#define SOME_FAIL \
    "components:\n" \
    "  comp-bad: {inputDefinitions: {parameters: {v: {parameterType: NUMBER_INTEGER}}}," \
    " dag: {tasks: {bad: {" USE("fail") ", " WITH("text: " CONSTANT("odd")) "}}}}\n" \
        "  comp-loop: {inputDefinitions: {parameters: {item: {parameterType: " \
        "NUMBER_INTEGER}}}, outputDefinitions: {parameters: {all: {parameterType: LIST}}}, " \
        "dag: {" GIVES("all: " FROM("last", \
        "Output")) ", tasks: {last: {" USE("add") ", " WITH("x: " INPUT("item")) "}," \
        "condition-1: {" USE("bad") ", dependentTasks: [last], " WITH("v: " INPUT( \
        "item")) ", triggerPolicy: {condition: \"int(inputs.parameter_values['v']) % " \
        "2 == 1\"}}}}}\n" \
        "  comp-text-anyway: {executorLabel: exec-text, inputDefinitions: {parameters: {" \
        "value: {parameterType: LIST, defaultValue: []}}}, outputDefinitions: {parameters: " \
        "{Output: {parameterType: STRING}}}}\n" ROOT("tasks: {loop: {" USE("loop") ", " OVER( \
        "[0, 1, 2, 3, 4]") "},after: {" USE("text") ", " WITH("value: " OUTPUT_OF("loop", \
        "all")) "},anyway: {" USE("text-anyway") ", " ALWAYS ", " WITH("value: " OUTPUT_OF( \
        "loop", \
        "all")) "}}")

START_TEST(a_failed_iteration_fails_the_loop)
{
    kf_run *run = run_until(&self, SOME_FAIL,
        KF_OPTIONS(kf_run_options, .jobs = 1, .keep_going = true), KF_EFAILED);
    run_expect(run, "loop", "FAILED", "loop[0]", "SUCCEEDED", "loop[1]", "FAILED",
        "loop[3]", "FAILED", "loop[4]", "SUCCEEDED", "after", "SKIPPED", "anyway",
        "SUCCEEDED");
    run_expect_error(run, "loop", "odd");
    /* Who ignores the failure gets what the good iterations gave. */
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.calls), "text([1,3,5])"));
    kf_run_free(run);
}
END_TEST

START_TEST(a_failed_iteration_stops_those_not_begun)
{
    kf_run *run = run_until(&self,
        LOOP("NUMBER_INTEGER",
        "last: {" USE("fail") ", " WITH("text: " CONSTANT("x")) "}")
            ROOT("tasks: {loop: {" USE("loop") ", " OVER(
        "[0, 1, 2, 3, 4]") ", iteratorPolicy: {parallelismLimit: 1}}}"),
        KF_OPTIONS(kf_run_options, .jobs = 4), KF_EFAILED);
    ck_assert_int_eq(self.call_count, 1);
    run_expect(run, "loop", "FAILED", "loop[0]", "FAILED", "!loop[1]", "");
    kf_run_free(run);
}
END_TEST

START_TEST(items_of_the_wrong_type_fail_the_loop)
{
    kf_run *run = run_until(&self,
        LOOP("NUMBER_INTEGER", "last: {" USE("add") ", " WITH("x: " INPUT("item")) "}")
            ROOT("tasks: {loop: {" USE("loop") ", " OVER("[0, \"one\"]") "}}"),
        KF_OPTIONS(kf_run_options, .keep_going = true), KF_EFAILED);
    run_expect_error(
        run, "loop", "'item' is of type NUMBER_INTEGER and cannot take a string");
    kf_run_free(run);
}
END_TEST

START_TEST(what_is_executed_may_be_looped_over_itself)
{
    check(
        ROOT(GIVES("all: " FROM("loop", "Output")) ", tasks: {loop: {" USE(
        "add") ", " WITH("y: " CONSTANT("100")) ", parameterIterator: {itemInput: "
        "x, items: {raw: '[1, 2]'}}}}"),
        "all", "[101, 102]");
}
END_TEST

START_TEST(a_wide_loop_is_walked)
{
    kf_run *run = run_until(&self,
        LOOP("NUMBER_INTEGER", "last: {" USE("add") ", " WITH("x: " INPUT(
        "item")) "}") ROOT(GIVES("all: " FROM("loop",
        "all")) ", tasks: {range: {" USE("range") ", " WITH("count: " CONSTANT("5000")) "},"
        "loop: {" USE("loop") ", " WITH("list: " OUTPUT(
        "range")) ", parameterIterator: {itemInput: item, items: {inputParameter: list}}}}"),
        NULL, KF_OK);
    kf_value *all = NULL;
    ck_ok(kf_run_output(run, "all", &all));
    ck_assert_uint_eq(kf_value_length(all), 5000);
    for (size_t i = 0; i < 5000; i++)
        ck_assert_int_eq(kf_value_int(kf_value_at(all, i)), (int64_t)i + 1);
    kf_value_free(all);
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/scheduler_loop", setup, teardown,
    constant_items_are_collected_in_order, items_come_from_an_upstream_task,
    members_of_struct_items_are_selected, no_items_collect_to_an_empty_list,
    nested_loops_collect_to_lists_of_lists, iterations_without_a_value_are_left_out,
    artifacts_are_collected_and_looped_over, collected_artifacts_reach_a_task_as_a_list,
    no_more_iterations_run_than_the_limit_allows, a_failed_iteration_fails_the_loop,
    a_failed_iteration_stops_those_not_begun, items_of_the_wrong_type_fail_the_loop,
    what_is_executed_may_be_looped_over_itself, a_wide_loop_is_walked)
