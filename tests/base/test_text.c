/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/mem.h"
#include "kf_test.h"

#define CHECK_UTF8(text, offset)                                                       \
    do {                                                                               \
        size_t bad = 999;                                                              \
        ck_assert(!kf__utf8_valid(text, sizeof(text) - 1, &bad));                      \
        ck_assert_uint_eq(bad, offset);                                                \
        ck_assert(!kf__utf8_valid(text, sizeof(text) - 1, NULL));                      \
    } while (0)

/* Edges of the table of well-formed sequences in the Unicode standard (table 3-7). */
START_TEST(valid_utf8)
{
    static const char *const texts[] = {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF",
        "\xE0\xA0\x80", "\xEC\xBF\xBF", "\xED\x80\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x80\x80\x80",
        "\xF4\x8F\xBF\xBF", "12345678\xC3\xA9 12345678", "1234567\xF0\x9F\x98\x80 89"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(kf__utf8_valid(texts[i], strlen(texts[i]), NULL), "text %zu", i);
    ck_assert(kf__utf8_valid("a\0b", 3, NULL));
}
END_TEST

START_TEST(mends_utf8)
{
    char text[] = "a\xE9z \xE2\x82\xAC \xE2\x82 \xFF\xFE\xF0\x9F\x98";
    kf__utf8_mend(text, strlen(text));
    ck_assert_str_eq(text, "a?z \xE2\x82\xAC ?? ?????");
}
END_TEST

START_TEST(invalid_utf8)
{
    CHECK_UTF8("\x80", 0);
    CHECK_UTF8("a\xBF", 1);
    CHECK_UTF8("\xC0\x80", 0);
    CHECK_UTF8("\xC1\xBF", 0);
    CHECK_UTF8("\xC2", 0);
    CHECK_UTF8("\xC2\x7F", 0);
    CHECK_UTF8("\xC2\xC0", 0);
    CHECK_UTF8("\xE0\x9F\xBF", 0);
    CHECK_UTF8("\xE0\xA0", 0);
    CHECK_UTF8("\xE1\x80\x7F", 0);
    CHECK_UTF8("\xED\xA0\x80", 0);
    CHECK_UTF8("\xED\xBF\xBF", 0);
    CHECK_UTF8("\xF0\x8F\xBF\xBF", 0);
    CHECK_UTF8("\xF0\x90\x80", 0);
    CHECK_UTF8("\xF1\x80\x80\x7F", 0);
    CHECK_UTF8("\xF4\x90\x80\x80", 0);
    CHECK_UTF8("\xF5\x80\x80\x80", 0);
    CHECK_UTF8("\xFE", 0);
    CHECK_UTF8("\xFF", 0);
    CHECK_UTF8("1234567890\xFF", 10);
    CHECK_UTF8("12345678\xE2\x82", 8);
}
END_TEST

START_TEST(code_points_round_trip)
{
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            continue;
        kf_buf buf = KF__BUF_INIT;
        kf__utf8_put(&buf, code_point);
        const char *at = buf.data;
        if (!kf__utf8_valid(buf.data, buf.length, NULL) ||
            kf__utf8_next(&at, buf.data + buf.length) != code_point ||
            at != buf.data + buf.length)
            ck_abort_msg("code point U+%04X", (unsigned)code_point);
        kf__buf_finish(&buf);
    }
}
END_TEST

START_TEST(prefixes_and_suffixes)
{
    ck_assert(kf__starts_with("pipelinechannel--x", "pipelinechannel--"));
    ck_assert(kf__starts_with("x", ""));
    ck_assert(!kf__starts_with("x", "xy"));
    ck_assert(kf__ends_with("model.yaml", ".yaml"));
    ck_assert(kf__ends_with("x", ""));
    ck_assert(!kf__ends_with("y", "xy"));
    ck_assert(!kf__ends_with("model.yml", ".yaml"));
}
END_TEST

static void check_name(const char *name, const char *expected)
{
    char *sanitized = kf__sanitize_name(name);
    ck_assert_str_eq(sanitized, expected);
    kf__free(sanitized);
}

/* Expectations of KFP's maybe_rename_for_k8s. */
START_TEST(kubernetes_names)
{
    check_name("train_model", "train-model");
    check_name("Train Model!", "train-model");
    check_name("--a--b--", "a-b");
    check_name("a_-_b", "a-b");
    check_name("__init__", "init");
    check_name("a.b/c:d", "a-b-c-d");
    check_name("caf\xC3\xA9", "caf");
    check_name("\xC3\x89t\xC3\xA9", "t");
    check_name("\xE2\x84\xAA"
               "elvin",
        "kelvin");
    check_name("\xC4\xB0stanbul", "i-stanbul");
    check_name("0123", "0123");
    check_name("", "");
    check_name("_-\xE2\x82\xAC-_", "");
}
END_TEST

START_TEST(a_failed_allocation_gives_no_name)
{
    kf__mem_fail_after(0);
    ck_assert_ptr_null(kf__sanitize_name("name"));
    kf__mem_fail_after(-1);
}
END_TEST

START_TEST(names_of_files)
{
    static const char *const good[] = {
        "a", "...", "a..b", ".a", "a b", "-", "\xC3\xA9"};
    static const char *const bad[] = {
        "", ".", "..", "/", "a/b", "/a", "a/", "a\nb", "\x1F", "\x7F"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(kf__name_fault(good[i]) == NULL, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(kf__name_fault(bad[i]) != NULL, "%s", bad[i]);
}
END_TEST

KF_TEST_MAIN("text", valid_utf8, invalid_utf8, mends_utf8, code_points_round_trip,
    prefixes_and_suffixes, kubernetes_names, a_failed_allocation_gives_no_name,
    names_of_files)
