/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "build.h"

static kf_channel item_of(const char *text)
{
    kf_channel item = {0};
    kf__type_of_item(&item, text);
    return item;
}

/* KFP: _get_loop_item_type; what it cannot tell is a string that fits every input. */
START_TEST(test_items_of_texts)
{
    static const struct {
        const char *text;
        kf_type type;
        bool loose;
    } cases[] = {{"List[int]", KF_TYPE_INTEGER, false},
        {"typing.List[str]", KF_TYPE_STRING, false},
        {"list[float]", KF_TYPE_DOUBLE, false}, {"List[bool]", KF_TYPE_BOOLEAN, false},
        {"typing.List[typing.Dict[str, int]]", KF_TYPE_STRUCT, false},
        {"List[List[int]]", KF_TYPE_LIST, false},
        {"List[ dict ]", KF_TYPE_STRUCT, false}, {"List", KF_TYPE_STRING, true},
        {"list", KF_TYPE_STRING, true}, {"List[]", KF_TYPE_STRING, true},
        {"List[Any]", KF_TYPE_STRING, true},
        {"List[typing.Optional[str]]", KF_TYPE_STRING, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf_channel item = item_of(cases[i].text);
        ck_assert_msg(item.type == cases[i].type && item.loose == cases[i].loose, "%s",
            cases[i].text);
    }
    ck_assert(item_of(NULL).loose);
}
END_TEST

/* KFP: _get_subvar_type. */
START_TEST(test_members_of_texts)
{
    kf_channel member = {0};
    kf__type_of_member(&member, item_of("List[Dict[str, List[int]]]").type_text);
    ck_assert_int_eq(member.type, KF_TYPE_LIST);
    ck_assert_int_eq(item_of(member.type_text).type, KF_TYPE_INTEGER);
    kf__type_of_member(&member, "Dict[str,float]");
    ck_assert_int_eq(member.type, KF_TYPE_DOUBLE);
    kf__type_of_member(&member, "Dict");
    ck_assert(member.loose);
}
END_TEST

START_TEST(test_constant_items)
{
    static const struct {
        const char *items;
        kf_type type;
    } cases[] = {{"[1, 2]", KF_TYPE_INTEGER}, {"[1, 2.5]", KF_TYPE_DOUBLE},
        {"[\"a\"]", KF_TYPE_STRING}, {"[true]", KF_TYPE_BOOLEAN},
        {"[[1]]", KF_TYPE_LIST}, {"[{\"a\": 1}]", KF_TYPE_STRUCT}};
    build b = build_start("p");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kf_channel_id item = build_loop(&b, cases[i].items, -1);
        ck_assert_int_eq(kf_pipeline_channel_type(b.p, item), cases[i].type);
        build_say(&b, "a");
        build_end(&b);
    }
    build_finish(&b);
}
END_TEST

START_TEST(test_members)
{
    build b = build_start("p");
    kf_channel_id item =
        build_loop(&b, "[{\"a\": 1, \"b\": \"x\"}, {\"c\": true}]", -1);
    kf_channel_id member = -1;
    ck_assert_int_eq(
        kf_pipeline_channel_type(b.p, build_member(&b, item, "a")), KF_TYPE_INTEGER);
    ck_assert_int_eq(
        kf_pipeline_channel_type(b.p, build_member(&b, item, "b")), KF_TYPE_STRING);
    ck_assert_int_eq(
        kf_pipeline_channel_type(b.p, build_member(&b, item, "c")), KF_TYPE_BOOLEAN);
    ck_assert_int_eq(build_member(&b, item, "a"), build_member(&b, item, "a"));
    ck_fails(kf_pipeline_loop_item_member(b.p, item, "d", &member), KF_ENOENT,
        "none of the items");
    ck_fails(kf_pipeline_loop_item_member(b.p, item, "1x", &member), KF_EINVAL, "1x");
    ck_fails(
        kf_pipeline_loop_item_member(b.p, build_member(&b, item, "a"), "b", &member),
        KF_EINVAL, "only the item");
    build_say(&b, "a");
    build_end(&b);
    item = build_loop(&b, "[1]", -1);
    ck_fails(kf_pipeline_loop_item_member(b.p, item, "a", &member), KF_ETYPE,
        "expected a struct");
    build_finish(&b);
}
END_TEST

/* What nobody told fits every parameter (KFP: verify_type_compatibility). */
START_TEST(test_loose_items)
{
    build b = build_start("p");
    kf_channel_id item = build_loop(&b, NULL, build_input(&b, "xs", KF_TYPE_LIST));
    kf_task_id count = build_task(&b, b.count), use = build_task(&b, b.use);
    ck_ok(kf_pipeline_set_argument(b.p, count, "n", item));
    ck_ok(kf_pipeline_set_argument(b.p, count, "n", build_member(&b, item, "any")));
    ck_fails(
        kf_pipeline_set_argument(b.p, use, "ds", item), KF_ETYPE, "system.Dataset");
    build_end(&b);
    item = build_loop(&b, "[\"a\"]", -1);
    count = build_task(&b, b.count);
    ck_fails(kf_pipeline_set_argument(b.p, count, "n", item), KF_ETYPE, "STRING");
    build_finish(&b);
}
END_TEST

START_TEST(test_what_is_no_loop)
{
    build b = build_start("p");
    kf_channel_id item = -1;
    kf_group_id group = build_if(&b, build_input(&b, "x", KF_TYPE_STRING), "\"1\"");
    ck_fails(kf_pipeline_loop_item(b.p, group, &item), KF_EINVAL,
        "\"condition-1\" is no loop");
    build_finish(&b);
}
END_TEST

KF_TEST_MAIN("pipeline/channel_item", test_items_of_texts, test_members_of_texts,
    test_constant_items, test_members, test_loose_items, test_what_is_no_loop)
