/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are a model or an error that is told; a model predicts, and its plan gives
 * the same as what goes node by node; it can be explained. */
#ifndef KF_FUZZ_MODEL_H
#define KF_FUZZ_MODEL_H

#include "fuzz.h"

#include <kf/model.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { FUZZ_ROWS = 16, FUZZ_NUMBERS = 4096, FUZZ_FEATURES = 40, FUZZ_MARGINS = 20 };

/* The same answer for many rows at once as for each alone; infinite numbers, of which the
 * last row has some, may be refused. */
static inline void fuzz_predict(const kf_model *model, const double *rows)
{
    static double all[FUZZ_ROWS * FUZZ_NUMBERS], one[FUZZ_NUMBERS];
    size_t features = kf_model_feature_count(model);
    size_t outputs = kf_model_output_count(model);
    kf_status together = kf_model_predict(model, rows, FUZZ_ROWS, features, all);
    kf_status last = KF_OK;
    if (together != KF_OK)
        fuzz_check(
            kf_model_predict(model, rows, FUZZ_ROWS - 1, features, all) == KF_OK);
    for (size_t i = 0; i < FUZZ_ROWS; i++) {
        last = kf_model_predict(model, rows + i * features, 1, features, one);
        fuzz_check(last == KF_OK || (i == FUZZ_ROWS - 1 && last == KF_EINVAL));
        for (size_t j = 0; last == KF_OK && j < outputs; j++)
            fuzz_check(one[j] == all[i * outputs + j] ||
                       (isnan(one[j]) && isnan(all[i * outputs + j])));
    }
    fuzz_check(together == last);
}

/* Interactions are symmetric. */
static inline void fuzz_explain(const kf_model *model, const double *rows)
{
    static double out[FUZZ_MARGINS * (FUZZ_FEATURES + 1) * (FUZZ_FEATURES + 1)];
    size_t features = kf_model_feature_count(model), width = features + 1;
    size_t margins = kf_model_margin_count(model);
    if (features > FUZZ_FEATURES || margins > FUZZ_MARGINS)
        return;
    const kf_explain_options *background = KF_OPTIONS(kf_explain_options,
        .background = rows + features, .background_count = 2, .samples = 20);
    kf_status plain = kf_model_explain(model, rows, 1, features, NULL, out);
    fuzz_check(plain == KF_OK || plain == KF_EMISSING);
    fuzz_check(kf_model_explain(model, rows, 1, features, background, out) == KF_OK);
    kf_status pairs =
        kf_model_explain_interactions(model, rows, 1, features, NULL, out);
    fuzz_check(pairs == plain || pairs == KF_EUNSUPPORTED);
    for (size_t i = 0; pairs == KF_OK && i < margins; i++)
        for (size_t j = 0; j < width * width; j++) {
            double a = out[i * width * width + j];
            double b = out[i * width * width + j % width * width + j / width];
            fuzz_check(a == b || (isnan(a) && isnan(b)));
        }
}

static inline void fuzz_use(const kf_model *model)
{
    static const double some[] = {0, 1, -1, 0.5, NAN, 1e9, -0.5, 7, 3, 1e-36};
    static double rows[FUZZ_ROWS * FUZZ_NUMBERS];
    size_t features = kf_model_feature_count(model);
    if (features > FUZZ_NUMBERS || kf_model_output_count(model) > FUZZ_NUMBERS)
        return;
    for (size_t i = 0; i < FUZZ_ROWS * features; i++)
        rows[i] = some[(i * 7 + i / (features + 1)) % 10];
    for (size_t i = (FUZZ_ROWS - 1) * features; i < FUZZ_ROWS * features; i += 3)
        rows[i] = i % 2 == 0 ? INFINITY : -1e300;
    fuzz_predict(model, rows);
    fuzz_explain(model, rows);
}

static inline int fuzz_model(const char *format, const uint8_t *data, size_t size)
{
    kf_model *model = NULL;
    kf_status status = kf_model_load(
        data, size, KF_OPTIONS(kf_model_options, .format = format), &model);
    if (status == KF_OK)
        fuzz_use(model);
    else {
        const kf_error *error = kf_last_error();
        fuzz_check(error->code == status && error->message[0] != '\0');
        fuzz_check(status == KF_EPARSE || status == KF_EDOCUMENT ||
                   status == KF_EUNSUPPORTED || status == KF_ELIMIT);
    }
    kf_model_free(model);
    return 0;
}

#endif
