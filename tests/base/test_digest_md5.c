/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "kf_test.h"

static void check(const char *data, size_t length, size_t piece, const char *expected)
{
    kf_md5 md5;
    unsigned char digest[16];
    char hex[33];
    kf__md5_init(&md5);
    for (size_t at = 0; at < length; at += piece)
        kf__md5_update(&md5, data + at, length - at < piece ? length - at : piece);
    kf__md5_end(&md5, digest);
    kf__hex(digest, sizeof digest, hex);
    ck_assert_str_eq(hex, expected);
}

/* The test suite of RFC 1321. */
START_TEST(published_examples)
{
    static const struct {
        const char *text;
        const char *digest;
    } examples[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"1234567890123456789012345678901234567890"
         "1234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        size_t length = strlen(examples[i].text);
        check(examples[i].text, length, length + 1, examples[i].digest);
        check(examples[i].text, length, 1, examples[i].digest);
        check(examples[i].text, length, 9, examples[i].digest);
    }
}
END_TEST

/* Expectations of Python's hashlib. */
START_TEST(lengths_around_a_block)
{
    static const struct {
        size_t length;
        const char *digest;
    } edges[] = {
        {55, "ef1772b6dff9a122358552954ad0df65"},
        {56, "3b0c8ac703f828b04c6c197006d17218"},
        {63, "b06521f39153d618550606be297466d5"},
        {64, "014842d480b571495a4a0363793f7367"},
        {65, "c743a45e0d2e6a95cb859adae0248435"},
        {119, "8a7bd0732ed6a28ce75f6dabc90e1613"},
        {120, "5f61c0ccad4cac44c75ff505e1f1e537"},
        {1000, "cabe45dcc9ae5b66ba86600cca6b8ba8"},
    };
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check(letters, edges[i].length, 7, edges[i].digest);
}
END_TEST

KF_TEST_MAIN("digest_md5", published_examples, lengths_around_a_block)
