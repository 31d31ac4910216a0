/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/error.h"
#include "io/yaml.h"
#include "search/experiment_schema.h"

/* What is read of a document, as JSON, and the findings in lines before it. */
static void reads(const kf_field *fields, const char *text, const char *expected)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents = NULL;
    kf_report *report;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf__yaml_read(&tree, text, strlen(text), &documents));
    ck_ok(kf__report_new(&report));
    kf_value *value =
        kf__schema_read(&tree, report, NULL, fields, kf_value_at(documents, 0));
    char *found = shown(report);
    kf__buf_puts(&buf, found);
    kf__put_json(&buf, value, KF_JSON_SPACED);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf_text_free(found);
    kf__buf_finish(&buf);
    kf_report_free(report);
    kf__tree_finish(&tree);
}

START_TEST(nulls)
{
    reads(kf__experiment_fields,
        "spec: {objective: null, parameters: [null, {name: null, feasibleSpace: {list: "
        "[null, a]}}], maxTrialCount: null}\nstatus:",
        "nothing\n{\"spec\": {\"parameters\": [{}, {\"feasibleSpace\": {\"list\": "
        "[\"\", "
        "\"a\"]}}]}}");
}
END_TEST

START_TEST(types)
{
    reads(kf__experiment_fields, "spec: []",
        "error spec: a mapping expected, not a list\n{}");
    reads(kf__experiment_fields,
        "spec: {parameters: {}, trialTemplate: {retain: 1, trialSpec: a}}",
        "error spec.parameters: a list expected, not a mapping\n"
        "error spec.trialTemplate.retain: true or false expected, not a number\n"
        "error spec.trialTemplate.trialSpec: a mapping expected, not text\n"
        "{\"spec\": {\"trialTemplate\": {}}}");
    reads(kf__experiment_fields,
        "metadata: {labels: {a: 1, b: x, c: null}, annotations: []}",
        "error metadata.labels.a: text expected, not a number: write it in quotes\n"
        "error metadata.annotations: a mapping expected, not a list\n"
        "{\"metadata\": {\"labels\": {\"b\": \"x\", \"c\": \"\"}}}");
    reads(kf__experiment_fields, "spec: {maxTrialCount: 3000000000}",
        "error spec.maxTrialCount: a whole number of 32 bits expected, not a number\n"
        "{\"spec\": {}}");
    reads(kf__experiment_fields,
        "spec: {metricsCollectorSpec: {source: {httpGet: {port: http}}}}",
        "nothing\n{\"spec\": {\"metricsCollectorSpec\": {\"source\": {\"httpGet\": "
        "{\"port\": \"http\"}}}}}");
    reads(kf__experiment_fields,
        "spec: {metricsCollectorSpec: {source: {httpGet: {port: 80.0}}}}",
        "nothing\n{\"spec\": {\"metricsCollectorSpec\": {\"source\": {\"httpGet\": "
        "{\"port\": 80}}}}}");
    reads(kf__job_fields, "spec: {searchAlgorithm: {random: {seed: 1.5}}}",
        "error spec.searchAlgorithm.random.seed: a whole number of 64 bits expected, "
        "not "
        "a number\n{\"spec\": {\"searchAlgorithm\": {\"random\": {}}}}");
}
END_TEST

START_TEST(unknown_fields)
{
    reads(kf__experiment_fields,
        "metadata: {uid: x}\nspec: {Objective: {}, trialTemplate: {trialSpec: {any: "
        "1}}}\nextra: {a: null}",
        "warning spec.Objective: unknown field 'Objective', ignored; did you mean "
        "'objective'?\nwarning extra: unknown field 'extra', ignored\n"
        "{\"metadata\": {\"uid\": \"x\"}, \"spec\": {\"Objective\": {}, "
        "\"trialTemplate\": {\"trialSpec\": {\"any\": 1}}}, \"extra\": {\"a\": null}}");
}
END_TEST

static void reads_long_list(const char *before, const char *item, size_t count,
    const char *after, const char *expected)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *documents = NULL;
    kf_report *report;
    kf_buf text = KF__BUF_INIT;
    kf__buf_puts(&text, before);
    for (size_t i = 0; i < count; i++)
        kf__buf_puts(&text, item);
    kf__buf_puts(&text, after);
    ck_ok(kf__yaml_read(&tree, text.data, text.length, &documents));
    ck_ok(kf__report_new(&report));
    (void)kf__schema_read(
        &tree, report, NULL, kf__experiment_fields, kf_value_at(documents, 0));
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf__buf_finish(&text);
    kf_report_free(report);
    kf__tree_finish(&tree);
}

START_TEST(limits)
{
    static const char list[] = "spec: {parameters: [{feasibleSpace: {list: [";
    reads_long_list("spec: {parameters: [", "{}, ", 1000, "]}", "nothing\n");
    reads_long_list("spec: {parameters: [", "{}, ", 1001, "]}",
        "error spec.parameters: the list has 1001 items: at most 1000 are read\n");
    reads_long_list(list, "a, ", 10000, "]}}]}", "nothing\n");
    reads_long_list(list, "a, ", 10001, "]}}]}",
        "error spec.parameters[0].feasibleSpace.list: the list has 10001 items: at "
        "most "
        "10000 are read\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_schema", nulls, types, unknown_fields, limits)
