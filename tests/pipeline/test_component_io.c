/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "base/mem.h"
#include "pipeline/component.h"

static kf_value *parse(const char *json)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    return value;
}

static void check_json(const kf_value *value, const char *json)
{
    char *text = NULL;
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &text));
    ck_assert_str_eq(text, json);
    kf_text_free(text);
}

static kf_component *component(void)
{
    kf_component *made = NULL;
    ck_ok(kf_component_new("c", &made));
    return made;
}

START_TEST(inputs_keep_their_order_and_all_that_was_said)
{
    kf_component *c = component();
    kf_value *rate = parse("3"), *modes = parse("[\"a\",\"b\"]"),
             *mode = parse("\"a\"");
    ck_ok(kf_component_add_input(c, "z", KF_TYPE_STRING, NULL));
    ck_ok(kf_component_add_input(c, "rate", KF_TYPE_DOUBLE,
        KF_OPTIONS(kf_io_options, .default_value = rate, .description = "How fast")));
    ck_ok(kf_component_add_input_artifact(c, "data", "system.Dataset",
        KF_OPTIONS(kf_io_options, .is_list = true, .schema_version = "0.2.0",
            .optional = true)));
    ck_ok(kf_component_add_input(c, "mode", KF_TYPE_STRING,
        KF_OPTIONS(kf_io_options, .literals = modes, .default_value = mode)));
    ck_ok(kf_component_add_input(
        c, "items", KF_TYPE_LIST, KF_OPTIONS(kf_io_options, .type_text = "List[int]")));
    ck_ok(kf_component_add_input(c, "status", KF_TYPE_TASK_FINAL_STATUS, NULL));
    kf_value_free(rate);
    kf_value_free(modes);
    kf_value_free(mode);

    ck_assert_uint_eq(kf_component_input_count(c), 6);
    ck_assert_ptr_null(kf_component_input(c, 6));
    const kf_io *io = kf_component_input(c, 0);
    ck_assert_str_eq(io->name, "z");
    ck_assert_int_eq(io->type, KF_TYPE_STRING);
    ck_assert(!io->optional && io->default_value == NULL && io->description == NULL);
    io = kf_component_input(c, 1);
    /* As KFP writes it in the document: 3.0. */
    check_json(io->default_value, "3.0");
    ck_assert(io->optional);
    ck_assert_str_eq(io->description, "How fast");
    io = kf_component_input(c, 2);
    ck_assert_int_eq(io->type, KF_TYPE_NONE);
    ck_assert_str_eq(io->schema_title, "system.Dataset");
    ck_assert_str_eq(io->schema_version, "0.2.0");
    ck_assert(io->is_list && io->optional);
    check_json(kf_component_input(c, 3)->literals, "[\"a\",\"b\"]");
    ck_assert_str_eq(kf_component_input(c, 4)->type_text, "List[int]");
    ck_assert(kf_component_input(c, 5)->optional);
    kf_component_free(c);
}
END_TEST

START_TEST(outputs_are_declared)
{
    kf_component *c = component();
    ck_ok(kf_component_add_output(c, "Output", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output_artifact(c, "model", NULL, NULL));
    ck_ok(kf_component_add_input(c, "Output", KF_TYPE_INTEGER, NULL));
    ck_assert_uint_eq(kf_component_output_count(c), 2);
    ck_assert_str_eq(kf_component_output(c, 1)->schema_title, "system.Artifact");
    ck_assert_str_eq(kf_component_output(c, 1)->schema_version, "0.0.1");
    ck_assert_ptr_null(kf_component_output(c, 2));
    kf_component_free(c);
}
END_TEST

START_TEST(a_null_default_means_that_it_may_be_left_out)
{
    kf_component *c = component();
    kf_value *null = parse("null");
    ck_ok(kf_component_add_input(
        c, "x", KF_TYPE_STRING, KF_OPTIONS(kf_io_options, .default_value = null)));
    ck_ok(kf_component_add_input_artifact(
        c, "y", NULL, KF_OPTIONS(kf_io_options, .default_value = null)));
    for (size_t i = 0; i < 2; i++) {
        ck_assert(kf_component_input(c, i)->optional);
        ck_assert_ptr_null(kf_component_input(c, i)->default_value);
    }
    kf_value_free(null);
    kf_component_free(c);
}
END_TEST

START_TEST(wrong_declarations_are_refused)
{
    kf_component *c = component();
    kf_value *text = parse("\"1\""), *number = parse("1.5"), *structure = parse("{}");
    kf_value *modes = parse("[\"a\"]"), *none = parse("[]");
    ck_ok(kf_component_add_input(c, "x", KF_TYPE_STRING, NULL));
    ck_fails(kf_component_add_input(c, "x", KF_TYPE_INTEGER, NULL), KF_EEXIST, "\"x\"");
    ck_fails(kf_component_add_input_artifact(c, "x", NULL, NULL), KF_EEXIST,
        "an input \"x\"");
    static const char *const names[] = {
        "", " x", "x ", "a'b", "a\"b", "a[0]", "a{b}", "a/b", "a\nb", "$x", "a\xff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(
            kf_component_add_input(c, names[i], KF_TYPE_STRING, NULL), KF_EINVAL);
    char longer[1100];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    ck_fails(
        kf_component_add_input(c, longer, KF_TYPE_STRING, NULL), KF_ELIMIT, "1024");

    ck_fails(kf_component_add_input(c, "n", KF_TYPE_INTEGER,
                 KF_OPTIONS(kf_io_options, .default_value = text)),
        KF_ETYPE, "\"n\" is not of its type NUMBER_INTEGER");
    ck_fails(kf_component_add_input(c, "n", KF_TYPE_INTEGER,
                 KF_OPTIONS(kf_io_options, .default_value = number)),
        KF_ETYPE, "NUMBER_INTEGER");
    ck_fails(kf_component_add_input(c, "n", KF_TYPE_TASK_CONFIG,
                 KF_OPTIONS(kf_io_options, .default_value = structure)),
        KF_ETYPE, "cannot have a default");
    ck_fails(kf_component_add_input(
                 c, "n", KF_TYPE_INTEGER, KF_OPTIONS(kf_io_options, .literals = modes)),
        KF_ETYPE, "literal 0");
    ck_fails(kf_component_add_input(
                 c, "n", KF_TYPE_STRING, KF_OPTIONS(kf_io_options, .literals = none)),
        KF_ETYPE, "at least one");
    ck_fails(kf_component_add_input(c, "n", KF_TYPE_STRING,
                 KF_OPTIONS(kf_io_options, .literals = modes, .default_value = text)),
        KF_EINVAL, "none of the literals");
    ck_fails(kf_component_add_input_artifact(c, "n", "Model", NULL), KF_EINVAL,
        "system.Dataset");
    ck_fails(kf_component_add_input_artifact(
                 c, "n", NULL, KF_OPTIONS(kf_io_options, .schema_version = "1")),
        KF_EINVAL, "three parts");
    ck_fails(kf_component_add_input_artifact(
                 c, "n", NULL, KF_OPTIONS(kf_io_options, .default_value = text)),
        KF_ETYPE, "cannot have a default");
    ck_fails(kf_component_add_output(c, "n", KF_TYPE_STRING,
                 KF_OPTIONS(kf_io_options, .default_value = text)),
        KF_EINVAL, "output \"n\"");
    ck_fails(kf_component_add_input(c, "n", KF_TYPE_STRING,
                 KF_OPTIONS(kf_io_options, .description = "\xc3")),
        KF_EINVAL, "UTF-8");
    ck_assert_uint_eq(kf_component_input_count(c), 1);
    ck_assert_uint_eq(kf_component_output_count(c), 0);
    kf_value_free(text);
    kf_value_free(number);
    kf_value_free(structure);
    kf_value_free(modes);
    kf_value_free(none);
    kf_component_free(c);
}
END_TEST

START_TEST(names_of_python_and_of_kfp_are_taken)
{
    kf_component *c = component();
    static const char *const names[] = {"x", "_x", "größe",
        "pipelinechannel--loop-item-param-1", "a.b", "1st", "two words"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_ok(kf_component_add_input(c, names[i], KF_TYPE_STRING, NULL));
    kf_component_free(c);
}
END_TEST

START_TEST(an_interface_is_read_from_a_document)
{
    kf_component *c = component();
    kf_value *spec = parse(
        "{\"inputDefinitions\": {\"parameters\": {"
        "\"n\": {\"parameterType\": \"NUMBER_INTEGER\", \"defaultValue\": 1.0, "
        "\"literals\": [1.0]},"
        "\"s\": {\"parameterType\": \"STRING\", \"isOptional\": true, \"description\": "
        "\"D\"}},"
        "\"artifacts\": {\"m\": {\"artifactType\": {\"schemaTitle\": \"system.Model\","
        " \"schemaVersion\": \"0.0.1\"}, \"isArtifactList\": true}}},"
        "\"outputDefinitions\": {\"artifacts\": {\"a\": {\"artifactType\":"
        " {\"schemaTitle\": \"system.Metrics\", \"schemaVersion\": \"0.0.1\"}}},"
        "\"parameters\": {\"p\": {\"parameterType\": \"LIST\"}}}}");
    kf_component_body *body = c->body;
    ck_ok(kf__component_read_interface(body, kf__tree_copy(&body->tree, spec)));
    kf_value_free(spec);
    ck_assert_uint_eq(kf_component_input_count(c), 3);
    const kf_io *io = kf_component_input(c, 0);
    ck_assert_str_eq(io->name, "n");
    ck_assert(io->type == KF_TYPE_INTEGER && io->optional);
    check_json(io->default_value, "1.0");
    check_json(io->literals, "[1.0]");
    ck_assert_str_eq(kf_component_input(c, 1)->description, "D");
    ck_assert(kf_component_input(c, 1)->optional);
    io = kf_component_input(c, 2);
    ck_assert_str_eq(io->schema_title, "system.Model");
    ck_assert(io->is_list && !io->optional);
    ck_assert_uint_eq(kf_component_output_count(c), 2);
    ck_assert_str_eq(kf_component_output(c, 0)->name, "p");
    ck_assert_str_eq(kf_component_output(c, 1)->schema_title, "system.Metrics");
    kf_component_free(c);
}
END_TEST

static kf_status declare_all(const kf_value *value, kf_component **out)
{
    KF__TRY(kf_component_new("c", out));
    const kf_io_options *options =
        KF_OPTIONS(kf_io_options, .default_value = value, .description = "D");
    KF__TRY(kf_component_add_input(*out, "a", KF_TYPE_STRUCT, options));
    for (char name[] = "b"; *name <= 'z'; ++*name)
        KF__TRY(kf_component_add_input(*out, name, KF_TYPE_STRUCT, options));
    return kf_component_add_output_artifact(*out, "m", "system.Model", NULL);
}

/* Whichever allocation fails, nothing leaks, and what was declared before is still
 * there. */
START_TEST(any_allocation_may_fail)
{
    kf_value *value = parse("{\"a\":[1,2,{\"b\":\"text\"}]}");
    bool done = false;
    for (long n = 0; !done; n++) {
        kf_component *c = NULL;
        kf__mem_fail_after(n);
        kf_status status = declare_all(value, &c);
        kf__mem_fail_after(-1);
        done = status == KF_OK;
        ck_assert(done || status == KF_ENOMEM);
        if (!done && c != NULL) {
            size_t count = kf_component_input_count(c);
            ck_ok(kf_component_add_input(c, "again", KF_TYPE_STRING, NULL));
            ck_assert_uint_eq(kf_component_input_count(c), count + 1);
        }
        kf_component_free(c);
        ck_assert_int_lt(n, 10000);
    }
    kf_value_free(value);
}
END_TEST

KF_TEST_MAIN("pipeline/component_io", inputs_keep_their_order_and_all_that_was_said,
    outputs_are_declared, a_null_default_means_that_it_may_be_left_out,
    wrong_declarations_are_refused, names_of_python_and_of_kfp_are_taken,
    an_interface_is_read_from_a_document, any_allocation_may_fail)
