/* SPDX-License-Identifier: Apache-2.0 */
#include "run/environment.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOOK_MS 50 /* Between two looks at a lock or a process. */
#define GRACE_MS 2000
#define LAST_LINES 3
#define LOG_BYTES (16u << 20)

/* Written when everything else is there: without it a folder is no environment. */
#define MARK "kf-environment.json"

static void digest_text(kf_sha256 *sha, const char *text)
{
    kf__sha256_update(sha, text, strlen(text) + 1);
}

static void digest_words(kf_sha256 *sha, const kf_value *words)
{
    for (size_t i = 0; i < kf_value_length(words); i++)
        digest_text(sha, kf_value_string(kf_value_at(words, i)));
    digest_text(sha, "");
}

void kf__environment_key(const kf_environment *self, char out[33])
{
    char digest[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    digest_text(&sha, self->identity);
    digest_words(&sha, self->options);
    digest_words(&sha, self->requirements);
    kf__sha256_hex(&sha, digest);
    memcpy(out, digest, 32);
    out[32] = '\0';
}

/* The path of the environment's folder, and what is appended to it. */
static void put_path(kf_buf *buf, const kf_environment *self, const char *more)
{
    char key[33];
    kf__environment_key(self, key);
    kf__buf_printf(buf, "%s/environments/%s%s", self->home, key, more);
}

kf_status kf__environment_log(const kf_environment *self, kf_buf *path)
{
    put_path(path, self, ".log");
    return path->status;
}

kf_status kf__environment_find(const kf_environment *self, kf_buf *python, bool *found)
{
    kf_buf mark = KF__BUF_INIT;
    put_path(&mark, self, "/" MARK);
    kf_status status = mark.status;
    if (status == KF_OK)
        *found = kf__file_exists(mark.data);
    kf__buf_finish(&mark);
    if (status != KF_OK || !*found)
        return status;
    put_path(python, self, "/bin/python");
    return python->status;
}

/* ---- waiting ---- */

static kf_status check_stop(const kf_environment *self)
{
    struct pollfd fd = {.fd = self->cancel_fd, .events = POLLIN};
    if (self->cancel_fd >= 0 && poll(&fd, 1, 0) > 0)
        return kf__fail(KF_ECANCELED, NULL, "the task was canceled");
    if (self->deadline != 0 && kf__monotonic_ns() >= self->deadline)
        return kf__fail(KF_ETIMEOUT, NULL,
            "the time of the task passed while its Python environment was built");
    return KF_OK;
}

/* A lock of an open file also keeps out the threads of this process, which open it for
 * themselves. It ends with the process that holds it. */
static kf_status take_lock(const kf_environment *self, int *out)
{
    kf_buf path = KF__BUF_INIT;
    put_path(&path, self, ".lock");
    kf_status status = path.status;
    int fd = -1;
    if (status == KF_OK) {
        fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            status = kf__fail(
                KF_EIO, NULL, "cannot open \"%s\": %s", path.data, strerror(errno));
    }
    kf__buf_finish(&path);
    while (status == KF_OK && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status = check_stop(self);
        kf__sleep_ms(LOOK_MS);
    }
    if (status != KF_OK && fd >= 0)
        (void)close(fd);
    if (status == KF_OK)
        *out = fd;
    return status;
}

/* ---- commands ---- */

typedef KF__VEC(const char *) words;

static kf_status push_words(words *out, const kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(kf__vec_push(out, kf_value_string(kf_value_at(list, i))));
    return KF_OK;
}

static kf_status push_texts(words *out, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        KF__TRY(kf__vec_push(out, *texts));
    return KF_OK;
}

static kf_status wait_process(
    const kf_environment *self, kf_process *process, int *code)
{
    for (;;) {
        kf_status status = kf__process_wait(process, LOOK_MS, code);
        if (status != KF_ETIMEOUT)
            return status;
        status = check_stop(self);
        if (status == KF_OK)
            continue;
        kf__process_end(process, GRACE_MS);
        return status;
    }
}

/* The building of an environment, while its lock is held. */
typedef struct builder {
    const kf_environment *environment;
    const char *folder;
    int lock;
    int log;
} builder;

/* Run a command, its output into the log. It holds the lock too: should this process be
 * killed, nobody begins anew before the command has ended. */
static kf_status run(const builder *self, words *command, int *code)
{
    KF__TRY(kf__vec_push(command, NULL));
    kf_process process;
    kf_process_options options = {.argv = command->items,
        .env = (const char *const[]){"PIP_DISABLE_PIP_VERSION_CHECK=1",
            "PIP_NO_INPUT=1", "PIP_PROGRESS_BAR=off", NULL},
        .stdin_fd = -1,
        .stdout_fd = self->log,
        .stderr_fd = -1,
        .keep_fd = self->lock};
    KF__TRY(kf__process_start(&options, &process));
    return wait_process(self->environment, &process, code);
}

static kf_status make_venv(const builder *self, bool pip, int *code)
{
    words command = {0};
    kf_status status = push_texts(
        &command, (const char *const[]){self->environment->python, "-m", "venv",
                      "--clear", self->folder, pip ? NULL : "--without-pip", NULL});
    if (status == KF_OK)
        status = run(self, &command, code);
    kf__vec_finish(&command);
    return status;
}

/* Where the interpreter cannot give the environment a pip of its own (Debian without
 * python3-venv), the interpreter's pip installs into it from outside. */
static kf_status push_pip(
    const builder *self, words *command, const char *python, bool own)
{
    if (own)
        return push_texts(command, (const char *const[]){python, "-m", "pip", NULL});
    return push_texts(command, (const char *const[]){self->environment->python, "-m",
                                   "pip", "--python", python, NULL});
}

static kf_status install(
    const builder *self, const char *python, bool own_pip, int *code)
{
    words command = {0};
    kf_status status = push_pip(self, &command, python, own_pip);
    if (status == KF_OK)
        status = push_texts(&command,
            (const char *const[]){"install", "--no-warn-script-location", NULL});
    if (status == KF_OK)
        status = push_words(&command, self->environment->options);
    if (status == KF_OK)
        status = push_words(&command, self->environment->requirements);
    if (status == KF_OK)
        status = run(self, &command, code);
    kf__vec_finish(&command);
    return status;
}

/* ---- what went wrong ---- */

static bool says_something(const char *line)
{
    return line[strspn(line, " \r\n")] != '\0' && !kf__starts_with(line, "[notice]");
}

/* The last lines of the text, which is cut behind them. */
static const char *last_lines(kf_buf *text)
{
    const char *line = "";
    size_t lines = 0;
    for (size_t start, end = text->length;
         end > 0 && lines<LAST_LINES; end = start> 0 ? start - 1 : 0) {
        for (start = end; start > 0 && text->data[start - 1] != '\n';)
            start--;
        line = text->data + start;
        if (lines > 0 || says_something(line))
            lines++;
        else
            kf__buf_truncate(text, start);
    }
    if (text->length > 0 && text->data[text->length - 1] == '\n')
        kf__buf_truncate(text, text->length - 1);
    return line;
}

static kf_status fail_build(const kf_environment *self, const char *action)
{
    kf_buf path = KF__BUF_INIT, text = KF__BUF_INIT, wanted = KF__BUF_INIT;
    for (size_t i = 0; i < kf_value_length(self->requirements); i++)
        kf__buf_printf(&wanted, "%s%s", i > 0 ? ", " : "",
            kf_value_string(kf_value_at(self->requirements, i)));
    kf_status status = kf__environment_log(self, &path);
    if (status == KF_OK)
        status = kf__file_read(path.data, LOG_BYTES, &text);
    const char *reason = status == KF_OK ? last_lines(&text) : "";
    if (!kf__utf8_valid(reason, strlen(reason), NULL))
        reason = "";
    status = kf__fail(KF_EFAILED, NULL, "cannot %s %s: %s (the log is \"%s\")", action,
        kf__buf_text(&wanted), reason, kf__buf_text(&path));
    kf__buf_finish(&path);
    kf__buf_finish(&text);
    kf__buf_finish(&wanted);
    return status;
}

/* ---- building ---- */

static kf_status write_mark(const kf_environment *self)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf path = KF__BUF_INIT, text = KF__BUF_INIT;
    kf_value *mark = kf__tree_struct(&tree);
    kf__put_text(&tree, mark, "python", self->identity);
    kf__put(&tree, mark, "options", kf__tree_copy(&tree, self->options));
    kf__put(&tree, mark, "requirements", kf__tree_copy(&tree, self->requirements));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        kf__put_json(&text, mark, KF_JSON_INDENTED);
    put_path(&path, self, "/" MARK);
    if (status == KF_OK)
        status = text.status != KF_OK ? text.status : path.status;
    if (status == KF_OK)
        status = kf__file_write(path.data, text.data, text.length);
    kf__tree_finish(&tree);
    kf__buf_finish(&path);
    kf__buf_finish(&text);
    return status;
}

static kf_status build_in(const builder *self)
{
    int code = 0;
    bool own_pip = true;
    kf_buf python = KF__BUF_INIT;
    KF__TRY(make_venv(self, true, &code));
    if (code != 0) {
        own_pip = false;
        KF__TRY(make_venv(self, false, &code));
    }
    if (code != 0)
        return fail_build(self->environment, "make an environment for");
    kf__buf_printf(&python, "%s/bin/python", self->folder);
    kf_status status = python.status;
    if (status == KF_OK)
        status = install(self, python.data, own_pip, &code);
    kf__buf_finish(&python);
    if (status == KF_OK && code != 0)
        status = fail_build(self->environment, "install");
    return status != KF_OK ? status : write_mark(self->environment);
}

static kf_status open_log(const kf_environment *self, int *out)
{
    kf_buf path = KF__BUF_INIT;
    kf_status status = kf__environment_log(self, &path);
    if (status == KF_OK) {
        *out =
            open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
        if (*out < 0)
            status = kf__fail(
                KF_EIO, NULL, "cannot write \"%s\": %s", path.data, strerror(errno));
    }
    kf__buf_finish(&path);
    return status;
}

static kf_status build(const kf_environment *environment, const char *folder, int lock)
{
    builder self = {environment, folder, lock, -1};
    KF__TRY(kf__remove_tree(folder));
    KF__TRY(open_log(environment, &self.log));
    kf_status status = build_in(&self);
    (void)close(self.log);
    if (status != KF_OK)
        (void)kf__remove_tree(folder);
    return status;
}

kf_status kf__environment_build(const kf_environment *self, kf_buf *python)
{
    int lock = -1;
    bool found = false;
    kf_buf folder = KF__BUF_INIT;
    put_path(&folder, self, "");
    kf_status status = folder.status;
    if (status == KF_OK)
        status = kf__make_parent_folders(folder.data);
    if (status == KF_OK)
        status = take_lock(self, &lock);
    if (status == KF_OK)
        status = kf__environment_find(self, python, &found);
    if (status == KF_OK && !found)
        status = build(self, folder.data, lock);
    if (lock >= 0)
        (void)close(lock);
    kf__buf_finish(&folder);
    if (status == KF_OK && !found)
        status = kf__environment_find(self, python, &found);
    return status;
}
