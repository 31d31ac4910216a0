/* SPDX-License-Identifier: Apache-2.0 */
/* Interventional Shapley values of trees: what is not known of a row is taken from a row
 * of the background. Of a row and one of the background a tree has few leaves to offer:
 * where both go the same way there is one way. On the way to a leaf `ours` features are
 * known to be the row's and `theirs` the other's; the leaf then gives each of ours
 * (ours - 1)! theirs! / (ours + theirs)! of its value, and takes ours! (theirs - 1)! /
 * (ours + theirs)! of it from each of theirs. */
#include <string.h>

#include "base/mem.h"
#include "serving/explain_tree.h"

enum { OURS = 1, THEIRS = 2 };

/* Where two ways part, and the weights of leaves below. */
typedef struct fork_at {
    uint32_t node;
    uint8_t stage; /* 0: on the way; 1: our way is taken; 2: theirs is. */
    bool our_left;
    size_t ours, theirs;
    double give, take;
} fork_at;

typedef struct pairing {
    const kf_forest *forest;
    const void *row, *other;
    fork_at *forks;
    double *sums;   /* Of each fork: what is given and taken, `width` each. */
    uint8_t *whose; /* Of each feature: OURS, THEIRS; 0: not told apart yet. */
} pairing;

static double number(const kf_forest *forest, const void *row, uint32_t feature)
{
    return forest->input == KF_DATATYPE_FP32 ? (double)((const float *)row)[feature]
                                             : ((const double *)row)[feature];
}

static fork_at below(const fork_at *from, uint32_t node, bool ours)
{
    double total = (double)(from->ours + from->theirs) + 1;
    double us = (double)from->ours, them = (double)from->theirs;
    fork_at fork = {.node = node, .ours = from->ours, .theirs = from->theirs};
    if (ours) {
        fork.ours++;
        fork.give = from->ours == 0 ? 1 / total : from->give * us / total;
        fork.take = from->take * (us + 1) / total;
    } else {
        fork.theirs++;
        fork.give = from->give * (them + 1) / total;
        fork.take = from->theirs == 0 ? 1 / total : from->take * them / total;
    }
    return fork;
}

/* To the next fork, or to a leaf. */
static void advance(const pairing *pair, fork_at *fork)
{
    const kf_forest *forest = pair->forest;
    for (;;) {
        const kf_forest_node *node = &forest->nodes.items[fork->node];
        if (node->left < 0)
            return;
        uint8_t whose = pair->whose[node->feature];
        bool ours = whose != THEIRS && kf__forest_goes_left(forest, node,
                                           number(forest, pair->row, node->feature));
        bool theirs = whose != OURS && kf__forest_goes_left(forest, node,
                                           number(forest, pair->other, node->feature));
        fork->our_left = ours;
        if (whose == 0 && ours != theirs)
            return;
        bool left = whose == THEIRS ? theirs : ours;
        fork->node = (uint32_t)(left ? node->left : node->right);
    }
}

static void at_leaf(const pairing *pair, const fork_at *fork, double *sums)
{
    const kf_forest *forest = pair->forest;
    const kf_forest_node *leaf = &forest->nodes.items[fork->node];
    const double *values = &forest->values.items[leaf->index * forest->width];
    for (size_t i = 0; i < forest->width; i++) {
        sums[2 * i] = fork->ours > 0 ? values[i] * fork->give : 0;
        sums[2 * i + 1] = fork->theirs > 0 ? values[i] * fork->take : 0;
    }
}

/* Back at a fork from one of its ways. */
static void back(const pairing *pair, const fork_at *fork, double *sums, double *phi)
{
    const kf_forest *forest = pair->forest;
    const double *found = sums + 2 * forest->width;
    double *own = phi + forest->nodes.items[fork->node].feature;
    for (size_t i = 0; i < forest->width; i++, own += forest->features) {
        if (fork->stage == 1) {
            *own += found[2 * i];
            sums[2 * i] = found[2 * i];
            sums[2 * i + 1] = found[2 * i + 1];
        } else {
            *own -= found[2 * i + 1];
            sums[2 * i] += found[2 * i];
            sums[2 * i + 1] += found[2 * i + 1];
        }
    }
}

static void explain(pairing *pair, uint32_t root, double *phi)
{
    size_t depth = 0, each = 2 * pair->forest->width;
    pair->forks[0] = (fork_at){.node = root};
    advance(pair, &pair->forks[0]);
    for (;;) {
        fork_at *fork = &pair->forks[depth];
        const kf_forest_node *node = &pair->forest->nodes.items[fork->node];
        double *sums = pair->sums + depth * each;
        if (fork->stage > 0)
            back(pair, fork, sums, phi);
        if (node->left < 0 || fork->stage == 2) {
            if (node->left < 0)
                at_leaf(pair, fork, sums);
            else
                pair->whose[node->feature] = 0;
            if (depth-- == 0)
                return;
            continue;
        }
        bool ours = fork->stage++ == 0;
        bool left = ours == fork->our_left;
        pair->whose[node->feature] = ours ? OURS : THEIRS;
        pair->forks[++depth] =
            below(fork, (uint32_t)(left ? node->left : node->right), ours);
        advance(pair, &pair->forks[depth]);
    }
}

static void explain_all(pairing *pair, const char *rows, size_t count, const char *others,
    size_t other_count, size_t size, double *phi)
{
    const kf_forest *forest = pair->forest;
    size_t each = forest->outputs * forest->features;
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_forest_tree *tree = &forest->trees.items[i];
        size_t group = forest->width == 1 ? tree->group : 0;
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < other_count; k++) {
                pair->row = rows + j * size;
                pair->other = others + k * size;
                explain(pair, tree->root, phi + j * each + group * forest->features);
            }
    }
}

static void add_expected(const kf_forest *forest, const char *rows, size_t count,
    size_t size, double *expected)
{
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_forest_tree *tree = &forest->trees.items[i];
        size_t group = forest->width == 1 ? tree->group : 0;
        for (size_t j = 0; j < count; j++) {
            size_t leaf = kf__forest_leaf(forest, tree, rows + j * size)->index;
            for (size_t k = 0; k < forest->width; k++)
                expected[group + k] += forest->values.items[leaf * forest->width + k];
        }
    }
}

kf_status kf__explain_by_background(const kf_forest *forest, const void *rows,
    size_t count, const void *background, size_t background_count, double *phi,
    double *expected)
{
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    size_t depth = 2;
    for (size_t i = 0; i < forest->trees.count; i++)
        if (forest->trees.items[i].depth + 2 > depth)
            depth = forest->trees.items[i].depth + 2;
    pairing pair = {.forest = forest,
        .forks = kf__calloc(depth, sizeof *pair.forks),
        .sums = kf__calloc(depth, 2 * forest->width * sizeof *pair.sums),
        .whose = kf__calloc(forest->features + 1, sizeof *pair.whose)};
    bool made = pair.forks != NULL && pair.sums != NULL && pair.whose != NULL;
    if (made) {
        explain_all(&pair, rows, count, background, background_count, size, phi);
        add_expected(forest, background, background_count, size, expected);
    }
    kf__free(pair.forks);
    kf__free(pair.sums);
    kf__free(pair.whose);
    return made ? KF_OK : KF_ENOMEM;
}
