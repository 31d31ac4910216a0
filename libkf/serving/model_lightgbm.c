/* SPDX-License-Identifier: Apache-2.0 */
/* From what a file of LightGBM's has to a model that predicts as Booster.predict does:
 * with all iterations of the file, in doubles, and through the link of the objective. */
#include "serving/model_lightgbm.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef enum output_link {
    IDENTITY,
    SIGMOID, /* Of the sum times a factor. */
    EXP,
    SQUARE, /* With the sign of the sum. */
    LOG1P_EXP,
    SOFTMAX
} output_link;

static const struct objective {
    const char *name;
    output_link link;
} objectives[] = {
    {"binary", SIGMOID},
    {"cross_entropy", SIGMOID},
    {"cross_entropy_lambda", LOG1P_EXP},
    {"custom", IDENTITY},
    {"fair", IDENTITY},
    {"gamma", EXP},
    {"huber", IDENTITY},
    {"lambdarank", IDENTITY},
    {"mape", IDENTITY},
    {"multiclass", SOFTMAX},
    {"multiclassova", SIGMOID},
    {"none", IDENTITY},
    {"poisson", EXP},
    {"quantile", IDENTITY},
    {"rank_xendcg", IDENTITY},
    {"regression", IDENTITY},
    {"regression_l1", IDENTITY},
    {"tweedie", EXP},
    {"xendcg", IDENTITY},
    {"xentlambda", LOG1P_EXP},
    {"xentropy", SIGMOID},
};
enum { OBJECTIVES = sizeof objectives / sizeof *objectives };

typedef struct booster {
    kf_numeric numeric; /* First: what the model is to others. */
    kf_forest forest;
    output_link link;
    double factor;  /* Of SIGMOID. */
    double divisor; /* Iterations whose sums are averaged; 1: they are not. */
} booster;

/* ---- prediction ---- */

static double convert(const booster *self, double sum)
{
    switch (self->link) {
    case SIGMOID:
        return 1.0 / (1.0 + exp(-self->factor * sum));
    case EXP:
        return exp(sum);
    case SQUARE:
        return copysign(sum * sum, sum);
    case LOG1P_EXP:
        return log1p(exp(sum));
    default:
        return sum;
    }
}

static kf_status score(
    const kf_numeric *numeric, const void *rows, size_t count, double *sums)
{
    const booster *self = (const booster *)numeric;
    size_t all = count * self->forest.outputs;
    for (size_t i = 0; i < all; i++)
        sums[i] = 0;
    KF__TRY(kf__forest_add_up(&self->forest, rows, count, sums));
    for (size_t i = 0; self->divisor != 1 && i < all; i++)
        sums[i] /= self->divisor;
    return KF_OK;
}

static void respond(const kf_numeric *numeric, double *sums, size_t count)
{
    const booster *self = (const booster *)numeric;
    size_t outputs = self->forest.outputs;
    if (self->link == SOFTMAX)
        for (size_t i = 0; i < count; i++)
            kf__softmax(&sums[i * outputs], outputs);
    else if (self->link != IDENTITY)
        for (size_t i = 0; i < count * outputs; i++)
            sums[i] = convert(self, sums[i]);
}

static kf_status predict(
    const kf_numeric *numeric, const void *rows, size_t count, void *out)
{
    double *sums = out;
    KF__TRY(score(numeric, rows, count, sums));
    respond(numeric, sums, count);
    return KF_OK;
}

static void margins(const kf_numeric *numeric, kf_margins *out)
{
    const booster *self = (const booster *)numeric;
    *out = (kf_margins){.outputs = self->forest.outputs,
        .columns = self->forest.features,
        .forest = &self->forest,
        .divisor = self->divisor != 1 ? self->divisor : 0,
        .respond = self->link == SIGMOID || self->link == SOFTMAX ? respond : NULL,
        .is_apart = self->link == SIGMOID};
}

static void bases(const kf_numeric *numeric, double *out)
{
    for (size_t i = 0; i < ((const booster *)numeric)->forest.outputs; i++)
        out[i] = 0;
}

static void finish(kf_numeric *numeric)
{
    kf__forest_finish(&((booster *)numeric)->forest);
}

/* ---- making ---- */

static const char *next_objective(const void *state, size_t index)
{
    (void)state;
    return index < OBJECTIVES ? objectives[index].name : NULL;
}

static kf_status find_link(const char *name, output_link *out)
{
    for (size_t i = 0; i < OBJECTIVES; i++)
        if (strcmp(objectives[i].name, name) == 0) {
            *out = objectives[i].link;
            return KF_OK;
        }
    const char *nearest = kf__nearest(name, next_objective, NULL);
    return kf__fail(KF_EUNSUPPORTED, "objective", "no objective '%s' is known%s%s%s",
        name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

/* "binary sigmoid:1", "regression sqrt". */
static kf_status take_objective(kf_lightgbm *model, booster *out)
{
    out->factor = 1;
    if (model->objective[0] == '\0')
        return KF_OK;
    char *rest = model->objective + strcspn(model->objective, " ");
    bool more = *rest != '\0';
    *rest = '\0';
    KF__TRY(find_link(model->objective, &out->link));
    while (more) {
        char *word = rest + 1;
        rest = word + strcspn(word, " ");
        more = *rest != '\0';
        *rest = '\0';
        if (strncmp(word, "sigmoid:", 8) == 0 &&
            (!kf__parse_double(word + 8, &out->factor) || out->factor <= 0))
            return kf__fail(
                KF_EDOCUMENT, "objective", "'%s': expected a number over 0", word);
        if (strcmp(word, "sqrt") == 0 && strcmp(model->objective, "regression") == 0)
            out->link = SQUARE;
    }
    return KF_OK;
}

static kf_status build(kf_lightgbm *model, booster *out)
{
    out->numeric.finish = finish;
    out->forest = model->forest;
    model->forest = KF__FOREST_INIT;
    KF__TRY(take_objective(model, out));
    KF__TRY(kf__forest_seal(&out->forest));
    size_t iterations = out->forest.trees.count / out->forest.outputs;
    out->divisor = model->average && iterations > 0 ? (double)iterations : 1;
    out->numeric.format = "lightgbm";
    out->numeric.features = model->features;
    out->numeric.outputs = model->outputs;
    out->numeric.input = out->numeric.output = KF_DATATYPE_FP64;
    out->numeric.predict = predict;
    out->numeric.margins = margins;
    out->numeric.bases = bases;
    out->numeric.score = score;
    out->numeric.categories = model->categories;
    model->categories = NULL;
    out->numeric.feature_names = model->names;
    model->names = NULL;
    return KF_OK;
}

static kf_status make(kf_lightgbm *model, kf_numeric **out)
{
    booster *made = kf__calloc(1, sizeof *made);
    if (made == NULL)
        return KF_ENOMEM;
    kf_status status = build(model, made);
    if (status != KF_OK)
        kf__numeric_free(&made->numeric);
    else
        *out = &made->numeric;
    return status;
}

static kf_status read_model(const char *data, size_t length, kf_numeric **out)
{
    kf_lightgbm model = {.forest = KF__FOREST_INIT};
    kf_status status = kf__lightgbm_read_text(&model, data, length);
    if (status == KF_OK)
        status = make(&model, out);
    kf__lightgbm_finish(&model);
    return status;
}

static const char *const suffixes[] = {".bst", ".txt", NULL};
const kf_model_reader kf__lightgbm_reader = {.format = "lightgbm",
    .suffixes = suffixes,
    .is = kf__lightgbm_is_text,
    .read = read_model};
