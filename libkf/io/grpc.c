/* SPDX-License-Identifier: Apache-2.0 */
#include "io/grpc.h"

#include <strings.h>

void kf__grpc_write_prefix(char to[KF__GRPC_PREFIX], size_t length)
{
    to[0] = 0;
    for (int i = 0; i < 4; i++)
        to[1 + i] = (char)(unsigned char)(length >> (24 - 8 * i));
}

size_t kf__grpc_read_prefix(const char from[KF__GRPC_PREFIX], bool *is_compressed)
{
    size_t length = 0;
    *is_compressed = from[0] != 0;
    for (int i = 0; i < 4; i++)
        length = length << 8 | (unsigned char)from[1 + i];
    return length;
}

static int64_t unit_ns(char unit)
{
    switch (unit) {
    case 'H':
        return INT64_C(3600000000000);
    case 'M':
        return INT64_C(60000000000);
    case 'S':
        return 1000000000;
    case 'm':
        return 1000000;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool kf__grpc_read_timeout(const char *text, int64_t *out_ns)
{
    static const int64_t century = INT64_C(100) * 365 * 24 * 3600 * 1000000000;
    int64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 8 || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    int64_t unit = unit_ns(text[digits]);
    if (unit == 0)
        return false;
    *out_ns = value > century / unit ? century : value * unit;
    return true;
}

void kf__grpc_put_message(kf_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= ' ' && *text <= '~' && *text != '%')
            kf__buf_putc(out, *text);
        else
            kf__buf_printf(out, "%%%02X", (unsigned char)*text);
}

bool kf__grpc_is_content_type(const char *text)
{
    static const char type[] = "application/grpc";
    if (strncasecmp(text, type, sizeof type - 1) != 0)
        return false;
    char next = text[sizeof type - 1];
    return next == '\0' || next == '+' || next == ';';
}
