/* SPDX-License-Identifier: Apache-2.0 */
/* Whole experiments: trials as processes of this machine. */
#include "tune_test.h"

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
    ck_fails(kf_tune_start(store, experiment, NULL, &tune), KF_EUNSUPPORTED,
        "the trials are containers, which libkf does not run: allow their commands to "
        "run on this machine (kf tune --host-commands, or kf_tune_options.containers "
        "= KF_CONTAINERS_HOST), or run the experiment on a cluster");
    kf_experiment_free(experiment);
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
    commands_are_refused_unless_allowed, failures_end_it, cancel_kills_what_runs,
    status_is_katibs)
