/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/value.h"
#include "cli/cli.h"

typedef struct tune_settings {
    cli_common common;
    const char *path, *name, *resume, *python;
    bool host_commands, quiet, live;
    int max_trials, parallel, seed;
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

static kf_status begin(tune_settings *settings, kf_store *store, kf_tune **out)
{
    const kf_tune_options options = {.size = sizeof options,
        .name = settings->name,
        .max_trials = settings->max_trials,
        .jobs = settings->parallel,
        .seed = (uint64_t)settings->seed,
        .containers =
            settings->host_commands ? KF_CONTAINERS_HOST : KF_CONTAINERS_REFUSE,
        .python = settings->python,
        .on_event = on_event,
        .payload = settings};
    if (settings->resume)
        return kf_tune_resume(store, settings->resume, &options, out);
    kf_experiment *experiment = NULL;
    kf_status status = kf_experiment_open(settings->path, &experiment);
    if (status == KF_OK)
        status = kf_tune_start(store, experiment, &options, out);
    kf_experiment_free(experiment);
    return status;
}

static int execute(const cli_command *command, tune_settings *settings, kf_store *store)
{
    kf_tune *tune = NULL;
    kf_value *description = NULL;
    cli_catch_interrupts();
    if (begin(settings, store, &tune) != KF_OK)
        return settings->path ? cli_fail_in(command, settings->path)
                              : cli_fail(command);
    if (!settings->quiet)
        fprintf(stderr, "experiment %s\n", kf_tune_id(tune));
    int status = watch(tune);
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

static int run(const cli_command *command, int argc, char **argv)
{
    tune_settings settings = {0};
    const cli_option options[] = {
        {"host-commands", 0, CLI_FLAG, &settings.host_commands, NULL,
            "Run the commands of trials on this machine"},
        {"max-trials", 'n', CLI_INT, &settings.max_trials, "N",
            "In place of maxTrialCount"},
        {"parallel", 'j', CLI_INT, &settings.parallel, "N",
            "Trials at a time, in place of parallelTrialCount"},
        {"seed", 0, CLI_INT, &settings.seed, "N",
            "Of the algorithm, unless its settings have one"},
        {"resume", 0, CLI_TEXT, &settings.resume, "EXPERIMENT",
            "Go on with an experiment of the store"},
        {"name", 0, CLI_TEXT, &settings.name, "TEXT",
            "Its id in the store (default: the experiment's name)"},
        {"python", 0, CLI_TEXT, &settings.python, "PATH",
            "Interpreter of Python components (default: the one beside kf)"},
        {"quiet", 'q', CLI_FLAG, &settings.quiet, NULL, "No progress"},
        CLI_COMMON(settings.common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 1, &settings.path, &status))
        return status;
    if (!settings.path == !settings.resume) {
        cli_complain(
            command, "give a FILE, or --resume and an experiment, and not both");
        return CLI_USAGE;
    }
    settings.quiet = settings.quiet || settings.common.json;
    settings.live = !settings.quiet && cli_is_terminal(stderr);
    kf_store *store = NULL;
    char *python = settings.python ? NULL : cli_python();
    if (python)
        settings.python = python;
    status = kf_store_open(settings.common.home, &store) == KF_OK
                 ? execute(command, &settings, store)
                 : cli_fail(command);
    kf_store_free(store);
    kf__free(python);
    return status;
}

const cli_command cli_tune_command = {"tune", "EXPERIMENT.yaml",
    "Search for good parameters on this machine",
    "EXPERIMENT.yaml is an Experiment of Katib. Each trial is its template's command, "
    "as "
    "a process\n"
    "of this machine (--host-commands); the image is not used. An interrupt kills the "
    "trials that run.\n"
    "--resume goes on with an experiment that was interrupted, or gives one that has "
    "ended more\n"
    "trials (--max-trials; its resumePolicy must allow it).\n"
    "Exit status: 0 if the experiment succeeded, 1 if not, 2 for bad use, 130 if "
    "interrupted.",
    run};
