/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/value.h"
#include "cli/cli.h"

static void add_row(cli_table *table, const kf_value *item)
{
    kf_buf text = KF__BUF_INIT;
    const char *id = kf__get_text(item, "id");
    kf__buf_append(&text, id, strlen(id) < 12 ? strlen(id) : 12);
    cli_table_cell(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(item, "pipeline"));
    cli_table_state(table, cli_run_state(item));
    kf__buf_truncate(&text, 0);
    cli_put_time(&text, kf_value_get(item, "created"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    const kf_value *duration = kf_value_get(item, "duration");
    if (duration && kf_value_kind(duration) != KF_KIND_NULL)
        cli_put_duration(&text, kf_value_double(duration));
    cli_table_number(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(item, "display_name"));
    kf__buf_finish(&text);
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    kf_runs_options query = {.size = sizeof query};
    const cli_option options[] = {
        {"pipeline", 'p', CLI_TEXT, &query.pipeline, "NAME",
            "Only runs of this pipeline"},
        {"state", 's', CLI_TEXT, &query.state, "STATE",
            "Only runs in this state, such as FAILED"},
        {"limit", 'n', CLI_INT, &query.limit, "N", "At most so many (default: 100)"},
        CLI_COMMON(common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 0, NULL, &status))
        return status;
    kf_store *store = NULL;
    kf_value *runs = NULL;
    status = CLI_OK;
    if (kf_store_open(common.home, &store) != KF_OK ||
        kf_store_runs(store, &query, &runs) != KF_OK) {
        status = cli_fail(command);
    } else if (common.json) {
        cli_print_json(runs);
    } else if (kf_value_length(runs) == 0) {
        printf("no runs in %s\n", kf_store_home(store));
    } else {
        cli_table *table = cli_table_new((const char *const[]){
            "RUN", "PIPELINE", "STATE", "CREATED (UTC)", "TIME", "", NULL});
        for (size_t i = 0; table && i < kf_value_length(runs); i++)
            add_row(table, kf_value_at(runs, i));
        if (table)
            cli_table_print(table, stdout, 0);
        cli_table_free(table);
    }
    kf_value_free(runs);
    kf_store_free(store);
    return status;
}

const cli_command cli_runs_command = {
    "runs", "", "List the runs, newest first", NULL, run};
