/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_frame.h"

#include "kf_test.h"

static const char wire[] = "KFW1\5\0\0\0\x08\7\6\5\4\3\2\1\2\0\0\0\3\0\0\0{}abc";
enum { WIRE = sizeof wire - 1 };

START_TEST(writes)
{
    kf_buf out = KF__BUF_INIT;
    kf__frame_put(&out, KF__FRAME_REPLY, 0x0102030405060708, "{}", 2, 3);
    kf__buf_puts(&out, "abc");
    ck_assert_uint_eq(out.length, WIRE);
    ck_assert_mem_eq(out.data, wire, WIRE);
    kf__buf_finish(&out);
}
END_TEST

START_TEST(reads)
{
    kf_frame frame;
    size_t whole = 1;
    ck_ok(kf__frame_take(wire, WIRE, 3, &frame, &whole));
    ck_assert_uint_eq(whole, WIRE);
    ck_assert_int_eq(frame.kind, KF__FRAME_REPLY);
    ck_assert_uint_eq(frame.id, 0x0102030405060708);
    ck_assert_mem_eq(frame.head, "{}", frame.head_length);
    ck_assert_uint_eq(frame.head_length, 2);
    ck_assert_mem_eq(frame.body, "abc", 3);
    ck_assert_uint_eq(frame.body_length, 3);
    ck_fails(kf__frame_take(wire, WIRE, 2, &frame, &whole), KF_ELIMIT, "3 bytes");
}
END_TEST

/* Any beginning of a frame is one that is not all there; with a byte of the magic or the
 * kind changed it is none. */
START_TEST(parts)
{
    kf_frame frame;
    size_t whole = 1;
    char changed[WIRE];
    for (size_t length = 0; length < WIRE; length++) {
        ck_ok(kf__frame_take(wire, length, 3, &frame, &whole));
        ck_assert_uint_eq(whole, 0);
    }
    for (size_t at = 0; at < 8; at++) {
        memcpy(changed, wire, WIRE);
        changed[at] ^= 0x40;
        ck_assert_int_eq(kf__frame_take(changed, WIRE, 3, &frame, &whole), KF_EPARSE);
    }
    memcpy(changed, wire, WIRE);
    changed[18] = 0x20;
    ck_fails(kf__frame_take(changed, WIRE, 3, &frame, &whole), KF_ELIMIT, "a head of");
}
END_TEST

KF_TEST_MAIN("serving/worker_frame", writes, reads, parts)
