/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"

#include "base/mem.h"
#include "kf_test.h"

static void check(const char *text, kf_json_style style, const char *expected)
{
    kf_value *value;
    char *written;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    ck_ok(kf_value_write(value, style, &written));
    ck_assert_str_eq(written, expected);
    kf_text_free(written);
    kf_value_free(value);
}

static void check_sorted(const char *text, const char *expected)
{
    kf_value *value;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    kf_buf buf = KF__BUF_INIT;
    kf__put_json_sorted(&buf, value);
    ck_assert_int_eq(buf.status, KF_OK);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf_value_free(value);
}

static const char sample[] =
    "{\"b\": [1, -2.50, true, null, \"x\"], \"a\": {\"c\": {}}, "
    "\"e\": []}";

/* Expectations of json.dumps with ensure_ascii=False and separators=(",", ":"), with
 * the defaults, and with indent=2. */
START_TEST(styles)
{
    check(sample, KF_JSON_COMPACT,
        "{\"b\":[1,-2.5,true,null,\"x\"],\"a\":{\"c\":{}},\"e\":[]}");
    check(sample, KF_JSON_SPACED,
        "{\"b\": [1, -2.5, true, null, \"x\"], \"a\": {\"c\": {}}, \"e\": []}");
    check(sample, KF_JSON_INDENTED,
        "{\n  \"b\": [\n    1,\n    -2.5,\n    true,\n    null,\n    \"x\"\n  ],\n"
        "  \"a\": {\n    \"c\": {}\n  },\n  \"e\": []\n}");
    check("[]", KF_JSON_INDENTED, "[]");
    check("\"x\"", KF_JSON_INDENTED, "\"x\"");
    kf_value *value;
    char *text = NULL;
    ck_ok(kf_value_new(KF_KIND_NULL, &value));
    ck_fails(kf_value_write(value, (kf_json_style)3, &text), KF_EINVAL, "3");
    kf_value_free(value);
}
END_TEST

START_TEST(numbers)
{
    check("[0,-1,9223372036854775807,-9223372036854775808]", KF_JSON_COMPACT,
        "[0,-1,9223372036854775807,-9223372036854775808]");
    check("[1e5,1e16,0.00001,1.0,-0.0,9223372036854775808]", KF_JSON_COMPACT,
        "[100000.0,1e+16,1e-05,1.0,-0.0,9.223372036854776e+18]");
}
END_TEST

START_TEST(escapes)
{
    check("\"\\u0000\\u0001\\u001f \\\"\\\\\\/\\b\\f\\n\\r\\t\x7F\"", KF_JSON_COMPACT,
        "\"\\u0000\\u0001\\u001f \\\"\\\\/\\b\\f\\n\\r\\t\x7F\"");
    check("\"\\u20ac \\ud83d\\ude00 \\u2028\"", KF_JSON_COMPACT,
        "\"\xE2\x82\xAC \xF0\x9F\x98\x80 \xE2\x80\xA8\"");
    check("{\"\\u00e9\\n\":1}", KF_JSON_COMPACT, "{\"\xC3\xA9\\n\":1}");
}
END_TEST

/* Expectations of json.dumps(value, sort_keys=True). */
START_TEST(sorted_and_ascii)
{
    check_sorted(
        sample, "{\"a\": {\"c\": {}}, \"b\": [1, -2.5, true, null, \"x\"], \"e\": []}");
    check_sorted("{\"\\u20ac\":1,\"z\":2,\"\\ud83d\\ude00\":3,\"\\uffee\":4,\"Z\":5}",
        "{\"Z\": 5, \"z\": 2, \"\\u20ac\": 1, \"\\uffee\": 4, \"\\ud83d\\ude00\": 3}");
    check_sorted("[\"\x7F\\u0080\\u00e9\\ufffd\\udbff\\udfff\"]",
        "[\"\\u007f\\u0080\\u00e9\\ufffd\\udbff\\udfff\"]");
}
END_TEST

static kf_status write_sorted(const kf_value *value)
{
    kf_buf buf = KF__BUF_INIT;
    kf__put_json_sorted(&buf, value);
    char *text = NULL;
    kf_status status = kf__buf_take(&buf, &text);
    kf_text_free(text);
    return status;
}

static kf_status write_indented(const kf_value *value)
{
    char *text = NULL;
    kf_status status = kf_value_write(value, KF_JSON_INDENTED, &text);
    ck_assert_int_eq(status == KF_OK, text != NULL);
    kf_text_free(text);
    return status;
}

START_TEST(failed_allocations)
{
    kf_value *value;
    ck_ok(kf_value_parse(sample, sizeof sample - 1, &value));
    ck_survives_nomem(write_sorted(value));
    ck_survives_nomem(write_indented(value));
    kf_value_free(value);
}
END_TEST

KF_TEST_MAIN(
    "value_write", styles, numbers, escapes, sorted_and_ascii, failed_allocations)
