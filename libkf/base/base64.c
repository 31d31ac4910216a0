/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static void put(kf_buf *out, const unsigned char *data, size_t length,
    const char *last_two, bool padded)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < length; i += 3) {
        size_t count = length - i < 3 ? length - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;
        if (count > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (count > 2)
            bits |= data[i + 2];
        for (size_t j = 0; j < 4; j++) {
            unsigned value = bits >> (18 - 6 * j) & 63;
            if (j <= count)
                kf__buf_putc(out, value < 62 ? letters[value] : last_two[value - 62]);
            else if (padded)
                kf__buf_putc(out, '=');
        }
    }
}

void kf__put_base64(kf_buf *out, const void *data, size_t length)
{
    put(out, data, length, "+/", true);
}

void kf__put_base64_url(kf_buf *out, const void *data, size_t length)
{
    put(out, data, length, "-_", false);
}

/* -1: no letter of it. */
static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == '+' || letter == '-')
        return 62;
    return letter == '/' || letter == '_' ? 63 : -1;
}

bool kf__parse_base64(kf_buf *out, const char *text, size_t length)
{
    uint32_t bits = 0;
    size_t held = 0, padding = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\0' && strchr(" \t\r\n", text[i]) != NULL)
            continue;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        int value = value_of(text[i]);
        if (value < 0 || padding > 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (++held % 4 == 1)
            continue;
        kf__buf_putc(out, (char)(bits >> (6 - 2 * ((held - 1) % 4))));
    }
    size_t rest = held % 4;
    return rest != 1 && padding <= 2 && (padding == 0 || (rest + padding) % 4 == 0);
}
