/* SPDX-License-Identifier: Apache-2.0 */
/* KServe's V1 protocol: python/kserve/kserve/protocol/dataplane.py and utils.py. */
#include <string.h>

#include "base/value.h"
#include "io/json.h"
#include "serving/model.h"
#include "serving/protocol_parts.h"

/* ---- bodies ---- */

/* The attributes of a CloudEvent, which in its structured form wraps the body. */
static const char *const attributes[] = {
    "time", "type", "source", "id", "specversion", "data"};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

typedef struct body {
    kf_inference *inference;
    const kf_model *model;
    kf_scan scan;
    kf_buf scratch;
    bool has_instances;
    bool has_inputs;
    unsigned attributes; /* Bits of those that were seen. */
    const char *data;    /* Text of the event's data. */
    size_t data_length;
} body;

static bool is(const char *text, const char *name, size_t length)
{
    return strlen(text) == length && memcmp(text, name, length) == 0;
}

/* The first character of the first element, past all opening brackets. */
static char first_element(kf_scan scan)
{
    while (kf__scan_peek(&scan) == '[')
        scan.at++;
    return kf__scan_peek(&scan);
}

static bool is_empty_list(kf_scan scan)
{
    return kf__scan_list(&scan) && kf__scan_peek(&scan) == ']';
}

/* No rows, of as many features as the model has. */
static kf_status add_nothing(body *self, kf_datatype datatype)
{
    int64_t shape[] = {0, (int64_t)kf_model_feature_count(self->model)};
    void *data;
    (void)kf__scan_skip(&self->scan, NULL, NULL);
    return kf__inference_add_input(
        self->inference, "input-0", datatype, shape, shape[1] > 0 ? 2 : 1, &data);
}

static kf_status read_instances(body *self, const char *where)
{
    kf_scan *scan = &self->scan;
    char first = first_element(*scan);
    kf_datatype datatype =
        first == '"' ? KF_DATATYPE_BYTES : kf__model_v1_datatype(self->model);
    kf_nested nested;
    self->inference->inputs.count = 0;
    if (kf__scan_peek(scan) != '[')
        return kf__fail(KF_ETYPE, NULL, "Expected \"%s\" to be a list", where);
    if (is_empty_list(*scan))
        return add_nothing(self, datatype);
    if (first == '{')
        return kf__v1_read_rows(self->inference, self->model, datatype, scan, where);
    KF__TRY(kf__nested_read(scan, self->inference, datatype, where, &nested));
    return kf__inference_take_input(self->inference, "input-0", &nested);
}

/* What is neither "inputs" nor "instances". */
static void read_other(body *self, const char *name, size_t length)
{
    unsigned bit = 0;
    for (unsigned i = 0; i < ATTRIBUTES; i++)
        if (is(attributes[i], name, length))
            bit = 1u << i;
    self->attributes |= bit;
    bool is_data = bit == 1u << (ATTRIBUTES - 1);
    if (is("parameters", name, length) && kf__scan_peek(&self->scan) == '{') {
        (void)kf__scan_skip(&self->scan, &self->inference->parameters_text,
            &self->inference->parameters_length);
        return;
    }
    (void)kf__scan_skip(&self->scan, is_data ? &self->data : NULL, &self->data_length);
}

/* "inputs" is taken if there are both. */
static kf_status read_members(body *self)
{
    const char *name;
    size_t length;
    if (kf__scan_peek(&self->scan) != '{') {
        (void)kf__scan_expected(
            &self->scan, "an object with \"instances\" or \"inputs\"");
        return kf__scan_status(&self->scan, NULL);
    }
    (void)kf__scan_object(&self->scan);
    while (kf__scan_name(&self->scan, &name, &length, &self->scratch)) {
        if (is("inputs", name, length)) {
            self->has_inputs = true;
            KF__TRY(read_instances(self, "inputs"));
        } else if (is("instances", name, length) && !self->has_inputs) {
            self->has_instances = true;
            KF__TRY(read_instances(self, "instances"));
        } else {
            read_other(self, name, length);
        }
    }
    (void)kf__scan_end(&self->scan);
    return kf__scan_status(&self->scan, NULL);
}

static kf_status read_body(body *self, const char *text, size_t length)
{
    self->inference->parameters_text = NULL;
    self->has_inputs = self->has_instances = false;
    self->attributes = 0;
    kf__scan_start(&self->scan, text, length);
    return read_members(self);
}

kf_status kf__v1_read(kf_inference *inference, const kf_model *model, const char *text,
    size_t length, bool *is_event)
{
    body self = {.inference = inference, .model = model};
    kf_status status = read_body(&self, text, length);
    *is_event = status == KF_OK && self.attributes == (1u << ATTRIBUTES) - 1;
    if (*is_event)
        status = read_body(&self, self.data, self.data_length);
    if (status == KF_OK && !self.has_inputs && !self.has_instances)
        status = kf__fail(KF_EMISSING, NULL,
            "Expected \"instances\" or \"inputs\" in the body, a list of rows");
    kf__buf_finish(&self.scratch);
    return status;
}

kf_status kf__v1_read_parameters(kf_inference *inference)
{
    if (inference->parameters_text == NULL)
        return KF_OK;
    kf__tree_finish(&inference->tree);
    kf_status status = kf__json_read(&inference->tree, inference->parameters_text,
        inference->parameters_length, &inference->parameters);
    if (status != KF_OK)
        kf__error_prefix("parameters");
    return status;
}

/* ---- the answer ---- */

/* The next row of a tensor whose first dimension is that of the rows. */
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

enum { MOST_COLUMNS = 64 }; /* Outputs that are written as objects by row. */

static bool has_rows(const kf_inference *inference, size_t *count)
{
    if (inference->outputs.count > MOST_COLUMNS)
        return false;
    for (size_t i = 0; i < inference->outputs.count; i++) {
        const kf_tensor *tensor = &inference->outputs.items[i];
        if (tensor->rank == 0 || (i > 0 && (size_t)tensor->shape[0] != *count))
            return false;
        *count = (size_t)tensor->shape[0];
    }
    return inference->outputs.count > 0;
}

static void write_named(const kf_tensor *tensor, const kf_tensor *data, kf_buf *out)
{
    kf__put_json_text(out, tensor->name, strlen(tensor->name));
    kf__buf_putc(out, ':');
    kf__nested_write(data, false, out);
}

static void write_rows(const kf_inference *inference, size_t count, kf_buf *out)
{
    const char *texts[MOST_COLUMNS] = {NULL};
    size_t outputs = inference->outputs.count;
    for (size_t k = 0; k < outputs; k++)
        texts[k] = inference->outputs.items[k].data;
    kf__buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        kf__buf_puts(out, i > 0 ? ",{" : "{");
        for (size_t k = 0; k < outputs; k++) {
            const kf_tensor *tensor = &inference->outputs.items[k];
            kf_tensor row = row_of(tensor, i, &texts[k]);
            if (k > 0)
                kf__buf_putc(out, ',');
            write_named(tensor, &row, out);
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
        write_named(tensor, tensor, out);
    }
    kf__buf_putc(out, '}');
}

kf_status kf__v1_write(const kf_inference *inference, const char *name, kf_buf *out)
{
    size_t count = 0;
    KF__TRY(kf__outputs_check_texts(inference));
    kf__buf_puts(out, "{\"");
    kf__buf_puts(out, name);
    kf__buf_puts(out, "\":");
    if (inference->outputs.count == 1)
        kf__nested_write(&inference->outputs.items[0], false, out);
    else if (has_rows(inference, &count))
        write_rows(inference, count, out);
    else
        write_columns(inference, out);
    kf__buf_putc(out, '}');
    return out->status;
}
