/* SPDX-License-Identifier: Apache-2.0 */
/* From what a file of XGBoost's has to a model that predicts as Booster.predict of the
 * same version does: with all trees, and through the link of the objective. */
#include "serving/model_xgboost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef enum output_link {
    IDENTITY,
    SIGMOID, /* Probability from log odds. */
    EXP,
    HINGE,   /* 0 or 1 by the sign. */
    LARGEST, /* The class with the largest sum. */
    SOFTMAX
} output_link;

static const struct objective {
    const char *name;
    output_link link;
} objectives[] = {
    {"binary:hinge", HINGE},
    {"binary:logistic", SIGMOID},
    {"binary:logitraw", IDENTITY},
    {"count:poisson", EXP},
    {"multi:softmax", LARGEST},
    {"multi:softprob", SOFTMAX},
    {"rank:map", IDENTITY},
    {"rank:ndcg", IDENTITY},
    {"rank:pairwise", IDENTITY},
    {"reg:absoluteerror", IDENTITY},
    {"reg:expectileerror", IDENTITY},
    {"reg:gamma", EXP},
    {"reg:linear", IDENTITY},
    {"reg:logistic", SIGMOID},
    {"reg:pseudohubererror", IDENTITY},
    {"reg:quantileerror", IDENTITY},
    {"reg:squarederror", IDENTITY},
    {"reg:squaredlogerror", IDENTITY},
    {"reg:tweedie", EXP},
    {"survival:aft", EXP},
    {"survival:cox", EXP},
};
enum {
    OBJECTIVES = sizeof objectives / sizeof *objectives,
    BLOCK = 8192 /* Sums that are made before classes are told. */
};

typedef struct booster {
    kf_numeric numeric; /* First: what the model is to others. */
    kf_forest forest;
    output_link link;
    float *base;          /* Margin of each of forest.outputs. */
    bool base_last;       /* It is added to the sum of the trees, as before 1.3. */
    float *weights;       /* gblinear: features × outputs, then biases; NULL: trees. */
    double *coefficients; /* The same, outputs × features, then so many 0: the mean that
                             XGBoost explains them by. */
} booster;

/* ---- prediction ---- */

static float sigmoid(float margin)
{
    float power = fminf(-margin, 88.7f);
    return 1.0f / (expf(power) + 1.0f + 1e-16f);
}

static void softmax(float *sums, size_t count)
{
    float most = sums[0];
    double total = 0;
    for (size_t i = 1; i < count; i++)
        most = fmaxf(sums[i], most);
    for (size_t i = 0; i < count; i++) {
        sums[i] = expf(sums[i] - most);
        total += (double)sums[i];
    }
    for (size_t i = 0; i < count; i++)
        sums[i] /= (float)total;
}

static void apply(output_link link, float *sums, size_t count, size_t outputs)
{
    size_t all = count * outputs;
    switch (link) {
    case SIGMOID:
        for (size_t i = 0; i < all; i++)
            sums[i] = sigmoid(sums[i]);
        break;
    case EXP:
        for (size_t i = 0; i < all; i++)
            sums[i] = expf(sums[i]);
        break;
    case HINGE:
        for (size_t i = 0; i < all; i++)
            sums[i] = sums[i] > 0 ? 1 : 0;
        break;
    case SOFTMAX:
        for (size_t i = 0; i < count; i++)
            softmax(&sums[i * outputs], outputs);
        break;
    default:
        break;
    }
}

static void add_linear(
    const booster *self, const float *rows, size_t count, float *sums)
{
    size_t features = self->forest.features, outputs = self->forest.outputs;
    const float *bias = &self->weights[features * outputs];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < outputs; j++) {
            float sum = bias[j] + sums[i * outputs + j];
            for (size_t k = 0; k < features; k++) {
                float value = rows[i * features + k];
                if (!isnan(value))
                    sum += value * self->weights[k * outputs + j];
            }
            sums[i * outputs + j] = sum;
        }
}

static kf_status margins_of(
    const booster *self, const float *rows, size_t count, float *sums)
{
    size_t outputs = self->forest.outputs;
    for (size_t i = 0; i < count * outputs; i++)
        sums[i] = self->base_last ? 0 : self->base[i % outputs];
    if (self->weights != NULL)
        add_linear(self, rows, count, sums);
    else
        KF__TRY(kf__forest_add_up(&self->forest, rows, count, sums));
    for (size_t i = 0; self->base_last && i < count * outputs; i++)
        sums[i] += self->base[i % outputs];
    return KF_OK;
}

static kf_status predict_block(
    const booster *self, const float *rows, size_t count, float *sums)
{
    KF__TRY(margins_of(self, rows, count, sums));
    apply(self->link, sums, count, self->forest.outputs);
    return KF_OK;
}

static float largest(const float *sums, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (sums[i] > sums[best])
            best = i;
    return (float)best;
}

static kf_status predict_classes(
    const booster *self, const float *rows, size_t count, float *out)
{
    size_t outputs = self->forest.outputs;
    size_t most = BLOCK / outputs + 1;
    if (most > count)
        most = count;
    float *sums = kf__calloc(outputs, (most + 1) * sizeof *sums);
    kf_status status = sums != NULL ? KF_OK : KF_ENOMEM;
    for (size_t done = 0; status == KF_OK && done < count; done += most) {
        size_t some = count - done < most ? count - done : most;
        status = predict_block(self, rows + done * self->forest.features, some, sums);
        for (size_t i = 0; i < some; i++)
            out[done + i] = largest(&sums[i * outputs], outputs);
    }
    kf__free(sums);
    return status;
}

static kf_status refuse_row(size_t row)
{
    return kf__fail(
        KF_EINVAL, NULL, "row %zu has a number that is infinite or too large", row);
}

/* Four numbers at once, by their bits. */
static bool has_infinite(const float *numbers, size_t count)
{
    typedef int32_t lanes __attribute__((vector_size(16)));
    enum { LANES = 4, MAGNITUDE = 0x7fffffff, INFINITE = 0x7f800000 };
    lanes found = {0}, bits;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        memcpy(&bits, numbers + i, sizeof bits);
        found |= (bits & MAGNITUDE) == INFINITE;
    }
    bool any = (found[0] | found[1] | found[2] | found[3]) != 0;
    for (; i < count; i++)
        any |= isinf(numbers[i]) != 0;
    return any;
}

/* As XGBoost, which takes no infinite numbers. */
static kf_status check_rows(const booster *self, const float *rows, size_t count)
{
    size_t features = self->forest.features, i = 0;
    if (!has_infinite(rows, count * features))
        return KF_OK;
    while (!isinf(rows[i]))
        i++;
    return refuse_row(i / features);
}

static kf_status predict(
    const kf_numeric *numeric, const void *rows, size_t count, void *out)
{
    const booster *self = (const booster *)numeric;
    KF__TRY(check_rows(self, rows, count));
    return self->link == LARGEST ? predict_classes(self, rows, count, out)
                                 : predict_block(self, rows, count, out);
}

/* ---- for explanations ---- */

/* In doubles, as the package shap has it. */
static void respond(const kf_numeric *numeric, double *margins, size_t count)
{
    const booster *self = (const booster *)numeric;
    size_t outputs = self->forest.outputs;
    if (self->link == SIGMOID)
        for (size_t i = 0; i < count * outputs; i++)
            margins[i] = 1 / (1 + exp(-margins[i]));
    else
        for (size_t i = 0; i < count; i++)
            kf__softmax(margins + i * outputs, outputs);
}

static void margins(const kf_numeric *numeric, kf_margins *out)
{
    const booster *self = (const booster *)numeric;
    bool classes = self->link == SOFTMAX || self->link == LARGEST;
    *out = (kf_margins){.outputs = self->forest.outputs,
        .columns = self->forest.features,
        .forest = self->weights == NULL ? &self->forest : NULL,
        .coefficients = self->coefficients,
        .mean = self->coefficients != NULL
                    ? self->coefficients + self->forest.outputs * self->forest.features
                    : NULL,
        .respond = self->link == SIGMOID || classes ? respond : NULL,
        .is_apart = self->link == SIGMOID};
}

static void bases(const kf_numeric *numeric, double *out)
{
    const booster *self = (const booster *)numeric;
    size_t features = self->forest.features, outputs = self->forest.outputs;
    for (size_t i = 0; i < outputs; i++) {
        out[i] = (double)self->base[i];
        if (self->weights != NULL)
            out[i] += (double)self->weights[features * outputs + i];
    }
}

static kf_status prepare(
    const kf_numeric *numeric, const void *rows, size_t count, void *out)
{
    const booster *self = (const booster *)numeric;
    const double *given = rows;
    for (size_t i = 0; i < count * numeric->features; i++) {
        float number = (float)given[i];
        if (isinf(number))
            return refuse_row(i / numeric->features);
        if (self->weights == NULL)
            ((float *)out)[i] = number;
        else /* What is missing adds nothing. */
            ((double *)out)[i] = isnan(number) ? 0 : (double)number;
    }
    return KF_OK;
}

static kf_status score(
    const kf_numeric *numeric, const void *rows, size_t count, double *out)
{
    const booster *self = (const booster *)numeric;
    KF__TRY(check_rows(self, rows, count));
    size_t all = count * self->forest.outputs;
    float *sums = kf__calloc(all + 1, sizeof *sums);
    kf_status status = sums != NULL ? margins_of(self, rows, count, sums) : KF_ENOMEM;
    for (size_t i = 0; status == KF_OK && i < all; i++)
        out[i] = (double)sums[i];
    kf__free(sums);
    return status;
}

static void finish(kf_numeric *numeric)
{
    booster *self = (booster *)numeric;
    kf__forest_finish(&self->forest);
    kf__free(self->base);
    kf__free(self->weights);
    kf__free(self->coefficients);
}

/* ---- making ---- */

void kf__xgboost_finish(kf_xgboost *model)
{
    kf__vec_finish(&model->base);
    kf__vec_finish(&model->groups);
    kf__vec_finish(&model->weights);
    kf__vec_finish(&model->trees);
    kf__vec_finish(&model->nodes);
    kf__vec_finish(&model->values);
    kf__forest_finish(&model->forest);
    for (size_t i = 0; i < model->names.count; i++)
        kf__free(model->names.items[i]);
    kf__vec_finish(&model->names);
    kf__categories_free(model->categories);
}

static kf_status count_of(const char *where, double number, double limit, size_t *out)
{
    if (!(number >= 0 && number <= limit && number == floor(number)))
        return kf__fail(KF_EDOCUMENT, where,
            "%g: expected a whole number from 0 to %.0f", number, limit);
    *out = (size_t)number;
    return KF_OK;
}

static const char *next_objective(const void *state, size_t index)
{
    (void)state;
    return index < OBJECTIVES ? objectives[index].name : NULL;
}

static kf_status find_link(const kf_xgboost *model, output_link *out)
{
    for (size_t i = 0; i < OBJECTIVES; i++)
        if (strcmp(objectives[i].name, model->objective) == 0) {
            *out = objectives[i].link;
            return KF_OK;
        }
    if (model->objective[0] == '\0')
        return kf__fail(
            KF_EDOCUMENT, "learner.objective", "the model does not tell its objective");
    const char *nearest = kf__nearest(model->objective, next_objective, NULL);
    return kf__fail(KF_EUNSUPPORTED, "learner.objective",
        "no objective '%s' is known%s%s%s", model->objective,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static kf_status take_sizes(kf_xgboost *model, booster *out)
{
    size_t classes = 0, targets = 0;
    KF__TRY(count_of("learner.learner_model_param.num_feature", model->features,
        KF__LIMIT_FEATURES, &out->forest.features));
    KF__TRY(count_of("learner.learner_model_param.num_class", model->classes,
        KF__LIMIT_OUTPUTS, &classes));
    KF__TRY(count_of("learner.learner_model_param.num_target", model->targets,
        KF__LIMIT_OUTPUTS, &targets));
    size_t outputs = classes > targets ? classes : targets;
    out->forest.outputs = outputs > 0 ? outputs : 1;
    out->forest.input = out->forest.sum = KF_DATATYPE_FP32;
    return KF_OK;
}

static bool is_before(const kf_xgboost *model, int major, int minor)
{
    return model->version[0] < major ||
           (model->version[0] == major && model->version[1] < minor);
}

/* Base scores are told as the objective's numbers, and added as margins. */
static float base_margin(const kf_xgboost *model, output_link link, double score)
{
    float base = (float)score;
    bool is_odds =
        link == SIGMOID ||
        (is_before(model, 1, 3) && strcmp(model->objective, "binary:logitraw") == 0);
    if (model->base_is_margin)
        return base;
    /* From 3.2 on the share of a class may be none or all. */
    if (is_odds && !is_before(model, 3, 2))
        base = fminf(fmaxf(base, 1e-6f), 1 - 1e-6f);
    return is_odds ? -logf(1.0f / base - 1.0f) : link == EXP ? logf(base) : base;
}

static kf_status take_base(const kf_xgboost *model, booster *out)
{
    size_t outputs = out->forest.outputs;
    const kf_numbers *base = &model->base;
    bool is_linear = strcmp(model->booster, "gblinear") == 0;
    bool is_dart = strcmp(model->booster, "dart") == 0;
    out->base_last = !is_linear && is_before(model, 1, is_dart ? 4 : 3);
    if (base->count == 0)
        return kf__fail(KF_EDOCUMENT, "learner.learner_model_param.base_score",
            "the model does not tell its base_score");
    if (base->count != 1 && base->count != outputs)
        return kf__fail(KF_EDOCUMENT, "learner.learner_model_param.base_score",
            "%zu numbers: expected 1 or %zu, one for each output", base->count,
            outputs);
    out->base = kf__calloc(outputs, sizeof *out->base);
    if (out->base == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < outputs; i++) {
        /* gblinear adds the first to all. */
        double score = base->items[base->count == 1 || is_linear ? 0 : i];
        out->base[i] = base_margin(model, out->link, score);
        if (isnan(out->base[i]))
            return kf__fail(KF_EDOCUMENT, "learner.learner_model_param.base_score",
                "%g is none for %s", score, model->objective);
    }
    return KF_OK;
}

static kf_status take_weights(const kf_xgboost *model, booster *out)
{
    size_t expected = (out->forest.features + 1) * out->forest.outputs;
    if (model->weights.count != expected)
        return kf__fail(KF_EDOCUMENT, "weights",
            "%zu numbers: expected %zu, one for each feature and output, and biases",
            model->weights.count, expected);
    out->weights = kf__calloc(expected, sizeof *out->weights);
    if (out->weights == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < expected; i++)
        out->weights[i] = (float)model->weights.items[i];
    size_t features = out->forest.features, outputs = out->forest.outputs;
    out->coefficients = kf__calloc(features * (outputs + 1), sizeof *out->coefficients);
    if (out->coefficients == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < features * outputs; i++)
        out->coefficients[i % outputs * features + i / outputs] =
            (double)out->weights[i];
    return KF_OK;
}

/* ---- trees ---- */

static kf_status add_tree(const kf_xgboost *model, size_t index, kf_forest *forest)
{
    const kf_xgboost_tree *tree = &model->trees.items[index];
    double group = model->groups.count > 0 ? model->groups.items[index] : 0;
    size_t output = 0;
    if (tree->width != forest->width)
        return kf__fail(KF_EDOCUMENT, NULL,
            "its leaves have %zu values: expected %zu, as in the others", tree->width,
            forest->width);
    KF__TRY(count_of("tree_info", group, (double)forest->outputs - 1, &output));
    kf_forest_leaves leaves = {
        .values = &model->values.items[tree->first_value], .rows = tree->leaves};
    return kf__forest_add_tree(forest, &model->nodes.items[tree->first_node],
        tree->nodes, &leaves, (uint32_t)output);
}

/* A tree dropped out adds but a part, and that of its sum in floats. */
static void weigh(kf_xgboost *model)
{
    for (size_t i = 0; i < model->trees.count; i++) {
        const kf_xgboost_tree *tree = &model->trees.items[i];
        float weight = (float)model->weights.items[i];
        double *values = &model->values.items[tree->first_value];
        for (size_t j = 0; j < tree->leaves * tree->width; j++)
            values[j] = (double)((float)values[j] * weight);
    }
}

/* Before 1.7 a category that was not seen in training was missing. */
static void know_categories(kf_xgboost *model)
{
    for (size_t i = 0; i < model->nodes.count; i++)
        if (model->nodes.items[i].split == KF_SPLIT_SET_POSITIVE)
            model->nodes.items[i].split = KF_SPLIT_SET_KNOWN;
}

static kf_status add_trees(kf_xgboost *model, kf_forest *forest)
{
    size_t count = model->trees.count;
    if (model->groups.count != count && model->groups.count != 0)
        return kf__fail(KF_EDOCUMENT, "tree_info",
            "%zu numbers: expected %zu, one for each tree", model->groups.count, count);
    if (strcmp(model->booster, "dart") == 0) {
        if (model->weights.count != count)
            return kf__fail(KF_EDOCUMENT, "weight_drop",
                "%zu numbers: expected %zu, one for each tree", model->weights.count,
                count);
        weigh(model);
    }
    if (is_before(model, 1, 7))
        know_categories(model);
    if (count > 0)
        forest->width = model->trees.items[0].width;
    if (forest->width != 1 && forest->width != forest->outputs)
        return kf__fail(KF_EDOCUMENT, "trees[0].tree_param.size_leaf_vector",
            "%zu: expected 1 or %zu, the outputs of the model", forest->width,
            forest->outputs);
    for (size_t i = 0; i < count; i++) {
        kf_status status = add_tree(model, i, forest);
        if (status != KF_OK) {
            char where[32];
            (void)snprintf(where, sizeof where, "trees[%zu]", i);
            kf__error_prefix(where);
            return status;
        }
    }
    return kf__forest_seal(forest);
}

static kf_status take_booster(kf_xgboost *model, booster *out)
{
    if (strcmp(model->booster, "gblinear") == 0)
        return take_weights(model, out);
    if (strcmp(model->booster, "gbtree") != 0 && strcmp(model->booster, "dart") != 0)
        return kf__fail(KF_EDOCUMENT, "learner.gradient_booster.name",
            "'%s': expected gbtree, dart or gblinear", model->booster);
    return add_trees(model, &out->forest);
}

static kf_status take_names(kf_xgboost *model, kf_numeric *out)
{
    if (model->names.count == 0)
        return KF_OK;
    if (model->names.count != out->features)
        return kf__fail(KF_EDOCUMENT, "learner.feature_names",
            "%zu names: expected %zu, one for each feature", model->names.count,
            out->features);
    out->feature_names = model->names.items;
    model->names.items = NULL;
    model->names.count = model->names.capacity = 0;
    return KF_OK;
}

static kf_status take_categories(kf_xgboost *model, kf_numeric *out)
{
    if (model->categories == NULL)
        return KF_OK;
    if (model->categories->lists.count != out->features)
        return kf__fail(KF_EDOCUMENT, "cats.enc",
            "%zu of them: expected %zu, one for "
            "each feature",
            model->categories->lists.count, out->features);
    out->categories = model->categories;
    model->categories = NULL;
    return KF_OK;
}

static kf_status build(kf_xgboost *model, booster *out)
{
    out->numeric.finish = finish;
    out->forest = model->forest;
    model->forest = KF__FOREST_INIT;
    KF__TRY(find_link(model, &out->link));
    KF__TRY(take_sizes(model, out));
    KF__TRY(take_base(model, out));
    KF__TRY(take_booster(model, out));
    out->numeric.format = "xgboost";
    out->numeric.features = out->forest.features;
    out->numeric.outputs = out->link == LARGEST ? 1 : out->forest.outputs;
    out->numeric.input = out->numeric.output = KF_DATATYPE_FP32;
    out->numeric.predict = predict;
    out->numeric.margins = margins;
    out->numeric.bases = bases;
    out->numeric.prepare = prepare;
    out->numeric.score = score;
    KF__TRY(take_categories(model, &out->numeric));
    return take_names(model, &out->numeric);
}

static kf_status make(kf_xgboost *model, kf_numeric **out)
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

/* ---- the reader ---- */

static bool is_document(const char *data, size_t length)
{
    /* Both kinds begin with the names of the root, one of which is this. */
    return length > 0 && data[0] == '{' && memmem(data, length, "learner", 7) != NULL;
}

static bool is_xgboost(const char *data, size_t length)
{
    return is_document(data, length) || kf__xgboost_is_binary(data, length);
}

static kf_status read_model(const char *data, size_t length, kf_numeric **out)
{
    kf_xgboost model = {.forest = KF__FOREST_INIT};
    kf_status status = kf__xgboost_is_binary(data, length)
                           ? kf__xgboost_read_binary(&model, data, length)
                           : kf__xgboost_read_document(&model, data, length);
    if (status == KF_OK)
        status = make(&model, out);
    kf__xgboost_finish(&model);
    return status;
}

static const char *const suffixes[] = {".bst", ".json", ".ubj", NULL};
const kf_model_reader kf__xgboost_reader = {
    .format = "xgboost", .suffixes = suffixes, .is = is_xgboost, .read = read_model};
