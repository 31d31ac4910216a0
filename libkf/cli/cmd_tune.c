/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

typedef struct tune_settings {
    cli_common common;
    cli_source source;
    cli_search search;
    const char *name, *resume, *python;
    bool host_commands, no_cache, no_environments, quiet, live;
    int trials, jobs, seed;
} tune_settings;

/* ---- progress ---- */

static void print_ended(const kf_tune_event *event)
{
    kf_buf params = KF__BUF_INIT;
    cli_put_params(&params, event->params);
    fprintf(stderr, "trial %lld ", (long long)event->trial);
    cli_styled(stderr, cli_state_style(kf_trial_state_name(event->trial_state)), "%s",
        kf_trial_state_name(event->trial_state));
    if (!isnan(event->value))
        fprintf(stderr, " %.10g", event->value);
    fprintf(stderr, "%s%s  %s\n", event->message ? ": " : "",
        event->message ? event->message : "", kf__buf_text(&params));
    kf__buf_finish(&params);
}

static void print_live(const kf_tune_event *event)
{
    const kf_tune_counts *counts = &event->counts;
    kf_buf line = KF__BUF_INIT;
    kf__buf_printf(&line, "%lld",
        (long long)(counts->succeeded + counts->failed + counts->killed +
                    counts->early_stopped + counts->metrics_unavailable));
    if (event->max_trials > 0)
        kf__buf_printf(&line, "/%lld", (long long)event->max_trials);
    kf__buf_printf(&line, " trials, %lld running", (long long)counts->running);
    if (counts->failed > 0)
        kf__buf_printf(&line, ", %lld failed", (long long)counts->failed);
    if (event->best >= 0)
        kf__buf_printf(&line, ", best %.10g (trial %lld)", event->best_value,
            (long long)event->best);
    int width = cli_terminal_width(stderr);
    if (width > 1 && line.length >= (size_t)width)
        kf__buf_truncate(&line, (size_t)width - 1);
    fprintf(stderr, "\r\033[K%s", kf__buf_text(&line));
    fflush(stderr);
    kf__buf_finish(&line);
}

static int on_event(const kf_tune_event *event, void *payload)
{
    const tune_settings *settings = payload;
    if (settings->quiet)
        return 0;
    if (event->kind == KF_TUNE_TRIAL_ENDED) {
        if (settings->live)
            fprintf(stderr, "\r\033[K");
        print_ended(event);
    }
    if (settings->live && event->kind != KF_TUNE_ENDED)
        print_live(event);
    else if (settings->live)
        fprintf(stderr, "\r\033[K");
    return 0;
}

/* ---- running ---- */

static int watch(kf_tune *tune)
{
    for (;;) {
        kf_status status = kf_tune_wait(tune, 0.1);
        if (status != KF_ETIMEOUT)
            return status == KF_OK ? CLI_OK : CLI_FAILURE;
        if (cli_interrupts())
            kf_tune_cancel(tune);
    }
}

static kf_tune_options tune_options(tune_settings *settings)
{
    return (kf_tune_options){.size = sizeof(kf_tune_options),
        .name = settings->name,
        .max_trials = settings->trials,
        .jobs = settings->jobs,
        .seed = (uint64_t)settings->seed,
        .containers =
            settings->host_commands ? KF_CONTAINERS_HOST : KF_CONTAINERS_REFUSE,
        .python = settings->python,
        .no_environments = settings->no_environments,
        .no_cache = settings->no_cache,
        .on_event = on_event,
        .payload = settings};
}

static int begin_experiment(const cli_command *command, tune_settings *settings,
    kf_store *store, const kf_buf *text, kf_tune **out)
{
    const kf_tune_options options = tune_options(settings);
    const char *option =
        settings->source.function ? "--function" : cli_search_option(&settings->search);
    kf_experiment *experiment = NULL;
    if (option) {
        cli_complain(command,
            "%s goes with a pipeline, and %s is an experiment, which "
            "says so itself",
            option, settings->source.path);
        return CLI_USAGE;
    }
    kf_status status =
        kf_experiment_load(kf__buf_text(text), text->length, &experiment);
    if (status == KF_OK)
        status = kf_tune_start(store, experiment, &options, out);
    kf_experiment_free(experiment);
    return status == KF_OK ? CLI_OK : cli_fail_in(command, settings->source.path);
}

static const char advice[] =
    "search one with --space NAME=VALUES, give one with --arg NAME=VALUE";

static bool is_of_use(kf_status status)
{
    return status == KF_EINVAL || status == KF_ENOENT || status == KF_ETYPE ||
           status == KF_EMISSING || status == KF_EUNSUPPORTED || status == KF_ELIMIT;
}

/* The command line is at fault, unless it is the store or the document. */
static int fail_search(
    const cli_command *command, const tune_settings *settings, const kf_value *inputs)
{
    const kf_error *error = kf_last_error();
    bool of_option = kf__starts_with(error->where, "--");
    if (!inputs || (!of_option && !is_of_use(error->code)))
        return cli_fail_in(command, settings->source.path);
    cli_complain(command, "%s", error->message);
    if (kf__starts_with(error->where, "spec.") ||
        (of_option && settings->search.space.count > 0))
        return CLI_USAGE;
    cli_print_inputs(inputs, advice);
    return CLI_USAGE;
}

static kf_status start_search(tune_settings *settings, kf_store *store,
    const kf_pipeline *pipeline, const kf_value *spec, kf_tune **out)
{
    kf_tune_options options = tune_options(settings);
    const kf_value *root = kf_value_get(spec, "root");
    kf_experiment *experiment = NULL;
    kf_value *arguments = NULL;
    kf_status status = cli_search_experiment(&settings->search,
        kf__get_text(kf_value_get(spec, "pipelineInfo"), "name"), settings->trials,
        settings->jobs, &experiment);
    if (status == KF_OK)
        status = cli_read_arguments(&settings->search.arguments,
            settings->search.arguments_file, kf_value_get(root, "inputDefinitions"),
            &arguments);
    options.pipeline = pipeline;
    options.arguments = arguments;
    options.max_trials = 0;
    options.jobs = 0;
    if (status == KF_OK)
        status = kf_tune_start(store, experiment, &options, out);
    kf_value_free(arguments);
    kf_experiment_free(experiment);
    return status;
}

static int begin_pipeline(const cli_command *command, tune_settings *settings,
    kf_store *store, const kf_buf *text, kf_tune **out)
{
    kf_pipeline *pipeline = NULL;
    kf_value *spec = NULL;
    kf_tree empty = KF__TREE_INIT;
    const kf_value *inputs = NULL;
    int exit_status = CLI_OK;
    kf_status status = kf_pipeline_load(kf__buf_text(text), text->length, &pipeline);
    if (status == KF_OK)
        status = kf_pipeline_spec(pipeline, NULL, &spec);
    if (status == KF_OK) {
        inputs = kf_value_get(kf_value_get(spec, "root"), "inputDefinitions");
        inputs = inputs ? inputs : kf__tree_struct(&empty);
        status = start_search(settings, store, pipeline, spec, out);
    }
    if (status != KF_OK)
        exit_status = fail_search(command, settings, inputs);
    kf__tree_finish(&empty);
    kf_value_free(spec);
    kf_pipeline_free(pipeline);
    return exit_status;
}

static int resume(
    const cli_command *command, tune_settings *settings, kf_store *store, kf_tune **out)
{
    const kf_tune_options options = tune_options(settings);
    return kf_tune_resume(store, settings->resume, &options, out) == KF_OK
               ? CLI_OK
               : cli_fail(command);
}

/* Not CLI_OK: it was complained about. */
static int begin(
    const cli_command *command, tune_settings *settings, kf_store *store, kf_tune **out)
{
    kf_buf text = KF__BUF_INIT;
    int status = CLI_FAILURE;
    if (settings->resume)
        return resume(command, settings, store, out);
    if (cli_source_text(command, &settings->source, &text, &status))
        status = cli_is_experiment(kf__buf_text(&text))
                     ? begin_experiment(command, settings, store, &text, out)
                     : begin_pipeline(command, settings, store, &text, out);
    kf__buf_finish(&text);
    return status;
}

static int execute(const cli_command *command, tune_settings *settings, kf_store *store)
{
    kf_tune *tune = NULL;
    kf_value *description = NULL;
    cli_catch_interrupts();
    int status = begin(command, settings, store, &tune);
    if (status != CLI_OK)
        return status;
    if (!settings->quiet)
        fprintf(stderr, "experiment %s\n", kf_tune_id(tune));
    status = watch(tune);
    if (kf_store_experiment(store, kf_tune_id(tune), &description) != KF_OK)
        status = cli_fail(command);
    else if (settings->common.json)
        cli_print_json(description);
    else
        cli_describe_experiment(description, false);
    kf_value_free(description);
    kf_tune_free(tune);
    return cli_interrupts() ? CLI_INTERRUPTED : status;
}

/* What is not so, in words; NULL. */
static const char *misused(const tune_settings *settings)
{
    const cli_search *search = &settings->search;
    if (!settings->source.path == !settings->resume)
        return "give a FILE, or --resume and an experiment, and not both";
    if (settings->resume && (cli_search_option(search) || settings->source.function))
        return "--resume goes on as the experiment was begun: of its plan only "
               "--trials "
               "and --jobs may change";
    return NULL;
}

static int run_with(const cli_command *command, tune_settings *settings)
{
    const char *why = misused(settings);
    if (why) {
        cli_complain(command, "%s", why);
        return CLI_USAGE;
    }
    settings->quiet = settings->quiet || settings->common.json;
    settings->live = !settings->quiet && cli_is_terminal(stderr);
    kf_store *store = NULL;
    char *python = settings->python ? NULL : cli_python();
    if (python)
        settings->python = python;
    int status = kf_store_open(settings->common.home, &store) == KF_OK
                     ? execute(command, settings, store)
                     : cli_fail(command);
    kf_store_free(store);
    kf__free(python);
    return status;
}

static int run(const cli_command *command, int argc, char **argv)
{
    tune_settings settings = {0};
    cli_search *search = &settings.search;
    const cli_option options[] = {
        {"space", 's', CLI_LIST, &search->space, "NAME=VALUES",
            "A parameter of the pipeline, and what to try"},
        {"objective", 'o', CLI_LIST, &search->objectives, "METRIC",
            "minimize:METRIC or maximize:METRIC; may be given again"},
        {"goal", 0, CLI_TEXT, &search->goal, "NUMBER",
            "End once the objective is as good as this"},
        {"metric", 0, CLI_LIST, &search->metrics, "METRIC", "One more to record"},
        {"algorithm", 0, CLI_TEXT, &search->algorithm, "NAME",
            "Such as random, tpe, cmaes (default: auto)"},
        {"set", 0, CLI_LIST, &search->settings, "NAME=VALUE",
            "A setting of the algorithm"},
        {"early-stopping", 0, CLI_TEXT, &search->early_stopping, "NAME",
            "Stop trials that do badly: medianstop"},
        {"stopping", 0, CLI_LIST, &search->stopping, "NAME=VALUE",
            "A setting of early stopping"},
        {"max-failed", 0, CLI_INT, &search->max_failed, "N",
            "So many failed trials end it"},
        {"arg", 'a', CLI_LIST, &search->arguments, "NAME=VALUE",
            "Give an input its value in every trial"},
        {"args-file", 0, CLI_TEXT, &search->arguments_file, "FILE",
            "JSON struct of values"},
        {"function", 'f', CLI_TEXT, &settings.source.function, "NAME",
            "The pipeline function, when the file has several"},
        {"trials", 'n', CLI_INT, &settings.trials, "N",
            "How many (default: maxTrialCount; 20; a grid: all)"},
        {"jobs", 'j', CLI_INT, &settings.jobs, "N",
            "At a time (default: parallelTrialCount, or 1)"},
        {"seed", 0, CLI_INT, &settings.seed, "N",
            "Of the algorithm, unless its settings have one"},
        {"resume", 0, CLI_TEXT, &settings.resume, "EXPERIMENT",
            "Go on with an experiment of the store"},
        {"name", 0, CLI_TEXT, &settings.name, "TEXT",
            "Its id in the store (default: the experiment's name)"},
        {"host-commands", 0, CLI_FLAG, &settings.host_commands, NULL,
            "Run the commands of trials on this machine"},
        {"no-cache", 0, CLI_FLAG, &settings.no_cache, NULL, "Execute every task"},
        {"python", 0, CLI_TEXT, &settings.python, "PATH",
            "Interpreter of Python components (default: the one beside kf)"},
        {"no-environments", 0, CLI_FLAG, &settings.no_environments, NULL,
            "Install nothing: run Python components in the interpreter as it is"},
        {"quiet", 'q', CLI_FLAG, &settings.quiet, NULL, "No progress"},
        CLI_COMMON(settings.common),
    };
    int status;
    if (cli_parse(command, options, argc, argv, 0, 1, &settings.source.path, &status))
        status = run_with(command, &settings);
    cli_search_finish(search);
    return status;
}

const cli_command cli_tune_command = {"tune", "PIPELINE.py|EXPERIMENT.yaml",
    "Search for good parameters on this machine",
    "A pipeline (a Python file, or compiled) is run with arguments that --space "
    "describes, and judged\n"
    "by a metric that it logs or an output:\n\n"
    "  kf tune train.py -s 'rate=double(1e-5, 0.1, logUniform)' -s 'depth=int(1, 8)' "
    "\\\n"
    "    -s act=relu,gelu -s 'drop=double(0, 0.5, step=0.1) if act=relu' -o "
    "minimize:loss\n\n"
    "Numbers in a list have an order (discrete), other values have none "
    "(categorical).\n\n"
    "EXPERIMENT.yaml is an Experiment of Katib. Each trial is its template's command, "
    "as a "
    "process of\n"
    "this machine (--host-commands); the image is not used.\n\n"
    "An interrupt kills the trials that run. --resume goes on with an experiment that "
    "was "
    "interrupted,\n"
    "or gives one that has ended more trials (--trials; a document's resumePolicy must "
    "allow it).\n"
    "Exit status: 0 if the experiment succeeded, 1 if not, 2 for bad use, 130 if "
    "interrupted.",
    run};
