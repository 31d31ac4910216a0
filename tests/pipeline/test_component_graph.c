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

/* `Inner pipe` has inputs x (a list of integers) and m, one task, and the output o. */
static kf_pipeline *inner(void)
{
    kf_pipeline *pipeline = NULL;
    kf_component *component = NULL;
    kf_channel_id x = -1, m = -1, o = -1;
    kf_task_id task = -1;
    kf_value *three = parse("[3]");
    ck_ok(kf_pipeline_new("Inner pipe",
        KF_OPTIONS(kf_pipeline_options, .description = "Inside."), &pipeline));
    ck_ok(kf_pipeline_add_input(pipeline, "x", KF_TYPE_LIST,
        KF_OPTIONS(kf_io_options, .default_value = three, .type_text = "List[int]"),
        &x));
    ck_ok(kf_pipeline_add_input_artifact(pipeline, "m", "system.Model", NULL, &m));
    ck_ok(kf_component_new("step", &component));
    ck_ok(kf_component_set_container(component, "image", NULL, NULL));
    ck_ok(kf_component_add_input(component, "x", KF_TYPE_LIST, NULL));
    ck_ok(kf_component_add_input_artifact(component, "m", "system.Model", NULL));
    ck_ok(kf_component_add_output(component, "o", KF_TYPE_STRING, NULL));
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
    ck_ok(kf_pipeline_set_argument(pipeline, task, "x", x));
    ck_ok(kf_pipeline_set_argument(pipeline, task, "m", m));
    ck_ok(kf_pipeline_task_output(pipeline, task, NULL, &o));
    ck_ok(kf_pipeline_set_output(pipeline, "o", o));
    kf_component_free(component);
    kf_value_free(three);
    return pipeline;
}

START_TEST(a_pipeline_is_a_component_of_its_interface)
{
    kf_pipeline *pipeline = inner();
    kf_component *c = NULL;
    ck_ok(kf_component_from_pipeline(pipeline, &c));
    kf_pipeline_free(pipeline);
    ck_assert_str_eq(kf_component_name(c), "inner-pipe");
    ck_assert_str_eq(kf_component_description(c), "Inside.");
    ck_assert_int_eq(c->body->kind, KF__COMPONENT_GRAPH);
    ck_assert_ptr_nonnull(kf_value_get(c->body->spec, "root"));
    ck_assert_uint_eq(kf_component_input_count(c), 2);
    const kf_io *io = kf_component_input(c, 0);
    ck_assert_str_eq(io->name, "x");
    ck_assert(io->type == KF_TYPE_LIST && io->optional);
    ck_assert_str_eq(io->type_text, "List[int]");
    kf_value *three = parse("[3.0]");
    ck_assert(kf_value_equal(io->default_value, three));
    kf_value_free(three);
    io = kf_component_input(c, 1);
    ck_assert_str_eq(io->schema_title, "system.Model");
    ck_assert(io->type == KF_TYPE_NONE && !io->optional);
    ck_assert_uint_eq(kf_component_output_count(c), 1);
    ck_assert_str_eq(kf_component_output(c, 0)->name, "o");
    ck_assert_int_eq(kf_component_output(c, 0)->type, KF_TYPE_STRING);
    kf_component_free(c);
}
END_TEST

START_TEST(its_interface_is_the_pipelines)
{
    kf_pipeline *pipeline = inner();
    kf_component *c = NULL, *copy = NULL;
    ck_ok(kf_component_from_pipeline(pipeline, &c));
    ck_fails(kf_component_add_input(c, "y", KF_TYPE_STRING, NULL), KF_ESTATE,
        "\"inner-pipe\"");
    ck_fails(
        kf_component_add_output(c, "y", KF_TYPE_STRING, NULL), KF_ESTATE, "pipeline");
    ck_fails(kf_component_set_env(c, "A", "1"), KF_ESTATE, "no container");
    /* Changing the description of one leaves the other, with all of the pipeline in both. */
    ck_ok(kf_component_dup(c, &copy));
    ck_ok(kf_component_set_description(copy, "Other."));
    ck_assert_str_eq(kf_component_description(c), "Inside.");
    ck_assert(kf_value_equal(c->body->spec, copy->body->spec));
    ck_assert_str_eq(kf_component_input(copy, 0)->type_text, "List[int]");
    kf_component_free(copy);
    kf_component_free(c);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    kf_pipeline *pipeline = inner();
    kf_component *c = NULL;
    kf_status status = KF_ENOMEM;
    for (long n = 0; status != KF_OK; n++) {
        kf__mem_fail_after(n);
        status = kf_component_from_pipeline(pipeline, &c);
        kf__mem_fail_after(-1);
        ck_assert(status == KF_OK || (status == KF_ENOMEM && c == NULL));
        ck_assert_int_lt(n, 10000);
    }
    kf_component_free(c);
    kf_pipeline_free(pipeline);
}
END_TEST

KF_TEST_MAIN("pipeline/component_graph", a_pipeline_is_a_component_of_its_interface,
    its_interface_is_the_pipelines, any_allocation_may_fail)
