/* SPDX-License-Identifier: Apache-2.0 */
/* LightGBM's text format: lines of key=value, a head and then a section for each tree. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/scan.h"
#include "base/text.h"
#include "serving/model_lightgbm.h"
#include "serving/model_source.h"

/* Part of the file. */
typedef struct span {
    const char *at;
    const char *end;
} span;

static int line_of(const kf_lightgbm *model, const char *at)
{
    int line = 1;
    for (const char *byte = model->data; byte < at; byte++)
        line += *byte == '\n';
    return line;
}

kf_status kf__lightgbm_fault(
    const kf_lightgbm *model, const char *at, const char *key, const char *message)
{
    return kf__fail_at(KF_EPARSE, key, line_of(model, at), 0, "%s", message);
}

static kf_status wrong_count(const kf_lightgbm *model, const char *at, const char *key,
    size_t count, size_t expected)
{
    return kf__fail_at(KF_EDOCUMENT, key, line_of(model, at), 0,
        "%zu numbers: expected %zu", count, expected);
}

/* The next line without its end; false at the end of the file. */
static bool next_line(span *rest, span *line)
{
    if (rest->at >= rest->end)
        return false;
    size_t left = (size_t)(rest->end - rest->at);
    const char *end = memchr(rest->at, '\n', left);
    *line = (span){rest->at, end != NULL ? end : rest->end};
    rest->at = end != NULL ? end + 1 : rest->end;
    if (line->end > line->at && line->end[-1] == '\r')
        line->end--;
    return true;
}

static bool is_line(const span *line, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(line->end - line->at) == length &&
           memcmp(line->at, text, length) == 0;
}

/* The value of a line "key=value". */
static bool is_key(const span *line, const char *key, span *value)
{
    size_t length = strlen(key);
    if ((size_t)(line->end - line->at) <= length ||
        memcmp(line->at, key, length) != 0 || line->at[length] != '=')
        return false;
    *value = (span){line->at + length + 1, line->end};
    return true;
}

/* ---- numbers ---- */

static bool constant(span *value, double *out)
{
    static const struct {
        const char *text;
        double value;
    } constants[] = {
        {"inf", INFINITY}, {"-inf", -INFINITY}, {"nan", NAN}, {"-nan", NAN}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        size_t length = strlen(constants[i].text);
        if ((size_t)(value->end - value->at) >= length &&
            memcmp(value->at, constants[i].text, length) == 0) {
            value->at += length;
            *out = constants[i].value;
            return true;
        }
    }
    return false;
}

static bool take_number(span *value, double *out)
{
    kf_scan scan;
    if (constant(value, out))
        return true;
    kf__scan_start(&scan, value->at, (size_t)(value->end - value->at));
    if (!kf__scan_double(&scan, false, out))
        return false;
    value->at = scan.at;
    return true;
}

static void skip_spaces(span *value)
{
    while (value->at < value->end && *value->at == ' ')
        value->at++;
}

/* Numbers with spaces between them. */
static kf_status take_numbers(
    const kf_lightgbm *model, const char *key, span value, kf_numbers *out)
{
    double number;
    for (skip_spaces(&value); value.at < value.end; skip_spaces(&value)) {
        if (!take_number(&value, &number) || (value.at < value.end && *value.at != ' '))
            return kf__lightgbm_fault(model, value.at, key, "expected numbers");
        KF__TRY(kf__vec_push(out, number));
    }
    return KF_OK;
}

static bool is_index(double number, double limit)
{
    return number >= 0 && number < limit && number == floor(number);
}

static kf_status take_count(const kf_lightgbm *model, const char *key, span value,
    double least, double limit, size_t *out)
{
    const char *from = value.at;
    double number;
    if (!take_number(&value, &number) || value.at != value.end || number < least ||
        !is_index(number, limit))
        return kf__lightgbm_fault(model, from, key, "expected a count in reach");
    *out = (size_t)number;
    return KF_OK;
}

/* ---- a tree ---- */

enum {
    FEATURE,
    THRESHOLD,
    DECISION,
    LEFT,
    RIGHT,
    INTERNAL_COUNT,
    LEAF_VALUE,
    LEAF_COUNT,
    LEAF_CONST,
    TERMS,
    CAT_BOUNDARIES,
    CAT_THRESHOLD,
    TERM_FEATURES,
    COEFFICIENTS,
    LISTS
};

static const char *const keys[LISTS] = {
    [FEATURE] = "split_feature",
    [THRESHOLD] = "threshold",
    [DECISION] = "decision_type",
    [LEFT] = "left_child",
    [RIGHT] = "right_child",
    [INTERNAL_COUNT] = "internal_count",
    [LEAF_VALUE] = "leaf_value",
    [LEAF_COUNT] = "leaf_count",
    [LEAF_CONST] = "leaf_const",
    [TERMS] = "num_features",
    [CAT_BOUNDARIES] = "cat_boundaries",
    [CAT_THRESHOLD] = "cat_threshold",
    [TERM_FEATURES] = "leaf_features",
    [COEFFICIENTS] = "leaf_coeff",
};

typedef struct section {
    kf_numbers lists[LISTS];
    const char *lines[LISTS]; /* Where each is; NULL: not there. */
    size_t leaves;
    bool is_linear;
    kf_numbers nodes_of_sets; /* Index of each set in the forest. */
    KF__VEC(kf_forest_node) nodes;
    KF__VEC(kf_forest_linear) linear;
} section;

static void clear(section *tree)
{
    for (int i = 0; i < LISTS; i++) {
        tree->lists[i].count = 0;
        tree->lines[i] = NULL;
    }
    tree->leaves = 0;
    tree->is_linear = false;
    tree->nodes_of_sets.count = tree->nodes.count = tree->linear.count = 0;
}

static void finish(section *tree)
{
    for (int i = 0; i < LISTS; i++)
        kf__vec_finish(&tree->lists[i]);
    kf__vec_finish(&tree->nodes_of_sets);
    kf__vec_finish(&tree->nodes);
    kf__vec_finish(&tree->linear);
}

static kf_status take_line(const kf_lightgbm *model, section *tree, const span *line)
{
    span value;
    if (is_key(line, "num_leaves", &value))
        return take_count(
            model, "num_leaves", value, 1, KF__LIMIT_FOREST_NODES, &tree->leaves);
    if (is_key(line, "is_linear", &value)) {
        tree->is_linear = value.end - value.at == 1 && *value.at == '1';
        return KF_OK;
    }
    for (int i = 0; i < LISTS; i++)
        if (is_key(line, keys[i], &value)) {
            tree->lists[i].count = 0;
            tree->lines[i] = value.at;
            return take_numbers(model, keys[i], value, &tree->lists[i]);
        }
    return KF_OK;
}

static kf_status check_count(
    const kf_lightgbm *model, const section *tree, int list, size_t expected)
{
    bool optional = list == DECISION || list == INTERNAL_COUNT || list == LEAF_COUNT;
    size_t count = tree->lists[list].count;
    if (count == expected || (optional && count == 0))
        return KF_OK;
    return wrong_count(model,
        tree->lines[list] != NULL ? tree->lines[list] : model->data, keys[list], count,
        expected);
}

static kf_status check_lists(const kf_lightgbm *model, const section *tree)
{
    for (int i = FEATURE; i <= INTERNAL_COUNT; i++)
        KF__TRY(check_count(model, tree, i, tree->leaves - 1));
    KF__TRY(check_count(model, tree, LEAF_VALUE, tree->leaves));
    KF__TRY(check_count(model, tree, LEAF_COUNT, tree->leaves));
    for (int i = LEAF_CONST; tree->is_linear && i <= TERMS; i++)
        KF__TRY(check_count(model, tree, i, tree->leaves));
    return KF_OK;
}

/* ---- categories ---- */

static kf_status add_set(
    kf_lightgbm *model, const kf_numbers *words, double from, double to, double *out)
{
    KF__VEC(uint32_t) bits = {0};
    uint32_t index = 0;
    kf_status status = KF_OK;
    for (size_t i = (size_t)from; status == KF_OK && i < (size_t)to; i++)
        status = kf__vec_push(&bits, (uint32_t)words->items[i]);
    if (status == KF_OK)
        status = kf__forest_add_set(&model->forest, bits.items, bits.count, &index);
    kf__vec_finish(&bits);
    *out = index;
    return status;
}

static kf_status add_sets(kf_lightgbm *model, section *tree)
{
    const kf_numbers *bounds = &tree->lists[CAT_BOUNDARIES];
    const kf_numbers *words = &tree->lists[CAT_THRESHOLD];
    for (size_t i = 0; i < words->count; i++)
        if (!is_index(words->items[i], 4294967296.0))
            return kf__lightgbm_fault(model, tree->lines[CAT_THRESHOLD],
                keys[CAT_THRESHOLD], "expected words of 32 bits");
    for (size_t i = 0; i + 1 < bounds->count; i++) {
        double from = bounds->items[i], to = bounds->items[i + 1], set;
        if (!is_index(from, to + 1) || !is_index(to, (double)words->count + 1))
            return kf__lightgbm_fault(model, tree->lines[CAT_BOUNDARIES],
                keys[CAT_BOUNDARIES], "expected rising places in cat_threshold");
        KF__TRY(add_set(model, words, from, to, &set));
        KF__TRY(kf__vec_push(&tree->nodes_of_sets, set));
    }
    return KF_OK;
}

/* ---- nodes ---- */

/* Splits first, then leaves; a leaf is told as its complement. */
static int32_t child(const section *tree, double number)
{
    double splits = (double)tree->leaves - 1;
    if (number != floor(number) || number >= splits || number < -splits - 1)
        return -1;
    return (int32_t)(number >= 0 ? number : splits - 1 - number);
}

static kf_status make_split(
    const kf_lightgbm *model, const section *tree, size_t i, kf_forest_node *out)
{
    const kf_numbers *all = tree->lists;
    double type = all[DECISION].count > 0 ? all[DECISION].items[i] : 0;
    double feature = all[FEATURE].items[i];
    if (!is_index(type, 12))
        return kf__lightgbm_fault(
            model, tree->lines[DECISION], keys[DECISION], "expected types below 12");
    if (!is_index(feature, (double)model->features))
        return kf__lightgbm_fault(model, tree->lines[FEATURE], keys[FEATURE],
            "expected features up to max_feature_idx");
    unsigned bits = (unsigned)type;
    bool is_set = (bits & 1) != 0;
    static const uint8_t missing[] = {KF_MISSING_NONE, KF_MISSING_ZERO, KF_MISSING_NAN};
    *out = (kf_forest_node){.left = child(tree, all[LEFT].items[i]),
        .right = child(tree, all[RIGHT].items[i]),
        .feature = (uint32_t)feature,
        .split = is_set ? KF_SPLIT_SET : KF_SPLIT_AT_MOST,
        .missing = is_set ? KF_MISSING_NAN : missing[bits >> 2],
        .default_left = !is_set && (bits & 2) != 0};
    double threshold = all[THRESHOLD].items[i];
    if (!is_set)
        out->threshold = threshold;
    else if (is_index(threshold, (double)tree->nodes_of_sets.count))
        out->index = (uint32_t)tree->nodes_of_sets.items[(size_t)threshold];
    else
        return kf__lightgbm_fault(model, tree->lines[THRESHOLD], keys[THRESHOLD],
            "expected the number of a set for a categorical split");
    return KF_OK;
}

static kf_status make_nodes(const kf_lightgbm *model, section *tree)
{
    const kf_numbers *all = tree->lists;
    for (size_t i = 0; i + 1 < tree->leaves; i++) {
        kf_forest_node node;
        KF__TRY(make_split(model, tree, i, &node));
        if (all[INTERNAL_COUNT].count > 0)
            node.cover = all[INTERNAL_COUNT].items[i];
        KF__TRY(kf__vec_push(&tree->nodes, node));
    }
    for (size_t i = 0; i < tree->leaves; i++) {
        kf_forest_node node = {.left = -1, .right = -1, .index = (uint32_t)i};
        if (all[LEAF_COUNT].count > 0)
            node.cover = all[LEAF_COUNT].items[i];
        KF__TRY(kf__vec_push(&tree->nodes, node));
    }
    return KF_OK;
}

/* ---- linear leaves ---- */

static kf_status make_leaf(kf_lightgbm *model, section *tree, size_t leaf, size_t *term)
{
    const kf_numbers *all = tree->lists;
    double count = all[TERMS].items[leaf];
    kf_forest_linear linear = {
        all[LEAF_CONST].items[leaf], model->forest.terms.count, 0};
    if (!is_index(count, (double)(all[TERM_FEATURES].count - *term) + 1))
        return kf__lightgbm_fault(model, tree->lines[TERMS], keys[TERMS],
            "expected as many features as leaf_features has");
    linear.count = (size_t)count;
    for (size_t end = *term + linear.count; *term < end; ++*term) {
        double feature = all[TERM_FEATURES].items[*term];
        if (!is_index(feature, (double)model->features))
            return kf__lightgbm_fault(model, tree->lines[TERM_FEATURES],
                keys[TERM_FEATURES], "expected features up to max_feature_idx");
        kf_forest_term made = {all[COEFFICIENTS].items[*term], (uint32_t)feature};
        KF__TRY(kf__vec_push(&model->forest.terms, made));
    }
    return kf__vec_push(&tree->linear, linear);
}

/* If one tree of the forest is linear, the leaves of all are. */
static kf_status make_linear(kf_lightgbm *model, section *tree)
{
    size_t term = 0;
    if (!tree->is_linear) {
        for (size_t i = 0; i < tree->leaves; i++) {
            kf_forest_linear linear = {tree->lists[LEAF_VALUE].items[i], 0, 0};
            KF__TRY(kf__vec_push(&tree->linear, linear));
        }
        return KF_OK;
    }
    if (tree->lists[COEFFICIENTS].count != tree->lists[TERM_FEATURES].count)
        return wrong_count(model,
            tree->lines[COEFFICIENTS] != NULL ? tree->lines[COEFFICIENTS] : model->data,
            keys[COEFFICIENTS], tree->lists[COEFFICIENTS].count,
            tree->lists[TERM_FEATURES].count);
    for (size_t i = 0; i < tree->leaves; i++)
        KF__TRY(make_leaf(model, tree, i, &term));
    return KF_OK;
}

/* The leaves of the trees before the first linear one, made linear too. */
static kf_status catch_up(kf_forest *forest)
{
    while (forest->linear.count < forest->values.count) {
        kf_forest_linear linear = {forest->values.items[forest->linear.count], 0, 0};
        KF__TRY(kf__vec_push(&forest->linear, linear));
    }
    return KF_OK;
}

static kf_status add_tree(kf_lightgbm *model, section *tree)
{
    kf_forest *forest = &model->forest;
    if (tree->leaves == 0)
        return kf__fail(KF_EDOCUMENT, "num_leaves", "the tree does not tell it");
    KF__TRY(check_lists(model, tree));
    KF__TRY(add_sets(model, tree));
    KF__TRY(make_nodes(model, tree));
    bool linear = tree->is_linear || forest->linear.count > 0;
    if (linear) {
        KF__TRY(catch_up(forest));
        KF__TRY(make_linear(model, tree));
    }
    kf_forest_leaves leaves = {.values = tree->lists[LEAF_VALUE].items,
        .rows = tree->leaves,
        .linear = linear ? tree->linear.items : NULL};
    uint32_t group = (uint32_t)(forest->trees.count % model->outputs);
    return kf__forest_add_tree(
        forest, tree->nodes.items, tree->nodes.count, &leaves, group);
}

/* The lines up to the next section; `rest` is behind "Tree=". */
static kf_status read_tree(kf_lightgbm *model, section *tree, span *rest)
{
    span line, ahead = *rest, value;
    clear(tree);
    while (next_line(&ahead, &line) && !is_key(&line, "Tree", &value) &&
           !is_line(&line, "end of trees")) {
        KF__TRY(take_line(model, tree, &line));
        *rest = ahead;
    }
    return add_tree(model, tree);
}

static kf_status read_trees(kf_lightgbm *model, span *rest, size_t told, bool has_told)
{
    section tree;
    span line, value;
    kf_status status = KF_OK;
    bool ended = false;
    memset(&tree, 0, sizeof tree);
    while (status == KF_OK && !ended && next_line(rest, &line)) {
        ended = is_line(&line, "end of trees");
        if (!is_key(&line, "Tree", &value))
            continue;
        status = read_tree(model, &tree, rest);
        if (status != KF_OK && status != KF_ENOMEM) {
            char where[32];
            (void)snprintf(where, sizeof where, "Tree=%zu", model->forest.trees.count);
            kf__error_prefix(where);
        }
    }
    finish(&tree);
    KF__TRY(status);
    if (!ended)
        return kf__lightgbm_fault(model, model->end, NULL,
            "the file ends too early: expected 'end of trees'");
    if (has_told && told != model->forest.trees.count)
        return wrong_count(
            model, rest->at, "tree_sizes", told, model->forest.trees.count);
    return KF_OK;
}

/* ---- the head ---- */

static kf_status take_names(kf_lightgbm *model, span value)
{
    if (model->names != NULL || model->features == 0)
        return KF_OK;
    model->names = kf__calloc(model->features, sizeof *model->names);
    if (model->names == NULL)
        return KF_ENOMEM;
    model->name_count = model->features;
    size_t count = 0;
    const char *from = value.at;
    for (skip_spaces(&value); value.at < value.end; skip_spaces(&value), count++) {
        const char *end = memchr(value.at, ' ', (size_t)(value.end - value.at));
        size_t length = (size_t)((end != NULL ? end : value.end) - value.at);
        if (!kf__utf8_valid(value.at, length, NULL) ||
            memchr(value.at, '\0', length) != NULL)
            return kf__lightgbm_fault(
                model, from, "feature_names", "expected names of UTF-8");
        if (count < model->features &&
            (model->names[count] = kf__strndup(value.at, length)) == NULL)
            return KF_ENOMEM;
        value.at += length;
    }
    if (count != model->features)
        return wrong_count(model, from, "feature_names", count, model->features);
    return KF_OK;
}

static kf_status take_head(kf_lightgbm *model, const span *line, size_t *trees)
{
    span value;
    kf_numbers sizes = {0};
    if (is_key(line, "num_tree_per_iteration", &value))
        return take_count(model, "num_tree_per_iteration", value, 1, KF__LIMIT_OUTPUTS,
            &model->outputs);
    if (is_key(line, "max_feature_idx", &value)) {
        KF__TRY(take_count(model, "max_feature_idx", value, 0, KF__LIMIT_FEATURES - 1,
            &model->features));
        model->features++;
    } else if (is_key(line, "objective", &value)) {
        if ((size_t)(value.end - value.at) >= sizeof model->objective)
            return kf__lightgbm_fault(
                model, value.at, "objective", "expected a shorter text");
        (void)snprintf(model->objective, sizeof model->objective, "%.*s",
            (int)(value.end - value.at), value.at);
    } else if (is_line(line, "average_output"))
        model->average = true;
    else if (is_key(line, "feature_names", &value))
        return take_names(model, value);
    else if (is_key(line, "tree_sizes", &value)) {
        kf_status status = take_numbers(model, "tree_sizes", value, &sizes);
        *trees = sizes.count;
        kf__vec_finish(&sizes);
        return status;
    }
    return KF_OK;
}

bool kf__lightgbm_is_text(const char *data, size_t length)
{
    span rest = {data, data + length}, line;
    return next_line(&rest, &line) && is_line(&line, "tree");
}

void kf__lightgbm_finish(kf_lightgbm *model)
{
    for (size_t i = 0; model->names != NULL && i < model->name_count; i++)
        kf__free(model->names[i]);
    kf__free(model->names);
    kf__categories_free(model->categories);
    kf__forest_finish(&model->forest);
}

kf_status kf__lightgbm_read_text(kf_lightgbm *model, const char *data, size_t length)
{
    span rest = {data, data + length}, line, ahead, value;
    size_t trees = SIZE_MAX;
    model->data = data;
    model->end = data + length;
    if (!next_line(&rest, &line) || !is_line(&line, "tree"))
        return kf__lightgbm_fault(
            model, data, NULL, "expected 'tree', as LightGBM's models begin");
    for (ahead = rest; next_line(&ahead, &line) && !is_key(&line, "Tree", &value) &&
                       !is_line(&line, "end of trees");
         rest = ahead)
        KF__TRY(take_head(model, &line, &trees));
    if (model->features == 0)
        return kf__lightgbm_fault(
            model, rest.at, "max_feature_idx", "the model does not tell its features");
    if (model->names != NULL && model->name_count != model->features)
        return wrong_count(
            model, rest.at, "feature_names", model->name_count, model->features);
    if (model->outputs == 0)
        return kf__lightgbm_fault(model, rest.at, "num_tree_per_iteration",
            "the model does not tell its outputs");
    model->forest.features = model->features;
    model->forest.outputs = model->outputs;
    model->forest.input = model->forest.sum = KF_DATATYPE_FP64;
    KF__TRY(read_trees(model, &rest, trees, trees != SIZE_MAX));
    if (model->forest.trees.count % model->outputs != 0)
        return kf__fail(KF_EDOCUMENT, "num_tree_per_iteration",
            "%zu trees are no whole number of iterations of %zu",
            model->forest.trees.count, model->outputs);
    return kf__lightgbm_read_categories(model, rest.at, rest.end);
}
