/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <string.h>

/* FIPS 180-4, section 4.2.2: the first 32 bits of the fractions of the cube roots of
 * the first 64 primes. */
static const uint32_t round_constants[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
    0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1,
    0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351,
    0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
    0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814,
    0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t load_big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static void compress(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64];
    for (int t = 0; t < 16; t++)
        w[t] = load_big_endian(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t choice = (e & f) ^ (~e & g);
        uint32_t t1 = h + s1 + choice + round_constants[t] + w[t];
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void kf__sha256_init(kf_sha256 *sha)
{
    *sha = (kf_sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void kf__sha256_update(kf_sha256 *sha, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    size_t held = (size_t)(sha->length % sizeof sha->block);
    sha->length += length;
    if (held > 0 && length >= sizeof sha->block - held) {
        size_t missing = sizeof sha->block - held;
        memcpy(sha->block + held, bytes, missing);
        compress(sha->state, sha->block);
        bytes += missing;
        length -= missing;
        held = 0;
    }
    if (held == 0)
        for (; length >= sizeof sha->block; length -= sizeof sha->block) {
            compress(sha->state, bytes);
            bytes += sizeof sha->block;
        }
    if (length > 0)
        memcpy(sha->block + held, bytes, length);
}

void kf__sha256_end(kf_sha256 *sha, unsigned char out[32])
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = sha->length * 8;
    size_t held = (size_t)(sha->length % sizeof sha->block);
    kf__sha256_update(sha, padding, held < 56 ? 56 - held : 120 - held);
    unsigned char count[8];
    for (int i = 0; i < 8; i++)
        count[i] = (unsigned char)(bits >> (56 - 8 * i));
    kf__sha256_update(sha, count, sizeof count);
    for (int i = 0; i < 32; i++)
        out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void kf__hex(const unsigned char *data, size_t length, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = hex[data[i] >> 4];
        out[2 * i + 1] = hex[data[i] & 15];
    }
    out[2 * length] = '\0';
}

void kf__sha256_hex(kf_sha256 *sha, char out[65])
{
    unsigned char digest[32];
    kf__sha256_end(sha, digest);
    kf__hex(digest, sizeof digest, out);
}

static void hmac_half(unsigned char out[32], const unsigned char key[64],
    unsigned char pad, const void *data, size_t length)
{
    kf_sha256 sha;
    unsigned char block[64];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, block, sizeof block);
    kf__sha256_update(&sha, data, length);
    kf__sha256_end(&sha, out);
}

void kf__hmac_sha256(const void *key, size_t key_length, const void *data,
    size_t length, unsigned char out[32])
{
    unsigned char block[64] = {0};
    unsigned char inner[32];
    if (key_length > sizeof block) {
        kf_sha256 sha;
        kf__sha256_init(&sha);
        kf__sha256_update(&sha, key, key_length);
        kf__sha256_end(&sha, block);
    } else if (key_length > 0) {
        memcpy(block, key, key_length);
    }
    hmac_half(inner, block, 0x36, data, length);
    hmac_half(out, block, 0x5c, inner, sizeof inner);
}

/* Four bits at a time: the table is small enough to be read by eye. */
uint32_t kf__crc32c_more(uint32_t crc, const void *data, size_t length)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
        0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17,
        0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const unsigned char *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t kf__crc32c(const void *data, size_t length)
{
    return kf__crc32c_more(0, data, length);
}

/* tables[k][byte]: what a byte does to the sum when k more bytes follow it. */
static void fill_crc_tables(uint32_t tables[8][256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        tables[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++)
            tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xff];
}

uint32_t kf__crc32(const void *data, size_t length)
{
    uint32_t tables[8][256];
    const unsigned char *bytes = data;
    uint32_t crc = 0xffffffff;
    fill_crc_tables(tables);
    for (; length >= 8; length -= 8, bytes += 8) {
        uint32_t next = 0;
        crc ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
        for (int k = 0; k < 4; k++) {
            next ^= tables[7 - k][(crc >> (8 * k)) & 0xff];
            next ^= tables[3 - k][bytes[4 + k]];
        }
        crc = next;
    }
    for (; length > 0; length--, bytes++)
        crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xff];
    return ~crc;
}

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Folded multiplication of eight bytes at a time; the length is part of the hash. */
uint64_t kf__hash64(const void *data, size_t length)
{
    const uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xe7037ed1a0b428db;
    const unsigned char *bytes = data;
    uint64_t hash = k0 ^ length;
    uint64_t word;
    for (; length >= sizeof word; length -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash ^ word, k1);
    }
    word = 0;
    if (length > 0)
        memcpy(&word, bytes, length);
    return mix(mix(hash ^ word, k1) ^ k0, k1);
}
