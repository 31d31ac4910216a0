/* SPDX-License-Identifier: Apache-2.0 */
/* Any message is a ModelInferRequest whose tensors are as large as their shapes say, which
 * V2 can be asked with and which can be answered with, or an error that tells why. */
#include "fuzz.h"

#include <string.h>

#include "serving/oip.h"
#include "serving/protocol.h"

/* What is written is read back as the same tensors. */
static void check_same(const kf_inference *a, const kf_inference *b)
{
    fuzz_check(a->inputs.count == b->inputs.count);
    for (size_t i = 0; i < a->inputs.count; i++) {
        const kf_tensor *one = &a->inputs.items[i], *other = &b->inputs.items[i];
        fuzz_check(strcmp(one->name, other->name) == 0);
        fuzz_check(one->datatype == other->datatype && one->rank == other->rank);
        fuzz_check(one->size == other->size);
        fuzz_check(one->size == 0 || memcmp(one->data, other->data, one->size) == 0);
    }
}

static void check_v2(const kf_oip_request *request, const kf_inference *inference)
{
    kf_buf out = KF__BUF_INIT;
    kf_inference back = KF__INFERENCE_INIT;
    int64_t length = -1;
    fuzz_check(kf__oip_write_v2(request, inference, &out, &length) == KF_OK);
    kf_status status = kf__v2_read(&back, out.data, out.length, length);
    if (status == KF_OK)
        check_same(inference, &back);
    kf__buf_truncate(&out, 0);
    (void)kf__oip_write_v2(request, inference, &out, NULL);
    kf__buf_finish(&out);
    kf__inference_finish(&back);
}

static void check_answer(kf_inference *inference)
{
    kf_buf out = KF__BUF_INIT;
    for (size_t i = 0; i < inference->inputs.count; i++)
        fuzz_check(
            kf__vec_push(&inference->outputs, inference->inputs.items[i]) == KF_OK);
    inference->requested.count = 0;
    for (int raw = 0; raw < 2; raw++)
        fuzz_check(kf__oip_write(inference, "m", raw, &out) == KF_OK);
    kf__buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_inference inference = KF__INFERENCE_INIT;
    kf_oip_request request = {0};
    const char *name;
    kf_proto message = kf__proto_of(data, size);
    (void)kf__oip_text(&inference.arena, message, 1, &name);
    kf_status status =
        kf__oip_read(&request, &inference.arena, &inference.tree, message);
    if (status == KF_OK)
        status = kf__oip_read_tensors(&request, &inference);
    if (status == KF_OK)
        status = kf__oip_read_rest(&request, &inference);
    if (status == KF_OK) {
        check_v2(&request, &inference);
        check_answer(&inference);
    } else {
        fuzz_check(kf_last_error()->message[0] != '\0');
    }
    kf__oip_request_finish(&request);
    kf__inference_finish(&inference);
    return 0;
}
