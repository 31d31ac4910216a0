/* SPDX-License-Identifier: Apache-2.0 */
/* Models that are made by hand. */
#ifndef KF_MODEL_TEST_H
#define KF_MODEL_TEST_H

#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "serving/inference.h"
#include "serving/model.h"

/* a + 10 b + 100 c; what is missing counts as 7. */
static inline kf_status test_weigh(
    const kf_numeric *self, const void *rows, size_t count, void *out)
{
    const float *row = rows;
    for (size_t i = 0; i < count; i++, row += self->features) {
        double sum = 0, weight = 1;
        for (size_t k = 0; k < self->features; k++, weight *= 10)
            sum += weight * (isnan(row[k]) ? 7 : (double)row[k]);
        ((double *)out)[i] = sum;
    }
    return KF_OK;
}

static inline kf_model *test_model(bool named)
{
    kf_numeric *numeric = kf__calloc(1, sizeof *numeric);
    *numeric = (kf_numeric){.format = "weigher",
        .features = 3,
        .outputs = 1,
        .input = KF_DATATYPE_FP32,
        .output = KF_DATATYPE_FP64,
        .predict = test_weigh};
    if (named) {
        numeric->feature_names = kf__calloc(3, sizeof *numeric->feature_names);
        for (size_t i = 0; i < 3; i++)
            numeric->feature_names[i] = kf__strdup((const char *[]){"a", "b", "c"}[i]);
    }
    kf_model *model = NULL;
    ck_ok(kf__model_of_numeric(numeric, &model));
    return model;
}

/* Answers with its inputs, by their names. */
static inline kf_status test_echo(void *self, kf_inference *inference)
{
    (void)self;
    for (size_t i = 0; i < kf_inference_input_count(inference); i++) {
        const kf_tensor *input = kf_inference_input(inference, i);
        void *data;
        if (input->datatype == KF_DATATYPE_BYTES) {
            KF__TRY(kf__vec_push(&inference->outputs, *input));
            continue;
        }
        KF__TRY(kf_inference_add_output(
            inference, input->name, input->datatype, input->shape, input->rank, &data));
        memcpy(data, input->data, input->size);
    }
    return KF_OK;
}

static inline kf_model *test_echoer(void)
{
    kf_model *model = NULL;
    const kf_model_table table = {
        .size = sizeof table, .predict = test_echo, .explain = test_echo};
    ck_ok(kf_model_new(&table, NULL, &model));
    return model;
}

/* "FP32[2,3]: 1 2 3 4 5 6" */
static inline void test_describe(const kf_tensor *tensor, kf_buf *out)
{
    size_t count = 0;
    ck_assert(kf__shape_elements(tensor->shape, tensor->rank, &count));
    kf__buf_printf(out, "%s[", kf__datatype_name(tensor->datatype));
    for (size_t i = 0; i < tensor->rank; i++)
        kf__buf_printf(out, "%s%d", i > 0 ? "," : "", (int)tensor->shape[i]);
    kf__buf_puts(out, "]:");
    const char *text = tensor->data;
    for (size_t i = 0; i < count; i++) {
        if (tensor->datatype != KF_DATATYPE_BYTES) {
            kf__buf_printf(out, " %.17g", kf__tensor_number(tensor, i));
            continue;
        }
        uint32_t length;
        memcpy(&length, text, sizeof length);
        kf__buf_printf(out, " %.*s", (int)length, text + sizeof length);
        text += sizeof length + length;
    }
}

#endif
