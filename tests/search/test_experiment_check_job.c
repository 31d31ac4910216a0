/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

START_TEST(objectives)
{
    finds_in_job("  - {metric: accuracy, direction: Maximize}\n",
        "  - {metric: a}\n  - {metric: b}\n",
        "error spec.objectives: there are 2 objectives: expected one\n");
    finds_in_job("  objectives:\n  - {metric: accuracy, direction: Maximize}\n", "",
        "error spec.objectives: there are 0 objectives: expected one\n");
    finds_in_job("{metric: accuracy, direction: Maximize}", "{direction: maximize}",
        "error spec.objectives[0].metric: an objective needs a metric of 1 to 64 "
        "characters\n"
        "error spec.objectives[0].direction: direction 'maximize': expected Maximize "
        "or "
        "Minimize\n");
}
END_TEST

START_TEST(counts)
{
    finds_in_job("numTrials: 8", "numTrials: 101",
        "error spec.numTrials: numTrials is 101: expected 1 to 100\n");
    finds_in_job("numTrials: 8", "numTrials: 0",
        "error spec.numTrials: numTrials is 0: expected 1 to 100\n"
        "error spec.parallelTrials: parallelTrials is 2, more than numTrials, 0\n");
    finds_in_job("parallelTrials: 2", "parallelTrials: 9",
        "error spec.parallelTrials: parallelTrials is 9, more than numTrials, 8\n");
}
END_TEST

#define GRID                                                                           \
    "warning spec.searchAlgorithm.grid: the trainer's controller knows random alone "  \
    "yet: grid runs here only\n"

START_TEST(algorithms)
{
    finds_in_job("random: {seed: 7}", "random: {}\n    grid: {}",
        "error spec.searchAlgorithm: a search algorithm is either random or grid\n" GRID
        "error spec.parameters[0].searchSpace: grid takes categorical parameters "
        "alone\n"
        "error spec.parameters[1].searchSpace: grid takes categorical parameters "
        "alone\n");
    finds_in_job("    random: {seed: 7}\n", "    tpe: {}\n",
        "warning spec.searchAlgorithm.tpe: unknown field 'tpe', ignored\n"
        "error spec.searchAlgorithm: a search algorithm is either random or grid\n");
}
END_TEST

START_TEST(parameters)
{
    finds_in_job("- name: lr", "- name: l-r",
        "error spec.parameters[0].name: name 'l-r': expected 1 to 64 letters, digits "
        "and "
        "'_', no digit first\n");
    finds_in_job("- name: layers", "- name: lr",
        "error spec.parameters[1]: there is a parameter 'lr' already\n");
    finds_in_job("min: '1e-4'", "min: '.1'",
        "error spec.parameters[0].searchSpace.logUniform.min: min is '.1': expected a "
        "number\n");
    finds_in_job("min: '1e-4'", "min: '01'",
        "error spec.parameters[0].searchSpace.logUniform.min: min is '01': expected a "
        "number\n");
    finds_in_job("min: '1e-4'", "min: '1e'",
        "error spec.parameters[0].searchSpace.logUniform.min: min is '1e': expected a "
        "number\n");
    finds_in_job("min: '1e-4'", "min: '0'",
        "error spec.parameters[0]: min of 'lr' is 0: a logarithmic distribution needs "
        "a "
        "positive one\n");
    finds_in_job("type: Int", "type: int",
        "error spec.parameters[1].searchSpace.uniform.type: type 'int': expected Int "
        "or "
        "Float\n");
    finds_in_job("min: '1', max: '4', type: Int", "min: '1.5', max: '4', type: Int",
        "error spec.parameters[1]: min of parameter 'layers' is '1.5': expected a "
        "whole "
        "number\n");
    finds_in_job("[relu, gelu]", "[]",
        "error spec.parameters[2].searchSpace.categorical.choices: there are 0 "
        "choices: "
        "expected 1 to 100\n");
    finds_in_job("[relu, gelu]", "[relu, relu]",
        "error spec.parameters[2].searchSpace.categorical.choices[1]: 'relu' stands in "
        "the list twice\n");
    finds_in_job("[relu, gelu]",
        "[a23456789012345678901234567890123456789012345678901234567890123456789]",
        "error spec.parameters[2].searchSpace.categorical.choices[0]: a choice has "
        "more "
        "than 64 characters\n");
    finds_in_job("categorical: {choices: [relu, gelu]}",
        "categorical: {choices: [a]}\n      uniform: {min: '1', max: '2'}",
        "error spec.parameters[2].searchSpace: a search space is one of uniform, "
        "logUniform and categorical\n");
}
END_TEST

START_TEST(how_many_parameters)
{
    const char *all = strstr(job, "  - name: lr\n");
    const char *end = strstr(job, "  numTrials: 8\n");
    kf_buf many = KF__BUF_INIT, some = KF__BUF_INIT;
    kf__buf_append(&some, all, (size_t)(end - all));
    kf__buf_puts(&many, "\n");
    for (int i = 0; i <= 100; i++)
        kf__buf_printf(&many,
            "  - {name: p%d, searchSpace: {uniform: {min: '1', max: '4'}}}\n", i);
    finds_in_job("  parameters:\n", "  parameters: []\n  others:\n",
        "warning spec.others: unknown field 'others', ignored\n"
        "error spec.parameters: there are 0 parameters: expected 1 to 100\n");
    finds_in_job(kf__buf_text(&some), kf__buf_text(&many),
        "error spec.parameters: there are 101 parameters: expected 1 to 100\n");
    kf__buf_finish(&many);
    kf__buf_finish(&some);
}
END_TEST

START_TEST(templates)
{
    finds_in_job("  trainJobTemplate:\n    spec:\n",
        "  trainJobTemplate:\n    other:\n",
        "warning spec.trainJobTemplate.other: unknown field 'other', ignored\n"
        "error spec.trainJobTemplate.spec: the job needs the spec of its TrainJobs\n");
    finds_in_job("  trainJobTemplate:\n",
        "  trainJobTemplate:\n    metadata: {name: a, namespace: b}\n",
        "error spec.trainJobTemplate.metadata.name: name must be left out: each trial "
        "has its own\n"
        "error spec.trainJobTemplate.metadata.namespace: namespace must be left out: "
        "each trial has its own\n");
}
END_TEST

START_TEST(updates)
{
    char *changed = kf_edited(job, "numTrials: 8", "numTrials: 9");
    kf_experiment *before = load(job), *after = load(changed);
    kf_report *report;
    ck_ok(kf_experiment_check_update(before, after, &report));
    char *found = shown(report);
    ck_assert_str_eq(
        found, "error spec.maxTrialCount: maxTrialCount cannot be changed\n");
    kf_text_free(found);
    kf_report_free(report);
    kf_experiment_free(before);
    kf_experiment_free(after);
    kf_text_free(changed);
}
END_TEST

KF_TEST_MAIN("search/experiment_check_job", how_many_parameters, objectives, counts,
    algorithms, parameters, templates, updates)
