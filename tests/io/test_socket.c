/* SPDX-License-Identifier: Apache-2.0 */
#include "io/socket.h"

#include "base/mem.h"
#include "kf_test.h"

#include <poll.h>
#include <unistd.h>

static int mine, theirs;
static kf_buf got;

static void setup(void)
{
    got = KF__BUF_INIT;
    ck_ok(kf__socket_pair(&mine, &theirs));
}

static void teardown(void)
{
    kf__socket_close(&mine);
    kf__socket_close(&theirs);
    kf__buf_finish(&got);
}

START_TEST(sends_and_receives)
{
    struct iovec parts[] = {{(char[]){"ab"}, 2}, {(char[]){"cde"}, 3}};
    ck_assert_int_eq(kf__socket_receive(mine, &got, 10), KF__RECEIVED_NONE);
    ck_assert_int_eq(kf__socket_send(theirs, parts, 2), 5);
    ck_assert_int_eq(kf__socket_receive(mine, &got, 4), KF__RECEIVED_SOME);
    ck_assert_str_eq(got.data, "abcd");
    ck_assert_int_eq(kf__socket_receive(mine, &got, 4), KF__RECEIVED_SOME);
    ck_assert_str_eq(got.data, "abcde");
    kf__socket_close(&theirs);
    ck_assert_int_eq(theirs, -1);
    ck_assert_int_eq(kf__socket_receive(mine, &got, 4), KF__RECEIVED_END);
    ck_assert_int_eq(kf__socket_send(mine, parts, 2), -1);
}
END_TEST

START_TEST(never_waits)
{
    static char block[65536];
    struct iovec part = {block, sizeof block};
    ssize_t count, sent = 0;
    while ((count = kf__socket_send(mine, &part, 1)) > 0)
        sent += count;
    ck_assert_int_eq(count, 0);
    ck_assert_int_gt(sent, 0);
}
END_TEST

START_TEST(no_memory)
{
    struct iovec part = {(char[]){"a"}, 1};
    ck_assert_int_eq(kf__socket_send(theirs, &part, 1), 1);
    kf__mem_fail_after(0);
    ck_assert_int_eq(kf__socket_receive(mine, &got, 4), KF__RECEIVED_NOMEM);
    kf__mem_fail_after(-1);
}
END_TEST

START_TEST(pipes)
{
    int in, out;
    ck_ok(kf__socket_pipe(&in, &out));
    ck_assert_int_eq(kf__socket_receive(in, &got, 4), KF__RECEIVED_NONE);
    ck_assert_int_eq(write(out, "ab", 2), 2);
    kf__socket_close(&out);
    ck_assert_int_eq(kf__socket_receive(in, &got, 4), KF__RECEIVED_SOME);
    ck_assert_str_eq(got.data, "ab");
    ck_assert_int_eq(kf__socket_receive(in, &got, 4), KF__RECEIVED_END);
    kf__socket_close(&in);
}
END_TEST

START_TEST(bells)
{
    int bell;
    ck_ok(kf__bell_open(&bell));
    struct pollfd look = {.fd = bell, .events = POLLIN};
    ck_assert_int_eq(poll(&look, 1, 0), 0);
    kf__bell_ring(bell);
    kf__bell_ring(bell);
    ck_assert_int_eq(poll(&look, 1, 0), 1);
    kf__bell_hush(bell);
    ck_assert_int_eq(poll(&look, 1, 0), 0);
    kf__bell_hush(bell);
    kf__socket_close(&bell);
}
END_TEST

KF_TEST_MAIN_WITH("io/socket", setup, teardown, sends_and_receives, never_waits,
    no_memory, pipes, bells)
