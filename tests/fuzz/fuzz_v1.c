/* SPDX-License-Identifier: Apache-2.0 */
/* Any body of V1 is a tensor whose data is as large as its shape says, and is answered
 * by JSON, or an error that tells why. The first byte chooses the model. */
#include "fuzz_tensor.h"

#include <string.h>

#include "base/mem.h"
#include "base/value.h"
#include "io/json.h"
#include "serving/categories.h"
#include "serving/model.h"
#include "serving/protocol.h"

static kf_status add_up(
    const kf_numeric *self, const void *rows, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t k = 0; k < self->features; k++)
            sum += self->input == KF_DATATYPE_FP32
                       ? (double)((const float *)rows)[i * self->features + k]
                       : ((const double *)rows)[i * self->features + k];
        ((double *)out)[i] = sum;
    }
    return KF_OK;
}

/* Of the first two features, one of which has numbers. */
static kf_categories *new_categories(bool refuses)
{
    static const char *const texts[] = {"x", "y", "\xC3\xA9", ""};
    kf_categories *made = kf__categories_new(refuses);
    fuzz_check(made != NULL);
    for (size_t i = 0; i < 3; i++)
        fuzz_check(kf__categories_next(made) == KF_OK);
    for (size_t i = 0; i < 4; i++)
        fuzz_check(kf__categories_add(made, 0, texts[i], strlen(texts[i]), 0) == KF_OK);
    fuzz_check(kf__categories_add(made, 1, NULL, 0, 7) == KF_OK);
    fuzz_check(kf__categories_seal(made) == KF_OK);
    return made;
}

static kf_model *new_model(unsigned kind)
{
    static const char *const names[] = {"a", "b", "\xC3\xA9"};
    kf_model *model = NULL;
    kf_numeric *numeric = kf__calloc(1, sizeof *numeric);
    fuzz_check(numeric != NULL);
    *numeric = (kf_numeric){.format = "sum",
        .features = 3,
        .outputs = 1,
        .input = kind & 1 ? KF_DATATYPE_FP32 : KF_DATATYPE_FP64,
        .output = KF_DATATYPE_FP64,
        .predict = add_up};
    if (kind & 2) {
        numeric->feature_names = kf__calloc(3, sizeof *numeric->feature_names);
        for (size_t i = 0; i < 3; i++)
            numeric->feature_names[i] = kf__strdup(names[i]);
    }
    if (kind & 4)
        numeric->categories = new_categories((kind & 8) != 0);
    fuzz_check(kf__model_of_numeric(numeric, &model) == KF_OK);
    return model;
}

static void check_answer(const kf_inference *inference)
{
    kf_buf out = KF__BUF_INIT;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    fuzz_check(kf__v1_write(inference, "predictions", &out) == KF_OK);
    fuzz_check(kf__json_read(&tree, out.data, out.length, &value) == KF_OK);
    kf__tree_finish(&tree);
    kf__buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool is_event;
    kf_inference inference = KF__INFERENCE_INIT;
    kf_model *model = new_model(data[0]);
    kf_status status =
        kf__v1_read(&inference, model, (const char *)data + 1, size - 1, &is_event);
    if (status == KF_OK) {
        fuzz_check(inference.inputs.count == 1);
        fuzz_tensor(&inference.inputs.items[0]);
        status = model->table.predict(model->self, &inference);
        fuzz_check(status == KF_OK || inference.refused);
        if (status != KF_OK) /* Written as it came. */
            fuzz_check(
                kf__vec_push(&inference.outputs, inference.inputs.items[0]) == KF_OK);
        check_answer(&inference);
        status = kf__v1_read_parameters(&inference);
        fuzz_check(status == KF_OK || kf_last_error()->message[0] != '\0');
    } else {
        fuzz_check(kf_last_error()->message[0] != '\0');
    }
    kf__inference_finish(&inference);
    kf_model_free(model);
    return 0;
}
