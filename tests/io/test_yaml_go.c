/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "io/yaml.h"

/* What "- TEXT" reads as, in JSON. What is expected is what `kubectl` makes of it. */
static void reads(const char *text, const char *expected)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents = NULL;
    kf_buf yaml = KF__BUF_INIT, json = KF__BUF_INIT, written = KF__BUF_INIT;
    kf__buf_printf(&yaml, "- %s\n", text);
    ck_ok(kf__yaml_read_go(&tree, yaml.data, yaml.length, &documents));
    const kf_value *value = kf_value_at(documents, 0);
    kf__put_json(&json, kf_value_at(value, 0), KF_JSON_COMPACT);
    ck_assert_msg(strcmp(kf__buf_text(&json), expected) == 0, "%s is %s", text,
        kf__buf_text(&json));
    kf__yaml_write_go(&written, value);
    ck_ok(kf__yaml_read_go(&tree, written.data, written.length, &documents));
    ck_assert(kf_value_equal(kf_value_at(documents, 0), value));
    kf__buf_finish(&yaml);
    kf__buf_finish(&json);
    kf__buf_finish(&written);
    kf__tree_finish(&tree);
}

START_TEST(numbers)
{
    reads("1", "1");
    reads("-17", "-17");
    reads("+17", "17");
    reads("1_000", "1000");
    reads("0x1F", "31");
    reads("0b101", "5");
    reads("-0b101", "-5");
    reads("017", "15");
    reads("0o17", "15");
    reads("9223372036854775807", "9223372036854775807");
    reads("-9223372036854775808", "-9223372036854775808");
    reads("18446744073709551615", "1.8446744073709552e+19");
    reads("18446744073709551616", "1.8446744073709552e+19");
    reads("0.01", "0.01");
    reads("1e-3", "0.001");
    reads("1E5", "100000.0");
    reads("-.5", "-0.5");
    reads(".5e1", "5.0");
    reads("5.", "5.0");
    reads("08", "8.0");
}
END_TEST

START_TEST(text)
{
    reads("1:30", "\"1:30\"");
    reads("190:20:30.15", "\"190:20:30.15\"");
    reads("2001-12-14", "\"2001-12-14\"");
    reads("1.2.3", "\"1.2.3\"");
    reads("1e999", "\"1e999\"");
    reads("e5", "\"e5\"");
    reads("0x", "\"0x\"");
    reads("0xg", "\"0xg\"");
    reads("+", "\"+\"");
    reads(".", "\".\"");
    reads("1e", "\"1e\"");
    reads("yEs", "\"yEs\"");
    reads("'1e-3'", "\"1e-3\"");
    reads("\"y\"", "\"y\"");
    reads("=", "\"=\"");
}
END_TEST

START_TEST(words)
{
    reads("y", "true");
    reads("N", "false");
    reads("yes", "true");
    reads("Off", "false");
    reads("TRUE", "true");
    reads("~", "null");
    reads("Null", "null");
    reads("", "null");
}
END_TEST

START_TEST(not_finite)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_fails(
        kf__yaml_read_go(&tree, ".inf", 4, &documents), KF_EPARSE, "finite number");
    ck_fails(
        kf__yaml_read_go(&tree, "-.Inf", 5, &documents), KF_EPARSE, "finite number");
    ck_fails(
        kf__yaml_read_go(&tree, ".NaN", 4, &documents), KF_EPARSE, "finite number");
    kf__tree_finish(&tree);
}
END_TEST

/* Text that PyYAML or Go would take for something else stands in quotes. */
START_TEST(quotes)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf buf = KF__BUF_INIT;
    static const char *const texts[] = {
        "1e-05", "1:30", "y", "abc", "0o17", "08", "on"};
    kf_value *list = kf__tree_list(&tree);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        kf__push(&tree, list, kf__tree_string(&tree, texts[i]));
    kf__yaml_write_go(&buf, list);
    ck_assert_str_eq(kf__buf_text(&buf),
        "- '1e-05'\n- '1:30'\n- 'y'\n- abc\n- '0o17'\n- '08'\n- 'on'\n");
    kf__buf_finish(&buf);
    kf_value *object = kf__tree_struct(&tree);
    kf__put_int(&tree, object, "n", 1);
    kf__yaml_write_go(&buf, object);
    ck_assert_str_eq(kf__buf_text(&buf), "'n': 1\n");
    kf__buf_finish(&buf);
    kf__tree_finish(&tree);
}
END_TEST

KF_TEST_MAIN("io/yaml_go", numbers, text, words, not_finite, quotes)
