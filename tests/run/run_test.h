/* SPDX-License-Identifier: Apache-2.0 */
/* Documents written as YAML in the tests, run with components that are functions of the test. */
#ifndef KF_RUN_TEST_H
#define KF_RUN_TEST_H

#include "kf_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/value.h"
#include "io/file.h"
#include "io/yaml.h"
#include "run/run_handle.h"

/* ---- short forms for the documents ---- */

#define CONSTANT(value) "{runtimeValue: {constant: " value "}}"
#define INPUT(name) "{componentInputParameter: " name "}"
#define OUTPUT(task) OUTPUT_OF(task, "Output")
#define OUTPUT_OF(task, name)                                                          \
    "{taskOutputParameter: {producerTask: " task ", outputParameterKey: " name "}}"
#define ARTIFACT(task, name)                                                           \
    "{taskOutputArtifact: {producerTask: " task ", outputArtifactKey: " name "}}"
#define USE(component) "componentRef: {name: comp-" component "}"
#define WITH(parameters) "inputs: {parameters: {" parameters "}}"
#define FROM(task, name)                                                               \
    "{valueFromParameter: {producerSubtask: " task ", outputParameterKey: " name "}}"
#define GIVES(parameters) "outputs: {parameters: {" parameters "}}"
#define ALWAYS "triggerPolicy: {strategy: ALL_UPSTREAM_TASKS_COMPLETED}"
#define TYPE(type) "{parameterType: " type "}"
#define ROOT(text) "root: {dag: {" text "}}\n"

static const char run_components[] =
    "components:\n"
    "  comp-add: {executorLabel: exec-add, inputDefinitions: {parameters: {"
    "x: {parameterType: NUMBER_INTEGER}, y: {parameterType: NUMBER_INTEGER, "
    "defaultValue: 1.0}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: NUMBER_INTEGER}}}}\n"
    "  comp-echo: {executorLabel: exec-echo, inputDefinitions: {parameters: {"
    "text: {parameterType: STRING}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-maybe: {executorLabel: exec-echo, inputDefinitions: {parameters: {"
    "text: {parameterType: STRING, defaultValue: nothing}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-fail: {executorLabel: exec-fail, inputDefinitions: {parameters: {"
    "text: {parameterType: STRING}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-flaky: {executorLabel: exec-flaky, inputDefinitions: {parameters: {"
    "failures: {parameterType: NUMBER_INTEGER}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: NUMBER_INTEGER}}}}\n"
    "  comp-range: {executorLabel: exec-range, inputDefinitions: {parameters: {"
    "count: {parameterType: NUMBER_INTEGER}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: LIST}}}}\n"
    "  comp-text: {executorLabel: exec-text, inputDefinitions: {parameters: {"
    "value: {parameterType: LIST}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-write: {executorLabel: exec-write, inputDefinitions: {parameters: {"
    "text: {parameterType: STRING}}}, outputDefinitions: {artifacts: {"
    "file: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}\n"
    "  comp-read: {executorLabel: exec-read, inputDefinitions: {artifacts: {"
    "file: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-read-all: {executorLabel: exec-read-all, inputDefinitions: {artifacts: {"
    "files: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1},"
    " isArtifactList: true}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-score: {executorLabel: exec-score, inputDefinitions: {parameters: {"
    "value: {parameterType: NUMBER_DOUBLE}}}, outputDefinitions: {artifacts: {"
    "metrics: {artifactType: {schemaTitle: system.Metrics, schemaVersion: 0.0.1}}}}}\n"
    "  comp-sleep: {executorLabel: exec-sleep, inputDefinitions: {parameters: {"
    "ms: {parameterType: NUMBER_INTEGER}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "  comp-status: {executorLabel: exec-status, inputDefinitions: {parameters: {"
    "status: {parameterType: TASK_FINAL_STATUS, isOptional: true}}},"
    " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
    "deploymentSpec: {executors: {"
    "exec-add: {container: {image: libkf/call, command: [kf, call, add]}},"
    "exec-echo: {container: {image: libkf/call, command: [kf, call, echo]}},"
    "exec-fail: {container: {image: libkf/call, command: [kf, call, fail]}},"
    "exec-flaky: {container: {image: libkf/call, command: [kf, call, flaky]}},"
    "exec-range: {container: {image: libkf/call, command: [kf, call, range]}},"
    "exec-text: {container: {image: libkf/call, command: [kf, call, text]}},"
    "exec-write: {container: {image: libkf/call, command: [kf, call, write]}},"
    "exec-read: {container: {image: libkf/call, command: [kf, call, read]}},"
    "exec-read-all: {container: {image: libkf/call, command: [kf, call, read_all]}},"
    "exec-score: {container: {image: libkf/call, command: [kf, call, score]}},"
    "exec-sleep: {container: {image: libkf/call, command: [kf, call, sleep]}},"
    "exec-status: {container: {image: libkf/call, command: [kf, call, status]}}}}\n"
    "pipelineInfo: {name: test-pipeline}\n"
    "schemaVersion: 2.1.0\n";

/* ---- what the functions did ---- */

typedef struct run_case {
    char home[64];
    kf_store *store;
    pthread_mutex_t mutex;
    kf_buf calls; /* "name(arguments) " in the order of their beginning. */
    int call_count;
    int flaky_calls;
    int running, most_running;
    char *error; /* Of the last run that failed. */
} run_case;

static inline void run_note(run_case *self, const char *name, const kf_value *argument)
{
    pthread_mutex_lock(&self->mutex);
    kf__buf_printf(&self->calls, "%s(", name);
    if (argument)
        kf__put_json(&self->calls, argument, KF_JSON_COMPACT);
    kf__buf_puts(&self->calls, ") ");
    self->call_count++;
    pthread_mutex_unlock(&self->mutex);
}

static inline int run_give_text(kf_call *call, const char *text)
{
    kf_value *value = NULL;
    int failed = kf_value_new_string(text, &value) != KF_OK ||
                 kf_call_set_output(call, "Output", value) != KF_OK;
    kf_value_free(value);
    return failed;
}

static inline int run_give_int(kf_call *call, int64_t number)
{
    kf_value *value = NULL;
    int failed = kf_value_new_int(number, &value) != KF_OK ||
                 kf_call_set_output(call, "Output", value) != KF_OK;
    kf_value_free(value);
    return failed;
}

static inline int run_add(kf_call *call, void *payload)
{
    const kf_value *x = kf_call_input(call, "x"), *y = kf_call_input(call, "y");
    run_note(payload, "add", x);
    ck_assert_int_eq(kf_value_kind(x), KF_KIND_INT);
    ck_assert_int_eq(kf_value_kind(y), KF_KIND_INT);
    return run_give_int(call, kf_value_int(x) + kf_value_int(y));
}

static inline int run_echo(kf_call *call, void *payload)
{
    run_note(payload, "echo", kf_call_input(call, "text"));
    return kf_call_set_output(call, "Output", kf_call_input(call, "text")) != KF_OK;
}

static inline int run_fail(kf_call *call, void *payload)
{
    run_note(payload, "fail", kf_call_input(call, "text"));
    kf_call_fail(call, kf_value_string(kf_call_input(call, "text")));
    return 1;
}

static inline int run_flaky(kf_call *call, void *payload)
{
    run_case *self = payload;
    run_note(self, "flaky", NULL);
    pthread_mutex_lock(&self->mutex);
    int number = ++self->flaky_calls;
    pthread_mutex_unlock(&self->mutex);
    if (number <= kf_value_int(kf_call_input(call, "failures")))
        return 7;
    return run_give_int(call, number);
}

static inline int run_range(kf_call *call, void *payload)
{
    run_note(payload, "range", kf_call_input(call, "count"));
    kf_value *list = NULL;
    int failed = kf_value_new(KF_KIND_LIST, &list) != KF_OK;
    for (int64_t i = 0; i < kf_value_int(kf_call_input(call, "count")); i++)
        failed = failed || kf_value_add_int(list, i) != KF_OK;
    failed = failed || kf_call_set_output(call, "Output", list) != KF_OK;
    kf_value_free(list);
    return failed;
}

static inline int run_text(kf_call *call, void *payload)
{
    char *text = NULL;
    run_note(payload, "text", kf_call_input(call, "value"));
    int failed =
        kf_value_write(kf_call_input(call, "value"), KF_JSON_COMPACT, &text) != KF_OK ||
        run_give_text(call, text);
    kf_text_free(text);
    return failed;
}

static inline int run_write(kf_call *call, void *payload)
{
    const char *text = kf_value_string(kf_call_input(call, "text"));
    run_note(payload, "write", kf_call_input(call, "text"));
    FILE *file = fopen(kf_call_output_path(call, "file"), "w");
    if (!file)
        return 1;
    fputs(text, file);
    if (fclose(file))
        return 1;
    return kf_call_set_metadata(call, "file", "text", kf_call_input(call, "text")) !=
           KF_OK;
}

static inline void run_put_file(kf_buf *out, const char *path)
{
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf__file_read(path, 1 << 20, &text));
    kf__buf_puts(out, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static inline int run_read(kf_call *call, void *payload)
{
    kf_buf text = KF__BUF_INIT;
    run_note(payload, "read", NULL);
    run_put_file(&text, kf_call_input_path(call, "file"));
    int failed = run_give_text(call, kf__buf_text(&text));
    kf__buf_finish(&text);
    return failed;
}

static inline int run_read_all(kf_call *call, void *payload)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *list =
        kf_value_get(kf_call_input_artifact(call, "files"), "artifacts");
    run_note(payload, "read_all", NULL);
    for (size_t i = 0; i < kf_value_length(list); i++) {
        run_put_file(&text, kf__get_text(kf_value_at(list, i), "uri"));
        kf__buf_putc(&text, ';');
    }
    int failed = run_give_text(call, kf__buf_text(&text));
    kf__buf_finish(&text);
    return failed;
}

static inline int run_score(kf_call *call, void *payload)
{
    run_note(payload, "score", NULL);
    return kf_call_set_metadata(
               call, "metrics", "score", kf_call_input(call, "value")) != KF_OK;
}

static inline int run_sleep(kf_call *call, void *payload)
{
    run_case *self = payload;
    run_note(self, "sleep", NULL);
    pthread_mutex_lock(&self->mutex);
    self->running++;
    if (self->running > self->most_running)
        self->most_running = self->running;
    pthread_mutex_unlock(&self->mutex);
    int64_t end =
        kf__monotonic_ns() + kf_value_int(kf_call_input(call, "ms")) * 1000000;
    while (kf__monotonic_ns() < end && !kf_call_canceled(call))
        kf__sleep_ms(1);
    pthread_mutex_lock(&self->mutex);
    self->running--;
    pthread_mutex_unlock(&self->mutex);
    return kf_call_canceled(call) ? 1 : run_give_text(call, "slept");
}

static inline int run_status(kf_call *call, void *payload)
{
    char *text = NULL;
    run_note(payload, "status", NULL);
    const kf_value *status = kf_call_input(call, "status");
    ck_assert_ptr_nonnull(status);
    int failed = kf_value_write(status, KF_JSON_COMPACT, &text) != KF_OK ||
                 run_give_text(call, text);
    kf_text_free(text);
    return failed;
}

/* ---- running ---- */

static inline void run_case_open(run_case *self)
{
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    (void)snprintf(self->home, sizeof self->home, "/tmp/kf-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(self->home));
    ck_ok(kf_store_open(self->home, &self->store));
}

static inline void run_case_close(run_case *self)
{
    kf_store_free(self->store);
    kf__buf_finish(&self->calls);
    pthread_mutex_destroy(&self->mutex);
    ck_ok(kf__remove_tree(self->home));
}

/* The options with the functions of the tests. */
#define RUN_FUNCTIONS 12
static inline kf_run_options run_options(
    run_case *self, kf_function *functions, const kf_run_options *given)
{
    const kf_function all[RUN_FUNCTIONS] = {{"add", run_add, self},
        {"echo", run_echo, self}, {"fail", run_fail, self}, {"flaky", run_flaky, self},
        {"range", run_range, self}, {"text", run_text, self},
        {"write", run_write, self}, {"read", run_read, self},
        {"read_all", run_read_all, self}, {"score", run_score, self},
        {"sleep", run_sleep, self}, {"status", run_status, self}};
    kf_run_options options = {.size = sizeof options};
    if (given)
        options = *given;
    memcpy(functions, all, sizeof all);
    options.functions = functions;
    options.function_count = RUN_FUNCTIONS;
    return options;
}

/* The components above with the test's own and its root; its second document is the platform's. */
static inline void run_document(
    const char *text, kf_tree *tree, kf_value **spec, kf_value **platform)
{
    kf_value *common = NULL, *own = NULL;
    ck_ok(kf__yaml_read(tree, run_components, strlen(run_components), &common));
    ck_ok(kf__yaml_read(tree, text, strlen(text), &own));
    *spec = kf__at(common, 0);
    kf__merge(tree, *spec, kf__at(own, 0));
    *platform = kf__at(own, 1);
    ck_ok(kf__tree_status(tree));
}

static inline kf_status run_try_start(
    run_case *self, const char *text, const kf_run_options *given, kf_run **out)
{
    kf_function functions[RUN_FUNCTIONS];
    kf_run_options options = run_options(self, functions, given);
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec = NULL, *platform = NULL;
    run_document(text, &tree, &spec, &platform);
    kf_status status = kf__run_start(self->store, spec, platform, &options, out);
    kf__tree_finish(&tree);
    return status;
}

static inline kf_run *run_start(
    run_case *self, const char *text, const kf_run_options *given)
{
    kf_run *run = NULL;
    ck_ok(run_try_start(self, text, given, &run));
    return run;
}

static inline kf_status run_try_resume(
    run_case *self, const char *id, const kf_run_options *given, kf_run **out)
{
    kf_function functions[RUN_FUNCTIONS];
    kf_run_options options = run_options(self, functions, given);
    return kf_run_resume(self->store, id, &options, out);
}

/* Run to the end, which is to be of this status. */
static inline kf_run *run_until(
    run_case *self, const char *text, const kf_run_options *given, kf_status expected)
{
    kf_run *run = run_start(self, text, given);
    kf_status status = kf_run_wait(run, 30);
    ck_assert_msg(status == expected, "%s instead of %s: %s", kf_status_name(status),
        kf_status_name(expected), status == KF_OK ? "" : kf_last_error()->message);
    return run;
}

/* ---- what came of it ---- */

static inline void run_expect_output(kf_run *run, const char *name, const char *json)
{
    kf_value *value = NULL, *expected = NULL;
    char *text = NULL;
    ck_ok(kf_run_output(run, name, &value));
    ck_ok(kf_value_parse(json, strlen(json), &expected));
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &text));
    ck_assert_msg(
        kf_value_equal(value, expected), "%s is %s instead of %s", name, text, json);
    kf_text_free(text);
    kf_value_free(value);
    kf_value_free(expected);
}

static inline const kf_value *run_find_task(
    const kf_value *description, const char *path)
{
    const kf_value *tasks = kf_value_get(description, "tasks");
    for (size_t i = 0; i < kf_value_length(tasks); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(tasks, i), "path"), path))
            return kf_value_at(tasks, i);
    return NULL;
}

/* "PATH STATE" lines; a path that begins with "!" must not be there. */
static inline void run_expect_states(kf_run *run, const char *const *expected)
{
    kf_value *description = NULL;
    ck_ok(kf_run_describe(run, &description));
    for (; *expected; expected += 2) {
        const kf_value *task =
            run_find_task(description, expected[0] + (expected[0][0] == '!'));
        if (expected[0][0] == '!') {
            ck_assert_msg(!task, "%s is there", expected[0] + 1);
            continue;
        }
        ck_assert_msg(task != NULL, "there is no task %s", expected[0]);
        ck_assert_msg(kf__equals_text(kf_value_get(task, "state"), expected[1]),
            "%s is %s (%s) instead of %s", expected[0], kf__get_text(task, "state"),
            kf__get_text(task, "error") ? kf__get_text(task, "error") : "",
            expected[1]);
    }
    kf_value_free(description);
}
#define run_expect(run, ...)                                                           \
    run_expect_states(run, (const char *const[]){__VA_ARGS__, NULL})

static inline void run_expect_error(kf_run *run, const char *path, const char *part)
{
    kf_value *description = NULL;
    ck_ok(kf_run_describe(run, &description));
    const kf_value *task = run_find_task(description, path);
    ck_assert_msg(task != NULL, "there is no task %s", path);
    const char *error = kf__get_text(task, "error");
    ck_assert_msg(error && strstr(error, part), "the error of %s is: %s", path,
        error ? error : "none");
    kf_value_free(description);
}

#endif
