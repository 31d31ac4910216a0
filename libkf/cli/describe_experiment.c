/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

enum { PARAMS_WIDTH = 60, MESSAGE_WIDTH = 60 };

static void put_members(kf_buf *buf, const kf_value *members, const char *separator)
{
    for (size_t i = 0; i < kf_value_length(members); i++) {
        kf__buf_printf(buf, "%s%s=", i > 0 ? separator : "", kf_value_key(members, i));
        cli_put_value(buf, kf_value_at(members, i), PARAMS_WIDTH);
    }
}

void cli_put_params(kf_buf *buf, const kf_value *params)
{
    put_members(buf, params, " ");
}

static bool is_there(const kf_value *value)
{
    return value != NULL && kf_value_kind(value) != KF_KIND_NULL;
}

static bool any_message(const kf_value *trials)
{
    for (size_t i = 0; i < kf_value_length(trials); i++)
        if (is_there(kf_value_get(kf_value_at(trials, i), "message")))
            return true;
    return false;
}

static void add_trial(cli_table *table, const kf_value *trial, bool with_message)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *value = kf_value_at(kf_value_get(trial, "values"), 0);
    kf__buf_printf(
        &text, "%lld", (long long)kf_value_int(kf_value_get(trial, "number")));
    cli_table_number(table, kf__buf_text(&text));
    cli_table_state(table, kf__get_text(trial, "state"));
    kf__buf_truncate(&text, 0);
    if (is_there(value))
        cli_put_value(&text, value, 0);
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    if (is_there(kf_value_get(trial, "duration")))
        cli_put_duration(&text, kf_value_double(kf_value_get(trial, "duration")));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_params(&text, kf_value_get(trial, "params"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_line(&text, kf__get_text(trial, "message"), MESSAGE_WIDTH);
    if (with_message)
        cli_table_cell(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

void cli_print_trials(const kf_value *experiment, FILE *stream, int indent)
{
    const kf_value *trials = kf_value_get(experiment, "trials");
    const char *objective = kf__get_text(experiment, "objective");
    bool with_message = any_message(trials);
    cli_table *table = cli_table_new(
        (const char *const[]){"TRIAL", "STATE", objective != NULL ? objective : "VALUE",
            "TIME", "PARAMETERS", with_message ? "" : NULL, NULL});
    if (table == NULL)
        return;
    for (size_t i = 0; i < kf_value_length(trials); i++)
        add_trial(table, kf_value_at(trials, i), with_message);
    cli_table_print(table, stream, indent);
    cli_table_free(table);
}

/* ---- a summary ---- */

static void print_head(const kf_value *experiment)
{
    kf_buf text = KF__BUF_INIT;
    const char *state = kf__get_text(experiment, "state");
    const char *reason = kf__get_text(experiment, "reason");
    const kf_value *duration = kf_value_get(experiment, "duration");
    bool interrupted = kf_value_bool(kf_value_get(experiment, "interrupted"));
    cli_styled(stdout, CLI_BOLD, "%s", kf__get_text(experiment, "id"));
    printf("  %s  ", kf__get_text(experiment, "kind"));
    state = interrupted ? "INTERRUPTED" : state;
    cli_styled(stdout, cli_state_style(state), "%s", state);
    if (is_there(duration)) {
        cli_put_duration(&text, kf_value_double(duration));
        printf(" in %s", kf__buf_text(&text));
    }
    printf("%s%s\n", reason != NULL ? "  " : "", reason != NULL ? reason : "");
    kf__buf_finish(&text);
    if (kf__get_text(experiment, "error") != NULL)
        printf("  %s\n", kf__get_text(experiment, "error"));
    if (interrupted || strcmp(state, "CANCELED") == 0)
        printf(
            "  go on with it: kf tune --resume %s\n", kf__get_text(experiment, "id"));
}

/* "tpe (n_startup_trials=4)" */
static void print_named(const char *label, const char *name, const kf_value *settings)
{
    kf_buf text = KF__BUF_INIT;
    put_members(&text, settings, ", ");
    printf("  %-14s  %s%s%s%s\n", label, name, text.length > 0 ? " (" : "",
        kf__buf_text(&text), text.length > 0 ? ")" : "");
    kf__buf_finish(&text);
}

static void print_objectives(const kf_value *experiment)
{
    const kf_value *objectives = kf_value_get(experiment, "objectives");
    const kf_value *goal = kf_value_get(experiment, "goal");
    for (size_t i = 0; i < kf_value_length(objectives); i++) {
        const kf_value *objective = kf_value_at(objectives, i);
        printf("  %-14s  %s %s", i == 0 ? "objective" : "",
            kf__get_text(objective, "direction"), kf__get_text(objective, "name"));
        if (i == 0 && is_there(goal))
            printf(", until it is %s", kf__shown(kf_value_double(goal)).text);
        putchar('\n');
    }
}

static void print_counts(const kf_value *experiment)
{
    const kf_value *counts = kf_value_get(experiment, "counts");
    int64_t most = kf_value_int(kf_value_get(experiment, "max_trials"));
    int64_t parallel = kf_value_int(kf_value_get(experiment, "parallel"));
    bool first = true;
    printf("  %-14s  ", "trials");
    for (size_t i = 0; i < kf_value_length(counts); i++) {
        int64_t count = kf_value_int(kf_value_at(counts, i));
        if (count == 0)
            continue;
        printf("%s%lld ", first ? "" : ", ", (long long)count);
        for (const char *at = kf_value_key(counts, i); *at != '\0'; at++)
            putchar(*at == '_' ? ' ' : *at);
        first = false;
    }
    printf("%s", first ? "none" : "");
    if (most > 0)
        printf(" of %lld", (long long)most);
    if (parallel > 1)
        printf(", %lld at a time", (long long)parallel);
    putchar('\n');
}

/* What darts finds is no number. */
static void print_text(const kf_value *experiment, const kf_value *best)
{
    const char *objective = kf__get_text(experiment, "objective");
    const char *text =
        kf__get_text(kf_value_get(kf_value_get(best, "metrics"), objective), "latest");
    printf("  %-14s  ", objective);
    cli_styled(stdout, CLI_BOLD, "%s\n", text != NULL ? text : "");
}

static void print_best(const kf_value *experiment)
{
    const kf_value *best = kf_value_get(experiment, "best");
    const kf_value *values = kf_value_get(best, "values");
    const kf_value *params = kf_value_get(best, "params");
    if (!is_there(best))
        return;
    printf("\n");
    cli_styled(stdout, CLI_BOLD, "best");
    printf(": trial %lld\n", (long long)kf_value_int(kf_value_get(best, "number")));
    for (size_t i = 0; i < kf_value_length(values); i++) {
        kf_buf text = KF__BUF_INIT;
        cli_put_value(&text, kf_value_at(values, i), 0);
        printf("  %-14s  ", kf_value_key(values, i));
        cli_styled(stdout, CLI_BOLD, "%s\n", kf__buf_text(&text));
        kf__buf_finish(&text);
    }
    if (kf_value_length(values) == 0)
        print_text(experiment, best);
    for (size_t i = 0; i < kf_value_length(params); i++) {
        kf_buf text = KF__BUF_INIT;
        cli_put_value(&text, kf_value_at(params, i), PARAMS_WIDTH);
        printf("  %-14s  %s\n", kf_value_key(params, i), kf__buf_text(&text));
        kf__buf_finish(&text);
    }
    if (kf__get_text(best, "run") != NULL)
        printf("  its run: kf show %.8s\n", kf__get_text(best, "run"));
}

void cli_describe_experiment(const kf_value *experiment, bool in_full)
{
    const char *algorithm = kf__get_text(experiment, "algorithm");
    const char *stopping = kf__get_text(experiment, "early_stopping");
    print_head(experiment);
    putchar('\n');
    print_named("algorithm", algorithm != NULL ? algorithm : "random",
        kf_value_get(experiment, "settings"));
    print_objectives(experiment);
    if (stopping != NULL)
        print_named(
            "early stopping", stopping, kf_value_get(experiment, "stopping_settings"));
    print_counts(experiment);
    print_best(experiment);
    if (in_full)
        cli_describe_search(experiment);
}
