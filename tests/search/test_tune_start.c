/* SPDX-License-Identifier: Apache-2.0 */
/* What may begin, and experiments that search for architectures. */
#include "tune_test.h"

#include "base/mem.h"

/* ---- refusals ---- */

static void refuse_job(const char *script, const char *spec, const char *job,
    kf_status status, const char *said)
{
    kf_tune *tune = NULL;
    kf_value *list;
    kf_experiment *experiment = experiment_of(script, spec, job);
    ck_fails(kf_tune_start(store, experiment,
                 KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST), &tune),
        status, said);
    ck_ok(kf_store_experiments(store, &list));
    ck_assert_uint_eq(kf_value_length(list), 0);
    kf_value_free(list);
    kf_experiment_free(experiment);
}

static void refuse(
    const char *script, const char *spec, kf_status status, const char *said)
{
    refuse_job(script, spec, "", status, said);
}

START_TEST(what_is_wrong_is_not_begun)
{
    refuse_job(SQUARE, SPEC(""), "        parallelism: 2\n        completions: 2\n",
        KF_EUNSUPPORTED, "several pods");
    refuse("echo ${trialParameters.y}", SPEC(""), KF_ENOENT, "trialParameters.y");
    refuse(SQUARE, "}\n  algorithm: {algorithmName: randm}\n", KF_ENOENT, "random");
    refuse(SQUARE,
        SPEC("  metricsCollectorSpec:\n    collector: {kind: Custom, customCollector: "
             "{name: c, image: i}}\n"),
        KF_EUNSUPPORTED, "'Custom' needs a cluster");
    refuse(SQUARE,
        SPEC("  metricsCollectorSpec:\n    collector: {kind: StdOut}\n"
             "    source: {filter: {metricsFormat: ['(unfinished']}}\n"),
        KF_EPARSE, "unfinished");
}
END_TEST

START_TEST(names_are_those_of_folders)
{
    static const char *const names[] = {"a/b", "..", ".x", ""};
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of(SQUARE, SPEC(""), "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_fails(kf_tune_start(store, experiment,
                     KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST,
                         .name = names[i]),
                     &tune),
            KF_EINVAL, "name of a folder");
    kf_experiment_free(experiment);
}
END_TEST

static void refused(
    const kf_tune_options *options, kf_status status, const char *message)
{
    kf_tune *tune = NULL;
    kf_experiment *experiment = experiment_of(SQUARE, SPEC(""), "");
    ck_fails(kf_tune_start(store, experiment, options, &tune), status, message);
    kf_experiment_free(experiment);
}

START_TEST(options_that_cannot_be)
{
    kf_value *list = json("[]");
    kf_value *out;
    const kf_tune_options commands = {
        .size = sizeof commands, .containers = KF_CONTAINERS_HOST};
    kf_tune_options options = commands;
    options.name = "a/b";
    refused(&options, KF_EINVAL, "'a/b' cannot be the name of a folder");
    options = commands;
    options.jobs = -1;
    refused(&options, KF_EINVAL, "at least one trial, and one at a time");
    options = commands;
    options.arguments = list;
    refused(&options, KF_ETYPE, "the arguments are not a struct");
    ck_ok(execute(experiment_of(SQUARE, SPEC(""), ""), 1, &out));
    options = commands;
    options.name = "quad";
    refused(&options, KF_EEXIST,
        "the store has an experiment 'quad' already: give this one another name, or "
        "resume that one");
    kf_value_free(out);
    kf_value_free(list);
}
END_TEST

/* ---- memory ---- */

static kf_experiment *small;
static int64_t next_name;

/* Starting it, and what its threads do. */
static kf_status start_and_wait(void)
{
    char name[30];
    kf_tune *tune = NULL;
    (void)snprintf(name, sizeof name, "e%lld", (long long)next_name++);
    kf_status status = kf_tune_start(store, small,
        KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .name = name,
            .max_trials = 1),
        &tune);
    if (status == KF_OK)
        status = kf_tune_wait(tune, 60);
    kf_tune_free(tune);
    return status;
}

START_TEST(no_memory)
{
    small = experiment_of("echo loss=1", SPEC(""), "");
    ck_survives_nomem(start_and_wait());
    kf_experiment_free(small);
}
END_TEST

static int fail_after;

/* On the experiment's own thread. */
static int on_event(const kf_tune_event *event, void *payload)
{
    (void)payload;
    if (event->kind == KF_TUNE_TRIAL_STARTED && event->trial == 0)
        kf__mem_fail_after(fail_after);
    return 0;
}

/* The experiment ends, and says why, wherever its thread finds no memory. */
START_TEST(no_memory_in_its_thread)
{
    kf_status status = KF_ENOMEM;
    kf_experiment *experiment =
        experiment_of("echo loss=1; echo other=2", SPEC(""), "");
    for (fail_after = 0; status != KF_OK; fail_after++) {
        char name[30];
        kf_tune *tune = NULL;
        (void)snprintf(name, sizeof name, "t%d", fail_after);
        ck_ok(kf_tune_start(store, experiment,
            KF_OPTIONS(kf_tune_options, .containers = KF_CONTAINERS_HOST, .name = name,
                .max_trials = 2, .on_event = on_event),
            &tune));
        status = kf_tune_wait(tune, 60);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM, "%s: %s",
            kf_status_name(status), kf_last_error()->message);
        ck_assert_int_eq(kf_tune_state(tune),
            status == KF_OK ? KF_STATE_SUCCEEDED : KF_STATE_FAILED);
        kf_tune_free(tune);
    }
    ck_assert_int_gt(fail_after, 20);
    kf_experiment_free(experiment);
}
END_TEST

/* ---- architectures ---- */

#define CONVOLUTION                                                                    \
    "    operations:\n"                                                                \
    "    - operationType: convolution\n"                                               \
    "      parameters:\n"                                                              \
    "      - {name: filter_size, parameterType: categorical, feasibleSpace: {list: "   \
    "['3', '5']}}\n"                                                                   \
    "      - {name: num_filter, parameterType: categorical, feasibleSpace: {list: "    \
    "['32', '64']}}\n"

/* The script has the values of two trial parameters as $A and $B. */
static kf_experiment *architectures(
    const char *algorithm, const char *a, const char *b, const char *script)
{
    kf_buf text = KF__BUF_INIT;
    kf_experiment *experiment = NULL;
    kf__buf_printf(&text,
        "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: nas}\n"
        "spec:\n"
        "  objective: {type: minimize, objectiveMetricName: loss}\n"
        "  algorithm: {algorithmName: %s}\n"
        "  parallelTrialCount: 1\n"
        "  resumePolicy: LongRunning\n"
        "  nasConfig:\n"
        "    graphConfig: {numLayers: 3, inputSizes: [32, 32, 3], outputSizes: [10]}\n"
        "%s"
        "  metricsCollectorSpec:\n    collector: {kind: StdOut}\n"
        "    source: {filter: {metricsFormat: ['(\\w+)=(Genotype.*|[0-9.]+)']}}\n"
        "  trialTemplate:\n"
        "    primaryContainerName: main\n"
        "    trialParameters: [{name: a, reference: %s}, {name: b, reference: %s}]\n"
        "    trialSpec:\n"
        "      apiVersion: batch/v1\n      kind: Job\n      spec:\n        template:\n"
        "          spec:\n            restartPolicy: Never\n"
        "            containers:\n            - name: main\n              image: none\n"
        "              env: [{name: A, value: '${trialParameters.a}'},"
        " {name: B, value: '${trialParameters.b}'}]\n"
        "              command: [sh, -c, ",
        algorithm, CONVOLUTION, a, b);
    kf__put_json_text(&text, script, strlen(script));
    kf__buf_puts(&text, "]\n");
    ck_ok(kf_experiment_load(kf__buf_text(&text), text.length, &experiment));
    kf__buf_finish(&text);
    return experiment;
}

static void put_params(kf_buf *out, const kf_value *experiment)
{
    for (size_t i = 0; i < kf_value_length(kf_value_get(experiment, "trials")); i++) {
        const kf_value *trial = trial_at(experiment, i);
        kf__put_json(out, kf_value_get(trial, "params"), KF_JSON_COMPACT);
        kf__put_json(out, kf_value_get(trial, "values"), KF_JSON_COMPACT);
        kf__buf_putc(out, '\n');
    }
}

/* A loss that depends on the architecture alone, from which the controller learns. */
#define JUDGE "echo \"$B\" | grep -q convolution && echo loss=0.$(echo $A | cksum)"

START_TEST(enas_goes_on_bit_for_bit)
{
    kf_value *out;
    kf_tune *tune = NULL;
    kf_buf calm = KF__BUF_INIT, halted = KF__BUF_INIT;
    ck_ok(execute(architectures("enas", "architecture", "nn_config", JUDGE), 6, &out));
    put_params(&calm, out);
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(state_of(out, i), "SUCCEEDED");
    const char *architecture =
        kf__get_text(kf_value_get(trial_at(out, 0), "params"), "architecture");
    ck_assert_ptr_nonnull(strstr(architecture, "[["));
    kf_value_free(out);
    ck_ok(execute(architectures("enas", "architecture", "nn_config", JUDGE), 2, &out));
    kf_value_free(out);
    ck_ok(kf_tune_resume(
        store, "nas-2", KF_OPTIONS(kf_tune_options, .max_trials = 6), &tune));
    ck_ok(kf_tune_wait(tune, 60));
    kf_tune_free(tune);
    ck_ok(kf_store_experiment(store, "nas-2", &out));
    put_params(&halted, out);
    ck_assert_str_eq(kf__buf_text(&halted), kf__buf_text(&calm));
    kf_value_free(out);
    kf__buf_finish(&calm);
    kf__buf_finish(&halted);
}
END_TEST

static void check_genotype(const kf_value *trial)
{
    const kf_value *metric = kf_value_get(kf_value_get(trial, "metrics"), "loss");
    ck_assert_str_eq(kf__get_text(trial, "state"), "SUCCEEDED");
    ck_assert_int_eq(kf_value_kind(kf_value_get(trial, "values")), KF_KIND_NULL);
    ck_assert_str_eq(kf__get_text(metric, "latest"), "Genotype(b)");
}

/* What it finds is text. */
START_TEST(darts_hands_its_settings_to_the_trial)
{
    kf_value *out;
    ck_ok(execute(
        architectures("darts", "search-space", "algorithm-settings",
            "echo \"$A\" | grep -q convolution_3x3 && echo \"$B\" | grep -q num_epochs "
            "&& echo 'loss=Genotype(a)' && echo 'loss=Genotype(b)'"),
        1, &out));
    check_genotype(trial_at(out, 0));
    check_genotype(kf_value_get(out, "best"));
    kf_value_free(out);
    ck_ok(kf_store_experiment_status(store, "nas", &out));
    const kf_value *metrics = kf_value_get(
        kf_value_get(kf_value_get(out, "currentOptimalTrial"), "observation"),
        "metrics");
    ck_assert_str_eq(kf__get_text(kf_value_at(metrics, 0), "latest"), "Genotype(b)");
    ck_assert_str_eq(kf__get_text(kf_value_at(metrics, 0), "max"), "unavailable");
    kf_value_free(out);
}
END_TEST

KF_TEST_MAIN_WITH("tune_start", setup, teardown, what_is_wrong_is_not_begun,
    names_are_those_of_folders, options_that_cannot_be, no_memory,
    no_memory_in_its_thread, enas_goes_on_bit_for_bit,
    darts_hands_its_settings_to_the_trial)
