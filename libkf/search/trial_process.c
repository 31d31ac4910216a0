/* SPDX-License-Identifier: Apache-2.0 */
/* A trial as a process: its output is read, kept and searched for metrics. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "run/artifact.h"
#include "run/executor.h"
#include "search/template.h"
#include "search/trial_collect.h"

#define LOG_BYTES (INT64_C(64) << 20)
#define NS_PER_MS INT64_C(1000000)
enum {
    PLACES = 2,
    READ_BYTES = 65536,
    PIPE_BYTES = 1 << 20,
    LOOK_MS = 100,
    POLL_MS = 10,
    GRACE_MS = 2000,
    LINE_BYTES = 500
};

typedef struct trial {
    kf_slot *slot;
    kf_collector collector;
    kf_place places[PLACES]; /* Of metrics, and of a checkpoint. */
    kf_trial_command command;
    kf_process process;
    const char *work; /* Where it runs, unless the template says something else. */
    const char *mark; /* An entry of the environment of all that it starts. */
    int log_fd;
    int64_t logged;
    int pipe_fd;           /* -1: nothing more comes. */
    char line[LINE_BYTES]; /* The last one that was printed, or its beginning. */
    size_t line_length;
    bool line_ended;
    int64_t deadline_ns; /* INT64_MAX: none. */
    int exit_code;
} trial;

/* ---- what is printed ---- */

static void keep_line(trial *self, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n' || data[i] == '\r') {
            self->line_ended = true;
            continue;
        }
        if (self->line_ended)
            self->line_length = 0;
        self->line_ended = false;
        if (self->line_length < LINE_BYTES)
            self->line[self->line_length++] = data[i];
    }
}

static void write_log(trial *self, const char *data, size_t length)
{
    static const char note[] = "\n[the log ends here: it has 64 MiB]\n";
    if (self->logged >= LOG_BYTES)
        return;
    size_t room = (size_t)(LOG_BYTES - self->logged);
    size_t part = length < room ? length : room;
    self->logged += (int64_t)part;
    while (part > 0) {
        ssize_t count = write(self->log_fd, data, part);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        data += count;
        part -= (size_t)count;
    }
    if (self->logged >= LOG_BYTES)
        (void)!write(self->log_fd, note, sizeof note - 1);
}

/* False at the end of what there is. */
static bool read_some(trial *self, kf_status *status)
{
    char block[READ_BYTES];
    ssize_t count = read(self->pipe_fd, block, sizeof block);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return errno == EINTR;
    if (count <= 0) {
        (void)close(self->pipe_fd);
        self->pipe_fd = -1;
        return false;
    }
    write_log(self, block, (size_t)count);
    /* The end of a large block is enough to find the last line. */
    size_t tail = (size_t)count > 2 * LINE_BYTES ? (size_t)count - 2 * LINE_BYTES : 0;
    keep_line(self, block + tail, (size_t)count - tail);
    *status = kf__collector_feed(&self->collector, block, (size_t)count);
    return *status == KF_OK;
}

/* ---- starting ---- */

static kf_status place_all(trial *self, const char *const *texts, size_t more,
    const char ***out, size_t *count)
{
    size_t length = 0;
    while (texts[length] != NULL)
        length++;
    const char **placed =
        kf__arena_alloc(&self->slot->tree.arena, (length + more + 1) * sizeof *placed);
    if (placed == NULL)
        return kf__nomem();
    for (size_t i = 0; i < length; i++)
        KF__TRY(kf__place(
            self->places, PLACES, texts[i], &self->slot->tree.arena, &placed[i]));
    placed[length] = NULL;
    *out = placed;
    *count = length;
    return KF_OK;
}

static kf_status note_process(const kf_slot *slot, pid_t pid)
{
    char text[64];
    char *path = kf__join_path(slot->folder, KF__PID_FILE);
    int length = snprintf(text, sizeof text, "%lld %lld\n", (long long)pid,
        (long long)kf__process_start_time(pid));
    kf_status status =
        path == NULL ? kf__nomem() : kf__append_file(path, text, (size_t)length);
    kf__free(path);
    return status;
}

static kf_status spawn(trial *self, const char *const *argv, const char *const *env)
{
    kf_slot *slot = self->slot;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return kf__fail(KF_EIO, slot->name, "cannot make a pipe: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const kf_process_options options = {.argv = argv,
        .env = env,
        .folder = self->command.folder != NULL && kf__is_folder(self->command.folder)
                      ? self->command.folder
                      : self->work,
        .stdin_fd = -1,
        .stdout_fd = ends[1],
        .stderr_fd = -1,
        .keep_fd = -1};
    kf_status status = kf__process_start(&options, &self->process);
    (void)close(ends[1]);
    self->pipe_fd = ends[0];
    if (status == KF_OK)
        status = note_process(slot, self->process.pid);
    return status;
}

static kf_status start(trial *self)
{
    kf_slot *slot = self->slot;
    const char **argv, **env;
    size_t words, count;
    KF__TRY(place_all(self, self->command.argv, 0, &argv, &words));
    KF__TRY(place_all(self, self->command.env, 4, &env, &count));
    self->mark = env[count++] =
        kf__arena_printf(&slot->tree.arena, KF__TRIAL_MARK "=%s", slot->folder);
    env[count++] =
        kf__arena_printf(&slot->tree.arena, "KATIB_TRIAL_NAME=%s", slot->name);
    env[count++] = kf__arena_printf(&slot->tree.arena, "KF_TRIAL_METRICS=%s",
        self->collector.source == KF__SOURCE_PUSH ? self->collector.path : "");
    env[count] = NULL;
    if (self->mark == NULL || env[count - 2] == NULL || env[count - 1] == NULL)
        return kf__nomem();
    self->log_fd = open(slot->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (self->log_fd < 0)
        return kf__fail(
            KF_EIO, slot->log, "cannot open '%s': %s", slot->log, strerror(errno));
    int64_t seconds = self->command.deadline_s;
    self->deadline_ns = seconds <= 0 || seconds > INT32_MAX
                            ? INT64_MAX
                            : kf__monotonic_ns() + seconds * 1000 * NS_PER_MS;
    return spawn(self, argv, env);
}

/* ---- waiting ---- */

static int wait_ms(const trial *self)
{
    int64_t left = INT32_MAX;
    if (self->deadline_ns != INT64_MAX)
        left = (self->deadline_ns - kf__monotonic_ns()) / NS_PER_MS + 1;
    if (self->collector.source != KF__SOURCE_PRINTED && left > LOOK_MS)
        left = LOOK_MS;
    if (self->process.pidfd < 0 && left > POLL_MS)
        left = POLL_MS;
    return left < 0 ? 0 : left >= INT32_MAX ? -1 : (int)left;
}

/* KF_OK when it ended; KF_ECANCELED, KF_ETIMEOUT. */
static kf_status watch(trial *self)
{
    for (;;) {
        struct pollfd waits[] = {{.fd = self->process.pidfd, .events = POLLIN},
            {.fd = self->slot->stop_fd, .events = POLLIN},
            {.fd = self->pipe_fd, .events = POLLIN}};
        (void)poll(waits, 3, wait_ms(self));
        kf_status status = KF_OK;
        if (waits[1].revents & POLLIN)
            return kf__fail(KF_ECANCELED, self->slot->name, "the trial was stopped");
        if (waits[2].revents)
            (void)read_some(self, &status);
        if (status == KF_OK && self->collector.source != KF__SOURCE_PRINTED)
            status = kf__collector_look(&self->collector);
        KF__TRY(status);
        if (waits[0].revents ||
            (self->process.pidfd < 0 && !kf__process_alive(self->process.pid, 0)))
            return KF_OK;
        if (kf__monotonic_ns() >= self->deadline_ns)
            return kf__fail(KF_ETIMEOUT, self->slot->name,
                "the trial did not end within activeDeadlineSeconds (%lld)",
                (long long)self->command.deadline_s);
    }
}

static kf_status judge(trial *self)
{
    size_t bad;
    if (self->exit_code == 0)
        return KF_OK;
    kf_buf *out = &self->slot->message;
    kf__put_exit(out, self->exit_code);
    while (
        self->line_length > 0 && !kf__utf8_valid(self->line, self->line_length, &bad))
        self->line_length = bad; /* Up to what is no text. */
    if (self->line_length > 0)
        kf__buf_printf(out, ": %.*s", (int)self->line_length, self->line);
    return KF_EFAILED;
}

static kf_status execute(trial *self)
{
    kf_status status = watch(self);
    if (status != KF_OK) {
        kf__process_end(&self->process, status == KF_ECANCELED ? 0 : GRACE_MS);
        kf__process_end_marked(self->mark);
        return status;
    }
    KF__TRY(kf__process_wait(&self->process, -1, &self->exit_code));
    for (size_t reads = PIPE_BYTES / READ_BYTES + 1;
         reads > 0 && self->pipe_fd >= 0 && status == KF_OK; reads--)
        if (!read_some(self, &status))
            break;
    if (self->pipe_fd >= 0) /* Somebody in another group may still write. */
        kf__process_end_marked(self->mark);
    if (status == KF_OK)
        status = kf__collector_finish(&self->collector);
    return status == KF_OK ? judge(self) : status;
}

/* Of population based training: a folder of its own, which begins as that of the trial
 * that it goes on from. */
static kf_status prepare_checkpoint(trial *self)
{
    kf_slot *slot = self->slot;
    const kf_experiment *experiment = slot->tune->experiment;
    const char *algorithm = kf_experiment_algorithm(experiment);
    const char *given =
        kf__get_text(kf_experiment_settings(experiment), "suggestion_trial_dir");
    if (algorithm == NULL || strcmp(algorithm, "pbt") != 0 || given == NULL)
        return KF_OK;
    kf_arena *arena = &slot->tree.arena;
    char *path = kf__arena_printf(arena, "%s/checkpoint", slot->folder);
    char *from = kf__arena_printf(
        arena, "%s/../trial-%lld/checkpoint", slot->folder, (long long)slot->parent);
    if (path == NULL || from == NULL)
        return kf__nomem();
    self->places[1] = (kf_place){given, path};
    return slot->parent >= 0 && kf__is_folder(from) ? kf__copy_tree(from, path)
                                                    : kf__make_folders(path);
}

static kf_status prepare(trial *self)
{
    kf_slot *slot = self->slot;
    const kf_experiment *experiment = slot->tune->experiment;
    kf_tree tree = KF__TREE_INIT;
    kf_value *object;
    /* Where it runs, its own files cannot be in the way of ours. */
    self->work = kf__arena_printf(&slot->tree.arena, "%s/work", slot->folder);
    if (self->work == NULL)
        return kf__nomem();
    KF__TRY(kf__remove_tree(slot->folder));
    KF__TRY(kf__make_folders(self->work));
    KF__TRY(kf__collector_open(slot, &self->collector));
    self->places[0] = (kf_place){self->collector.given, self->collector.path};
    KF__TRY(prepare_checkpoint(self));
    kf_status status =
        kf__template_render(experiment, slot->name, slot->params, &tree, &object);
    if (status == KF_OK)
        status = kf__trial_command(
            experiment, object, slot->name, slot->params, &self->command);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__slot_run_process(kf_slot *slot)
{
    trial self = {.slot = slot, .log_fd = -1, .pipe_fd = -1, .process = {0, -1}};
    kf_status status = prepare(&self);
    if (status == KF_OK)
        status = start(&self);
    if (status == KF_OK)
        status = execute(&self);
    kf__process_end(&self.process, 0);
    if (self.pipe_fd >= 0)
        (void)close(self.pipe_fd);
    if (self.log_fd >= 0)
        (void)close(self.log_fd);
    kf__trial_command_finish(&self.command);
    kf__collector_close(&self.collector);
    return status;
}
