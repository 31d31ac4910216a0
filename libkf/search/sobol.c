/* SPDX-License-Identifier: Apache-2.0 */
#include "search/sobol.h"

#include "base/error.h"
#include "base/mem.h"
#include "search/random.h"

#define BITS 32
#define ROW_DIGITS 80
#define LARGEST_DEGREE 13 /* Of the polynomials in the table. */

/* ---- the table ---- */

typedef struct reader {
    size_t at; /* In bits. */
} reader;

static uint32_t read_bits(reader *from, unsigned count)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < count; i++, from->at++) {
        size_t digit = from->at / 4;
        char c = kf__sobol_rows[digit / ROW_DIGITS][digit % ROW_DIGITS];
        unsigned value = (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        bits = bits << 1 | (value >> (3 - from->at % 4) & 1);
    }
    return bits;
}

/* The degree of the polynomial of an axis: how many primitive ones there are. */
static unsigned degree_of(size_t axis)
{
    static const unsigned counts[LARGEST_DEGREE] = {
        1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630};
    unsigned degree = 0;
    for (size_t before = 1; before <= axis; degree++)
        before += counts[degree];
    return degree;
}

/* Direction numbers by the recurrence of Bratley and Fox (1988). */
static void fill_axis(reader *from, unsigned degree, uint32_t numbers[BITS])
{
    uint32_t inner = read_bits(from, degree - 1);
    numbers[0] = 1u << (BITS - 1);
    for (unsigned k = 1; k < degree; k++)
        numbers[k] = (2 * read_bits(from, k) + 1) << (BITS - 1 - k);
    for (unsigned k = degree; k < BITS; k++) {
        numbers[k] = numbers[k - degree] ^ numbers[k - degree] >> degree;
        for (unsigned i = 1; i < degree; i++)
            if (inner >> (degree - 1 - i) & 1)
                numbers[k] ^= numbers[k - i];
    }
}

static void fill(kf_sobol *sobol)
{
    reader from = {0};
    for (size_t axis = 1; axis < sobol->axes; axis++)
        fill_axis(&from, degree_of(axis), sobol->numbers[axis]);
    for (unsigned k = 0; sobol->axes > 0 && k < BITS; k++)
        sobol->numbers[0][k] = 1u << (BITS - 1 - k);
}

/* ---- making ---- */

kf_status kf__sobol_new(size_t axes, bool scrambled, uint64_t seed, kf_sobol **out)
{
    if (axes > KF__SOBOL_AXES)
        return kf__fail(KF_ELIMIT, NULL,
            "a Sobol sequence has at most %d axes (KF__SOBOL_AXES), and %zu are needed",
            KF__SOBOL_AXES, axes);
    kf_sobol *sobol = kf__calloc(1, sizeof *sobol);
    if (sobol == NULL)
        return kf__nomem();
    sobol->numbers = kf__calloc(axes, sizeof *sobol->numbers);
    sobol->keys = kf__calloc(axes, sizeof *sobol->keys);
    if (axes > 0 && (sobol->numbers == NULL || sobol->keys == NULL)) {
        kf__sobol_free(sobol);
        return kf__nomem();
    }
    sobol->axes = axes;
    sobol->scrambled = scrambled;
    fill(sobol);
    kf_random random = kf__random(seed, UINT64_MAX);
    for (size_t i = 0; i < axes; i++)
        sobol->keys[i] = kf__random_word(&random);
    *out = sobol;
    return KF_OK;
}

void kf__sobol_free(kf_sobol *sobol)
{
    if (sobol == NULL)
        return;
    kf__free(sobol->numbers);
    kf__free(sobol->keys);
    kf__free(sobol);
}

/* ---- points ---- */

static uint32_t reverse(uint32_t x)
{
    x = x >> 16 | x << 16;
    x = (x & 0xff00ff00) >> 8 | (x & 0x00ff00ff) << 8;
    x = (x & 0xf0f0f0f0) >> 4 | (x & 0x0f0f0f0f) << 4;
    x = (x & 0xcccccccc) >> 2 | (x & 0x33333333) << 2;
    return (x & 0xaaaaaaaa) >> 1 | (x & 0x55555555) << 1;
}

/* Every bit may flip, as a hash of the key and the bits above it has it: the nested
 * uniform scrambling of Laine and Karras (2011) and Burley (2020), with the constants
 * that N. Vegdahl found (2021). Bits only reach upwards, so it is done in reverse. */
static uint32_t scramble(uint32_t x, uint32_t key)
{
    x = reverse(x);
    x ^= x * 0x3d20adea;
    x += key;
    x *= key >> 16 | 1;
    x ^= x * 0x05526c56;
    x ^= x * 0x53a22864;
    return reverse(x);
}

void kf__sobol_point(const kf_sobol *sobol, uint32_t index, double *point)
{
    uint32_t gray = index ^ index >> 1;
    for (size_t axis = 0; axis < sobol->axes; axis++) {
        uint32_t x = 0;
        for (unsigned k = 0; gray >> k != 0; k++) {
            if (gray >> k & 1)
                x ^= sobol->numbers[axis][k];
            if (k == BITS - 1)
                break;
        }
        point[axis] = sobol->scrambled
                          ? ((double)scramble(x, sobol->keys[axis]) + 0.5) * 0x1p-32
                          : (double)x * 0x1p-32;
    }
}
