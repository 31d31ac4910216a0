/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking what others packed, with libarchive, which is opened at the first time.
 *
 * KF_EUNSUPPORTED: libkf was built without it, or libarchive cannot be opened;
 * KF_EDOCUMENT: it is no sound archive, or there is in it what must not be unpacked;
 * KF_ELIMIT: more than a ceiling (entries, bytes, unpacked bytes for each packed one);
 * KF_ECANCELED; KF_EIO, KF_ENOENT as of io/file.h. */
#ifndef KF_IO_ARCHIVE_H
#define KF_IO_ARCHIVE_H

#include <kf/base.h>
#include <stdatomic.h>

typedef struct kf_archive_options {
    size_t entries;            /* At most so many; 0: KF__LIMIT_ARCHIVE_ENTRIES. */
    int64_t bytes;             /* In all; 0: KF__LIMIT_ARCHIVE_BYTES. */
    const atomic_bool *cancel; /* NULL: never. */
    const char *name;          /* What messages call the archive; NULL: its path. */
} kf_archive_options;

/* Unpack a tar (as it is or through gzip, bzip2 or xz) or zip to a new folder, whole or not at all.
 * KF_EEXIST: there is something. Only files, folders, and links that lead to something
 * within are unpacked; anything else, and a name that is absolute or has "..", is
 * KF_EDOCUMENT. Modes, owners and times are not kept. options: NULL for the defaults. */
kf_status kf__archive_unpack(
    const char *path, const char *folder, const kf_archive_options *options);

/* Unpack a single file from gzip, whole or not at all; replaces. */
kf_status kf__archive_gunzip(
    const char *path, const char *to, const kf_archive_options *options);

typedef enum kf_archive_kind {
    KF_ARCHIVE_NONE,
    KF_ARCHIVE_TAR, /* .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, … */
    KF_ARCHIVE_ZIP,
    KF_ARCHIVE_GZIP /* .gz of a single file */
} kf_archive_kind;

/* What the name says it is. */
kf_archive_kind kf__archive_kind(const char *name);

#endif
