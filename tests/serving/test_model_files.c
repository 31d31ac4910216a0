/* SPDX-License-Identifier: Apache-2.0 */
/* Which file of a folder is the model. */
#include <string.h>

#include "base/mem.h"
#include "folder.h"
#include "serving/model.h"

static void expect(const char *format, const char *file)
{
    char *found = NULL;
    ck_ok(kf__model_file(test_folder, format, &found));
    ck_assert_str_eq(found, in_folder(file));
    kf__free(found);
}

static void refuse(const char *format, kf_status status, const char *message)
{
    char *found = NULL;
    ck_fails(kf__model_file(test_folder, format, &found), status, message);
}

START_TEST(a_file_is_itself)
{
    char *found = NULL;
    put_file(in_folder("whatever"), "");
    ck_ok(kf__model_file(in_folder("whatever"), NULL, &found));
    ck_assert_str_eq(found, in_folder("whatever"));
    kf__free(found);
}
END_TEST

START_TEST(the_one_of_a_folder)
{
    put_file(in_folder("README.md"), "");
    put_file(in_folder("model.bstx"), "");
    ck_ok(kf__make_folders(in_folder("cache.bst")));
    refuse(NULL, KF_ENOENT, ".bst, .json, .ubj, .txt");
    refuse("xgboost", KF_ENOENT, "one of .bst, .json, .ubj");
    put_file(in_folder("model.ubj"), "");
    expect(NULL, "model.ubj");
    expect("xgboost", "model.ubj");
    refuse("lightgbm", KF_ENOENT, "one of .bst, .txt");
    put_file(in_folder("model.txt"), "");
    expect("lightgbm", "model.txt");
    expect("xgboost", "model.ubj");
    refuse(NULL, KF_EDOCUMENT, "'model.txt', 'model.ubj'");
    put_file(in_folder("b.bst"), "");
    refuse("xgboost", KF_EDOCUMENT, "more than one file of a model: 'b.bst', ");
}
END_TEST

START_TEST(models_of_python)
{
    put_file(in_folder("model.joblib"), "");
    refuse(NULL, KF_EUNSUPPORTED, "'model.joblib' is an object of Python's");
    expect("sklearn", "model.joblib");
    put_file(in_folder("model.pickle"), "");
    refuse("sklearn", KF_EDOCUMENT, "'model.joblib', 'model.pickle'");
}
END_TEST

START_TEST(opening)
{
    kf_model *model = NULL;
    put_file(in_folder("model.json"), "{\"a\": 1}");
    ck_fails(kf_model_open(test_folder, NULL, &model), KF_EPARSE, "not a model");
    ck_assert_str_eq(kf_last_error()->where, in_folder("model.json"));
    ck_fails(kf_model_open(in_folder("none"), NULL, &model), KF_ENOENT, "none");
}
END_TEST

static kf_status find(void)
{
    char *found = NULL;
    kf_status status = kf__model_file(test_folder, NULL, &found);
    kf__free(found);
    return status;
}

START_TEST(no_memory)
{
    put_file(in_folder("model.json"), "{}");
    ck_survives_nomem(find());
}
END_TEST

KF_TEST_MAIN_WITH("serving/model_files", make_test_folder, remove_test_folder,
    a_file_is_itself, the_one_of_a_folder, models_of_python, opening, no_memory)
