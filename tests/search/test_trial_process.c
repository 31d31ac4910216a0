/* SPDX-License-Identifier: Apache-2.0 */
/* Trials as processes, and what they leave behind. */
#include "tune_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/process.h"
#include "search/tune.h"

static void check_one(
    const char *script, const char *job, const char *state, const char *message)
{
    kf_value *out;
    ck_ok(execute(experiment_of(script, SPEC(""), job), 1, &out));
    const kf_value *trial = trial_at(out, 0);
    ck_assert_str_eq(state_of(out, 0), state);
    const char *said = kf__get_text(trial, "message");
    if (message == NULL)
        ck_assert_ptr_null(said);
    else
        ck_assert_msg(said != NULL && strstr(said, message) != NULL, "%s", said);
    kf_value_free(out);
}

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
    check_one("printf 'loss=\\0\\377\\n'; echo loss=3", "", "SUCCEEDED", NULL);
    check_one("kill -SEGV $$$$", "", "FAILED", "SIGSEGV");
    check_one("exec no-such-program", "", "FAILED", "no-such-program");
    check_one("kill -STOP $$$$", "        activeDeadlineSeconds: 1\n", "FAILED",
        "activeDeadlineSeconds");
    /* A line without an end, and one that is longer than any message. */
    check_one("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo loss=1", "",
        "SUCCEEDED", NULL);
    /* Files of its own do not get in the way of ours. */
    check_one("mkdir log metrics; echo 1 1 > pid; echo loss=1", "", "SUCCEEDED", NULL);
    check_one("head -c 3000000 /dev/zero | tr '\\0' x; exit 2", "", "FAILED",
        "exit code 2: xxx");
    /* What a trial leaves behind does not keep it from ending. */
    check_one("sleep 100 & echo loss=2", "", "SUCCEEDED", NULL);
}
END_TEST

/* Many at once, and some that go on without end. */
START_TEST(trials_that_fork)
{
    check_one(
        "i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; echo loss=1", "",
        "SUCCEEDED", NULL);
    check_one("f() { f; }; (while :; do true; done) & (while :; do (true); done) & "
              "echo loss=1",
        "", "SUCCEEDED", NULL);
}
END_TEST

/* More than any log holds, without end. */
START_TEST(trials_that_write_without_end)
{
    kf_value *out;
    ck_ok(execute(experiment_of("ulimit -f 100000; yes loss=2 & yes x; wait", SPEC(""),
                      "        activeDeadlineSeconds: 1\n"),
        1, &out));
    ck_assert_str_eq(state_of(out, 0), "FAILED");
    kf_value_free(out);
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

/* What is killed is there for a moment after it has given its memory back. */
static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 1000 && kf__process_alive(pid, 0); i++)
        kf__sleep_ms(5);
    return !kf__process_alive(pid, 0);
}

/* Its members would not end by themselves. */
static void check_family_is_gone(void)
{
    ck_assert(is_gone(pid_in("child")));
    ck_assert(is_gone(pid_in("stray")));
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

/* A member of a population goes on from the checkpoint of its parent: each generation
 * finds as many marks as there were before it. */
START_TEST(checkpoints_are_handed_on)
{
    kf_value *out;
    ck_ok(execute(
        experiment_of("echo >> /kf-nowhere/state/marks; echo other=$(wc -l < "
                      "/kf-nowhere/state/marks); echo loss=$X",
            "}\n  algorithm: {algorithmName: pbt, algorithmSettings: [{name: "
            "suggestion_trial_dir, value: /kf-nowhere/state/}, {name: n_population, "
            "value: '5'}]}\n",
            ""),
        15, &out));
    for (size_t i = 0; i < 15; i++) {
        const kf_value *metrics = kf_value_get(trial_at(out, i), "metrics");
        ck_assert_str_eq(state_of(out, i), "SUCCEEDED");
        ck_assert_double_eq(
            kf_value_double(kf_value_get(kf_value_get(metrics, "other"), "latest")),
            1 + (double)(i / 5));
    }
    kf_value_free(out);
}
END_TEST

/* The thread of a trial, without the one that takes what it reports. */
static kf_experiment *small;

static kf_status run_alone(void)
{
    kf_tune tune = {.experiment = small, .id = "quad", .lock_fd = -1};
    kf_slot slot = {
        .tune = &tune, .name = "quad-0", .stop_fd = eventfd(0, EFD_CLOEXEC)};
    ck_ok(kf__mutex_init(&tune.mutex));
    ck_ok(kf__cond_init(&tune.news));
    ck_ok(kf__cond_init(&tune.room));
    slot.folder = in_store("alone");
    slot.log = in_store("alone/log");
    slot.params = kf__tree_struct(&slot.tree);
    kf__put_int(&slot.tree, slot.params, "x", 1);
    (void)kf__slot_thread(&slot);
    ck_assert(slot.ended);
    if (slot.status == KF_OK)
        ck_assert_uint_eq(slot.notes.count, 2);
    kf__vec_finish(&slot.notes);
    kf__buf_finish(&slot.message);
    kf__tree_finish(&slot.tree);
    (void)close(slot.stop_fd);
    kf__cond_finish(&tune.room);
    kf__cond_finish(&tune.news);
    kf__mutex_finish(&tune.mutex);
    return slot.status;
}

START_TEST(no_memory)
{
    kf_status status = KF_ENOMEM;
    small = experiment_of("echo loss=1; echo other=2", SPEC(""), "");
    for (long made = 0; status != KF_OK; made++) {
        kf__mem_fail_after(made);
        status = run_alone();
        kf__mem_fail_after(-1);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM, "%s: %s",
            kf_status_name(status), kf_last_error()->message);
    }
    kf_experiment_free(small);
}
END_TEST

KF_TEST_MAIN_WITH("trial_process", setup, teardown,
    bad_trials_end_in_a_state_that_says_why, trials_that_fork,
    trials_that_write_without_end, log_is_bounded, early_stopping_ends_the_whole_family,
    cancel_ends_the_whole_family, end_of_a_trial_ends_the_whole_family,
    late_trial_ends_with_its_family, process_that_nobody_wrote_down_is_ended,
    process_that_is_not_yet_itself_is_waited_for, checkpoints_are_handed_on, no_memory)
