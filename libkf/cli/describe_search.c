/* SPDX-License-Identifier: Apache-2.0 */
/* An experiment in full: kf show. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

enum { BAR = 24, SHOWN_HISTORY = 12, SHOWN_TRIALS = 20, SHOWN_MESSAGE = 100 };

static bool is_there(const kf_value *value)
{
    return value && kf_value_kind(value) != KF_KIND_NULL;
}

static void heading(const char *text)
{
    putchar('\n');
    cli_styled(stdout, CLI_BOLD, "%s\n", text);
}

static void number_cell(cli_table *table, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    if (is_there(value))
        cli_put_value(&text, value, 0);
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static void duration_cell(cli_table *table, const kf_value *seconds)
{
    kf_buf text = KF__BUF_INIT;
    if (is_there(seconds))
        cli_put_duration(&text, kf_value_double(seconds));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static void params_cell(cli_table *table, const kf_value *trial)
{
    kf_buf text = KF__BUF_INIT;
    cli_put_params(&text, kf_value_get(trial, "params"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static void print_table(cli_table *table)
{
    if (table)
        cli_table_print(table, stdout, 2);
    cli_table_free(table);
}

/* ---- importance ---- */

/* Names in the order of their shares; to be ended with kf__free. */
static size_t *ranking(const kf_value *shares)
{
    size_t count = kf_value_length(shares);
    size_t *order = kf__calloc(count + 1, sizeof *order);
    for (size_t i = 0; order && i < count; i++) {
        size_t at = i;
        double share = kf_value_double(kf_value_at(shares, i));
        for (; at > 0 && kf_value_double(kf_value_at(shares, order[at - 1])) < share;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static void print_importance(const kf_value *shares)
{
    double sum = 0;
    for (size_t i = 0; i < kf_value_length(shares); i++)
        sum += kf_value_double(kf_value_at(shares, i));
    if (!(sum > 0))
        return;
    cli_table *table =
        cli_table_new((const char *const[]){"PARAMETER", "SHARE", "", NULL});
    size_t *order = ranking(shares);
    heading("importance");
    for (size_t i = 0; table && order && i < kf_value_length(shares); i++) {
        double share = kf_value_double(kf_value_at(shares, order[i]));
        kf_buf text = KF__BUF_INIT;
        cli_table_cell(table, kf_value_key(shares, order[i]));
        kf__buf_printf(&text, "%.0f %%", 100 * share);
        cli_table_number(table, kf__buf_text(&text));
        kf__buf_truncate(&text, 0);
        kf__buf_fill(&text, '#', (size_t)lround(BAR * share));
        cli_table_cell(table, kf__buf_text(&text));
        kf__buf_finish(&text);
    }
    kf__free(order);
    print_table(table);
}

/* ---- history ---- */

static const kf_value *trial_of(const kf_value *experiment, const kf_value *number)
{
    return kf_value_at(
        kf_value_get(experiment, "trials"), (size_t)kf_value_int(number));
}

static void print_history(const kf_value *experiment)
{
    const kf_value *history = kf_value_get(experiment, "history");
    size_t count = kf_value_length(history);
    size_t first = count > SHOWN_HISTORY ? count - SHOWN_HISTORY : 0;
    if (count == 0)
        return;
    cli_table *table = cli_table_new((const char *const[]){
        "TRIAL", kf__get_text(experiment, "objective"), "AFTER", "PARAMETERS", NULL});
    heading("best so far");
    if (first > 0)
        printf("  … %zu before these\n", first);
    for (size_t i = first; table && i < count; i++) {
        const kf_value *item = kf_value_at(history, i);
        const kf_value *number = kf_value_get(item, "trial");
        number_cell(table, number);
        number_cell(table, kf_value_get(item, "value"));
        duration_cell(table, kf_value_get(item, "after"));
        params_cell(table, trial_of(experiment, number));
    }
    print_table(table);
}

/* ---- trials in one state ---- */

static size_t count_of(const kf_value *trials, const char *state)
{
    size_t count = 0;
    for (size_t i = 0; i < kf_value_length(trials); i++)
        count += kf__equals_text(kf_value_get(kf_value_at(trials, i), "state"), state);
    return count;
}

static void add_running(cli_table *table, const kf_value *trial)
{
    const kf_value *report = kf_value_get(trial, "report");
    number_cell(table, kf_value_get(trial, "number"));
    duration_cell(table, kf_value_get(trial, "duration"));
    number_cell(table, kf_value_get(report, "step"));
    number_cell(table, kf_value_get(report, "value"));
    params_cell(table, trial);
}

static void add_stopped(cli_table *table, const kf_value *trial)
{
    number_cell(table, kf_value_get(trial, "number"));
    duration_cell(table, kf_value_get(trial, "duration"));
    number_cell(table, kf_value_at(kf_value_get(trial, "values"), 0));
    params_cell(table, trial);
}

static void add_failed(cli_table *table, const kf_value *trial)
{
    kf_buf text = KF__BUF_INIT;
    number_cell(table, kf_value_get(trial, "number"));
    duration_cell(table, kf_value_get(trial, "duration"));
    params_cell(table, trial);
    cli_put_line(&text, kf__get_text(trial, "message"), SHOWN_MESSAGE);
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

/* The newest of them. */
static void print_some(const kf_value *experiment, const char *title, const char *state,
    const char *const *headings, void (*add)(cli_table *, const kf_value *))
{
    const kf_value *trials = kf_value_get(experiment, "trials");
    size_t count = count_of(trials, state), seen = 0;
    size_t skipped = count > SHOWN_TRIALS ? count - SHOWN_TRIALS : 0;
    if (count == 0)
        return;
    cli_table *table = cli_table_new(headings);
    heading(title);
    for (size_t i = 0; table && i < kf_value_length(trials); i++) {
        const kf_value *trial = kf_value_at(trials, i);
        if (kf__equals_text(kf_value_get(trial, "state"), state) && seen++ >= skipped)
            add(table, trial);
    }
    if (skipped > 0)
        printf("  … %zu before these\n", skipped);
    print_table(table);
}

static void print_by_state(const kf_value *experiment)
{
    const char *objective = kf__get_text(experiment, "objective");
    bool interrupted = kf_value_bool(kf_value_get(experiment, "interrupted"));
    print_some(experiment, interrupted ? "interrupted" : "running", "RUNNING",
        (const char *const[]){"TRIAL", "TIME", "STEP", objective, "PARAMETERS", NULL},
        add_running);
    print_some(experiment, "stopped early", "EARLY_STOPPED",
        (const char *const[]){"TRIAL", "TIME", objective, "PARAMETERS", NULL},
        add_stopped);
    const char *const failed[] = {"TRIAL", "TIME", "PARAMETERS", "REASON", NULL};
    print_some(experiment, "failed", "FAILED", failed, add_failed);
    print_some(
        experiment, "without metrics", "METRICS_UNAVAILABLE", failed, add_failed);
    print_some(experiment, "killed", "KILLED", failed, add_failed);
}

static void print_all(const kf_value *experiment)
{
    size_t count = kf_value_length(kf_value_get(experiment, "trials"));
    if (count == 0)
        return;
    heading("trials");
    if (count <= SHOWN_TRIALS)
        cli_print_trials(experiment, stdout, 2);
    else
        printf("  kf trials %s lists all %zu\n", kf__get_text(experiment, "id"), count);
}

/* ---- conditions ---- */

static void print_conditions(const kf_value *conditions)
{
    if (kf_value_length(conditions) == 0)
        return;
    cli_table *table = cli_table_new(
        (const char *const[]){"CONDITION", "", "SINCE (UTC)", "REASON", "", NULL});
    heading("conditions");
    for (size_t i = 0; table && i < kf_value_length(conditions); i++) {
        const kf_value *condition = kf_value_at(conditions, i);
        kf_buf text = KF__BUF_INIT;
        cli_table_cell(table, kf__get_text(condition, "type"));
        cli_table_cell(table, kf__get_text(condition, "status"));
        cli_put_time(&text, kf_value_get(condition, "lastTransitionTime"));
        cli_table_cell(table, kf__buf_text(&text));
        cli_table_cell(table, kf__get_text(condition, "reason"));
        cli_table_cell(table, kf__equals_text(kf_value_get(condition, "status"), "True")
                                  ? kf__get_text(condition, "message")
                                  : "");
        kf__buf_finish(&text);
    }
    print_table(table);
}

void cli_describe_search(const kf_value *experiment)
{
    print_importance(kf_value_get(experiment, "importance"));
    print_history(experiment);
    print_by_state(experiment);
    print_all(experiment);
    print_conditions(kf_value_get(experiment, "conditions"));
}
