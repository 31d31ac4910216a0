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

void *kf__alloc(size_t size)
{
    return check(may_allocate() ? malloc(size > 0 ? size : 1) : NULL);
}

void *kf__calloc(size_t count, size_t size)
{
    bool empty = count == 0 || size == 0;
    return check(may_allocate() ? calloc(empty ? 1 : count, empty ? 1 : size) : NULL);
}

void *kf__realloc(void *memory, size_t size)
{
    return check(may_allocate() ? realloc(memory, size > 0 ? size : 1) : NULL);
}

void *kf__reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return check(NULL);
    return kf__realloc(memory, bytes);
}

char *kf__strdup(const char *text)
{
    return text == NULL ? NULL : kf__strndup(text, strlen(text));
}

char *kf__strndup(const char *text, size_t length)
{
    char *copy = length == SIZE_MAX ? check(NULL) : kf__alloc(length + 1);
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
