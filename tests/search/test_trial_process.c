/* SPDX-License-Identifier: Apache-2.0 */
/* Trials as processes, and what they leave behind. */
#include "tune_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/process.h"

/* Writes the numbers of a child and of one that has left for a session of its own. */
#define FAMILY                                                                         \
    "cd %s; sh -c 'echo $$$$ > child; exec sleep 1000' & "                             \
    "setsid sh -c 'echo $$$$ > stray; exec sleep 1000' & "                             \
    "while ! [ -s child -a -s stray ]; do sleep 0.01; done; "

static const char *script_of(const char *format)
{
    static char script[1000];
    (void)snprintf(script, sizeof script, format, folder, folder, folder);
    return script;
}

static const char *in_store(const char *name)
{
    static char paths[4][200];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static pid_t pid_in(const char *name)
{
    const char *path = in_store(name);
    kf_buf text = KF__BUF_INIT;
    for (int i = 0; i < 1000; i++) {
        kf__buf_truncate(&text, 0);
        if (kf__file_read(path, 100, &text) == KF_OK && text.length > 1 &&
            text.data[text.length - 1] == '\n')
            break;
        kf__sleep_ms(10);
    }
    pid_t pid = (pid_t)strtol(kf__buf_text(&text), NULL, 10);
    kf__buf_finish(&text);
    ck_assert_int_gt(pid, 1);
    return pid;
}

static void check_family_is_gone(void)
{
    ck_assert(!kf__process_alive(pid_in("child"), 0));
    ck_assert(!kf__process_alive(pid_in("stray"), 0));
}

START_TEST(early_stopping_ends_the_whole_family)
{
    kf_value *out;
    ck_ok(execute(
        experiment_of(script_of("n=$(ls -d %s/experiments/quad/trial-* | wc -l); "
                                "if [ $n -ge 3 ]; then " FAMILY
                                "fi; echo loss=$n; if [ $n -ge 3 ]; then wait; fi"),
            SPEC("  earlyStopping: {algorithmName: medianstop, algorithmSettings: ["
                 "{name: min_trials_required, value: '2'}, {name: start_step, value: "
                 "'1'}]}\n"),
            ""),
        3, &out));
    ck_assert_str_eq(state_of(out, 2), "EARLY_STOPPED");
    ck_assert_double_eq(loss_of(out, 2), 3);
    check_family_is_gone();
    kf_value_free(out);
}
END_TEST

START_TEST(cancel_ends_the_whole_family)
{
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of(script_of(FAMILY "wait"), SPEC(""), "");
    ck_ok(kf_tune_start(store, experiment,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .max_trials = 4),
        &tune));
    (void)pid_in("child");
    (void)pid_in("stray");
    kf_tune_cancel(tune);
    ck_assert_int_eq(kf_tune_wait(tune, 30), KF_ECANCELED);
    check_family_is_gone();
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

/* As when the first process of a container ends. */
START_TEST(end_of_a_trial_ends_the_whole_family)
{
    kf_value *out;
    ck_ok(
        execute(experiment_of(script_of(FAMILY "echo loss=1"), SPEC(""), ""), 1, &out));
    ck_assert_str_eq(state_of(out, 0), "SUCCEEDED");
    check_family_is_gone();
    kf_value_free(out);
}
END_TEST

START_TEST(late_trial_ends_with_its_family)
{
    kf_value *out;
    ck_ok(execute(
        experiment_of(script_of(FAMILY "trap '' TERM; while :; do sleep 1; done"),
            SPEC(""), "        activeDeadlineSeconds: 1\n"),
        1, &out));
    ck_assert_str_eq(state_of(out, 0), "FAILED");
    check_family_is_gone();
    kf_value_free(out);
}
END_TEST

/* The process of the experiment ends before it could write down which process it has
 * started for a trial. */
START_TEST(process_that_nobody_wrote_down_is_ended)
{
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of(
        script_of("if [ -e %s/stray ]; then echo loss=1; exit; fi; " FAMILY "wait"),
        SPEC(""), "");
    pid_t owner = fork();
    if (owner == 0) {
        kf_store *own = NULL;
        const kf_tune_options options = {
            .size = sizeof options, .max_trials = 1, .containers = KF_CONTAINERS_HOST};
        if (kf_store_open(folder, &own) != KF_OK ||
            kf_tune_start(own, experiment, &options, &tune) != KF_OK)
            _exit(1);
        _exit(kf_tune_wait(tune, -1) != KF_OK);
    }
    (void)pid_in("child");
    pid_t stray = pid_in("stray");
    (void)kill(owner, SIGKILL);
    (void)waitpid(owner, NULL, 0);
    ck_assert(kf__process_alive(stray, 0));
    ck_assert_int_eq(unlink(in_store("experiments/quad/trial-0/pid")), 0);
    ck_ok(kf_tune_resume(store, "quad", NULL, &tune));
    check_family_is_gone();
    ck_ok(kf_tune_wait(tune, 60));
    kf_tune_free(tune);
    kf_experiment_free(experiment);
}
END_TEST

/* Until it executes its program a new process has no mark, but holds what its parent
 * had open: who takes the experiment up waits for it. */
START_TEST(process_that_is_not_yet_itself_is_waited_for)
{
    kf_value *out;
    kf_tune *tune = NULL;
    ck_ok(
        execute(experiment_of("echo loss=1", SPEC("  resumePolicy: LongRunning\n"), ""),
            1, &out));
    kf_value_free(out);
    pid_t child = fork();
    if (child == 0) {
        FILE *lock = fopen(in_store("experiments/quad/lock"), "re");
        if (lock == NULL || flock(fileno(lock), LOCK_EX) != 0)
            _exit(1);
        (void)creat(in_store("held"), 0600);
        kf__sleep_ms(300);
        (void)creat(in_store("late"), 0600);
        _exit(0);
    }
    while (!kf__file_exists(in_store("held")))
        kf__sleep_ms(1);
    ck_ok(kf_tune_resume(
        store, "quad", KF_OPTIONS(kf_tune_options, .max_trials = 2), &tune));
    ck_assert(kf__file_exists(in_store("late")));
    ck_ok(kf_tune_wait(tune, 60));
    kf_tune_free(tune);
    (void)waitpid(child, NULL, 0);
}
END_TEST

KF_TEST_MAIN_WITH("trial_process", setup, teardown,
    early_stopping_ends_the_whole_family, cancel_ends_the_whole_family,
    end_of_a_trial_ends_the_whole_family, late_trial_ends_with_its_family,
    process_that_nobody_wrote_down_is_ended,
    process_that_is_not_yet_itself_is_waited_for)
