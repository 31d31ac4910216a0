/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "kf_test.h"

#include <locale.h>
#include <math.h>
#include <unistd.h>

/* Expectations of Python's repr. */
static const struct {
    double number;
    const char *text;
} table[] = {
    {0x0.0p+0, "0.0"},
    {-0x0.0p+0, "-0.0"},
    {0x1.0000000000000p+0, "1.0"},
    {0x1.8000000000000p+1, "3.0"},
    {0x1.999999999999ap-4, "0.1"},
    {0x1.0000000000000p-1, "0.5"},
    {0x1.4f8b588e368f1p-17, "1e-05"},
    {0x1.a36e2eb1c432dp-14, "0.0001"},
    {0x1.f75104d551d69p-14, "0.00012"},
    {0x1.1c37937e08000p+53, "1e+16"},
    {0x1.c6bf526340000p+49, "1000000000000000.0"},
    {0x1.b69b4ba630f35p+56, "1.2345678901234568e+17"},
    {0x1.0000000000000p+53, "9007199254740992.0"},
    {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
    {0x0.0000000000001p-1022, "5e-324"},
    {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
    {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
    {0x1.0000000000000p-44, "5.684341886080802e-14"},
    {0x1.5555555555555p-2, "0.3333333333333333"},
    {0x1.5555555555555p-1, "0.6666666666666666"},
    {0x1.0f0cf064dd592p+73, "1e+22"},
    {0x1.52d02c7e14af6p+76, "1e+23"},
    {-0x1.0c6f7a0b5ed8dp-22, "-2.5e-07"},
    {0x1.9000000000000p+6, "100.0"},
    {0x1.34a456d5cfaadp+10, "1234.5678"},
    {0x1.1666666666666p+2, "4.35"},
    {0x1.3333333333333p-2, "0.3"},
    {0x1.5666666666666p+1, "2.675"},
    {0x0.05c0ab9347ed7p-1022, "5e-310"},
    {0x1.249ad2594c37dp+332, "1e+100"},
    {0x1.1de784a000000p+28, "299792458.0"},
    {0x1.0000000000000p+60, "1.152921504606847e+18"},
    {0x1.8000000000000p-1022, "3.337610787760802e-308"},
};

static void check_table(void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        kf_buf buf = KF__BUF_INIT;
        kf__put_double(&buf, table[i].number);
        ck_assert_str_eq(kf__buf_text(&buf), table[i].text);
        double number = 77;
        ck_assert(kf__parse_double(table[i].text, &number));
        ck_assert_mem_eq(&number, &table[i].number, sizeof number);
        kf__buf_finish(&buf);
    }
}

START_TEST(doubles_as_python_writes_them)
{
    check_table();
    kf_buf buf = KF__BUF_INIT;
    kf__put_double(&buf, INFINITY);
    kf__put_double(&buf, -INFINITY);
    kf__put_double(&buf, NAN);
    ck_assert_str_eq(kf__buf_text(&buf), "inf-infnan");
    kf__buf_finish(&buf);
}
END_TEST

/* The same in a process whose decimal point is a comma; the locale is made for the
 * test. */
START_TEST(the_locale_does_not_matter)
{
    char folder[] = "/tmp/kf-locale-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char command[256];
    snprintf(command, sizeof command,
        "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    bool made = system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 &&
                setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    if (made) {
        snprintf(command, sizeof command, "%.1f", 0.5);
        ck_assert_str_eq(command, "0,5");
        check_table();
        double number;
        ck_assert(!kf__parse_double("0,5", &number));
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(written_doubles_read_back)
{
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        uint64_t pattern = i % 3 == 0 ? (uint64_t)(i / 3 % 2047) << 52 : bits;
        double number, found;
        memcpy(&number, &pattern, sizeof number);
        if (!isfinite(number))
            continue;
        kf_buf buf = KF__BUF_INIT;
        kf__put_double(&buf, number);
        ck_assert(kf__parse_double(kf__buf_text(&buf), &found));
        if (memcmp(&number, &found, sizeof number) != 0)
            ck_abort_msg("%a is written %s", number, kf__buf_text(&buf));
        kf__buf_finish(&buf);
    }
}
END_TEST

START_TEST(reading_doubles)
{
    static const struct {
        const char *text;
        double number;
    } good[] = {{"1", 1}, {"+1.5", 1.5}, {".5", .5}, {"5.", 5}, {"1e3", 1000},
        {"1E+3", 1000}, {"12e-1", 1.2}, {"000.1", .1}, {"0e99999999999", 0},
        {"1e-400", 0}, {"-0", -0.0}, {"4.9e-324", 0x1p-1074},
        {"179769313486231570000000000e282", 0x1.fffffffffffffp+1023},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000000001", 9007199254740994.0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double number = 77;
        ck_assert_msg(kf__parse_double(good[i].text, &number), "%s", good[i].text);
        ck_assert_msg(number == good[i].number, "%s: %a", good[i].text, number);
    }
    static const char *const bad[] = {"", "+", ".", "e1", "1e", "1e+", "1 ", " 1",
        "1.2.3", "0x10", "inf", "nan", "1,5", "1e400", "-1e309", "1_000", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double number = 77;
        ck_assert_msg(!kf__parse_double(bad[i], &number), "accepted: %s", bad[i]);
        ck_assert_double_eq(number, 77);
    }
}
END_TEST

/* A tie is decided by a digit that stands thousands of places behind it. */
START_TEST(very_long_numbers)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_puts(&buf, "9007199254740993.");
    kf__buf_fill(&buf, '0', 5000);
    double number;
    ck_assert(kf__parse_double(kf__buf_text(&buf), &number));
    ck_assert_double_eq(number, 9007199254740992.0);
    kf__buf_putc(&buf, '1');
    ck_assert(kf__parse_double(kf__buf_text(&buf), &number));
    ck_assert_double_eq(number, 9007199254740994.0);
    kf__buf_truncate(&buf, 0);
    kf__buf_putc(&buf, '1');
    kf__buf_fill(&buf, '0', 2000);
    ck_assert(!kf__parse_double(kf__buf_text(&buf), &number));
    kf__buf_puts(&buf, "e-2000");
    ck_assert(kf__parse_double(kf__buf_text(&buf), &number));
    ck_assert_double_eq(number, 1);
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(reading_integers)
{
    static const struct {
        const char *text;
        int64_t integer;
    } good[] = {{"0", 0}, {"-0", 0}, {"+7", 7}, {"007", 7},
        {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t integer = 77;
        ck_assert_msg(kf__parse_int64(good[i].text, &integer), "%s", good[i].text);
        ck_assert_int_eq(integer, good[i].integer);
    }
    static const char *const bad[] = {"", "-", "+", "1.0", "1e3", "0x1", " 1", "1 ",
        "--1", "9223372036854775808", "-9223372036854775809",
        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t integer = 77;
        ck_assert_msg(!kf__parse_int64(bad[i], &integer), "accepted: %s", bad[i]);
        ck_assert_int_eq(integer, 77);
    }
}
END_TEST

START_TEST(numbers_in_messages)
{
    ck_assert_str_eq(kf__shown(0.1).text, "0.1");
    ck_assert_str_eq(kf__shown(3).text, "3");
    ck_assert_str_eq(kf__shown(-1e16).text, "-1e+16");
    ck_assert_str_eq(
        kf__shown(-2.2250738585072014e-308).text, "-2.2250738585072014e-308");
    ck_assert_str_eq(kf__shown(NAN).text, "nan");
}
END_TEST

KF_TEST_MAIN("text_number", numbers_in_messages, doubles_as_python_writes_them,
    the_locale_does_not_matter, written_doubles_read_back, reading_doubles,
    very_long_numbers, reading_integers)
