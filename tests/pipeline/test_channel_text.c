/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"
#include "pipeline/platform.h"

#include "build.h"

/* KFP: _PIPELINE_CHANNEL_PLACEHOLDER_TEMPLATE. */
START_TEST(test_texts)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_DOUBLE), artifact = -1;
    kf_channel_id out = build_output(&b, build_say(&b, "a"));
    ck_ok(kf_pipeline_add_input_artifact(b.p, "m", "system.Model", NULL, &artifact));
    ck_assert_str_eq(
        kf_pipeline_channel_text(b.p, x), "{{channel:task=;name=x;type=Float;}}");
    ck_assert_str_eq(kf_pipeline_channel_text(b.p, out),
        "{{channel:task=same;name=out;type=String;}}");
    ck_assert_ptr_eq(
        kf_pipeline_channel_text(b.p, out), kf_pipeline_channel_text(b.p, out));
    ck_assert_str_eq(kf_pipeline_channel_text(b.p, artifact),
        "{{channel:task=;name=m;type=system.Model@0.0.1;}}");
    ck_assert_ptr_null(kf_pipeline_channel_text(b.p, 99));
    build_finish(&b);
}
END_TEST

START_TEST(test_reading)
{
    kf_embedded found;
    ck_assert(!kf__embedded_next("{{channel:task=a;name=b}}", &found));
    ck_assert(!kf__embedded_next("{{channel:task=a}};name=b;type=c;}}", &found));
    static const char text[] = "x {{channel:task=a b {{channel:task=;name=n;type=;}} y";
    ck_assert(kf__embedded_next(text, &found));
    ck_assert_uint_eq(found.task_length, 0);
    ck_assert_int_eq(found.name[0], 'n');
    ck_assert_str_eq(found.end, " y");
}
END_TEST

START_TEST(test_whole_texts)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING), found = -1;
    char longer[100];
    (void)snprintf(longer, sizeof longer, "%s.", kf_pipeline_channel_text(b.p, x));
    ck_assert(
        kf__pipeline_channel_of_text(b.p, kf_pipeline_channel_text(b.p, x), &found));
    ck_assert_int_eq(found, x);
    ck_assert(!kf__pipeline_channel_of_text(b.p, longer, &found));
    ck_assert(!kf__pipeline_channel_of_text(b.p, "x", &found));
    ck_assert(!kf__pipeline_channel_of_text(
        b.p, "{{channel:task=;name=y;type=String;}}", &found));
    build_finish(&b);
}
END_TEST

START_TEST(test_deep_in_values)
{
    build b = build_start("p");
    kf_component *take = build_component("take");
    ck_ok(kf_component_add_input(take, "d", KF_TYPE_STRUCT, NULL));
    kf_channel_id x = build_input(&b, "x", KF_TYPE_LIST);
    kf_task_id task = build_task(&b, take);
    char json[200];
    (void)snprintf(json, sizeof json, "{\"a\": [1, {\"b\": \"<%s>\"}], \"%s\": true}",
        kf_pipeline_channel_text(b.p, x), kf_pipeline_channel_text(b.p, x));
    kf_value *value = build_json(json);
    ck_ok(kf_pipeline_set_constant(b.p, task, "d", value));
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/take/inputs/parameters",
        "{\"d\": {\"runtimeValue\": {\"constant\": {\"a\": [1.0, {\"b\": "
        "\"<{{$.inputs.parameters['pipelinechannel--x']}}>\"}], "
        "\"{{$.inputs.parameters['pipelinechannel--x']}}\": true}}}, "
        "\"pipelinechannel--x\": {\"componentInputParameter\": \"x\"}}");
    kf_value_free(value);
    kf_component_free(take);
    build_finish(&b);
}
END_TEST

START_TEST(test_what_cannot_be_embedded)
{
    build b = build_start("p");
    kf_channel_id artifact = -1;
    kf_task_id task = build_task(&b, b.same);
    ck_ok(kf_pipeline_add_input_artifact(b.p, "m", "system.Model", NULL, &artifact));
    ck_fails(kf_pipeline_set_string(
                 b.p, task, "text", kf_pipeline_channel_text(b.p, artifact)),
        KF_ETYPE, "artifact \"m\"");
    ck_fails(kf_pipeline_set_string(
                 b.p, task, "text", "{{channel:task=gone;name=out;type=String;}}"),
        KF_ENOENT, "task=gone");
    kf_channel_id item = build_loop(&b, "[\"a\"]", -1);
    build_say(&b, "a");
    build_end(&b);
    ck_fails(
        kf_pipeline_set_string(b.p, task, "text", kf_pipeline_channel_text(b.p, item)),
        KF_ESCOPE, "\"for-loop-2\"");
    build_finish(&b);
}
END_TEST

/* Items of loops side by side have one name; the one that can be read is meant. */
START_TEST(test_items_of_one_name)
{
    build b = build_start("p");
    kf_channel_id xs = build_input(&b, "xs", KF_TYPE_LIST);
    char first[100];
    (void)snprintf(first, sizeof first, "%s",
        kf_pipeline_channel_text(b.p, build_loop(&b, NULL, xs)));
    kf_task_id task = build_say(&b, first);
    build_end(&b);
    kf_channel_id item = build_loop(&b, NULL, xs);
    ck_assert_str_eq(kf_pipeline_channel_text(b.p, item), first);
    build_say(&b, first);
    build_end(&b);
    ck_ok(kf_pipeline_set_string(b.p, task, "text", first));
    build_lower(&b, true);
    build_check(&b,
        "components/comp-for-loop-1/dag/tasks/same/inputs/parameters/"
        "pipelinechannel--xs-loop-item",
        "{\"componentInputParameter\": \"pipelinechannel--xs-loop-item\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_collected_in_text)
{
    build b = build_start("p");
    kf_channel_id collected = -1;
    kf_channel_id out = build_output(&b, build_pass(&b, build_loop(&b, "[\"a\"]", -1)));
    build_end(&b);
    ck_ok(kf_pipeline_collected(b.p, out, &collected));
    kf_task_id task = build_say(&b, kf_pipeline_channel_text(b.p, collected));
    ck_fails(
        kf_pipeline_set_string(b.p, task, "text", kf_pipeline_channel_text(b.p, out)),
        KF_ESCOPE, "collect it");
    build_lower(&b, true);
    build_check(&b,
        "root/dag/tasks/same-2/inputs/parameters/text/runtimeValue/constant",
        "\"{{$.inputs.parameters['pipelinechannel--for-loop-2-pipelinechannel--same-"
        "out']}"
        "}\"");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/channel_text", test_texts, test_reading, test_whole_texts,
    test_deep_in_values, test_what_cannot_be_embedded, test_items_of_one_name,
    test_collected_in_text)
