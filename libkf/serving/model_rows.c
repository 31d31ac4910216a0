/* SPDX-License-Identifier: Apache-2.0 */
/* Between tensors and models of rows of numbers. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "serving/inference.h"
#include "serving/model.h"

/* ---- rows of one type from a tensor of any ---- */

static void convert(const kf_numeric *self, const kf_tensor *tensor, size_t count,
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
    convert(self, tensor, elements, 1, made);
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
        if (tensor->datatype == KF_DATATYPE_BYTES)
            return refuse_texts(inference);
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
        convert(self, tensor, elements, self->features, made + i * size);
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

static kf_status find_rows(
    const kf_numeric *self, kf_inference *inference, const void **rows, size_t *count)
{
    size_t given = kf_inference_input_count(inference);
    if (given == 1)
        return rows_of_matrix(self, inference, rows, count);
    if (given == self->features)
        return rows_of_columns(self, inference, rows, count);
    return kf_inference_refuse(
        inference, "expected one input of rows, or one for each feature of the model");
}

/* What a model finds wrong with the rows is for their sender to mend. */
static kf_status judge(kf_inference *inference, kf_status status)
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
    KF__TRY(find_rows(self, inference, &rows, &count));
    int64_t shape[] = {(int64_t)count, (int64_t)self->outputs};
    size_t rank = self->is_matrix || self->outputs != 1 ? 2 : 1;
    if (answers_texts(self))
        return judge(
            inference, answer_labels(self, inference, shape, rank, count, rows));
    KF__TRY(kf_inference_add_output(
        inference, "output-0", self->output, shape, rank, &out));
    return judge(inference, self->predict(self, rows, count, out));
}

/* phi and the expected values apart; of one margin without its dimension. */
static kf_status answer_explanations(const kf_numeric *self, kf_inference *inference,
    const double *phi, size_t count, size_t outputs)
{
    size_t features = self->features, rank = outputs == 1 ? 2 : 3;
    const int64_t several[] = {(int64_t)count, (int64_t)outputs, (int64_t)features};
    const int64_t one[] = {(int64_t)count, (int64_t)features};
    void *values, *expected;
    KF__TRY(kf_inference_add_output(inference, "shap_values", KF_DATATYPE_FP64,
        outputs == 1 ? one : several, rank, &values));
    KF__TRY(kf_inference_add_output(
        inference, "expected_value", KF_DATATYPE_FP64, several, rank - 1, &expected));
    for (size_t i = 0; i < count * outputs; i++) {
        const double *row = phi + i * (features + 1);
        memcpy((double *)values + i * features, row, features * sizeof *row);
        ((double *)expected)[i] = row[features];
    }
    return KF_OK;
}

static kf_status explain(void *model, kf_inference *inference)
{
    const kf_numeric *self = model;
    const kf_explain_options options = {.size = sizeof options};
    kf_margins margins;
    const void *rows = NULL;
    size_t count = 0;
    KF__TRY(find_rows(self, inference, &rows, &count));
    self->margins(self, &margins);
    size_t all = count * self->features;
    size_t answers = count * margins.outputs * (self->features + 1);
    double *given = kf__reallocarray(NULL, all + answers + 1, sizeof *given);
    if (given == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < all; i++)
        given[i] = self->input == KF_DATATYPE_FP32 ? (double)((const float *)rows)[i]
                                                   : ((const double *)rows)[i];
    kf_status status = kf__explain(self, given, count, &options, given + all);
    if (status == KF_OK)
        status =
            answer_explanations(self, inference, given + all, count, margins.outputs);
    kf__free(given);
    return judge(inference, status);
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
        .explain = numeric->margins != NULL ? explain : NULL,
        .close = close_numeric};
    kf_model *model;
    KF__TRY(kf_model_new(&table, numeric, &model));
    model->numeric = numeric;
    *out = model;
    return KF_OK;
}

/* ---- in process ---- */

const char *kf_model_format(const kf_model *model)
{
    return model->table.platform;
}

size_t kf_model_feature_count(const kf_model *model)
{
    return model->numeric != NULL ? model->numeric->features : 0;
}

const char *kf_model_feature_name(const kf_model *model, size_t index)
{
    const kf_numeric *numeric = model->numeric;
    return numeric != NULL && numeric->feature_names != NULL &&
                   index < numeric->features
               ? numeric->feature_names[index]
               : NULL;
}

size_t kf_model_output_count(const kf_model *model)
{
    return model->numeric != NULL ? model->numeric->outputs : 0;
}

const char *kf_model_class_name(const kf_model *model, size_t index)
{
    const kf_numeric *numeric = model->numeric;
    return numeric != NULL && numeric->class_names != NULL &&
                   index < numeric->class_count
               ? numeric->class_names[index]
               : NULL;
}

kf_status kf__model_check_rows(const kf_model *model, size_t column_count)
{
    if (model->numeric == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "a model of the program's own takes tensors, not rows");
    if (column_count != model->numeric->features)
        return kf__fail(KF_EINVAL, NULL,
            "the rows have %zu numbers: expected %zu, the features of the model",
            column_count, model->numeric->features);
    return KF_OK;
}

static kf_tensor tensor_of(const void *data, kf_datatype datatype)
{
    return (kf_tensor){.datatype = datatype, .data = data};
}

/* Rows of one type answered in another, by way of the model's own. */
static kf_status predict_as(const kf_numeric *self, const kf_tensor *rows, size_t count,
    kf_datatype datatype, void *out)
{
    size_t elements = count * self->features, answers = count * self->outputs;
    kf_status status = KF_OK;
    const void *given = rows->data;
    void *made = NULL, *answer = out;
    if (rows->datatype != self->input) {
        given = made = kf__calloc(elements + 1, 8);
        if (made == NULL)
            return KF_ENOMEM;
        convert(self, rows, elements, 1, made);
    }
    if (self->output != datatype && (answer = kf__calloc(answers + 1, 8)) == NULL)
        status = KF_ENOMEM;
    if (status == KF_OK)
        status = self->predict(self, given, count, answer);
    if (status == KF_OK && answer != out) {
        kf_tensor from = tensor_of(answer, self->output);
        for (size_t i = 0; i < answers; i++)
            if (datatype == KF_DATATYPE_FP32)
                ((float *)out)[i] = (float)kf__tensor_number(&from, i);
            else
                ((double *)out)[i] = kf__tensor_number(&from, i);
    }
    if (answer != out)
        kf__free(answer);
    kf__free(made);
    return status;
}

kf_status kf_model_predict(const kf_model *model, const double *rows, size_t row_count,
    size_t column_count, double *out)
{
    KF__REQUIRE(model != NULL && (row_count == 0 || (rows != NULL && out != NULL)));
    KF__TRY(kf__model_check_rows(model, column_count));
    kf_tensor given = tensor_of(rows, KF_DATATYPE_FP64);
    return predict_as(model->numeric, &given, row_count, KF_DATATYPE_FP64, out);
}

kf_status kf_model_predict_float(const kf_model *model, const float *rows,
    size_t row_count, size_t column_count, float *out)
{
    KF__REQUIRE(model != NULL && (row_count == 0 || (rows != NULL && out != NULL)));
    KF__TRY(kf__model_check_rows(model, column_count));
    kf_tensor given = tensor_of(rows, KF_DATATYPE_FP32);
    return predict_as(model->numeric, &given, row_count, KF_DATATYPE_FP32, out);
}
