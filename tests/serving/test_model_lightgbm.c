/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model_lightgbm.h"

#include "base/mem.h"
#include "model_golden.h"

#define STEP 0x1p-53

START_TEST(predicts_as_version_2)
{
    check_golden_models("lightgbm-2.3.1", STEP);
}
END_TEST

START_TEST(predicts_as_version_3)
{
    check_golden_models("lightgbm-3.3.5", STEP);
}
END_TEST

START_TEST(predicts_as_version_4)
{
    check_golden_models("lightgbm-4.7.0", STEP);
}
END_TEST

static const char sound[] = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\n"
                            "label_index=0\nmax_feature_idx=1\nobjective=%s\n"
                            "feature_names=a b\nfeature_infos=none none\n"
                            "tree_sizes=100\n\nTree=0\n";
static const char tree[] = "num_leaves=3\nnum_cat=1\nsplit_feature=0 1\n"
                           "threshold=0.5 0\ndecision_type=2 1\nleft_child=-1 -2\n"
                           "right_child=1 -3\nleaf_value=1 2 -3\nleaf_count=5 6 7\n"
                           "internal_count=18 13\ncat_boundaries=0 2\n"
                           "cat_threshold=4 1\nis_linear=0\nshrinkage=1\n\n\n";

/* A model of one tree, with another text in place of the first that is `old`. */
static kf_status load(
    const char *objective, const char *old, const char *new, kf_model **out)
{
    char text[2000], all[2000];
    int length = snprintf(text, sizeof text, sound, objective);
    (void)snprintf(
        text + length, sizeof text - (size_t)length, "%send of trees\n", tree);
    const char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "no %s", old);
    (void)snprintf(
        all, sizeof all, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return kf_model_load(all, strlen(all), NULL, out);
}

static double predict(const char *objective, double a, double b)
{
    kf_model *model = NULL;
    const double row[] = {a, b};
    double found;
    ck_ok(load(objective, "", "", &model));
    ck_assert_str_eq(kf_model_format(model), "lightgbm");
    ck_assert_str_eq(kf_model_feature_name(model, 1), "b");
    ck_ok(kf_model_predict(model, row, 1, 2, &found));
    kf_model_free(model);
    return found;
}

START_TEST(decisions)
{
    ck_assert_double_eq(predict("regression", 0.5, 0), 1);
    ck_assert_double_eq(predict("regression", NAN, 0), 1); /* As 0. */
    ck_assert_double_eq(predict("regression", 0.6, 2), 2);
    ck_assert_double_eq(predict("regression", 0.6, 2.9), 2);
    ck_assert_double_eq(predict("regression", 0.6, 32), 2);
    ck_assert_double_eq(predict("regression", 0.6, 3), -3);
    ck_assert_double_eq(predict("regression", 0.6, 1e30), -3);
    ck_assert_double_eq(predict("regression", 0.6, -1), -3);
    ck_assert_double_eq(predict("regression", 0.6, NAN), -3);
}
END_TEST

START_TEST(links)
{
    ck_assert_double_eq(predict("lambdarank", 1, 0), -3);
    ck_assert_double_eq(predict("regression sqrt", 1, 0), -9);
    ck_assert_double_eq(predict("poisson", 1, 0), exp(-3));
    ck_assert_double_eq(predict("binary sigmoid:2", 1, 0), 1 / (1 + exp(6)));
    ck_assert_double_eq(predict("cross_entropy_lambda", 1, 0), log1p(exp(-3)));
}
END_TEST

typedef struct damage {
    const char *old;
    const char *new;
    kf_status status;
    const char *where;
    const char *message;
} damage;

START_TEST(damaged_texts)
{
    static const damage all[] = {
        {"left_child=-1", "left_child=1", KF_EDOCUMENT, "Tree=0.nodes[1]",
            "child of two"},
        {"left_child=-1", "left_child=-4", KF_EDOCUMENT, "Tree=0.nodes[0]",
            "a child that the tree does not have"},
        {"left_child=-1", "left_child=0", KF_EDOCUMENT, "Tree=0.nodes[0]",
            "child of two"},
        {"split_feature=0", "split_feature=2", KF_EPARSE, "Tree=0.split_feature",
            "max_feature_idx"},
        {"split_feature=0 1", "split_feature=0", KF_EDOCUMENT, "Tree=0.split_feature",
            "1 numbers: expected 2"},
        {"num_leaves=3", "num_leaves=4", KF_EDOCUMENT, "Tree=0.split_feature",
            "2 numbers: expected 3"},
        {"num_leaves=3", "num_leaves=9999999999", KF_EPARSE, "Tree=0.num_leaves",
            "count"},
        {"num_leaves=3\n", "", KF_EDOCUMENT, "Tree=0.num_leaves", "does not tell"},
        {"leaf_value=1 2 -3", "leaf_value=1 2 x", KF_EPARSE, "Tree=0.leaf_value",
            "numbers"},
        {"threshold=0.5", "threshold=nan", KF_EDOCUMENT, "Tree=0.nodes[0]",
            "no number"},
        {"threshold=0.5 0", "threshold=0.5 1", KF_EPARSE, "Tree=0.threshold", "a set"},
        {"decision_type=2", "decision_type=14", KF_EPARSE, "Tree=0.decision_type",
            "below 12"},
        {"boundaries=0 2", "boundaries=0 3", KF_EPARSE, "Tree=0.cat_boundaries",
            "cat_threshold"},
        {"boundaries=0 2", "boundaries=2 0", KF_EPARSE, "Tree=0.cat_boundaries",
            "rising"},
        {"cat_threshold=4", "cat_threshold=4294967296", KF_EPARSE,
            "Tree=0.cat_threshold", "32 bits"},
        {"is_linear=0", "is_linear=1", KF_EDOCUMENT, "Tree=0.leaf_const",
            "0 numbers: expected 3"},
        {"tree_sizes=100", "tree_sizes=100 100", KF_EDOCUMENT, "tree_sizes",
            "2 numbers: expected 1"},
        {"end of trees\n", "", KF_EPARSE, NULL, "ends too early"},
        {"_iteration=1", "_iteration=2", KF_EDOCUMENT, "num_tree_per_iteration",
            "no whole number of iterations"},
        {"_iteration=1", "_iteration=0", KF_EPARSE, "num_tree_per_iteration", "count"},
        {"max_feature_idx=1\n", "", KF_EPARSE, "max_feature_idx", "features"},
        {"feature_names=a b", "feature_names=a b\nmax_feature_idx=7", KF_EDOCUMENT,
            "feature_names", "2 numbers: expected 8"},
        {"feature_names=a b", "feature_names=a", KF_EDOCUMENT, "feature_names",
            "1 numbers: expected 2"},
        {"=regression", "=regresion", KF_EUNSUPPORTED, "objective",
            "did you mean 'regression'?"},
        {"=regression", "=binary sigmoid:-1", KF_EDOCUMENT, "objective", "over 0"},
        {"tree\n", "trees\n", KF_EPARSE, NULL, "not a model that libkf knows"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        kf_model *model = NULL;
        kf_status status = load("regression", all[i].old, all[i].new, &model);
        const kf_error *error = kf_last_error();
        ck_assert_msg(status == all[i].status && strstr(error->message, all[i].message),
            "%s: %s: %s", all[i].new, kf_status_name(status), error->message);
        if (all[i].where != NULL)
            ck_assert_str_eq(error->where, all[i].where);
    }
}
END_TEST

START_TEST(line_of_a_fault)
{
    kf_model *model = NULL;
    ck_fails(load("regression", "5 0\n", "5 O\n", &model), KF_EPARSE, "numbers");
    ck_assert_int_eq(kf_last_error()->line, 16);
}
END_TEST

START_TEST(cut_files)
{
    kf_buf data = golden_model("lightgbm-4.7.0-sets.txt");
    const char *end = strstr(data.data, "end of trees");
    kf_model *model = NULL;
    ck_assert_ptr_nonnull(end);
    for (size_t length = 0; length < (size_t)(end - data.data) + 12; length++) {
        char *part = malloc(length + 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, data.data, length);
        kf_status status = kf_model_load(part, length, NULL, &model);
        ck_assert_msg(status == KF_EPARSE || status == KF_EDOCUMENT, "cut at %zu: %s",
            length, kf_status_name(status));
        free(part);
    }
    kf__buf_finish(&data);
}
END_TEST

START_TEST(damaged_bytes)
{
    static const char *const files[] = {"lightgbm-4.7.0-sets.txt",
        "lightgbm-4.7.0-linear.txt", "lightgbm-2.3.1-zeros.txt"};
    double row[5] = {0.5, NAN, 1, 2, 3}, out[8];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kf_buf data = golden_model(files[i]);
        for (size_t at = 0; at < data.length; at++) {
            kf_model *model = NULL;
            data.data[at] ^= (char)(1 << at % 7);
            if (kf_model_load(data.data, data.length, NULL, &model) != KF_OK)
                ck_assert_str_ne(kf_last_error()->message, "");
            else if (kf_model_feature_count(model) == 5 &&
                     kf_model_output_count(model) <= 8)
                ck_ok(kf_model_predict(model, row, 1, 5, out));
            kf_model_free(model);
            data.data[at] ^= (char)(1 << at % 7);
        }
        kf__buf_finish(&data);
    }
}
END_TEST

static kf_status load_data(const kf_buf *data)
{
    kf_model *model = NULL;
    kf_status status = kf_model_load(data->data, data->length, NULL, &model);
    if (status == KF_OK)
        kf_model_free(model);
    return status;
}

START_TEST(no_memory)
{
    static const char *const files[] = {
        "lightgbm-4.7.0-sets.txt", "lightgbm-4.7.0-linear.txt"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kf_buf data = golden_model(files[i]);
        ck_survives_nomem(load_data(&data));
        kf__buf_finish(&data);
    }
}
END_TEST

KF_TEST_MAIN("serving/model_lightgbm", predicts_as_version_2, predicts_as_version_3,
    predicts_as_version_4, decisions, links, damaged_texts, line_of_a_fault, cut_files,
    damaged_bytes, no_memory)
