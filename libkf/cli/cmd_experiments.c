/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

static void add_row(cli_table *table, const kf_value *item)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *best = kf_value_get(item, "best");
    bool interrupted = kf_value_bool(kf_value_get(item, "interrupted"));
    cli_table_cell(table, kf__get_text(item, "id"));
    cli_table_state(table, interrupted ? "INTERRUPTED" : kf__get_text(item, "state"));
    cli_put_time(&text, kf_value_get(item, "created"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    kf__buf_printf(
        &text, "%lld", (long long)kf_value_int(kf_value_get(item, "trials")));
    cli_table_number(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(item, "algorithm"));
    cli_table_cell(table, kf__get_text(item, "objective"));
    kf__buf_truncate(&text, 0);
    if (kf_value_kind(best) != KF_KIND_NULL)
        cli_put_value(&text, best, 0);
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 0, NULL, &status))
        return status;
    kf_store *store = NULL;
    kf_value *list = NULL;
    status = CLI_OK;
    if (kf_store_open(common.home, &store) != KF_OK ||
        kf_store_experiments(store, &list) != KF_OK) {
        status = cli_fail(command);
    } else if (common.json) {
        cli_print_json(list);
    } else if (kf_value_length(list) == 0) {
        printf("no experiments in %s\n", kf_store_home(store));
    } else {
        cli_table *table = cli_table_new((const char *const[]){"EXPERIMENT", "STATE",
            "CREATED (UTC)", "TRIALS", "ALGORITHM", "OBJECTIVE", "BEST", NULL});
        for (size_t i = 0; table && i < kf_value_length(list); i++)
            add_row(table, kf_value_at(list, i));
        if (table)
            cli_table_print(table, stdout, 0);
        cli_table_free(table);
    }
    kf_value_free(list);
    kf_store_free(store);
    return status;
}

const cli_command cli_experiments_command = {
    "experiments", "", "List the experiments, newest first", NULL, run};
