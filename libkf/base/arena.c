/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_BLOCK = 256, LARGEST_BLOCK = 1 << 16, LARGEST_KEPT = 1 << 18 };

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

/* Where a piece starts behind the first `used` bytes of a block. */
static size_t start_of(const kf_arena_block *block, size_t used, size_t alignment)
{
    uintptr_t base = (uintptr_t)block->data;
    return ((base + used + alignment - 1) & ~(uintptr_t)(alignment - 1)) - base;
}

/* A large piece gets a block of its own, put behind the current one, whose room stays
 * in use. */
static void *alloc_apart(kf_arena *arena, size_t size, size_t alignment)
{
    kf_arena_block *block = new_block(arena, size + alignment);
    if (block == NULL)
        return NULL;
    if (arena->block == NULL) {
        arena->block = block;
        arena->used = block->size;
    } else {
        block->next = arena->block->next;
        arena->block->next = block;
    }
    return block->data + start_of(block, 0, alignment);
}

static void *alloc_slow(kf_arena *arena, size_t size, size_t alignment)
{
    size_t next = arena->total < FIRST_BLOCK     ? FIRST_BLOCK
                  : arena->total > LARGEST_BLOCK ? LARGEST_BLOCK
                                                 : arena->total;
    next -= sizeof(kf_arena_block);
    if (size > SIZE_MAX / 2)
        return kf__reallocarray(NULL, SIZE_MAX, 2);
    if (size + alignment > next / 4)
        return alloc_apart(arena, size, alignment);
    kf_arena_block *block = new_block(arena, next);
    if (block == NULL)
        return NULL;
    block->next = arena->block;
    arena->block = block;
    size_t start = start_of(block, 0, alignment);
    arena->used = start + size;
    return block->data + start;
}

void *kf__arena_alloc_aligned(kf_arena *arena, size_t size, size_t alignment)
{
    if (arena->block != NULL) {
        size_t start = start_of(arena->block, arena->used, alignment);
        if (start <= arena->block->size && size <= arena->block->size - start) {
            arena->used = start + size;
            return arena->block->data + start;
        }
    }
    return alloc_slow(arena, size, alignment);
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

void kf__arena_reset(kf_arena *arena)
{
    kf_arena_block *block = arena->block;
    if (block != NULL && block->next == NULL && block->size <= LARGEST_KEPT) {
        memset(block->data, 0, arena->used);
        arena->used = 0;
        return;
    }
    size_t total = arena->total;
    kf__arena_finish(arena);
    if (total == 0 || total > LARGEST_KEPT)
        return;
    arena->block = new_block(arena, total);
}
