/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines used as components; test_lower.c compares whole documents. */
#include "build.h"

static kf_component *load(const char *text)
{
    kf_component *component = NULL;
    ck_ok(kf_component_load(text, strlen(text), &component));
    return component;
}

/* Of a document that was read: two executors, of which KFP would rename the first twice. */
static const char two_executors[] =
    "pipelineInfo: {name: inner}\n"
    "schemaVersion: 2.1.0\n"
    "components:\n"
    "  comp-same: {executorLabel: exec-same}\n"
    "  comp-same-2: {executorLabel: exec-same-2}\n"
    "deploymentSpec:\n"
    "  executors:\n"
    "    exec-same: {container: {image: first}}\n"
    "    exec-same-2: {container: {image: second}}\n"
    "root:\n"
    "  dag:\n"
    "    tasks:\n"
    "      one: {componentRef: {name: comp-same}, taskInfo: {name: one}}\n"
    "      two: {componentRef: {name: comp-same-2}, taskInfo: {name: two}}\n"
    "---\n"
    "platforms:\n"
    "  kubernetes:\n"
    "    deploymentSpec:\n"
    "      executors:\n"
    "        exec-same-2: {imagePullPolicy: Always}\n";

static const char *image_of(const build *b, const char *task)
{
    char path[200];
    (void)snprintf(path, sizeof path,
        "components/comp-inner/dag/tasks/%s/componentRef/name", task);
    const char *component = kf_value_string(build_at(b, path));
    ck_assert_ptr_nonnull(component);
    (void)snprintf(path, sizeof path, "components/%s/executorLabel", component);
    const char *label = kf_value_string(build_at(b, path));
    ck_assert_ptr_nonnull(label);
    (void)snprintf(
        path, sizeof path, "deploymentSpec/executors/%s/container/image", label);
    return kf_value_string(build_at(b, path));
}

static void check_renamed(bool verbose)
{
    build b = build_start("p");
    kf_component *inner = load(two_executors);
    build_say(&b, "a");
    build_task(&b, inner);
    build_lower(&b, verbose);
    ck_assert_str_eq(image_of(&b, "one"), "first");
    ck_assert_str_eq(image_of(&b, "two"), "second");
    ck_assert_uint_eq(kf_value_length(build_at(&b, "deploymentSpec/executors")), 3);
    /* Only the second has a configuration, whatever its name is now. */
    const kf_value *platforms = kf_value_get(b.document.platform, "platforms");
    const kf_value *executors = kf_value_get(
        kf_value_get(kf_value_get(platforms, "kubernetes"), "deploymentSpec"),
        "executors");
    ck_assert_uint_eq(kf_value_length(executors), 1);
    char path[200];
    (void)snprintf(path, sizeof path, "deploymentSpec/executors/%s/container/image",
        kf_value_key(executors, 0));
    build_check(&b, path, "\"second\"");
    kf_component_free(inner);
    build_finish(&b);
}

START_TEST(test_every_executor_is_mapped_once)
{
    check_renamed(true);
    check_renamed(false);
}
END_TEST

/* A group of the pipeline and one of the nested pipeline have one name. */
START_TEST(test_groups_of_one_name)
{
    build b = build_start("p"), inner = build_start("inner");
    kf_component *component = NULL;
    build_loop(&inner, "[1]", -1);
    build_loop(&inner, "[1]", -1);
    build_say(&inner, "inner");
    build_end(&inner);
    build_end(&inner);
    ck_ok(kf_component_from_pipeline(inner.p, &component));
    build_loop(&b, "[1]", -1);
    build_task(&b, component);
    build_end(&b);
    build_loop(&b, "[1]", -1);
    build_say(&b, "outer");
    build_end(&b);
    build_lower(&b, true);
    build_check(&b, "root/dag/tasks/for-loop-4/componentRef",
        "{\"name\": \"comp-for-loop-4\"}");
    build_check(&b,
        "components/comp-for-loop-4/dag/tasks/same/inputs/parameters/text/runtimeValue",
        "{\"constant\": \"outer\"}");
    build_check(&b,
        "components/comp-for-loop-4-2/dag/tasks/same/inputs/parameters/text/"
        "runtimeValue",
        "{\"constant\": \"inner\"}");
    kf_component_free(component);
    build_finish(&b);
    build_finish(&inner);
}
END_TEST

/* The workspace of the pipeline around counts. */
START_TEST(test_platform_that_gives_nothing)
{
    build b = build_start("p"), inner = build_start("inner");
    kf_component *component = NULL;
    kf_value *config = build_json("{\"workspace\": {\"size\": \"1Gi\"}}");
    build_say(&inner, "a");
    ck_ok(kf_pipeline_set_config(inner.p, config));
    ck_ok(kf_component_from_pipeline(inner.p, &component));
    build_task(&b, component);
    build_lower(&b, true);
    char *text = NULL;
    ck_ok(kf_value_write(b.document.platform, KF_JSON_SPACED, &text));
    /* As KFP: the platform is mentioned, its configuration is not taken over. */
    ck_assert_str_eq(text, "{\"platforms\": {\"kubernetes\": {}}}");
    kf_text_free(text);
    kf_value_free(config);
    kf_component_free(component);
    build_finish(&b);
    build_finish(&inner);
}
END_TEST

static void check_refused(const char *text, const char *message)
{
    build b = build_start("p");
    kf_component *inner = load(text);
    build_task(&b, inner);
    for (int verbose = 0; verbose < 2; verbose++)
        ck_fails(kf__pipeline_lower(b.p,
                     KF_OPTIONS(kf_write_options, .verbose_form = verbose == 1),
                     &b.document),
            KF_EDOCUMENT, message);
    ck_assert_ptr_null(b.document.spec);
    kf_component_free(inner);
    build_finish(&b);
}

START_TEST(test_documents_that_are_wrong)
{
    static const char head[] = "pipelineInfo: {name: inner}\nschemaVersion: 2.1.0\n"
                               "root: {dag: {tasks: {a: {componentRef: {name: comp-a}, "
                               "taskInfo: {name: a}}}}}\n";
    char text[1000];
    check_refused(head, "\"comp-a\", which it does not have");
    (void)snprintf(text, sizeof text,
        "%scomponents: {comp-a: {dag: {tasks: {b: {componentRef: {name: comp-a}}}}}}\n",
        head);
    check_refused(text, "holds itself");
    (void)snprintf(
        text, sizeof text, "%scomponents: {comp-a: {executorLabel: none}}\n", head);
    check_refused(text, "\"none\", which it does not have");
}
END_TEST

KF_TEST_MAIN("pipeline/lower_merge", test_every_executor_is_mapped_once,
    test_groups_of_one_name, test_platform_that_gives_nothing,
    test_documents_that_are_wrong)
