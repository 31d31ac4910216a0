/* SPDX-License-Identifier: Apache-2.0 */
/* The only way to the heap. Tests can make the n-th allocation of a thread fail. */
#ifndef KF_BASE_MEM_H
#define KF_BASE_MEM_H

#include <kf/base.h>

void *kf__alloc(size_t size);                /* NULL on failure; sets KF_ENOMEM. */
void *kf__calloc(size_t count, size_t size); /* Zeroed, overflow checked. */
void *kf__realloc(void *memory, size_t size);
void *kf__reallocarray(void *memory, size_t count, size_t size); /* Overflow checked. */
char *kf__strdup(const char *text); /* NULL gives NULL without failing. */
char *kf__strndup(const char *text, size_t length);
void kf__free(void *memory);

/* Tests: let this thread's allocation number `countdown` (from 0) and all after it
 * fail; -1: none. */
void kf__mem_fail_after(long countdown);
/* Tests: how many allocations this thread has made since the last call of
 * kf__mem_fail_after. */
long kf__mem_count(void);

#endif
