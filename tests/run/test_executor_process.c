/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of containers as processes: what they see, what they leave, how they end. */
#include "run_test.h"

#include "io/file.h"

static run_case self;

static void setup(void)
{
    run_case_open(&self);
}

static void teardown(void)
{
    run_case_close(&self);
}

#define DEFINE(interface, container)                                                   \
    "components: {comp-p: {executorLabel: exec-p, " interface "}}\n"                   \
    "deploymentSpec: {executors: {exec-p: {container: {image: "                        \
    "'some/image:1', " container "}}}}\n"

#define GIVES_TEXT "outputDefinitions: {parameters: {Output: {parameterType: STRING}}}"
#define TO_OUTPUT "\"{{$.outputs.parameters['Output'].output_file}}\""

static const kf_run_options on_host = {
    .size = sizeof on_host, .containers = KF_CONTAINERS_HOST, .jobs = 2};

static void check(const char *text, const char *json)
{
    kf_run *run = run_until(&self, text, &on_host, KF_OK);
    run_expect_output(run, "o", json);
    kf_run_free(run);
}
#define ONE ROOT(GIVES("o: " FROM("p", "Output")) ", tasks: {p: {" USE("p") "}}")

START_TEST(containers_are_refused_unless_allowed)
{
    const char *text = DEFINE(GIVES_TEXT, "command: [sh, -c, 'echo']") ONE;
    kf_run *run = run_until(&self, text, NULL, KF_EFAILED);
    run_expect_error(run, "p", "container of the image 'some/image:1'");
    run_expect_error(run, "p", "KF_CONTAINERS_HOST");
    kf_run_free(run);
}
END_TEST

START_TEST(an_entry_point_of_an_image_cannot_run_here)
{
    kf_run *run =
        run_until(&self, DEFINE(GIVES_TEXT, "args: [x]") ONE, &on_host, KF_EFAILED);
    run_expect_error(run, "p", "has no command");
    kf_run_free(run);
}
END_TEST

/* A file that is missing at first fails the task: the run is taken up again without
 * options. */
START_TEST(environment_of_the_run)
{
    char text[1500], id[40];
    kf_value *environment = NULL;
    kf_run *run = NULL;
    ck_ok(kf_value_new(KF_KIND_STRUCT, &environment));
    ck_ok(kf_value_set_string(environment, "KF_A", "of the run"));
    ck_ok(kf_value_set_string(environment, "KF_B", "of the {{run}} $(KF_A)"));
    (void)snprintf(text, sizeof text,
        DEFINE(GIVES_TEXT, "env: [{name: KF_A, value: own}], command: [sh, -c, 'test "
                           "-e %s/there && printf \"%%s, %%s\" \"$KF_A\" "
                           "\"$KF_B\" > $0', " TO_OUTPUT "]") ONE,
        self.home);
    kf_run_options options = on_host;
    options.environment = environment;
    run = run_until(&self, text, &options, KF_EFAILED);
    (void)snprintf(id, sizeof id, "%s", kf_run_id(run));
    kf_run_free(run);
    (void)snprintf(text, sizeof text, "%s/there", self.home);
    ck_ok(kf__file_write(text, "", 0));
    ck_ok(run_try_resume(&self, id, NULL, &run));
    ck_ok(kf_run_wait(run, 20));
    run_expect_output(run, "o", "\"own, of the {{run}} $(KF_A)\"");
    kf_run_free(run);
    kf_value_free(environment);
}
END_TEST

START_TEST(environment_and_folder_are_the_tasks)
{
    check(DEFINE("inputDefinitions: {parameters: {a: {parameterType: STRING, "
                 "defaultValue: q}}}, " GIVES_TEXT,
              "env: [{name: KF_A, value: \"<{{$.inputs.parameters['a']}}>\"}], "
              "command: [sh, -c,"
              " 'printf \"%s %s\" \"$KF_A\" \"$(basename \"$PWD\")\" > $0', " TO_OUTPUT
              "]") ONE,
        "\"<q> attempt-1\"");
}
END_TEST

START_TEST(args_follow_the_command)
{
    check(DEFINE("inputDefinitions: {parameters: {a: {parameterType: STRING, "
                 "isOptional: true},"
                 " b: {parameterType: STRING, defaultValue: B}}}, " GIVES_TEXT,
              "command: [sh, -c, 'printf \"%s,\" \"$@\" > $0', " TO_OUTPUT "], args: ["
              "'{\"IfPresent\": {\"InputName\": \"a\", \"Then\": [\"--a\", \"x\"]}}',"
              "'{\"Concat\": [\"b=\", \"{{$.inputs.parameters[''b'']}}\"]}', last]")
              ONE,
        "\"b=B,last,\"");
}
END_TEST

START_TEST(the_executor_input_is_json)
{
    check(DEFINE("inputDefinitions: {parameters: {n: {parameterType: NUMBER_INTEGER,"
                 " defaultValue: 7.0}}}, " GIVES_TEXT,
              "command: [sh, -c, 'printf %s \"$1\" | grep -c \"\\\"n\\\": *7[,}]\" > "
              "$0', " TO_OUTPUT ", '{{$}}']") ONE,
        "\"1\\n\"");
}
END_TEST

START_TEST(output_files_are_read_by_type)
{
    kf_run *run = run_until(&self,
        DEFINE("outputDefinitions: {parameters: {i: {parameterType: NUMBER_INTEGER},"
               " d: {parameterType: NUMBER_DOUBLE}, b: {parameterType: BOOLEAN},"
               " l: {parameterType: LIST}, s: {parameterType: STRUCT}, t: "
               "{parameterType: STRING}}}",
            "command: [sh, -c, 'cd outputs; printf \" 3\\n\" > i; printf 2 > d; printf "
            "True > b;"
            " printf \"[1]\" > l; printf \"{}\" > s; printf \" 1\\n\" > t']")
            ROOT(GIVES("i: " FROM("p", "i") ", d: " FROM("p", "d") ", b: " FROM(
                "p", "b") ", l: " FROM("p", "l") ", s: " FROM("p",
                "s") ", t: " FROM("p", "t")) ", tasks: {p: {" USE("p") "}}"),
        &on_host, KF_OK);
    run_expect_output(run, "i", "3");
    run_expect_output(run, "d", "2.0");
    run_expect_output(run, "b", "true");
    run_expect_output(run, "l", "[1]");
    run_expect_output(run, "s", "{}");
    run_expect_output(run, "t", "\" 1\\n\"");
    kf_run_free(run);
}
END_TEST

START_TEST(executor_output_wins_over_files)
{
    kf_run *run = run_until(&self,
        DEFINE("outputDefinitions: {parameters: {a: {parameterType: STRING}},"
               " artifacts: {m: {artifactType: {schemaTitle: system.Model, "
               "schemaVersion: 0.0.1}}}}",
            "command: [sh, -c, 'printf file > outputs/a; printf %s \"$1\" > \"$0\"',"
            " '{{$.outputs.output_file}}', '{\"parameterValues\": {\"a\": \"json\"}, "
            "\"artifacts\":"
            " {\"m\": {\"artifacts\": [{\"name\": \"mine\", \"metadata\": {\"k\": "
            "1}}]}}}']") "root: {dag: {outputs: {parameters: {a: " FROM("p",
            "a") "}, artifacts: {m: {"
                 "artifactSelectors: [{producerSubtask: p, outputArtifactKey: m}]}}}, "
                 "tasks: {p: {" USE("p") "}}}}\n",
        &on_host, KF_OK);
    run_expect_output(run, "a", "\"json\"");
    kf_value *model = NULL;
    ck_ok(kf_run_output(run, "m", &model));
    ck_assert_str_eq(kf__get_text(model, "name"), "mine");
    ck_assert_int_eq(
        kf_value_int(kf_value_get(kf_value_get(model, "metadata"), "k")), 1);
    kf_value_free(model);
    kf_run_free(run);
}
END_TEST

START_TEST(a_custom_path_is_brought_to_the_artifacts_place)
{
    char path[160], text[2048];
    (void)snprintf(path, sizeof path, "%s/custom.txt", self.home);
    (void)snprintf(text, sizeof text,
        "components: {comp-p: {executorLabel: exec-p, outputDefinitions: {artifacts: "
        "{file: {"
        "artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'printf custom > %s; printf %%s \"$1\" > \"$0\"', "
        "'{{$.outputs.output_file}}',"
        " '{\"artifacts\": {\"file\": {\"artifacts\": [{\"custom_path\": "
        "\"%s\"}]}}}']}}}}\n" ROOT(
            GIVES("o: " FROM("r", "Output")) ", tasks: {p: {" USE("p") "}, r: {" USE(
                "read") ", inputs: {artifacts: {file: " ARTIFACT("p", "file") "}}}}"),
        path, path);
    check(text, "\"custom\"");
}
END_TEST

/* A task that leaves `artifact` as what it says of its output "file". */
static kf_run *run_saying(const char *artifact, kf_status expected)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
        "components: {comp-p: {executorLabel: exec-p, outputDefinitions: {artifacts: "
        "{file: {"
        "artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'mkdir -p \"$2/in\"; echo inner > \"$2/in/f\"; printf %%s \"$1\" > \"$0\"', "
        "'{{$.outputs.output_file}}', '{\"artifacts\": {\"file\": {\"artifacts\": "
        "[{%s}]}}}', \"{{$.outputs.artifacts['file'].path}}\"]}}}}\n" ROOT(
            "tasks: {p: {" USE("p") "}}"),
        artifact);
    return run_until(&self, text, &on_host, expected);
}

START_TEST(a_task_cannot_have_other_files_replaced)
{
    char kept[160], custom[160], artifact[512];
    (void)snprintf(kept, sizeof kept, "%s/kept/file", self.home);
    (void)snprintf(custom, sizeof custom, "%s/custom.txt", self.home);
    ck_ok(kf__make_parent_folders(kept));
    ck_ok(kf__file_write(kept, "kept", 4));
    ck_ok(kf__file_write(custom, "custom", 6));
    (void)snprintf(artifact, sizeof artifact,
        "\"uri\": \"%s/kept\", \"customPath\": \"%s\"", self.home, custom);
    kf_run *run = run_saying(artifact, KF_EFAILED);
    run_expect_error(run, "p", "libkf does not replace it");
    kf_run_free(run);
    ck_assert(kf__file_exists(kept));
    (void)snprintf(artifact, sizeof artifact,
        "\"uri\": \"%s/new/place\", \"customPath\": \"%s\"", self.home, custom);
    kf_run_free(run_saying(artifact, KF_OK));
    (void)snprintf(kept, sizeof kept, "%s/new/place", self.home);
    ck_assert(kf__file_exists(kept));
}
END_TEST

START_TEST(a_custom_path_may_be_within_the_artifacts_place)
{
    kf_run *run = run_saying(
        "\"customPath\": \"{{$.outputs.artifacts[''file''].path}}/in\"", KF_OK);
    char path[256];
    (void)snprintf(path, sizeof path, "%s/artifacts/test-pipeline/%s/p/file/f",
        self.home, kf_run_id(run));
    ck_assert_msg(kf__file_exists(path), "%s", path);
    kf_run_free(run);
}
END_TEST

static void check_error(const char *interface_and_command, const char *part)
{
    kf_run *run = run_until(&self, interface_and_command, &on_host, KF_EFAILED);
    run_expect_error(run, "p", part);
    kf_run_free(run);
}

START_TEST(failures_say_why)
{
    check_error(DEFINE(GIVES_TEXT,
                    "command: [sh, -c, 'echo first; echo it broke >&2; exit 3']") ONE,
        "exit code 3: it broke");
    check_error(
        DEFINE(GIVES_TEXT, "command: [sh, -c, 'kill -9 $$']") ONE, "ended by signal 9");
    check_error(
        DEFINE(GIVES_TEXT, "command: [no-such-program]") ONE, "no-such-program");
    check_error(DEFINE("outputDefinitions: {parameters: {Output: {parameterType: "
                       "NUMBER_INTEGER}}}",
                    "command: [sh, -c, 'printf 1.5 > outputs/Output']") ONE,
        "'Output' is of type NUMBER_INTEGER");
    check_error(
        DEFINE("outputDefinitions: {parameters: {Output: {parameterType: LIST}}}",
            "command: [sh, -c, 'printf nonsense > outputs/Output']") ONE,
        "cannot be read from: nonsense");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'printf x > \"$0\"',"
                                   " '{{$.outputs.output_file}}']") ONE,
        "executor_output.json that is not JSON");
}
END_TEST

START_TEST(an_output_that_is_not_written_is_none)
{
    kf_value *logs = NULL, *value = NULL;
    kf_run *run = run_until(&self,
        DEFINE(GIVES_TEXT, "command: [sh, -c, 'echo out']") ONE, &on_host, KF_OK);
    ck_fails(kf_run_output(run, "o", &value), KF_ENOENT, "gave no output 'o'");
    ck_ok(kf_store_logs(self.store, kf_run_id(run), NULL, &logs));
    kf_buf text = KF__BUF_INIT;
    run_put_file(&text, kf__get_text(kf_value_at(logs, 0), "path"));
    ck_assert_ptr_nonnull(
        strstr(kf__buf_text(&text), "out\n[kf] the task did not write its output"));
    kf__buf_finish(&text);
    kf_value_free(logs);
    kf_run_free(run);
}
END_TEST

START_TEST(a_signal_is_told_from_an_exit_code)
{
    check_error(
        DEFINE(GIVES_TEXT, "command: [sh, -c, 'exit 200']") ONE, "exit code 200");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'exit 137']") ONE,
        "exit code 137, which may stand for signal 9 (SIGKILL)");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'kill -15 $$']") ONE,
        "ended by signal 15 (SIGTERM)");
}
END_TEST

START_TEST(the_last_line_of_the_log_is_quoted_whatever_it_holds)
{
    check_error(DEFINE(GIVES_TEXT,
                    "command: [sh, -c, 'printf \"caf\\351 \\033[1m\\n\"; exit 3']") ONE,
        "exit code 3: caf? ?[1m");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'printf \"x%05999dend\" 0; "
                                   "exit 3']") ONE,
        "exit code 3: ...0000");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'printf \"x%05999dend\" 0; "
                                   "exit 3']") ONE,
        "0000end");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'printf \"\\nx%0999d\" 0; "
                                   "exit 3']") ONE,
        "exit code 3: x0000");
}
END_TEST

/* Reading such a thing waits for ever. */
START_TEST(outputs_are_plain_files)
{
    check_error(DEFINE(GIVES_TEXT, "command: [mkfifo, " TO_OUTPUT "]") ONE,
        "it is a pipe, not a file");
    check_error(DEFINE(GIVES_TEXT, "command: [mkfifo, '{{$.outputs.output_file}}']")
                    ONE,
        "executor_output.json\": it is a pipe, not a file");
    check_error(DEFINE(GIVES_TEXT, "command: [ln, -s, /dev/zero, " TO_OUTPUT "]") ONE,
        "it is a device, not a file");
    check_error(DEFINE(GIVES_TEXT, "command: [mkdir, " TO_OUTPUT "]") ONE,
        "it is a folder, not a file");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'rm log.txt; mkfifo log.txt']")
                    ONE,
        "cannot open");
    check_error(DEFINE(GIVES_TEXT, "command: [sh, -c, 'rm log.txt; ln -s ../x "
                                   "log.txt']") ONE,
        "cannot open");
    check_error(
        DEFINE(GIVES_TEXT, "command: [sh, -c, 'rm log.txt; mkfifo log.txt; exit "
                           "3']") ONE,
        "exit code 3");
}
END_TEST

START_TEST(an_output_that_is_not_declared_is_told_in_the_log)
{
    kf_value *logs = NULL;
    kf_run *run = run_until(&self,
        DEFINE(GIVES_TEXT, "command: [sh, -c, 'printf %s \"$1\" > \"$0\"', "
                           "'{{$.outputs.output_file}}', '{\"parameterValues\": "
                           "{\"Output\": \"x\", \"Outptu\": \"y\"}}']") ONE,
        &on_host, KF_OK);
    run_expect_output(run, "o", "\"x\"");
    ck_ok(kf_store_logs(self.store, kf_run_id(run), NULL, &logs));
    kf_buf text = KF__BUF_INIT;
    run_put_file(&text, kf__get_text(kf_value_at(logs, 0), "path"));
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&text), "did you mean 'Output'?"));
    kf__buf_finish(&text);
    kf_value_free(logs);
    kf_run_free(run);
}
END_TEST

START_TEST(the_log_can_be_read_while_it_is_written)
{
    kf_value *logs = NULL;
    kf_buf text = KF__BUF_INIT;
    char path[160];
    kf_run *run = run_start(&self,
        DEFINE(GIVES_TEXT,
            "command: [sh, -c, 'echo begun; while [ ! -e ../seen ]; do sleep 0.01; "
            "done; printf x > $0', " TO_OUTPUT "]") ONE,
        &on_host);
    for (int i = 0; i < 5000 && text.length == 0; i++) {
        kf__sleep_ms(1);
        ck_ok(kf_store_logs(self.store, kf_run_id(run), NULL, &logs));
        const char *log = kf__get_text(kf_value_at(logs, 0), "path");
        if (log != NULL && kf__file_exists(log))
            run_put_file(&text, log);
        kf_value_free(logs);
    }
    ck_assert_str_eq(kf__buf_text(&text), "begun\n");
    (void)snprintf(path, sizeof path, "%s/runs/%s/p/seen", self.home, kf_run_id(run));
    ck_ok(kf__file_write(path, "", 0));
    ck_ok(kf_run_wait(run, 20));
    kf__buf_finish(&text);
    kf_run_free(run);
}
END_TEST

START_TEST(what_it_says_is_logged)
{
    kf_value *logs = NULL;
    kf_run *run = run_until(&self,
        DEFINE(GIVES_TEXT,
            "command: [sh, -c, 'echo out; echo err >&2; printf x > $0', " TO_OUTPUT "]")
            ONE,
        &on_host, KF_OK);
    ck_ok(kf_store_logs(self.store, kf_run_id(run), NULL, &logs));
    ck_assert_uint_eq(kf_value_length(logs), 1);
    kf_buf text = KF__BUF_INIT;
    run_put_file(&text, kf__get_text(kf_value_at(logs, 0), "path"));
    ck_assert_str_eq(kf__buf_text(&text), "out\nerr\n");
    kf__buf_finish(&text);
    kf_value_free(logs);
    kf_run_free(run);
}
END_TEST

static bool anything_sleeps(const char *mark)
{
    char command[128];
    (void)snprintf(command, sizeof command, "grep -qsa %s /proc/[0-9]*/environ", mark);
    return system(command) == 0;
}

START_TEST(canceling_ends_the_whole_tree_of_processes)
{
    kf_run *run = run_start(&self,
        DEFINE(GIVES_TEXT, "env: [{name: KF_MARK_TREE, value: mark}], command: [sh, -c,"
                           " 'sleep 60 & (sleep 60) & touch ../started; wait']") ONE,
        &on_host);
    char path[160];
    (void)snprintf(
        path, sizeof path, "%s/runs/%s/p/started", self.home, kf_run_id(run));
    for (int i = 0; i < 5000 && !kf__file_exists(path); i++)
        kf__sleep_ms(1);
    ck_assert(anything_sleeps("KF_MARK_TREE=mark"));
    kf_run_cancel(run);
    ck_fails(kf_run_wait(run, 20), KF_ECANCELED, "canceled");
    ck_assert(!anything_sleeps("KF_MARK_TREE=mark"));
    kf_run_free(run);
}
END_TEST

START_TEST(a_process_has_its_time)
{
    kf_run *run = run_until(&self,
        DEFINE(GIVES_TEXT, "command: [sleep, '60']") ONE
        "---\nplatforms: {kubernetes: {deploymentSpec: {executors: {exec-p: {"
        "activeDeadlineSeconds: 1}}}}}\n",
        &on_host, KF_EFAILED);
    run_expect_error(run, "p", "did not end within 1 seconds");
    kf_run_free(run);
}
END_TEST

START_TEST(the_workspace_is_shared)
{
    kf_run *run = run_until(&self,
        "components: {comp-p: {executorLabel: exec-p}, comp-q: {executorLabel: "
        "exec-q, " GIVES_TEXT "}}\n"
        "deploymentSpec: {executors: {exec-p: {container: {image: x, command: [sh, -c,"
        " 'printf shared > \"$0/f\"', '{{$.workspace_path}}']}}, exec-q: {container: "
        "{image: x,"
        " command: [sh, -c, 'cat \"$1/f\" > \"$0\"', " TO_OUTPUT
        ", '{{$.workspace_path}}']}}}}\n" ROOT(
            GIVES("o: " FROM("q", "Output")) ", tasks: {p: {" USE("p") "}, q: {" USE(
                "q") ", dependentTasks: [p]}}") "---\nplatforms: {kubernetes: "
                                                "{pipelineConfig: {workspace: {size: "
                                                "1Gi}}}}\n",
        &on_host, KF_OK);
    run_expect_output(run, "o", "\"shared\"");
    kf_run_free(run);
}
END_TEST

/* The artifacts' folder of the group "g", exchanged for a link to another place of the
 * test. */
START_TEST(a_link_in_the_way_leads_nowhere_else)
{
    char text[4096], kept[160], custom[160];
    (void)snprintf(kept, sizeof kept, "%s/kept/p/file", self.home);
    ck_ok(kf__make_parent_folders(kept));
    ck_ok(kf__file_write(kept, "kept", 4));
    (void)snprintf(custom, sizeof custom, "%s/custom", self.home);
    ck_ok(kf__file_write(custom, "custom", 6));
    (void)snprintf(text, sizeof text,
        "components: {comp-g: {dag: {tasks: {p: {" USE(
            "p") "}}}}, comp-p: {"
                 "executorLabel: exec-p, outputDefinitions: {artifacts: {file: "
                 "{artifactType: {"
                 "schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}}\n"
                 "deploymentSpec: {executors: {exec-p: {container: {image: x, command: "
                 "[sh, -c, "
                 "'d=$(dirname $(dirname \"$0\")); printf %%s "
                 "\"$1\" > "
                 "\"$0\"; mv \"$d\" \"$d.old\"; ln -s %s/kept \"$d\"; cp "
                 "\"$d.old/p/executor_output.json\" \"$d/p\"', "
                 "'{{$.outputs.output_file}}', '{\"artifacts\": {\"file\": "
                 "{\"artifacts\": "
                 "[{\"customPath\": \"%s\"}]}}}']}}}}\n" ROOT(
                     "tasks: {g: {" USE("g") "}}"),
        self.home, custom);
    kf_run *run = run_until(&self, text, &on_host, KF_EFAILED);
    run_expect_error(run, "g/p", "has put a link in the way");
    kf_run_free(run);
    kf_buf read = KF__BUF_INIT;
    run_put_file(&read, kept);
    ck_assert_str_eq(kf__buf_text(&read), "kept");
    kf__buf_finish(&read);
}
END_TEST

START_TEST(a_new_attempt_removes_nothing_behind_a_link)
{
    char text[4096], kept[160];
    (void)snprintf(kept, sizeof kept, "%s/kept/p/file", self.home);
    ck_ok(kf__make_parent_folders(kept));
    ck_ok(kf__file_write(kept, "kept", 4));
    (void)snprintf(text, sizeof text,
        "components: {comp-g: {dag: {tasks: {p: {" USE(
            "p") ", retryPolicy: {"
                 "maxRetryCount: 1, backoffDuration: 0s}}}}}, comp-p: {executorLabel: "
                 "exec-p}}\n"
                 "deploymentSpec: {executors: {exec-p: {container: {image: x, command: "
                 "[sh, -c, "
                 "'d=$(dirname $(dirname \"$0\")); mv \"$d\" \"$d.old\"; ln -s %s/kept "
                 "\"$d\"; "
                 "exit 1', '{{$.outputs.output_file}}']}}}}\n" ROOT(
                     "tasks: {g: {" USE("g") "}}"),
        self.home);
    kf_run *run = run_until(&self, text, &on_host, KF_EFAILED);
    run_expect_error(run, "g/p", "is no folder of its own");
    kf_run_free(run);
    ck_assert(kf__file_exists(kept));
}
END_TEST

START_TEST(an_artifact_is_not_the_whole_file_system)
{
    kf_run *run = run_saying("\"uri\": \"///\"", KF_EFAILED);
    run_expect_error(run, "p", "the root of the file system");
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/executor_process", setup, teardown,
    containers_are_refused_unless_allowed, an_entry_point_of_an_image_cannot_run_here,
    environment_of_the_run, environment_and_folder_are_the_tasks,
    args_follow_the_command, the_executor_input_is_json, output_files_are_read_by_type,
    executor_output_wins_over_files, a_custom_path_is_brought_to_the_artifacts_place,
    a_task_cannot_have_other_files_replaced,
    a_custom_path_may_be_within_the_artifacts_place, failures_say_why,
    an_output_that_is_not_written_is_none, the_log_can_be_read_while_it_is_written,
    a_signal_is_told_from_an_exit_code,
    the_last_line_of_the_log_is_quoted_whatever_it_holds, outputs_are_plain_files,
    an_output_that_is_not_declared_is_told_in_the_log, what_it_says_is_logged,
    canceling_ends_the_whole_tree_of_processes, a_process_has_its_time,
    the_workspace_is_shared, a_link_in_the_way_leads_nowhere_else,
    a_new_attempt_removes_nothing_behind_a_link,
    an_artifact_is_not_the_whole_file_system)
