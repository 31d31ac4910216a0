/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "base/error.h"

enum { FIRST_CAPACITY = 8 };

kf_status kf__vec_grow(void **items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return KF_OK;
    if (*capacity > SIZE_MAX / 2)
        return kf__nomem();
    size_t next = *capacity > 0 ? 2 * *capacity : FIRST_CAPACITY;
    void *grown = kf__reallocarray(*items, next, item_size);
    if (grown == NULL)
        return KF_ENOMEM;
    *items = grown;
    *capacity = next;
    return KF_OK;
}
