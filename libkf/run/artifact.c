/* SPDX-License-Identifier: Apache-2.0 */
#include "run/artifact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"

const char *kf__local_path(const char *uri)
{
    if (!uri || !*uri)
        return NULL;
    if (kf__starts_with(uri, "file://"))
        return uri + strlen("file://");
    return strstr(uri, "://") ? NULL : uri;
}

const char *kf__artifact_path(const kf_value *artifact)
{
    const char *custom = kf__get_text(artifact, "customPath");
    if (custom && *custom)
        return custom;
    return kf__local_path(kf__get_text(artifact, "uri"));
}

static void put_stat(kf_sha256 *sha, const char *name, const struct stat *status)
{
    int64_t numbers[] = {(int64_t)status->st_size, (int64_t)status->st_mtim.tv_sec,
        (int64_t)status->st_mtim.tv_nsec, (int64_t)status->st_ino,
        (int64_t)(status->st_mode & S_IFMT)};
    kf__sha256_update(sha, name, strlen(name) + 1);
    kf__sha256_update(sha, numbers, sizeof numbers);
}

typedef KF__VEC(char *) name_list;

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static kf_status read_names(const char *path, name_list *names)
{
    DIR *folder = opendir(path);
    if (!folder)
        return kf__fail(KF_EIO, path, "cannot read the folder: %s", strerror(errno));
    struct dirent *entry;
    kf_status status = KF_OK;
    while (status == KF_OK && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = kf__strdup(entry->d_name);
        status = name ? kf__vec_push(names, name) : KF_ENOMEM;
        if (status != KF_OK)
            kf__free(name);
    }
    (void)closedir(folder);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return status;
}

static kf_status stamp_below(
    kf_sha256 *sha, const char *path, const char *name, int depth)
{
    struct stat status;
    if (depth > KF__LIMIT_DEPTH)
        return kf__fail(
            KF_ELIMIT, path, "folders are nested deeper than %d", KF__LIMIT_DEPTH);
    if (lstat(path, &status) != 0)
        return kf__fail(KF_EIO, path, "cannot be read: %s", strerror(errno));
    if (S_ISLNK(status.st_mode) && depth == 0 && stat(path, &status) != 0)
        return kf__fail(KF_EIO, path, "cannot be read: %s", strerror(errno));
    put_stat(sha, name, &status);
    if (!S_ISDIR(status.st_mode))
        return KF_OK;
    name_list names = {0};
    kf_status result = read_names(path, &names);
    for (size_t i = 0; i < names.count; i++) {
        char *below = result == KF_OK ? kf__join_path(path, names.items[i]) : NULL;
        if (result == KF_OK)
            result =
                below ? stamp_below(sha, below, names.items[i], depth + 1) : KF_ENOMEM;
        kf__free(below);
        kf__free(names.items[i]);
    }
    kf__vec_finish(&names);
    return result;
}

kf_status kf__file_stamp(const char *path, kf_buf *out)
{
    kf_sha256 sha;
    char hex[65];
    struct stat status;
    if (stat(path, &status) != 0)
        return KF_OK;
    kf__sha256_init(&sha);
    KF__TRY(stamp_below(&sha, path, "", 0));
    kf__sha256_hex(&sha, hex);
    kf__buf_append(out, hex, 32);
    return out->status;
}

kf_status kf__artifact_known(kf_db *db, const char *path, const char *stamp,
    char digest[65], int64_t *size, bool *known)
{
    kf_stmt *stmt = NULL;
    bool row = false;
    KF__TRY(kf__db_prepare(
        db, "SELECT digest, size FROM digests WHERE path = ? AND stamp = ?", &stmt));
    kf__bind_text(stmt, 1, path);
    kf__bind_text(stmt, 2, stamp);
    KF__TRY(kf__db_step(stmt, &row));
    const char *found = row ? kf__column_text(stmt, 0) : NULL;
    *known = found && strlen(found) == 64;
    if (*known) {
        memcpy(digest, found, 65);
        *size = kf__column_int(stmt, 1);
    }
    if (row)
        kf__db_reset(stmt);
    return KF_OK;
}

kf_status kf__artifact_remember(
    kf_db *db, const char *path, const char *stamp, const char *digest, int64_t size)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT OR REPLACE INTO digests (path, stamp, digest, size)"
        " VALUES (?, ?, ?, ?)",
        &stmt));
    kf__bind_text(stmt, 1, path);
    kf__bind_text(stmt, 2, stamp);
    kf__bind_text(stmt, 3, digest);
    kf__bind_int(stmt, 4, size);
    return kf__db_run(stmt);
}

kf_status kf__append_file(const char *path, const void *data, size_t length)
{
    struct stat info;
    int descriptor = open(path,
        O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
        0666);
    if (descriptor < 0)
        return kf__fail(KF_EIO, path, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(descriptor);
        return kf__fail(KF_EIO, path, "cannot write '%s': it is no file", path);
    }
    const char *next = data;
    kf_status status = KF_OK;
    while (length && status == KF_OK) {
        ssize_t written = write(descriptor, next, length);
        if (written < 0 && errno != EINTR)
            status =
                kf__fail(KF_EIO, path, "cannot write '%s': %s", path, strerror(errno));
        if (written > 0) {
            next += written;
            length -= (size_t)written;
        }
    }
    (void)close(descriptor);
    return status;
}
