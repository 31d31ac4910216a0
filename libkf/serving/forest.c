/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/forest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "serving/forest_plan.h"

void kf__forest_finish(kf_forest *forest)
{
    kf__vec_finish(&forest->nodes);
    kf__vec_finish(&forest->trees);
    kf__vec_finish(&forest->values);
    kf__vec_finish(&forest->sets);
    kf__vec_finish(&forest->words);
    kf__vec_finish(&forest->linear);
    kf__vec_finish(&forest->terms);
    kf__plan_free(forest->plan);
    forest->plan = NULL;
}

/* ---- adding ---- */

kf_status kf__forest_add_set(
    kf_forest *forest, const uint32_t *words, size_t count, uint32_t *index)
{
    kf_forest_set set = {forest->words.count, count};
    for (size_t i = 0; i < count; i++)
        KF__TRY(kf__vec_push(&forest->words, words[i]));
    KF__TRY(kf__vec_push(&forest->sets, set));
    *index = (uint32_t)(forest->sets.count - 1);
    return KF_OK;
}

/* A tree on its way in. */
typedef struct growing {
    kf_forest *forest;
    const kf_forest_node *nodes;
    size_t count;
    const kf_forest_leaves *leaves;
    uint32_t root;
} growing;

static kf_status fault(size_t node, const char *message)
{
    char where[32];
    (void)snprintf(where, sizeof where, "nodes[%zu]", node);
    return kf__fail(KF_EDOCUMENT, where, "%s", message);
}

static kf_status check_split(
    const growing *tree, const kf_forest_node *node, size_t index)
{
    if (node->feature >= tree->forest->features)
        return fault(index, "splits on a feature that the model does not have");
    if (node->split >= KF_SPLIT_SET) {
        if (node->index >= tree->forest->sets.count)
            return fault(index, "splits on a set that is not there");
    } else if (isnan(node->threshold))
        return fault(index, "has a threshold that is no number");
    if (node->left < 0 || (size_t)node->left >= tree->count || node->right < 0 ||
        (size_t)node->right >= tree->count)
        return fault(index, "has a child that the tree does not have");
    return KF_OK;
}

static kf_status add_leaf(growing *tree, kf_forest_node *node, size_t index)
{
    kf_forest *forest = tree->forest;
    const kf_forest_leaves *leaves = tree->leaves;
    size_t row = node->index;
    if (row >= leaves->rows)
        return fault(index, "is a leaf without a value");
    node->index = (uint32_t)(forest->values.count / forest->width);
    node->left = node->right = -1;
    for (size_t i = 0; i < forest->width; i++)
        KF__TRY(kf__vec_push(&forest->values, leaves->values[row * forest->width + i]));
    return leaves->linear != NULL ? kf__vec_push(&forest->linear, leaves->linear[row])
                                  : KF_OK;
}

/* Children come side by side, after all that was pushed before. `sources` tells where
 * each node was; `from` whether one is taken. */
static kf_status add_children(
    growing *tree, kf_forest_node *node, int32_t *sources, bool *taken)
{
    kf_forest *forest = tree->forest;
    const int32_t children[] = {node->left, node->right};
    size_t next = forest->nodes.count - tree->root;
    node->left = (int32_t)forest->nodes.count;
    node->right = node->left + 1;
    for (int i = 0; i < 2; i++) {
        if (taken[children[i]])
            return fault((size_t)children[i], "is the child of two nodes");
        taken[children[i]] = true;
        sources[next + (size_t)i] = children[i];
        KF__TRY(kf__vec_push(&forest->nodes, tree->nodes[children[i]]));
    }
    return KF_OK;
}

static kf_status grow(growing *tree, int32_t *sources, bool *taken)
{
    kf_forest *forest = tree->forest;
    sources[0] = 0;
    taken[0] = true;
    KF__TRY(kf__vec_push(&forest->nodes, tree->nodes[0]));
    for (size_t i = tree->root; i < forest->nodes.count; i++) {
        kf_forest_node node = forest->nodes.items[i];
        size_t source = (size_t)sources[i - tree->root];
        if (node.split == KF_SPLIT_LEAF)
            KF__TRY(add_leaf(tree, &node, source));
        else {
            KF__TRY(check_split(tree, &node, source));
            KF__TRY(add_children(tree, &node, sources, taken));
        }
        forest->nodes.items[i] = node;
    }
    return KF_OK;
}

/* Children lie behind their parents, and levels one after the other. */
static uint32_t depth_of(const kf_forest *forest, uint32_t root)
{
    uint32_t depth = 0;
    size_t level_end = root + 1;
    for (size_t i = root, next_end = level_end; i < forest->nodes.count; i++) {
        if (i == level_end) {
            depth++;
            level_end = next_end;
        }
        if (forest->nodes.items[i].left >= 0)
            next_end = (size_t)forest->nodes.items[i].right + 1;
    }
    return depth;
}

kf_status kf__forest_add_tree(kf_forest *forest, const kf_forest_node *nodes,
    size_t count, const kf_forest_leaves *leaves, uint32_t group)
{
    growing tree = {forest, nodes, count, leaves, (uint32_t)forest->nodes.count};
    if (count == 0)
        return kf__fail(KF_EDOCUMENT, NULL, "a tree without nodes");
    if (group >= forest->outputs)
        return kf__fail(KF_EDOCUMENT, NULL,
            "a tree for output %u of a model of %zu outputs", group, forest->outputs);
    if (count > KF__LIMIT_FOREST_NODES - forest->nodes.count)
        return kf__fail(KF_ELIMIT, NULL, "over the limit of %u nodes in all trees",
            KF__LIMIT_FOREST_NODES);
    int32_t *sources = kf__calloc(count, sizeof *sources);
    bool *taken = kf__calloc(count, sizeof *taken);
    kf_status status = sources != NULL && taken != NULL ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = grow(&tree, sources, taken);
    kf__free(sources);
    kf__free(taken);
    KF__TRY(status);
    kf_forest_tree made = {.root = tree.root,
        .nodes = (uint32_t)forest->nodes.count - tree.root,
        .group = group,
        .depth = depth_of(forest, tree.root)};
    return kf__vec_push(&forest->trees, made);
}

kf_status kf__forest_seal(kf_forest *forest)
{
    return kf__plan_new(forest, &forest->plan);
}

/* ---- node by node ---- */

/* Whether the set has room for a value, which is no NaN. */
static bool is_in_reach(const kf_forest_set *set, kf_split split, double value)
{
    return (split == KF_SPLIT_SET ? value > -1 : value >= 0) &&
           value < (double)(set->count * 32);
}

static bool is_member(const kf_forest *forest, const kf_forest_node *node, double value)
{
    const kf_forest_set *set = &forest->sets.items[node->index];
    if (!is_in_reach(set, (kf_split)node->split, value))
        return node->split == KF_SPLIT_SET_KNOWN && node->default_left;
    uint32_t bit = (uint32_t)value;
    return (forest->words.items[set->first + bit / 32] >> (bit % 32) & 1) != 0;
}

bool kf__forest_goes_left(
    const kf_forest *forest, const kf_forest_node *node, double value)
{
    /* LightGBM compares doubles with this float. */
    const double nearly_zero = (double)1e-35f;
    if (isnan(value)) {
        if (node->missing == KF_MISSING_NAN)
            return node->default_left;
        value = 0;
    }
    if (node->missing == KF_MISSING_ZERO && fabs(value) <= nearly_zero)
        return node->default_left;
    switch ((kf_split)node->split) {
    case KF_SPLIT_LESS:
        return value < node->threshold;
    case KF_SPLIT_AT_MOST:
        return value <= node->threshold;
    default:
        return is_member(forest, node, value);
    }
}

static double number(const kf_forest *forest, const void *row, size_t feature)
{
    return forest->input == KF_DATATYPE_FP32 ? (double)((const float *)row)[feature]
                                             : ((const double *)row)[feature];
}

const kf_forest_node *kf__forest_leaf(
    const kf_forest *forest, const kf_forest_tree *tree, const void *row)
{
    const kf_forest_node *node = &forest->nodes.items[tree->root];
    while (node->left >= 0) {
        double value = number(forest, row, node->feature);
        bool left = kf__forest_goes_left(forest, node, value);
        node = &forest->nodes.items[left ? node->left : node->right];
    }
    return node;
}

double kf__forest_linear_value(const kf_forest *forest, size_t leaf, const void *row)
{
    const kf_forest_linear *linear = &forest->linear.items[leaf];
    double sum = linear->constant;
    for (size_t i = 0; i < linear->count; i++) {
        const kf_forest_term *term = &forest->terms.items[linear->first + i];
        double value = number(forest, row, term->feature);
        if (isnan(value))
            return forest->values.items[leaf];
        sum += term->coefficient * value;
    }
    return sum;
}

static void add(const kf_forest *forest, void *sums, size_t index, double value)
{
    if (forest->sum == KF_DATATYPE_FP32)
        ((float *)sums)[index] += (float)value;
    else
        ((double *)sums)[index] += value;
}

static void walk_row(const kf_forest *forest, const void *row, void *sums, size_t first)
{
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_forest_tree *tree = &forest->trees.items[i];
        size_t leaf = kf__forest_leaf(forest, tree, row)->index;
        if (forest->linear.count > 0)
            add(forest, sums, first + tree->group,
                kf__forest_linear_value(forest, leaf, row));
        else if (forest->width == 1)
            add(forest, sums, first + tree->group, forest->values.items[leaf]);
        else
            for (size_t j = 0; j < forest->width; j++)
                add(forest, sums, first + j,
                    forest->values.items[leaf * forest->width + j]);
    }
}

void kf__forest_walk(
    const kf_forest *forest, const void *rows, size_t count, void *sums)
{
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    for (size_t i = 0; i < count; i++)
        walk_row(forest, (const char *)rows + i * size, sums, i * forest->outputs);
}

kf_status kf__forest_add_up(
    const kf_forest *forest, const void *rows, size_t count, void *sums)
{
    if (forest->plan != NULL)
        return kf__plan_add_up(forest, rows, count, sums);
    kf__forest_walk(forest, rows, count, sums);
    return KF_OK;
}
