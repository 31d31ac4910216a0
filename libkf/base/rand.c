/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

kf_status kf__random_bytes(void *out, size_t count)
{
    unsigned char *next = out;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return kf__fail(KF_EIO, NULL,
                "the operating system gives no random bytes: %s", strerror(errno));
        next += got;
        count -= (size_t)got;
    }
    return KF_OK;
}

/* RFC 9562: version 4, variant 10. */
kf_status kf__uuid4(char out[37])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[16];
    KF__TRY(kf__random_bytes(bytes, sizeof bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    char *next = out;
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *next++ = '-';
        *next++ = hex[bytes[i] >> 4];
        *next++ = hex[bytes[i] & 15];
    }
    *next = '\0';
    return KF_OK;
}
