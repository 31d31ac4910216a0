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
    kf__buf_printf(&seen, "%lld %s %.9g\n", (long long)one->step, one->tag, one->value);
    return KF_OK;
}

static void teardown(void)
{
    kf__buf_finish(&seen);
}

/* All of make_events.py that is one number; the rest is left out. */
START_TEST(tensors)
{
    kf_buf data = KF__BUF_INIT;
    kf_event_reader *reader;
    ck_ok(kf__file_read(KF_TEST_GOLDEN "/events/tensors.tfevents", 1 << 20, &data));
    ck_ok(kf__event_reader_new(scalar, NULL, &reader));
    ck_ok(kf__event_reader_feed(reader, data.data, data.length));
    ck_assert_str_eq(kf__buf_text(&seen),
        "0 content 1.5\n1 content 1.5\n2 content 1\n3 content 1\n4 content 1\n5 "
        "content "
        "1\n6 content 1\n7 content 1\n8 content 1\n9 content 1\n"
        "20 value 0.75\n21 value -0.1\n22 value -3\n23 value -1.09951163e+12\n24 value "
        "-1\n25 value 1\n26 value 1.5\n33 value 4\n");
    kf__event_reader_free(reader);
    kf__buf_finish(&data);
}
END_TEST

static kf_status read_bytes(const char *data, size_t length)
{
    kf__buf_truncate(&seen, 0);
    return kf__event_scalars(data, length, scalar, NULL);
}

#define READ(literal) read_bytes(literal, sizeof literal - 1)

/* Written by hand: step 7 behind a summary {value {tag "a" simple_value 1}}. */
START_TEST(wire)
{
    ck_ok(READ("\x2a\x0a\x0a\x08\x0a\x01"
               "a\x15\x00\x00\x80\x3f\x10\x07"));
    ck_assert_str_eq(kf__buf_text(&seen), "7 a 1\n");
    /* Without a tag; a field that is not known. */
    ck_ok(READ("\x2a\x07\x0a\x05\x15\x00\x00\x80\x3f\xf8\x01\x05"));
    ck_assert_str_eq(kf__buf_text(&seen), "0  1\n");
    /* A value without a number. */
    ck_ok(READ("\x2a\x05\x0a\x03\x0a\x01"
               "a"));
    ck_assert_str_eq(kf__buf_text(&seen), "");
    ck_ok(read_bytes("", 0));
    /* A tag that is not UTF-8. */
    ck_ok(READ("\x2a\x0a\x0a\x08\x0a\x01\xff\x15\x00\x00\x80\x3f"));
    ck_assert_str_eq(kf__buf_text(&seen), "");
}
END_TEST

/* A tensor with one float, whose dtype is text in place of a number. */
START_TEST(fields_of_another_type)
{
    ck_ok(READ("\x2a\x0e\x0a\x0c\x42\x0a\x0a\x01\x01\x2d\x00\x00\x80\x3f\x28\x01"));
    ck_assert_str_eq(kf__buf_text(&seen), "");
}
END_TEST

START_TEST(malformed)
{
    ck_fails(READ("\x2a\x0a\x0a\x08\x0a\x01"
                  "a\x15\x00"),
        KF_EPARSE, "no Event of TensorFlow");
    ck_fails(
        READ("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), KF_EPARSE, "no Event");
    ck_fails(
        READ("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), KF_EPARSE, "no Event");
    ck_fails(READ("\x0b"), KF_EPARSE, "no Event");
    ck_fails(READ("\x09\x00"), KF_EPARSE, "no Event");
    ck_fails(READ("\x2a\x02\x0a\x05"), KF_EPARSE, "no Event");
}
END_TEST

KF_TEST_MAIN_WITH("search/event_proto", NULL, teardown, tensors, wire,
    fields_of_another_type, malformed)
