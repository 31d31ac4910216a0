/* SPDX-License-Identifier: Apache-2.0 */
/* Going on with a run that failed or whose process was killed. */
#include "io/process.h"
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

static char id[40];

static void remember(kf_run *run)
{
    (void)snprintf(id, sizeof id, "%s", kf_run_id(run));
    kf_run_free(run);
    kf__buf_truncate(&self.calls, 0);
    self.call_count = 0;
}

START_TEST(only_what_is_missing_is_done)
{
    kf_run *run = run_until(&self,
        ROOT(GIVES("o: " FROM("c",
        "Output")) ", tasks: {a: {" USE("add") ", " WITH("x: " CONSTANT("1")) "},"
        "b: {" USE("flaky") ", dependentTasks: [a], " WITH("failures: " CONSTANT("1")) "},"
        "c: {" USE("add") ", " WITH("x: " OUTPUT("b") ", y: " OUTPUT("a")) "}}"),
        NULL, KF_EFAILED);
    remember(run);
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    ck_assert_str_eq(kf_run_id(run), id);
    ck_assert_str_eq(kf__buf_text(&self.calls), "flaky() add(2) ");
    run_expect_output(run, "o", "4");
    run_expect(run, "a", "SUCCEEDED", "b", "SUCCEEDED", "c", "SUCCEEDED");
    kf_value *description = NULL;
    ck_ok(kf_run_describe(run, &description));
    ck_assert_int_eq(
        kf_value_int(kf_value_get(run_find_task(description, "b"), "attempts")), 2);
    ck_assert_int_eq(
        kf_value_int(kf_value_get(run_find_task(description, "a"), "attempts")), 1);
    kf_value_free(description);
    kf_run_free(run);
    ck_fails(run_try_resume(&self, id, NULL, &run), KF_ESTATE, "has succeeded");
}
END_TEST

START_TEST(loops_and_artifacts_are_taken_over)
{
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-make: {inputDefinitions: {parameters: {item: {parameterType: STRING}}},"
        " outputDefinitions: {artifacts: {files: {artifactType: {schemaTitle: system.Dataset,"
        " schemaVersion: 0.0.1}, isArtifactList: true}}}, dag: {outputs: {artifacts: "
        "{files: {artifactSelectors: [{producerSubtask: write, outputArtifactKey: file}]}}}, "
        "tasks: {write: {" USE("write") ", " WITH(
        "text: " INPUT("item")) "}}}}\n" ROOT(GIVES("text: " FROM("read-all",
        "Output")) ", tasks: {make: {" USE(
        "make") ", parameterIterator: {itemInput: item, items: {raw: '[\"a\", \"b\"]'}}},"
        "flaky: {" USE("flaky") ", dependentTasks: [make], " WITH("failures: " CONSTANT(
        "1")) "},read-all: {" USE("read-"
        "all") ", dependentTasks: [flaky], inputs: {artifacts: {files: " ARTIFACT("make",
        "files") "}}}}"),
        NULL, KF_EFAILED);
    remember(run);
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    ck_assert_str_eq(kf__buf_text(&self.calls), "flaky() read_all() ");
    run_expect_output(run, "text", "\"a;b;\"");
    kf_run_free(run);
}
END_TEST

START_TEST(a_lost_artifact_is_made_again)
{
    kf_run *run = run_until(&self,
        ROOT(GIVES("text: " FROM("read",
        "Output")) ", tasks: {write: {" USE("write") ", " WITH("text: " CONSTANT("w")) "},"
        "flaky: {" USE("flaky") ", dependentTasks: [write], " WITH("failures: " CONSTANT(
        "1")) "},read: {" USE("read") ", dependentTasks: [flaky], inputs: {artifacts: {file:"
        " " ARTIFACT("write",
        "file") "}}}}"),
        NULL, KF_EFAILED);
    remember(run);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/artifacts", self.home);
    ck_ok(kf__remove_tree(path));
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    run_expect_output(run, "text", "\"w\"");
    kf_run_free(run);
}
END_TEST

START_TEST(an_exit_task_runs_again_for_the_new_end)
{
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-work: {dag: {tasks: {t: {" USE("flaky") ", " WITH(
        "failures: " CONSTANT("1")) "}}}}\n" ROOT(GIVES("o: " FROM("bye",
        "Output")) ", tasks: {exit-handler-1: {" USE("work") "},bye: {" USE("status") ","
        " " ALWAYS
        ", dependentTasks: [exit-handler-1], " WITH("status: {taskFinalStatus: {producerTas"
        "k: exit-handler-1}}") "}}"),
        NULL, KF_EFAILED);
    run_expect(run, "bye", "SUCCEEDED");
    remember(run);
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    ck_assert_str_eq(kf__buf_text(&self.calls), "flaky() status() ");
    kf_value *output = NULL;
    ck_ok(kf_run_output(run, "o", &output));
    ck_assert_ptr_nonnull(strstr(kf_value_string(output), "SUCCEEDED"));
    kf_value_free(output);
    kf_run_free(run);
}
END_TEST

START_TEST(a_living_run_is_busy)
{
    kf_run *other = NULL;
    kf_run *run = run_start(&self,
        ROOT("tasks: {t: {" USE("sleep") ", " WITH("ms: " CONSTANT("30000")) "}}"),
        NULL);
    ck_fails(run_try_resume(&self, kf_run_id(run), NULL, &other), KF_EBUSY,
        "is being executed by the process");
    ck_fails(
        run_try_resume(&self, "no-such", NULL, &other), KF_ENOENT, "no run 'no-such'");
    kf_run_free(run);
}
END_TEST

START_TEST(options_and_arguments_are_remembered)
{
    kf_value *arguments = NULL;
    char root[128];
    (void)snprintf(root, sizeof root, "%s/elsewhere", self.home);
    ck_ok(kf_value_parse("{\"n\": 1}", 8, &arguments));
    kf_run *run = run_until(&self,
        "components:\n"
        "  comp-p: {executorLabel: exec-p, outputDefinitions: {parameters: {"
        "Output: {parameterType: STRING}}}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'printf ok > $0', \"{{$.outputs.parameters['Output'].output_file}}\"]}}}}\n"
        "root: {inputDefinitions: {parameters: {n: {parameterType: NUMBER_INTEGER}}}, "
        "dag: {" GIVES("o: " FROM("p",
        "Output")) ", tasks: {f: {" USE("flaky") ", " WITH("failures: " INPUT("n")) "},"
        "w: {" USE("write") ", dependentTasks: [f], " WITH("text: " CONSTANT("w")) "},"
        "p: {" USE("p") ", dependentTasks: [w]}}}}\n",
        KF_OPTIONS(kf_run_options, .arguments = arguments, .pipeline_root = root,
            .containers = KF_CONTAINERS_HOST),
        KF_EFAILED);
    kf_value_free(arguments);
    remember(run);
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    run_expect_output(run, "o", "\"ok\"");
    kf_value *artifacts = NULL;
    ck_ok(kf_store_artifacts(self.store, id, &artifacts));
    ck_assert_ptr_nonnull(strstr(
        kf__get_text(kf_value_at(artifacts, 0), "uri"), "/elsewhere/test-pipeline/"));
    kf_value_free(artifacts);
    kf_run_free(run);
}
END_TEST

/* As if the process had been killed: its rows say that it still works. */
START_TEST(a_run_of_a_dead_process_is_interrupted)
{
    kf_value *description = NULL;
    kf_run *run = run_until(&self,
        ROOT("tasks: {a: {" USE("echo") ", " WITH(
        "text: " CONSTANT("a")) "},b: {" USE("flaky") ", dependentTasks: [a], " WITH(
        "failures: " CONSTANT("1")) "}}"),
        NULL, KF_EFAILED);
    remember(run);
    ck_ok(kf__db_exec(self.store->db,
        "UPDATE runs SET state = 1, owner_pid = 4194300, owner_start = 1, finished = 0,"
        " error = NULL"));
    ck_ok(kf__db_exec(self.store->db,
        "UPDATE tasks SET state = 1, finished = 0, error = NULL WHERE name = 'b'"));
    ck_ok(kf__db_exec(
        self.store->db, "UPDATE attempts SET state = 1 WHERE task & 255 > 1"));
    ck_ok(kf_store_run(self.store, id, &description));
    ck_assert(kf_value_bool(kf_value_get(description, "interrupted")));
    ck_assert_ptr_nonnull(strstr(kf__get_text(description, "error"), "can be resumed"));
    kf_value_free(description);
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    ck_assert_str_eq(kf__buf_text(&self.calls), "flaky() ");
    kf_run_free(run);
}
END_TEST

START_TEST(a_run_of_a_dead_process_can_be_canceled)
{
    kf_value *description = NULL;
    kf_run *run = run_until(&self,
        ROOT("tasks: {b: {" USE("fail") ", " WITH("text: " CONSTANT("x")) "}}"), NULL,
        KF_EFAILED);
    remember(run);
    ck_ok(kf__db_exec(self.store->db, "UPDATE runs SET state = 1, owner_pid = 4194300, "
        "owner_start = 1, finished = 0"));
    ck_ok(kf__db_exec(self.store->db, "UPDATE tasks SET state = 1, finished = 0"));
    ck_ok(kf_store_cancel(self.store, id));
    ck_ok(kf_store_run(self.store, id, &description));
    ck_assert_str_eq(kf__get_text(description, "state"), "CANCELED");
    ck_assert_str_eq(
        kf__get_text(run_find_task(description, "b"), "state"), "CANCELED");
    kf_value_free(description);
}
END_TEST

START_TEST(processes_of_a_killed_attempt_are_ended)
{
    kf_run *run = run_until(&self,
        "components: {comp-p: {executorLabel: exec-p}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'test -e ../../go && exit 0; exit 1']}}}}\n" ROOT("tasks: {p: {" USE("p") "}}"),
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST), KF_EFAILED);
    remember(run);
    /* A process that the killed engine would have left behind. */
    const char *const words[] = {"sleep", "60", NULL};
    const kf_process_options options = {
        .argv = words, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1};
    kf_process left;
    ck_ok(kf__process_start(&options, &left));
    char path[200], text[64];
    (void)snprintf(path, sizeof path, "%s/runs/%s/p/attempt-1/pid", self.home, id);
    (void)snprintf(text, sizeof text, "%d %lld\n", left.pid,
        (long long)kf__process_start_time(left.pid));
    ck_ok(kf__file_write(path, text, strlen(text)));
    ck_ok(kf__db_exec(self.store->db, "UPDATE attempts SET state = 1"));
    (void)snprintf(path, sizeof path, "%s/runs/%s/go", self.home, id);
    ck_ok(kf__file_write(path, "", 0));
    ck_ok(run_try_resume(&self, id, NULL, &run));
    int code = 0;
    ck_ok(kf__process_wait(&left, 5000, &code));
    ck_assert_int_eq(code, -9);
    ck_ok(kf_run_wait(run, 20));
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/run_resume", setup, teardown, only_what_is_missing_is_done,
    loops_and_artifacts_are_taken_over, a_lost_artifact_is_made_again,
    an_exit_task_runs_again_for_the_new_end, a_living_run_is_busy,
    options_and_arguments_are_remembered, a_run_of_a_dead_process_is_interrupted,
    a_run_of_a_dead_process_can_be_canceled, processes_of_a_killed_attempt_are_ended)
