/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

/* A run by that name; else an experiment. */
static kf_status find(
    const kf_store *store, const char *name, kf_value **out, bool *is_run)
{
    kf_status status = kf_store_run(store, name, out);
    *is_run = status != KF_ENOENT;
    if (*is_run || (status = kf_store_experiment(store, name, out)) != KF_ENOENT)
        return status;
    return kf_store_run(store, name, out); /* Say what is missing. */
}

/* What takes more than reading: importance, and the conditions of Katib's status. */
static kf_status add_more(const kf_store *store, kf_value *experiment)
{
    const char *id = kf__get_text(experiment, "id");
    kf_value *importance = NULL, *state = NULL;
    kf_status status = kf_store_experiment_importance(store, id, &importance);
    if (status == KF_OK)
        status = kf_value_set(experiment, "importance", importance);
    if (status == KF_OK &&
        kf__equals_text(kf_value_get(experiment, "kind"), "experiment"))
        status = kf_store_experiment_status(store, id, &state);
    const kf_value *conditions = kf_value_get(state, "conditions");
    if (status == KF_OK && conditions != NULL)
        status = kf_value_set(experiment, "conditions", conditions);
    kf_value_free(importance);
    kf_value_free(state);
    return status;
}

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
    bool is_run = false;
    if (kf_store_open(common.home, &store) != KF_OK ||
        find(store, words[0] ? words[0] : "latest", &description, &is_run) != KF_OK)
        status = cli_fail(command);
    else if (!is_run && add_more(store, description) != KF_OK)
        status = cli_fail(command);
    else if (common.json)
        cli_print_json(description);
    else if (is_run)
        cli_describe_run(description, true);
    else
        cli_describe_experiment(description, true);
    kf_value_free(description);
    kf_store_free(store);
    return status;
}

const cli_command cli_show_command = {"show", "[RUN|EXPERIMENT]",
    "Show a run (steps, states, outputs, metrics) or an experiment",
    "RUN and EXPERIMENT are ids, or unique beginnings of one; latest (the default) is "
    "a "
    "run, if\n"
    "there is one.",
    run};
