/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of values in an arena. */
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/value_node.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_LIST_ROOM = 2, FIRST_STRUCT_ROOM = 1, LARGEST_ROOM = 30 };

void kf__tree_finish(kf_tree *tree)
{
    kf__arena_finish(&tree->arena);
    tree->status = KF_OK;
}

kf_status kf__tree_status(const kf_tree *tree)
{
    return tree->status == KF_ENOMEM ? kf__nomem() : tree->status;
}

static void *alloc(kf_tree *tree, size_t size)
{
    if (tree->status != KF_OK)
        return NULL;
    void *memory = kf__arena_alloc_aligned(&tree->arena, size, alignof(kf_value));
    if (memory == NULL)
        tree->status = KF_ENOMEM;
    return memory;
}

/* Nodes */

static kf_value *new_node(kf_tree *tree, kf_kind kind)
{
    kf_value *value = alloc(tree, sizeof *value);
    if (value != NULL)
        value->kind = (uint8_t)kind;
    return value;
}

kf_value *kf__tree_null(kf_tree *tree)
{
    return new_node(tree, KF_KIND_NULL);
}

kf_value *kf__tree_bool(kf_tree *tree, bool boolean)
{
    kf_value *value = new_node(tree, KF_KIND_BOOL);
    if (value != NULL)
        value->as.boolean = boolean;
    return value;
}

kf_value *kf__tree_int(kf_tree *tree, int64_t integer)
{
    kf_value *value = new_node(tree, KF_KIND_INT);
    if (value != NULL)
        value->as.integer = integer;
    return value;
}

kf_value *kf__tree_double(kf_tree *tree, double number)
{
    kf_value *value = new_node(tree, KF_KIND_DOUBLE);
    if (value != NULL)
        value->as.number = number;
    return value;
}

kf_value *kf__tree_list(kf_tree *tree)
{
    return new_node(tree, KF_KIND_LIST);
}

kf_value *kf__tree_struct(kf_tree *tree)
{
    return new_node(tree, KF_KIND_STRUCT);
}

static kf_value *new_string(kf_tree *tree, const char *text, size_t length)
{
    kf_value *value = text != NULL ? new_node(tree, KF_KIND_STRING) : NULL;
    if (value != NULL) {
        value->as.text = text;
        value->length = (uint32_t)length;
    }
    return value;
}

static bool fits(kf_tree *tree, size_t length)
{
    if (length <= KF__LIMIT_STRING_BYTES)
        return true;
    if (tree->status == KF_OK)
        tree->status = kf__fail(KF_ELIMIT, NULL,
            "a string of %zu bytes is over the limit of %u bytes for one string",
            length, KF__LIMIT_STRING_BYTES);
    return false;
}

static char *copy_text(kf_tree *tree, const char *text, size_t length)
{
    if (tree->status != KF_OK)
        return NULL;
    char *copy = kf__arena_strndup(&tree->arena, text, length);
    if (copy == NULL)
        tree->status = KF_ENOMEM;
    return copy;
}

kf_value *kf__tree_string_n(kf_tree *tree, const char *text, size_t length)
{
    if (text == NULL || !fits(tree, length))
        return NULL;
    return new_string(tree, copy_text(tree, text, length), length);
}

kf_value *kf__tree_string(kf_tree *tree, const char *text)
{
    return text != NULL ? kf__tree_string_n(tree, text, strlen(text)) : NULL;
}

kf_value *kf__tree_string_ref(kf_tree *tree, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    return fits(tree, length) ? new_string(tree, text, length) : NULL;
}

kf_value *kf__tree_printf(kf_tree *tree, const char *format, ...)
{
    if (tree->status != KF_OK)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    char *text = kf__arena_vprintf(&tree->arena, format, arguments);
    va_end(arguments);
    if (text == NULL)
        tree->status = KF_ENOMEM;
    return kf__tree_string_ref(tree, text);
}

/* Structs */

static uint64_t slot_mask(const kf_value *object)
{
    return ((uint64_t)2 << object->room) - 1;
}

static void fill_slot(kf_value *object, uint32_t number)
{
    const char *key = object->as.members[number].key;
    uint32_t *slots = kf__slots(object);
    uint64_t mask = slot_mask(object);
    uint64_t slot = kf__hash64(key, strlen(key)) & mask;
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = number + 1;
}

static void fill_index(kf_value *object)
{
    for (uint32_t i = 0; i < object->length; i++)
        fill_slot(object, i);
}

static void refill_index(kf_value *object)
{
    if (object->room < KF__INDEXED_ROOM)
        return;
    memset(kf__slots(object), 0, (slot_mask(object) + 1) * sizeof(uint32_t));
    fill_index(object);
}

uint32_t kf__member_find(const kf_value *object, const char *key)
{
    const kf_member *members = object->as.members;
    if (object->room < KF__INDEXED_ROOM) {
        for (uint32_t i = 0; i < object->length; i++)
            if (members[i].key[0] == key[0] && strcmp(members[i].key, key) == 0)
                return i;
        return KF__ABSENT;
    }
    const uint32_t *slots = kf__slots(object);
    uint64_t mask = slot_mask(object);
    uint64_t slot = kf__hash64(key, strlen(key)) & mask;
    for (; slots[slot] != 0; slot = (slot + 1) & mask)
        if (strcmp(members[slots[slot] - 1].key, key) == 0)
            return slots[slot] - 1;
    return KF__ABSENT;
}

/* Room for one more entry of a list or struct; the old table stays in the arena, so
 * that all tables together take at most twice the last one. */
static bool grow(kf_tree *tree, kf_value *value, int first_room)
{
    bool empty = value->as.members == NULL;
    if (!empty && value->length < (uint32_t)1 << value->room)
        return true;
    int room = empty ? first_room : value->room + 1;
    bool is_struct = value->kind == KF_KIND_STRUCT;
    size_t count = (size_t)1 << room;
    size_t entry = is_struct ? sizeof(kf_member) : sizeof(kf_value *);
    size_t index =
        is_struct && room >= KF__INDEXED_ROOM ? 2 * count * sizeof(uint32_t) : 0;
    if (room > LARGEST_ROOM) {
        tree->status = kf__nomem();
        return false;
    }
    void *table = alloc(tree, count * entry + index);
    if (table == NULL)
        return false;
    if (!empty)
        memcpy(table, value->as.members, value->length * entry);
    value->as.members = table;
    value->room = (uint8_t)room;
    if (index > 0)
        fill_index(value);
    return true;
}

static void append_member(
    kf_tree *tree, kf_value *object, const char *key, kf_value *value)
{
    if (key == NULL || !grow(tree, object, FIRST_STRUCT_ROOM))
        return;
    object->as.members[object->length] = (kf_member){.key = key, .value = value};
    object->length++;
    if (object->room >= KF__INDEXED_ROOM)
        fill_slot(object, object->length - 1);
}

static void put(
    kf_tree *tree, kf_value *object, const char *key, kf_value *value, bool borrowed)
{
    if (object == NULL || value == NULL || tree->status != KF_OK)
        return;
    if (object->kind != KF_KIND_STRUCT) {
        tree->status = kf__bad_argument(__func__, "object is a struct");
        return;
    }
    uint32_t found = kf__member_find(object, key);
    if (found != KF__ABSENT)
        object->as.members[found].value = value;
    else
        append_member(
            tree, object, borrowed ? key : copy_text(tree, key, strlen(key)), value);
}

void kf__put(kf_tree *tree, kf_value *object, const char *key, kf_value *value)
{
    put(tree, object, key, value, false);
}

void kf__put_ref(kf_tree *tree, kf_value *object, const char *key, kf_value *value)
{
    put(tree, object, key, value, true);
}

void kf__push(kf_tree *tree, kf_value *list, kf_value *value)
{
    if (list == NULL || value == NULL || tree->status != KF_OK)
        return;
    if (list->kind != KF_KIND_LIST) {
        tree->status = kf__bad_argument(__func__, "list is a list");
        return;
    }
    if (grow(tree, list, FIRST_LIST_ROOM))
        list->as.items[list->length++] = value;
}

static kf_value *put_kind(
    kf_tree *tree, kf_value *object, const char *key, kf_kind kind)
{
    kf_value *value = kf__get(object, key);
    if (kf__is(value, kind))
        return value;
    value = new_node(tree, kind);
    kf__put(tree, object, key, value);
    return value;
}

kf_value *kf__put_struct(kf_tree *tree, kf_value *object, const char *key)
{
    return put_kind(tree, object, key, KF_KIND_STRUCT);
}

kf_value *kf__put_list(kf_tree *tree, kf_value *object, const char *key)
{
    return put_kind(tree, object, key, KF_KIND_LIST);
}

void kf__put_text(kf_tree *tree, kf_value *object, const char *key, const char *text)
{
    kf__put(tree, object, key, kf__tree_string(tree, text));
}

void kf__put_bool(kf_tree *tree, kf_value *object, const char *key, bool boolean)
{
    kf__put(tree, object, key, kf__tree_bool(tree, boolean));
}

void kf__put_int(kf_tree *tree, kf_value *object, const char *key, int64_t integer)
{
    kf__put(tree, object, key, kf__tree_int(tree, integer));
}

void kf__remove(kf_value *object, const char *key)
{
    if (!kf__is(object, KF_KIND_STRUCT))
        return;
    uint32_t found = kf__member_find(object, key);
    if (found == KF__ABSENT)
        return;
    kf_member *member = &object->as.members[found];
    object->length--;
    memmove(member, member + 1, (object->length - found) * sizeof *member);
    refill_index(object);
}

kf_value *kf__get(const kf_value *object, const char *key)
{
    if (!kf__is(object, KF_KIND_STRUCT))
        return NULL;
    uint32_t found = kf__member_find(object, key);
    return found != KF__ABSENT ? object->as.members[found].value : NULL;
}

kf_value *kf__at(const kf_value *value, size_t index)
{
    if (value == NULL || index >= value->length)
        return NULL;
    if (value->kind == KF_KIND_LIST)
        return value->as.items[index];
    return value->kind == KF_KIND_STRUCT ? value->as.members[index].value : NULL;
}

void kf__set_at(kf_value *value, size_t index, kf_value *item)
{
    if (item == NULL || value == NULL || index >= value->length)
        return;
    if (value->kind == KF_KIND_LIST)
        value->as.items[index] = item;
    else if (value->kind == KF_KIND_STRUCT)
        value->as.members[index].value = item;
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const kf_member *)a)->key, ((const kf_member *)b)->key);
}

void kf__sort(kf_value *value, bool deep)
{
    if (kf__is(value, KF_KIND_STRUCT) && value->length > 1) {
        qsort(value->as.members, value->length, sizeof(kf_member), compare_members);
        refill_index(value);
    }
    for (uint32_t i = 0; deep && i < kf_value_length(value); i++)
        kf__sort(kf__at(value, i), true);
}

/* Whole values */

static void copy_entries(kf_tree *tree, kf_value *to, const kf_value *from, int depth)
{
    for (uint32_t i = 0; i < from->length && tree->status == KF_OK; i++) {
        kf_value *copy = kf__tree_copy_below(tree, kf__at(from, i), depth + 1);
        if (from->kind == KF_KIND_LIST) {
            kf__push(tree, to, copy);
        } else if (copy != NULL) {
            const char *key = from->as.members[i].key;
            append_member(tree, to, copy_text(tree, key, strlen(key)), copy);
        }
    }
}

kf_value *kf__tree_copy_below(kf_tree *tree, const kf_value *value, int depth)
{
    if (value == NULL || tree->status != KF_OK)
        return NULL;
    if (depth > KF__LIMIT_DEPTH) {
        tree->status = kf__fail(KF_ELIMIT, NULL,
            "the value is nested deeper than the limit of %d levels", KF__LIMIT_DEPTH);
        return NULL;
    }
    kf_value *copy = value->kind == KF_KIND_STRING
                         ? kf__tree_string_n(tree, value->as.text, value->length)
                         : new_node(tree, (kf_kind)value->kind);
    if (copy == NULL)
        return NULL;
    kf__mark(copy, value->line, value->column);
    if (value->kind == KF_KIND_LIST || value->kind == KF_KIND_STRUCT)
        copy_entries(tree, copy, value, depth);
    else if (value->kind != KF_KIND_STRING)
        copy->as = value->as;
    return copy;
}

kf_value *kf__tree_copy(kf_tree *tree, const kf_value *value)
{
    return kf__tree_copy_below(tree, value, 0);
}

static void merge_member(
    kf_tree *tree, kf_value *into, const char *key, const kf_value *from)
{
    kf_value *mine = kf__get(into, key);
    if (mine != NULL && mine->kind == from->kind &&
        (from->kind == KF_KIND_STRUCT || from->kind == KF_KIND_LIST))
        kf__merge(tree, mine, from);
    else
        kf__put(tree, into, key, kf__tree_copy(tree, from));
}

void kf__merge(kf_tree *tree, kf_value *into, const kf_value *from)
{
    if (into == NULL || from == NULL || into->kind != from->kind)
        return;
    uint32_t count = from->length;
    for (uint32_t i = 0; i < count && tree->status == KF_OK; i++) {
        if (from->kind == KF_KIND_STRUCT)
            merge_member(
                tree, into, from->as.members[i].key, from->as.members[i].value);
        else if (from->kind == KF_KIND_LIST)
            kf__push(tree, into, kf__tree_copy(tree, from->as.items[i]));
    }
}

int kf__line(const kf_value *value)
{
    return value != NULL ? value->line : 0;
}

int kf__column(const kf_value *value)
{
    return value != NULL ? value->column : 0;
}

void kf__mark(kf_value *value, int line, int column)
{
    if (value == NULL)
        return;
    value->line = line;
    value->column = column;
}

kf_status kf__tree_take(kf_tree *tree, kf_value *value, kf_value **out)
{
    kf_root *root = alloc(tree, sizeof *root);
    kf_status status = kf__tree_status(tree);
    if (status == KF_OK && value == NULL)
        status = kf__bad_argument(__func__, "value is a node");
    if (status != KF_OK) {
        kf__tree_finish(tree);
        return status;
    }
    root->value = *value;
    root->value.is_root = true;
    root->tree = *tree;
    *tree = KF__TREE_INIT;
    *out = &root->value;
    return KF_OK;
}

void kf__whole_numbers(kf_value *value)
{
    const double limit = 0x1p53; /* Beyond it a double cannot tell integers apart. */
    double number = kf_value_double(value);
    for (size_t i = 0; i < kf_value_length(value) && !kf_value_string(value); i++)
        kf__whole_numbers(kf__at(value, i));
    if (!kf__is(value, KF_KIND_DOUBLE) || !(number > -limit && number < limit) ||
        (double)(int64_t)number != number)
        return;
    value->kind = KF_KIND_INT;
    value->as.integer = (int64_t)number;
}
