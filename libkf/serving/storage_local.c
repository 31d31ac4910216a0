/* SPDX-License-Identifier: Apache-2.0 */
/* What is on this machine: used as it is. Only an archive is unpacked into the cache. */
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/archive.h"
#include "io/file.h"
#include "serving/storage_job.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/* The one thing in the folder; NULL: nothing, or more than one. */
static kf_status only_entry(const char *path, char **out)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    char *found = NULL;
    kf_status status = KF_OK;
    if (folder == NULL)
        return kf__file_fail(path, "read the folder");
    for (const struct dirent *entry; count < 2 && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count++ == 0 && (found = kf__join_path(path, entry->d_name)) == NULL)
            status = KF_ENOMEM;
    }
    (void)closedir(folder);
    if (count != 1) {
        kf__free(found);
        found = NULL;
    }
    *out = found;
    return count == 0 ? kf__fail(KF_ENOENT, NULL, "\"%s\" is an empty folder", path)
                      : status;
}

/* The path that job->identity says. */
static kf_status list_archive(kf_storage_job *job)
{
    struct stat info;
    const char *path = job->identity;
    const char *name = strrchr(path, '/');
    if (stat(path, &info) != 0)
        return kf__file_fail(path, "find");
    kf_storage_object object = {.name = name != NULL ? name + 1 : path,
        .path = path,
        .size = (int64_t)info.st_size,
        .version = kf__arena_printf(&job->tree.arena, "%lld-%lld.%09ld-%llu",
            (long long)info.st_size, (long long)info.st_mtim.tv_sec,
            info.st_mtim.tv_nsec, (unsigned long long)info.st_ino),
        .crc32c = -1};
    return object.version != NULL ? kf__storage_add(job, &object, false) : KF_ENOMEM;
}

static bool is_archive(const char *path)
{
    kf_archive_kind kind = kf__archive_kind(path);
    struct stat info;
    return (kind == KF_ARCHIVE_TAR || kind == KF_ARCHIVE_ZIP) &&
           stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static kf_status unpack(kf_storage_job *job, const char *path, char **out)
{
    job->identity = kf__arena_strdup(&job->tree.arena, path);
    return job->identity != NULL ? kf__storage_cached(job, list_archive, out)
                                 : KF_ENOMEM;
}

static kf_status use(kf_storage_job *job, char *path, char **out)
{
    char *only = NULL;
    kf_status status = KF_OK;
    if (kf__is_folder(path))
        status = only_entry(path, &only);
    const char *file = only != NULL ? only : path;
    if (status == KF_OK && is_archive(file)) {
        status = unpack(job, file, out);
        kf__free(path);
    } else if (status == KF_OK) {
        *out = path;
    } else {
        kf__free(path);
    }
    kf__free(only);
    return status;
}

static kf_status find(kf_storage_job *job, const char *path, char **out)
{
    const char *base = job->options->base;
    if (base == NULL || *path == '/' || *path == '~')
        return kf__absolute_path(path, out);
    char *joined = kf__join_path(base, path);
    if (joined == NULL)
        return KF_ENOMEM;
    kf_status status = kf__absolute_path(joined, out);
    kf__free(joined);
    return status;
}

static kf_status check_kind(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? kf__fail(KF_ENOENT, NULL, "there is no model at \"%s\"", path)
                   : kf__file_fail(path, "find");
    return S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)
               ? KF_OK
               : kf__fail(KF_EUNSUPPORTED, NULL,
                     "\"%s\" is neither a file nor a folder", path);
}

kf_status kf__storage_local(kf_storage_job *job, const char *path, char **out)
{
    char *absolute = NULL;
    if (*path == '\0')
        return kf__fail(KF_EINVAL, NULL, "\"%s\" names no path", job->uri);
    KF__TRY(find(job, path, &absolute));
    kf_status status = check_kind(absolute);
    if (status == KF_OK)
        return use(job, absolute, out);
    kf__free(absolute);
    return status;
}

/* ---- claims ---- */

/* Of "claim=folder"; NULL: none is given. */
static const char *given_folder(const kf_storage_job *job, const char *claim)
{
    size_t length = strlen(claim);
    const char *const *entries = job->options->claim_folders;
    for (; entries != NULL && *entries != NULL; entries++) {
        if (strncmp(*entries, claim, length) == 0 && (*entries)[length] == '=')
            return *entries + length + 1;
    }
    return NULL;
}

static kf_status claim_folder(kf_storage_job *job, const char *claim, const char **out)
{
    const char *claims = job->options->claims;
    *out = given_folder(job, claim);
    if (*out != NULL)
        return KF_OK;
    if (claims == NULL)
        KF__TRY(kf__storage_home(job));
    *out = claims != NULL
               ? kf__arena_printf(&job->tree.arena, "%s/%s", claims, claim)
               : kf__arena_printf(&job->tree.arena, "%s/pvc/%s", job->home, claim);
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status use_claim(
    kf_storage_job *job, const char *claim, const char *rest, char **out)
{
    const char *folder = NULL;
    KF__TRY(claim_folder(job, claim, &folder));
    if (!kf__is_folder(folder))
        return kf__fail(KF_ENOENT, NULL,
            "the claim \"%s\" has no folder on this machine: make \"%s\", or a link of "
            "that name to where its files are",
            claim, folder);
    const char *path = *rest == '\0'
                           ? folder
                           : kf__arena_printf(&job->tree.arena, "%s/%s", folder, rest);
    if (path == NULL)
        return KF_ENOMEM;
    for (const char *part = rest; *part != '\0'; part += strspn(part, "/")) {
        size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.')
            return kf__fail(
                KF_EINVAL, NULL, "\"%s\" leads out of its claim by \"..\"", job->uri);
        part += length;
    }
    return kf__storage_local(job, path, out);
}

kf_status kf__storage_claim(kf_storage_job *job, char **out)
{
    const char *start = job->uri + strlen("pvc://");
    size_t length = strcspn(start, "/");
    const char *claim = kf__arena_strndup(&job->tree.arena, start, length);
    if (claim == NULL)
        return KF_ENOMEM;
    const char *fault = kf__name_fault(claim);
    if (fault != NULL)
        return kf__fail(
            KF_EINVAL, NULL, "\"%s\": the name of a claim %s", job->uri, fault);
    const char *rest = start + length;
    return use_claim(job, claim, rest + strspn(rest, "/"), out);
}
