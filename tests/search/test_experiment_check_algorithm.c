/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include <stdio.h>

#include "search/sampler.h"

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

/* A line among the findings of an edited document, whatever else is found. */
static void has_line(const char *old, const char *new, const char *line)
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

/* Each setting beside a value that it cannot have. */
static const struct {
    const char *algorithm, *setting, *value, *message;
} wrong[] = {
    {"asha", "eta", "1", "eta of asha is 1: expected a number of at least 2"},
    {"asha", "min_resource", "0",
        "min_resource of asha is 0: expected an integer of at least 1"},
    {"asha", "min_early_stopping_rate", "-1",
        "min_early_stopping_rate of asha is -1: expected an integer from 0 to 30"},
    {"asha", "random_state", "-1",
        "random_state of asha is -1: expected an integer from 0 to 9007199254740992"},
    {"auto", "random_state", "-1",
        "random_state of auto is -1: expected an integer from 0 to 9007199254740992"},
    {"bayesianoptimization", "base_estimator", "other",
        "base_estimator of bayesianoptimization is 'other': expected one of "
        "GP|RF|ET|GBRT"},
    {"bayesianoptimization", "n_initial_points", "-1",
        "n_initial_points of bayesianoptimization is -1: expected an integer of at "
        "least 0"},
    {"bayesianoptimization", "acq_func", "other",
        "acq_func of bayesianoptimization is 'other': expected one of "
        "gp_hedge|LCB|EI|PI|EIps|PIps"},
    {"bayesianoptimization", "acq_optimizer", "other",
        "acq_optimizer of bayesianoptimization is 'other': expected one of "
        "auto|sampling|lbfgs"},
    {"bayesianoptimization", "random_state", "-1",
        "random_state of bayesianoptimization is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"bohb", "r_l", "0", "r_l of bohb is 0: expected a number of at least 1"},
    {"bohb", "eta", "1", "eta of bohb is 1: expected a number of at least 2"},
    {"bohb", "random_fraction", "-1",
        "random_fraction of bohb is -1: expected a number from 0 to 1"},
    {"bohb", "n_ei_candidates", "0",
        "n_ei_candidates of bohb is 0: expected an integer from 1 to 9007199254740992"},
    {"bohb", "random_state", "-1",
        "random_state of bohb is -1: expected an integer from 0 to 9007199254740992"},
    {"cmaes", "sigma", "0",
        "sigma of cmaes is 0: expected a number between 0 and 9007199254740992"},
    {"cmaes", "restart_strategy", "other",
        "restart_strategy of cmaes is 'other': expected one of none|ipop|bipop"},
    {"cmaes", "popsize", "3",
        "popsize of cmaes is 3: expected an integer from 4 to 10000"},
    {"cmaes", "random_state", "-1",
        "random_state of cmaes is -1: expected an integer from 0 to 9007199254740992"},
    {"darts", "num_epochs", "0",
        "num_epochs of darts is 0: expected an integer from 1 to 2147483648"},
    {"darts", "w_lr", "-1", "w_lr of darts is -1: expected a number of at least 0"},
    {"darts", "w_lr_min", "-1",
        "w_lr_min of darts is -1: expected a number of at least 0"},
    {"darts", "w_momentum", "-1",
        "w_momentum of darts is -1: expected a number of at least 0"},
    {"darts", "w_weight_decay", "-1",
        "w_weight_decay of darts is -1: expected a number of at least 0"},
    {"darts", "w_grad_clip", "-1",
        "w_grad_clip of darts is -1: expected a number of at least 0"},
    {"darts", "alpha_lr", "-1",
        "alpha_lr of darts is -1: expected a number of at least 0"},
    {"darts", "alpha_weight_decay", "-1",
        "alpha_weight_decay of darts is -1: expected a number of at least 0"},
    {"darts", "batch_size", "0",
        "batch_size of darts is 0: expected an integer from 1 to 2147483648"},
    {"darts", "num_workers", "-1",
        "num_workers of darts is -1: expected an integer from 0 to 2147483648"},
    {"darts", "init_channels", "0",
        "init_channels of darts is 0: expected an integer from 1 to 2147483648"},
    {"darts", "print_step", "0",
        "print_step of darts is 0: expected an integer from 1 to 2147483648"},
    {"darts", "num_nodes", "0",
        "num_nodes of darts is 0: expected an integer from 1 to 2147483648"},
    {"darts", "stem_multiplier", "0",
        "stem_multiplier of darts is 0: expected an integer from 1 to 2147483648"},
    {"enas", "controller_hidden_size", "0",
        "controller_hidden_size of enas is 0: expected an integer from 1 to 1024"},
    {"enas", "controller_temperature", "-1",
        "controller_temperature of enas is -1: expected a number of at least 0"},
    {"enas", "controller_tanh_const", "-1",
        "controller_tanh_const of enas is -1: expected a number of at least 0"},
    {"enas", "controller_entropy_weight", "-1",
        "controller_entropy_weight of enas is -1: expected a number of at least 0"},
    {"enas", "controller_baseline_decay", "-1",
        "controller_baseline_decay of enas is -1: expected a number from 0 to 1"},
    {"enas", "controller_learning_rate", "-1",
        "controller_learning_rate of enas is -1: expected a number from 0 to 1"},
    {"enas", "controller_skip_target", "0",
        "controller_skip_target of enas is 0: expected a number between 0 and 1"},
    {"enas", "controller_skip_weight", "-1",
        "controller_skip_weight of enas is -1: expected a number of at least 0"},
    {"enas", "controller_train_steps", "0",
        "controller_train_steps of enas is 0: expected an integer from 1 to 100000"},
    {"enas", "controller_log_every_steps", "0",
        "controller_log_every_steps of enas is 0: expected an integer of at least 1"},
    {"enas", "random_state", "-1",
        "random_state of enas is -1: expected an integer from 0 to 9007199254740992"},
    {"grid", "random_state", "-1",
        "random_state of grid is -1: expected an integer from 0 to 9007199254740992"},
    {"hyperband", "r_l", "0", "r_l of hyperband is 0: expected a number of at least 1"},
    {"hyperband", "eta", "1", "eta of hyperband is 1: expected a number of at least 2"},
    {"hyperband", "random_state", "-1",
        "random_state of hyperband is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"multivariate-tpe", "n_startup_trials", "-1",
        "n_startup_trials of multivariate-tpe is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"multivariate-tpe", "n_ei_candidates", "-1",
        "n_ei_candidates of multivariate-tpe is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"multivariate-tpe", "random_state", "-1",
        "random_state of multivariate-tpe is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"pbt", "n_population", "4",
        "n_population of pbt is 4: expected an integer of at least 5"},
    {"pbt", "truncation_threshold", "-1",
        "truncation_threshold of pbt is -1: expected a number from 0 to 1"},
    {"pbt", "resample_probability", "-1",
        "resample_probability of pbt is -1: expected a number from 0 to 1"},
    {"pbt", "random_state", "-1",
        "random_state of pbt is -1: expected an integer from 0 to 9007199254740992"},
    {"random", "random_state", "-1",
        "random_state of random is -1: expected an integer from 0 to 9007199254740992"},
    {"sobol", "random_state", "-1",
        "random_state of sobol is -1: expected an integer from 0 to 9007199254740992"},
    {"sobol", "scramble", "maybe", "scramble of sobol must be true or false"},
    {"tpe", "gamma", "0", "gamma of tpe is 0: expected a number between 0 and 1"},
    {"tpe", "prior_weight", "0",
        "prior_weight of tpe is 0: expected a number between 0 and 9007199254740992"},
    {"tpe", "n_EI_candidates", "0",
        "n_EI_candidates of tpe is 0: expected an integer from 1 to 9007199254740992"},
    {"tpe", "n_startup_trials", "-1",
        "n_startup_trials of tpe is -1: expected an integer from 0 to "
        "9007199254740992"},
    {"tpe", "random_state", "-1",
        "random_state of tpe is -1: expected an integer from 0 to 9007199254740992"},
};

START_TEST(settings_of_every_algorithm)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char given[300], expected[300];
        (void)snprintf(given, sizeof given,
            "algorithmName: %s\n    algorithmSettings: [{name: %s, value: '%s'}]\n",
            wrong[i].algorithm, wrong[i].setting, wrong[i].value);
        (void)snprintf(expected, sizeof expected, "error " SETTINGS "[0].value: %s\n",
            wrong[i].message);
        has_line(RANDOM, given, expected);
    }
}
END_TEST

static bool is_in_table(const char *algorithm, const char *setting)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strcmp(wrong[i].algorithm, algorithm) == 0 &&
            strcmp(wrong[i].setting, setting) == 0)
            return true;
    return false;
}

/* Any text will do for some: they have no wrong value. */
START_TEST(no_setting_is_forgotten)
{
    const char *name;
    for (size_t i = 0; (name = kf_algorithm_name(i)) != NULL; i++) {
        const kf_sampler *sampler;
        ck_ok(kf__sampler_find(name, &sampler));
        for (size_t j = 0; j < sampler->setting_count; j++) {
            const kf_setting *setting = &sampler->settings[j];
            bool any = setting->kind == KF_KIND_STRING && setting->choices == NULL;
            ck_assert_msg(any || is_in_table(name, setting->name), "%s of %s",
                setting->name, name);
        }
    }
}
END_TEST

START_TEST(settings_that_must_be_given)
{
    static const char *const needy[] = {"bohb", "hyperband"};
    for (size_t i = 0; i < 2; i++) {
        char given[100], expected[100];
        (void)snprintf(given, sizeof given, "algorithmName: %s\n", needy[i]);
        (void)snprintf(expected, sizeof expected,
            "error " SETTINGS ": %s needs the setting r_l\n", needy[i]);
        has_line(RANDOM, given, expected);
        (void)snprintf(expected, sizeof expected,
            "error " SETTINGS ": %s needs the setting resource_name\n", needy[i]);
        has_line(RANDOM, given, expected);
    }
    has_line(RANDOM, WITH("hyperband", "{name: r_l, value: many}"),
        "error " SETTINGS "[0].value: r_l of hyperband must be a number\n");
}
END_TEST

START_TEST(settings_of_early_stopping)
{
#define STOPPING(name, value)                                                          \
    "  earlyStopping: {algorithmName: medianstop, algorithmSettings: [{name: " name    \
    ", value: '" value "'}]}\n  parameters:\n"
#define AT "error spec.earlyStopping.algorithmSettings[0]."
    has_line("  parameters:\n", STOPPING("start_step", "0"),
        AT "value: start_step of medianstop is 0: expected an integer of at least 1\n");
    has_line("  parameters:\n", STOPPING("min_trials_required", "0"),
        AT "value: min_trials_required of medianstop is 0: expected an integer of at "
           "least 1\n");
    has_line("  parameters:\n", STOPPING("start_step", "1.5"),
        AT "value: start_step of medianstop must be an integer\n");
    has_line("  parameters:\n", STOPPING("min_trials", "1"),
        AT "name: medianstop has no setting 'min_trials'\n");
}
END_TEST

START_TEST(algorithms_that_katib_does_not_have)
{
    static const char *const beyond[] = {"asha", "auto", "bohb"};
    for (size_t i = 0; i < 3; i++) {
        char given[100], expected[200];
        (void)snprintf(given, sizeof given, "algorithmName: %s\n", beyond[i]);
        (void)snprintf(expected, sizeof expected,
            "warning spec.algorithm.algorithmName: Katib has no algorithm '%s': the "
            "experiment runs here only\n",
            beyond[i]);
        has_line(RANDOM, given, expected);
    }
}
END_TEST

START_TEST(grid)
{
    has_line(RANDOM, "algorithmName: grid\n",
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
    has_line(RANDOM, HYPERBAND("9", "3", "layers"),
        "error spec.parallelTrialCount: parallelTrialCount is 2: hyperband with r_l 9 "
        "and eta 3 needs 9 or more\n");
    has_no_error(RANDOM, HYPERBAND("3", "2", "layers"));
    has_line(RANDOM, HYPERBAND("3", "2", "epochs"),
        "error " SETTINGS ": resource_name is 'epochs', which is no parameter\n");
}
END_TEST

START_TEST(pbt)
{
    has_line(RANDOM,
        WITH("pbt",
            "{name: suggestion_trial_dir, value: /tmp}, {name: n_population, value: "
            "'10'}, {name: truncation_threshold, value: '0.2'}"),
        "warning spec.parameters[0]: on a cluster pbt needs a step for 'lr', which is "
        "a "
        "double\n");
}
END_TEST

START_TEST(pbt_on_a_cluster)
{
    static const char *const needed[] = {
        "suggestion_trial_dir", "n_population", "truncation_threshold"};
    for (size_t i = 0; i < 3; i++) {
        char expected[200];
        (void)snprintf(expected, sizeof expected,
            "warning " SETTINGS ": on a cluster pbt needs the setting %s\n", needed[i]);
        has_line(RANDOM, "algorithmName: pbt\n", expected);
    }
}
END_TEST

START_TEST(rates_of_enas)
{
    has_line(RANDOM, WITH("enas", "{name: controller_learning_rate, value: '0'}"),
        "error " SETTINGS ": controller_learning_rate of enas is 0: expected a number "
        "above 0, and up to 1\n");
    has_line(RANDOM, WITH("enas", "{name: controller_baseline_decay, value: '0.0'}"),
        "error " SETTINGS ": controller_baseline_decay of enas is 0: expected a number "
        "above 0, and up to 1\n");
}
END_TEST

START_TEST(architectures)
{
    has_line(RANDOM, "algorithmName: darts\n",
        "error spec.nasConfig: darts searches an architecture: it needs a nasConfig\n");
    has_line(RANDOM, "algorithmName: enas\n",
        "error spec.nasConfig: enas searches an architecture: it needs a nasConfig\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_check_algorithm", algorithms, settings, early_stopping,
    settings_of_every_algorithm, no_setting_is_forgotten, settings_that_must_be_given,
    settings_of_early_stopping, algorithms_that_katib_does_not_have, grid, cmaes,
    hyperband, pbt, pbt_on_a_cluster, rates_of_enas, architectures)
