/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"

#include "base/mem.h"
#include "base/value_node.h"
#include "kf_test.h"

START_TEST(a_node_is_small)
{
    ck_assert_uint_le(sizeof(kf_value), 24);
}
END_TEST

static char *json(const kf_value *value)
{
    char *text;
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &text));
    return text;
}

static void check_json(const kf_value *value, const char *expected)
{
    char *text = json(value);
    ck_assert_str_eq(text, expected);
    kf_text_free(text);
}

START_TEST(putting)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *root = kf__tree_struct(&tree);
    char key[] = "copied";
    kf__put(&tree, root, key, kf__tree_int(&tree, 1));
    key[0] = 'X';
    kf__put_ref(&tree, root, "ref", kf__tree_string_ref(&tree, "borrowed"));
    kf__put_text(&tree, root, "text", "t");
    kf__put_text(&tree, root, "absent", NULL);
    kf__put_bool(&tree, root, "bool", true);
    kf__put_int(&tree, root, "int", 3);
    kf__put(&tree, root, "null", kf__tree_null(&tree));
    kf__put(&tree, root, "printed", kf__tree_printf(&tree, "%s-%d", "x", 2));
    kf__put(&tree, root, "none", NULL);
    kf__put(&tree, NULL, "none", root);
    kf_value *list = kf__put_list(&tree, root, "list");
    kf__push(&tree, list, kf__tree_double(&tree, 0.5));
    kf__push(&tree, list, NULL);
    kf__push(&tree, kf__put_list(&tree, root, "list"), kf__tree_bool(&tree, false));
    kf__put_int(&tree, kf__put_struct(&tree, root, "struct"), "a", 1);
    kf__put_int(&tree, kf__put_struct(&tree, root, "struct"), "b", 2);
    ck_ok(kf__tree_status(&tree));
    check_json(root,
        "{\"copied\":1,\"ref\":\"borrowed\",\"text\":\"t\",\"bool\":true,\"int\":3,"
        "\"null\":null,\"printed\":\"x-2\",\"list\":[0.5,false],"
        "\"struct\":{\"a\":1,\"b\":2}}");
    kf__put_text(&tree, root, "struct", "replaced");
    kf__put_struct(&tree, root, "text");
    ck_assert(kf__equals_text(kf__get(root, "struct"), "replaced"));
    ck_assert(!kf__equals_text(kf__get(root, "struct"), "replace"));
    ck_assert_str_eq(kf__get_text(root, "struct"), "replaced");
    ck_assert_ptr_null(kf__get_text(root, "int"));
    ck_assert(kf__is(kf__get(root, "text"), KF_KIND_STRUCT));
    ck_assert(!kf__is(NULL, KF_KIND_NULL));
    kf__tree_finish(&tree);
}
END_TEST

enum { MANY = 20000 };

static const char *name_of(int number)
{
    static char name[32];
    snprintf(name, sizeof name, "comp-train-%d", number);
    return name;
}

START_TEST(long_structs)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *root = kf__tree_struct(&tree);
    for (int i = 0; i < MANY; i++) {
        kf__put_int(&tree, root, name_of(i), i);
        ck_assert_int_eq(kf_value_int(kf_value_get(root, name_of(i / 3))), i / 3);
        ck_assert_ptr_null(kf__get(root, name_of(i + 1)));
    }
    kf__put_int(&tree, root, name_of(77), -1);
    ck_assert_uint_eq(kf_value_length(root), MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_str_eq(kf_value_key(root, (size_t)i), name_of(i));
        ck_assert_int_eq(kf_value_int(kf__get(root, name_of(i))), i == 77 ? -1 : i);
    }
    ck_assert_uint_lt(tree.arena.total, (size_t)MANY * 150);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(removing)
{
    kf_tree tree = KF__TREE_INIT;
    for (int count = 0; count < 80; count += 13) {
        kf_value *root = kf__tree_struct(&tree);
        for (int i = 0; i < count; i++)
            kf__put_int(&tree, root, name_of(i), i);
        kf__remove(root, "absent");
        for (int i = 0; i < count; i += 2)
            kf__remove(root, name_of(i));
        ck_assert_uint_eq(kf_value_length(root), (size_t)count / 2);
        for (int i = 0; i < count; i++)
            ck_assert_int_eq(kf__get(root, name_of(i)) != NULL, i % 2);
        kf__put_int(&tree, root, "again", 1);
        ck_assert_str_eq(kf_value_key(root, (size_t)count / 2), "again");
        ck_assert_ptr_nonnull(kf__get(root, "again"));
    }
    kf__remove(NULL, "a");
    kf__remove(kf__tree_list(&tree), "a");
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(sorting)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *root = kf__tree_struct(&tree);
    static const char *const names[] = {"b", "a", "B", "\xC3\xA9", "10", "2", "", "ab"};
    for (size_t i = 0; i < 8; i++)
        kf__put_int(&tree, kf__put_struct(&tree, root, names[i]), names[7 - i], 1);
    kf__put_int(&tree, kf__get(root, "a"), "A", 2);
    kf__sort(root, false);
    static const char *const sorted[] = {
        "", "10", "2", "B", "a", "ab", "b", "\xC3\xA9"};
    for (size_t i = 0; i < 8; i++)
        ck_assert_str_eq(kf_value_key(root, i), sorted[i]);
    check_json(kf__get(root, "a"), "{\"\":1,\"A\":2}");
    kf_value *outer = kf__tree_list(&tree);
    kf_value *inner = kf__tree_struct(&tree);
    kf__put_int(&tree, inner, "z", 1);
    kf__put_int(&tree, inner, "y", 2);
    kf__push(&tree, outer, inner);
    kf__sort(outer, false);
    check_json(outer, "[{\"z\":1,\"y\":2}]");
    kf__sort(outer, true);
    check_json(outer, "[{\"y\":2,\"z\":1}]");
    kf_value *many = kf__tree_struct(&tree);
    for (int i = 0; i < 1000; i++)
        kf__put_int(&tree, many, name_of(i * 7 % 1000), i);
    kf__sort(many, true);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(kf_value_int(kf__get(many, name_of(i * 7 % 1000))), i);
    kf__sort(NULL, true);
    kf__tree_finish(&tree);
}
END_TEST

static kf_value *parse(kf_tree *tree, const char *text)
{
    kf_value *value;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    kf_value *copy = kf__tree_copy(tree, value);
    kf_value_free(value);
    return copy;
}

/* The rules of MergeFrom in protobuf. */
START_TEST(merging)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *into =
        parse(&tree, "{\"a\":{\"x\":1,\"y\":[1]},\"b\":[1],\"c\":1,\"d\":{}}");
    kf_value *from = parse(
        &tree, "{\"a\":{\"y\":[2,3],\"z\":2},\"b\":[{\"q\":1}],\"c\":\"t\",\"e\":[]}");
    kf__merge(&tree, into, from);
    check_json(into, "{\"a\":{\"x\":1,\"y\":[1,2,3],\"z\":2},\"b\":[1,{\"q\":1}],"
                     "\"c\":\"t\",\"d\":{},\"e\":[]}");
    kf__put_int(&tree, kf__at(kf__get(into, "b"), 1), "q", 9);
    check_json(kf__get(from, "b"), "[{\"q\":1}]");
    kf_value *list = parse(&tree, "[1,2]");
    kf__merge(&tree, list, list);
    check_json(list, "[1,2,1,2]");
    kf__merge(&tree, NULL, list);
    kf__merge(&tree, list, NULL);
    ck_ok(kf__tree_status(&tree));
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(marks_travel_with_copies)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_struct(&tree);
    ck_assert_int_eq(kf__line(value), 0);
    kf__mark(value, 3, 9);
    kf__put_text(&tree, value, "a", "b");
    kf__mark(kf__get(value, "a"), 4, 2000000);
    kf_value *copy = kf__tree_copy(&tree, value);
    ck_assert_int_eq(kf__line(copy), 3);
    ck_assert_int_eq(kf__column(copy), 9);
    ck_assert_int_eq(kf__column(kf__get(copy, "a")), 2000000);
    ck_assert_int_eq(kf__line(NULL), 0);
    ck_assert_int_eq(kf__column(NULL), 0);
    kf__mark(NULL, 1, 1);
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(doubles_without_a_fraction_become_integers)
{
    static const char text[] =
        "[1.0, 2.5, -3.0, 1e300, 9007199254740993.0, \"4.0\", {\"a\": [5.0]}, 6]";
    kf_value *value = NULL;
    ck_ok(kf_value_parse(text, strlen(text), &value));
    kf__whole_numbers(value);
    ck_assert_int_eq(kf_value_kind(kf_value_at(value, 0)), KF_KIND_INT);
    ck_assert_int_eq(kf_value_int(kf_value_at(value, 2)), -3);
    ck_assert_int_eq(kf_value_kind(kf_value_at(value, 1)), KF_KIND_DOUBLE);
    ck_assert_int_eq(kf_value_kind(kf_value_at(value, 3)), KF_KIND_DOUBLE);
    ck_assert_int_eq(kf_value_kind(kf_value_at(value, 4)), KF_KIND_DOUBLE);
    ck_assert_int_eq(
        kf_value_kind(kf_value_at(kf_value_get(kf_value_at(value, 6), "a"), 0)),
        KF_KIND_INT);
    kf_value_free(value);
}
END_TEST

START_TEST(strings_may_hold_nul)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = kf__tree_string_n(&tree, "a\0b", 3);
    ck_assert_uint_eq(kf_value_length(value), 3);
    ck_assert_mem_eq(kf_value_string(value), "a\0b", 4);
    ck_assert(!kf__equals_text(value, "a"));
    ck_assert_ptr_null(kf__tree_string(&tree, NULL));
    ck_assert_ptr_null(kf__tree_string_n(&tree, NULL, 3));
    ck_assert_ptr_null(kf__tree_string_ref(&tree, NULL));
    ck_ok(kf__tree_status(&tree));
    kf__tree_finish(&tree);
}
END_TEST

static kf_status build(void)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *root = kf__tree_struct(&tree);
    for (int i = 0; i < 200; i++) {
        kf_value *task = kf__put_struct(&tree, root, name_of(i));
        kf__put_text(&tree, task, "name", name_of(i));
        kf__put(&tree, task, "printed", kf__tree_printf(&tree, "%0300d", i));
        kf__push(&tree, kf__put_list(&tree, task, "list"), kf__tree_copy(&tree, task));
    }
    kf__merge(&tree, kf__tree_struct(&tree), root);
    kf__sort(root, true);
    kf_value *out = NULL;
    kf_status status = kf__tree_take(&tree, root, &out);
    ck_assert_uint_eq(tree.arena.total, 0);
    if (status == KF_OK)
        ck_assert_uint_eq(kf_value_length(out), 200);
    else
        ck_assert_ptr_null(out);
    kf_value_free(out);
    return status;
}

START_TEST(failed_allocations_are_sticky)
{
    ck_survives_nomem(build());
    kf_tree tree = KF__TREE_INIT;
    kf__mem_fail_after(0);
    ck_assert_ptr_null(kf__tree_int(&tree, 1));
    kf__mem_fail_after(-1);
    ck_assert_ptr_null(kf__tree_int(&tree, 1));
    kf_clear_error();
    ck_fails(kf__tree_status(&tree), KF_ENOMEM, "out of memory");
    kf__tree_finish(&tree);
    ck_ok(kf__tree_status(&tree));
}
END_TEST

KF_TEST_MAIN("value_tree", a_node_is_small, putting, long_structs, removing, sorting,
    merging, marks_travel_with_copies, strings_may_hold_nul,
    doubles_without_a_fraction_become_integers, failed_allocations_are_sticky)
