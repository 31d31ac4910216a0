/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include <math.h>

#include "base/mem.h"

START_TEST(axes)
{
    kf_space *space = new_space();
    ck_ok(kf_space_add_double(space, "rate", 1e-5, 0.1, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_double(space, "drop", 0, 0.5, 0.1, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "layers", 1, 8, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "width", 16, 100, 16, KF_LOG_UNIFORM));
    add_discrete(space, "batch", "[64, \"16\", 32.0]");
    add_categorical(space, "act", "[\"relu\", \"gelu\", null, 3]");
    static const struct {
        const char *name;
        kf_axis_kind kind;
        int64_t levels;
    } expected[] = {{"rate", KF_AXIS_CONTINUOUS, 0}, {"drop", KF_AXIS_ORDERED, 6},
        {"layers", KF_AXIS_ORDERED, 8}, {"width", KF_AXIS_ORDERED, 6},
        {"batch", KF_AXIS_ORDERED, 3}, {"act", KF_AXIS_CATEGORICAL, 4}};
    ck_assert_uint_eq(kf_space_count(space), 6);
    for (size_t i = 0; i < 6; i++) {
        const kf_axis *axis = kf_space_axis(space, i);
        ck_assert_str_eq(axis->name, expected[i].name);
        ck_assert_int_eq(axis->kind, expected[i].kind);
        ck_assert_int_eq(axis->levels, expected[i].levels);
        ck_assert_int_eq(axis->parent, -1);
    }
    ck_assert_ptr_null(kf_space_axis(space, 6));
    kf_space_free(space);
}
END_TEST

START_TEST(refuses_ranges)
{
    kf_space *s = new_space();
    ck_ok(kf_space_add_double(s, "x", 0, 1, 0, KF_UNIFORM));
    ck_fails(kf_space_add_double(s, "x", 0, 1, 0, KF_UNIFORM), KF_EEXIST, "'x'");
    ck_fails(kf_space_add_double(s, "", 0, 1, 0, KF_UNIFORM), KF_EINVAL, "name");
    ck_fails(kf_space_add_double(s, "y", 2, 1, 0, KF_UNIFORM), KF_EINVAL, "above max");
    ck_fails(kf_space_add_double(s, "y", NAN, 1, 0, KF_UNIFORM), KF_EINVAL, "finite");
    ck_fails(
        kf_space_add_double(s, "y", 0, INFINITY, 0, KF_UNIFORM), KF_EINVAL, "finite");
    ck_fails(kf_space_add_double(s, "y", 0, 1, -1, KF_UNIFORM), KF_EINVAL, "step");
    ck_fails(kf_space_add_double(s, "y", 0, 1, 2, KF_UNIFORM), KF_EINVAL, "step");
    ck_fails(kf_space_add_double(s, "y", 0, 1, 1e-17, KF_UNIFORM), KF_ELIMIT, "step");
    ck_fails(
        kf_space_add_double(s, "y", 0, 1, 0, KF_LOG_UNIFORM), KF_EINVAL, "logarithm");
    ck_fails(kf_space_add_int(s, "y", -3, 1, 0, KF_LOG_NORMAL), KF_EINVAL, "logarithm");
    ck_fails(kf_space_add_int(s, "y", 0, INT64_MAX, 0, KF_UNIFORM), KF_EINVAL, "2^53");
    ck_assert_uint_eq(kf_space_count(s), 1);
    kf_space_free(s);
}
END_TEST

START_TEST(refuses_choices)
{
    static const struct {
        const char *list, *message;
    } lists[] = {{"[]", "at least one"}, {"{}", "list"}, {"[1, 2, 1.0]", "twice"},
        {"[\"1\", 1]", "twice"}, {"[\"a\"]", "no number"}, {"[null]", "no number"}};
    kf_space *space = new_space();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        kf_value *values = json(lists[i].list);
        ck_fails(
            kf_space_add_discrete(space, "x", values), KF_EINVAL, lists[i].message);
        kf_value_free(values);
    }
    kf_value *twice = json("[\"a\", [1], [1]]");
    ck_fails(kf_space_add_categorical(space, "x", twice), KF_EINVAL, "twice");
    kf_value_free(twice);
    ck_assert_uint_eq(kf_space_count(space), 0);
    kf_space_free(space);
}
END_TEST

START_TEST(conditions)
{
    kf_space *space = new_space();
    add_categorical(space, "model", "[\"tree\", \"net\"]");
    ck_ok(kf_space_add_int(space, "depth", 1, 9, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "rate", 0, 1, 0, KF_UNIFORM));
    kf_value *tree = json("[\"tree\"]"), *forest = json("[\"forest\"]");
    ck_fails(kf_space_set_condition(space, "depht", "model", tree), KF_ENOENT,
        "did you mean 'depth'?");
    ck_fails(kf_space_set_condition(space, "depth", "model", forest), KF_ENOENT,
        "none of 'model'");
    ck_fails(kf_space_set_condition(space, "depth", "rate", tree), KF_EINVAL, "before");
    ck_fails(
        kf_space_set_condition(space, "model", "model", tree), KF_EINVAL, "before");
    ck_ok(kf_space_set_condition(space, "depth", "model", tree));
    ck_fails(
        kf_space_set_condition(space, "depth", "model", tree), KF_ESTATE, "already");
    ck_assert_int_eq(kf_space_axis(space, 1)->parent, 0);
    double with_tree[] = {0, 0.5, 0.5}, with_net[] = {1, NAN, 0.5};
    ck_assert(kf__space_is_active(space, 1, with_tree));
    ck_assert(!kf__space_is_active(space, 1, with_net));
    ck_assert(kf__space_is_active(space, 2, with_net));
    kf_value_free(tree);
    kf_value_free(forest);
    kf_space_free(space);
}
END_TEST

static kf_status everything(void)
{
    kf_space *space = NULL, *copy = NULL;
    kf_value *list = NULL;
    kf_status status = kf_space_new(&space);
    if (status == KF_OK)
        status = kf_value_parse("[1, 2]", 6, &list);
    if (status == KF_OK)
        status = kf_space_add_categorical(space, "kind", list);
    if (status == KF_OK)
        status = kf_space_add_discrete(space, "size", list);
    if (status == KF_OK)
        status = kf_space_set_condition(space, "size", "kind", list);
    if (status == KF_OK)
        status = kf_space_add_int(space, "n", 1, 5, 0, KF_UNIFORM);
    if (status == KF_OK)
        status = kf_space_dup(space, &copy);
    if (status == KF_OK) {
        double point[] = {1, 0.25, 0.5};
        ck_assert_uint_eq(kf_space_count(copy), 3);
        ck_assert_int_eq(kf_space_axis(copy, 1)->parent, 0);
        ck_assert(kf__space_is_active(copy, 1, point));
    }
    kf_space_free(space);
    kf_space_free(copy);
    kf_value_free(list);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    ck_survives_nomem(everything());
}
END_TEST

KF_TEST_MAIN(
    "space", axes, refuses_ranges, refuses_choices, conditions, survives_lack_of_memory)
