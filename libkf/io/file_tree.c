/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to a file or a folder with all in it. Folders are walked by descriptors,
 * so that a folder exchanged for a link meanwhile leads nowhere else. */
#include "io/file.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Never waits for the other end of a pipe that a file was exchanged for meanwhile. */
#define OPEN_FILE (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Links are followed at the top alone. */
static int no_follow(int depth)
{
    return depth > 0 ? O_NOFOLLOW : 0;
}

static kf_status check_depth(int depth)
{
    if (depth <= KF__LIMIT_DEPTH)
        return KF_OK;
    return kf__fail(KF_ELIMIT, NULL,
        "folders nested deeper than %d levels (KF__LIMIT_DEPTH)", KF__LIMIT_DEPTH);
}

typedef KF__VEC(char *) names;

static void finish_names(names *list)
{
    for (size_t i = 0; i < list->count; i++)
        kf__free(list->items[i]);
    kf__vec_finish(list);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static kf_status add_names(DIR *folder, const char *path, names *out)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL)
            return errno == 0 ? KF_OK : kf__file_fail(path, "read the folder");
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = kf__strdup(entry->d_name);
        if (name == NULL || kf__vec_push(out, name) != KF_OK) {
            kf__free(name);
            return KF_ENOMEM;
        }
    }
}

/* The names in a folder, sorted; taken at once, because the folder is changed while it
 * is walked. */
static kf_status list_names(int fd, const char *path, names *out)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (folder == NULL) {
        kf_status status = kf__file_fail(path, "read the folder");
        if (copy >= 0)
            (void)close(copy);
        return status;
    }
    kf_status status = add_names(folder, path, out);
    (void)closedir(folder);
    if (status == KF_OK && out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_names);
    if (status != KF_OK)
        finish_names(out);
    return status;
}

static kf_status remove_entry(
    int folder, const char *name, const char *path, int depth);

static kf_status remove_content(int fd, const char *path, int depth)
{
    names list = {0};
    KF__TRY(check_depth(depth));
    KF__TRY(list_names(fd, path, &list));
    kf_status status = KF_OK;
    for (size_t i = 0; i < list.count && status == KF_OK; i++) {
        char *inner = kf__join_path(path, list.items[i]);
        status =
            inner != NULL ? remove_entry(fd, list.items[i], inner, depth) : KF_ENOMEM;
        kf__free(inner);
    }
    finish_names(&list);
    return status;
}

static kf_status remove_folder(
    int folder, const char *name, const char *path, int depth)
{
    int fd = openat(folder, name, OPEN_FOLDER);
    /* Tools leave folders without permissions behind, such as caches that nobody is to
     * change. */
    if (fd < 0 && errno == EACCES && fchmodat(folder, name, 0700, 0) == 0)
        fd = openat(folder, name, OPEN_FOLDER);
    if (fd < 0)
        return errno == ENOENT ? KF_OK : kf__file_fail(path, "remove");
    struct stat info;
    if (fstat(fd, &info) == 0 && (info.st_mode & 0300) != 0300)
        (void)fchmod(fd, 0700);
    kf_status status = remove_content(fd, path, depth + 1);
    (void)close(fd);
    if (status == KF_OK && unlinkat(folder, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        status = kf__file_fail(path, "remove");
    return status;
}

static kf_status remove_entry(int folder, const char *name, const char *path, int depth)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || errno == ENOTDIR ? KF_OK
                                                   : kf__file_fail(path, "remove");
    if (S_ISDIR(info.st_mode))
        return remove_folder(folder, name, path, depth);
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return kf__file_fail(path, "remove");
    return KF_OK;
}

kf_status kf__remove_tree(const char *path)
{
    return remove_entry(AT_FDCWD, path, path, 0);
}

static kf_status refuse_step(const char *path, const char *part, size_t length)
{
    return kf__fail(KF_EINVAL, NULL,
        "cannot remove \"%s\": \"%.*s\" in it is no folder of its own", path,
        (int)length, part);
}

/* From the folder `*at`, which is closed, into the one of that name; -1 if there is
 * none. */
static kf_status step_down(int *at, const char *name, const char *path)
{
    int next = openat(*at, name, OPEN_FOLDER);
    int reason = errno;
    (void)close(*at);
    *at = next;
    errno = reason;
    if (next >= 0 || reason == ENOENT)
        return KF_OK;
    return reason == ELOOP || reason == ENOTDIR ? refuse_step(path, name, strlen(name))
                                                : kf__file_fail(path, "find");
}

kf_status kf__remove_tree_below(const char *folder, const char *path)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return errno == ENOENT ? KF_OK : kf__file_fail(folder, "open");
    kf_status status = KF_OK;
    for (const char *part = path; part != NULL && at >= 0 && status == KF_OK;) {
        char name[NAME_MAX + 1];
        size_t length = strcspn(part, "/");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, part);
        if (length > NAME_MAX || kf__name_fault(name) != NULL)
            status = refuse_step(path, part, length);
        else if (part[length] == '\0')
            status = remove_entry(at, name, path, 0);
        else
            status = step_down(&at, name, path);
        part = part[length] == '\0' ? NULL : part + length + 1;
    }
    if (at >= 0)
        (void)close(at);
    return status;
}

static kf_status copy_entry(int from_folder, const char *from_name, int to_folder,
    const char *to_name, const char *path, int depth);

static kf_status copy_bytes(int from, int to, const char *path)
{
    char block[65536];
    for (;;) {
        ssize_t count = read(from, block, sizeof block);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return kf__file_fail(path, "read");
        if (count == 0)
            return KF_OK;
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(to, block + done, (size_t)(count - done));
            if (written < 0 && errno != EINTR)
                return kf__file_fail(path, "write the copy of");
            done += written > 0 ? written : 0;
        }
    }
}

/* Lets the file system share or move the blocks itself where it can. */
static kf_status copy_data(int from, int to, const char *path)
{
    for (;;) {
        ssize_t count = copy_file_range(from, NULL, to, NULL, SSIZE_MAX / 2, 0);
        if (count == 0)
            /* Files of /proc and the like have a length of 0 and content nevertheless.
             */
            return copy_bytes(from, to, path);
        if (count < 0 && (errno == ENOSPC || errno == EIO || errno == EDQUOT))
            return kf__file_fail(path, "write the copy of");
        if (count < 0 && errno != EINTR)
            return copy_bytes(from, to, path);
    }
}

static kf_status copy_file(int from_folder, const char *from_name, int to_folder,
    const char *to_name, const char *path, mode_t mode, int depth)
{
    int from = openat(from_folder, from_name, OPEN_FILE | no_follow(depth));
    if (from < 0)
        return kf__file_fail(path, "open");
    int to = openat(to_folder, to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
        (mode & 0777) | 0200);
    if (to < 0) {
        kf_status status = kf__file_fail(path, "create the copy of");
        (void)close(from);
        return status;
    }
    kf_status status = copy_data(from, to, path);
    if (status == KF_OK && fchmod(to, mode & 07777) != 0)
        status = kf__file_fail(path, "set the mode of the copy of");
    if (close(to) != 0 && status == KF_OK)
        status = kf__file_fail(path, "write the copy of");
    (void)close(from);
    return status;
}

static kf_status copy_link(int from_folder, const char *from_name, int to_folder,
    const char *to_name, const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(from_folder, from_name, target, sizeof target - 1);
    if (length < 0)
        return kf__file_fail(path, "read the link");
    target[length] = '\0';
    return symlinkat(target, to_folder, to_name) == 0
               ? KF_OK
               : kf__file_fail(path, "create the copy of");
}

static kf_status copy_content(int from, int to, const char *path, int depth)
{
    names list = {0};
    KF__TRY(list_names(from, path, &list));
    kf_status status = KF_OK;
    for (size_t i = 0; i < list.count && status == KF_OK; i++) {
        char *inner = kf__join_path(path, list.items[i]);
        status = inner != NULL
                     ? copy_entry(from, list.items[i], to, list.items[i], inner, depth)
                     : KF_ENOMEM;
        kf__free(inner);
    }
    finish_names(&list);
    return status;
}

static kf_status copy_folder(int from_folder, const char *from_name, int to_folder,
    const char *to_name, const char *path, mode_t mode, int depth)
{
    /* Before it is made, so that what is copied can be removed again. */
    KF__TRY(check_depth(depth + 1));
    int from = openat(
        from_folder, from_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_follow(depth));
    if (from < 0)
        return kf__file_fail(path, "open");
    int to = -1;
    if (mkdirat(to_folder, to_name, 0700) == 0)
        to = openat(to_folder, to_name, OPEN_FOLDER);
    kf_status status = to >= 0 ? KF_OK : kf__file_fail(path, "create the copy of");
    if (status == KF_OK)
        status = copy_content(from, to, path, depth + 1);
    if (status == KF_OK && fchmod(to, mode & 07777) != 0)
        status = kf__file_fail(path, "set the mode of the copy of");
    if (to >= 0)
        (void)close(to);
    (void)close(from);
    return status;
}

static kf_status copy_entry(int from_folder, const char *from_name, int to_folder,
    const char *to_name, const char *path, int depth)
{
    struct stat info;
    if (fstatat(from_folder, from_name, &info, depth > 0 ? AT_SYMLINK_NOFOLLOW : 0) !=
        0)
        return kf__file_fail(path, "find");
    if (S_ISDIR(info.st_mode))
        return copy_folder(
            from_folder, from_name, to_folder, to_name, path, info.st_mode, depth);
    if (S_ISLNK(info.st_mode))
        return copy_link(from_folder, from_name, to_folder, to_name, path);
    if (S_ISREG(info.st_mode))
        return copy_file(
            from_folder, from_name, to_folder, to_name, path, info.st_mode, depth);
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "cannot copy \"%s\": it is neither a file nor a folder nor a link", path);
}

bool kf__is_inside(const char *path, const char *folder)
{
    char outer[PATH_MAX];
    char inner[PATH_MAX];
    const char *slash = strrchr(path, '/');
    char *parent =
        slash != NULL ? kf__strndup(path, (size_t)(slash - path) + 1) : kf__strdup(".");
    bool known = parent != NULL && kf__is_folder(folder) &&
                 realpath(folder, outer) != NULL && realpath(parent, inner) != NULL;
    kf__free(parent);
    size_t length = known ? strlen(outer) : 0;
    return known && strncmp(inner, outer, length) == 0 &&
           (length == 1 || inner[length] == '/' || inner[length] == '\0');
}

/* What is at `to` steps aside until the copy has taken its place. */
static kf_status put_in_place(const char *copy, const char *to)
{
    kf_buf old = KF__BUF_INIT;
    kf__buf_printf(&old, "%s.old", copy);
    kf_status status = old.status;
    bool stood = status == KF_OK && rename(to, old.data) == 0;
    if (status == KF_OK && !stood && errno != ENOENT)
        status = kf__file_fail(to, "replace");
    if (status == KF_OK && rename(copy, to) != 0) {
        status = kf__file_fail(to, "create");
        if (stood)
            (void)rename(old.data, to);
    } else if (stood) {
        status = remove_entry(AT_FDCWD, old.data, old.data, 0);
    }
    kf__buf_finish(&old);
    return status;
}

kf_status kf__replace_tree(const char *from, const char *to)
{
    char id[37];
    kf_buf temporary = KF__BUF_INIT;
    if (kf__is_inside(to, from)) /* The copy would be copied too. */
        return kf__fail(
            KF_EINVAL, NULL, "cannot copy the folder \"%s\" into itself", from);
    KF__TRY(kf__uuid4(id));
    kf__buf_printf(&temporary, "%s.%.8s.tmp", to, id);
    kf_status status = temporary.status;
    if (status == KF_OK)
        status = copy_entry(AT_FDCWD, from, AT_FDCWD, temporary.data, from, 0);
    if (status == KF_OK)
        status = put_in_place(temporary.data, to);
    if (status != KF_OK && temporary.data != NULL)
        (void)remove_entry(AT_FDCWD, temporary.data, temporary.data, 0);
    kf__buf_finish(&temporary);
    return status;
}

kf_status kf__copy_tree(const char *from, const char *to)
{
    if (kf__is_folder(to))
        return kf__fail(
            KF_EEXIST, NULL, "cannot copy to \"%s\": there is a folder", to);
    return kf__replace_tree(from, to);
}

static kf_status digest_entry(int folder, const char *name, const char *path, int depth,
    char out[65], int64_t *size, char *type);

static kf_status digest_file(int folder, const char *name, const char *path, int depth,
    char out[65], int64_t *size)
{
    char block[65536];
    kf_sha256 sha;
    ssize_t count;
    int fd = openat(folder, name, OPEN_FILE | no_follow(depth));
    if (fd < 0)
        return kf__file_fail(path, "open");
    kf__sha256_init(&sha);
    while ((count = read(fd, block, sizeof block)) != 0) {
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        kf__sha256_update(&sha, block, (size_t)count);
        *size += count;
    }
    kf_status status = count < 0 ? kf__file_fail(path, "read") : KF_OK;
    (void)close(fd);
    kf__sha256_hex(&sha, out);
    return status;
}

/* A folder's digest is that of its entries: type, name, NUL, digest. */
static kf_status digest_content(
    int fd, const char *path, int depth, char out[65], int64_t *size)
{
    names list = {0};
    kf_sha256 sha;
    KF__TRY(check_depth(depth));
    KF__TRY(list_names(fd, path, &list));
    kf__sha256_init(&sha);
    kf_status status = KF_OK;
    for (size_t i = 0; i < list.count && status == KF_OK; i++) {
        char digest[65] = "";
        char type = '\0';
        char *inner = kf__join_path(path, list.items[i]);
        status = inner != NULL ? digest_entry(fd, list.items[i], inner, depth, digest,
                                     size, &type)
                               : KF_ENOMEM;
        kf__free(inner);
        kf__sha256_update(&sha, &type, 1);
        kf__sha256_update(&sha, list.items[i], strlen(list.items[i]) + 1);
        kf__sha256_update(&sha, digest, strlen(digest));
    }
    finish_names(&list);
    kf__sha256_hex(&sha, out);
    return status;
}

static kf_status digest_link(
    int folder, const char *name, const char *path, char out[65])
{
    char target[PATH_MAX];
    kf_sha256 sha;
    ssize_t length = readlinkat(folder, name, target, sizeof target);
    if (length < 0)
        return kf__file_fail(path, "read the link");
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, target, (size_t)length);
    kf__sha256_hex(&sha, out);
    return KF_OK;
}

static kf_status digest_entry(int folder, const char *name, const char *path, int depth,
    char out[65], int64_t *size, char *type)
{
    struct stat info;
    if (fstatat(folder, name, &info, depth > 0 ? AT_SYMLINK_NOFOLLOW : 0) != 0)
        return kf__file_fail(path, "find");
    *type = S_ISDIR(info.st_mode) ? 'd' : S_ISLNK(info.st_mode) ? 'l' : 'f';
    if (S_ISLNK(info.st_mode))
        return digest_link(folder, name, path, out);
    if (S_ISREG(info.st_mode))
        return digest_file(folder, name, path, depth, out, size);
    if (!S_ISDIR(info.st_mode))
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "cannot digest \"%s\": it is neither a file nor a folder nor a link", path);
    int fd =
        openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_follow(depth));
    if (fd < 0)
        return kf__file_fail(path, "open");
    kf_status status = digest_content(fd, path, depth + 1, out, size);
    (void)close(fd);
    return status;
}

kf_status kf__digest_path(const char *path, char out[65], int64_t *size)
{
    char digest[65];
    char type;
    int64_t bytes = 0;
    KF__TRY(digest_entry(AT_FDCWD, path, path, 0, digest, &bytes, &type));
    memcpy(out, digest, sizeof digest);
    if (size != NULL)
        *size = bytes;
    return KF_OK;
}
