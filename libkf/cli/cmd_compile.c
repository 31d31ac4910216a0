/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "io/file.h"

typedef struct compile_settings {
    cli_common common;
    cli_source source;
    const char *output;
    bool manifest;
    const char *name;
    const char *namespace_;
    bool include_pipeline;
} compile_settings;

static int compile(const cli_command *command, const compile_settings *settings)
{
    int status = CLI_FAILURE;
    kf_buf text = KF__BUF_INIT;
    kf_pipeline *pipeline = NULL;
    char *document = NULL;
    kf_write_options options = {
        .size = sizeof options,
        .format = settings->manifest ? KF_FORMAT_MANIFEST : KF_FORMAT_IR,
        .verbose_form = settings->source.verbose_form,
        .json = settings->common.json ||
                (settings->output && kf__ends_with(settings->output, ".json")),
        .pipeline_name = settings->name,
        .manifest_namespace = settings->namespace_,
        .manifest_include_pipeline = settings->include_pipeline,
    };
    if (!cli_source_text(command, &settings->source, &text, &status))
        goto out;
    status = CLI_FAILURE;
    if (kf_pipeline_load(kf__buf_text(&text), text.length, &pipeline) != KF_OK) {
        status = cli_fail_in(command, settings->source.path);
    } else if (settings->output) {
        if (kf_pipeline_save(pipeline, settings->output, &options) != KF_OK)
            status = cli_fail(command);
        else
            status = CLI_OK;
    } else if (kf_pipeline_write(pipeline, &options, &document) != KF_OK) {
        status = cli_fail(command);
    } else {
        fputs(document, stdout);
        status = CLI_OK;
    }
out:
    kf_text_free(document);
    kf_pipeline_free(pipeline);
    kf__buf_finish(&text);
    return status;
}

static int run(const cli_command *command, int argc, char **argv)
{
    compile_settings settings = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {
        {"output", 'o', CLI_TEXT, &settings.output, "FILE",
            "Write there (.yaml or .json; default: standard output)"},
        {"function", 'f', CLI_TEXT, &settings.source.function, "NAME",
            "The pipeline or component, when the file has several"},
        {"runtime", 0, CLI_TEXT, &settings.source.runtime, "embedded|kfp",
            "How Python components are launched"},
        {"verbose-form", 0, CLI_FLAG, &settings.source.verbose_form, NULL,
            "A component and an executor per task, as the KFP SDK writes it"},
        {"manifest", 0, CLI_FLAG, &settings.manifest, NULL,
            "Write a Kubernetes PipelineVersion"},
        {"include-pipeline", 0, CLI_FLAG, &settings.include_pipeline, NULL,
            "With --manifest: the Pipeline too"},
        {"namespace", 0, CLI_TEXT, &settings.namespace_, "NAME",
            "With --manifest: its namespace"},
        {"name", 0, CLI_TEXT, &settings.name, "NAME",
            "Name of the pipeline (default: its own)"},
        CLI_COMMON(settings.common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 1, 1, words, &status))
        return status;
    settings.source.path = words[0];
    const char *runtime = settings.source.runtime;
    if (runtime && strcmp(runtime, "embedded") != 0 && strcmp(runtime, "kfp") != 0) {
        cli_complain(command, "--runtime is embedded or kfp, not '%s'", runtime);
        return CLI_USAGE;
    }
    return compile(command, &settings);
}

const cli_command cli_compile_command = {"compile", "FILE.py|FILE.yaml",
    "Compile a pipeline to KFP IR YAML",
    "FILE is a Python file with a pipeline or component (import kf or import kfp), or "
    "a document\n"
    "that is to be written anew.",
    run};
