/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of container components as processes of this machine. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "run/artifact.h"
#include "run/executor.h"

enum {
    GRACE_MS = 5000,
    TAIL_BYTES = 4096,
    LINE_BYTES = 500,
    POLL_MS = 20,
    OWN_VARIABLES = 3
};

struct kf_executor {
    const kf_run_options *options;
};

static bool accepts(const kf_value *container)
{
    return container != NULL;
}

static kf_status create(
    const kf_run_options *options, const char *home, kf_executor **out)
{
    (void)home;
    kf_executor *executor = kf__calloc(1, sizeof *executor);
    if (!executor)
        return KF_ENOMEM;
    executor->options = options;
    *out = executor;
    return KF_OK;
}

static void destroy(kf_executor *executor)
{
    kf__free(executor);
}

static kf_status refuse(const kf_executor *self, const kf_job *job)
{
    const char *image = kf__get_text(job->container, "image");
    if (self->options->containers != KF_CONTAINERS_HOST)
        return kf__fail(KF_EUNSUPPORTED, job->task,
            "the task is a container of the image '%s', which libkf does not run: "
            "allow its "
            "command to run on this machine (kf run --host-commands, or "
            "kf_run_options.containers = KF_CONTAINERS_HOST), or run the pipeline on a "
            "cluster",
            image ? image : "");
    if (kf_value_length(kf_value_get(job->container, "command")) == 0)
        return kf__fail(KF_EUNSUPPORTED, job->task,
            "the task has no command: it relies on the entry point of the image '%s', "
            "which "
            "is not used on this machine; give the component a command",
            image ? image : "");
    return KF_OK;
}

static kf_status make_words(
    kf_job *job, const char *kind, const char **words, size_t *count, size_t room)
{
    const kf_value *given = kf_value_get(job->container, kind);
    kf_value *expanded = NULL;
    if (!given)
        return KF_OK;
    KF__TRY(
        kf__placeholders_expand_words(&job->placeholders, given, job->tree, &expanded));
    for (size_t i = 0; i < kf_value_length(expanded); i++) {
        if (*count + 1 >= room)
            return kf__fail(
                KF_ELIMIT, job->task, "a command has at most %zu words", room - 1);
        words[(*count)++] = kf_value_string(kf_value_at(expanded, i));
    }
    words[*count] = NULL;
    return KF_OK;
}

static kf_status make_environment(kf_job *job, const char **out, size_t room)
{
    kf_value *variables;
    KF__TRY(kf__job_environment(job, &variables));
    kf__put_text(job->tree, variables, KF__ATTEMPT_MARK, job->folder);
    KF__TRY(kf__tree_status(job->tree));
    size_t count = kf_value_length(variables);
    if (count >= room)
        return kf__fail(KF_ELIMIT, job->task,
            "a task has at most %zu environment variables", room - 1);
    for (size_t i = 0; i < count; i++) {
        out[i] = kf__arena_printf(&job->tree->arena, "%s=%s",
            kf_value_key(variables, i), kf_value_string(kf_value_at(variables, i)));
        if (!out[i])
            return KF_ENOMEM;
    }
    out[count] = NULL;
    return KF_OK;
}

/* For a process that takes the run up again when this one was killed: what to end
 * first. */
static kf_status note_process(const kf_job *job, pid_t pid)
{
    kf_buf text = KF__BUF_INIT;
    char *path = kf__join_path(job->folder, KF__PID_FILE);
    kf__buf_printf(
        &text, "%lld %lld\n", (long long)pid, (long long)kf__process_start_time(pid));
    kf_status status = path ? text.status : KF_ENOMEM;
    if (status == KF_OK)
        status = kf__append_file(path, kf__buf_text(&text), text.length);
    kf__free(path);
    kf__buf_finish(&text);
    return status;
}

static kf_status start(kf_job *job, kf_process *process)
{
    enum { ROOM = 4096 };
    const char **words = kf__calloc(2 * ROOM, sizeof *words);
    size_t count = 0;
    if (!words)
        return KF_ENOMEM;
    kf_status status = make_words(job, "command", words, &count, ROOM);
    if (status == KF_OK)
        status = make_words(job, "args", words, &count, ROOM);
    if (status == KF_OK)
        status = make_environment(job, words + ROOM, ROOM);
    int log = -1;
    if (status == KF_OK) {
        log = open(job->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (log < 0)
            status = kf__fail(KF_EIO, job->task, "cannot open '%s': %s", job->log_path,
                strerror(errno));
    }
    if (status == KF_OK) {
        const kf_process_options options = {.argv = words,
            .env = words + ROOM,
            .folder = job->folder,
            .stdin_fd = -1,
            .stdout_fd = log,
            .stderr_fd = -1,
            .keep_fd = -1};
        status = kf__process_start(&options, process);
    }
    if (log >= 0)
        (void)close(log);
    kf__free(words);
    return status;
}

/* Until it ended (KF_OK), was canceled or is late. */
static kf_status wait_for(kf_job *job, kf_process *process)
{
    int64_t deadline =
        job->timeout > 0 ? kf__monotonic_ns() + (int64_t)(job->timeout * 1e9) : 0;
    for (;;) {
        struct pollfd waits[] = {{.fd = process->pidfd, .events = POLLIN},
            {.fd = job->cancel_fd, .events = POLLIN}};
        int64_t left = deadline ? (deadline - kf__monotonic_ns()) / 1000000 + 1 : -1;
        if (deadline && left <= 0)
            return kf__fail(KF_ETIMEOUT, job->task,
                "the task did not end within %g seconds", job->timeout);
        int wait = left < 0 || left > INT32_MAX ? -1 : (int)left;
        if (process->pidfd < 0)
            wait = POLL_MS;
        (void)poll(waits, 2, wait);
        if (waits[1].revents & POLLIN)
            return kf__fail(KF_ECANCELED, job->task, "the run was canceled");
        if (waits[0].revents ||
            (process->pidfd < 0 && !kf__process_alive(process->pid, 0)))
            return KF_OK;
    }
}

static bool is_blank(char character)
{
    return strchr(" \t\r\n", character) != NULL;
}

/* Of a line the beginning, or of one that begins before `text` the end; whole
 * characters. */
static void put_line(kf_buf *out, char *text, size_t length, bool cut_before)
{
    size_t first = 0, end = length;
    kf__utf8_mend(text, length);
    for (size_t i = 0; i < length; i++) /* NUL ends a message, ESC drives a terminal. */
        if ((unsigned char)text[i] < ' ' && text[i] != '\t')
            text[i] = '?';
    if (length > LINE_BYTES && cut_before)
        first = length - LINE_BYTES;
    else if (length > LINE_BYTES)
        end = LINE_BYTES;
    while (first < end && ((unsigned char)text[first] & 0xC0) == 0x80)
        first++;
    while (end > first && end < length && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    kf__buf_puts(out, cut_before ? ": ..." : ": ");
    kf__buf_append(out, text + first, end - first);
    kf__buf_puts(out, end < length ? "..." : "");
}

/* The last line that the task wrote says most often what went wrong. */
static void quote_log(const kf_job *job, kf_buf *out)
{
    char tail[TAIL_BYTES];
    int log = -1;
    if (kf__file_open_plain(job->log_path, &log) != KF_OK)
        return;
    off_t end = lseek(log, 0, SEEK_END);
    off_t begin = end > TAIL_BYTES ? end - TAIL_BYTES : 0;
    ssize_t count = pread(log, tail, sizeof tail, begin);
    (void)close(log);
    while (count > 0 && is_blank(tail[count - 1]))
        count--;
    ssize_t first = count;
    while (first > 0 && tail[first - 1] != '\n')
        first--;
    if (count > first)
        put_line(out, tail + first, (size_t)(count - first), first == 0 && begin > 0);
}

/* Processes that have gone to a group of their own. */
static void end_strays(kf_job *job)
{
    const char *mark =
        kf__arena_printf(&job->tree->arena, KF__ATTEMPT_MARK "=%s", job->folder);
    if (mark)
        kf__process_end_marked(mark);
}

static kf_status execute(kf_executor *self, kf_job *job)
{
    kf_process process = {0};
    KF__TRY(refuse(self, job));
    KF__TRY(start(job, &process));
    kf_status status = note_process(job, process.pid);
    if (status == KF_OK)
        status = wait_for(job, &process);
    if (status != KF_OK) {
        kf__process_end(&process, GRACE_MS);
        end_strays(job);
        return status;
    }
    KF__TRY(kf__process_wait(&process, -1, &job->exit_code));
    if (job->exit_code == 0)
        return KF_OK;
    kf__put_exit(&job->message, job->exit_code);
    quote_log(job, &job->message);
    return KF_EFAILED;
}

const kf_executor_class kf__executor_process = {
    .name = "process",
    .accepts = accepts,
    .create = create,
    .execute = execute,
    .destroy = destroy,
};
