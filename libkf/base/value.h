/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of kf_value, for the folders above base: fast building in an arena. */
#ifndef KF_BASE_VALUE_H
#define KF_BASE_VALUE_H

#include <kf/value.h>

#include "base/arena.h"
#include "base/buf.h"

/* A value tree under construction or owned: all nodes live in the arena. Failure is
 * sticky: after a failed allocation the functions below do nothing, and kf__tree_status
 * says KF_ENOMEM. */
typedef struct kf_tree {
    kf_arena arena;
    kf_status status;
} kf_tree;

#define KF__TREE_INIT ((kf_tree){0})
void kf__tree_finish(kf_tree *tree);
kf_status kf__tree_status(const kf_tree *tree);

kf_value *kf__tree_null(kf_tree *tree);
kf_value *kf__tree_bool(kf_tree *tree, bool boolean);
kf_value *kf__tree_int(kf_tree *tree, int64_t integer);
kf_value *kf__tree_double(kf_tree *tree, double number);
/* Strings of NULL are NULL, which kf__put and kf__push ignore. Over KF__LIMIT_STRING_BYTES the
 * status of the tree becomes KF_ELIMIT. UTF-8 is the caller's to check. */
kf_value *kf__tree_string(kf_tree *tree, const char *text);
kf_value *kf__tree_string_n(kf_tree *tree, const char *text, size_t length);
/* Not copied: the text must outlive the tree. */
kf_value *kf__tree_string_ref(kf_tree *tree, const char *text);
kf_value *kf__tree_printf(kf_tree *tree, const char *format, ...) KF_PRINTF(2, 3);
kf_value *kf__tree_list(kf_tree *tree);
kf_value *kf__tree_struct(kf_tree *tree);
/* Deep, marks included. */
kf_value *kf__tree_copy(kf_tree *tree, const kf_value *value);

/* Put a node of the same tree under a struct or list of it. NULL arguments are ignored
 * (they come from an earlier failure). Keys are copied; _ref: borrowed, for literals.
 * Replaces, in place. */
void kf__put(kf_tree *tree, kf_value *object, const char *key, kf_value *value);
void kf__put_ref(kf_tree *tree, kf_value *object, const char *key, kf_value *value);
void kf__push(kf_tree *tree, kf_value *list, kf_value *value);
/* The struct under `key`, made if absent. */
kf_value *kf__put_struct(kf_tree *tree, kf_value *object, const char *key);
kf_value *kf__put_list(kf_tree *tree, kf_value *object, const char *key);
/* Shorthands. */
void kf__put_text(kf_tree *tree, kf_value *object, const char *key, const char *text);
void kf__put_bool(kf_tree *tree, kf_value *object, const char *key, bool boolean);
void kf__put_int(kf_tree *tree, kf_value *object, const char *key, int64_t integer);
/* Remove a member if present; takes time in proportion to the members. */
void kf__remove(kf_value *object, const char *key);
/* Like kf_value_get, to be changed. */
kf_value *kf__get(const kf_value *object, const char *key);
kf_value *kf__at(const kf_value *value, size_t index);
/* Replace an item of a list or the value of a struct's member; NULL is ignored. */
void kf__set_at(kf_value *value, size_t index, kf_value *item);
/* Sort the members by name (bytes), here and below if `deep`. */
void kf__sort(kf_value *value, bool deep);
/* Merge as protobuf does: structs member by member, lists appended, the rest replaced.
 * Copies. */
void kf__merge(kf_tree *tree, kf_value *into, const kf_value *from);

/* Make integers of the doubles in a list or struct that have no fraction. */
void kf__whole_numbers(kf_value *value);

/* Where the value stood in the text it was read from; 0 if it was not. */
int kf__line(const kf_value *value);
int kf__column(const kf_value *value);
void kf__mark(kf_value *value, int line, int column);

/* Turn the tree into a root that the caller owns, with `value` (a node of the tree) as
 * the root. The tree is empty afterwards, also on failure: its status is returned. */
kf_status kf__tree_take(kf_tree *tree, kf_value *value, kf_value **out);

/* JSON, into a buffer. */
void kf__put_json(kf_buf *buf, const kf_value *value, kf_json_style style);
/* A JSON string of the text, quotes included. */
void kf__put_json_text(kf_buf *buf, const char *text, size_t length);
/* JSON with names sorted and style spaced: Python's json.dumps(sort_keys=True), ASCII
 * only. */
void kf__put_json_sorted(kf_buf *buf, const kf_value *value);
/* The same in another style: INDENTED is Python's indent=2. */
void kf__put_json_sorted_as(kf_buf *buf, const kf_value *value, kf_json_style style);

bool kf__is(const kf_value *value, kf_kind kind); /* False for NULL. */
bool kf__equals_text(const kf_value *value, const char *text);
/* The string member, or NULL. */
const char *kf__get_text(const kf_value *object, const char *key);

#endif
