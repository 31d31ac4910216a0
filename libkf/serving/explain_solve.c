/* SPDX-License-Identifier: Apache-2.0 */
/* What KernelSHAP concludes from the effects of subsets. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "serving/explain_kernel.h"

/* By elimination with pivots. */
void kf__solve(double *matrix, double *right, size_t count, double *x)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(matrix[i * count + i]));
    for (size_t i = 0; i < count; i++) {
        size_t pivot = i;
        for (size_t j = i + 1; j < count; j++)
            if (fabs(matrix[j * count + i]) > fabs(matrix[pivot * count + i]))
                pivot = j;
        if (pivot != i) {
            for (size_t k = 0; k < count; k++) {
                double swap = matrix[i * count + k];
                matrix[i * count + k] = matrix[pivot * count + k];
                matrix[pivot * count + k] = swap;
            }
            double swap = right[i];
            right[i] = right[pivot];
            right[pivot] = swap;
        }
        if (fabs(matrix[i * count + i]) <= largest * 1e-14)
            continue;
        for (size_t j = i + 1; j < count; j++) {
            double factor = matrix[j * count + i] / matrix[i * count + i];
            for (size_t k = i; k < count; k++)
                matrix[j * count + k] -= factor * matrix[i * count + k];
            right[j] -= factor * right[i];
        }
    }
    for (size_t i = count; i-- > 0;) {
        double sum = right[i], diagonal = matrix[i * count + i];
        for (size_t k = i + 1; k < count; k++)
            sum -= matrix[i * count + k] * x[k];
        x[i] = fabs(diagonal) <= largest * 1e-14 ? 0 : sum / diagonal;
    }
}

/* ---- which features matter ---- */

/* Least-angle regression on the subsets and, so that the effects sum up, on their
 * complements, as far as the order in which features come in. */
typedef struct angles {
    size_t features;
    double *gram; /* features × features */
    double
        *towards; /* How far each feature still points towards what is unexplained. */
    size_t *active;
    size_t count;
    bool *taken;
    double *signs;
    double rows;
    double *room; /* count × count + 3 × count numbers for solving. */
} angles;

static void add_row(angles *at, const kf_subsets *subsets, size_t row, bool complement,
    double weight, double effect)
{
    for (size_t i = 0; i < at->features; i++) {
        if (kf__subset_has(subsets, row, i) == complement)
            continue;
        double x = complement ? -1 : 1;
        at->towards[i] += weight * x * effect;
        for (size_t j = 0; j < at->features; j++)
            if (kf__subset_has(subsets, row, j) != complement)
                at->gram[i * at->features + j] += weight;
    }
}

static void fill_angles(
    angles *at, const kf_subsets *subsets, const double *effects, double whole)
{
    for (size_t i = 0; i < subsets->count; i++) {
        double size = 0, weight = subsets->weights[i];
        for (size_t j = 0; j < at->features; j++)
            size += kf__subset_has(subsets, i, j) ? 1 : 0;
        add_row(
            at, subsets, i, false, weight * ((double)at->features - size), effects[i]);
        add_row(at, subsets, i, true, weight * size, effects[i] - whole);
    }
}

/* How each active feature grows, all of them alike in angle, and how `towards` shrinks. */
static double direction(const angles *at, double *growth)
{
    size_t count = at->count;
    double *matrix = at->room, *right = matrix + count * count, norm = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            matrix[i * count + j] =
                at->gram[at->active[i] * at->features + at->active[j]];
        right[i] = at->signs[i];
    }
    kf__solve(matrix, right, count, growth);
    for (size_t i = 0; i < count; i++)
        norm += growth[i] * at->signs[i];
    double alike = norm > 0 ? 1 / sqrt(norm) : 0;
    for (size_t i = 0; i < count; i++)
        growth[i] *= alike;
    return alike;
}

static double shrinking(const angles *at, const double *growth, size_t feature)
{
    double sum = 0;
    for (size_t i = 0; i < at->count; i++)
        sum += at->gram[feature * at->features + at->active[i]] * growth[i];
    return sum;
}

/* Grow until another feature points as much towards what is left. */
static void step(angles *at, double most, double *shrink)
{
    double *growth = at->room + at->count * at->count + at->count;
    double alike = direction(at, growth), length = alike > 0 ? most / alike : 0;
    for (size_t i = 0; i < at->features; i++) {
        shrink[i] = shrinking(at, growth, i);
        if (at->taken[i])
            continue;
        double down = (most - at->towards[i]) / (alike - shrink[i] + 1e-300);
        double up = (most + at->towards[i]) / (alike + shrink[i] + 1e-300);
        if (down > 0 && down < length)
            length = down;
        if (up > 0 && up < length)
            length = up;
    }
    for (size_t i = 0; i < at->features; i++)
        at->towards[i] -= length * shrink[i];
}

static void choose_active(angles *at, size_t most, double *shrink)
{
    while (at->count < most) {
        size_t best = at->features;
        double largest = 0;
        for (size_t i = 0; i < at->features; i++)
            if (!at->taken[i] && fabs(at->towards[i]) > largest) {
                largest = fabs(at->towards[i]);
                best = i;
            }
        if (best == at->features || largest <= at->rows * FLT_EPSILON)
            return;
        at->taken[best] = true;
        at->signs[at->count] = at->towards[best] > 0 ? 1 : -1;
        at->active[at->count++] = best;
        if (at->count < most)
            step(at, largest, shrink);
    }
}

static kf_status find_active(const kf_subsets *subsets, const double *effects,
    double whole, size_t most, size_t *active, size_t *count)
{
    size_t features = subsets->features;
    size_t squared = features * features, room = most * most + 3 * most;
    double *memory =
        kf__calloc(squared + 2 * features + most + room + 1, sizeof *memory);
    bool *taken = kf__calloc(features, sizeof *taken);
    if (memory != NULL && taken != NULL) {
        angles at = {.features = features,
            .gram = memory,
            .towards = memory + squared,
            .active = active,
            .rows = 2 * (double)subsets->count,
            .taken = taken,
            .signs = memory + squared + 2 * features,
            .room = memory + squared + 2 * features + most};
        fill_angles(&at, subsets, effects, whole);
        choose_active(&at, most, memory + squared + features);
        *count = at.count;
    }
    kf_status status = memory != NULL && taken != NULL ? KF_OK : KF_ENOMEM;
    kf__free(memory);
    kf__free(taken);
    return status;
}

/* ---- the regression ---- */

/* The last of the features has what the others leave of the whole. */
static void regress(const kf_subsets *subsets, const double *effects, double whole,
    const size_t *active, size_t count, double *memory, double *phi)
{
    size_t free_count = count - 1;
    double *matrix = memory, *right = matrix + free_count * free_count;
    double *x = right + free_count, *row = x + free_count, rest = whole;
    for (size_t i = 0; i < subsets->count; i++) {
        double last = kf__subset_has(subsets, i, active[free_count]) ? 1 : 0;
        double effect = effects[i] - last * whole, weight = subsets->weights[i];
        for (size_t j = 0; j < free_count; j++)
            row[j] = (kf__subset_has(subsets, i, active[j]) ? 1 : 0) - last;
        for (size_t j = 0; j < free_count; j++) {
            if (row[j] == 0)
                continue;
            right[j] += weight * row[j] * effect;
            for (size_t k = 0; k < free_count; k++)
                matrix[j * free_count + k] += weight * row[j] * row[k];
        }
    }
    kf__solve(matrix, right, free_count, x);
    for (size_t i = 0; i < free_count; i++) {
        phi[active[i]] = x[i];
        rest -= x[i];
    }
    phi[active[free_count]] = rest;
}

kf_status kf__kernel_solve(const kf_subsets *subsets, const double *effects,
    double whole, const kf_selection *how, double *phi)
{
    size_t features = subsets->features, count = features;
    size_t *active = kf__calloc(features, sizeof *active);
    kf_status status = active != NULL ? KF_OK : KF_ENOMEM;
    for (size_t i = 0; status == KF_OK && i < features; i++)
        active[i] = i;
    if (status == KF_OK && how->kind != KF__SELECT_MOST)
        status = kf__kernel_select(subsets, effects, whole, how, active, &count);
    else if (status == KF_OK && how->most < features)
        status = find_active(subsets, effects, whole, how->most, active, &count);
    memset(phi, 0, features * sizeof *phi);
    if (status == KF_OK && count > 0) {
        double *memory = kf__calloc(count * count + 3 * count, sizeof *memory);
        status = memory != NULL ? KF_OK : KF_ENOMEM;
        if (status == KF_OK)
            regress(subsets, effects, whole, active, count, memory, phi);
        kf__free(memory);
    }
    kf__free(active);
    return status;
}
