/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

static kf_status begin(build *b, const char *json, int parallelism)
{
    kf_group_id group = -1;
    kf_value *items = build_json(json);
    kf_status status = kf_pipeline_begin_loop(b->p, (kf_operand){.value = items},
        KF_OPTIONS(kf_loop_options, .parallelism = parallelism), &group);
    kf_value_free(items);
    return status;
}

START_TEST(test_bad_items)
{
    build b = build_start("p");
    kf_channel_id text = build_input(&b, "x", KF_TYPE_STRING), one = -1;
    kf_group_id group = -1;
    char embeds[200];
    (void)snprintf(
        embeds, sizeof embeds, "[\"%s\"]", kf_pipeline_channel_text(b.p, text));
    ck_ok(kf_pipeline_add_input_artifact(b.p, "m", NULL, NULL, &one));
    ck_fails(begin(&b, "[]", 0), KF_EINVAL, "empty list");
    ck_fails(begin(&b, "{\"a\": 1}", 0), KF_ETYPE, "a list");
    ck_fails(begin(&b, "[1]", -1), KF_EINVAL, "-1");
    ck_fails(begin(&b, embeds, 0), KF_EUNSUPPORTED, "cannot embed");
    ck_fails(kf_pipeline_begin_loop(b.p, (kf_operand){.channel = text}, NULL, &group),
        KF_ETYPE, "\"x\" is STRING");
    ck_fails(kf_pipeline_begin_loop(b.p, (kf_operand){.channel = one}, NULL, &group),
        KF_ETYPE, "single artifact");
    /* Nothing was opened, and no number was taken. */
    ck_ok(begin(&b, "[1]", 3));
    build_say(&b, "a");
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/for-loop-2",
        "{\"taskInfo\": {\"name\": \"for-loop-2\"}, \"componentRef\": {\"name\": "
        "\"comp-for-loop-2\"}, \"iteratorPolicy\": {\"parallelismLimit\": 3}, "
        "\"parameterIterator\": {\"itemInput\": "
        "\"pipelinechannel--loop-item-param-1\", "
        "\"items\": {\"raw\": \"[1]\"}}}");
    build_finish(&b);
}
END_TEST

/* Python's json.dumps(items, sort_keys=True). */
START_TEST(test_raw_items)
{
    build b = build_start("p");
    ck_ok(begin(&b, "[{\"b\": [1, 2.5, null], \"a\": \"\xc3\xa4\\n\"}, {}]", 0));
    build_say(&b, "a");
    build_end(&b);
    build_lower(&b, true);
    ck_assert_str_eq(kf_value_string(build_at(
                         &b, "root/dag/tasks/for-loop-2/parameterIterator/items/raw")),
        "[{\"a\": \"\\u00e4\\n\", \"b\": [1, 2.5, null]}, {}]");
    build_finish(&b);
}
END_TEST

/* KFP gives both items one name. */
START_TEST(test_loop_over_the_same_list)
{
    build b = build_start("p");
    kf_channel_id xs = build_input(&b, "xs", KF_TYPE_LIST);
    kf_channel_id outer = build_loop(&b, NULL, xs), inner = build_loop(&b, NULL, xs);
    build_pass(&b, outer);
    build_pass(&b, inner);
    build_end(&b);
    build_end(&b);
    build_pass(&b, build_loop(&b, NULL, xs));
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "components/comp-for-loop-2/dag/tasks/same/inputs/parameters/text",
        "{\"componentInputParameter\": \"pipelinechannel--xs-loop-item\"}");
    build_check(&b,
        "components/comp-for-loop-2/dag/tasks/same-2/inputs/parameters/text",
        "{\"componentInputParameter\": \"pipelinechannel--xs-loop-item-2\"}");
    build_check(&b,
        "components/comp-for-loop-3/dag/tasks/same-3/inputs/parameters/text",
        "{\"componentInputParameter\": \"pipelinechannel--xs-loop-item\"}");
    build_finish(&b);
}
END_TEST

/* KFP waits only if a task reads the item. */
START_TEST(test_loop_waits_for_its_items)
{
    build b = build_start("p");
    build_loop(&b, NULL, build_output(&b, build_task(&b, b.list)));
    build_say(&b, "a");
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/for-loop-1/dependentTasks", "[\"list\"]");
    build_finish(&b);
}
END_TEST

START_TEST(test_exit_handlers)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_task_id leave = build_pass(&b, x), first = build_say(&b, "a");
    kf_task_id reads = build_pass(&b, build_output(&b, first)),
               waits = build_say(&b, "b");
    kf_task_id embeds =
        build_say(&b, kf_pipeline_channel_text(b.p, build_output(&b, first)));
    kf_group_id group = -1;
    kf_component *importer = NULL;
    ck_ok(kf_component_new("importer", &importer));
    ck_ok(kf_component_set_importer(importer, NULL));
    kf_task_id imports = build_task(&b, importer);
    ck_ok(kf_pipeline_after(b.p, waits, first));
    ck_fails(kf_pipeline_begin_exit_handler(b.p, reads, NULL, &group), KF_EINVAL,
        "reads \"out\" of \"same-2\"");
    ck_fails(kf_pipeline_begin_exit_handler(b.p, embeds, NULL, &group), KF_EINVAL,
        "must not depend");
    ck_fails(kf_pipeline_begin_exit_handler(b.p, waits, NULL, &group), KF_EINVAL,
        "must not run after");
    ck_fails(kf_pipeline_begin_exit_handler(b.p, imports, NULL, &group), KF_EINVAL,
        "importer");
    build_if(&b, x, "\"1\"");
    kf_task_id inside = build_say(&b, "c");
    ck_fails(kf_pipeline_begin_exit_handler(b.p, leave, NULL, &group), KF_ESTATE,
        "at the root");
    build_end(&b);
    ck_fails(kf_pipeline_begin_exit_handler(b.p, inside, NULL, &group), KF_EINVAL,
        "outside of all groups");
    ck_ok(kf_pipeline_begin_exit_handler(b.p, leave, "shown", &group));
    build_say(&b, "d");
    build_end(&b);
    ck_fails(kf_pipeline_begin_exit_handler(b.p, leave, NULL, &group), KF_EINVAL,
        "another exit handler");
    kf_component_free(importer);
    build_finish(&b);
}
END_TEST

/* KFP leaves the handler without the output that the pipeline takes from it. */
START_TEST(test_output_from_an_exit_handler)
{
    build b = build_start("p");
    kf_task_id leave = build_say(&b, "leave");
    kf_group_id group = -1;
    kf_channel_id collected = -1;
    ck_ok(kf_pipeline_begin_exit_handler(b.p, leave, NULL, &group));
    kf_channel_id out = build_output(&b, build_pass(&b, build_loop(&b, "[\"a\"]", -1)));
    build_end(&b);
    build_end(&b);
    ck_ok(kf_pipeline_collected(b.p, out, &collected));
    ck_ok(kf_pipeline_set_output(b.p, "all", collected));
    build_lower(&b, true);
    build_check(&b, "components/comp-exit-handler-1/outputDefinitions",
        "{\"parameters\": {\"pipelinechannel--same-2-out\": {\"parameterType\": "
        "\"LIST\"}}}");
    build_check(&b, "components/comp-exit-handler-1/dag/outputs",
        "{\"parameters\": {\"pipelinechannel--same-2-out\": {\"valueFromParameter\": "
        "{\"producerSubtask\": \"for-loop-3\", \"outputParameterKey\": "
        "\"pipelinechannel--same-2-out\"}}}}");
    build_check(&b, "root/dag/outputs/parameters/all/valueFromParameter",
        "{\"producerSubtask\": \"exit-handler-1\", \"outputParameterKey\": "
        "\"pipelinechannel--same-2-out\"}");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/flow_loop", test_bad_items, test_raw_items,
    test_loop_over_the_same_list, test_loop_waits_for_its_items, test_exit_handlers,
    test_output_from_an_exit_handler)
