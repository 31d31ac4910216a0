/* SPDX-License-Identifier: Apache-2.0 */
/* What pairs of features do together: Shapley's interaction index, path-dependent. With
 * the names of explain_path.c that of the features i and j is, of one leaf,
 *
 *     v (o_i - z_i) (o_j - z_j) ∫ Π_{k ≠ i, j} (t o_k + (1 - t) z_k) dt,
 *
 * half of which is given to (i, j) and half to (j, i). An edge takes its part of the sums
 * of the leaves below it, and of that each edge above it takes its own. */
#include "base/mem.h"
#include "serving/explain_walk.h"

/* Products began as one by the weights, so that two parts have them once. */
KF__INTO void leave_pairs(const kf_explain_levels *at, const kf_explain_rule *rule,
    size_t points, size_t width, size_t depth, const kf_explain_into *into)
{
    const double *parts = at->parts + depth * points;
    size_t slot = into->slots[at->path[depth]->feature], columns = into->columns;
    for (size_t j = 0; j < width; j++) {
        const double *sums = at->sums + (depth * width + j) * points;
        double *above = at->sums + ((depth - 1) * width + j) * points;
        kf_lanes *phi = into->phi + j * columns + slot;
        kf_lanes *pairs = into->pairs + (j * columns + slot) * columns;
        for (size_t i = 0; i < points; i += KF__EXPLAIN_LANES) {
            kf_lanes sum = *(const kf_lanes *)(sums + i);
            kf_lanes part = sum * *(const kf_lanes *)(parts + i);
            *(kf_lanes *)(above + i) += sum;
            *phi += part * *(const kf_lanes *)(rule->weight + i);
            for (size_t k = 1; k < depth; k++)
                pairs[into->slots[at->path[k]->feature]] +=
                    part * *(const kf_lanes *)(at->parts + k * points + i);
        }
    }
}

/* ---- one row ---- */

KF__INTO void explain_row(const kf_forest *forest, const kf_explain_plan *plan,
    const char *row, const kf_explain_levels *at, const kf_explain_into *all)
{
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_explain_tree *tree = &plan->trees[i];
        size_t first = forest->width == 1 ? tree->group : 0;
        const double *start = plan->rules[tree->points / KF__EXPLAIN_LANES].unweighted;
        kf_explain_into into = *all;
        into.phi += first * into.columns;
        into.pairs += first * into.columns * into.columns;
        if (tree->count == 0)
            continue;
        if (forest->width == 1 && tree->points == KF__EXPLAIN_LANES)
            kf__explain_walk_tree(forest, plan, tree, row, at, &into, KF__EXPLAIN_LANES,
                1, start, leave_pairs);
        else
            kf__explain_walk_tree(forest, plan, tree, row, at, &into, tree->points,
                forest->width, start, leave_pairs);
    }
}

typedef void explain_function(const kf_forest *forest, const kf_explain_plan *plan,
    const char *row, const kf_explain_levels *at, const kf_explain_into *all);

static void explain_plainly(const kf_forest *forest, const kf_explain_plan *plan,
    const char *row, const kf_explain_levels *at, const kf_explain_into *all)
{
    explain_row(forest, plan, row, at, all);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void explain_avx2(const kf_forest *forest,
    const kf_explain_plan *plan, const char *row, const kf_explain_levels *at,
    const kf_explain_into *all)
{
    explain_row(forest, plan, row, at, all);
}
#endif

static explain_function *fastest(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return explain_avx2;
#endif
    return explain_plainly;
}

/* ---- rows ---- */

static double sum_of(const kf_lanes *lanes)
{
    return (*lanes)[0] + (*lanes)[1] + (*lanes)[2] + (*lanes)[3];
}

/* Both halves of each pair, and in the diagonal what is left of the feature's own. */
static void settle(
    const kf_forest *forest, const kf_explain_into *all, size_t output, double *out)
{
    size_t features = forest->features, columns = all->columns;
    const kf_lanes *pairs = all->pairs + output * columns * columns;
    for (size_t i = 0; i < features; i++) {
        size_t own = all->slots[i];
        if (own == UINT32_MAX)
            continue;
        double rest = sum_of(all->phi + output * columns + own);
        for (size_t j = 0; j < features; j++) {
            size_t other = all->slots[j];
            if (i == j || other == UINT32_MAX)
                continue;
            double half = (sum_of(pairs + own * columns + other) +
                              sum_of(pairs + other * columns + own)) /
                          2;
            out[i * features + j] = half;
            rest -= half;
        }
        out[i * features + i] = rest;
    }
}

/* The features that trees decide by, one after the other. */
static void number_features(
    const kf_forest *forest, const kf_explain_plan *plan, kf_explain_into *all)
{
    for (size_t i = 0; i < forest->features; i++)
        all->slots[i] = UINT32_MAX;
    for (size_t i = 0; i < forest->trees.count; i++)
        for (size_t j = 0; j < plan->trees[i].count; j++) {
            uint32_t *slot = &all->slots[plan->edges[plan->trees[i].first + j].feature];
            if (*slot == UINT32_MAX)
                *slot = (uint32_t)all->columns++;
        }
}

static kf_status into_new(
    const kf_forest *forest, const kf_explain_plan *plan, kf_explain_into *out)
{
    out->slots = kf__calloc(forest->features + 1, sizeof *out->slots);
    if (out->slots == NULL)
        return KF_ENOMEM;
    number_features(forest, plan, out);
    size_t phi = forest->outputs * out->columns;
    out->phi = kf__reallocarray(NULL, phi * (out->columns + 1) + 1, sizeof *out->phi);
    out->pairs = out->phi + phi;
    return out->phi != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__explain_pairs(const kf_forest *forest, const kf_explain_plan *plan,
    const void *rows, size_t count, double *pairs)
{
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    size_t each = forest->features * forest->features;
    kf_explain_levels at = {0};
    kf_explain_into all = {0};
    explain_function *run = fastest();
    kf_status status = into_new(forest, plan, &all);
    if (status == KF_OK)
        status = kf__explain_levels_new(forest, plan, &at);
    for (size_t i = 0; status == KF_OK && i < count; i++) {
        memset(all.phi, 0,
            forest->outputs * all.columns * (all.columns + 1) * sizeof *all.phi);
        run(forest, plan, (const char *)rows + i * size, &at, &all);
        for (size_t j = 0; j < forest->outputs; j++)
            settle(forest, &all, j, pairs + (i * forest->outputs + j) * each);
    }
    kf__explain_levels_free(&at);
    kf__free(all.phi);
    kf__free(all.slots);
    return status;
}
