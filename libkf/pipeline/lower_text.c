/* SPDX-License-Identifier: Apache-2.0 */
/* Text in which channels are embedded: each becomes the placeholder of an input that is
 * put beside the argument (KFP: recursive_replace_placeholders). */
#include <string.h>

#include "base/error.h"
#include "pipeline/lower.h"
#include "pipeline/type.h"

/* As KFP: a member that a condition around reads is at hand as it is. */
static kf_value *reference(kf_lower *lower, kf_channel_id id, kf_group_id group)
{
    bool at_hand = kf__lower_channel(lower, id)->kind == KF__CHANNEL_MEMBER &&
                   kf__pairs_get(&lower->needed, kf__pair(group, id)) != KF__NONE;
    if (!at_hand)
        return kf__lower_reference(lower, id, group);
    kf_value *entry = kf__tree_struct(lower->tree);
    kf__put_ref(lower->tree, entry, "componentInputParameter",
        kf__tree_string_ref(lower->tree, kf__lower_injected(lower, id)));
    return entry;
}

/* Note the channel among the inputs, and append its placeholder. */
static void put_placeholder(
    kf_lower *lower, kf_buf *out, kf_channel_id id, kf_group_id group, kf_value *inputs)
{
    kf_channel_id resolved;
    kf_status status = kf__lower_resolve(lower, id, group, &resolved);
    const char *name = status == KF_OK ? kf__lower_injected(lower, resolved) : NULL;
    if (name == NULL) {
        lower->tree->status = KF_ENOMEM;
        return;
    }
    kf__buf_printf(out, "{{$.inputs.parameters['%s']}}", name);
    if (inputs != NULL)
        kf__lower_put_input(
            lower, inputs, false, name, reference(lower, resolved, group));
}

static kf_value *take_text(kf_lower *lower, kf_buf *text)
{
    if (text->status != KF_OK)
        lower->tree->status = text->status;
    kf_value *value = kf__tree_string_n(lower->tree, kf__buf_text(text), text->length);
    kf__buf_finish(text);
    return value;
}

kf_value *kf__lower_placeholder(
    kf_lower *lower, kf_channel_id channel, kf_group_id group, kf_value *inputs)
{
    kf_buf text = KF__BUF_INIT;
    put_placeholder(lower, &text, channel, group, inputs);
    return take_text(lower, &text);
}

kf_value *kf__lower_embedding_text(
    kf_lower *lower, const char *text, kf_group_id group, kf_value *inputs)
{
    kf_buf out = KF__BUF_INIT;
    kf_embedded embedded;
    while (kf__embedded_next(text, &embedded)) {
        kf_channel_id id = kf__embedded_find(lower->pipeline, &embedded, group);
        kf__buf_append(&out, text, (size_t)(embedded.start - text));
        if (id != KF__NONE)
            put_placeholder(lower, &out, id, group, inputs);
        text = embedded.end;
    }
    kf__buf_puts(&out, text);
    return take_text(lower, &out);
}

/* Members' names are replaced as well. */
static void put_member(kf_lower *lower, kf_value *object, const char *key,
    kf_value *value, kf_group_id group, kf_value *inputs)
{
    kf_value *name = kf__lower_embedding_text(lower, key, group, inputs);
    if (name != NULL)
        kf__put_ref(lower->tree, object, kf_value_string(name), value);
}

kf_value *kf__lower_embedding_value(
    kf_lower *lower, const kf_value *value, kf_group_id group, kf_value *inputs)
{
    kf_tree *tree = lower->tree;
    const char *text = kf_value_string(value);
    if (text != NULL && kf__value_embeds(value))
        return kf__lower_embedding_text(lower, text, group, inputs);
    bool is_list = kf__is(value, KF_KIND_LIST);
    if (!is_list && !kf__is(value, KF_KIND_STRUCT))
        return kf__document_value(tree, value);
    kf_value *copy = is_list ? kf__tree_list(tree) : kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        kf_value *item =
            kf__lower_embedding_value(lower, kf_value_at(value, i), group, inputs);
        if (is_list)
            kf__push(tree, copy, item);
        else
            put_member(lower, copy, kf_value_key(value, i), item, group, inputs);
    }
    return copy;
}
