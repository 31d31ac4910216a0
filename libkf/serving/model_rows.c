/* SPDX-License-Identifier: Apache-2.0 */
/* Models of rows of numbers, in process. */
#include <string.h>

#include "base/mem.h"
#include "serving/categories.h"
#include "serving/inference.h"
#include "serving/model_tensors.h"

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

kf_status kf_model_category_code(
    const kf_model *model, size_t feature, const char *category, double *out)
{
    KF__REQUIRE(model != NULL && category != NULL && out != NULL);
    if (model->numeric != NULL && feature >= model->numeric->features)
        return kf__fail(KF_EINVAL, NULL, "no feature %zu: the model has %zu", feature,
            model->numeric->features);
    return kf__categories_code(
        model->numeric != NULL ? model->numeric->categories : NULL, feature, category,
        strlen(category), out);
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
        kf__tensor_convert(self, rows, elements, 1, made);
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
