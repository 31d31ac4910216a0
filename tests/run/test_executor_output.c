/* SPDX-License-Identifier: Apache-2.0 */
#include "run/executor_output.h"

#include <string.h>

#include "kf_test.h"

static kf_tree tree;

static void setup(void)
{
    memset(&tree, 0, sizeof tree);
}

static void teardown(void)
{
    kf__tree_finish(&tree);
}

static kf_status read_text(const char *text, kf_value **out)
{
    return kf__executor_output_read(&tree, text, strlen(text), out);
}

static void refuse(const char *text, const char *part)
{
    kf_value *untouched = NULL;
    ck_fails(read_text(text, &untouched), KF_EFAILED, part);
    ck_assert_ptr_null(untouched);
}

static void accept(const char *text, const char *as)
{
    kf_value *read = NULL, *expected = NULL;
    ck_ok(read_text(text, &read));
    ck_ok(kf_value_parse(as, strlen(as), &expected));
    ck_assert_msg(kf_value_equal(read, expected), "%s is not read as %s", text, as);
    kf_value_free(expected);
}

/* What protobuf's JSON allows of ExecutorOutput: null for absent, both spellings. */
START_TEST(what_the_launcher_takes_is_taken)
{
    accept("{}", "{\"artifacts\": {}}");
    accept("{\"parameterValues\": null, \"artifacts\": {\"a\": null}}",
        "{\"artifacts\": {}}");
    accept("{\"parameter_values\": {\"p\": [1]}, \"parameters\": {}}",
        "{\"parameterValues\": {\"p\": [1]}, \"parameters\": {}, \"artifacts\": {}}");
    accept(
        "{\"artifacts\": {\"a\": {\"artifacts\": [{\"name\": \"n\", \"custom_path\": "
        "\"/p\", \"metadata\": {\"k\": null}, \"uri\": null}]}}}",
        "{\"artifacts\": {\"a\": {\"artifacts\": [{\"name\": \"n\", \"customPath\": "
        "\"/p\", \"metadata\": {\"k\": null}}]}}}");
}
END_TEST

START_TEST(what_is_no_executor_output_is_refused)
{
    refuse("", "not JSON");
    refuse("{\"artifacts\": ", "(line 1, column 1");
    refuse("[1]", "the whole is a list instead of an object");
    refuse("null", "the whole is null instead of an object");
    refuse("{\"artifacts\": 7}", "artifacts of the whole is a number instead of an "
                                 "object");
    refuse("{\"parameterValues\": \"x\"}", "parameterValues of the whole is a text");
    refuse("{\"paramterValues\": {}}",
        "unknown member 'paramterValues'; did you mean 'parameterValues'?");
    refuse("{\"artifacts\": {\"m\": []}}", "the artifact 'm' is a list");
    refuse("{\"artifacts\": {\"m\": {\"artifacts\": {}}}}",
        "artifacts of the artifact 'm' is an object instead of a list");
    refuse("{\"artifacts\": {\"m\": {\"artifacts\": [\"x\"]}}}",
        "the artifact 'm' is a text instead of an object");
    refuse("{\"artifacts\": {\"m\": {\"artifacts\": [{\"uri\": 7}]}}}",
        "uri of the artifact 'm' is a number instead of a text");
    refuse("{\"artifacts\": {\"m\": {\"artifacts\": [{\"metadata\": [1]}]}}}",
        "metadata of the artifact 'm' is a list");
    refuse("{\"artifacts\": {\"m\": {\"artifacts\": [{\"metdata\": {}}]}}}",
        "did you mean 'metadata'?");
}
END_TEST

START_TEST(outputs_that_are_not_declared_are_told)
{
    static const char declared[] =
        "{\"parameters\": {\"accuracy\": {}}, \"artifacts\": {\"model\": {}}}";
    kf_value *output = NULL, *definitions = NULL;
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf_value_parse(declared, strlen(declared), &definitions));
    ck_ok(read_text("{\"parameterValues\": {\"accuracy\": 1, \"acuracy\": 1}, "
                    "\"artifacts\": {\"model\": {}, \"zzz\": {}}}",
        &output));
    kf__executor_output_note_strangers(output, definitions, &text);
    ck_assert_str_eq(kf__buf_text(&text),
        "[kf] executor_output.json names the output parameter 'acuracy', which the "
        "component does not declare; did you mean 'accuracy'?\n"
        "[kf] executor_output.json names the output artifact 'zzz', which the "
        "component "
        "does not declare\n");
    kf__buf_finish(&text);
    kf_value_free(definitions);
}
END_TEST

KF_TEST_MAIN_WITH("run/executor_output", setup, teardown,
    what_the_launcher_takes_is_taken, what_is_no_executor_output_is_refused,
    outputs_that_are_not_declared_are_told)
