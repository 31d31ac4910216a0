/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

START_TEST(test_name)
{
    kf_pipeline *p = NULL;
    ck_ok(kf_pipeline_new("My Pipeline (2)", NULL, &p));
    ck_assert_str_eq(kf_pipeline_name(p), "my-pipeline-2");
    ck_assert_uint_eq(kf_pipeline_task_count(p), 0);
    ck_assert_ptr_null(kf_pipeline_task_name(p, 0));
    kf_pipeline_free(p);
    p = NULL;
    ck_fails(kf_pipeline_new("!!!", NULL, &p), KF_EINVAL, "!!!");
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[129] = '\0';
    ck_fails(kf_pipeline_new(longest, NULL, &p), KF_EINVAL, "128");
    longest[128] = '\0';
    ck_ok(kf_pipeline_new(longest, NULL, &p));
    kf_pipeline_free(p);
    kf_pipeline_free(NULL);
}
END_TEST

START_TEST(test_inputs)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING), other = -1;
    kf_value *number = build_json("1.5");
    ck_assert_int_eq(kf_pipeline_channel_type(b.p, x), KF_TYPE_STRING);
    ck_fails(kf_pipeline_add_input(b.p, "x", KF_TYPE_INTEGER, NULL, &other), KF_EEXIST,
        "\"x\"");
    ck_fails(kf_pipeline_add_input(b.p, "y", KF_TYPE_STRING,
                 KF_OPTIONS(kf_io_options, .default_value = number), &other),
        KF_ETYPE, "\"y\"");
    ck_fails(kf_pipeline_add_input(b.p, "a/b", KF_TYPE_STRING, NULL, &other), KF_EINVAL,
        "a/b");
    ck_fails(kf_pipeline_add_input_artifact(b.p, "z", "Dataset", NULL, &other),
        KF_EINVAL, "Dataset");
    ck_assert_int_eq(other, -1);
    ck_ok(kf_pipeline_add_input_artifact(b.p, "z", NULL, NULL, &other));
    ck_assert_int_eq(kf_pipeline_channel_type(b.p, other), KF_TYPE_NONE);
    kf_value_free(number);
    build_finish(&b);
}
END_TEST

START_TEST(test_outputs)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_channel_id out = build_output(&b, build_say(&b, "a"));
    ck_ok(kf_pipeline_add_output(b.p, "number", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_pipeline_add_output(b.p, "text", KF_TYPE_STRING, NULL));
    ck_fails(kf_pipeline_add_output(b.p, "text", KF_TYPE_STRING, NULL), KF_EEXIST,
        "\"text\"");
    ck_fails(kf_pipeline_set_output(b.p, "number", out), KF_ETYPE, "NUMBER_INTEGER");
    ck_fails(kf_pipeline_set_output(b.p, "text", x), KF_EINVAL, "\"x\"");
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EMISSING,
        "\"number\", \"text\"");
    kf_task_id count = build_task(&b, b.count);
    ck_ok(kf_pipeline_set_int(b.p, count, "n", 3));
    ck_ok(kf_pipeline_set_output(b.p, "number", build_output(&b, count)));
    ck_ok(kf_pipeline_set_output(b.p, "text", out));
    ck_ok(kf_pipeline_set_output(b.p, "undeclared", out));
    build_lower(&b, true);
    build_check(&b, "root/outputDefinitions/parameters",
        "{\"number\": {\"parameterType\": \"NUMBER_INTEGER\"}, \"text\": "
        "{\"parameterType\": \"STRING\"}, \"undeclared\": {\"parameterType\": "
        "\"STRING\"}}");
    build_check(&b, "root/dag/outputs/parameters/undeclared/valueFromParameter",
        "{\"producerSubtask\": \"same\", \"outputParameterKey\": \"out\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_nothing_in_it)
{
    build b = build_start("p");
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EMISSING, "no task");
    build_loop(&b, "[1]", -1);
    build_say(&b, "a");
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ESTATE, "for-loop-2");
    ck_assert_ptr_null(b.document.spec);
    build_finish(&b);
}
END_TEST

START_TEST(test_config)
{
    build b = build_start("p");
    kf_value *first = build_json("{\"workspace\": {\"size\": \"1Gi\"}}");
    kf_value *second = build_json("{\"workspace\": {\"kubernetes\": {\"pvcSpecPatch\": "
                                  "{\"n\": 1}}}, \"activeDeadlineSeconds\": 5}");
    kf_value *list = build_json("[]");
    ck_fails(kf_pipeline_set_config(b.p, list), KF_ETYPE, "struct");
    ck_ok(kf_pipeline_set_config(b.p, first));
    ck_ok(kf_pipeline_set_config(b.p, second));
    build_say(&b, "{{$.workspace_path}}/x");
    build_lower(&b, true);
    char *text = NULL;
    ck_ok(kf_value_write(b.document.platform, KF_JSON_SPACED, &text));
    ck_assert_str_eq(text,
        "{\"platforms\": {\"kubernetes\": {\"pipelineConfig\": {\"workspace\": "
        "{\"size\": \"1Gi\", \"kubernetes\": {\"pvcSpecPatch\": {\"n\": 1.0}}}, "
        "\"activeDeadlineSeconds\": 5}}}}");
    kf_text_free(text);
    kf_value_free(first);
    kf_value_free(second);
    kf_value_free(list);
    build_finish(&b);
}
END_TEST

START_TEST(test_workspace_is_needed)
{
    build b = build_start("p");
    kf_task_id task = build_say(&b, "/kfp-workspace/data");
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EMISSING, "workspace");
    ck_ok(kf_pipeline_set_string(b.p, task, "text", "a"));
    kf_component *importer = NULL;
    ck_ok(kf_component_new("importer", &importer));
    ck_ok(kf_component_set_importer(
        importer, KF_OPTIONS(kf_importer_options, .uri = "gs://x",
                      .download_to_workspace = true)));
    build_task(&b, importer);
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_EMISSING, "exec-importer");
    /* Within another pipeline, that one's workspace counts. */
    ck_ok(kf__pipeline_lower_component(b.p, NULL, &b.document));
    kf_component_free(importer);
    build_finish(&b);
}
END_TEST

START_TEST(test_read_pipelines_cannot_be_built_on)
{
    build b = build_start("p");
    build_say(&b, "a");
    kf_component *component = NULL;
    kf_pipeline *read = NULL;
    kf_task_id task = -1;
    ck_ok(kf_component_from_pipeline(b.p, &component));
    ck_ok(kf_pipeline_from_component(component, &read));
    ck_assert_str_eq(kf_pipeline_name(read), "p");
    ck_assert_uint_eq(kf_pipeline_task_count(read), 1);
    ck_assert_str_eq(kf_pipeline_task_name(read, 0), "same");
    ck_assert_ptr_null(kf_pipeline_task_name(read, 1));
    ck_fails(kf_pipeline_add_task(read, b.same, NULL, &task), KF_ESTATE, "document");
    ck_fails(kf_pipeline_end(read), KF_ESTATE, "document");
    kf_component_free(component);
    ck_ok(kf__pipeline_lower(read, NULL, &b.document));
    build_check(&b, "root/dag/tasks/same/taskInfo/name", "\"same\"");
    kf_pipeline_free(read);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/pipeline", test_name, test_inputs, test_outputs,
    test_nothing_in_it, test_config, test_workspace_is_needed,
    test_read_pipelines_cannot_be_built_on)
