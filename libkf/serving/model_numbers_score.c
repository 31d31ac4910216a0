/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a file of numbers: scores of a row. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serving/model_numbers.h"

/* ---- reading ---- */

static kf_status read_linear(const kf_numbers_file *file, const kf_value *object,
    size_t columns, kf_numbers_linear *out)
{
    size_t mean = columns, outputs;
    KF__TRY(kf__numbers_count(object, "outputs", 1, &out->outputs));
    outputs = out->outputs;
    out->columns = columns;
    size_t count = out->outputs * columns;
    KF__TRY(kf__numbers_doubles(
        file, object, "coefficients", true, &count, &out->coefficients));
    KF__TRY(kf__numbers_doubles(
        file, object, "intercepts", true, &outputs, &out->intercepts));
    return kf__numbers_doubles(file, object, "mean", false, &mean, &out->mean);
}

/* The arrays of a forest, of all of its trees. */
typedef struct arrays {
    size_t trees, nodes, sets, set_size;
    const uint32_t *tree_nodes, *tree_outputs;
    const uint32_t *left, *right, *feature, *set, *set_words;
    const double *threshold, *cover, *values;
    const uint8_t *missing_left;
    size_t values_count;
} arrays;

static kf_status find_sets(
    const kf_numbers_file *file, const kf_value *object, arrays *out)
{
    size_t words = SIZE_MAX, given;
    if (kf_value_get(object, "set") == NULL)
        return KF_OK;
    KF__TRY(kf__numbers_count(object, "set_size", 1, &out->set_size));
    KF__TRY(kf__numbers_words(
        file, object, "set_words", true, false, &words, &out->set_words));
    out->sets = words / out->set_size;
    given = out->nodes;
    return kf__numbers_words(file, object, "set", true, true, &given, &out->set);
}

static kf_status find_arrays(
    const kf_numbers_file *file, const kf_value *object, arrays *out)
{
    size_t *nodes = &out->nodes, groups;
    *out = (arrays){.trees = SIZE_MAX, .nodes = SIZE_MAX, .values_count = SIZE_MAX};
    KF__TRY(kf__numbers_words(
        file, object, "tree_nodes", true, false, &out->trees, &out->tree_nodes));
    groups = out->trees;
    KF__TRY(kf__numbers_words(
        file, object, "tree_outputs", false, false, &groups, &out->tree_outputs));
    KF__TRY(kf__numbers_words(file, object, "left", true, true, nodes, &out->left));
    KF__TRY(kf__numbers_words(file, object, "right", true, true, nodes, &out->right));
    KF__TRY(
        kf__numbers_words(file, object, "feature", true, false, nodes, &out->feature));
    KF__TRY(
        kf__numbers_doubles(file, object, "threshold", true, nodes, &out->threshold));
    KF__TRY(kf__numbers_bytes(file, object, "missing_left", nodes, &out->missing_left));
    KF__TRY(kf__numbers_doubles(file, object, "cover", true, nodes, &out->cover));
    KF__TRY(kf__numbers_doubles(
        file, object, "values", true, &out->values_count, &out->values));
    return find_sets(file, object, out);
}

static kf_status add_sets(kf_forest *forest, const arrays *from)
{
    uint32_t index;
    for (size_t i = 0; i < from->sets; i++)
        KF__TRY(kf__forest_add_set(
            forest, from->set_words + i * from->set_size, from->set_size, &index));
    return KF_OK;
}

/* Nodes `first` … `first + count - 1`; *leaf: how many leaves came before them. */
static void fill_nodes(
    const arrays *from, size_t first, size_t count, uint32_t *leaf, kf_forest_node *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = first + i;
        bool is_leaf = (int32_t)from->left[at] < 0;
        bool is_set = from->set != NULL && (int32_t)from->set[at] >= 0;
        out[i] = (kf_forest_node){.threshold = from->threshold[at],
            .cover = from->cover[at],
            .left = (int32_t)from->left[at],
            .right = (int32_t)from->right[at],
            .feature = from->feature[at],
            .index = is_leaf  ? (*leaf)++
                     : is_set ? from->set[at]
                              : 0,
            .split = (uint8_t)(is_leaf  ? KF_SPLIT_LEAF
                               : is_set ? KF_SPLIT_SET_POSITIVE
                                        : KF_SPLIT_AT_MOST),
            .default_left = from->missing_left[at] != 0};
    }
}

static kf_status add_trees(kf_forest *forest, const arrays *from, kf_forest_node *nodes)
{
    size_t first = 0, row = 0, rows = from->values_count / forest->width;
    for (size_t i = 0; i < from->trees; i++) {
        uint32_t leaf = 0, group = from->tree_outputs ? from->tree_outputs[i] : 0;
        size_t count = from->tree_nodes[i];
        char where[32];
        (void)snprintf(where, sizeof where, "tree %zu", i);
        if (count > from->nodes - first)
            return kf__fail(KF_EDOCUMENT, where, "has more nodes than there are");
        fill_nodes(from, first, count, &leaf, nodes);
        if (leaf > rows - row)
            return kf__fail(KF_EDOCUMENT, where, "has more leaves than values");
        kf_forest_leaves leaves = {
            .values = from->values + row * forest->width, .rows = leaf};
        kf_status status = kf__forest_add_tree(forest, nodes, count, &leaves, group);
        if (status != KF_OK) {
            kf__error_prefix(where);
            return status;
        }
        first += count;
        row += leaf;
    }
    return KF_OK;
}

static kf_status read_trees(
    const kf_numbers_file *file, const kf_value *object, kf_forest *forest)
{
    arrays from;
    size_t most = 0;
    KF__TRY(find_arrays(file, object, &from));
    KF__TRY(add_sets(forest, &from));
    for (size_t i = 0; i < from.trees; i++)
        if (from.tree_nodes[i] > most && from.tree_nodes[i] <= from.nodes)
            most = from.tree_nodes[i];
    kf_forest_node *nodes = kf__calloc(most + 1, sizeof *nodes);
    if (nodes == NULL)
        return KF_ENOMEM;
    kf_status status = add_trees(forest, &from, nodes);
    kf__free(nodes);
    return status == KF_OK ? kf__forest_seal(forest) : status;
}

static kf_status read_forest(const kf_numbers_file *file, const kf_value *object,
    size_t columns, kf_numbers_scores *out)
{
    static const char *const inputs[] = {"f32", "f64", NULL};
    static const char *const takes[] = {"finite", "missing", "any", NULL};
    const kf_value *start = kf_value_get(object, "start");
    int input, taken;
    out->has_forest = true;
    out->forest = KF__FOREST_INIT;
    KF__TRY(kf__numbers_count(object, "outputs", 1, &out->outputs));
    KF__TRY(kf__numbers_count(object, "width", 1, &out->forest.width));
    KF__TRY(kf__numbers_choice(object, "input", inputs, -1, &input));
    KF__TRY(kf__numbers_choice(object, "takes", takes, -1, &taken));
    if (out->forest.width != 1 && out->forest.width != out->outputs)
        return kf__fail(
            KF_EDOCUMENT, "width", "expected 1 or %zu, as outputs", out->outputs);
    out->takes = (kf_numbers_takes)taken;
    out->forest.features = columns;
    out->forest.outputs = out->outputs;
    out->forest.input = input == 0 ? KF_DATATYPE_FP32 : KF_DATATYPE_FP64;
    out->forest.sum = KF_DATATYPE_FP64;
    out->divisor = kf_value_double(kf_value_get(object, "divisor"));
    size_t bases = out->outputs;
    KF__TRY(kf__numbers_doubles(file, object, "bases", false, &bases, &out->bases));
    if (start != NULL)
        KF__TRY(read_linear(file, start, columns, &out->linear));
    if (start != NULL && out->linear.outputs != out->outputs)
        return kf__fail(KF_EDOCUMENT, "start", "expected %zu outputs", out->outputs);
    return read_trees(file, object, &out->forest);
}

kf_status kf__numbers_read_scores(const kf_numbers_file *file, const kf_value *object,
    size_t columns, kf_numbers_scores *out)
{
    static const char *const kinds[] = {"linear", "forest", NULL};
    int kind;
    KF__TRY(kf__numbers_choice(object, "kind", kinds, -1, &kind));
    if (kind == 1)
        return read_forest(file, object, columns, out);
    KF__TRY(read_linear(file, object, columns, &out->linear));
    out->outputs = out->linear.outputs;
    return KF_OK;
}

/* ---- scoring ---- */

static kf_status check(
    const kf_numbers_scores *scores, const double *rows, size_t count, size_t columns)
{
    bool floats = scores->has_forest && scores->forest.input == KF_DATATYPE_FP32;
    if (scores->takes == KF__TAKES_ANY)
        return KF_OK;
    for (size_t i = 0; i < count * columns; i++) {
        if (isnan(rows[i]) && scores->takes == KF__TAKES_FINITE)
            return kf__fail(KF_EINVAL, NULL,
                "row %zu has a missing value, for which the model has no rule",
                i / columns);
        if (isinf(floats ? (double)(float)rows[i] : rows[i]))
            return kf__fail(KF_EINVAL, NULL,
                "row %zu has a number that is infinite or too large", i / columns);
    }
    return KF_OK;
}

static void add_linear(const kf_numbers_linear *linear, const double *row, double *out)
{
    for (size_t i = 0; i < linear->outputs; i++) {
        const double *weights = linear->coefficients + i * linear->columns;
        double sum = 0;
        for (size_t j = 0; j < linear->columns; j++)
            sum += weights[j] * row[j];
        out[i] = sum + linear->intercepts[i];
    }
}

/* What the trees are added to. */
static void start(const kf_numbers_scores *scores, const double *row, double *out)
{
    if (scores->linear.outputs > 0)
        add_linear(&scores->linear, row, out);
    else if (scores->bases != NULL)
        memcpy(out, scores->bases, scores->outputs * sizeof *out);
    else
        memset(out, 0, scores->outputs * sizeof *out);
}

kf_status kf__numbers_score(const kf_numbers_scores *scores, const double *rows,
    size_t count, float *floats, double *out)
{
    size_t columns =
        scores->has_forest ? scores->forest.features : scores->linear.columns;
    const void *given = rows;
    KF__TRY(check(scores, rows, count, columns));
    for (size_t i = 0; i < count; i++)
        start(scores, rows + i * columns, out + i * scores->outputs);
    if (!scores->has_forest)
        return KF_OK;
    if (scores->forest.input == KF_DATATYPE_FP32) {
        for (size_t i = 0; i < count * columns; i++)
            floats[i] = (float)rows[i];
        given = floats;
    }
    KF__TRY(kf__forest_add_up(&scores->forest, given, count, out));
    if (scores->divisor != 0)
        for (size_t i = 0; i < count * scores->outputs; i++)
            out[i] /= scores->divisor;
    return KF_OK;
}
