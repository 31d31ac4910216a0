/* SPDX-License-Identifier: Apache-2.0 */
/* Trees that add up: what XGBoost, LightGBM and scikit-learn call an ensemble. The trees
 * stay as they were trained (for explanations), and a compact form of them is made for
 * prediction. A reader adds tree after tree and then seals the forest, which is never
 * changed again. */
#ifndef KF_SERVING_FOREST_H
#define KF_SERVING_FOREST_H

#include <kf/ext/model.h>

#include "base/vec.h"

/* How a node decides. */
typedef enum kf_split {
    KF_SPLIT_LEAF = 0,
    KF_SPLIT_LESS = 1,    /* Left if value < threshold. */
    KF_SPLIT_AT_MOST = 2, /* Left if value <= threshold. */
    /* Left if the value, without its fraction, is of the set. */
    KF_SPLIT_SET = 3,
    /* The same, but no negative value is of a set, so that -0.5 is not 0. */
    KF_SPLIT_SET_POSITIVE = 4,
    /* Values below 0 or past the words of the set go where missing ones do. */
    KF_SPLIT_SET_KNOWN = 5
} kf_split;

/* What goes where default_left says. */
typedef enum kf_missing {
    KF_MISSING_NAN = 0,
    KF_MISSING_NONE = 1, /* Nothing: NaN counts as 0. Not for sets. */
    KF_MISSING_ZERO = 2  /* NaN and what is 0 but for 1e-35. Not for sets. */
} kf_missing;

typedef struct kf_forest_node {
    double threshold; /* Of LESS and AT_MOST. */
    double cover;     /* Weight of the training rows that came here; 0: not known. */
    int32_t left;     /* Nodes of the forest, right is left + 1; -1: a leaf. Given to */
    int32_t right;    /* kf__forest_add_tree: of the tree, anywhere. */
    uint32_t feature;
    /* A leaf: which row of values. A set: which of the sets. Given to
     * kf__forest_add_tree: of the values given, and of the forest's sets. */
    uint32_t index;
    uint8_t split;   /* kf_split */
    uint8_t missing; /* kf_missing */
    bool default_left;
} kf_forest_node;

/* Bits of a set: `count` words from `words[first]`. */
typedef struct kf_forest_set {
    size_t first;
    size_t count;
} kf_forest_set;

typedef struct kf_forest_tree {
    uint32_t root;  /* Its nodes are root … root + nodes - 1, parents first. */
    uint32_t nodes; /* At least 1. */
    uint32_t group; /* The output that its values are added to, if width is 1. */
    uint32_t depth; /* Edges from the root to the lowest leaf. */
} kf_forest_tree;

/* A leaf that is a linear model of the row: constant + Σ coefficient × feature, or the
 * leaf's own value if one of its features is NaN. */
typedef struct kf_forest_linear {
    double constant;
    size_t first; /* Of terms. */
    size_t count;
} kf_forest_linear;
typedef struct kf_forest_term {
    double coefficient;
    uint32_t feature;
} kf_forest_term;

typedef struct kf_forest {
    size_t features;
    size_t outputs;    /* Sums per row. */
    size_t width;      /* Values of a leaf: 1, or `outputs`. */
    kf_datatype input; /* FP32 or FP64: the type of a row's numbers. */
    kf_datatype sum;   /* FP32 or FP64: the type that values are added in. */
    KF__VEC(kf_forest_node) nodes;
    KF__VEC(kf_forest_tree) trees;
    KF__VEC(double) values; /* Rows of `width`; a leaf's `index` says which. */
    KF__VEC(kf_forest_set) sets;
    KF__VEC(uint32_t) words;
    KF__VEC(kf_forest_linear) linear; /* Empty, or one per row of values. */
    KF__VEC(kf_forest_term) terms;
    struct kf_forest_plan *plan; /* What sealing makes for prediction. */
} kf_forest;

/* An empty forest: the caller sets features, outputs, width, input and sum. */
#define KF__FOREST_INIT ((kf_forest){.width = 1})
void kf__forest_finish(kf_forest *forest);

/* A set of numbers below 2^24 as bits; *index is what nodes refer to. KF_ENOMEM. */
kf_status kf__forest_add_set(
    kf_forest *forest, const uint32_t *words, size_t count, uint32_t *index);
/* What leaves refer to by their index. */
typedef struct kf_forest_leaves {
    const double *values; /* rows × the forest's width. */
    size_t rows;
    const kf_forest_linear *linear; /* NULL, or one per row. */
} kf_forest_leaves;
/* Add a tree: nodes[0] is its root; what cannot be reached from there is left out.
 * KF_EDOCUMENT with the
 * place in the tree ("nodes[12]"): no such child, feature, set or value, a child of two
 * parents, a threshold that is NaN; KF_ELIMIT; KF_ENOMEM. */
kf_status kf__forest_add_tree(kf_forest *forest, const kf_forest_node *nodes,
    size_t count, const kf_forest_leaves *leaves, uint32_t group);
/* No more trees: make what predicts. Trees may be none. The values of a tree's leaves are
 * put in the order of leaves from left to right. */
kf_status kf__forest_seal(kf_forest *forest);

/* Add to sums (count × outputs of `sum`, set by the caller) the leaves of each row (count
 * × features of `input`), tree by tree in their order, each addition rounded. KF_ENOMEM. */
kf_status kf__forest_add_up(
    const kf_forest *forest, const void *rows, size_t count, void *sums);
/* The same, node by node: slow, and what the others are measured against. */
void kf__forest_walk(
    const kf_forest *forest, const void *rows, size_t count, void *sums);
/* Whether a row's number takes the left child of a node that is no leaf. */
bool kf__forest_goes_left(
    const kf_forest *forest, const kf_forest_node *node, double value);
/* What a linear leaf, by its row of values, gives for a row. */
double kf__forest_linear_value(const kf_forest *forest, size_t leaf, const void *row);
/* The leaf of a row in a tree. */
const kf_forest_node *kf__forest_leaf(
    const kf_forest *forest, const kf_forest_tree *tree, const void *row);

#endif
