/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) with it, MD5 (RFC 1321), CRC-32C and
 * FNV-1a/xxh-like 64-bit hashing. */
#ifndef KF_BASE_DIGEST_H
#define KF_BASE_DIGEST_H

#include <kf/base.h>

typedef struct kf_sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
} kf_sha256;

void kf__sha256_init(kf_sha256 *sha);
void kf__sha256_update(kf_sha256 *sha, const void *data, size_t length);
void kf__sha256_hex(kf_sha256 *sha, char out[65]); /* Ends it. */
void kf__sha256_end(kf_sha256 *sha, unsigned char out[32]);
void kf__hmac_sha256(const void *key, size_t key_length, const void *data,
    size_t length, unsigned char out[32]);

/* Against accidents alone: to compare with what a server says that it has. */
typedef struct kf_md5 {
    uint32_t state[4];
    uint64_t length;
    unsigned char block[64];
} kf_md5;

void kf__md5_init(kf_md5 *md5);
void kf__md5_update(kf_md5 *md5, const void *data, size_t length);
void kf__md5_end(kf_md5 *md5, unsigned char out[16]);

/* CRC-32C (Castagnoli), as iSCSI and TensorFlow's record files have it. */
uint32_t kf__crc32c(const void *data, size_t length);
/* CRC-32 as zlib, gzip and PNG have it. */
uint32_t kf__crc32(const void *data, size_t length);
/* In pieces: `crc` of what came before, 0 at the beginning. */
uint32_t kf__crc32c_more(uint32_t crc, const void *data, size_t length);
/* Lower case, and a NUL: `out` has 2 * length + 1 bytes. */
void kf__hex(const unsigned char *data, size_t length, char *out);
uint64_t kf__hash64(const void *data, size_t length);

#endif
