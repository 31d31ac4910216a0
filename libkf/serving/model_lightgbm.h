/* SPDX-License-Identifier: Apache-2.0 */
/* A booster of LightGBM's as its text file has it. */
#ifndef KF_SERVING_MODEL_LIGHTGBM_H
#define KF_SERVING_MODEL_LIGHTGBM_H

#include "serving/categories.h"
#include "serving/forest.h"
#include "serving/model.h"

typedef struct kf_lightgbm {
    const char *data; /* All of the file, for lines of faults. */
    const char *end;
    size_t features;
    size_t outputs; /* Trees of an iteration. */
    bool average;
    char objective[256]; /* With its parameters; "": none. */
    char **names;        /* One for each feature; NULL: none. */
    size_t name_count;
    kf_forest forest;          /* Not sealed. */
    kf_categories *categories; /* NULL: none. */
} kf_lightgbm;

void kf__lightgbm_finish(kf_lightgbm *model);
kf_status kf__lightgbm_read_text(kf_lightgbm *model, const char *data, size_t length);
/* What stands behind the trees of the categories of a DataFrame. */
kf_status kf__lightgbm_read_categories(
    kf_lightgbm *model, const char *from, const char *end);
/* KF_EPARSE with the line. */
kf_status kf__lightgbm_fault(
    const kf_lightgbm *model, const char *at, const char *key, const char *message);
bool kf__lightgbm_is_text(const char *data, size_t length);

extern const kf_model_reader kf__lightgbm_reader;

#endif
