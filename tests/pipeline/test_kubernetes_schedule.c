/* SPDX-License-Identifier: Apache-2.0 */
#include "kubernetes_test.h"

START_TEST(node_selectors_add_up_and_replace)
{
    fixture f = fixture_new();
    ck_ok(kf_kubernetes_add_node_selector(f.pipeline, f.work, "a", "b"));
    ck_ok(kf_kubernetes_add_node_selector(f.pipeline, f.work, "c", "d"));
    ck_ok(kf_kubernetes_add_node_selector(f.pipeline, f.work, "a", "e"));
    check_config(&f, "{\"nodeSelector\": {\"labels\": {\"c\": \"d\", \"a\": \"e\"}}}");
    fixture_free(&f);
}
END_TEST

START_TEST(a_node_selector_of_json_replaces_the_one_before)
{
    fixture f = fixture_new();
    kf_value *x = parse("{\"x\": \"y\"}"), *z = parse("{\"z\": \"y\"}"),
             *channel = NULL;
    ck_ok(kf_kubernetes_add_node_selector_json(f.pipeline, f.work, x));
    check_config(&f,
        "{\"nodeSelector\": {\"nodeSelectorJson\": {\"runtimeValue\": {\"constant\": "
        "{\"x\": \"y\"}}}}}");
    ck_ok(kf_kubernetes_add_node_selector_json(f.pipeline, f.work, z));
    check_config(&f,
        "{\"nodeSelector\": {\"nodeSelectorJson\": {\"runtimeValue\": {\"constant\": "
        "{\"z\": \"y\"}}}}}");
    ck_ok(kf_value_new_string(f.struct_input, &channel));
    ck_ok(kf_kubernetes_add_node_selector_json(f.pipeline, f.work, channel));
    check_config(
        &f, "{\"nodeSelector\": {\"nodeSelectorJson\": " REFERENCE_STRUCT_INPUT "}}");
    kf_value_free(channel);
    ck_ok(kf_value_new_string(f.struct_output, &channel));
    ck_ok(kf_kubernetes_add_node_selector(f.pipeline, f.work, "a", "b"));
    ck_ok(kf_kubernetes_add_node_selector_json(f.pipeline, f.work, channel));
    check_config(&f, "{\"nodeSelector\": {\"labels\": {\"a\": \"b\"}, "
                     "\"nodeSelectorJson\": " REFERENCE_STRUCT_OUTPUT "}}");
    kf_value_free(channel);
    kf_value_free(x);
    kf_value_free(z);
    fixture_free(&f);
}
END_TEST

static kf_status affinity(
    fixture *f, const char *expressions, const char *fields, int weight)
{
    kf_value *first = expressions != NULL ? parse(expressions) : NULL;
    kf_value *second = fields != NULL ? parse(fields) : NULL;
    kf_status status =
        kf_kubernetes_add_node_affinity(f->pipeline, f->work, first, second, weight);
    kf_value_free(first);
    kf_value_free(second);
    return status;
}

START_TEST(node_affinities_are_terms)
{
    CHECK_CALL(
        "{\"nodeAffinity\": [{\"matchExpressions\": [{\"key\": \"a\", \"operator\": "
        "\"In\", "
        "\"values\": [\"x\", \"y\"]}, {\"key\": \"b\", \"operator\": \"Exists\"}], "
        "\"matchFields\": [{\"key\": \"f\", \"operator\": \"Gt\", \"values\": "
        "[\"1\"]}], "
        "\"weight\": 50}]}",
        affinity(&f,
            "[{\"key\": \"a\", \"operator\": \"In\", \"values\": [\"x\", \"y\"]}, "
            "{\"key\": \"b\", \"operator\": \"Exists\"}]",
            "[{\"key\": \"f\", \"operator\": \"Gt\", \"values\": [\"1\"]}]", 50));
    CHECK_CALL("{\"nodeAffinity\": [{}]}", affinity(&f, NULL, NULL, 0));
}
END_TEST

START_TEST(wrong_node_affinities_are_refused)
{
    CHECK_FAILS(KF_EINVAL, "\"in\": expected In, NotIn, Exists, DoesNotExist, Gt or Lt",
        affinity(&f, "[{\"key\": \"a\", \"operator\": \"in\"}]", NULL, 0));
    CHECK_FAILS(KF_EMISSING, "needs a \"key\"",
        affinity(&f, "[{\"operator\": \"In\"}]", NULL, 0));
    CHECK_FAILS(KF_EMISSING, "match fields for the key \"a\" need an \"operator\"",
        affinity(&f, NULL, "[{\"key\": \"a\"}]", 0));
    CHECK_FAILS(KF_EINVAL, "1 to 100", affinity(&f, NULL, NULL, 101));
    CHECK_FAILS(KF_EINVAL, "1 to 100", affinity(&f, NULL, NULL, -1));
    CHECK_FAILS(KF_ETYPE, "list", affinity(&f, "{\"key\": \"a\"}", NULL, 0));
    CHECK_FAILS(KF_ETYPE, "struct", affinity(&f, "[\"a\"]", NULL, 0));
    CHECK_FAILS(KF_ETYPE, "list of strings",
        affinity(
            &f, "[{\"key\": \"a\", \"operator\": \"In\", \"values\": [1]}]", NULL, 0));
}
END_TEST

static kf_status affinity_json(fixture *f, const char *json)
{
    kf_value *value = parse(json);
    kf_status status =
        kf_kubernetes_add_node_affinity_json(f->pipeline, f->work, value);
    kf_value_free(value);
    return status;
}

#define REQUIRED "\"requiredDuringSchedulingIgnoredDuringExecution\""
#define PREFERRED "\"preferredDuringSchedulingIgnoredDuringExecution\""

START_TEST(a_node_affinity_of_json_replaces_the_one_before)
{
    fixture f = fixture_new();
    kf_value *channel = NULL;
    ck_ok(affinity(&f, "[{\"key\": \"a\", \"operator\": \"Exists\"}]", NULL, 0));
    ck_ok(affinity_json(&f, "{" REQUIRED ": {\"nodeSelectorTerms\": []}}"));
    ck_ok(kf_value_new_string(f.struct_input, &channel));
    ck_ok(kf_kubernetes_add_node_affinity_json(f.pipeline, f.work, channel));
    check_config(&f, "{\"nodeAffinity\": [{\"matchExpressions\": [{\"key\": \"a\", "
                     "\"operator\": \"Exists\"}]}, "
                     "{\"nodeAffinityJson\": " REFERENCE_STRUCT_INPUT "}]}");
    kf_value_free(channel);
    fixture_free(&f);
}
END_TEST

START_TEST(a_node_affinity_of_json_is_that_of_kubernetes)
{
    CHECK_CALL(
        "{\"nodeAffinity\": [{\"nodeAffinityJson\": {\"runtimeValue\": {\"constant\": "
        "{" PREFERRED
        ": [{\"preference\": {\"matchExpressions\": []}, \"weight\": 5.0}]}}}}]}",
        affinity_json(&f,
            "{" PREFERRED
            ": [{\"weight\": 5, \"preference\": {\"matchExpressions\": []}}]}"));
    CHECK_CALL("{\"nodeAffinity\": [{\"nodeAffinityJson\": {\"runtimeValue\": "
               "{\"constant\": {}}}}]}",
        affinity_json(&f, "{}"));
    CHECK_FAILS(
        KF_EINVAL, "\"foo\": expected required", affinity_json(&f, "{\"foo\": 1}"));
    CHECK_FAILS(KF_ETYPE, "channel", affinity_json(&f, "\"text\""));
    CHECK_FAILS(KF_ETYPE, "channel", affinity_json(&f, "[]"));
}
END_TEST

START_TEST(tolerations_are_added)
{
    CHECK_CALL("{\"tolerations\": [{\"key\": \"k\", \"operator\": \"Equal\", "
               "\"value\": \"v\", "
               "\"effect\": \"NoExecute\", \"tolerationSeconds\": \"10\"}]}",
        kf_kubernetes_add_toleration(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_toleration, .key = "k", .operator_name = "Equal",
                .value = "v", .effect = "NoExecute", .has_seconds = true,
                .toleration_seconds = 10)));
    CHECK_CALL("{\"tolerations\": [{}]}",
        kf_kubernetes_add_toleration(f.pipeline, f.work, NULL));
    CHECK_FAILS(KF_EINVAL, "expected Equal or Exists",
        kf_kubernetes_add_toleration(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_toleration, .operator_name = "exists")));
    CHECK_FAILS(KF_EINVAL, "expected NoSchedule, PreferNoSchedule or NoExecute",
        kf_kubernetes_add_toleration(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_toleration, .effect = "Never")));
}
END_TEST

static kf_status toleration_json(fixture *f, const char *json)
{
    kf_value *value = parse(json);
    kf_status status = kf_kubernetes_add_toleration_json(f->pipeline, f->work, value);
    kf_value_free(value);
    return status;
}

START_TEST(tolerations_of_json_are_added)
{
    CHECK_CALL(
        "{\"tolerations\": [{\"key\": \"a\", \"operator\": \"Exists\", \"effect\": "
        "\"NoExecute\", \"tolerationSeconds\": \"5\"}]}",
        toleration_json(&f,
            "{\"key\": \"a\", \"operator\": \"Exists\", \"effect\": \"NoExecute\", "
            "\"toleration_seconds\": 5}"));
    CHECK_CALL(
        "{\"tolerations\": [{\"key\": \"a\"}, {\"key\": \"b\", \"value\": \"c\"}]}",
        toleration_json(&f, "[{\"key\": \"a\"}, {\"key\": \"b\", \"value\": \"c\"}]"));
    /* KFP 2.17.0 ignores Kubernetes' own name of the field. */
    CHECK_CALL("{\"tolerations\": [{\"key\": \"a\", \"tolerationSeconds\": \"5\"}]}",
        toleration_json(
            &f, "{\"key\": \"a\", \"value\": null, \"tolerationSeconds\": 5}"));
    CHECK_CALL("", toleration_json(&f, "[]"));
    fixture f = fixture_new();
    kf_value *input = NULL, *output = NULL;
    ck_ok(kf_value_new_string(f.struct_input, &input));
    ck_ok(kf_value_new_string(f.struct_output, &output));
    ck_ok(kf_kubernetes_add_toleration_json(f.pipeline, f.work, input));
    ck_ok(kf_kubernetes_add_toleration_json(f.pipeline, f.work, output));
    check_config(&f, "{\"tolerations\": [{\"tolerationJson\": " REFERENCE_STRUCT_INPUT
                     "}, {\"tolerationJson\": " REFERENCE_STRUCT_OUTPUT "}]}");
    kf_value_free(input);
    kf_value_free(output);
    fixture_free(&f);
}
END_TEST

START_TEST(wrong_tolerations_of_json_are_refused)
{
    CHECK_FAILS(KF_ETYPE, "a list of structs", toleration_json(&f, "\"x\""));
    CHECK_FAILS(
        KF_ETYPE, "a list of structs", toleration_json(&f, "[{\"key\": \"a\"}, 1]"));
    CHECK_FAILS(KF_EINVAL, "did you mean \"operator\"",
        toleration_json(&f, "{\"operatr\": \"x\"}"));
    CHECK_FAILS(KF_ETYPE, "\"key\" of a toleration must be a string",
        toleration_json(&f, "{\"key\": 1}"));
    CHECK_FAILS(
        KF_ETYPE, "integer", toleration_json(&f, "{\"tolerationSeconds\": \"5\"}"));
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    fixture f = fixture_new();
    kf_value *list =
        parse("[{\"key\": \"a\"}, {\"key\": \"b\", \"tolerationSeconds\": 1}]");
    ck_ok(affinity_json(&f, "{}"));
    kf_status status = KF_ENOMEM;
    for (long n = 0; status != KF_OK; n++) {
        kf__mem_fail_after(n);
        status = kf_kubernetes_add_toleration_json(f.pipeline, f.work, list);
        kf__mem_fail_after(-1);
        ck_assert(status == KF_OK || status == KF_ENOMEM);
        ck_assert_int_lt(n, 1000);
    }
    kf_value_free(list);
    fixture_free(&f);
}
END_TEST

KF_TEST_MAIN("pipeline/kubernetes_schedule", node_selectors_add_up_and_replace,
    a_node_selector_of_json_replaces_the_one_before, node_affinities_are_terms,
    wrong_node_affinities_are_refused, a_node_affinity_of_json_replaces_the_one_before,
    a_node_affinity_of_json_is_that_of_kubernetes, tolerations_are_added,
    tolerations_of_json_are_added, wrong_tolerations_of_json_are_refused,
    any_allocation_may_fail)
