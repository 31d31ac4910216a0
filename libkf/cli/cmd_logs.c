/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/value.h"
#include "cli/cli.h"
#include "io/file.h"

/* How far each log file was printed, by its path. */
typedef struct followed {
    char *path;
    off_t offset;
    struct followed *next;
} followed;

static followed *find(followed **list, const char *path)
{
    for (followed *item = *list; item; item = item->next)
        if (strcmp(item->path, path) == 0)
            return item;
    followed *item = kf__calloc(1, sizeof *item);
    if (!item)
        return NULL;
    item->path = kf__strdup(path);
    item->next = *list;
    *list = item;
    return item->path ? item : NULL;
}

static void forget(followed *list)
{
    while (list) {
        followed *next = list->next;
        kf__free(list->path);
        kf__free(list);
        list = next;
    }
}

/* Print what was added since the last time, under a heading when the file is another
 * than before. */
static void print_new(followed *file, const kf_value *log, const followed **current)
{
    int fd = -1;
    if (kf__file_open_plain(file->path, &fd) != KF_OK)
        return;
    char block[65536];
    ssize_t got;
    while ((got = pread(fd, block, sizeof block, file->offset)) > 0) {
        if (*current != file)
            cli_styled(stdout, CLI_BOLD, "==> %s, attempt %d\n",
                kf__get_text(log, "task"),
                (int)kf_value_int(kf_value_get(log, "attempt")));
        *current = file;
        (void)fwrite(block, 1, (size_t)got, stdout);
        file->offset += got;
    }
    (void)close(fd);
}

static void print_all(const kf_value *logs, followed **files, const followed **current)
{
    for (size_t i = 0; i < kf_value_length(logs); i++) {
        const kf_value *log = kf_value_at(logs, i);
        followed *file = find(files, kf__get_text(log, "path"));
        if (file)
            print_new(file, log, current);
    }
    fflush(stdout);
}

/* Whether the run or experiment goes on: asked before its logs are read, so that nothing
 * is missed at the end. */
static bool goes_on(const kf_store *store, const char *id)
{
    kf_value *description = NULL;
    kf_status status = kf_store_run(store, id, &description);
    if (status == KF_ENOENT)
        status = kf_store_experiment(store, id, &description);
    if (status != KF_OK)
        return false;
    const char *state = kf__get_text(description, "state");
    bool on = state && !kf__equals_text(kf_value_get(description, "kind"), "study") &&
              !kf_value_bool(kf_value_get(description, "interrupted")) &&
              (strcmp(state, "PENDING") == 0 || strcmp(state, "RUNNING") == 0 ||
                  strcmp(state, "CANCELING") == 0);
    kf_value_free(description);
    return on;
}

/* Of a trial that is a run: the logs of its tasks, under the trial's name. */
static kf_status add_run(
    const kf_store *store, const kf_value *trial, kf_tree *tree, kf_value *list)
{
    kf_value *logs = NULL;
    kf_status status = kf_store_logs(store, kf__get_text(trial, "run"), NULL, &logs);
    for (size_t i = 0; status == KF_OK && i < kf_value_length(logs); i++) {
        const kf_value *from = kf_value_at(logs, i);
        kf_value *log = kf__tree_copy(tree, from);
        kf__put(tree, log, "task",
            kf__tree_printf(tree, "%s/%s", kf__get_text(trial, "name"),
                kf__get_text(from, "task")));
        kf__push(tree, list, log);
    }
    kf_value_free(logs);
    return status;
}

static kf_status add_trial(
    const kf_store *store, const kf_value *trial, kf_tree *tree, kf_value *list)
{
    const char *path = kf__get_text(trial, "log");
    if (kf__get_text(trial, "run"))
        return add_run(store, trial, tree, list);
    if (!path)
        return KF_OK;
    kf_value *log = kf__tree_struct(tree);
    kf__put_text(tree, log, "task", kf__get_text(trial, "name"));
    kf__put_int(tree, log, "attempt", 1);
    kf__put_text(tree, log, "path", path);
    kf__push(tree, list, log);
    return KF_OK;
}

/* Whether `word` is its number or its name. */
static bool is_trial(const kf_value *trial, const char *word)
{
    char number[24];
    const char *name = kf__get_text(trial, "name");
    (void)snprintf(number, sizeof number, "%lld",
        (long long)kf_value_int(kf_value_get(trial, "number")));
    return strcmp(word, number) == 0 || (name && strcmp(word, name) == 0);
}

/* The log of a trial, or of the run that the trial is. KF_ENOENT. */
static kf_status trial_logs(
    const kf_store *store, const char *id, const char *trial, kf_value **out)
{
    kf_value *experiment = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_status status = kf_store_experiment(store, id, &experiment);
    if (status != KF_OK)
        return status;
    kf_value *list = kf__tree_list(&tree);
    const kf_value *trials = kf_value_get(experiment, "trials");
    for (size_t i = 0; i < kf_value_length(trials) && status == KF_OK; i++) {
        const kf_value *item = kf_value_at(trials, i);
        if (!trial || is_trial(item, trial))
            status = add_trial(store, item, &tree, list);
    }
    kf_value_free(experiment);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    return status;
}

static int show(const cli_command *command, const kf_store *store,
    const char *const *words, bool follow, bool json)
{
    followed *files = NULL;
    const followed *current = NULL;
    int status = CLI_OK;
    for (bool again = true; again && status == CLI_OK;) {
        kf_value *logs = NULL;
        again = follow && goes_on(store, words[0]);
        kf_status found = kf_store_logs(store, words[0], words[1], &logs);
        if (found == KF_ENOENT)
            found = trial_logs(store, words[0], words[1], &logs);
        if (found == KF_ENOENT) /* Say what is missing. */
            found = kf_store_logs(store, words[0], words[1], &logs);
        if (found != KF_OK)
            status = cli_fail(command);
        else if (json)
            cli_print_json(logs);
        else
            print_all(logs, &files, &current);
        kf_value_free(logs);
        if (again)
            kf__sleep_ms(200);
    }
    if (status == CLI_OK && !json && !current)
        fprintf(stderr, "kf logs: nothing was written\n");
    forget(files);
    return status;
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    bool follow = false;
    const char *words[2] = {NULL, NULL};
    const cli_option options[] = {
        {"follow", 'f', CLI_FLAG, &follow, NULL,
            "Go on until the run or experiment ends"},
        CLI_COMMON(common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, 2, words, &status))
        return status;
    if (!words[0])
        words[0] = "latest";
    kf_store *store = NULL;
    if (kf_store_open(common.home, &store) != KF_OK)
        status = cli_fail(command);
    else
        status = show(command, store, words, follow && !common.json, common.json);
    kf_store_free(store);
    return status;
}

const cli_command cli_logs_command = {"logs", "[RUN [TASK]]",
    "Print what tasks wrote, or trials (EXPERIMENT [TRIAL])",
    "RUN is an id, a unique beginning of one, or latest (the default); TASK a task's "
    "path as kf\n"
    "show prints it. --json lists the files instead of printing them.",
    run};
