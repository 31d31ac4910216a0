/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/explain_tree.h"

#include "base/mem.h"
#include "model_golden.h"
#include "serving/model.h"

enum { MOST = 5 }; /* Features of the golden models. */

static const double row[MOST] = {1, -0.25, 0.75, 2, 7};
static const double gaps[MOST] = {-0.5, NAN, 0.125, 1, NAN};

static kf_model *open_golden(const char *file)
{
    kf_model *model = NULL;
    kf_buf data = golden_model(file);
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    kf__buf_finish(&data);
    return model;
}

/* ---- by the definition ---- */

typedef struct game {
    const kf_forest *forest;
    double divisor;
    const double *row;
    size_t output;
} game;

/* What a node gives where the features of the set are known, and the others follow the
 * training rows. */
static double worth(const game *of, size_t index, unsigned set)
{
    const kf_forest *forest = of->forest;
    const kf_forest_node *node = &forest->nodes.items[index];
    if (node->left < 0)
        return forest->values
            .items[node->index * forest->width + (forest->width > 1 ? of->output : 0)];
    if ((set >> node->feature & 1) != 0) {
        bool left = kf__forest_goes_left(forest, node, of->row[node->feature]);
        return worth(of, (size_t)(left ? node->left : node->right), set);
    }
    double left = forest->nodes.items[node->left].cover;
    double right = forest->nodes.items[node->right].cover;
    return (worth(of, (size_t)node->left, set) * left +
               worth(of, (size_t)node->right, set) * right) /
           node->cover;
}

static double value_of(const game *of, unsigned set)
{
    double sum = 0;
    for (size_t i = 0; i < of->forest->trees.count; i++) {
        const kf_forest_tree *tree = &of->forest->trees.items[i];
        if (of->forest->width > 1 || tree->group == of->output)
            sum += worth(of, tree->root, set);
    }
    return of->divisor != 0 ? sum / of->divisor : sum;
}

static double factorial(unsigned number)
{
    return number < 2 ? 1 : number * factorial(number - 1);
}

/* Half of Shapley's interaction index. */
static double interaction(const game *of, unsigned features, unsigned a, unsigned b)
{
    double sum = 0;
    unsigned both = 1u << a | 1u << b;
    for (unsigned set = 0; set < 1u << features; set++) {
        unsigned size = (unsigned)__builtin_popcount(set);
        if ((set & both) != 0)
            continue;
        double gain = value_of(of, set | both) - value_of(of, set | 1u << a) -
                      value_of(of, set | 1u << b) + value_of(of, set);
        sum += gain * factorial(size) * factorial(features - size - 2) /
               factorial(features - 1);
    }
    return sum / 2;
}

static void check_row(const kf_model *model, const char *file, const double *asked)
{
    kf_margins margins;
    double pairs[3 * (MOST + 1) * (MOST + 1)], phi[3 * (MOST + 1)];
    model->numeric->margins(model->numeric, &margins);
    size_t features = margins.columns, width = features + 1;
    ck_ok(kf_model_explain_interactions(model, asked, 1, features, NULL, pairs));
    ck_ok(kf_model_explain(model, asked, 1, features, NULL, phi));
    for (size_t k = 0; k < margins.outputs; k++) {
        const game of = {margins.forest, margins.divisor, asked, k};
        const double *own = pairs + k * width * width;
        for (unsigned i = 0; i < features; i++) {
            double sum = 0;
            for (unsigned j = 0; j < width; j++)
                sum += own[i * width + j];
            ck_assert_double_eq_tol(sum, phi[k * width + i], 1e-13);
            for (unsigned j = 0; j < features; j++)
                ck_assert_msg(
                    i == j || fabs(own[i * width + j] -
                                   interaction(&of, (unsigned)features, i, j)) < 1e-13,
                    "%s: output %zu: %u with %u: %.17g instead of %.17g", file, k, i, j,
                    own[i * width + j], interaction(&of, (unsigned)features, i, j));
        }
        ck_assert_double_eq(own[width * width - 1], phi[k * width + features]);
        for (size_t j = 0; j < features; j++) {
            ck_assert_double_eq(own[j * width + features], 0);
            ck_assert_double_eq(own[features * width + j], 0);
        }
    }
}

START_TEST(are_what_shapley_defines)
{
    static const char *const files[] = {"xgboost-3.2.0-squared.ubj",
        "xgboost-3.2.0-softprob.json", "xgboost-3.2.0-vectors.json",
        "xgboost-3.2.0-sets.json", "xgboost-3.2.0-dart.json",
        "xgboost-0.90-logistic.bst", "lightgbm-4.7.0-sets.txt",
        "lightgbm-4.7.0-forest.txt", "lightgbm-4.7.0-zeros.txt", "numbers-forest.kfm"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kf_model *model = open_golden(files[i]);
        check_row(model, files[i], row);
        check_row(model, files[i], gaps);
        kf_model_free(model);
    }
}
END_TEST

/* ---- as the libraries have them ---- */

static void check_case(const kf_value *one)
{
    static double rows[256], expected[4096], found[4096];
    const char *file = kf_value_string(kf_value_get(one, "file"));
    double step = kf_value_double(kf_value_get(one, "step"));
    kf_model *model = open_golden(file);
    size_t features = kf_model_feature_count(model), width = features + 1;
    size_t count = golden_numbers(kf_value_get(one, "rows"), rows) / features;
    size_t numbers = golden_numbers(kf_value_get(one, "interactions"), expected);
    ck_assert_uint_eq(numbers, count * kf_model_margin_count(model) * width * width);
    ck_ok(kf_model_explain_interactions(model, rows, count, features, NULL, found));
    for (size_t i = 0; i < numbers; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= step,
            "%s: number %zu: %.17g instead of %.17g", file, i, found[i], expected[i]);
    kf_model_free(model);
}

START_TEST(are_those_of_xgboost_and_shap)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *cases = golden_json(&tree, "models/interactions.json");
    ck_assert_uint_gt(kf_value_length(cases), 5);
    for (size_t i = 0; i < kf_value_length(cases); i++)
        check_case(kf_value_at(cases, i));
    kf__tree_finish(&tree);
}
END_TEST

/* ---- columns of one feature, and models without trees ---- */

/* Columns made of one feature do nothing with each other: their sums stay. */
START_TEST(columns_are_gathered_by_their_feature)
{
    kf_model *model = open_golden("numbers-mixed.kfm");
    double pairs[25], phi[5];
    ck_ok(kf_model_explain_interactions(model, row, 1, 4, NULL, pairs));
    ck_ok(kf_model_explain(model, row, 1, 4, NULL, phi));
    for (size_t i = 0; i < 4; i++) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++) {
            sum += pairs[5 * i + j];
            ck_assert_double_eq(pairs[5 * i + j], pairs[5 * j + i]);
        }
        ck_assert_double_eq_tol(sum, phi[i], 1e-13);
    }
    ck_assert_double_eq(pairs[24], phi[4]);
    kf_model_free(model);
}
END_TEST

START_TEST(features_of_a_linear_model_are_on_their_own)
{
    static const double background[] = {0.5, -1, 0.25, 1, -0.5, 2, -1, 0};
    kf_model *model = open_golden("numbers-several.kfm");
    double pairs[50], phi[10];
    const kf_explain_options *options =
        KF_OPTIONS(kf_explain_options, .background = background, .background_count = 2);
    ck_ok(kf_model_explain_interactions(model, row, 1, 4, options, pairs));
    ck_ok(kf_model_explain(model, row, 1, 4, options, phi));
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 5; i++)
            for (size_t j = 0; j < 5; j++)
                ck_assert_double_eq(
                    pairs[25 * k + 5 * i + j], i == j ? phi[5 * k + i] : 0);
    kf_model_free(model);
}
END_TEST

START_TEST(what_tells_no_interactions)
{
    double out[36];
    const kf_explain_options *options =
        KF_OPTIONS(kf_explain_options, .background = row, .background_count = 1);
    kf_model *model = open_golden("xgboost-3.2.0-squared.ubj");
    ck_fails(kf_model_explain_interactions(model, row, 1, 5, options, out),
        KF_EUNSUPPORTED, "follow the training rows: expected no background");
    ck_fails(kf_model_explain_interactions(model, row, 1, 5,
                 KF_OPTIONS(kf_explain_options, .method = "kernel", .background = row,
                     .background_count = 1),
                 out),
        KF_EUNSUPPORTED, "'kernel', which tells no interactions");
    ck_fails(kf_model_explain_interactions(model, row, 1, 4, NULL, out), KF_EINVAL,
        "expected 5, the features of the model");
    ck_ok(kf_model_explain_interactions(model, NULL, 0, 5, NULL, NULL));
    kf_model_free(model);
    model = open_golden("numbers-projected.kfm");
    ck_fails(kf_model_explain_interactions(model, row, 1, 4, NULL, out),
        KF_EUNSUPPORTED, "tells no interactions");
    kf_model_free(model);
}
END_TEST

static const kf_model *asked_model;
static kf_status explain_asked(void)
{
    double out[75];
    return kf_model_explain_interactions(asked_model, row, 1, 4, NULL, out);
}

START_TEST(out_of_memory)
{
    kf_model *model = open_golden("numbers-boosting-classes.kfm");
    asked_model = model;
    ck_survives_nomem(explain_asked());
    kf_model_free(model);
}
END_TEST

KF_TEST_MAIN("explain_pairs", are_what_shapley_defines, are_those_of_xgboost_and_shap,
    columns_are_gathered_by_their_feature, features_of_a_linear_model_are_on_their_own,
    what_tells_no_interactions, out_of_memory)
