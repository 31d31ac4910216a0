/* SPDX-License-Identifier: Apache-2.0 */
/* Between tensors and models of rows of numbers. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "serving/categories.h"
#include "serving/inference.h"
#include "serving/model_tensors.h"

/* ---- rows of one type from a tensor of any ---- */

void kf__tensor_convert(const kf_numeric *self, const kf_tensor *tensor, size_t count,
    size_t stride, void *rows)
{
    for (size_t i = 0; i < count; i++)
        if (self->input == KF_DATATYPE_FP32)
            ((float *)rows)[i * stride] = (float)kf__tensor_number(tensor, i);
        else
            ((double *)rows)[i * stride] = kf__tensor_number(tensor, i);
}

static kf_status refuse_texts(kf_inference *inference)
{
    return kf_inference_refuse(
        inference, "the model takes numbers: expected no input of BYTES");
}

static kf_status refuse_shape(
    const kf_numeric *self, kf_inference *inference, const kf_tensor *tensor)
{
    char shape[100] = "", message[200];
    size_t length = 0;
    for (size_t i = 0; i < tensor->rank && length + 24 < sizeof shape; i++)
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%lld",
            i > 0 ? ", " : "", (long long)tensor->shape[i]);
    (void)snprintf(message, sizeof message,
        "the model has %zu features: expected [rows, %zu], not the shape [%s]",
        self->features, self->features, shape);
    return kf_inference_refuse(inference, message);
}

/* One tensor with a row of features each, or a single row. */
static kf_status rows_of_matrix(
    const kf_numeric *self, kf_inference *inference, const void **rows, size_t *count)
{
    const kf_tensor *tensor = kf_inference_input(inference, 0);
    size_t elements;
    (void)kf__shape_elements(tensor->shape, tensor->rank, &elements);
    bool is_row = tensor->rank == 1 && elements == self->features;
    bool is_matrix = tensor->rank == 2 && (size_t)tensor->shape[1] == self->features;
    if (!is_row && !is_matrix)
        return refuse_shape(self, inference, tensor);
    *count = is_row ? 1 : (size_t)tensor->shape[0];
    *rows = tensor->data;
    if (tensor->datatype == self->input)
        return KF_OK;
    if (tensor->datatype == KF_DATATYPE_BYTES)
        return refuse_texts(inference);
    void *made = kf__arena_alloc_aligned(
        &inference->arena, elements * kf__datatype_size(self->input) + 64, 64);
    if (made == NULL)
        return KF_ENOMEM;
    kf__tensor_convert(self, tensor, elements, 1, made);
    *rows = made;
    return KF_OK;
}

/* A tensor for each feature, by name if the model has names, else in order. */
static const kf_tensor *column(
    const kf_numeric *self, const kf_inference *inference, size_t feature)
{
    if (self->feature_names == NULL)
        return kf_inference_input(inference, feature);
    return kf_inference_input_named(inference, self->feature_names[feature]);
}

static kf_status refuse_column(
    const kf_numeric *self, kf_inference *inference, size_t feature, const char *fault)
{
    char message[200];
    if (self->feature_names != NULL)
        (void)snprintf(message, sizeof message, "the input of the feature '%.100s' %s",
            self->feature_names[feature], fault);
    else
        (void)snprintf(
            message, sizeof message, "the input of feature %zu %s", feature, fault);
    return kf_inference_refuse(inference, message);
}

/* Codes of the categories of a feature. */
static kf_status convert_texts(const kf_numeric *self, const kf_tensor *tensor,
    size_t feature, size_t count, void *rows)
{
    const char *text = tensor->data;
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        double code;
        memcpy(&length, text, sizeof length);
        text += sizeof length;
        KF__TRY(kf__categories_code(self->categories, feature, text, length, &code));
        if (self->input == KF_DATATYPE_FP32)
            ((float *)rows)[i * self->features] = (float)code;
        else
            ((double *)rows)[i * self->features] = code;
        text += length;
    }
    return KF_OK;
}

static kf_status convert_column(const kf_numeric *self, kf_inference *inference,
    const kf_tensor *tensor, size_t feature, size_t count, void *rows)
{
    if (tensor->datatype != KF_DATATYPE_BYTES) {
        kf__tensor_convert(self, tensor, count, self->features, rows);
        return KF_OK;
    }
    kf_status status = convert_texts(self, tensor, feature, count, rows);
    if (status == KF_OK || status == KF_ENOMEM)
        return status;
    kf__error_prefix(tensor->name);
    inference->refused = true;
    return KF_EINVAL;
}

static kf_status rows_of_columns(
    const kf_numeric *self, kf_inference *inference, const void **rows, size_t *count)
{
    size_t size = kf__datatype_size(self->input);
    char *made = NULL;
    for (size_t i = 0; i < self->features; i++) {
        const kf_tensor *tensor = column(self, inference, i);
        size_t elements;
        if (tensor == NULL)
            return refuse_column(self, inference, i, "is missing");
        (void)kf__shape_elements(tensor->shape, tensor->rank, &elements);
        if (i > 0 && elements != *count)
            return refuse_column(
                self, inference, i, "has not as many elements as that of the first");
        if (i == 0) {
            *count = elements;
            made = kf__arena_alloc_aligned(
                &inference->arena, elements * self->features * size + 64, 64);
            if (made == NULL)
                return KF_ENOMEM;
        }
        KF__TRY(convert_column(self, inference, tensor, i, elements, made + i * size));
    }
    *rows = made;
    return KF_OK;
}

/* ---- the answer ---- */

static bool answers_texts(const kf_numeric *self)
{
    return self->class_names != NULL && self->output == KF_DATATYPE_INT64;
}

static kf_status answer_labels(const kf_numeric *self, kf_inference *inference,
    const int64_t *shape, size_t rank, size_t count, const void *rows)
{
    int64_t *labels = kf__calloc(count + 1, sizeof *labels);
    const char **texts = kf__calloc(count + 1, sizeof *texts);
    kf_status status = labels != NULL && texts != NULL ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = self->predict(self, rows, count, labels);
    for (size_t i = 0; status == KF_OK && i < count; i++)
        texts[i] = self->class_names[labels[i]];
    if (status == KF_OK)
        status = kf_inference_add_texts(inference, "output-0", shape, rank, texts);
    kf__free(labels);
    kf__free(texts);
    return status;
}

kf_status kf__tensors_to_rows(
    const kf_numeric *self, kf_inference *inference, const void **rows, size_t *count)
{
    size_t given = kf_inference_input_count(inference);
    bool is_category = given == 1 && self->features == 1 && self->categories != NULL &&
                       kf_inference_input(inference, 0)->datatype == KF_DATATYPE_BYTES;
    if (given == 1 && !is_category)
        return rows_of_matrix(self, inference, rows, count);
    if (given == self->features)
        return rows_of_columns(self, inference, rows, count);
    return kf_inference_refuse(
        inference, "expected one input of rows, or one for each feature of the model");
}

kf_status kf__tensors_judge(kf_inference *inference, kf_status status)
{
    if (status == KF_EINVAL)
        inference->refused = true;
    return status;
}

static kf_status predict(void *model, kf_inference *inference)
{
    const kf_numeric *self = model;
    const void *rows = NULL;
    void *out;
    size_t count = 0;
    KF__TRY(kf__tensors_to_rows(self, inference, &rows, &count));
    int64_t shape[] = {(int64_t)count, (int64_t)self->outputs};
    size_t rank = self->is_matrix || self->outputs != 1 ? 2 : 1;
    if (answers_texts(self))
        return kf__tensors_judge(
            inference, answer_labels(self, inference, shape, rank, count, rows));
    KF__TRY(kf_inference_add_output(
        inference, "output-0", self->output, shape, rank, &out));
    return kf__tensors_judge(inference, self->predict(self, rows, count, out));
}

static void close_numeric(void *model)
{
    kf__numeric_free(model);
}

kf_status kf__model_of_numeric(kf_numeric *numeric, kf_model **out)
{
    int64_t input_shape[] = {-1, (int64_t)numeric->features};
    int64_t output_shape[] = {-1, (int64_t)numeric->outputs};
    kf_tensor_spec input = {"input-0", numeric->input, 2, input_shape};
    kf_tensor_spec output = {"output-0",
        answers_texts(numeric) ? KF_DATATYPE_BYTES : numeric->output,
        numeric->is_matrix || numeric->outputs != 1 ? 2 : 1, output_shape};
    kf_model_table table = {.size = sizeof table,
        .platform = numeric->format,
        .inputs = &input,
        .input_count = 1,
        .outputs = &output,
        .output_count = 1,
        .v1_datatype = numeric->input,
        .predict = predict,
        .explain = numeric->margins != NULL ? kf__tensors_explain : NULL,
        .close = close_numeric};
    kf_model *model;
    KF__TRY(kf_model_new(&table, numeric, &model));
    model->numeric = numeric;
    *out = model;
    return KF_OK;
}
