/* SPDX-License-Identifier: Apache-2.0 */
/* When earlier outputs are taken again, and how that is explained. */
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

#define CACHED "cachingOptions: {enableCache: true}, "
#define CHAIN(text) \
    ROOT(GIVES("o: " FROM("read", \
        "Output")) ", tasks: {write: {" CACHED USE("write") ", " WITH("text: " CONSTANT( \
        text)) "},read: {" CACHED USE("read") ", inputs: {artifacts: " \
        "{file: " ARTIFACT("write", \
        "file") "}}}}")

static char last[40];

static int calls_of(const char *text, const kf_run_options *options, kf_status expected)
{
    int before = self.call_count;
    kf_run *run = run_until(&self, text, options, expected);
    (void)snprintf(last, sizeof last, "%s", kf_run_id(run));
    kf_run_free(run);
    return self.call_count - before;
}

START_TEST(the_same_task_is_not_done_twice)
{
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 2);
    kf_run *run = run_until(&self, CHAIN("a"), NULL, KF_OK);
    ck_assert_int_eq(self.call_count, 2);
    run_expect(run, "write", "CACHED", "read", "CACHED");
    run_expect_output(run, "o", "\"a\"");
    kf_run_free(run);
    /* Another input: all that it leads to is done again. */
    ck_assert_int_eq(calls_of(CHAIN("b"), NULL, KF_OK), 2);
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 0);
}
END_TEST

static int see(const kf_event *event, void *payload)
{
    if (event->task)
        kf__buf_printf(payload, "%s %s\n", event->task, kf_state_name(event->state));
    return 0;
}

START_TEST(what_comes_from_the_cache_never_runs)
{
    kf_buf seen = KF__BUF_INIT;
    (void)calls_of(CHAIN("a"), NULL, KF_OK);
    (void)calls_of(CHAIN("a"),
        KF_OPTIONS(kf_run_options, .on_event = see, .payload = &seen), KF_OK);
    ck_assert_str_eq(kf__buf_text(&seen), "write CACHED\nread CACHED\n");
    kf__buf_finish(&seen);
}
END_TEST

START_TEST(only_tasks_that_ask_for_it_are_cached)
{
    const char *text =
        ROOT("tasks: {t: {" USE("echo") ", " WITH("text: " CONSTANT("a")) "}}");
    ck_assert_int_eq(calls_of(text, NULL, KF_OK), 1);
    ck_assert_int_eq(calls_of(text, NULL, KF_OK), 1);
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 2);
    ck_assert_int_eq(
        calls_of(CHAIN("a"), KF_OPTIONS(kf_run_options, .no_cache = true), KF_OK), 2);
}
END_TEST

START_TEST(content_counts_and_not_the_place)
{
    /* Two tasks write the same text to different files; what reads the second has read it. */
    const char *two = ROOT(
        "tasks: {w1: {" USE("write") ", " WITH("text: " CONSTANT("same")) "},"
        "w2: {" USE("write") ", " WITH("text: " CONSTANT("same")) "},r1: {" CACHED USE(
        "read") ", inputs: {artifacts: {file: " ARTIFACT("w1",
        "file") "}}},r2: {" CACHED USE("read") ", dependentTasks: [r1], inputs: {artifacts: "
        "{file: " ARTIFACT("w2",
        "file") "}}}}");
    kf_run *run = run_until(&self, two, NULL, KF_OK);
    run_expect(run, "r1", "SUCCEEDED", "r2", "CACHED");
    ck_assert_int_eq(self.call_count, 3);
    kf_run_free(run);
}
END_TEST

static void artifact_path(char *out, size_t size)
{
    kf_value *artifacts = NULL;
    ck_ok(kf_store_artifacts(self.store, last, &artifacts));
    (void)snprintf(out, size, "%s", kf__get_text(kf_value_at(artifacts, 0), "path"));
    kf_value_free(artifacts);
}

START_TEST(a_lost_or_changed_artifact_is_a_miss)
{
    char path[256];
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 2);
    artifact_path(path, sizeof path);
    ck_ok(kf__remove_tree(path));
    /* The file is made again with the same content: what reads it is still cached. */
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 1);
    artifact_path(path, sizeof path);
    ck_ok(kf__file_write(path, "changed", 7));
    ck_assert_int_eq(calls_of(CHAIN("a"), NULL, KF_OK), 1);
}
END_TEST

START_TEST(failures_are_not_cached)
{
    const char *text =
        ROOT("tasks: {t: {" CACHED USE("fail") ", " WITH("text: " CONSTANT("a")) "}}");
    ck_assert_int_eq(calls_of(text, NULL, KF_EFAILED), 1);
    ck_assert_int_eq(calls_of(text, NULL, KF_EFAILED), 1);
}
END_TEST

START_TEST(a_key_of_ones_own_stands_for_all_else)
{
    const char *with_a = ROOT(GIVES(
        "o: " FROM("t", "Output")) ", tasks: {t: {cachingOptions: {enableCache: true,"
        " cacheKey: mine}, " USE("echo") ", " WITH("text: " CONSTANT("a")) "}}");
    const char *with_b = ROOT(GIVES(
        "o: " FROM("t", "Output")) ", tasks: {t: {cachingOptions: {enableCache: true,"
        " cacheKey: mine}, " USE("echo") ", " WITH("text: " CONSTANT("b")) "}}");
    ck_assert_int_eq(calls_of(with_a, NULL, KF_OK), 1);
    kf_run *run = run_until(&self, with_b, NULL, KF_OK);
    run_expect_output(run, "o", "\"a\"");
    kf_run_free(run);
}
END_TEST

#define COMMAND(script, env) \
    "components: {comp-p: {executorLabel: exec-p, outputDefinitions: {parameters: {" \
    "Output: {parameterType: STRING}}}}}\n" \
    "deploymentSpec: {executors: {exec-p: {container: {image: x, " env \
    "command: [sh, -c," \
    " '" script "', \"{{$.outputs.parameters['Output'].output_file}}\"]}}}}\n" ROOT( \
        "tasks: {t: {" CACHED USE("p") "}}")

START_TEST(command_and_environment_count)
{
    const kf_run_options *options =
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST);
    kf_run *run = run_until(&self, COMMAND("printf a > $0", ""), options, KF_OK);
    run_expect(run, "t", "SUCCEEDED");
    kf_run_free(run);
    run = run_until(&self, COMMAND("printf a > $0", ""), options, KF_OK);
    run_expect(run, "t", "CACHED");
    kf_run_free(run);
    run = run_until(&self, COMMAND("printf  a > $0", ""), options, KF_OK);
    run_expect(run, "t", "SUCCEEDED");
    kf_run_free(run);
    run = run_until(&self, COMMAND("printf a > $0", "env: [{name: A, value: b}], "),
        options, KF_OK);
    run_expect(run, "t", "SUCCEEDED");
    (void)snprintf(last, sizeof last, "%s", kf_run_id(run));
    kf_run_free(run);
    kf_value *why = NULL;
    ck_ok(kf_store_cache_explain(self.store, last, "t", &why));
    ck_assert(!kf_value_bool(kf_value_get(why, "hit")));
    const kf_value *differs = kf_value_get(why, "differs");
    ck_assert_uint_eq(kf_value_length(differs), 1);
    ck_assert_str_eq(kf__get_text(kf_value_at(differs, 0), "part"), "env");
    kf_value_free(why);
}
END_TEST

START_TEST(hits_and_misses_are_explained)
{
    kf_value *why = NULL;
    calls_of(CHAIN("a"), NULL, KF_OK);
    ck_ok(kf_store_cache_explain(self.store, last, "write", &why));
    ck_assert_str_eq(
        kf__get_text(why, "reason"), "the cache had no entry of this component");
    kf_value_free(why);
    char first[40];
    (void)snprintf(first, sizeof first, "%s", last);
    calls_of(CHAIN("b"), NULL, KF_OK);
    ck_ok(kf_store_cache_explain(self.store, "latest", "write", &why));
    const kf_value *differs = kf_value_get(why, "differs");
    ck_assert_uint_eq(kf_value_length(differs), 1);
    ck_assert_str_eq(kf__get_text(kf_value_at(differs, 0), "part"), "inputs.text");
    ck_assert_str_eq(kf__get_text(kf_value_at(differs, 0), "now"), "\"b\"");
    ck_assert_str_eq(kf__get_text(kf_value_at(differs, 0), "then"), "\"a\"");
    ck_assert_str_eq(kf__get_text(kf_value_get(why, "nearest"), "run"), first);
    kf_value_free(why);
    calls_of(CHAIN("a"), NULL, KF_OK);
    ck_ok(kf_store_cache_explain(self.store, "latest", "read", &why));
    ck_assert(kf_value_bool(kf_value_get(why, "hit")));
    ck_assert_str_eq(kf__get_text(kf_value_get(why, "nearest"), "run"), first);
    ck_assert_str_eq(kf__get_text(kf_value_get(why, "nearest"), "task"), "read");
    kf_value_free(why);
    ck_fails(kf_store_cache_explain(self.store, "latest", "none", &why), KF_ENOENT,
        "'none'");
}
END_TEST

START_TEST(entries_are_listed_and_cleared)
{
    kf_value *entries = NULL;
    calls_of(CHAIN("abc"), NULL, KF_OK);
    calls_of(CHAIN("abc"), NULL, KF_OK);
    ck_ok(kf_store_cache(self.store, &entries));
    ck_assert_uint_eq(kf_value_length(entries), 2);
    for (size_t i = 0; i < 2; i++) {
        const kf_value *entry = kf_value_at(entries, i);
        bool writes = kf__equals_text(kf_value_get(entry, "component"), "comp-write");
        ck_assert_int_eq(kf_value_int(kf_value_get(entry, "hits")), 1);
        ck_assert_int_eq(kf_value_int(kf_value_get(entry, "size")), writes ? 3 : 0);
        ck_assert_uint_eq(kf_value_length(kf_value_get(entry, "key")), 64);
    }
    char key[16];
    (void)snprintf(
        key, sizeof key, "%.12s", kf__get_text(kf_value_at(entries, 0), "key"));
    kf_value_free(entries);
    ck_ok(kf_store_cache_clear(self.store, key, 0));
    ck_fails(kf_store_cache_clear(self.store, key, 0), KF_ENOENT, "no entry");
    ck_ok(kf_store_cache_clear(self.store, NULL, 3600));
    ck_assert_int_eq(calls_of(CHAIN("abc"), NULL, KF_OK), 1);
    ck_ok(kf_store_cache_clear(self.store, NULL, 0));
    ck_ok(kf_store_cache(self.store, &entries));
    ck_assert_uint_eq(kf_value_length(entries), 0);
    kf_value_free(entries);
}
END_TEST

START_TEST(other_pipelines_and_components_share_it)
{
    /* Nothing but the executor, its inputs and outputs counts: not the names. */
    const char *other =
        "components:\n"
        "  comp-echo-2: {executorLabel: exec-echo, inputDefinitions: {parameters: {"
        "text: {parameterType: STRING}}},"
        " outputDefinitions: {parameters: {Output: {parameterType: STRING}}}}\n"
        "pipelineInfo: {name: another}\n" ROOT(
        "tasks: {q: {" CACHED USE("echo-2") ", " WITH("text: " CONSTANT("a")) "}}");
    calls_of(
        ROOT("tasks: {t: {" CACHED USE("echo") ", " WITH("text: " CONSTANT("a")) "}}"),
        NULL, KF_OK);
    ck_assert_int_eq(calls_of(other, NULL, KF_OK), 0);
}
END_TEST

KF_TEST_MAIN_WITH("run/cache", setup, teardown, the_same_task_is_not_done_twice,
    what_comes_from_the_cache_never_runs, only_tasks_that_ask_for_it_are_cached,
    content_counts_and_not_the_place, a_lost_or_changed_artifact_is_a_miss,
    failures_are_not_cached, a_key_of_ones_own_stands_for_all_else,
    command_and_environment_count, hits_and_misses_are_explained,
    entries_are_listed_and_cleared, other_pipelines_and_components_share_it)
