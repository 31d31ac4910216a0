/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "base/mem.h"
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* How many names there are in the folder. */
static int count_names(const char *path)
{
    int count = -2;
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}

START_TEST(a_plain_file_is_told_from_what_would_wait)
{
    kf_buf text = KF__BUF_INIT;
    put_file(in_folder("a"), "text");
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    ck_assert_int_eq(symlink("pipe", in_folder("link")), 0);
    ck_ok(kf__file_read_plain(in_folder("a"), 4, &text));
    ck_assert_str_eq(text.data, "text");
    ck_fails(kf__file_read_plain(in_folder("a"), 3, &text), KF_ELIMIT, "3 bytes");
    ck_fails(kf__file_read_plain(in_folder("no"), 9, &text), KF_ENOENT, "no");
    ck_fails(
        kf__file_read_plain(in_folder("pipe"), 9, &text), KF_EUNSUPPORTED, "a pipe");
    ck_fails(
        kf__file_read_plain(in_folder("link"), 9, &text), KF_EUNSUPPORTED, "a pipe");
    ck_fails(kf__file_read_plain(in_folder(""), 9, &text), KF_EUNSUPPORTED, "a folder");
    ck_fails(kf__file_read_plain("/dev/zero", 9, &text), KF_EUNSUPPORTED, "a device");
    ck_assert_str_eq(text.data, "text");
    kf__buf_finish(&text);
}
END_TEST

START_TEST(reads)
{
    kf_buf text = KF__BUF_INIT;
    put_file(in_folder("a"), "some text\n");
    kf__buf_puts(&text, "before ");
    ck_ok(kf__file_read(in_folder("a"), 10, &text));
    ck_assert_str_eq(text.data, "before some text\n");
    ck_fails(kf__file_read(in_folder("a"), 9, &text), KF_ELIMIT, "limit of 9 bytes");
    ck_fails(kf__file_read(in_folder("b"), 9, &text), KF_ENOENT, in_folder("b"));
    ck_fails(kf__file_read(test_folder, 9, &text), KF_EIO, test_folder);
    ck_assert_str_eq(text.data, "before some text\n");
    kf__buf_finish(&text);
    ck_ok(kf__file_read("/proc/self/stat", 100000, &text));
    ck_assert_uint_gt(text.length, 0);
    kf__buf_finish(&text);
}
END_TEST

START_TEST(writes)
{
    ck_ok(kf__file_write(in_folder("a"), "one", 3));
    check_file(in_folder("a"), "one");
    ck_ok(kf__file_write(in_folder("a"), "", 0));
    check_file(in_folder("a"), "");
    ck_assert_int_eq(count_names(test_folder), 1);
}
END_TEST

START_TEST(keeps_mode_and_link)
{
    put_file(in_folder("a"), "one");
    ck_assert_int_eq(chmod(in_folder("a"), 0640), 0);
    ck_assert_int_eq(symlink("a", in_folder("link")), 0);
    ck_ok(kf__file_write(in_folder("link"), "two", 3));
    check_file(in_folder("a"), "two");
    ck_assert_uint_eq(mode_of(in_folder("a")), 0640);
    char target[8] = "";
    ck_assert_int_eq(readlink(in_folder("link"), target, sizeof target - 1), 1);
}
END_TEST

START_TEST(writes_into_what_is_no_file)
{
    struct stat info;
    ck_ok(kf__file_write("/dev/null", "x", 1));
    ck_assert_int_eq(stat("/dev/null", &info), 0);
    ck_assert(S_ISCHR(info.st_mode));
    ck_fails(kf__file_write("/dev/full", "x", 1), KF_EIO, "\"/dev/full\"");
    ck_fails(kf__file_write(test_folder, "x", 1), KF_EIO, "folder");
    ck_fails(kf__file_write(in_folder("no/a"), "x", 1), KF_ENOENT, in_folder("no/a"));
}
END_TEST

/* The limit of a file's size stands for a full disk: both make write() fail after a part. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    static char text[100000];
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    put_file(in_folder("a"), "old");
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    kf_status old = kf__file_write(in_folder("a"), text, sizeof text);
    kf_status new = kf__file_write(in_folder("b"), text, sizeof text);
    small.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_eq(old, KF_EIO);
    ck_fails(new, KF_EIO, in_folder("b"));
    check_file(in_folder("a"), "old");
    ck_assert_int_eq(count_names(test_folder), 1);
}
END_TEST

START_TEST(folders)
{
    ck_ok(kf__make_folders(in_folder("a//b/c/")));
    ck_assert(kf__is_folder(in_folder("a/b/c")));
    ck_ok(kf__make_folders(in_folder("a/b")));
    ck_ok(kf__make_folders("/"));
    ck_ok(kf__make_parent_folders(in_folder("d/e/file")));
    ck_assert(kf__is_folder(in_folder("d/e")));
    ck_assert(!kf__file_exists(in_folder("d/e/file")));
    ck_ok(kf__make_parent_folders("file"));
    put_file(in_folder("f"), "");
    ck_assert(kf__file_exists(in_folder("f")) && !kf__is_folder(in_folder("f")));
    ck_fails(kf__make_folders(in_folder("f/g")), KF_EIO, "cannot create the folder");
    ck_fails(kf__make_folders(in_folder("f")), KF_EIO, "no folder");
}
END_TEST

static void check_absolute(const char *path, const char *expected)
{
    char *found;
    ck_ok(kf__absolute_path(path, &found));
    ck_assert_str_eq(found, expected);
    kf__free(found);
}

START_TEST(absolute_paths)
{
    char expected[512];
    char *found;
    ck_assert_int_eq(chdir(test_folder), 0);
    ck_assert_ptr_nonnull(getcwd(expected, sizeof expected));
    check_absolute(".", expected);
    check_absolute("", expected);
    check_absolute("./b/../", expected);
    strncat(expected, "/a/b", 5);
    check_absolute("a//./b", expected);
    check_absolute("/", "/");
    check_absolute("/..", "/");
    check_absolute("//x/./y/../z//", "/x/z");
    ck_assert_int_eq(setenv("HOME", "/home/somebody/", 1), 0);
    check_absolute("~", "/home/somebody");
    check_absolute("~/x", "/home/somebody/x");
    check_absolute("/x/~", "/x/~");
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_fails(kf__absolute_path("~/x", &found), KF_ENOENT, "HOME");
}
END_TEST

static void check_join(const char *folder, const char *name, const char *expected)
{
    char *found = kf__join_path(folder, name);
    ck_assert_str_eq(found, expected);
    kf__free(found);
}

START_TEST(joined_paths)
{
    check_join("a", "b", "a/b");
    check_join("a/", "b", "a/b");
    check_join("", "b", "b");
    check_join("/", "b", "/b");
}
END_TEST

START_TEST(environment)
{
    ck_assert_int_eq(setenv("KF_TEST_NAME", "x", 1), 0);
    ck_assert_str_eq(kf__environment("KF_TEST_NAME"), "x");
    ck_assert_ptr_null(kf__environment("KF_TEST_OTHER_NAME"));
}
END_TEST

static kf_status use_all(void)
{
    kf_buf text = KF__BUF_INIT;
    char *path = NULL;
    kf_status status = kf__make_parent_folders(in_folder("x/a"));
    if (status == KF_OK)
        status = kf__file_write(in_folder("x/a"), "text", 4);
    if (status == KF_OK)
        status = kf__file_read(in_folder("x/a"), 4, &text);
    if (status == KF_OK)
        status = kf__absolute_path("x", &path);
    kf__buf_finish(&text);
    kf__free(path);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(use_all());
    ck_assert_int_eq(count_names(in_folder("x")), 1);
}
END_TEST

KF_TEST_MAIN_WITH("io/file", make_test_folder, remove_test_folder,
    a_plain_file_is_told_from_what_would_wait, reads, writes, keeps_mode_and_link,
    writes_into_what_is_no_file, a_full_disk_leaves_the_old_file, folders,
    absolute_paths, joined_paths, environment, no_memory)
