/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts as files of this machine: where they lie, what they hold. */
#ifndef KF_RUN_ARTIFACT_H
#define KF_RUN_ARTIFACT_H

#include "base/value.h"
#include "io/db.h"

/* Path of a uri on this machine: what follows "file://", or the uri itself if it has no
 * scheme; NULL for any other. Borrowed from the uri. */
const char *kf__local_path(const char *uri);
/* Path where a reader finds the artifact on this machine, or NULL: custom path first.
 */
const char *kf__artifact_path(const kf_value *artifact);

/* What tells a file, or a tree of files, from a changed one without reading it: names,
 * sizes, times and inodes. "" if there is none. */
kf_status kf__file_stamp(const char *path, kf_buf *out);
/* Whether the store knows what is at `path` as long as it has this stamp: SHA-256 and
 * size. */
kf_status kf__artifact_known(kf_db *db, const char *path, const char *stamp,
    char digest[65], int64_t *size, bool *known);
/* Keep what was found. */
kf_status kf__artifact_remember(
    kf_db *db, const char *path, const char *stamp, const char *digest, int64_t size);
/* Append to a plain file, which is made if need be; nothing is synchronised. A task may
 * have put a pipe or a link there: KF_EIO. */
kf_status kf__append_file(const char *path, const void *data, size_t length);

#endif
