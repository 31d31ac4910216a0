/* SPDX-License-Identifier: Apache-2.0 */
#include "io/yaml_place.h"

#include "base/limits.h"
#include "base/mem.h"
#include "kf_test.h"

static void check_place(kf_yaml_place *place, size_t index, int line, int column)
{
    kf__yaml_go_to(place, index);
    ck_assert_int_eq(place->line, line);
    ck_assert_int_eq(kf__yaml_column(place), column);
}

/* Characters: 0 a, 1 é, 2 \r, 3 \n, 4 b, 5 \n, 6 \n, 7 日, 8 c, 9 \r, 10 d. */
START_TEST(forth_and_back)
{
    static const char text[] = "a\xC3\xA9\r\nb\n\n\xE6\x97\xA5"
                               "c\rd";
    static const struct {
        size_t index;
        int line;
        int column;
    } expected[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 4}, {3, 1, 5}, {4, 2, 1}, {5, 2, 2},
        {6, 3, 1}, {7, 4, 1}, {8, 4, 4}, {9, 4, 5}, {10, 5, 1}, {11, 5, 2}};
    enum { COUNT = sizeof expected / sizeof *expected };
    kf_yaml_place place;
    kf__yaml_place_start(&place, text, sizeof text - 1);
    for (size_t from = 0; from < COUNT; from++) {
        for (size_t to = 0; to < COUNT; to++) {
            check_place(&place, from, expected[from].line, expected[from].column);
            check_place(&place, to, expected[to].line, expected[to].column);
        }
    }
    check_place(&place, 1000, 5, 2);
}
END_TEST

START_TEST(byte_order_mark)
{
    kf_yaml_place place;
    kf__yaml_place_start(&place,
        "\xEF\xBB\xBF"
        "ab",
        5);
    check_place(&place, 1, 1, 2);
    check_place(&place, 0, 1, 1);
    kf__yaml_place_start(&place, "", 0);
    check_place(&place, 0, 1, 1);
}
END_TEST

static bool is_accepted(const char *text)
{
    return kf__yaml_check_text(text, strlen(text)) == KF_OK;
}

/* The characters of PyYAML's NON_PRINTABLE and those beside them. */
START_TEST(characters)
{
    ck_assert(is_accepted("\t\n\r ~\xC2\x85\xC2\xA0\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD"
                          "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xEF\xBB\xBF"));
    static const char *const refused[] = {"\x08", "\x0B", "\x0C", "\x0E", "\x1F",
        "\x7F", "\xC2\x80", "\xC2\x84", "\xC2\x86", "\xC2\x9F", "\xEF\xBF\xBE",
        "\xEF\xBF\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80", "\xC2", "\x80"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(!is_accepted(refused[i]), "number %zu is accepted", i);
    ck_fails(
        kf__yaml_check_text("a\n\xC3\xA9 \x01", 6), KF_EPARSE, "control character");
    ck_assert_int_eq(kf_last_error()->line, 2);
    ck_assert_int_eq(kf_last_error()->column, 4);
}
END_TEST

START_TEST(size_has_a_limit)
{
    char *text = kf__alloc(KF__LIMIT_DOCUMENT_BYTES + 1);
    memset(text, ' ', KF__LIMIT_DOCUMENT_BYTES + 1);
    ck_ok(kf__yaml_check_text(text, KF__LIMIT_DOCUMENT_BYTES));
    ck_fails(kf__yaml_check_text(text, KF__LIMIT_DOCUMENT_BYTES + 1), KF_ELIMIT,
        "KF__LIMIT_DOCUMENT_BYTES");
    kf__free(text);
}
END_TEST

KF_TEST_MAIN(
    "io/yaml_place", forth_and_back, byte_order_mark, characters, size_has_a_limit)
