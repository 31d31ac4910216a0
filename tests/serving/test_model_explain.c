/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations over HTTP, with what the parameters of a request ask for. */
#include "call_test.h"
#include "model_golden.h"

#include "serving/backend_model.h"
#include "serving/model.h"

static test_call made;

static kf_model *open_golden(const char *file)
{
    kf_model *model = NULL;
    kf_buf data = golden_model(file);
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    kf__buf_finish(&data);
    return model;
}

static kf_backend *serve_golden(const char *file)
{
    kf_backend *backend = NULL;
    ck_ok(kf__backend_of_model("m", open_golden(file), &backend));
    return backend;
}

/* The answer as JSON; NULL: it is an error, which is in made.call.reply. */
static const kf_value *ask(kf_backend *backend, const char *body, kf_tree *tree)
{
    kf_value *answer = NULL;
    test_call_init(&made, "/v1/models/m:explain", body);
    kf__serve(backend, &made.call);
    ck_assert_int_eq(made.done, 1);
    if (made.call.reply.status == 200)
        ck_ok(kf__json_read(tree, kf__buf_text(&made.call.reply.body),
            made.call.reply.body.length, &answer));
    return kf_value_get(answer, "explanations");
}

/* Numbers of lists within lists, in their order. */
static const double *check_numbers(
    const kf_value *list, size_t rank, const size_t *shape, const double *expected)
{
    if (rank == 0) {
        ck_assert_double_eq(kf_value_double(list), *expected);
        return expected + 1;
    }
    ck_assert_uint_eq(kf_value_length(list), *shape);
    for (size_t i = 0; i < *shape; i++)
        expected = check_numbers(kf_value_at(list, i), rank - 1, shape + 1, expected);
    return expected;
}

static const double rows[] = {1, -0.25, 0.75, 2, 0.5, 1, -1, 0};

START_TEST(interactions)
{
    kf_backend *backend = serve_golden("numbers-boosting-classes.kfm");
    kf_model *model = open_golden("numbers-boosting-classes.kfm");
    kf_tree tree = KF__TREE_INIT;
    double found[2 * 3 * 25], plain[3 * 16];
    const size_t shape[] = {3, 4, 4};
    ck_ok(kf_model_explain_interactions(model, rows, 2, 4, NULL, found));
    const kf_value *answer = ask(backend,
        "{\"parameters\":{\"interactions\":true},"
        "\"instances\":[[1,-0.25,0.75,2],[0.5,1,-1,0]]}",
        &tree);
    ck_assert_uint_eq(kf_value_length(answer), 2);
    for (size_t i = 0; i < 2; i++) {
        const kf_value *row = kf_value_at(answer, i);
        const kf_value *expected = kf_value_get(row, "expected_value");
        ck_assert_uint_eq(kf_value_length(row), 2);
        for (size_t j = 0; j < 3; j++) {
            const double *own = found + (3 * i + j) * 25;
            ck_assert_double_eq(kf_value_double(kf_value_at(expected, j)), own[24]);
            for (size_t k = 0; k < 16; k++)
                plain[16 * j + k] = own[k / 4 * 5 + k % 4];
        }
        (void)check_numbers(
            kf_value_get(row, "shap_interaction_values"), 3, shape, plain);
    }
    test_call_finish(&made);
    kf__tree_finish(&tree);
    kf_model_free(model);
    kf__backend_free(backend);
}
END_TEST

START_TEST(a_background)
{
    static const double background[] = {0.5, -1, 0.25, 1, -0.5, 2, -1, 0};
    static const char *const methods[] = {"tree", "kernel"};
    kf_backend *backend = serve_golden("numbers-boosting.kfm");
    kf_model *model = open_golden("numbers-boosting.kfm");
    for (size_t i = 0; i < 2; i++) {
        kf_tree tree = KF__TREE_INIT;
        double found[5];
        char body[300];
        const size_t shape[] = {4};
        ck_ok(kf_model_explain(model, rows, 1, 4,
            KF_OPTIONS(kf_explain_options, .method = methods[i],
                .background = background, .background_count = 2, .samples = 9,
                .seed = 3, .most_features = 3),
            found));
        (void)snprintf(body, sizeof body,
            "{\"instances\":[[1,-0.25,0.75,2]],\"parameters\":{\"method\":\"%s\","
            "\"background\":[[0.5,-1,0.25,1],[-0.5,2,-1,0]],\"samples\":9,\"seed\":3,"
            "\"most_features\":3,\"interactions\":null}}",
            methods[i]);
        const kf_value *row = kf_value_at(ask(backend, body, &tree), 0);
        (void)check_numbers(kf_value_get(row, "shap_values"), 1, shape, found);
        ck_assert_double_eq(
            kf_value_double(kf_value_get(row, "expected_value")), found[4]);
        test_call_finish(&made);
        kf__tree_finish(&tree);
    }
    kf_model_free(model);
    kf__backend_free(backend);
}
END_TEST

static const struct refused {
    int status;
    const char *parameters;
    const char *message;
} refused[] = {
    {400, "\"interaction\":true",
        "parameters.interaction: no parameter of an explanation: expected alpha, "
        "background, interactions, link, method, most_features, output, samples, seed "
        "or "
        "selection; did you mean 'interactions'?"},
    {400, "\"alpha\":\"1\"", "parameters.alpha: expected a number"},
    {400, "\"link\":1", "parameters.link: expected a text"},
    {400, "\"output\":false", "parameters.output: expected a text"},
    {400, "\"selection\":[]", "parameters.selection: expected a text"},
    {501, "\"output\":\"probability\"", "output: the model makes no probabilities"},
    {501, "\"link\":\"logit\",\"method\":\"tree\"",
        "link: a link is of the method 'kernel'"},
    {400, "\"interactions\":1", "parameters.interactions: expected true or false"},
    {400, "\"method\":7", "parameters.method: expected a text"},
    {400, "\"method\":\"guess\"",
        "method: no method 'guess': expected tree, linear or kernel"},
    {400, "\"method\":\"kernel\"", "background: the model is explained by 'kernel'"},
    {501, "\"method\":\"linear\"", "method: 'linear' needs a linear model"},
    {400, "\"samples\":-1", "parameters.samples: expected a number from 0 to 1048576"},
    {400, "\"samples\":1048577",
        "parameters.samples: expected a number from 0 to 1048576"},
    {400, "\"seed\":0.5", "parameters.seed: expected a number from 0 to "},
    {400, "\"most_features\":\"a\"",
        "parameters.most_features: expected a number from 0 to "},
    {400, "\"background\":[]", "parameters.background: expected a list of rows"},
    {400, "\"background\":[[1,2]]",
        "parameters.background: expected rows of 4 numbers, the features of the model"},
    {400, "\"background\":[[1,2,\"a\",3]]",
        "parameters.background: expected numbers, or null for what is missing"},
    {501, "\"interactions\":true,\"background\":[[1,2,3,4]]",
        "background: interactions of trees follow the training rows"},
    {400, "\"seed\":1,\"seed\":2", "parameters"},
    {413,
        "\"samples\":1048576,\"method\":\"kernel\",\"background\":[[1,2,3,4],[1,2,3,5],"
        "[1,2,3,6],[1,2,3,7],[1,2,3,8],[1,2,3,9],[1,2,3,1],[1,2,3,2],[1,2,3,3]]",
        "parameters.background: rows, times those of the background, times the "
        "samples, "
        "are over the limit of 16777216"},
};

START_TEST(what_is_refused)
{
    kf_backend *backend = serve_golden("numbers-boosting.kfm");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char body[600];
        (void)snprintf(body, sizeof body,
            "{\"instances\":[[1,-0.25,0.75,2],[1,0,1,2]],\"parameters\":{%s}}",
            refused[i].parameters);
        ck_assert_ptr_null(ask(backend, body, NULL));
        const char *text = kf__buf_text(&made.call.reply.body);
        ck_assert_msg(made.call.reply.status == refused[i].status &&
                          strstr(text, refused[i].message) != NULL,
            "%s: %d %s", refused[i].parameters, made.call.reply.status, text);
        test_call_finish(&made);
    }
    kf__backend_free(backend);
}
END_TEST

/* Each row is answered with 36 numbers. */
START_TEST(answers_have_a_limit)
{
    kf_backend *backend = serve_golden("xgboost-3.2.0-squared.ubj");
    kf_buf body = KF__BUF_INIT;
    kf__buf_puts(&body, "{\"parameters\":{\"interactions\":true},\"instances\":[");
    for (size_t i = 0; i <= (1u << 24) / 36; i++)
        kf__buf_puts(&body, i > 0 ? ",[1,2,3,4,5]" : "[1,2,3,4,5]");
    kf__buf_puts(&body, "]}");
    ck_assert_ptr_null(ask(backend, kf__buf_text(&body), NULL));
    ck_assert_int_eq(made.call.reply.status, 413);
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&made.call.reply.body),
        "over the limit of 16777216 numbers: ask for fewer rows"));
    test_call_finish(&made);
    kf__buf_finish(&body);
    kf__backend_free(backend);
}
END_TEST

/* Predictions know nothing of them, as in KServe. */
START_TEST(predictions_take_no_parameters)
{
    kf_backend *backend = serve_golden("numbers-boosting.kfm");
    test_call_init(&made, "/v1/models/m:predict",
        "{\"instances\":[[1,-0.25,0.75,2]],\"parameters\":{\"interaction\":0}}");
    kf__serve(backend, &made.call);
    ck_assert_int_eq(made.call.reply.status, 200);
    test_call_finish(&made);
    kf__backend_free(backend);
}
END_TEST

/* Not its sender's fault, who asked for nothing: but only he can send a background. */
START_TEST(a_model_that_needs_a_background)
{
    kf_backend *backend = serve_golden("numbers-projected.kfm");
    ck_assert_ptr_null(ask(backend, "{\"instances\":[[1,-0.25,0.75,2]]}", NULL));
    ck_assert_int_eq(made.call.reply.status, 400);
    test_call_finish(&made);
    kf__backend_free(backend);
}
END_TEST

KF_TEST_MAIN("model_explain", interactions, a_background, what_is_refused,
    answers_have_a_limit, predictions_take_no_parameters,
    a_model_that_needs_a_background)
