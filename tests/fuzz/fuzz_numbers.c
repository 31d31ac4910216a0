/* SPDX-License-Identifier: Apache-2.0 */
/* Any description and block are a model or an error that is told: the input is what a file
 * of numbers has after its header, which is put before it. A model predicts the same for
 * many rows as for one, and can be explained. */
#include "fuzz.h"

#include <kf/model.h>
#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

enum { ROWS = 4, NUMBERS = 512 };

static void predict(const kf_model *model, const double *rows, size_t outputs)
{
    static double all[ROWS * NUMBERS], one[NUMBERS];
    size_t features = kf_model_feature_count(model);
    kf_status together = kf_model_predict(model, rows, ROWS, features, all),
              apart = KF_OK;
    for (size_t i = 0; i < ROWS; i++) {
        kf_status status =
            kf_model_predict(model, rows + i * features, 1, features, one);
        apart = apart == KF_OK ? status : apart;
        for (size_t j = 0; together == KF_OK && j < outputs; j++)
            fuzz_check(one[j] == all[i * outputs + j] ||
                       (isnan(one[j]) && isnan(all[i * outputs + j])));
    }
    fuzz_check(together == apart);
    fuzz_check(together == KF_OK || together == KF_EINVAL);
}

static void explain_as(const kf_model *model, const double *rows, size_t count,
    const kf_explain_options *options)
{
    static double out[ROWS * NUMBERS * (NUMBERS + 1)];
    kf_status status = kf_model_explain(
        model, rows, count, kf_model_feature_count(model), options, out);
    fuzz_check(status == KF_OK || status == KF_EINVAL || status == KF_EMISSING ||
               status == KF_ENOMEM);
}

static void explain(const kf_model *model, const double *rows)
{
    if (kf_model_margin_count(model) > NUMBERS)
        return;
    explain_as(model, rows, 2, NULL);
    if (kf_model_feature_count(model) * kf_model_margin_count(model) < NUMBERS) {
        static double pairs[NUMBERS * 4 * NUMBERS];
        kf_status status = kf_model_explain_interactions(
            model, rows, 1, kf_model_feature_count(model), NULL, pairs);
        fuzz_check(status == KF_OK || status == KF_EINVAL || status == KF_EMISSING ||
                   status == KF_EUNSUPPORTED || status == KF_ENOMEM);
    }
    explain_as(model, rows, 1,
        KF_OPTIONS(kf_explain_options, .background = rows, .background_count = 2,
            .samples = 20));
    explain_as(model, rows, 1,
        KF_OPTIONS(kf_explain_options, .method = "kernel", .background = rows,
            .background_count = 2, .samples = 20, .most_features = 3));
}

static void use(const kf_model *model)
{
    static const double some[] = {0, 1, -1, 0.5, NAN, 2, 3, 1e39};
    static double rows[ROWS * NUMBERS];
    size_t features = kf_model_feature_count(model);
    size_t outputs = kf_model_output_count(model);
    if (features > NUMBERS || outputs > NUMBERS)
        return;
    for (size_t i = 0; i < ROWS * features; i++)
        rows[i] = some[(i * 3 + i / (features + 1)) % (i < 2 * features ? 4 : 8)];
    predict(model, rows, outputs);
    explain(model, rows);
}

static void put_little(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t magic[] = {0x89, 'K', 'F', 'M', '\r', '\n', 0x1a, '\n'};
    kf_model *model = NULL;
    uint8_t *file = kf__alloc(size + 16);
    if (file == NULL)
        return 0;
    memcpy(file, magic, sizeof magic);
    if (size > 0)
        memcpy(file + 16, data, size);
    put_little(file + 8, 1, 4);
    put_little(file + 12, kf__crc32(file + 16, size), 4);
    kf_status status = kf_model_load(file, size + 16, NULL, &model);
    kf__free(file);
    if (status == KF_OK)
        use(model);
    else
        fuzz_check(status == KF_EPARSE || status == KF_EDOCUMENT ||
                   status == KF_EUNSUPPORTED || status == KF_ELIMIT ||
                   status == KF_ENOMEM);
    kf_model_free(model);
    return 0;
}
