/* SPDX-License-Identifier: Apache-2.0 */
/* The models in tests/golden/models, and what their own libraries predict with them. */
#ifndef KF_MODEL_GOLDEN_H
#define KF_MODEL_GOLDEN_H

#include <kf/model.h>
#include <math.h>
#include <string.h>

#include "golden.h"

/* A file of the folder, for kf__buf_finish. */
static inline kf_buf golden_model(const char *file)
{
    char path[512];
    kf_buf data = KF__BUF_INIT;
    (void)snprintf(path, sizeof path, "%s/models/%s", KF_TEST_GOLDEN, file);
    ck_ok(kf__file_read_plain(path, SIZE_MAX, &data));
    return data;
}

/* Row by row, null: NaN. */
static inline size_t golden_numbers(const kf_value *rows, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < kf_value_length(rows); i++)
        for (size_t j = 0; j < kf_value_length(kf_value_at(rows, i)); j++) {
            const kf_value *number = kf_value_at(kf_value_at(rows, i), j);
            out[count++] =
                kf_value_kind(number) == KF_KIND_NULL ? NAN : kf_value_double(number);
        }
    return count;
}

/* Sums are of the same bits; the exponential of another C library may be the next
 * number. */
static inline bool is_same(double found, double expected, double step)
{
    return (isnan(found) && isnan(expected)) || found == expected ||
           fabs(found - expected) <= 2 * step * fabs(expected);
}

/* In one go, and row by row. */
static inline void check_golden_model(
    const char *file, const kf_value *one, double step)
{
    static double rows[1024], expected[1024], found[1024];
    kf_buf data = golden_model(file);
    kf_model *model = NULL;
    const kf_value *asked = kf_value_get(one, "rows");
    size_t count = kf_value_length(asked), numbers = golden_numbers(asked, rows);
    size_t answers = golden_numbers(kf_value_get(one, "expected"), expected);
    ck_ok(kf_model_load(data.data, data.length, NULL, &model));
    kf__buf_finish(&data);
    size_t features = kf_model_feature_count(model);
    size_t outputs = kf_model_output_count(model);
    ck_assert_uint_eq(features * count, numbers);
    ck_assert_msg(outputs * count == answers, "%s has %zu outputs", file, outputs);
    for (size_t some = 1; some <= count; some += count - 1) {
        memset(found, 0, sizeof found);
        for (size_t i = 0; i < count; i += some)
            ck_ok(kf_model_predict(
                model, rows + i * features, some, features, found + i * outputs));
        for (size_t i = 0; i < answers; i++)
            ck_assert_msg(is_same(found[i], expected[i], step),
                "%s: row %zu: %.17g instead of %.17g", file, i / outputs, found[i],
                expected[i]);
    }
    kf_model_free(model);
}

static inline void check_golden_models(const char *library, double step)
{
    kf_tree tree = KF__TREE_INIT;
    char name[128];
    (void)snprintf(name, sizeof name, "models/%s.json", library);
    const kf_value *cases = golden_json(&tree, name);
    ck_assert_uint_gt(kf_value_length(cases), 5);
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        const kf_value *files = kf_value_get(kf_value_at(cases, i), "files");
        for (size_t j = 0; j < kf_value_length(files); j++)
            check_golden_model(
                kf_value_string(kf_value_at(files, j)), kf_value_at(cases, i), step);
    }
    kf__tree_finish(&tree);
}

/* Each beginning of a file fails to load, by a fault that is told. */
static inline void check_cut_model(const char *file, size_t step)
{
    kf_buf data = golden_model(file);
    kf_model *model = NULL;
    for (size_t length = 0; length < data.length - 1; length += step) {
        /* Of its own size, so that a sanitizer sees reads behind it. */
        char *part = malloc(length + 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, data.data, length);
        kf_status status = kf_model_load(part, length, NULL, &model);
        ck_assert_msg(status == KF_EPARSE || status == KF_EDOCUMENT,
            "%s cut at %zu: %s", file, length, kf_status_name(status));
        ck_assert_ptr_nonnull(kf_last_error()->message);
        free(part);
    }
    kf__buf_finish(&data);
}

#endif
