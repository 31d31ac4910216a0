/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/value.h"
#include "cli/cli.h"

enum { PARAMS_WIDTH = 60, MESSAGE_WIDTH = 60 };

void cli_put_params(kf_buf *buf, const kf_value *params)
{
    for (size_t i = 0; i < kf_value_length(params); i++) {
        kf__buf_printf(buf, "%s%s=", i > 0 ? " " : "", kf_value_key(params, i));
        cli_put_value(buf, kf_value_at(params, i), PARAMS_WIDTH);
    }
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

void cli_print_trials(const kf_value *experiment, FILE *stream)
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
    cli_table_print(table, stream, 0);
    cli_table_free(table);
}

static void print_counts(const kf_value *counts)
{
    bool first = true;
    printf("trials     ");
    for (size_t i = 0; i < kf_value_length(counts); i++) {
        int64_t count = kf_value_int(kf_value_at(counts, i));
        if (count == 0)
            continue;
        printf("%s%lld ", first ? "" : ", ", (long long)count);
        for (const char *at = kf_value_key(counts, i); *at != '\0'; at++)
            putchar(*at == '_' ? ' ' : *at);
        first = false;
    }
    printf("%s\n", first ? "none" : "");
}

static void print_best(const kf_value *experiment)
{
    const kf_value *best = kf_value_get(experiment, "best");
    kf_buf text = KF__BUF_INIT;
    if (!is_there(best))
        return;
    const char *objective = kf__get_text(experiment, "objective");
    const kf_value *value = kf_value_at(kf_value_get(best, "values"), 0);
    if (value == NULL) /* Text, as darts has it. */
        value = kf_value_get(
            kf_value_get(kf_value_get(best, "metrics"), objective), "latest");
    cli_put_value(&text, value, 0);
    printf("best       %s = ", objective);
    cli_styled(stdout, CLI_BOLD, "%s", kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_params(&text, kf_value_get(best, "params"));
    printf(" (trial %lld)\n           %s\n",
        (long long)kf_value_int(kf_value_get(best, "number")), kf__buf_text(&text));
    kf__buf_finish(&text);
}

void cli_describe_experiment(const kf_value *experiment, bool in_full)
{
    const char *state = kf__get_text(experiment, "state");
    const char *reason = kf__get_text(experiment, "reason");
    const char *error = kf__get_text(experiment, "error");
    const char *algorithm = kf__get_text(experiment, "algorithm");
    bool interrupted = kf_value_bool(kf_value_get(experiment, "interrupted"));
    printf("experiment %s ", kf__get_text(experiment, "id"));
    cli_styled(
        stdout, cli_state_style(state), "%s", interrupted ? "INTERRUPTED" : state);
    printf("%s%s\n", reason != NULL ? " " : "", reason != NULL ? reason : "");
    if (error != NULL)
        printf("error      %s\n", error);
    printf("algorithm  %s, %s %s\n", algorithm != NULL ? algorithm : "random",
        kf__get_text(experiment, "direction"), kf__get_text(experiment, "objective"));
    print_counts(kf_value_get(experiment, "counts"));
    print_best(experiment);
    if (!in_full)
        return;
    putchar('\n');
    cli_print_trials(experiment, stdout);
}
