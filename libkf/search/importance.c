/* SPDX-License-Identifier: Apache-2.0 */
/* Functional ANOVA (Hutter, Hoos, Leyton-Brown, ICML 2014): a forest of regression trees
 * is fitted to the trials; a parameter matters as far as the forest's mean over all other
 * parameters varies with it. */
#include "search/importance.h"

#include <stdlib.h>

#include "base/error.h"

enum { TREES = 32, GRID = 64, LEAST_TRIALS = 4, MOST_TRIALS = 2000, DEPTH = 32 };

typedef struct node {
    int axis; /* -1: a leaf. */
    int left, right;
    double threshold, value;
} node;

typedef struct forest {
    size_t axes, count; /* Of trials. */
    double *points;     /* count × axes, in [0, 1]. */
    double *losses;
    int *members; /* Of the sample of one tree. */
    KF__VEC(node) nodes;
    kf_random random;
} forest;

/* ---- data ---- */

static double unit(const kf_axis *axis, double coordinate)
{
    if (isnan(coordinate))
        return 0.5;
    return axis->kind == KF_AXIS_CATEGORICAL ? (coordinate + 0.5) / (double)axis->levels
                                             : coordinate;
}

/* The newest trials with a value. */
static void gather(const kf_study *study, forest *out)
{
    for (size_t i = study->entries.count; i > 0 && out->count < MOST_TRIALS; i--) {
        const kf_trial *trial = &study->entries.items[i - 1]->trial;
        if (trial->losses == NULL)
            continue;
        for (size_t axis = 0; axis < out->axes; axis++)
            out->points[out->count * out->axes + axis] =
                unit(kf_space_axis(study->space, axis), trial->point[axis]);
        out->losses[out->count++] = trial->losses[0];
    }
}

static double at(const forest *self, int member, size_t axis)
{
    return self->points[(size_t)member * self->axes + axis];
}

/* ---- trees ---- */

typedef struct split {
    int axis;
    double threshold, gain;
} split;

/* Shell's sort: qsort has no argument for the forest. */
static void sort_members(const forest *self, int *members, int count, size_t axis)
{
    for (int gap = count / 2; gap > 0; gap /= 2) {
        for (int i = gap; i < count; i++) {
            int moved = members[i], place = i;
            for (; place >= gap &&
                   at(self, members[place - gap], axis) > at(self, moved, axis);
                 place -= gap)
                members[place] = members[place - gap];
            members[place] = moved;
        }
    }
}

/* The cut of the axis that lessens the squared error most. */
static void try_axis(forest *self, int *members, int count, size_t axis, split *best)
{
    double total = 0, left = 0;
    sort_members(self, members, count, axis);
    for (int i = 0; i < count; i++)
        total += self->losses[members[i]];
    for (int i = 1; i < count; i++) {
        left += self->losses[members[i - 1]];
        double before = at(self, members[i - 1], axis);
        double after = at(self, members[i], axis);
        if (after <= before)
            continue;
        double right = total - left;
        double gain =
            left * left / i + right * right / (count - i) - total * total / count;
        if (gain > best->gain)
            *best = (split){(int)axis, (before + after) / 2, gain};
    }
}

static kf_status grow(forest *self, int *members, int count, int depth, int *out)
{
    double mean = 0, spread = 0;
    for (int i = 0; i < count; i++)
        mean += self->losses[members[i]] / count;
    for (int i = 0; i < count; i++)
        spread += pow(self->losses[members[i]] - mean, 2);
    node made = {.axis = -1, .value = mean};
    split best = {.gain = 1e-12 * spread};
    for (size_t axis = 0; axis < self->axes && count > 1 && depth < DEPTH; axis++)
        try_axis(self, members, count, axis, &best);
    *out = (int)self->nodes.count;
    KF__TRY(kf__vec_push(&self->nodes, made));
    if (!(best.gain > 1e-12 * spread))
        return KF_OK;
    int left_count = 0, left, right;
    sort_members(self, members, count, (size_t)best.axis);
    while (left_count < count &&
           at(self, members[left_count], (size_t)best.axis) < best.threshold)
        left_count++;
    KF__TRY(grow(self, members, left_count, depth + 1, &left));
    KF__TRY(grow(self, members + left_count, count - left_count, depth + 1, &right));
    self->nodes.items[*out] = (node){best.axis, left, right, best.threshold, mean};
    return KF_OK;
}

static kf_status grow_tree(forest *self)
{
    int root;
    self->nodes.count = 0;
    for (size_t i = 0; i < self->count; i++)
        self->members[i] = (int)kf__random_index(&self->random, self->count);
    return grow(self, self->members, (int)self->count, 0, &root);
}

/* ---- marginals ---- */

typedef struct box {
    double *low, *high;
} box;

/* Add a leaf to the mean of each axis over all others, on a grid. */
static void add_leaf(
    const forest *self, const box *cell, double value, double *marginals)
{
    double volume = 1;
    for (size_t axis = 0; axis < self->axes; axis++)
        volume *= cell->high[axis] - cell->low[axis];
    for (size_t axis = 0; axis < self->axes; axis++) {
        double low = cell->low[axis] * GRID, high = cell->high[axis] * GRID;
        double weight = value * volume / (cell->high[axis] - cell->low[axis]);
        for (int i = (int)low; i < GRID && i < high; i++)
            marginals[axis * GRID + (size_t)i] +=
                weight * (fmin(high, i + 1) - fmax(low, i));
    }
}

static void walk(const forest *self, int index, box *cell, double *marginals)
{
    const node *here = &self->nodes.items[index];
    if (here->axis < 0) {
        add_leaf(self, cell, here->value, marginals);
        return;
    }
    double low = cell->low[here->axis], high = cell->high[here->axis];
    cell->high[here->axis] = here->threshold;
    walk(self, here->left, cell, marginals);
    cell->high[here->axis] = high;
    cell->low[here->axis] = here->threshold;
    walk(self, here->right, cell, marginals);
    cell->low[here->axis] = low;
}

static double variance(const double *numbers, int count)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < count; i++)
        mean += numbers[i] / count;
    for (int i = 0; i < count; i++)
        squares += pow(numbers[i] - mean, 2) / count;
    return squares;
}

/* The marginals of all trees together. */
static kf_status marginals_of(forest *self, box *cell, double *marginals)
{
    for (int tree = 0; tree < TREES; tree++) {
        KF__TRY(grow_tree(self));
        for (size_t axis = 0; axis < self->axes; axis++) {
            cell->low[axis] = 0;
            cell->high[axis] = 1;
        }
        walk(self, 0, cell, marginals);
    }
    return KF_OK;
}

static kf_status fit(forest *self, double *scratch, double *out)
{
    box cell = {scratch, scratch + self->axes};
    double *marginals = scratch + 2 * self->axes, sum = 0;
    KF__TRY(marginals_of(self, &cell, marginals));
    for (size_t axis = 0; axis < self->axes; axis++)
        sum += out[axis] = variance(marginals + axis * GRID, GRID);
    for (size_t axis = 0; axis < self->axes; axis++)
        out[axis] = sum > 0 ? out[axis] / sum : 0;
    return KF_OK;
}

kf_status kf__importance(const kf_study *study, double *out)
{
    size_t axes = kf_space_count(study->space), trials = study->entries.count;
    forest self = {.axes = axes, .random = kf__random(0, UINT64_MAX)};
    size_t most = trials < MOST_TRIALS ? trials : MOST_TRIALS;
    size_t scratch = axes * (2 + GRID);
    double *memory = kf__calloc(most * (axes + 1) + scratch + 1, sizeof *memory);
    self.members = kf__calloc(most + 1, sizeof *self.members);
    kf_status status = memory == NULL || self.members == NULL ? kf__nomem() : KF_OK;
    for (size_t axis = 0; axis < axes; axis++)
        out[axis] = 0;
    if (status == KF_OK) {
        self.points = memory + scratch;
        self.losses = self.points + most * axes;
        gather(study, &self);
        if (self.count >= LEAST_TRIALS)
            status = fit(&self, memory, out);
    }
    kf__vec_finish(&self.nodes);
    kf__free(self.members);
    kf__free(memory);
    return status;
}

kf_status kf_study_importance(const kf_study *study, kf_value **out)
{
    KF__REQUIRE(study != NULL && out != NULL);
    size_t axes = kf_space_count(study->space);
    double *shares = kf__calloc(axes + 1, sizeof *shares);
    kf_status status = shares == NULL ? kf__nomem() : kf__importance(study, shares);
    kf_tree tree = KF__TREE_INIT;
    kf_value *object = kf__tree_struct(&tree);
    for (size_t i = 0; i < axes && status == KF_OK; i++)
        kf__put(&tree, object, kf_space_axis(study->space, i)->name,
            kf__tree_double(&tree, shares[i]));
    kf__free(shares);
    if (status != KF_OK) {
        kf__tree_finish(&tree);
        return status;
    }
    return kf__tree_take(&tree, object, out);
}
