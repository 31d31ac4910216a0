/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/value.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/cli.h"
#include "io/file.h"

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

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupts++;
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static const char *input_name(const void *state, size_t index)
{
    return kf_value_key(state, index);
}

/* A parameter's text as its type reads it: STRING as it stands, the rest as JSON (and
 * Python's True and False). */
static kf_status read_argument(
    kf_value *arguments, const char *name, const char *text, const kf_value *parameter)
{
    const char *type = kf__get_text(parameter, "parameterType");
    if (!type || strcmp(type, "STRING") == 0)
        return kf_value_set_string(arguments, name, text);
    if (strcmp(type, "BOOLEAN") == 0 &&
        (strcmp(text, "True") == 0 || strcmp(text, "False") == 0))
        return kf_value_set_bool(arguments, name, text[0] == 'T');
    kf_value *value = NULL;
    if (kf_value_parse(text, strlen(text), &value) != KF_OK)
        return kf__fail(KF_ETYPE, name, "'%s' is no %s", text, type);
    kf_status status = kf_value_set(arguments, name, value);
    kf_value_free(value);
    return status;
}

static kf_status add_argument(
    kf_value *arguments, const char *word, const kf_value *inputs)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return kf__fail(KF_EINVAL, NULL, "--arg takes NAME=VALUE, not '%s'", word);
    char *name = kf__strndup(word, (size_t)(equals - word));
    if (!name)
        return kf__nomem();
    const kf_value *parameters = kf_value_get(inputs, "parameters");
    const kf_value *artifacts = kf_value_get(inputs, "artifacts");
    kf_status status;
    if (kf_value_get(artifacts, name)) {
        status = kf_value_set_string(arguments, name, equals + 1);
    } else if (kf_value_get(parameters, name)) {
        status =
            read_argument(arguments, name, equals + 1, kf_value_get(parameters, name));
    } else {
        const char *nearest = kf__nearest(name, input_name, parameters);
        status = kf__fail(KF_ENOENT, NULL, "the pipeline has no input '%s'%s%s%s", name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
    kf__free(name);
    return status;
}

static kf_status read_arguments(
    const run_settings *settings, const kf_value *inputs, kf_value **out)
{
    kf_value *arguments = NULL;
    kf_status status;
    if (settings->arguments_file) {
        kf_buf text = KF__BUF_INIT;
        status =
            kf__file_read(settings->arguments_file, KF__LIMIT_DOCUMENT_BYTES, &text);
        if (status == KF_OK)
            status = kf_value_parse(kf__buf_text(&text), text.length, &arguments);
        kf__buf_finish(&text);
    } else {
        status = kf_value_new(KF_KIND_STRUCT, &arguments);
    }
    for (size_t i = 0; status == KF_OK && i < settings->arguments.count; i++)
        status = add_argument(arguments, settings->arguments.items[i], inputs);
    if (status != KF_OK) {
        kf_value_free(arguments);
        return status;
    }
    *out = arguments;
    return KF_OK;
}

static int watch(kf_run *run, cli_progress *progress)
{
    int seen = 0;
    for (;;) {
        kf_status status = kf_run_wait(run, 0.1);
        if (status != KF_ETIMEOUT)
            return status == KF_OK ? CLI_OK : CLI_FAILURE;
        cli_progress_tick(progress);
        if (interrupts > seen) {
            seen = interrupts;
            kf_run_cancel(run);
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
    if (!cli_source_text(command, &settings->source, &text, exit_status)) {
        kf__buf_finish(&text);
        return KF_EINVAL;
    }
    kf_status status = kf_pipeline_load(kf__buf_text(&text), text.length, &pipeline);
    if (status == KF_OK)
        status = kf_pipeline_spec(pipeline, NULL, &spec);
    if (status == KF_OK) {
        const kf_value *root = kf_value_get(spec, "root");
        status = read_arguments(
            settings, kf_value_get(root, "inputDefinitions"), &arguments);
        *exit_status = status == KF_OK ? CLI_FAILURE : CLI_USAGE;
    }
    if (status == KF_OK) {
        kf_run_options options = run_options(settings, arguments, progress);
        status = kf_run_start(store, pipeline, &options, out);
    }
    if (status != KF_OK)
        (void)cli_fail(command);
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
    catch_interrupts();
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
        if (!settings->quiet && !settings->common.json)
            fprintf(stderr, "run %s\n", kf_run_id(run));
        exit_status = watch(run, progress);
        cli_progress_end(progress);
        int printed = finish(settings, command, run);
        exit_status = exit_status == CLI_OK ? printed : exit_status;
        if (interrupts)
            exit_status = CLI_INTERRUPTED;
    }
    kf_run_free(run);
    cli_progress_free(progress);
    return exit_status;
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
