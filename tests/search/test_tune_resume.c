/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments that are taken up again, and several at once in one store. */
#include "tune_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Everything that does not depend on the clock: trials, and all that they reported. */
static void put_history(kf_buf *out, const char *id)
{
    static const char *const names[] = {
        "number", "state", "params", "values", "metrics", "message"};
    kf_value *read;
    ck_ok(kf_store_experiment(store, id, &read));
    const kf_value *trials = kf_value_get(read, "trials");
    kf__buf_printf(out, "%s\n", kf__get_text(read, "state"));
    for (size_t i = 0; i < kf_value_length(trials); i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            kf__put_json(
                out, kf_value_get(kf_value_at(trials, i), names[j]), KF_JSON_COMPACT);
            kf__buf_putc(out, ' ');
        }
        kf__buf_putc(out, '\n');
    }
    kf_value_free(read);
}

/* A process that executes the experiment, or goes on with it, to its end; exits with 0
 * if it did, or if there was nothing left to do. */
static pid_t start_process(const kf_experiment *experiment, const char *name)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    kf_store *own = NULL;
    kf_tune *tune = NULL;
    const kf_tune_options options = {.size = sizeof options,
        .name = name,
        .max_trials = 12,
        .containers = KF_CONTAINERS_HOST};
    if (kf_store_open(folder, &own) != KF_OK)
        _exit(1);
    kf_status status = kf_tune_start(own, experiment, &options, &tune);
    if (status == KF_EEXIST)
        status = kf_tune_resume(own, name, NULL, &tune);
    if (status == KF_OK)
        status = kf_tune_wait(tune, -1);
    kf_tune_free(tune);
    kf_store_free(own);
    _exit(status == KF_OK || status == KF_ESTATE ? 0 : 1);
}

static int exit_code_of(pid_t child)
{
    int state = 0;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
}

/* Reports on the way, so that some are stopped early, and some fail. */
static kf_experiment *busy_experiment(void)
{
    return experiment_of(
        "awk 'BEGIN { x = ${trialParameters.x}; for (i = 5; i > 0; i--)"
        " print \"loss=\" x * x + i / 100 \" other=\" i;"
        " exit x > 1.5 }'; code=$?; sleep 0.01; exit $code",
        "}\n  algorithm: {algorithmName: tpe, algorithmSettings: [{name: "
        "n_startup_trials, value: '3'}]}\n"
        "  earlyStopping: {algorithmName: medianstop, algorithmSettings: [{name: "
        "min_trials_required, value: '2'}, {name: start_step, value: '2'}]}\n",
        "");
}

/* Several processes, each killed at some instant of its life, come to what one comes to
 * that is left alone. */
START_TEST(killed_at_any_instant_it_goes_on_bit_for_bit)
{
    enum { ROUNDS = 8 };
    kf_experiment *experiment = busy_experiment();
    kf_buf calm = KF__BUF_INIT;
    uint64_t seed = 20261125;
    int kills = 0;
    int64_t begun = kf__monotonic_ns();
    ck_assert_int_eq(exit_code_of(start_process(experiment, "calm")), 0);
    int64_t took_us = (kf__monotonic_ns() - begun) / 1000;
    put_history(&calm, "calm");
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&calm), "EARLY_STOPPED"));
    for (int round = 0; round < ROUNDS; round++) {
        char name[20];
        int code = -1;
        kf_buf killed = KF__BUF_INIT;
        (void)snprintf(name, sizeof name, "killed-%d", round);
        while (code != 0) {
            pid_t child = start_process(experiment, name);
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            (void)usleep((useconds_t)((seed >> 33) % (uint64_t)(took_us * 2 / 3)));
            (void)kill(child, SIGKILL);
            code = exit_code_of(child);
            ck_assert(code == 0 || code == -SIGKILL);
            kills += code != 0;
        }
        put_history(&killed, name);
        ck_assert_str_eq(kf__buf_text(&killed), kf__buf_text(&calm));
        kf__buf_finish(&killed);
    }
    ck_assert_int_ge(kills, ROUNDS / 2);
    kf__buf_finish(&calm);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(more_trials_only_where_the_policy_says_so)
{
    kf_value *out;
    kf_tune *tune = NULL;
    ck_ok(execute(experiment_of(SQUARE, SPEC(""), ""), 2, &out));
    kf_value_free(out);
    ck_fails(kf_tune_resume(store, "quad", NULL, &tune), KF_ESTATE,
        "the experiment 'quad' has ended (SUCCEEDED), and its resumePolicy is Never: "
        "LongRunning lets it go on with more trials");
    ck_ok(execute(
        experiment_of(SQUARE, SPEC("  resumePolicy: LongRunning\n"), ""), 2, &out));
    kf_value_free(out);
    ck_fails(kf_tune_resume(store, "quad-2", NULL, &tune), KF_ESTATE,
        "the experiment 'quad-2' has had its 2 trials: give it more (kf tune --resume "
        "quad-2 --trials N)");
    ck_ok(kf_tune_resume(
        store, "quad-2", KF_OPTIONS(kf_tune_options, .max_trials = 4), &tune));
    ck_ok(kf_tune_wait(tune, 60));
    ck_ok(kf_store_experiment(store, "quad-2", &out));
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 4);
    kf_value_free(out);
    kf_tune_free(tune);
}
END_TEST

START_TEST(nothing_to_go_on_with)
{
    kf_value *out;
    kf_tune *tune = NULL;
    kf_study *study = NULL;
    kf_space *space = new_space();
    ck_ok(execute(experiment_of("echo loss=0.5",
                      ", goal: 0.6" SPEC("  resumePolicy: LongRunning\n"), ""),
        50, &out));
    kf_value_free(out);
    ck_fails(kf_tune_resume(store, "quad", NULL, &tune), KF_ESTATE,
        "the experiment 'quad' has reached its goal");
    (void)execute(
        experiment_of("exit 1",
            SPEC("  resumePolicy: LongRunning\n  maxFailedTrialCount: 1\n"), ""),
        50, &out);
    kf_value_free(out);
    ck_fails(kf_tune_resume(store, "quad-2", NULL, &tune), KF_ESTATE,
        "the experiment 'quad-2' has failed: maxFailedTrialCount is reached");
    ck_fails(kf_tune_resume(store, "none", NULL, &tune), KF_ENOENT,
        "there is no experiment 'none' in the store: kf experiments lists them");
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_ok(kf_study_new(
        space, KF_OPTIONS(kf_study_options, .store = store, .name = "asked"), &study));
    ck_fails(kf_tune_resume(store, "asked", NULL, &tune), KF_ESTATE,
        "'asked' is a study that a program asks and tells: that program goes on with "
        "it");
    ck_fails(kf_store_experiment_cancel(store, "asked"), KF_ESTATE,
        "'asked' does not run: it is a study");
    ck_fails(kf_store_experiment_status(store, "asked", &out), KF_EUNSUPPORTED,
        "'asked' is a study, not an experiment");
    kf_study_free(study);
    kf_space_free(space);
}
END_TEST

START_TEST(what_runs_is_not_taken_up)
{
    kf_tune *tune = NULL, *other = NULL;
    kf_store *second = NULL;
    kf_value *out;
    /* It has something to say all the time. */
    kf_experiment *experiment =
        experiment_of("while :; do echo loss=1; sleep 0.02; done", SPEC(""), "");
    ck_ok(kf_tune_start(store, experiment,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .max_trials = 1),
        &tune));
    ck_fails(kf_tune_resume(store, "quad", NULL, &other), KF_EBUSY, "executes");
    ck_ok(kf_store_open(folder, &second));
    ck_fails(kf_tune_resume(second, "quad", NULL, &other), KF_EBUSY, "executes");
    ck_assert_int_eq(kf_tune_wait(tune, 0.1), KF_ETIMEOUT);
    /* It goes on until somebody who only knows the store says so. */
    ck_ok(kf_store_experiment_cancel(second, "quad"));
    ck_assert_int_eq(kf_tune_wait(tune, 30), KF_ECANCELED);
    ck_ok(kf_store_experiment(second, "quad", &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "CANCELED");
    ck_assert_str_eq(state_of(out, 0), "KILLED");
    ck_fails(kf_store_experiment_cancel(second, "quad"), KF_ESTATE, "CANCELED");
    kf_value_free(out);
    kf_store_free(second);
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(another_process_cancels_it)
{
    kf_value *out;
    kf_experiment *experiment =
        experiment_of("echo $$$$ > ../../../../pid; sleep 1000", SPEC(""), "");
    pid_t child = start_process(experiment, "far");
    char path[100];
    (void)snprintf(path, sizeof path, "%s/pid", folder);
    for (int i = 0; i < 1000 && !kf__file_exists(path); i++)
        kf__sleep_ms(10);
    ck_ok(kf_store_experiment_cancel(store, "far"));
    ck_assert_int_eq(exit_code_of(child), 1);
    ck_ok(kf_store_experiment(store, "far", &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "CANCELED");
    ck_assert_str_eq(state_of(out, 0), "KILLED");
    kf_value_free(out);
    kf_experiment_free(experiment);
}
END_TEST

/* One whose process is gone ends at once, and may go on later. */
START_TEST(what_nobody_executes_is_canceled_at_once)
{
    kf_value *out;
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of("sleep 0.3; " SQUARE, SPEC(""), "");
    pid_t child = start_process(experiment, "gone");
    kf__sleep_ms(200);
    (void)kill(child, SIGKILL);
    (void)exit_code_of(child);
    ck_ok(kf_store_experiment(store, "gone", &out));
    ck_assert(kf_value_bool(kf_value_get(out, "interrupted")));
    kf_value_free(out);
    ck_ok(kf_store_experiment_cancel(store, "gone"));
    ck_ok(kf_store_experiment(store, "gone", &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "CANCELED");
    kf_value_free(out);
    ck_ok(kf_tune_resume(
        store, "gone", KF_OPTIONS(kf_tune_options, .max_trials = 2), &tune));
    ck_ok(kf_tune_wait(tune, 60));
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

/* Of several processes that would go on with the same one, one does; the others leave
 * what it does alone. */
START_TEST(one_of_many_takes_it_up)
{
    enum { PROCESSES = 4 };
    pid_t children[PROCESSES];
    int succeeded = 0;
    kf_value *out;
    kf_experiment *experiment = experiment_of("sleep 0.1; " SQUARE, SPEC(""), "");
    pid_t first = start_process(experiment, "one");
    kf__sleep_ms(150);
    (void)kill(first, SIGKILL);
    (void)exit_code_of(first);
    for (int i = 0; i < PROCESSES; i++)
        children[i] = start_process(experiment, "one");
    for (int i = 0; i < PROCESSES; i++)
        succeeded += exit_code_of(children[i]) == 0;
    ck_assert_int_eq(succeeded, 1);
    ck_ok(kf_store_experiment(store, "one", &out));
    ck_assert_str_eq(kf__get_text(out, "state"), "SUCCEEDED");
    ck_assert_uint_eq(kf_value_length(kf_value_get(out, "trials")), 12);
    for (size_t i = 0; i < 12; i++)
        ck_assert_str_eq(state_of(out, i), "SUCCEEDED");
    kf_value_free(out);
    kf_experiment_free(experiment);
}
END_TEST

/* Two processes and two handles of this one, each with an experiment of its own. */
START_TEST(several_experiments_share_a_store)
{
    kf_tune *here[2] = {NULL};
    kf_store *second = NULL;
    kf_value *out;
    kf_experiment *experiment = experiment_of(SQUARE, SPEC(""), "");
    pid_t children[2] = {
        start_process(experiment, "child-0"), start_process(experiment, "child-1")};
    ck_ok(kf_store_open(folder, &second));
    for (int i = 0; i < 2; i++)
        ck_ok(kf_tune_start(i == 0 ? store : second, experiment,
            KF_OPTIONS(kf_tune_options, .name = i == 0 ? "here-0" : "here-1",
                .max_trials = 12, .jobs = 2, .containers = KF_CONTAINERS_HOST),
            &here[i]));
    for (int i = 0; i < 2; i++) {
        ck_ok(kf_tune_wait(here[i], 60));
        ck_assert_int_eq(exit_code_of(children[i]), 0);
        kf_tune_free(here[i]);
    }
    ck_ok(kf_store_experiments(second, &out));
    ck_assert_uint_eq(kf_value_length(out), 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(kf__get_text(kf_value_at(out, i), "state"), "SUCCEEDED");
        ck_assert_int_eq(kf_value_int(kf_value_get(kf_value_at(out, i), "trials")), 12);
    }
    kf_value_free(out);
    kf_store_free(second);
    kf_experiment_free(experiment);
}
END_TEST

/* What cannot go on is as it was. */
START_TEST(refused_it_stays_as_it_was)
{
    kf_value *before, *after;
    kf_tune *tune = NULL;
    kf_buf texts[2] = {KF__BUF_INIT, KF__BUF_INIT};
    kf_value *out;
    ck_ok(execute(experiment_of(SQUARE, SPEC(""), ""), 2, &out));
    kf_value_free(out);
    ck_ok(kf_store_experiment(store, "quad", &before));
    ck_fails(kf_tune_resume(
                 store, "quad", KF_OPTIONS(kf_tune_options, .max_trials = 5), &tune),
        KF_ESTATE, "Never");
    ck_ok(kf_store_experiment(store, "quad", &after));
    kf__put_json(&texts[0], before, KF_JSON_COMPACT);
    kf__put_json(&texts[1], after, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&texts[1]), kf__buf_text(&texts[0]));
    kf__buf_finish(&texts[0]);
    kf__buf_finish(&texts[1]);
    kf_value_free(before);
    kf_value_free(after);
}
END_TEST

KF_TEST_MAIN_WITH("tune_resume", setup, teardown,
    killed_at_any_instant_it_goes_on_bit_for_bit,
    more_trials_only_where_the_policy_says_so, nothing_to_go_on_with,
    what_runs_is_not_taken_up, another_process_cancels_it,
    what_nobody_executes_is_canceled_at_once, one_of_many_takes_it_up,
    several_experiments_share_a_store, refused_it_stays_as_it_was)
