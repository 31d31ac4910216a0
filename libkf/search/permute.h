/* SPDX-License-Identifier: Apache-2.0 */
/* A random order of the numbers from 0 to before `count` (at most 2^62), which is not
 * held anywhere: a Feistel network, walked until it is back in the range (Black and
 * Rogaway, "Ciphers with arbitrary finite domains", 2002). */
#ifndef KF_SEARCH_PERMUTE_H
#define KF_SEARCH_PERMUTE_H

#include <stdint.h>

/* The number at a position, and the position of a number. */
uint64_t kf__permute(uint64_t seed, uint64_t count, uint64_t position);
uint64_t kf__permute_back(uint64_t seed, uint64_t count, uint64_t number);

#endif
