/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

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
