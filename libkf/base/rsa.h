/* SPDX-License-Identifier: Apache-2.0 */
/* Signing as Google's service accounts do: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017). */
#ifndef KF_BASE_RSA_H
#define KF_BASE_RSA_H

#include "base/buf.h"

enum { KF__RSA_BITS_LEAST = 1024, KF__RSA_BITS_MOST = 4096 };

/* Append the signature of the data. The key: PEM of PKCS #8 ("BEGIN PRIVATE KEY"), not
 * encrypted. KF_EDOCUMENT: it is none, or its numbers do not fit together; nothing is
 * appended then. */
kf_status kf__rsa_sign(const char *pem, const void *data, size_t length, kf_buf *out);

#endif
