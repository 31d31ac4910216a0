/* SPDX-License-Identifier: Apache-2.0 */
/* KernelSHAP in parts: which subsets of the features are tried, and what is concluded. */
#ifndef KF_SERVING_EXPLAIN_KERNEL_H
#define KF_SERVING_EXPLAIN_KERNEL_H

#include <kf/base.h>

/* Subsets of `features` features, each a row of bits, and what each weighs. */
typedef struct kf_subsets {
    size_t features;
    size_t words; /* Of a subset. */
    size_t count;
    size_t capacity;
    uint64_t *bits;
    double *weights;
} kf_subsets;

/* Of at least 2 features: at most `samples` subsets, all of a size where they go in, the
 * rest drawn, in pairs with their complements. KF_ENOMEM. */
kf_status kf__subsets_choose(
    size_t features, size_t samples, uint64_t seed, kf_subsets *out);
void kf__subsets_finish(kf_subsets *subsets);
static inline bool kf__subset_has(
    const kf_subsets *subsets, size_t index, size_t feature)
{
    uint64_t word = subsets->bits[index * subsets->words + feature / 64];
    return (word >> (feature % 64) & 1) != 0;
}

/* Which features have effects. */
typedef enum kf_selection_kind {
    KF__SELECT_MOST = 0, /* So many at most. */
    KF__SELECT_AIC = 1,  /* Where Akaike's criterion, */
    KF__SELECT_BIC = 2,  /* or the Bayesian one is least. */
    KF__SELECT_LASSO = 3 /* At a penalty alpha. */
} kf_selection_kind;
typedef struct kf_selection {
    kf_selection_kind kind;
    size_t most;
    double alpha;
} kf_selection;

/* Effects of the features that sum up to `whole` and, weighted, come nearest to `effects`
 * of the subsets. phi: of all features. KF_EINVAL: too few subsets to select by;
 * KF_ENOMEM. */
kf_status kf__kernel_solve(const kf_subsets *subsets, const double *effects,
    double whole, const kf_selection *how, double *phi);
/* Those of a kind that is not KF__SELECT_MOST; active: room for all. */
kf_status kf__kernel_select(const kf_subsets *subsets, const double *effects,
    double whole, const kf_selection *how, size_t *active, size_t *count);
/* matrix × x = right, of `count` unknowns; both are used up. What cannot be told is 0. */
void kf__solve(double *matrix, double *right, size_t count, double *x);

#endif
