/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 in place: stands on nothing, so that errors can stand on it. */
#include "base/text.h"

#include <string.h>

/* Length of the valid sequence at `text`, or 0 (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *text, size_t room)
{
    unsigned char first = text[0];
    unsigned char low = 0x80, high = 0xBF;
    size_t length;
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if ((first & 0xF0) == 0xE0) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (room < length || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static bool is_ascii_word(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return (word & 0x8080808080808080u) == 0;
}

bool kf__utf8_valid(const char *text, size_t length, size_t *bad_offset)
{
    size_t at = 0;
    while (at < length) {
        if (length - at >= 8 && is_ascii_word(text + at)) {
            at += 8;
            continue;
        }
        size_t step = sequence_length((const unsigned char *)text + at, length - at);
        if (step == 0) {
            if (bad_offset != NULL)
                *bad_offset = at;
            return false;
        }
        at += step;
    }
    return true;
}

void kf__utf8_mend(char *text, size_t length)
{
    size_t bad = 0;
    while (!kf__utf8_valid(text, length, &bad)) {
        text[bad] = '?';
        text += bad + 1;
        length -= bad + 1;
    }
}

uint32_t kf__utf8_next(const char **text, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    static const unsigned char payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    if (length > (size_t)(end - *text))
        length = (size_t)(end - *text);
    uint32_t code_point = bytes[0] & payload[length];
    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | (bytes[i] & 0x3F);
    *text += length;
    return code_point;
}
