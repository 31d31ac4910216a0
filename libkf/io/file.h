/* SPDX-License-Identifier: Apache-2.0 */
/* Files. Messages name the path and the operating system's reason. Statuses of all:
 * KF_ENOENT (no such file, or no folder to make it in), KF_EIO (anything else the
 * system refuses: disk full, permissions), KF_ENOMEM; of those that walk a folder also
 * KF_ELIMIT, if it is nested deeper than KF__LIMIT_DEPTH. */
#ifndef KF_IO_FILE_H
#define KF_IO_FILE_H

#include "base/buf.h"

/* What the system says in errno, as the error: "cannot <action> "<path>": ...". */
kf_status kf__file_fail(const char *path, const char *action);
/* Append what the file holds; nothing on failure. KF_ELIMIT: more than `limit` bytes. */
kf_status kf__file_read(const char *path, size_t limit, kf_buf *out);
/* The same of a plain file alone, never waiting: whoever wrote the file may have left a
 * pipe or a device. KF_EUNSUPPORTED: it is none. */
kf_status kf__file_read_plain(const char *path, size_t limit, kf_buf *out);
kf_status kf__file_open_plain(const char *path, int *fd); /* To read it in parts. */
/* Whole or not at all: a temporary file beside it, fsync, rename. The mode of a file
 * that is replaced is kept, and a link leads to the file that is replaced. A device or
 * pipe is written to as it is. */
kf_status kf__file_write(const char *path, const void *data, size_t length);
/* All of it, to what is open; `path` is for the message. */
kf_status kf__file_write_all(int fd, const char *path, const char *data, size_t length);
kf_status kf__make_folders(const char *path); /* mkdir -p */
kf_status kf__make_parent_folders(const char *path);
/* rm -rf, of folders without permissions too; missing is fine; never follows links. */
kf_status kf__remove_tree(const char *path);
/* The same of `path`, given from `folder`, of which no part may be a link or "..": what
 * others may write into `folder` cannot lead it elsewhere. KF_EINVAL: one is. */
kf_status kf__remove_tree_below(const char *folder, const char *path);
/* Whole or not at all. Modes are kept, links are copied as links (but `from` itself is
 * followed). A file at `to` is replaced; a folder there is KF_EEXIST. KF_EINVAL: a
 * folder into itself. KF_EUNSUPPORTED: a device, pipe or socket in it. */
kf_status kf__copy_tree(const char *from, const char *to);
/* The same, but a folder at `to` is replaced too. It is removed when the copy is whole,
 * so that `from` may be within it. */
kf_status kf__replace_tree(const char *from, const char *to);
/* Whether `path` is in `folder`, at any depth, once links are followed; the last part of
 * `path` need not exist. */
bool kf__is_inside(const char *path, const char *folder);
bool kf__file_exists(const char *path);
bool kf__is_folder(const char *path);
/* Without resolving links; "." and ".." by name; "~/" expanded. Free with kf__free. */
kf_status kf__absolute_path(const char *path, char **out);
char *kf__join_path(const char *folder, const char *name); /* NULL: out of memory. */
/* SHA-256 of a file, or of a folder (the names, types and digests of what is in it,
 * sorted by name), and the bytes of all its files (NULL: not wanted). KF_EUNSUPPORTED:
 * a device, pipe or socket in it. */
kf_status kf__digest_path(const char *path, char out[65], int64_t *size);
/* An environment variable of this process, or NULL. The only getenv of libkf. */
const char *kf__environment(const char *name);

#endif
