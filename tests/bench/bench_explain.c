/* SPDX-License-Identifier: Apache-2.0 */
/* How long explanations of a model of trees take: the file, rows of floats, and how many.
 *     bench_explain MODEL ROWS COUNT */
#include "bench.h"

enum { ROUNDS = 5 };

/* The least seconds for each row, of rows given `at_once`. */
static kf_status explain(const kf_model *model, const double *rows, size_t count,
    size_t features, size_t at_once, bool pairs, double *seconds)
{
    size_t each = kf_model_margin_count(model) * (features + 1);
    double *out = calloc(at_once * each * (pairs ? features + 1 : 1), sizeof *out);
    kf_status status = out != NULL ? KF_OK : KF_ENOMEM;
    *seconds = 1e9;
    for (int i = 0; status == KF_OK && i < ROUNDS; i++) {
        double start = bench_now();
        for (size_t row = 0; status == KF_OK && row < count; row += at_once)
            status = (pairs ? kf_model_explain_interactions : kf_model_explain)(
                model, rows + row * features, at_once, features, NULL, out);
        double taken = (bench_now() - start) / (double)count;
        *seconds = taken < *seconds ? taken : *seconds;
    }
    free(out);
    return status;
}

static double *read_rows(const char *path, size_t numbers)
{
    double *rows = calloc(numbers, sizeof *rows);
    FILE *file = rows != NULL ? fopen(path, "rb") : NULL;
    float number = 0;
    size_t count = 0;
    while (
        file != NULL && count < numbers && fread(&number, sizeof number, 1, file) == 1)
        rows[count++] = (double)number;
    if (file != NULL)
        fclose(file);
    if (count == numbers)
        return rows;
    free(rows);
    return NULL;
}

int main(int count, char **arguments)
{
    kf_model *model = NULL;
    double one = 0, many = 0, pairs = 0;
    if (count != 4)
        return EXIT_FAILURE;
    kf_status status = kf_model_open(arguments[1], NULL, &model);
    if (status != KF_OK)
        return bench_end(status);
    size_t features = kf_model_feature_count(model);
    size_t asked = (size_t)strtol(arguments[3], NULL, 10);
    double *rows = read_rows(arguments[2], asked * features);
    if (rows == NULL)
        return EXIT_FAILURE;
    status = explain(model, rows, asked, features, 1, false, &one);
    if (status == KF_OK)
        status = explain(model, rows, asked, features, asked, false, &many);
    if (status == KF_OK)
        status = explain(model, rows, asked, features, asked, true, &pairs);
    printf("{\"one_us\": %.3f, \"many_us\": %.3f, \"pairs_us\": %.3f}\n", one * 1e6,
        many * 1e6, pairs * 1e6);
    free(rows);
    kf_model_free(model);
    return bench_end(status);
}
