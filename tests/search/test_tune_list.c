/* SPDX-License-Identifier: Apache-2.0 */
/* The list of experiments says what a look at all of their trials would. */
#include "study_test.h"

#include <kf/tune.h>
#include <stdio.h>
#include <unistd.h>

#include "io/file.h"
#include "search/tune.h"

static char folder[40];
static kf_store *store;
static kf_space *space;

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/kf-list-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_ok(kf_store_open(folder, &store));
    space = new_space();
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
}

static void teardown(void)
{
    kf_space_free(space);
    kf_store_free(store);
    ck_ok(kf__remove_tree(folder));
}

static kf_study *open_as(const char *name, kf_direction direction)
{
    kf_study *study = NULL;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options, .directions = &direction, .objective_count = 1,
            .algorithm = "random", .store = store, .name = name),
        &study));
    return study;
}

/* One trial per value; NaN has none. */
static void tell(const char *name, kf_direction direction, const double *values)
{
    kf_study *study = open_as(name, direction);
    for (; *values != INFINITY; values++)
        ck_ok(kf_study_tell(study, ask(study), *values));
    kf_study_free(study);
}

static kf_status execute(const char *name, const char *script, const char *spec)
{
    char text[1500];
    kf_experiment *experiment = NULL;
    kf_tune *tune = NULL;
    (void)snprintf(text, sizeof text,
        "{apiVersion: kubeflow.org/v1beta1, kind: Experiment, metadata: {name: %s},"
        " spec: {objective: {type: maximize, objectiveMetricName: score%s},"
        " algorithm: {algorithmName: grid}, parallelTrialCount: 1,"
        " parameters: [{name: x, parameterType: int,"
        " feasibleSpace: {min: '1', max: '3'}}],"
        " trialTemplate: {primaryContainerName: c, trialParameters: [{name: x,"
        " reference: x}], trialSpec: {apiVersion: batch/v1, kind: Job, spec: {template:"
        " {spec: {restartPolicy: Never, containers: [{name: c, image: i, command:"
        " [sh, -c, '%s${trialParameters.x}']}]}}}}}}}",
        name, spec, script);
    ck_ok(kf_experiment_load(text, strlen(text), &experiment));
    ck_ok(kf_tune_start(store, experiment,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST), &tune));
    kf_experiment_free(experiment);
    kf_status status = kf_tune_wait(tune, 60);
    kf_tune_free(tune);
    return status;
}

static const kf_value *find(const kf_value *list, const char *id)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_get(kf_value_at(list, i), "id"), id))
            return kf_value_at(list, i);
    ck_abort_msg("%s is not in the list", id);
    return NULL;
}

static void check_item(const kf_value *list, const char *id, int64_t trials,
    double best, const char *reason)
{
    const kf_value *item = find(list, id), *value = kf_value_get(item, "best");
    ck_assert_int_eq(kf_value_int(kf_value_get(item, "trials")), trials);
    ck_assert_pstr_eq(kf__get_text(item, "reason"), reason);
    if (isnan(best))
        ck_assert_int_eq(kf_value_kind(value), KF_KIND_NULL);
    else
        ck_assert_double_eq(kf_value_double(value), best);
}

/* Every item, read from all trials, is the same. */
static void check_summaries(const kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        kf_tree tree = KF__TREE_INIT;
        kf_value *summary = NULL;
        const kf_value *item = kf_value_at(list, i);
        ck_ok(kf__tune_summary(store, kf__get_text(item, "id"), &tree, &summary));
        ck_assert(kf_value_equal(item, summary));
        kf__tree_finish(&tree);
    }
}

static void fill(void)
{
    tell("least", KF_MINIMIZE, (const double[]){0.5, NAN, 0.125, 0.25, INFINITY});
    tell("greatest", KF_MAXIMIZE, (const double[]){-3, -0.5, -1, INFINITY});
    tell("none", KF_MINIMIZE, (const double[]){NAN, INFINITY});
    tell("empty", KF_MINIMIZE, (const double[]){INFINITY});
    ck_ok(execute("ended", "echo score=", ""));
    ck_ok(execute("reached", "echo score=", ", goal: 2"));
    ck_assert_int_eq(
        execute("failed", "exit 3; ", "}, maxFailedTrialCount: 2, labels: {a: b"),
        KF_EFAILED);
}

static void check_filled(void)
{
    kf_value *list;
    ck_ok(kf_store_experiments(store, &list));
    ck_assert_uint_eq(kf_value_length(list), 7);
    ck_assert_str_eq(kf__get_text(kf_value_at(list, 0), "id"), "failed");
    check_item(list, "least", 4, 0.125, NULL);
    check_item(list, "greatest", 3, -0.5, NULL);
    check_item(list, "none", 1, (double)NAN, NULL);
    check_item(list, "empty", 0, (double)NAN, NULL);
    check_item(list, "ended", 3, 3, "ExperimentSuggestionEndReached");
    check_item(list, "failed", 2, (double)NAN, "ExperimentFailed");
    ck_assert_str_eq(
        kf__get_text(find(list, "reached"), "reason"), "ExperimentGoalReached");
    ck_assert_str_eq(kf__get_text(find(list, "ended"), "algorithm"), "grid");
    ck_assert_str_eq(kf__get_text(find(list, "ended"), "objective"), "score");
    ck_assert_str_eq(kf__get_text(find(list, "ended"), "direction"), "maximize");
    check_summaries(list);
    kf_value_free(list);
}

START_TEST(lists)
{
    fill();
    check_filled();
    kf_value *one;
    ck_fails(kf_store_experiment(store, "e", &one), KF_EINVAL,
        "several experiments begin with 'e'");
}
END_TEST

START_TEST(best_goes_on_where_a_study_is_opened_again)
{
    kf_value *list;
    kf_value *params = json("{\"x\": 0.5}");
    const double better = 0.0625, worse = 0.25;
    fill();
    kf_study *study = open_as("least", KF_MINIMIZE);
    ck_ok(kf_study_tell(study, ask(study), 0.3));
    ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &better, NULL));
    ck_ok(kf_study_add(study, params, KF_TRIAL_SUCCEEDED, &worse, NULL));
    (void)ask(study);
    kf_study_free(study);
    ck_ok(kf_store_experiments(store, &list));
    check_item(list, "least", 8, 0.0625, NULL);
    check_summaries(list);
    kf_value_free(list);
    kf_value_free(params);
}
END_TEST

/* What these columns hold was not kept once. */
START_TEST(old_stores)
{
    kf_stmt *stmt;
    fill();
    ck_ok(kf__db_prepare(store->db,
        "UPDATE experiments SET head = NULL, reason = NULL, best = NULL", &stmt));
    ck_ok(kf__db_run(stmt));
    check_filled();
}
END_TEST

static kf_status list_all(void)
{
    kf_value *list = NULL, *one = NULL;
    kf_status status = kf_store_experiments(store, &list);
    kf_value_free(list);
    if (status == KF_OK)
        status = kf_store_experiment(store, "ended", &one);
    kf_value_free(one);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    tell("least", KF_MINIMIZE, (const double[]){0.5, NAN, 0.125, INFINITY});
    ck_ok(execute("ended", "echo score=", ""));
    ck_survives_nomem(list_all());
}
END_TEST

KF_TEST_MAIN_WITH("search/tune_list", setup, teardown, lists,
    best_goes_on_where_a_study_is_opened_again, old_stores, survives_lack_of_memory)
