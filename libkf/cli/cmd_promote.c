/* SPDX-License-Identifier: Apache-2.0 */
/* kf promote and kf rollback. */
#include "base/value.h"
#include "cli/cli.h"

static void print_shares(const char *key, const kf_value *item)
{
    const kf_value *components = kf_value_get(
        kf_value_get(kf_value_get(item, "status"), "status"), "components");
    for (size_t i = 0; i < kf_value_length(components); i++) {
        const kf_value *traffic = kf_value_get(kf_value_at(components, i), "traffic");
        printf("%s %s:", key, kf_value_key(components, i));
        for (size_t k = 0; k < kf_value_length(traffic); k++) {
            const kf_value *share = kf_value_at(traffic, k);
            const char *revision = kf__get_text(share, "revisionName");
            printf(" %s %lld %%", revision ? revision : "?",
                (long long)kf_value_int(kf_value_get(share, "percent")));
        }
        printf("\n");
    }
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const cli_option options[] = {CLI_COMMON(common)};
    const char *name = NULL;
    int status;
    if (!cli_parse(command, options, argc, argv, 1, 1, &name, &status))
        return status;
    kf_value *item = NULL;
    if (kf_server_ask(common.home, name, command->name) != KF_OK ||
        kf_server_service(common.home, name, &item) != KF_OK)
        return cli_fail(command);
    if (common.json)
        cli_print_json(item);
    else
        print_shares(kf__get_text(item, "key"), item);
    kf_value_free(item);
    return CLI_OK;
}

const cli_command cli_promote_command = {"promote", "SERVICE",
    "Give a canary all of its service's traffic",
    "As if canaryTrafficPercent were taken out of the document; it holds until the "
    "document is changed. The service must be served (kf serve).",
    run};

const cli_command cli_rollback_command = {"rollback", "SERVICE",
    "Give the traffic back to the revision before",
    "As if canaryTrafficPercent were 0; it holds until the document is changed. The "
    "service must be served (kf serve).",
    run};
