/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

/* A component with an input and an output of each kind, whose arguments are these. */
static kf_component *component_of(const char *arguments)
{
    kf_component *component = NULL;
    kf_value *list = build_json(arguments);
    ck_ok(kf_component_new("c", &component));
    const kf_io_options *optional = KF_OPTIONS(kf_io_options, .optional = true);
    ck_ok(kf_component_add_input(component, "text", KF_TYPE_STRING, optional));
    ck_ok(
        kf_component_add_input_artifact(component, "data", "system.Dataset", optional));
    ck_ok(kf_component_add_output(component, "count", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output_artifact(component, "model", "system.Model", NULL));
    ck_ok(kf_component_set_container(component, "image", NULL, list));
    kf_value_free(list);
    return component;
}

static void check(const char *arguments, const char *message)
{
    build b = build_start("p");
    kf_component *component = component_of(arguments);
    kf_pipeline *alone = NULL;
    kf_task_id task = -1;
    ck_fails(kf_pipeline_add_task(b.p, component, NULL, &task), KF_ETYPE, message);
    ck_assert_int_eq(task, -1);
    ck_fails(kf_pipeline_from_component(component, &alone), KF_ETYPE, message);
    ck_assert_ptr_null(alone);
    kf_component_free(component);
    build_finish(&b);
}

START_TEST(the_other_kind)
{
    check("[\"{{$.inputs.parameters['data']}}\"]",
        "the command of component \"c\" has {{$.inputs.parameters['data']}}, and the "
        "input \"data\" is an artifact");
    check("[\"a\", \"--x={{$.inputs.artifacts['text'].path}}\"]",
        "the input \"text\" is a parameter");
    check("[\"{{$.inputs.artifacts['text'].uri}}\"]", "\"text\" is a parameter");
    check("[\"{{$.outputs.parameters['model'].output_file}}\"]",
        "the output \"model\" is an artifact");
    check("[\"{{$.outputs.artifacts['count'].uri}}\"]",
        "the output \"count\" is a parameter");
}
END_TEST

START_TEST(within_structures)
{
    check("[\"{\\\"Concat\\\": [\\\"a\\\", "
          "\\\"{{$.inputs.artifacts['text'].path}}\\\"]}\"]",
        "\"text\" is a parameter");
    check("[\"{\\\"IfPresent\\\": {\\\"InputName\\\": \\\"data\\\", \\\"Then\\\": "
          "[\\\"{{$.inputs.parameters['data']}}\\\"]}}\"]",
        "\"data\" is an artifact");
}
END_TEST

START_TEST(fitting)
{
    build b = build_start("p");
    kf_component *component = component_of(
        "[\"{{$.inputs.parameters['text']}}\", \"{{$.inputs.artifacts['data'].path}}\","
        " \"{{$.outputs.parameters['count'].output_file}}\","
        " \"{{$.outputs.artifacts['model'].uri}}\", "
        "\"{{$.inputs.parameters['other']}}\","
        " \"{\\\"IfPresent\\\": {\\\"InputName\\\": \\\"data\\\", \\\"Then\\\": "
        "\\\"x\\\"}}\"]");
    kf_task_id task = -1;
    ck_ok(kf_pipeline_add_task(b.p, component, NULL, &task));
    kf_component_free(component);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/component_words", the_other_kind, within_structures, fitting)
