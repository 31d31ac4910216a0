/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/explain.h"

#include "base/mem.h"
#include "model_golden.h"
#include "serving/inference.h"
#include "serving/model.h"

/* Twice the tolerance that the package shap holds its own background method to, which
 * keeps floats. */
#define STEP 2e-7

static const double table[] = {0.5, -1, 0.25, 1, -0.5, 2, -1, 0, 1.5, 0.25, 0.5, 2, -2,
    -0.5, 1, 3, 0.1, 0.2, -0.3, 1};
static const double asked[] = {1, -0.25, 0.75, 2};

static kf_model *open_golden(const char *file)
{
    kf_model *model = NULL;
    kf_buf data = golden_model(file);
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    kf__buf_finish(&data);
    return model;
}

static void check_case(const kf_value *one)
{
    static double rows[64], background[64], expected[512], found[512];
    const char *file = kf_value_string(kf_value_get(one, "file"));
    const kf_value *others = kf_value_get(one, "background");
    kf_model *model = open_golden(file);
    size_t count = kf_value_length(kf_value_get(one, "rows"));
    (void)golden_numbers(kf_value_get(one, "rows"), rows);
    (void)golden_numbers(others, background);
    size_t numbers = golden_numbers(kf_value_get(one, "phi"), expected);
    ck_assert_uint_eq(numbers, count * kf_model_margin_count(model) * 5);
    ck_ok(kf_model_explain(model, rows, count, 4,
        KF_OPTIONS(kf_explain_options, .background = background,
            .background_count = kf_value_length(others)),
        found));
    double step = kf_value_length(others) > 0 ? STEP : 1e-13;
    for (size_t i = 0; i < numbers; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= step,
            "%s: number %zu: %.17g instead of %.17g", file, i, found[i], expected[i]);
    kf_model_free(model);
}

START_TEST(explains_as_shap)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *cases = golden_json(&tree, "models/numbers-shap.json");
    ck_assert_uint_gt(kf_value_length(cases), 5);
    for (size_t i = 0; i < kf_value_length(cases); i++)
        check_case(kf_value_at(cases, i));
    kf__tree_finish(&tree);
}
END_TEST

/* ---- probabilities, and the options of KernelSHAP ---- */

static const char *text_of(const kf_value *options, const char *name)
{
    return kf_value_string(kf_value_get(options, name));
}

static void check_options(const kf_value *one)
{
    static double rows[64], background[64], expected[256], found[256];
    const kf_value *options = kf_value_get(one, "options");
    const char *file = text_of(one, "file");
    kf_model *model = open_golden(file);
    size_t count = kf_value_length(kf_value_get(one, "rows"));
    (void)golden_numbers(kf_value_get(one, "rows"), rows);
    (void)golden_numbers(kf_value_get(one, "background"), background);
    size_t numbers = golden_numbers(kf_value_get(one, "phi"), expected);
    ck_assert_uint_eq(numbers, count * kf_model_margin_count(model) * 6);
    ck_ok(kf_model_explain(model, rows, count, 5,
        KF_OPTIONS(kf_explain_options, .background = background, .background_count = 4,
            .method = text_of(options, "method"), .output = text_of(options, "output"),
            .link = text_of(options, "link"),
            .selection = text_of(options, "selection"),
            .alpha = kf_value_double(kf_value_get(options, "alpha")),
            .most_features =
                (size_t)kf_value_int(kf_value_get(options, "most_features"))),
        found));
    for (size_t i = 0; i < numbers; i++)
        ck_assert_msg(
            fabs(found[i] - expected[i]) <= 5 * STEP * fmax(1, fabs(expected[i])),
            "%s: number %zu: %.17g instead of %.17g", file, i, found[i], expected[i]);
    kf_model_free(model);
}

START_TEST(explains_as_shap_with_options)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *cases = golden_json(&tree, "models/explanations.json");
    ck_assert_uint_gt(kf_value_length(cases), 5);
    for (size_t i = 0; i < kf_value_length(cases); i++)
        check_options(kf_value_at(cases, i));
    kf__tree_finish(&tree);
}
END_TEST

/* What kf_model_predict makes of the margins, in the order of the classes. */
static void check_probabilities(const char *file, const char *method, size_t features)
{
    kf_model *model = NULL;
    double rows[10] = {1, -0.25, 0.75, 2, 7, 0.5, 1, -1, 0, 3}, out[40], answers[8];
    kf_buf data = golden_model(file);
    ck_ok(kf_model_load(data.data, data.length,
        strstr(file, ".kfm") ? KF_OPTIONS(kf_model_options, .method = "predict_proba")
                             : NULL,
        &model));
    kf__buf_finish(&data);
    size_t outputs = kf_model_margin_count(model);
    size_t classes = kf_model_output_count(model);
    ck_ok(kf_model_predict(model, rows, 2, features, answers));
    ck_ok(kf_model_explain(model, rows, 2, features,
        KF_OPTIONS(kf_explain_options, .method = method, .output = "probability",
            .background = rows, .background_count = 2),
        out));
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < outputs; j++) {
            double sum = 0;
            for (size_t k = 0; k <= features; k++)
                sum += out[(i * outputs + j) * (features + 1) + k];
            double answer = answers[i * classes + (outputs == 1 ? classes - 1 : j)];
            ck_assert_msg(fabs(sum - answer) < 1e-6, "%s: %.17g instead of %.17g", file,
                sum, answer);
        }
    kf_model_free(model);
}

START_TEST(probabilities_sum_up)
{
    check_probabilities("xgboost-3.2.0-logistic.json", NULL, 5);
    check_probabilities("xgboost-3.2.0-softprob.json", NULL, 5);
    check_probabilities("lightgbm-4.7.0-binary.txt", NULL, 5);
    check_probabilities("lightgbm-4.7.0-ova.txt", "tree", 5);
    check_probabilities("lightgbm-4.7.0-multiclass.txt", NULL, 5);
    check_probabilities("numbers-forest.kfm", "tree", 4);
    check_probabilities("numbers-boosting-classes.kfm", NULL, 4);
    check_probabilities("numbers-logistic.kfm", NULL, 4);
    check_probabilities("numbers-softmax.kfm", NULL, 4);
}
END_TEST

static void check_refused(const char *file, const char *message, kf_status code,
    const kf_explain_options *options)
{
    kf_model *model = open_golden(file);
    double out[40], rows[10] = {1, -0.25, 0.75, 2, 7};
    ck_fails(
        kf_model_explain(model, rows, 1, kf_model_feature_count(model), options, out),
        code, message);
    kf_model_free(model);
}

#define OPTIONS(...)                                                                   \
    KF_OPTIONS(                                                                        \
        kf_explain_options, .background = table, .background_count = 2, __VA_ARGS__)

START_TEST(choices_that_are_refused)
{
    static const char logistic[] = "xgboost-3.2.0-logistic.json";
    check_refused(logistic,
        "'odds' is nothing to explain: expected margin or "
        "probability",
        KF_EINVAL, OPTIONS(.output = "odds"));
    check_refused("xgboost-3.2.0-squared.ubj", "the model makes no probabilities",
        KF_EUNSUPPORTED, OPTIONS(.output = "probability"));
    check_refused(logistic,
        "are explained beside others: expected rows to compare with", KF_EMISSING,
        KF_OPTIONS(kf_explain_options, .output = "probability"));
    check_refused("xgboost-3.2.0-softprob.json",
        "'tree' explains probabilities that are made of one margin each",
        KF_EUNSUPPORTED, OPTIONS(.output = "probability", .method = "tree"));
    check_refused("numbers-logistic.kfm", "'linear' explains margins", KF_EUNSUPPORTED,
        OPTIONS(.output = "probability", .method = "linear"));
    check_refused(logistic, "a link is of the method 'kernel'", KF_EUNSUPPORTED,
        OPTIONS(.link = "logit", .method = "tree"));
    check_refused("numbers-logistic.kfm", "a link is of the method 'kernel'",
        KF_EUNSUPPORTED, OPTIONS(.link = "logit", .method = "linear"));
    check_refused(logistic, "no link 'probit': expected identity or logit", KF_EINVAL,
        OPTIONS(.link = "probit"));
    check_refused("xgboost-3.2.0-softprob.json",
        "has no logit: expected probabilities "
        "over 0 and below 1",
        KF_EINVAL, OPTIONS(.link = "logit", .output = "margin"));
    check_refused(logistic, "no selection 'some': expected most, aic, bic or lasso",
        KF_EINVAL, OPTIONS(.selection = "some", .method = "kernel"));
    check_refused(logistic, "expected a penalty over 0", KF_EINVAL,
        OPTIONS(.selection = "lasso", .method = "kernel"));
    check_refused(logistic, "needs more samples than half the features", KF_EINVAL,
        OPTIONS(.selection = "aic", .method = "kernel", .samples = 2));
}
END_TEST

/* Of gblinear as XGBoost's pred_contribs: beside 0, what is missing adds nothing. */
START_TEST(linear_boosters)
{
    kf_model *model = open_golden("xgboost-3.2.0-linear.json");
    double row[] = {1, NAN, -0.5, 2, 0}, zeros[5] = {0}, out[18], base[18], scores[3];
    ck_assert_uint_eq(kf_model_margin_count(model), 3);
    ck_ok(kf_model_explain(model, row, 1, 5, NULL, out));
    ck_ok(kf_model_explain(model, zeros, 1, 5, NULL, base));
    for (int i = 0; i < 18; i++) {
        float alone[5] = {0};
        if (i % 6 < 5)
            alone[i % 6] = (float)row[i % 6];
        ck_ok(model->numeric->score(model->numeric, alone, 1, scores));
        double alone_adds = scores[i / 6] - base[i / 6 * 6 + 5];
        ck_assert_double_eq_tol(out[i], i % 6 < 5 ? alone_adds : scores[i / 6], 1e-6);
        ck_assert(i % 6 == 5 || base[i] == 0);
    }
    ck_assert_double_ne(out[0], 0);
    kf_model_free(model);
}
END_TEST

/* ---- by the definition ---- */

/* The mean margin of the background with the features of the set taken from the row. */
static double value_of(const kf_model *model, unsigned set, size_t margin)
{
    double sum = 0, row[4], scores[3];
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 4; j++)
            row[j] = (set >> j & 1) != 0 ? asked[j] : table[4 * i + j];
        ck_ok(model->numeric->score(model->numeric, row, 1, scores));
        sum += scores[margin] / 5;
    }
    return sum;
}

static double shapley(const kf_model *model, unsigned feature, size_t margin)
{
    static const double weights[] = {1.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 4};
    double sum = 0;
    for (unsigned set = 0; set < 16; set++)
        if ((set >> feature & 1) == 0)
            sum += weights[__builtin_popcount(set)] *
                   (value_of(model, set | 1u << feature, margin) -
                       value_of(model, set, margin));
    return sum;
}

static void check_by_definition(const char *file, const char *method)
{
    kf_model *model = open_golden(file);
    double out[15];
    size_t margins = kf_model_margin_count(model);
    ck_ok(kf_model_explain(model, asked, 1, 4,
        KF_OPTIONS(kf_explain_options, .method = method, .background = table,
            .background_count = 5),
        out));
    for (size_t i = 0; i < margins; i++) {
        for (unsigned j = 0; j < 4; j++)
            ck_assert_msg(fabs(out[5 * i + j] - shapley(model, j, i)) < 1e-13,
                "%s by %s: feature %u: %.17g instead of %.17g", file, method, j,
                out[5 * i + j], shapley(model, j, i));
        ck_assert_double_eq_tol(out[5 * i + 4], value_of(model, 0, i), 1e-13);
    }
    kf_model_free(model);
}

START_TEST(is_what_shapley_defines)
{
    check_by_definition("numbers-tree.kfm", "tree");
    check_by_definition("numbers-forest.kfm", "tree");
    check_by_definition("numbers-histogram.kfm", "tree");
    check_by_definition("numbers-boosting-classes.kfm", "tree");
    check_by_definition("numbers-boosting-classes.kfm", "kernel");
    check_by_definition("numbers-projected.kfm", "kernel");
    check_by_definition("numbers-several.kfm", "linear");
    check_by_definition("numbers-several.kfm", "kernel");
    check_by_definition("numbers-logistic.kfm", "linear");
}
END_TEST

/* Effects of a model, and what is expected, are the margin. */
static void check_sum(const char *file, size_t features, const double *row)
{
    kf_model *model = open_golden(file);
    double out[64], scores[3];
    float narrow[8];
    size_t margins = kf_model_margin_count(model);
    for (size_t i = 0; i < features; i++)
        narrow[i] = (float)row[i];
    ck_ok(kf_model_explain(model, row, 1, features, NULL, out));
    ck_ok(model->numeric->score(model->numeric,
        model->numeric->input == KF_DATATYPE_FP32 ? (const void *)narrow
                                                  : (const void *)row,
        1, scores));
    for (size_t i = 0; i < margins; i++) {
        double sum = 0;
        for (size_t j = 0; j <= features; j++)
            sum += out[i * (features + 1) + j];
        ck_assert_msg(fabs(sum - scores[i]) <= 2e-6 * fmax(1, fabs(scores[i])),
            "%s: %.9g instead of %.9g", file, sum, scores[i]);
    }
    kf_model_free(model);
}

START_TEST(effects_sum_up)
{
    static const double row[] = {1, -0.25, NAN, 2, 7};
    check_sum("xgboost-3.2.0-squared.ubj", 5, row);
    check_sum("xgboost-3.2.0-softprob.json", 5, row);
    check_sum("xgboost-3.2.0-softmax.json", 5, row);
    check_sum("xgboost-3.2.0-dart.json", 5, row);
    check_sum("xgboost-3.2.0-sets.json", 5, row);
    check_sum("xgboost-3.2.0-vectors.json", 5, row);
    check_sum("xgboost-0.90-logistic.bst", 5, row);
    check_sum("lightgbm-4.7.0-sets.txt", 5, row);
    check_sum("lightgbm-4.7.0-forest.txt", 5, row);
    check_sum("lightgbm-4.7.0-multiclass.txt", 5, row);
    check_sum("lightgbm-4.7.0-zeros.txt", 5, row);
    check_sum("numbers-histogram.kfm", 4, row);
    check_sum("numbers-mixed.kfm", 4, asked);
    check_sum("numbers-logistic.kfm", 4, asked);
    check_sum("numbers-isolation.kfm", 4, asked);
}
END_TEST

START_TEST(what_cannot_be_explained)
{
    kf_model *model = open_golden("numbers-projected.kfm");
    double out[5];
    ck_fails(kf_model_explain(model, asked, 1, 4, NULL, out), KF_EMISSING,
        "expected rows to compare with");
    ck_fails(kf_model_explain(model, asked, 1, 4,
                 KF_OPTIONS(kf_explain_options, .method = "linear"), out),
        KF_EUNSUPPORTED, "'linear' needs a linear model");
    ck_fails(kf_model_explain(model, asked, 1, 4,
                 KF_OPTIONS(kf_explain_options, .method = "tree"), out),
        KF_EUNSUPPORTED, "'tree' needs a model that is a sum of trees");
    ck_fails(kf_model_explain(model, asked, 1, 4,
                 KF_OPTIONS(kf_explain_options, .method = "guess"), out),
        KF_EINVAL, "expected tree, linear or kernel");
    ck_fails(kf_model_explain(model, asked, 1, 3, NULL, out), KF_EINVAL,
        "expected 4, the features of the model");
    kf_model_free(model);
    model = open_golden("numbers-linear.kfm");
    ck_fails(kf_model_explain(model, asked, 1, 4, NULL, out), KF_EMISSING,
        "does not tell the mean of its training rows");
    kf_model_free(model);
}
END_TEST

/* As tensors, of which V1 makes an object for each row. */
static void check_tensors(const char *file, size_t margins)
{
    kf_model *model = open_golden(file);
    kf_inference inference = KF__INFERENCE_INIT;
    const int64_t shape[] = {5, 4};
    double phi[75];
    void *rows;
    ck_ok(kf__inference_add_input(
        &inference, "input-0", KF_DATATYPE_FP64, shape, 2, &rows));
    memcpy(rows, table, sizeof table);
    ck_ok(model->table.explain(model->self, &inference));
    ck_ok(kf_model_explain(model, table, 5, 4, NULL, phi));
    ck_assert_uint_eq(inference.outputs.count, 2);
    const kf_tensor *values = &inference.outputs.items[0];
    const kf_tensor *expected = &inference.outputs.items[1];
    ck_assert_str_eq(values->name, "shap_values");
    ck_assert_str_eq(expected->name, "expected_value");
    ck_assert_uint_eq(values->rank, margins == 1 ? 2 : 3);
    ck_assert_uint_eq(expected->rank, margins == 1 ? 1 : 2);
    ck_assert_int_eq(values->shape[values->rank - 1], 4);
    for (size_t i = 0; i < 5 * margins; i++) {
        ck_assert_int_eq(
            memcmp((const double *)values->data + 4 * i, phi + 5 * i, 32), 0);
        ck_assert_double_eq(((const double *)expected->data)[i], phi[5 * i + 4]);
    }
    kf__inference_finish(&inference);
    kf_model_free(model);
}

START_TEST(answers_of_servers)
{
    check_tensors("numbers-boosting.kfm", 1);
    check_tensors("numbers-boosting-classes.kfm", 3);
}
END_TEST

START_TEST(rows_that_cannot_be_explained_are_their_senders_fault)
{
    kf_model *model = open_golden("numbers-mixed.kfm");
    kf_inference inference = KF__INFERENCE_INIT;
    const int64_t shape[] = {3};
    void *rows;
    ck_ok(kf__inference_add_input(
        &inference, "input-0", KF_DATATYPE_FP64, shape, 1, &rows));
    ck_fails(model->table.explain(model->self, &inference), KF_EINVAL,
        "expected [rows, 4], not the shape [3]");
    ck_assert(inference.refused);
    kf__inference_finish(&inference);
    kf_model_free(model);
}
END_TEST

static const kf_model *asked_model;
static const char *asked_method;
static bool asked_background;
static kf_status explain_asked(void)
{
    double out[15];
    return kf_model_explain(asked_model, asked, 1, 4,
        KF_OPTIONS(kf_explain_options, .method = asked_method,
            .background = asked_background ? table : NULL,
            .background_count = asked_background ? 5 : 0, .most_features = 2),
        out);
}

START_TEST(out_of_memory)
{
    static const char *const files[] = {
        "numbers-boosting-classes.kfm", "numbers-mixed.kfm", "numbers-logistic.kfm"};
    static const char *const methods[] = {"kernel", NULL};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) {
            kf_model *model = open_golden(files[i]);
            asked_model = model;
            asked_method = methods[j];
            for (int k = j == 0 ? 1 : 0; k < 2; k++) {
                asked_background = k == 1;
                ck_survives_nomem(explain_asked());
            }
            kf_model_free(model);
        }
}
END_TEST

KF_TEST_MAIN("explain", explains_as_shap, explains_as_shap_with_options,
    probabilities_sum_up, choices_that_are_refused, linear_boosters,
    is_what_shapley_defines, effects_sum_up, what_cannot_be_explained,
    answers_of_servers, rows_that_cannot_be_explained_are_their_senders_fault,
    out_of_memory)
