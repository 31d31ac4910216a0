/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

static void print_json(const kf_report *report)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        kf_value *item = kf__tree_struct(&tree);
        bool error = finding->severity == KF_SEVERITY_ERROR;
        kf__put_text(&tree, item, "severity", error ? "error" : "warning");
        kf__put_text(&tree, item, "code", kf_status_name(finding->code));
        kf__put_text(&tree, item, "message", finding->message);
        kf__put_text(&tree, item, "where", finding->where);
        kf__put_int(&tree, item, "line", finding->line);
        kf__put_int(&tree, item, "column", finding->column);
        kf__push(&tree, list, item);
    }
    if (kf__tree_status(&tree) == KF_OK)
        cli_print_json(list);
    kf__tree_finish(&tree);
}

static kf_status check_text(const kf_buf *text, kf_report **out)
{
    if (cli_is_service(kf__buf_text(text)))
        return kf_services_check_text(kf__buf_text(text), text->length, out);
    return cli_is_experiment(kf__buf_text(text))
               ? kf_experiment_check_text(kf__buf_text(text), text->length, out)
               : kf_pipeline_check_text(kf__buf_text(text), text->length, out);
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    cli_source source = {0};
    const cli_option options[] = {
        {"function", 'f', CLI_TEXT, &source.function, "NAME",
            "The pipeline or component, when the file has several"},
        CLI_COMMON(common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 1, 1, &source.path, &status))
        return status;
    kf_buf text = KF__BUF_INIT;
    kf_report *report = NULL;
    if (!cli_source_text(command, &source, &text, &status)) {
        kf__buf_finish(&text);
        return status;
    }
    if (check_text(&text, &report) != KF_OK) {
        kf__buf_finish(&text);
        return cli_fail(command);
    }
    if (common.json) {
        print_json(report);
    } else {
        size_t errors = kf_report_errors(report), count = kf_report_count(report);
        for (size_t i = 0; i < count; i++)
            cli_print_finding(stdout, source.path, kf_report_at(report, i));
        printf("%s: %zu error%s, %zu warning%s\n", source.path, errors,
            errors == 1 ? "" : "s", count - errors, count - errors == 1 ? "" : "s");
    }
    status = kf_report_errors(report) ? CLI_FAILURE : CLI_OK;
    kf_report_free(report);
    kf__buf_finish(&text);
    return status;
}

const cli_command cli_check_command = {"check", "FILE.py|FILE.yaml",
    "Check a pipeline, an experiment or services and print all findings",
    "Exit status: 0 without errors (warnings are none), 1 with errors.", run};
