/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are a model or an error that is told; a model predicts, and its plan gives
 * the same as what goes node by node. */
#ifndef KF_FUZZ_MODEL_H
#define KF_FUZZ_MODEL_H

#include "fuzz.h"

#include <kf/model.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { FUZZ_ROWS = 16, FUZZ_NUMBERS = 4096 };

/* The same answer for many rows at once as for each alone. */
static inline void fuzz_predict(const kf_model *model)
{
    static const double some[] = {0, 1, -1, 0.5, NAN, 1e9, -0.5, INFINITY, 3, 1e-36};
    static double rows[FUZZ_ROWS * FUZZ_NUMBERS], all[FUZZ_ROWS * FUZZ_NUMBERS];
    static double one[FUZZ_NUMBERS];
    size_t features = kf_model_feature_count(model);
    size_t outputs = kf_model_output_count(model);
    if (features > FUZZ_NUMBERS || outputs > FUZZ_NUMBERS)
        return;
    for (size_t i = 0; i < FUZZ_ROWS * features; i++)
        rows[i] = some[(i * 7 + i / (features + 1)) % 10];
    fuzz_check(kf_model_predict(model, rows, FUZZ_ROWS, features, all) == KF_OK);
    for (size_t i = 0; i < FUZZ_ROWS; i++) {
        fuzz_check(
            kf_model_predict(model, rows + i * features, 1, features, one) == KF_OK);
        for (size_t j = 0; j < outputs; j++)
            fuzz_check(one[j] == all[i * outputs + j] ||
                       (isnan(one[j]) && isnan(all[i * outputs + j])));
    }
}

static inline int fuzz_model(const char *format, const uint8_t *data, size_t size)
{
    kf_model *model = NULL;
    kf_status status = kf_model_load(
        data, size, KF_OPTIONS(kf_model_options, .format = format), &model);
    if (status == KF_OK)
        fuzz_predict(model);
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
