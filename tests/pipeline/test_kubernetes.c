/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of pipelines that use every function, compared with those of KFP; the pipelines are
 * those of tests/golden/make_kubernetes.py. */
#include "kubernetes_test.h"

#include "kubernetes_golden.h"
#include "pipeline/document.h"

/* Texts of channels, and values that may be them. */
typedef struct sources {
    char text_in[128], struct_in[128], text_out[128], struct_out[128];
} sources;

static kf_task_id add(kf_pipeline *pipeline, const char *name, kf_type output)
{
    kf_component *component = NULL;
    kf_task_id task = -1;
    ck_ok(kf_component_new(name, &component));
    ck_ok(kf_component_set_container(component, "image", NULL, NULL));
    if (output != KF_TYPE_NONE)
        ck_ok(kf_component_add_output(component, "out", output, NULL));
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
    kf_component_free(component);
    return task;
}

static void input_text(
    kf_pipeline *pipeline, const char *name, kf_type type, char out[128])
{
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_add_input(pipeline, name, type, NULL, &channel));
    fixture_text(pipeline, channel, out);
}

static void output_text(kf_pipeline *pipeline, kf_task_id task, char out[128])
{
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_task_output(pipeline, task, NULL, &channel));
    fixture_text(pipeline, channel, out);
}

static void add_inputs(kf_pipeline *pipeline, sources *s)
{
    input_text(pipeline, "s", KF_TYPE_STRING, s->text_in);
    input_text(pipeline, "d", KF_TYPE_STRUCT, s->struct_in);
}

static void add_outputs(kf_pipeline *pipeline, sources *s)
{
    output_text(pipeline, add(pipeline, "text", KF_TYPE_STRING), s->text_out);
    output_text(pipeline, add(pipeline, "struct", KF_TYPE_STRUCT), s->struct_out);
}

/* Each value is made for one call and ended after it. */
#define WITH_JSON(name, json, call)                                                    \
    do {                                                                               \
        kf_value *name = parse(json);                                                  \
        ck_ok(call);                                                                   \
        kf_value_free(name);                                                           \
    } while (0)
#define WITH_TEXT(name, text, call)                                                    \
    do {                                                                               \
        kf_value *name = NULL;                                                         \
        ck_ok(kf_value_new_string(text, &name));                                       \
        ck_ok(call);                                                                   \
        kf_value_free(name);                                                           \
    } while (0)

static void use_secret(kf_pipeline *p, kf_task_id t, const char *name, const char *env)
{
    WITH_JSON(map, env, kf_kubernetes_use_secret_as_env(p, t, name, map, false));
}

static void configure_volumes(kf_pipeline *p, kf_task_id t, const sources *s)
{
    use_secret(p, t, "secret", "{\"a\": \"A\", \"b\": \"B\"}");
    use_secret(p, t, s->text_in, "{\"a\": \"A\"}");
    WITH_JSON(map, "{\"a\": \"A\"}",
        kf_kubernetes_use_secret_as_env(p, t, s->text_out, map, true));
    ck_ok(kf_kubernetes_use_secret_as_volume(p, t, s->text_out, "/secret", false));
    WITH_JSON(map, "{\"c\": \"C\"}",
        kf_kubernetes_use_config_map_as_env(p, t, s->text_in, map, false));
    ck_ok(kf_kubernetes_use_config_map_as_volume(p, t, "map", "/map", false));
    ck_ok(kf_kubernetes_use_field_path_as_env(p, t, "NAME", "metadata.name"));
    ck_ok(kf_kubernetes_mount_pvc(p, t, s->text_in, "/in", "sub"));
    ck_ok(kf_kubernetes_mount_pvc(p, t, s->text_out, "/out", NULL));
    ck_ok(kf_kubernetes_empty_dir_mount(p, t, "empty", "/empty", "Memory", "1Gi"));
    kf_value *modes = parse("[\"ReadWriteOnce\"]"), *labels = parse("{\"l\": \"1\"}");
    WITH_JSON(annotations, "{\"a\": \"2\"}",
        kf_kubernetes_add_ephemeral_volume(p, t,
            KF_OPTIONS(kf_kubernetes_ephemeral_volume, .volume_name = "made",
                .mount_path = "/made", .access_modes = modes, .storage_size = "5Gi",
                .labels = labels, .annotations = annotations)));
    kf_value_free(modes);
    kf_value_free(labels);
}

static void configure_placement(kf_pipeline *p, kf_task_id t, const sources *s)
{
    ck_ok(kf_kubernetes_add_node_selector(p, t, "key", "value"));
    WITH_TEXT(
        selector, s->struct_in, kf_kubernetes_add_node_selector_json(p, t, selector));
    WITH_JSON(terms, "[{\"key\": \"a\", \"operator\": \"In\", \"values\": [\"x\"]}]",
        kf_kubernetes_add_node_affinity(p, t, terms, NULL, 5));
    WITH_TEXT(
        affinity, s->struct_out, kf_kubernetes_add_node_affinity_json(p, t, affinity));
    ck_ok(kf_kubernetes_add_toleration(p, t,
        KF_OPTIONS(kf_kubernetes_toleration, .key = "key", .operator_name = "Equal",
            .value = "value", .effect = "NoExecute", .has_seconds = true,
            .toleration_seconds = 10)));
    WITH_TEXT(
        toleration, s->struct_in, kf_kubernetes_add_toleration_json(p, t, toleration));
    WITH_JSON(toleration, "[{\"key\": \"q\"}]",
        kf_kubernetes_add_toleration_json(p, t, toleration));
}

static void configure(kf_pipeline *p, kf_task_id t, const sources *s)
{
    configure_volumes(p, t, s);
    configure_placement(p, t, s);
    ck_ok(kf_kubernetes_add_pod_label(p, t, "label", "value"));
    ck_ok(kf_kubernetes_add_pod_annotation(p, t, "annotation", "value"));
    ck_ok(kf_kubernetes_set_image_pull_policy(p, t, "Always"));
    kf_value *names = parse("[\"name\"]");
    ck_ok(kf_value_add_string(names, s->text_in));
    ck_ok(kf_value_add_string(names, s->text_out));
    ck_ok(kf_kubernetes_set_image_pull_secrets(p, t, names));
    kf_value_free(names);
    ck_ok(kf_kubernetes_set_timeout(p, t, 77));
    ck_ok(kf_kubernetes_set_security_context(p, t,
        KF_OPTIONS(kf_kubernetes_security, .has_user = true, .run_as_user = 1,
            .has_group = true, .run_as_group = 2, .has_non_root = true,
            .run_as_non_root = true)));
}

static void check_value(const kf_value *value, const char *json)
{
    kf_value *expected = parse(json);
    char *text = NULL;
    ck_ok(kf_value_write(value, KF_JSON_SPACED, &text));
    ck_assert_msg(kf_value_equal(value, expected), "%s\ninstead of\n%s", text, json);
    kf_text_free(text);
    kf_value_free(expected);
}

/* Ends the pipeline. */
static void check_documents(
    kf_pipeline *pipeline, const char *spec, const char *platform)
{
    kf_document document = {0};
    ck_ok(kf__pipeline_lower(pipeline,
        KF_OPTIONS(kf_write_options, .verbose_form = true, .sdk_version = "kfp-2.17.0"),
        &document));
    check_value(document.spec, spec);
    check_value(document.platform, platform);
    kf__document_finish(&document);
    kf_pipeline_free(pipeline);
}

static kf_pipeline *pipeline_named(const char *name)
{
    kf_pipeline *pipeline = NULL;
    ck_ok(kf_pipeline_new(name, NULL, &pipeline));
    return pipeline;
}

/* Opens a loop over constant items and gives its item. */
static kf_channel_id begin_loop(kf_pipeline *pipeline, const char *items)
{
    kf_group_id loop = -1;
    kf_channel_id item = -1;
    WITH_JSON(list, items,
        kf_pipeline_begin_loop(pipeline, (kf_operand){.value = list}, NULL, &loop));
    ck_ok(kf_pipeline_loop_item(pipeline, loop, &item));
    return item;
}

static void begin_if_equal(kf_pipeline *pipeline, kf_channel_id left, const char *right)
{
    kf_condition_id condition = -1;
    kf_group_id group = -1;
    WITH_TEXT(text, right,
        kf_pipeline_compare(pipeline, (kf_operand){.channel = left}, KF_EQUAL,
            (kf_operand){.value = text}, &condition));
    ck_ok(kf_pipeline_begin_if(pipeline, condition, NULL, &group));
}

static void use_item(kf_pipeline *pipeline, kf_task_id task, kf_channel_id item)
{
    char text[128];
    fixture_text(pipeline, item, text);
    use_secret(pipeline, task, text, "{\"i\": \"I\"}");
}

START_TEST(at_the_root)
{
    kf_pipeline *p = pipeline_named("flat");
    sources s;
    add_inputs(p, &s);
    add_outputs(p, &s);
    configure(p, add(p, "work", KF_TYPE_NONE), &s);
    check_documents(p, flat_spec, flat_platform);
}
END_TEST

START_TEST(in_a_loop_with_values_from_outside)
{
    kf_pipeline *p = pipeline_named("loop");
    sources s;
    add_inputs(p, &s);
    add_outputs(p, &s);
    kf_channel_id item = begin_loop(p, "[\"x\", \"y\"]");
    kf_task_id task = add(p, "work", KF_TYPE_NONE);
    configure(p, task, &s);
    use_item(p, task, item);
    ck_ok(kf_pipeline_end(p));
    check_documents(p, loop_spec, loop_platform);
}
END_TEST

START_TEST(in_a_loop_with_values_of_the_loop)
{
    kf_pipeline *p = pipeline_named("inside");
    sources s;
    add_inputs(p, &s);
    (void)begin_loop(p, "[\"x\", \"y\"]");
    add_outputs(p, &s);
    configure(p, add(p, "work", KF_TYPE_NONE), &s);
    ck_ok(kf_pipeline_end(p));
    check_documents(p, inside_spec, inside_platform);
}
END_TEST

START_TEST(with_the_items_of_an_output)
{
    kf_pipeline *p = pipeline_named("items-of-output");
    kf_channel_id made = -1, item = -1;
    kf_group_id loop = -1;
    char text[128];
    ck_ok(kf_pipeline_task_output(p, add(p, "items", KF_TYPE_LIST), NULL, &made));
    ck_ok(kf_pipeline_begin_loop(p, (kf_operand){.channel = made}, NULL, &loop));
    ck_ok(kf_pipeline_loop_item(p, loop, &item));
    fixture_text(p, item, text);
    ck_ok(
        kf_kubernetes_mount_pvc(p, add(p, "work", KF_TYPE_NONE), text, "/item", NULL));
    ck_ok(kf_pipeline_end(p));
    check_documents(p, items_of_output_spec, items_of_output_platform);
}
END_TEST

START_TEST(in_groups_within_groups)
{
    kf_pipeline *p = pipeline_named("groups");
    sources s;
    kf_channel_id go = -1;
    ck_ok(kf_pipeline_add_input(p, "s", KF_TYPE_STRING, NULL, &go));
    fixture_text(p, go, s.text_in);
    input_text(p, "d", KF_TYPE_STRUCT, s.struct_in);
    add_outputs(p, &s);
    begin_if_equal(p, go, "go");
    kf_channel_id item = begin_loop(p, "[\"x\", \"y\"]");
    begin_if_equal(p, item, "x");
    kf_task_id task = add(p, "work", KF_TYPE_NONE);
    configure(p, task, &s);
    use_item(p, task, item);
    for (int i = 0; i < 3; i++)
        ck_ok(kf_pipeline_end(p));
    check_documents(p, groups_spec, groups_platform);
}
END_TEST

static kf_task_id create(kf_pipeline *p, const kf_kubernetes_pvc *pvc)
{
    kf_task_id task = -1;
    ck_ok(kf_kubernetes_create_pvc(p, pvc, &task));
    return task;
}

START_TEST(with_claims)
{
    kf_pipeline *p = pipeline_named("claims");
    kf_value *many = parse("[\"ReadWriteMany\"]"), *once = parse("[\"ReadWriteOnce\"]");
    kf_value *annotations = parse("{\"a\": \"b\"}"), *five = parse("\"5Gi\"");
    kf_value *data = parse("{\"apiGroup\": \"g\", \"kind\": \"K\", \"name\": \"n\"}");
    kf_channel_id channel = -1;
    kf_task_id del = -1;
    char size[128], name[128];
    ck_ok(kf_pipeline_add_input(p, "size", KF_TYPE_STRING,
        KF_OPTIONS(kf_io_options, .default_value = five), &channel));
    fixture_text(p, channel, size);
    output_text(p,
        create(
            p, KF_OPTIONS(kf_kubernetes_pvc, .access_modes = many, .storage_size = size,
                   .pvc_name_suffix = "-x", .storage_class_name = "standard")),
        name);
    kf_task_id task = add(p, "work", KF_TYPE_NONE);
    ck_ok(kf_kubernetes_mount_pvc(p, task, name, "/claim", NULL));
    (void)create(p, KF_OPTIONS(kf_kubernetes_pvc, .access_modes = once,
                        .storage_size = "1Gi", .pvc_name = "n", .volume_name = "v",
                        .annotations = annotations, .data_source = data));
    ck_ok(kf_kubernetes_delete_pvc(p, name, &del));
    ck_ok(kf_pipeline_after(p, del, task));
    check_documents(p, claims_spec, claims_platform);
    kf_value_free(many);
    kf_value_free(once);
    kf_value_free(annotations);
    kf_value_free(five);
    kf_value_free(data);
}
END_TEST

static kf_component *inner(void)
{
    kf_pipeline *p = pipeline_named("inner");
    kf_component *component = NULL;
    char text[128];
    input_text(p, "s", KF_TYPE_STRING, text);
    use_secret(p, add(p, "work", KF_TYPE_NONE), text, "{\"a\": \"A\"}");
    (void)begin_loop(p, "[\"1\"]");
    use_secret(p, add(p, "other", KF_TYPE_NONE), text, "{\"b\": \"B\"}");
    ck_ok(kf_pipeline_end(p));
    ck_ok(kf_component_from_pipeline(p, &component));
    kf_pipeline_free(p);
    return component;
}

START_TEST(in_a_pipeline_within_a_pipeline)
{
    kf_pipeline *p = pipeline_named("nested");
    kf_component *component = inner();
    kf_channel_id s = -1;
    kf_task_id task = -1;
    ck_ok(kf_pipeline_add_input(p, "s", KF_TYPE_STRING, NULL, &s));
    ck_ok(kf_kubernetes_set_timeout(p, add(p, "text", KF_TYPE_STRING), 5));
    ck_ok(kf_pipeline_add_task(p, component, NULL, &task));
    ck_fails(kf_kubernetes_set_timeout(p, task, 5), KF_ESTATE, "is a pipeline");
    ck_ok(kf_pipeline_set_argument(p, task, "s", s));
    ck_ok(kf_pipeline_add_task(p, component, NULL, &task));
    ck_ok(kf_pipeline_set_string(p, task, "s", "constant"));
    kf_component_free(component);
    check_documents(p, nested_spec, nested_platform);
}
END_TEST

START_TEST(in_an_exit_handler)
{
    kf_pipeline *p = pipeline_named("exits");
    kf_group_id group = -1;
    char text[128];
    input_text(p, "s", KF_TYPE_STRING, text);
    kf_task_id last = add(p, "work", KF_TYPE_NONE);
    use_secret(p, last, text, "{\"a\": \"A\"}");
    ck_ok(kf_pipeline_begin_exit_handler(p, last, NULL, &group));
    use_secret(p, add(p, "other", KF_TYPE_NONE), text, "{\"b\": \"B\"}");
    ck_ok(kf_pipeline_end(p));
    check_documents(p, exits_spec, exits_platform);
}
END_TEST

KF_TEST_MAIN("pipeline/kubernetes", at_the_root, in_a_loop_with_values_from_outside,
    in_a_loop_with_values_of_the_loop, with_the_items_of_an_output,
    in_groups_within_groups, with_claims, in_a_pipeline_within_a_pipeline,
    in_an_exit_handler)
