/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the Open Inference Protocol, V2, with its binary tensor extension. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/value.h"
#include "io/json.h"
#include "serving/protocol_parts.h"

/* ---- one input ---- */

/* Its members, as they stand in the text: they come in any order. */
typedef struct given {
    const char *name;
    kf_datatype datatype;
    int64_t shape[8];
    size_t rank;
    bool has_shape;
    bool has_open;   /* One dimension is -1, and what is left over is for it. */
    kf_scan data;    /* At the value; text NULL: none. */
    bool has_nested; /* `nested` is read already. */
    kf_nested nested;
    int64_t binary_size; /* -1: none. */
} given;

typedef struct reader {
    kf_inference *inference;
    kf_scan scan;
    kf_buf scratch;
    const char *binary; /* What is left of the tensors behind the JSON. */
    size_t binary_length;
    const char *what, *expected; /* For messages. */
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
        int64_t *dimension = &out->shape[out->rank++];
        (void)kf__scan_peek(scan);
        kf_scan before = *scan;
        if (!kf__scan_int64(scan, dimension))
            return false;
        bool is_open = *dimension == -1 && !out->has_open;
        if (*dimension < 0 && !is_open) {
            *scan = before;
            return kf__scan_expected(scan, "a dimension of 0 or more, or one -1");
        }
        out->has_open |= is_open;
    }
    return scan->status == KF_OK;
}

static bool read_size(kf_scan *scan, int64_t *out)
{
    if (kf__scan_peek(scan) == 'n')
        return kf__scan_null(scan);
    kf_scan before = *scan;
    if (!kf__scan_int64(scan, out))
        return false;
    if (*out >= 0)
        return true;
    *scan = before;
    return kf__scan_expected(scan, "a number of bytes");
}

static bool read_parameters(kf_scan *scan, given *out, kf_buf *scratch)
{
    const char *name;
    size_t length;
    if (kf__scan_peek(scan) == 'n')
        return kf__scan_null(scan);
    if (!kf__scan_object(scan))
        return false;
    while (kf__scan_name(scan, &name, &length, scratch))
        if (is("binary_data_size", name, length) ? !read_size(scan, &out->binary_size)
                                                 : !kf__scan_skip(scan, NULL, NULL))
            return false;
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

static bool read_datatype(reader *self, given *out)
{
    const char *text;
    size_t length;
    (void)kf__scan_peek(&self->scan);
    kf_scan before = self->scan;
    if (!kf__scan_string(&self->scan, &text, &length, &self->scratch))
        return false;
    out->datatype = kf__datatype_read(text, length);
    if (out->datatype != 0)
        return true;
    self->scan = before;
    return kf__scan_expected(&self->scan,
        "a datatype: BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64, BF16 or "
        "BYTES");
}

static bool is_binary_alone(kf_datatype datatype)
{
    return datatype == KF_DATATYPE_FP16 || datatype == KF_DATATYPE_BF16;
}

/* Read at once if it is known of what type it is, as it is in most requests. */
static kf_status read_data(reader *self, given *out)
{
    kf_scan *scan = &self->scan;
    char first = kf__scan_peek(scan);
    if (first == 'n') {
        (void)kf__scan_null(scan);
        return kf__scan_status(scan, "data");
    }
    if (first != '[') {
        (void)kf__scan_expected(scan, "a list");
        return kf__scan_status(scan, "data");
    }
    out->data = *scan;
    if (out->datatype == 0 || is_binary_alone(out->datatype)) {
        (void)kf__scan_skip(scan, NULL, NULL);
        return kf__scan_status(scan, "data");
    }
    out->has_nested = true;
    return kf__nested_read(scan, self->inference, out->datatype, "data", &out->nested);
}

static kf_status read_member(reader *self, given *out, const char *name, size_t length)
{
    kf_scan *scan = &self->scan;
    size_t size;
    if (is("data", name, length))
        return read_data(self, out);
    if (is("name", name, length))
        (void)read_text(self, &out->name, &size);
    else if (is("datatype", name, length))
        (void)read_datatype(self, out);
    else if (is("shape", name, length))
        (void)read_shape(scan, out);
    else if (is("parameters", name, length))
        (void)read_parameters(scan, out, &self->scratch);
    else
        (void)kf__scan_skip(scan, NULL, NULL);
    return kf__scan_status(scan, NULL);
}

static kf_status check_given(const given *input)
{
    if (input->name == NULL)
        return kf__fail(KF_EMISSING, "name", "the input has no name");
    if (input->datatype == 0)
        return kf__fail(KF_EMISSING, "datatype", "the input has no datatype");
    if (!input->has_shape)
        return kf__fail(KF_EMISSING, "shape", "the input has no shape");
    if (input->data.text == NULL && input->binary_size < 0)
        return kf__fail(KF_EMISSING, NULL,
            "'data' field is missing for input '%.100s', and so is the parameter "
            "binary_data_size",
            input->name);
    if (input->data.text != NULL && input->binary_size >= 0)
        return kf__fail(KF_EINVAL, NULL,
            "the input '%.100s' has both 'data' and the parameter binary_data_size",
            input->name);
    return KF_OK;
}

static kf_status count_elements(const given *input, size_t *elements)
{
    return kf__shape_elements(input->shape, input->rank, elements)
               ? KF_OK
               : kf__fail(KF_ELIMIT, "shape",
                     "the shape is over the limit of %u elements",
                     KF__LIMIT_TENSOR_ELEMENTS);
}

static kf_status take_binary(reader *self, given *input)
{
    size_t size = (size_t)input->binary_size, elements = 0,
           each = kf__datatype_size(input->datatype);
    if (each > 0)
        KF__TRY(kf__shape_close(input->shape, input->rank, size / each));
    KF__TRY(count_elements(input, &elements));
    if (size > self->binary_length)
        return kf__fail(KF_EINVAL, "parameters.binary_data_size",
            "%zu bytes, but the body has %zu bytes left", size, self->binary_length);
    if (input->datatype == KF_DATATYPE_BYTES
            ? !kf__texts_fill(self->binary, size, elements)
            : size != elements * each)
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

static kf_status take_json(reader *self, given *input)
{
    size_t elements = 0;
    if (is_binary_alone(input->datatype))
        return kf__fail(KF_EINVAL, NULL,
            "Sending %s data via JSON is not supported. Please use the binary data "
            "format for input %.100s",
            kf__datatype_name(input->datatype), input->name);
    if (!input->has_nested)
        KF__TRY(kf__nested_read(
            &input->data, self->inference, input->datatype, "data", &input->nested));
    kf_nested *nested = &input->nested;
    if (nested->datatype != input->datatype)
        return kf__fail(KF_EINVAL, "datatype", "it is given twice");
    KF__TRY(kf__shape_close(input->shape, input->rank, nested->count));
    KF__TRY(count_elements(input, &elements));
    if (nested->count != elements)
        return kf__fail(KF_EINVAL, "data",
            "%zu elements are given where the shape has %zu", nested->count, elements);
    memcpy(nested->shape, input->shape, sizeof input->shape);
    nested->rank = input->rank;
    return kf__inference_take_input(self->inference, input->name, nested);
}

static kf_status read_input(reader *self)
{
    given input = {.binary_size = -1};
    const char *name;
    size_t length;
    if (kf__scan_object(&self->scan))
        while (kf__scan_name(&self->scan, &name, &length, &self->scratch))
            KF__TRY(read_member(self, &input, name, length));
    KF__TRY(kf__scan_status(&self->scan, NULL));
    KF__TRY(check_given(&input));
    if (kf_inference_input_named(self->inference, input.name) != NULL)
        return kf__fail(
            KF_EINVAL, "name", "two inputs are called '%.100s'", input.name);
    return input.data.text != NULL ? take_json(self, &input)
                                   : take_binary(self, &input);
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

static bool read_classification(kf_scan *scan, int64_t *out)
{
    kf_scan before = *scan;
    if (!kf__scan_int64(scan, out))
        return false;
    if (*out > 0)
        return true;
    *scan = before;
    return kf__scan_expected(scan, "a number of classes above 0");
}

static bool read_output_parameters(reader *self, kf_requested_output *out)
{
    kf_scan *scan = &self->scan;
    const char *name;
    size_t length;
    bool done = true;
    if (kf__scan_peek(scan) == 'n')
        return kf__scan_null(scan);
    if (!kf__scan_object(scan))
        return false;
    while (done && kf__scan_name(scan, &name, &length, &self->scratch)) {
        if (is("binary_data", name, length)) {
            out->says_binary = true;
            done = kf__scan_bool(scan, &out->binary);
        } else if (is("classification", name, length)) {
            done = read_classification(scan, &out->classification);
        } else {
            done = kf__scan_skip(scan, NULL, NULL);
        }
    }
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
    if (kf__scan_peek(&self->scan) == 'n') {
        (void)kf__scan_null(&self->scan);
        return kf__scan_status(&self->scan, "parameters");
    }
    if (kf__scan_peek(&self->scan) != '{')
        (void)kf__scan_expected(&self->scan, "an object");
    if (!kf__scan_skip(&self->scan, &text, &length))
        return kf__scan_status(&self->scan, "parameters");
    kf__tree_finish(&inference->tree);
    KF__TRY(kf__json_read(&inference->tree, text, length, &inference->parameters));
    inference->binary_output =
        kf_value_bool(kf_value_get(inference->parameters, "binary_data_output"));
    return KF_OK;
}

static kf_status read_id(reader *self)
{
    size_t length;
    if (kf__scan_peek(&self->scan) == 'n')
        (void)kf__scan_null(&self->scan);
    else
        (void)read_text(self, &self->inference->id, &length);
    return kf__scan_status(&self->scan, "id");
}

static kf_status read_outputs(reader *self)
{
    self->inference->requested.count = 0;
    if (kf__scan_peek(&self->scan) != 'n')
        return read_list(self, "outputs", read_output);
    (void)kf__scan_null(&self->scan);
    return kf__scan_status(&self->scan, "outputs");
}

static kf_status read_inputs(reader *self, const char *member, bool *has_tensors)
{
    if (*has_tensors)
        return kf__fail(KF_EINVAL, member, "they are given twice");
    *has_tensors = true;
    return read_list(self, member, read_input);
}

static kf_status read_request_member(
    reader *self, const char *name, size_t length, bool *has_inputs)
{
    if (is("inputs", name, length))
        return read_inputs(self, "inputs", has_inputs);
    if (is("outputs", name, length))
        return read_outputs(self);
    if (is("parameters", name, length))
        return read_request_parameters(self);
    if (is("id", name, length))
        return read_id(self);
    (void)kf__scan_skip(&self->scan, NULL, NULL);
    return kf__scan_status(&self->scan, NULL);
}

/* Of an answer, whose tensors are its outputs. */
static kf_status read_answer_member(
    reader *self, const char *name, size_t length, bool *has_outputs)
{
    if (is("outputs", name, length))
        return read_inputs(self, "outputs", has_outputs);
    if (is("parameters", name, length))
        return read_request_parameters(self);
    if (is("id", name, length))
        return read_id(self);
    (void)kf__scan_skip(&self->scan, NULL, NULL);
    return kf__scan_status(&self->scan, NULL);
}

static kf_status read_message(reader *self, const char *member,
    kf_status (*read_one)(
        reader *self, const char *name, size_t length, bool *has_tensors))
{
    const char *name;
    size_t length;
    bool has_tensors = false;
    if (kf__scan_peek(&self->scan) != '{') {
        (void)kf__scan_expected(&self->scan, self->expected);
        return kf__scan_status(&self->scan, NULL);
    }
    (void)kf__scan_object(&self->scan);
    while (kf__scan_name(&self->scan, &name, &length, &self->scratch))
        KF__TRY(read_one(self, name, length, &has_tensors));
    (void)kf__scan_end(&self->scan);
    KF__TRY(kf__scan_status(&self->scan, NULL));
    if (!has_tensors)
        return kf__fail(KF_EMISSING, member, "%s has no %s", self->what, member);
    if (self->binary_length > 0)
        return kf__fail(KF_EINVAL, NULL,
            "%zu bytes of the body belong to no %.*s: see binary_data_size",
            self->binary_length, (int)strlen(member) - 1, member);
    return KF_OK;
}

static kf_status read_body(kf_inference *inference, const char *body, size_t length,
    int64_t json_length, reader self, const char *member,
    kf_status (*read_one)(
        reader *self, const char *name, size_t length, bool *has_tensors))
{
    size_t text = json_length < 0 ? length : (size_t)json_length;
    self.inference = inference;
    self.binary = body + text;
    self.binary_length = length - text;
    kf__scan_start(&self.scan, body, text);
    kf_status status = read_message(&self, member, read_one);
    kf__buf_finish(&self.scratch);
    return status;
}

kf_status kf__v2_read(
    kf_inference *inference, const char *body, size_t length, int64_t json_length)
{
    reader self = {.what = "the request", .expected = "an object with \"inputs\""};
    return read_body(
        inference, body, length, json_length, self, "inputs", read_request_member);
}

kf_status kf__v2_read_answer(
    kf_inference *inference, const char *body, size_t length, int64_t json_length)
{
    reader self = {.what = "the answer", .expected = "an object with \"outputs\""};
    return read_body(
        inference, body, length, json_length, self, "outputs", read_answer_member);
}
