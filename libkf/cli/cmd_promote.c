/* SPDX-License-Identifier: Apache-2.0 */
/* kf promote and kf rollback. */
#include "base/value.h"
#include "cli/cli.h"

static void print_shares(const char *key, const kf_value *item)
{
    const kf_value *components = kf_value_get(
        kf_value_get(kf_value_get(item, "status"), "status"), "components");
    for (size_t i = 0; i < kf_value_length(components); i++) {
        kf_buf traffic = KF__BUF_INIT;
        cli_put_traffic(&traffic, kf_value_at(components, i));
        printf("%s %s: %s\n", key, kf_value_key(components, i), kf__buf_text(&traffic));
        kf__buf_finish(&traffic);
    }
}

static int ask(
    const cli_command *command, const cli_common *common, const char *const *words)
{
    kf_buf action = KF__BUF_INIT;
    kf_value *item = NULL;
    kf__buf_printf(&action, "%s%s%s", command->name, words[1] ? " " : "",
        words[1] ? words[1] : "");
    kf_status status = kf_server_ask(common->home, words[0], kf__buf_text(&action));
    kf__buf_finish(&action);
    if (status != KF_OK || kf_server_service(common->home, words[0], &item) != KF_OK)
        return cli_fail(command);
    if (common->json)
        cli_print_json(item);
    else
        print_shares(kf__get_text(item, "key"), item);
    kf_value_free(item);
    return CLI_OK;
}

static int run(const cli_command *command, int argc, char **argv, int most)
{
    cli_common common = {0};
    const cli_option options[] = {CLI_COMMON(common)};
    const char *words[2] = {NULL, NULL};
    int status;
    if (!cli_parse(command, options, argc, argv, 1, most, words, &status))
        return status;
    return ask(command, &common, words);
}

static int promote(const cli_command *command, int argc, char **argv)
{
    return run(command, argc, argv, 2);
}

static int roll_back(const cli_command *command, int argc, char **argv)
{
    return run(command, argc, argv, 1);
}

const cli_command cli_promote_command = {"promote", "SERVICE [CANARY]",
    "Give a canary all of its service's traffic",
    "As if canaryTrafficPercent were taken out of the document. Of a service with "
    "spec.canary, CANARY becomes the stable predictor, as if its name and model were "
    "the "
    "predictor's and its entry were gone; where there is one, it need not be named. It "
    "holds until the document is changed. The service must be served (kf serve).",
    promote};

const cli_command cli_rollback_command = {"rollback", "SERVICE",
    "Give the traffic back to the revision before",
    "As if canaryTrafficPercent were 0, or spec.canary were empty; it holds until the "
    "document is changed. The service must be served (kf serve).",
    roll_back};
