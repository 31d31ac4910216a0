/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/file.h"
#include "io/socket.h"

static void open_file(kf_worker_log *log)
{
    struct stat info;
    log->fd =
        open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    log->size = log->fd >= 0 && fstat(log->fd, &info) == 0 ? (size_t)info.st_size : 0;
}

kf_status kf__worker_log_open(kf_worker_log *log, const char *path, size_t limit)
{
    *log = (kf_worker_log){.path = path, .limit = limit, .fd = -1};
    if (path == NULL)
        return KF_OK;
    open_file(log);
    return log->fd >= 0 ? KF_OK : kf__file_fail(path, "write the log");
}

static void turn_over(kf_worker_log *log)
{
    kf_buf old = KF__BUF_INIT;
    kf__buf_printf(&old, "%s.1", log->path);
    if (old.status == KF_OK && rename(log->path, old.data) == 0) {
        kf__socket_close(&log->fd);
        open_file(log);
    } else if (log->fd >= 0 && ftruncate(log->fd, 0) == 0) {
        log->size = 0;
    }
    kf__buf_finish(&old);
}

void kf__worker_log_write(kf_worker_log *log, const char *text, size_t length)
{
    if (log->path == NULL)
        return;
    if (log->size > 0 && log->size + length > log->limit)
        turn_over(log);
    while (length > 0 && log->fd >= 0) {
        ssize_t count = write(log->fd, text, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        log->size += (size_t)count;
        text += count;
        length -= (size_t)count;
    }
}

void kf__worker_log_close(kf_worker_log *log)
{
    kf__socket_close(&log->fd);
}

void kf__worker_tail_add(kf_buf *tail, const char *text, size_t length)
{
    if (length > KF__WORKER_TAIL) {
        text += length - KF__WORKER_TAIL;
        length = KF__WORKER_TAIL;
    }
    if (tail->length + length > 2 * KF__WORKER_TAIL) {
        memmove(
            tail->data, tail->data + tail->length - KF__WORKER_TAIL, KF__WORKER_TAIL);
        kf__buf_truncate(tail, KF__WORKER_TAIL);
    }
    kf__buf_append(tail, text, length);
}

void kf__worker_tail_put(const kf_buf *tail, int lines, kf_buf *out)
{
    size_t end = tail->length;
    while (end > 0 && strchr(" \t\r\n", tail->data[end - 1]) != NULL)
        end--;
    size_t from = end;
    while (from > 0 && end - from < KF__WORKER_TAIL) {
        if (tail->data[from - 1] == '\n' && --lines <= 0)
            break;
        from--;
    }
    size_t at = out->length;
    kf__buf_append(out, tail->data + from, end - from);
    if (out->status == KF_OK && out->length > at)
        kf__utf8_mend(out->data + at, out->length - at);
}
