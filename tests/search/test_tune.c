/* SPDX-License-Identifier: Apache-2.0 */
/* Whole experiments: trials as processes of this machine. */
#include "tune_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static void check_one(
    const char *script, const char *job, const char *state, const char *message)
{
    kf_value *out;
    ck_ok(execute(experiment_of(script, SPEC(""), job), 1, &out));
    const kf_value *trial = trial_at(out, 0);
    ck_assert_str_eq(kf__get_text(trial, "state"), state);
    const char *said = kf__get_text(trial, "message");
    if (message == NULL)
        ck_assert_ptr_null(said);
    else
        ck_assert_msg(said != NULL && strstr(said, message) != NULL, "%s", said);
    kf_value_free(out);
}

START_TEST(experiment_runs_to_its_end)
{
    kf_value *out;
    ck_ok(execute(experiment_of("echo other=7; " SQUARE, SPEC(""), ""), 5, &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "SUCCEEDED");
    ck_assert_str_eq(kf__get_text(out, "reason"), "ExperimentMaxTrialsReached");
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 5);
    for (size_t i = 0; i < 5; i++) {
        const kf_value *trial = trial_at(out, i);
        double x = kf_value_double(kf_value_get(kf_value_get(trial, "params"), "x"));
        double loss =
            kf_value_double(kf_value_get(kf_value_get(trial, "values"), "loss"));
        ck_assert_double_eq_tol(loss, x * x, 1e-4); /* awk prints six digits. */
        const kf_value *other = kf_value_get(kf_value_get(trial, "metrics"), "other");
        ck_assert_double_eq(kf_value_double(kf_value_get(other, "latest")), 7);
    }
    kf_value_free(out);
}
END_TEST

START_TEST(commands_are_refused_unless_allowed)
{
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of(SQUARE, SPEC(""), "");
    ck_assert_int_eq(kf_tune_start(store, experiment, NULL, &tune), KF_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(kf_last_error()->message, "--host-commands"));
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(bad_trials_end_in_a_state_that_says_why)
{
    check_one("echo oh no >&2; exit 3", "", "FAILED", "exit code 3: oh no");
    check_one("kill -9 $$$$", "", "FAILED", "signal 9");
    check_one("sleep 100", "        activeDeadlineSeconds: 1\n", "FAILED",
        "activeDeadlineSeconds");
    check_one("echo hello", "", "METRICS_UNAVAILABLE", "'loss'");
    check_one("echo loss=nan", "", "METRICS_UNAVAILABLE", "'loss'");
    check_one("echo loss=many", "", "METRICS_UNAVAILABLE", "'loss'");
    check_one("printf '\\377\\376 \\n'; echo loss=1", "", "SUCCEEDED", NULL);
    check_one("printf 'a\\377\\n'; exit 1", "", "FAILED", "exit code 1: a");
    /* What a trial leaves behind does not keep it from ending. */
    check_one("sleep 100 & echo loss=2", "", "SUCCEEDED", NULL);
}
END_TEST

START_TEST(log_is_bounded)
{
    kf_value *out;
    kf_buf log = KF__BUF_INIT;
    ck_ok(execute(
        experiment_of("head -c 100000000 /dev/zero; echo; echo loss=1", SPEC(""), ""),
        1, &out));
    const kf_value *trial = trial_at(out, 0);
    ck_assert_str_eq(kf__get_text(trial, "state"), "SUCCEEDED");
    ck_ok(kf__file_read(kf__get_text(trial, "log"), 80u << 20, &log));
    ck_assert_uint_lt(log.length, (64u << 20) + 100);
    ck_assert_ptr_nonnull(memmem(log.data + log.length - 60, 60, "64 MiB", 6));
    kf__buf_finish(&log);
    kf_value_free(out);
}
END_TEST

START_TEST(failures_end_it)
{
    kf_value *out;
    ck_assert_int_eq(
        execute(
            experiment_of("exit 1", SPEC("  maxFailedTrialCount: 2\n"), ""), 50, &out),
        KF_EFAILED);
    ck_assert_str_eq(kf__get_text(out, "state"), "FAILED");
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 2);
    kf_value_free(out);
}
END_TEST

START_TEST(cancel_kills_what_runs)
{
    kf_tune *tune = NULL;
    kf_value *out;
    kf_experiment *experiment = experiment_of("sleep 1000 & wait", SPEC(""), "");
    ck_ok(kf_tune_start(store, experiment,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .max_trials = 4,
            .jobs = 2),
        &tune));
    ck_assert_int_eq(kf_tune_wait(tune, 0.2), KF_ETIMEOUT);
    kf_tune_cancel(tune);
    ck_assert_int_eq(kf_tune_wait(tune, 30), KF_ECANCELED);
    ck_ok(kf_store_experiment(store, "quad", &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "CANCELED");
    ck_assert_str_eq(kf__get_text(trial_at(out, 0), "state"), "KILLED");
    kf_value_free(out);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

/* Everything that does not depend on the clock. */
static void put_history(kf_buf *out, const char *id)
{
    kf_value *read;
    ck_ok(kf_store_experiment(store, id, &read));
    const kf_value *trials = kf_value_get(read, "trials");
    for (size_t i = 0; i < kf_value_length(trials); i++)
        for (size_t j = 0; j < 4; j++) {
            static const char *const names[] = {"number", "state", "params", "values"};
            kf__put_json(
                out, kf_value_get(kf_value_at(trials, i), names[j]), KF_JSON_COMPACT);
            kf__buf_putc(out, j == 3 ? '\n' : ' ');
        }
    kf_value_free(read);
}

static void start_in_child(kf_experiment *experiment, bool again, int64_t after_ms)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        kf_store *own = NULL;
        kf_tune *tune = NULL;
        const kf_tune_options options = {.size = sizeof options,
            .name = "killed",
            .max_trials = 12,
            .containers = KF_CONTAINERS_HOST};
        if (kf_store_open(folder, &own) != KF_OK ||
            (again ? kf_tune_resume(own, "killed", &options, &tune)
                   : kf_tune_start(own, experiment, &options, &tune)) != KF_OK)
            _exit(again ? 0 : 1);
        _exit(kf_tune_wait(tune, -1) != KF_OK);
    }
    kf__sleep_ms(after_ms);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

START_TEST(killed_it_goes_on_bit_for_bit)
{
    kf_value *out;
    kf_tune *tune = NULL;
    kf_buf calm = KF__BUF_INIT, killed = KF__BUF_INIT;
    const char *script = "sleep 0.02; " SQUARE;
    ck_ok(execute(experiment_of(script, SPEC(""), ""), 12, &out));
    kf_value_free(out);
    kf_experiment *experiment = experiment_of(script, SPEC(""), "");
    start_in_child(experiment, false, 100);
    for (int i = 0; i < 6; i++)
        start_in_child(experiment, true, 15 + 17 * i);
    kf_status status = kf_tune_resume(store, "killed", NULL, &tune);
    if (status == KF_OK)
        ck_ok(kf_tune_wait(tune, 60));
    else
        ck_assert_int_eq(status, KF_ESTATE); /* It had ended. */
    put_history(&calm, "quad");
    put_history(&killed, "killed");
    ck_assert_str_eq(kf__buf_text(&killed), kf__buf_text(&calm));
    kf__buf_finish(&calm);
    kf__buf_finish(&killed);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(more_trials_only_where_the_policy_says_so)
{
    kf_value *out;
    kf_tune *tune = NULL;
    ck_ok(execute(experiment_of(SQUARE, SPEC(""), ""), 2, &out));
    kf_value_free(out);
    ck_assert_int_eq(kf_tune_resume(store, "quad", NULL, &tune), KF_ESTATE);
    ck_ok(execute(
        experiment_of(SQUARE, SPEC("  resumePolicy: LongRunning\n"), ""), 2, &out));
    kf_value_free(out);
    ck_assert_int_eq(kf_tune_resume(store, "quad-2", NULL, &tune), KF_ESTATE);
    ck_ok(kf_tune_resume(
        store, "quad-2", KF_OPTIONS(kf_tune_options, .max_trials = 4), &tune));
    ck_ok(kf_tune_wait(tune, 60));
    ck_ok(kf_store_experiment(store, "quad-2", &out));
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 4);
    kf_value_free(out);
    kf_tune_free(tune);
}
END_TEST

START_TEST(early_stopping_ends_the_whole_tree)
{
    kf_value *out;
    char script[400];
    /* The third trial is worse than the others, and would go on for long. */
    (void)snprintf(script, sizeof script,
        "n=$(ls -d %s/experiments/quad/trial-* | wc -l); echo loss=$n; "
        "if [ $n -ge 3 ]; then (sleep 1000; echo > %s/survivor) & wait; fi",
        folder, folder);
    ck_ok(execute(
        experiment_of(script,
            SPEC("  earlyStopping: {algorithmName: medianstop, algorithmSettings: ["
                 "{name: min_trials_required, value: '2'}, {name: start_step, value: "
                 "'1'}]}\n"),
            ""),
        3, &out));
    ck_assert_str_eq(kf__get_text(trial_at(out, 2), "state"), "EARLY_STOPPED");
    ck_assert_double_eq(
        kf_value_double(kf_value_get(kf_value_get(trial_at(out, 2), "values"), "loss")),
        3);
    kf_value_free(out);
}
END_TEST

START_TEST(files_have_a_path_of_their_own)
{
    kf_value *out;
    ck_ok(execute(experiment_of("echo '{\"loss\": \"0.25\"}' > /var/log/katib/m.json",
                      SPEC("  metricsCollectorSpec:\n    collector: {kind: File}\n"
                           "    source: {fileSystemPath: {kind: File, path: "
                           "/var/log/katib/m.json, format: JSON}}\n"),
                      ""),
        2, &out));
    ck_assert_double_eq(
        kf_value_double(kf_value_get(kf_value_get(trial_at(out, 1), "values"), "loss")),
        0.25);
    kf_value_free(out);
}
END_TEST

START_TEST(pushed_metrics)
{
    kf_value *out;
    ck_ok(
        execute(experiment_of("echo '{\"step\": 4, \"metrics\": {\"loss\": 0.5}}' "
                              ">> $KF_TRIAL_METRICS; echo loss=9",
                    SPEC("  metricsCollectorSpec:\n    collector: {kind: Push}\n"), ""),
            1, &out));
    ck_assert_double_eq(
        kf_value_double(kf_value_get(kf_value_get(trial_at(out, 0), "values"), "loss")),
        0.5);
    kf_value_free(out);
}
END_TEST

START_TEST(status_is_katibs)
{
    kf_value *out;
    ck_ok(execute(experiment_of(SQUARE, SPEC(""), ""), 2, &out));
    kf_value_free(out);
    ck_ok(kf_store_experiment_status(store, "quad", &out));
    ck_assert_int_eq(kf_value_int(kf_value_get(out, "trialsSucceeded")), 2);
    ck_assert_ptr_nonnull(
        kf__get_text(kf_value_get(out, "currentOptimalTrial"), "bestTrialName"));
    kf_value_free(out);
}
END_TEST

KF_TEST_MAIN_WITH("tune", setup, teardown, experiment_runs_to_its_end,
    commands_are_refused_unless_allowed, bad_trials_end_in_a_state_that_says_why,
    log_is_bounded, failures_end_it, cancel_kills_what_runs,
    killed_it_goes_on_bit_for_bit, more_trials_only_where_the_policy_says_so,
    early_stopping_ends_the_whole_tree, files_have_a_path_of_their_own, pushed_metrics,
    status_is_katibs)
