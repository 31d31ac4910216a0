/* SPDX-License-Identifier: Apache-2.0 */
/* A booster of XGBoost's as its files have it, whichever of the formats. */
#ifndef KF_SERVING_MODEL_XGBOOST_H
#define KF_SERVING_MODEL_XGBOOST_H

#include "serving/categories.h"
#include "serving/forest.h"
#include "serving/model.h"
#include "serving/model_source.h"

/* A tree that waits for the model to be known: its nodes and values are pieces of those
 * of all trees. */
typedef struct kf_xgboost_tree {
    size_t first_node;
    size_t nodes;
    size_t first_value;
    size_t leaves;
    size_t width; /* Values of a leaf. */
} kf_xgboost_tree;

typedef struct kf_xgboost {
    int version[3]; /* 0: from before 1.0. */
    double features;
    double classes;
    double targets;
    kf_numbers base;     /* Base score: one, or one for each output. */
    bool base_is_margin; /* As before 1.0. */
    char objective[64];
    char booster[16];
    kf_numbers groups;  /* Of trees: the output that each is for. */
    kf_numbers weights; /* Of trees (dart), or of features (gblinear). */
    KF__VEC(kf_xgboost_tree) trees;
    KF__VEC(kf_forest_node) nodes;
    kf_numbers values;
    kf_forest forest; /* Has the sets from the start, the trees at the end. */
    KF__VEC(char *) names;
    kf_categories *categories; /* NULL: none. */
} kf_xgboost;

void kf__xgboost_finish(kf_xgboost *model);
/* Numbers as a file tells them; KF_EDOCUMENT where they cannot be counts. */
kf_status kf__xgboost_read_document(kf_xgboost *model, const char *data, size_t length);
kf_status kf__xgboost_read_binary(kf_xgboost *model, const char *data, size_t length);
/* "cats" of a booster, from 3.1 on: those of a DataFrame. False: the source is at fault,
 * or *status. */
bool kf__xgboost_read_categories(
    kf_source *source, kf_categories **out, kf_status *status);
bool kf__xgboost_is_binary(const char *data, size_t length);

extern const kf_model_reader kf__xgboost_reader;

#endif
