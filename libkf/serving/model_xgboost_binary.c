/* SPDX-License-Identifier: Apache-2.0 */
/* XGBoost's own binary format, the only one before 1.0, written up to 3.0: structs of a
 * little-endian machine, one after the other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "serving/model_xgboost.h"

/* Bytes of the structs. */
enum {
    LEARNER_PARAM = 136,
    BOOSTER_PARAM = 160,
    LINEAR_PARAM = 136,
    TREE_PARAM = 148,
    NODE = 20,
    NODE_STAT = 16
};

typedef struct cursor {
    const unsigned char *data;
    size_t length;
    size_t at;
} cursor;

/* NULL: the file ends before. */
static const unsigned char *take(cursor *in, size_t size)
{
    if (size > in->length - in->at)
        return NULL;
    const unsigned char *taken = in->data + in->at;
    in->at += size;
    return taken;
}

static kf_status ends_early(const cursor *in, const char *expected)
{
    char where[48];
    (void)snprintf(where, sizeof where, "byte %zu", in->at);
    return kf__fail(KF_EPARSE, where, "the file ends too early: expected %s", expected);
}

static uint32_t u32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int32_t i32(const unsigned char *at)
{
    return (int32_t)u32(at);
}

static uint64_t u64(const unsigned char *at)
{
    return u32(at) | (uint64_t)u32(at + 4) << 32;
}

static double f32(const unsigned char *at)
{
    uint32_t bits = u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* A text with its length before it, without a NUL. */
static bool take_text(cursor *in, char *out, size_t capacity)
{
    const unsigned char *size = take(in, 8);
    if (size == NULL)
        return false;
    uint64_t length = u64(size);
    if (length >= capacity)
        return false;
    const unsigned char *text = take(in, (size_t)length);
    if (text == NULL || memchr(text, '\0', (size_t)length) != NULL)
        return false;
    memcpy(out, text, (size_t)length);
    out[length] = '\0';
    return true;
}

/* Allocates nothing: it also tells if the file is one of these. */
static bool take_learner(cursor *in, kf_xgboost *model, double *base)
{
    if (in->length >= 4 && memcmp(in->data, "binf", 4) == 0)
        in->at = 4;
    const unsigned char *param = take(in, LEARNER_PARAM);
    if (param == NULL)
        return false;
    *base = f32(param);
    model->features = u32(param + 4);
    model->classes = i32(param + 8);
    model->version[0] = i32(param + 20);
    model->version[1] = i32(param + 24);
    model->targets = u32(param + 28);
    model->base_is_margin = model->version[0] < 1;
    return take_text(in, model->objective, sizeof model->objective) &&
           take_text(in, model->booster, sizeof model->booster);
}

static bool is_booster(const char *name)
{
    return strcmp(name, "gbtree") == 0 || strcmp(name, "dart") == 0 ||
           strcmp(name, "gblinear") == 0;
}

bool kf__xgboost_is_binary(const char *data, size_t length)
{
    kf_xgboost model = {0};
    cursor in = {(const unsigned char *)data, length, 0};
    double base;
    return take_learner(&in, &model, &base) && is_booster(model.booster);
}

/* Floats with their count before them. */
static kf_status take_floats(cursor *in, const char *expected, kf_numbers *out)
{
    const unsigned char *count = take(in, 8);
    if (count == NULL || u64(count) > (in->length - in->at) / 4)
        return ends_early(in, expected);
    size_t numbers = (size_t)u64(count);
    const unsigned char *at = take(in, numbers * 4);
    for (size_t i = 0; i < numbers; i++)
        KF__TRY(kf__vec_push(out, f32(at + i * 4)));
    return KF_OK;
}

/* ---- trees ---- */

static kf_status add_node(kf_xgboost *model, const unsigned char *at,
    const unsigned char *stat, kf_xgboost_tree *made)
{
    uint32_t feature = u32(at + 12);
    kf_forest_node node = {.left = -1,
        .right = -1,
        .index = (uint32_t)made->leaves,
        .cover = f32(stat + 4)};
    if (i32(at + 4) == -1) {
        KF__TRY(kf__vec_push(&model->values, f32(at + 16)));
        made->leaves++;
    } else {
        node.split = KF_SPLIT_LESS;
        node.left = i32(at + 4);
        node.right = i32(at + 8);
        node.feature = feature & 0x7fffffffu;
        node.default_left = feature >> 31 != 0;
        node.threshold = f32(at + 16);
    }
    return kf__vec_push(&model->nodes, node);
}

static kf_status take_tree(cursor *in, kf_xgboost *model)
{
    const unsigned char *param = take(in, TREE_PARAM);
    if (param == NULL)
        return ends_early(in, "a tree");
    int32_t count = i32(param + 4);
    if (count <= 0)
        return kf__fail(KF_EDOCUMENT, "num_nodes", "%d: a tree has nodes", count);
    if (i32(param + 20) > 1)
        return kf__fail(KF_EUNSUPPORTED, "size_leaf_vector",
            "leaves of vectors, which no release has written in this format");
    const unsigned char *nodes = take(in, (size_t)count * NODE);
    const unsigned char *stats =
        nodes != NULL ? take(in, (size_t)count * NODE_STAT) : NULL;
    if (stats == NULL)
        return ends_early(in, "as many nodes as the tree tells");
    kf_xgboost_tree made = {.first_node = model->nodes.count,
        .nodes = (size_t)count,
        .first_value = model->values.count,
        .width = 1};
    for (int32_t i = 0; i < count; i++)
        KF__TRY(add_node(
            model, nodes + (size_t)i * NODE, stats + (size_t)i * NODE_STAT, &made));
    return kf__vec_push(&model->trees, made);
}

static kf_status take_trees(cursor *in, kf_xgboost *model)
{
    const unsigned char *param = take(in, BOOSTER_PARAM);
    if (param == NULL)
        return ends_early(in, "the trees");
    int32_t count = i32(param);
    for (int32_t i = 0; i < count; i++) {
        kf_status status = take_tree(in, model);
        if (status != KF_OK) {
            if (status == KF_EDOCUMENT || status == KF_EUNSUPPORTED) {
                char where[32];
                (void)snprintf(where, sizeof where, "trees[%d]", i);
                kf__error_prefix(where);
            }
            return status;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        const unsigned char *group = take(in, 4);
        if (group == NULL)
            return ends_early(in, "the output of each tree");
        KF__TRY(kf__vec_push(&model->groups, i32(group)));
    }
    return KF_OK;
}

kf_status kf__xgboost_read_binary(kf_xgboost *model, const char *data, size_t length)
{
    cursor in = {(const unsigned char *)data, length, 0};
    double base;
    if (!take_learner(&in, model, &base))
        return ends_early(&in, "the parameters of a learner");
    KF__TRY(kf__vec_push(&model->base, base));
    if (strcmp(model->booster, "gblinear") == 0) {
        if (take(&in, LINEAR_PARAM) == NULL)
            return ends_early(&in, "the parameters of gblinear");
        return take_floats(&in, "the weights of features", &model->weights);
    }
    KF__TRY(take_trees(&in, model));
    if (strcmp(model->booster, "dart") == 0 && model->trees.count > 0)
        return take_floats(&in, "the weights of trees", &model->weights);
    return KF_OK;
}
