/* SPDX-License-Identifier: Apache-2.0 */
/* Trees laid out for explanations. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "serving/explain_tree.h"

/* ---- the quadrature ---- */

/* The Legendre polynomial of `count` points and its derivative at x. */
static double legendre(size_t count, double x, double *derivative)
{
    double before = 1, value = x;
    for (size_t k = 2; k <= count; k++) {
        double next =
            ((2 * (double)k - 1) * x * value - ((double)k - 1) * before) / (double)k;
        before = value;
        value = next;
    }
    *derivative = (double)count * (x * value - before) / (x * x - 1);
    return value;
}

/* Newton from where the roots nearly are. */
static void fill_rule(size_t count, kf_explain_rule *rule)
{
    const double pi = 3.14159265358979323846;
    for (size_t i = 0; i < count; i++) {
        double x = cos(pi * ((double)i + 0.75) / ((double)count + 0.5)), derivative = 1;
        for (int step = 0; step < 100; step++) {
            double change = legendre(count, x, &derivative) / derivative;
            x -= change;
            if (fabs(change) < 1e-16)
                break;
        }
        (void)legendre(count, x, &derivative);
        rule->t[i] = (1 - x) / 2;
        rule->u[i] = (1 + x) / 2;
        rule->stopped[i] = -1 / rule->u[i];
        rule->unweighted[i] = (1 - x * x) * derivative * derivative;
        rule->weight[i] = 1 / rule->unweighted[i];
    }
}

static kf_status make_rules(kf_explain_plan *plan)
{
    enum { RULES = KF__EXPLAIN_POINTS / KF__EXPLAIN_LANES };
    size_t total = 0;
    for (size_t i = 1; i <= RULES; i++)
        total += 5 * i * KF__EXPLAIN_LANES;
    double *at = plan->numbers = kf__calloc(total, sizeof *at);
    if (at == NULL)
        return KF_ENOMEM;
    for (size_t i = 1; i <= RULES; i++) {
        size_t count = i * KF__EXPLAIN_LANES;
        plan->rules[i] = (kf_explain_rule){
            at, at + count, at + 2 * count, at + 3 * count, at + 4 * count};
        fill_rule(count, &plan->rules[i]);
        at += 5 * count;
    }
    return KF_OK;
}

/* ---- the walk ---- */

/* Where the walk is: for each depth an edge, and for each feature the last edge of it. */
typedef struct walking {
    const kf_forest *forest;
    kf_explain_plan *plan;
    size_t count;     /* Edges so far. */
    uint32_t *last;   /* Of each feature: depth of its nearest edge; 0: none. */
    double *shares;   /* Of each depth: that of its edge, */
    double *reach;    /* of all edges to there, */
    uint32_t *unique; /* and how many features they are of. */
} walking;

static double share_of(
    const kf_forest *forest, const kf_forest_node *parent, const kf_forest_node *child)
{
    return parent->cover > 0 ? child->cover / parent->cover : 0.5;
}

static void add_expected(const walking *walk, const kf_forest_tree *tree,
    const kf_forest_node *leaf, double reach)
{
    const kf_forest *forest = walk->forest;
    const double *values = &forest->values.items[leaf->index * forest->width];
    size_t first = forest->width == 1 ? tree->group : 0;
    for (size_t i = 0; i < forest->width; i++)
        walk->plan->expected[first + i] += reach * values[i];
}

/* Go down an edge: its record, and whether there is more below. */
static const kf_forest_node *enter(walking *walk, const kf_forest_tree *tree,
    uint32_t parent, bool right, uint32_t depth)
{
    const kf_forest_node *nodes = walk->forest->nodes.items;
    const kf_forest_node *above = &nodes[parent];
    const kf_forest_node *child = &nodes[right ? above->right : above->left];
    uint32_t before = walk->last[above->feature];
    double share = share_of(walk->forest, above, child);
    walk->shares[depth] = before > 0 ? walk->shares[before] * share : share;
    walk->reach[depth] = walk->reach[depth - 1] * share;
    walk->unique[depth] = walk->unique[depth - 1] + (before == 0 ? 1 : 0);
    walk->last[above->feature] = depth;
    walk->plan->edges[walk->count++] = (kf_explain_edge){.share = walk->shares[depth],
        .parent = parent,
        .leaf = child->left < 0 ? child->index : UINT32_MAX,
        .feature = above->feature,
        .depth = depth,
        .before = before,
        .is_right = right};
    if (child->left < 0)
        add_expected(walk, tree, child, walk->reach[depth]);
    return child;
}

/* Up again to the nearest edge whose parent has a right child that was not entered. The
 * walk itself is the stack: the last edge of each depth is found going back. */
static void walk_tree(
    walking *walk, const kf_forest_tree *tree, uint32_t *stack, kf_explain_tree *out)
{
    const kf_forest_node *nodes = walk->forest->nodes.items;
    const kf_explain_edge *edges = walk->plan->edges;
    uint32_t depth = 0, unique = 0;
    *out = (kf_explain_tree){.first = walk->count, .group = tree->group};
    if (nodes[tree->root].left < 0) {
        add_expected(walk, tree, &nodes[tree->root], 1);
        return;
    }
    uint32_t parent = tree->root;
    bool right = false;
    for (;;) {
        stack[++depth] = (uint32_t)walk->count;
        const kf_forest_node *child = enter(walk, tree, parent, right, depth);
        unique = walk->unique[depth] > unique ? walk->unique[depth] : unique;
        if (child->left >= 0) {
            parent = (uint32_t)(child - nodes);
            right = false;
            continue;
        }
        while (depth > 0) {
            const kf_explain_edge *edge = &edges[stack[depth]];
            walk->last[edge->feature] = edge->before;
            if (!edge->is_right)
                break;
            depth--;
        }
        if (depth == 0)
            break;
        parent = edges[stack[depth]].parent;
        right = true;
        depth--;
    }
    size_t points = (unique + 1) / 2;
    points = (points + KF__EXPLAIN_LANES - 1) / KF__EXPLAIN_LANES * KF__EXPLAIN_LANES;
    out->count = walk->count - out->first;
    out->points = points < KF__EXPLAIN_POINTS ? points : KF__EXPLAIN_POINTS;
}

static kf_status walk_trees(const kf_forest *forest, kf_explain_plan *plan)
{
    size_t levels = (size_t)plan->depth + 2;
    walking walk = {.forest = forest,
        .plan = plan,
        .last = kf__calloc(forest->features + 1, sizeof *walk.last),
        .shares = kf__calloc(levels, sizeof *walk.shares),
        .reach = kf__calloc(levels, sizeof *walk.reach),
        .unique = kf__calloc(levels, sizeof *walk.unique)};
    uint32_t *stack = kf__calloc(levels, sizeof *stack);
    bool made = walk.last && walk.shares && walk.reach && walk.unique && stack;
    if (made) {
        walk.reach[0] = 1;
        for (size_t i = 0; i < forest->trees.count; i++)
            walk_tree(&walk, &forest->trees.items[i], stack, &plan->trees[i]);
    }
    kf__free(walk.last);
    kf__free(walk.shares);
    kf__free(walk.reach);
    kf__free(walk.unique);
    kf__free(stack);
    return made ? KF_OK : KF_ENOMEM;
}

void kf__explain_plan_free(kf_explain_plan *plan)
{
    if (plan == NULL)
        return;
    kf__free(plan->edges);
    kf__free(plan->trees);
    kf__free(plan->expected);
    kf__free(plan->numbers);
    kf__free(plan);
}

kf_status kf__explain_plan_new(const kf_forest *forest, kf_explain_plan **out)
{
    kf_explain_plan *plan = kf__calloc(1, sizeof *plan);
    if (plan == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < forest->trees.count; i++)
        if (forest->trees.items[i].depth > plan->depth)
            plan->depth = forest->trees.items[i].depth;
    plan->edges = kf__reallocarray(NULL, forest->nodes.count + 1, sizeof *plan->edges);
    plan->trees = kf__calloc(forest->trees.count + 1, sizeof *plan->trees);
    plan->expected = kf__calloc(forest->outputs + 1, sizeof *plan->expected);
    kf_status status =
        plan->edges != NULL && plan->trees != NULL && plan->expected != NULL
            ? make_rules(plan)
            : KF_ENOMEM;
    if (status == KF_OK)
        status = walk_trees(forest, plan);
    if (status != KF_OK)
        kf__explain_plan_free(plan);
    else
        *out = plan;
    return status;
}
