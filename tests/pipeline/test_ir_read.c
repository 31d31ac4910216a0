/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_read.h"

#include "kf_test.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pipeline/document.h"

/* A pipeline of one task, with every kind of field that has a form of its own. */
static const char pipeline[] =
    "# PIPELINE DEFINITION\n"
    "# Name: p\n"
    "# Description: First line.\n"
    "#              Second line.\n"
    "#              \n"
    "#              Fourth.\n"
    "components:\n"
    "  comp-a:\n"
    "    executorLabel: exec-a\n"
    "    inputDefinitions:\n"
    "      parameters:\n"
    "        x: {parameterType: NUMBER_INTEGER, defaultValue: 3}\n"
    "deploymentSpec:\n"
    "  executors:\n"
    "    exec-a: {container: {image: i, command: [c]}}\n"
    "pipelineInfo:\n"
    "  name: p\n"
    "root:\n"
    "  dag:\n"
    "    tasks:\n"
    "      a:\n"
    "        componentRef: {name: comp-a}\n"
    "        retryPolicy: {maxRetryCount: 2, backoffDuration: 1.5s}\n"
    "schemaVersion: 2.1.0\n";
static const char platform[] =
    "---\n"
    "platforms:\n"
    "  kubernetes:\n"
    "    deploymentSpec:\n"
    "      executors:\n"
    "        exec-a: {activeDeadlineSeconds: '20', nodeAffinity: [{weight: 5}]}\n";

static kf_status read_text(const char *text, kf_document *out)
{
    return kf__document_read(text, strlen(text), NULL, out);
}

static char *edited(const char *from, const char *to)
{
    const char *at = strstr(pipeline, from);
    kf_buf buf = KF__BUF_INIT;
    char *text;
    ck_assert_msg(at != NULL, "%s", from);
    kf__buf_append(&buf, pipeline, (size_t)(at - pipeline));
    kf__buf_puts(&buf, to);
    kf__buf_puts(&buf, at + strlen(from));
    ck_ok(kf__buf_take(&buf, &text));
    return text;
}

static char *joined(const char *a, const char *b, const char *c)
{
    kf_buf buf = KF__BUF_INIT;
    char *text;
    kf__buf_puts(&buf, a);
    kf__buf_puts(&buf, b);
    kf__buf_puts(&buf, c);
    ck_ok(kf__buf_take(&buf, &text));
    return text;
}

static void check_json(const kf_value *value, const char *expected)
{
    char *json;
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &json));
    ck_assert_str_eq(json, expected);
    kf_text_free(json);
}

static const kf_value *at(const kf_value *value, const char *const *path)
{
    while (*path != NULL)
        value = kf_value_get(value, *path++);
    return value;
}
#define AT(value, ...) at(value, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(one_document)
{
    kf_document document;
    ck_ok(read_text(pipeline, &document));
    ck_assert_ptr_null(document.platform);
    ck_assert_str_eq(document.description, "First line.\nSecond line.\n\nFourth.");
    check_json(AT(document.spec, "components", "comp-a", "inputDefinitions",
                   "parameters", "x"),
        "{\"parameterType\":\"NUMBER_INTEGER\",\"defaultValue\":3.0}");
    check_json(AT(document.spec, "root", "dag", "tasks", "a", "retryPolicy"),
        "{\"maxRetryCount\":2,\"backoffDuration\":\"1.5s\"}");
    const kf_value *task = AT(document.spec, "root", "dag", "tasks", "a");
    ck_assert_int_eq(kf__line(kf_value_get(task, "retryPolicy")), 23);
    kf__document_finish(&document);
    kf__document_finish(&document);
}
END_TEST

START_TEST(two_documents)
{
    kf_document document;
    char *text = joined(pipeline, platform, "---\n");
    ck_ok(read_text(text, &document));
    check_json(document.platform,
        "{\"platforms\":{\"kubernetes\":{\"deploymentSpec\":{"
        "\"executors\":{\"exec-a\":{\"activeDeadlineSeconds\":\"20\","
        "\"nodeAffinity\":[{\"weight\":5.0}]}}}}}}");
    kf__document_finish(&document);
    kf_text_free(text);
}
END_TEST

START_TEST(manifest)
{
    static const char text[] =
        "apiVersion: pipelines.kubeflow.org/v2beta1\nkind: Pipeline\nmetadata: {name: "
        "p}\n"
        "spec: {displayName: p}\n---\n"
        "apiVersion: pipelines.kubeflow.org/v2beta1\nkind: PipelineVersion\n"
        "metadata: {name: p}\nspec:\n  description: about\n  pipelineSpec:\n"
        "    pipelineInfo: {name: p}\n    schemaVersion: 2.1.0\n    root: {dag: "
        "{tasks: {}}}\n"
        "  platformSpec: {platforms: {kubernetes: {}}}\n";
    kf_document document;
    ck_ok(read_text(text, &document));
    check_json(document.spec,
        "{\"pipelineInfo\":{\"name\":\"p\"},\"schemaVersion\":\"2.1.0\","
        "\"root\":{\"dag\":{\"tasks\":{}}}}");
    check_json(document.platform, "{\"platforms\":{\"kubernetes\":{}}}");
    ck_assert_str_eq(document.description, "about");
    kf__document_finish(&document);
    ck_fails(
        kf__document_read(text, (size_t)(strstr(text, "---") - text), NULL, &document),
        KF_EDOCUMENT, "no PipelineVersion");
    ck_fails(
        read_text("apiVersion: pipelines.kubeflow.org/v2beta1\nkind: Run\n", &document),
        KF_EDOCUMENT, "nothing else");
    ck_fails(
        read_text("apiVersion: pipelines.kubeflow.org/v2beta1\nkind: PipelineVersion\n",
            &document),
        KF_EDOCUMENT, "no pipelineSpec");
}
END_TEST

/* As the API server's GetPipelineVersion and as JSON; protobuf's JSON takes names of
 * either kind. */
START_TEST(json_and_snake_case)
{
    static const char text[] =
        "{\"pipeline_spec\": {\"pipeline_info\": {\"name\": \"p\", \"display_name\": "
        "null}, "
        "\"schema_version\": \"2.1.0\",\n\t\"root\": {\"dag\": {\"tasks\": {\"a\": "
        "{\"component_ref\": {\"name\": \"c\"}, \"trigger_policy\": {\"strategy\": 2}, "
        "\"retry_policy\": {\"max_retry_count\": \"4\", \"backoff_factor\": 2}}}}}}, "
        "\"platform_spec\": {\"platforms\": {}}}";
    kf_document document;
    ck_ok(read_text(text, &document));
    check_json(document.spec,
        "{\"pipelineInfo\":{\"name\":\"p\"},\"schemaVersion\":\"2.1.0\",\"root\":{"
        "\"dag\":"
        "{\"tasks\":{\"a\":{\"componentRef\":{\"name\":\"c\"},\"triggerPolicy\":{"
        "\"strategy\":"
        "\"ALL_UPSTREAM_TASKS_COMPLETED\"},\"retryPolicy\":{\"maxRetryCount\":4,"
        "\"backoffFactor\":2.0}}}}}}");
    check_json(document.platform, "{\"platforms\":{}}");
    kf__document_finish(&document);
}
END_TEST

static void check_refused(const char *text, kf_status status, const char *message)
{
    kf_document document;
    ck_fails(kf__document_read(text, strlen(text), NULL, &document), status, message);
}

START_TEST(no_pipeline)
{
    check_refused("", KF_EDOCUMENT, "empty");
    check_refused("# nothing\n---\n---\n", KF_EDOCUMENT, "empty");
    check_refused("hello", KF_EDOCUMENT, "plain text");
    check_refused("- a\n- b\n", KF_EDOCUMENT, "a list");
    check_refused("a: 1\n", KF_EDOCUMENT, "something else");
    check_refused("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", KF_EDOCUMENT,
        "an Argo Workflow");
    check_refused("apiVersion: kubeflow.org/v1beta1\nkind: Experiment\n", KF_EDOCUMENT,
        "Katib or Training Operator object (Experiment)");
    check_refused("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n",
        KF_EDOCUMENT, "KServe object (InferenceService)");
    check_refused("apiVersion: v1\nkind: Pod\nroot: {}\n", KF_EDOCUMENT,
        "a Kubernetes object (Pod)");
    check_refused("name: c\nimplementation: {container: {image: i}}\n", KF_EDOCUMENT,
        "component of the first version");
    check_refused(platform, KF_EDOCUMENT, "PlatformSpec");
    check_refused("executorLabel: e\n", KF_EDOCUMENT, "one component");
    check_refused("apiVersion: v1\nkind: Secret\n---\nkind: ServiceAccount\n",
        KF_EDOCUMENT, "a Kubernetes object (Secret)");
    check_refused("apiVersion: v1\nkind: Secret\n---\na: 1\n---\nb: 1\n", KF_EDOCUMENT,
        "a Kubernetes object (Secret)");
}
END_TEST

START_TEST(wrong_documents)
{
    char *text = joined(pipeline, platform, platform);
    check_refused(text, KF_EDOCUMENT, "3 documents");
    ck_assert_int_eq(kf_last_error()->line, 32);
    kf_text_free(text);
    text = joined(pipeline, "---\n", "a: 1\n");
    check_refused(text, KF_EDOCUMENT, "second document");
    ck_assert_int_eq(kf_last_error()->line, 26);
    kf_text_free(text);
    check_refused("a: [1\n", KF_EPARSE, "");
    check_refused("{\"a\": 1,, }", KF_EPARSE, "");
}
END_TEST

static void check_edit(const char *from, const char *to, const char *message,
    const char *where, int line, int column)
{
    char *text = edited(from, to);
    check_refused(text, KF_EDOCUMENT, message);
    const kf_error *error = kf_last_error();
    ck_assert_str_eq(error->where, where);
    ck_assert_msg(error->line == line && error->column == column, "%s: %d:%d", message,
        error->line, error->column);
    kf_text_free(text);
}

START_TEST(shape)
{
    check_edit("componentRef", "componentReff",
        "PipelineTaskSpec has no field 'componentReff'; did you mean 'componentRef'?",
        "root.dag.tasks.a.componentReff", 22, 24);
    check_edit("maxRetryCount: 2", "maxRetryCount: 2.5", "a whole number of 32 bits",
        "root.dag.tasks.a.retryPolicy.maxRetryCount", 23, 38);
    check_edit("maxRetryCount: 2", "maxRetryCount: 3000000000",
        "a whole number of 32 bits", "root.dag.tasks.a.retryPolicy.maxRetryCount", 23,
        38);
    check_edit("maxRetryCount: 2", "maxRetryCount: two",
        "a whole number of 32 bits expected, not the text 'two'",
        "root.dag.tasks.a.retryPolicy.maxRetryCount", 23, 38);
    check_edit("1.5s", "1.5", "seconds such as '3.5s' expected, not the number 1.5",
        "root.dag.tasks.a.retryPolicy.backoffDuration", 23, 58);
    check_edit("1.5s", "xs", "seconds", "root.dag.tasks.a.retryPolicy.backoffDuration",
        23, 58);
    check_edit("NUMBER_INTEGER", "NUMBER_INTEGR",
        "'NUMBER_INTEGR' is none of NUMBER_DOUBLE, NUMBER_INTEGER, STRING, BOOLEAN, "
        "LIST, "
        "STRUCT, TASK_FINAL_STATUS, TASK_CONFIG; did you mean 'NUMBER_INTEGER'?",
        "components.comp-a.inputDefinitions.parameters.x.parameterType", 12, 28);
    check_edit("image: i", "image: 3",
        "text expected, not the number 3: write it in quotes",
        "deploymentSpec.executors.exec-a.container.image", 15, 33);
    check_edit("command: [c]", "command: c", "a list expected, not text",
        "deploymentSpec.executors.exec-a.container.command", 15, 45);
    check_edit("command: [c]", "command: [a, null]", "text expected, not null",
        "deploymentSpec.executors.exec-a.container.command[1]", 15, 49);
    check_edit("{name: comp-a}", "comp-a", "ComponentRef expected, a mapping, not text",
        "root.dag.tasks.a.componentRef", 22, 23);
    check_edit("    executorLabel: exec-a\n",
        "    executorLabel: exec-a\n    dag: {}\n",
        "either 'executorLabel' or 'dag', not both", "components.comp-a.dag", 10, 10);
    check_edit("schemaVersion: 2.1.0", "schemaVersion: 2.0.0", "Kubeflow takes 2.1.0",
        "schemaVersion", 24, 16);
    check_edit("schemaVersion: 2.1.0\n", "", "schemaVersion is missing",
        "schemaVersion", 7, 1);
    check_edit("comp-a:\n", "comp.a:\n    bad: 1\n", "no field 'bad'",
        "components['comp.a'].bad", 9, 10);
}
END_TEST

START_TEST(all_findings)
{
    char *text = edited("maxRetryCount: 2", "maxRetryCount: x, b: 1");
    kf_document document;
    kf_report *report;
    ck_ok(kf__report_new(&report));
    ck_ok(kf__document_read(text, strlen(text), report, &document));
    ck_assert_uint_eq(kf_report_errors(report), 2);
    ck_assert_int_eq(kf_report_at(report, 1)->line, 23);
    kf__document_finish(&document);
    kf_text_free(text);
    ck_fails(kf__document_read("a", 1, report, &document), KF_EDOCUMENT, "no pipeline");
    ck_assert_uint_eq(kf_report_errors(report), 3);
    kf_report_free(report);
}
END_TEST

START_TEST(text_limits)
{
    char *text = edited("image: i", "image: \"a\\0b\"");
    check_refused(text, KF_EDOCUMENT, "NUL character");
    kf_text_free(text);
    char name[1200];
    memset(name, 'n', sizeof name);
    memcpy(name, "? ", 2);
    memcpy(name + 1100, "\n  :\n", 6);
    text = edited("comp-a:\n", name);
    check_refused(text, KF_ELIMIT, "limit of 1024 bytes");
    kf_text_free(text);
    check_refused("\377\376", KF_EPARSE, "");
}
END_TEST

START_TEST(wide_numbers)
{
    kf_document document;
    char *text = edited("defaultValue: 3", "defaultValue: [9007199254740993, -4]");
    ck_ok(read_text(text, &document));
    check_json(AT(document.spec, "components", "comp-a", "inputDefinitions",
                   "parameters", "x", "defaultValue"),
        "[9007199254740993,-4.0]");
    kf__document_finish(&document);
    kf_text_free(text);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    char *text = joined(pipeline, platform, "");
    for (long n = 0;; n++) {
        kf_document document;
        kf__mem_fail_after(n);
        kf_status status = read_text(text, &document);
        kf__mem_fail_after(-1);
        if (status == KF_OK) {
            kf__document_finish(&document);
            break;
        }
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_int_lt(n, 100000);
    }
    kf_text_free(text);
}
END_TEST

KF_TEST_MAIN("ir_read", one_document, two_documents, manifest, json_and_snake_case,
    no_pipeline, wrong_documents, shape, all_findings, text_limits, wide_numbers,
    survives_lack_of_memory)
