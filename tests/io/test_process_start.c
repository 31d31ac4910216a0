/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"
#include "folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

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

KF_TEST_MAIN_WITH("io/process_start", make_test_folder, remove_test_folder,
    environment_and_folder, programs_are_found_on_the_path_of_the_child,
    what_cannot_be_started, streams, streams_that_change_places,
    other_descriptors_stay_out, signals_are_as_at_the_start_of_a_program)
