/* SPDX-License-Identifier: Apache-2.0 */
/* A forest made ready to predict with. A node only asks whether a number is past one of
 * the thresholds that its feature is compared with anywhere in the forest. So each number
 * of a row is first ranked among those, once, and nodes compare ranks, which are bytes:
 * many fit into a register, and all kinds of splits and of missing values are one kind
 * afterwards.
 *
 * Few rows go down the trees, 8 trees side by side. Many rows go up: a tree of at most
 * 256 leaves is evaluated for 64 rows at once, each node telling from the leaves that
 * its children found which one the row is in; no jump depends on data. */
#ifndef KF_SERVING_FOREST_PLAN_H
#define KF_SERVING_FOREST_PLAN_H

#include "serving/forest.h"

enum {
    KF__PLAN_ROWS = 64,    /* Rows of a block. */
    KF__PLAN_SIDE = 8,     /* Trees or rows that go down side by side. */
    KF__PLAN_LEAVES = 256, /* The most leaves of a tree that is evaluated upwards. */
    KF__PLAN_CHUNK = 255,  /* Thresholds that a byte can rank. */
    KF__PLAN_SLOTS = 12    /* The most that evaluating upwards needs. */
};

/* What is compared in one way: a feature with some thresholds, or with a set. Numbers
 * are past a threshold that they equal; "at most" is told by the next number. */
typedef struct kf_plan_source {
    uint32_t feature;
    uint8_t split;
    uint8_t missing;
    bool default_left; /* Of a set, which is of one node. */
    uint32_t set;
    uint32_t first; /* Of the thresholds: a power of two of them, padded with NaN. */
    uint32_t count; /* Without the padding; 0: a set. */
    uint32_t size;  /* With it. */
    /* Its first column: for each chunk of thresholds two, that send what is missing left
     * and right. A set has one. */
    uint32_t column;
    uint32_t chunks;
} kf_plan_source;

/* On the way down: to `left`, or the node behind it if the column's byte is past `rank`.
 * A leaf leads to itself. */
typedef struct kf_plan_node {
    uint32_t left;
    uint16_t column;
    int8_t rank;
} kf_plan_node;

/* On the way up: out = column past rank ? right + skip : left, where slots hold which leaf
 * of a subtree a row is in; slot 0 is all 0, for a leaf itself. */
typedef struct kf_plan_step {
    uint16_t column;
    int8_t rank;
    uint8_t skip; /* Leaves on the left. */
    uint8_t left;
    uint8_t right;
    uint8_t out;
} kf_plan_step;

typedef struct kf_plan_tree {
    size_t first_step;
    uint32_t steps;
    uint32_t row;  /* Of the values of its first leaf. */
    uint32_t root; /* Down from here. */
    uint32_t depth;
    bool up; /* It has steps. */
} kf_plan_tree;

typedef struct kf_forest_plan {
    KF__VEC(kf_plan_source) sources;
    void *thresholds;  /* Of the forest's input, from [1]. */
    uint32_t halvings; /* Of the largest source. */
    size_t columns;    /* Column 0 is below all ranks. */
    kf_plan_node *nodes;
    uint32_t *rows; /* Of values, for each node that is a leaf. */
    kf_plan_tree *trees;
    size_t up; /* How many trees have steps. */
    KF__VEC(kf_plan_step) steps;
    float *floats; /* The forest's values, if it adds floats. */
    const struct kf_plan_kernels *kernels;
} kf_forest_plan;

/* NULL: the forest cannot be planned (it has too many columns). KF_ENOMEM. Puts the
 * values of a tree's leaves in the order of leaves from left to right. */
kf_status kf__plan_new(kf_forest *forest, kf_forest_plan **out);
void kf__plan_free(kf_forest_plan *plan);
kf_status kf__plan_steps(kf_forest *forest, kf_forest_plan *plan);

/* Ranks of at most KF__PLAN_ROWS rows, as columns of KF__PLAN_ROWS bytes. */
void kf__plan_rank(
    const kf_forest *forest, const void *rows, size_t count, int8_t *columns);
/* Ranks of one row, as columns of one byte. */
void kf__plan_rank_row(const kf_forest *forest, const void *row, int8_t *columns);

typedef struct kf_plan_kernels {
    /* Which leaf of a tree each of KF__PLAN_ROWS rows is in. */
    void (*climb)(const kf_plan_step *steps, size_t count, const int8_t *columns,
        uint8_t *leaves);
    /* How many of the thresholds each of KF__PLAN_ROWS numbers is past. */
    void (*rank_floats)(
        const float *thresholds, uint32_t size, const float *numbers, uint32_t *ranks);
    void (*rank_doubles)(const double *thresholds, uint32_t size, const double *numbers,
        uint32_t *ranks);
    /* The same among thresholds[at + 1 …] of each number: at goes up by the rank. halves:
     * half the thresholds that each has. */
    void (*search_floats)(const float *thresholds, const float *numbers, uint32_t *at,
        uint32_t *halves, size_t count, uint32_t steps);
    void (*search_doubles)(const double *thresholds, const double *numbers,
        uint32_t *at, uint32_t *halves, size_t count, uint32_t steps);
    /* Ranks less `base` as bytes of a column. */
    void (*put)(const uint32_t *ranks, int32_t base, int8_t *column);
} kf_plan_kernels;
/* The fastest that the processor can run; `plain`: what any can. */
const kf_plan_kernels *kf__plan_kernels(bool plain);

kf_status kf__plan_add_up(
    const kf_forest *forest, const void *rows, size_t count, void *sums);

#endif
