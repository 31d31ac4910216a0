/* SPDX-License-Identifier: Apache-2.0 */
/* KServe's V1 protocol: python/kserve/kserve/protocol/dataplane.py, and the forms that
 * utils.get_predict_input takes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "base/value.h"
#include "serving/model.h"
#include "serving/protocol.h"

/* ---- rows that are objects ---- */

typedef struct rows {
    kf_inference *inference;
    const kf_model *model;
    kf_datatype datatype;
    KF__VEC(double) numbers;     /* Row by row. */
    KF__VEC(const char *) names; /* Of the first row, of the arena. */
    KF__VEC(char) seen;          /* Of the row at hand, by column. */
    size_t columns;
    size_t count;
    kf_buf scratch;
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

/* A column by its name; in the first row of a model without names a new one. */
static kf_status find_column(rows *self, const char *name, size_t length, size_t *out)
{
    for (size_t i = 0; i < self->columns; i++)
        if (is_name(feature_name(self, i), name, length)) {
            *out = i;
            return KF_OK;
        }
    bool named = kf_model_feature_name(self->model, 0) != NULL;
    if (named || self->count > 0)
        return kf__fail(KF_EINVAL, NULL, "no feature '%.*s' %s",
            (int)(length < 100 ? length : 100), name,
            named ? "in the model" : "in the first row");
    char *own = kf__arena_strndup(&self->inference->arena, name, length);
    if (own == NULL || kf__vec_push(&self->names, own) != KF_OK ||
        kf__vec_push(&self->seen, 0) != KF_OK)
        return KF_ENOMEM;
    *out = self->columns++;
    return kf__vec_push(&self->numbers, NAN);
}

static kf_status read_cell(rows *self, kf_scan *scan, const char *name, size_t length)
{
    size_t column = 0;
    double number = NAN;
    bool boolean;
    KF__TRY(find_column(self, name, length, &column));
    if (self->seen.items[column])
        return kf__fail(KF_EINVAL, NULL, "the feature '%.*s' is given twice",
            (int)(length < 100 ? length : 100), name);
    char first = kf__scan_peek(scan);
    if (first == 'n')
        (void)kf__scan_null(scan);
    else if ((first == 't' || first == 'f') && kf__scan_bool(scan, &boolean))
        number = boolean;
    else
        (void)kf__scan_double(scan, true, &number);
    self->seen.items[column] = 1;
    self->numbers.items[self->count * self->columns + column] = number;
    return kf__scan_status(scan, NULL);
}

static kf_status begin_row(rows *self)
{
    for (size_t i = 0; i < self->columns; i++) {
        self->seen.items[i] = 0;
        KF__TRY(kf__vec_push(&self->numbers, NAN));
    }
    return KF_OK;
}

static kf_status end_row(rows *self)
{
    for (size_t i = 0; i < self->columns; i++)
        if (!self->seen.items[i])
            return kf__fail(KF_EMISSING, NULL,
                "the feature '%.100s' is missing: null stands for no value",
                feature_name(self, i));
    self->count++;
    return KF_OK;
}

static kf_status read_row(rows *self, kf_scan *scan)
{
    const char *name;
    size_t length;
    KF__TRY(begin_row(self));
    if (kf__scan_object(scan))
        while (kf__scan_name(scan, &name, &length, &self->scratch))
            KF__TRY(read_cell(self, scan, name, length));
    KF__TRY(kf__scan_status(scan, NULL));
    return end_row(self);
}

static kf_status begin_rows(rows *self)
{
    if (kf_model_feature_name(self->model, 0) == NULL)
        return KF_OK;
    self->columns = kf_model_feature_count(self->model);
    for (size_t i = 0; i < self->columns; i++)
        KF__TRY(kf__vec_push(&self->seen, 0));
    return KF_OK;
}

static kf_status read_all_rows(rows *self, kf_scan *scan, const char *where)
{
    KF__TRY(begin_rows(self));
    if (kf__scan_list(scan))
        while (kf__scan_item(scan)) {
            kf_status status = read_row(self, scan);
            if (status != KF_OK) {
                char place[64];
                (void)snprintf(place, sizeof place, "%s[%zu]", where, self->count);
                kf__error_prefix(place);
                return status;
            }
        }
    return kf__scan_status(scan, where);
}

static kf_status read_objects(kf_inference *inference, const kf_model *model,
    kf_datatype datatype, kf_scan *scan, const char *where)
{
    rows self = {.inference = inference, .model = model, .datatype = datatype};
    void *data = NULL;
    kf_status status = read_all_rows(&self, scan, where);
    int64_t shape[] = {(int64_t)self.count, (int64_t)self.columns};
    if (status == KF_OK)
        status =
            kf__inference_add_input(inference, "input-0", datatype, shape, 2, &data);
    for (size_t i = 0; status == KF_OK && i < self.count * self.columns; i++)
        if (datatype == KF_DATATYPE_FP32)
            ((float *)data)[i] = (float)self.numbers.items[i];
        else
            ((double *)data)[i] = self.numbers.items[i];
    kf__vec_finish(&self.numbers);
    kf__vec_finish(&self.names);
    kf__vec_finish(&self.seen);
    kf__buf_finish(&self.scratch);
    return status;
}

/* ---- bodies ---- */

static kf_datatype datatype_of(const kf_model *model, char first)
{
    if (first == '"')
        return KF_DATATYPE_BYTES;
    return kf__model_v1_datatype(model);
}

/* The first character of the first element, past all opening brackets. */
static char first_element(kf_scan scan)
{
    while (kf__scan_peek(&scan) == '[')
        scan.at++;
    return kf__scan_peek(&scan);
}

static kf_status read_instances(
    kf_inference *inference, const kf_model *model, kf_scan *scan, const char *where)
{
    char first = first_element(*scan);
    kf_datatype datatype = datatype_of(model, first);
    kf_nested nested;
    if (kf__scan_peek(scan) != '[') {
        (void)kf__scan_expected(scan, "a list");
        return kf__scan_status(scan, where);
    }
    if (first == '{')
        return read_objects(inference, model, datatype, scan, where);
    KF__TRY(kf__nested_read(scan, inference, datatype, where, &nested));
    return kf__inference_take_input(inference, "input-0", &nested);
}

static kf_status read_members(
    kf_inference *inference, const kf_model *model, kf_scan *scan, kf_buf *scratch)
{
    const char *name;
    size_t length;
    bool found = false;
    if (kf__scan_peek(scan) != '{')
        return kf__fail(
            KF_EPARSE, NULL, "expected an object with \"instances\" or \"inputs\"");
    (void)kf__scan_object(scan);
    while (kf__scan_name(scan, &name, &length, scratch)) {
        bool instances = is_name("instances", name, length);
        if ((instances || is_name("inputs", name, length)) && !found) {
            found = true;
            KF__TRY(read_instances(
                inference, model, scan, instances ? "instances" : "inputs"));
        } else if (!kf__scan_skip(scan, NULL, NULL)) {
            break;
        }
    }
    (void)kf__scan_end(scan);
    KF__TRY(kf__scan_status(scan, NULL));
    if (!found)
        return kf__fail(KF_EMISSING, NULL,
            "expected \"instances\" or \"inputs\" in the body, a list of rows");
    return KF_OK;
}

kf_status kf__v1_read(
    kf_inference *inference, const kf_model *model, const char *body, size_t length)
{
    kf_scan scan;
    kf_buf scratch = KF__BUF_INIT;
    kf__scan_start(&scan, body, length);
    kf_status status = read_members(inference, model, &scan, &scratch);
    kf__buf_finish(&scratch);
    return status;
}

/* ---- the answer ---- */

/* Row `row` of a tensor whose first dimension is that of the rows. */
static kf_tensor row_of(const kf_tensor *tensor, size_t row, const char **text)
{
    kf_tensor part = *tensor;
    size_t count = 1;
    part.rank--;
    part.shape++;
    (void)kf__shape_elements(part.shape, part.rank, &count);
    if (tensor->datatype != KF_DATATYPE_BYTES) {
        part.data = (const char *)tensor->data +
                    row * count * kf__datatype_size(tensor->datatype);
        return part;
    }
    part.data = *text;
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        memcpy(&length, *text, sizeof length);
        *text += sizeof length + length;
    }
    return part;
}

static bool has_rows(const kf_inference *inference, size_t *count)
{
    for (size_t i = 0; i < inference->outputs.count; i++) {
        const kf_tensor *tensor = &inference->outputs.items[i];
        if (tensor->rank == 0 || (i > 0 && (size_t)tensor->shape[0] != *count))
            return false;
        *count = (size_t)tensor->shape[0];
    }
    return inference->outputs.count > 0;
}

static void write_rows(const kf_inference *inference, size_t count, kf_buf *out)
{
    const char *texts[64];
    size_t outputs = inference->outputs.count;
    for (size_t k = 0; k < outputs && k < 64; k++)
        texts[k] = inference->outputs.items[k].data;
    kf__buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        kf__buf_puts(out, i > 0 ? ",{" : "{");
        for (size_t k = 0; k < outputs && k < 64; k++) {
            const kf_tensor *tensor = &inference->outputs.items[k];
            kf_tensor row = row_of(tensor, i, &texts[k]);
            if (k > 0)
                kf__buf_putc(out, ',');
            kf__put_json_text(out, tensor->name, strlen(tensor->name));
            kf__buf_putc(out, ':');
            kf__nested_write(&row, false, out);
        }
        kf__buf_putc(out, '}');
    }
    kf__buf_putc(out, ']');
}

static void write_columns(const kf_inference *inference, kf_buf *out)
{
    kf__buf_putc(out, '{');
    for (size_t k = 0; k < inference->outputs.count; k++) {
        const kf_tensor *tensor = &inference->outputs.items[k];
        if (k > 0)
            kf__buf_putc(out, ',');
        kf__put_json_text(out, tensor->name, strlen(tensor->name));
        kf__buf_putc(out, ':');
        kf__nested_write(tensor, false, out);
    }
    kf__buf_putc(out, '}');
}

void kf__v1_write(const kf_inference *inference, const char *name, kf_buf *out)
{
    size_t count = 0;
    kf__buf_printf(out, "{\"%s\":", name);
    if (inference->outputs.count == 1)
        kf__nested_write(&inference->outputs.items[0], false, out);
    else if (has_rows(inference, &count))
        write_rows(inference, count, out);
    else
        write_columns(inference, out);
    kf__buf_putc(out, '}');
}
