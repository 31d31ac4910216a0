/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker writes to its socket: frames, and the heads of those that carry calls and
 * replies. */
#include "serving/worker_parts.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_arena arena = KF__ARENA_INIT;
    const char *text = (const char *)data;
    kf_frame frame;
    kf_head head;
    size_t whole = 1;
    for (size_t at = 0; whole > 0; at += whole) {
        if (kf__frame_take(text + at, size - at, 1 << 20, &frame, &whole) != KF_OK)
            break;
        if (whole > 0)
            (void)kf__head_read(&arena, frame.head, frame.head_length, &head);
    }
    if (kf__head_read(&arena, text, size, &head) == KF_OK) {
        kf_buf out = KF__BUF_INIT;
        kf__head_put_headers(&out, head.headers, head.header_count);
        kf__buf_finish(&out);
    }
    kf__arena_finish(&arena);
    return 0;
}
