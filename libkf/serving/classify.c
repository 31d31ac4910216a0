/* SPDX-License-Identifier: Apache-2.0 */
/* The classification extension of Triton, docs/protocol/extension_classification.md. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "serving/protocol_parts.h"

/* NaN stands below all numbers; of equal ones the first is the higher. */
static bool is_higher(double a, double b)
{
    return a > b || (isnan(b) && !isnan(a));
}

/* The next lower number of a row: at `last`, or -1 for the first of them all. */
static int64_t next_best(
    const kf_tensor *output, size_t first, size_t width, int64_t last)
{
    int64_t best = -1;
    double bound = last < 0 ? 0 : kf__tensor_number(output, first + (size_t)last);
    for (size_t i = 0; i < width; i++) {
        double number = kf__tensor_number(output, first + i);
        if (last >= 0) {
            bool lower = is_higher(bound, number), higher = is_higher(number, bound);
            if (higher || (!lower && (int64_t)i <= last))
                continue;
        }
        if (best < 0 ||
            is_higher(number, kf__tensor_number(output, first + (size_t)best)))
            best = (int64_t)i;
    }
    return best;
}

static void put_class(kf_buf *out, double number, int64_t index)
{
    size_t start = out->length;
    uint32_t length = 0;
    kf__buf_append(out, &length, sizeof length);
    kf__put_double(out, number);
    kf__buf_printf(out, ":%lld", (long long)index);
    if (out->status != KF_OK)
        return;
    length = (uint32_t)(out->length - start - sizeof length);
    memcpy(out->data + start, &length, sizeof length);
}

static kf_status keep(kf_arena *arena, const kf_buf *texts, kf_tensor *out)
{
    char *data = kf__arena_alloc_aligned(arena, texts->length + 1, 8);
    if (data == NULL || texts->status != KF_OK)
        return KF_ENOMEM;
    if (texts->length > 0)
        memcpy(data, texts->data, texts->length);
    out->datatype = KF_DATATYPE_BYTES;
    out->data = data;
    out->size = texts->length;
    return KF_OK;
}

kf_status kf__classify(
    kf_arena *arena, const kf_tensor *output, int64_t most, kf_tensor *out)
{
    enum { MOST = 1000 }; /* Each of them is looked for by itself. */
    size_t elements = 0, rows = 1;
    kf_buf texts = KF__BUF_INIT;
    if (output->datatype == KF_DATATYPE_BYTES || output->rank == 0)
        return kf__fail(KF_EINVAL, NULL,
            "the output '%.100s' has no numbers to classify by", output->name);
    (void)kf__shape_elements(output->shape, output->rank, &elements);
    if (output->rank > 1)
        rows = (size_t)output->shape[0];
    size_t width = rows > 0 ? elements / rows : 0;
    size_t count = (size_t)most < width ? (size_t)most : width;
    if (count > MOST)
        return kf__fail(KF_ELIMIT, NULL, "classification: more than %d classes", MOST);
    for (size_t row = 0; row < rows; row++) {
        int64_t last = -1;
        for (size_t i = 0; i < count; i++) {
            last = next_best(output, row * width, width, last);
            put_class(
                &texts, kf__tensor_number(output, row * width + (size_t)last), last);
        }
    }
    int64_t *shape = kf__arena_alloc(arena, 2 * sizeof *shape);
    kf_status status = shape != NULL ? keep(arena, &texts, out) : KF_ENOMEM;
    if (status == KF_OK) {
        shape[0] = (int64_t)rows;
        shape[output->rank > 1] = (int64_t)count;
        out->rank = output->rank > 1 ? 2 : 1;
        out->shape = shape;
    }
    kf__buf_finish(&texts);
    return status;
}
