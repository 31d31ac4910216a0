/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#define TEMPLATE "spec.trialTemplate"
#define POD TEMPLATE ".trialSpec.spec.template.spec"

START_TEST(fields)
{
    finds("    primaryContainerName: train\n", "",
        "error " TEMPLATE ".primaryContainerName: the template needs the name of its "
        "primary container\n");
    finds("    primaryContainerName: train\n", "    primaryContainerName: trian\n",
        "error " TEMPLATE
        ".primaryContainerName: the Job has no container 'trian'; did "
        "you mean 'train'?\n");
    finds("kind: Job\n", "kind: Jobb\n",
        "error " TEMPLATE ".successCondition: the template needs a successCondition: "
        "Katib knows that of Jobs and training jobs in a trialSpec alone\n"
        "error " TEMPLATE ".failureCondition: the template needs a failureCondition: "
        "Katib knows that of Jobs and training jobs in a trialSpec alone\n");
    finds("    primaryContainerName: train\n",
        "    primaryContainerName: train\n    successCondition: status.#(a==\n",
        "error " TEMPLATE ".successCondition: column 9 of the path 'status.#(a==': a "
        "bracket is not closed\n");
    finds("    primaryContainerName: train\n",
        "    primaryContainerName: train\n    failureCondition: status.@reverse\n",
        "error " TEMPLATE ".failureCondition: column 8 of the path 'status.@reverse': "
        "libkf has no modifier but @this\n");
    finds("      kind: Job\n", "",
        "error " TEMPLATE ".successCondition: the template needs a successCondition: "
        "Katib knows that of Jobs and training jobs in a trialSpec alone\n"
        "error " TEMPLATE ".failureCondition: the template needs a failureCondition: "
        "Katib knows that of Jobs and training jobs in a trialSpec alone\n"
        "error " TEMPLATE ".trialSpec.kind: the trial needs kind\n");
    finds("      apiVersion: batch/v1\n", "",
        "error " TEMPLATE ".trialSpec.apiVersion: the trial needs apiVersion\n");
    finds("      kind: Job\n",
        "      kind: Job\n      metadata: {name: a, namespace: b}\n",
        "error " TEMPLATE ".trialSpec.metadata.name: name must be left out: each trial "
        "has its own\n"
        "error " TEMPLATE ".trialSpec.metadata.namespace: namespace must be left out: "
        "each trial has its own\n");
}
END_TEST

START_TEST(pods_of_jobs)
{
    finds("restartPolicy: Never\n", "restartPolicy: Always\n",
        "error " POD ".restartPolicy: restartPolicy of a Job must be Never or "
        "OnFailure\n");
    finds("            restartPolicy: Never\n", "",
        "error " POD ".restartPolicy: restartPolicy of a Job must be Never or "
        "OnFailure\n");
    finds("restartPolicy: Never\n", "restartPolicy: OnFailure\n", "nothing\n");
    finds("            containers:\n", "            initContainers:\n",
        "error " POD ".containers: a Job needs a container\n");
}
END_TEST

START_TEST(trial_parameters)
{
    finds("{name: rate, reference: lr}", "{name: rate}",
        "error " TEMPLATE ".trialParameters: no trial parameter refers to 'lr', for "
        "which Katib makes no trial\n"
        "error " TEMPLATE ".trialParameters[0]: a trial parameter needs a name and a "
        "reference\n");
    finds("{name: rate, reference: lr}", "{name: rate, reference: lr, x: 1}",
        "warning " TEMPLATE ".trialParameters[0].x: unknown field 'x', ignored\n");
    finds("{name: rate, reference: lr}", "{name: 'ra{te', reference: lr}",
        "error " TEMPLATE ".trialSpec: ${trialParameters.rate} is in the template, but "
        "not among the trialParameters\n"
        "error " TEMPLATE ".trialParameters[0].name: 'ra{te' must not have braces\n");
    finds("{name: depth, reference: layers}", "{name: rate, reference: layers}",
        "error " TEMPLATE
        ".trialSpec: ${trialParameters.depth} is in the template, but "
        "not among the trialParameters\n"
        "error " TEMPLATE ".trialParameters[1].name: there is a trial parameter 'rate' "
        "already\n");
    finds("{name: depth, reference: layers}", "{name: depth, reference: lr}",
        "error " TEMPLATE
        ".trialParameters: no trial parameter refers to 'layers', for "
        "which Katib makes no trial\n"
        "error " TEMPLATE
        ".trialParameters[1].reference: another trial parameter refers "
        "to 'lr' already\n");
    finds("    - {name: act, reference: act}\n",
        "    - {name: act, reference: act}\n    - {name: tn, reference: "
        "'${trialSpec.Name}'}\n",
        "error " TEMPLATE
        ".trialParameters[3].name: the template has no ${trialParameters.tn}\n");
    finds("${trialParameters.act}", "${trialParameters.action}",
        "error " TEMPLATE
        ".trialSpec: ${trialParameters.action} is in the template, but "
        "not among the trialParameters\n"
        "error " TEMPLATE
        ".trialParameters[2].name: the template has no ${trialParameters.act}\n");
    finds(
        "    trialParameters:\n    - {name: rate, reference: lr}\n    - {name: depth, "
        "reference: layers}\n    - {name: act, reference: act}\n",
        "",
        "error " TEMPLATE ".trialParameters: the template needs trialParameters\n"
        "error " TEMPLATE ".trialSpec: ${trialParameters.rate} is in the template, but "
        "not among the trialParameters\n"
        "error " TEMPLATE
        ".trialSpec: ${trialParameters.depth} is in the template, but "
        "not among the trialParameters\n"
        "error " TEMPLATE ".trialSpec: ${trialParameters.act} is in the template, but "
        "not among the trialParameters\n");
}
END_TEST

#define META(reference)                                                                \
    "{name: act, reference: act}\n    - {name: m, reference: '${trialSpec." reference  \
    "}'}\n"

static void meta(const char *new, const char *expected)
{
    char *text = kf_edited(sound, "              - python\n",
        "              - python\n              - ${trialParameters.m}\n");
    char *changed = kf_edited(text, "{name: act, reference: act}\n", new);
    check_finds(changed, expected);
    kf_text_free(text);
    kf_text_free(changed);
}

START_TEST(references_to_the_trial)
{
    meta(META("Name"), "nothing\n");
    meta(META("Namespace"), "nothing\n");
    meta(META("Kind"), "nothing\n");
    meta(META("APIVersion"), "nothing\n");
    meta(META("Labels[a]"),
        "error " TEMPLATE
        ".trialParameters[3].reference: the trial template has nothing "
        "that '${trialSpec.Labels[a]}' refers to\n");
    meta(META("UID"),
        "error " TEMPLATE ".trialParameters[3].reference: '${trialSpec.UID}' is no "
        "parameter of the experiment\n");
}
END_TEST

/* ---- where the template stands ---- */

#define MAP                                                                            \
    "    configMap: {configMapName: templates, configMapNamespace: kubeflow, "         \
    "templatePath: t.yaml}\n"

static const char mapped[] =
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: tuning}\n"
    "spec:\n"
    "  maxTrialCount: 3\n"
    "  objective: {type: maximize, objectiveMetricName: accuracy}\n"
    "  algorithm: {algorithmName: random}\n"
    "  parameters:\n"
    "  - {name: num, parameterType: int, feasibleSpace: {min: '1', max: '4'}}\n"
    "  trialTemplate:\n"
    "    primaryContainerName: train\n"
    "    successCondition: status.done\n"
    "    failureCondition: status.failed\n"
    "    trialParameters:\n"
    "    - {name: num, reference: num}\n" MAP;

static const char map[] = "---\n"
                          "apiVersion: v1\n"
                          "kind: ConfigMap\n"
                          "metadata: {name: templates, namespace: kubeflow}\n"
                          "data:\n"
                          "  t.yaml: |\n"
                          "    apiVersion: batch/v1\n"
                          "    kind: Job\n"
                          "    spec:\n"
                          "      backoffLimit: ${trialParameters.num}\n";

static void finds_in_map(
    const char *old, const char *new, const char *documents, const char *expected)
{
    char *text = kf_edited(mapped, old, new);
    kf_buf both = KF__BUF_INIT;
    kf__buf_puts(&both, text);
    kf__buf_puts(&both, documents);
    check_finds(kf__buf_text(&both), expected);
    kf__buf_finish(&both);
    kf_text_free(text);
}

START_TEST(config_maps)
{
    finds_in_map("tuning", "tuning", "",
        "warning " TEMPLATE
        ".configMap: the trial template is 't.yaml' of the ConfigMap "
        "'templates', which is not in this text: put it beside the experiment\n");
    finds_in_map("configMapName: templates, ", "", "",
        "error " TEMPLATE ".configMap.configMapName: the ConfigMap of the template "
        "needs configMapName\n");
    finds_in_map("configMapNamespace: kubeflow, templatePath: t.yaml", "", "",
        "error " TEMPLATE
        ".configMap.configMapNamespace: the ConfigMap of the template "
        "needs configMapNamespace\n"
        "error " TEMPLATE
        ".configMap.templatePath: the ConfigMap of the template needs templatePath\n");
    finds_in_map(MAP, "", "",
        "error " TEMPLATE
        ".trialSpec: a template needs either a trialSpec or a configMap\n");
    finds_in_map(MAP,
        MAP "    trialSpec: {apiVersion: v1, kind: Pod, x: "
            "'${trialParameters.num}'}\n",
        "",
        "error " TEMPLATE
        ".configMap: a template needs either a trialSpec or a configMap, not both\n");
    finds_in_map("tuning", "tuning",
        "---\n{kind: ConfigMap, metadata: {name: "
        "templates}, data: {t.yaml: 'a: [b'}}\n",
        "error " TEMPLATE
        ".configMap: not valid YAML: did not find expected ',' or ']' "
        "(while parsing a flow sequence in line 1)\n");
    finds_in_map("tuning", "tuning",
        "---\n{kind: ConfigMap, metadata: {name: "
        "templates}, data: {t.yaml: 'text'}}\n",
        "error " TEMPLATE
        ".configMap: what the ConfigMap holds is no object of Kubernetes\n");
    /* As a number, once a value is put in; the check sees text. */
    finds_in_map("tuning", "tuning", map,
        "error " TEMPLATE ".configMap.spec.backoffLimit: a whole number expected in a "
        "Job\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_check_template", fields, pods_of_jobs, trial_parameters,
    references_to_the_trial, config_maps)
