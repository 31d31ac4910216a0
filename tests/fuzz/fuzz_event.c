/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are an event file or an error, whatever pieces they come in. An input that
 * begins with "#" is the content of records instead, each with its length in a byte
 * before it: sums that fit are not found by chance. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "search/event.h"

static kf_status scalar(void *payload, const kf_event_scalar *one)
{
    fuzz_check(one->tag != NULL);
    kf__buf_printf(payload, "%lld %lld %.99s %g\n", (long long)one->step,
        (long long)one->time_ns, one->tag, isnan(one->value) ? 0 : one->value);
    return KF_OK;
}

static kf_status read_file(const kf_buf *file, size_t piece, kf_buf *seen)
{
    kf_event_reader *reader = NULL;
    fuzz_check(kf__event_reader_new(scalar, seen, &reader) == KF_OK);
    kf_status status = KF_OK;
    for (size_t at = 0; status == KF_OK && at < file->length; at += piece)
        status = kf__event_reader_feed(reader, file->data + at,
            file->length - at < piece ? file->length - at : piece);
    if (status != KF_OK) {
        fuzz_check(status == KF_EPARSE || status == KF_ELIMIT);
        fuzz_check(kf__event_reader_feed(reader, "", 0) == status);
    }
    kf__event_reader_free(reader);
    return status;
}

static void put32(kf_buf *out, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        kf__buf_putc(out, (char)(number >> (8 * i) & 0xff));
}

static void put_sum(kf_buf *out, size_t length)
{
    uint32_t crc = kf__crc32c(out->data + out->length - length, length);
    put32(out, (crc >> 15 | crc << 17) + 0xa282ead8u);
}

static void make_file(const uint8_t *data, size_t size, kf_buf *out)
{
    for (size_t at = 0; at < size;) {
        size_t length = data[at++];
        length = length < size - at ? length : size - at;
        put32(out, (uint32_t)length);
        put32(out, 0);
        put_sum(out, 8);
        kf__buf_append(out, data + at, length);
        put_sum(out, length);
        at += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_buf file = KF__BUF_INIT, whole = KF__BUF_INIT, pieces = KF__BUF_INIT;
    if (size > 0 && data[0] == '#')
        make_file(data + 1, size - 1, &file);
    else
        kf__buf_append(&file, data, size);
    kf_status status = read_file(&file, file.length + 1, &whole);
    fuzz_check(read_file(&file, 5, &pieces) == status);
    fuzz_check(strcmp(kf__buf_text(&whole), kf__buf_text(&pieces)) == 0);
    kf__buf_finish(&file);
    kf__buf_finish(&whole);
    kf__buf_finish(&pieces);
    return 0;
}
