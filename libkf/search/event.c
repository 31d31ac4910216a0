/* SPDX-License-Identifier: Apache-2.0 */
#include "search/event.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"

enum { HEADER = 12, FOOTER = 4 };

struct kf_event_reader {
    kf_event_sink sink;
    void *payload;
    kf_buf pending;
    int64_t offset; /* Of `pending` in the file. */
    kf_status status;
    char message[200];
};

kf_status kf__event_reader_new(kf_event_sink sink, void *payload, kf_event_reader **out)
{
    kf_event_reader *reader = kf__calloc(1, sizeof *reader);
    if (reader == NULL)
        return kf__nomem();
    reader->sink = sink;
    reader->payload = payload;
    *out = reader;
    return KF_OK;
}

void kf__event_reader_free(kf_event_reader *reader)
{
    if (reader == NULL)
        return;
    kf__buf_finish(&reader->pending);
    kf__free(reader);
}

bool kf__event_reader_waits(const kf_event_reader *reader)
{
    return reader->status == KF_OK && reader->pending.length > 0;
}

static uint32_t read32(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static bool sum_fits(const char *data, size_t length, const char *sum)
{
    uint32_t crc = kf__crc32c(data, length);
    return ((crc >> 15 | crc << 17) + 0xa282ead8u) == read32(sum);
}

static kf_status fail_sum(const kf_event_reader *reader, size_t at)
{
    return kf__fail(KF_EPARSE, NULL,
        "the event file is damaged at byte %lld: the checksum does not fit",
        (long long)(reader->offset + (int64_t)at));
}

/* One record at `at`; *size: its bytes, 0 if it is not there as a whole. */
static kf_status read_record(const kf_event_reader *reader, size_t at, size_t *size)
{
    const char *data = reader->pending.data + at;
    size_t there = reader->pending.length - at;
    *size = 0;
    if (there < HEADER)
        return KF_OK;
    if (!sum_fits(data, 8, data + 8))
        return fail_sum(reader, at);
    uint64_t length = (uint64_t)read32(data) | (uint64_t)read32(data + 4) << 32;
    if (length > KF__LIMIT_EVENT_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "a record of the event file has %llu bytes: at most %u are read",
            (unsigned long long)length, KF__LIMIT_EVENT_BYTES);
    if (there < HEADER + length + FOOTER)
        return KF_OK;
    if (!sum_fits(data + HEADER, length, data + HEADER + length))
        return fail_sum(reader, at + HEADER);
    *size = HEADER + length + FOOTER;
    return kf__event_scalars(data + HEADER, length, reader->sink, reader->payload);
}

static kf_status read_records(kf_event_reader *reader)
{
    size_t at = 0, size;
    kf_status status;
    do {
        status = read_record(reader, at, &size);
        at += size;
    } while (status == KF_OK && size > 0);
    size_t left = reader->pending.length - at;
    if (at > 0)
        memmove(reader->pending.data, reader->pending.data + at, left);
    kf__buf_truncate(&reader->pending, left);
    reader->offset += (int64_t)at;
    return status;
}

kf_status kf__event_reader_feed(
    kf_event_reader *reader, const void *data, size_t length)
{
    if (reader->status != KF_OK)
        return reader->status == KF_ENOMEM
                   ? kf__nomem()
                   : kf__fail(reader->status, NULL, "%s", reader->message);
    if (length > 0)
        kf__buf_append(&reader->pending, data, length);
    kf_status status = reader->pending.status;
    if (status == KF_OK && reader->pending.length > 0)
        status = read_records(reader);
    if (status == KF_OK)
        return KF_OK;
    reader->status = status;
    const char *message = status == KF_ENOMEM ? "" : kf_last_error()->message;
    size_t size = strlen(message);
    size = size < sizeof reader->message ? size : sizeof reader->message - 1;
    memcpy(reader->message, message, size);
    return status == KF_ENOMEM ? kf__nomem() : status;
}
