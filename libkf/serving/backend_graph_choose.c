/* SPDX-License-Identifier: Apache-2.0 */
/* What a graph reads of requests and answers. */
#include <string.h>
#include <strings.h>

#include "base/gjson.h"
#include "base/rand.h"
#include "io/json.h"
#include "serving/backend_graph_parts.h"

kf_status kf__graph_meets(
    const char *condition, const char *text, size_t length, bool *met)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    const kf_value *found = NULL;
    kf_status status = kf__json_read(&tree, text, length, &value);
    if (status == KF_OK)
        status = kf__gjson_get(condition, value, &tree, &found);
    *met = status == KF_OK && found != NULL;
    kf__tree_finish(&tree);
    return status;
}

const kf_graph_step *kf__graph_switch(
    const kf_graph_node *node, const char *text, size_t length)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    const kf_graph_step *chosen = NULL;
    bool is_json = kf__json_read(&tree, text, length, &value) == KF_OK;
    for (size_t i = 0; is_json && chosen == NULL && i < node->count; i++) {
        const kf_value *found = NULL;
        const char *condition = node->steps[i].condition;
        if (condition != NULL &&
            kf__gjson_get(condition, value, &tree, &found) == KF_OK && found != NULL)
            chosen = &node->steps[i];
    }
    kf__tree_finish(&tree);
    return chosen;
}

const kf_graph_step *kf__graph_split(const kf_graph_node *node)
{
    uint32_t bits = 0;
    if (kf__random_bytes(&bits, sizeof bits) != KF_OK)
        return NULL;
    int64_t at = (int64_t)((uint64_t)bits * 100 >> 32);
    for (size_t i = 0; i < node->count; i++) {
        at -= node->steps[i].weight;
        if (at < 0)
            return &node->steps[i];
    }
    return NULL;
}

bool kf__graph_is_json(const kf_buf *text)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    bool is = kf__json_read(&tree, kf__buf_text(text), text->length, &value) == KF_OK;
    kf__tree_finish(&tree);
    return is;
}

/* The list of that name, as Go reads it: in upper or lower case, the last one counts.
 * False: there is something else by that name. */
static bool list_of(kf_value *object, const char *name, kf_value **out)
{
    *out = NULL;
    for (size_t i = 0; i < kf_value_length(object); i++) {
        kf_value *member = kf__at(object, i);
        if (strcasecmp(kf_value_key(object, i), name) != 0)
            continue;
        if (!kf__is(member, KF_KIND_LIST) && !kf__is(member, KF_KIND_NULL))
            return false;
        *out = member;
    }
    return true;
}

bool kf__graph_as_request(const char *text, size_t length, kf_buf *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL, *predictions = NULL, *instances = NULL;
    bool is = false;
    if (kf__json_read(&tree, text, length, &value) == KF_OK &&
        kf__is(value, KF_KIND_STRUCT) && list_of(value, "predictions", &predictions) &&
        list_of(value, "instances", &instances) && kf_value_length(predictions) > 0) {
        kf_value *made = kf__tree_struct(&tree);
        kf__put(&tree, made, "instances", predictions);
        kf__put_json(out, made, KF_JSON_COMPACT);
        is = kf__tree_status(&tree) == KF_OK && out->status == KF_OK;
    }
    kf__tree_finish(&tree);
    return is;
}
