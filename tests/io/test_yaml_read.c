/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "io/yaml.h"
#include "kf_test.h"

/* What is read, as JSON: the expectations are by hand, from YAML 1.1 and PyYAML. */
static void check(const char *text, const char *json)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf found = KF__BUF_INIT;
    kf_value *documents;
    ck_ok(kf__yaml_read(&tree, text, strlen(text), &documents));
    kf__put_json(&found, documents, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&found), json);
    kf__buf_finish(&found);
    kf__tree_finish(&tree);
}

static void check_failure_n(const char *text, size_t length, kf_status status, int line,
    int column, const char *message)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents = NULL;
    ck_fails(kf__yaml_read(&tree, text, length, &documents), status, message);
    ck_assert_int_eq(kf_last_error()->line, line);
    ck_assert_int_eq(kf_last_error()->column, column);
    ck_assert_ptr_null(documents);
    kf__tree_finish(&tree);
}

static void check_failure(
    const char *text, kf_status status, int line, int column, const char *message)
{
    check_failure_n(text, strlen(text), status, line, column, message);
}

START_TEST(streams)
{
    check("", "[]");
    check("# nothing but a comment\n", "[]");
    check("---\n", "[null]");
    check("a\n", "[\"a\"]");
    check("a: 1\n---\nb: 2\n...\n---\n[]\n", "[{\"a\":1},{\"b\":2},[]]");
    check("%YAML 1.1\n---\na\n", "[\"a\"]");
    check("\xEF\xBB\xBF"
          "a: 1\n",
        "[{\"a\":1}]");
}
END_TEST

START_TEST(collections)
{
    check("- a\n- - b\n  - c: d\n    e:\n    - f\n- {}\n- []\n",
        "[[\"a\",[\"b\",{\"c\":\"d\",\"e\":[\"f\"]}],{},[]]]");
    check("z: 1\na: 2\n", "[{\"z\":1,\"a\":2}]");
    check("{\"a\": [1, 2.5, \"x\\n\\u00e9\\/\", null, true], \"b\": {}}",
        "[{\"a\":[1,2.5,\"x\\n\xC3\xA9/\",null,true],\"b\":{}}]");
    check("a:\nb: ~\nc: ''\n", "[{\"a\":null,\"b\":null,\"c\":\"\"}]");
    check("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\n",
        "[{\"a\":\"x\\n y\\n\",\"b\":\"x y\\nz\"}]");
}
END_TEST

START_TEST(scalars)
{
    check("[yes, Off, 0x1F, 0o7, 017, 1_000, 1:30, 1e5, 1.5e+3, 2001-12-14, =, <<]",
        "[[true,false,31,\"0o7\",15,1000,90,\"1e5\",1500.0,\"2001-12-14\",\"=\",\"<<\"]"
        "]");
    check("['yes', \"1\", ! 1, ! '1']", "[[\"yes\",\"1\",1,1]]");
    check("[!!str 1, !!int '1', !!float 1, !!bool 'no', !!null x, !!seq [], !!map {}]",
        "[[\"1\",1,1.0,false,null,[],{}]]");
    check("18446744073709551616\n", "[1.8446744073709552e+19]");
}
END_TEST

START_TEST(names_keep_their_text)
{
    check("{1: a, yes: b, 1.50: c, ~: d, 2001-01-01: e, 0x10: f, '': g, =: h}",
        "[{\"1\":\"a\",\"yes\":\"b\",\"1.50\":\"c\",\"~\":\"d\",\"2001-01-01\":\"e\","
        "\"0x10\":\"f\",\"\":\"g\",\"=\":\"h\"}]");
    check("&x a: &y c\nb: *x\n*y : 2\n", "[{\"a\":\"c\",\"b\":\"a\",\"c\":2}]");
    check("? long\n: 1\n? |\n  a\n  b\n: 2\n", "[{\"long\":1,\"a\\nb\\n\":2}]");
    check_failure("? [a]\n: 1\n", KF_EPARSE, 1, 3, "must be text");
    check_failure("a: &x [1]\n*x : 1\n", KF_EPARSE, 2, 1, "must be text");
    check_failure("\"a\\0b\": 1\n", KF_EPARSE, 1, 1, "NUL");
}
END_TEST

START_TEST(names_occur_once)
{
    check_failure("a: 1\nb: 2\n'a': 3\n", KF_EPARSE, 3, 1, "\"a\" occurs twice");
    check_failure("x:\n  a: 1\n  a: 1\n", KF_EPARSE, 3, 3, "in line 2");
    check("a: {x: 1}\nb: {x: 2}\n", "[{\"a\":{\"x\":1},\"b\":{\"x\":2}}]");
}
END_TEST

START_TEST(aliases)
{
    check("a: &x [1, &y {b: c}]\nd: *x\ne: *y\n",
        "[{\"a\":[1,{\"b\":\"c\"}],\"d\":[1,{\"b\":\"c\"}],\"e\":{\"b\":\"c\"}}]");
    check("- &x\n- *x\n", "[[null,null]]");
    check_failure("a: *x\n", KF_EPARSE, 1, 4, "no anchor");
    check_failure("&x a\n--- \n*x\n", KF_EPARSE, 3, 1, "no anchor");
    check_failure("a: &x [*x]\n", KF_EPARSE, 1, 8, "inside of what it names");
    check_failure("[&x 1, &x 2]\n", KF_EPARSE, 1, 8, "occurs twice");
}
END_TEST

START_TEST(an_alias_is_a_copy)
{
    const char *text = "a: &x {n: 1}\nb: *x\n";
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_ok(kf__yaml_read(&tree, text, strlen(text), &documents));
    kf_value *root = kf__at(documents, 0);
    kf__put_int(&tree, kf__get(root, "b"), "n", 2);
    ck_assert_int_eq(kf_value_int(kf__get(kf__get(root, "a"), "n")), 1);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(merge_keys)
{
    check("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n",
        "[{\"a\":{\"x\":1,\"y\":2},\"b\":{\"x\":1,\"y\":3}}]");
    check("- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n  z: 3\n",
        "[[{\"x\":1},{\"x\":2,\"y\":2},{\"x\":1,\"y\":2,\"z\":3}]]");
    check("<<: {x: 1}\n<<: {x: 2}\n", "[{\"x\":2}]");
    check("'<<': 1\n", "[{\"<<\":1}]");
    check_failure("<<: 1\n", KF_EPARSE, 1, 5, "can be merged");
    check_failure("<<: [{a: 1}, b]\n", KF_EPARSE, 1, 5, "can be merged");
    check_failure("&a\nx: 1\n<<: *a\n", KF_EPARSE, 3, 5, "inside of what it names");
}
END_TEST

START_TEST(marks)
{
    const char *text =
        "# caf\xC3\xA9\r\na: \xC3\xA9\r\n\xC3\xA9\xC3\xA9: [1, \xC3\xA9, x]\n"
        "c:\n  - |\n    y\n  - z\n";
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_ok(kf__yaml_read(&tree, text, strlen(text), &documents));
    const kf_value *root = kf__at(documents, 0);
    const kf_value *list = kf__at(root, 1);
    ck_assert_int_eq(kf__line(root), 2);
    ck_assert_int_eq(kf__column(root), 1);
    ck_assert_int_eq(kf__line(kf__at(list, 2)), 3);
    ck_assert_int_eq(kf__column(kf__at(list, 2)), 15);
    ck_assert_int_eq(kf__line(kf__at(kf__at(root, 2), 0)), 5);
    ck_assert_int_eq(kf__column(kf__at(kf__at(root, 2), 0)), 5);
    ck_assert_int_eq(kf__line(kf__at(kf__at(root, 2), 1)), 7);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(bad_text)
{
    check_failure("a: 1\nb: \xFF\n", KF_EPARSE, 2, 4, "not UTF-8");
    check_failure("\xC3\xA9: \xED\xA0\x80\n", KF_EPARSE, 1, 5, "not UTF-8");
    check_failure("a: 1\n\xC3\xA9: \x01\n", KF_EPARSE, 2, 5, "control character");
    check_failure("a: \xC2\x80\n", KF_EPARSE, 1, 4, "control character");
    check_failure("a: \xEF\xBF\xBF\n", KF_EPARSE, 1, 4, "control character");
    check_failure("a: \x7F\n", KF_EPARSE, 1, 4, "control character");
    check_failure_n("a: \0\n", 5, KF_EPARSE, 1, 4, "control character");
    check("a: \"\\x01\\0\"\n", "[{\"a\":\"\\u0001\\u0000\"}]");
}
END_TEST

START_TEST(bad_syntax)
{
    check_failure("a: b: c\n", KF_EPARSE, 1, 5, "mapping values are not allowed");
    check_failure("a: [1, 2\nb: 3\n", KF_EPARSE, 2, 2, "in line 1");
    check_failure("a: 'x\n", KF_EPARSE, 2, 1, "unexpected end of stream");
    check_failure("a:\n\t- b\n", KF_EPARSE, 2, 1, "this is a tab");
    check_failure("a: @b\n", KF_EPARSE, 1, 4, "in quotes");
    check_failure("a: 1\n b: 2\nc: 3\n d: 4\n", KF_EPARSE, 2, 3, "mapping values");
    check_failure("a:\n  b: 1\n c: 2\n", KF_EPARSE, 3, 2, "indented like");
    check_failure("- image: {user}/torch:1\n", KF_EPARSE, 1, 16,
        "write text that begins so in quotes");
    check_failure("a: [b]c\n", KF_EPARSE, 1, 7, "write text that begins so in quotes");
    check_failure("\xFF\xFE"
                  "a: b",
        KF_EPARSE, 1, 1, "UTF-16");
    check_failure("\xC3\xA9\xC3\xA9: %b\n", KF_EPARSE, 1, 7, "not valid YAML");
}
END_TEST

START_TEST(bad_scalars_and_tags)
{
    check_failure("a: .inf\n", KF_EPARSE, 1, 4, "not a number that can be held");
    check_failure("a: 0x_\n", KF_EPARSE, 1, 4, "\"0x_\" is not a number");
    check_failure("a: 1.0e+999\n", KF_EPARSE, 1, 4, "finite");
    check_failure("a: !!bool 1\n", KF_EPARSE, 1, 4, "not a boolean");
    check_failure("a: !!int 1.5\n", KF_EPARSE, 1, 4, "not a number");
    check_failure("a: !!python/object:x {}\n", KF_EPARSE, 1, 4, "python/object:x");
    check_failure("a: !!binary aGk=\n", KF_EPARSE, 1, 4, "!!str");
    check_failure("a: !x [1]\n", KF_EPARSE, 1, 4, "!x");
    check_failure("!!set a: 1\n", KF_EPARSE, 1, 1, "!!str");
}
END_TEST

/* Nine lists of nine aliases each: 9^9 values; the limit is passed by 90 + 819 + 7380 +
 * 66429 of them, in line 5. */
START_TEST(alias_bomb)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        kf__buf_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            kf__buf_printf(&text, "*a%d,", i - 1);
        kf__buf_puts(&text, "]\n");
    }
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_fails(kf__yaml_read(&tree, text.data, text.length, &documents), KF_ELIMIT,
        "KF__LIMIT_ALIAS_NODES");
    ck_assert_int_eq(kf_last_error()->line, 5);
    ck_assert_uint_lt(tree.arena.total, 16 << 20);
    kf__tree_finish(&tree);
    kf__buf_finish(&text);
}
END_TEST

START_TEST(alias_of_large_text)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, "- &a ");
    kf__buf_fill(&text, 'x', 1 << 20);
    for (int i = 0; i < 100; i++)
        kf__buf_puts(&text, "\n- *a");
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_fails(kf__yaml_read(&tree, text.data, text.length, &documents), KF_ELIMIT,
        "KF__LIMIT_DOCUMENT_BYTES");
    kf__tree_finish(&tree);
    kf__buf_finish(&text);
}
END_TEST

static kf_status read_text(const char *text, size_t length)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    kf_status status = kf__yaml_read(&tree, text, length, &documents);
    kf__tree_finish(&tree);
    return status;
}

START_TEST(depth_has_a_limit)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_fill(&text, '[', KF__LIMIT_DEPTH);
    kf__buf_fill(&text, ']', KF__LIMIT_DEPTH);
    ck_ok(read_text(text.data, text.length));
    kf__buf_finish(&text);
    kf__buf_fill(&text, '[', 100000);
    ck_fails(read_text(text.data, text.length), KF_ELIMIT, "KF__LIMIT_DEPTH");
    kf__buf_finish(&text);
    for (int i = 0; i < 100000; i++)
        kf__buf_puts(&text, "- ");
    ck_fails(read_text(text.data, text.length), KF_ELIMIT, "KF__LIMIT_DEPTH");
    kf__buf_finish(&text);
}
END_TEST

START_TEST(size_has_a_limit)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_fill(&text, '\n', KF__LIMIT_DOCUMENT_BYTES + 1);
    ck_fails(read_text(text.data, text.length), KF_ELIMIT, "KF__LIMIT_DOCUMENT_BYTES");
    kf__buf_finish(&text);
    kf__buf_fill(&text, 'x', KF__LIMIT_STRING_BYTES + 1);
    ck_fails(read_text(text.data, text.length), KF_ELIMIT, "KF__LIMIT_STRING_BYTES");
    kf__buf_finish(&text);
}
END_TEST

/* A line of many characters beyond ASCII: finding columns must not take quadratic time.
 */
START_TEST(one_long_line)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_putc(&text, '[');
    for (int i = 0; i < 200000; i++)
        kf__buf_puts(&text, "\xC3\xA9,");
    kf__buf_puts(&text, "x]");
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents;
    ck_ok(kf__yaml_read(&tree, text.data, text.length, &documents));
    ck_assert_int_eq(kf__column(kf__at(kf__at(documents, 0), 200000)), 600002);
    kf__tree_finish(&tree);
    kf__buf_finish(&text);
}
END_TEST

START_TEST(no_memory)
{
    const char *text = "a: &x {b: [1, 2.5, 1_0, text], c: d}\ne: {<<: *x, f: *x, long: "
                       "'some text that takes its place'}\n&k key: yes\n---\n- 1\n";
    ck_survives_nomem(read_text(text, strlen(text)));
}
END_TEST

KF_TEST_MAIN("io/yaml_read", streams, collections, scalars, names_keep_their_text,
    names_occur_once, aliases, an_alias_is_a_copy, merge_keys, marks, bad_text,
    bad_syntax, bad_scalars_and_tags, alias_bomb, alias_of_large_text,
    depth_has_a_limit, size_has_a_limit, one_long_line, no_memory)
