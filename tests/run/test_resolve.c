/* SPDX-License-Identifier: Apache-2.0 */
/* Where inputs come from, and of which type they arrive. */
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

static void check_error(const char *text, const char *task, const char *part)
{
    kf_run *run = run_until(&self, text, NULL, KF_EFAILED);
    run_expect_error(run, task, part);
    kf_run_free(run);
}

/* A component that gives its input `v` of this type back as the text of its JSON. */
#define SHOW(type) \
    "components:\n" \
    "  comp-show: {executorLabel: exec-show, inputDefinitions: {parameters: {v: " type \
    "}}, outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n" \
    "deploymentSpec: {executors: {exec-show: {container: {image: x, command: [" \
    "sh, -c, 'printf %s \"$0\" > \"$1\"', \"{{$.inputs.parameters['v']}}\"," \
    " \"{{$.outputs.parameters['Output'].output_file}}\"]}}}}\n"

static void check_show(const char *text, const char *json)
{
    kf_run *run = run_until(&self, text,
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST), KF_OK);
    run_expect_output(run, "o", json);
    kf_run_free(run);
}
#define SHOWN(type, inputs) \
    SHOW(type) \
    ROOT(GIVES("o: " FROM("t", "Output")) ", tasks: {t: {" USE("show") inputs "}}")

START_TEST(constants_keep_or_take_the_type_of_the_input)
{
    check_show(
        SHOWN("{parameterType: NUMBER_INTEGER}", ", " WITH("v: " CONSTANT("3.0"))),
        "\"3\"");
    check_show(
        SHOWN("{parameterType: NUMBER_DOUBLE}", ", " WITH("v: " CONSTANT("0.5"))),
        "\"0.5\"");
    check_show(SHOWN("{parameterType: BOOLEAN}", ", " WITH("v: " CONSTANT("true"))),
        "\"true\"");
    check_show(SHOWN("{parameterType: LIST}", ", " WITH("v: " CONSTANT("[1, two]"))),
        "\"[1, \\\"two\\\"]\"");
    check_show(
        SHOWN("{parameterType: STRUCT}", ", " WITH("v: " CONSTANT("{a: {b: 1.5}}"))),
        "\"{\\\"a\\\": {\\\"b\\\": 1.5}}\"");
    check_show(
        SHOWN("{parameterType: STRING}", ", " WITH("v: " CONSTANT("3.5"))), "\"3.5\"");
}
END_TEST

START_TEST(defaults_stand_in)
{
    check_show(SHOWN("{parameterType: STRING, defaultValue: dflt}", ""), "\"dflt\"");
    check_show(SHOWN("{parameterType: STRING, defaultValue: dflt}",
        ", " WITH("v: " CONSTANT("given"))),
        "\"given\"");
}
END_TEST

START_TEST(placeholders_in_defaults_stand_for_who_reads_them)
{
    check_show(SHOWN("{parameterType: STRING, defaultValue: \"<{{$.pipeline_task_name}}>\"}",
        ""), "\"<t>\"");
    /* Of the pipeline, and handed down by a group. */
    check("components:\n"
        "  comp-group: {inputDefinitions: {parameters: {x: {parameterType: STRING}}},"
        " outputDefinitions: {parameters: {o: {parameterType: STRING}}},"
        " dag: {" GIVES("o: " FROM("deep", "Output")) ", tasks: {deep: {" USE(
        "echo") ", " WITH("text: " INPUT("x")) "}}}}\n"
        "root: {inputDefinitions: {parameters: {v: {parameterType: STRING,"
        " defaultValue: \"<{{$.pipeline_task_name}}>\"}}}, dag: {" GIVES("o: " FROM("g",
        "o")) ", tasks: {g: {" USE("group") ", " WITH("x: " INPUT("v")) "}}}}\n",
        "o", "\"<deep>\"");
}
END_TEST

START_TEST(required_inputs_must_be_given)
{
    check_error(ROOT("tasks: {t: {" USE("echo") "}}"), "t",
        "the required input 'text' is not given");
}
END_TEST

START_TEST(literals_are_kept_to)
{
    check_show(SHOWN("{parameterType: STRING, literals: [a, b]}",
        ", " WITH("v: " CONSTANT("b"))),
        "\"b\"");
    check_error(SHOWN("{parameterType: STRING, literals: [a, b]}",
        ", " WITH("v: " CONSTANT("c"))),
        "t", "'v' cannot be \"c\"; it takes one of [\"a\", \"b\"]");
}
END_TEST

START_TEST(placeholders_in_constants_are_expanded)
{
    check(ROOT(GIVES("o: " FROM("t",
        "Output")) ", tasks: {a: {" USE("add") ", " WITH("x: " CONSTANT("1")) "},"
        "t: {" USE("echo") ", " WITH("text: " CONSTANT("\"<{{$.inputs.parameters['n']"
        "}}>\"") ", n: " OUTPUT("a")) "}}"),
        "o", "\"<2>\"");
}
END_TEST

START_TEST(a_placeholder_alone_keeps_its_type)
{
    check(ROOT(GIVES("o: " FROM("t",
        "Output")) ", tasks: {a: {" USE("add") ", " WITH("x: " CONSTANT("1")) "},"
        "t: {" USE("text") ", " WITH("value: " CONSTANT("[\"{{$.inputs.parameters['n'"
        "]}}\", x]") ", n: " OUTPUT("a")) "}}"),
        "o", "\"[2,\\\"x\\\"]\"");
}
END_TEST

START_TEST(job_and_task_have_names)
{
    kf_run *run = run_until(&self,
        ROOT(GIVES("o: " FROM("t", "Output")) ", tasks: {t: {" USE("echo") ", " WITH(
        "text: " CONSTANT("\"{{$.pipeline_job_uuid}} {{$.pipeline_task_name}}\"")) "}}"),
        NULL, KF_OK);
    char expected[80];
    (void)snprintf(expected, sizeof expected, "\"%s t\"", kf_run_id(run));
    run_expect_output(run, "o", expected);
    kf_run_free(run);
}
END_TEST

START_TEST(an_output_that_was_not_given_is_missed_by_name)
{
    check_error(
        "components:\n"
        "  comp-none: {outputDefinitions: {parameters: {o: {parameterType: STRING}}},"
        " dag: {outputs: {parameters: {o: {valueFromOneof: {parameterSelectors: ["
        "{producerSubtask: c, outputParameterKey: Output}]}}}}, tasks: {"
        "c: {" USE("echo") ", " WITH("text: " CONSTANT(
        "a")) ", triggerPolicy: {condition: \"inputs.parameter_values['text'] == "
        "'b'\"}}}}}\n" ROOT("tasks: {none: {" USE("none") "},t: {" USE("echo") ", " WITH(
        "text: " OUTPUT_OF("none",
        "o")) "}}"),
        "t", "needs the output 'o' of the task 'none', which it did not give");
}
END_TEST

START_TEST(numbers_that_are_no_integers_are_refused)
{
    check_error(ROOT("tasks: {t: {" USE("add") ", " WITH("x: " CONSTANT("1.5")) "}}"),
        "t", "'x' is of type NUMBER_INTEGER and cannot take a number: 1.5");
}
END_TEST

/* ---- arguments of the pipeline ---- */

static const char with_inputs[] =
    "root: {inputDefinitions: {parameters: {"
    "number: {parameterType: NUMBER_INTEGER}, text: {parameterType: STRING, "
    "defaultValue: hi},"
    "mode: {parameterType: STRING, defaultValue: fast, literals: [fast, slow]}},"
    " artifacts: {file: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1},"
    " isOptional: true}}}, dag: {" GIVES("sum: " FROM("a", "Output") ", o: "
        FROM("e", "Output")) ", tasks: {a: {" USE(
        "add") ", " WITH("x: " INPUT("number")) "},e: {" USE("echo") ", " WITH(
        "text: " INPUT("text")) "}}}}\n";

static kf_status try_arguments(const char *json, kf_run **out)
{
    kf_value *arguments = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &arguments));
    kf_status status = run_try_start(
        &self, with_inputs, KF_OPTIONS(kf_run_options, .arguments = arguments), out);
    kf_value_free(arguments);
    return status;
}

START_TEST(arguments_reach_the_tasks)
{
    kf_run *run = NULL;
    ck_ok(try_arguments("{\"number\": 41.0, \"text\": \"ho\"}", &run));
    ck_ok(kf_run_wait(run, 30));
    run_expect_output(run, "sum", "42");
    run_expect_output(run, "o", "\"ho\"");
    kf_run_free(run);
    ck_ok(try_arguments("{\"number\": 1, \"text\": null}", &run));
    ck_ok(kf_run_wait(run, 30));
    run_expect_output(run, "o", "\"hi\"");
    kf_run_free(run);
}
END_TEST

START_TEST(bad_arguments_are_refused_before_anything_runs)
{
    kf_run *run = NULL;
    kf_value *runs = NULL;
    ck_fails(try_arguments("{}", &run), KF_EMISSING, "the required input 'number'");
    ck_fails(try_arguments("{\"number\": \"x\"}", &run), KF_ETYPE, "NUMBER_INTEGER");
    ck_fails(try_arguments("{\"number\": 1, \"txt\": \"x\"}", &run), KF_ENOENT,
        "did you mean 'text'?");
    ck_fails(try_arguments("{\"number\": 1, \"mode\": \"medium\"}", &run), KF_EINVAL,
        "it takes one of");
    ck_fails(try_arguments("{\"number\": 1, \"file\": \"/not/there\"}", &run),
        KF_ENOENT, "there is no file '/not/there'");
    ck_fails(try_arguments("[1]", &run), KF_ETYPE, "not a struct");
    ck_assert_ptr_null(run);
    ck_ok(kf_store_runs(self.store, NULL, &runs));
    ck_assert_uint_eq(kf_value_length(runs), 0);
    kf_value_free(runs);
}
END_TEST

START_TEST(a_file_is_an_argument)
{
    char path[128], json[256];
    (void)snprintf(path, sizeof path, "%s/data.txt", self.home);
    ck_ok(kf__file_write(path, "content", 7));
    (void)snprintf(json, sizeof json, "{\"file\": \"%s\"}", path);
    kf_value *arguments = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &arguments));
    kf_run *run = run_until(&self,
        "root: {inputDefinitions: {artifacts: {file: {artifactType: {schemaTitle: "
        "system.Dataset, schemaVersion: 0.0.1}}}}, dag: {" GIVES("o: " FROM(
        "r", "Output")) ", tasks: {r: {" USE("read") ", inputs: {artifacts: {file: "
        "{componentInputArtifact: file}}}}}}}\n",
        KF_OPTIONS(kf_run_options, .arguments = arguments), KF_OK);
    run_expect_output(run, "o", "\"content\"");
    kf_value_free(arguments);
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/resolve", setup, teardown,
    constants_keep_or_take_the_type_of_the_input, defaults_stand_in,
    placeholders_in_defaults_stand_for_who_reads_them,
    required_inputs_must_be_given, literals_are_kept_to,
    placeholders_in_constants_are_expanded, a_placeholder_alone_keeps_its_type,
    job_and_task_have_names, an_output_that_was_not_given_is_missed_by_name,
    numbers_that_are_no_integers_are_refused, arguments_reach_the_tasks,
    bad_arguments_are_refused_before_anything_runs, a_file_is_an_argument)
