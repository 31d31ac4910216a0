/* SPDX-License-Identifier: Apache-2.0 */
#include "run/environment.h"

#include "base/clock.h"
#include "base/thread.h"
#include "wheel.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static kf_tree tree;

static kf_value *words(const char *first, const char *second)
{
    kf_value *list = kf__tree_list(&tree);
    if (first != NULL)
        kf__push(&tree, list, kf__tree_string(&tree, first));
    if (second != NULL)
        kf__push(&tree, list, kf__tree_string(&tree, second));
    return list;
}

static kf_environment environment_of(const char *requirement)
{
    return (kf_environment){.home = test_folder,
        .python = "python3",
        .identity = "the python of the test",
        .options = words("--index-url", "file:///nowhere"),
        .requirements = words(requirement, NULL),
        .cancel_fd = -1};
}

static void begin(void)
{
    make_test_folder();
    tree = KF__TREE_INIT;
}

static void end(void)
{
    kf__tree_finish(&tree);
    remove_test_folder();
}

static bool is_built(const kf_environment *environment)
{
    bool found;
    kf_buf python = KF__BUF_INIT;
    ck_ok(kf__environment_find(environment, &python, &found));
    ck_assert(found == (python.length > 0));
    kf__buf_finish(&python);
    return found;
}

/* A path in the folder of the environment. */
static const char *inside(const kf_environment *environment, const char *name)
{
    static char path[512];
    char key[33];
    kf__environment_key(environment, key);
    (void)snprintf(path, sizeof path, "%s/environments/%s%s", test_folder, key, name);
    return path;
}

static void check_command(const char *const *argv, const char *expected)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    kf_process_options options = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1};
    ck_ok(kf__process_run(&options, 60000, &out, &code));
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&out);
}

static void *build(void *environment)
{
    kf_buf python = KF__BUF_INIT;
    ck_ok(kf__environment_build(environment, &python));
    ck_assert_str_eq(kf__buf_text(&python), inside(environment, "/bin/python"));
    kf__buf_finish(&python);
    return NULL;
}

START_TEST(built_once_and_whole)
{
    begin();
    kf_environment environment = environment_of(make_wheel());
    ck_assert(!is_built(&environment));
    pthread_t threads[3];
    struct stat before, after;
    ck_ok(kf__thread_start(&threads[0], build, &environment));
    for (int i = 1; i < 3; i++)
        ck_ok(kf__thread_start(&threads[i], build, &environment));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert(is_built(&environment));
    check_command(
        (const char *const[]){inside(&environment, "/bin/demo-pkg"), NULL}, "41\n");
    ck_assert_int_eq(stat(inside(&environment, "/kf-environment.json"), &before), 0);
    (void)build(&environment);
    ck_assert_int_eq(stat(inside(&environment, "/kf-environment.json"), &after), 0);
    ck_assert_int_eq(before.st_ino, after.st_ino);
    end();
}
END_TEST

START_TEST(a_half_built_one_is_not_used)
{
    begin();
    kf_environment environment = environment_of(make_wheel());
    ck_ok(kf__make_folders(inside(&environment, "/bin")));
    put_file(inside(&environment, "/bin/python"), "#!/bin/sh\necho half\n");
    put_file(inside(&environment, "/left"), "");
    ck_assert(!is_built(&environment));
    (void)build(&environment);
    ck_assert(!kf__file_exists(inside(&environment, "/left")));
    check_command((const char *const[]){inside(&environment, "/bin/python"), "-c",
                      "import demo_pkg; print(demo_pkg.VALUE)", NULL},
        "41\n");
    end();
}
END_TEST

START_TEST(what_pip_said)
{
    begin();
    kf_environment environment = environment_of("no-such-package-of-kf==1.0");
    kf_buf python = KF__BUF_INIT;
    ck_fails(kf__environment_build(&environment, &python), KF_EFAILED,
        "cannot install no-such-package-of-kf==1.0: ");
    ck_assert_ptr_nonnull(
        strstr(kf_last_error()->message, "ERROR: No matching distribution found for "
                                         "no-such-package-of-kf==1.0 (the log is"));
    ck_assert_ptr_nonnull(
        strstr(kf_last_error()->message, inside(&environment, ".log")));
    ck_assert(kf__file_exists(inside(&environment, ".log")));
    ck_assert(!kf__file_exists(inside(&environment, "")));
    ck_assert_int_eq(python.length, 0);
    kf__buf_finish(&python);
    end();
}
END_TEST

START_TEST(stopped)
{
    begin();
    int ends[2];
    kf_buf python = KF__BUF_INIT;
    kf_environment environment = environment_of("a");
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    environment.cancel_fd = ends[0];
    ck_assert_int_eq(kf__environment_build(&environment, &python), KF_ECANCELED);
    ck_assert(!kf__file_exists(inside(&environment, "")));
    environment.cancel_fd = -1;
    environment.deadline = kf__monotonic_ns() + 200000000;
    ck_assert_int_eq(kf__environment_build(&environment, &python), KF_ETIMEOUT);
    ck_assert(!kf__file_exists(inside(&environment, "")));
    (void)close(ends[0]);
    (void)close(ends[1]);
    kf__buf_finish(&python);
    end();
}
END_TEST

START_TEST(no_interpreter)
{
    begin();
    kf_buf python = KF__BUF_INIT;
    kf_environment environment = environment_of("a");
    environment.python = "no-such-python";
    ck_fails(kf__environment_build(&environment, &python), KF_ENOENT, "no-such-python");
    environment.python = "false";
    ck_fails(kf__environment_build(&environment, &python), KF_EFAILED,
        "cannot make an environment for a");
    end();
}
END_TEST

START_TEST(keys)
{
    char key[33], other[33];
    tree = KF__TREE_INIT;
    kf_environment environment = environment_of("a");
    kf__environment_key(&environment, key);
    ck_assert_int_eq(strlen(key), 32);
    kf_environment different = environment;
    kf__environment_key(&different, other);
    ck_assert_str_eq(key, other);
    different.identity = "another python";
    kf__environment_key(&different, other);
    ck_assert_str_ne(key, other);
    different = environment;
    different.requirements = words("a", "b");
    kf__environment_key(&different, other);
    ck_assert_str_ne(key, other);
    different.options = words(NULL, NULL);
    different.requirements = words("--index-url", "file:///nowhere");
    kf__environment_key(&different, key);
    ck_assert_str_ne(key, other);
    kf__tree_finish(&tree);
}
END_TEST

KF_TEST_MAIN("environment", keys, built_once_and_whole, a_half_built_one_is_not_used,
    what_pip_said, stopped, no_interpreter)
