/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/forest.h"

#include <math.h>
#include <string.h>

#include "kf_test.h"

#define LEAF(row) ((kf_forest_node){.left = -1, .right = -1, .index = (row)})
#define SPLIT(how, at, number, to_left, to_right)                                      \
    ((kf_forest_node){.split = (how),                                                  \
        .feature = (at),                                                               \
        .threshold = (number),                                                         \
        .left = (to_left),                                                             \
        .right = (to_right)})

static kf_forest empty(size_t features, size_t outputs)
{
    kf_forest forest = KF__FOREST_INIT;
    forest.features = features;
    forest.outputs = outputs;
    forest.input = forest.sum = KF_DATATYPE_FP64;
    return forest;
}

static const double values[] = {1, 2, 4};
static const kf_forest_leaves leaves = {.values = values, .rows = 3};

START_TEST(trees_add_up)
{
    kf_forest forest = empty(2, 2);
    /* Its node 3 is of no tree. */
    const kf_forest_node first[] = {SPLIT(KF_SPLIT_LESS, 1, 0.5, 4, 1),
        SPLIT(KF_SPLIT_AT_MOST, 0, 3, 5, 2), LEAF(2), LEAF(7), LEAF(0), LEAF(1)};
    const kf_forest_node second[] = {LEAF(2)};
    const double rows[] = {0, 0.25, 3, 0.5, 3.5, 0.5};
    double sums[6] = {0, 0, 0, 0, 0, 100};
    ck_ok(kf__forest_add_tree(&forest, first, 6, &leaves, 1));
    ck_ok(kf__forest_add_tree(&forest, second, 1, &leaves, 0));
    ck_ok(kf__forest_seal(&forest));
    ck_assert_uint_eq(forest.nodes.count, 6);
    ck_assert_uint_eq(forest.trees.items[0].depth, 2);
    ck_assert_uint_eq(forest.trees.items[1].depth, 0);
    ck_ok(kf__forest_add_up(&forest, rows, 3, sums));
    const double expected[] = {4, 1, 4, 2, 4, 104};
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(sums[i], expected[i]);
    kf__forest_finish(&forest);
}
END_TEST

static bool goes_left(
    kf_split split, kf_missing missing, bool default_left, double value)
{
    kf_forest forest = empty(1, 1);
    const uint32_t words[] = {1u << 3 | 1u, 1u << 1};
    uint32_t set;
    ck_ok(kf__forest_add_set(&forest, words, 2, &set));
    kf_forest_node node = {.threshold = 2,
        .split = (uint8_t)split,
        .missing = (uint8_t)missing,
        .default_left = default_left,
        .index = set};
    bool left = kf__forest_goes_left(&forest, &node, value);
    kf__forest_finish(&forest);
    return left;
}

START_TEST(decisions)
{
    ck_assert(!goes_left(KF_SPLIT_LESS, KF_MISSING_NAN, false, 2));
    ck_assert(goes_left(KF_SPLIT_AT_MOST, KF_MISSING_NAN, false, 2));
    ck_assert(!goes_left(KF_SPLIT_AT_MOST, KF_MISSING_NAN, false, NAN));
    ck_assert(goes_left(KF_SPLIT_LESS, KF_MISSING_NAN, true, NAN));
    ck_assert(goes_left(KF_SPLIT_LESS, KF_MISSING_NONE, false, NAN));
    ck_assert(!goes_left(KF_SPLIT_LESS, KF_MISSING_ZERO, false, NAN));
    ck_assert(!goes_left(KF_SPLIT_LESS, KF_MISSING_ZERO, false, -1e-36));
    ck_assert(goes_left(KF_SPLIT_LESS, KF_MISSING_ZERO, false, -1e-34));
    static const double members[] = {0, 3, 3.9, 33}, others[] = {1, 64, 32, -1, 1e30};
    for (int i = 0; i < 4; i++)
        ck_assert(goes_left(KF_SPLIT_SET, KF_MISSING_NAN, false, members[i]));
    for (int i = 0; i < 5; i++)
        ck_assert(!goes_left(KF_SPLIT_SET, KF_MISSING_NAN, false, others[i]));
    ck_assert(goes_left(KF_SPLIT_SET, KF_MISSING_NAN, false, -0.5));
    ck_assert(!goes_left(KF_SPLIT_SET_POSITIVE, KF_MISSING_NAN, false, -0.5));
    ck_assert(goes_left(KF_SPLIT_SET, KF_MISSING_NAN, true, NAN));
}
END_TEST

static void refuses(
    const kf_forest_node *nodes, size_t count, const char *where, const char *message)
{
    kf_forest forest = empty(2, 1);
    ck_fails(
        kf__forest_add_tree(&forest, nodes, count, &leaves, 0), KF_EDOCUMENT, message);
    ck_assert_str_eq(kf_last_error()->where, where);
    kf__forest_finish(&forest);
}

START_TEST(damaged_trees)
{
    kf_forest_node nodes[] = {SPLIT(KF_SPLIT_LESS, 1, 0.5, 1, 2), LEAF(0), LEAF(1)};
    nodes[0].right = 1;
    refuses(nodes, 3, "nodes[1]", "child of two");
    nodes[0].right = 0;
    refuses(nodes, 3, "nodes[0]", "child of two");
    nodes[0].right = 3;
    refuses(nodes, 3, "nodes[0]", "a child that the tree does not have");
    nodes[0].right = -1;
    refuses(nodes, 3, "nodes[0]", "a child that the tree does not have");
    nodes[0].right = 2;
    nodes[0].feature = 2;
    refuses(nodes, 3, "nodes[0]", "a feature that the model does not have");
    nodes[0].feature = 0;
    nodes[0].threshold = NAN;
    refuses(nodes, 3, "nodes[0]", "no number");
    nodes[0].split = KF_SPLIT_SET;
    refuses(nodes, 3, "nodes[0]", "a set that is not there");
    nodes[0] = SPLIT(KF_SPLIT_LESS, 1, 0.5, 1, 2);
    nodes[2].index = 3;
    refuses(nodes, 3, "nodes[2]", "without a value");
}
END_TEST

KF_TEST_MAIN("serving/forest", trees_add_up, decisions, damaged_trees)
