/* SPDX-License-Identifier: Apache-2.0 */
/* Models of the file of numbers that kf.serving.convert writes (docs/model-numbers.md):
 * steps that make a row of a row, a model that makes scores of it, and an answer. */
#ifndef KF_SERVING_MODEL_NUMBERS_H
#define KF_SERVING_MODEL_NUMBERS_H

#include "base/value.h"
#include "serving/explain.h"
#include "serving/forest.h"
#include "serving/model.h"

/* A file on its way in: the description, and the block of arrays that it refers to. */
typedef struct kf_numbers_file {
    kf_arena *arena; /* Of the model: what is read is copied there. */
    const char *block;
    size_t block_length;
    size_t *taken; /* Bytes of arrays so far: each is there for one purpose. */
} kf_numbers_file;

/* The array `name` of an object of the description. `required`: KF_EDOCUMENT where there
 * is none, else NULL and a count of 0. *count: how many elements it must have, or
 * SIZE_MAX, which is replaced by how many it has. */
kf_status kf__numbers_doubles(const kf_numbers_file *file, const kf_value *object,
    const char *name, bool required, size_t *count, const double **out);
/* Integers of 32 bits, signed or not: the description says which, `i32` what is meant. */
kf_status kf__numbers_words(const kf_numbers_file *file, const kf_value *object,
    const char *name, bool required, bool i32, size_t *count, const uint32_t **out);
kf_status kf__numbers_bytes(const kf_numbers_file *file, const kf_value *object,
    const char *name, size_t *count, const uint8_t **out);
/* A count of the description, from `least` to KF__LIMIT_FEATURES. */
kf_status kf__numbers_count(
    const kf_value *object, const char *name, size_t least, size_t *out);
/* Which of the texts, which end in NULL, the member is; `otherwise` if there is none;
 * -1: it must be there. */
kf_status kf__numbers_choice(const kf_value *object, const char *name,
    const char *const *texts, int otherwise, int *out);

/* ---- steps ---- */

typedef struct kf_numbers_step kf_numbers_step;
typedef struct kf_numbers_part kf_numbers_part;

/* One step after the other. */
typedef struct kf_numbers_chain {
    kf_numbers_step *steps;
    size_t count;
    size_t in;      /* Numbers of a row that comes, */
    size_t out;     /* and of one that goes. */
    size_t widest;  /* The longest on the way. */
    size_t scratch; /* Doubles that applying it needs. */
    /* The column of the row that each number that goes is made of alone;
     * KF__MIXED: of several. */
    const uint32_t *sources;
} kf_numbers_chain;

typedef enum kf_numbers_kind {
    KF__STEP_SCALE = 0,
    KF__STEP_NORMALIZE = 1,
    KF__STEP_IMPUTE = 2,
    KF__STEP_ORDINAL = 3,
    KF__STEP_ONE_HOT = 4,
    KF__STEP_COLUMNS = 5,
    KF__STEP_BESIDE = 6,
    KF__STEP_PRODUCTS = 7,
    KF__STEP_PROJECT = 8
} kf_numbers_kind;

struct kf_numbers_step {
    kf_numbers_kind kind;
    size_t in, out;
    /* scale; project: (sum - subtract) / divide. NULL: not done. */
    const double *subtract, *divide, *multiply, *add;
    bool clips;
    double low, high;
    int norm; /* normalize: 0: l1, 1: l2, 2: max. */
    /* columns, impute: which are kept; products: the factors. */
    const uint32_t *columns;
    size_t column_count;
    const double *values;  /* impute: in place of what is missing, by kept column. */
    double missing;        /* impute: NaN, or the number that says so. */
    const uint32_t *flags; /* impute: columns of which is told whether they miss. */
    size_t flag_count;
    /* Of each column resp. product, where its categories or factors begin. */
    const uint32_t *starts;
    const double *categories, *codes;
    const double *unknown;  /* Code of what is no category; NULL: refused. */
    const uint32_t *widths; /* one-hot: numbers made of each column. */
    const double *matrix;   /* project: out × in. */
    kf_numbers_part *parts; /* beside */
    size_t part_count;
};

struct kf_numbers_part {
    const uint32_t *columns;
    kf_numbers_chain chain;
};

/* Of a list of the description; NULL: no steps. */
kf_status kf__numbers_read_chain(const kf_numbers_file *file, const kf_value *list,
    size_t in, kf_numbers_chain *out);
/* KF_EINVAL: a category that is not known. `scratch`: the chain's, besides `out`. */
kf_status kf__numbers_apply(
    const kf_numbers_chain *chain, const double *row, double *scratch, double *out);

/* ---- the model ---- */

typedef struct kf_numbers_linear {
    size_t outputs;
    size_t columns;
    const double *coefficients; /* outputs × columns */
    const double *intercepts;
    const double *mean; /* Of the training rows; NULL: not known. */
} kf_numbers_linear;

typedef enum kf_numbers_takes {
    KF__TAKES_FINITE = 0, /* No NaN, no infinity. */
    KF__TAKES_MISSING = 1,
    KF__TAKES_ANY = 2
} kf_numbers_takes;

typedef struct kf_numbers_scores {
    size_t outputs;
    kf_numbers_takes takes;
    bool has_forest;
    kf_numbers_linear
        linear; /* Without a forest the model, else what it starts from. */
    kf_forest forest;
    const double *bases; /* NULL: 0. */
    double divisor;      /* Of the sums; 0: none. */
} kf_numbers_scores;

kf_status kf__numbers_read_scores(const kf_numbers_file *file, const kf_value *object,
    size_t columns, kf_numbers_scores *out);
/* out: count × outputs. `floats`: room for a row of floats each, if the forest takes
 * them. KF_EINVAL: a number that the model does not take. */
kf_status kf__numbers_score(const kf_numbers_scores *scores, const double *rows,
    size_t count, float *floats, double *out);

/* ---- the answer ---- */

typedef enum kf_numbers_link {
    KF__LINK_IDENTITY = 0,
    KF__LINK_EXP = 1,
    KF__LINK_ISOLATION = 2
} kf_numbers_link;
typedef enum kf_numbers_decide {
    KF__DECIDE_ABOVE = 0,
    KF__DECIDE_AT_LEAST = 1,
    KF__DECIDE_LARGEST = 2
} kf_numbers_decide;
typedef enum kf_numbers_probabilities {
    KF__PROBABILITIES_NONE = 0,
    KF__PROBABILITIES_SCORES = 1,
    KF__PROBABILITIES_SIGMOID = 2,
    KF__PROBABILITIES_SIGMOID_TWICE = 3,
    KF__PROBABILITIES_SIGMOIDS = 4,
    KF__PROBABILITIES_SOFTMAX = 5,
    KF__PROBABILITIES_SOFTMAX_PAIR = 6,
    KF__PROBABILITIES_MODIFIED_HUBER = 7
} kf_numbers_probabilities;

typedef struct kf_numbers_answer {
    bool has_classes;
    bool is_matrix;
    bool by_probability; /* predict_proba, not predict. */
    kf_numbers_link link;
    double denominator, offset; /* Of the isolation. */
    kf_numbers_decide decide;
    kf_numbers_probabilities probabilities;
    kf_datatype type; /* Of labels. */
    size_t classes;
    const int64_t *integers; /* Labels; NULL: they are texts. */
    const double *numbers;   /* The same of floats. */
} kf_numbers_answer;

kf_status kf__numbers_read_answer(const kf_numbers_file *file, const kf_value *object,
    size_t outputs, kf_numeric *numeric, kf_numbers_answer *out);
/* A probability for each score, in place, of a model that has some. */
void kf__numbers_respond(
    const kf_numbers_answer *answer, size_t outputs, double *scores, size_t count);
/* scores are changed. out: of the numeric's output type, from row `first` on. */
void kf__numbers_answer_rows(const kf_numbers_answer *answer, size_t outputs,
    double *scores, size_t count, size_t first, void *out);

/* ---- all of it ---- */

typedef struct kf_numbers_model {
    kf_numeric numeric; /* First: the one is the other. */
    kf_arena arena;
    kf_numbers_chain chain;
    kf_numbers_scores scores;
    kf_numbers_answer answer;
} kf_numbers_model;

extern const kf_model_reader kf__model_numbers;

#endif
