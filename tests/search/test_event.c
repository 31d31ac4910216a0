/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"
#include "kf_test.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/file.h"
#include "search/event.h"
#include "search/metric.h"

static kf_buf seen;

static kf_status scalar(void *payload, const kf_event_scalar *one)
{
    kf__buf_printf(&seen, "%lld %s ", (long long)one->step, one->tag);
    kf__buf_printf(&seen, isnan(one->value) ? "nan" : "%g", one->value);
    kf__buf_puts(&seen, "\n");
    return seen.status;
}

static void teardown(void)
{
    kf__buf_finish(&seen);
}

static kf_buf golden(const char *name)
{
    kf_buf data = KF__BUF_INIT;
    char *path = kf__join_path(KF_TEST_GOLDEN "/events", name);
    ck_ok(kf__file_read(path, 1 << 20, &data));
    kf__free(path);
    return data;
}

static kf_status read_in_pieces(const kf_buf *data, size_t piece, bool *waits)
{
    kf_event_reader *reader = NULL;
    kf__buf_finish(&seen);
    kf_status status = kf__event_reader_new(scalar, NULL, &reader);
    for (size_t at = 0; status == KF_OK && at < data->length; at += piece)
        status = kf__event_reader_feed(reader, data->data + at,
            data->length - at < piece ? data->length - at : piece);
    *waits = reader != NULL && kf__event_reader_waits(reader);
    kf__event_reader_free(reader);
    return status;
}

static void holds(const char *name, const char *expected)
{
    kf_buf data = golden(name);
    bool waits;
    static const size_t pieces[] = {1, 3, 11, 64, 100000};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        ck_ok(read_in_pieces(&data, pieces[i], &waits));
        ck_assert(!waits);
        ck_assert_str_eq(kf__buf_text(&seen), expected);
    }
    kf__buf_finish(&data);
}

/* What tensorboard's own reader says of the files. */
START_TEST(files_of_tensorboard)
{
    holds("scalars.tfevents", "0 loss 0.5\n0 accuracy 1\n1 loss 0.25\n1 accuracy "
                              "0.875\n2 loss nan\n2 accuracy 0.75\n3 loss 0.125\n3 "
                              "accuracy 0.625\n");
    holds("tensorboardx.tfevents",
        "0 train/loss 1\n1 train/loss 0.5\n2 train/loss 0.333333\n");
}
END_TEST

static kf_status first_time(void *payload, const kf_event_scalar *one)
{
    if (one->step == 3)
        *(int64_t *)payload = one->time_ns;
    return KF_OK;
}

START_TEST(wall_times)
{
    kf_buf data = golden("scalars.tfevents");
    kf_event_reader *reader;
    int64_t time = 0;
    ck_ok(kf__event_reader_new(first_time, &time, &reader));
    ck_ok(kf__event_reader_feed(reader, data.data, data.length));
    ck_assert_int_eq(time, 1700000003250000000);
    kf__event_reader_free(reader);
    kf__buf_finish(&data);
}
END_TEST

START_TEST(a_file_that_grows)
{
    kf_buf data = golden("scalars.tfevents");
    kf_event_reader *reader;
    ck_ok(kf__event_reader_new(scalar, NULL, &reader));
    ck_assert(!kf__event_reader_waits(reader));
    ck_ok(kf__event_reader_feed(reader, data.data, data.length - 1));
    ck_assert(kf__event_reader_waits(reader));
    ck_assert_ptr_null(strstr(kf__buf_text(&seen), "3 loss"));
    ck_ok(kf__event_reader_feed(reader, data.data + data.length - 1, 1));
    ck_assert(!kf__event_reader_waits(reader));
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&seen), "3 loss 0.125\n"));
    kf__event_reader_free(reader);
    kf__buf_finish(&data);
}
END_TEST

/* A changed byte is found, wherever it is; what stands before is given out. */
START_TEST(damage)
{
    kf_buf data = golden("scalars.tfevents");
    bool waits;
    for (size_t i = 0; i < data.length; i++) {
        data.data[i] ^= 0x40;
        ck_fails(read_in_pieces(&data, 100000, &waits), KF_EPARSE, "damaged at byte");
        ck_assert(!waits);
        data.data[i] ^= 0x40;
    }
    data.data[data.length - 1] ^= 1;
    ck_fails(read_in_pieces(&data, 50, &waits), KF_EPARSE, "damaged at byte 2");
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&seen), "2 accuracy 0.75\n"));
    kf__buf_finish(&data);
}
END_TEST

START_TEST(fails_for_good)
{
    kf_event_reader *reader;
    ck_ok(kf__event_reader_new(scalar, NULL, &reader));
    ck_fails(kf__event_reader_feed(reader, "this is no event file", 21), KF_EPARSE,
        "damaged at byte 0");
    ck_fails(kf__event_reader_feed(reader, "", 0), KF_EPARSE, "damaged at byte 0");
    kf__event_reader_free(reader);
}
END_TEST

START_TEST(large_records)
{
    /* A length of 2^40, with its sum by tensorboard's masked_crc32c. */
    static const char header[] = "\0\0\0\0\0\1\0\0\xaa\x3d\x6b\xe4";
    kf_event_reader *reader;
    ck_ok(kf__event_reader_new(scalar, NULL, &reader));
    ck_fails(kf__event_reader_feed(reader, header, 12), KF_ELIMIT,
        "1099511627776 bytes: at most 67108864");
    kf__event_reader_free(reader);
}
END_TEST

static kf_status read_all(void)
{
    static kf_buf data;
    bool waits;
    if (data.data == NULL)
        data = golden("scalars.tfevents");
    return read_in_pieces(&data, 40, &waits);
}

START_TEST(out_of_memory)
{
    ck_ok(read_all());
    ck_survives_nomem(read_all());
}
END_TEST

KF_TEST_MAIN_WITH("search/event", NULL, teardown, files_of_tensorboard, wall_times,
    a_file_that_grows, damage, fails_for_good, large_records, out_of_memory)
