/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "base/error.h"

#include <string.h>

enum { FIRST_CAPACITY = 8 };

/* `items` is a pointer of the caller's type, so it is read and written as bytes. */
kf_status kf__vec_grow(void **items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return KF_OK;
    if (*capacity > SIZE_MAX / 2)
        return kf__nomem();
    size_t next = *capacity > 0 ? 2 * *capacity : FIRST_CAPACITY;
    void *memory;
    memcpy(&memory, items, sizeof memory);
    memory = kf__reallocarray(memory, next, item_size);
    if (memory == NULL)
        return KF_ENOMEM;
    memcpy(items, &memory, sizeof memory);
    *capacity = next;
    return KF_OK;
}
