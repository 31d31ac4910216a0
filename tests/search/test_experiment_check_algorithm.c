/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#define RANDOM "algorithmName: random\n"
#define SETTINGS "spec.algorithm.algorithmSettings"
#define WITH(name, settings)                                                           \
    "algorithmName: " name "\n    algorithmSettings: [" settings "]\n"

START_TEST(algorithms)
{
    finds("  algorithm:\n    algorithmName: random\n", "",
        "error spec.algorithm: an experiment needs an algorithm\n");
    finds("    algorithmName: random\n", "    algorithmSettings: []\n",
        "error spec.algorithm.algorithmName: algorithm needs an algorithmName\n");
    kf_experiment *experiment = load_edited(RANDOM, "algorithmName: randon\n");
    kf_report *report;
    ck_ok(kf_experiment_check(experiment, &report));
    ck_assert_uint_eq(kf_report_count(report), 1);
    const kf_finding *finding = kf_report_at(report, 0);
    ck_assert_str_eq(finding->where, "spec.algorithm.algorithmName");
    ck_assert_int_eq(finding->code, KF_ENOENT);
    ck_assert_ptr_nonnull(strstr(finding->message,
        "there is no algorithm 'randon'; did you mean 'random'? Expected one of "));
    kf_report_free(report);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(settings)
{
    finds(RANDOM, WITH("random", "{name: random_state, value: '10'}"), "nothing\n");
    finds(RANDOM, WITH("random", "{name: random_state, value: '-1'}"),
        "error " SETTINGS
        "[0].value: random_state of random is -1: expected an integer "
        "from 0 to 9007199254740992\n");
    finds(RANDOM, WITH("random", "{name: random_state, value: abc}"),
        "error " SETTINGS "[0].value: random_state of random must be an integer\n");
    finds(RANDOM, WITH("random", "{name: randomstate, value: '1'}"),
        "error " SETTINGS "[0].name: random has no setting 'randomstate': did you mean "
        "'random_state'?\n");
    finds(RANDOM, WITH("random", "{value: '1'}"),
        "error " SETTINGS "[0].name: a setting needs a name\n");
    finds(RANDOM,
        WITH("random",
            "{name: random_state, value: '1'}, {name: random_state, value: '2'}"),
        "warning " SETTINGS
        "[0].name: the setting 'random_state' is given again below, "
        "and that counts\n");
    finds(RANDOM, WITH("random", "{name: random_state, value: 3}"),
        "error " SETTINGS
        "[0].value: text expected, not a number: write it in quotes\n");
}
END_TEST

START_TEST(early_stopping)
{
    finds("  parameters:\n",
        "  earlyStopping: {algorithmName: medianstop}\n  parameters:\n", "nothing\n");
    finds("  parameters:\n", "  earlyStopping: {}\n  parameters:\n",
        "error spec.earlyStopping.algorithmName: earlyStopping needs an "
        "algorithmName\n");
    kf_experiment *experiment = load_edited(
        "  parameters:\n", "  earlyStopping: {algorithmName: median}\n  parameters:\n");
    kf_report *report;
    ck_ok(kf_experiment_check(experiment, &report));
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_str_eq(
        kf_report_at(report, 0)->where, "spec.earlyStopping.algorithmName");
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 0)->message,
        "there is no early stopping algorithm 'median'"));
    kf_report_free(report);
    kf_experiment_free(experiment);
}
END_TEST

/* The errors of an edited document, whatever else is found. */
static void has_error(const char *old, const char *new, const char *line)
{
    char *text = kf_edited(sound, old, new);
    kf_report *report = NULL;
    ck_ok(kf_experiment_check_text(text, strlen(text), &report));
    char *found = shown(report);
    ck_assert_msg(strstr(found, line) != NULL, "%s\nis not in\n%s", line, found);
    kf_text_free(found);
    kf_report_free(report);
    kf_text_free(text);
}

static void has_no_error(const char *old, const char *new)
{
    char *text = kf_edited(sound, old, new);
    kf_report *report = NULL;
    ck_ok(kf_experiment_check_text(text, strlen(text), &report));
    char *found = shown(report);
    ck_assert_msg(kf_report_errors(report) == 0, "%s", found);
    kf_text_free(found);
    kf_report_free(report);
    kf_text_free(text);
}

START_TEST(grid)
{
    has_error(RANDOM, "algorithmName: grid\n",
        "error spec.parameters[0].feasibleSpace.step: grid needs a step for 'lr', "
        "which "
        "is a double\n");
    /* 5 × 4 × 2 configurations. */
    char *text = kf_edited(sound, "max: '0.05'", "max: '0.05', step: '0.01'");
    char *stepped = kf_edited(text, RANDOM, "algorithmName: grid\n");
    char *enough = kf_edited(stepped, "maxTrialCount: 6", "maxTrialCount: 40");
    char *many = kf_edited(stepped, "maxTrialCount: 6", "maxTrialCount: 41");
    check_finds(enough, "nothing\n");
    check_finds(many,
        "error spec.maxTrialCount: maxTrialCount is 41, but the grid has 40 "
        "combinations: expected at most so many\n");
    kf_text_free(text);
    kf_text_free(stepped);
    kf_text_free(enough);
    kf_text_free(many);
}
END_TEST

START_TEST(cmaes)
{
    has_no_error(RANDOM, "algorithmName: cmaes\n");
    char *text = kf_edited(sound, RANDOM, "algorithmName: cmaes\n");
    char *one =
        kf_edited(text, "parameterType: int\n    feasibleSpace: {min: '1', max: '4'}",
            "parameterType: categorical\n    feasibleSpace: {list: ['1', '2']}");
    check_finds(one,
        "error spec.algorithm: cmaes needs two parameters of type int or double, and "
        "there is 1\n");
    kf_text_free(text);
    kf_text_free(one);
}
END_TEST

#define HYPERBAND(r_l, eta, resource)                                                  \
    WITH("hyperband", "{name: r_l, value: '" r_l "'}, {name: eta, value: '" eta        \
                      "'}, {name: resource_name, value: " resource "}")

START_TEST(hyperband)
{
    has_error(RANDOM, HYPERBAND("9", "3", "layers"),
        "error spec.parallelTrialCount: parallelTrialCount is 2: hyperband with r_l 9 "
        "and eta 3 needs 9 or more\n");
    has_no_error(RANDOM, HYPERBAND("3", "2", "layers"));
    has_error(RANDOM, HYPERBAND("3", "2", "epochs"),
        "error " SETTINGS ": resource_name is 'epochs', which is no parameter\n");
}
END_TEST

START_TEST(pbt)
{
    has_error(RANDOM,
        WITH("pbt",
            "{name: suggestion_trial_dir, value: /tmp}, {name: n_population, value: "
            "'10'}, {name: truncation_threshold, value: '0.2'}"),
        "warning spec.parameters[0]: on a cluster pbt needs a step for 'lr', which is "
        "a "
        "double\n");
}
END_TEST

START_TEST(architectures)
{
    has_error(RANDOM, "algorithmName: darts\n",
        "error spec.nasConfig: darts searches an architecture: it needs a nasConfig\n");
    has_error(RANDOM, "algorithmName: enas\n",
        "error spec.nasConfig: enas searches an architecture: it needs a nasConfig\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_check_algorithm", algorithms, settings, early_stopping,
    grid, cmaes, hyperband, pbt, architectures)
