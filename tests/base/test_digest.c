/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "kf_test.h"

static void check(const char *data, size_t length, size_t piece, const char *expected)
{
    kf_sha256 sha;
    char hex[65];
    kf__sha256_init(&sha);
    for (size_t at = 0; at < length; at += piece)
        kf__sha256_update(&sha, data + at, length - at < piece ? length - at : piece);
    kf__sha256_hex(&sha, hex);
    ck_assert_str_eq(hex, expected);
}

/* The examples that NIST publishes for FIPS 180-4. */
START_TEST(published_examples)
{
    static const struct {
        const char *text;
        const char *digest;
    } examples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
         "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        size_t length = strlen(examples[i].text);
        check(examples[i].text, length, length + 1, examples[i].digest);
        check(examples[i].text, length, 1, examples[i].digest);
        check(examples[i].text, length, 9, examples[i].digest);
    }
}
END_TEST

START_TEST(a_million_letters)
{
    enum { COUNT = 1000000 };
    char *letters = malloc(COUNT);
    memset(letters, 'a', COUNT);
    const char *expected =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    check(letters, COUNT, COUNT, expected);
    check(letters, COUNT, 63, expected);
    check(letters, COUNT, 129, expected);
    free(letters);
}
END_TEST

/* Lengths around the padding's edges; expectations of Python's hashlib. */
START_TEST(lengths_around_a_block)
{
    static const struct {
        size_t length;
        const char *digest;
    } edges[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
    };
    char letters[128];
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check(letters, edges[i].length, 7, edges[i].digest);
}
END_TEST

static void check_hmac(const char *key, size_t key_length, const char *data,
    size_t length, const char *expected)
{
    unsigned char code[32];
    char hex[65];
    kf__hmac_sha256(key, key_length, data, length, code);
    kf__hex(code, sizeof code, hex);
    ck_assert_str_eq(hex, expected);
}

/* RFC 4231, test cases 1, 2, 3, 6 and 7. */
START_TEST(hmac)
{
    char key[131], data[50];
    memset(key, 0x0b, 20);
    check_hmac(key, 20, "Hi There", 8,
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac("Jefe", 4, "what do ya want for nothing?", 28,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    check_hmac(key, 20, data, 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
    check_hmac(key, 131, text, strlen(text),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    text = "This is a test using a larger than block-size key and a larger than "
           "block-size data. The key needs to be hashed before being used by the HMAC "
           "algorithm.";
    check_hmac(key, 131, text, strlen(text),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}
END_TEST

/* RFC 3720, B.4, and the check value of the catalogue of CRC algorithms. */
START_TEST(crc32)
{
    /* python3 -c 'import zlib; print(hex(zlib.crc32(…)))' */
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(i * 7);
    ck_assert_uint_eq(kf__crc32("123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(kf__crc32("", 0), 0);
    ck_assert_uint_eq(kf__crc32("a", 1), 0xe8b7be43);
    ck_assert_uint_eq(kf__crc32(bytes, 256), 0x1a5c07a3);
    ck_assert_uint_eq(kf__crc32(bytes + 3, 250), 0x24ed49bf);
}
END_TEST

START_TEST(crc32c)
{
    unsigned char bytes[32];
    ck_assert_uint_eq(kf__crc32c("123456789", 9), 0xe3069283);
    ck_assert_uint_eq(kf__crc32c("", 0), 0);
    ck_assert_uint_eq(kf__crc32c_more(kf__crc32c("1234", 4), "56789", 5), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(kf__crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(kf__crc32c(bytes, 32), 0x62a8ab43);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = i;
    ck_assert_uint_eq(kf__crc32c(bytes, 32), 0x46dd794e);
}
END_TEST

START_TEST(hashes_spread)
{
    enum { COUNT = 20000, BUCKETS = 1024 };
    static int buckets[BUCKETS];
    uint64_t all = ~(uint64_t)0, any = 0;
    for (int i = 0; i < COUNT; i++) {
        char name[32];
        int length = snprintf(name, sizeof name, "train-%d", i);
        uint64_t hash = kf__hash64(name, (size_t)length);
        ck_assert_uint_eq(hash, kf__hash64(name, (size_t)length));
        buckets[hash % BUCKETS]++;
        all &= hash;
        any |= hash;
    }
    ck_assert_uint_eq(all, 0);
    ck_assert_uint_eq(any, ~(uint64_t)0);
    for (int i = 0; i < BUCKETS; i++)
        ck_assert_int_lt(buckets[i], 60);
}
END_TEST

START_TEST(length_is_part_of_the_hash)
{
    static const char zeros[64];
    for (size_t i = 0; i < sizeof zeros; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(kf__hash64(zeros, i), kf__hash64(zeros, j));
}
END_TEST

KF_TEST_MAIN("digest", published_examples, a_million_letters, hmac, crc32, crc32c,
    lengths_around_a_block, hashes_spread, length_is_part_of_the_hash)
