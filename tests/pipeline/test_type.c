/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "pipeline/type.h"

/* The names of kfp/dsl/types/type_utils.py and of ParameterTypeEnum in
 * pipeline_spec.proto. */
static const struct {
    kf_type type;
    int number;
    const char *ir, *spec, *comment;
} types[] = {
    {KF_TYPE_DOUBLE, 1, "NUMBER_DOUBLE", "Float", "float"},
    {KF_TYPE_INTEGER, 2, "NUMBER_INTEGER", "Integer", "int"},
    {KF_TYPE_STRING, 3, "STRING", "String", "str"},
    {KF_TYPE_BOOLEAN, 4, "BOOLEAN", "Boolean", "bool"},
    {KF_TYPE_LIST, 5, "LIST", "List", "list"},
    {KF_TYPE_STRUCT, 6, "STRUCT", "Dict", "dict"},
    {KF_TYPE_TASK_FINAL_STATUS, 7, "TASK_FINAL_STATUS", "PipelineTaskFinalStatus",
        "PipelineTaskFinalStatus"},
    {KF_TYPE_TASK_CONFIG, 8, "TASK_CONFIG", "TaskConfig", "TaskConfig"},
};
#define TYPES (sizeof types / sizeof *types)

START_TEST(names_are_kfps)
{
    for (size_t i = 0; i < TYPES; i++) {
        ck_assert_int_eq((int)types[i].type, types[i].number);
        ck_assert_str_eq(kf_type_name(types[i].type), types[i].ir);
        ck_assert_str_eq(kf__type_spec_name(types[i].type), types[i].spec);
        ck_assert_str_eq(kf__type_comment_name(types[i].type), types[i].comment);
        ck_assert_int_eq(kf__type_of_name(types[i].ir), types[i].type);
        ck_assert_int_eq(kf__type_of_spec_name(types[i].spec), types[i].type);
    }
    ck_assert_ptr_null(kf_type_name(KF_TYPE_NONE));
    ck_assert_ptr_null(kf_type_name((kf_type)9));
    ck_assert_ptr_null(kf_type_name((kf_type)-1));
    ck_assert_int_eq(kf__type_of_name("number_integer"), KF_TYPE_NONE);
}
END_TEST

START_TEST(component_yaml_names_are_read)
{
    static const struct {
        const char *name;
        kf_type type;
    } cases[] = {
        {"int", KF_TYPE_INTEGER},
        {"INTEGER", KF_TYPE_INTEGER},
        {"double", KF_TYPE_DOUBLE},
        {"str", KF_TYPE_STRING},
        {"Text", KF_TYPE_STRING},
        {"JsonObject", KF_TYPE_STRUCT},
        {"JSONArray", KF_TYPE_LIST},
        {"List[str]", KF_TYPE_LIST},
        {"typing.Dict[str, typing.List[int]]", KF_TYPE_STRUCT},
        {"list", KF_TYPE_LIST},
        {"taskconfig", KF_TYPE_NONE},
        {"Dataset", KF_TYPE_NONE},
        {"Listing", KF_TYPE_NONE},
        {"String[1]", KF_TYPE_NONE},
        {"", KF_TYPE_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(
            kf__type_of_spec_name(cases[i].name) == cases[i].type, "%s", cases[i].name);
}
END_TEST

static kf_io artifact(const char *title, const char *version, bool is_list)
{
    return (kf_io){.name = "a",
        .schema_title = title,
        .schema_version = version,
        .is_list = is_list};
}

/* Compared with verify_type_compatibility of kfp/dsl/types/type_utils.py. */
START_TEST(types_agree_as_kfp_says)
{
    for (size_t i = 0; i < TYPES; i++)
        for (size_t j = 0; j < TYPES; j++) {
            kf_io given = {.name = "g", .type = types[i].type};
            kf_io expected = {.name = "e", .type = types[j].type};
            bool structs =
                types[i].type >= KF_TYPE_STRUCT && types[j].type >= KF_TYPE_STRUCT;
            ck_assert_int_eq(kf__types_agree(&given, &expected), i == j || structs);
        }
    static const struct {
        kf_io given, expected;
        bool agree;
    } cases[] = {
        {{.schema_title = "system.Model"}, {.schema_title = "system.Model"}, true},
        {{.schema_title = "system.Model"}, {.schema_title = "system.Dataset"}, false},
        {{.schema_title = "system.Artifact"}, {.schema_title = "system.Dataset"}, true},
        {{.schema_title = "system.Model"}, {.schema_title = "system.Artifact"}, true},
        {{.schema_title = "google.VertexModel"}, {.schema_title = "system.Artifact"},
            true},
        {{.schema_title = "system.Model", .is_list = true},
            {.schema_title = "system.Model"}, false},
        {{.schema_title = "system.Artifact", .is_list = true},
            {.schema_title = "system.Artifact"}, false},
        {{.schema_title = "system.Model", .is_list = true},
            {.schema_title = "system.Artifact", .is_list = true}, true},
        {{.schema_title = "system.Model", .schema_version = "0.0.2"},
            {.schema_title = "system.Model", .schema_version = "0.1.0"}, true},
        {{.schema_title = "system.Model", .schema_version = "0.0.1"},
            {.schema_title = "system.Model", .schema_version = "1.0.0"}, false},
        {{.schema_title = "system.Model", .schema_version = "1.0.0"},
            {.schema_title = "system.Model", .schema_version = "10.0.0"}, false},
        {{.schema_title = "system.Model"}, {.type = KF_TYPE_STRING}, false},
        {{.type = KF_TYPE_STRUCT}, {.schema_title = "system.Model"}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(
            kf__types_agree(&cases[i].given, &cases[i].expected) == cases[i].agree,
            "%zu", i);
}
END_TEST

START_TEST(disagreement_names_both_types)
{
    kf_io given = artifact("system.Model", NULL, true);
    kf_io expected = {.name = "rate", .type = KF_TYPE_DOUBLE};
    ck_fails(kf__types_check(&given, &expected, "root"), KF_ETYPE,
        "type List[system.Model@0.0.1] does not fit the input \"rate\" of type "
        "NUMBER_DOUBLE");
    ck_assert_str_eq(kf_last_error()->where, "root");
    kf_io same = artifact("system.Model", "0.0.1", true);
    ck_ok(kf__types_check(&given, &same, NULL));
}
END_TEST

static kf_value *parse(const char *json)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    return value;
}

START_TEST(constants_have_types)
{
    static const struct {
        kf_type type;
        const char *accepted, *refused;
    } cases[] = {
        {KF_TYPE_DOUBLE, "[1, 1.5, -2]", "[true, \"1\", null, [], {}]"},
        {KF_TYPE_INTEGER, "[1, -1, 2.0]", "[1.5, true, \"1\", null]"},
        {KF_TYPE_STRING, "[\"\", \"x\"]", "[1, true, null, [\"x\"]]"},
        {KF_TYPE_BOOLEAN, "[true, false]", "[0, 1, \"true\", null]"},
        {KF_TYPE_LIST, "[[], [1]]", "[{}, \"[]\", null]"},
        {KF_TYPE_STRUCT, "[{}, {\"a\": 1}]", "[[], \"{}\", null]"},
        {KF_TYPE_TASK_CONFIG, "[{}]", "[1, null]"},
        {KF_TYPE_NONE, "[]", "[null, \"x\", {}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf_value *accepted = parse(cases[i].accepted),
                 *refused = parse(cases[i].refused);
        for (size_t j = 0; j < kf_value_length(accepted); j++)
            ck_assert_msg(kf__type_accepts(cases[i].type, kf_value_at(accepted, j)),
                "case %zu accepts %zu", i, j);
        for (size_t j = 0; j < kf_value_length(refused); j++)
            ck_assert_msg(!kf__type_accepts(cases[i].type, kf_value_at(refused, j)),
                "case %zu refuses %zu", i, j);
        kf_value_free(accepted);
        kf_value_free(refused);
    }
}
END_TEST

START_TEST(numbers_of_documents_are_doubles)
{
    kf_value *value = parse("{\"b\":[1,2.5,true,null,\"1\"],\"a\":{\"c\":3}}");
    kf_tree tree = KF__TREE_INIT;
    kf_buf buf = KF__BUF_INIT;
    kf__put_json(&buf, kf__document_value(&tree, value), KF_JSON_COMPACT);
    ck_assert_str_eq(
        kf__buf_text(&buf), "{\"b\":[1.0,2.5,true,null,\"1\"],\"a\":{\"c\":3.0}}");
    kf__buf_finish(&buf);
    kf__tree_finish(&tree);
    kf_value_free(value);
}
END_TEST

/* validate_bundled_artifact_type of kfp/dsl/types/type_utils.py. */
START_TEST(schemas_are_checked)
{
    ck_ok(kf__schema_check("system.Model", "0.0.1", NULL));
    ck_ok(kf__schema_check("google.VertexModel", NULL, NULL));
    ck_ok(kf__schema_check(NULL, "1.2.3-beta", NULL));
    static const char *const titles[] = {
        "", "Model", "system.", "system.a.b", "my.Model", "systemModel", "system.A@1"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        ck_fails(kf__schema_check(titles[i], NULL, "x"), KF_EINVAL, "system.Dataset");
    static const char *const versions[] = {
        "", "1", "1.0", "1.0.0.0", "1..0", ".0.1", "0.1."};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        ck_fails(kf__schema_check("system.Model", versions[i], "x"), KF_EINVAL,
            "three parts");
}
END_TEST

KF_TEST_MAIN("pipeline/type", names_are_kfps, component_yaml_names_are_read,
    types_agree_as_kfp_says, disagreement_names_both_types, constants_have_types,
    numbers_of_documents_are_doubles, schemas_are_checked)
