/* SPDX-License-Identifier: Apache-2.0 */
#include "service_test.h"

#include "serving/runtime.h"

static const char metadata[] =
    "{\"name\":\"iris\",\"namespace\":\"ml\",\"labels\":{\"team\":\"blue\"},"
    "\"annotations\":{\"modelFormat\":\"sklearn\"}}";

static kf_status fill(const char *text, char **out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *about = NULL;
    ck_ok(kf_value_parse(metadata, sizeof metadata - 1, &about));
    kf_value *object = kf__tree_struct(&tree);
    kf_value *list = kf__put_list(&tree, object, "a");
    kf__push(&tree, list, kf__tree_string(&tree, text));
    kf__push(&tree, list, kf__tree_int(&tree, 1));
    kf_status status = kf__fill_template(&tree, object, about);
    if (status == KF_OK)
        ck_ok(kf_value_write(object, KF_JSON_COMPACT, out));
    kf_value_free(about);
    kf__tree_finish(&tree);
    return status;
}

static void fills(const char *text, const char *expected)
{
    char *made = NULL;
    ck_ok(fill(text, &made));
    ck_assert_str_eq(made, expected);
    kf_text_free(made);
}

START_TEST(fields)
{
    fills("plain {text}", "{\"a\":[\"plain {text}\",1]}");
    fills("--name={{.Name}}/{{ .Namespace }}!", "{\"a\":[\"--name=iris/ml!\",1]}");
    fills("{{.Labels.team}}-{{.Annotations.modelFormat}}",
        "{\"a\":[\"blue-sklearn\",1]}");
    fills("<{{.Labels.other}}>", "{\"a\":[\"<>\",1]}");
    fills("}}", "{\"a\":[\"}}\",1]}");
}
END_TEST

START_TEST(others)
{
    static const char *const bad[] = {"{{.Name", "{{}}", "{{Name}}", "{{.Labels}}",
        "{{.Labels.a-b}}", "{{.Names}}", "{{ if .Name }}", "{{.Name | upper}}"};
    char *made = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_fails(fill(bad[i], &made), KF_EUNSUPPORTED, "expected {{.Name}}");
}
END_TEST

KF_TEST_MAIN("serving/runtime_template", fields, others)
