/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/regex.h"

/* Katib's default filter for metrics. */
#define FILTER "([\\w|-]+)\\s*=\\s*([+-]?\\d*(\\.\\d+)?([Ee][+-]?\\d+)?)"

/* All matches as "[whole|group 1|group 2]", "-" for a group that took no part. */
static const char *all(const char *pattern, const char *text)
{
    static char shown[1000];
    kf_regex *regex;
    kf_buf buf = KF__BUF_INIT;
    size_t length = strlen(text), at = 0;
    bool found;
    ck_ok(kf__regex_new(pattern, &regex));
    for (;;) {
        ck_ok(kf__regex_find(regex, text, length, at, &found));
        if (!found)
            break;
        for (size_t i = 0; i <= kf__regex_group_count(regex) && i < 3; i++) {
            size_t start = 0, end = 0;
            bool took = kf__regex_group(regex, i, &start, &end);
            kf__buf_puts(&buf, i == 0 ? "[" : "|");
            kf__buf_append(&buf, took ? text + start : "-", took ? end - start : 1);
        }
        kf__buf_puts(&buf, "]");
        at = kf__regex_resume(regex, text, length);
    }
    (void)snprintf(shown, sizeof shown, "%s", kf__buf_text(&buf));
    kf__buf_finish(&buf);
    kf__regex_free(regex);
    return shown;
}

START_TEST(filter_of_katib)
{
    ck_assert_str_eq(all(FILTER, "epoch 1: loss=0.25, accuracy = 9.1e-1"),
        "[loss=0.25|loss|0.25][accuracy = 9.1e-1|accuracy|9.1e-1]");
    ck_assert_str_eq(all(FILTER, "loss=nan"), "[loss=|loss|]");
    ck_assert_str_eq(all(FILTER, "a|b-c=-.5"), "[a|b-c=-.5|a|b-c|-.5]");
    ck_assert_str_eq(all("([\\w-]+)=(Genotype.*)", "Best-Genotype=Genotype(a, b)"),
        "[Best-Genotype=Genotype(a, b)|Best-Genotype|Genotype(a, b)]");
}
END_TEST

START_TEST(as_go_has_it)
{
    ck_assert_str_eq(all("(?P<name>a)|(?:b)", "ab"), "[a|a][b|-]");
    ck_assert_str_eq(all("(?i)LOSS", "loss"), "[loss]");
    ck_assert_str_eq(all("a$", "a\n"), "");
    ck_assert_str_eq(all("x*", "axb"), "[][x][]");
    ck_assert_str_eq(all("\\d", "\xd9\xa3"
                                "3"),
        "[3]");
    ck_assert_str_eq(all("\\pL+", "\xc3\xa9t\xc3\xa9"), "[\xc3\xa9t\xc3\xa9]");
    ck_assert_str_eq(all("a{2,3}b{x", "aaab{x"), "[aaab{x]");
    ck_assert_str_eq(all("[]a]+[[:digit:]]", "]a7"), "[]a7]");
    ck_assert_str_eq(all("\\Qa+b\\E", "a+b"), "[a+b]");
    ck_assert_str_eq(all("a+?", "aa"), "[a][a]");
}
END_TEST

START_TEST(beyond_go)
{
    kf_regex *regex;
    ck_fails(kf__regex_new("(a)\\1", &regex), KF_EPARSE,
        "column 4 of the regular expression '(a)\\1': Go's regular expressions have no "
        "backreferences");
    ck_fails(kf__regex_new("a(?=b)", &regex), KF_EPARSE, "cannot look around");
    ck_fails(kf__regex_new("(?<!a)b", &regex), KF_EPARSE, "cannot look around");
    ck_fails(kf__regex_new("(?P=a)", &regex), KF_EPARSE, "no such group");
    ck_fails(kf__regex_new("(?>a)", &regex), KF_EPARSE, "no such group");
    ck_fails(kf__regex_new("(?R)", &regex), KF_EPARSE, "no such group");
    ck_fails(kf__regex_new("(*UCP)a", &regex), KF_EPARSE, "nothing to repeat");
    ck_fails(kf__regex_new("a++", &regex), KF_EPARSE, "repeat a thing once");
    ck_fails(kf__regex_new("a{2}{3}", &regex), KF_EPARSE, "repeat a thing once");
    ck_fails(kf__regex_new("a{1001}", &regex), KF_EPARSE, "at most 1000 times");
    ck_fails(kf__regex_new("\\K", &regex), KF_EPARSE, "no such escape");
    ck_fails(kf__regex_new("[\\b]", &regex), KF_EPARSE, "no such escape");
    ck_fails(kf__regex_new("a\\", &regex), KF_EPARSE, "a backslash at the end");
}
END_TEST

START_TEST(malformed)
{
    kf_regex *regex;
    ck_fails(kf__regex_new("(a", &regex), KF_EPARSE, "column 3 of the regular");
    ck_fails(kf__regex_new("[a", &regex), KF_EPARSE, "a bracket is not closed");
    ck_fails(kf__regex_new("*a", &regex), KF_EPARSE, "column 1");
    char large[5001];
    memset(large, 'a', 5000);
    large[5000] = '\0';
    ck_fails(kf__regex_new(large, &regex), KF_ELIMIT, "5000 bytes: at most 4096");
    ck_fails(kf__regex_new("((a{1000}){1000}){1000}", &regex), KF_EPARSE, "column");
}
END_TEST

START_TEST(explosion)
{
    kf_regex *regex;
    bool found;
    ck_ok(kf__regex_new("(a*)*[bd]", &regex));
    const char *text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac";
    ck_fails(kf__regex_find(regex, text, strlen(text), 0, &found), KF_ELIMIT,
        "more than 100000 steps");
    ck_ok(kf__regex_find(regex, "aab", 3, 0, &found));
    ck_assert(found);
    kf__regex_free(regex);
}
END_TEST

static kf_status compile_and_find(void)
{
    kf_regex *regex = NULL;
    bool found = false;
    kf_status status = kf__regex_new(FILTER, &regex);
    if (status == KF_OK)
        status = kf__regex_find(regex, "loss=1", 6, 0, &found);
    if (status == KF_OK)
        ck_assert(found);
    kf__regex_free(regex);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(compile_and_find());
    kf__regex_free(NULL);
}
END_TEST

KF_TEST_MAIN("io/regex", filter_of_katib, as_go_has_it, beyond_go, malformed, explosion,
    out_of_memory)
