/* SPDX-License-Identifier: Apache-2.0 */
#include "search/permute.h"

#include <stdbool.h>

#include "search/random.h"

#define ROUNDS 8
#define LEAST_BITS 4 /* Of a half: smaller networks have too few orders. */

static unsigned half_bits(uint64_t count)
{
    unsigned bits = LEAST_BITS;
    while (bits < 31 && (uint64_t)1 << (2 * bits) < count)
        bits++;
    return bits;
}

static uint32_t scrambled(uint64_t seed, uint64_t count, uint32_t half, uint32_t round)
{
    uint32_t counter[4] = {half, round, (uint32_t)count, (uint32_t)(count >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    kf__philox(counter, key, out);
    return out[0];
}

static uint64_t pass(uint64_t seed, uint64_t count, uint64_t number, bool back)
{
    unsigned bits = half_bits(count);
    uint32_t mask = ((uint32_t)1 << bits) - 1;
    uint32_t left = (uint32_t)(number >> bits), right = (uint32_t)number & mask;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (back) {
            uint32_t before =
                right ^ (scrambled(seed, count, left, ROUNDS - 1 - i) & mask);
            right = left;
            left = before;
        } else {
            uint32_t next = left ^ (scrambled(seed, count, right, i) & mask);
            left = right;
            right = next;
        }
    }
    return (uint64_t)left << bits | right;
}

static uint64_t walk(uint64_t seed, uint64_t count, uint64_t number, bool back)
{
    do
        number = pass(seed, count, number, back);
    while (number >= count);
    return number;
}

uint64_t kf__permute(uint64_t seed, uint64_t count, uint64_t position)
{
    return walk(seed, count, position, false);
}

uint64_t kf__permute_back(uint64_t seed, uint64_t count, uint64_t number)
{
    return walk(seed, count, number, true);
}
