/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "golden.h"
#include "io/yaml.h"

START_TEST(text_is_that_of_pyyaml)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *cases = golden_json(&tree, "yaml/write.json");
    ck_assert_uint_gt(kf_value_length(cases), 500);
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        kf_buf text = KF__BUF_INIT;
        kf__yaml_write(&text, kf__get(kf__at(cases, i), "value"));
        ck_ok(text.status);
        ck_assert_str_eq(kf__buf_text(&text), kf__get_text(kf__at(cases, i), "text"));
        kf__buf_finish(&text);
    }
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *cases = golden_json(&tree, "yaml/write.json");
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        kf_buf text = KF__BUF_INIT;
        kf_value *documents;
        const kf_value *value = kf__get(kf__at(cases, i), "value");
        kf__yaml_write(&text, value);
        ck_ok(kf__yaml_read(&tree, text.data, text.length, &documents));
        ck_assert_uint_eq(kf_value_length(documents), 1);
        ck_assert_msg(kf_value_equal(kf__at(documents, 0), value), "another value: %s",
            text.data);
        kf__buf_finish(&text);
    }
    kf__tree_finish(&tree);
}
END_TEST

/* Every value by itself, and as a member, where it may stand in the line. */
START_TEST(short_text_reads_back)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *cases = golden_json(&tree, "yaml/write.json");
    for (size_t i = 0; i < 2 * kf_value_length(cases); i++) {
        kf_buf text = KF__BUF_INIT;
        kf_value *documents, *value = kf__get(kf__at(cases, i / 2), "value");
        if (i % 2 == 1) {
            kf_value *outer = kf__tree_struct(&tree);
            kf__put(&tree, outer, "list", kf__put_list(&tree, outer, "outer"));
            kf__push(&tree, kf__get(outer, "list"), value);
            kf__put(&tree, outer, "outer", kf__tree_copy(&tree, value));
            value = outer;
        }
        kf__yaml_write_short(&text, value);
        ck_ok(kf__yaml_read(&tree, text.data, text.length, &documents));
        ck_assert_msg(kf_value_equal(kf__at(documents, 0), value), "another value: %s",
            text.data);
        kf__buf_finish(&text);
    }
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(short_text)
{
    static const char json[] =
        "{\"z\": {\"b\": \"a: b\", \"a\": 1, \"c\": null, \"d\": 1e-7}, \"list\": "
        "[\"x\", \"y,z\", \"\", true, \"1\"], \"e\": {}, \"deep\": [[1], {\"k\": "
        "{\"l\": "
        "2.0}}], \"text\": {\"t\": \"line\\nbreak\"}, \"wide\": "
        "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", "
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"], \"long\": "
        "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", "
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}";
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *value;
    ck_ok(kf__json_read(&tree, json, strlen(json), &value));
    kf__yaml_write_short(&text, value);
    ck_assert_str_eq(kf__buf_text(&text),
        "deep:\n"
        "- [1]\n"
        "- k: {l: 2.0}\n"
        "e: {}\n"
        "list: [x, 'y,z', '', true, '1']\n"
        "long: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n"
        "text:\n"
        "  t: 'line\n"
        "\n"
        "    break'\n"
        "wide:\n"
        "- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "z: {a: 1, b: 'a: b', c: null, d: 1.0e-07}\n");
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(appends_to_what_is_there)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *value = kf__tree_struct(&tree);
    kf__put_int(&tree, value, "b", 1);
    kf__put_int(&tree, value, "a", -2);
    kf__buf_puts(&text, "# A comment, longer than the width of the text by quite a few "
                        "characters.\n---\n");
    size_t before = text.length;
    kf__yaml_write(&text, value);
    ck_assert_str_eq(text.data + before, "a: -2\nb: 1\n");
    ck_assert_str_eq(kf_value_key(value, 0), "b");
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
}
END_TEST

static kf_value *nest(kf_tree *tree, int depth)
{
    kf_value *value = kf__tree_list(tree);
    for (int i = 1; i < depth; i++) {
        kf_value *outer = kf__tree_list(tree);
        kf__push(tree, outer, value);
        value = outer;
    }
    return value;
}

START_TEST(depth_has_a_limit)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf__yaml_write(&text, nest(&tree, KF__LIMIT_DEPTH));
    ck_ok(text.status);
    kf__buf_finish(&text);
    kf__yaml_write(&text, nest(&tree, KF__LIMIT_DEPTH + 1));
    ck_fails(text.status, KF_ELIMIT, "KF__LIMIT_DEPTH");
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
}
END_TEST

static kf_status write_value(const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__yaml_write(&text, value);
    kf_status status = text.status;
    kf__buf_finish(&text);
    return status;
}

START_TEST(no_memory)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_struct(&tree);
    kf_value *inner = kf__put_struct(&tree, value, "unsorted");
    kf__put_text(&tree, inner, "b", "some text\nthat is quoted\n");
    kf__put(&tree, inner, "a", kf__tree_double(&tree, 1e-7));
    kf__put_text(&tree, value, "a long name \xC3\xA9", " \x01 ");
    ck_survives_nomem(write_value(value));
    kf__tree_finish(&tree);
}
END_TEST

KF_TEST_MAIN("io/yaml_write", text_is_that_of_pyyaml, what_is_written_reads_back,
    short_text_reads_back, short_text, appends_to_what_is_there, depth_has_a_limit,
    no_memory)
