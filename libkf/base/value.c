/* SPDX-License-Identifier: Apache-2.0 */
/* Values as their users see them: roots, accessors, equality, building. */
#include "base/error.h"
#include "base/text.h"
#include "base/value_node.h"

#include <math.h>
#include <string.h>

/* Making roots */

static kf_status take(kf_tree *tree, kf_value *value, kf_value **out)
{
    return kf__tree_take(tree, value, out);
}

kf_status kf_value_new(kf_kind kind, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    kf_tree tree = KF__TREE_INIT;
    switch (kind) {
    case KF_KIND_NULL:
        return take(&tree, kf__tree_null(&tree), out);
    case KF_KIND_BOOL:
        return take(&tree, kf__tree_bool(&tree, false), out);
    case KF_KIND_INT:
        return take(&tree, kf__tree_int(&tree, 0), out);
    case KF_KIND_DOUBLE:
        return take(&tree, kf__tree_double(&tree, 0), out);
    case KF_KIND_STRING:
        return take(&tree, kf__tree_string(&tree, ""), out);
    case KF_KIND_LIST:
        return take(&tree, kf__tree_list(&tree), out);
    case KF_KIND_STRUCT:
        return take(&tree, kf__tree_struct(&tree), out);
    }
    return kf__fail(KF_EINVAL, NULL, "%d is no kind of value", (int)kind);
}

static kf_status check_number(double number)
{
    if (isfinite(number))
        return KF_OK;
    return kf__fail(
        KF_EINVAL, NULL, "a value cannot be NaN or infinite: JSON has no such numbers");
}

static kf_status check_text(const char *what, const char *text)
{
    size_t bad;
    if (kf__utf8_valid(text, strlen(text), &bad))
        return KF_OK;
    return kf__fail(KF_EINVAL, NULL, "%s is not UTF-8: byte 0x%02x at offset %zu", what,
        (unsigned)(unsigned char)text[bad], bad);
}

kf_status kf_value_new_bool(bool boolean, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    kf_tree tree = KF__TREE_INIT;
    return take(&tree, kf__tree_bool(&tree, boolean), out);
}

kf_status kf_value_new_int(int64_t integer, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    kf_tree tree = KF__TREE_INIT;
    return take(&tree, kf__tree_int(&tree, integer), out);
}

kf_status kf_value_new_double(double number, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    KF__TRY(check_number(number));
    kf_tree tree = KF__TREE_INIT;
    return take(&tree, kf__tree_double(&tree, number), out);
}

kf_status kf_value_new_string(const char *text, kf_value **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    KF__TRY(check_text("the text", text));
    kf_tree tree = KF__TREE_INIT;
    return take(&tree, kf__tree_string(&tree, text), out);
}

kf_status kf_value_dup(const kf_value *value, kf_value **out)
{
    KF__REQUIRE(value != NULL && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    return take(&tree, kf__tree_copy(&tree, value), out);
}

void kf_value_free(kf_value *value)
{
    if (value == NULL || !value->is_root)
        return;
    kf_tree tree = ((kf_root *)(void *)value)->tree;
    kf__tree_finish(&tree);
}

/* Reading */

kf_kind kf_value_kind(const kf_value *value)
{
    return value != NULL ? (kf_kind)value->kind : KF_KIND_NULL;
}

bool kf__is(const kf_value *value, kf_kind kind)
{
    return value != NULL && value->kind == kind;
}

bool kf_value_bool(const kf_value *value)
{
    return kf__is(value, KF_KIND_BOOL) && value->as.boolean;
}

int64_t kf_value_int(const kf_value *value)
{
    if (kf__is(value, KF_KIND_INT))
        return value->as.integer;
    if (!kf__is(value, KF_KIND_DOUBLE))
        return 0;
    if (value->as.number >= 0x1p63)
        return INT64_MAX;
    return value->as.number <= -0x1p63 ? INT64_MIN : (int64_t)value->as.number;
}

double kf_value_double(const kf_value *value)
{
    if (kf__is(value, KF_KIND_DOUBLE))
        return value->as.number;
    return kf__is(value, KF_KIND_INT) ? (double)value->as.integer : 0;
}

const char *kf_value_string(const kf_value *value)
{
    return kf__is(value, KF_KIND_STRING) ? value->as.text : NULL;
}

size_t kf_value_length(const kf_value *value)
{
    return value != NULL ? value->length : 0;
}

const kf_value *kf_value_at(const kf_value *value, size_t index)
{
    return kf__at(value, index);
}

const char *kf_value_key(const kf_value *value, size_t index)
{
    if (!kf__is(value, KF_KIND_STRUCT) || index >= value->length)
        return NULL;
    return value->as.members[index].key;
}

const kf_value *kf_value_get(const kf_value *value, const char *key)
{
    return key != NULL ? kf__get(value, key) : NULL;
}

bool kf__equals_text(const kf_value *value, const char *text)
{
    return kf__is(value, KF_KIND_STRING) && strlen(text) == value->length &&
           memcmp(value->as.text, text, value->length) == 0;
}

const char *kf__get_text(const kf_value *object, const char *key)
{
    return kf_value_string(kf__get(object, key));
}

/* Comparing */

static bool equal_numbers(const kf_value *a, const kf_value *b)
{
    if (a->kind == b->kind)
        return a->kind == KF_KIND_INT ? a->as.integer == b->as.integer
                                      : a->as.number == b->as.number;
    int64_t integer = a->kind == KF_KIND_INT ? a->as.integer : b->as.integer;
    double number = a->kind == KF_KIND_INT ? b->as.number : a->as.number;
    return number >= -0x1p63 && number < 0x1p63 && number == trunc(number) &&
           (int64_t)number == integer;
}

static bool equal_structs(const kf_value *a, const kf_value *b)
{
    for (uint32_t i = 0; i < a->length; i++) {
        const kf_member *mine = &a->as.members[i];
        const kf_member *theirs = &b->as.members[i];
        const kf_value *other =
            strcmp(mine->key, theirs->key) == 0 ? theirs->value : kf__get(b, mine->key);
        if (other == NULL || !kf_value_equal(mine->value, other))
            return false;
    }
    return true;
}

static bool is_number(const kf_value *value)
{
    return value->kind == KF_KIND_INT || value->kind == KF_KIND_DOUBLE;
}

bool kf_value_equal(const kf_value *a, const kf_value *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL)
        return false;
    if (is_number(a) && is_number(b))
        return equal_numbers(a, b);
    if (a->kind != b->kind || a->length != b->length)
        return false;
    switch ((kf_kind)a->kind) {
    case KF_KIND_BOOL:
        return a->as.boolean == b->as.boolean;
    case KF_KIND_STRING:
        return memcmp(a->as.text, b->as.text, a->length) == 0;
    case KF_KIND_LIST:
        for (uint32_t i = 0; i < a->length; i++)
            if (!kf_value_equal(a->as.items[i], b->as.items[i]))
                return false;
        return true;
    case KF_KIND_STRUCT:
        return equal_structs(a, b);
    default:
        return true;
    }
}

/* Building. Every function makes the node first and puts it in place last, so that a
 * failure leaves the root as it was; a failure is this call's alone, so it does not
 * stay in the tree. */

static kf_status begin(kf_value *root, kf_kind kind, kf_tree **tree)
{
    if (root->kind != kind)
        return kf__fail(KF_ETYPE, NULL, "the value is no %s",
            kind == KF_KIND_LIST ? "list" : "struct");
    *tree = &((kf_root *)(void *)root)->tree;
    return KF_OK;
}

static kf_status end(kf_tree *tree)
{
    kf_status status = kf__tree_status(tree);
    tree->status = KF_OK;
    return status;
}

static kf_status begin_set(kf_value *root, const char *key, kf_tree **tree)
{
    KF__REQUIRE(root != NULL && root->is_root && key != NULL);
    KF__TRY(begin(root, KF_KIND_STRUCT, tree));
    return check_text("the name", key);
}

static kf_status end_set(
    kf_tree *tree, kf_value *root, const char *key, kf_value *value)
{
    kf__put(tree, root, key, value);
    return end(tree);
}

kf_status kf_value_set(kf_value *root, const char *key, const kf_value *value)
{
    KF__REQUIRE(value != NULL);
    kf_tree *tree = NULL;
    KF__TRY(begin_set(root, key, &tree));
    return end_set(tree, root, key, kf__tree_copy_below(tree, value, 1));
}

kf_status kf_value_set_bool(kf_value *root, const char *key, bool boolean)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_set(root, key, &tree));
    return end_set(tree, root, key, kf__tree_bool(tree, boolean));
}

kf_status kf_value_set_int(kf_value *root, const char *key, int64_t integer)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_set(root, key, &tree));
    return end_set(tree, root, key, kf__tree_int(tree, integer));
}

kf_status kf_value_set_double(kf_value *root, const char *key, double number)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_set(root, key, &tree));
    KF__TRY(check_number(number));
    return end_set(tree, root, key, kf__tree_double(tree, number));
}

kf_status kf_value_set_string(kf_value *root, const char *key, const char *text)
{
    KF__REQUIRE(text != NULL);
    kf_tree *tree = NULL;
    KF__TRY(begin_set(root, key, &tree));
    KF__TRY(check_text("the text", text));
    return end_set(tree, root, key, kf__tree_string(tree, text));
}

static kf_status begin_add(kf_value *root, kf_tree **tree)
{
    KF__REQUIRE(root != NULL && root->is_root);
    return begin(root, KF_KIND_LIST, tree);
}

static kf_status end_add(kf_tree *tree, kf_value *root, kf_value *value)
{
    kf__push(tree, root, value);
    return end(tree);
}

kf_status kf_value_add(kf_value *root, const kf_value *value)
{
    KF__REQUIRE(value != NULL);
    kf_tree *tree = NULL;
    KF__TRY(begin_add(root, &tree));
    return end_add(tree, root, kf__tree_copy_below(tree, value, 1));
}

kf_status kf_value_add_bool(kf_value *root, bool boolean)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_add(root, &tree));
    return end_add(tree, root, kf__tree_bool(tree, boolean));
}

kf_status kf_value_add_int(kf_value *root, int64_t integer)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_add(root, &tree));
    return end_add(tree, root, kf__tree_int(tree, integer));
}

kf_status kf_value_add_double(kf_value *root, double number)
{
    kf_tree *tree = NULL;
    KF__TRY(begin_add(root, &tree));
    KF__TRY(check_number(number));
    return end_add(tree, root, kf__tree_double(tree, number));
}

kf_status kf_value_add_string(kf_value *root, const char *text)
{
    KF__REQUIRE(text != NULL);
    kf_tree *tree = NULL;
    KF__TRY(begin_add(root, &tree));
    KF__TRY(check_text("the text", text));
    return end_add(tree, root, kf__tree_string(tree, text));
}
