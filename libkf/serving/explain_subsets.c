/* SPDX-License-Identifier: Apache-2.0 */
/* The subsets that KernelSHAP tries, as the package shap chooses them. */
#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "serving/explain_kernel.h"

void kf__subsets_finish(kf_subsets *subsets)
{
    kf__free(subsets->bits);
    kf__free(subsets->weights);
}

/* A subset of no features yet, which the caller fills. */
static uint64_t *add(kf_subsets *subsets, double weight)
{
    uint64_t *bits = subsets->bits + subsets->count * subsets->words;
    memset(bits, 0, subsets->words * sizeof *bits);
    subsets->weights[subsets->count++] = weight;
    return bits;
}

static void add_complement(kf_subsets *subsets, const uint64_t *of, double weight)
{
    uint64_t *bits = add(subsets, weight);
    for (size_t i = 0; i < subsets->features; i++)
        bits[i / 64] |= (~of[i / 64] >> (i % 64) & 1) << (i % 64);
}

static double choices(size_t of, size_t size)
{
    double count = 1;
    for (size_t i = 1; i <= size; i++)
        count = count * (double)(of - size + i) / (double)i;
    return count;
}

/* ---- all of a size ---- */

static bool next_combination(size_t *members, size_t size, size_t of)
{
    size_t i = size;
    while (i > 0 && members[i - 1] == of - size + i - 1)
        i--;
    if (i == 0)
        return false;
    members[i - 1]++;
    for (; i < size; i++)
        members[i] = members[i - 1] + 1;
    return true;
}

static kf_status add_all(kf_subsets *subsets, size_t size, bool paired, double weight)
{
    size_t *members = kf__calloc(size, sizeof *members);
    if (members == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < size; i++)
        members[i] = i;
    do {
        if (subsets->count + (paired ? 2 : 1) > subsets->capacity)
            break;
        uint64_t *bits = add(subsets, weight);
        for (size_t i = 0; i < size; i++)
            bits[members[i] / 64] |= UINT64_C(1) << (members[i] % 64);
        if (paired)
            add_complement(subsets, bits, weight);
    } while (next_combination(members, size, subsets->features));
    kf__free(members);
    return KF_OK;
}

/* ---- drawn ---- */

/* What draws, and where it has put a subset already. */
typedef struct drawer {
    kf_subsets *subsets;
    uint64_t state;
    size_t *order;   /* Of the features. */
    uint32_t *slots; /* By hash: a subset that was drawn, from 1; 0: none. */
    size_t mask;
} drawer;

/* SplitMix64. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double draw_unit(uint64_t *state)
{
    return (double)(draw(state) >> 11) * 0x1p-53;
}

/* The slot of a subset: it has it, or none. */
static uint32_t *find(const drawer *drawing, const uint64_t *bits)
{
    const kf_subsets *subsets = drawing->subsets;
    size_t size = subsets->words * sizeof *bits;
    size_t at = kf__hash64(bits, size) & drawing->mask;
    while (drawing->slots[at] != 0 &&
           memcmp(subsets->bits + (drawing->slots[at] - 1) * subsets->words, bits,
               size) != 0)
        at = (at + 1) & drawing->mask;
    return &drawing->slots[at];
}

/* One subset, with its complement if `paired`; a subset that was drawn before weighs
 * more. */
static void draw_subset(drawer *drawing, size_t size, bool paired)
{
    kf_subsets *subsets = drawing->subsets;
    uint64_t *bits = add(subsets, 1);
    for (size_t i = 0; i < size; i++) {
        size_t left = subsets->features - i;
        size_t at = i + (size_t)(draw_unit(&drawing->state) * (double)left);
        size_t feature = drawing->order[at];
        drawing->order[at] = drawing->order[i];
        drawing->order[i] = feature;
        bits[feature / 64] |= UINT64_C(1) << (feature % 64);
    }
    uint32_t *slot = find(drawing, bits);
    if (*slot == 0) {
        *slot = (uint32_t)subsets->count;
        if (paired && subsets->count < subsets->capacity)
            add_complement(subsets, bits, 1);
        return;
    }
    subsets->count--;
    size_t index = *slot - 1;
    subsets->weights[index] += 1;
    if (paired && index + 1 < subsets->count)
        subsets->weights[index + 1] += 1;
}

static size_t draw_size(drawer *drawing, const double *chances, size_t sizes)
{
    double at = draw_unit(&drawing->state);
    for (size_t i = 0; i + 1 < sizes; i++) {
        if (at < chances[i])
            return i;
        at -= chances[i];
    }
    return sizes - 1;
}

static kf_status drawing_new(kf_subsets *subsets, uint64_t seed, drawer *out)
{
    size_t slots = 16;
    while (slots < 4 * subsets->capacity)
        slots *= 2;
    *out = (drawer){.subsets = subsets,
        .state = seed,
        .order = kf__calloc(subsets->features, sizeof *out->order),
        .slots = kf__calloc(slots, sizeof *out->slots),
        .mask = slots - 1};
    if (out->order == NULL || out->slots == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < subsets->features; i++)
        out->order[i] = i;
    return KF_OK;
}

/* weights: of the sizes from 1 on, of which `full` have been gone through. */
static kf_status draw_rest(kf_subsets *subsets, uint64_t seed, double *weights,
    size_t sizes, size_t paired, size_t full)
{
    size_t fixed = subsets->count, rest = sizes - full;
    size_t tries = 4 * (subsets->capacity - fixed);
    double left = 0, sum = 0, drawn = 0;
    drawer drawing;
    for (size_t i = full; i < sizes; i++) {
        left += weights[i];
        weights[i] /= i < paired ? 2 : 1;
        sum += weights[i];
    }
    for (size_t i = full; i < sizes; i++)
        weights[i] /= sum;
    kf_status status = drawing_new(subsets, seed, &drawing);
    for (; status == KF_OK && tries > 0 && subsets->count < subsets->capacity;
         tries--) {
        size_t size = full + draw_size(&drawing, weights + full, rest) + 1;
        draw_subset(&drawing, size, size <= paired);
    }
    for (size_t i = fixed; i < subsets->count; i++)
        drawn += subsets->weights[i];
    for (size_t i = fixed; i < subsets->count; i++)
        subsets->weights[i] *= left / drawn;
    kf__free(drawing.order);
    kf__free(drawing.slots);
    return status;
}

/* ---- all of it ---- */

static kf_status choose(kf_subsets *subsets, uint64_t seed, double *weights)
{
    size_t features = subsets->features, full = 0;
    size_t sizes = features / 2, paired = (features - 1) / 2;
    double sum = 0, left = 1;
    for (size_t i = 0; i < sizes; i++) {
        double size = (double)(i + 1), all = (double)features;
        weights[i] = (all - 1) / (size * (all - size)) * (i < paired ? 2 : 1);
        sum += weights[i];
    }
    for (size_t i = 0; i < sizes; i++)
        weights[i] /= sum;
    for (; full < sizes; full++) {
        double each = choices(features, full + 1);
        bool pair = full < paired;
        double room = (double)(subsets->capacity - subsets->count);
        double share = left > 0 ? weights[full] / left : 1;
        if (room * share / (each * (pair ? 2 : 1)) < 1 - 1e-8)
            break;
        left -= weights[full];
        KF__TRY(
            add_all(subsets, full + 1, pair, weights[full] / each / (pair ? 2 : 1)));
    }
    return full < sizes ? draw_rest(subsets, seed, weights, sizes, paired, full)
                        : KF_OK;
}

kf_status kf__subsets_choose(
    size_t features, size_t samples, uint64_t seed, kf_subsets *out)
{
    size_t words = (features + 63) / 64;
    if (features <= 30 && samples > (UINT64_C(1) << features) - 2)
        samples = (size_t)(UINT64_C(1) << features) - 2;
    *out = (kf_subsets){.features = features, .words = words, .capacity = samples};
    out->bits = kf__reallocarray(NULL, (samples + 1) * words, sizeof *out->bits);
    out->weights = kf__reallocarray(NULL, samples + 1, sizeof *out->weights);
    double *weights = kf__calloc(features, sizeof *weights);
    kf_status status = out->bits != NULL && out->weights != NULL && weights != NULL
                           ? choose(out, seed, weights)
                           : KF_ENOMEM;
    kf__free(weights);
    return status;
}
