/* SPDX-License-Identifier: Apache-2.0 */
/* Platform configurations: references are rewritten where they cross groups (KFP:
 * _rewrite_platform_config_input_references). */
#include "build.h"

static void configure(build *b, kf_task_id task, const char *json)
{
    kf_value *config = build_json(json);
    ck_ok(kf_pipeline_set_platform_config(b->p, task, "kubernetes", config));
    kf_value_free(config);
}

static void check_config(build *b, const char *label, const char *json)
{
    const kf_value *platforms = kf_value_get(b->document.platform, "platforms");
    const kf_value *deployment =
        kf_value_get(kf_value_get(platforms, "kubernetes"), "deploymentSpec");
    const kf_value *config = kf_value_get(kf_value_get(deployment, "executors"), label);
    kf_value *expected = build_json(json);
    char *text = NULL;
    ck_assert_ptr_nonnull(config);
    ck_ok(kf_value_write(config, KF_JSON_SPACED, &text));
    ck_assert_msg(kf_value_equal(config, expected), "%s", text);
    kf_text_free(text);
    kf_value_free(expected);
}

#define INPUT "{\"name\": {\"componentInputParameter\": \"x\"}}"
#define OUTPUT                                                                         \
    "{\"name\": {\"taskOutputParameter\": {\"producerTask\": \"same\", "               \
    "\"outputParameterKey\": \"out\"}}}"

START_TEST(test_references)
{
    build b = build_start("p");
    kf_channel_id x = build_input(&b, "x", KF_TYPE_STRING);
    kf_task_id first = build_say(&b, "a");
    (void)build_output(&b, first);
    configure(&b, build_say(&b, "b"), INPUT);
    configure(&b, build_say(&b, "c"), OUTPUT);
    kf_channel_id item = build_loop(&b, "[{\"k\": \"v\"}]", -1);
    (void)build_member(&b, item, "k");
    build_if(&b, x, "\"1\"");
    configure(&b, build_say(&b, "d"), INPUT);
    configure(&b, build_say(&b, "e"), OUTPUT);
    configure(&b, build_say(&b, "f"),
        "{\"list\": [{\"name\": {\"componentInputParameter\": "
        "\"loop-item-param-1-subvar-k\"}, \"n\": 1}], \"deprecated\": "
        "{\"componentInputParameter\": \"loop-item-param-1-subvar-k\", \"path\": "
        "\"/x\"}}");
    configure(
        &b, build_say(&b, "g"), "{\"name\": {\"componentInputParameter\": \"y\"}}");
    build_end(&b);
    build_end(&b);
    build_lower(&b, true);
    check_config(&b, "exec-same-2", INPUT);
    check_config(&b, "exec-same-3", OUTPUT);
    build_check(&b, "root/dag/tasks/same-3/dependentTasks", "[\"same\"]");
    check_config(&b, "exec-same-4",
        "{\"name\": {\"componentInputParameter\": \"pipelinechannel--x\"}}");
    check_config(&b, "exec-same-5",
        "{\"name\": {\"componentInputParameter\": \"pipelinechannel--same-out\"}}");
    check_config(&b, "exec-same-6",
        "{\"list\": [{\"name\": {\"componentInputParameter\": "
        "\"pipelinechannel--loop-item-param-1\", \"parameterExpressionSelector\": "
        "\"parseJson(string_value)[\\\"k\\\"]\"}, \"n\": 1.0}], \"deprecated\": "
        "{\"path\": \"/x\"}}");
    check_config(&b, "exec-same-7", "{\"name\": {\"componentInputParameter\": \"y\"}}");
    build_check(&b, "root/dag/tasks/for-loop-2/inputs/parameters",
        "{\"pipelinechannel--x\": {\"componentInputParameter\": \"x\"}, "
        "\"pipelinechannel--same-out\": {\"taskOutputParameter\": {\"producerTask\": "
        "\"same\", \"outputParameterKey\": \"out\"}}}");
    build_check(&b, "root/dag/tasks/for-loop-2/dependentTasks", "[\"same\"]");
    build_check(&b,
        "components/comp-for-loop-2/dag/tasks/condition-3/inputs/parameters/"
        "pipelinechannel--loop-item-param-1",
        "{\"componentInputParameter\": \"pipelinechannel--loop-item-param-1\"}");
    build_finish(&b);
}
END_TEST

START_TEST(test_reference_out_of_scope)
{
    build b = build_start("p");
    build_loop(&b, "[1]", -1);
    (void)build_output(&b, build_say(&b, "a"));
    build_end(&b);
    configure(&b, build_say(&b, "b"), OUTPUT);
    ck_fails(kf__pipeline_lower(b.p, NULL, &b.document), KF_ESCOPE, "\"for-loop-2\"");
    build_finish(&b);
}
END_TEST

START_TEST(test_other_platforms)
{
    build b = build_start("p");
    kf_task_id task = build_say(&b, "a");
    kf_value *config = build_json("{\"x\": [1, null]}");
    ck_ok(kf_pipeline_set_platform_config(b.p, task, "mine", config));
    build_lower(&b, true);
    char *text = NULL;
    ck_ok(kf_value_write(b.document.platform, KF_JSON_SPACED, &text));
    ck_assert_str_eq(text, "{\"platforms\": {\"mine\": {\"deploymentSpec\": "
                           "{\"executors\": {\"exec-same\": "
                           "{\"x\": [1.0, null]}}}}}}");
    kf_text_free(text);
    kf_value_free(config);
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/lower_platform", test_references, test_reference_out_of_scope,
    test_other_platforms)
