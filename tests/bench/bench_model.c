/* SPDX-License-Identifier: Apache-2.0 */
/* How long a model of trees takes to load and to answer: the file, and rows of floats.
 *     bench_model MODEL ROWS */
#include "bench.h"

enum { ROWS = 1000, ROUNDS = 20 };

static kf_status load(const char *path, double *seconds, kf_model **out)
{
    *seconds = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        kf_model_free(*out);
        *out = NULL;
        double start = bench_now();
        kf_status status = kf_model_open(path, NULL, out);
        double taken = bench_now() - start;
        if (status != KF_OK)
            return status;
        *seconds = taken < *seconds ? taken : *seconds;
    }
    return KF_OK;
}

/* The least seconds for each row, of rows given `at_once`. */
static kf_status ask(const kf_model *model, const float *rows, size_t features,
    size_t at_once, double *seconds)
{
    float *out = calloc(ROWS * kf_model_output_count(model), sizeof *out);
    kf_status status = out != NULL ? KF_OK : KF_ENOMEM;
    *seconds = 1e9;
    for (int i = 0; status == KF_OK && i < ROUNDS; i++) {
        double start = bench_now();
        for (size_t row = 0; status == KF_OK && row < ROWS; row += at_once)
            status = kf_model_predict_float(
                model, rows + row * features, at_once, features, out);
        double taken = (bench_now() - start) / ROWS;
        *seconds = taken < *seconds ? taken : *seconds;
    }
    free(out);
    return status;
}

static float *read_rows(const char *path, size_t features)
{
    float *rows = calloc(ROWS * features, sizeof *rows);
    FILE *file = rows != NULL ? fopen(path, "rb") : NULL;
    if (file == NULL || fread(rows, features * sizeof *rows, ROWS, file) != ROWS) {
        free(rows);
        rows = NULL;
    }
    if (file != NULL)
        fclose(file);
    return rows;
}

int main(int count, char **arguments)
{
    kf_model *model = NULL;
    double loaded = 0, one = 0, many = 0;
    if (count != 3)
        return EXIT_FAILURE;
    kf_status status = load(arguments[1], &loaded, &model);
    if (status != KF_OK)
        return bench_end(status);
    size_t features = kf_model_feature_count(model);
    float *rows = read_rows(arguments[2], features);
    if (rows == NULL)
        return EXIT_FAILURE;
    status = ask(model, rows, features, 1, &one);
    if (status == KF_OK)
        status = ask(model, rows, features, ROWS, &many);
    printf(
        "{\"load_ms\": %.4f, \"one_us\": %.4f, \"many_us\": %.4f, \"peak_mb\": %.2f}\n",
        loaded * 1e3, one * 1e6, many * 1e6, bench_peak_mb());
    free(rows);
    kf_model_free(model);
    return bench_end(status);
}
