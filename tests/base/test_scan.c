/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scan.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "json_test.h"

/* Through the whole text, whatever it is. */
static kf_status walk(const char *text, size_t length)
{
    kf_scan scan;
    kf__scan_start(&scan, text, length);
    if (kf__scan_skip(&scan, NULL, NULL))
        (void)kf__scan_end(&scan);
    return kf__scan_status(&scan, NULL);
}

START_TEST(takes_what_the_parser_takes)
{
    static const char *const texts[] = {"{}", "[]", " [1, 2.5e-3 ,true,null] ",
        "{\"a\": {\"b\": [[], {}]}, \"\\u00e9\\ud83d\\ude00\": \"\\n\"}", "[1,]",
        "[,1]", "{\"a\" 1}", "{\"a\":}", "{a:1}", "[1 2]", "01", "-", "1.", ".5", "1e",
        "1e+", "+1", "NaN", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\tb\"", "\"\xff\"", "[", "{", "[1", "",
        "1 1", "]", "1e400", "-0", "0e5", "1E5", "[[[[[]]]]]", "{\"a\":1,}",
        "123456789012345678901234567890", "1e-400"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(texts[i]);
        kf_value *value = NULL;
        bool parsed = kf_value_parse(texts[i], length, &value) == KF_OK;
        kf_value_free(value);
        ck_assert_msg((walk(texts[i], length) == KF_OK) == parsed, "%s", texts[i]);
    }
}
END_TEST

START_TEST(faults)
{
    ck_fails(walk("[1,\n 2 3]", 9), KF_EPARSE, "expected ',' or ']', not '3'");
    ck_assert_int_eq(kf_last_error()->line, 2);
    ck_assert_int_eq(kf_last_error()->column, 4);
    ck_fails(walk("[1", 2), KF_EPARSE, "the text ends too early: expected ',' or ']'");
    ck_fails(walk("[\x01]", 3), KF_EPARSE, "expected a value, not byte 0x01");
    char deep[402];
    memset(deep, '[', 201);
    ck_fails(walk(deep, 201), KF_ELIMIT, "200 levels");
}
END_TEST

static double number(const char *text)
{
    kf_scan scan;
    double out = -1;
    kf__scan_start(&scan, text, strlen(text));
    ck_assert(kf__scan_double(&scan, true, &out) && kf__scan_end(&scan));
    return out;
}

static float narrow(const char *text)
{
    kf_scan scan;
    float out = -1;
    kf__scan_start(&scan, text, strlen(text));
    ck_assert_msg(kf__scan_float(&scan, true, &out) && kf__scan_end(&scan), "%s", text);
    return out;
}

/* As the C library rounds them. */
START_TEST(numbers)
{
    static const char *const texts[] = {"0", "-0", "1", "-1.5", "0.1", "1e22", "1e23",
        "9007199254740993", "9007199254740992", "123456789012345678", "4.9e-324",
        "1.7976931348623157e308", "2.2250738585072011e-308", "0.30000000000000004",
        "1234567890123456789012345678901234567890e-20", "5.0000000000000001",
        "1.00000017881393432617187500", "1.00000017881393432617187499",
        "1.00000017881393432617187501", "0.000000000000000000000000000000000000000001",
        "7.0064923216240853e-46", "7.0064923216240854e-46", "1.1754943508222875e-38",
        "1.401298464324817e-45", "8388609.5", "16777217", "16777219", "3.4028234e38"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(number(texts[i]) == strtod(texts[i], NULL), "%s", texts[i]);
        if (strtof(texts[i], NULL) < INFINITY)
            ck_assert_msg(narrow(texts[i]) == strtof(texts[i], NULL), "%s", texts[i]);
    }
    ck_assert(signbit(number("-0")));
    ck_assert(isnan(narrow("NaN")) && narrow("-Infinity") == -INFINITY);
    kf_scan scan;
    float out;
    kf__scan_start(&scan, "3.5e38", 6);
    ck_assert(!kf__scan_float(&scan, false, &out));
    ck_assert(isnan(number("NaN")) && number("-Infinity") == -INFINITY);
}
END_TEST

START_TEST(strings)
{
    static const char text[] = "[\"plain\", \"a\\n\\u20ac\\ud83d\\ude00\\\"\"]";
    kf_scan scan;
    kf_buf scratch = KF__BUF_INIT;
    const char *string;
    size_t length;
    kf__scan_start(&scan, text, sizeof text - 1);
    ck_assert(kf__scan_list(&scan) && kf__scan_item(&scan) &&
              kf__scan_string(&scan, &string, &length, &scratch));
    ck_assert(string == text + 2 && length == 5);
    ck_assert(
        kf__scan_item(&scan) && kf__scan_string(&scan, &string, &length, &scratch));
    ck_assert_str_eq(string, "a\n€😀\"");
    ck_assert_uint_eq(length, strlen("a\n€😀\""));
    ck_assert(!kf__scan_item(&scan) && kf__scan_end(&scan));
    kf__buf_finish(&scratch);
}
END_TEST

START_TEST(whole_numbers)
{
    kf_scan scan;
    int64_t out = 0;
    kf__scan_start(&scan, "[-9223372036854775808, 9223372036854775807, 1.0]", 48);
    ck_assert(kf__scan_list(&scan) && kf__scan_item(&scan));
    ck_assert(kf__scan_int64(&scan, &out) && out == INT64_MIN && kf__scan_item(&scan));
    ck_assert(kf__scan_int64(&scan, &out) && out == INT64_MAX && kf__scan_item(&scan));
    ck_assert(!kf__scan_int64(&scan, &out));
    ck_fails(kf__scan_status(&scan, "here"), KF_EPARSE, "a whole number of 64 bits");
    ck_assert_int_eq(kf_last_error()->column, 45);
}
END_TEST

START_TEST(objects)
{
    static const char text[] = " { \"a\" : [1 , 2 ] , \"b\\u0063\" : { } } ";
    kf_scan scan;
    kf_buf scratch = KF__BUF_INIT, seen = KF__BUF_INIT;
    const char *name, *value;
    size_t length, size;
    kf__scan_start(&scan, text, sizeof text - 1);
    ck_assert(kf__scan_object(&scan));
    while (kf__scan_name(&scan, &name, &length, &scratch)) {
        kf__buf_append(&seen, name, length);
        ck_assert(kf__scan_skip(&scan, &value, &size));
        kf__buf_append(&seen, value, size);
    }
    ck_assert(kf__scan_end(&scan));
    ck_assert_str_eq(kf__buf_text(&seen), "a[1 , 2 ]bc{ }");
    kf__buf_finish(&scratch);
    kf__buf_finish(&seen);
}
END_TEST

START_TEST(runs)
{
    static const char text[] = "[1,-2.5e1,0.1,3e-5, 7,01,2]";
    static const char floats[] = "[0.1,16777217,1e-44,5]";
    kf_scan scan;
    double run[8] = {0};
    kf__scan_start(&scan, text, sizeof text - 1);
    ck_assert(kf__scan_list(&scan) && kf__scan_item(&scan));
    ck_assert_uint_eq(kf__scan_run(&scan, false, run, 2), 2);
    ck_assert_double_eq(run[1], -25);
    ck_assert_uint_eq(kf__scan_run(&scan, false, run, 8), 2);
    ck_assert_double_eq(run[0], 0.1);
    ck_assert_double_eq(run[1], 3e-5);
    ck_assert(kf__scan_double(&scan, false, run) && run[0] == 7);
    ck_assert(kf__scan_item(&scan) && kf__scan_run(&scan, false, run, 8) == 0);
    ck_assert(!kf__scan_double(&scan, false, run));
    /* Those halfway between floats, and below the normal ones, take the exact way. */
    kf__scan_start(&scan, floats, sizeof floats - 1);
    ck_assert(kf__scan_list(&scan) && kf__scan_item(&scan));
    ck_assert_uint_eq(kf__scan_run(&scan, true, run, 8), 1);
    ck_assert(run[0] == (double)0.1f && *scan.at == '1');
}
END_TEST

KF_TEST_MAIN("base/scan", runs, takes_what_the_parser_takes, faults, numbers, strings,
    whole_numbers, objects)
