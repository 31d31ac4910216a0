/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#include "base/mem.h"

#define NAMED(name)                                                                    \
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"                  \
    "metadata: {" name "}\nspec: {predictor: {" SKLEARN "}}\n"
#define TEN "abcdefghij"
#define IS_NO_NAME                                                                     \
    "is no name of an InferenceService: expected lower-case letters, digits and '-', " \
    "a letter first and no '-' last\n"

START_TEST(sound)
{
    finds(PREDICTOR(SKLEARN), "nothing\n");
    finds("", "nothing\n");
    finds("apiVersion: v1\nkind: Secret\nmetadata: {name: A_}\n", "nothing\n");
}
END_TEST

START_TEST(names)
{
    finds(NAMED("name: a-1"), "nothing\n");
    finds(NAMED("name: 1a"), "error metadata.name: '1a' " IS_NO_NAME);
    finds(NAMED("name: a-"), "error metadata.name: 'a-' " IS_NO_NAME);
    finds(NAMED("name: a.b"), "error metadata.name: 'a.b' " IS_NO_NAME);
    finds(NAMED("name: Iris"), "error metadata.name: 'Iris' " IS_NO_NAME);
    finds(NAMED(""), "error metadata.name: the InferenceService needs a name\n");
    finds(NAMED("generateName: a-"),
        "error metadata.name: the InferenceService needs a name: KServe looks at it "
        "before generateName has made one\n");
    finds(RUNTIME("ServingRuntime", "name: 'A'",
              "containers: [{name: "
              "kserve-container}]"),
        "error metadata.name: 'A' is no name to Kubernetes: expected lower-case "
        "letters, "
        "digits, '-' and '.', a letter or digit at both ends\n");
    finds(RUNTIME("ServingRuntime", "name: 1.a-b",
              "containers: [{name: kserve-container}]"),
        "nothing\n");
}
END_TEST

/* "-predictor" and a name of 53 characters are 63. */
START_TEST(long_names)
{
    finds(NAMED("name: " TEN TEN TEN TEN TEN "abc"), "nothing\n");
    finds(NAMED("name: " TEN TEN TEN TEN TEN "abcd"),
        "error metadata.name: the name has 54 characters: expected at most 53, as that "
        "of a component adds 10 to it and no name of a service in Kubernetes is longer "
        "than 63\n");
    finds(NAMED("name: " TEN TEN TEN TEN TEN TEN "abcd"),
        "error metadata.name: the name has 64 characters: expected at most 63\n");
}
END_TEST

START_TEST(blocked_variables)
{
    static const char found[] =
        "PYTHONPATH may not be set: it would change the code that a server runs\n";
    char expected[300];
    static const char *const places[][2] = {
        {"predictor: {sklearn: {env: [{name: PYTHONPATH}]}}", "spec.predictor.sklearn"},
        {"predictor: {" SKLEARN ", initContainers: [{name: i, image: i, env: [{name: "
         "PYTHONPATH}]}]}",
            "spec.predictor.initContainers[0]"},
        {"predictor: {" SKLEARN
         "}, transformer: {containers: [{name: t, image: t, env: "
         "[{name: PYTHONPATH}]}]}",
            "spec.transformer.containers[0]"},
        {"predictor: {" SKLEARN "}, explainer: {art: {type: SquareAttack, env: [{name: "
         "PYTHONPATH}]}}",
            "spec.explainer.art"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *text =
            kf_edited("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
                      "metadata: {name: a}\nspec: {X}\n",
                "X", places[i][0]);
        (void)snprintf(
            expected, sizeof expected, "error %s.env[0]: %s", places[i][1], found);
        finds(text, expected);
        kf_text_free(text);
    }
}
END_TEST

/* The fields of several documents stand below their names. */
START_TEST(several_documents)
{
    finds(PREDICTOR("sklearn: {}, minReplica: 1") "---\n" GRAPH(
              "    root: {routerType: Sequence, steps: [{serviceName: iris}, "
              "{serviceName: irid}]}\n"),
        "warning iris.spec.predictor.minReplica: unknown field 'minReplica', ignored; "
        "did you mean 'minReplicas'?\n"
        "warning chain.spec.nodes.root.steps[1].serviceName: there is no "
        "InferenceService 'irid' here, in namespace default; did you mean 'iris'?\n");
    finds("apiVersion: v1\nkind: List\nitems:\n- 1\n- {apiVersion: v1}\n",
        "error : the document is no mapping: expected one with apiVersion and kind\n"
        "error kind: the document has no kind: expected InferenceService or another of "
        "KServe's or Kubernetes' kinds\n");
}
END_TEST

/* All that is wrong, at once. */
START_TEST(all_findings)
{
    finds(
        ISVC("  predictor: {minReplicas: -1, maxReplicas: two, containers: [{}, {}]}\n"
             "  transformer: {}\n"),
        "error spec.predictor.maxReplicas: a whole number of 32 bits expected, not "
        "text\n"
        "warning spec.predictor.containers[0].image: on a cluster the container needs "
        "an "
        "image\n"
        "error spec.predictor.containers[1].name: the container needs a name\n"
        "warning spec.predictor.containers[1].image: on a cluster the container needs "
        "an "
        "image\n"
        "error spec.predictor.minReplicas: minReplicas is -1: expected 0 or more\n"
        "error spec.transformer: the transformer has nothing that serves: expected "
        "containers\n");
}
END_TEST

START_TEST(configuration)
{
    finds(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n"
        "data: {deploy: '{\"defaultDeploymentMode\": \"Fast\"}', ingress: '[', logger: "
        "'1'}\n",
        "error data.deploy: defaultDeploymentMode 'Fast': expected Knative, Standard "
        "or "
        "ModelMesh\n"
        "error data.ingress: not valid JSON: ']' expected near end of file (at column "
        "1 of: [)\n"
        "error data.logger: a JSON object expected\n");
}
END_TEST

START_TEST(a_document_by_itself)
{
    kf_service *service = load(PREDICTOR(SKLEARN ", minReplica: 1, minReplicas: -1"));
    kf_report *report = NULL;
    ck_ok(kf_service_check(service, &report));
    char *found = shown(report);
    ck_assert_str_eq(found,
        "warning spec.predictor.minReplica: unknown field 'minReplica', ignored; did "
        "you "
        "mean 'minReplicas'?\n"
        "error spec.predictor.minReplicas: minReplicas is -1: expected 0 or more\n");
    kf_text_free(found);
    kf_report_free(report);
    kf_service_free(service);
    kf_services *services = load_all(PREDICTOR(SKLEARN ", minReplicas: -1"));
    ck_ok(kf_services_check(services, &report));
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_int_eq(kf_report_at(report, 0)->line, 5);
    kf_report_free(report);
    kf_services_free(services);
}
END_TEST

static kf_status check_it(const char *text)
{
    kf_report *report = NULL;
    kf_status status = kf_services_check_text(text, strlen(text), &report);
    kf_report_free(report);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(check_it(
        PREDICTOR("workerSpec: {}, " SKLEARN ", logger: {mode: al}, "
                  "storageUris: []") "---\n" GRAPH("    root: {routerType: Splitter, "
                                                   "steps: [{nodeName: a, "
                                                   "condition: '#('}]}\n")));
}
END_TEST

KF_TEST_MAIN("serving/check", sound, names, long_names, blocked_variables,
    several_documents, all_findings, configuration, a_document_by_itself, out_of_memory)
