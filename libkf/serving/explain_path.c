/* SPDX-License-Identifier: Apache-2.0 */
/* Path-dependent Shapley values of trees.
 *
 * For one leaf of value v, let z be the share of the training rows that a feature of its
 * path lets through, and o be 1 where the row itself is let through, else 0. The value of
 * a set S of known features is v times the product of o over S and of z over the others,
 * and the Shapley value of feature j is an integral over the chance t of being known:
 *
 *     v (o_j - z_j) ∫ Π_{k ≠ j} (t o_k + (1 - t) z_k) dt, t from 0 to 1,
 *
 * of a polynomial whose degree is the number of other features, which Gauss-Legendre
 * integrates exactly with half as many points, all terms positive. All leaves of a tree
 * are summed in one walk: down, the products; up, their sums, of which each edge takes
 * the part of its feature, less what the nearest edge of the same feature above it took. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "serving/explain_tree.h"

typedef double lanes __attribute__((vector_size(32), aligned(8)));
enum { LANES = KF__EXPLAIN_LANES };

/* Into each of the functions that are compiled for a kind of processor. */
#define KF__INTO static inline __attribute__((always_inline))

/* What a walk keeps for each depth, `points` numbers each but for `sums`, which are as
 * many for each value of a leaf. */
typedef struct level_room {
    double *memory;
    double *products; /* Π (t o + (1 - t) z) of the features to here. */
    double *inverses; /* 1 / (t + (1 - t) z) of the edge. */
    double *parts;    /* What its feature takes of the sums. */
    double *sums;     /* Of the leaves below. */
    double *passes;   /* o of the edge and all of its feature above: 1 or 0. */
    bool *left;       /* Which way the row goes at the parent. */
    const kf_explain_edge **path;
} level_room;

static kf_status levels_new(
    const kf_forest *forest, const kf_explain_plan *plan, level_room *out)
{
    size_t depth = (size_t)plan->depth + 2, points = LANES;
    for (size_t i = 0; i < forest->trees.count; i++)
        if (plan->trees[i].points > points)
            points = plan->trees[i].points;
    size_t each = depth * points;
    out->memory = kf__calloc(each * (3 + forest->width), sizeof *out->memory);
    out->passes = kf__calloc(depth, sizeof *out->passes);
    out->left = kf__calloc(depth, sizeof *out->left);
    out->path = kf__calloc(depth, sizeof *out->path);
    if (out->memory == NULL || out->passes == NULL || out->left == NULL ||
        out->path == NULL)
        return KF_ENOMEM;
    out->products = out->memory;
    out->inverses = out->memory + each;
    out->parts = out->memory + 2 * each;
    out->sums = out->memory + 3 * each;
    return KF_OK;
}

static void levels_free(level_room *levels)
{
    kf__free(levels->memory);
    kf__free(levels->passes);
    kf__free(levels->left);
    kf__free(levels->path);
}

static double number(const kf_forest *forest, const void *row, uint32_t feature)
{
    return forest->input == KF_DATATYPE_FP32 ? (double)((const float *)row)[feature]
                                             : ((const double *)row)[feature];
}

static bool goes_left(const kf_forest *forest, uint32_t index, const void *row)
{
    const kf_forest_node *node = &forest->nodes.items[index];
    double value = number(forest, row, node->feature);
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
KF__INTO void go_down(const level_room *at, const kf_explain_rule *rule, size_t points,
    const kf_explain_edge *edge, double o)
{
    size_t here = edge->depth * points, above = here - points;
    double z = edge->share, rest = o * (1 - z), stopped = 1 - o;
    for (size_t i = 0; i < points; i += LANES) {
        lanes t = *(const lanes *)(rule->t + i), u = *(const lanes *)(rule->u + i);
        lanes inverse = 1 / (t + u * z);
        lanes part = rest * inverse + stopped * *(const lanes *)(rule->stopped + i);
        *(lanes *)(at->products + here + i) =
            *(const lanes *)(at->products + above + i) * (o * t + u * z);
        *(lanes *)(at->inverses + here + i) = inverse;
        *(lanes *)(at->parts + here + i) = *(const lanes *)(rule->weight + i) * part;
    }
    at->passes[edge->depth] = o;
}

/* The same where an edge above is of the same feature, whose factor is replaced. Where
 * the row was stopped above, only the share changes. */
KF__INTO void go_down_again(const level_room *at, const kf_explain_rule *rule,
    size_t points, const kf_explain_edge *edge, double o)
{
    const kf_explain_edge *before = at->path[edge->before];
    size_t here = edge->depth * points, above = here - points;
    double was = at->passes[edge->before], z = edge->share;
    double ratio = before->share > 0 ? (1 - was) * (z / before->share) : 0;
    double rest = o * (1 - z), old_rest = 1 - before->share, stopped = 1 - o;
    for (size_t i = 0; i < points; i += LANES) {
        lanes t = *(const lanes *)(rule->t + i), u = *(const lanes *)(rule->u + i);
        lanes old = *(const lanes *)(at->inverses + edge->before * points + i);
        lanes inverse = 1 / (t + u * z);
        lanes part = rest * inverse + stopped * *(const lanes *)(rule->stopped + i) -
                     old_rest * old;
        lanes factor = was * ((o * t + u * z) * old) + ratio;
        *(lanes *)(at->products + here + i) =
            *(const lanes *)(at->products + above + i) * factor;
        *(lanes *)(at->inverses + here + i) = inverse;
        *(lanes *)(at->parts + here + i) =
            was * (*(const lanes *)(rule->weight + i) * part);
    }
    at->passes[edge->depth] = was * o;
}

KF__INTO void set_sums(const kf_forest *forest, const level_room *at, size_t points,
    size_t width, const kf_explain_edge *edge)
{
    double *sums = at->sums + edge->depth * points * width;
    if (edge->leaf == UINT32_MAX) {
        memset(sums, 0, points * width * sizeof *sums);
        return;
    }
    const double *values = &forest->values.items[edge->leaf * width];
    const double *products = at->products + edge->depth * points;
    for (size_t j = 0; j < width; j++)
        for (size_t i = 0; i < points; i += LANES)
            *(lanes *)(sums + j * points + i) =
                *(const lanes *)(products + i) * values[j];
}

/* Leave an edge: its feature takes its part, and the parent has what is below. */
KF__INTO void go_up(const level_room *at, const kf_forest *forest, size_t points,
    size_t width, size_t depth, lanes *phi)
{
    const double *parts = at->parts + depth * points;
    lanes *own = phi + at->path[depth]->feature;
    for (size_t j = 0; j < width; j++, own += forest->features) {
        const double *sums = at->sums + (depth * width + j) * points;
        double *above = at->sums + ((depth - 1) * width + j) * points;
        for (size_t i = 0; i < points; i += LANES) {
            lanes sum = *(const lanes *)(sums + i);
            *(lanes *)(above + i) += sum;
            *own += sum * *(const lanes *)(parts + i);
        }
    }
}

/* phi: of the outputs of the tree, by feature. points, width: of the tree and the
 * forest, told apart so that usual ones are constants. */
KF__INTO void explain(const kf_forest *forest, const kf_explain_plan *plan,
    const kf_explain_tree *tree, const void *row, const level_room *at, lanes *phi,
    size_t points, size_t width)
{
    static const kf_explain_edge none = {.share = 1};
    const kf_explain_rule *rule = &plan->rules[points / LANES];
    const kf_explain_edge *edges = plan->edges + tree->first;
    size_t depth = 0;
    at->path[0] = &none;
    for (size_t i = 0; i < points; i++)
        at->products[i] = 1;
    for (size_t i = 0; i < tree->count; i++) {
        const kf_explain_edge *edge = &edges[i];
        for (; depth >= edge->depth; depth--)
            go_up(at, forest, points, width, depth, phi);
        if (!edge->is_right)
            at->left[edge->depth] = goes_left(forest, edge->parent, row);
        double o = at->left[edge->depth] != edge->is_right ? 1 : 0;
        at->path[edge->depth] = edge;
        if (edge->before == 0)
            go_down(at, rule, points, edge, o);
        else
            go_down_again(at, rule, points, edge, o);
        set_sums(forest, at, points, width, edge);
        depth = edge->depth;
    }
    for (; depth > 0; depth--)
        go_up(at, forest, points, width, depth, phi);
}

/* ---- rows ---- */

/* A tree after the other for some rows, so that it stays near. */
enum { ROWS = 16 };

KF__INTO void explain_rows(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const level_room *at, lanes *sums)
{
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_explain_tree *tree = &plan->trees[i];
        size_t first = forest->width == 1 ? tree->group : 0;
        for (size_t j = 0; tree->count > 0 && j < count; j++) {
            lanes *phi = sums + (j * forest->outputs + first) * forest->features;
            const char *row = rows + j * size;
            if (forest->width == 1 && tree->points == LANES)
                explain(forest, plan, tree, row, at, phi, LANES, 1);
            else
                explain(forest, plan, tree, row, at, phi, tree->points, forest->width);
        }
    }
}

typedef void explain_function(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const level_room *at, lanes *sums);

static void explain_plainly(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const level_room *at, lanes *sums)
{
    explain_rows(forest, plan, rows, count, at, sums);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void explain_avx2(const kf_forest *forest,
    const kf_explain_plan *plan, const char *rows, size_t count, const level_room *at,
    lanes *sums)
{
    explain_rows(forest, plan, rows, count, at, sums);
}
#endif

/* All give the same numbers. */
static explain_function *fastest(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return explain_avx2;
#endif
    return explain_plainly;
}

kf_status kf__explain_by_path(const kf_forest *forest, const kf_explain_plan *plan,
    const void *rows, size_t count, double *phi)
{
    size_t each = forest->outputs * forest->features;
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    level_room at = {0};
    explain_function *run = fastest();
    lanes *sums = kf__reallocarray(NULL, each * ROWS + 1, sizeof *sums);
    kf_status status = sums != NULL ? levels_new(forest, plan, &at) : KF_ENOMEM;
    for (size_t first = 0; status == KF_OK && first < count; first += ROWS) {
        size_t some = count - first < ROWS ? count - first : ROWS;
        memset(sums, 0, some * each * sizeof *sums);
        run(forest, plan, (const char *)rows + first * size, some, &at, sums);
        for (size_t i = 0; i < some * each; i++)
            phi[first * each + i] += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
    }
    levels_free(&at);
    kf__free(sums);
    return status;
}
