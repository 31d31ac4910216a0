/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"
#include "search/experiment.h"
#include "search/space.h"

static kf_space *space;

static void setup(void)
{
    space = new_space();
    ck_ok(kf_space_add_double(space, "lr", 1e-5, 0.1, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_int(space, "layers", 1, 8, 0, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "width", 16, 64, 16, KF_NORMAL));
    add_discrete(space, "batch", "[32, 16]");
    add_categorical(space, "act", "[\"relu\", 1, true]");
}

static void teardown(void)
{
    kf_space_free(space);
}

static char *document_of(const kf_experiment_options *options)
{
    kf_experiment *experiment = NULL;
    char *text = NULL;
    ck_ok(kf_experiment_new(space, options, &experiment));
    ck_ok(kf_experiment_write(experiment, NULL, &text));
    kf_experiment_free(experiment);
    return text;
}

START_TEST(least)
{
    char *text = document_of(NULL);
    ck_assert_str_eq(text, "apiVersion: kubeflow.org/v1beta1\n"
                           "kind: Experiment\n"
                           "metadata:\n"
                           "  name: experiment\n"
                           "spec:\n"
                           "  algorithm:\n"
                           "    algorithmName: random\n"
                           "  objective:\n"
                           "    objectiveMetricName: objective\n"
                           "    type: minimize\n"
                           "  parameters:\n"
                           "  - feasibleSpace:\n"
                           "      distribution: logUniform\n"
                           "      max: '0.1'\n"
                           "      min: '1e-05'\n"
                           "    name: lr\n"
                           "    parameterType: double\n"
                           "  - feasibleSpace:\n"
                           "      max: '8'\n"
                           "      min: '1'\n"
                           "    name: layers\n"
                           "    parameterType: int\n"
                           "  - feasibleSpace:\n"
                           "      distribution: normal\n"
                           "      max: '64'\n"
                           "      min: '16'\n"
                           "      step: '16'\n"
                           "    name: width\n"
                           "    parameterType: int\n"
                           "  - feasibleSpace:\n"
                           "      list:\n"
                           "      - '16'\n"
                           "      - '32'\n"
                           "    name: batch\n"
                           "    parameterType: discrete\n"
                           "  - feasibleSpace:\n"
                           "      list:\n"
                           "      - relu\n"
                           "      - '1'\n"
                           "      - 'true'\n"
                           "    name: act\n"
                           "    parameterType: categorical\n");
    kf_text_free(text);
}
END_TEST

static const char trial[] =
    "{\"apiVersion\": \"batch/v1\", \"kind\": \"Job\", \"spec\": {\"template\": "
    "{\"spec\": "
    "{\"containers\": [{\"name\": \"training-container\", \"command\": [\"train\", "
    "\"${trialParameters.lr}\", \"${trialParameters.layers}\", "
    "\"${trialParameters.width}\", \"${trialParameters.batch}\", "
    "\"${trialParameters.act}\"]}], \"restartPolicy\": \"Never\"}}}}";

START_TEST(most)
{
    static const char *const objectives[] = {"loss", "latency"};
    static const char *const metrics[] = {"accuracy"};
    static const kf_direction directions[] = {KF_MINIMIZE, KF_MAXIMIZE};
    static const double goal = 0.25;
    static const int64_t failed = 2;
    kf_value *spec = json(trial), *settings = json("{\"random_state\": 7}");
    kf_value *stopping = json("{\"start_step\": 2}");
    kf_value *collector = json("{\"collector\": {\"kind\": \"Push\"}}");
    kf_experiment *experiment = NULL;
    ck_ok(kf_experiment_new(space,
        KF_OPTIONS(kf_experiment_options, .name = "tuning", .name_space = "kubeflow",
            .objectives = objectives, .directions = directions, .objective_count = 2,
            .metrics = metrics, .metric_count = 1, .goal = &goal, .algorithm = "random",
            .settings = settings, .early_stopping = "medianstop",
            .stopping_settings = stopping, .max_trials = 9, .parallel = 4,
            .max_failed_trials = &failed, .resume_policy = "LongRunning",
            .collector = collector, .trial_spec = spec),
        &experiment));
    ck_assert_str_eq(kf_experiment_namespace(experiment), "kubeflow");
    ck_assert_uint_eq(kf_experiment_objective_count(experiment), 2);
    ck_assert_uint_eq(kf_experiment_metric_count(experiment), 3);
    const kf_experiment_metric *latency = kf_experiment_metric_at(experiment, 1);
    ck_assert_str_eq(latency->name, "latency");
    ck_assert_int_eq(latency->direction, KF_MAXIMIZE);
    ck_assert_int_eq(latency->strategy, KF_STRATEGY_MAX);
    ck_assert_double_eq(kf_experiment_metric_at(experiment, 0)->goal, 0.25);
    ck_assert_str_eq(
        kf__get_text(kf_experiment_settings(experiment), "random_state"), "7");
    ck_assert_str_eq(
        kf__get_text(kf_experiment_stopping_settings(experiment), "start_step"), "2");
    ck_assert_int_eq(kf_experiment_max_trials(experiment), 9);
    ck_assert_int_eq(kf_experiment_parallel(experiment), 4);
    ck_assert_int_eq(kf_experiment_max_failed_trials(experiment), 2);
    ck_assert_str_eq(kf_experiment_resume_policy(experiment), "LongRunning");
    ck_assert_str_eq(kf_experiment_collector_kind(experiment), "Push");
    kf_report *report;
    ck_ok(kf_experiment_check(experiment, &report));
    char *found = shown(report);
    ck_assert_str_eq(found, "nothing\n");
    kf_text_free(found);
    kf_report_free(report);
    kf_experiment_free(experiment);
    kf_value_free(spec);
    kf_value_free(settings);
    kf_value_free(stopping);
    kf_value_free(collector);
}
END_TEST

/* The space of the document is the one it was made of. */
START_TEST(there_and_back)
{
    kf_space *given = new_space(), *back;
    add_categorical(given, "opt", "[\"adam\", \"sgd\"]");
    ck_ok(kf_space_add_double(given, "momentum", 0, 0.9, 0.1, KF_UNIFORM));
    ck_ok(kf_space_add_double(given, "one", 2, 2, 0, KF_UNIFORM));
    add_condition(given, "momentum", "opt", "[\"sgd\"]");
    kf_experiment *experiment = NULL;
    ck_ok(kf_experiment_new(given, NULL, &experiment));
    ck_ok(kf_experiment_space(experiment, &back));
    for (size_t i = 0; i < 3; i++) {
        const kf_parameter *a = &given->parameters.items[i];
        const kf_parameter *b = &back->parameters.items[i];
        ck_assert_str_eq(a->axis.name, b->axis.name);
        ck_assert_int_eq(a->type, b->type);
        ck_assert_int_eq(a->axis.levels, b->axis.levels);
        ck_assert_int_eq(a->axis.parent, b->axis.parent);
        ck_assert(a->min == b->min && a->max == b->max && a->step == b->step);
    }
    ck_assert(back->parameters.items[1].allowed[1]);
    ck_assert(!back->parameters.items[1].allowed[0]);
    kf_space_free(back);
    kf_space_free(given);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(errors)
{
    kf_experiment *experiment = NULL;
    kf_value *list = json("[]");
    ck_fails(kf_experiment_new(space,
                 KF_OPTIONS(kf_experiment_options, .settings = list), &experiment),
        KF_ETYPE, "settings must be a struct");
    ck_fails(kf_experiment_new(space,
                 KF_OPTIONS(kf_experiment_options, .trial_spec = list), &experiment),
        KF_ETYPE, "trial_spec must be a struct");
    ck_fails(kf_experiment_new(
                 space, KF_OPTIONS(kf_experiment_options, .name = "\xff"), &experiment),
        KF_EINVAL, "names must be text in UTF-8");
    kf_value_free(list);
    list = json("{\"collector\": {\"kind\": 3}}");
    ck_fails(kf_experiment_new(space,
                 KF_OPTIONS(kf_experiment_options, .collector = list), &experiment),
        KF_ETYPE, "text expected");
    kf_value_free(list);
}
END_TEST

static kf_status make(void)
{
    kf_experiment *experiment = NULL;
    kf_status status = kf_experiment_new(space, NULL, &experiment);
    kf_experiment_free(experiment);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(make());
}
END_TEST

KF_TEST_MAIN_WITH("search/experiment_build", setup, teardown, least, most,
    there_and_back, errors, out_of_memory)
