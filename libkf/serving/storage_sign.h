/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4. */
#ifndef KF_SERVING_STORAGE_SIGN_H
#define KF_SERVING_STORAGE_SIGN_H

#include "io/http_client.h"

typedef struct kf_sign {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL: none. */
    const char *region;
    const char *service;     /* "s3" */
    const char *body_sha256; /* Hexadecimal; NULL: there is no body. */
    int64_t now_ms;
} kf_sign;

/* Append x-amz-date, x-amz-content-sha256, x-amz-security-token and Authorization. The
 * path and the query of the URL are encoded as kf__http_put_encoded does. `more`: other
 * headers of the request that are signed, in lower case, NULL-terminated, or NULL. */
kf_status kf__sign_v4(const kf_sign *sign, const char *method, const char *url,
    const char *const *more, kf_http_headers *out);

#endif
