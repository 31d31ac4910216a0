/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

static void add_row(cli_table *table, const kf_value *item)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *status = kf_value_get(kf_value_get(item, "status"), "status");
    const kf_value *components = kf_value_get(status, "components");
    cli_table_cell(table, kf__get_text(item, "key"));
    cli_table_state(table, cli_service_state(item));
    cli_put_traffic(&text, kf_value_get(components, "predictor"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_updated(&text, item);
    cli_table_cell(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(item, "url"));
    kf__buf_finish(&text);
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    kf_value *list = NULL;
    if (!cli_parse(command, options, argc, argv, 0, 0, NULL, &status))
        return status;
    if (kf_server_services(common.home, &list) != KF_OK)
        return cli_fail(command);
    if (common.json) {
        cli_print_json(list);
    } else if (kf_value_length(list) == 0) {
        printf("no services: kf serve starts some\n");
    } else {
        cli_table *table = cli_table_new((const char *const[]){
            "SERVICE", "STATE", "TRAFFIC", "UPDATED (UTC)", "SERVER", NULL});
        for (size_t i = 0; table && i < kf_value_length(list); i++)
            add_row(table, kf_value_at(list, i));
        if (table)
            cli_table_print(table, stdout, 0);
        cli_table_free(table);
    }
    kf_value_free(list);
    return CLI_OK;
}

const cli_command cli_services_command = {
    "services", "", "List the services, and what has their traffic", NULL, run};
