/* SPDX-License-Identifier: Apache-2.0 */
#include "io/archive.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"
#include "io/library.h"

#include <string.h>

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name), more = strlen(ending);
    if (length <= more)
        return false;
    for (size_t i = 0; i < more; i++) {
        char letter = name[length - more + i];
        if (letter >= 'A' && letter <= 'Z')
            letter = (char)(letter - 'A' + 'a');
        if (letter != ending[i])
            return false;
    }
    return true;
}

kf_archive_kind kf__archive_kind(const char *name)
{
    static const char *const tars[] = {
        ".tar", ".tar.gz", ".tgz", ".taz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"};
    for (size_t i = 0; i < sizeof tars / sizeof *tars; i++) {
        if (has_ending(name, tars[i]))
            return KF_ARCHIVE_TAR;
    }
    if (has_ending(name, ".zip"))
        return KF_ARCHIVE_ZIP;
    return has_ending(name, ".gz") ? KF_ARCHIVE_GZIP : KF_ARCHIVE_NONE;
}

#ifndef KF_WITH_ARCHIVE

static kf_status refuse(void)
{
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "this libkf was built without unpacking: to have it, build with libarchive's "
        "headers (Debian's package libarchive-dev)");
}

kf_status kf__archive_unpack(
    const char *path, const char *folder, const kf_archive_options *options)
{
    return refuse();
}

kf_status kf__archive_gunzip(
    const char *path, const char *to, const kf_archive_options *options)
{
    return refuse();
}

#else

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below it the ratio says nothing: a file of zeros is small at any rate. */
enum { RATIO_COUNTS_FROM = 64 << 20, BLOCK = 64 << 10 };

/* ---- opening the library ---- */

#define FUNCTIONS(X)                                                                   \
    X(archive_read_new)                                                                \
    X(archive_read_free)                                                               \
    X(archive_read_support_filter_gzip)                                                \
    X(archive_read_support_filter_bzip2)                                               \
    X(archive_read_support_filter_xz)                                                  \
    X(archive_read_support_format_tar)                                                 \
    X(archive_read_support_format_zip)                                                 \
    X(archive_read_support_format_raw)                                                 \
    X(archive_read_open_fd)                                                            \
    X(archive_read_next_header)                                                        \
    X(archive_read_data)                                                               \
    X(archive_error_string)                                                            \
    X(archive_filter_bytes)                                                            \
    X(archive_filter_code)                                                             \
    X(archive_entry_pathname)                                                          \
    X(archive_entry_pathname_utf8)                                                     \
    X(archive_entry_filetype)                                                          \
    X(archive_entry_hardlink)                                                          \
    X(archive_entry_hardlink_utf8)                                                     \
    X(archive_entry_symlink)                                                           \
    X(archive_entry_symlink_utf8)

static struct {
#define DECLARE(name) __typeof__(name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} archive_library;

static kf_status open_library(void)
{
#define NAME(name) #name,
    static const char *const names[] = {FUNCTIONS(NAME)};
#undef NAME
    return kf__library_open("libarchive.so.13", "libarchive13", names,
        sizeof names / sizeof *names, (void **)&archive_library);
}

/* ---- reading ---- */

typedef struct inner_link {
    char *name;
    char *target;
} inner_link;

typedef struct unpacking {
    const char *path;
    const char *name; /* In messages. */
    const kf_archive_options *options;
    struct archive *archive;
    int fd;
    int root; /* The folder that is unpacked to. */
    const char *root_path;
    size_t entries;
    int64_t bytes;
    KF__VEC(inner_link)
    links; /* Made when all else is there: nothing is written through one. */
} unpacking;

static kf_status refuse(
    const unpacking *self, kf_status code, const char *name, const char *reason)
{
    return name != NULL
               ? kf__fail(code, NULL, "cannot unpack \"%s\": %s: %s", self->name, name,
                     reason)
               : kf__fail(code, NULL, "cannot unpack \"%s\": %s", self->name, reason);
}

static kf_status fail_reading(const unpacking *self)
{
    const char *reason = archive_library.archive_error_string(self->archive);
    return refuse(
        self, KF_EDOCUMENT, NULL, reason != NULL ? reason : "it is no sound archive");
}

static kf_status begin(unpacking *self, bool single)
{
    KF__TRY(open_library());
    KF__TRY(kf__file_open_plain(self->path, &self->fd));
    self->archive = archive_library.archive_read_new();
    if (self->archive == NULL)
        return kf__nomem();
    (void)archive_library.archive_read_support_filter_gzip(self->archive);
    if (single) {
        (void)archive_library.archive_read_support_format_raw(self->archive);
    } else {
        (void)archive_library.archive_read_support_filter_bzip2(self->archive);
        (void)archive_library.archive_read_support_filter_xz(self->archive);
        (void)archive_library.archive_read_support_format_tar(self->archive);
        (void)archive_library.archive_read_support_format_zip(self->archive);
    }
    return archive_library.archive_read_open_fd(self->archive, self->fd, BLOCK) ==
                   ARCHIVE_OK
               ? KF_OK
               : fail_reading(self);
}

static void finish(unpacking *self)
{
    if (self->archive != NULL)
        (void)archive_library.archive_read_free(self->archive);
    if (self->fd >= 0)
        (void)close(self->fd);
    if (self->root >= 0)
        (void)close(self->root);
    for (size_t i = 0; i < self->links.count; i++) {
        kf__free(self->links.items[i].name);
        kf__free(self->links.items[i].target);
    }
    kf__vec_finish(&self->links);
}

static kf_status count_entry(unpacking *self)
{
    size_t limit =
        self->options->entries > 0 ? self->options->entries : KF__LIMIT_ARCHIVE_ENTRIES;
    if (++self->entries <= limit)
        return KF_OK;
    return kf__fail(KF_ELIMIT, NULL,
        "cannot unpack \"%s\": more than the limit of %zu entries%s", self->name, limit,
        limit == KF__LIMIT_ARCHIVE_ENTRIES ? " (KF__LIMIT_ARCHIVE_ENTRIES)" : "");
}

static kf_status count_bytes(unpacking *self, size_t more)
{
    int64_t limit =
        self->options->bytes > 0 ? self->options->bytes : KF__LIMIT_ARCHIVE_BYTES;
    int64_t packed = archive_library.archive_filter_bytes(self->archive, -1);
    self->bytes += (int64_t)more;
    if (self->bytes > limit)
        return kf__fail(KF_ELIMIT, NULL,
            "cannot unpack \"%s\": more than the limit of %lld bytes%s", self->name,
            (long long)limit,
            limit == KF__LIMIT_ARCHIVE_BYTES ? " (KF__LIMIT_ARCHIVE_BYTES)" : "");
    if (self->bytes > RATIO_COUNTS_FROM &&
        self->bytes / KF__LIMIT_ARCHIVE_RATIO > packed)
        return kf__fail(KF_ELIMIT, NULL,
            "cannot unpack \"%s\": more than %d bytes for each packed one "
            "(KF__LIMIT_ARCHIVE_RATIO)",
            self->name, KF__LIMIT_ARCHIVE_RATIO);
    if (self->options->cancel != NULL && atomic_load(self->options->cancel))
        return kf__fail(KF_ECANCELED, NULL, "unpacking was canceled");
    return KF_OK;
}

static kf_status write_data(unpacking *self, const char *name, int fd)
{
    char *block = kf__alloc(BLOCK);
    kf_status status = block != NULL ? KF_OK : KF_ENOMEM;
    while (status == KF_OK) {
        la_ssize_t count =
            archive_library.archive_read_data(self->archive, block, BLOCK);
        if (count == 0)
            break;
        status = count > 0 ? count_bytes(self, (size_t)count) : fail_reading(self);
        if (status == KF_OK)
            status = kf__file_write_all(fd, name, block, (size_t)count);
    }
    kf__free(block);
    if (status == KF_OK && fsync(fd) != 0)
        status = kf__file_fail(name, "write");
    return status;
}

/* ---- names ---- */

/* Into a path without "." and doubled slashes, empty for the folder itself. */
static kf_status clean_name(const unpacking *self, const char *name, kf_buf *out)
{
    if (name == NULL)
        return refuse(self, KF_EDOCUMENT, NULL, "an entry has no name");
    if (*name == '/')
        return refuse(self, KF_EDOCUMENT, name, "its path is absolute");
    for (size_t length; *name != '\0'; name += length, name += strspn(name, "/")) {
        length = strcspn(name, "/");
        if (length == 2 && name[0] == '.' && name[1] == '.')
            return refuse(self, KF_EDOCUMENT, name, "its path leads out by \"..\"");
        if (length == 1 && *name == '.')
            continue;
        if (length > NAME_MAX)
            return refuse(self, KF_EDOCUMENT, NULL, "a name is too long");
        if (out->length > 0)
            kf__buf_putc(out, '/');
        kf__buf_append(out, name, length);
    }
    return out->length < PATH_MAX
               ? out->status
               : refuse(self, KF_EDOCUMENT, NULL, "a path is too long");
}

/* The folder that the path's last part is in, made as far as it is missing; nothing on
 * the way may be a link. *last: the last part. */
static kf_status open_parent(
    const unpacking *self, char *path, int *out, const char **last)
{
    int at = openat(self->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *part = path;
    for (char *slash; at >= 0 && (slash = strchr(part, '/')) != NULL;
         part = slash + 1) {
        *slash = '\0';
        if (mkdirat(at, part, 0777) != 0 && errno != EEXIST) {
            (void)close(at);
            return kf__file_fail(part, "create the folder");
        }
        int next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        (void)close(at);
        *slash = '/';
        at = next;
    }
    if (at < 0)
        return errno == ENOTDIR || errno == ELOOP
                   ? refuse(self, KF_EDOCUMENT, path, "a part of its path is no folder")
                   : kf__file_fail(path, "create");
    *out = at;
    *last = part;
    return KF_OK;
}

/* ---- entries ---- */

static kf_status unpack_folder(unpacking *self, int at, const char *name)
{
    struct stat info;
    if (mkdirat(at, name, 0777) == 0)
        return KF_OK;
    int reason = errno;
    if (reason == EEXIST && fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode))
        return KF_OK;
    errno = reason;
    return reason == EEXIST ? refuse(self, KF_EDOCUMENT, name, "it is there twice")
                            : kf__file_fail(name, "create the folder");
}

/* The later of two files with one name is the newer. */
static kf_status unpack_file(unpacking *self, int at, const char *name)
{
    (void)unlinkat(at, name, 0);
    int fd =
        openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno == EEXIST || errno == EISDIR
                   ? refuse(self, KF_EDOCUMENT, name, "it is there twice")
                   : kf__file_fail(name, "create");
    kf_status status = write_data(self, name, fd);
    if (close(fd) != 0 && status == KF_OK)
        status = kf__file_fail(name, "write");
    return status;
}

/* A second name of a file that has been unpacked. */
static kf_status unpack_twin(
    unpacking *self, int at, const char *name, const char *target)
{
    kf_buf path = KF__BUF_INIT;
    int from = -1;
    const char *last = NULL;
    kf_status status = clean_name(self, target, &path);
    if (status == KF_OK && path.length == 0)
        status = refuse(self, KF_EDOCUMENT, name, "it is a link to nothing");
    if (status == KF_OK)
        status = open_parent(self, path.data, &from, &last);
    if (status == KF_OK) {
        (void)unlinkat(at, name, 0);
        if (linkat(from, last, at, name, 0) != 0)
            status = refuse(self, KF_EDOCUMENT, name,
                errno == ENOENT ? "it is a link to nothing" : "it cannot be linked");
        (void)close(from);
    }
    kf__buf_finish(&path);
    return status;
}

static kf_status note_link(unpacking *self, const char *name, const char *target)
{
    if (target == NULL || *target == '\0' || *target == '/')
        return refuse(self, KF_EDOCUMENT, name, "it is a link that leads out");
    inner_link new = {kf__strdup(name), kf__strdup(target)};
    if (new.name != NULL &&new.target != NULL &&
        kf__vec_push(&self->links, new) == KF_OK)
        return KF_OK;
    kf__free(new.name);
    kf__free(new.target);
    return KF_ENOMEM;
}

/* Without a conversion between character sets, which would depend on the locale. */
static const char *text_of(const char *utf8, const char *bytes)
{
    return bytes != NULL ? bytes : utf8;
}

static kf_status unpack_at(
    unpacking *self, struct archive_entry *entry, int at, const char *name)
{
    const char *twin = text_of(archive_library.archive_entry_hardlink_utf8(entry),
        archive_library.archive_entry_hardlink(entry));
    if (twin != NULL)
        return unpack_twin(self, at, name, twin);
    switch (archive_library.archive_entry_filetype(entry)) {
    case AE_IFREG:
        return unpack_file(self, at, name);
    case AE_IFDIR:
        return unpack_folder(self, at, name);
    default:
        return refuse(
            self, KF_EDOCUMENT, name, "it is neither a file nor a folder nor a link");
    }
}

static kf_status unpack_entry(unpacking *self, struct archive_entry *entry)
{
    kf_buf path = KF__BUF_INIT;
    int at = -1;
    const char *name = NULL;
    kf_status status = count_entry(self);
    if (status == KF_OK)
        status = clean_name(self,
            text_of(archive_library.archive_entry_pathname_utf8(entry),
                archive_library.archive_entry_pathname(entry)),
            &path);
    bool is_link = archive_library.archive_entry_filetype(entry) == AE_IFLNK &&
                   archive_library.archive_entry_hardlink(entry) == NULL;
    if (status == KF_OK && path.length > 0 && is_link) {
        status = note_link(self, path.data,
            text_of(archive_library.archive_entry_symlink_utf8(entry),
                archive_library.archive_entry_symlink(entry)));
    } else if (status == KF_OK && path.length > 0) {
        status = open_parent(self, path.data, &at, &name);
        if (status == KF_OK)
            status = unpack_at(self, entry, at, name);
        if (at >= 0)
            (void)close(at);
    }
    kf__buf_finish(&path);
    return status;
}

static kf_status make_link(unpacking *self, inner_link *one)
{
    int at = -1;
    const char *name = NULL;
    KF__TRY(open_parent(self, one->name, &at, &name));
    kf_status status = KF_OK;
    if (symlinkat(one->target, at, name) != 0)
        status = errno == EEXIST ? refuse(self, KF_EDOCUMENT, name, "it is there twice")
                                 : kf__file_fail(name, "create the link");
    (void)close(at);
    return status;
}

/* By where it really leads, links on the way included; what leads nowhere might lead out
 * one day. */
static kf_status check_link(unpacking *self, const inner_link *one)
{
    char root[PATH_MAX], target[PATH_MAX];
    char *path = kf__join_path(self->root_path, one->name);
    if (path == NULL)
        return KF_ENOMEM;
    bool inside = realpath(self->root_path, root) != NULL &&
                  realpath(path, target) != NULL &&
                  strncmp(target, root, strlen(root)) == 0 &&
                  (target[strlen(root)] == '/' || target[strlen(root)] == '\0');
    kf__free(path);
    return inside ? KF_OK
                  : refuse(self, KF_EDOCUMENT, one->name,
                        "it is a link that leads out, or to nothing");
}

static kf_status make_links(unpacking *self)
{
    for (size_t i = 0; i < self->links.count; i++)
        KF__TRY(make_link(self, &self->links.items[i]));
    for (size_t i = 0; i < self->links.count; i++)
        KF__TRY(check_link(self, &self->links.items[i]));
    return KF_OK;
}

static kf_status unpack_all(unpacking *self)
{
    KF__TRY(begin(self, false));
    for (;;) {
        struct archive_entry *entry = NULL;
        int code = archive_library.archive_read_next_header(self->archive, &entry);
        if (code == ARCHIVE_EOF)
            return make_links(self);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return fail_reading(self);
        KF__TRY(unpack_entry(self, entry));
    }
}

/* ---- whole or not at all ---- */

static kf_status temporary_beside(const char *path, kf_buf *out)
{
    char id[37];
    KF__TRY(kf__uuid4(id));
    kf__buf_printf(out, "%s.%.8s.tmp", path, id);
    return out->status;
}

/* libarchive turns the names in a zip, which are UTF-8, into the character set of the
 * thread's locale, and drops those that it does not have. */
typedef struct utf8_names {
    locale_t utf8;
    locale_t before;
} utf8_names;

static utf8_names begin_utf8(void)
{
    utf8_names names = {.utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0)};
    if (names.utf8 != (locale_t)0)
        names.before = uselocale(names.utf8);
    return names;
}

static void end_utf8(utf8_names names)
{
    if (names.utf8 == (locale_t)0)
        return;
    (void)uselocale(names.before);
    freelocale(names.utf8);
}

static kf_status unpack_to(
    const char *path, const char *folder, const kf_archive_options *options)
{
    unpacking self = {.path = path,
        .name = options->name != NULL ? options->name : path,
        .options = options,
        .fd = -1,
        .root = -1,
        .root_path = folder};
    if (mkdir(folder, 0777) != 0)
        return kf__file_fail(folder, "create the folder");
    self.root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    utf8_names names = begin_utf8();
    kf_status status =
        self.root >= 0 ? unpack_all(&self) : kf__file_fail(folder, "open");
    finish(&self);
    end_utf8(names);
    return status;
}

kf_status kf__archive_unpack(
    const char *path, const char *folder, const kf_archive_options *given)
{
    static const kf_archive_options defaults;
    struct stat info;
    if (lstat(folder, &info) == 0)
        return kf__fail(
            KF_EEXIST, NULL, "cannot unpack to \"%s\": it is there", folder);
    kf_buf temporary = KF__BUF_INIT;
    kf_status status = temporary_beside(folder, &temporary);
    if (status == KF_OK)
        status = unpack_to(path, temporary.data, given != NULL ? given : &defaults);
    if (status == KF_OK && rename(temporary.data, folder) != 0)
        status = kf__file_fail(folder, "create the folder");
    if (status != KF_OK && temporary.data != NULL)
        (void)kf__remove_tree(temporary.data);
    kf__buf_finish(&temporary);
    return status;
}

/* What is not packed at all would be read as it is. */
static kf_status check_gzip(unpacking *self)
{
    struct archive_entry *entry = NULL;
    int code = archive_library.archive_read_next_header(self->archive, &entry);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
        return fail_reading(self);
    return archive_library.archive_filter_code(self->archive, 0) == ARCHIVE_FILTER_GZIP
               ? KF_OK
               : refuse(self, KF_EDOCUMENT, NULL, "it is not packed by gzip");
}

static kf_status gunzip_to(unpacking *self, const char *to)
{
    KF__TRY(begin(self, true));
    KF__TRY(check_gzip(self));
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return kf__file_fail(to, "create");
    kf_status status = write_data(self, to, fd);
    if (close(fd) != 0 && status == KF_OK)
        status = kf__file_fail(to, "write");
    return status;
}

kf_status kf__archive_gunzip(
    const char *path, const char *to, const kf_archive_options *given)
{
    static const kf_archive_options defaults;
    unpacking self = {.path = path,
        .name = given != NULL && given->name != NULL ? given->name : path,
        .options = given != NULL ? given : &defaults,
        .fd = -1,
        .root = -1};
    kf_buf temporary = KF__BUF_INIT;
    kf_status status = temporary_beside(to, &temporary);
    if (status == KF_OK)
        status = gunzip_to(&self, temporary.data);
    finish(&self);
    if (status == KF_OK && rename(temporary.data, to) != 0)
        status = kf__file_fail(to, "create");
    if (status != KF_OK && temporary.data != NULL)
        (void)unlink(temporary.data);
    kf__buf_finish(&temporary);
    return status;
}

#endif
