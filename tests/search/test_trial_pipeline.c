/* SPDX-License-Identifier: Apache-2.0 */
/* Trials that are runs of a pipeline of two commands, one after the other. */
#include "tune_test.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "search/tune.h"

/* ---- the pipeline ---- */

static void put_component(kf_buf *out, const char *name)
{
    kf__buf_printf(out,
        "  comp-%s: {executorLabel: exec-%s, inputDefinitions: {parameters: {x: "
        "{parameterType: NUMBER_INTEGER}}}, outputDefinitions: {parameters: {out: "
        "{parameterType: NUMBER_DOUBLE}}}}\n",
        name, name);
}

/* $1: file of the output `out`, $2: x, $3: the test's folder. */
static void put_command(kf_buf *out, const char *name, const char *script)
{
    kf__buf_printf(
        out, "    exec-%s: {container: {image: none, command: [sh, -c, ", name);
    kf__put_json_text(out, script, strlen(script));
    kf__buf_printf(out,
        ", sh, \"{{$.outputs.parameters['out'].output_file}}\","
        " \"{{$.inputs.parameters['x']}}\", %s]}}\n",
        folder);
}

static void put_task(kf_buf *out, const char *name, const char *more)
{
    kf__buf_printf(out,
        "      %s: {taskInfo: {name: %s}, componentRef: {name: comp-%s}, inputs: "
        "{parameters: {x: {componentInputParameter: x}}}, cachingOptions: "
        "{enableCache: true}%s}\n",
        name, name, name, more);
}

static kf_pipeline *pipeline_of(const char *first, const char *second)
{
    kf_buf text = KF__BUF_INIT;
    kf_pipeline *pipeline = NULL;
    kf__buf_puts(&text, "components:\n");
    put_component(&text, "first");
    put_component(&text, "second");
    kf__buf_puts(&text, "deploymentSpec:\n  executors:\n");
    put_command(&text, "first", first);
    put_command(&text, "second", second);
    kf__buf_puts(&text, "pipelineInfo: {name: two}\nschemaVersion: 2.1.0\n"
                        "root:\n  inputDefinitions: {parameters: {x: {parameterType: "
                        "NUMBER_INTEGER}}}\n  dag:\n    tasks:\n");
    put_task(&text, "first", "");
    put_task(&text, "second", ", dependentTasks: [first]");
    ck_ok(kf_pipeline_load(kf__buf_text(&text), text.length, &pipeline));
    kf__buf_finish(&text);
    return pipeline;
}

/* ---- the experiment ---- */

#define GRID                                                                           \
    "  algorithm: {algorithmName: grid, algorithmSettings: [{name: random_state, "     \
    "value: '1'}]}\n"

static kf_experiment *search_of(const char *objective, const char *more)
{
    char text[1000];
    kf_experiment *experiment = NULL;
    int length = snprintf(text, sizeof text,
        "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\n"
        "metadata: {name: two}\nspec:\n"
        "  objective: {type: minimize, objectiveMetricName: %s}\n"
        "  parallelTrialCount: 1\n"
        "  parameters:\n"
        "  - {name: x, parameterType: int, feasibleSpace: {min: '1', max: '9'}}\n%s",
        objective, more);
    ck_ok(kf_experiment_load(text, (size_t)length, &experiment));
    return experiment;
}

static kf_status run_trials(kf_experiment *experiment, kf_pipeline *pipeline,
    int64_t max_trials, kf_value **out)
{
    kf_status status = execute_with(experiment,
        (kf_tune_options){.max_trials = max_trials, .pipeline = pipeline}, out);
    kf_pipeline_free(pipeline);
    return status;
}

static double metric_of(const kf_value *trial, const char *name, const char *member)
{
    const kf_value *metric = kf_value_get(kf_value_get(trial, "metrics"), name);
    return kf_value_double(kf_value_get(metric, member));
}

static size_t lines_of(const char *name)
{
    char path[100];
    kf_buf text = KF__BUF_INIT;
    size_t lines = 0;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (kf__file_exists(path))
        ck_ok(kf__file_read(path, 100000, &text));
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    kf__buf_finish(&text);
    return lines;
}

/* ---- tests ---- */

#define REPORT(value)                                                                  \
    "echo \"{\\\"metrics\\\": {\\\"loss\\\": " value "}}\" >> $KF_TRIAL_METRICS; "

START_TEST(outputs_of_tasks_are_metrics)
{
    kf_value *out;
    ck_ok(run_trials(search_of("second.out", GRID),
        pipeline_of("echo $2 > $1", "echo ${2}5 > $1"), 3, &out));
    for (size_t i = 0; i < 3; i++) {
        const kf_value *trial = trial_at(out, i);
        double x =
            (double)kf_value_int(kf_value_get(kf_value_get(trial, "params"), "x"));
        ck_assert_double_eq(metric_of(trial, "second.out", "latest"), 10 * x + 5);
        ck_assert_ptr_nonnull(kf__get_text(trial, "run"));
    }
    kf_value_free(out);
}
END_TEST

START_TEST(reports_of_tasks_count)
{
    kf_value *out;
    ck_ok(run_trials(search_of("loss", GRID),
        pipeline_of(REPORT("3") REPORT("1") "echo 0 > $1",
            "test $KATIB_TRIAL_NAME = two-0 && " REPORT("2") "echo 0 > $1"),
        1, &out));
    ck_assert_str_eq(state_of(out, 0), "SUCCEEDED");
    ck_assert_double_eq(metric_of(trial_at(out, 0), "loss", "max"), 3);
    ck_assert_double_eq(metric_of(trial_at(out, 0), "loss", "min"), 1);
    ck_assert_double_eq(metric_of(trial_at(out, 0), "loss", "latest"), 2);
    kf_value_free(out);
}
END_TEST

/* As those of a trial that succeeds: what comes of it is not a matter of who is first. */
START_TEST(reports_of_failed_tasks_count)
{
    kf_value *out;
    ck_ok(run_trials(search_of("loss", GRID),
        pipeline_of(REPORT("3") "echo 0 > $1", REPORT("2") "exit 1"), 1, &out));
    ck_assert_str_eq(state_of(out, 0), "FAILED");
    ck_assert_double_eq(metric_of(trial_at(out, 0), "loss", "min"), 2);
    kf_value_free(out);
}
END_TEST

/* What a task reported when it was executed counts where its outputs come from the
 * cache. */
START_TEST(reports_are_cached_with_their_task)
{
    kf_value *out;
    ck_ok(run_trials(search_of("loss", "  algorithm: {algorithmName: random}\n"),
        pipeline_of("echo >> $3/executed; " REPORT("$2") "echo 0 > $1", "echo 0 > $1"),
        30, &out));
    ck_assert_uint_le(lines_of("executed"), 9);
    for (size_t i = 0; i < 30; i++)
        ck_assert_str_eq(state_of(out, i), "SUCCEEDED");
    kf_value_free(out);
}
END_TEST

/* The tasks of a trial that is stopped end with all that they started. */
static void check_stopped(const char *first, const char *second, const char *objective)
{
    kf_value *out;
    ck_ok(run_trials(
        search_of(objective,
            GRID "  earlyStopping: {algorithmName: medianstop, algorithmSettings: [{"
                 "name: min_trials_required, value: '2'}, {name: start_step, value: "
                 "'1'}]}\n"),
        pipeline_of(first, second), 3, &out));
    ck_assert_str_eq(state_of(out, 1), "SUCCEEDED");
    ck_assert_str_eq(state_of(out, 2), "EARLY_STOPPED");
    kf_value *run;
    ck_ok(kf_store_run(store, kf__get_text(trial_at(out, 2), "run"), &run));
    ck_assert_str_eq(kf__get_text(run, "state"), "CANCELED");
    kf_value_free(run);
    kf_value_free(out);
    ck_assert_uint_eq(lines_of("pids"), 2);
    kf_buf pids = KF__BUF_INIT;
    char path[100];
    (void)snprintf(path, sizeof path, "%s/pids", folder);
    ck_ok(kf__file_read(path, 1000, &pids));
    int shell, sleeper;
    ck_assert_int_eq(sscanf(kf__buf_text(&pids), "%d %d", &shell, &sleeper), 2);
    ck_assert_int_ne(kill(shell, 0), 0);
    ck_assert_int_ne(kill(sleeper, 0), 0);
    kf__buf_finish(&pids);
}

#define COUNT "echo >> $3/count; n=$(wc -l < $3/count); "
#define HANG "echo $$ > $3/pids; sleep 1000 & echo $! >> $3/pids; wait; "

START_TEST(reports_stop_a_trial_early)
{
    check_stopped(COUNT REPORT("$n") "if [ $n -ge 3 ]; then " HANG "fi; echo 0 > $1",
        "echo 0 > $1", "loss");
}
END_TEST

START_TEST(outputs_of_finished_tasks_stop_a_trial_early)
{
    check_stopped(COUNT "echo $n > $1",
        "n=$(wc -l < $3/count); if [ $n -ge 3 ]; then " HANG "fi; echo 0 > $1",
        "first.out");
}
END_TEST

static void start_in_child(const kf_experiment *experiment, const kf_pipeline *pipeline)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        kf_store *own = NULL;
        kf_tune *tune = NULL;
        const kf_tune_options options = {.size = sizeof options,
            .max_trials = 2,
            .pipeline = pipeline,
            .containers = KF_CONTAINERS_HOST};
        if (kf_store_open(folder, &own) != KF_OK ||
            kf_tune_start(own, experiment, &options, &tune) != KF_OK)
            _exit(1);
        _exit(kf_tune_wait(tune, -1) != KF_OK);
    }
    for (int i = 0; i < 1000 && lines_of("pids") < 2; i++)
        kf__sleep_ms(10);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

/* Tasks that had ended are not executed again, and what they reported counts; what an
 * attempt reported that went with its process does not. */
START_TEST(interrupted_trial_goes_on_in_its_run)
{
    kf_value *out;
    kf_tune *tune = NULL;
    kf_experiment *experiment = search_of("loss", GRID);
    kf_pipeline *pipeline = pipeline_of(COUNT REPORT("5") "echo 0 > $1",
        "if [ ! -e $3/pids ]; then " REPORT("0.5") HANG
        "fi; " REPORT("2") "echo 0 > $1");
    start_in_child(experiment, pipeline);
    ck_ok(kf_tune_resume(store, "two", NULL, &tune));
    ck_ok(kf_tune_wait(tune, 60));
    kf_tune_free(tune);
    ck_ok(kf_store_experiment(store, "two", &out));
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(state_of(out, i), "SUCCEEDED");
        ck_assert_double_eq(metric_of(trial_at(out, i), "loss", "max"), 5);
        ck_assert_double_eq(metric_of(trial_at(out, i), "loss", "min"), 2);
    }
    ck_assert_uint_eq(lines_of("count"), 2); /* Once in each trial. */
    kf_value_free(out);
    kf_pipeline_free(pipeline);
    kf_experiment_free(experiment);
}
END_TEST

/* The thread of a trial, without the one that takes what it reports. */
static kf_status run_alone(kf_tune *tune)
{
    kf_slot slot = {.tune = tune, .name = "two-0", .stop_fd = eventfd(0, EFD_CLOEXEC)};
    kf_value *params = kf__tree_struct(&slot.tree);
    kf__put_int(&slot.tree, params, "x", 1);
    slot.params = params;
    (void)kf__slot_thread(&slot);
    ck_assert(slot.ended);
    if (slot.status == KF_OK)
        ck_assert_uint_eq(slot.notes.count, 2);
    kf__vec_finish(&slot.notes);
    kf__buf_finish(&slot.message);
    kf__free(slot.run);
    kf__tree_finish(&slot.tree);
    (void)close(slot.stop_fd);
    return slot.status;
}

START_TEST(no_memory)
{
    kf_status status = KF_ENOMEM;
    kf_tune tune = {.id = "two",
        .lock_fd = -1,
        .store = store,
        .experiment = search_of("loss", GRID),
        .options = {.containers = KF_CONTAINERS_HOST},
        .pipeline = pipeline_of(REPORT("1") "echo 0 > $1", REPORT("2") "echo 0 > $1")};
    ck_ok(kf__mutex_init(&tune.mutex));
    ck_ok(kf__cond_init(&tune.news));
    ck_ok(kf__cond_init(&tune.room));
    for (long made = 0; status != KF_OK; made += 1 + made / 20) {
        kf__mem_fail_after(made);
        status = run_alone(&tune);
        kf__mem_fail_after(-1);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM, "%s: %s",
            kf_status_name(status), kf_last_error()->message);
    }
    kf__cond_finish(&tune.room);
    kf__cond_finish(&tune.news);
    kf__mutex_finish(&tune.mutex);
    kf_pipeline_free(tune.pipeline);
    kf_experiment_free(tune.experiment);
}
END_TEST

KF_TEST_MAIN_WITH("trial_pipeline", setup, teardown, outputs_of_tasks_are_metrics,
    reports_of_tasks_count, reports_of_failed_tasks_count,
    reports_are_cached_with_their_task, reports_stop_a_trial_early,
    outputs_of_finished_tasks_stop_a_trial_early, interrupted_trial_goes_on_in_its_run,
    no_memory)
