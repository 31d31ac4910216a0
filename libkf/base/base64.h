/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648). */
#ifndef KF_BASE_BASE64_H
#define KF_BASE_BASE64_H

#include "base/buf.h"

void kf__put_base64(kf_buf *out, const void *data, size_t length);
/* The alphabet for URLs, without padding. */
void kf__put_base64_url(kf_buf *out, const void *data, size_t length);
/* Of either alphabet, padded or not; blanks and line breaks are passed over. False:
 * anything else is in it; what was appended until then stays. */
bool kf__parse_base64(kf_buf *out, const char *text, size_t length);

#endif
