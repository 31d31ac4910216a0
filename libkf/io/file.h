/* SPDX-License-Identifier: Apache-2.0 */
/* Files. Messages name the path and the operating system's reason. */
#ifndef KF_IO_FILE_H
#define KF_IO_FILE_H

#include "base/buf.h"

kf_status kf__file_read(const char *path, size_t limit, kf_buf *out); /* KF_ENOENT, KF_EIO, KF_ELIMIT */
/* Whole or not at all: a temporary file beside it, fsync, rename. */
kf_status kf__file_write(const char *path, const void *data, size_t length);
kf_status kf__make_folders(const char *path);          /* mkdir -p */
kf_status kf__make_parent_folders(const char *path);
kf_status kf__remove_tree(const char *path);           /* rm -rf; missing is fine; never follows links. */
kf_status kf__copy_tree(const char *from, const char *to);
bool kf__file_exists(const char *path);
bool kf__is_folder(const char *path);
kf_status kf__absolute_path(const char *path, char **out); /* Without resolving links; "~/" expanded. */
char *kf__join_path(const char *folder, const char *name); /* NULL: out of memory. */
/* SHA-256 of a file, or of a folder (names and contents, sorted), and its size in bytes. */
kf_status kf__digest_path(const char *path, char out[65], int64_t *size);
/* An environment variable of this process, or NULL. The only getenv of libkf. */
const char *kf__environment(const char *name);

#endif
