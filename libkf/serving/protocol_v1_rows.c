/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of V1 that are objects, in all the forms from which KServe makes a DataFrame:
 *     [{"a": 1, "b": 2}, …]  [{"a": [1, 3], "b": [2, 4]}]
 *     [{"a": {"0": 1}, "b": {"0": 2}}, …]  [[{"a": 1, "b": 2}], …] */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "serving/categories.h"
#include "serving/model.h"
#include "serving/protocol_parts.h"

typedef struct rows {
    kf_inference *inference;
    const kf_model *model;
    kf_scan *scan;
    KF__VEC(double) numbers;     /* Row by row. */
    KF__VEC(const char *) names; /* Of the first object, of the arena. */
    size_t columns;
    size_t count;
    size_t objects;
    kf_buf scratch;
    /* Of the object at hand. */
    KF__VEC(double) cells;       /* Column by column, in the order they were given. */
    KF__VEC(size_t) order;       /* Which those columns are. */
    KF__VEC(char) seen;          /* By column. */
    KF__VEC(const char *) index; /* Labels of its rows, if it has any. */
    size_t height;               /* Its rows. */
} rows;

static const char *feature_name(const rows *self, size_t column)
{
    const char *name = kf_model_feature_name(self->model, column);
    return name != NULL || column >= self->names.count ? name
                                                       : self->names.items[column];
}

static bool is_name(const char *own, const char *name, size_t length)
{
    return own != NULL && strlen(own) == length && memcmp(own, name, length) == 0;
}

static int shown(size_t length)
{
    return (int)(length < 100 ? length : 100);
}

/* ---- columns ---- */

/* By its name; in the first object of a model without names a new one. */
static kf_status find_column(rows *self, const char *name, size_t length, size_t *out)
{
    /* Most likely they come in order. */
    for (size_t i = 0; i < self->columns; i++) {
        size_t column = (self->order.count + i) % self->columns;
        if (is_name(feature_name(self, column), name, length)) {
            *out = column;
            return KF_OK;
        }
    }
    bool named = kf_model_feature_name(self->model, 0) != NULL;
    if (named || self->objects > 0)
        return kf__fail(KF_EINVAL, NULL, "no feature '%.*s' %s", shown(length), name,
            named ? "in the model" : "in the first row");
    char *own = kf__arena_strndup(&self->inference->arena, name, length);
    if (own == NULL || kf__vec_push(&self->names, own) != KF_OK)
        return KF_ENOMEM;
    *out = self->columns++;
    return kf__vec_push(&self->seen, 0);
}

/* ---- cells ---- */

/* What a text stands for. */
static kf_status read_category(rows *self, double *out)
{
    const kf_numeric *numeric = self->model->numeric;
    const char *text;
    size_t length, column = self->order.items[self->order.count - 1];
    if (!kf__scan_string(self->scan, &text, &length, &self->scratch))
        return kf__scan_status(self->scan, NULL);
    return kf__categories_code(
        numeric != NULL ? numeric->categories : NULL, column, text, length, out);
}

static kf_status read_number(rows *self, double *out)
{
    kf_scan *scan = self->scan;
    char first = kf__scan_peek(scan);
    bool boolean;
    *out = NAN;
    if (first == '"')
        return read_category(self, out);
    if (first == 'n')
        (void)kf__scan_null(scan);
    else if ((first == 't' || first == 'f') && kf__scan_bool(scan, &boolean))
        *out = boolean;
    else
        (void)kf__scan_double(scan, true, out);
    return kf__scan_status(scan, NULL);
}

static kf_status read_list(rows *self, size_t *height)
{
    if (kf__scan_list(self->scan))
        while (kf__scan_item(self->scan)) {
            double number;
            KF__TRY(read_number(self, &number));
            KF__TRY(kf__vec_push(&self->cells, number));
            ++*height;
        }
    return kf__scan_status(self->scan, NULL);
}

/* Labels are those of the first column that has them, and in its order. */
static kf_status check_label(rows *self, const char *label, size_t length, size_t row)
{
    if (self->order.count == 1) {
        char *own = kf__arena_strndup(&self->inference->arena, label, length);
        return own != NULL ? kf__vec_push(&self->index, own) : KF_ENOMEM;
    }
    if (row >= self->index.count || !is_name(self->index.items[row], label, length))
        return kf__fail(KF_EINVAL, NULL,
            "the row '%.*s' is not where the first column has it", shown(length),
            label);
    return KF_OK;
}

static kf_status read_labelled(rows *self, size_t *height)
{
    const char *label;
    size_t length;
    if (kf__scan_object(self->scan))
        while (kf__scan_name(self->scan, &label, &length, &self->scratch)) {
            double number;
            KF__TRY(check_label(self, label, length, *height));
            KF__TRY(read_number(self, &number));
            KF__TRY(kf__vec_push(&self->cells, number));
            ++*height;
        }
    return kf__scan_status(self->scan, NULL);
}

static kf_status read_values(rows *self, size_t *height)
{
    char first = kf__scan_peek(self->scan);
    double number;
    *height = 0;
    if (first == '[')
        return read_list(self, height);
    if (first == '{')
        return read_labelled(self, height);
    *height = 1;
    KF__TRY(read_number(self, &number));
    return kf__vec_push(&self->cells, number);
}

static kf_status read_column(rows *self, const char *name, size_t length)
{
    size_t column = 0, height = 0;
    KF__TRY(find_column(self, name, length, &column));
    const char *own = feature_name(self, column);
    if (self->seen.items[column])
        return kf__fail(KF_EINVAL, NULL, "the feature '%.100s' is given twice", own);
    self->seen.items[column] = 1;
    KF__TRY(kf__vec_push(&self->order, column));
    kf_status status = read_values(self, &height);
    if (status != KF_OK) {
        kf__error_prefix(own);
        return status;
    }
    if (self->order.count > 1 && height != self->height)
        return kf__fail(KF_EINVAL, NULL,
            "the feature '%.100s' has %zu values where the first has %zu", own, height,
            self->height);
    self->height = height;
    return KF_OK;
}

/* ---- objects ---- */

/* KServe's server of LightGBM takes the features that an object does not have for
 * missing values; the others cannot do with fewer. */
static bool may_lack(const rows *self)
{
    const kf_numeric *numeric = self->model->numeric;
    return numeric != NULL && strcmp(numeric->format, "lightgbm") == 0 &&
           numeric->feature_names != NULL;
}

static kf_status end_object(rows *self)
{
    for (size_t i = 0; i < self->columns && !may_lack(self); i++)
        if (!self->seen.items[i])
            return kf__fail(KF_EMISSING, NULL,
                "the feature '%.100s' is missing: null stands for no value",
                feature_name(self, i));
    size_t start = self->numbers.count;
    for (size_t i = 0; i < self->height * self->columns; i++)
        KF__TRY(kf__vec_push(&self->numbers, NAN));
    for (size_t k = 0; k < self->order.count; k++)
        for (size_t i = 0; i < self->height; i++)
            self->numbers.items[start + i * self->columns + self->order.items[k]] =
                self->cells.items[k * self->height + i];
    self->count += self->height;
    self->objects++;
    return KF_OK;
}

static kf_status read_object(rows *self)
{
    const char *name;
    size_t length;
    self->cells.count = self->order.count = self->index.count = self->height = 0;
    if (self->columns > 0)
        memset(self->seen.items, 0, self->columns);
    if (kf__scan_object(self->scan))
        while (kf__scan_name(self->scan, &name, &length, &self->scratch))
            KF__TRY(read_column(self, name, length));
    KF__TRY(kf__scan_status(self->scan, NULL));
    return end_object(self);
}

/* An object, or a list of them. */
static kf_status read_instance(rows *self)
{
    if (kf__scan_peek(self->scan) != '[')
        return read_object(self);
    if (kf__scan_list(self->scan))
        while (kf__scan_item(self->scan))
            KF__TRY(read_object(self));
    return kf__scan_status(self->scan, NULL);
}

static kf_status read_all(rows *self, const char *where)
{
    if (kf_model_feature_name(self->model, 0) != NULL)
        self->columns = kf_model_feature_count(self->model);
    for (size_t i = 0; i < self->columns; i++)
        KF__TRY(kf__vec_push(&self->seen, 0));
    if (!kf__scan_list(self->scan))
        return kf__scan_status(self->scan, where);
    for (size_t i = 0; kf__scan_item(self->scan); i++) {
        kf_status status = read_instance(self);
        if (status != KF_OK) {
            char place[64];
            (void)snprintf(place, sizeof place, "%s[%zu]", where, i);
            kf__error_prefix(place);
            return status;
        }
    }
    return kf__scan_status(self->scan, where);
}

static kf_status make_input(rows *self, kf_datatype datatype)
{
    void *data = NULL;
    int64_t shape[] = {(int64_t)self->count, (int64_t)self->columns};
    KF__TRY(
        kf__inference_add_input(self->inference, "input-0", datatype, shape, 2, &data));
    for (size_t i = 0; i < self->count * self->columns; i++)
        if (datatype == KF_DATATYPE_FP32)
            ((float *)data)[i] = (float)self->numbers.items[i];
        else
            ((double *)data)[i] = self->numbers.items[i];
    return KF_OK;
}

kf_status kf__v1_read_rows(kf_inference *inference, const kf_model *model,
    kf_datatype datatype, kf_scan *scan, const char *where)
{
    rows self = {.inference = inference, .model = model, .scan = scan};
    kf_status status = read_all(&self, where);
    if (status == KF_OK)
        status = make_input(&self, datatype);
    kf__vec_finish(&self.numbers);
    kf__vec_finish(&self.names);
    kf__vec_finish(&self.cells);
    kf__vec_finish(&self.order);
    kf__vec_finish(&self.seen);
    kf__vec_finish(&self.index);
    kf__buf_finish(&self.scratch);
    return status;
}
