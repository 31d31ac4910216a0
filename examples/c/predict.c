/* SPDX-License-Identifier: Apache-2.0 */
/* Ask a model of XGBoost's or LightGBM's, without either; rows come from standard input.
 *     cc predict.c -o predict $(pkg-config --cflags --libs libkf) && ./predict model.ubj < rows.txt */
#include <kf/model.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The next row, "-" for what is missing; false at the end. */
static int read_row(double *row, size_t features)
{
    char word[64], *end;
    for (size_t i = 0; i < features; i++) {
        if (scanf("%63s", word) != 1)
            return 0;
        row[i] = strtod(word, &end);
        if (end == word)
            row[i] = NAN;
    }
    return 1;
}

static kf_status predict(const kf_model *model)
{
    size_t features = kf_model_feature_count(model);
    size_t outputs = kf_model_output_count(model);
    double *row = calloc(features, sizeof *row), *answer = calloc(outputs, sizeof *answer);
    kf_status status = row && answer ? KF_OK : KF_ENOMEM;
    while (status == KF_OK && read_row(row, features)) {
        status = kf_model_predict(model, row, 1, features, answer);
        for (size_t i = 0; status == KF_OK && i < outputs; i++)
            printf("%.6g%c", answer[i], i + 1 < outputs ? ' ' : '\n');
    }
    free(row);
    free(answer);
    return status;
}

int main(int count, char **arguments)
{
    kf_model *model = NULL;
    if (count != 2) {
        fprintf(stderr, "usage: predict MODEL < ROWS\n");
        return 2;
    }
    kf_status status = kf_model_open(arguments[1], NULL, &model);
    if (status == KF_OK)
        status = predict(model);
    if (status != KF_OK)
        fprintf(stderr, "%s: %s\n", kf_last_error()->where, kf_last_error()->message);
    kf_model_free(model);
    return status == KF_OK ? 0 : 1;
}
