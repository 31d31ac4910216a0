/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"
#include "search/template.h"

static const char parameters[] = "{\"lr\": 0.02, \"layers\": 3, \"act\": \"relu\"}";

static kf_status render(
    const kf_experiment *experiment, const char *params, const char *path, char **out)
{
    kf_value *values = json(params);
    kf_tree tree = KF__TREE_INIT;
    kf_value *trial = NULL;
    kf_buf buf = KF__BUF_INIT;
    kf_status status =
        kf__template_render(experiment, "tuning-1", values, &tree, &trial);
    const kf_value *spec = kf_value_get(
        kf_value_get(kf_value_get(kf_value_get(trial, "spec"), "template"), "spec"),
        "containers");
    if (status == KF_OK)
        kf__put_json(&buf, kf_value_get(kf_value_at(spec, 0), path), KF_JSON_SPACED);
    if (status == KF_OK)
        status = kf__buf_take(&buf, out);
    kf__tree_finish(&tree);
    kf_value_free(values);
    return status;
}

static void gives(const kf_experiment *experiment, const char *params, const char *path,
    const char *expected)
{
    char *text = NULL;
    ck_ok(render(experiment, params, path, &text));
    ck_assert_str_eq(text, expected);
    kf_text_free(text);
}

START_TEST(values)
{
    kf_experiment *experiment = load(sound);
    gives(experiment, parameters, "command",
        "[\"python\", \"--lr=0.02\", \"--layers=3\", \"relu\"]");
    gives(experiment, "{\"lr\": 1e-05, \"layers\": 3.0, \"act\": [1, \"a\"]}",
        "command",
        "[\"python\", \"--lr=1e-05\", \"--layers=3.0\", \"[1, \\\"a\\\"]\"]");
    kf_experiment_free(experiment);
}
END_TEST

/* Katib puts values into the JSON text, where these break it. */
START_TEST(values_with_quotes)
{
    kf_experiment *experiment = load(sound);
    gives(experiment, "{\"lr\": \"\\\"\\\\\\n\", \"layers\": 1, \"act\": \"{'a': 1}\"}",
        "command", "[\"python\", \"--lr=\\\"\\\\\\n\", \"--layers=1\", \"{'a': 1}\"]");
    gives(experiment,
        "{\"lr\": \"${trialParameters.act}\", \"layers\": 1, \"act\": \"x\"}",
        "command",
        "[\"python\", \"--lr=${trialParameters.act}\", \"--layers=1\", \"x\"]");
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(references)
{
    char *text = kf_edited(sound, "    - {name: act, reference: act}\n",
        "    - {name: act, reference: act}\n"
        "    - {name: tn, reference: '${trialSpec.Name}'}\n"
        "    - {name: ns, reference: '${trialSpec.Namespace}'}\n"
        "    - {name: k, reference: '${trialSpec.Kind}'}\n"
        "    - {name: v, reference: '${trialSpec.APIVersion}'}\n"
        "    - {name: a, reference: '${trialSpec.Annotations[my.key/x]}'}\n"
        "    - {name: l, reference: '${trialSpec.Labels[b]}'}\n");
    char *labelled = kf_edited(text, "      kind: Job\n",
        "      kind: Job\n      metadata: {annotations: {my.key/x: one}, labels: {b: "
        "two}}\n");
    char *whole = kf_edited(labelled, "              image: python:3.11\n",
        "              image: ${trialParameters.tn}/${trialParameters.ns}/"
        "${trialParameters.k}/${trialParameters.v}/${trialParameters.a}/"
        "${trialParameters.l}\n");
    check_finds(whole, "nothing\n");
    kf_experiment *experiment = load(whole);
    gives(experiment, parameters, "image", "\"tuning-1/default/Job/batch/v1/one/two\"");
    kf_experiment_free(experiment);
    kf_text_free(text);
    kf_text_free(labelled);
    kf_text_free(whole);
}
END_TEST

START_TEST(placeholders_in_names)
{
    kf_experiment *experiment = load_edited("              image: python:3.11\n",
        "              resources: {'a-${trialParameters.act}': "
        "'${trialParameters.act}${trialParameters.act}', b: [1, true, null]}\n");
    gives(experiment, parameters, "resources",
        "{\"a-relu\": \"relurelu\", \"b\": [1, true, null]}");
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(errors)
{
    char *text = NULL;
    kf_experiment *experiment = load(sound);
    ck_fails(render(experiment, "{\"lr\": 1, \"act\": \"x\"}", "command", &text),
        KF_EMISSING,
        "trial parameter 'depth' refers to 'layers', which has no value in this trial");
    kf_experiment_free(experiment);
    experiment = load_edited("${trialParameters.act}", "${trialParameters.action}");
    ck_fails(render(experiment, parameters, "command", &text), KF_ENOENT,
        "the template has ${trialParameters.action}, which is no trial parameter");
    kf_experiment_free(experiment);
    experiment = load_edited("reference: act", "reference: '${trialSpec.Labels[x]}'");
    ck_fails(render(experiment, parameters, "command", &text), KF_EMISSING,
        "refers to '${trialSpec.Labels[x]}', which has no value in this trial");
    kf_experiment_free(experiment);
}
END_TEST

/* ---- ConfigMaps ---- */

static const char mapped[] =
    "kind: ConfigMap\n"
    "apiVersion: v1\n"
    "metadata: {name: templates, namespace: kubeflow}\n"
    "data:\n"
    "  job.yaml: |\n"
    "    kind: Job\n"
    "    spec:\n"
    "      template:\n"
    "        spec:\n"
    "          containers:\n"
    "          - a: ${trialParameters.num}\n"
    "            b: 'x${trialParameters.num}'\n"
    "---\n"
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: tuning}\n"
    "spec:\n"
    "  trialTemplate:\n"
    "    configMap: {configMapName: templates, configMapNamespace: kubeflow, "
    "templatePath: job.yaml}\n"
    "    trialParameters: [{name: num, reference: num}]\n";

START_TEST(config_maps)
{
    char *text = NULL;
    kf_experiment *experiment = load(mapped);
    gives(experiment, "{\"num\": 5}", "a", "5");
    gives(experiment, "{\"num\": 5}", "b", "\"x5\"");
    gives(experiment, "{\"num\": \"relu\"}", "a", "\"relu\"");
    /* No text of YAML is made of values like these. */
    gives(experiment, "{\"num\": \"'}, c: {d\"}", "a", "\"'}, c: {d\"");
    gives(experiment, "{\"num\": \"'}, c: {d\"}", "b", "\"x'}, c: {d\"");
    kf_experiment_free(experiment);
    char *elsewhere = kf_edited(mapped, "name: templates", "name: others");
    experiment = load(elsewhere);
    ck_fails(render(experiment, "{\"num\": 5}", "a", &text), KF_ENOENT,
        "the trial template is 'job.yaml' of the ConfigMap 'templates', which is not "
        "in "
        "this text");
    kf_experiment_free(experiment);
    kf_text_free(elsewhere);
    elsewhere = kf_edited(mapped, "namespace: kubeflow", "namespace: other");
    experiment = load(elsewhere);
    ck_fails(
        render(experiment, "{\"num\": 5}", "a", &text), KF_ENOENT, "not in this text");
    kf_experiment_free(experiment);
    kf_text_free(elsewhere);
}
END_TEST

START_TEST(marks)
{
    kf_mark mark;
    const char *text = "a${trialParameters.b-c}d";
    ck_assert(kf__mark_find(text, &mark));
    ck_assert_int_eq(mark.start - text, 1);
    ck_assert_str_eq(mark.end, "d");
    ck_assert_uint_eq(mark.name_length, 3);
    ck_assert(!kf__mark_find("${trialParameters.}", &mark));
    ck_assert(!kf__mark_find("${trialParameters.a", &mark));
    ck_assert(!kf__mark_find("$trialParameters.a}", &mark));
    ck_assert(kf__mark_find("${trialParameters.}}", &mark));
    ck_assert_uint_eq(mark.name_length, 1);
}
END_TEST

static kf_status render_it(const kf_experiment *experiment)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *trial, *params = NULL;
    kf_status status = kf_value_parse(parameters, strlen(parameters), &params);
    if (status == KF_OK)
        status = kf__template_render(experiment, "tuning-1", params, &tree, &trial);
    kf__tree_finish(&tree);
    kf_value_free(params);
    return status;
}

START_TEST(out_of_memory)
{
    kf_experiment *experiment = load(sound);
    ck_survives_nomem(render_it(experiment));
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN("search/template", values, values_with_quotes, references,
    placeholders_in_names, errors, config_maps, marks, out_of_memory)
