/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local long made;
static _Thread_local long fail_after = -1;

void kf__mem_fail_after(long countdown)
{
    made = 0;
    fail_after = countdown;
}

long kf__mem_count(void)
{
    return made;
}

static bool may_allocate(void)
{
    long number = made++;
    return fail_after < 0 || number < fail_after;
}

static void *check(void *memory)
{
    if (memory == NULL)
        (void)kf__nomem();
    return memory;
}

/* No object may be larger: differences of pointers into it would overflow. */
static bool is_possible(size_t size)
{
    return size <= PTRDIFF_MAX;
}

void *kf__alloc(size_t size)
{
    bool may = may_allocate() && is_possible(size);
    return check(may ? malloc(size > 0 ? size : 1) : NULL);
}

void *kf__calloc(size_t count, size_t size)
{
    size_t bytes;
    bool may = may_allocate() && !__builtin_mul_overflow(count, size, &bytes) &&
               is_possible(bytes);
    return check(may ? calloc(bytes > 0 ? bytes : 1, 1) : NULL);
}

void *kf__realloc(void *memory, size_t size)
{
    bool may = may_allocate() && is_possible(size);
    return check(may ? realloc(memory, size > 0 ? size : 1) : NULL);
}

void *kf__reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return kf__realloc(memory, bytes);
}

char *kf__strdup(const char *text)
{
    return text == NULL ? NULL : kf__strndup(text, strlen(text));
}

char *kf__strndup(const char *text, size_t length)
{
    char *copy = kf__alloc(length < SIZE_MAX ? length + 1 : SIZE_MAX);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void kf__free(void *memory)
{
    free(memory);
}

void kf_text_free(char *text)
{
    free(text);
}
