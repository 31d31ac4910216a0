/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
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

/* A run or an experiment by that name. */
static int show_stored(const cli_command *command, const cli_common *common,
    const char *name, bool *is_missing)
{
    kf_store *store = NULL;
    kf_value *description = NULL;
    bool is_run = false;
    int status = CLI_OK;
    kf_status found = kf_store_open(common->home, &store);
    if (found == KF_OK)
        found = find(store, name, &description, &is_run);
    *is_missing = found == KF_ENOENT;
    if (found != KF_OK || (!is_run && add_more(store, description) != KF_OK))
        status = CLI_FAILURE;
    else if (common->json)
        cli_print_json(description);
    else if (is_run)
        cli_describe_run(description, true);
    else
        cli_describe_experiment(description, true);
    kf_value_free(description);
    kf_store_free(store);
    return status == CLI_OK || *is_missing ? status : cli_fail(command);
}

static bool has_services(const cli_common *common)
{
    kf_value *list = NULL;
    bool some =
        kf_server_services(common->home, &list) == KF_OK && kf_value_length(list) > 0;
    kf_value_free(list);
    return some;
}

static kf_status show_service(const cli_common *common, const char *name)
{
    kf_value *service = NULL;
    KF__TRY(kf_server_service(common->home, name, &service));
    if (common->json)
        cli_print_json(service);
    else
        cli_describe_service(service);
    kf_value_free(service);
    return KF_OK;
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 1, words, &status))
        return status;
    bool is_missing = false;
    const char *name = words[0] ? words[0] : "latest";
    status = show_stored(command, &common, name, &is_missing);
    if (!is_missing)
        return status;
    kf_status found = words[0] ? show_service(&common, words[0]) : KF_ENOENT;
    /* It would be a run or an experiment where there are no services. */
    if (found == KF_ENOENT && !(words[0] && has_services(&common)))
        (void)show_stored(command, &common, name, &is_missing); /* For its words. */
    else if (found == KF_ENOENT)
        found = show_service(&common, words[0]);
    return found == KF_OK ? CLI_OK : cli_fail(command);
}

const cli_command cli_show_command = {"show", "[RUN|EXPERIMENT|SERVICE]",
    "Show a run (steps, states, outputs, metrics), an experiment or a service",
    "RUN and EXPERIMENT are ids, or unique beginnings of one, SERVICE a name; latest "
    "(the default) is "
    "a "
    "run, if\n"
    "there is one.",
    run};
