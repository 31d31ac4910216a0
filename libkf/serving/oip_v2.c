/* SPDX-License-Identifier: Apache-2.0 */
/* Between messages and bodies of V2, for those that take nothing else. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serving/oip_parts.h"
#include "serving/protocol_parts.h"

static void put_text(kf_buf *out, const char *text)
{
    kf__put_json_text(out, text, strlen(text));
}

/* Members of a struct. `name`: one that stands for itself, by `value`; NULL: none. */
static void put_parameters(
    kf_buf *out, const kf_value *parameters, const char *name, const char *value)
{
    const char *comma = "";
    kf__buf_puts(out, ",\"parameters\":{");
    for (size_t i = 0; i < kf_value_length(parameters); i++) {
        if (name != NULL && strcmp(kf_value_key(parameters, i), name) == 0)
            continue;
        kf__buf_puts(out, comma);
        put_text(out, kf_value_key(parameters, i));
        kf__buf_putc(out, ':');
        kf__put_json(out, kf_value_at(parameters, i), KF_JSON_COMPACT);
        comma = ",";
    }
    if (name != NULL)
        kf__buf_printf(out, "%s\"%s\":%s", comma, name, value);
    kf__buf_putc(out, '}');
}

static void put_data(
    kf_buf *out, const kf_tensor *tensor, const kf_value *parameters, bool binary)
{
    char size[24];
    (void)snprintf(size, sizeof size, "%zu", tensor->size);
    if (binary || parameters != NULL)
        put_parameters(out, parameters, binary ? "binary_data_size" : NULL, size);
    if (!binary) {
        kf__buf_puts(out, ",\"data\":");
        kf__nested_write(tensor, true, out);
    }
}

static void put_input(
    kf_buf *out, const kf_tensor *tensor, const kf_value *parameters, bool binary)
{
    kf__buf_puts(out, "{\"name\":");
    put_text(out, tensor->name);
    kf__buf_puts(out, ",\"shape\":[");
    for (size_t i = 0; i < tensor->rank; i++)
        kf__buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)tensor->shape[i]);
    kf__buf_printf(out, "],\"datatype\":\"%s\"", kf__datatype_name(tensor->datatype));
    put_data(out, tensor, parameters, binary);
    kf__buf_putc(out, '}');
}

static void put_outputs(kf_buf *out, const kf_oip_request *request, bool binary)
{
    kf__buf_puts(out, request->outputs.count > 0 ? ",\"outputs\":[" : "");
    for (size_t i = 0; i < request->outputs.count; i++) {
        const kf_oip_output *output = &request->outputs.items[i];
        kf__buf_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        put_text(out, output->name);
        if (binary || output->parameters != NULL)
            put_parameters(
                out, output->parameters, binary ? "binary_data" : NULL, "true");
        kf__buf_putc(out, '}');
    }
    kf__buf_puts(out, request->outputs.count > 0 ? "]" : "");
}

static void put_request(kf_buf *out, const kf_oip_request *request,
    const kf_inference *inference, bool binary)
{
    kf__buf_puts(out, "{\"inputs\":[");
    for (size_t i = 0; i < inference->inputs.count; i++) {
        if (i > 0)
            kf__buf_putc(out, ',');
        put_input(out, &inference->inputs.items[i], request->inputs.items[i].parameters,
            binary);
    }
    kf__buf_putc(out, ']');
    if (request->id != NULL && request->id[0] != '\0') {
        kf__buf_puts(out, ",\"id\":");
        put_text(out, request->id);
    }
    if (binary || request->parameters != NULL)
        put_parameters(
            out, request->parameters, binary ? "binary_data_output" : NULL, "true");
    put_outputs(out, request, binary);
    kf__buf_putc(out, '}');
}

/* JSON has no number for what is not finite. */
static bool is_finite(const kf_tensor *tensor)
{
    size_t each = kf__datatype_size(tensor->datatype);
    if (tensor->datatype != KF_DATATYPE_FP32 && tensor->datatype != KF_DATATYPE_FP64)
        return true;
    for (size_t i = 0; i < tensor->size / each; i++)
        if (!isfinite(kf__tensor_number(tensor, i)))
            return false;
    return true;
}

bool kf__oip_is_exact_json(const kf_inference *inference)
{
    for (size_t i = 0; i < inference->inputs.count; i++)
        if (!is_finite(&inference->inputs.items[i]))
            return false;
    return true;
}

static kf_status check_json(const kf_inference *inference)
{
    for (size_t i = 0; i < inference->inputs.count; i++) {
        const kf_tensor *input = &inference->inputs.items[i];
        if (kf__oip_field_of(input->datatype).number == 0)
            return kf__fail(KF_EUNSUPPORTED, NULL,
                "the input '%.100s' of %s cannot be JSON, and nothing else is taken "
                "here",
                input->name, kf__datatype_name(input->datatype));
        KF__TRY(kf__output_check_texts(input));
    }
    return KF_OK;
}

kf_status kf__oip_write_v2(const kf_oip_request *request, const kf_inference *inference,
    kf_buf *out, int64_t *json_length)
{
    if (json_length == NULL)
        KF__TRY(check_json(inference));
    put_request(out, request, inference, json_length != NULL);
    if (json_length == NULL)
        return out->status;
    *json_length = (int64_t)out->length;
    for (size_t i = 0; i < inference->inputs.count; i++)
        kf__buf_append(
            out, inference->inputs.items[i].data, inference->inputs.items[i].size);
    return out->status;
}

static kf_status write_answer(
    kf_inference *inference, const char *model, bool raw, kf_buf *out)
{
    for (size_t i = 0; i < inference->inputs.count; i++)
        KF__TRY(kf__vec_push(&inference->outputs, inference->inputs.items[i]));
    KF__TRY(kf__oip_write(inference, model, raw, out));
    if (kf_value_length(inference->parameters) > 0)
        kf__oip_put_parameters(out, KF__OIP_RESPONSE_PARAMETERS, inference->parameters);
    return out->status;
}

kf_status kf__oip_of_v2(const char *body, size_t length, int64_t json_length,
    const char *model, bool raw, kf_buf *out)
{
    kf_inference inference = KF__INFERENCE_INIT;
    kf_status status = kf__v2_read_answer(&inference, body, length, json_length);
    if (status == KF_OK)
        status = write_answer(&inference, model, raw || json_length >= 0, out);
    kf__inference_finish(&inference);
    return status;
}
