/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/value.h"
#include "cli/cli.h"

const char *cli_service_state(const kf_value *item)
{
    const kf_value *status = kf_value_get(kf_value_get(item, "status"), "status");
    const kf_value *conditions = kf_value_get(status, "conditions");
    const char *ready = NULL;
    for (size_t i = 0; i < kf_value_length(conditions); i++) {
        const kf_value *condition = kf_value_at(conditions, i);
        if (kf__equals_text(kf_value_get(condition, "type"), "Ready"))
            ready = kf__get_text(condition, "status");
    }
    if (!kf_value_bool(kf_value_get(item, "alive")))
        return "STOPPED";
    if (ready == NULL || strcmp(ready, "Unknown") == 0)
        return "LOADING";
    return strcmp(ready, "True") == 0 ? "READY" : "FAILED";
}

void cli_put_updated(kf_buf *out, const kf_value *item)
{
    kf_buf time = KF__BUF_INIT;
    kf__put_time(&time, kf_value_int(kf_value_get(item, "updated")));
    const char *text = kf__buf_text(&time);
    if (strlen(text) >= 19)
        kf__buf_printf(out, "%.10s %.8s", text, text + 11);
    kf__buf_finish(&time);
}

void cli_put_traffic(kf_buf *out, const kf_value *component)
{
    const kf_value *traffic = kf_value_get(component, "traffic");
    for (size_t i = 0; i < kf_value_length(traffic); i++) {
        const kf_value *share = kf_value_at(traffic, i);
        const char *name = kf__get_text(share, "revisionName");
        kf__buf_printf(out, "%s%s %lld %%", i > 0 ? ", " : "", name ? name : "?",
            (long long)kf_value_int(kf_value_get(share, "percent")));
    }
}

static void print_component(const char *role, const kf_value *component)
{
    static const char *const revisions[][2] = {
        {"latest created", "latestCreatedRevision"},
        {"latest ready", "latestReadyRevision"},
        {"rolled out", "latestRolledoutRevision"},
        {"before it", "previousRolledoutRevision"}};
    kf_buf traffic = KF__BUF_INIT;
    cli_put_traffic(&traffic, component);
    printf("%s\n", role);
    printf("  %-14s  %s\n", "traffic",
        traffic.length > 0 ? kf__buf_text(&traffic) : "none yet");
    for (size_t i = 0; i < sizeof revisions / sizeof *revisions; i++) {
        const char *name = kf__get_text(component, revisions[i][1]);
        if (name != NULL)
            printf("  %-14s  %s\n", revisions[i][0], name);
    }
    kf__buf_finish(&traffic);
}

/* Of the mode Standard. */
static void print_canaries(const kf_value *canaries)
{
    if (kf_value_length(canaries) > 0)
        printf("canaries\n");
    for (size_t i = 0; i < kf_value_length(canaries); i++) {
        const kf_value *canary = kf_value_at(canaries, i);
        const kf_value *model = kf_value_get(canary, "modelStatus");
        const char *name = kf__get_text(canary, "name");
        const char *failure =
            kf__get_text(kf_value_get(model, "lastFailureInfo"), "message");
        printf("  %-14s  %lld %%  %s%s%s\n", name ? name : "",
            (long long)kf_value_int(kf_value_get(canary, "trafficPercent")),
            kf_value_bool(kf_value_get(canary, "ready")) ? "ready" : "not ready",
            failure ? ": " : "", failure ? failure : "");
    }
}

static void print_conditions(const kf_value *conditions)
{
    printf("conditions\n");
    for (size_t i = 0; i < kf_value_length(conditions); i++) {
        const kf_value *condition = kf_value_at(conditions, i);
        const char *type = kf__get_text(condition, "type");
        const char *state = kf__get_text(condition, "status");
        const char *message = kf__get_text(condition, "message");
        printf("  %-30s  %-7s  %s%s%s\n", type ? type : "", state ? state : "",
            kf__get_text(condition, "lastTransitionTime"), message ? "  " : "",
            message ? message : "");
    }
}

static void print_text(const char *heading, const char *text)
{
    if (text != NULL)
        printf("%-14s  %s\n", heading, text);
}

void cli_describe_service(const kf_value *item)
{
    const kf_value *status = kf_value_get(kf_value_get(item, "status"), "status");
    const kf_value *components = kf_value_get(status, "components");
    const kf_value *model = kf_value_get(status, "modelStatus");
    const char *runtime = kf__get_text(status, "clusterServingRuntimeName");
    kf_buf updated = KF__BUF_INIT;
    cli_put_updated(&updated, item);
    print_text("service", kf__get_text(item, "key"));
    printf("%-14s  ", "state");
    cli_styled(stdout, cli_state_style(cli_service_state(item)), "%s",
        cli_service_state(item));
    printf("\n");
    print_text("url", kf__get_text(status, "url"));
    print_text(
        "runtime", runtime ? runtime : kf__get_text(status, "servingRuntimeName"));
    print_text("model", kf__get_text(model, "transitionStatus"));
    print_text(
        "failure", kf__get_text(kf_value_get(model, "lastFailureInfo"), "message"));
    print_text("updated (UTC)", kf__buf_text(&updated));
    for (size_t i = 0; i < kf_value_length(components); i++)
        print_component(kf_value_key(components, i), kf_value_at(components, i));
    print_canaries(kf_value_get(status, "canaryStatuses"));
    print_conditions(kf_value_get(status, "conditions"));
    kf__buf_finish(&updated);
}
