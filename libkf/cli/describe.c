/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/value.h"
#include "cli/cli.h"

enum { SHOWN_TASKS = 200, SHOWN_ERROR = 100 };

void cli_put_time(kf_buf *buf, const kf_value *time)
{
    const char *text = time ? kf_value_string(time) : NULL;
    if (!text)
        return;
    /* "2026-11-24T03:13:44.123Z" as "2026-11-24 03:13:44" */
    size_t length = strlen(text);
    kf__buf_append(buf, text, length < 19 ? length : 19);
    if (length >= 19)
        buf->data[buf->length - 9] = ' ';
}

static void print_members(const char *heading, const kf_value *members, int indent)
{
    size_t count = kf_value_length(members);
    if (!kf__is(members, KF_KIND_STRUCT) || count == 0)
        return;
    printf("\n%*s", indent, "");
    cli_styled(stdout, CLI_BOLD, "%s\n", heading);
    int width = cli_terminal_width(stdout) - indent - 24;
    for (size_t i = 0; i < count; i++) {
        kf_buf text = KF__BUF_INIT;
        const kf_value *value = kf_value_at(members, i);
        const kf_value *uri = kf_value_get(value, "uri");
        cli_put_value(&text, uri ? uri : value, uri || width < 20 ? 0 : (size_t)width);
        printf("%*s  %-18s  %s\n", indent, "", kf_value_key(members, i),
            kf__buf_text(&text));
        kf__buf_finish(&text);
    }
}

static void add_duration(cli_table *table, const kf_value *item)
{
    kf_buf text = KF__BUF_INIT;
    const kf_value *duration = kf_value_get(item, "duration");
    if (duration && kf_value_kind(duration) != KF_KIND_NULL)
        cli_put_duration(&text, kf_value_double(duration));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static void print_tasks(const kf_value *tasks, bool in_full)
{
    size_t count = kf_value_length(tasks);
    if (count == 0)
        return;
    cli_table *table =
        cli_table_new((const char *const[]){"TASK", "STATE", "TIME", "", NULL});
    size_t *order = cli_tree_order(tasks);
    for (size_t i = 0; table && order && i < count && i < SHOWN_TASKS; i++) {
        const kf_value *task = kf_value_at(tasks, order[i]);
        const char *path = kf__get_text(task, "path");
        const char *error = kf__get_text(task, "error");
        cli_table_cell(table, path ? path : kf__get_text(task, "name"));
        cli_table_state(table, kf__get_text(task, "state"));
        add_duration(table, task);
        kf_buf line = KF__BUF_INIT;
        cli_put_line(&line, error, in_full ? 0 : SHOWN_ERROR);
        cli_table_cell(table, kf__buf_text(&line));
        kf__buf_finish(&line);
    }
    putchar('\n');
    if (table)
        cli_table_print(table, stdout, 2);
    if (count > SHOWN_TASKS)
        printf("  … and %zu more: kf show --json prints all\n", count - SHOWN_TASKS);
    kf__free(order);
    cli_table_free(table);
}

/* Of an artifact where it is; any other value itself. */
static const kf_value *place_of(const kf_value *value)
{
    const kf_value *path = kf_value_get(value, "path");
    if (!path)
        return value;
    return kf_value_string(path) ? path : kf_value_get(value, "uri");
}

/* One member of a task's struct of structs, as "task.member  value" lines under a
 * heading. */
static void print_of_tasks(
    const char *heading, const char *member, const kf_value *tasks)
{
    bool first = true;
    for (size_t i = 0; i < kf_value_length(tasks) && i < SHOWN_TASKS; i++) {
        const kf_value *task = kf_value_at(tasks, i);
        const kf_value *members = kf_value_get(task, member);
        if (kf__equals_text(kf_value_get(task, "kind"), "group"))
            continue; /* It only passes on what its tasks have. */
        for (size_t j = 0; j < kf_value_length(members); j++) {
            if (first) {
                putchar('\n');
                cli_styled(stdout, CLI_BOLD, "%s\n", heading);
                first = false;
            }
            kf_buf text = KF__BUF_INIT;
            const kf_value *value = kf_value_at(members, j);
            cli_put_value(&text, place_of(value), 0);
            printf("  %s.%s  %s\n", kf__get_text(task, "path"),
                kf_value_key(members, j), kf__buf_text(&text));
            kf__buf_finish(&text);
        }
    }
}

const char *cli_run_state(const kf_value *run)
{
    const char *state = kf__get_text(run, "state");
    if (kf_value_bool(kf_value_get(run, "interrupted")))
        return "INTERRUPTED";
    return state ? state : "";
}

static bool can_go_on(const kf_value *run)
{
    const kf_value *state = kf_value_get(run, "state");
    return kf_value_bool(kf_value_get(run, "interrupted")) ||
           kf__equals_text(state, "FAILED") || kf__equals_text(state, "CANCELED");
}

void cli_describe_run(const kf_value *run, bool in_full)
{
    kf_buf text = KF__BUF_INIT;
    const char *state = cli_run_state(run);
    const kf_value *duration = kf_value_get(run, "duration");
    cli_styled(stdout, CLI_BOLD, "%s", kf__get_text(run, "pipeline"));
    printf("  %s  ", kf__get_text(run, "id"));
    cli_styled(stdout, cli_state_style(state), "%s", state);
    if (duration && kf_value_kind(duration) != KF_KIND_NULL) {
        cli_put_duration(&text, kf_value_double(duration));
        printf(" in %s", kf__buf_text(&text));
    }
    putchar('\n');
    kf__buf_finish(&text);
    if (kf__get_text(run, "error")) /* In full, with its line breaks. */
        printf("  %s\n", kf__get_text(run, "error"));
    if (can_go_on(run))
        printf("  go on with it: kf run --resume %.8s\n", kf__get_text(run, "id"));
    const kf_value *tasks = kf_value_get(run, "tasks");
    print_members("arguments", kf_value_get(run, "arguments"), 0);
    print_tasks(tasks, in_full);
    if (in_full) {
        print_of_tasks("inputs of tasks", "inputs", tasks);
        print_of_tasks("outputs of tasks", "outputs", tasks);
    }
    print_of_tasks("metrics", "metrics", tasks);
    print_of_tasks("artifacts", "artifacts", tasks);
    print_members("outputs", kf_value_get(run, "outputs"), 0);
}
