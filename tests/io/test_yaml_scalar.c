/* SPDX-License-Identifier: Apache-2.0 */
#include "io/yaml_scalar.h"

#include "base/mem.h"
#include "base/text.h"
#include "golden.h"

static const char *type_name(kf_yaml_type type)
{
    static const char *const names[] = {
        [KF__YAML_STRING] = "str",
        [KF__YAML_NULL] = "null",
        [KF__YAML_BOOL] = "bool",
        [KF__YAML_INT] = "int",
        [KF__YAML_FLOAT] = "float",
        [KF__YAML_TIMESTAMP] = "timestamp",
        [KF__YAML_MERGE] = "merge",
        [KF__YAML_VALUE] = "value",
    };
    return names[type];
}

START_TEST(types_are_those_of_pyyaml)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *cases = golden_json(&tree, "yaml/read.json");
    ck_assert_uint_gt(kf_value_length(cases), 100);
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        const char *text = kf__get_text(kf__at(cases, i), "text");
        const char *type = type_name(kf__yaml_type(text, strlen(text)));
        const char *expected = kf__get_text(kf__at(cases, i), "type");
        ck_assert_msg(strcmp(type, expected) == 0, "\"%s\" is %s instead of %s", text,
            type, expected);
    }
    kf__tree_finish(&tree);
}
END_TEST

/* Floats are kept as Python's repr; "inf" and "nan", null for what PyYAML cannot make a
 * value of. */
static bool is_expected(
    const kf_value *value, kf_yaml_type type, const kf_value *expected)
{
    double number;
    switch (type) {
    case KF__YAML_FLOAT:
        if (!kf__parse_double(kf_value_string(expected), &number))
            return value == NULL;
        return kf__is(value, KF_KIND_DOUBLE) && kf_value_double(value) == number;
    case KF__YAML_INT:
        if (kf__is(expected, KF_KIND_NULL))
            return value == NULL;
        return kf__is(value, kf_value_kind(expected)) &&
               kf_value_equal(value, expected);
    case KF__YAML_MERGE:
    case KF__YAML_VALUE:
        return kf__is(value, KF_KIND_STRING);
    default:
        return kf__is(value, kf_value_kind(expected)) &&
               kf_value_equal(value, expected);
    }
}

START_TEST(values_are_those_of_pyyaml)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *cases = golden_json(&tree, "yaml/read.json");
    for (size_t i = 0; i < kf_value_length(cases); i++) {
        const char *text = kf__get_text(kf__at(cases, i), "text");
        kf_yaml_type type = kf__yaml_type(text, strlen(text));
        const kf_value *value = kf__yaml_value(&tree, type, text, strlen(text));
        ck_assert_msg(is_expected(value, type, kf__get(kf__at(cases, i), "value")),
            "the value of \"%s\" is another", text);
    }
    ck_ok(kf__tree_status(&tree));
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(negative_zero_keeps_its_sign)
{
    kf_tree tree = KF__TREE_INIT;
    double zero = kf_value_double(kf__yaml_value(&tree, KF__YAML_FLOAT, "-0.0", 4));
    ck_assert(zero == 0 && __builtin_signbit(zero));
    kf__tree_finish(&tree);
}
END_TEST

START_TEST(text_that_a_tag_calls_a_number)
{
    kf_tree tree = KF__TREE_INIT;
    ck_assert_ptr_null(kf__yaml_value(&tree, KF__YAML_FLOAT, "", 0));
    ck_assert_ptr_null(kf__yaml_value(&tree, KF__YAML_FLOAT, "_", 1));
    ck_assert_ptr_null(kf__yaml_value(&tree, KF__YAML_FLOAT, "one", 3));
    ck_assert_ptr_null(kf__yaml_value(&tree, KF__YAML_FLOAT, "1\0002", 3));
    ck_assert_ptr_null(kf__yaml_value(&tree, KF__YAML_FLOAT, "1:", 2));
    ck_assert_double_eq(
        kf_value_double(kf__yaml_value(&tree, KF__YAML_FLOAT, "1e3", 3)), 1000);
    ck_ok(kf__tree_status(&tree));
    kf__tree_finish(&tree);
}
END_TEST

static kf_status read_number(void)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *value = kf__yaml_value(&tree, KF__YAML_INT, "1_0", 3);
    kf_status status = kf__tree_status(&tree);
    ck_assert(status != KF_OK || kf_value_int(value) == 10);
    kf__tree_finish(&tree);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(read_number());
}
END_TEST

KF_TEST_MAIN("io/yaml_scalar", types_are_those_of_pyyaml, values_are_those_of_pyyaml,
    negative_zero_keeps_its_sign, text_that_a_tag_calls_a_number, no_memory)
