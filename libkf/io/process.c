/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for processes, ending and finding them; process_start.c starts them. */
#include "io/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 10 /* Between two looks at a process where there is no pidfd. */
#define READ_BYTES 16384
#define PIPE_BYTES (1 << 20) /* The most that a pipe holds. */

static int64_t deadline_of(int64_t timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : kf__monotonic_ns() / 1000000 + timeout_ms;
}

static int64_t left_until(int64_t deadline)
{
    if (deadline == INT64_MAX)
        return INT_MAX;
    int64_t left = deadline - kf__monotonic_ns() / 1000000;
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
}

/* Whether it ended; it is not reaped, so that its number stays taken. *lost: it is not
 * ours to wait for. */
static bool has_ended(const kf_process *process, bool *lost)
{
    siginfo_t info = {0};
    int result;
    do {
        result = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result != 0 && errno == EINTR);
    *lost = result != 0;
    return *lost || info.si_pid == process->pid;
}

static bool wait_ended(const kf_process *process, int64_t deadline, bool *lost)
{
    while (!has_ended(process, lost)) {
        int64_t left = left_until(deadline);
        if (left == 0)
            return false;
        struct pollfd end = {.fd = process->pidfd, .events = POLLIN};
        int most = process->pidfd >= 0 || left < POLL_MS ? (int)left : POLL_MS;
        (void)poll(&end, 1, most);
    }
    return true;
}

static int exit_code_of(int state)
{
    return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
}

/* "" for one of the rare ones; strsignal speaks the language of the locale. */
static const char *signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGHUP, " (SIGHUP)"}, {SIGINT, " (SIGINT)"}, {SIGQUIT, " (SIGQUIT)"},
        {SIGILL, " (SIGILL)"}, {SIGABRT, " (SIGABRT)"}, {SIGBUS, " (SIGBUS)"},
        {SIGFPE, " (SIGFPE)"}, {SIGKILL, " (SIGKILL)"},
        {SIGSEGV, " (SIGSEGV: invalid access to memory)"}, {SIGPIPE, " (SIGPIPE)"},
        {SIGALRM, " (SIGALRM)"}, {SIGTERM, " (SIGTERM)"}, {SIGSYS, " (SIGSYS)"},
        {SIGTRAP, " (SIGTRAP)"}, {SIGXCPU, " (SIGXCPU)"}, {SIGXFSZ, " (SIGXFSZ)"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    return "";
}

void kf__put_exit(kf_buf *out, int exit_code)
{
    bool killed = exit_code == -SIGKILL || exit_code == 128 + SIGKILL;
    if (exit_code < 0)
        kf__buf_printf(
            out, "ended by signal %d%s", -exit_code, signal_name(-exit_code));
    else
        kf__buf_printf(out, "exit code %d", exit_code);
    /* What a shell says of a command of its own that a signal has ended. */
    if (exit_code > 128 && *signal_name(exit_code - 128) != '\0')
        kf__buf_printf(out, ", which may stand for signal %d%s", exit_code - 128,
            signal_name(exit_code - 128));
    if (killed)
        kf__buf_puts(out, ": the machine may be short of memory");
}

/* False if the exit status is not to be had. */
static bool reap(kf_process *process, int *exit_code)
{
    int state = 0;
    pid_t result;
    do {
        result = waitpid(process->pid, &state, 0);
    } while (result < 0 && errno == EINTR);
    if (process->pidfd >= 0)
        (void)close(process->pidfd);
    *process = (kf_process){0, -1};
    *exit_code = exit_code_of(state);
    return result >= 0;
}

kf_status kf__process_wait(kf_process *process, int64_t timeout_ms, int *exit_code)
{
    int code = 0;
    bool lost = false;
    if (process->pid <= 0)
        return kf__fail(KF_ESTATE, NULL, "the process has been waited for before");
    if (!wait_ended(process, deadline_of(timeout_ms), &lost))
        return kf__fail(KF_ETIMEOUT, NULL, "the process has not ended in %lld ms",
            (long long)timeout_ms);
    pid_t pid = process->pid;
    if (!lost)
        (void)kill(-pid, SIGKILL);
    if (!reap(process, &code))
        return kf__fail(KF_EIO, NULL,
            "the exit status of process %ld was taken by another "
            "part of this program: %s",
            (long)pid, strerror(errno));
    *exit_code = code;
    return KF_OK;
}

static void wait_group_gone(pid_t group, int64_t deadline)
{
    for (int64_t pause = 1; kill(-group, 0) == 0 && left_until(deadline) > 0;) {
        kf__sleep_ms(pause);
        pause = pause < POLL_MS ? pause * 2 : POLL_MS;
    }
}

void kf__process_end(kf_process *process, int64_t grace_ms)
{
    int code;
    bool lost = false;
    pid_t group = process->pid;
    if (group <= 0)
        return;
    int64_t deadline = deadline_of(grace_ms > 0 ? grace_ms : 0);
    if (grace_ms > 0) {
        (void)kill(-group, SIGTERM);
        /* The rest of the group has the same time as its first process. While any of it
         * is left, its number is not given to another. */
        if (wait_ended(process, deadline, &lost)) {
            (void)reap(process, &code);
            if (lost)
                return;
            wait_group_gone(group, deadline);
        }
    }
    (void)kill(-group, SIGKILL);
    if (process->pid > 0)
        (void)reap(process, &code);
}

/* Returns false at the end of the stream. What does not fit is dropped. */
static bool read_some(int fd, kf_buf *out, size_t limit)
{
    char block[READ_BYTES];
    ssize_t count;
    do {
        count = read(fd, block, sizeof block);
    } while (count < 0 && errno == EINTR);
    if (count <= 0)
        return count < 0 && errno == EAGAIN;
    size_t room = out->length < limit ? limit - out->length : 0;
    kf__buf_append(out, block, (size_t)count < room ? (size_t)count : room);
    return true;
}

/* True when the process ended, which is what counts: a child that it left behind may
 * hold the pipe. */
static bool read_until_end(kf_process *process, int fd, int64_t deadline, kf_buf *out)
{
    bool lost = false;
    bool open = true;
    size_t limit = out->length + KF__LIMIT_STRING_BYTES;
    while (!has_ended(process, &lost)) {
        struct pollfd ready[2] = {{.fd = open ? fd : -1, .events = POLLIN},
            {.fd = process->pidfd, .events = POLLIN}};
        int64_t left = left_until(deadline);
        if (left == 0)
            return false;
        int most = process->pidfd >= 0 || left < POLL_MS ? (int)left : POLL_MS;
        if (poll(ready, 2, most) > 0 && ready[0].revents != 0)
            open = read_some(fd, out, limit);
    }
    if (!lost)
        (void)kill(-process->pid, SIGKILL);
    struct pollfd rest = {.fd = fd, .events = POLLIN};
    for (size_t reads = PIPE_BYTES / READ_BYTES; reads > 0 && open; reads--)
        open = poll(&rest, 1, 0) > 0 && read_some(fd, out, limit);
    return true;
}

kf_status kf__process_run(
    const kf_process_options *options, int64_t timeout_ms, kf_buf *out, int *exit_code)
{
    int ends[2];
    kf_process process;
    kf_process_options piped = *options;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return kf__fail(KF_EIO, NULL, "cannot make a pipe for \"%s\": %s",
            options->argv[0], strerror(errno));
    piped.stdout_fd = ends[1];
    piped.stderr_fd = -1;
    kf_status status = kf__process_start(&piped, &process);
    (void)close(ends[1]);
    if (status == KF_OK) {
        if (read_until_end(&process, ends[0], deadline_of(timeout_ms), out)) {
            status = kf__process_wait(&process, -1, exit_code);
        } else {
            kf__process_end(&process, 0);
            status = kf__fail(KF_ETIMEOUT, NULL, "\"%s\" did not end in %lld ms",
                options->argv[0], (long long)timeout_ms);
        }
    }
    (void)close(ends[0]);
    return status == KF_OK ? out->status : status;
}

/* What follows the command in /proc/<pid>/stat, which may itself hold blanks and
 * parentheses. NULL if there is no such process or no /proc. */
static const char *read_state(pid_t pid, char *text, size_t size)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t length = read(fd, text, size - 1);
    (void)close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *after = strrchr(text, ')');
    return after != NULL && after[1] == ' ' ? after + 2 : NULL;
}

int64_t kf__process_start_time(pid_t pid)
{
    char text[1024];
    const char *field = read_state(pid, text, sizeof text);
    for (int i = 3; i < 22 && field != NULL; i++) {
        field = strchr(field, ' ');
        field = field != NULL ? field + 1 : NULL;
    }
    return field != NULL ? strtoll(field, NULL, 10) : 0;
}

bool kf__process_alive(pid_t pid, int64_t start_time)
{
    char text[1024];
    if (pid <= 0 || (kill(pid, 0) != 0 && errno != EPERM))
        return false;
    const char *state = read_state(pid, text, sizeof text);
    if (state != NULL && (*state == 'Z' || *state == 'X'))
        return false;
    int64_t started = start_time != 0 ? kf__process_start_time(pid) : 0;
    return started == 0 || started == start_time;
}
