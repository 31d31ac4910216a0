/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/value.h"
#include "cli/cli.h"

static void print_cell(const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_value(const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    if (value != NULL && kf_value_kind(value) != KF_KIND_NULL)
        cli_put_value(&text, value, 0);
    print_cell(kf__buf_text(&text));
    kf__buf_finish(&text);
}

/* All names that any trial has under `member`, in the order of their first trial. */
static kf_value *names_of(kf_tree *tree, const kf_value *trials, const char *member)
{
    kf_value *names = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(trials); i++) {
        const kf_value *object = kf_value_get(kf_value_at(trials, i), member);
        for (size_t j = 0; j < kf_value_length(object); j++)
            if (kf_value_get(names, kf_value_key(object, j)) == NULL)
                kf__put(tree, names, kf_value_key(object, j), kf__tree_null(tree));
    }
    return names;
}

static void print_columns(
    const kf_value *trial, const char *member, const kf_value *names)
{
    for (size_t i = 0; i < kf_value_length(names); i++) {
        putchar(',');
        if (trial == NULL)
            print_cell(kf_value_key(names, i));
        else
            print_value(
                kf_value_get(kf_value_get(trial, member), kf_value_key(names, i)));
    }
}

static void print_csv(const kf_value *experiment)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *trials = kf_value_get(experiment, "trials");
    const kf_value *values = names_of(&tree, trials, "values");
    const kf_value *params = names_of(&tree, trials, "params");
    printf("number,name,state");
    print_columns(NULL, "values", values);
    print_columns(NULL, "params", params);
    printf(",duration,message\r\n");
    for (size_t i = 0; i < kf_value_length(trials); i++) {
        const kf_value *trial = kf_value_at(trials, i);
        print_value(kf_value_get(trial, "number"));
        putchar(',');
        print_value(kf_value_get(trial, "name"));
        putchar(',');
        print_value(kf_value_get(trial, "state"));
        print_columns(trial, "values", values);
        print_columns(trial, "params", params);
        putchar(',');
        print_value(kf_value_get(trial, "duration"));
        putchar(',');
        print_value(kf_value_get(trial, "message"));
        printf("\r\n");
    }
    kf__tree_finish(&tree);
}

static int print_page(const cli_command *command, const kf_store *store, const char *id)
{
    char *text = NULL;
    if (kf_store_experiment_write(store, id, KF_STUDY_PAGE, &text) != KF_OK)
        return cli_fail(command);
    fputs(text, stdout);
    kf_text_free(text);
    return CLI_OK;
}

static int print_trials(const cli_command *command, const kf_store *store,
    const char *id, bool json, bool csv)
{
    kf_value *experiment = NULL;
    if (kf_store_experiment(store, id, &experiment) != KF_OK)
        return cli_fail(command);
    if (json)
        cli_print_json(kf_value_get(experiment, "trials"));
    else if (csv)
        print_csv(experiment);
    else
        cli_print_trials(experiment, stdout, 0);
    kf_value_free(experiment);
    return CLI_OK;
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    bool csv = false, html = false;
    const char *words[1] = {NULL};
    const cli_option options[] = {
        {"csv", 0, CLI_FLAG, &csv, NULL, "Print comma-separated values"},
        {"html", 0, CLI_FLAG, &html, NULL,
            "Print a page with the history and all trials in pictures"},
        CLI_COMMON(common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 1, words, &status))
        return status;
    if (csv + html + common.json > 1) {
        cli_complain(command, "give one of --csv, --html and --json");
        return CLI_USAGE;
    }
    kf_store *store = NULL;
    const char *id = words[0] ? words[0] : "latest";
    if (kf_store_open(common.home, &store) != KF_OK)
        status = cli_fail(command);
    else
        status = html ? print_page(command, store, id)
                      : print_trials(command, store, id, common.json, csv);
    kf_store_free(store);
    return status;
}

const cli_command cli_trials_command = {"trials", "[EXPERIMENT]",
    "List the trials of an experiment",
    "EXPERIMENT is an id, a unique beginning of one, or latest (the default). The page "
    "of --html needs\n"
    "nothing else: kf trials --html > trials.html",
    run};
