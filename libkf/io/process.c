/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 10 /* Between two looks at a process where there is no pidfd. */
#define READ_BYTES 16384
#define PIPE_BYTES (1 << 20) /* The most that a pipe holds. */

typedef KF__VEC(char *) environment;

static bool same_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length) == 0 && b[length] == '=';
}

static bool is_replaced(const char *entry, const char *const *env)
{
    for (; env != NULL && *env != NULL; env++) {
        if (same_name(*env, entry))
            return true;
    }
    return false;
}

/* The entries are borrowed. */
static kf_status build_environment(const char *const *env, environment *out)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (!is_replaced(*entry, env))
            KF__TRY(kf__vec_push(out, *entry));
    }
    for (; env != NULL && *env != NULL; env++)
        KF__TRY(kf__vec_push(out, (char *)(uintptr_t)*env));
    return kf__vec_push(out, NULL);
}

static const char *search_path(const char *const *env)
{
    for (; env != NULL && *env != NULL; env++) {
        if (kf__starts_with(*env, "PATH="))
            return *env + strlen("PATH=");
    }
    const char *path = kf__environment("PATH");
    return path != NULL ? path : "/usr/local/bin:/usr/bin:/bin";
}

static bool is_program(const char *path)
{
    return !kf__is_folder(path) && access(path, X_OK) == 0;
}

/* posix_spawnp would search this process's PATH, not the child's. */
static kf_status find_program(const char *name, const char *const *env, kf_buf *out)
{
    if (strchr(name, '/') != NULL) {
        kf__buf_puts(out, name);
        return out->status;
    }
    for (const char *path = search_path(env); *path != '\0';) {
        size_t length = strcspn(path, ":");
        kf__buf_truncate(out, 0);
        kf__buf_append(out, length > 0 ? path : ".", length > 0 ? length : 1);
        kf__buf_putc(out, '/');
        kf__buf_puts(out, name);
        if (out->status != KF_OK || is_program(out->data))
            return out->status;
        path += length + (path[length] == ':');
    }
    return kf__fail(KF_ENOENT, NULL, "no program \"%s\" on the PATH", name);
}

static kf_status fail_number(int number, const char *action, const char *name)
{
    kf_status code = number == ENOMEM   ? KF_ENOMEM
                     : number == ENOENT ? KF_ENOENT
                                        : KF_EIO;
    return kf__fail(code, NULL, "cannot %s \"%s\": %s", action, name, strerror(number));
}

/* The descriptors that become 0, 1 and 2; `owned` are closed by us. */
typedef struct streams {
    int fds[3];
    bool owned[3];
} streams;

static void close_streams(streams *list)
{
    for (int i = 0; i < 3; i++) {
        if (list->owned[i])
            (void)close(list->fds[i]);
    }
}

/* Above 2, so that no dup2 to a standard descriptor overwrites the source of a later
 * one. */
static int own_above_standard(int fd)
{
    if (fd >= 0)
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || null > 2)
        return null;
    int moved = fcntl(null, F_DUPFD_CLOEXEC, 3);
    (void)close(null);
    return moved;
}

static kf_status open_streams(const kf_process_options *options, streams *out)
{
    int wanted[3] = {options->stdin_fd, options->stdout_fd,
        options->stderr_fd >= 0 ? options->stderr_fd : options->stdout_fd};
    *out = (streams){{-1, -1, -1}, {false, false, false}};
    for (int i = 0; i < 3; i++) {
        out->fds[i] = wanted[i];
        if (wanted[i] > 2)
            continue;
        out->fds[i] = own_above_standard(wanted[i]);
        out->owned[i] = out->fds[i] >= 0;
        if (out->fds[i] < 0)
            return fail_number(errno, "open the standard streams of", options->argv[0]);
    }
    return KF_OK;
}

/* Descriptors of the host program that lack O_CLOEXEC stay out of the child: one of a
 * pipe would keep its reader waiting. */
static int close_others(posix_spawn_file_actions_t *actions, int keep_fd)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    int result = 0;
    for (int fd = 3; fd < keep_fd && result == 0; fd++)
        result = posix_spawn_file_actions_addclose(actions, fd);
    if (result == 0)
        result = posix_spawn_file_actions_addclosefrom_np(
            actions, keep_fd >= 3 ? keep_fd + 1 : 3);
    return result;
#else
    (void)actions;
    (void)keep_fd;
    return 0;
#endif
}

static int fill_actions(posix_spawn_file_actions_t *actions,
    const kf_process_options *options, const streams *list)
{
    int result = 0;
    for (int i = 0; i < 3 && result == 0; i++)
        result = posix_spawn_file_actions_adddup2(actions, list->fds[i], i);
    /* Onto itself: clears its FD_CLOEXEC in the child. */
    if (result == 0 && options->keep_fd >= 3)
        result = posix_spawn_file_actions_adddup2(
            actions, options->keep_fd, options->keep_fd);
    if (result == 0)
        result = close_others(actions, options->keep_fd);
    if (result == 0 && options->folder != NULL)
        result = posix_spawn_file_actions_addchdir_np(actions, options->folder);
    return result;
}

static int fill_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    int result = posix_spawnattr_setflags(attributes,
        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (result == 0)
        result = posix_spawnattr_setsigmask(attributes, &none);
    if (result == 0)
        result = posix_spawnattr_setsigdefault(attributes, &all);
    return result;
}

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

static int spawn(const kf_process_options *options, const char *program,
    const streams *list, char *const *env, pid_t *out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0)
        return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = fill_actions(&actions, options, list);
        if (result == 0)
            result = fill_attributes(&attributes);
        if (result == 0)
            result = posix_spawn(out, program, &actions, &attributes,
                (char *const *)(uintptr_t)options->argv, env);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return result;
}

static kf_status start_program(
    const kf_process_options *options, const char *program, kf_process *out)
{
    environment env = {0};
    streams list;
    pid_t pid = 0;
    kf_status status = open_streams(options, &list);
    if (status == KF_OK)
        status = build_environment(options->env, &env);
    if (status == KF_OK) {
        int result = spawn(options, program, &list, env.items, &pid);
        if (result != 0)
            status = fail_number(result, "start", program);
    }
    kf__vec_finish(&env);
    close_streams(&list);
    if (status == KF_OK)
        *out = (kf_process){pid, open_pidfd(pid)};
    return status;
}

kf_status kf__process_start(const kf_process_options *options, kf_process *out)
{
    KF__REQUIRE(options->argv != NULL && options->argv[0] != NULL);
    if (options->folder != NULL && !kf__is_folder(options->folder))
        return kf__fail(KF_ENOENT, NULL,
            "cannot start \"%s\": there is no folder \"%s\"", options->argv[0],
            options->folder);
    kf_buf program = KF__BUF_INIT;
    kf_status status = find_program(options->argv[0], options->env, &program);
    if (status == KF_OK)
        status = start_program(options, program.data, out);
    kf__buf_finish(&program);
    return status;
}

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
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
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
        return fail_number(errno, "make a pipe for", options->argv[0]);
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
