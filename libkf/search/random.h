/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that depend on a seed and a stream alone, on every machine: Philox 4x32-10
 * (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). */
#ifndef KF_SEARCH_RANDOM_H
#define KF_SEARCH_RANDOM_H

#include <stdint.h>

typedef struct kf_random {
    uint64_t seed, stream, block;
    uint32_t words[4];
    int left;
    double spare; /* The second normal number of a pair. */
    int has_spare;
} kf_random;

void kf__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
kf_random kf__random(uint64_t seed, uint64_t stream);
uint32_t kf__random_word(kf_random *random);
double kf__random_uniform(kf_random *random); /* [0, 1), 53 bits. */
double kf__random_normal(kf_random *random);
uint64_t kf__random_index(kf_random *random, uint64_t count); /* [0, count) */

#endif
