/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/categories.h"
#include "serving/explain_tree.h"

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        kf__free(names[i]);
    kf__free(names);
}

void kf__numeric_free(kf_numeric *numeric)
{
    if (numeric == NULL)
        return;
    if (numeric->finish != NULL)
        numeric->finish(numeric);
    kf__explain_plan_free(numeric->plan);
    kf__categories_free(numeric->categories);
    free_names(numeric->feature_names, numeric->features);
    free_names(numeric->class_names, numeric->class_count);
    kf__free(numeric);
}

void kf__softmax(double *numbers, size_t count)
{
    double most = numbers[0], total = 0;
    for (size_t i = 1; i < count; i++)
        most = fmax(numbers[i], most);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = exp(numbers[i] - most);
        total += numbers[i];
    }
    for (size_t i = 0; i < count; i++)
        numbers[i] /= total;
}

/* ---- opening ---- */

static const char *next_format(const void *state, size_t index)
{
    (void)state;
    return kf__model_readers[index] ? kf__model_readers[index]->format : NULL;
}

static kf_status find_reader(
    const char *format, const char *data, size_t length, const kf_model_reader **out)
{
    for (size_t i = 0; kf__model_readers[i]; i++) {
        const kf_model_reader *reader = kf__model_readers[i];
        if (format != NULL ? strcmp(format, reader->format) == 0
                           : reader->is(data, length)) {
            *out = reader;
            return KF_OK;
        }
    }
    if (format == NULL)
        return kf__fail(KF_EPARSE, NULL,
            "not a model that libkf knows: expected one of XGBoost (JSON, UBJSON or "
            "binary), LightGBM (text) or kf.serving.convert");
    const char *nearest = kf__nearest(format, next_format, NULL);
    return kf__fail(KF_EINVAL, "format",
        "no model format '%.100s': expected xgboost, lightgbm or numbers%s%s%s", format,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static kf_status choose(kf_numeric *numeric, const char *method)
{
    if (method == NULL)
        return KF_OK;
    if (numeric->choose == NULL)
        return kf__fail(KF_EUNSUPPORTED, "method",
            "a model of %s has one way to answer: expected no method", numeric->format);
    return numeric->choose(numeric, method);
}

kf_status kf_model_load(
    const void *data, size_t length, const kf_model_options *options, kf_model **out)
{
    KF__REQUIRE(out != NULL && (data != NULL || length == 0));
    KF__TAKE_OPTIONS(kf_model_options, chosen, options);
    const kf_model_reader *reader = NULL;
    kf_numeric *numeric = NULL;
    KF__TRY(find_reader(chosen.format, data, length, &reader));
    KF__TRY(reader->read(data, length, &numeric));
    kf_status status = choose(numeric, chosen.method);
    if (status != KF_OK) {
        kf__numeric_free(numeric);
        return status;
    }
    return kf__model_of_numeric(numeric, out);
}

static kf_status open_file(
    const char *path, const kf_model_options *options, kf_model **out)
{
    kf_buf data = KF__BUF_INIT;
    kf_status status = kf__file_read_plain(path, KF__LIMIT_MODEL_BYTES, &data);
    if (status == KF_OK) {
        status = kf_model_load(kf__buf_text(&data), data.length, options, out);
        if (status != KF_OK)
            kf__error_prefix(path);
    }
    kf__buf_finish(&data);
    return status;
}

kf_status kf_model_open(
    const char *path, const kf_model_options *options, kf_model **out)
{
    KF__REQUIRE(path != NULL && out != NULL);
    char *file = NULL;
    KF__TAKE_OPTIONS(kf_model_options, chosen, options);
    KF__TRY(kf__model_file(path, chosen.format, &file));
    kf_status status = open_file(file, &chosen, out);
    kf__free(file);
    return status;
}

/* ---- a program's own ---- */

kf_status kf_model_new(const kf_model_table *table, void *self, kf_model **out)
{
    KF__REQUIRE(table != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_model_table, known, table);
    kf_model *model = NULL;
    kf_status status = KF_OK;
    if (known.predict == NULL)
        status =
            kf__fail(KF_EMISSING, "predict", "a model needs a function to predict");
    if (status == KF_OK && (model = kf__calloc(1, sizeof *model)) == NULL)
        status = KF_ENOMEM;
    if (status == KF_OK) {
        model->table = known;
        model->self = self;
        status = kf__model_copy_table(model);
    }
    if (status != KF_OK) {
        if (known.close != NULL)
            known.close(self);
        if (model != NULL)
            kf__arena_finish(&model->arena);
        kf__free(model);
        return status;
    }
    *out = model;
    return KF_OK;
}

static kf_status copy_specs(kf_arena *arena, const kf_tensor_spec **specs, size_t count)
{
    kf_tensor_spec *copy = kf__arena_alloc(arena, (count + 1) * sizeof *copy);
    if (copy == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; *specs != NULL && i < count; i++) {
        const kf_tensor_spec *given = &(*specs)[i];
        int64_t *shape = kf__arena_alloc(arena, (given->rank + 1) * sizeof *shape);
        copy[i] = *given;
        copy[i].name = kf__arena_strdup(arena, given->name);
        copy[i].shape = shape;
        if (shape == NULL || copy[i].name == NULL)
            return KF_ENOMEM;
        if (given->rank > 0)
            memcpy(shape, given->shape, given->rank * sizeof *shape);
    }
    if (*specs != NULL)
        *specs = copy;
    return KF_OK;
}

kf_status kf__model_copy_table(kf_model *model)
{
    kf_model_table *table = &model->table;
    const char *platform = table->platform != NULL ? table->platform : "";
    table->platform = kf__arena_strdup(&model->arena, platform);
    if (table->platform == NULL)
        return KF_ENOMEM;
    KF__TRY(copy_specs(&model->arena, &table->inputs, table->input_count));
    return copy_specs(&model->arena, &table->outputs, table->output_count);
}

void kf_model_free(kf_model *model)
{
    if (model == NULL)
        return;
    if (model->table.close != NULL)
        model->table.close(model->self);
    kf__arena_finish(&model->arena);
    kf__free(model);
}
