/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_BLOCK = 256, LARGEST_BLOCK = 1 << 16 };

typedef struct kf_arena_block {
    struct kf_arena_block *next;
    size_t size;
    alignas(max_align_t) unsigned char data[];
} kf_arena_block;

static kf_arena_block *new_block(kf_arena *arena, size_t size)
{
    kf_arena_block *block = kf__calloc(1, sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    arena->total += sizeof *block + size;
    return block;
}

/* A large piece gets a block of its own, put behind the current one, whose room stays
 * in use. */
static void *alloc_apart(kf_arena *arena, size_t size)
{
    kf_arena_block *block = new_block(arena, size);
    if (block == NULL)
        return NULL;
    if (arena->block == NULL) {
        arena->block = block;
        arena->used = size;
    } else {
        block->next = arena->block->next;
        arena->block->next = block;
    }
    return block->data;
}

static void *alloc_slow(kf_arena *arena, size_t size)
{
    size_t next = arena->total < FIRST_BLOCK     ? FIRST_BLOCK
                  : arena->total > LARGEST_BLOCK ? LARGEST_BLOCK
                                                 : arena->total;
    next -= sizeof(kf_arena_block);
    if (size > next / 4)
        return size > SIZE_MAX / 2 ? kf__reallocarray(NULL, SIZE_MAX, 2)
                                   : alloc_apart(arena, size);
    kf_arena_block *block = new_block(arena, next);
    if (block == NULL)
        return NULL;
    block->next = arena->block;
    arena->block = block;
    arena->used = size;
    return block->data;
}

void *kf__arena_alloc_aligned(kf_arena *arena, size_t size, size_t alignment)
{
    if (arena->block != NULL) {
        size_t start = (arena->used + alignment - 1) & ~(alignment - 1);
        if (start <= arena->block->size && size <= arena->block->size - start) {
            arena->used = start + size;
            return arena->block->data + start;
        }
    }
    return alloc_slow(arena, size);
}

void *kf__arena_alloc(kf_arena *arena, size_t size)
{
    return kf__arena_alloc_aligned(arena, size, alignof(max_align_t));
}

char *kf__arena_strdup(kf_arena *arena, const char *text)
{
    return text == NULL ? NULL : kf__arena_strndup(arena, text, strlen(text));
}

char *kf__arena_strndup(kf_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return kf__reallocarray(NULL, SIZE_MAX, 2);
    char *copy = kf__arena_alloc_aligned(arena, length + 1, 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *kf__arena_vprintf(kf_arena *arena, const char *format, va_list arguments)
{
    char small[256];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    char *text = NULL;
    if (length >= 0 && (size_t)length < sizeof small) {
        text = kf__arena_strndup(arena, small, (size_t)length);
    } else if (length >= 0) {
        text = kf__arena_alloc_aligned(arena, (size_t)length + 1, 1);
        if (text != NULL)
            (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

char *kf__arena_printf(kf_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = kf__arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

void kf__arena_finish(kf_arena *arena)
{
    kf_arena_block *block = arena->block;
    while (block != NULL) {
        kf_arena_block *next = block->next;
        kf__free(block);
        block = next;
    }
    *arena = KF__ARENA_INIT;
}
