/* SPDX-License-Identifier: Apache-2.0 */
#include "search/cma.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/eigen.h"

#define WORST_RATIO 1e7 /* Of lengths: the matrix has a condition of 1e14 then. */
#define TINY 1e-8

/* ---- making ---- */

static double square(double x)
{
    return x * x;
}

/* The better half pulls, and the other half pushes. */
static void set_weights(kf_cma *cma)
{
    double n = (double)cma->axes, pulls = 0, pushes = 0, pulls2 = 0, pushes2 = 0;
    size_t half = cma->size / 2;
    for (size_t i = 0; i < cma->size; i++) {
        double weight = log(((double)cma->size + 1) / 2) - log((double)i + 1);
        cma->weights[i] = weight;
        *(i < half ? &pulls : &pushes) += weight;
        *(i < half ? &pulls2 : &pushes2) += weight * weight;
    }
    double mass = pulls * pulls / pulls2, push_mass = pushes * pushes / pushes2;
    double rate = cma->pace.rate;
    cma->mass = mass;
    cma->rate_one = rate * 2 / (square(n + 1.3) + mass);
    cma->rate_mu = fmin(1 - cma->rate_one - TINY,
        rate * 2 * (mass - 2 + 1 / mass) / (square(n + 2) + mass));
    double left = (1 - cma->rate_one - cma->rate_mu) / (n * cma->rate_mu);
    double most = fmin(
        fmin(1 + cma->rate_one / cma->rate_mu, left), 1 + 2 * push_mass / (mass + 2));
    double pulling = 0, pushing = 0;
    for (size_t i = 0; i < cma->size; i++)
        *(cma->weights[i] >= 0 ? &pulling : &pushing) += cma->weights[i];
    for (size_t i = 0; i < cma->size; i++)
        cma->weights[i] *= cma->weights[i] >= 0 ? 1 / pulling : -most / pushing;
}

static void set_rates(kf_cma *cma)
{
    double n = (double)cma->axes, mass = cma->mass;
    cma->rate_sigma = (mass + 2) / (n + mass + 5);
    cma->damping = cma->pace.damping *
                   (1 + 2 * fmax(0, sqrt((mass - 1) / (n + 1)) - 1) + cma->rate_sigma);
    cma->rate_path = (4 + mass / n) / (n + 4 + 2 * mass / n);
    cma->expected_length = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

static double *take(double **next, size_t count)
{
    double *taken = *next;
    *next += count;
    return taken;
}

kf_status kf__cma_new(size_t axes, size_t size, kf_cma_pace pace, kf_cma **out)
{
    kf_cma *cma = kf__calloc(1, sizeof *cma);
    if (cma == NULL)
        return kf__nomem();
    size_t count = 3 * axes * axes + 11 * axes + (axes + 2) * size;
    double *next = kf__calloc(count, sizeof *next);
    if (next == NULL) {
        kf__free(cma);
        return kf__nomem();
    }
    *cma = (kf_cma){.axes = axes, .size = size, .pace = pace, .memory = next};
    cma->covariance = take(&next, axes * axes);
    cma->vectors = take(&next, axes * axes);
    cma->mean = take(&next, axes);
    cma->scale = take(&next, axes);
    cma->lengths = take(&next, axes);
    cma->path_sigma = take(&next, axes);
    cma->path_c = take(&next, axes);
    cma->weights = take(&next, size);
    cma->scratch = next; /* n² + 6 n + (n + 1) λ */
    set_weights(cma);
    set_rates(cma);
    *out = cma;
    return KF_OK;
}

void kf__cma_free(kf_cma *cma)
{
    if (cma == NULL)
        return;
    kf__free(cma->memory);
    kf__free(cma);
}

/* B and D of C; a direction that is all but lost is kept at a ratio that numbers can
 * hold. */
static void decompose(kf_cma *cma)
{
    size_t n = cma->axes;
    double *matrix = cma->scratch, greatest = 0;
    memcpy(matrix, cma->covariance, n * n * sizeof *matrix);
    kf__eigen(n, matrix, cma->vectors, cma->lengths, matrix + n * n);
    for (size_t i = 0; i < n; i++)
        greatest = fmax(greatest, cma->lengths[i]);
    greatest = sqrt(fmax(greatest, 1e-300));
    for (size_t i = 0; i < n; i++)
        cma->lengths[i] = fmax(sqrt(fmax(cma->lengths[i], 0)), greatest / WORST_RATIO);
}

void kf__cma_begin(
    kf_cma *cma, const double *mean, double sigma, const double *covariance)
{
    size_t n = cma->axes;
    memcpy(cma->mean, mean, n * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        cma->scale[i] = 1;
        cma->path_sigma[i] = 0;
        cma->path_c[i] = 0;
        for (size_t j = 0; j < n; j++)
            cma->covariance[i * n + j] =
                covariance != NULL ? covariance[i * n + j] : i == j;
    }
    cma->sigma = sigma;
    cma->generation = 0;
    decompose(cma);
}

void kf__cma_sample(const kf_cma *cma, const double *normal, double *point)
{
    size_t n = cma->axes;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += cma->vectors[i * n + j] * cma->lengths[j] * normal[j];
        point[i] = cma->mean[i] + cma->sigma * cma->scale[i] * sum;
    }
}

/* ---- learning ---- */

/* C^(-1/2) y; `turned` has room for n. */
static void whiten(const kf_cma *cma, const double *y, double *turned, double *white)
{
    size_t n = cma->axes;
    for (size_t j = 0; j < n; j++)
        turned[j] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            turned[j] += cma->vectors[i * n + j] * y[i];
    for (size_t j = 0; j < n; j++)
        turned[j] /= cma->lengths[j];
    for (size_t i = 0; i < n; i++) {
        white[i] = 0;
        for (size_t j = 0; j < n; j++)
            white[i] += cma->vectors[i * n + j] * turned[j];
    }
}

static double norm(const double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* The steps that led to the points, and their lengths by the distribution. */
static void take_steps(
    const kf_cma *cma, const double *const *points, double *steps, double *lengths)
{
    size_t n = cma->axes;
    double *turned = cma->scratch, *white = turned + n;
    double longest = sqrt((double)n) + 2 * (double)n / ((double)n + 2);
    for (size_t k = 0; k < cma->size; k++) {
        double *y = steps + k * n;
        for (size_t i = 0; i < n; i++) {
            double step = (points[k][i] - cma->mean[i]) / (cma->sigma * cma->scale[i]);
            y[i] = isnan(step) ? 0 : step;
        }
        whiten(cma, y, turned, white);
        lengths[k] = norm(white, n);
        if (!cma->pace.bounded || lengths[k] <= longest)
            continue;
        for (size_t i = 0; i < n; i++)
            y[i] *= longest / lengths[k];
        lengths[k] = longest;
    }
}

/* The mean step, the mean, the paths and the step size; whether the path of C may go
 * on, which it may not while sigma grows fast. */
static bool move(kf_cma *cma, const double *steps)
{
    size_t n = cma->axes;
    double *turned = cma->scratch, *white = turned + n, *y = white + n;
    for (size_t i = 0; i < n; i++) {
        y[i] = 0;
        for (size_t k = 0; k < cma->size / 2; k++)
            y[i] += cma->weights[k] * steps[k * n + i];
        cma->mean[i] += cma->sigma * cma->scale[i] * y[i];
    }
    whiten(cma, y, turned, white);
    double rate = cma->rate_sigma;
    for (size_t i = 0; i < n; i++)
        cma->path_sigma[i] = (1 - rate) * cma->path_sigma[i] +
                             sqrt(rate * (2 - rate) * cma->mass) * white[i];
    double length = norm(cma->path_sigma, n);
    double settled = 1 - pow(1 - rate, 2 * (double)(cma->generation + 1));
    cma->sigma *= exp(rate / cma->damping * (length / cma->expected_length - 1));
    bool goes_on =
        length / sqrt(settled) < (1.4 + 2 / ((double)n + 1)) * cma->expected_length;
    double rate_path = cma->rate_path;
    double step = goes_on ? sqrt(rate_path * (2 - rate_path) * cma->mass) : 0;
    for (size_t i = 0; i < n; i++)
        cma->path_c[i] = (1 - rate_path) * cma->path_c[i] + step * y[i];
    return goes_on;
}

/* Bad points push no further than a usual step would; `lengths` are used up. */
static void learn(kf_cma *cma, const double *steps, double *lengths, bool goes_on)
{
    size_t n = cma->axes;
    double sum = 0, one = cma->rate_one, mu = cma->rate_mu;
    double *weights = lengths;
    for (size_t k = 0; k < cma->size; k++) {
        double weight = cma->weights[k];
        sum += weight;
        weights[k] =
            weight < 0 ? weight * (double)n / (square(lengths[k]) + TINY) : weight;
    }
    double lost = goes_on ? 0 : cma->rate_path * (2 - cma->rate_path);
    double kept = 1 + one * lost - one - mu * sum;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double parents = 0;
            for (size_t k = 0; k < cma->size; k++)
                parents += weights[k] * steps[k * n + i] * steps[k * n + j];
            double value = kept * cma->covariance[i * n + j] +
                           one * cma->path_c[i] * cma->path_c[j] + mu * parents;
            cma->covariance[i * n + j] = value;
            cma->covariance[j * n + i] = value;
        }
    }
}

/* Decomposing takes n³ steps: with many axes not in every generation. */
static bool is_due(const kf_cma *cma)
{
    double n = (double)cma->axes;
    double every = 1 / ((cma->rate_one + cma->rate_mu) * n * 10);
    return cma->generation % (int64_t)fmax(1, floor(every)) == 0;
}

void kf__cma_update(kf_cma *cma, const double *const *points)
{
    size_t n = cma->axes;
    double *lengths = cma->scratch + n * n + 6 * n, *steps = lengths + cma->size;
    take_steps(cma, points, steps, lengths);
    bool goes_on = move(cma, steps);
    learn(cma, steps, lengths, goes_on);
    cma->generation++;
    if (is_due(cma))
        decompose(cma);
}

/* ---- looking ---- */

double kf__cma_deviation(const kf_cma *cma, size_t axis)
{
    return cma->sigma * cma->scale[axis] *
           sqrt(fmax(cma->covariance[axis * cma->axes + axis], 0));
}

double kf__cma_spread(const kf_cma *cma, double *ratio)
{
    double least = cma->lengths[0], greatest = cma->lengths[0];
    for (size_t i = 1; i < cma->axes; i++) {
        least = fmin(least, cma->lengths[i]);
        greatest = fmax(greatest, cma->lengths[i]);
    }
    *ratio = greatest / least;
    return cma->sigma * greatest;
}
