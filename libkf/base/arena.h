/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is released all at once. */
#ifndef KF_BASE_ARENA_H
#define KF_BASE_ARENA_H

#include <kf/base.h>
#include <stdarg.h>

typedef struct kf_arena {
    struct kf_arena_block *block;
    size_t used;
    size_t total; /* Bytes asked from the heap. */
} kf_arena;

#define KF__ARENA_INIT ((kf_arena){0})
void *kf__arena_alloc(
    kf_arena *arena, size_t size); /* Zeroed, aligned for any type; NULL: ENOMEM. */
/* The same with an alignment of its own, a power of two. */
void *kf__arena_alloc_aligned(kf_arena *arena, size_t size, size_t alignment);
char *kf__arena_strdup(
    kf_arena *arena, const char *text); /* NULL gives NULL without failing. */
char *kf__arena_strndup(kf_arena *arena, const char *text, size_t length);
char *kf__arena_printf(kf_arena *arena, const char *format, ...) KF_PRINTF(2, 3);
char *kf__arena_vprintf(kf_arena *arena, const char *format, va_list arguments)
    KF_PRINTF(2, 0);
void kf__arena_finish(kf_arena *arena);
/* For the next use: all pieces are gone, a block for as many of them is kept. */
void kf__arena_reset(kf_arena *arena);

#endif
