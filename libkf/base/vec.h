/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays: `KF__VEC(int) numbers = {0};`. */
#ifndef KF_BASE_VEC_H
#define KF_BASE_VEC_H

#include "base/mem.h"

#define KF__VEC(type)                                                                  \
    struct {                                                                           \
        type *items;                                                                   \
        size_t count;                                                                  \
        size_t capacity;                                                               \
    }

/* Room for one more: KF_OK or KF_ENOMEM. */
kf_status kf__vec_grow(void **items, size_t count, size_t *capacity, size_t item_size);

#define kf__vec_push(vec, item)                                                        \
    (kf__vec_grow((void **)&(vec)->items, (vec)->count, &(vec)->capacity,              \
         sizeof *(vec)->items) != KF_OK                                                \
            ? KF_ENOMEM                                                                \
            : ((vec)->items[(vec)->count++] = (item), KF_OK))
#define kf__vec_finish(vec)                                                            \
    (kf__free((vec)->items), (void)((vec)->items = NULL),                              \
        (void)((vec)->count = (vec)->capacity = 0))

#endif
