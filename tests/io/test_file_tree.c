/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "folder.h"
#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A folder "from" with a file, an executable one, an empty folder, links and a folder
 * in a folder. */
static void make_tree(void)
{
    ck_ok(kf__make_folders(in_folder("from/sub/deep")));
    ck_ok(kf__make_folders(in_folder("from/empty")));
    put_file(in_folder("from/a"), "text");
    put_file(in_folder("from/run"), "#!/bin/sh\n");
    put_file(in_folder("from/sub/deep/b"), "");
    ck_assert_int_eq(chmod(in_folder("from/run"), 0750), 0);
    ck_assert_int_eq(symlink("a", in_folder("from/link")), 0);
    ck_assert_int_eq(symlink("/no/such/file", in_folder("from/dangling")), 0);
}

START_TEST(removes)
{
    make_tree();
    put_file(in_folder("outside"), "kept");
    ck_assert_int_eq(symlink("../outside", in_folder("from/file")), 0);
    ck_assert_int_eq(symlink(test_folder, in_folder("from/folder")), 0);
    ck_assert_int_eq(symlink("from", in_folder("to-from")), 0);
    ck_ok(kf__remove_tree(in_folder("to-from")));
    ck_assert(kf__file_exists(in_folder("from/a")));
    ck_ok(kf__remove_tree(in_folder("from")));
    ck_assert(!kf__file_exists(in_folder("from")));
    check_file(in_folder("outside"), "kept");
    ck_ok(kf__remove_tree(in_folder("from")));
    ck_ok(kf__remove_tree(in_folder("outside/x")));
    ck_ok(kf__remove_tree(in_folder("outside")));
    ck_assert(!kf__file_exists(in_folder("outside")));
}
END_TEST

START_TEST(removes_what_is_write_protected)
{
    make_tree();
    ck_assert_int_eq(chmod(in_folder("from/sub/deep"), 0500), 0);
    ck_assert_int_eq(chmod(in_folder("from/sub"), 0), 0);
    ck_ok(kf__remove_tree(in_folder("from")));
    ck_assert(!kf__file_exists(in_folder("from")));
}
END_TEST

START_TEST(depth_has_a_limit)
{
    int folder = open(test_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i <= KF__LIMIT_DEPTH + 1; i++) {
        ck_assert_int_eq(mkdirat(folder, "x", 0700), 0);
        int inner = openat(folder, "x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(folder);
        folder = inner;
    }
    (void)close(folder);
    char digest[65];
    int64_t size;
    ck_fails(kf__remove_tree(in_folder("x")), KF_ELIMIT, "KF__LIMIT_DEPTH");
    ck_fails(
        kf__copy_tree(in_folder("x"), in_folder("y")), KF_ELIMIT, "KF__LIMIT_DEPTH");
    ck_fails(
        kf__digest_path(in_folder("x"), digest, &size), KF_ELIMIT, "KF__LIMIT_DEPTH");
    ck_assert(!kf__file_exists(in_folder("y")));
    ck_assert_int_eq(rename(in_folder("x/x/x"), in_folder("z")), 0);
    ck_ok(kf__remove_tree(in_folder("z")));
}
END_TEST

static mode_t mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

START_TEST(copies)
{
    char target[32] = "";
    make_tree();
    ck_assert_int_eq(chmod(in_folder("from/sub"), 0500), 0);
    ck_ok(kf__copy_tree(in_folder("from"), in_folder("to")));
    check_file(in_folder("to/a"), "text");
    check_file(in_folder("to/sub/deep/b"), "");
    ck_assert(kf__is_folder(in_folder("to/empty")));
    ck_assert_uint_eq(mode_of(in_folder("to/run")), 0750);
    ck_assert_uint_eq(mode_of(in_folder("to/sub")), 0500);
    ck_assert_int_eq(readlink(in_folder("to/dangling"), target, sizeof target - 1), 13);
    ck_assert_str_eq(target, "/no/such/file");
    ck_fails(kf__copy_tree(in_folder("from"), in_folder("to")), KF_EEXIST, "folder");
    ck_fails(
        kf__copy_tree(in_folder("no"), in_folder("x")), KF_ENOENT, in_folder("no"));
    ck_assert(!kf__file_exists(in_folder("x")));
    ck_fails(
        kf__copy_tree(in_folder("from"), in_folder("from/sub/x")), KF_EINVAL, "itself");
    ck_fails(
        kf__copy_tree(in_folder("from"), in_folder("from/x")), KF_EINVAL, "itself");
    ck_ok(kf__copy_tree(in_folder("from"), in_folder("from-2")));
}
END_TEST

START_TEST(copies_a_file)
{
    char text[4] = "";
    make_tree();
    ck_ok(kf__copy_tree(in_folder("from/link"), in_folder("b")));
    check_file(in_folder("b"), "text");
    ck_assert_int_eq(readlink(in_folder("b"), text, sizeof text), -1);
    ck_ok(kf__copy_tree(in_folder("from/run"), in_folder("b")));
    check_file(in_folder("b"), "#!/bin/sh\n");
    ck_ok(kf__copy_tree("/proc/self/comm", in_folder("c")));
    kf_buf comm = KF__BUF_INIT;
    ck_ok(kf__file_read(in_folder("c"), 64, &comm));
    ck_assert_uint_gt(comm.length, 0);
    kf__buf_finish(&comm);
}
END_TEST

START_TEST(replaces_a_folder_also_by_what_is_in_it)
{
    make_tree();
    ck_fails(kf__copy_tree(in_folder("from/a"), in_folder("from")), KF_EEXIST, "");
    ck_ok(kf__replace_tree(in_folder("from/sub"), in_folder("from")));
    check_file(in_folder("from/deep/b"), "");
    ck_assert(!kf__file_exists(in_folder("from/a")));
    ck_fails(kf__replace_tree(in_folder("missing"), in_folder("from")), KF_ENOENT, "");
    check_file(in_folder("from/deep/b"), "");
    put_file(in_folder("b"), "one");
    ck_ok(kf__replace_tree(in_folder("b"), in_folder("from")));
    check_file(in_folder("from"), "one");
}
END_TEST

START_TEST(a_failed_copy_leaves_nothing)
{
    make_tree();
    ck_assert_int_eq(mkfifo(in_folder("from/sub/pipe"), 0600), 0);
    ck_fails(kf__copy_tree(in_folder("from"), in_folder("to")), KF_EUNSUPPORTED,
        in_folder("from/sub/pipe"));
    ck_assert(!kf__file_exists(in_folder("to")));
    ck_ok(kf__remove_tree(in_folder("from")));
    ck_assert_int_eq(rmdir(test_folder), 0);
    make_test_folder();
}
END_TEST

static void check_digest(const char *path, const char *expected, int64_t bytes)
{
    char digest[65];
    int64_t size = -1;
    ck_ok(kf__digest_path(path, digest, &size));
    ck_assert_str_eq(digest, expected);
    ck_assert_int_eq(size, bytes);
}

/* The digests were computed with Python's hashlib, that of the folder by the rule in
 * file_tree.c. */
START_TEST(digests_of_known_content)
{
    put_file(in_folder("a"), "text");
    check_digest(in_folder("a"),
        "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1", 4);
    ck_ok(kf__make_folders(in_folder("from/sub")));
    put_file(in_folder("from/a"), "text");
    put_file(in_folder("from/sub/b"), "");
    ck_assert_int_eq(symlink("a", in_folder("from/link")), 0);
    check_digest(in_folder("from"),
        "493bda1ea7f8b0c6fcde1031e67b1471b0eef2e6e1394183a9a36fbc8577434a", 4);
    char digest[65];
    ck_ok(kf__digest_path(in_folder("from"), digest, NULL));
    ck_fails(
        kf__digest_path(in_folder("no"), digest, NULL), KF_ENOENT, in_folder("no"));
    ck_fails(kf__digest_path("/dev/null", digest, NULL), KF_EUNSUPPORTED, "neither");
}
END_TEST

START_TEST(digests_tell_differences)
{
    char digests[4][65];
    make_tree();
    ck_ok(kf__digest_path(in_folder("from"), digests[0], NULL));
    put_file(in_folder("from/sub/deep/b"), "x");
    ck_ok(kf__digest_path(in_folder("from"), digests[1], NULL));
    ck_assert_int_eq(rename(in_folder("from/a"), in_folder("from/c")), 0);
    ck_ok(kf__digest_path(in_folder("from"), digests[2], NULL));
    ck_assert_int_eq(rmdir(in_folder("from/empty")), 0);
    ck_ok(kf__digest_path(in_folder("from"), digests[3], NULL));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(digests[i], digests[j]);
}
END_TEST

static kf_status use_all(void)
{
    char digest[65];
    kf_status status = kf__copy_tree(in_folder("from"), in_folder("to"));
    if (status == KF_OK)
        status = kf__digest_path(in_folder("to"), digest, NULL);
    if (status == KF_OK)
        status = kf__remove_tree(in_folder("to"));
    kf__mem_fail_after(-1);
    ck_ok(kf__remove_tree(in_folder("to")));
    return status;
}

START_TEST(no_memory)
{
    make_tree();
    ck_survives_nomem(use_all());
}
END_TEST

START_TEST(removes_below_a_folder_alone)
{
    make_tree();
    put_file(in_folder("kept"), "kept");
    ck_assert_int_eq(symlink("..", in_folder("from/up")), 0);
    ck_fails(kf__remove_tree_below(in_folder("from"), "../kept"), KF_EINVAL, "\"..\"");
    ck_fails(kf__remove_tree_below(in_folder("from"), "up/kept"), KF_EINVAL, "\"up\"");
    ck_fails(kf__remove_tree_below(in_folder("from"), "a/x"), KF_EINVAL, "\"a\"");
    ck_fails(kf__remove_tree_below(in_folder("from"), ""), KF_EINVAL, "");
    ck_fails(kf__remove_tree_below(in_folder("from"), "/"), KF_EINVAL, "");
    ck_fails(kf__remove_tree_below(in_folder("from"), "sub/.."), KF_EINVAL, "");
    check_file(in_folder("kept"), "kept");
    ck_ok(kf__remove_tree_below(in_folder("from"), "missing/x"));
    ck_ok(kf__remove_tree_below(in_folder("missing"), "x"));
    ck_ok(kf__remove_tree_below(in_folder("from"), "up")); /* The link itself. */
    ck_ok(kf__remove_tree_below(in_folder("from"), "sub/deep"));
    check_file(in_folder("kept"), "kept");
    ck_assert(kf__is_folder(in_folder("from/sub")));
    ck_assert(!kf__file_exists(in_folder("from/sub/deep")));
}
END_TEST

START_TEST(what_is_inside_once_links_are_followed)
{
    make_tree();
    ck_assert_int_eq(symlink("../..", in_folder("from/sub/up")), 0);
    ck_assert(kf__is_inside(in_folder("from/sub/new"), in_folder("from")));
    ck_assert(kf__is_inside(in_folder("from/sub/new"), "/"));
    ck_assert(!kf__is_inside(in_folder("from/sub/up/new"), in_folder("from")));
    ck_assert(!kf__is_inside(in_folder("from/missing/new"), in_folder("from")));
    ck_assert(!kf__is_inside(in_folder("fromage"), in_folder("from")));
}
END_TEST

KF_TEST_MAIN_WITH("io/file_tree", make_test_folder, remove_test_folder, removes,
    removes_what_is_write_protected, depth_has_a_limit, copies, copies_a_file,
    replaces_a_folder_also_by_what_is_in_it, a_failed_copy_leaves_nothing,
    digests_of_known_content, digests_tell_differences, no_memory,
    removes_below_a_folder_alone, what_is_inside_once_links_are_followed)
