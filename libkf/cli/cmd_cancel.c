/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

static void say(const kf_value *run)
{
    bool ended = kf__equals_text(kf_value_get(run, "state"), "CANCELED");
    printf("the run %s %s\n", kf__get_text(run, "id"),
        ended ? "is canceled" : "is asked to stop; exit tasks still run");
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    if (!cli_parse(command, options, argc, argv, 1, 1, words, &status))
        return status;
    kf_store *store = NULL;
    kf_value *description = NULL;
    status = CLI_OK;
    kf_status asked = kf_store_open(common.home, &store);
    if (asked == KF_OK) {
        asked = kf_store_cancel(store, words[0]);
        if (asked == KF_OK)
            asked = kf_store_run(store, words[0], &description);
        else if (asked == KF_ENOENT)
            asked = kf_store_experiment_cancel(store, words[0]);
        if (asked == KF_ENOENT) /* Say what is missing. */
            asked = kf_store_cancel(store, words[0]);
    }
    if (asked != KF_OK)
        status = cli_fail(command);
    else if (common.json)
        printf("{\"canceled\": true}\n");
    else if (description != NULL)
        say(description);
    else
        printf("the experiment %s is asked to stop\n", words[0]);
    kf_value_free(description);
    kf_store_free(store);
    return status;
}

const cli_command cli_cancel_command = {"cancel", "RUN|EXPERIMENT",
    "Stop a run or an experiment",
    "The process that executes the run ends its tasks; exit handlers still run. Trials "
    "of "
    "an\nexperiment are killed.",
    run};
