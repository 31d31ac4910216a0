/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_frame.h"

#include "base/error.h"

static const char magic[4] = {'K', 'F', 'W', '1'};

static void put_number(char *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (char)(number >> (8 * i) & 0xff);
}

static uint64_t get_number(const char *from, int bytes)
{
    uint64_t number = 0;
    for (int i = bytes; i-- > 0;)
        number = number << 8 | (unsigned char)from[i];
    return number;
}

void kf__frame_prefix(char to[KF__FRAME_PREFIX], kf_frame_kind kind, uint64_t id,
    size_t head_length, size_t body_length)
{
    memcpy(to, magic, sizeof magic);
    put_number(to + 4, kind, 4);
    put_number(to + 8, id, 8);
    put_number(to + 16, head_length, 4);
    put_number(to + 20, body_length, 4);
}

void kf__frame_put(kf_buf *out, kf_frame_kind kind, uint64_t id, const char *head,
    size_t head_length, size_t body_length)
{
    char prefix[KF__FRAME_PREFIX];
    kf__frame_prefix(prefix, kind, id, head_length, body_length);
    kf__buf_append(out, prefix, sizeof prefix);
    if (head_length > 0)
        kf__buf_append(out, head, head_length);
}

/* What is there of a frame tells early that it is none. */
kf_status kf__frame_take(
    const char *data, size_t length, size_t limit, kf_frame *out, size_t *whole)
{
    *whole = 0;
    if (memcmp(data, magic, length < sizeof magic ? length : sizeof magic) != 0)
        return kf__fail(KF_EPARSE, NULL, "what it wrote to its socket is no frame");
    if (length < KF__FRAME_PREFIX)
        return KF_OK;
    uint64_t kind = get_number(data + 4, 4);
    size_t head = (size_t)get_number(data + 16, 4);
    size_t body = (size_t)get_number(data + 20, 4);
    if (kind < KF__FRAME_START || kind > KF__FRAME_STOP)
        return kf__fail(KF_EPARSE, NULL, "there is no frame of kind %llu",
            (unsigned long long)kind);
    if (head > KF__FRAME_HEAD_MOST)
        return kf__fail(KF_ELIMIT, NULL,
            "a frame has a head of %zu bytes; the most is %d", head,
            KF__FRAME_HEAD_MOST);
    if (body > limit)
        return kf__fail(KF_ELIMIT, NULL,
            "a frame has a body of %zu bytes; the most is %zu", body, limit);
    if (length - KF__FRAME_PREFIX < head + body)
        return KF_OK;
    *out = (kf_frame){.kind = (kf_frame_kind)kind,
        .id = get_number(data + 8, 8),
        .head = data + KF__FRAME_PREFIX,
        .head_length = head,
        .body = data + KF__FRAME_PREFIX + head,
        .body_length = body};
    *whole = KF__FRAME_PREFIX + head + body;
    return KF_OK;
}
