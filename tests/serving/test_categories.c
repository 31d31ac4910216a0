/* SPDX-License-Identifier: Apache-2.0 */
/* Categories by their names, in models and in requests. */
#include "serving/categories.h"

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

/* The numbers of an answer; the body is the test's to finish. */
static const kf_value *ask(
    kf_backend *backend, const char *path, const char *body, kf_tree *tree)
{
    kf_value *answer = NULL;
    test_call_init(&made, path, body);
    kf__serve(backend, &made.call);
    ck_assert_msg(made.call.reply.status == 200, "%s: %s", body,
        kf__buf_text(&made.call.reply.body));
    ck_ok(kf__json_read(tree, kf__buf_text(&made.call.reply.body),
        made.call.reply.body.length, &answer));
    return answer;
}

static void check_answers(const char *file, const kf_value *found, const kf_value *one)
{
    const kf_value *expected = kf_value_get(one, "expected");
    ck_assert_uint_eq(kf_value_length(found), kf_value_length(expected));
    for (size_t i = 0; i < kf_value_length(found); i++) {
        double number = kf_value_double(kf_value_at(found, i));
        ck_assert_msg(number == kf_value_double(kf_value_at(expected, i)),
            "%s: row %zu: %.17g", file, i, number);
    }
}

static void check_objects(const char *file, const kf_value *one)
{
    kf_backend *backend = serve_golden(file);
    kf_tree tree = KF__TREE_INIT;
    kf_buf body = KF__BUF_INIT;
    char *rows = NULL;
    ck_ok(kf_value_write(kf_value_get(one, "rows"), KF_JSON_COMPACT, &rows));
    kf__buf_printf(&body, "{\"instances\":%s}", rows);
    const kf_value *answer =
        ask(backend, "/v1/models/m:predict", kf__buf_text(&body), &tree);
    check_answers(file, kf_value_get(answer, "predictions"), one);
    test_call_finish(&made);
    kf_text_free(rows);
    kf__buf_finish(&body);
    kf__tree_finish(&tree);
    kf__backend_free(backend);
}

/* A tensor for each feature, rows without a colour left out, which BYTES cannot miss. */
static void put_column(
    const kf_value *rows, const char *name, const char *datatype, kf_buf *out)
{
    size_t count = 0;
    kf_buf data = KF__BUF_INIT;
    for (size_t i = 0; i < kf_value_length(rows); i++) {
        char *text = NULL;
        const kf_value *row = kf_value_at(rows, i);
        if (kf_value_kind(kf_value_get(row, "color")) == KF_KIND_NULL)
            continue;
        ck_ok(kf_value_write(kf_value_get(row, name), KF_JSON_COMPACT, &text));
        kf__buf_printf(&data, "%s%s", count++ > 0 ? "," : "", text);
        kf_text_free(text);
    }
    kf__buf_printf(out,
        "{\"name\":\"%s\",\"shape\":[%zu],\"datatype\":\"%s\",\"data\":[%s]}", name,
        count, datatype, kf__buf_text(&data));
    kf__buf_finish(&data);
}

static void check_tensors(const char *file, const kf_value *one)
{
    kf_backend *backend = serve_golden(file);
    kf_tree tree = KF__TREE_INIT;
    kf_buf body = KF__BUF_INIT;
    const kf_value *rows = kf_value_get(one, "rows");
    kf__buf_puts(&body, "{\"inputs\":[");
    put_column(rows, "again", "BYTES", &body);
    kf__buf_putc(&body, ',');
    put_column(rows, "color", "BYTES", &body);
    kf__buf_putc(&body, ',');
    put_column(rows, "size", "INT64", &body);
    kf__buf_putc(&body, ',');
    put_column(rows, "weight", "FP64", &body);
    kf__buf_puts(&body, "]}");
    const kf_value *answer =
        ask(backend, "/v2/models/m/infer", kf__buf_text(&body), &tree);
    const kf_value *found =
        kf_value_get(kf_value_at(kf_value_get(answer, "outputs"), 0), "data");
    size_t at = 0;
    for (size_t i = 0; i < kf_value_length(rows); i++) {
        const kf_value *row = kf_value_at(rows, i);
        if (kf_value_kind(kf_value_get(row, "color")) == KF_KIND_NULL)
            continue;
        ck_assert_double_eq(kf_value_double(kf_value_at(found, at++)),
            kf_value_double(kf_value_at(kf_value_get(one, "expected"), i)));
    }
    ck_assert_uint_eq(at, kf_value_length(found));
    ck_assert_uint_gt(at, 5);
    test_call_finish(&made);
    kf__buf_finish(&body);
    kf__tree_finish(&tree);
    kf__backend_free(backend);
}

START_TEST(are_those_of_a_frame)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *cases = golden_json(&tree, "models/categories.json");
    ck_assert_uint_eq(kf_value_length(cases), 2);
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        const kf_value *one = kf_value_at(cases, i),
                       *files = kf_value_get(one, "files");
        for (size_t j = 0; j < kf_value_length(files); j++) {
            check_objects(kf_value_string(kf_value_at(files, j)), one);
            check_tensors(kf_value_string(kf_value_at(files, j)), one);
        }
    }
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(have_codes)
{
    static const char *const files[] = {
        "categories-lightgbm.txt", "categories-xgboost.json", "categories-xgboost.ubj"};
    double code;
    for (size_t i = 0; i < 3; i++) {
        kf_model *model = open_golden(files[i]);
        ck_ok(kf_model_category_code(model, 1, "a, \"b\"", &code));
        ck_assert_double_eq(code, 0);
        ck_ok(
            kf_model_category_code(model, 1, i == 0 ? "wei\xc3\x9f" : "white", &code));
        ck_assert_double_eq(code, 4);
        ck_ok(kf_model_category_code(model, 3, "x", &code));
        ck_assert_double_eq(code, 1);
        ck_fails(kf_model_category_code(model, 0, "x", &code), KF_ETYPE,
            "expected a number, not a text: the model tells no categories of it");
        ck_fails(kf_model_category_code(model, 4, "x", &code), KF_EINVAL,
            "no feature 4: the model has 4");
        if (i == 0) {
            ck_ok(kf_model_category_code(model, 1, "violet", &code));
            ck_assert_double_nan(code);
            ck_ok(kf_model_category_code(model, 2, "10", &code));
            ck_assert_double_nan(code);
        } else {
            ck_fails(kf_model_category_code(model, 1, "gren", &code), KF_EINVAL,
                "'gren' is no category that the model was trained with; did you mean "
                "'green'?; null stands for no value");
            ck_fails(kf_model_category_code(model, 1, "", &code), KF_EINVAL,
                "'' is no category that the model was trained with; null");
            ck_fails(kf_model_category_code(model, 2, "10", &code), KF_EINVAL,
                "'10' is no category");
        }
        kf_model_free(model);
    }
}
END_TEST

static const struct refused {
    const char *path;
    const char *body;
    const char *message;
} refused[] = {
    {"/v1/models/m:predict",
        "{\"instances\":[{\"weight\":1,\"color\":\"gren\",\"size\":0,\"again\":\"x\"}]"
        "}",
        "instances[0].color: 'gren' is no category that the model was trained with; "
        "did "
        "you mean 'green'?"},
    {"/v1/models/m:predict",
        "{\"instances\":[{\"weight\":\"red\",\"color\":1,\"size\":0,\"again\":\"x\"}]}",
        "instances[0].weight: expected a number, not a text: the model tells no "
        "categories of it"},
    {"/v1/models/m:predict",
        "{\"instances\":[{\"weight\":1,\"color\":\"red\",\"size\":0}]}",
        "instances[0]: the feature 'again' is missing: null stands for no value"},
    {"/v1/models/m:predict", "{\"instances\":[{\"wight\":1}]}",
        "instances[0]: no feature 'wight' in the model"},
    {"/v2/models/m/infer",
        "{\"inputs\":[{\"name\":\"weight\",\"shape\":[1],\"datatype\":\"BYTES\","
        "\"data\":["
        "\"x\"]},{\"name\":\"color\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0]},"
        "{\"name\":\"size\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0]},"
        "{\"name\":\"again\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0]}]}",
        "weight: expected a number, not a text"},
    {"/v2/models/m/infer",
        "{\"inputs\":[{\"name\":\"weight\",\"shape\":[1],\"datatype\":\"FP32\","
        "\"data\":[1]}"
        ",{\"name\":\"color\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"bleu\"]}"
        ","
        "{\"name\":\"size\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0]},"
        "{\"name\":\"again\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0]}]}",
        "color: 'bleu' is no category that the model was trained with; did you mean "
        "'blue'?"},
};

START_TEST(what_is_refused)
{
    kf_backend *backend = serve_golden("categories-xgboost.json");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_call_init(&made, refused[i].path, refused[i].body);
        kf__serve(backend, &made.call);
        const char *text = kf__buf_text(&made.call.reply.body);
        ck_assert_msg(
            made.call.reply.status == 400 && strstr(text, refused[i].message) != NULL,
            "%s: %d %s", refused[i].body, made.call.reply.status, text);
        test_call_finish(&made);
    }
    kf__backend_free(backend);
}
END_TEST

/* ---- files ---- */

/* A text of the file in the place of another. */
static kf_status load_changed(const char *file, const char *from, const char *to)
{
    kf_model *model = NULL;
    kf_buf data = golden_model(file), changed = KF__BUF_INIT;
    const char *text = kf__buf_text(&data), *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    kf__buf_append(&changed, text, (size_t)(at - text));
    kf__buf_puts(&changed, to);
    kf__buf_puts(&changed, at + strlen(from));
    kf_status status = kf_model_load(changed.data, changed.length, NULL, &model);
    double code = -1;
    if (status == KF_OK)
        status = kf_model_category_code(model, 1, "blue", &code);
    ck_assert(status != KF_OK || code == 1);
    kf_model_free(model);
    kf__buf_finish(&data);
    kf__buf_finish(&changed);
    return status;
}

#define ENC "{\"offsets\":[0,6,10,15,18,23],"

START_TEST(damage_is_found)
{
    static const char xgboost[] = "categories-xgboost.json";
    static const char lightgbm[] = "categories-lightgbm.txt";
    ck_ok(load_changed(xgboost, ENC, ENC));
    ck_fails(load_changed(xgboost, ENC, "{\"offsets\":[0,6,4],"), KF_EDOCUMENT,
        "6 to 4 is no part of the 23 bytes");
    ck_assert_str_eq(kf_last_error()->where, "cats.enc[1].offsets");
    ck_fails(load_changed(xgboost, ENC, "{\"offsets\":[0,24],"), KF_EDOCUMENT,
        "0 to 24 is no part");
    ck_fails(load_changed(xgboost, ENC, "{\"offsets\":[-1,2],"), KF_EDOCUMENT,
        "-1 to 2 is no part");
    ck_fails(load_changed(xgboost, "[97,44,32", "[256,44,32"), KF_EDOCUMENT,
        "256 is no byte of a text");
    ck_fails(load_changed(xgboost, "{\"enc\":[", "{\"enc\":[{\"values\":[]},"),
        KF_EDOCUMENT, "5 of them: expected 4, one for each feature");
    /* A category that is no UTF-8 is one without a name. */
    ck_ok(load_changed(xgboost, "[97,44,32", "[-61,44,32"));
    ck_ok(load_changed(lightgbm, "red", "red"));
    ck_fails(load_changed(lightgbm, "[\"red\", \"x\"]]", "[\"red\", \"x\"]"), KF_EPARSE,
        "expected a list of lists of categories");
    ck_assert_str_eq(kf_last_error()->where, "pandas_categorical");
    ck_fails(load_changed(lightgbm, "[\"red\", \"x\"]]", "7]"), KF_EPARSE,
        "expected a list of lists of categories");
}
END_TEST

/* Of columns that are ordered, or that are numbers for pandas, the file tells too little
 * to say whose the lists are. */
START_TEST(lists_that_cannot_be_placed)
{
    static const char file[] = "categories-lightgbm.txt";
    static const char *const lines[] = {"1,2", "1,2,4", "1,1,2", "3,2,1", "1,2,x", ""};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "[categorical_feature: %s]", lines[i]);
        ck_fails(load_changed(file, "[categorical_feature: 1,2,3]", line), KF_ETYPE,
            "the model tells no categories of it");
    }
    ck_ok(load_changed(file, "[categorical_feature: 1,2,3]",
        "[categorical_feature: name:color,size,again]"));
    ck_fails(load_changed(file, "[[\"a, ", "null\n[[\"a, "), KF_ETYPE, "no categories");
}
END_TEST

static kf_status load_again(void)
{
    static const char *const files[] = {
        "categories-lightgbm.txt", "categories-xgboost.json"};
    for (size_t i = 0; i < 2; i++) {
        kf_model *model = NULL;
        char path[512];
        (void)snprintf(path, sizeof path, "%s/models/%s", KF_TEST_GOLDEN, files[i]);
        KF__TRY(kf_model_open(path, NULL, &model));
        kf_model_free(model);
    }
    return KF_OK;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(load_again());
}
END_TEST

KF_TEST_MAIN("categories", are_those_of_a_frame, have_codes, what_is_refused,
    damage_is_found, lists_that_cannot_be_placed, out_of_memory)
