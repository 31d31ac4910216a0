/* SPDX-License-Identifier: Apache-2.0 */
#include "search/parzen.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/normal.h"

#define SQRT_2 1.41421356237309504880
#define SQRT_PI 1.77245385090551602730
#define FAR 8.5 /* Deviations beyond which a normal distribution has no mass left. */

kf_status kf__parzen_start(size_t axes, size_t kernels, kf_parzen *out)
{
    size_t count = 3 * axes * kernels + 3 * kernels;
    char *memory = kf__alloc(count * sizeof(double) + 2 * axes);
    if (memory == NULL)
        return kf__nomem();
    double *next = (double *)(void *)memory;
    size_t table = axes * kernels;
    *out = (kf_parzen){.axes = axes,
        .kernels = kernels,
        .mean = next,
        .scale = next + table,
        .rest = next + 2 * table,
        .base = next + 3 * table,
        .cumulative = next + 3 * table + kernels,
        .scratch = next + 3 * table + 2 * kernels,
        .is_choice = (bool *)(memory + count * sizeof(double)),
        .is_folded = (bool *)(memory + count * sizeof(double) + axes),
        .memory = memory};
    memset(out->is_choice, 0, axes);
    memset(out->is_folded, 0, axes);
    return KF_OK;
}

void kf__parzen_finish(kf_parzen *parzen)
{
    kf__free(parzen->memory);
    *parzen = (kf_parzen){0};
}

void kf__parzen_weigh(kf_parzen *parzen, const double *weights)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < parzen->kernels; i++)
        total += weights[i];
    for (size_t i = 0; i < parzen->kernels; i++) {
        sum += weights[i] / total;
        parzen->base[i] = log(weights[i] / total);
        parzen->cumulative[i] = sum;
    }
    parzen->cumulative[parzen->kernels - 1] = 1;
}

/* ---- kernels ---- */

/* The normal distribution's mass below z. */
static double below(double z)
{
    return z < -FAR ? 0 : z > FAR ? 1 : kf__normal_cdf(z);
}

/* What it has in [0, 1]. */
static double mass(double mean, double sigma)
{
    return 1 - below(-mean / sigma) - below((mean - 1) / sigma);
}

void kf__parzen_number(
    kf_parzen *parzen, size_t axis, size_t kernel, double mean, double sigma)
{
    size_t at = axis * parzen->kernels + kernel;
    double scale = 1 / (sigma * SQRT_2);
    parzen->mean[at] = mean;
    parzen->scale[at] = scale;
    parzen->rest[at] = log(scale / (mass(mean, sigma) * SQRT_PI));
}

void kf__parzen_choice(kf_parzen *parzen, size_t axis, size_t kernel, double level,
    double hit, double miss)
{
    size_t at = axis * parzen->kernels + kernel;
    parzen->is_choice[axis] = true;
    parzen->mean[at] = level;
    parzen->scale[at] = log(hit);
    parzen->rest[at] = log(miss);
}

void kf__parzen_unknown(kf_parzen *parzen, size_t axis, size_t kernel, int64_t levels)
{
    size_t at = axis * parzen->kernels + kernel;
    double uniform = levels > 0 ? -log((double)levels) : 0;
    parzen->is_choice[axis] = levels > 0;
    parzen->mean[at] = levels > 0 ? (double)NAN : 0;
    parzen->scale[at] = uniform;
    parzen->rest[at] = uniform;
}

void kf__parzen_leave_out(kf_parzen *parzen, size_t axis, size_t kernel, int64_t levels)
{
    size_t at = axis * parzen->kernels + kernel;
    kf__parzen_unknown(parzen, axis, kernel, levels);
    parzen->rest[at] = -INFINITY;
}

bool kf__parzen_is_left_out(const kf_parzen *parzen, size_t axis, size_t kernel)
{
    return isinf(parzen->rest[axis * parzen->kernels + kernel]);
}

void kf__parzen_fold(kf_parzen *parzen, size_t axis)
{
    double *rest = parzen->rest + axis * parzen->kernels;
    for (size_t i = 0; i < parzen->kernels; i++) {
        parzen->base[i] += rest[i];
        rest[i] = 0;
    }
    parzen->is_folded[axis] = true;
}

/* ---- densities ---- */

/* exp(x) of x <= 0 to ten digits, in a form that compilers vectorise: 2^n times a
 * polynomial of what is left. */
static inline double quick_exp(double x)
{
    const double round = 0x1.8p52, log2e = 1.44269504088896340736;
    const double ln2_high = 6.93147180369123816490e-01;
    const double ln2_low = 1.90821492927058770002e-10;
    x = x < -700 ? -700 : x;
    double shifted = x * log2e + round;
    double n = shifted - round;
    double r = x - n * ln2_high - n * ln2_low;
    double p = 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t bits;
    double power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static void add_numbers(const kf_parzen *parzen, size_t axis, double x, double *sums)
{
    size_t count = parzen->kernels;
    const double *restrict mean = parzen->mean + axis * count;
    const double *restrict scale = parzen->scale + axis * count;
    const double *restrict rest = parzen->rest + axis * count;
    double *restrict sum = sums;
    if (parzen->is_folded[axis]) {
        for (size_t i = 0; i < count; i++) {
            double z = (x - mean[i]) * scale[i];
            sum[i] -= z * z;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double z = (x - mean[i]) * scale[i];
        sum[i] += rest[i] - z * z;
    }
}

static void add_choices(const kf_parzen *parzen, size_t axis, double x, double *sums)
{
    size_t count = parzen->kernels;
    const double *restrict level = parzen->mean + axis * count;
    const double *restrict hit = parzen->scale + axis * count;
    const double *restrict miss = parzen->rest + axis * count;
    double *restrict sum = sums;
    for (size_t i = 0; i < count; i++)
        sum[i] += level[i] == x ? hit[i] : miss[i];
}

#define LANES 4 /* Independent chains: one would wait for its own results. */

static double greatest_of(const double *terms, size_t count)
{
    double most[LANES] = {terms[0], terms[0], terms[0], terms[0]};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            most[k] = terms[i + k] > most[k] ? terms[i + k] : most[k];
    for (; i < count; i++)
        most[0] = terms[i] > most[0] ? terms[i] : most[0];
    return fmax(fmax(most[0], most[1]), fmax(most[2], most[3]));
}

static double log_of_sum(const double *terms, size_t count)
{
    double most = greatest_of(terms, count), sums[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sums[k] += quick_exp(terms[i + k] - most);
    for (; i < count; i++)
        sums[0] += quick_exp(terms[i] - most);
    return most + log(sums[0] + sums[1] + sums[2] + sums[3]);
}

double kf__parzen_log(
    const kf_parzen *parzen, size_t first, size_t last, const double *point)
{
    double *sums = parzen->scratch;
    memcpy(sums, parzen->base, parzen->kernels * sizeof *sums);
    for (size_t axis = first; axis < last; axis++) {
        if (isnan(point[axis]))
            continue;
        if (parzen->is_choice[axis])
            add_choices(parzen, axis, point[axis], sums);
        else
            add_numbers(parzen, axis, point[axis], sums);
    }
    return log_of_sum(sums, parzen->kernels);
}

/* ---- drawing ---- */

size_t kf__parzen_pick(const kf_parzen *parzen, double uniform)
{
    size_t low = 0, high = parzen->kernels - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (parzen->cumulative[middle] > uniform)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static double draw_choice(
    const kf_parzen *parzen, size_t at, int64_t levels, double uniform)
{
    double level = parzen->mean[at];
    double hit = exp(parzen->scale[at]);
    if (isnan(level))
        return floor(uniform * (double)levels);
    if (uniform < hit || levels < 2)
        return level;
    double other = floor((uniform - hit) / (1 - hit) * (double)(levels - 1));
    other = fmin(other, (double)(levels - 2));
    return other < level ? other : other + 1;
}

double kf__parzen_draw(
    const kf_parzen *parzen, size_t axis, size_t kernel, int64_t levels, double uniform)
{
    size_t at = axis * parzen->kernels + kernel;
    if (parzen->is_choice[axis])
        return draw_choice(parzen, at, levels, uniform);
    if (parzen->scale[at] == 0)
        return uniform;
    double mean = parzen->mean[at], sigma = 1 / (parzen->scale[at] * SQRT_2);
    double least = below(-mean / sigma), greatest = below((1 - mean) / sigma);
    double z = kf__normal_quantile(least + (greatest - least) * uniform);
    return fmin(fmax(mean + sigma * z, 0), 1);
}
