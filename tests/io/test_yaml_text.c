/* SPDX-License-Identifier: Apache-2.0 */
/* Texts by hand from PyYAML's rules; test_yaml_write.c compares with what PyYAML itself wrote. */
#include "io/yaml_text.h"

#include "kf_test.h"

static const kf_yaml_emitter as_pyyaml;

static kf_yaml_style style_of(const char *text)
{
    return kf__yaml_style(&as_pyyaml, text, strlen(text));
}

START_TEST(styles)
{
    static const char *const plain[] = {"a", "a b", "a:b", "a#b", "-a", "?a", ":a",
        "it's", "a\\b", "say \"x\"", "1e5", "yEs", "a]", "1.0.0", "..", "--", "a - b",
        NULL};
    static const char *const single[] = {"", " a", "a ", "a: b", "a:", "a #b", "#a",
        "- a", "-", "---a", "...", "a\nb", "a\n", "'", "\"", "%a", "@a", "`a", "[a",
        "{a", "&a", "*a", "!a", "|", ">", "1", "yes", "null", "~", "=", "<<", "1:30",
        "2001-12-14", NULL};
    static const char *const quoted[] = {"a\tb", "\xC3\xA9", "a \nb", "a\n b", "\x01",
        "\r", "\x7F", "\xF0\x9F\x98\x80", NULL};
    for (size_t i = 0; plain[i] != NULL; i++)
        ck_assert_msg(style_of(plain[i]) == KF__YAML_PLAIN, "not plain: %s", plain[i]);
    for (size_t i = 0; single[i] != NULL; i++)
        ck_assert_msg(
            style_of(single[i]) == KF__YAML_SINGLE, "not single: %s", single[i]);
    for (size_t i = 0; quoted[i] != NULL; i++)
        ck_assert_msg(
            style_of(quoted[i]) == KF__YAML_DOUBLE, "not double: %s", quoted[i]);
    ck_assert_int_eq(kf__yaml_style(&as_pyyaml, "a\0b", 3), KF__YAML_DOUBLE);
}
END_TEST

static void check_text(const char *text, bool split, const char *expected)
{
    kf_buf buf = KF__BUF_INIT;
    kf_yaml_emitter out = {.buf = &buf, .whitespace = true, .indention = true};
    kf__yaml_put_text(&out, text, strlen(text), style_of(text), split, 2);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    ck_assert(!out.whitespace && !out.indention);
    kf__buf_finish(&buf);
}

#define LONG                                                                           \
    "0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij"

START_TEST(texts)
{
    check_text("it's: x", true, "'it''s: x'");
    check_text("a\n\nb", true, "'a\n\n\n  b'");
    check_text("\x1B\"\\\xC2\x85\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80", true,
        "\"\\e\\\"\\\\\\N\\xE9\\u65E5\\U0001F600\"");
}
END_TEST

START_TEST(long_texts)
{
    check_text(LONG "x a b", true, LONG "x\n  a b");
    check_text(LONG "x a b", false, LONG "x a b");
    check_text(LONG "x  a b", true, LONG "x  a\n  b");
    check_text(LONG ": a b", true, "'" LONG ":\n  a b'");
    check_text(LONG " \t b", true, "\"" LONG "\\\n  \\ \\t b\"");
    check_text(LONG "x\t", false, "\"" LONG "x\\t\"");
}
END_TEST

KF_TEST_MAIN("io/yaml_text", styles, texts, long_texts)
