/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the Open Inference Protocol, V2: members in KServe's order, and with its
 * nulls, which its clients take as it does. */
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/value.h"
#include "serving/protocol_parts.h"

kf_status kf__output_check_texts(const kf_tensor *output)
{
    const char *data = output->data, *end = data + output->size;
    uint32_t length;
    if (output->datatype != KF_DATATYPE_BYTES)
        return KF_OK;
    for (; data < end; data += sizeof length + length) {
        memcpy(&length, data, sizeof length);
        if (!kf__utf8_valid(data + sizeof length, length, NULL))
            return kf__fail(KF_EUNSUPPORTED, NULL,
                "the output '%.100s' has bytes that are no UTF-8: they can be had as "
                "binary data alone",
                output->name);
    }
    return KF_OK;
}

kf_status kf__outputs_check_texts(const kf_inference *inference)
{
    for (size_t i = 0; i < inference->outputs.count; i++)
        KF__TRY(kf__output_check_texts(&inference->outputs.items[i]));
    return KF_OK;
}

/* ---- which outputs, and how ---- */

static kf_status find_output(kf_arena *arena, const kf_inference *inference,
    const kf_requested_output *wanted, const char *model, kf_chosen_output *out)
{
    for (size_t i = 0; i < inference->outputs.count; i++) {
        const kf_tensor *output = &inference->outputs.items[i];
        if (strcmp(output->name, wanted->name) != 0)
            continue;
        out->tensor = *output;
        out->binary = wanted->says_binary ? wanted->binary : inference->binary_output;
        return wanted->classification > 0
                   ? kf__classify(arena, output, wanted->classification, &out->tensor)
                   : KF_OK;
    }
    return kf__fail(KF_EINVAL, NULL,
        "Unexpected inference output '%.100s' for model '%.100s'", wanted->name, model);
}

size_t kf__outputs_count(const kf_inference *inference)
{
    return inference->requested.count > 0 ? inference->requested.count
                                          : inference->outputs.count;
}

kf_status kf__outputs_choose(kf_arena *arena, const kf_inference *inference,
    const char *model, kf_chosen_output *out)
{
    size_t asked = inference->requested.count;
    for (size_t i = 0; i < asked; i++)
        KF__TRY(find_output(
            arena, inference, &inference->requested.items[i], model, &out[i]));
    for (size_t i = 0; asked == 0 && i < inference->outputs.count; i++)
        out[i] =
            (kf_chosen_output){inference->outputs.items[i], inference->binary_output};
    return KF_OK;
}

static kf_status choose_outputs(kf_arena *arena, const kf_inference *inference,
    const char *model, kf_chosen_output *out, bool *binary)
{
    KF__TRY(kf__outputs_choose(arena, inference, model, out));
    for (size_t i = 0; i < kf__outputs_count(inference); i++) {
        if (!out[i].binary)
            KF__TRY(kf__output_check_texts(&out[i].tensor));
        *binary |= out[i].binary;
    }
    return KF_OK;
}

/* ---- writing ---- */

static void put_text(kf_buf *out, const char *text)
{
    kf__put_json_text(out, text, strlen(text));
}

static void put_count(kf_buf *out, uint64_t count)
{
    char digits[20];
    kf__buf_append(out, digits, (size_t)kf__decimal_digits(count, digits));
}

static void write_output(const kf_chosen_output *output, bool nulls, kf_buf *out)
{
    const kf_tensor *tensor = &output->tensor;
    kf__buf_puts(out, "{\"name\":");
    put_text(out, tensor->name);
    kf__buf_puts(out, ",\"shape\":[");
    for (size_t i = 0; i < tensor->rank; i++) {
        if (i > 0)
            kf__buf_putc(out, ',');
        put_count(out, (uint64_t)tensor->shape[i]);
    }
    kf__buf_puts(out, "],\"datatype\":\"");
    kf__buf_puts(out, kf__datatype_name(tensor->datatype));
    if (output->binary) {
        kf__buf_puts(out, "\",\"parameters\":{\"binary_data_size\":");
        put_count(out, tensor->size);
        kf__buf_puts(out, "}}");
        return;
    }
    kf__buf_puts(out, nulls ? "\",\"parameters\":null,\"data\":" : "\",\"data\":");
    kf__nested_write(tensor, true, out);
    kf__buf_putc(out, '}');
}

static void write_head(
    const kf_inference *inference, const char *model, bool nulls, kf_buf *out)
{
    kf__buf_puts(out, "{\"model_name\":");
    put_text(out, model);
    kf__buf_puts(out, ",\"model_version\":null,\"id\":");
    if (inference->id != NULL)
        put_text(out, inference->id);
    else
        kf__buf_puts(out, "null");
    kf__buf_puts(out, nulls ? ",\"parameters\":null,\"outputs\":[" : ",\"outputs\":[");
}

static void write_all(const kf_chosen_output *answers, size_t count,
    const kf_inference *inference, const char *model, bool binary, kf_buf *out)
{
    write_head(inference, model, !binary, out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            kf__buf_putc(out, ',');
        write_output(&answers[i], !binary, out);
    }
    kf__buf_puts(out, "]}");
}

kf_status kf__v2_write(
    const kf_inference *inference, const char *model, kf_buf *out, int64_t *json_length)
{
    kf_arena arena = KF__ARENA_INIT;
    size_t count = kf__outputs_count(inference);
    bool binary = false;
    kf_chosen_output few[4];
    kf_chosen_output *answers =
        count <= 4 ? few : kf__arena_alloc(&arena, count * sizeof *answers);
    kf_status status = answers == NULL
                           ? KF_ENOMEM
                           : choose_outputs(&arena, inference, model, answers, &binary);
    if (status == KF_OK) {
        write_all(answers, count, inference, model, binary, out);
        *json_length = binary ? (int64_t)out->length : -1;
        for (size_t i = 0; i < count; i++)
            if (answers[i].binary)
                kf__buf_append(out, answers[i].tensor.data, answers[i].tensor.size);
        status = out->status;
    }
    kf__arena_finish(&arena);
    return status;
}
