/* SPDX-License-Identifier: Apache-2.0 */
/* Predicting with a plan: rows are ranked, find their leaves, and add what these have, in
 * the order of the trees. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "serving/forest_plan.h"

enum {
    FEW = 18,            /* Rows that are faster one by one. */
    CHECKED = 8,         /* Levels after which it is asked if all are down. */
    STACK_COLUMNS = 4096 /* Of one row, that need no memory of the heap. */
};

/* ---- adding ---- */

/* What one leaf has, to the sums of one row. */
static void add_leaf(const kf_forest *forest, uint32_t group, size_t row,
    const void *numbers, void *sums)
{
    size_t width = forest->width;
    if (forest->linear.count > 0) {
        double value = kf__forest_linear_value(forest, row, numbers);
        if (forest->sum == KF_DATATYPE_FP32)
            ((float *)sums)[group] += (float)value;
        else
            ((double *)sums)[group] += value;
    } else if (forest->sum == KF_DATATYPE_FP32) {
        const float *values = &forest->plan->floats[row * width];
        for (size_t i = 0; i < width; i++)
            ((float *)sums)[width == 1 ? group : i] += values[i];
    } else {
        const double *values = &forest->values.items[row * width];
        for (size_t i = 0; i < width; i++)
            ((double *)sums)[width == 1 ? group : i] += values[i];
    }
}

/* The same for the rows of a block and their leaves in one tree. */
static void add_leaves(const kf_forest *forest, size_t tree, const uint8_t *leaves,
    const char *rows, size_t row_size, size_t count, char *sums)
{
    const kf_plan_tree *at = &forest->plan->trees[tree];
    size_t outputs = forest->outputs;
    uint32_t group = forest->trees.items[tree].group;
    if (forest->linear.count > 0 || forest->width > 1) {
        size_t size = outputs * (forest->sum == KF_DATATYPE_FP32 ? 4 : 8);
        for (size_t i = 0; i < count; i++)
            add_leaf(forest, group, at->row + leaves[i], rows + i * row_size,
                sums + i * size);
    } else if (forest->sum == KF_DATATYPE_FP32) {
        const float *values = &forest->plan->floats[at->row];
        for (size_t i = 0; i < count; i++)
            ((float *)sums)[i * outputs + group] += values[leaves[i]];
    } else {
        const double *values = &forest->values.items[at->row];
        for (size_t i = 0; i < count; i++)
            ((double *)sums)[i * outputs + group] += values[leaves[i]];
    }
}

/* ---- down ---- */

/* A level down, on one of the ways that the processor goes side by side. */
#define KF__DOWN(at, columns, stride)                                                  \
    do {                                                                               \
        kf_plan_node node = nodes[at];                                                 \
        at = node.left + ((columns)[node.column * (stride)] > node.rank);              \
    } while (0)

/* From eight nodes to the leaves below, each by columns of its own. Leaves lead to
 * themselves, so that the ways need not be of one length. */
static void go_down(const kf_plan_node *nodes, uint32_t depth,
    const int8_t *const *columns, size_t stride, uint32_t *at)
{
    uint32_t a = at[0], b = at[1], c = at[2], d = at[3], e = at[4], f = at[5],
             g = at[6], h = at[7];
    for (uint32_t level = 0; level < depth; level++) {
        uint64_t before = (uint64_t)a + b + c + d + e + f + g + h;
        KF__DOWN(a, columns[0], stride);
        KF__DOWN(b, columns[1], stride);
        KF__DOWN(c, columns[2], stride);
        KF__DOWN(d, columns[3], stride);
        KF__DOWN(e, columns[4], stride);
        KF__DOWN(f, columns[5], stride);
        KF__DOWN(g, columns[6], stride);
        KF__DOWN(h, columns[7], stride);
        /* Children lie behind their parents: as long as one moves, the sum grows. */
        if (level % CHECKED == CHECKED - 1 &&
            before == (uint64_t)a + b + c + d + e + f + g + h)
            break;
    }
    const uint32_t leaves[] = {a, b, c, d, e, f, g, h};
    memcpy(at, leaves, sizeof leaves);
}

/* One row down all trees. */
static void add_row(
    const kf_forest *forest, const int8_t *columns, const void *row, void *sums)
{
    const kf_forest_plan *plan = forest->plan;
    size_t count = forest->trees.count;
    const int8_t *same[KF__PLAN_SIDE];
    for (int i = 0; i < KF__PLAN_SIDE; i++)
        same[i] = columns;
    for (size_t first = 0; first < count; first += KF__PLAN_SIDE) {
        uint32_t at[KF__PLAN_SIDE], depth = 0;
        for (size_t i = 0; i < KF__PLAN_SIDE; i++) {
            size_t tree = first + i < count ? first + i : first;
            at[i] = plan->trees[tree].root;
            if (plan->trees[tree].depth > depth)
                depth = plan->trees[tree].depth;
        }
        go_down(plan->nodes, depth, same, 1, at);
        for (size_t i = 0; i < KF__PLAN_SIDE && first + i < count; i++)
            add_leaf(forest, forest->trees.items[first + i].group, plan->rows[at[i]],
                row, sums);
    }
}

/* The rows of a block down one tree. */
static void add_tree(const kf_forest *forest, size_t tree, const int8_t *columns,
    const char *rows, size_t row_size, size_t count, char *sums, size_t sum_size)
{
    const kf_forest_plan *plan = forest->plan;
    for (size_t first = 0; first < count; first += KF__PLAN_SIDE) {
        const int8_t *own[KF__PLAN_SIDE];
        uint32_t at[KF__PLAN_SIDE];
        for (size_t i = 0; i < KF__PLAN_SIDE; i++) {
            own[i] = columns + (first + i < count ? first + i : first);
            at[i] = plan->trees[tree].root;
        }
        go_down(plan->nodes, plan->trees[tree].depth, own, KF__PLAN_ROWS, at);
        for (size_t i = first; i < first + KF__PLAN_SIDE && i < count; i++)
            add_leaf(forest, forest->trees.items[tree].group, plan->rows[at[i - first]],
                rows + i * row_size, sums + i * sum_size);
    }
}

/* ---- blocks ---- */

static void add_block(const kf_forest *forest, const int8_t *columns, const char *rows,
    size_t row_size, size_t count, char *sums, size_t sum_size)
{
    const kf_forest_plan *plan = forest->plan;
    uint8_t leaves[KF__PLAN_ROWS];
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_plan_tree *tree = &plan->trees[i];
        if (!tree->up) {
            add_tree(forest, i, columns, rows, row_size, count, sums, sum_size);
            continue;
        }
        plan->kernels->climb(
            &plan->steps.items[tree->first_step], tree->steps, columns, leaves);
        add_leaves(forest, i, leaves, rows, row_size, count, sums);
    }
}

static kf_status add_few(const kf_forest *forest, const char *rows, size_t row_size,
    size_t count, char *sums, size_t sum_size)
{
    int8_t stack[STACK_COLUMNS], *columns = stack;
    if (forest->plan->columns > STACK_COLUMNS &&
        (columns = kf__alloc(forest->plan->columns)) == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        kf__plan_rank_row(forest, rows + i * row_size, columns);
        add_row(forest, columns, rows + i * row_size, sums + i * sum_size);
    }
    if (columns != stack)
        kf__free(columns);
    return KF_OK;
}

kf_status kf__plan_add_up(
    const kf_forest *forest, const void *rows, size_t count, void *sums)
{
    size_t row_size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    size_t sum_size = forest->outputs * (forest->sum == KF_DATATYPE_FP32 ? 4 : 8);
    const char *from = rows;
    char *to = sums;
    if (count < FEW)
        return add_few(forest, from, row_size, count, to, sum_size);
    size_t size = forest->plan->columns * KF__PLAN_ROWS;
    char *memory = kf__calloc(1, size + KF__PLAN_ROWS);
    if (memory == NULL)
        return KF_ENOMEM;
    int8_t *columns =
        (int8_t *)memory + (KF__PLAN_ROWS - (uintptr_t)memory % KF__PLAN_ROWS);
    for (size_t done = 0; done < count; done += KF__PLAN_ROWS) {
        size_t some = count - done < KF__PLAN_ROWS ? count - done : KF__PLAN_ROWS;
        kf__plan_rank(forest, from + done * row_size, some, columns);
        add_block(forest, columns, from + done * row_size, row_size, some,
            to + done * sum_size, sum_size);
    }
    kf__free(memory);
    return KF_OK;
}
