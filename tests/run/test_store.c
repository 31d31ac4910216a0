/* SPDX-License-Identifier: Apache-2.0 */
/* The store and the shapes of its answers. */
#include "run_test.h"

/* clang-format off */ /* Documents made of macros are laid out by hand. */

static run_case self;

static void setup(void)
{
    run_case_open(&self);
}

static void teardown(void)
{
    run_case_close(&self);
}

static const char pipeline[] =
    "root: {inputDefinitions: {parameters: {text: {parameterType: STRING}}}, dag: {outputs: {"
    "parameters: {o: " FROM("read",
        "Output") "}, artifacts: {file: {artifactSelectors: [{"
        "producerSubtask: write, outputArtifactKey: file}]}}}, tasks: {"
        "write: {" USE("write") ", taskInfo: {name: Write it}, " WITH("text: " INPUT(
        "text")) "},read: {" USE("read") ", inputs: {artifacts: {file: " ARTIFACT("write",
        "file") "}}},score: {" USE("score") ", dependentTasks: [read], " WITH("value:"
        " " CONSTANT("0.75")) "}}}}\n";

static void run_once(char id[40], const char *name)
{
    kf_value *arguments = NULL;
    ck_ok(kf_value_parse("{\"text\": \"hello\"}", 17, &arguments));
    kf_run *run = run_until(&self, pipeline,
        KF_OPTIONS(kf_run_options, .arguments = arguments, .name = name), KF_OK);
    (void)snprintf(id, 40, "%s", kf_run_id(run));
    kf_value_free(arguments);
    kf_run_free(run);
}

static bool is_time(const kf_value *value)
{
    int64_t time = 0;
    return kf__is(value, KF_KIND_STRING) &&
           kf__parse_time(kf_value_string(value), &time) && time <= kf__now_ms() &&
           time > kf__now_ms() - 60000;
}

START_TEST(a_run_is_described)
{
    char id[40];
    kf_value *run = NULL;
    run_once(id, "my run");
    ck_ok(kf_store_run(self.store, id, &run));
    ck_assert_str_eq(kf__get_text(run, "id"), id);
    ck_assert_str_eq(kf__get_text(run, "pipeline"), "test-pipeline");
    ck_assert_str_eq(kf__get_text(run, "display_name"), "my run");
    ck_assert_str_eq(kf__get_text(run, "state"), "SUCCEEDED");
    ck_assert(is_time(kf_value_get(run, "created")));
    ck_assert(is_time(kf_value_get(run, "started")));
    ck_assert(is_time(kf_value_get(run, "finished")));
    ck_assert_double_ge(kf_value_double(kf_value_get(run, "duration")), 0);
    ck_assert_int_eq(kf_value_kind(kf_value_get(run, "error")), KF_KIND_NULL);
    ck_assert_str_eq(kf__get_text(kf_value_get(run, "arguments"), "text"), "hello");
    ck_assert_str_eq(kf__get_text(kf_value_get(run, "outputs"), "o"), "hello");
    const kf_value *file = kf_value_get(kf_value_get(run, "outputs"), "file");
    ck_assert_str_eq(kf__get_text(file, "type"), "system.Dataset");
    ck_assert_uint_eq(kf_value_length(kf_value_get(run, "tasks")), 3);
    kf_value_free(run);
}
END_TEST

START_TEST(a_task_is_described)
{
    char id[40];
    kf_value *run = NULL;
    run_once(id, NULL);
    ck_ok(kf_store_run(self.store, id, &run));
    const kf_value *task = run_find_task(run, "write");
    ck_assert_str_eq(kf__get_text(task, "name"), "write");
    ck_assert_str_eq(kf__get_text(task, "display_name"), "Write it");
    ck_assert_str_eq(kf__get_text(task, "kind"), "task");
    ck_assert_str_eq(kf__get_text(task, "component"), "comp-write");
    ck_assert_str_eq(kf__get_text(task, "state"), "SUCCEEDED");
    ck_assert(!kf_value_bool(kf_value_get(task, "cached")));
    ck_assert_int_eq(kf_value_int(kf_value_get(task, "attempts")), 1);
    ck_assert(is_time(kf_value_get(task, "started")));
    ck_assert(is_time(kf_value_get(task, "finished")));
    ck_assert_str_eq(kf__get_text(kf_value_get(task, "inputs"), "text"), "hello");
    const kf_value *file = kf_value_get(kf_value_get(task, "artifacts"), "file");
    ck_assert_int_eq(kf_value_int(kf_value_get(file, "size")), 5);
    /* printf hello | sha256sum */
    ck_assert_str_eq(kf__get_text(file, "digest"),
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    ck_assert_str_eq(kf__get_text(file, "path"), kf__get_text(file, "uri"));
    ck_assert_str_eq(kf__get_text(kf_value_get(file, "metadata"), "text"), "hello");
    task = run_find_task(run, "read");
    ck_assert_str_eq(
        kf__get_text(kf_value_get(kf_value_get(task, "inputs"), "file"), "type"),
        "system.Dataset");
    ck_assert_str_eq(kf__get_text(kf_value_get(task, "outputs"), "Output"), "hello");
    task = run_find_task(run, "score");
    ck_assert_double_eq(
        kf_value_double(kf_value_get(kf_value_get(task, "metrics"), "score")), 0.75);
    kf_value_free(run);
}
END_TEST

START_TEST(one_task_is_described_as_in_its_run)
{
    char id[40];
    kf_value *run = NULL, *task = NULL;
    run_once(id, NULL);
    ck_ok(kf_store_run(self.store, id, &run));
    ck_ok(kf_store_task(self.store, id, "write", &task));
    ck_assert(kf_value_equal(task, run_find_task(run, "write")));
    kf_value_free(task);
    ck_fails(kf_store_task(self.store, id, "nobody", &task), KF_ENOENT, "no task 'nobody'");
    kf_value_free(run);
}
END_TEST

START_TEST(runs_are_listed_newest_first)
{
    char first[40], second[40];
    kf_value *runs = NULL;
    run_once(first, NULL);
    run_once(second, NULL);
    ck_ok(kf_store_runs(self.store, NULL, &runs));
    ck_assert_uint_eq(kf_value_length(runs), 2);
    ck_assert_str_eq(kf__get_text(kf_value_at(runs, 0), "id"), second);
    ck_assert_int_eq(kf_value_int(kf_value_get(kf_value_at(runs, 0), "tasks")), 3);
    kf_value_free(runs);
    ck_ok(kf_store_runs(self.store, KF_OPTIONS(kf_runs_options, .limit = 1), &runs));
    ck_assert_uint_eq(kf_value_length(runs), 1);
    kf_value_free(runs);
    ck_ok(kf_store_runs(
        self.store, KF_OPTIONS(kf_runs_options, .state = "FAILED"), &runs));
    ck_assert_uint_eq(kf_value_length(runs), 0);
    kf_value_free(runs);
    ck_ok(kf_store_runs(self.store,
        KF_OPTIONS(kf_runs_options, .pipeline = "test-pipeline", .limit = -1), &runs));
    ck_assert_uint_eq(kf_value_length(runs), 2);
    kf_value_free(runs);
    ck_fails(
        kf_store_runs(self.store, KF_OPTIONS(kf_runs_options, .state = "LOST"), &runs),
        KF_EINVAL, "no state 'LOST'");
}
END_TEST

START_TEST(a_run_is_found_by_the_beginning_of_its_id)
{
    char first[40], second[40], part[40];
    kf_value *run = NULL;
    run_once(first, NULL);
    run_once(second, NULL);
    size_t length = 1;
    while (strncmp(first, second, length) == 0)
        length++;
    (void)snprintf(part, sizeof part, "%.*s", (int)length, first);
    ck_ok(kf_store_run(self.store, part, &run));
    ck_assert_str_eq(kf__get_text(run, "id"), first);
    kf_value_free(run);
    ck_ok(kf_store_run(self.store, "latest", &run));
    ck_assert_str_eq(kf__get_text(run, "id"), second);
    kf_value_free(run);
    ck_fails(kf_store_run(self.store, "", &run), KF_EINVAL, "several runs");
    ck_fails(kf_store_run(self.store, "zz", &run), KF_ENOENT, "no run 'zz'");
}
END_TEST

START_TEST(an_empty_store_has_no_runs)
{
    kf_value *value = NULL;
    ck_ok(kf_store_runs(self.store, NULL, &value));
    ck_assert_uint_eq(kf_value_length(value), 0);
    kf_value_free(value);
    ck_fails(kf_store_run(self.store, "latest", &value), KF_ENOENT, "no run");
    ck_ok(kf_store_artifacts(self.store, NULL, &value));
    ck_assert_uint_eq(kf_value_length(value), 0);
    kf_value_free(value);
    ck_assert_str_eq(kf_store_home(self.store), self.home);
}
END_TEST

START_TEST(a_newer_store_is_refused)
{
    kf_store *store = NULL;
    ck_ok(kf__db_exec(self.store->db, "PRAGMA user_version = 99"));
    ck_fails(kf_store_open(self.home, &store), KF_EVERSION, "newer");
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(a_file_that_is_no_store_is_refused)
{
    char path[128];
    kf_store *store = NULL;
    (void)snprintf(path, sizeof path, "%s/other", self.home);
    ck_ok(kf__make_folders(path));
    (void)snprintf(path, sizeof path, "%s/other/kf.db", self.home);
    ck_ok(kf__file_write(path, "this is no database, and long enough to be one", 46));
    (void)snprintf(path, sizeof path, "%s/other", self.home);
    ck_fails(kf_store_open(path, &store), KF_EDOCUMENT, "kf.db");
}
END_TEST

START_TEST(lineage_goes_both_ways)
{
    char id[40], path[256];
    kf_value *lineage = NULL;
    run_once(id, NULL);
    (void)snprintf(
        path, sizeof path, "%s/artifacts/test-pipeline/%s/write/file", self.home, id);
    ck_ok(kf_store_lineage(self.store, path, &lineage));
    const kf_value *artifact = kf_value_get(lineage, "artifact");
    ck_assert_str_eq(kf__get_text(artifact, "uri"), path);
    ck_assert_str_eq(kf__get_text(artifact, "run"), id);
    ck_assert_str_eq(kf__get_text(artifact, "task"), "write");
    const kf_value *up = kf_value_get(lineage, "upstream");
    ck_assert_uint_eq(kf_value_length(up), 1);
    ck_assert_str_eq(kf__get_text(kf_value_at(up, 0), "task"), "write");
    ck_assert_int_eq(kf_value_int(kf_value_get(kf_value_at(up, 0), "depth")), 1);
    const kf_value *down = kf_value_get(lineage, "downstream");
    ck_assert_uint_eq(kf_value_length(down), 1);
    ck_assert_str_eq(kf__get_text(kf_value_at(down, 0), "task"), "read");
    char by_id[32];
    (void)snprintf(by_id, sizeof by_id, "%lld",
        (long long)kf_value_int(kf_value_get(artifact, "id")));
    kf_value_free(lineage);
    ck_ok(kf_store_lineage(self.store, by_id, &lineage));
    kf_value_free(lineage);
    ck_fails(kf_store_lineage(self.store, "/none", &lineage), KF_ENOENT,
        "no artifact '/none'");
}
END_TEST

START_TEST(lineage_follows_long_ways)
{
    kf_value *lineage = NULL;
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-copy: {executorLabel: exec-copy, inputDefinitions: {artifacts: {file: "
        "{artifactType:"
        " {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}, outputDefinitions: "
        "{artifacts: {"
        "copy: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}\n"
        "deploymentSpec: {executors: {exec-copy: {container: {image: x, command: [cp,"
        " \"{{$.inputs.artifacts['file'].path}}\", "
        "\"{{$.outputs.artifacts['copy'].path}}\"]}}}}\n"
        "root: {dag: {outputs: {artifacts: {last: {artifactSelectors: [{producerSubtask: c,"
        " outputArtifactKey: copy}]}}}, tasks: {"
        "a: {" USE("write") ", " WITH("text: " CONSTANT("x")) "},"
        "b: {" USE("copy") ", inputs: {artifacts: {file: " ARTIFACT("a",
        "file") "}}},c: {" USE("copy") ", inputs: {artifacts: {file: " ARTIFACT("b",
        "copy") "}}}}}}\n",
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST), KF_OK);
    kf_value *last = NULL;
    ck_ok(kf_run_output(run, "last", &last));
    ck_ok(kf_store_lineage(self.store, kf__get_text(last, "uri"), &lineage));
    static const struct {
        const char *task, *output;
        int depth;
    } expected[] = {{"c", NULL, 1}, {"b", "copy", 2}, {"b", NULL, 3}, {"a", "file", 4},
        {"a", NULL, 5}};
    const kf_value *up = kf_value_get(lineage, "upstream");
    ck_assert_uint_eq(kf_value_length(up), 5);
    for (size_t i = 0; i < 5; i++) {
        const kf_value *step = kf_value_at(up, i);
        ck_assert_str_eq(kf__get_text(step, "task"), expected[i].task);
        ck_assert_int_eq(kf_value_int(kf_value_get(step, "depth")), expected[i].depth);
        if (expected[i].output)
            ck_assert_str_eq(kf__get_text(step, "output"), expected[i].output);
        else
            ck_assert_ptr_null(kf__get_text(step, "uri"));
    }
    ck_assert_uint_eq(kf_value_length(kf_value_get(lineage, "downstream")), 0);
    kf_value_free(last);
    kf_value_free(lineage);
    kf_run_free(run);
}
END_TEST

START_TEST(two_runs_share_one_store)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "root: {dag: {tasks: {t0: {" USE("echo") ", " WITH(
        "text: " CONSTANT("x")) "},");
    for (int i = 1; i < 300; i++)
        kf__buf_printf(&text,
        "t%d: {" USE("echo") ", " WITH("text: " OUTPUT("t%d")) "},", i, i - 1);
    kf__buf_puts(&text, "}}}\n");
    kf_run *runs[4];
    for (int i = 0; i < 4; i++)
        runs[i] = run_start(&self, kf__buf_text(&text), NULL);
    for (int i = 0; i < 4; i++) {
        ck_ok(kf_run_wait(runs[i], 30));
        run_expect(runs[i], "t299", "SUCCEEDED");
        kf_run_free(runs[i]);
    }
    ck_assert_int_eq(self.call_count, 4 * 300);
    kf__buf_finish(&text);
}
END_TEST

KF_TEST_MAIN_WITH("run/store", setup, teardown, a_run_is_described, a_task_is_described,
    one_task_is_described_as_in_its_run,
    runs_are_listed_newest_first, a_run_is_found_by_the_beginning_of_its_id,
    an_empty_store_has_no_runs, a_newer_store_is_refused,
    a_file_that_is_no_store_is_refused, lineage_goes_both_ways,
    lineage_follows_long_ways, two_runs_share_one_store)
