/* SPDX-License-Identifier: Apache-2.0 */
#include "search/random.h"

#include <math.h>
#include <string.h>

#define ROUNDS 10
#define TWO_PI 6.28318530717958647693

void kf__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k[2];
    memcpy(c, counter, sizeof c);
    memcpy(k, key, sizeof k);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * c[0];
        uint64_t b = (uint64_t)0xCD9E8D57 * c[2];
        uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k[0], (uint32_t)b,
            (uint32_t)(a >> 32) ^ c[3] ^ k[1], (uint32_t)a};
        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    memcpy(out, c, sizeof c);
}

kf_random kf__random(uint64_t seed, uint64_t stream)
{
    return (kf_random){.seed = seed, .stream = stream};
}

uint32_t kf__random_word(kf_random *random)
{
    if (random->left == 0) {
        uint32_t counter[4] = {(uint32_t)random->block, (uint32_t)(random->block >> 32),
            (uint32_t)random->stream, (uint32_t)(random->stream >> 32)};
        uint32_t key[2] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32)};
        kf__philox(counter, key, random->words);
        random->block++;
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

static uint64_t next64(kf_random *random)
{
    uint64_t low = kf__random_word(random);
    return low | (uint64_t)kf__random_word(random) << 32;
}

double kf__random_uniform(kf_random *random)
{
    return (double)(next64(random) >> 11) * 0x1p-53;
}

/* Box and Muller. */
double kf__random_normal(kf_random *random)
{
    if (random->has_spare) {
        random->has_spare = 0;
        return random->spare;
    }
    double radius = sqrt(-2 * log(1 - kf__random_uniform(random)));
    double angle = TWO_PI * kf__random_uniform(random);
    random->spare = radius * sin(angle);
    random->has_spare = 1;
    return radius * cos(angle);
}

uint64_t kf__random_index(kf_random *random, uint64_t count)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % count;
    uint64_t number;
    do
        number = next64(random);
    while (number >= limit);
    return number % count;
}
