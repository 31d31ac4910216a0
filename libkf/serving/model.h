/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a model. */
#ifndef KF_SERVING_MODEL_H
#define KF_SERVING_MODEL_H

#include <kf/model.h>

#include "base/arena.h"
#include "base/error.h"
#include "serving/explain.h"

/* A model of rows of numbers: what the readers of files make. It is never changed once
 * it is made, so that any number of threads may ask it. */
struct kf_numeric {
    const char *format;   /* "xgboost", …; a constant. */
    size_t features;      /* Numbers of a row. */
    size_t outputs;       /* Numbers that a row is answered with. */
    kf_datatype input;    /* FP32 or FP64: what the rows must be, and what its library
                             computes with. */
    kf_datatype output;   /* FP32, FP64, INT64 or BOOL. */
    bool is_matrix;       /* The answer is a matrix even if `outputs` is 1. */
    char **feature_names; /* NULL: none; owned, as all of these. */
    char **class_names;   /* Of class_count labels that are text: if `output` is INT64,
                             it is the index of the class. NULL: none. */
    size_t class_count;
    struct kf_categories *categories; /* That texts are of; NULL: none. */
    struct kf_explain_plan *plan;     /* Made when it is first needed. */
    /* rows: count × features of `input`, row by row, missing: NaN. out: count × outputs
     * of `output`. KF_ENOMEM and what the model itself cannot do. */
    kf_status (*predict)(
        const kf_numeric *self, const void *rows, size_t count, void *out);
    /* Answer with another method, "predict" or "predict_proba"; NULL: there is one. Called
     * before the model is used. */
    kf_status (*choose)(kf_numeric *self, const char *method);
    /* For explanations; NULL: none. What they see, the bases (one for each margin), rows
     * as the margins are of (NULL: as they are), margins of rows. */
    void (*margins)(const kf_numeric *self, kf_margins *out);
    void (*bases)(const kf_numeric *self, double *out);
    kf_status (*prepare)(
        const kf_numeric *self, const void *rows, size_t count, void *out);
    kf_status (*score)(
        const kf_numeric *self, const void *rows, size_t count, double *out);
    /* Ends what is in the model; the names and `self` are freed by the caller. */
    void (*finish)(kf_numeric *self);
};

/* Shares of a whole from their logarithms, in place. */
void kf__softmax(double *numbers, size_t count);

/* Ends a model whole; NULL is fine. */
void kf__numeric_free(kf_numeric *numeric);

struct kf_model {
    kf_model_table table;
    void *self;
    kf_numeric *numeric; /* NULL: a model of the program's own. */
    kf_arena arena;      /* What the table points to. */
};

/* What numbers of V1 are given in: FP32 or FP64. */
static inline kf_datatype kf__model_v1_datatype(const kf_model *model)
{
    return model->table.v1_datatype != 0 ? model->table.v1_datatype : KF_DATATYPE_FP64;
}

/* Make what the table points to the model's own. */
kf_status kf__model_copy_table(kf_model *model);

/* Whether the model takes rows of so many numbers: KF_EUNSUPPORTED, KF_EINVAL. */
kf_status kf__model_check_rows(const kf_model *model, size_t column_count);

/* A model of tensors around one of rows, which it owns, also on failure. */
kf_status kf__model_of_numeric(kf_numeric *numeric, kf_model **out);

/* The one file of a model in a folder, by the suffixes that the model servers of KServe
 * look for: xgboost .bst .json .ubj, lightgbm .bst (and .txt, as LightGBM's own examples
 * call it), sklearn .joblib .pkl .pickle, numbers .kfm. NULL: any that is read without
 * Python. `path` itself, made absolute, if it is a file. KF_ENOENT, KF_EUNSUPPORTED: there
 * is but one of Python's; KF_EDOCUMENT: more than one. */
kf_status kf__model_file(const char *path, const char *format, char **out);

/* Readers of files, pure functions from bytes. `format` is theirs if they know the bytes
 * as such (kf__…_is) or are asked for by name. */
typedef struct kf_model_reader {
    const char *format;
    const char *const *suffixes; /* Of files in a folder, as KServe looks for them. */
    bool (*is)(const char *data, size_t length);
    kf_status (*read)(const char *data, size_t length, kf_numeric **out);
} kf_model_reader;
extern const kf_model_reader *const kf__model_readers[]; /* Ends in NULL. */

#endif
