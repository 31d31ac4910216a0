/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model_numbers.h"

#include "base/digest.h"
#include "base/mem.h"
#include "model_golden.h"

/* Dot products and exponentials may differ in the last bits. */
#define STEP 0x1p-50

START_TEST(predicts_as_sklearn)
{
    check_golden_models("numbers", STEP);
}
END_TEST

START_TEST(cut_files_are_refused)
{
    check_cut_model("numbers-mixed.kfm", 7);
    check_cut_model("numbers-linear.kfm", 1);
}
END_TEST

/* A file with what is told for its description, and a block of `count` doubles. */
static kf_status load(const char *description, const double *block, size_t count)
{
    static char file[4096];
    kf_model *model = NULL;
    size_t length = strlen(description), at = 24 + length;
    memcpy(file, "\x89KFM\r\n\x1a\n\x01\0\0\0", 12);
    memset(file + 16, 0, 8);
    file[16] = (char)(length & 255);
    file[17] = (char)(length >> 8);
    memcpy(file + 24, description, length);
    memcpy(file + at, block, count * sizeof *block);
    uint32_t sum = kf__crc32(file + 16, at - 16 + count * sizeof *block);
    for (int i = 0; i < 4; i++)
        file[12 + i] = (char)(sum >> (8 * i) & 255);
    kf_status status = kf_model_load(file, at + count * sizeof *block, NULL, &model);
    kf_model_free(model);
    return status;
}

#define LINEAR                                                                         \
    "\"model\":{\"kind\":\"linear\",\"outputs\":1,\"coefficients\":{\"f64\":[0,2]},"   \
    "\"intercepts\":{\"f64\":[16,1]}}"
#define NUMBERS "\"answer\":{\"kind\":\"numbers\"}"

START_TEST(faults_have_places)
{
    const double block[3] = {1, 2, 3};
    ck_ok(load("{\"features\":2," LINEAR "," NUMBERS "}", block, 3));
    ck_fails(load("{\"features\":2,", block, 3), KF_EPARSE, "");
    ck_fails(load("{\"features\":0," LINEAR "," NUMBERS "}", block, 3), KF_EDOCUMENT,
        "expected a positive integer");
    ck_fails(load("{\"features\":3," LINEAR "," NUMBERS "}", block, 3), KF_EDOCUMENT,
        "has 2 elements: expected 3");
    ck_assert_str_eq(kf_last_error()->where, "model.coefficients");
    ck_fails(load("{\"features\":2," LINEAR "," NUMBERS "}", block, 2), KF_EDOCUMENT,
        "1 elements of f64 at byte 16 are not within the block of 16 bytes");
    ck_assert_str_eq(kf_last_error()->where, "model.intercepts");
    ck_fails(load("{\"features\":2,\"steps\":[{\"kind\":\"scale\"},{\"kind\":\"wink\"}]"
                  "," LINEAR "," NUMBERS "}",
                 block, 3),
        KF_EDOCUMENT, "'wink' is nothing that this version of libkf knows");
    ck_assert_str_eq(kf_last_error()->where, "steps[1].kind");
    ck_fails(
        load("{\"features\":2," LINEAR ",\"answer\":{\"kind\":\"classes\",\"decide\":"
             "\"above\",\"type\":\"int\",\"classes\":[1,2,3]}}",
            block, 3),
        KF_EDOCUMENT, "3 classes do not go with 1 scores");
    ck_fails(
        load("{\"features\":2,\"steps\":[{\"kind\":\"scale\",\"add\":{\"f64\":[0,2]},"
             "\"divide\":{\"f64\":[8,2]}}]," LINEAR "," NUMBERS "}",
            block, 3),
        KF_EDOCUMENT, "is of bytes that other arrays are of");
}
END_TEST

/* A file of a few bytes makes no millions of numbers of a row. */
START_TEST(one_hot_is_as_wide_as_it_has_categories)
{
    double block[6] = {0, 5, 0, 0, 1, 1};
    static const char description[] =
        "{\"features\":1,\"steps\":[{\"kind\":\"one-hot\",\"starts\":{\"u32\":[0,2]},"
        "\"categories\":{\"f64\":[8,1]},\"codes\":{\"f64\":[16,1]},\"widths\":{\"u32\":"
        "[24,1]}}],\"model\":{\"kind\":\"linear\",\"outputs\":1,\"coefficients\":{"
        "\"f64\":[32,1]},\"intercepts\":{\"f64\":[40,1]}}," NUMBERS "}";
    const uint32_t starts[] = {0, 1};
    uint32_t width = 1;
    memcpy(block, starts, sizeof starts);
    memcpy(&block[3], &width, sizeof width);
    ck_ok(load(description, block, 6));
    width = 3;
    memcpy(&block[3], &width, sizeof width);
    ck_fails(load(description, block, 6), KF_EDOCUMENT,
        "column 0 has 1 categories, and 3 numbers are made of it");
    ck_assert_str_eq(kf_last_error()->where, "steps[0].widths");
}
END_TEST

START_TEST(damage_is_found)
{
    kf_model *model = NULL;
    kf_buf data = golden_model("numbers-forest.kfm");
    for (size_t i = 16; i < data.length; i += 97) {
        data.data[i] ^= 4;
        ck_fails(kf_model_load(data.data, data.length, NULL, &model), KF_EPARSE,
            "the checksum of the file does not match");
        data.data[i] ^= 4;
    }
    data.data[8] = 2;
    ck_fails(kf_model_load(data.data, data.length, NULL, &model), KF_EVERSION,
        "version 2: this libkf reads version 1");
    kf__buf_finish(&data);
}
END_TEST

START_TEST(rows_that_a_model_does_not_take)
{
    kf_model *model = NULL;
    kf_buf data = golden_model("numbers-boosting.kfm");
    double rows[8] = {0}, out[2];
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    rows[6] = NAN;
    ck_fails(kf_model_predict(model, rows, 2, 4, out), KF_EINVAL,
        "row 1 has a missing value");
    rows[6] = 1e39; /* No float. */
    ck_fails(kf_model_predict(model, rows, 2, 4, out), KF_EINVAL,
        "row 1 has a number that is infinite or too large");
    kf_model_free(model);
    kf__buf_finish(&data);
}
END_TEST

START_TEST(methods)
{
    kf_model *model = NULL;
    kf_buf data = golden_model("numbers-labels.kfm");
    const double row[4] = {2, 2, 2, 1};
    double label[1], chances[3];
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    ck_assert_uint_eq(kf_model_output_count(model), 1);
    ck_assert_uint_eq(kf_model_margin_count(model), 3);
    ck_ok(kf_model_predict(model, row, 1, 4, label));
    kf_model_free(model);
    ck_ok(kf_model_load(data.data, data.length,
        KF_OPTIONS(kf_model_options, .method = "predict_proba"), &model));
    ck_assert_uint_eq(kf_model_output_count(model), 3);
    ck_ok(kf_model_predict(model, row, 1, 4, chances));
    ck_assert_double_eq_tol(chances[0] + chances[1] + chances[2], 1, 1e-15);
    for (int i = 0; i < 3; i++)
        ck_assert(i == (int)label[0] - 5 || chances[i] < chances[(int)label[0] - 5]);
    kf_model_free(model);
    ck_fails(kf_model_load(data.data, data.length,
                 KF_OPTIONS(kf_model_options, .method = "guess"), &model),
        KF_EINVAL, "no method 'guess'");
    kf__buf_finish(&data);
}
END_TEST

static kf_status load_and_predict(const char *file, size_t outputs)
{
    kf_model *model = NULL;
    kf_buf data = golden_model(file);
    const double row[4] = {0, 1, 2, 3};
    double out[8];
    kf_status status = kf_model_load(data.data, data.length, NULL, &model);
    if (status == KF_OK)
        status = kf_model_predict(model, row, 1, 4, out);
    ck_assert(status != KF_OK || kf_model_output_count(model) == outputs);
    kf_model_free(model);
    kf__buf_finish(&data);
    return status;
}

static kf_buf kept;
static kf_status load_kept(void)
{
    kf_model *model = NULL;
    const double row[4] = {0, 1, 2, 3};
    double out[8];
    kf_status status = kf_model_load(kept.data, kept.length, NULL, &model);
    if (status == KF_OK)
        status = kf_model_predict(model, row, 1, 4, out);
    kf_model_free(model);
    return status;
}

START_TEST(out_of_memory)
{
    static const char *const files[] = {"numbers-mixed.kfm", "numbers-forest.kfm",
        "numbers-labels.kfm", "numbers-projected.kfm", "numbers-histogram.kfm"};
    ck_ok(load_and_predict("numbers-mixed.kfm", 1));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        kept = golden_model(files[i]);
        ck_survives_nomem(load_kept());
        kf__buf_finish(&kept);
    }
}
END_TEST

KF_TEST_MAIN("model_numbers", predicts_as_sklearn, cut_files_are_refused,
    faults_have_places, one_hot_is_as_wide_as_it_has_categories, damage_is_found,
    rows_that_a_model_does_not_take, methods, out_of_memory)
