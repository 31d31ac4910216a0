/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/value.h"
#include "cli/cli.h"

typedef struct run_settings {
    cli_common common;
    cli_source source;
    cli_words arguments;
    const char *arguments_file;
    const char *resume;
    const char *name;
    const char *root;
    const char *workspace;
    const char *python;
    bool no_cache;
    bool no_environments;
    bool host_commands;
    bool keep_going;
    bool quiet;
    int jobs;
} run_settings;

static int watch(kf_run *run, cli_progress *progress)
{
    int seen = 0;
    for (;;) {
        kf_status status = kf_run_wait(run, 0.1);
        if (status != KF_ETIMEOUT)
            return status == KF_OK ? CLI_OK : CLI_FAILURE;
        cli_progress_tick(progress);
        if (cli_interrupts() > seen) {
            seen = cli_interrupts();
            kf_run_cancel(run);
            cli_progress_say(progress,
                seen == 1
                    ? "canceling: exit tasks still run, unless you interrupt again"
                    : "ending exit tasks too");
        }
    }
}

static int finish(const run_settings *settings, const cli_command *command, kf_run *run)
{
    kf_value *description = NULL;
    if (kf_run_describe(run, &description) != KF_OK)
        return cli_fail(command);
    if (settings->common.json)
        cli_print_json(description);
    else
        cli_describe_run(description, false);
    kf_value_free(description);
    return CLI_OK;
}

/* What the store shows is older than what happened if it could not be written. */
static void tell_lost(const cli_command *command, kf_run *run)
{
    kf_status status = kf_run_wait(run, 0);
    if (status == KF_OK || status == KF_EFAILED || status == KF_ECANCELED)
        return;
    (void)cli_fail(command);
    fprintf(stderr, "once that is mended, go on with: kf run --resume %s\n",
        kf_run_id(run));
}

static kf_run_options run_options(
    const run_settings *settings, const kf_value *arguments, cli_progress *progress)
{
    return (kf_run_options){
        .size = sizeof(kf_run_options),
        .arguments = arguments,
        .name = settings->name,
        .pipeline_root = settings->root,
        .workspace_root = settings->workspace,
        .jobs = settings->jobs,
        .no_cache = settings->no_cache,
        .keep_going = settings->keep_going,
        .containers =
            settings->host_commands ? KF_CONTAINERS_HOST : KF_CONTAINERS_REFUSE,
        .python = settings->python,
        .no_environments = settings->no_environments,
        .on_event = cli_progress_event,
        .payload = progress,
    };
}

static kf_status start_new(const cli_command *command, const run_settings *settings,
    kf_store *store, cli_progress *progress, kf_run **out, int *exit_status)
{
    kf_buf text = KF__BUF_INIT;
    kf_pipeline *pipeline = NULL;
    kf_value *spec = NULL;
    kf_value *arguments = NULL;
    const kf_value *inputs = NULL;
    if (!cli_source_text(command, &settings->source, &text, exit_status)) {
        kf__buf_finish(&text);
        return KF_EINVAL;
    }
    kf_status status = kf_pipeline_load(kf__buf_text(&text), text.length, &pipeline);
    if (status == KF_OK)
        status = kf_pipeline_spec(pipeline, NULL, &spec);
    if (status == KF_OK) {
        const kf_value *root = kf_value_get(spec, "root");
        inputs = kf_value_get(root, "inputDefinitions");
        status = cli_read_arguments(
            &settings->arguments, settings->arguments_file, inputs, &arguments);
    }
    if (status == KF_OK) {
        kf_run_options options = run_options(settings, arguments, progress);
        status = kf_run_start(store, pipeline, &options, out);
    }
    if (status != KF_OK)
        *exit_status = inputs ? cli_fail_arguments(command, inputs)
                              : cli_fail_in(command, settings->source.path);
    kf_value_free(arguments);
    kf_value_free(spec);
    kf_pipeline_free(pipeline);
    kf__buf_finish(&text);
    return status;
}

static int execute(
    const cli_command *command, const run_settings *settings, kf_store *store)
{
    int exit_status = CLI_FAILURE;
    kf_run *run = NULL;
    cli_progress *progress = cli_progress_new(settings->quiet || settings->common.json);
    if (!progress)
        return CLI_FAILURE;
    cli_catch_interrupts();
    kf_status status;
    if (settings->resume) {
        kf_run_options options = run_options(settings, NULL, progress);
        status = kf_run_resume(store, settings->resume, &options, &run);
        if (status != KF_OK)
            exit_status = cli_fail(command);
    } else {
        status = start_new(command, settings, store, progress, &run, &exit_status);
    }
    if (status == KF_OK) {
        exit_status = watch(run, progress);
        cli_progress_end(progress);
        int printed = finish(settings, command, run);
        tell_lost(command, run);
        exit_status = exit_status == CLI_OK ? printed : exit_status;
        if (cli_interrupts())
            exit_status = CLI_INTERRUPTED;
    }
    kf_run_free(run);
    cli_progress_free(progress);
    return exit_status;
}

/* What a run that goes on has from its beginning; NULL: none of it is given again. */
static const char *not_for_resuming(const run_settings *settings)
{
    if (settings->arguments.count || settings->arguments_file)
        return "--resume goes on with the run's own arguments: leave --arg and "
               "--args-file out, or start a new run";
    if (settings->root || settings->name)
        return "--resume goes on with the run's own root and name: leave --root and "
               "--name out, or start a new run";
    return NULL;
}

static int run(const cli_command *command, int argc, char **argv)
{
    run_settings settings = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {
        {"arg", 'a', CLI_LIST, &settings.arguments, "NAME=VALUE",
            "Give an input its value"},
        {"args-file", 0, CLI_TEXT, &settings.arguments_file, "FILE",
            "JSON struct of values"},
        {"resume", 0, CLI_TEXT, &settings.resume, "RUN",
            "Go on with a run that did not finish"},
        {"no-cache", 0, CLI_FLAG, &settings.no_cache, NULL, "Execute every task"},
        {"jobs", 'j', CLI_INT, &settings.jobs, "N",
            "Tasks at a time (default: processors)"},
        {"function", 'f', CLI_TEXT, &settings.source.function, "NAME",
            "The pipeline function, when the file has several"},
        {"host-commands", 0, CLI_FLAG, &settings.host_commands, NULL,
            "Run the commands of container components on this machine"},
        {"keep-going", 'k', CLI_FLAG, &settings.keep_going, NULL,
            "After a failure start what does not depend on it"},
        {"python", 0, CLI_TEXT, &settings.python, "PATH",
            "Interpreter of Python components (default: the one beside kf)"},
        {"no-environments", 0, CLI_FLAG, &settings.no_environments, NULL,
            "Install nothing: run Python components in the interpreter as it is"},
        {"root", 0, CLI_TEXT, &settings.root, "FOLDER", "Where artifacts go"},
        {"workspace", 0, CLI_TEXT, &settings.workspace, "FOLDER",
            "Folder of the workspace"},
        {"name", 0, CLI_TEXT, &settings.name, "TEXT", "Display name of the run"},
        {"quiet", 'q', CLI_FLAG, &settings.quiet, NULL, "No progress"},
        CLI_COMMON(settings.common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 1, words, &status)) {
        cli_words_finish(&settings.arguments);
        return status;
    }
    settings.source.path = words[0];
    if (!words[0] == !settings.resume) {
        cli_complain(command, "give a FILE, or --resume and a run, and not both");
        cli_words_finish(&settings.arguments);
        return CLI_USAGE;
    }
    const char *unused = settings.resume ? not_for_resuming(&settings) : NULL;
    if (unused) {
        cli_complain(command, unused);
        cli_words_finish(&settings.arguments);
        return CLI_USAGE;
    }
    kf_store *store = NULL;
    char *python = settings.python ? NULL : cli_python();
    if (python)
        settings.python = python;
    status = kf_store_open(settings.common.home, &store) == KF_OK
                 ? execute(command, &settings, store)
                 : cli_fail(command);
    kf_store_free(store);
    kf__free(python);
    cli_words_finish(&settings.arguments);
    return status;
}

const cli_command cli_run_command = {"run", "FILE.py|FILE.yaml",
    "Run a pipeline on this machine",
    "FILE is a Python file with a pipeline function (import kf or import kfp) or a "
    "compiled\n"
    "pipeline. The first interrupt cancels the run; exit handlers still run.\n"
    "Exit status: 0 if the run succeeded, 1 if not, 2 for bad use, 130 if interrupted.",
    run};
