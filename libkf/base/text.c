/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/mem.h"

#include <string.h>

void kf__utf8_put(kf_buf *buf, uint32_t code_point)
{
    if (code_point < 0x80) {
        kf__buf_putc(buf, (char)code_point);
        return;
    }
    char bytes[4];
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; code_point >>= 6)
        bytes[i] = (char)(0x80 | (code_point & 0x3F));
    bytes[0] = (char)(lead[length] | code_point);
    kf__buf_append(buf, bytes, length);
}

const char *kf__name_fault(const char *name)
{
    if (name[0] == '\0')
        return "is empty";
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return "cannot be '.' or '..'";
    if (strchr(name, '/') != NULL)
        return "cannot hold '/'";
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return "cannot hold a control character";
    return NULL;
}

bool kf__starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool kf__ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

/* Python's lower() maps two characters beyond ASCII to text that begins within it:
 * U+212A (the Kelvin sign) to "k", and U+0130 to "i" and a combining dot. */
static char lower_name_character(uint32_t code_point)
{
    if (code_point >= 'A' && code_point <= 'Z')
        return (char)(code_point - 'A' + 'a');
    if (code_point == 0x212A)
        return 'k';
    if (code_point == 0x130)
        return 'i';
    bool kept = (code_point >= 'a' && code_point <= 'z') ||
                (code_point >= '0' && code_point <= '9');
    return kept ? (char)code_point : '-';
}

char *kf__sanitize_name(const char *name)
{
    const char *end = name + strlen(name);
    char *out = kf__alloc((size_t)(end - name) + 1);
    if (out == NULL)
        return NULL;
    size_t length = 0;
    bool dash = false;
    while (name < end) {
        uint32_t code_point = kf__utf8_next(&name, end);
        char character = lower_name_character(code_point);
        if (character != '-') {
            if (dash && length > 0)
                out[length++] = '-';
            out[length++] = character;
        }
        dash = character == '-' || code_point == 0x130;
    }
    out[length] = '\0';
    return out;
}
