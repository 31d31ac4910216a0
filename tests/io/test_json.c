/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json.h"

#include "base/limits.h"
#include "base/mem.h"
#include "kf_test.h"

static kf_value *parse(const char *text)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    return value;
}

START_TEST(every_kind)
{
    kf_value *value = parse(" [null, true, false, 12, 1.5, \"x\", [], {}] \r\n\t");
    static const kf_kind kinds[] = {KF_KIND_NULL, KF_KIND_BOOL, KF_KIND_BOOL,
        KF_KIND_INT, KF_KIND_DOUBLE, KF_KIND_STRING, KF_KIND_LIST, KF_KIND_STRUCT};
    ck_assert_uint_eq(kf_value_length(value), 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(kf_value_kind(kf_value_at(value, i)), kinds[i]);
    ck_assert(kf_value_bool(kf_value_at(value, 1)));
    ck_assert(!kf_value_bool(kf_value_at(value, 2)));
    kf_value_free(value);
}
END_TEST

START_TEST(integers_and_doubles)
{
    kf_value *value =
        parse("[9223372036854775807,-9223372036854775808,9223372036854775808,1e2,1.0,"
              "-0,-0.0,123456789012345678901234567890]");
    ck_assert_int_eq(kf_value_int(kf_value_at(value, 0)), INT64_MAX);
    ck_assert_int_eq(kf_value_int(kf_value_at(value, 1)), INT64_MIN);
    static const kf_kind kinds[] = {KF_KIND_INT, KF_KIND_INT, KF_KIND_DOUBLE,
        KF_KIND_DOUBLE, KF_KIND_DOUBLE, KF_KIND_INT, KF_KIND_DOUBLE, KF_KIND_DOUBLE};
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(kf_value_kind(kf_value_at(value, i)), kinds[i]);
    ck_assert_double_eq(kf_value_double(kf_value_at(value, 2)), 0x1p63);
    ck_assert_double_eq(
        kf_value_double(kf_value_at(value, 7)), 123456789012345678901234567890.0);
    kf_value_free(value);
}
END_TEST

START_TEST(escaped_text)
{
    kf_value *value = parse("\"a\\u0000b\\ud83d\\ude00\\/\"");
    ck_assert_uint_eq(kf_value_length(value), 8);
    ck_assert_mem_eq(kf_value_string(value), "a\0b\xF0\x9F\x98\x80/", 9);
    kf_value_free(value);
}
END_TEST

START_TEST(members_keep_their_order)
{
    kf_value *value = parse("{\"z\":1,\"a\":2,\"m\":3,\"\":4}");
    static const char *const names[] = {"z", "a", "m", ""};
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(kf_value_key(value, i), names[i]);
    kf_value_free(value);
}
END_TEST

static void check_mark(const kf_value *value, int line, int column)
{
    ck_assert_int_eq(kf__line(value), line);
    ck_assert_int_eq(kf__column(value), column);
}

START_TEST(marks)
{
    static const char source[] = "{\"a\" : [1,\n  \"x\\\"]y\", null],\n\n"
                                 " \"\xC3\xA9\":{\"b\\\\\":false}, \"c\": -1.5e3 }";
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    ck_ok(kf__json_read(&tree, source, sizeof source - 1, &value));
    check_mark(value, 1, 1);
    check_mark(kf__get(value, "a"), 1, 8);
    check_mark(kf__at(kf__get(value, "a"), 0), 1, 9);
    check_mark(kf__at(kf__get(value, "a"), 1), 2, 3);
    check_mark(kf__at(kf__get(value, "a"), 2), 2, 12);
    check_mark(kf__get(value, "\xC3\xA9"), 4, 7);
    check_mark(kf__get(kf__get(value, "\xC3\xA9"), "b\\"), 4, 14);
    check_mark(kf__get(value, "c"), 4, 27);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(what_is_not_json)
{
    static const struct {
        const char *text;
        int line;
        int column;
    } faults[] = {{"", 1, 1}, {"[1,,2]", 1, 4}, {"{\n \"a\": 1,\n \"a\": 2\n}", 3, 4},
        {"[1] x", 1, 5}, {"[NaN]", 1, 4}, {"[1,\n2", 2, 1}, {"{\"a\" 1}", 1, 6},
        {"[01]", 1, 2}, {"[\"\xFF\"]", 1, 3}, {"[1e999]", 1, 6}, {"{'a':1}", 1, 2},
        {"[1,]", 1, 4}, {"\"\\ud800\"", 1, 8}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        kf_value *value = NULL;
        kf_status status =
            kf_value_parse(faults[i].text, strlen(faults[i].text), &value);
        ck_assert_msg(
            status == KF_EPARSE, "%s: %s", faults[i].text, kf_status_name(status));
        ck_assert_ptr_null(value);
        const kf_error *error = kf_last_error();
        ck_assert_msg(error->line == faults[i].line, "%s: line %d: %s", faults[i].text,
            error->line, error->message);
        ck_assert_msg(error->column == faults[i].column, "%s: column %d: %s",
            faults[i].text, error->column, error->message);
    }
    static const char *const others[] = {"Infinity", "-", "+1", ".5", "1.", "tru",
        "\"a", "\"\n\"", "[\"\\x\"]", "{1:2}", "{\"a\":1,}", "{\"\\u0000\":1}",
        "// x\n1", "1 2"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        kf_value *value = NULL;
        ck_fails(
            kf_value_parse(others[i], strlen(others[i]), &value), KF_EPARSE, "JSON");
    }
    kf_value *value = NULL;
    ck_fails(kf_value_parse("1\0", 2, &value), KF_EPARSE, "JSON");
    ck_fails(kf_value_parse(NULL, 0, &value), KF_EPARSE, "JSON");
}
END_TEST

static char *nested(int depth)
{
    char *text = calloc(1, 2 * (size_t)depth + 1);
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    return text;
}

START_TEST(limits)
{
    kf_value *value = NULL;
    char *text = nested(KF__LIMIT_DEPTH);
    ck_ok(kf_value_parse(text, strlen(text), &value));
    kf_value_free(value);
    free(text);
    text = nested(1000000);
    ck_fails(
        kf_value_parse(text, strlen(text), &value), KF_ELIMIT, "limit of 200 levels");
    ck_assert_int_eq(kf_last_error()->column, KF__LIMIT_DEPTH + 1);
    free(text);
    text = malloc(KF__LIMIT_DOCUMENT_BYTES + 1);
    memset(text, ' ', KF__LIMIT_DOCUMENT_BYTES + 1);
    ck_fails(
        kf_value_parse(text, KF__LIMIT_DOCUMENT_BYTES + 1, &value), KF_ELIMIT, "bytes");
    memset(text, ',', KF__LIMIT_NODES + 1);
    ck_fails(kf_value_parse(text, KF__LIMIT_NODES + 1, &value), KF_ELIMIT, "values");
    memset(text, 'x', KF__LIMIT_STRING_BYTES + 3);
    text[0] = text[KF__LIMIT_STRING_BYTES + 2] = '"';
    ck_fails(kf_value_parse(text, KF__LIMIT_STRING_BYTES + 3, &value), KF_ELIMIT,
        "one string");
    free(text);
}
END_TEST

static kf_status read_sample(void)
{
    static const char sample[] =
        "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":1.5,\"e\":[[[[\"f\"]]]],\"g\":null}";
    kf_value *value = NULL;
    kf_status status = kf_value_parse(sample, sizeof sample - 1, &value);
    ck_assert_int_eq(status == KF_OK, value != NULL);
    kf_value_free(value);
    return status;
}

START_TEST(failed_allocations)
{
    ck_survives_nomem(read_sample());
}
END_TEST

KF_TEST_MAIN("json", every_kind, integers_and_doubles, escaped_text,
    members_keep_their_order, marks, what_is_not_json, limits, failed_allocations)
