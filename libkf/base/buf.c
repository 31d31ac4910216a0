/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_CAPACITY = 64 };

static void fail(kf_buf *buf)
{
    buf->status = kf__nomem();
}

void kf__buf_reserve(kf_buf *buf, size_t more)
{
    if (buf->status != KF_OK || more < buf->capacity - buf->length)
        return;
    size_t needed;
    if (__builtin_add_overflow(buf->length, more, &needed) || needed > SIZE_MAX / 2) {
        fail(buf);
        return;
    }
    size_t capacity = buf->capacity > 0 ? 2 * buf->capacity : FIRST_CAPACITY;
    if (capacity < needed + 1)
        capacity = needed + 1;
    char *data = kf__realloc(buf->data, capacity);
    if (data == NULL) {
        fail(buf);
        return;
    }
    if (buf->data == NULL)
        data[0] = '\0';
    buf->data = data;
    buf->capacity = capacity;
}

void kf__buf_append(kf_buf *buf, const void *data, size_t length)
{
    kf__buf_reserve(buf, length);
    if (buf->status != KF_OK || length == 0)
        return;
    memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void kf__buf_putc(kf_buf *buf, char character)
{
    kf__buf_append(buf, &character, 1);
}

void kf__buf_fill(kf_buf *buf, char character, size_t count)
{
    kf__buf_reserve(buf, count);
    if (buf->status != KF_OK || count == 0)
        return;
    memset(buf->data + buf->length, character, count);
    buf->length += count;
    buf->data[buf->length] = '\0';
}

void kf__buf_printf(kf_buf *buf, const char *format, ...)
{
    kf__buf_reserve(buf, 1);
    if (buf->status != KF_OK)
        return;
    for (;;) {
        size_t room = buf->capacity - buf->length;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(buf->data + buf->length, room, format, arguments);
        va_end(arguments);
        if (length < 0) {
            buf->data[buf->length] = '\0';
            buf->status =
                kf__fail(KF_EINVAL, NULL, "text cannot be formatted: %s", format);
            return;
        }
        if ((size_t)length < room) {
            buf->length += (size_t)length;
            return;
        }
        buf->data[buf->length] = '\0';
        kf__buf_reserve(buf, (size_t)length);
        if (buf->status != KF_OK)
            return;
    }
}

void kf__buf_truncate(kf_buf *buf, size_t length)
{
    if (length >= buf->length)
        return;
    buf->length = length;
    buf->data[length] = '\0';
}

const char *kf__buf_text(const kf_buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

kf_status kf__buf_take(kf_buf *buf, char **out)
{
    kf__buf_reserve(buf, 0);
    kf_status status = buf->status;
    if (status != KF_OK) {
        kf__buf_finish(buf);
        return status == KF_ENOMEM ? kf__nomem() : status;
    }
    *out = buf->data;
    *buf = KF__BUF_INIT;
    return KF_OK;
}

void kf__buf_finish(kf_buf *buf)
{
    kf__free(buf->data);
    *buf = KF__BUF_INIT;
}
