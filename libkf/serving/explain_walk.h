/* SPDX-License-Identifier: Apache-2.0 */
/* The walk down and up a tree that path-dependent explanations share: see explain_path.c
 * for what the numbers are. It is inlined into each of the functions that are compiled
 * for a kind of processor, and so is what is done when an edge is left. */
#ifndef KF_SERVING_EXPLAIN_WALK_H
#define KF_SERVING_EXPLAIN_WALK_H

#include <math.h>
#include <string.h>

#include "serving/explain_tree.h"

typedef double kf_lanes __attribute__((vector_size(32), aligned(8)));

/* What edges add to when they are left, of the outputs of one tree. */
typedef struct kf_explain_into {
    size_t columns;  /* Numbers of a row that are told apart. */
    kf_lanes *phi;   /* By output and column. */
    kf_lanes *pairs; /* By output and column times column; NULL: none are wanted. */
    uint32_t *slots; /* Which of the columns a feature is; NULL: it is its own. */
} kf_explain_into;

#define KF__INTO static inline __attribute__((always_inline))

/* Leave the edge of `depth` for its parent. */
typedef void kf_explain_leave(const kf_explain_levels *at, const kf_explain_rule *rule,
    size_t points, size_t width, size_t depth, const kf_explain_into *into);

static inline double kf__explain_number_of(
    const kf_forest *forest, const void *row, uint32_t feature)
{
    return forest->input == KF_DATATYPE_FP32 ? (double)((const float *)row)[feature]
                                             : ((const double *)row)[feature];
}

static inline bool kf__explain_goes_left(
    const kf_forest *forest, uint32_t index, const void *row)
{
    const kf_forest_node *node = &forest->nodes.items[index];
    double value = kf__explain_number_of(forest, row, node->feature);
    if (node->missing == KF_MISSING_NAN && !isnan(value)) {
        if (node->split == KF_SPLIT_LESS)
            return value < node->threshold;
        if (node->split == KF_SPLIT_AT_MOST)
            return value <= node->threshold;
    }
    return kf__forest_goes_left(forest, node, value);
}

/* Down an edge, without asking which way the row goes: o is 1 where it is let through,
 * else 0; was: the same of all edges of the feature above. */
KF__INTO void kf__explain_go_down(const kf_explain_levels *at,
    const kf_explain_rule *rule, size_t points, const kf_explain_edge *edge, double o)
{
    size_t here = edge->depth * points, above = here - points;
    double z = edge->share, rest = o * (1 - z), stopped = 1 - o;
    for (size_t i = 0; i < points; i += KF__EXPLAIN_LANES) {
        kf_lanes t = *(const kf_lanes *)(rule->t + i),
                 u = *(const kf_lanes *)(rule->u + i);
        kf_lanes inverse = 1 / (t + u * z);
        kf_lanes part =
            rest * inverse + stopped * *(const kf_lanes *)(rule->stopped + i);
        *(kf_lanes *)(at->products + here + i) =
            *(const kf_lanes *)(at->products + above + i) * (o * t + u * z);
        *(kf_lanes *)(at->inverses + here + i) = inverse;
        *(kf_lanes *)(at->parts + here + i) =
            *(const kf_lanes *)(rule->weight + i) * part;
    }
    at->passes[edge->depth] = o;
}

/* The same where an edge above is of the same feature, whose factor is replaced. Where
 * the row was stopped above, only the share changes. */
KF__INTO void kf__explain_go_down_again(const kf_explain_levels *at,
    const kf_explain_rule *rule, size_t points, const kf_explain_edge *edge, double o)
{
    const kf_explain_edge *before = at->path[edge->before];
    size_t here = edge->depth * points, above = here - points;
    double was = at->passes[edge->before], z = edge->share;
    double ratio = before->share > 0 ? (1 - was) * (z / before->share) : 0;
    double rest = o * (1 - z), old_rest = 1 - before->share, stopped = 1 - o;
    for (size_t i = 0; i < points; i += KF__EXPLAIN_LANES) {
        kf_lanes t = *(const kf_lanes *)(rule->t + i),
                 u = *(const kf_lanes *)(rule->u + i);
        kf_lanes old = *(const kf_lanes *)(at->inverses + edge->before * points + i);
        kf_lanes inverse = 1 / (t + u * z);
        kf_lanes part = rest * inverse +
                        stopped * *(const kf_lanes *)(rule->stopped + i) -
                        old_rest * old;
        kf_lanes factor = was * ((o * t + u * z) * old) + ratio;
        *(kf_lanes *)(at->products + here + i) =
            *(const kf_lanes *)(at->products + above + i) * factor;
        *(kf_lanes *)(at->inverses + here + i) = inverse;
        *(kf_lanes *)(at->parts + here + i) =
            was * (*(const kf_lanes *)(rule->weight + i) * part);
    }
    at->passes[edge->depth] = was * o;
}

KF__INTO void kf__explain_set_sums(const kf_forest *forest, const kf_explain_levels *at,
    size_t points, size_t width, const kf_explain_edge *edge)
{
    double *sums = at->sums + edge->depth * points * width;
    if (edge->leaf == UINT32_MAX) {
        memset(sums, 0, points * width * sizeof *sums);
        return;
    }
    const double *values = &forest->values.items[edge->leaf * width];
    const double *products = at->products + edge->depth * points;
    for (size_t j = 0; j < width; j++)
        for (size_t i = 0; i < points; i += KF__EXPLAIN_LANES)
            *(kf_lanes *)(sums + j * points + i) =
                *(const kf_lanes *)(products + i) * values[j];
}

/* points, width: of the tree and the forest, told apart so that usual ones are
 * constants. At the root, products are those of `start`. */
KF__INTO void kf__explain_walk_tree(const kf_forest *forest,
    const kf_explain_plan *plan, const kf_explain_tree *tree, const void *row,
    const kf_explain_levels *at, const kf_explain_into *into, size_t points,
    size_t width, const double *start, kf_explain_leave *leave)
{
    static const kf_explain_edge none = {.share = 1};
    const kf_explain_rule *rule = &plan->rules[points / KF__EXPLAIN_LANES];
    const kf_explain_edge *edges = plan->edges + tree->first;
    size_t depth = 0;
    at->path[0] = &none;
    for (size_t i = 0; i < points; i++)
        at->products[i] = start != NULL ? start[i] : 1;
    for (size_t i = 0; i < tree->count; i++) {
        const kf_explain_edge *edge = &edges[i];
        for (; depth >= edge->depth; depth--)
            leave(at, rule, points, width, depth, into);
        if (!edge->is_right)
            at->left[edge->depth] = kf__explain_goes_left(forest, edge->parent, row);
        double o = at->left[edge->depth] != edge->is_right ? 1 : 0;
        at->path[edge->depth] = edge;
        if (edge->before == 0)
            kf__explain_go_down(at, rule, points, edge, o);
        else
            kf__explain_go_down_again(at, rule, points, edge, o);
        kf__explain_set_sums(forest, at, points, width, edge);
        depth = edge->depth;
    }
    for (; depth > 0; depth--)
        leave(at, rule, points, width, depth, into);
}

#endif
