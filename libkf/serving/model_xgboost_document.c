/* SPDX-License-Identifier: Apache-2.0 */
/* XGBoost's models in JSON and UBJSON, as versions from 1.0 on write them. The order of
 * names in an object is not fixed, so that trees are kept aside until all is read. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "serving/model_xgboost.h"

static bool is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static kf_status source_fault(const kf_source *source)
{
    kf_status status = kf__source_status(source);
    return status != KF_OK ? status : kf__fail(KF_EPARSE, NULL, "damaged");
}

/* Each function that reads fails by the source's fault, which is told at the end, or by
 * an error of its own, which is told as it is: `status`. */
typedef struct reading {
    kf_source source;
    kf_xgboost *model;
    kf_status status;
} reading;

static bool keep(reading *in, kf_status status)
{
    if (in->status == KF_OK)
        in->status = status;
    return status == KF_OK;
}

/* ---- parameters, which are texts ---- */

static bool read_text(reading *in, char *out, size_t capacity)
{
    const char *text;
    size_t length;
    if (!kf__source_text(&in->source, &text, &length))
        return false;
    (void)snprintf(
        out, capacity, "%.*s", (int)(length < capacity ? length : capacity), text);
    return true;
}

static bool read_parameter(reading *in, double *out)
{
    char text[64];
    if (!read_text(in, text, sizeof text))
        return false;
    return kf__parse_double(text, out) ||
           kf__source_expected(&in->source, "a parameter that is a number");
}

/* "0.5", "5E-1", and from 3.1 on "[5E-1,2E-1]"; each of them is a float. */
static bool read_base_score(reading *in)
{
    const char *text;
    size_t length;
    float number;
    kf_numbers *base = &in->model->base;
    if (!kf__source_text(&in->source, &text, &length))
        return false;
    base->count = 0;
    kf_scan scan;
    kf__scan_start(&scan, text, length);
    bool is_list = kf__scan_peek(&scan) == '[';
    if (is_list)
        (void)kf__scan_list(&scan);
    while (!is_list || kf__scan_item(&scan)) {
        if (!kf__scan_float(&scan, false, &number))
            break;
        if (kf__vec_push(base, (double)number) != KF_OK)
            return keep(in, KF_ENOMEM);
        if (!is_list)
            break;
    }
    return (kf__scan_end(&scan) && base->count > 0) ||
           kf__source_expected(&in->source, "a base_score of numbers");
}

static bool read_learner_parameters(reading *in)
{
    const char *name;
    size_t length;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length)) {
        bool done;
        if (is(name, length, "base_score"))
            done = read_base_score(in);
        else if (is(name, length, "num_feature"))
            done = read_parameter(in, &in->model->features);
        else if (is(name, length, "num_class"))
            done = read_parameter(in, &in->model->classes);
        else if (is(name, length, "num_target"))
            done = read_parameter(in, &in->model->targets);
        else
            done = kf__source_skip(&in->source);
        if (!done)
            return false;
    }
    return true;
}

/* The text called `wanted` of an object. */
static bool read_named(reading *in, const char *wanted, char *out, size_t capacity)
{
    const char *name;
    size_t length;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length))
        if (!(is(name, length, wanted) ? read_text(in, out, capacity)
                                       : kf__source_skip(&in->source)))
            return false;
    return true;
}

static bool read_names(reading *in)
{
    const char *text;
    size_t length;
    if (!kf__source_list(&in->source))
        return false;
    while (kf__source_item(&in->source)) {
        if (!kf__source_text(&in->source, &text, &length))
            return false;
        if (!kf__utf8_valid(text, length, NULL) || memchr(text, '\0', length) != NULL)
            return kf__source_expected(&in->source, "feature names of UTF-8");
        char *copy = kf__strndup(text, length);
        if (copy == NULL || kf__vec_push(&in->model->names, copy) != KF_OK) {
            kf__free(copy);
            return keep(in, KF_ENOMEM);
        }
    }
    return true;
}

/* ---- trees ---- */

enum {
    LEFT,
    RIGHT,
    FEATURE,
    CONDITION,
    DEFAULT_LEFT,
    COVER,
    SPLIT_TYPE,
    CATEGORIES,
    CATEGORY_NODES,
    CATEGORY_SEGMENTS,
    CATEGORY_SIZES,
    BASE_WEIGHTS,
    LEAF_WEIGHTS,
    LISTS
};

#define KF__LIST(name, floats)                                                         \
    {                                                                                  \
        name, sizeof name - 1, floats                                                  \
    }
static const struct {
    const char *name;
    size_t length;
    bool floats;
} lists[LISTS] = {
    [LEFT] = KF__LIST("left_children", false),
    [RIGHT] = KF__LIST("right_children", false),
    [FEATURE] = KF__LIST("split_indices", false),
    [CONDITION] = KF__LIST("split_conditions", true),
    [DEFAULT_LEFT] = KF__LIST("default_left", false),
    [COVER] = KF__LIST("sum_hessian", true),
    [SPLIT_TYPE] = KF__LIST("split_type", false),
    [CATEGORIES] = KF__LIST("categories", false),
    [CATEGORY_NODES] = KF__LIST("categories_nodes", false),
    [CATEGORY_SEGMENTS] = KF__LIST("categories_segments", false),
    [CATEGORY_SIZES] = KF__LIST("categories_sizes", false),
    [BASE_WEIGHTS] = KF__LIST("base_weights", true),
    [LEAF_WEIGHTS] = KF__LIST("leaf_weights", true),
};

typedef struct raw_tree {
    kf_numbers lists[LISTS];
    size_t width;
    bool has_base_weights;
    kf_source base_weights; /* Where they begin. */
} raw_tree;

/* A whole number in reach of what it counts. */
static bool is_index(double number, double limit)
{
    return number >= 0 && number < limit && number == floor(number);
}

/* Base weights are much and seldom of use, and what tells comes after them. */
static bool read_list(reading *in, raw_tree *tree, const char *name, size_t length)
{
    for (size_t i = 0; i < LISTS; i++)
        if (lists[i].length == length && memcmp(lists[i].name, name, length) == 0) {
            if (i == BASE_WEIGHTS) {
                tree->base_weights = in->source;
                tree->has_base_weights = true;
                break;
            }
            tree->lists[i].count = 0;
            return kf__source_numbers(&in->source, lists[i].floats, &tree->lists[i]);
        }
    return kf__source_skip(&in->source);
}

static bool read_base_weights(reading *in, raw_tree *tree)
{
    if (tree->width == 1 || tree->lists[LEAF_WEIGHTS].count > 0)
        return true;
    if (!tree->has_base_weights)
        return kf__source_expected(&in->source, "base_weights, or leaf_weights");
    return kf__source_numbers(&tree->base_weights, true, &tree->lists[BASE_WEIGHTS]);
}

static bool read_lists(reading *in, raw_tree *tree)
{
    const char *name;
    size_t length;
    char width[32] = "";
    double number;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length))
        if (!(is(name, length, "tree_param")
                    ? read_named(in, "size_leaf_vector", width, sizeof width)
                    : read_list(in, tree, name, length)))
            return false;
    if (kf__source_status(&in->source) != KF_OK)
        return false;
    tree->width = 1;
    if (kf__parse_double(width, &number) && number > 1) {
        if (!is_index(number, 1 << 24))
            return keep(in, kf__fail(KF_EDOCUMENT, "tree_param.size_leaf_vector",
                                "expected a number of values, not %s", width));
        tree->width = (size_t)number;
    }
    return read_base_weights(in, tree);
}

static kf_status check_lists(const raw_tree *tree)
{
    size_t nodes = tree->lists[LEFT].count;
    if (nodes == 0)
        return kf__fail(KF_EDOCUMENT, "left_children", "a tree without nodes");
    for (int i = LEFT; i <= SPLIT_TYPE; i++) {
        bool optional = i == SPLIT_TYPE || i == COVER;
        if (tree->lists[i].count != nodes && !(optional && tree->lists[i].count == 0))
            return kf__fail(KF_EDOCUMENT, lists[i].name,
                "%zu numbers: expected %zu, one for each node", tree->lists[i].count,
                nodes);
    }
    size_t sets = tree->lists[CATEGORY_NODES].count;
    for (int i = CATEGORY_SEGMENTS; i <= CATEGORY_SIZES; i++)
        if (tree->lists[i].count != sets)
            return kf__fail(KF_EDOCUMENT, lists[i].name, "%zu numbers: expected %zu",
                tree->lists[i].count, sets);
    return KF_OK;
}

/* The categories of a node as bits. */
static kf_status add_set(
    kf_forest *forest, const double *categories, size_t count, uint32_t *index)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_index(categories[i], 1 << 24))
            return kf__fail(KF_EDOCUMENT, lists[CATEGORIES].name,
                "%g: expected whole numbers below 2^24", categories[i]);
        most = fmax(most, categories[i]);
    }
    size_t words = (size_t)most / 32 + 1;
    uint32_t *bits = kf__calloc(words, sizeof *bits);
    if (bits == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        bits[(uint32_t)categories[i] / 32] |= 1u << (uint32_t)categories[i] % 32;
    kf_status status = kf__forest_add_set(forest, bits, words, index);
    kf__free(bits);
    return status;
}

/* Sends the categories of XGBoost's sets, which go right, left. */
static kf_status add_sets(
    kf_xgboost *model, const raw_tree *tree, kf_forest_node *nodes)
{
    const kf_numbers *all = tree->lists;
    for (size_t i = 0; i < all[CATEGORY_NODES].count; i++) {
        double node = all[CATEGORY_NODES].items[i];
        double from = all[CATEGORY_SEGMENTS].items[i];
        double size = all[CATEGORY_SIZES].items[i];
        double total = (double)all[CATEGORIES].count;
        if (!is_index(node, (double)all[LEFT].count) || !is_index(from, total + 1) ||
            !is_index(size, total - from + 1))
            return kf__fail(KF_EDOCUMENT, lists[CATEGORY_NODES].name,
                "entry %zu is not of the tree's nodes and categories", i);
        kf_forest_node *at = &nodes[(size_t)node];
        if (at->split != KF_SPLIT_SET_POSITIVE || at->index != UINT32_MAX)
            return kf__fail(KF_EDOCUMENT, lists[CATEGORY_NODES].name,
                "node %zu has categories, but does not split on some once",
                (size_t)node);
        KF__TRY(add_set(&model->forest, &all[CATEGORIES].items[(size_t)from],
            (size_t)size, &at->index));
    }
    return KF_OK;
}

static kf_status node_fault(const char *list, size_t node, double number)
{
    char where[64];
    (void)snprintf(where, sizeof where, "%s[%zu]", list, node);
    return kf__fail(KF_EDOCUMENT, where, "%g is out of place here", number);
}

static bool is_category(const raw_tree *tree, size_t node)
{
    return tree->lists[SPLIT_TYPE].count > 0 &&
           tree->lists[SPLIT_TYPE].items[node] == 1;
}

static kf_status make_split(const raw_tree *tree, size_t i, kf_forest_node *out)
{
    const kf_numbers *all = tree->lists;
    for (int list = LEFT; list <= FEATURE; list++)
        if (!is_index(all[list].items[i], 2147483648.0))
            return node_fault(lists[list].name, i, all[list].items[i]);
    bool category = is_category(tree, i);
    bool default_left = all[DEFAULT_LEFT].items[i] != 0;
    *out = (kf_forest_node){
        .threshold = category ? 0 : all[CONDITION].items[i],
        .left = (int32_t)all[category ? RIGHT : LEFT].items[i],
        .right = (int32_t)all[category ? LEFT : RIGHT].items[i],
        .feature = (uint32_t)all[FEATURE].items[i],
        .index = UINT32_MAX,
        .split = category ? KF_SPLIT_SET_POSITIVE : KF_SPLIT_LESS,
        .missing = KF_MISSING_NAN,
        .default_left = category ? !default_left : default_left,
    };
    return KF_OK;
}

/* Vector leaves: from 3.2 on of a list of their own, before that of all nodes. */
static kf_status leaf_values(
    const raw_tree *tree, size_t node, const double **out, double *scalar)
{
    const kf_numbers *all = tree->lists;
    size_t width = tree->width;
    if (width == 1) {
        *scalar = all[CONDITION].items[node];
        *out = scalar;
        return KF_OK;
    }
    bool own = all[LEAF_WEIGHTS].count > 0;
    const kf_numbers *from = &all[own ? LEAF_WEIGHTS : BASE_WEIGHTS];
    double row = own ? all[RIGHT].items[node] : (double)node;
    if (!is_index(row, (double)(from->count / width)))
        return node_fault(lists[RIGHT].name, node, row);
    *out = &from->items[(size_t)row * width];
    return KF_OK;
}

static kf_status add_node(
    kf_xgboost *model, const raw_tree *tree, size_t node, kf_xgboost_tree *made)
{
    const kf_numbers *all = tree->lists;
    kf_forest_node out = {.left = -1, .right = -1, .index = (uint32_t)made->leaves};
    if (all[LEFT].items[node] == -1) {
        double scalar = 0;
        const double *values = &scalar;
        KF__TRY(leaf_values(tree, node, &values, &scalar));
        for (size_t i = 0; i < tree->width; i++)
            KF__TRY(kf__vec_push(&model->values, values[i]));
        made->leaves++;
    } else
        KF__TRY(make_split(tree, node, &out));
    out.cover = all[COVER].count > 0 ? all[COVER].items[node] : 0;
    return kf__vec_push(&model->nodes, out);
}

static kf_status add_tree(kf_xgboost *model, const raw_tree *tree)
{
    KF__TRY(check_lists(tree));
    kf_xgboost_tree made = {.first_node = model->nodes.count,
        .nodes = tree->lists[LEFT].count,
        .first_value = model->values.count,
        .width = tree->width};
    for (size_t i = 0; i < made.nodes; i++)
        KF__TRY(add_node(model, tree, i, &made));
    KF__TRY(add_sets(model, tree, &model->nodes.items[made.first_node]));
    return kf__vec_push(&model->trees, made);
}

static bool read_trees(reading *in)
{
    raw_tree tree;
    memset(&tree, 0, sizeof tree);
    bool done = kf__source_list(&in->source);
    while (done && kf__source_item(&in->source)) {
        for (int i = 0; i < LISTS; i++)
            tree.lists[i].count = 0;
        tree.has_base_weights = false;
        done = read_lists(in, &tree) && keep(in, add_tree(in->model, &tree));
        if (!done && in->status != KF_OK) {
            char where[32];
            (void)snprintf(where, sizeof where, "trees[%zu]", in->model->trees.count);
            kf__error_prefix(where);
        }
    }
    for (int i = 0; i < LISTS; i++)
        kf__vec_finish(&tree.lists[i]);
    return done;
}

/* ---- boosters ---- */

static bool read_numbers(reading *in, bool floats, kf_numbers *out)
{
    out->count = 0;
    return kf__source_numbers(&in->source, floats, out);
}

static bool read_booster_model(reading *in)
{
    const char *name;
    size_t length;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length)) {
        bool done;
        if (is(name, length, "trees") && in->model->trees.count == 0)
            done = read_trees(in);
        else if (is(name, length, "tree_info"))
            done = read_numbers(in, false, &in->model->groups);
        else if (is(name, length, "cats") && in->model->categories == NULL)
            done = kf__xgboost_read_categories(
                &in->source, &in->model->categories, &in->status);
        else if (is(name, length, "weights"))
            done = read_numbers(in, true, &in->model->weights);
        else
            done = kf__source_skip(&in->source);
        if (!done)
            return false;
    }
    return true;
}

static bool read_booster(reading *in, bool inner);

static bool read_booster_part(reading *in, const char *name, size_t length, bool inner)
{
    if (is(name, length, "model"))
        return read_booster_model(in);
    if (is(name, length, "gbtree") && !inner)
        return read_booster(in, true);
    if (is(name, length, "weight_drop") && !inner)
        return read_numbers(in, true, &in->model->weights);
    if (is(name, length, "name") && !inner)
        return read_text(in, in->model->booster, sizeof in->model->booster);
    return kf__source_skip(&in->source);
}

static bool read_booster(reading *in, bool inner)
{
    const char *name;
    size_t length;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length))
        if (!read_booster_part(in, name, length, inner))
            return false;
    return true;
}

static bool read_learner(reading *in)
{
    const char *name;
    size_t length;
    kf_xgboost *model = in->model;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length)) {
        bool done;
        if (is(name, length, "learner_model_param"))
            done = read_learner_parameters(in);
        else if (is(name, length, "gradient_booster"))
            done = read_booster(in, false);
        else if (is(name, length, "objective"))
            done = read_named(in, "name", model->objective, sizeof model->objective);
        else if (is(name, length, "feature_names") && model->names.count == 0)
            done = read_names(in);
        else
            done = kf__source_skip(&in->source);
        if (!done)
            return false;
    }
    return true;
}

static bool read_version(reading *in)
{
    kf_numbers numbers = {0};
    bool done = kf__source_numbers(&in->source, false, &numbers);
    for (size_t i = 0; done && i < 3 && i < numbers.count; i++)
        in->model->version[i] =
            is_index(numbers.items[i], 1 << 20) ? (int)numbers.items[i] : 0;
    kf__vec_finish(&numbers);
    return done;
}

static bool read_root(reading *in)
{
    const char *name;
    size_t length;
    if (!kf__source_object(&in->source))
        return false;
    while (kf__source_name(&in->source, &name, &length)) {
        bool done;
        if (is(name, length, "learner"))
            done = read_learner(in);
        else if (is(name, length, "version"))
            done = read_version(in);
        else
            done = kf__source_skip(&in->source);
        if (!done)
            return false;
    }
    return kf__source_end(&in->source);
}

kf_status kf__xgboost_read_document(kf_xgboost *model, const char *data, size_t length)
{
    reading in = {.model = model};
    kf__source_start(&in.source, data, length);
    bool done = read_root(&in);
    kf_status status = in.status != KF_OK ? in.status
                       : done             ? KF_OK
                                          : source_fault(&in.source);
    kf__source_finish(&in.source);
    return status;
}
