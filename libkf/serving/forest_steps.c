/* SPDX-License-Identifier: Apache-2.0 */
/* Trees as steps from their leaves up to the root. */
#include <string.h>

#include "base/error.h"
#include "serving/forest_plan.h"

/* A tree's nodes by their place in the tree. */
typedef struct shape {
    kf_forest *forest;
    kf_forest_plan *plan;
    const kf_forest_tree *tree;
    uint32_t *leaves; /* Below each. */
    uint32_t *before; /* Leaves to the left of all of its own. */
    uint8_t *need;    /* Slots that evaluating it takes. */
    double *values;   /* Of the tree, in their old order. */
    kf_forest_linear *linear;
} shape;

static const kf_forest_node *node_at(const shape *of, uint32_t at)
{
    return &of->forest->nodes.items[of->tree->root + at];
}

static uint32_t child(const shape *of, uint32_t at)
{
    return (uint32_t)node_at(of, at)->left - of->tree->root;
}

static bool is_leaf(const shape *of, uint32_t at)
{
    return node_at(of, at)->left < 0;
}

static uint8_t needs(uint8_t left, uint8_t right)
{
    uint8_t most = left > right ? left : right;
    if (left == right && most < UINT8_MAX)
        most++;
    return most;
}

static void measure(shape *of)
{
    for (uint32_t i = of->tree->nodes; i-- > 0;) {
        if (is_leaf(of, i)) {
            of->leaves[i] = 1;
            of->need[i] = 0;
            continue;
        }
        uint32_t left = child(of, i);
        of->leaves[i] = of->leaves[left] + of->leaves[left + 1];
        of->need[i] = needs(of->need[left], of->need[left + 1]);
    }
    of->before[0] = 0;
    for (uint32_t i = 0; i < of->tree->nodes; i++)
        if (!is_leaf(of, i)) {
            uint32_t left = child(of, i);
            of->before[left] = of->before[i];
            of->before[left + 1] = of->before[i] + of->leaves[left];
        }
}

/* The rows of values that the tree's leaves have, from left to right. */
static void order_leaves(shape *of, uint32_t first)
{
    kf_forest *forest = of->forest;
    size_t width = forest->width, count = of->leaves[0];
    memcpy(of->values, &forest->values.items[first * width],
        count * width * sizeof(double));
    if (forest->linear.count > 0)
        memcpy(of->linear, &forest->linear.items[first], count * sizeof *of->linear);
    for (uint32_t i = 0; i < of->tree->nodes; i++) {
        kf_forest_node *node = &forest->nodes.items[of->tree->root + i];
        if (node->left >= 0)
            continue;
        uint32_t old = node->index - first;
        node->index = first + of->before[i];
        memcpy(&forest->values.items[node->index * width], &of->values[old * width],
            width * sizeof(double));
        if (forest->linear.count > 0)
            forest->linear.items[node->index] = of->linear[old];
        of->plan->rows[of->tree->root + i] = node->index;
    }
}

/* The steps of a subtree, whose result is in slot `out` and which may use those behind
 * it. The child that needs more goes first. No tree of 256 leaves is deeper than that. */
static kf_status climb(const shape *of, uint32_t at, uint8_t out)
{
    uint32_t left = child(of, at), right = left + 1;
    bool right_first = of->need[right] > of->need[left];
    uint32_t order[] = {right_first ? right : left, right_first ? left : right};
    uint8_t slots[] = {0, 0}, next = out;
    for (int i = 0; i < 2; i++)
        if (!is_leaf(of, order[i])) {
            slots[i] = next;
            KF__TRY(climb(of, order[i], next++));
        }
    const kf_plan_node *node = &of->plan->nodes[of->tree->root + at];
    kf_plan_step step = {.column = node->column,
        .rank = node->rank,
        .skip = (uint8_t)of->leaves[left],
        .left = slots[right_first],
        .right = slots[!right_first],
        .out = out};
    return kf__vec_push(&of->plan->steps, step);
}

static kf_status add_steps(shape *of, kf_plan_tree *tree)
{
    tree->first_step = of->plan->steps.count;
    tree->up = of->leaves[0] <= KF__PLAN_LEAVES;
    if (tree->up && !is_leaf(of, 0))
        KF__TRY(climb(of, 0, 1));
    tree->steps = (uint32_t)(of->plan->steps.count - tree->first_step);
    of->plan->up += tree->up;
    return KF_OK;
}

static kf_status add_trees(shape *of)
{
    uint32_t row = 0;
    for (size_t i = 0; i < of->forest->trees.count; i++) {
        kf_plan_tree *tree = &of->plan->trees[i];
        of->tree = &of->forest->trees.items[i];
        measure(of);
        order_leaves(of, row);
        *tree = (kf_plan_tree){
            .row = row, .root = of->tree->root, .depth = of->tree->depth};
        KF__TRY(add_steps(of, tree));
        row += of->leaves[0];
    }
    return KF_OK;
}

kf_status kf__plan_steps(kf_forest *forest, kf_forest_plan *plan)
{
    shape of = {.forest = forest, .plan = plan};
    size_t most = 1;
    for (size_t i = 0; i < forest->trees.count; i++)
        if (forest->trees.items[i].nodes > most)
            most = forest->trees.items[i].nodes;
    plan->trees = kf__calloc(forest->trees.count + 1, sizeof *plan->trees);
    of.leaves = kf__calloc(most, sizeof *of.leaves);
    of.before = kf__calloc(most, sizeof *of.before);
    of.need = kf__calloc(most, sizeof *of.need);
    of.values = kf__calloc(most, forest->width * sizeof *of.values);
    of.linear = kf__calloc(most, sizeof *of.linear);
    kf_status status = plan->trees != NULL && of.leaves != NULL && of.before != NULL &&
                               of.need != NULL && of.values != NULL && of.linear != NULL
                           ? add_trees(&of)
                           : KF_ENOMEM;
    kf__free(of.leaves);
    kf__free(of.before);
    kf__free(of.need);
    kf__free(of.values);
    kf__free(of.linear);
    return status;
}
