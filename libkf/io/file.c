/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

kf_status kf__file_fail(const char *path, const char *action)
{
    int reason = errno;
    return kf__fail(reason == ENOENT   ? KF_ENOENT
                    : reason == ENOMEM ? KF_ENOMEM
                                       : KF_EIO,
        NULL, "cannot %s \"%s\": %s", action, path, strerror(reason));
}

static kf_status read_all(int fd, const char *path, size_t limit, kf_buf *out)
{
    char block[65536];
    size_t total = 0;
    for (;;) {
        ssize_t count = read(fd, block, sizeof block);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return kf__file_fail(path, "read");
        if (count == 0)
            return out->status;
        total += (size_t)count;
        if (total > limit)
            return kf__fail(KF_ELIMIT, NULL,
                "\"%s\" has more than the limit of %zu bytes", path, limit);
        kf__buf_append(out, block, (size_t)count);
    }
}

static kf_status read_and_close(int fd, const char *path, size_t limit, kf_buf *out)
{
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (size_t)info.st_size <= limit)
        kf__buf_reserve(out, (size_t)info.st_size);
    size_t before = out->length;
    kf_status status = read_all(fd, path, limit, out);
    (void)close(fd);
    if (status != KF_OK)
        kf__buf_truncate(out, before);
    return status;
}

kf_status kf__file_read(const char *path, size_t limit, kf_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return kf__file_fail(path, "open");
    return read_and_close(fd, path, limit, out);
}

static const char *type_of_file(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

static kf_status refuse_special(const char *path, mode_t mode)
{
    return kf__fail(KF_EUNSUPPORTED, NULL, "cannot read \"%s\": it is %s, not a file",
        path, type_of_file(mode));
}

/* Looked at before it is opened, because to open a device may do something, and
 * afterwards, because it may have been exchanged meanwhile. */
kf_status kf__file_open_plain(const char *path, int *out)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return kf__file_fail(path, "open");
    if (!S_ISREG(info.st_mode))
        return refuse_special(path, info.st_mode);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return kf__file_fail(path, "open");
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return refuse_special(path, info.st_mode);
    }
    *out = fd;
    return KF_OK;
}

kf_status kf__file_read_plain(const char *path, size_t limit, kf_buf *out)
{
    int fd = -1;
    KF__TRY(kf__file_open_plain(path, &fd));
    return read_and_close(fd, path, limit, out);
}

kf_status kf__file_write_all(int fd, const char *path, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, data, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return kf__file_fail(path, "write");
        data += count;
        length -= (size_t)count;
    }
    return KF_OK;
}

/* A terminal, a pipe or a device is written to, not replaced. */
static kf_status write_special(const char *path, const void *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return kf__file_fail(path, "open");
    kf_status status = kf__file_write_all(fd, path, data, length);
    if (close(fd) != 0 && status == KF_OK)
        status = kf__file_fail(path, "write");
    return status;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return kf__strdup(".");
    return slash == path ? kf__strdup("/") : kf__strndup(path, (size_t)(slash - path));
}

/* Without it the new name itself may be lost when the machine stops. Some file systems
 * cannot, and the file is in place already, so that this is no reason to fail. */
static void sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    kf__free(folder);
}

/* `mode`: of the file that is replaced; 0: there is none. */
static kf_status write_beside(const char *path, const char *temporary, mode_t mode,
    const void *data, size_t length)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return kf__file_fail(path, "create");
    kf_status status = kf__file_write_all(fd, path, data, length);
    if (status == KF_OK && mode != 0 && fchmod(fd, mode & 07777) != 0)
        status = kf__file_fail(path, "set the mode of");
    if (status == KF_OK && fsync(fd) != 0)
        status = kf__file_fail(path, "write");
    if (close(fd) != 0 && status == KF_OK)
        status = kf__file_fail(path, "write");
    if (status == KF_OK && rename(temporary, path) != 0)
        status = kf__file_fail(path, "replace");
    if (status != KF_OK)
        (void)unlink(temporary);
    else
        sync_folder(path);
    return status;
}

static kf_status write_regular(
    const char *path, mode_t mode, const void *data, size_t length)
{
    char id[37];
    kf_buf temporary = KF__BUF_INIT;
    KF__TRY(kf__uuid4(id));
    kf__buf_printf(&temporary, "%s.%.8s.tmp", path, id);
    kf_status status = temporary.status;
    if (status == KF_OK)
        status = write_beside(path, temporary.data, mode, data, length);
    kf__buf_finish(&temporary);
    return status;
}

kf_status kf__file_write(const char *path, const void *data, size_t length)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return write_regular(path, 0, data, length);
    if (S_ISDIR(info.st_mode))
        return kf__fail(KF_EIO, NULL, "cannot write \"%s\": it is a folder", path);
    if (!S_ISREG(info.st_mode))
        return write_special(path, data, length);
    /* Through a link, so that the link stays one. */
    char target[PATH_MAX];
    if (realpath(path, target) == NULL)
        return kf__file_fail(path, "find");
    return write_regular(target, info.st_mode, data, length);
}

static kf_status make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return KF_OK;
    int reason = errno;
    if (kf__is_folder(path))
        return KF_OK;
    if (reason == EEXIST)
        return kf__fail(KF_EIO, NULL,
            "cannot create the folder \"%s\": there is something that is no folder",
            path);
    errno = reason;
    return kf__file_fail(path, "create the folder");
}

/* Where the longest part of the path ends that is a folder; 0: where it begins. Asking
 * is cheaper than trying to make what is there. */
static size_t existing_part(char *path)
{
    size_t end = strlen(path);
    for (bool found = false; !found && end > 0;) {
        while (--end > 0 && path[end] != '/')
            ;
        if (end > 0) {
            path[end] = '\0';
            found = kf__is_folder(path);
            path[end] = '/';
        }
    }
    return end;
}

kf_status kf__make_folders(const char *path)
{
    if (*path == '\0' || kf__is_folder(path))
        return KF_OK;
    char *prefix = kf__strdup(path);
    if (prefix == NULL)
        return KF_ENOMEM;
    kf_status status = KF_OK;
    for (char *at = prefix + existing_part(prefix) + 1; status == KF_OK && *at != '\0';
         at++) {
        if (*at == '/' && at[-1] != '/') {
            *at = '\0';
            status = make_folder(prefix);
            *at = '/';
        }
    }
    kf__free(prefix);
    return status == KF_OK ? make_folder(path) : status;
}

kf_status kf__make_parent_folders(const char *path)
{
    char *folder = folder_of(path);
    if (folder == NULL)
        return KF_ENOMEM;
    kf_status status = kf__make_folders(folder);
    kf__free(folder);
    return status;
}

bool kf__file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool kf__is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static kf_status put_working_folder(kf_buf *buf)
{
    char folder[PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL)
        return kf__file_fail(".", "find the path of");
    kf__buf_puts(buf, folder);
    return KF_OK;
}

static kf_status put_base(kf_buf *buf, const char **path)
{
    if ((*path)[0] == '~' && ((*path)[1] == '/' || (*path)[1] == '\0')) {
        const char *home = kf__environment("HOME");
        if (home == NULL || home[0] != '/')
            return kf__fail(KF_ENOENT, NULL,
                "cannot expand \"%s\": HOME is not set to an absolute path", *path);
        kf__buf_puts(buf, home);
        *path += 1;
        return KF_OK;
    }
    return **path == '/' ? KF_OK : put_working_folder(buf);
}

static void drop_last_part(kf_buf *buf)
{
    while (buf->length > 0 && buf->data[buf->length - 1] != '/')
        kf__buf_truncate(buf, buf->length - 1);
    if (buf->length > 0)
        kf__buf_truncate(buf, buf->length - 1);
}

/* Appends the parts of a path, each with a slash before it; "." and ".." are resolved
 * by name. */
static void put_parts(kf_buf *buf, const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && strncmp(path, "..", 2) == 0) {
            drop_last_part(buf);
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            kf__buf_putc(buf, '/');
            kf__buf_append(buf, path, length);
        }
        path += length;
        path += strspn(path, "/");
    }
}

kf_status kf__absolute_path(const char *path, char **out)
{
    kf_buf base = KF__BUF_INIT;
    kf_buf whole = KF__BUF_INIT;
    kf_status status = put_base(&base, &path);
    if (status == KF_OK) {
        put_parts(&whole, kf__buf_text(&base));
        put_parts(&whole, path);
        if (whole.length == 0)
            kf__buf_putc(&whole, '/');
        status = base.status == KF_OK ? kf__buf_take(&whole, out) : base.status;
    }
    kf__buf_finish(&base);
    kf__buf_finish(&whole);
    return status;
}

char *kf__join_path(const char *folder, const char *name)
{
    kf_buf path = KF__BUF_INIT;
    char *out = NULL;
    kf__buf_puts(&path, folder);
    if (path.length > 0 && path.data[path.length - 1] != '/')
        kf__buf_putc(&path, '/');
    kf__buf_puts(&path, name);
    return kf__buf_take(&path, &out) == KF_OK ? out : NULL;
}

const char *kf__environment(const char *name)
{
    return getenv(name);
}
