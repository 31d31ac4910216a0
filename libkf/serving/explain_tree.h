/* SPDX-License-Identifier: Apache-2.0 */
/* What path-dependent explanations of a forest need beside it, made once. */
#ifndef KF_SERVING_EXPLAIN_TREE_H
#define KF_SERVING_EXPLAIN_TREE_H

#include "serving/explain.h"

/* The way from a node to a child, in the order of a walk that goes left first. */
typedef struct kf_explain_edge {
    /* Share of the training rows of the child, as far as its feature told them apart:
     * the product of the shares of all edges of that feature from the root to here. */
    double share;
    uint32_t parent;  /* Node of the forest. */
    uint32_t leaf;    /* Row of values; UINT32_MAX: the child is no leaf. */
    uint32_t feature; /* That the parent decides by. */
    uint32_t depth;   /* 1: the parent is the root. */
    uint32_t before; /* Depth of the nearest edge above of the same feature; 0: none. */
    bool is_right;
} kf_explain_edge;

typedef struct kf_explain_tree {
    size_t first; /* Of the edges; none: the tree is one leaf. */
    size_t count;
    size_t points; /* Of the quadrature, a multiple of 4. */
    uint32_t group;
} kf_explain_tree;

/* Gauss-Legendre on 0 … 1, as vectors: points, one minus them, weights, one by them, and
 * what a feature that stops a row takes of the sums, before the weights. */
typedef struct kf_explain_rule {
    double *t, *u, *weight, *unweighted, *stopped;
} kf_explain_rule;
enum { KF__EXPLAIN_POINTS = 64, KF__EXPLAIN_LANES = 4 };

typedef struct kf_explain_plan {
    kf_explain_edge *edges;
    kf_explain_tree *trees; /* As many as the forest has. */
    double *expected;       /* Sums of all trees without a row, by output. */
    double *numbers;        /* Of the rules. */
    kf_explain_rule
        rules[KF__EXPLAIN_POINTS / KF__EXPLAIN_LANES + 1]; /* By points / 4. */
    uint32_t depth;                                        /* Of the deepest tree. */
} kf_explain_plan;

/* What a walk keeps for each depth, `points` numbers each but for `sums`, which are as
 * many for each value of a leaf. */
typedef struct kf_explain_levels {
    double *memory;
    double *products; /* Π (t o + (1 - t) z) of the features to here. */
    double *inverses; /* 1 / (t + (1 - t) z) of the edge. */
    double *parts;    /* What its feature takes of the sums. */
    double *sums;     /* Of the leaves below. */
    double *passes;   /* o of the edge and all of its feature above: 1 or 0. */
    bool *left;       /* Which way the row goes at the parent. */
    const kf_explain_edge **path;
} kf_explain_levels;
/* KF_ENOMEM, and out is to be freed all the same. */
kf_status kf__explain_levels_new(
    const kf_forest *forest, const kf_explain_plan *plan, kf_explain_levels *out);
void kf__explain_levels_free(kf_explain_levels *levels);

kf_status kf__explain_plan_new(const kf_forest *forest, kf_explain_plan **out);
void kf__explain_plan_free(kf_explain_plan *plan);

/* phi of each row: rows × outputs × (features of the forest); zeroed by the caller. */
kf_status kf__explain_by_path(const kf_forest *forest, const kf_explain_plan *plan,
    const void *rows, size_t count, double *phi);

/* The same of each row's pairs of features: rows × outputs × features × features, in
 * whose diagonals is what is left of phi, so that each line sums up to it. */
kf_status kf__explain_pairs(const kf_forest *forest, const kf_explain_plan *plan,
    const void *rows, size_t count, double *pairs);

/* phi of each row against each row of a background, and the sums of the trees for the
 * background, both added up; zeroed by the caller. */
kf_status kf__explain_by_background(const kf_forest *forest, const void *rows,
    size_t count, const void *background, size_t background_count, double *phi,
    double *expected);

#endif
