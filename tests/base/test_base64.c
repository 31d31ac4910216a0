/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "kf_test.h"

/* RFC 4648, section 10, and what shows the two alphabets. */
static const struct {
    const char *bytes;
    size_t length;
    const char *plain;
    const char *url;
} examples[] = {
    {"", 0, "", ""},
    {"f", 1, "Zg==", "Zg"},
    {"fo", 2, "Zm8=", "Zm8"},
    {"foo", 3, "Zm9v", "Zm9v"},
    {"foob", 4, "Zm9vYg==", "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe\0", 4, "+//+AA==", "-__-AA"},
};
enum { COUNT = sizeof examples / sizeof *examples };

START_TEST(writes)
{
    for (size_t i = 0; i < COUNT; i++) {
        kf_buf plain = KF__BUF_INIT, url = KF__BUF_INIT;
        kf__put_base64(&plain, examples[i].bytes, examples[i].length);
        kf__put_base64_url(&url, examples[i].bytes, examples[i].length);
        ck_assert_str_eq(kf__buf_text(&plain), examples[i].plain);
        ck_assert_str_eq(kf__buf_text(&url), examples[i].url);
        kf__buf_finish(&plain);
        kf__buf_finish(&url);
    }
}
END_TEST

static void check_read(const char *text, const char *bytes, size_t length)
{
    kf_buf found = KF__BUF_INIT;
    ck_assert_msg(kf__parse_base64(&found, text, strlen(text)), "%s", text);
    ck_assert_uint_eq(found.length, length);
    ck_assert_int_eq(memcmp(kf__buf_text(&found), bytes, length), 0);
    kf__buf_finish(&found);
}

START_TEST(reads)
{
    for (size_t i = 0; i < COUNT; i++) {
        check_read(examples[i].plain, examples[i].bytes, examples[i].length);
        check_read(examples[i].url, examples[i].bytes, examples[i].length);
    }
    check_read(" Zm9v\r\n YmE=\n", "fooba", 5);
}
END_TEST

START_TEST(refuses)
{
    static const char *const texts[] = {
        "Z", "Zm9vY", "Zg=", "Zg===", "=", "Zm=8", "Zm9v!", "Zm9\x80", "Zm9v===="};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kf_buf found = KF__BUF_INIT;
        ck_assert_msg(
            !kf__parse_base64(&found, texts[i], strlen(texts[i])), "%s", texts[i]);
        kf__buf_finish(&found);
    }
}
END_TEST

KF_TEST_MAIN("base64", writes, reads, refuses)
