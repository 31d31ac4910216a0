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

static kf_component *component(const char *name)
{
    kf_component *made = NULL;
    ck_ok(kf_component_new(name, &made));
    return made;
}

/* The right side is what maybe_rename_for_k8s of kfp/dsl/utils.py 2.17.0 gives. */
START_TEST(names_are_sanitised_as_kfp_does)
{
    static const char *const cases[][2] = {
        {"train", "train"},
        {"Train model", "train-model"},
        {"train_model", "train-model"},
        {"--My   Comp__1--", "my-comp-1"},
        {"a.b/c", "a-b-c"},
        {"42", "42"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf_component *c = component(cases[i][0]);
        ck_assert_str_eq(kf_component_name(c), cases[i][1]);
        kf_component_free(c);
    }
    kf_component *none = NULL;
    ck_fails(kf_component_new("", &none), KF_EINVAL, "letter or digit");
    ck_fails(kf_component_new("-_-", &none), KF_EINVAL, "letter or digit");
    ck_fails(kf_component_new("a\xff", &none), KF_EINVAL, "UTF-8");
    ck_assert_ptr_null(none);
    kf_component_free(NULL);
}
END_TEST

START_TEST(a_description_can_be_set_and_taken_back)
{
    kf_component *c = component("c");
    ck_assert_ptr_null(kf_component_description(c));
    ck_ok(kf_component_set_description(c, "Trains."));
    ck_assert_str_eq(kf_component_description(c), "Trains.");
    ck_ok(kf_component_set_description(c, NULL));
    ck_assert_ptr_null(kf_component_description(c));
    ck_fails(kf_component_set_description(c, "\xc0"), KF_EINVAL, "UTF-8");
    kf_component_free(c);
}
END_TEST

START_TEST(a_container_has_words_and_environment)
{
    kf_component *c = component("c");
    kf_value *command = parse("[\"sh\",\"-c\"]"), *args = parse("[\"{{$}}\"]");
    ck_fails(kf_component_set_env(c, "A", "1"), KF_ESTATE, "no container");
    ck_ok(kf_component_set_container(c, "alpine", command, args));
    ck_ok(kf_component_set_env(c, "A", "1"));
    ck_ok(kf_component_set_env(c, "B", ""));
    ck_ok(kf_component_set_env(c, "A", "2"));
    const kf_component_body *body = c->body;
    ck_assert_int_eq(body->kind, KF__COMPONENT_CONTAINER);
    ck_assert_str_eq(body->image, "alpine");
    check_json(body->command, "[\"sh\",\"-c\"]");
    check_json(body->args, "[\"{{$}}\"]");
    check_json(body->env,
        "[{\"name\":\"A\",\"value\":\"2\"},{\"name\":\"B\",\"value\":\"\"}]");
    /* A second execution replaces the first with all of it; empty lists are none. */
    kf_value *empty = parse("[]");
    ck_ok(kf_component_set_container(c, "debian", empty, NULL));
    body = c->body;
    ck_assert_str_eq(body->image, "debian");
    ck_assert(body->command == NULL && body->args == NULL && body->env == NULL);
    kf_value_free(empty);
    kf_value_free(command);
    kf_value_free(args);
    kf_component_free(c);
}
END_TEST

START_TEST(wrong_containers_are_refused)
{
    kf_component *c = component("c");
    kf_value *text = parse("\"sh\""), *mixed = parse("[\"sh\",1]"),
             *nul = parse("[\"a\\u0000b\"]");
    ck_fails(kf_component_set_container(c, "", NULL, NULL), KF_EINVAL, "image");
    ck_fails(
        kf_component_set_container(c, "i", text, NULL), KF_ETYPE, "list of strings");
    ck_fails(kf_component_set_container(c, "i", NULL, mixed), KF_ETYPE, "item 1");
    ck_fails(kf_component_set_container(c, "i", nul, NULL), KF_EINVAL, "NUL");
    ck_fails(kf_component_set_command(c, "i", (const char *const[]){NULL}), KF_EINVAL,
        "word");
    ck_fails(kf_component_set_call(c, ""), KF_EINVAL, "empty");
    ck_ok(kf_component_set_container(c, "i", NULL, NULL));
    ck_fails(kf_component_set_env(c, "", "x"), KF_EINVAL, "\"=\"");
    ck_fails(kf_component_set_env(c, "A=B", "x"), KF_EINVAL, "\"=\"");
    kf_value_free(text);
    kf_value_free(mixed);
    kf_value_free(nul);
    kf_component_free(c);
}
END_TEST

START_TEST(commands_and_calls_are_containers)
{
    kf_component *c = component("c");
    ck_ok(kf_component_set_command(
        c, "debian", (const char *const[]){"wc", "-l", "f", NULL}));
    check_json(c->body->command, "[\"wc\",\"-l\",\"f\"]");
    ck_assert_ptr_null(c->body->args);
    ck_ok(kf_component_set_call(c, "train"));
    ck_assert_str_eq(c->body->image, "libkf/call");
    check_json(c->body->command, "[\"kf\",\"call\",\"train\"]");
    check_json(c->body->args, "[\"--executor_input\",\"{{$}}\"]");
    kf_component_free(c);
}
END_TEST

/* The values are the importers of a document that KFP 2.17.0 compiled. */
START_TEST(importers_are_as_in_the_ir)
{
    kf_component *c = component("importer");
    ck_ok(kf_component_set_importer(c, NULL));
    ck_assert_int_eq(c->body->kind, KF__COMPONENT_IMPORTER);
    check_json(c->body->importer, "{\"artifactUri\":{\"runtimeParameter\":\"uri\"},"
                                  "\"typeSchema\":{\"schemaTitle\":\"system.Artifact\","
                                  "\"schemaVersion\":\"0.0.1\"}}");
    kf_value *metadata =
        parse("{\"rows\":3,\"tags\":[\"{{$.inputs.parameters['metadata']}}\"]}");
    ck_ok(kf_component_set_importer(c,
        KF_OPTIONS(kf_importer_options, .uri = "gs://b/x", .schema = "system.Dataset",
            .reimport = true, .metadata = metadata, .download_to_workspace = true)));
    check_json(c->body->importer, "{\"artifactUri\":{\"constant\":\"gs://b/x\"},"
                                  "\"typeSchema\":{\"schemaTitle\":\"system.Dataset\","
                                  "\"schemaVersion\":\"0.0.1\"},"
                                  "\"reimport\":true,"
                                  "\"metadata\":{\"rows\":3.0,\"tags\":[\"{{$.inputs."
                                  "parameters['metadata']}}\"]},"
                                  "\"downloadToWorkspace\":true}");
    kf_value *list = parse("[]");
    ck_fails(
        kf_component_set_importer(c, KF_OPTIONS(kf_importer_options, .metadata = list)),
        KF_ETYPE, "struct");
    ck_fails(
        kf_component_set_importer(c, KF_OPTIONS(kf_importer_options, .schema = "Data")),
        KF_EINVAL, "system.Dataset");
    kf_value_free(list);
    kf_value_free(metadata);
    kf_component_free(c);
}
END_TEST

START_TEST(settings_are_passed_through)
{
    kf_component *c = component("c");
    ck_ok(kf_component_add_task_config_passthrough(c, "RESOURCES", false));
    ck_ok(kf_component_add_task_config_passthrough(c, "ENV", true));
    check_json(c->body->passthroughs,
        "[{\"field\":\"RESOURCES\"},{\"field\":\"ENV\",\"applyToTask\":true}]");
    ck_fails(kf_component_add_task_config_passthrough(c, "VOLUMES", false), KF_EINVAL,
        "KUBERNETES_VOLUMES");
    kf_component_free(c);
}
END_TEST

START_TEST(a_shared_body_is_never_changed)
{
    kf_component *c = component("c"), *other = NULL;
    kf_value *number = parse("1"), *literals = parse("[1,2]");
    ck_ok(kf_component_set_container(c, "one", NULL, NULL));
    ck_ok(kf_component_set_env(c, "A", "1"));
    ck_ok(kf_component_set_description(c, "D"));
    ck_ok(kf_component_add_input(c, "x", KF_TYPE_INTEGER,
        KF_OPTIONS(kf_io_options, .default_value = number, .literals = literals)));
    ck_ok(kf_component_add_output_artifact(c, "m", "system.Model", NULL));
    ck_ok(kf_component_add_task_config_passthrough(c, "ENV", false));
    ck_ok(kf_component_dup(c, &other));
    ck_assert_ptr_eq(c->body, other->body);
    kf_component_body *body = kf__component_body_ref(c->body);

    ck_ok(kf_component_set_env(other, "A", "2"));
    ck_assert_ptr_ne(c->body, other->body);
    ck_assert_ptr_eq(c->body, body);
    check_json(c->body->env, "[{\"name\":\"A\",\"value\":\"1\"}]");
    check_json(other->body->env, "[{\"name\":\"A\",\"value\":\"2\"}]");
    ck_ok(kf_component_add_input(c, "y", KF_TYPE_STRING, NULL));
    ck_assert_uint_eq(kf_component_input_count(c), 2);
    ck_assert_uint_eq(body->inputs.count, 1);
    kf_component_free(c);

    /* All that was said went over to the copy. */
    ck_assert_str_eq(kf_component_name(other), "c");
    ck_assert_str_eq(kf_component_description(other), "D");
    ck_assert_str_eq(other->body->image, "one");
    check_json(kf_component_input(other, 0)->default_value, "1.0");
    check_json(kf_component_input(other, 0)->literals, "[1.0,2.0]");
    ck_assert_str_eq(kf_component_output(other, 0)->schema_title, "system.Model");
    ck_fails(
        kf_component_add_input(other, "x", KF_TYPE_STRING, NULL), KF_EEXIST, "\"x\"");
    check_json(other->body->passthroughs, "[{\"field\":\"ENV\"}]");
    kf_component_free(other);
    kf__component_body_unref(body);
    kf_value_free(number);
    kf_value_free(literals);
}
END_TEST

static kf_status build(const kf_value *words, kf_component **out)
{
    KF__TRY(kf_component_new("c", out));
    KF__TRY(kf_component_set_description(*out, "A component."));
    KF__TRY(kf_component_add_input(*out, "x", KF_TYPE_STRING, NULL));
    KF__TRY(kf_component_set_container(*out, "image", words, words));
    KF__TRY(kf_component_set_env(*out, "A", "1"));
    kf_component *copy = NULL;
    KF__TRY(kf_component_dup(*out, &copy));
    kf_status status = kf_component_set_env(copy, "A", "2");
    if (status == KF_OK)
        status = kf_component_set_importer(
            copy, KF_OPTIONS(kf_importer_options, .uri = "u"));
    if (status == KF_OK)
        status = kf_component_add_task_config_passthrough(copy, "ENV", true);
    kf_component_free(copy);
    KF__TRY(status);
    return kf_component_set_call(*out, "f");
}

START_TEST(any_allocation_may_fail)
{
    kf_value *words = parse("[\"a\",\"b\"]");
    bool done = false;
    for (long n = 0; !done; n++) {
        kf_component *c = NULL;
        kf__mem_fail_after(n);
        kf_status status = build(words, &c);
        kf__mem_fail_after(-1);
        done = status == KF_OK;
        ck_assert(done || status == KF_ENOMEM);
        if (c != NULL)
            ck_ok(kf_component_set_call(c, "again"));
        kf_component_free(c);
        ck_assert_int_lt(n, 10000);
    }
    kf_value_free(words);
}
END_TEST

KF_TEST_MAIN("pipeline/component", names_are_sanitised_as_kfp_does,
    a_description_can_be_set_and_taken_back, a_container_has_words_and_environment,
    wrong_containers_are_refused, commands_and_calls_are_containers,
    importers_are_as_in_the_ir, settings_are_passed_through,
    a_shared_body_is_never_changed, any_allocation_may_fail)
