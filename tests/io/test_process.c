/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "child.h"
#include "folder.h"

#include <sys/wait.h>

START_TEST(exit_codes)
{
    ck_assert_int_eq(run_shell("exit 0", ""), 0);
    ck_assert_int_eq(run_shell("exit 41", ""), 41);
    ck_assert_int_eq(run_shell("kill -9 $$", ""), -9);
    ck_assert_int_eq(run_shell("kill -15 $$", ""), -15);
}
END_TEST

START_TEST(output_and_error_in_order)
{
    ck_assert_int_eq(run_shell("echo a; echo b >&2; echo c", "a\nb\nc\n"), 0);
    ck_assert_int_eq(run_shell("cat", ""), 0);
    ck_assert_int_eq(
        run(&OPTIONS(.argv = ARGV("printf", "%s|", "a b", "", "$x")), "a b||$x|"), 0);
}
END_TEST

START_TEST(much_output)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    kf_process_options options =
        OPTIONS(.argv = SHELL("head -c 20000000 /dev/zero; exit 3"));
    ck_ok(kf__process_run(&options, 60000, &out, &code));
    ck_assert_int_eq(code, 3);
    ck_assert_uint_eq(out.length, KF__LIMIT_STRING_BYTES);
    kf__buf_finish(&out);
}
END_TEST

static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 500 && kf__process_alive(pid, 0); i++)
        kf__sleep_ms(10);
    return !kf__process_alive(pid, 0);
}

/* The number that a script writes to the file "pid" as soon as it runs. */
static pid_t read_pid(void)
{
    kf_buf text = KF__BUF_INIT;
    for (int i = 0; i < 500; i++) {
        kf__buf_truncate(&text, 0);
        if (kf__file_read(in_folder("pid"), 100, &text) == KF_OK && text.length > 0 &&
            text.data[text.length - 1] == '\n')
            break;
        kf__sleep_ms(10);
    }
    pid_t pid = (pid_t)strtol(kf__buf_text(&text), NULL, 10);
    kf__buf_finish(&text);
    ck_assert_int_gt(pid, 0);
    return pid;
}

START_TEST(waiting_has_a_limit)
{
    kf_process process;
    int code;
    kf_process_options options = OPTIONS(.argv = ARGV("sleep", "100"));
    ck_ok(kf__process_start(&options, &process));
    pid_t pid = process.pid;
    ck_fails(kf__process_wait(&process, 20, &code), KF_ETIMEOUT, "20 ms");
    ck_fails(kf__process_wait(&process, 0, &code), KF_ETIMEOUT, "0 ms");
    ck_assert(kf__process_alive(pid, kf__process_start_time(pid)));
    ck_assert(!kf__process_alive(pid, kf__process_start_time(pid) + 1));
    kf__process_end(&process, 5000);
    ck_assert_int_eq(process.pid, 0);
    ck_assert(!kf__process_alive(pid, 0));
    kf__process_end(&process, 5000);
    ck_fails(kf__process_wait(&process, 0, &code), KF_ESTATE, "before");
}
END_TEST

START_TEST(running_has_a_limit)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    kf_process_options options = OPTIONS(.argv = SHELL("echo a; sleep 100"));
    ck_fails(kf__process_run(&options, 300, &out, &code), KF_ETIMEOUT, "300 ms");
    ck_assert_str_eq(out.data, "a\n");
    kf__buf_finish(&out);
}
END_TEST

/* The child that is left behind ignores SIGTERM and holds the pipe open. */
START_TEST(the_whole_group_ends_with_its_first_process)
{
    char script[256];
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    (void)snprintf(script, sizeof script,
        "sh -c 'trap \"\" TERM; echo $$ >%s; sleep 100' & echo started; "
        "while [ ! -s %s ]; do sleep 0.01; done; exit 5",
        in_folder("pid"), in_folder("pid"));
    kf_process_options options = OPTIONS(.argv = SHELL(script));
    int64_t start = kf__monotonic_ns();
    ck_ok(kf__process_run(&options, 30000, &out, &code));
    ck_assert_int_lt((kf__monotonic_ns() - start) / 1000000, 20000);
    ck_assert_int_eq(code, 5);
    ck_assert_str_eq(out.data, "started\n");
    ck_assert(is_gone(read_pid()));
    kf__buf_finish(&out);
}
END_TEST

START_TEST(ending_kills_who_does_not_listen)
{
    char script[256];
    kf_process process;
    (void)snprintf(script, sizeof script,
        "trap '' TERM; (trap '' TERM; sleep 101) & echo $! >%s; sleep 100; sleep 100",
        in_folder("pid"));
    kf_process_options options = OPTIONS(.argv = SHELL(script));
    ck_ok(kf__process_start(&options, &process));
    pid_t first = process.pid;
    pid_t second = read_pid();
    kf__process_end(&process, 100);
    ck_assert(is_gone(first));
    ck_assert(is_gone(second));
}
END_TEST

/* The first process ends at once by SIGTERM; the other one needs a moment, and has it. */
START_TEST(ending_gives_time_to_all)
{
    char script[512];
    kf_process process;
    (void)snprintf(script, sizeof script,
        "sh -c 'trap \"sleep 0.2; echo clean >%s; exit\" TERM; echo $$ >%s; "
        "while :; do sleep 0.05; done' & wait",
        in_folder("state"), in_folder("pid"));
    kf_process_options options = OPTIONS(.argv = SHELL(script));
    ck_ok(kf__process_start(&options, &process));
    pid_t second = read_pid();
    kf__process_end(&process, 20000);
    ck_assert(is_gone(second));
    check_file(in_folder("state"), "clean\n");
}
END_TEST

START_TEST(who_is_alive)
{
    ck_assert(kf__process_alive(getpid(), 0));
    ck_assert(kf__process_alive(getpid(), kf__process_start_time(getpid())));
    ck_assert(kf__process_alive(1, 0));
    ck_assert(!kf__process_alive(0, 0));
    ck_assert(!kf__process_alive(0x3FFFFFFF, 0));
    ck_assert_int_eq(kf__process_start_time(0x3FFFFFFF), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert(!kf__process_alive(child, 0));
}
END_TEST

START_TEST(an_exit_status_taken_by_another)
{
    kf_process process;
    int code;
    kf_process_options options = OPTIONS(.argv = SHELL(":"));
    ck_ok(kf__process_start(&options, &process));
    ck_assert_int_eq(waitpid(process.pid, NULL, 0), process.pid);
    ck_fails(kf__process_wait(&process, 1000, &code), KF_EIO, "was taken");
    ck_assert_int_eq(process.pid, 0);
}
END_TEST

static kf_status run_true(void)
{
    kf_buf out = KF__BUF_INIT;
    int code;
    kf_process_options options = OPTIONS(.argv = SHELL("echo x"), .env = ARGV("A=b"));
    kf_status status = kf__process_run(&options, 20000, &out, &code);
    kf__buf_finish(&out);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(run_true());
}
END_TEST

KF_TEST_MAIN_WITH("io/process", make_test_folder, remove_test_folder, exit_codes,
    output_and_error_in_order, much_output, waiting_has_a_limit, running_has_a_limit,
    the_whole_group_ends_with_its_first_process, ending_kills_who_does_not_listen,
    ending_gives_time_to_all, who_is_alive, an_exit_status_taken_by_another, no_memory)
