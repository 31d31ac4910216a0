/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), CRC-32C and FNV-1a/xxh-like 64-bit hashing. */
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
/* CRC-32C (Castagnoli), as iSCSI and TensorFlow's record files have it. */
uint32_t kf__crc32c(const void *data, size_t length);
uint64_t kf__hash64(const void *data, size_t length);

#endif
