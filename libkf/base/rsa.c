/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rsa.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/error.h"

enum { LIMBS = KF__RSA_BITS_MOST / 32, BYTES = KF__RSA_BITS_MOST / 8 };

static kf_status fail(const char *what)
{
    return kf__fail(KF_EDOCUMENT, NULL, "it is no RSA key in PKCS #8: %s", what);
}

/* ---- numbers: limbs of 32 bits, the lowest first ---- */

typedef struct modulus {
    uint32_t n[LIMBS];
    size_t count;
    uint32_t inverse; /* -1 / n[0] modulo 2^32. */
} modulus;

static void load(uint32_t *out, size_t count, const unsigned char *bytes, size_t length)
{
    memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < length; i++)
        out[i / 4] |= (uint32_t)bytes[length - 1 - i] << (8 * (i % 4));
}

static void store(unsigned char *bytes, size_t length, const uint32_t *number)
{
    for (size_t i = 0; i < length; i++)
        bytes[length - 1 - i] = (unsigned char)(number[i / 4] >> (8 * (i % 4)));
}

/* number - n where that is not negative; `carry`: what is above its highest limb. */
static void reduce(const modulus *m, uint32_t *number, uint32_t carry)
{
    uint32_t difference[LIMBS];
    uint64_t borrow = 0;
    for (size_t i = 0; i < m->count; i++) {
        uint64_t step = (uint64_t)number[i] - m->n[i] - borrow;
        difference[i] = (uint32_t)step;
        borrow = step >> 63;
    }
    if (carry >= borrow)
        memcpy(number, difference, m->count * sizeof *number);
}

/* a * b / 2^(32 * count) modulo n, as Montgomery has it. */
static void multiply(
    const modulus *m, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
    uint32_t t[LIMBS + 2] = {0};
    for (size_t i = 0; i < m->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < m->count; j++) {
            carry += t[j] + (uint64_t)a[j] * b[i];
            t[j] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += t[m->count];
        t[m->count] = (uint32_t)carry;
        t[m->count + 1] = (uint32_t)(carry >> 32);
        uint32_t factor = t[0] * m->inverse;
        carry = (t[0] + (uint64_t)factor * m->n[0]) >> 32;
        for (size_t j = 1; j < m->count; j++) {
            carry += t[j] + (uint64_t)factor * m->n[j];
            t[j - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += t[m->count];
        t[m->count - 1] = (uint32_t)carry;
        t[m->count] = t[m->count + 1] + (uint32_t)(carry >> 32);
    }
    uint32_t top = t[m->count];
    memcpy(out, t, m->count * sizeof *out);
    reduce(m, out, top);
}

/* 2^bits modulo n, by doubling. */
static void power_of_two(const modulus *m, size_t bits, uint32_t *out)
{
    memset(out, 0, m->count * sizeof *out);
    out[0] = 1;
    for (size_t bit = 0; bit < bits; bit++) {
        uint32_t carry = 0;
        for (size_t i = 0; i < m->count; i++) {
            uint32_t next = out[i] >> 31;
            out[i] = out[i] << 1 | carry;
            carry = next;
        }
        reduce(m, out, carry);
    }
}

/* base^exponent modulo n. Each bit takes the same steps. */
static void power(const modulus *m, const uint32_t *base, const unsigned char *exponent,
    size_t length, uint32_t *out)
{
    uint32_t square[LIMBS], raised[LIMBS], product[LIMBS];
    uint32_t one[LIMBS] = {1};
    power_of_two(m, 64 * m->count, square);
    multiply(m, base, square, raised);
    power_of_two(m, 32 * m->count, out);
    for (size_t i = 0; i < 8 * length; i++) {
        uint32_t bit = exponent[i / 8] >> (7 - i % 8) & 1;
        multiply(m, out, out, out);
        multiply(m, out, raised, product);
        for (size_t j = 0; j < m->count; j++)
            out[j] ^= (out[j] ^ product[j]) & (0 - bit);
    }
    multiply(m, out, one, out);
}

static void begin_modulus(modulus *m, const unsigned char *bytes, size_t length)
{
    m->count = (length + 3) / 4;
    load(m->n, m->count, bytes, length);
    uint32_t inverse = 1; /* Each step doubles the bits that are right. */
    for (int i = 0; i < 5; i++)
        inverse *= 2 - m->n[0] * inverse;
    m->inverse = 0 - inverse;
}

/* ---- the key ---- */

typedef struct der {
    const unsigned char *at;
    size_t left;
} der;

/* The content of the next element, which must be of that tag. */
static bool take(der *from, unsigned char tag, der *out)
{
    if (from->left < 2 || from->at[0] != tag)
        return false;
    size_t length = from->at[1], head = 2;
    if (length >= 0x80) {
        size_t digits = length & 0x7f;
        if (digits == 0 || digits > 4 || from->left < 2 + digits)
            return false;
        length = 0;
        for (size_t i = 0; i < digits; i++)
            length = length << 8 | from->at[2 + i];
        head += digits;
    }
    if (length > from->left - head)
        return false;
    *out = (der){from->at + head, length};
    from->at += head + length;
    from->left -= head + length;
    return true;
}

/* Not negative, without zeros before it. */
static bool take_number(der *from, der *out)
{
    if (!take(from, 0x02, out) || out->left == 0 || (out->at[0] & 0x80) != 0)
        return false;
    while (out->left > 1 && out->at[0] == 0) {
        out->at++;
        out->left--;
    }
    return true;
}

typedef struct rsa_key {
    der n, e, d;
} rsa_key;

static bool parse_key(der text, rsa_key *out)
{
    static const unsigned char rsa[] = {
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    der outer, version, algorithm, kind, octets, inner;
    return take(&text, 0x30, &outer) && take_number(&outer, &version) &&
           take(&outer, 0x30, &algorithm) && take(&algorithm, 0x06, &kind) &&
           kind.left == sizeof rsa && memcmp(kind.at, rsa, sizeof rsa) == 0 &&
           take(&outer, 0x04, &octets) && take(&octets, 0x30, &inner) &&
           take_number(&inner, &version) && take_number(&inner, &out->n) &&
           take_number(&inner, &out->e) && take_number(&inner, &out->d);
}

static kf_status read_pem(const char *pem, kf_buf *out)
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----";
    const char *start = strstr(pem, begin);
    const char *end = start != NULL ? strstr(start, "-----END PRIVATE KEY-----") : NULL;
    if (end == NULL)
        return fail("expected \"BEGIN PRIVATE KEY\"");
    start += sizeof begin - 1;
    if (!kf__parse_base64(out, start, (size_t)(end - start)))
        return out->status != KF_OK ? out->status : fail("its base64 is broken");
    return out->status;
}

/* ---- signing ---- */

/* "00 01 ff … ff 00", what the digest is, and the digest. */
static void encode(unsigned char *out, size_t size, const void *data, size_t length)
{
    static const unsigned char prefix[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
        0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    kf_sha256 sha;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, data, length);
    memset(out, 0xff, size);
    out[0] = 0;
    out[1] = 1;
    out[size - 32 - sizeof prefix - 1] = 0;
    memcpy(out + size - 32 - sizeof prefix, prefix, sizeof prefix);
    kf__sha256_end(&sha, out + size - 32);
}

static kf_status sign(const rsa_key *key, const void *data, size_t length, kf_buf *out)
{
    modulus m;
    uint32_t message[LIMBS], signature[LIMBS], again[LIMBS];
    unsigned char bytes[BYTES];
    size_t size = key->n.left;
    if (size < KF__RSA_BITS_LEAST / 8 || size > BYTES || (key->n.at[size - 1] & 1) == 0)
        return fail("its modulus is not odd, or not of 1024 to 4096 bits");
    if (key->d.left > size || key->e.left > 8)
        return fail("its exponents are too long");
    begin_modulus(&m, key->n.at, size);
    encode(bytes, size, data, length);
    load(message, m.count, bytes, size);
    power(&m, message, key->d.at, key->d.left, signature);
    power(&m, signature, key->e.at, key->e.left, again);
    if (memcmp(again, message, m.count * sizeof *again) != 0)
        return fail("its numbers do not fit together");
    store(bytes, size, signature);
    kf__buf_append(out, bytes, size);
    return out->status;
}

kf_status kf__rsa_sign(const char *pem, const void *data, size_t length, kf_buf *out)
{
    kf_buf text = KF__BUF_INIT;
    rsa_key key;
    kf_status status = read_pem(pem, &text);
    if (status == KF_OK &&
        !parse_key(
            (der){(const unsigned char *)kf__buf_text(&text), text.length}, &key))
        status = fail("its structure is another");
    if (status == KF_OK)
        status = sign(&key, data, length, out);
    kf__buf_finish(&text);
    return status;
}
