/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "child.h"
#include "storage_test.h"

#include <sys/stat.h>

static void make_model(void)
{
    ck_ok(kf__make_folders(in_folder("model")));
    put_file(in_folder("model/a.json"), "{}");
    put_file(in_folder("model/b.json"), "{}");
}

START_TEST(paths_are_used_as_they_are)
{
    char uri[300];
    make_model();
    ck_ok(fetch(in_folder("model"), NULL));
    ck_assert_str_eq(fetched, in_folder("model"));
    ck_ok(fetch(in_folder("model/../model//a.json"), NULL));
    ck_assert_str_eq(fetched, in_folder("model/a.json"));
    (void)snprintf(uri, sizeof uri, "file://%s", in_folder("model"));
    ck_ok(fetch(uri, NULL));
    ck_assert_str_eq(fetched, in_folder("model"));
    ck_assert(!kf__file_exists(in_folder("home")));
}
END_TEST

START_TEST(relative_paths)
{
    make_model();
    ck_ok(FETCH("model/a.json", .base = test_folder));
    ck_assert_str_eq(fetched, in_folder("model/a.json"));
    ck_ok(FETCH("file://model", .base = test_folder));
    ck_assert_str_eq(fetched, in_folder("model"));
    ck_assert_int_eq(chdir(in_folder("model")), 0);
    ck_ok(fetch("a.json", NULL));
    ck_assert_str_eq(fetched, in_folder("model/a.json"));
    ck_ok(FETCH("~/model", .base = "/nowhere"));
    ck_assert_str_eq(fetched, in_folder("model"));
}
END_TEST

START_TEST(without_a_home)
{
    make_model();
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_assert_int_eq(unsetenv("KF_HOME"), 0);
    ck_ok(fetch(in_folder("model"), NULL));
    ck_fails(fetch("pvc://model", NULL), KF_ENOENT, "HOME");
    ck_ok(FETCH("pvc://model", .claims = test_folder));
}
END_TEST

START_TEST(what_is_not_there)
{
    ck_fails(fetch(in_folder("none"), NULL), KF_ENOENT, in_folder("none"));
    ck_fails(fetch("file://", NULL), KF_EINVAL, "names no path");
    ck_ok(kf__make_folders(in_folder("empty")));
    ck_fails(fetch(in_folder("empty"), NULL), KF_ENOENT, "an empty folder");
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    ck_fails(fetch(in_folder("pipe"), NULL), KF_EUNSUPPORTED, "neither a file nor");
}
END_TEST

static void pack(const char *name, const char *text)
{
    char script[600];
    (void)snprintf(script, sizeof script,
        "import zipfile\nwith zipfile.ZipFile('%s', 'w') as zip:\n"
        "    zip.writestr('model.json', '%s')\n    zip.writestr('sub/b', 'b')\n",
        name, text);
    ck_assert_int_eq(run(&OPTIONS(.argv = ARGV("python3", "-c", script)), ""), 0);
}

START_TEST(an_archive_is_unpacked_once)
{
    struct stat first, second;
    pack(in_folder("model.zip"), "one");
    ck_ok(fetch(in_folder("model.zip"), NULL));
    check_file(in_model("model.json"), "one");
    check_file(in_model("sub/b"), "b");
    ck_assert_int_eq(stat(in_model("model.json"), &first), 0);
    ck_ok(fetch(in_folder("model.zip"), NULL));
    ck_assert_int_eq(stat(in_model("model.json"), &second), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
    pack(in_folder("model.zip"), "another");
    ck_ok(fetch(in_folder("model.zip"), NULL));
    check_file(in_model("model.json"), "another");
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 2);
    ck_assert_int_eq(count_in(in_folder("home/models/partial")), 0);
}
END_TEST

START_TEST(the_only_file_of_a_folder)
{
    ck_ok(kf__make_folders(in_folder("folder")));
    pack(in_folder("folder/model.zip"), "one");
    ck_ok(fetch(in_folder("folder"), NULL));
    check_file(in_model("model.json"), "one");
    put_file(in_folder("folder/more"), "");
    ck_ok(fetch(in_folder("folder"), NULL));
    ck_assert_str_eq(fetched, in_folder("folder"));
    put_file(in_folder("bad.zip"), "not a zip at all");
    ck_fails(fetch(in_folder("bad.zip"), NULL), KF_EDOCUMENT, "bad.zip");
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 1);
}
END_TEST

START_TEST(claims)
{
    ck_ok(kf__make_folders(in_folder("home/pvc/models/iris")));
    put_file(in_folder("home/pvc/models/iris/model.json"), "{}");
    ck_ok(fetch("pvc://models/iris", NULL));
    ck_assert_str_eq(fetched, in_folder("home/pvc/models/iris"));
    ck_ok(fetch("pvc://models//iris/model.json", NULL));
    ck_assert_str_eq(fetched, in_folder("home/pvc/models/iris/model.json"));
    ck_ok(fetch("pvc://models", NULL));
    ck_assert_str_eq(fetched, in_folder("home/pvc/models"));
    ck_fails(
        fetch("pvc://other/iris", NULL), KF_ENOENT, "has no folder on this machine");
    ck_fails(fetch("pvc://models/none", NULL), KF_ENOENT, "models/none");
    ck_fails(fetch("pvc://models/../models/iris", NULL), KF_EINVAL, "leads out");
    ck_fails(fetch("pvc://../pvc/models", NULL), KF_EINVAL, "name of a claim");
    ck_fails(fetch("pvc:///iris", NULL), KF_EINVAL, "name of a claim");
}
END_TEST

START_TEST(folders_of_claims)
{
    char mapped[300];
    make_model();
    ck_ok(FETCH("pvc://model/a.json", .claims = test_folder));
    ck_assert_str_eq(fetched, in_folder("model/a.json"));
    (void)snprintf(mapped, sizeof mapped, "iris=%s", in_folder("model"));
    const char *const folders[] = {"iri=/nowhere", mapped, NULL};
    ck_ok(FETCH("pvc://iris/a.json", .claim_folders = folders));
    ck_assert_str_eq(fetched, in_folder("model/a.json"));
    ck_fails(
        FETCH("pvc://model/a.json", .claim_folders = folders), KF_ENOENT, "\"model\"");
}
END_TEST

START_TEST(out_of_memory)
{
    pack(in_folder("model.zip"), "one");
    ck_survives_nomem(fetch(in_folder("model.zip"), NULL));
    check_file(in_model("model.json"), "one");
    ck_survives_nomem(FETCH("model.zip", .base = test_folder));
}
END_TEST

KF_TEST_MAIN_WITH("storage_local", begin_storage, end_storage,
    paths_are_used_as_they_are, relative_paths, without_a_home, what_is_not_there,
    an_archive_is_unpacked_once, the_only_file_of_a_folder, claims, folders_of_claims,
    out_of_memory)
