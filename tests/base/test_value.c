/* SPDX-License-Identifier: Apache-2.0 */
#include <kf/value.h>

#include "base/limits.h"
#include "base/mem.h"
#include "kf_test.h"

#include <math.h>

START_TEST(new_values_are_empty)
{
    for (int kind = KF_KIND_NULL; kind <= KF_KIND_STRUCT; kind++) {
        kf_value *value = NULL;
        ck_ok(kf_value_new((kf_kind)kind, &value));
        ck_assert_int_eq(kf_value_kind(value), kind);
        ck_assert(!kf_value_bool(value));
        ck_assert_int_eq(kf_value_int(value), 0);
        ck_assert_double_eq(kf_value_double(value), 0);
        ck_assert_uint_eq(kf_value_length(value), 0);
        ck_assert_ptr_null(kf_value_at(value, 0));
        ck_assert_ptr_null(kf_value_key(value, 0));
        ck_assert_ptr_null(kf_value_get(value, "a"));
        if (kind == KF_KIND_STRING)
            ck_assert_str_eq(kf_value_string(value), "");
        else
            ck_assert_ptr_null(kf_value_string(value));
        kf_value_free(value);
    }
    kf_value *none = NULL;
    ck_fails(kf_value_new((kf_kind)7, &none), KF_EINVAL, "7");
    ck_fails(kf_value_new((kf_kind)-1, &none), KF_EINVAL, "-1");
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(no_value)
{
    kf_value_free(NULL);
    ck_assert_int_eq(kf_value_kind(NULL), KF_KIND_NULL);
    ck_assert_ptr_null(kf_value_get(NULL, "a"));
    ck_assert_ptr_null(kf_value_string(NULL));
    ck_assert_uint_eq(kf_value_length(NULL), 0);
    ck_assert(!kf_value_equal(NULL, NULL) == false);
}
END_TEST

START_TEST(scalars)
{
    kf_value *value;
    ck_ok(kf_value_new_bool(true, &value));
    ck_assert(kf_value_bool(value));
    ck_assert_int_eq(kf_value_int(value), 0);
    kf_value_free(value);
    ck_ok(kf_value_new_int(INT64_MIN, &value));
    ck_assert_int_eq(kf_value_int(value), INT64_MIN);
    ck_assert_double_eq(kf_value_double(value), -0x1p63);
    kf_value_free(value);
    ck_ok(kf_value_new_string("\xE2\x82\xAC", &value));
    ck_assert_str_eq(kf_value_string(value), "\xE2\x82\xAC");
    ck_assert_uint_eq(kf_value_length(value), 3);
    kf_value_free(value);
}
END_TEST

START_TEST(a_double_as_integer_is_truncated_and_clamped)
{
    static const struct {
        double number;
        int64_t integer;
    } table[] = {{1.9, 1}, {-1.9, -1}, {0x1p62, INT64_C(1) << 62}, {0x1p63, INT64_MAX},
        {1e300, INT64_MAX}, {-0x1p63, INT64_MIN}, {-1e300, INT64_MIN}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        kf_value *value;
        ck_ok(kf_value_new_double(table[i].number, &value));
        ck_assert_int_eq(kf_value_int(value), table[i].integer);
        ck_assert_double_eq(kf_value_double(value), table[i].number);
        kf_value_free(value);
    }
}
END_TEST

START_TEST(what_no_value_can_hold)
{
    kf_value *value = NULL;
    ck_fails(kf_value_new_double(NAN, &value), KF_EINVAL, "NaN");
    ck_fails(kf_value_new_double(-INFINITY, &value), KF_EINVAL, "infinite");
    ck_fails(kf_value_new_string("ab\xFF", &value), KF_EINVAL, "offset 2");
    ck_assert_ptr_null(value);
    ck_ok(kf_value_new(KF_KIND_STRUCT, &value));
    ck_fails(kf_value_set_double(value, "a", INFINITY), KF_EINVAL, "infinite");
    ck_fails(kf_value_set_string(value, "a", "\xC0\x80"), KF_EINVAL, "UTF-8");
    ck_fails(
        kf_value_set_int(value, "\xED\xA0\x80", 1), KF_EINVAL, "name is not UTF-8");
    ck_assert_uint_eq(kf_value_length(value), 0);
    kf_value_free(value);
    char *text = malloc(KF__LIMIT_STRING_BYTES + 2);
    memset(text, 'x', KF__LIMIT_STRING_BYTES + 1);
    text[KF__LIMIT_STRING_BYTES + 1] = '\0';
    ck_fails(kf_value_new_string(text, &value), KF_ELIMIT, "limit of 16777216 bytes");
    free(text);
}
END_TEST

static kf_status build_sample(kf_value *root)
{
    kf_value *list = NULL;
    kf_status status = kf_value_new(KF_KIND_LIST, &list);
    if (status == KF_OK)
        status = kf_value_add_bool(list, true);
    if (status == KF_OK)
        status = kf_value_add_int(list, 42);
    if (status == KF_OK)
        status = kf_value_add_double(list, 2.5);
    if (status == KF_OK)
        status = kf_value_add_string(list, "text");
    if (status == KF_OK)
        status = kf_value_set(root, "list", list);
    if (status == KF_OK)
        status = kf_value_set_bool(root, "bool", true);
    if (status == KF_OK)
        status = kf_value_set_int(root, "int", -7);
    if (status == KF_OK)
        status = kf_value_set_double(root, "double", 0.25);
    if (status == KF_OK)
        status = kf_value_set_string(root, "string", "s");
    kf_value_free(list);
    return status;
}

START_TEST(building_and_reading)
{
    kf_value *root;
    ck_ok(kf_value_new(KF_KIND_STRUCT, &root));
    ck_ok(build_sample(root));
    ck_assert_uint_eq(kf_value_length(root), 5);
    ck_assert_str_eq(kf_value_key(root, 0), "list");
    ck_assert_str_eq(kf_value_key(root, 4), "string");
    ck_assert_ptr_null(kf_value_key(root, 5));
    const kf_value *list = kf_value_get(root, "list");
    ck_assert_ptr_eq(kf_value_at(root, 0), list);
    ck_assert_uint_eq(kf_value_length(list), 4);
    ck_assert(kf_value_bool(kf_value_at(list, 0)));
    ck_assert_int_eq(kf_value_int(kf_value_at(list, 1)), 42);
    ck_assert_double_eq(kf_value_double(kf_value_at(list, 2)), 2.5);
    ck_assert_str_eq(kf_value_string(kf_value_at(list, 3)), "text");
    ck_assert_ptr_null(kf_value_at(list, 4));
    ck_assert_ptr_null(kf_value_get(list, "list"));
    ck_assert_ptr_null(kf_value_get(root, "lis"));
    ck_assert_int_eq(kf_value_int(kf_value_get(root, "int")), -7);
    kf_value_free(root);
}
END_TEST

START_TEST(setting_again_replaces_in_place)
{
    kf_value *root;
    ck_ok(kf_value_new(KF_KIND_STRUCT, &root));
    ck_ok(build_sample(root));
    ck_ok(kf_value_set_string(root, "bool", "now text"));
    ck_assert_uint_eq(kf_value_length(root), 5);
    ck_assert_str_eq(kf_value_key(root, 1), "bool");
    ck_assert_str_eq(kf_value_string(kf_value_at(root, 1)), "now text");
    kf_value_free(root);
}
END_TEST

START_TEST(only_lists_and_structs_hold_others)
{
    kf_value *text, *list;
    ck_ok(kf_value_new_string("x", &text));
    ck_ok(kf_value_new(KF_KIND_LIST, &list));
    ck_fails(kf_value_add_int(text, 1), KF_ETYPE, "no list");
    ck_fails(kf_value_set_int(text, "a", 1), KF_ETYPE, "no struct");
    ck_fails(kf_value_set(list, "a", text), KF_ETYPE, "no struct");
    kf_value_free(text);
    kf_value_free(list);
}
END_TEST

START_TEST(a_value_may_go_into_itself)
{
    kf_value *root;
    ck_ok(kf_value_new(KF_KIND_LIST, &root));
    ck_ok(kf_value_add_int(root, 1));
    ck_ok(kf_value_add(root, root));
    ck_assert_uint_eq(kf_value_length(root), 2);
    ck_assert_uint_eq(kf_value_length(kf_value_at(root, 1)), 1);
    kf_value_free(root);
}
END_TEST

START_TEST(nesting_ends_at_the_limit)
{
    kf_value *value;
    ck_ok(kf_value_new(KF_KIND_LIST, &value));
    int levels = 1;
    for (;;) {
        kf_value *outer;
        ck_ok(kf_value_new(KF_KIND_LIST, &outer));
        kf_status status = kf_value_add(outer, value);
        if (status != KF_OK) {
            ck_assert_int_eq(status, KF_ELIMIT);
            ck_assert_uint_eq(kf_value_length(outer), 0);
            ck_ok(kf_value_add_int(outer, 1));
            kf_value_free(outer);
            break;
        }
        kf_value_free(value);
        value = outer;
        levels++;
    }
    ck_assert_int_gt(levels, 100);
    ck_assert_int_le(levels, KF__LIMIT_DEPTH + 1);
    kf_value_free(value);
}
END_TEST

static bool equal(const char *a, const char *b)
{
    kf_value *one, *other;
    ck_ok(kf_value_parse(a, strlen(a), &one));
    ck_ok(kf_value_parse(b, strlen(b), &other));
    bool forth = kf_value_equal(one, other);
    ck_assert_int_eq(kf_value_equal(other, one), forth);
    ck_assert(kf_value_equal(one, one));
    kf_value_free(one);
    kf_value_free(other);
    return forth;
}

START_TEST(equality)
{
    ck_assert(equal("{\"a\":1,\"b\":[true,null]}", "{\"b\":[true,null],\"a\":1}"));
    ck_assert(equal("1", "1.0"));
    ck_assert(equal("[9007199254740992]", "[9007199254740992.0]"));
    ck_assert(!equal("9007199254740993", "9007199254740992.0"));
    ck_assert(!equal("9223372036854775807", "9223372036854775808.0"));
    ck_assert(equal("-9223372036854775808", "-9223372036854775808.0"));
    ck_assert(!equal("1", "1.5"));
    ck_assert(!equal("1", "true"));
    ck_assert(!equal("0", "null"));
    ck_assert(!equal("\"1\"", "1"));
    ck_assert(!equal("[1,2]", "[2,1]"));
    ck_assert(!equal("[]", "{}"));
    ck_assert(!equal("{\"a\":1}", "{\"a\":1,\"b\":2}"));
    ck_assert(!equal("{\"a\":1}", "{\"b\":1}"));
    ck_assert(!equal("\"a\\u0000b\"", "\"a\\u0000c\""));
    ck_assert(!equal("true", "false"));
}
END_TEST

START_TEST(a_copy_is_a_root_of_its_own)
{
    kf_value *root, *copy, *part;
    ck_ok(kf_value_new(KF_KIND_STRUCT, &root));
    ck_ok(build_sample(root));
    ck_ok(kf_value_dup(root, &copy));
    ck_ok(kf_value_dup(kf_value_get(root, "list"), &part));
    ck_assert(kf_value_equal(root, copy));
    kf_value_free(root);
    ck_assert_str_eq(kf_value_string(kf_value_get(copy, "string")), "s");
    ck_ok(kf_value_add_int(part, 5));
    ck_assert_uint_eq(kf_value_length(part), 5);
    ck_assert_uint_eq(kf_value_length(kf_value_get(copy, "list")), 4);
    kf_value_free(part);
    kf_value_free(copy);
}
END_TEST

static kf_status build_and_copy(void)
{
    kf_value *root = NULL, *copy = NULL;
    kf_status status = kf_value_new(KF_KIND_STRUCT, &root);
    if (status == KF_OK)
        status = build_sample(root);
    if (status == KF_OK)
        status = kf_value_dup(root, &copy);
    if (status == KF_OK)
        ck_assert(kf_value_equal(root, copy));
    kf_value_free(root);
    kf_value_free(copy);
    return status;
}

START_TEST(failed_allocations)
{
    ck_survives_nomem(build_and_copy());
}
END_TEST

START_TEST(a_failed_set_leaves_the_root_as_it_was)
{
    kf_value *root;
    ck_ok(kf_value_new(KF_KIND_STRUCT, &root));
    char text[2000] = {0};
    memset(text, 'x', sizeof text - 1);
    kf__mem_fail_after(0);
    kf_status status = kf_value_set_string(root, "a", text);
    kf__mem_fail_after(-1);
    ck_assert_int_eq(status, KF_ENOMEM);
    ck_assert_uint_eq(kf_value_length(root), 0);
    ck_ok(kf_value_set_string(root, "a", text));
    ck_assert_str_eq(kf_value_string(kf_value_get(root, "a")), text);
    kf_value_free(root);
}
END_TEST

KF_TEST_MAIN("value", new_values_are_empty, no_value, scalars,
    a_double_as_integer_is_truncated_and_clamped, what_no_value_can_hold,
    building_and_reading, setting_again_replaces_in_place,
    only_lists_and_structs_hold_others, a_value_may_go_into_itself,
    nesting_ends_at_the_limit, equality, a_copy_is_a_root_of_its_own,
    failed_allocations, a_failed_set_leaves_the_root_as_it_was)
