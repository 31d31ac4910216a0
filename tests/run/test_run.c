/* SPDX-License-Identifier: Apache-2.0 */
/* A run as its user sees it: events, waiting, canceling, deadlines, outputs. */
#include "run_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

/* ---- events ---- */

typedef struct witness {
    kf_buf text;
    const char *stop_at; /* Return non-zero at this task's end. */
    size_t done, known;
    bool durable; /* What is reported is in the store already. */
} witness;

static int see(const kf_event *event, void *payload)
{
    witness *seen = payload;
    kf__buf_printf(&seen->text, "%s %s%s", event->task ? event->task : "-",
        kf_state_name(event->state), event->message ? ": " : "");
    kf__buf_printf(&seen->text, "%s\n", event->message ? event->message : "");
    seen->done = event->tasks_done;
    seen->known = event->tasks_known;
    if (event->task) {
        kf_store *store = NULL;
        kf_value *description = NULL;
        ck_ok(kf_store_open(self.home, &store));
        ck_ok(kf_store_run(store, event->run, &description));
        const kf_value *task = run_find_task(description, event->task);
        if (kf_state_is_final(event->state) &&
            !kf__equals_text(kf_value_get(task, "state"), kf_state_name(event->state)))
            seen->durable = false;
        kf_value_free(description);
        kf_store_free(store);
    }
    return event->task && seen->stop_at && strcmp(event->task, seen->stop_at) == 0 &&
           kf_state_is_final(event->state);
}

static void expect_line(const witness *seen, const char *line)
{
    ck_assert_msg(strstr(kf__buf_text(&seen->text), line) != NULL, "no '%s' in:\n%s",
        line, kf__buf_text(&seen->text));
}

START_TEST(what_happens_is_reported_once_it_is_durable)
{
    witness seen = {.durable = true};
    kf_run *run = run_until(&self,
        ROOT("tasks: {a: {" USE("echo") ", " WITH("text: " CONSTANT(
        "a")) "},b: {" USE("fail") ", " WITH("text: " OUTPUT("a")) "},"
        "c: {" USE("echo") ", " WITH("text: " OUTPUT("b")) "}}"),
        KF_OPTIONS(kf_run_options, .on_event = see, .payload = &seen), KF_EFAILED);
    const char *text = kf__buf_text(&seen.text);
    ck_assert_int_eq(strncmp(text, "- RUNNING\n", 10), 0);
    expect_line(&seen, "\na RUNNING\n");
    expect_line(&seen, "\na SUCCEEDED\n");
    expect_line(&seen, "\nb FAILED: a\n");
    expect_line(&seen, "\nc SKIPPED: the task 'b' before it failed\n");
    expect_line(&seen, "\n- FAILED: the task 'b' failed: a\n");
    ck_assert(strstr(text, "a RUNNING") < strstr(text, "a SUCCEEDED"));
    ck_assert(strstr(text, "a SUCCEEDED") < strstr(text, "b FAILED"));
    ck_assert(seen.durable);
    ck_assert_uint_eq(seen.done, 3);
    ck_assert_uint_eq(seen.known, 3);
    kf__buf_finish(&seen.text);
    kf_run_free(run);
}
END_TEST

START_TEST(a_callback_may_cancel)
{
    witness seen = {.stop_at = "a"};
    kf_run *run = run_until(&self,
        ROOT("tasks: {a: {" USE("echo") ", " WITH(
        "text: " CONSTANT("a")) "},b: {" USE("sleep") ", dependentTasks: [a], " WITH(
        "ms: " CONSTANT("20000")) "}}"),
        KF_OPTIONS(kf_run_options, .on_event = see, .payload = &seen), KF_ECANCELED);
    ck_assert_int_eq(kf_run_state(run), KF_STATE_CANCELED);
    expect_line(&seen, "\n- CANCELING: the run is being canceled\n");
    expect_line(&seen, "\n- CANCELED: the run was canceled\n");
    run_expect(run, "a", "SUCCEEDED", "b", "CANCELED");
    kf__buf_finish(&seen.text);
    kf_run_free(run);
}
END_TEST

/* ---- canceling ---- */

static const char endless[] =
    "components:\n"
    "  comp-work: {dag: {tasks: {loop: {" USE("sleep") ", " WITH("ms: " CONSTANT(
        "30000")) "},next: {" USE("echo") ", dependentTasks: [loop], " WITH("text:"
        " " CONSTANT("n")) "}}}}\n" ROOT("tasks: {exit-handler-1: {" USE("work") "},"
        "ignoring: {" USE("maybe") ", " ALWAYS
        ", dependentTasks: [more]," WITH("text: " OUTPUT("more")) "},"
        "more: {" USE("sleep") ", " WITH("ms: " CONSTANT("30000")) "},bye: "
        "{" USE("status") ", " ALWAYS ", dependentTasks: [exit-handler-1], " WITH("status: "
        "{taskFinalStatus: {producerTask: exit-handler-1}}") "}}");

static void wait_for_calls(int count)
{
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&self.mutex);
        bool enough = self.call_count >= count;
        pthread_mutex_unlock(&self.mutex);
        if (enough)
            return;
        kf__sleep_ms(1);
    }
    ck_abort_msg("the tasks did not begin");
}

START_TEST(canceling_ends_what_runs_and_exit_tasks_still_run)
{
    kf_run *run = run_start(&self, endless, KF_OPTIONS(kf_run_options, .jobs = 4));
    wait_for_calls(2);
    ck_fails(kf_run_wait(run, 0.01), KF_ETIMEOUT, "goes on");
    kf_run_cancel(run);
    ck_fails(kf_run_wait(run, 20), KF_ECANCELED, "canceled");
    run_expect(run, "exit-handler-1", "CANCELED", "exit-handler-1/loop", "CANCELED",
        "exit-handler-1/next", "CANCELED", "more", "CANCELED", "ignoring", "CANCELED",
        "bye", "SUCCEEDED");
    kf_value *description = NULL;
    ck_ok(kf_run_describe(run, &description));
    const char *status = kf__get_text(
        kf_value_get(run_find_task(description, "bye"), "outputs"), "Output");
    ck_assert_ptr_nonnull(strstr(status, "\"state\":\"CANCELLED\""));
    ck_assert_ptr_nonnull(strstr(status, "\"code\":1"));
    kf_value_free(description);
    kf_run_free(run);
}
END_TEST

START_TEST(freeing_a_run_cancels_it)
{
    kf_run *run = run_start(&self, endless, KF_OPTIONS(kf_run_options, .jobs = 4));
    char id[40];
    (void)snprintf(id, sizeof id, "%s", kf_run_id(run));
    wait_for_calls(1);
    kf_run_free(run);
    kf_value *description = NULL;
    ck_ok(kf_store_run(self.store, id, &description));
    ck_assert_str_eq(kf__get_text(description, "state"), "CANCELED");
    kf_value_free(description);
}
END_TEST

START_TEST(a_request_comes_through_the_store)
{
    kf_run *run = run_start(&self, endless, KF_OPTIONS(kf_run_options, .jobs = 4));
    kf_store *other = NULL;
    wait_for_calls(2);
    ck_ok(kf_store_open(self.home, &other));
    ck_ok(kf_store_cancel(other, kf_run_id(run)));
    ck_fails(kf_run_wait(run, 20), KF_ECANCELED, "canceled");
    ck_fails(kf_store_cancel(other, kf_run_id(run)), KF_ESTATE, "has ended: CANCELED");
    kf_store_free(other);
    kf_run_free(run);
}
END_TEST

/* ---- time ---- */

#define TIMED(seconds) \
    "components:\n" \
    "  comp-slow: {executorLabel: exec-slow, inputDefinitions: {parameters: {" \
    "ms: {parameterType: NUMBER_INTEGER}}}}\n" \
    "deploymentSpec: {executors: {exec-slow: {container: {image: libkf/call," \
    " command: [kf, call, sleep]}}}}\n" ROOT("tasks: {t: {" USE("slow") ", " WITH( \
        "ms: " CONSTANT("20000")) "}}") "---\nplatforms: {kubernetes: " \
        "{deploymentSpec: {executors: {exec-slow: {activeDeadlineSeconds: " seconds "}}}}}\n"

START_TEST(a_task_has_its_time)
{
    int64_t start = kf__monotonic_ns();
    /* As text, which is how KFP writes it. */
    kf_run *run = run_until(&self, TIMED("'1'"), NULL, KF_EFAILED);
    ck_assert_double_lt((double)(kf__monotonic_ns() - start) / 1e9, 10);
    run_expect_error(run, "t", "did not end within 1 seconds");
    kf_run_free(run);
}
END_TEST

START_TEST(a_run_has_its_time)
{
    kf_run *run = run_until(&self,
        ROOT("tasks: {t: {" USE("sleep") ", " WITH("ms: " CONSTANT(
        "20000")) "}}") "---\nplatforms: {kubernetes: {pipelineConfig: "
        "{activeDeadlineSeconds: 1}}}\n",
        NULL, KF_EFAILED);
    run_expect(run, "t", "CANCELED");
    ck_fails(kf_run_wait(run, 0), KF_EFAILED, "active_deadline_seconds");
    kf_run_free(run);
}
END_TEST

/* ---- outputs ---- */

START_TEST(outputs_are_there_at_the_end)
{
    kf_value *value = NULL;
    kf_run *run = run_start(&self,
        "root: {dag: {outputs: {parameters: {text: " FROM("s",
        "Output") "}, artifacts: {file: {"
        "artifactSelectors: [{producerSubtask: w, outputArtifactKey: file}]}}}, tasks: {"
        "s: {" USE("sleep") ", " WITH("ms: " CONSTANT("50")) "},w: {" USE("write") ", " WITH(
        "text: " CONSTANT("w")) "}}}}\n",
        NULL);
    ck_fails(kf_run_output(run, "text", &value), KF_ESTATE, "has not ended");
    ck_ok(kf_run_wait(run, 20));
    run_expect_output(run, "text", "\"slept\"");
    ck_ok(kf_run_output(run, "file", &value));
    const char *uri = kf__get_text(value, "uri");
    char expected[160];
    (void)snprintf(expected, sizeof expected, "%s/artifacts/test-pipeline/%s/w/file",
        self.home, kf_run_id(run));
    ck_assert_str_eq(uri, expected);
    ck_assert_str_eq(kf__get_text(kf_value_get(value, "metadata"), "text"), "w");
    kf_value_free(value);
    ck_fails(kf_run_output(run, "other", &value), KF_ENOENT, "gave no output 'other'");
    kf_run_free(run);
}
END_TEST

START_TEST(its_folder_may_have_a_name)
{
    const char *text = ROOT("tasks: {f: {" USE("flaky") ", " WITH("failures: " CONSTANT(
        "1")) "},w: {" USE("write") ", dependentTasks: [f], " WITH("text: " CONSTANT(
        "w")) "}}");
    char path[160], id[40];
    kf_run *run = run_until(
        &self, text, KF_OPTIONS(kf_run_options, .run_folder = "mine"), KF_EFAILED);
    (void)snprintf(id, sizeof id, "%s", kf_run_id(run));
    kf_run_free(run);
    (void)snprintf(path, sizeof path, "%s/artifacts/mine/w/file", self.home);
    ck_assert(!kf__file_exists(path));
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    kf_run_free(run);
    ck_assert(kf__file_exists(path));
}
END_TEST

START_TEST(options_are_checked)
{
    kf_run *run = NULL;
    const char *text = ROOT("tasks: {}");
    ck_fails(run_try_start(&self, text, KF_OPTIONS(kf_run_options, .jobs = -1), &run),
        KF_EINVAL, "at least one task");
    ck_fails(run_try_start(&self, text,
                 KF_OPTIONS(kf_run_options, .pipeline_root = "gs://b"), &run),
        KF_EUNSUPPORTED, "not to 'gs://b'");
    ck_fails(run_try_start(
                 &self, text, KF_OPTIONS(kf_run_options, .run_folder = ".."), &run),
        KF_EINVAL, "cannot be '.' or '..'");
    ck_fails(run_try_start(
                 &self, text, KF_OPTIONS(kf_run_options, .run_folder = "a/b"), &run),
        KF_EINVAL, "cannot hold '/'");
    kf_value *numbers = NULL;
    ck_ok(kf_value_parse("{\"A\": 1}", 8, &numbers));
    ck_fails(run_try_start(
                 &self, text, KF_OPTIONS(kf_run_options, .environment = numbers), &run),
        KF_ETYPE, "environment variables are expected as a struct of texts by name");
    kf_value_free(numbers);
    ck_assert_ptr_null(run);
}
END_TEST

/* ---- when the disk is full ---- */

static int run_without_disk(const char *text)
{
    struct rlimit limit = {.rlim_cur = 200000, .rlim_max = 200000};
    kf_run *run = run_start(&self, text, KF_OPTIONS(kf_run_options, .jobs = 2));
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 10;
    kf_status status = kf_run_wait(run, 30);
    if (status != KF_EIO)
        return 20 - status;
    if (kf_run_state(run) != KF_STATE_FAILED)
        return 11;
    if (strstr(kf_last_error()->message, "what happened cannot be recorded: ") == NULL)
        return 12;
    kf_run_free(run);
    return 0;
}

START_TEST(a_full_disk_fails_the_run)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "root: {dag: {tasks: {t0: {" USE("echo") ", " WITH(
        "text: " CONSTANT("x")) "},");
    for (int i = 1; i < 3000; i++)
        kf__buf_printf(&text,
        "t%d: {" USE("echo") ", " WITH("text: " OUTPUT("t%d")) "},", i, i - 1);
    kf__buf_puts(&text, "}}}\n");
    /* A limit of the size of files stands for it, in a process of its own. */
    pid_t child = fork();
    if (child == 0)
        _exit(run_without_disk(kf__buf_text(&text)));
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
    kf__buf_finish(&text);
}
END_TEST

static void refuse_name(
    const char *document, const char *name, kf_status status, const char *part)
{
    char text[2048];
    kf_run *run = NULL;
    (void)snprintf(text, sizeof text, document, name);
    ck_fails(run_try_start(&self, text, NULL, &run), status, part);
    ck_assert_ptr_null(run);
}

/* A document that did not pass kf check, such as one of a store that others write to. */
START_TEST(names_that_lead_elsewhere_are_refused)
{
    static const char task[] = ROOT("tasks: {\"%s\": {" USE("echo") ", " WITH(
        "text: " CONSTANT("x")) "}}");
    static const char output[] =
        "components: {comp-p: {executorLabel: exec-echo, outputDefinitions: {parameters: "
        "{\"%s\": {parameterType: STRING}}}}}\n" ROOT("tasks: {p: {" USE("p") "}}");
    static const char artifact[] =
        "components: {comp-p: {executorLabel: exec-echo, outputDefinitions: {artifacts: "
        "{\"%s\": {artifactType: {schemaTitle: system.Model}}}}}}\n" ROOT(
            "tasks: {p: {" USE("p") "}}");
    static const char *const documents[] = {task, output, artifact};
    static const char *const names[] = {"", ".", "..", "/", "../x", "x/..", "a\\nb"};
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[256] = '\0';
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            refuse_name(documents[i], names[j], KF_EINVAL, "the name of");
        refuse_name(documents[i], longest, KF_ELIMIT, "has 256 bytes");
    }
    refuse_name(artifact, "executor_output.json", KF_EUNSUPPORTED, "cannot be named");
}
END_TEST

KF_TEST_MAIN_WITH("run/run", setup, teardown,
    what_happens_is_reported_once_it_is_durable, a_callback_may_cancel,
    canceling_ends_what_runs_and_exit_tasks_still_run, freeing_a_run_cancels_it,
    a_request_comes_through_the_store, a_task_has_its_time, a_run_has_its_time,
    outputs_are_there_at_the_end, its_folder_may_have_a_name, options_are_checked,
    a_full_disk_fails_the_run, names_that_lead_elsewhere_are_refused)
