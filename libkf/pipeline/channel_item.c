/* SPDX-License-Identifier: Apache-2.0 */
/* Types of the items of loops and of their members, which KFP reads off the text of
 * annotations (kfp/dsl/for_loop.py). */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pipeline/pipeline.h"
#include "pipeline/type.h"

/* What stands in the outer brackets of "List[…]"; NULL if there are none. */
static const char *bracketed(const char *text, size_t *length)
{
    const char *open = text != NULL ? strchr(text, '[') : NULL;
    const char *close = open != NULL ? strrchr(open, ']') : NULL;
    if (close == NULL || close == open + 1)
        return NULL;
    *length = (size_t)(close - open - 1);
    return open + 1;
}

static const char *skip_spaces(const char *text, size_t *length)
{
    while (*length > 0 && *text == ' ') {
        text++;
        (*length)--;
    }
    while (*length > 0 && text[*length - 1] == ' ')
        (*length)--;
    return text;
}

/* KFP takes what it knows nothing about for a string that fits every input. */
static void set_loose(kf_channel *channel)
{
    channel->type = KF_TYPE_STRING;
    channel->type_text = NULL;
    channel->loose = true;
}

/* The texts that begin `text`, `length` bytes long, name a type: a nested list or
 * struct keeps the rest of the text, which begins with its own. */
static void set_type(kf_channel *channel, const char *text, size_t length)
{
    enum { LONGEST = 64 };
    char name[LONGEST];
    text = skip_spaces(text, &length);
    size_t short_length = strcspn(text, "[], ");
    if (short_length > length)
        short_length = length;
    set_loose(channel);
    if (short_length >= LONGEST)
        return;
    memcpy(name, text, short_length);
    name[short_length] = '\0';
    kf_type type = kf__type_of_spec_name(name);
    if (type == KF_TYPE_NONE)
        return;
    channel->type = type;
    channel->type_text = type == KF_TYPE_LIST || type == KF_TYPE_STRUCT ? text : NULL;
    channel->loose = false;
}

void kf__type_of_item(kf_channel *item, const char *list_text)
{
    size_t length = 0;
    const char *inner = bracketed(list_text, &length);
    if (inner == NULL)
        set_loose(item);
    else
        set_type(item, inner, length);
}

void kf__type_of_member(kf_channel *member, const char *struct_text)
{
    size_t length = 0;
    const char *inner = bracketed(struct_text, &length);
    const char *comma = inner != NULL ? memchr(inner, ',', length) : NULL;
    if (comma == NULL)
        set_loose(member);
    else
        set_type(member, comma + 1, length - (size_t)(comma + 1 - inner));
}

/* The type of the first item counts, as in KFP, but a list of numbers of which one has
 * a fraction is of doubles. */
void kf__type_of_first(kf_channel *item, const kf_value *items)
{
    item->type = kf__type_of_value(kf_value_at(items, 0));
    for (size_t i = 1; item->type == KF_TYPE_INTEGER && i < kf_value_length(items); i++)
        if (kf__is(kf_value_at(items, i), KF_KIND_DOUBLE))
            item->type = KF_TYPE_DOUBLE;
    if (item->type == KF_TYPE_NONE)
        set_loose(item);
}

/* ---- loop items ---- */

kf_status kf_pipeline_loop_item(
    kf_pipeline *pipeline, kf_group_id loop, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_group(pipeline, loop));
    const kf_group *group = &pipeline->groups.items[loop];
    if (group->kind != KF__GROUP_LOOP)
        return kf__fail(
            KF_EINVAL, NULL, "\"%s\" is no loop, and so has no item", group->name);
    *out = group->item;
    return KF_OK;
}

/* KFP: LEGAL_SUBVAR_NAME_REGEX. */
static bool is_identifier(const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return *text != '\0' && !(*text >= '0' && *text <= '9') &&
           strspn(text, letters) == strlen(text);
}

static kf_status fail_no_member(const kf_group *loop, const char *key, const char *why)
{
    return kf__fail(KF_ENOENT, NULL,
        "the item of the loop \"%s\" has no member \"%s\": %s", loop->name, key, why);
}

/* The type of the member in the first of the constant items that has it. */
static kf_status type_of_constant_member(
    kf_channel *member, const kf_group *loop, const char *key)
{
    const kf_value *items = loop->constant_items;
    for (size_t i = 0; i < kf_value_length(items); i++) {
        const kf_value *value = kf_value_get(kf_value_at(items, i), key);
        if (value == NULL)
            continue;
        member->type = kf__type_of_value(value);
        if (member->type == KF_TYPE_NONE)
            set_loose(member);
        return KF_OK;
    }
    return fail_no_member(loop, key, "none of the items has it");
}

static kf_status check_member(
    const kf_pipeline *pipeline, const kf_channel *item, const char *key)
{
    if (item->kind != KF__CHANNEL_ITEM)
        return kf__fail(KF_EINVAL, NULL, "only the item of a loop has members");
    const kf_group *loop = &pipeline->groups.items[item->home];
    if (!is_identifier(key))
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" cannot name a member of the item of a loop: expected letters, "
            "digits and \"_\", and no digit first",
            key);
    /* A string may hold a struct as JSON: the selector parses it. */
    if (item->type != KF_TYPE_STRUCT && item->type != KF_TYPE_STRING)
        return item->type == KF_TYPE_NONE
                   ? fail_no_member(loop, key, "it is an artifact")
                   : kf__fail(KF_ETYPE, NULL,
                         "the item of the loop \"%s\" is of type %s, and so has no "
                         "member \"%s\": expected a struct",
                         loop->name, kf_type_name(item->type), key);
    return KF_OK;
}

static kf_status add_member(
    kf_pipeline *pipeline, kf_channel_id item_id, const char *key, kf_channel_id *out)
{
    const kf_channel *item = &pipeline->channels.items[item_id];
    const kf_group *loop = &pipeline->groups.items[item->home];
    kf_channel member = *item;
    member.kind = KF__CHANNEL_MEMBER;
    member.source = item_id;
    member.text = NULL;
    member.type_text = NULL;
    member.loose = false;
    if (loop->constant_items != NULL && item->type == KF_TYPE_STRUCT)
        KF__TRY(type_of_constant_member(&member, loop, key));
    else
        kf__type_of_member(&member, item->type_text);
    member.key = kf__pipeline_keep(pipeline, key);
    member.name =
        kf__arena_printf(&pipeline->tree.arena, "%s-subvar-%s", item->name, key);
    KF__TRY(kf__pipeline_settle(pipeline));
    if (member.name == NULL)
        return KF_ENOMEM;
    return kf__channel_add_derived(pipeline, &member, out);
}

/* A member that was asked for before is the same channel. */
static kf_channel_id find_member(
    const kf_pipeline *pipeline, kf_channel_id item_id, const char *key)
{
    const kf_channel *item = &pipeline->channels.items[item_id];
    kf_channel_id id = KF__NONE;
    kf_buf full = KF__BUF_INIT;
    if (item->owner != NULL)
        kf__buf_printf(&full, "%s-", item->owner);
    kf__buf_printf(&full, "%s-subvar-%s", item->name, key);
    if (full.status == KF_OK)
        id = kf__channel_find_derived(
            pipeline, kf__buf_text(&full), full.length, item->home);
    kf__buf_finish(&full);
    bool is_member = id != KF__NONE &&
                     pipeline->channels.items[id].kind == KF__CHANNEL_MEMBER &&
                     pipeline->channels.items[id].source == item_id;
    return is_member ? id : KF__NONE;
}

kf_status kf_pipeline_loop_item_member(
    kf_pipeline *pipeline, kf_channel_id item, const char *key, kf_channel_id *out)
{
    KF__REQUIRE(pipeline != NULL && key != NULL && out != NULL);
    KF__TRY(kf__pipeline_building(pipeline));
    KF__REQUIRE(kf__pipeline_has_channel(pipeline, item));
    KF__TRY(check_member(pipeline, &pipeline->channels.items[item], key));
    kf_channel_id known = find_member(pipeline, item, key);
    if (known == KF__NONE)
        return add_member(pipeline, item, key, out);
    *out = known;
    return KF_OK;
}
