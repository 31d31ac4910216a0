/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline with the inputs `inp` and `dinp`, the tasks `up` and `upd` whose outputs
 * are a string and a struct, and the task `work` that is told about Kubernetes.
 *
 * Every expected configuration in the tests that include this was printed by
 * kfp-kubernetes 2.17.0 for the same calls on the same pipeline
 * (task.platform_config["kubernetes"]), unless a test says else. */
#ifndef KF_KUBERNETES_TEST_H
#define KF_KUBERNETES_TEST_H

#include "kf_test.h"

#include <kf/kubernetes.h>
#include <string.h>

#include "base/mem.h"

typedef struct fixture {
    kf_pipeline *pipeline;
    kf_task_id work;
    char input[128], struct_input[128], output[128],
        struct_output[128]; /* Texts of channels. */
} fixture;

static inline kf_value *parse(const char *json)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    return value;
}

static inline kf_task_id fixture_task(
    kf_pipeline *pipeline, const char *name, kf_type output)
{
    kf_component *component = NULL;
    kf_task_id task = -1;
    ck_ok(kf_component_new(name, &component));
    ck_ok(kf_component_set_container(component, "image", NULL, NULL));
    if (output != KF_TYPE_NONE)
        ck_ok(kf_component_add_output(component, "Output", output, NULL));
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
    kf_component_free(component);
    return task;
}

static inline void fixture_text(
    kf_pipeline *pipeline, kf_channel_id channel, char out[128])
{
    const char *text = kf_pipeline_channel_text(pipeline, channel);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_lt(strlen(text), 128);
    memcpy(out, text, strlen(text) + 1);
}

static inline fixture fixture_new(void)
{
    fixture f = {0};
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_new("p", NULL, &f.pipeline));
    ck_ok(kf_pipeline_add_input(f.pipeline, "inp", KF_TYPE_STRING, NULL, &channel));
    fixture_text(f.pipeline, channel, f.input);
    ck_ok(kf_pipeline_add_input(f.pipeline, "dinp", KF_TYPE_STRUCT, NULL, &channel));
    fixture_text(f.pipeline, channel, f.struct_input);
    kf_task_id up = fixture_task(f.pipeline, "up", KF_TYPE_STRING);
    ck_ok(kf_pipeline_task_output(f.pipeline, up, NULL, &channel));
    fixture_text(f.pipeline, channel, f.output);
    kf_task_id upd = fixture_task(f.pipeline, "upd", KF_TYPE_STRUCT);
    ck_ok(kf_pipeline_task_output(f.pipeline, upd, NULL, &channel));
    fixture_text(f.pipeline, channel, f.struct_output);
    f.work = fixture_task(f.pipeline, "work", KF_TYPE_NONE);
    return f;
}

static inline void fixture_free(fixture *f)
{
    kf_pipeline_free(f->pipeline);
}

/* The configuration of the task `work` is this; "" for none. */
static inline void check_config(const fixture *f, const char *json)
{
    const kf_value *config =
        kf_pipeline_platform_config(f->pipeline, f->work, "kubernetes");
    if (*json == '\0') {
        ck_assert_uint_eq(kf_value_length(config), 0);
        return;
    }
    kf_value *expected = parse(json);
    char *text = NULL;
    ck_assert_ptr_nonnull(config);
    ck_ok(kf_value_write(config, KF_JSON_SPACED, &text));
    ck_assert_msg(kf_value_equal(config, expected), "%s\ninstead of\n%s", text, json);
    kf_text_free(text);
    kf_value_free(expected);
}

/* One call on a fresh pipeline. */
#define CHECK_CALL(json, call)                                                         \
    do {                                                                               \
        fixture f = fixture_new();                                                     \
        ck_ok(call);                                                                   \
        check_config(&f, json);                                                        \
        fixture_free(&f);                                                              \
    } while (0)
#define CHECK_FAILS(status, text, call)                                                \
    do {                                                                               \
        fixture f = fixture_new();                                                     \
        ck_fails(call, status, text);                                                  \
        check_config(&f, "");                                                          \
        fixture_free(&f);                                                              \
    } while (0)

#define REFERENCE_INPUT "{\"componentInputParameter\": \"inp\"}"
#define REFERENCE_STRUCT_INPUT "{\"componentInputParameter\": \"dinp\"}"
#define REFERENCE_OUTPUT                                                               \
    "{\"taskOutputParameter\": {\"producerTask\": \"up\", \"outputParameterKey\": "    \
    "\"Output\"}}"
#define REFERENCE_STRUCT_OUTPUT                                                        \
    "{\"taskOutputParameter\": {\"producerTask\": \"upd\", \"outputParameterKey\": "   \
    "\"Output\"}}"

#endif
