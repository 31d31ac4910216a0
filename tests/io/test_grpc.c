/* SPDX-License-Identifier: Apache-2.0 */
#include "io/grpc.h"

#include "kf_test.h"

START_TEST(reads_times)
{
    static const struct {
        const char *text;
        int64_t ns;
    } times[] = {{"1n", 1}, {"20u", 20000}, {"100m", 100000000}, {"3S", 3000000000},
        {"2M", 120000000000}, {"1H", 3600000000000}, {"99999999u", 99999999000},
        {"0m", 0}, {"99999999H", INT64_C(3153600000) * 1000000000}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t found = -1;
        ck_assert_msg(
            kf__grpc_read_timeout(times[i].text, &found), "%s", times[i].text);
        ck_assert_int_eq(found, times[i].ns);
    }
    static const char *const none[] = {
        "", "m", "1", "1s", "1 m", "-1m", "+1m", "123456789m", "1mm", "0x1m", "1.5S"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        int64_t found;
        ck_assert_msg(!kf__grpc_read_timeout(none[i], &found), "'%s'", none[i]);
    }
}
END_TEST

START_TEST(puts_messages)
{
    kf_buf out = KF__BUF_INIT;
    kf__grpc_put_message(&out, "50% of \xe2\x82\xac 1\n~ \x7f");
    ck_assert_str_eq(kf__buf_text(&out), "50%25 of %E2%82%AC 1%0A~ %7F");
    kf__buf_finish(&out);
}
END_TEST

START_TEST(prefixes)
{
    char prefix[KF__GRPC_PREFIX];
    bool is_compressed = true;
    kf__grpc_write_prefix(prefix, 0x01f20304);
    ck_assert_mem_eq(prefix, "\0\x01\xf2\x03\x04", sizeof prefix);
    ck_assert_uint_eq(kf__grpc_read_prefix(prefix, &is_compressed), 0x01f20304);
    ck_assert(!is_compressed);
    ck_assert_uint_eq(
        kf__grpc_read_prefix("\x01\xff\xff\xff\xff", &is_compressed), UINT32_MAX);
    ck_assert(is_compressed);
}
END_TEST

START_TEST(content_types)
{
    ck_assert(kf__grpc_is_content_type("application/grpc"));
    ck_assert(kf__grpc_is_content_type("application/grpc+proto"));
    ck_assert(kf__grpc_is_content_type("Application/GRPC; charset=utf-8"));
    ck_assert(!kf__grpc_is_content_type("application/grpc-web"));
    ck_assert(!kf__grpc_is_content_type("application/json"));
    ck_assert(!kf__grpc_is_content_type(""));
}
END_TEST

KF_TEST_MAIN("grpc", reads_times, puts_messages, prefixes, content_types)
