/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model_xgboost.h"

#include "base/mem.h"
#include "model_golden.h"

/* Sums of floats are told as doubles. */
#define STEP 0x1p-24

START_TEST(predicts_as_version_0_90)
{
    check_golden_models("xgboost-0.90", STEP);
}
END_TEST

START_TEST(predicts_as_version_1_0)
{
    check_golden_models("xgboost-1.0.2", STEP);
}
END_TEST

START_TEST(predicts_as_version_1_3)
{
    check_golden_models("xgboost-1.3.3", STEP);
}
END_TEST

START_TEST(predicts_as_version_1_7)
{
    check_golden_models("xgboost-1.7.6", STEP);
}
END_TEST

START_TEST(predicts_as_version_2_1)
{
    check_golden_models("xgboost-2.1.4", STEP);
}
END_TEST

START_TEST(predicts_as_version_3_2)
{
    check_golden_models("xgboost-3.2.0", STEP);
}
END_TEST

START_TEST(what_a_model_tells)
{
    kf_model *model = NULL;
    kf_buf data = golden_model("xgboost-3.2.0-softprob.ubj");
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    ck_assert_str_eq(kf_model_format(model), "xgboost");
    ck_assert_uint_eq(kf_model_feature_count(model), 5);
    ck_assert_str_eq(kf_model_feature_name(model, 4), "x_4");
    ck_assert_ptr_null(kf_model_feature_name(model, 5));
    ck_assert_uint_eq(kf_model_output_count(model), 3);
    ck_assert_ptr_null(kf_model_class_name(model, 0));
    double rows[6] = {0}, out[3];
    ck_fails(kf_model_predict(model, rows, 1, 6, out), KF_EINVAL,
        "the rows have 6 numbers: expected 5");
    kf_model_free(model);
    ck_fails(kf_model_load(data.data, data.length,
                 KF_OPTIONS(kf_model_options, .format = "lightgbm"), &model),
        KF_EPARSE, "expected 'tree'");
    ck_fails(kf_model_load(data.data, data.length,
                 KF_OPTIONS(kf_model_options, .format = "xgbost"), &model),
        KF_EINVAL, "did you mean 'xgboost'?");
    kf__buf_finish(&data);
}
END_TEST

/* ---- damage ---- */

static const char sound[] =
    "{\"version\":[3,2,0],\"learner\":{\"feature_names\":[],\"feature_types\":[],"
    "\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"tree_info\":[0],\"trees\":["
    "{\"tree_param\":{\"size_leaf_vector\":\"1\"},\"left_children\":[1,-1,3,-1,-1],"
    "\"right_children\":[2,-1,4,-1,-1],\"split_indices\":[0,0,1,0,0],"
    "\"split_conditions\":[0.5,1.0,2.0,3.0,4.0],\"default_left\":[1,0,0,0,0],"
    "\"sum_hessian\":[5,2,3,1,2],\"split_type\":[0,0,1,0,0],\"categories\":[1,2],"
    "\"categories_nodes\":[2],\"categories_segments\":[0],\"categories_sizes\":[2]}]}},"
    "\"learner_model_param\":{\"base_score\":\"[5E-1]\",\"num_feature\":\"2\","
    "\"num_class\":\"0\",\"num_target\":\"1\"},"
    "\"objective\":{\"name\":\"reg:squarederror\"}}}";

/* The sound model with another text in place of the first that is `old`. */
static char *edited(const char *old, const char *new)
{
    const char *at = strstr(sound, old);
    ck_assert_msg(at != NULL, "no %s", old);
    char *text = malloc(sizeof sound + strlen(new));
    ck_assert_ptr_nonnull(text);
    (void)snprintf(text, sizeof sound + strlen(new), "%.*s%s%s", (int)(at - sound),
        sound, new, at + strlen(old));
    return text;
}

/* XGBoost refuses them as well. */
START_TEST(infinite_numbers)
{
    static const char *const files[] = {
        "xgboost-3.2.0-squared.ubj", "xgboost-3.2.0-linear.json"};
    for (size_t i = 0; i < 2; i++) {
        kf_buf data = golden_model(files[i]);
        kf_model *model = NULL;
        double rows[10] = {1, NAN, 3, 4, -3.4028234e38}, out[60];
        ck_ok(kf_model_load(data.data, data.length, NULL, &model));
        ck_ok(kf_model_predict(model, rows, 2, 5, out));
        for (int j = 0; j < 30; j++) {
            double number = rows[j % 10];
            rows[j % 10] = j < 10 ? INFINITY : j < 20 ? -INFINITY : 3.5e38;
            ck_fails(kf_model_predict(model, rows, 2, 5, out), KF_EINVAL,
                j % 10 < 5 ? "row 0 has a number that is infinite or too large"
                           : "row 1 has a number that is infinite or too large");
            ck_fails(
                kf_model_explain(model, rows, 2, 5,
                    KF_OPTIONS(kf_explain_options, .background = rows,
                        .background_count = 1, .method = i == 0 ? "tree" : "kernel"),
                    out),
                KF_EINVAL, "has a number that is infinite or too large");
            rows[j % 10] = number;
        }
        kf_model_free(model);
        kf__buf_finish(&data);
    }
}
END_TEST

START_TEST(small_model)
{
    kf_model *model = NULL;
    const double rows[] = {0, 1, 1, 1, 1, 3, 1, NAN, NAN, 0, 1, -1, 1, 2.9};
    /* 0.5 and the leaf; category 1 goes right, as it is of the set. */
    const double expected[] = {1.5, 4.5, 3.5, 4.5, 1.5, 3.5, 4.5};
    double found[7];
    ck_ok(kf_model_load(sound, sizeof sound - 1, NULL, &model));
    ck_ok(kf_model_predict(model, rows, 7, 2, found));
    for (int i = 0; i < 7; i++)
        ck_assert_msg(found[i] == expected[i], "row %d: %g", i, found[i]);
    kf_model_free(model);
}
END_TEST

typedef struct damage {
    const char *old;
    const char *new;
    kf_status status;
    const char *where;
    const char *message;
} damage;

static void refuses(const damage *one)
{
    kf_model *model = NULL;
    char *text = edited(one->old, one->new);
    kf_status status = kf_model_load(text, strlen(text), NULL, &model);
    const kf_error *error = kf_last_error();
    ck_assert_msg(status == one->status, "%s: %s: %s", one->new, kf_status_name(status),
        status != KF_OK ? error->message : "");
    ck_assert_msg(strstr(error->message, one->message) != NULL, "%s: %s", one->new,
        error->message);
    if (one->where != NULL)
        ck_assert_str_eq(error->where, one->where);
    free(text);
}

START_TEST(damaged_documents)
{
    static const damage all[] = {
        {"[1,-1,3", "[1,-1,7", KF_EDOCUMENT, "trees[0].nodes[2]",
            "a child that the tree does not have"},
        {"[1,-1,3", "[0,-1,3", KF_EDOCUMENT, "trees[0].nodes[0]", "child of two"},
        {"[1,-1,3", "[1.5,-1,3", KF_EDOCUMENT, "trees[0].left_children[0]",
            "out of place"},
        {"[1,-1,3", "[1,-2,3", KF_EDOCUMENT, "trees[0].left_children[1]",
            "out of place"},
        {"[2,-1,4", "[2,-1,2", KF_EDOCUMENT, "trees[0].nodes[2]", "child of two"},
        {"[2,-1,4", "[2,-1", KF_EDOCUMENT, "trees[0].right_children",
            "expected 5, one for each node"},
        {"[0,0,1,0,0],\"split_c", "[0,0,2,0,0],\"split_c", KF_EDOCUMENT,
            "trees[0].nodes[2]", "a feature that the model does not have"},
        {"[0.5,1.0", "[NaN,1.0", KF_EDOCUMENT, "trees[0].nodes[0]", "no number"},
        {"\"categories\":[1,2]", "\"categories\":[1,16777216]", KF_EDOCUMENT,
            "trees[0].categories", "below 2^24"},
        {"_sizes\":[2]", "_sizes\":[3]", KF_EDOCUMENT, "trees[0].categories_nodes",
            "entry 0"},
        {"_nodes\":[2]", "_nodes\":[1]", KF_EDOCUMENT, "trees[0].categories_nodes",
            "does not split on some"},
        {"_segments\":[0]", "_segments\":[]", KF_EDOCUMENT,
            "trees[0].categories_segments", "expected 1"},
        {"_leaf_vector\":\"1\"", "_leaf_vector\":\"3\"", KF_EPARSE, NULL,
            "base_weights"},
        {"_info\":[0]", "_info\":[1]", KF_EDOCUMENT, "trees[0].tree_info",
            "from 0 to 0"},
        {"_info\":[0]", "_info\":[0,0]", KF_EDOCUMENT, "tree_info",
            "expected 1, one for each tree"},
        {"[5E-1]", "[5E-1,1]", KF_EDOCUMENT, "learner.learner_model_param.base_score",
            "expected 1 or 1"},
        {"[5E-1]", "[]", KF_EPARSE, NULL, "a base_score"},
        {"feature\":\"2\"", "feature\":\"-2\"", KF_EDOCUMENT,
            "learner.learner_model_param.num_feature", "whole number"},
        {"feature\":\"2\"", "feature\":\"1e18\"", KF_EDOCUMENT,
            "learner.learner_model_param.num_feature", "whole number"},
        {"class\":\"0\"", "class\":\"65537\"", KF_EDOCUMENT,
            "learner.learner_model_param.num_class", "from 0 to 65536"},
        {"feature\":\"2\"", "feature\":\"two\"", KF_EPARSE, NULL, "is a number"},
        {"reg:squarederror", "reg:squareerror", KF_EUNSUPPORTED, "learner.objective",
            "did you mean 'reg:squarederror'?"},
        {"reg:squarederror", "", KF_EDOCUMENT, "learner.objective", "objective"},
        {"gbtree", "gbforest", KF_EDOCUMENT, "learner.gradient_booster.name",
            "expected gbtree"},
        {"gbtree", "dart", KF_EDOCUMENT, "weight_drop", "one for each tree"},
        {"gbtree", "gblinear", KF_EDOCUMENT, "weights", "expected 3"},
        {"names\":[]", "names\":[\"a\"]", KF_EDOCUMENT, "learner.feature_names",
            "expected 2"},
        {"\"version\":[3,2,0],", "\"version\":[3,2,0]", KF_EPARSE, NULL,
            "expected ',' or '}'"},
        {"squarederror\"}}}", "squarederror\"}}} x", KF_EPARSE, NULL,
            "the end of the text"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refuses(&all[i]);
}
END_TEST

START_TEST(cut_files)
{
    check_cut_model("xgboost-3.2.0-sets.json", 1);
    check_cut_model("xgboost-3.2.0-vectors.ubj", 1);
    check_cut_model("xgboost-2.1.4-linear.ubj", 1);
}
END_TEST

/* What follows the trees, of which nothing is needed, may be missing. */
START_TEST(cut_binary_files)
{
    kf_model *model = NULL;
    kf_buf data = golden_model("xgboost-0.90-softprob.bst");
    bool loaded = false;
    for (size_t length = 0; length <= data.length; length++) {
        char *part = malloc(length + 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, data.data, length);
        kf_status status = kf_model_load(part, length, NULL, &model);
        ck_assert(status == KF_OK || (!loaded && status == KF_EPARSE));
        loaded = status == KF_OK;
        if (loaded)
            kf_model_free(model);
        free(part);
    }
    ck_assert(loaded);
    kf__buf_finish(&data);
}
END_TEST

START_TEST(damaged_bytes)
{
    static const char *const files[] = {"xgboost-3.2.0-sets.ubj",
        "xgboost-2.1.4-dart.bst", "xgboost-0.90-linear.bst",
        "xgboost-2.1.4-vectors.ubj", "xgboost-3.2.0-onehot.json"};
    double rows[5] = {0.5, NAN, 1, 2, 3}, out[8];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kf_buf data = golden_model(files[i]);
        for (size_t at = 0; at < data.length; at++) {
            kf_model *model = NULL;
            data.data[at] ^= (char)(1 << at % 8);
            if (kf_model_load(data.data, data.length, NULL, &model) != KF_OK)
                ck_assert_str_ne(kf_last_error()->message, "");
            else if (kf_model_feature_count(model) == 5 &&
                     kf_model_output_count(model) <= 8)
                ck_ok(kf_model_predict(model, rows, 1, 5, out));
            kf_model_free(model);
            data.data[at] ^= (char)(1 << at % 8);
        }
        kf__buf_finish(&data);
    }
}
END_TEST

static kf_status load(const kf_buf *data)
{
    kf_model *model = NULL;
    kf_status status = kf_model_load(data->data, data->length, NULL, &model);
    if (status == KF_OK)
        kf_model_free(model);
    return status;
}

START_TEST(no_memory)
{
    static const char *const files[] = {"xgboost-3.2.0-sets.json",
        "xgboost-3.2.0-vectors.ubj", "xgboost-1.0.2-linear.bst",
        "xgboost-1.0.2-dart.bst"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kf_buf data = golden_model(files[i]);
        ck_survives_nomem(load(&data));
        kf__buf_finish(&data);
    }
}
END_TEST

KF_TEST_MAIN("serving/model_xgboost", predicts_as_version_0_90, predicts_as_version_1_0,
    predicts_as_version_1_3, predicts_as_version_1_7, predicts_as_version_2_1,
    predicts_as_version_3_2, what_a_model_tells, infinite_numbers, small_model,
    damaged_documents, cut_files, cut_binary_files, damaged_bytes, no_memory)
