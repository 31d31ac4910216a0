/* SPDX-License-Identifier: Apache-2.0 */
/* The Open Inference Protocol, V2, with its binary tensor extension. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/value.h"
#include "io/json.h"
#include "serving/protocol.h"

/* ---- one input ---- */

/* Its members, as they stand in the text: they come in any order. */
typedef struct given {
    const char *name;
    kf_datatype datatype;
    int64_t shape[8];
    size_t rank;
    bool has_shape;
    const char *data; /* Text of the value; NULL: none. */
    size_t data_length;
    int64_t binary_size; /* -1: none. */
} given;

typedef struct reader {
    kf_inference *inference;
    kf_scan scan;
    kf_buf scratch;
    const char *binary; /* What is left of the tensors behind the JSON. */
    size_t binary_length;
} reader;

static bool is(const char *text, const char *at, size_t length)
{
    return strlen(text) == length && memcmp(text, at, length) == 0;
}

static bool read_shape(kf_scan *scan, given *out)
{
    out->has_shape = true;
    if (!kf__scan_list(scan))
        return false;
    while (kf__scan_item(scan)) {
        if (out->rank == sizeof out->shape / sizeof *out->shape)
            return kf__scan_expected(scan, "at most 8 dimensions");
        if (!kf__scan_int64(scan, &out->shape[out->rank]))
            return false;
        if (out->shape[out->rank++] < 0)
            return kf__scan_expected(scan, "no negative dimension before this");
    }
    return scan->status == KF_OK;
}

static bool read_parameters(kf_scan *scan, given *out, kf_buf *scratch)
{
    const char *name;
    size_t length;
    if (kf__scan_peek(scan) == 'n')
        return kf__scan_null(scan);
    if (!kf__scan_object(scan))
        return false;
    while (kf__scan_name(scan, &name, &length, scratch)) {
        bool size = is("binary_data_size", name, length);
        if (size ? !kf__scan_int64(scan, &out->binary_size)
                 : !kf__scan_skip(scan, NULL, NULL))
            return false;
        if (size && out->binary_size < 0)
            return kf__scan_expected(scan, "no negative size before this");
    }
    return scan->status == KF_OK;
}

static bool read_text(reader *self, const char **out, size_t *length)
{
    const char *text;
    if (!kf__scan_string(&self->scan, &text, length, &self->scratch))
        return false;
    *out = kf__arena_strndup(&self->inference->arena, text, *length);
    if (*out == NULL)
        self->scan.status = KF_ENOMEM;
    return *out != NULL;
}

static bool read_member(reader *self, given *out, const char *name, size_t length)
{
    kf_scan *scan = &self->scan;
    const char *text;
    size_t size;
    if (is("name", name, length))
        return read_text(self, &out->name, &size);
    if (is("datatype", name, length)) {
        kf_scan before = *scan;
        if (!kf__scan_string(scan, &text, &size, &self->scratch))
            return false;
        out->datatype = kf__datatype_of(text, size);
        if (out->datatype != 0)
            return true;
        *scan = before;
        return kf__scan_expected(scan,
            "a datatype: BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64, BF16 "
            "or BYTES");
    }
    if (is("shape", name, length))
        return read_shape(scan, out);
    if (is("data", name, length))
        return kf__scan_skip(scan, &out->data, &out->data_length);
    if (is("parameters", name, length))
        return read_parameters(scan, out, &self->scratch);
    return kf__scan_skip(scan, NULL, NULL);
}

static kf_status check_given(const given *input, size_t *elements)
{
    if (input->name == NULL)
        return kf__fail(KF_EMISSING, "name", "the input has no name");
    if (input->datatype == 0)
        return kf__fail(KF_EMISSING, "datatype", "the input has no datatype");
    if (!input->has_shape)
        return kf__fail(KF_EMISSING, "shape", "the input has no shape");
    if (!kf__shape_elements(input->shape, input->rank, elements))
        return kf__fail(KF_ELIMIT, "shape",
            "the shape is over the limit of %u elements", KF__LIMIT_TENSOR_ELEMENTS);
    if ((input->data == NULL) == (input->binary_size < 0))
        return kf__fail(KF_EMISSING, "data",
            "expected either data or the parameter binary_data_size");
    return KF_OK;
}

/* Each text is as long as it says, and they fill the bytes. */
static bool is_whole_text(const char *data, size_t size, size_t elements)
{
    for (size_t i = 0; i < elements; i++) {
        uint32_t length;
        if (size < sizeof length)
            return false;
        memcpy(&length, data, sizeof length);
        if (size - sizeof length < length)
            return false;
        data += sizeof length + length;
        size -= sizeof length + length;
    }
    return size == 0;
}

static kf_status take_binary(reader *self, const given *input, size_t elements)
{
    size_t size = (size_t)input->binary_size,
           expected = elements * kf__datatype_size(input->datatype);
    if (size > self->binary_length)
        return kf__fail(KF_EINVAL, "parameters.binary_data_size",
            "%zu bytes, but the body has %zu bytes left", size, self->binary_length);
    if (input->datatype == KF_DATATYPE_BYTES
            ? !is_whole_text(self->binary, size, elements)
            : size != expected)
        return kf__fail(KF_EINVAL, "parameters.binary_data_size",
            "%zu bytes are not %zu elements of %s, as the shape has it", size, elements,
            kf__datatype_name(input->datatype));
    kf_nested nested = {.datatype = input->datatype,
        .count = elements,
        .bytes = size,
        .rank = input->rank};
    memcpy(nested.shape, input->shape, sizeof input->shape);
    nested.data = kf__arena_alloc_aligned(&self->inference->arena, size + 64, 64);
    if (nested.data == NULL)
        return KF_ENOMEM;
    memcpy(nested.data, self->binary, size);
    self->binary += size;
    self->binary_length -= size;
    return kf__inference_take_input(self->inference, input->name, &nested);
}

static kf_status take_json(reader *self, const given *input, size_t elements)
{
    kf_scan scan;
    kf_nested nested;
    if (input->datatype == KF_DATATYPE_FP16 || input->datatype == KF_DATATYPE_BF16)
        return kf__fail(KF_EINVAL, "data", "data of %s can be binary alone",
            kf__datatype_name(input->datatype));
    kf__scan_start(&scan, input->data, input->data_length);
    KF__TRY(kf__nested_read(&scan, self->inference, input->datatype, "data", &nested));
    if (nested.count != elements)
        return kf__fail(KF_EINVAL, "data",
            "%zu elements are given where the shape has %zu", nested.count, elements);
    memcpy(nested.shape, input->shape, sizeof input->shape);
    nested.rank = input->rank;
    return kf__inference_take_input(self->inference, input->name, &nested);
}

static kf_status read_input(reader *self)
{
    given input = {.binary_size = -1};
    const char *name;
    size_t length, elements;
    if (kf__scan_object(&self->scan))
        while (kf__scan_name(&self->scan, &name, &length, &self->scratch))
            if (!read_member(self, &input, name, length))
                break;
    KF__TRY(kf__scan_status(&self->scan, NULL));
    KF__TRY(check_given(&input, &elements));
    if (kf_inference_input_named(self->inference, input.name) != NULL)
        return kf__fail(
            KF_EINVAL, "name", "two inputs are called '%.100s'", input.name);
    return input.data != NULL ? take_json(self, &input, elements)
                              : take_binary(self, &input, elements);
}

/* ---- the request ---- */

static kf_status read_list(
    reader *self, const char *where, kf_status (*read)(reader *self))
{
    size_t index = 0;
    if (kf__scan_list(&self->scan))
        for (; kf__scan_item(&self->scan); index++) {
            char place[48];
            kf_status status = read(self);
            (void)snprintf(place, sizeof place, "%s[%zu]", where, index);
            if (status != KF_OK) {
                kf__error_prefix(place);
                return status;
            }
        }
    return kf__scan_status(&self->scan, where);
}

static bool read_output_parameters(reader *self, kf_requested_output *out)
{
    kf_scan *scan = &self->scan;
    const char *name;
    size_t length;
    if (kf__scan_peek(scan) == 'n')
        return kf__scan_null(scan);
    if (!kf__scan_object(scan))
        return false;
    while (kf__scan_name(scan, &name, &length, &self->scratch))
        if (is("binary_data", name, length) ? !kf__scan_bool(scan, &out->binary)
                                            : !kf__scan_skip(scan, NULL, NULL))
            return false;
    return scan->status == KF_OK;
}

static kf_status read_output(reader *self)
{
    kf_requested_output output = {0};
    const char *name;
    size_t length;
    bool done = kf__scan_object(&self->scan);
    while (done && kf__scan_name(&self->scan, &name, &length, &self->scratch)) {
        if (is("name", name, length))
            done = read_text(self, &output.name, &length);
        else if (is("parameters", name, length))
            done = read_output_parameters(self, &output);
        else
            done = kf__scan_skip(&self->scan, NULL, NULL);
    }
    KF__TRY(kf__scan_status(&self->scan, NULL));
    if (output.name == NULL)
        return kf__fail(KF_EMISSING, "name", "the output has no name");
    return kf__vec_push(&self->inference->requested, output);
}

static kf_status read_request_parameters(reader *self)
{
    const char *text;
    size_t length;
    kf_inference *inference = self->inference;
    if (!kf__scan_skip(&self->scan, &text, &length))
        return kf__scan_status(&self->scan, "parameters");
    KF__TRY(kf__json_read(&inference->tree, text, length, &inference->parameters));
    inference->binary_output =
        kf_value_bool(kf_value_get(inference->parameters, "binary_data_output"));
    return KF_OK;
}

static kf_status read_request_member(
    reader *self, const char *name, size_t length, bool *has_inputs)
{
    if (is("inputs", name, length)) {
        *has_inputs = true;
        return read_list(self, "inputs", read_input);
    }
    if (is("outputs", name, length) && kf__scan_peek(&self->scan) == '[')
        return read_list(self, "outputs", read_output);
    if (is("parameters", name, length))
        return read_request_parameters(self);
    if (is("id", name, length) && kf__scan_peek(&self->scan) == '"')
        (void)read_text(self, &self->inference->id, &length);
    else
        (void)kf__scan_skip(&self->scan, NULL, NULL);
    return kf__scan_status(&self->scan, NULL);
}

static kf_status read_request(reader *self)
{
    const char *name;
    size_t length;
    bool has_inputs = false;
    if (kf__scan_peek(&self->scan) != '{')
        return kf__fail(KF_EPARSE, NULL, "expected an object with \"inputs\"");
    (void)kf__scan_object(&self->scan);
    while (kf__scan_name(&self->scan, &name, &length, &self->scratch))
        KF__TRY(read_request_member(self, name, length, &has_inputs));
    (void)kf__scan_end(&self->scan);
    KF__TRY(kf__scan_status(&self->scan, NULL));
    if (!has_inputs)
        return kf__fail(KF_EMISSING, "inputs", "the request has no inputs");
    if (self->binary_length > 0)
        return kf__fail(KF_EINVAL, NULL,
            "%zu bytes of the body belong to no input: see binary_data_size",
            self->binary_length);
    return KF_OK;
}

kf_status kf__v2_read(
    kf_inference *inference, const char *body, size_t length, int64_t json_length)
{
    size_t text = json_length < 0 ? length : (size_t)json_length;
    reader self = {
        .inference = inference, .binary = body + text, .binary_length = length - text};
    kf__scan_start(&self.scan, body, text);
    kf_status status = read_request(&self);
    kf__buf_finish(&self.scratch);
    return status;
}

/* ---- the answer ---- */

typedef struct answer {
    const kf_tensor *tensor;
    bool binary;
} answer;

static kf_status find_output(
    const kf_inference *inference, const kf_requested_output *wanted, answer *out)
{
    for (size_t i = 0; i < inference->outputs.count; i++)
        if (strcmp(inference->outputs.items[i].name, wanted->name) == 0) {
            *out = (answer){&inference->outputs.items[i], wanted->binary};
            return KF_OK;
        }
    return kf__fail(
        KF_EINVAL, "outputs", "the model has no output '%.100s'", wanted->name);
}

static void write_output(const answer *output, kf_buf *out)
{
    const kf_tensor *tensor = output->tensor;
    kf__buf_puts(out, "{\"name\":");
    kf__put_json_text(out, tensor->name, strlen(tensor->name));
    kf__buf_puts(out, ",\"shape\":[");
    for (size_t i = 0; i < tensor->rank; i++)
        kf__buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)tensor->shape[i]);
    kf__buf_printf(out, "],\"datatype\":\"%s\",", kf__datatype_name(tensor->datatype));
    if (output->binary) {
        kf__buf_printf(out, "\"parameters\":{\"binary_data_size\":%zu}}", tensor->size);
        return;
    }
    kf__buf_puts(out, "\"parameters\":null,\"data\":");
    kf__nested_write(tensor, true, out);
    kf__buf_putc(out, '}');
}

static void write_head(const kf_inference *inference, const char *model, kf_buf *out)
{
    kf__buf_puts(out, "{\"model_name\":");
    kf__put_json_text(out, model, strlen(model));
    kf__buf_puts(out, ",\"model_version\":null,\"id\":");
    if (inference->id != NULL)
        kf__put_json_text(out, inference->id, strlen(inference->id));
    else
        kf__buf_puts(out, "null");
    kf__buf_puts(out, ",\"parameters\":null,\"outputs\":[");
}

kf_status kf__v2_write(
    const kf_inference *inference, const char *model, kf_buf *out, int64_t *json_length)
{
    answer answers[64];
    size_t asked = inference->requested.count, count = 0;
    bool binary = false;
    size_t most = asked > 0 ? asked : inference->outputs.count;
    if (most > sizeof answers / sizeof *answers)
        return kf__fail(KF_ELIMIT, "outputs", "more than 64 outputs");
    for (; count < most; count++) {
        if (asked > 0)
            KF__TRY(find_output(
                inference, &inference->requested.items[count], &answers[count]));
        else
            answers[count] =
                (answer){&inference->outputs.items[count], inference->binary_output};
        binary |= answers[count].binary;
    }
    write_head(inference, model, out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            kf__buf_putc(out, ',');
        write_output(&answers[i], out);
    }
    kf__buf_puts(out, "]}");
    *json_length = binary ? (int64_t)out->length : -1;
    for (size_t i = 0; i < count; i++)
        if (answers[i].binary)
            kf__buf_append(out, answers[i].tensor->data, answers[i].tensor->size);
    return out->status;
}
