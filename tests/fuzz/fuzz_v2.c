/* SPDX-License-Identifier: Apache-2.0 */
/* Any body of V2 is tensors whose data is as large as their shapes say, which can be
 * written as an answer that is JSON up to where it says, or an error that tells why. The
 * first two bytes say how long the JSON of the request is. */
#include "fuzz_tensor.h"

#include <string.h>

#include "base/value.h"
#include "io/json.h"
#include "serving/protocol.h"

static void check_answer(const kf_inference *inference)
{
    kf_buf out = KF__BUF_INIT;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    int64_t json_length = 0;
    kf_status status = kf__v2_write(inference, "m", &out, &json_length);
    fuzz_check(status == KF_OK || status == KF_EINVAL || status == KF_ELIMIT ||
               status == KF_EUNSUPPORTED);
    if (status == KF_OK) {
        size_t length = json_length < 0 ? out.length : (size_t)json_length;
        fuzz_check(length <= out.length);
        fuzz_check(kf__json_read(&tree, out.data, length, &value) == KF_OK);
    }
    kf__tree_finish(&tree);
    kf__buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    kf_inference inference = KF__INFERENCE_INIT;
    int64_t json_length = data[0] | data[1] << 8;
    if ((size_t)json_length > size - 2)
        json_length = -1;
    kf_status status =
        kf__v2_read(&inference, (const char *)data + 2, size - 2, json_length);
    if (status == KF_OK) {
        for (size_t i = 0; i < inference.inputs.count; i++) {
            fuzz_tensor(&inference.inputs.items[i]);
            fuzz_check((uintptr_t)inference.inputs.items[i].data % 8 == 0);
            fuzz_check(
                kf__vec_push(&inference.outputs, inference.inputs.items[i]) == KF_OK);
        }
        check_answer(&inference);
    } else {
        fuzz_check(kf_last_error()->message[0] != '\0');
    }
    kf__inference_finish(&inference);
    return 0;
}
