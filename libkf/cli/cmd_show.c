/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 1, words, &status))
        return status;
    kf_store *store = NULL;
    kf_value *description = NULL;
    status = CLI_OK;
    if (kf_store_open(common.home, &store) != KF_OK ||
        kf_store_run(store, words[0] ? words[0] : "latest", &description) != KF_OK)
        status = cli_fail(command);
    else if (common.json)
        cli_print_json(description);
    else
        cli_describe_run(description, true);
    kf_value_free(description);
    kf_store_free(store);
    return status;
}

const cli_command cli_show_command = {"show", "[RUN]",
    "Show a run: steps, states, inputs, outputs, metrics",
    "RUN is an id, a unique beginning of one, or latest (the default).", run};
