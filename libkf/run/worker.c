/* SPDX-License-Identifier: Apache-2.0 */
#include "run/worker.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "pipeline/runtime.h"
#include "run/worker_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define START_MS 60000 /* The most that an interpreter may take to start. */
#define GRACE_MS 5000  /* Between SIGTERM and SIGKILL. */
#define KILL_MS 20000  /* Beyond them: the template has gone wrong. */
#define PACKET_BYTES 20480
#define OUTPUT_TAIL_BYTES 4096

/* Modules are loaded from their bytecode, also where the user wants none written: what
 * compiling leaves behind in memory would be copied for every task. */
static const char program[] = "import sys\n"
                              "sys.dont_write_bytecode = False\n"
                              "sys.path[0] = sys.argv[1]\n"
                              "import kf_worker\n"
                              "kf_worker.main(int(sys.argv[2]), sys.argv[3])\n";

struct kf_worker {
    kf_process process;
    int control;
    int output; /* What the template itself prints, which is why it cannot start. */
    kf_buf identity;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static kf_status fail_system(const char *action)
{
    return kf__fail(errno == ENOMEM ? KF_ENOMEM : KF_EIO, NULL, "cannot %s: %s", action,
        strerror(errno));
}

/* ---- the template's files ---- */

static kf_status put_file(const char *folder, const char *name, const char *text)
{
    char *path = kf__join_path(folder, name);
    if (path == NULL)
        return KF_ENOMEM;
    kf_status status =
        kf__file_exists(path) ? KF_OK : kf__file_write(path, text, strlen(text));
    kf__free(path);
    return status;
}

/* A folder whose name comes from what is in it, so that it never changes. */
static kf_status put_files(const char *home, kf_buf *folder)
{
    char digest[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, kf__runtime_source, kf__runtime_source_length);
    kf__sha256_update(&sha, kf__worker_source, kf__worker_source_length);
    kf__sha256_hex(&sha, digest);
    kf__buf_printf(folder, "%s/runtime/%.16s", home, digest);
    KF__TRY(folder->status);
    KF__TRY(kf__make_folders(folder->data));
    KF__TRY(put_file(folder->data, "kf_runtime.py", kf__runtime_source));
    return put_file(folder->data, "kf_worker.py", kf__worker_source);
}

/* ---- starting ---- */

static kf_status spawn(kf_worker *self, const char *python, const char *folder,
    const char *home, int theirs)
{
    char number[16];
    kf_buf sources = KF__BUF_INIT;
    kf__buf_printf(&sources, "%s/sources", home);
    (void)snprintf(number, sizeof number, "%d", theirs);
    const char *argv[] = {
        python, "-c", program, folder, number, kf__buf_text(&sources), NULL};
    kf_process_options options = {.argv = argv,
        .stdin_fd = -1,
        .stdout_fd = self->output,
        .stderr_fd = -1,
        .keep_fd = theirs};
    kf_status status = sources.status;
    if (status == KF_OK)
        status = kf__process_start(&options, &self->process);
    kf__buf_finish(&sources);
    return status;
}

/* The last line that the template printed. */
static void put_last_line(kf_buf *buf, int fd)
{
    char text[OUTPUT_TAIL_BYTES + 1];
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > OUTPUT_TAIL_BYTES ? size - OUTPUT_TAIL_BYTES : 0;
    ssize_t count = pread(fd, text, OUTPUT_TAIL_BYTES, from);
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == '\r'))
        count--;
    text[count > 0 ? count : 0] = '\0';
    const char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    kf__buf_puts(buf, kf__utf8_valid(line, strlen(line), NULL) ? line : "");
}

static kf_status fail_start(kf_worker *self, const char *python)
{
    int code = 0;
    kf_buf line = KF__BUF_INIT;
    kf_status ended = kf__process_wait(&self->process, 1000, &code);
    put_last_line(&line, self->output);
    const char *reason = line.length > 0  ? line.data
                         : ended != KF_OK ? "it does not answer"
                         : code == 0      ? "it ended at once"
                                          : "it ended with an error";
    kf_status status = kf__fail(KF_EUNSUPPORTED, NULL,
        "\"%s\" cannot run Python components: %s", python, reason);
    kf__buf_finish(&line);
    return status;
}

static kf_status receive_identity(kf_worker *self, const char *python)
{
    char packet[PACKET_BYTES];
    struct pollfd fd = {.fd = self->control, .events = POLLIN};
    int count;
    do {
        count = poll(&fd, 1, START_MS);
    } while (count < 0 && errno == EINTR);
    ssize_t length = count > 0 ? recv(self->control, packet, sizeof packet, 0) : 0;
    if (length <= 0)
        return fail_start(self, python);
    kf__buf_append(&self->identity, packet, (size_t)length);
    return self->identity.status;
}

static kf_status start(kf_worker *self, const char *python, const char *home)
{
    int pair[2];
    kf_buf folder = KF__BUF_INIT;
    self->output = memfd_create("kf-worker", MFD_CLOEXEC);
    if (self->output < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_system("start a worker");
    self->control = pair[0];
    kf_status status = put_files(home, &folder);
    if (status == KF_OK)
        status = spawn(self, python, folder.data, home, pair[1]);
    (void)close(pair[1]);
    kf__buf_finish(&folder);
    return status != KF_OK ? status : receive_identity(self, python);
}

kf_status kf__worker_start(const char *python, const char *home, kf_worker **out)
{
    kf_worker *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return KF_ENOMEM;
    *self = (kf_worker){.process = {.pidfd = -1}, .control = -1, .output = -1};
    kf_status status = start(self, python, home);
    if (status != KF_OK)
        kf__worker_free(self);
    else
        *out = self;
    return status;
}

void kf__worker_free(kf_worker *self)
{
    if (self == NULL)
        return;
    int code;
    close_fd(&self->control);
    if (self->process.pid > 0 &&
        kf__process_wait(&self->process, GRACE_MS, &code) == KF_ETIMEOUT)
        kf__process_end(&self->process, 0);
    close_fd(&self->output);
    kf__buf_finish(&self->identity);
    kf__free(self);
}

const char *kf__worker_identity(const kf_worker *self)
{
    return self->identity.data;
}

/* ---- work ---- */

static kf_status write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, data, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_system("hand a task to its worker");
        data += count;
        length -= (size_t)count;
    }
    return KF_OK;
}

/* What the job consists of; closed once it is sent. */
typedef struct parcel {
    int body;
    int reply;
    int log;
} parcel;

static void close_parcel(parcel *self)
{
    close_fd(&self->body);
    close_fd(&self->reply);
    close_fd(&self->log);
}

static kf_status open_parcel(parcel *self, const kf_work *work, int *mine)
{
    int pair[2];
    const char *log = work->log != NULL ? work->log : "/dev/null";
    self->log = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (self->log < 0)
        return kf__fail(
            KF_EIO, NULL, "cannot write the log \"%s\": %s", log, strerror(errno));
    self->body = memfd_create("kf-task", MFD_CLOEXEC);
    if (self->body < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_system("hand a task to its worker");
    *mine = pair[0];
    self->reply = pair[1];
    if (work->source != NULL)
        KF__TRY(write_all(self->body, work->source, strlen(work->source)));
    return write_all(self->body, work->request, strlen(work->request));
}

static kf_status send_parcel(int control, const parcel *self, kf_work *work)
{
    char head[128], digest[65];
    size_t length = work->source != NULL ? strlen(work->source) : 0;
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, work->source, length);
    kf__sha256_hex(&sha, digest);
    int count = snprintf(
        head, sizeof head, "%s %zu %zu", digest, length, strlen(work->request));
    union {
        char bytes[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } space = {{0}};
    struct iovec part = {.iov_base = head, .iov_len = (size_t)count};
    struct msghdr message = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space.bytes,
        .msg_controllen = sizeof space.bytes};
    struct cmsghdr *fds = CMSG_FIRSTHDR(&message);
    *fds = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
        .cmsg_type = SCM_RIGHTS,
        .cmsg_len = CMSG_LEN(3 * sizeof(int))};
    memcpy(
        CMSG_DATA(fds), (int[]){self->body, self->reply, self->log}, 3 * sizeof(int));
    ssize_t sent;
    do {
        sent = sendmsg(control, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return KF_OK;
    work->lost = true;
    return kf__fail(KF_ESTATE, NULL, "the worker process has ended");
}

/* A job that was handed over. */
typedef struct job {
    kf_work *work;
    int fd;
    pid_t pid;          /* Of the task's process, once it is known. */
    kf_status stopping; /* KF_OK, KF_ECANCELED, KF_ETIMEOUT */
    int64_t patience;   /* When to give up on the template, once the job is to stop. */
    bool ended;
} job;

static void stop(job *self, kf_status reason)
{
    char text[32];
    int count = snprintf(text, sizeof text, "stop %d", GRACE_MS);
    self->stopping = reason;
    self->patience = kf__monotonic_ns() + (GRACE_MS + KILL_MS) * INT64_C(1000000);
    (void)send(self->fd, text, (size_t)count, MSG_NOSIGNAL);
}

static int wait_ms(const job *self)
{
    int64_t until = self->stopping != KF_OK ? self->patience : self->work->deadline;
    if (until == 0)
        return -1;
    int64_t left = (until - kf__monotonic_ns()) / 1000000 + 1;
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void put_text(kf_buf *buf, const char *text, size_t length)
{
    size_t valid = length;
    kf__buf_truncate(buf, 0);
    if (!kf__utf8_valid(text, length, &valid))
        length = valid; /* Cut within a character. */
    kf__buf_append(buf, text, length);
}

static void end_with(kf_work *work, int exit_code)
{
    work->exit_code = exit_code;
    if (exit_code < 0)
        kf__buf_truncate(&work->message, 0);
    if (exit_code != 0 && work->message.length == 0)
        kf__put_exit(&work->message, exit_code);
}

static kf_status take_message(job *self, const char *packet, size_t length)
{
    int64_t number = 0;
    if (strchr("PXS", packet[0]) != NULL)
        (void)kf__parse_int64(packet + 1, &number);
    self->ended = packet[0] == 'X' || packet[0] == 'S';
    if (packet[0] == 'P')
        self->pid = (pid_t)number;
    else if (packet[0] == 'X')
        end_with(self->work, (int)number);
    else if (packet[0] == 'S')
        end_with(self->work, -(int)number);
    else if (packet[0] == 'F')
        return kf__fail(
            KF_EIO, NULL, "cannot start a process for the task: %s", packet + 1);
    else
        put_text(&self->work->message, packet + 1, length - 1);
    return KF_OK;
}

/* The template has ended, and has left the task to us. */
static kf_status fail_gone(const job *self)
{
    self->work->lost = true;
    if (self->pid > 0)
        (void)kill(-self->pid, SIGKILL);
    return kf__fail(KF_EIO, NULL, "the worker process ended while it ran the task");
}

static kf_status take_packet(job *self)
{
    char packet[PACKET_BYTES];
    ssize_t length = recv(self->fd, packet, sizeof packet - 1, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return KF_OK;
    if (length <= 0)
        return fail_gone(self);
    packet[length] = '\0';
    return take_message(self, packet, (size_t)length);
}

/* The task keeps its end of the job's socket open; the template alone has the other end
 * of `control`. */
static kf_status wait_end(job *self, int control)
{
    while (!self->ended) {
        struct pollfd fds[3] = {{.fd = self->fd, .events = POLLIN}, {.fd = control},
            {.fd = self->stopping == KF_OK ? self->work->cancel_fd : -1,
                .events = POLLIN}};
        int count = poll(fds, 3, wait_ms(self));
        if (count > 0 && fds[0].revents != 0)
            KF__TRY(take_packet(self));
        else if (count > 0 && fds[1].revents != 0)
            return fail_gone(self);
        else if (count > 0 && fds[2].revents != 0)
            stop(self, KF_ECANCELED);
        else if (count == 0 && wait_ms(self) == 0 && self->stopping == KF_OK)
            stop(self, KF_ETIMEOUT);
        else if (count == 0 && wait_ms(self) == 0)
            return fail_gone(self);
    }
    return KF_OK;
}

static kf_status conclude(const job *self)
{
    const kf_work *work = self->work;
    if (self->stopping == KF_ECANCELED)
        return kf__fail(KF_ECANCELED, NULL, "the task was canceled");
    if (self->stopping == KF_ETIMEOUT)
        return kf__fail(KF_ETIMEOUT, NULL, "the task did not end in the time it has");
    if (work->exit_code != 0)
        return kf__fail(KF_EFAILED, NULL, "%s", kf__buf_text(&work->message));
    return work->message.status;
}

kf_status kf__worker_do(kf_worker *worker, kf_work *work)
{
    parcel sent = {-1, -1, -1};
    job given = {.work = work, .fd = -1};
    work->exit_code = 0;
    work->lost = false;
    kf__buf_truncate(&work->message, 0);
    kf_status status = open_parcel(&sent, work, &given.fd);
    if (status == KF_OK)
        status = send_parcel(worker->control, &sent, work);
    close_parcel(&sent);
    if (status == KF_OK)
        status = wait_end(&given, worker->control);
    if (status == KF_OK)
        status = conclude(&given);
    close_fd(&given.fd);
    return status;
}
