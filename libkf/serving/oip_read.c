/* SPDX-License-Identifier: Apache-2.0 */
/* ModelInferRequest, but for the data of its tensors. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "serving/oip_parts.h"

typedef struct reader {
    kf_oip_request *request;
    kf_arena *arena;
    kf_tree *tree;
} reader;

static kf_status fail(const char *message)
{
    return kf__fail(KF_EINVAL, NULL, "the message is no %s", message);
}

static kf_status fail_request(void)
{
    return fail("ModelInferRequest");
}

void kf__oip_request_finish(kf_oip_request *request)
{
    kf__vec_finish(&request->inputs);
    kf__vec_finish(&request->outputs);
    kf__vec_finish(&request->raw);
}

/* ---- texts ---- */

static bool is_text(const kf_proto_field *field)
{
    size_t length = kf__proto_length(field->data);
    const char *text = (const char *)field->data.at;
    return field->type == KF__PROTO_BYTES && kf__utf8_valid(text, length, NULL) &&
           memchr(text, '\0', length) == NULL;
}

static kf_status copy_text(kf_arena *arena, kf_proto data, const char **out)
{
    *out = kf__arena_strndup(arena, (const char *)data.at, kf__proto_length(data));
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status take_text(
    const reader *self, const kf_proto_field *field, const char **out)
{
    return is_text(field) ? copy_text(self->arena, field->data, out) : fail_request();
}

kf_status kf__oip_text(
    kf_arena *arena, kf_proto message, uint32_t number, const char **out)
{
    kf_proto_field field;
    *out = "";
    while (message.at < message.end) {
        if (!kf__proto_read_field(&message, &field))
            return fail("message of this method");
        if (field.number != number)
            continue;
        if (!is_text(&field))
            return fail("message of this method");
        KF__TRY(copy_text(arena, field.data, out));
    }
    return KF_OK;
}

/* ---- parameters ---- */

static kf_status read_value(const reader *self, kf_proto from, kf_value **out)
{
    kf_proto_field field;
    *out = NULL;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &field))
            return fail_request();
        if (field.number == KF__OIP_PARAMETER_STRING && is_text(&field))
            *out = kf__tree_string_n(
                self->tree, (const char *)field.data.at, kf__proto_length(field.data));
        else if (field.number == KF__OIP_PARAMETER_DOUBLE &&
                 field.type == KF__PROTO_FIXED64)
            *out = kf__tree_double(self->tree, kf__proto_double(field.integer));
        else if (field.number == KF__OIP_PARAMETER_BOOL &&
                 field.type == KF__PROTO_VARINT)
            *out = kf__tree_bool(self->tree, field.integer != 0);
        else if (field.number == KF__OIP_PARAMETER_UINT64 &&
                 field.type == KF__PROTO_VARINT && field.integer > INT64_MAX)
            *out = kf__tree_double(self->tree, (double)field.integer);
        else if ((field.number == KF__OIP_PARAMETER_INT64 ||
                     field.number == KF__OIP_PARAMETER_UINT64) &&
                 field.type == KF__PROTO_VARINT)
            *out = kf__tree_int(self->tree, (int64_t)field.integer);
        else if (field.number <= KF__OIP_PARAMETER_UINT64)
            return fail_request();
    }
    return KF_OK;
}

static kf_status read_parameter(
    const reader *self, const kf_proto_field *entry, kf_value **parameters)
{
    kf_proto from = entry->data;
    kf_proto_field field;
    const char *key = "";
    kf_value *value = NULL;
    if (entry->type != KF__PROTO_BYTES)
        return fail_request();
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &field))
            return fail_request();
        if (field.number == KF__OIP_ENTRY_KEY)
            KF__TRY(take_text(self, &field, &key));
        else if (field.number == KF__OIP_ENTRY_VALUE && field.type == KF__PROTO_BYTES)
            KF__TRY(read_value(self, field.data, &value));
    }
    if (*parameters == NULL)
        *parameters = kf__tree_struct(self->tree);
    kf__put(self->tree, *parameters, key, value);
    return kf__tree_status(self->tree);
}

/* ---- inputs ---- */

static kf_status add_dimension(kf_oip_input *input, uint64_t bits)
{
    int64_t dimension = (int64_t)bits;
    bool has_open = false;
    for (size_t i = 0; i < input->rank; i++)
        has_open |= input->shape[i] == -1;
    if (input->rank == sizeof input->shape / sizeof *input->shape)
        return kf__fail(KF_EINVAL, "shape", "expected at most 8 dimensions");
    if (dimension < 0 && (dimension != -1 || has_open))
        return kf__fail(
            KF_EINVAL, "shape", "expected dimensions of 0 or more, or one -1");
    input->shape[input->rank++] = dimension;
    return KF_OK;
}

static kf_status read_shape(const kf_proto_field *field, kf_oip_input *input)
{
    kf_proto packed = field->data;
    uint64_t bits;
    if (field->type == KF__PROTO_VARINT)
        return add_dimension(input, field->integer);
    if (field->type != KF__PROTO_BYTES)
        return fail_request();
    while (packed.at < packed.end) {
        if (!kf__proto_read_varint(&packed, &bits))
            return fail_request();
        KF__TRY(add_dimension(input, bits));
    }
    return KF_OK;
}

static kf_status read_datatype(const kf_proto_field *field, kf_oip_input *input)
{
    size_t length = kf__proto_length(field->data);
    const char *text = (const char *)field->data.at;
    if (!is_text(field))
        return fail_request();
    input->datatype = kf__datatype_read(text, length);
    return input->datatype != 0
               ? KF_OK
               : kf__fail(KF_EINVAL, "datatype",
                     "'%.*s' is none: expected BOOL, UINT8 to UINT64, INT8 to INT64, "
                     "FP16, FP32, FP64, BF16 or BYTES",
                     length < 50 ? (int)length : 50, text);
}

static kf_status read_contents(const kf_proto_field *field, kf_oip_input *input)
{
    if (field->type != KF__PROTO_BYTES)
        return fail_request();
    if (input->has_contents)
        return kf__fail(KF_EINVAL, "contents", "they are given twice");
    input->has_contents = true;
    input->contents = field->data;
    return KF_OK;
}

static kf_status read_input_field(
    const reader *self, const kf_proto_field *field, kf_oip_input *input)
{
    switch (field->number) {
    case KF__OIP_TENSOR_NAME:
        return take_text(self, field, &input->name);
    case KF__OIP_TENSOR_DATATYPE:
        return read_datatype(field, input);
    case KF__OIP_TENSOR_SHAPE:
        return read_shape(field, input);
    case KF__OIP_TENSOR_PARAMETERS:
        return read_parameter(self, field, &input->parameters);
    case KF__OIP_TENSOR_CONTENTS:
        return read_contents(field, input);
    default:
        return KF_OK;
    }
}

static kf_status check_input(const reader *self, const kf_oip_input *input)
{
    if (input->datatype == 0)
        return kf__fail(KF_EMISSING, "datatype", "the input has no datatype");
    for (size_t i = 0; i < self->request->inputs.count; i++)
        if (strcmp(self->request->inputs.items[i].name, input->name) == 0)
            return kf__fail(
                KF_EINVAL, "name", "two inputs are called '%.100s'", input->name);
    return KF_OK;
}

static kf_status read_input(const reader *self, kf_proto from)
{
    kf_oip_input input = {.name = ""};
    kf_proto_field field;
    char place[48];
    kf_status status = KF_OK;
    while (status == KF_OK && from.at < from.end)
        status = kf__proto_read_field(&from, &field)
                     ? read_input_field(self, &field, &input)
                     : fail_request();
    if (status == KF_OK)
        status = check_input(self, &input);
    if (status == KF_OK)
        return kf__vec_push(&self->request->inputs, input);
    (void)snprintf(place, sizeof place, "inputs[%zu]", self->request->inputs.count);
    kf__error_prefix(place);
    return status;
}

/* ---- the request ---- */

static kf_status read_output(const reader *self, kf_proto from)
{
    kf_oip_output output = {.name = ""};
    kf_proto_field field;
    while (from.at < from.end) {
        if (!kf__proto_read_field(&from, &field))
            return fail_request();
        if (field.number == KF__OIP_REQUESTED_NAME)
            KF__TRY(take_text(self, &field, &output.name));
        else if (field.number == KF__OIP_REQUESTED_PARAMETERS)
            KF__TRY(read_parameter(self, &field, &output.parameters));
    }
    return kf__vec_push(&self->request->outputs, output);
}

static kf_status read_field(const reader *self, const kf_proto_field *field)
{
    kf_oip_request *request = self->request;
    bool is_bytes = field->type == KF__PROTO_BYTES;
    switch (field->number) {
    case KF__OIP_REQUEST_MODEL:
        return take_text(self, field, &request->model);
    case KF__OIP_REQUEST_ID:
        return take_text(self, field, &request->id);
    case KF__OIP_REQUEST_PARAMETERS:
        return read_parameter(self, field, &request->parameters);
    case KF__OIP_REQUEST_INPUTS:
        return is_bytes ? read_input(self, field->data) : fail_request();
    case KF__OIP_REQUEST_OUTPUTS:
        return is_bytes ? read_output(self, field->data) : fail_request();
    case KF__OIP_REQUEST_RAW:
        return is_bytes ? kf__vec_push(&request->raw, field->data) : fail_request();
    default:
        return KF_OK;
    }
}

/* All inputs are raw, or none is. */
static kf_status check_raw(const kf_oip_request *request)
{
    if (request->raw.count == 0)
        return KF_OK;
    if (request->raw.count != request->inputs.count)
        return kf__fail(KF_EINVAL, NULL,
            "the number of inputs (%zu) does not match the expected number of raw "
            "input contents (%zu) for model '%.200s'.",
            request->inputs.count, request->raw.count, request->model);
    for (size_t i = 0; i < request->inputs.count; i++)
        if (request->inputs.items[i].has_contents)
            return kf__fail(KF_EINVAL, NULL,
                "contents field must not be specified when using raw_input_contents "
                "for input '%.200s' for model '%.200s'",
                request->inputs.items[i].name, request->model);
    return KF_OK;
}

kf_status kf__oip_read(
    kf_oip_request *request, kf_arena *arena, kf_tree *tree, kf_proto message)
{
    reader self = {request, arena, tree};
    kf_proto_field field;
    request->model = "";
    request->id = NULL;
    request->parameters = NULL;
    request->inputs.count = request->outputs.count = request->raw.count = 0;
    while (message.at < message.end) {
        if (!kf__proto_read_field(&message, &field))
            return fail_request();
        KF__TRY(read_field(&self, &field));
    }
    return check_raw(request);
}

kf_status kf__oip_read_rest(const kf_oip_request *request, kf_inference *inference)
{
    inference->parameters = request->parameters;
    inference->id = request->id;
    for (size_t i = 0; i < request->outputs.count; i++) {
        const kf_oip_output *output = &request->outputs.items[i];
        kf_requested_output wanted = {.name = output->name};
        const kf_value *classes = kf_value_get(output->parameters, "classification");
        if (classes != NULL)
            wanted.classification = kf_value_int(classes);
        if (classes != NULL && wanted.classification <= 0)
            return kf__fail(KF_EINVAL, "outputs.parameters.classification",
                "expected a number of classes above 0");
        KF__TRY(kf__vec_push(&inference->requested, wanted));
    }
    return KF_OK;
}
