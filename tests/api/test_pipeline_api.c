/* SPDX-License-Identifier: Apache-2.0 */
/* Building, checking, writing and reading pipelines through libkf.so. */
#include "kf_test.h"

#include <kf.h>
#include <string.h>

static kf_component *make_step(void)
{
    kf_component *step = NULL;
    static const char command[] = "[\"double\", \"{{$.inputs.parameters['x']}}\"]";
    kf_value *words = NULL;
    ck_ok(kf_component_new("Double It", &step));
    ck_ok(kf_component_add_input(step, "x", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_component_add_output(step, "y", KF_TYPE_INTEGER, NULL));
    ck_ok(kf_value_parse(command, sizeof command - 1, &words));
    ck_ok(kf_component_set_container(step, "debian:12", words, NULL));
    kf_value_free(words);
    return step;
}

/* Two tasks, the second in a loop over a list that is an input of the pipeline. */
static kf_pipeline *make_pipeline(void)
{
    kf_component *step = make_step();
    kf_pipeline *pipeline = NULL;
    kf_channel_id numbers, item, doubled;
    kf_group_id loop;
    kf_task_id task;
    ck_ok(kf_pipeline_new("doubles", NULL, &pipeline));
    ck_ok(kf_pipeline_add_input(pipeline, "numbers", KF_TYPE_LIST, NULL, &numbers));
    ck_ok(kf_pipeline_begin_loop(pipeline, (kf_operand){.channel = numbers},
        KF_OPTIONS(kf_loop_options, .parallelism = 2), &loop));
    ck_ok(kf_pipeline_loop_item(pipeline, loop, &item));
    ck_ok(kf_pipeline_add_task(pipeline, step, NULL, &task));
    ck_ok(kf_pipeline_set_argument(pipeline, task, "x", item));
    ck_ok(kf_pipeline_task_output(pipeline, task, NULL, &doubled));
    ck_ok(kf_pipeline_end(pipeline));
    ck_ok(kf_pipeline_collected(pipeline, doubled, &doubled));
    ck_ok(kf_pipeline_set_output(pipeline, "all", doubled));
    kf_component_free(step);
    return pipeline;
}

START_TEST(what_is_written_reads_back_equal)
{
    kf_pipeline *built = make_pipeline(), *read = NULL;
    kf_value *before = NULL, *after = NULL;
    char *text = NULL;
    ck_ok(kf_pipeline_write(built, NULL, &text));
    ck_ok(kf_pipeline_load(text, strlen(text), &read));
    ck_ok(kf_pipeline_spec(built, NULL, &before));
    ck_ok(kf_pipeline_spec(read, NULL, &after));
    ck_assert(kf_value_equal(before, after));
    const kf_value *root = kf_value_get(after, "root");
    const kf_value *tasks = kf_value_get(kf_value_get(root, "dag"), "tasks");
    const kf_value *loop = kf_value_get(tasks, "for-loop-1");
    ck_assert_ptr_nonnull(loop);
    ck_assert_int_eq(kf_value_int(kf_value_get(
                         kf_value_get(loop, "iteratorPolicy"), "parallelismLimit")),
        2);
    kf_value_free(before);
    kf_value_free(after);
    kf_text_free(text);
    kf_pipeline_free(read);
    kf_pipeline_free(built);
}
END_TEST

START_TEST(a_sound_pipeline_has_no_findings)
{
    kf_pipeline *pipeline = make_pipeline();
    kf_report *report = NULL;
    ck_ok(kf_pipeline_check(pipeline, &report));
    ck_assert_uint_eq(kf_report_errors(report), 0);
    kf_report_free(report);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(all_findings_come_at_once)
{
    static const char text[] = "pipelineInfo: {name: bad}\n"
                               "schemaVersion: 2.1.0\n"
                               "root:\n"
                               "  dag:\n"
                               "    tasks:\n"
                               "      a: {componentRef: {name: comp-none}, taskInfo: "
                               "{name: a}, dependentTasks: [b]}\n"
                               "      b: {componentRef: {name: comp-none}, taskInfo: "
                               "{name: b}, dependentTasks: [a]}\n";
    kf_report *report = NULL;
    ck_ok(kf_pipeline_check_text(text, sizeof text - 1, &report));
    ck_assert_uint_ge(kf_report_errors(report), 2);
    bool cycle = false, unknown = false;
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        cycle |= finding->code == KF_ECYCLE;
        unknown |= strstr(finding->message, "comp-none") != NULL && finding->line == 6;
    }
    ck_assert(cycle);
    ck_assert(unknown);
    kf_report_free(report);
}
END_TEST

START_TEST(mistakes_say_what_is_near)
{
    kf_pipeline *pipeline = NULL;
    kf_component *step = make_step();
    kf_channel_id channel = -1;
    kf_task_id task;
    ck_ok(kf_pipeline_new("p", NULL, &pipeline));
    ck_ok(kf_pipeline_add_task(pipeline, step, NULL, &task));
    ck_assert_str_eq(kf_pipeline_task_name(pipeline, task), "double-it");
    ck_fails(kf_pipeline_set_int(pipeline, task, "X", 1), KF_ENOENT, "\"x\"");
    ck_fails(kf_pipeline_task_output(pipeline, task, "z", &channel), KF_ENOENT, "y");
    ck_fails(kf_pipeline_set_string(pipeline, task, "x", "one"), KF_ETYPE, "");
    ck_fails(kf_pipeline_end(pipeline), KF_ESTATE, "");
    ck_assert_int_eq(channel, -1);
    kf_component_free(step);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(text_that_is_no_pipeline)
{
    kf_pipeline *pipeline = NULL;
    ck_fails(kf_pipeline_load("a: [1", 5, &pipeline), KF_EPARSE, "");
    ck_assert_int_eq(kf_last_error()->line, 1);
    ck_assert_int_ne(kf_pipeline_load("hello", 5, &pipeline), KF_OK);
    ck_assert_int_ne(kf_pipeline_load("", 0, &pipeline), KF_OK);
    ck_assert_ptr_null(pipeline);
}
END_TEST

KF_TEST_MAIN("pipeline_api", what_is_written_reads_back_equal,
    a_sound_pipeline_has_no_findings, all_findings_come_at_once,
    mistakes_say_what_is_near, text_that_is_no_pipeline)
