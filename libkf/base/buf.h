/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text. After a failed allocation a buffer ignores what is appended and its
 * status says so. */
#ifndef KF_BASE_BUF_H
#define KF_BASE_BUF_H

#include <kf/base.h>
#include <string.h>

typedef struct kf_buf {
    char *data; /* NUL-terminated once anything was appended; see kf__buf_text. */
    size_t length;
    size_t capacity;
    kf_status status;
} kf_buf;

#define KF__BUF_INIT ((kf_buf){0})
void kf__buf_append(kf_buf *buf, const void *data, size_t length);
static inline void kf__buf_puts(kf_buf *buf, const char *text)
{
    kf__buf_append(buf, text, strlen(text));
}
void kf__buf_putc(kf_buf *buf, char character);
void kf__buf_fill(kf_buf *buf, char character, size_t count);
void kf__buf_printf(kf_buf *buf, const char *format, ...) KF_PRINTF(2, 3);
void kf__buf_reserve(kf_buf *buf, size_t more);
void kf__buf_truncate(kf_buf *buf, size_t length);
const char *kf__buf_text(const kf_buf *buf); /* Never NULL. */
/* Hand over the text (free with kf__free / kf_text_free); the buffer is empty
 * afterwards. */
kf_status kf__buf_take(kf_buf *buf, char **out);
void kf__buf_finish(kf_buf *buf);

#endif
