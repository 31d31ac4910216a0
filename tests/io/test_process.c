/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "folder.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", (script))
#define OPTIONS(...)                                                                   \
    ((kf_process_options){                                                             \
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1, __VA_ARGS__})

static int run(const kf_process_options *options, const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    ck_ok(kf__process_run(options, 20000, &out, &code));
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
    return code;
}

static int run_shell(const char *script, const char *expected)
{
    return run(&OPTIONS(.argv = SHELL(script)), expected);
}

START_TEST(exit_codes)
{
    ck_assert_int_eq(run_shell("exit 0", ""), 0);
    ck_assert_int_eq(run_shell("exit 41", ""), 41);
    ck_assert_int_eq(run_shell("kill -9 $$", ""), 128 + 9);
    ck_assert_int_eq(run_shell("kill -15 $$", ""), 128 + 15);
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

START_TEST(environment_and_folder)
{
    kf_process_options options = OPTIONS(.argv = SHELL("echo \"$A $B\"; pwd -P"),
        .env = ARGV("A=new", "B=x=y"), .folder = "/usr/lib");
    ck_assert_int_eq(setenv("A", "old", 1), 0);
    ck_assert_int_eq(setenv("AB", "kept", 1), 0);
    ck_assert_int_eq(run(&options, "new x=y\n/usr/lib\n"), 0);
    ck_assert_int_eq(run_shell("echo $A $AB", "old kept\n"), 0);
}
END_TEST

START_TEST(programs_are_found_on_the_path_of_the_child)
{
    char path[128];
    put_file(in_folder("tool"), "#!/bin/sh\necho mine\n");
    ck_ok(kf__make_folders(in_folder("first/tool")));
    ck_assert_int_eq(chmod(in_folder("tool"), 0700), 0);
    (void)snprintf(path, sizeof path, "PATH=%s:%s", in_folder("first"), test_folder);
    kf_process_options options =
        OPTIONS(.argv = ARGV("tool"), .env = ARGV("X=y", (const char *)path));
    ck_assert_int_eq(run(&options, "mine\n"), 0);
    options = OPTIONS(.argv = ARGV("./tool"), .folder = test_folder);
    ck_assert_int_eq(run(&options, "mine\n"), 0);
}
END_TEST

static void check_no_start(
    const kf_process_options *options, kf_status status, const char *message)
{
    kf_process process;
    ck_fails(kf__process_start(options, &process), status, message);
}

START_TEST(what_cannot_be_started)
{
    put_file(in_folder("data"), "text");
    check_no_start(
        &OPTIONS(.argv = ARGV("no-such-program")), KF_ENOENT, "\"no-such-program\"");
    check_no_start(&OPTIONS(.argv = ARGV("/no/such")), KF_ENOENT, "\"/no/such\"");
    check_no_start(&OPTIONS(.argv = ARGV(in_folder("data"))), KF_EIO, "data");
    check_no_start(&OPTIONS(.argv = SHELL(":"), .folder = "/no/such"), KF_ENOENT,
        "no folder \"/no/such\"");
}
END_TEST

START_TEST(streams)
{
    int input = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    int output = open(in_folder("out"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int errors = open(in_folder("err"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    kf_process_options options =
        OPTIONS(.argv = SHELL("head -c 3 | tr '\\0' z; echo e >&2"));
    options.stdin_fd = input;
    options.stdout_fd = output;
    options.stderr_fd = errors;
    kf_process process;
    int code;
    ck_ok(kf__process_start(&options, &process));
    ck_ok(kf__process_wait(&process, 20000, &code));
    ck_assert_int_eq(code, 0);
    check_file(in_folder("out"), "zzz");
    check_file(in_folder("err"), "e\n");
    ck_assert_int_eq(fcntl(output, F_GETFD), FD_CLOEXEC);
}
END_TEST

/* Descriptors given as each other's numbers: none may be overwritten before it is copied. */
START_TEST(streams_that_change_places)
{
    int output = open(in_folder("out"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int errors = open(in_folder("err"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int old_output = dup(1);
    int old_errors = dup(2);
    kf_process_options options = OPTIONS(.argv = SHELL("echo o; echo e >&2"));
    options.stdout_fd = 2;
    options.stderr_fd = 1;
    kf_process process;
    int code = -1;
    (void)dup2(output, 2);
    (void)dup2(errors, 1);
    kf_status status = kf__process_start(&options, &process);
    if (status == KF_OK)
        status = kf__process_wait(&process, 20000, &code);
    (void)dup2(old_output, 1);
    (void)dup2(old_errors, 2);
    ck_ok(status);
    check_file(in_folder("out"), "o\n");
    check_file(in_folder("err"), "e\n");
}
END_TEST

START_TEST(other_descriptors_stay_out)
{
    int leaked = dup(1);
    int kept = fcntl(1, F_DUPFD_CLOEXEC, 20);
    char script[128];
    (void)snprintf(script, sizeof script,
        "[ -e /proc/self/fd/%d ] && echo leaked; "
        "[ -e /proc/self/fd/%d ] && echo kept; :",
        leaked, kept);
    kf_process_options options = OPTIONS(.argv = SHELL(script));
    ck_assert_int_eq(run(&options, ""), 0);
    options.keep_fd = kept;
    ck_assert_int_eq(run(&options, "kept\n"), 0);
    ck_assert_int_eq(fcntl(kept, F_GETFD), FD_CLOEXEC);
}
END_TEST

static unsigned long long signals_in(const char *status, const char *field)
{
    const char *at = strstr(status, field);
    ck_assert_ptr_nonnull(at);
    /* 1 to 31: the C library keeps the first real-time signals for itself. */
    return strtoull(at + strlen(field), NULL, 16) & 0x7FFFFFFF;
}

START_TEST(signals_are_as_at_the_start_of_a_program)
{
    sigset_t all;
    kf_buf status = KF__BUF_INIT;
    int code;
    kf_process_options options = OPTIONS(.argv = ARGV("cat", "/proc/self/status"));
    (void)sigfillset(&all);
    ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
    ck_ok(kf__process_run(&options, 20000, &status, &code));
    ck_assert_uint_eq(signals_in(status.data, "SigBlk:"), 0);
    ck_assert_uint_eq(signals_in(status.data, "SigIgn:"), 0);
    kf__buf_finish(&status);
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
    output_and_error_in_order, much_output, environment_and_folder,
    programs_are_found_on_the_path_of_the_child, what_cannot_be_started, streams,
    streams_that_change_places, other_descriptors_stay_out,
    signals_are_as_at_the_start_of_a_program, waiting_has_a_limit, running_has_a_limit,
    the_whole_group_ends_with_its_first_process, ending_kills_who_does_not_listen,
    ending_gives_time_to_all, who_is_alive, an_exit_status_taken_by_another, no_memory)
