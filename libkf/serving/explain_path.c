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
#include "base/mem.h"
#include "serving/explain_walk.h"

kf_status kf__explain_levels_new(
    const kf_forest *forest, const kf_explain_plan *plan, kf_explain_levels *out)
{
    size_t depth = (size_t)plan->depth + 2, points = KF__EXPLAIN_LANES;
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

void kf__explain_levels_free(kf_explain_levels *levels)
{
    kf__free(levels->memory);
    kf__free(levels->passes);
    kf__free(levels->left);
    kf__free(levels->path);
}

/* Its feature takes its part, and the parent has what is below. */
KF__INTO void leave_path(const kf_explain_levels *at, const kf_explain_rule *rule,
    size_t points, size_t width, size_t depth, const kf_explain_into *into)
{
    const double *parts = at->parts + depth * points;
    kf_lanes *own = into->phi + at->path[depth]->feature;
    (void)rule;
    for (size_t j = 0; j < width; j++, own += into->columns) {
        const double *sums = at->sums + (depth * width + j) * points;
        double *above = at->sums + ((depth - 1) * width + j) * points;
        for (size_t i = 0; i < points; i += KF__EXPLAIN_LANES) {
            kf_lanes sum = *(const kf_lanes *)(sums + i);
            *(kf_lanes *)(above + i) += sum;
            *own += sum * *(const kf_lanes *)(parts + i);
        }
    }
}

/* ---- rows ---- */

/* A tree after the other for some rows, so that it stays near. */
enum { ROWS = 16 };

KF__INTO void explain_rows(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const kf_explain_levels *at, kf_lanes *sums)
{
    size_t size = forest->features * (forest->input == KF_DATATYPE_FP32 ? 4 : 8);
    for (size_t i = 0; i < forest->trees.count; i++) {
        const kf_explain_tree *tree = &plan->trees[i];
        size_t first = forest->width == 1 ? tree->group : 0;
        for (size_t j = 0; tree->count > 0 && j < count; j++) {
            const kf_explain_into into = {.columns = forest->features,
                .phi = sums + (j * forest->outputs + first) * forest->features};
            const char *row = rows + j * size;
            if (forest->width == 1 && tree->points == KF__EXPLAIN_LANES)
                kf__explain_walk_tree(forest, plan, tree, row, at, &into,
                    KF__EXPLAIN_LANES, 1, NULL, leave_path);
            else
                kf__explain_walk_tree(forest, plan, tree, row, at, &into, tree->points,
                    forest->width, NULL, leave_path);
        }
    }
}

typedef void explain_function(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const kf_explain_levels *at, kf_lanes *sums);

static void explain_plainly(const kf_forest *forest, const kf_explain_plan *plan,
    const char *rows, size_t count, const kf_explain_levels *at, kf_lanes *sums)
{
    explain_rows(forest, plan, rows, count, at, sums);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void explain_avx2(const kf_forest *forest,
    const kf_explain_plan *plan, const char *rows, size_t count,
    const kf_explain_levels *at, kf_lanes *sums)
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
    kf_explain_levels at = {0};
    explain_function *run = fastest();
    kf_lanes *sums = kf__reallocarray(NULL, each * ROWS + 1, sizeof *sums);
    kf_status status =
        sums != NULL ? kf__explain_levels_new(forest, plan, &at) : KF_ENOMEM;
    for (size_t first = 0; status == KF_OK && first < count; first += ROWS) {
        size_t some = count - first < ROWS ? count - first : ROWS;
        memset(sums, 0, some * each * sizeof *sums);
        run(forest, plan, (const char *)rows + first * size, some, &at, sums);
        for (size_t i = 0; i < some * each; i++)
            phi[first * each + i] += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
    }
    kf__explain_levels_free(&at);
    kf__free(sums);
    return status;
}
