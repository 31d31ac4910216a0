/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <string.h>

#include "base/schema.h"

static const kf_field port[] = {
    KF__F_NEEDED_TEXT("name"), KF__F_INT("port"), KF__F_TEXT("protocol"), KF__F_END};
static const kf_field common[] = {KF__F_CHOICE("mode", "all request response"),
    KF__F_KEYED("ports", port, "port protocol"), KF__F_END};
static const kf_field fields[] = {KF__F_INLINE(common),
    KF__F_NEEDED_STRUCT("one", port),
    {.name = "many", .type = KF__FIELD_STRUCT, .is_map = true, .fields = port},
    {.name = "set", .type = KF__FIELD_STRING, .is_list = true, .keys = ""}, KF__F_END};

/* What reading and demanding find, as lines "WHERE: MESSAGE". */
static void finds(const char *json, const char *expected)
{
    kf_value *value = NULL;
    kf_report *report = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    ck_ok(kf__report_new(&report));
    const kf_value *read = kf__schema_read(&tree, report, NULL, fields, value);
    kf__schema_demand(report, NULL, fields, read);
    for (size_t i = 0; i < kf_report_count(report); i++)
        kf__buf_printf(&text, "%s: %s\n", kf_report_at(report, i)->where,
            kf_report_at(report, i)->message);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    kf_report_free(report);
    kf_value_free(value);
}

#define ONE "\"one\": {\"name\": \"a\"}"

START_TEST(required)
{
    finds("{" ONE "}", "");
    finds("{}", "one: the field 'one' is missing\n");
    finds("{\"one\": {}, \"many\": {\"x\": {}, \"y.z\": {\"name\": \"\"}}}",
        "one.name: the field 'name' is missing\n"
        "many.x.name: the field 'name' is missing\n");
}
END_TEST

START_TEST(choices)
{
    finds("{" ONE ", \"mode\": \"request\"}", "");
    finds("{" ONE ", \"mode\": \"reqest\"}",
        "mode: 'reqest': expected one of all, request, response; did you mean "
        "'request'?\n");
    finds("{" ONE ", \"mode\": \"req\"}",
        "mode: 'req': expected one of all, request, response\n");
    finds("{" ONE ", \"mode\": \"\"}", "mode: '': expected one of all, request, "
                                       "response\n");
}
END_TEST

START_TEST(keys)
{
    finds("{" ONE ", \"ports\": [{\"name\": \"a\", \"port\": 1}, {\"name\": \"a\", "
          "\"port\": 2}, {\"name\": \"a\", \"port\": 1, \"protocol\": \"UDP\"}]}",
        "");
    finds("{" ONE ", \"ports\": [{\"name\": \"a\", \"port\": 1}, {\"name\": \"b\", "
          "\"port\": 1}]}",
        "ports[1]: the same stands in the list twice\n");
    finds("{" ONE ", \"set\": [\"a\", \"b\", \"a\"]}",
        "set[2]: 'a' stands in the list twice\n");
}
END_TEST

START_TEST(inlined_names)
{
    finds("{" ONE ", \"port\": []}",
        "port: unknown field 'port', ignored; did you mean 'ports'?\n");
    finds("{" ONE ", \"mode\": 1}",
        "mode: text expected, not a number: write it in quotes\n"
        "mode: '1': expected one of all, request, response\n");
    finds("{" ONE ", \"many\": []}", "many: a mapping expected, not a list\n");
}
END_TEST

START_TEST(amounts)
{
    static const struct {
        const char *text;
        double amount;
    } rows[] = {{"1", 1}, {"500m", 0.5}, {"2Ki", 2048}, {"1Gi", 1073741824},
        {"3k", 3000}, {"-1.5M", -1.5e6}, {"1e3", 1000}, {"1E3", 1000}, {"1E", 1e18},
        {"2Ei", 0x1p61}, {".5", 0.5}, {"+7.", 7}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kf_value *value = NULL;
        double amount = 0;
        ck_ok(kf_value_new_string(rows[i].text, &value));
        ck_assert_msg(kf__quantity(value, &amount), "%s", rows[i].text);
        ck_assert_double_eq(amount, rows[i].amount);
        kf_value_free(value);
    }
}
END_TEST

KF_TEST_MAIN("base/schema_demand", required, choices, keys, inlined_names, amounts)
