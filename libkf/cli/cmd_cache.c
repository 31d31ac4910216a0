/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

static void print_entry(cli_table *table, const kf_value *entry)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text, "%.12s", kf__get_text(entry, "key"));
    cli_table_cell(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(entry, "component"));
    kf__buf_truncate(&text, 0);
    kf__buf_printf(&text, "%lld", (long long)kf_value_int(kf_value_get(entry, "hits")));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_size(&text, kf_value_double(kf_value_get(entry, "size")));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_time(&text, kf_value_get(entry, "used"));
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

static int list(const cli_command *command, kf_store *store, bool json)
{
    kf_value *entries = NULL;
    if (kf_store_cache(store, &entries) != KF_OK)
        return cli_fail(command);
    if (json) {
        cli_print_json(entries);
    } else if (kf_value_length(entries) == 0) {
        printf("the cache is empty\n");
    } else {
        cli_table *table = cli_table_new((const char *const[]){
            "KEY", "COMPONENT", "HITS", "SIZE", "LAST USED (UTC)", NULL});
        for (size_t i = 0; table && i < kf_value_length(entries); i++)
            print_entry(table, kf_value_at(entries, i));
        if (table)
            cli_table_print(table, stdout, 0);
        cli_table_free(table);
    }
    kf_value_free(entries);
    return CLI_OK;
}

/* ---- models of services ---- */

static void print_model(cli_table *table, const kf_value *entry)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text, "%.12s", kf__get_text(entry, "key"));
    cli_table_cell(table, kf__buf_text(&text));
    cli_table_cell(table, kf__get_text(entry, "uri"));
    kf__buf_truncate(&text, 0);
    cli_put_size(&text, kf_value_double(kf_value_get(entry, "size")));
    cli_table_number(table, kf__buf_text(&text));
    kf__buf_truncate(&text, 0);
    cli_put_time(&text, kf_value_get(entry, "used"));
    cli_table_cell(table, kf__buf_text(&text));
    cli_table_cell(table, kf_value_bool(kf_value_get(entry, "in_use")) ? "yes" : "");
    kf__buf_finish(&text);
}

static void print_models(const kf_value *models, const char *none)
{
    if (kf_value_length(models) == 0) {
        printf("%s\n", none);
        return;
    }
    cli_table *table = cli_table_new((const char *const[]){
        "KEY", "MODEL", "SIZE", "LAST USED (UTC)", "IN USE", NULL});
    for (size_t i = 0; table && i < kf_value_length(models); i++)
        print_model(table, kf_value_at(models, i));
    if (table)
        cli_table_print(table, stdout, 0);
    cli_table_free(table);
}

static int models(const cli_command *command, const cli_common *common,
    const char *verb, const char *key, int days)
{
    kf_value *found = NULL;
    bool clears = verb != NULL;
    if (clears && strcmp(verb, "clear") != 0) {
        cli_complain(
            command, "models takes no more words, or clear and one KEY or none");
        return CLI_USAGE;
    }
    kf_status status =
        clears ? kf_server_models_clear(common->home, key, days * 86400.0, &found)
               : kf_server_models(common->home, &found);
    if (status != KF_OK)
        return cli_fail(command);
    if (common->json)
        cli_print_json(found);
    else if (!clears)
        print_models(found, "no models are kept");
    else
        printf("%zu removed\n", kf_value_length(found));
    kf_value_free(found);
    return CLI_OK;
}

/* ---- outcomes of tasks ---- */

/* What a part was and is: its JSON text, with one level of quotes taken off. */
static void print_part(const char *name, const kf_value *value, const kf_value *then)
{
    kf_buf text = KF__BUF_INIT;
    cli_put_value(&text, value, 60);
    printf("    %-18s %s", name, kf__buf_text(&text));
    if (then) {
        kf__buf_truncate(&text, 0);
        cli_put_value(&text, then, 60);
        printf(", then %s", kf__buf_text(&text));
    }
    putchar('\n');
    kf__buf_finish(&text);
}

/* A part that is a struct (inputs, artifacts) as a line for each of its members. */
static void print_parts(const kf_value *parts)
{
    for (size_t i = 0; i < kf_value_length(parts); i++) {
        const char *name = kf_value_key(parts, i);
        const kf_value *part = kf_value_at(parts, i);
        if (!kf__is(part, KF_KIND_STRUCT)) {
            print_part(name, part, NULL);
            continue;
        }
        for (size_t j = 0; j < kf_value_length(part); j++) {
            kf_buf path = KF__BUF_INIT;
            kf__buf_printf(&path, "%s.%s", name, kf_value_key(part, j));
            print_part(kf__buf_text(&path), kf_value_at(part, j), NULL);
            kf__buf_finish(&path);
        }
    }
}

static void print_explanation(const char *task, const kf_value *why)
{
    bool hit = kf_value_bool(kf_value_get(why, "hit"));
    const kf_value *nearest = kf_value_get(why, "nearest");
    const kf_value *differs = kf_value_get(why, "differs");
    printf("%s: ", task);
    cli_styled(stdout, hit ? CLI_CYAN : CLI_YELLOW, "%s", hit ? "hit" : "miss");
    printf(", %s\n", kf__get_text(why, "reason"));
    if (kf__get_text(nearest, "run"))
        printf("  %s the task %s of run %s\n",
            hit ? "its outputs are those of" : "the nearest entry is of",
            kf__get_text(nearest, "task"), kf__get_text(nearest, "run"));
    if (kf_value_length(differs))
        printf("  what differs\n");
    for (size_t i = 0; i < kf_value_length(differs); i++) {
        const kf_value *part = kf_value_at(differs, i);
        print_part(kf__get_text(part, "part"), kf_value_get(part, "now"),
            kf_value_get(part, "then"));
    }
    if (kf__get_text(why, "key")) {
        printf("  what the outcome depends on (key %.12s)\n", kf__get_text(why, "key"));
        print_parts(kf_value_get(why, "parts"));
    }
}

static int explain(const cli_command *command, kf_store *store, const char *run,
    const char *task, bool json)
{
    kf_value *why = NULL;
    if (kf_store_cache_explain(store, run, task, &why) != KF_OK)
        return cli_fail(command);
    if (json)
        cli_print_json(why);
    else
        print_explanation(task, why);
    kf_value_free(why);
    return CLI_OK;
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const char *words[3] = {NULL, NULL, NULL};
    int days = 0;
    const cli_option options[] = {
        {"older-than", 0, CLI_INT, &days, "DAYS",
            "With clear: only what was not used for so long"},
        CLI_COMMON(common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 3, words, &status))
        return status;
    const char *verb = words[0] ? words[0] : "list";
    kf_store *store = NULL;
    if (strcmp(verb, "models") == 0)
        return models(command, &common, words[1], words[2], days);
    if (kf_store_open(common.home, &store) != KF_OK) {
        status = cli_fail(command);
    } else if (strcmp(verb, "list") == 0 && !words[1]) {
        status = list(command, store, common.json);
    } else if (strcmp(verb, "explain") == 0 && words[2]) {
        status = explain(command, store, words[1], words[2], common.json);
    } else if (strcmp(verb, "clear") == 0 && !words[2]) {
        kf_status cleared = kf_store_cache_clear(store, words[1], days * 86400.0);
        status = cleared == KF_OK ? CLI_OK : cli_fail(command);
        if (status == CLI_OK)
            printf(common.json ? "{\"cleared\": true}\n" : "cleared\n");
    } else {
        cli_complain(command, "%s",
            strcmp(verb, "explain") == 0 ? "explain takes a RUN and a TASK"
            : strcmp(verb, "clear") == 0 ? "clear takes one KEY or none"
            : strcmp(verb, "list") == 0  ? "list takes no more words"
                                        : "list, explain, clear or models is expected");
        status = CLI_USAGE;
    }
    kf_store_free(store);
    return status;
}

const cli_command cli_cache_command = {"cache",
    "[list | explain RUN TASK | clear [KEY] | models [clear [KEY]]]",
    "List the cache, explain a hit or a miss, clear it",
    "list            the entries, with how often each was used (the default)\n"
    "explain R T     why task T of run R did or did not come from the cache\n"
    "clear [KEY]     forget one entry, or all\n"
    "models          the models of services that are kept, and which are in use\n"
    "models clear    remove those that are not, or the one with the KEY",
    run};
