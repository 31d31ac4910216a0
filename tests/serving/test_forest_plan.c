/* SPDX-License-Identifier: Apache-2.0 */
/* Random forests of all kinds of splits: what predicts fast adds up to the same bits as
 * what goes node by node. */
#include "serving/forest_plan.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "kf_test.h"

enum { FEATURES = 7, ROWS = 150, MOST_NODES = 4001 };

typedef struct recipe {
    kf_datatype input;
    kf_datatype sum;
    size_t outputs;
    size_t width;
    size_t trees;
    uint32_t splits; /* Of a tree. */
    unsigned kinds;  /* Bits of kf_split. */
    bool linear;
    bool chain;      /* Deep on one side. */
    unsigned values; /* How many different thresholds: few, or all. */
} recipe;

/* splitmix64 */
static uint64_t next_random(void)
{
    static uint64_t state = 20261125;
    uint64_t bits = state += 0x9e3779b97f4a7c15u;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

static uint64_t below(uint64_t limit)
{
    return next_random() % limit;
}

static double number(const recipe *of)
{
    static const double odd[] = {
        NAN, INFINITY, -INFINITY, 0, -0.0, 1e-36, -1e-36, 1e-34, -0.5, 1e30, 3.7};
    if (below(8) == 0)
        return odd[below(sizeof odd / sizeof *odd)];
    double grid = (double)below(of->values) / 8 - of->values / 16.0;
    return below(2) == 0 ? grid : grid + 1e-9 * (double)below(1000);
}

static double threshold(const recipe *of)
{
    double made = number(of);
    return isnan(made) ? 1 : made;
}

static kf_split some_split(const recipe *of)
{
    kf_split split;
    do
        split = (kf_split)(KF_SPLIT_LESS + (int)below(5));
    while ((of->kinds >> split & 1) == 0);
    return split;
}

static kf_forest_node make_split(const recipe *of, kf_forest *forest)
{
    kf_forest_node node = {.split = (uint8_t)some_split(of),
        .feature = (uint32_t)below(FEATURES),
        .threshold = threshold(of),
        .default_left = below(2) == 0};
    if (node.split >= KF_SPLIT_SET) {
        const uint32_t words[] = {(uint32_t)next_random(), 5};
        ck_ok(kf__forest_add_set(forest, words, 1 + below(2), &node.index));
    } else
        node.missing = (uint8_t)below(3);
    return node;
}

/* Splits one leaf after the other. */
static void add_tree(const recipe *of, kf_forest *forest)
{
    static kf_forest_node nodes[MOST_NODES];
    static double values[MOST_NODES * 3];
    static kf_forest_linear linear[MOST_NODES];
    uint32_t count = 1;
    memset(&nodes[0], 0, sizeof nodes[0]);
    for (uint32_t i = 0; i < of->splits; i++) {
        uint32_t leaf = of->chain ? count - 1 : (uint32_t)below(count);
        while (nodes[leaf].split != KF_SPLIT_LEAF)
            leaf = (uint32_t)(below(2) == 0 ? nodes[leaf].left : nodes[leaf].right);
        nodes[leaf] = make_split(of, forest);
        nodes[leaf].left = (int32_t)count;
        nodes[leaf].right = (int32_t)count + 1;
        memset(&nodes[count], 0, 2 * sizeof *nodes);
        count += 2;
    }
    uint32_t rows = 0;
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i].split == KF_SPLIT_LEAF) {
            linear[rows] = (kf_forest_linear){0.25, forest->terms.count, below(3)};
            for (size_t j = 0; j < linear[rows].count; j++) {
                kf_forest_term term = {
                    (double)below(100) / 7, (uint32_t)below(FEATURES)};
                ck_ok(kf__vec_push(&forest->terms, term));
            }
            nodes[i].index = rows++;
        }
    for (uint32_t i = 0; i < rows * of->width; i++)
        values[i] = (double)(float)((double)below(1000000) / 333333 - 1.5);
    kf_forest_leaves leaves = {values, rows, of->linear ? linear : NULL};
    ck_ok(kf__forest_add_tree(
        forest, nodes, count, &leaves, (uint32_t)below(of->outputs)));
}

static kf_forest make_forest(const recipe *of)
{
    kf_forest forest = KF__FOREST_INIT;
    forest.features = FEATURES;
    forest.outputs = of->outputs;
    forest.width = of->width;
    forest.input = of->input;
    forest.sum = of->sum;
    for (size_t i = 0; i < of->trees; i++)
        add_tree(of, &forest);
    return forest;
}

static void compare(const recipe *of, const kf_forest *forest, const void *rows,
    size_t count, const void *expected)
{
    static double sums[ROWS * 3];
    size_t size = of->sum == KF_DATATYPE_FP32 ? sizeof(float) : sizeof(double);
    memset(sums, 0, sizeof sums);
    ck_ok(kf__forest_add_up(forest, rows, count, sums));
    ck_assert_msg(memcmp(sums, expected, count * of->outputs * size) == 0,
        "other sums for %zu rows of %zu trees of %u splits", count, of->trees,
        (unsigned)of->splits);
}

static void check(const recipe *of)
{
    static float narrow[ROWS * FEATURES];
    static double wide[ROWS * FEATURES], expected[ROWS * 3];
    static const size_t counts[] = {0, 1, 2, 17, 18, 19, 63, 64, 65, 128, ROWS};
    kf_forest forest = make_forest(of);
    const void *rows = of->input == KF_DATATYPE_FP32 ? (void *)narrow : (void *)wide;
    for (size_t i = 0; i < (size_t)ROWS * FEATURES; i++) {
        wide[i] = number(of);
        narrow[i] = (float)wide[i];
    }
    memset(expected, 0, sizeof expected);
    kf__forest_walk(&forest, rows, ROWS, expected);
    ck_ok(kf__forest_seal(&forest));
    ck_assert_ptr_nonnull(forest.plan);
    for (int plain = 0; plain < 2; plain++) {
        forest.plan->kernels = kf__plan_kernels(plain == 1);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            compare(of, &forest, rows, counts[i], expected);
    }
    /* Sealing puts leaves in another order, and nothing else. */
    static double again[ROWS * 3];
    memset(again, 0, sizeof again);
    kf__forest_walk(&forest, rows, ROWS, again);
    ck_assert_mem_eq(again, expected, sizeof again);
    kf__forest_finish(&forest);
}

enum {
    LESS = 1u << KF_SPLIT_LESS,
    AT_MOST = 1u << KF_SPLIT_AT_MOST,
    SETS = 1u << KF_SPLIT_SET | 1u << KF_SPLIT_SET_POSITIVE | 1u << KF_SPLIT_SET_KNOWN
};
#define FP32 KF_DATATYPE_FP32
#define FP64 KF_DATATYPE_FP64

START_TEST(plans)
{
    static const recipe recipes[] = {
        {FP32, FP32, 1, 1, 9, 20, LESS, false, false, 100},
        {FP32, FP32, 1, 1, 100, 3, LESS, false, false, 2000},
        {FP32, FP64, 3, 3, 8, 31, AT_MOST, false, false, 100},
        {FP64, FP64, 1, 1, 17, 14, AT_MOST, false, false, 300},
        {FP64, FP64, 3, 1, 12, 30, AT_MOST | SETS, false, false, 40},
        {FP64, FP64, 1, 1, 6, 30, AT_MOST | SETS, true, false, 40},
        {FP32, FP32, 3, 3, 5, 12, LESS | SETS, false, false, 60},
        {FP64, FP32, 2, 1, 7, 255, LESS | AT_MOST, false, false, 1000},
        {FP64, FP64, 1, 1, 7, 256, LESS | AT_MOST, false, false, 1000},
        {FP32, FP32, 1, 1, 3, 2000, LESS, false, false, 100000},
        {FP64, FP64, 1, 1, 3, 2000, LESS | AT_MOST | SETS, true, false, 100000},
        {FP64, FP64, 1, 1, 2, 250, AT_MOST, false, true, 5000},
        {FP64, FP64, 1, 1, 2, 1500, AT_MOST, false, true, 5000},
        {FP32, FP32, 1, 1, 3, 0, LESS, false, false, 2},
        {FP32, FP32, 2, 1, 0, 0, LESS, false, false, 2},
        {FP64, FP64, 1, 1, 1, 1, SETS, false, false, 50},
    };
    for (int round = 0; round < 6; round++)
        for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
            check(&recipes[i]);
}
END_TEST

/* Each set has a column, and nodes can tell but so many. */
START_TEST(too_many_columns)
{
    static const recipe of = {FP64, FP64, 1, 1, 33, 2000, SETS, false, false, 40};
    static double rows[30 * FEATURES], expected[30], found[30];
    kf_forest forest = make_forest(&of);
    ck_assert_uint_gt(forest.sets.count, UINT16_MAX);
    for (size_t i = 0; i < (size_t)30 * FEATURES; i++)
        rows[i] = number(&of);
    kf__forest_walk(&forest, rows, 30, expected);
    ck_ok(kf__forest_seal(&forest));
    ck_assert_ptr_null(forest.plan);
    ck_ok(kf__forest_add_up(&forest, rows, 30, found));
    ck_assert_mem_eq(found, expected, sizeof found);
    kf__forest_finish(&forest);
}
END_TEST

static kf_status seal(void)
{
    kf_forest forest = KF__FOREST_INIT;
    forest.features = 2;
    forest.outputs = 1;
    forest.input = forest.sum = KF_DATATYPE_FP32;
    const kf_forest_node nodes[] = {
        {.split = KF_SPLIT_LESS, .left = 1, .right = 2}, {.index = 0}, {.index = 1}};
    const double values[] = {1, 2};
    const kf_forest_leaves leaves = {.values = values, .rows = 2};
    float rows[2 * 20] = {0}, sums[20] = {0};
    kf_status status = kf__forest_add_tree(&forest, nodes, 3, &leaves, 0);
    if (status == KF_OK)
        status = kf__forest_seal(&forest);
    if (status == KF_OK)
        status = kf__forest_add_up(&forest, rows, 20, sums);
    kf__forest_finish(&forest);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(seal());
}
END_TEST

KF_TEST_MAIN("serving/forest_plan", plans, too_many_columns, no_memory)
