/* SPDX-License-Identifier: Apache-2.0 */
/* Shapley values of the margins of a model: what each feature of a row adds to them. */
#ifndef KF_SERVING_EXPLAIN_H
#define KF_SERVING_EXPLAIN_H

#include <kf/model.h>

#include "serving/forest.h"

typedef struct kf_numeric kf_numeric;

/* What explanations see of a model: margins of rows that have been prepared. */
typedef struct kf_margins {
    size_t outputs; /* Margins of a row. */
    size_t columns; /* Numbers of a prepared row. */
    /* The feature that each is made of alone, KF__MIXED if of several; NULL: the same. */
    const uint32_t *sources;
    /* Trees whose sums, with the bases and then divided, are the margins; NULL: none. */
    const kf_forest *forest;
    double divisor; /* 0: none. */
    /* outputs × columns of a linear model whose intercepts are the bases; NULL: none. */
    const double *coefficients;
    const double *mean; /* Of its training rows; NULL: not known. */
    /* Makes probabilities of margins of so many rows, in place; NULL: there are none. */
    void (*respond)(const kf_numeric *model, double *margins, size_t count);
    bool is_apart; /* Each of one margin. */
} kf_margins;
#define KF__MIXED UINT32_MAX

/* A call of kf_model_explain on its way; out is zeroed. */
typedef struct kf_explaining {
    const kf_numeric *model;
    kf_margins margins;
    const kf_explain_options *options;
    const double *rows;
    size_t count;
    bool probabilities; /* Are explained, rather than margins. */
    bool pairs; /* Interactions are wanted: (features + 1)² numbers for each margin. */
    double *out; /* count × outputs × (features + 1) */
} kf_explaining;

/* Shapley values of what `rows` × `features` doubles are given for. KF_EMISSING,
 * KF_EUNSUPPORTED, KF_EINVAL, KF_ENOMEM; out is written. */
kf_status kf__explain(const kf_numeric *model, const double *rows, size_t count,
    const kf_explain_options *options, double *out);
/* The same of pairs of features. */
kf_status kf__explain_interactions(const kf_numeric *model, const double *rows,
    size_t count, const kf_explain_options *options, double *out);

/* Whether it is `kernel` that the model would be explained by. */
bool kf__explain_is_kernel(const kf_numeric *model, const kf_explain_options *options);

kf_status kf__explain_trees(const kf_explaining *call);
kf_status kf__explain_linear(const kf_explaining *call);
kf_status kf__explain_kernel(const kf_explaining *call);

/* What is explained of rows of doubles: count × outputs. KF_ENOMEM, KF_EINVAL. */
kf_status kf__explain_score(
    const kf_explaining *call, const double *rows, size_t count, double *out);
/* Sums of trees, and of weights, become margins: with the bases, and divided. KF_ENOMEM. */
kf_status kf__explain_end(const kf_explaining *call);
/* Rows as the margins are of: of the forest's input, else doubles; freed by the caller.
 * KF_EINVAL: a row that cannot be prepared. */
kf_status kf__explain_prepare(
    const kf_explaining *call, const double *rows, size_t count, void **out);

#endif
