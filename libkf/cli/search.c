/* SPDX-License-Identifier: Apache-2.0 */
/* The experiment that options of the command line describe. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

static const char *const directions[] = {"minimize", "maximize", NULL};

static const char *next_direction(const void *state, size_t index)
{
    (void)state;
    return directions[index];
}

static kf_status read_objective(
    const char *word, const char **name, kf_direction *direction)
{
    const char *colon = strchr(word, ':');
    size_t length = colon ? (size_t)(colon - word) : 0;
    for (int i = 0; i < 2; i++) {
        if (length != strlen(directions[i]) ||
            strncmp(word, directions[i], length) != 0 || !colon[1])
            continue;
        *name = colon + 1;
        *direction = (kf_direction)i;
        return KF_OK;
    }
    char *given = kf__strndup(word, length);
    const char *nearest = given ? kf__nearest(given, next_direction, NULL) : NULL;
    kf__free(given);
    return kf__fail(KF_EINVAL, "--objective",
        "--objective takes minimize:METRIC or maximize:METRIC, not '%.200s'%s%s%s",
        word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

/* NAME=VALUE words as a struct of texts. */
static kf_status read_pairs(
    const cli_words *words, const char *option, kf_tree *tree, kf_value **out)
{
    *out = kf__tree_struct(tree);
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i], *equals = strchr(word, '=');
        if (!equals || equals == word)
            return kf__fail(
                KF_EINVAL, option, "%s takes NAME=VALUE, not '%.200s'", option, word);
        const char *name =
            kf__arena_strndup(&tree->arena, word, (size_t)(equals - word));
        if (name)
            kf__put_text(tree, *out, name, equals + 1);
    }
    return kf__tree_status(tree);
}

/* What kf_experiment_options point to. */
typedef struct parts {
    kf_tree tree;
    kf_space *space;
    const char **names;
    kf_direction *directions;
    kf_value *settings, *stopping;
    double goal;
    int64_t max_failed;
} parts;

static kf_status read_objectives(const cli_search *search, parts *out)
{
    size_t count = search->objectives.count;
    out->names = kf__arena_alloc(&out->tree.arena, count * sizeof *out->names);
    out->directions =
        kf__arena_alloc(&out->tree.arena, count * sizeof *out->directions);
    if (!out->names || !out->directions)
        return kf__nomem();
    for (size_t i = 0; i < count; i++)
        KF__TRY(read_objective(
            search->objectives.items[i], &out->names[i], &out->directions[i]));
    return KF_OK;
}

static kf_status read_parts(const cli_search *search, parts *out)
{
    if (search->space.count == 0)
        return kf__fail(KF_EMISSING, "--space",
            "a search of a pipeline needs parameters: give --space NAME=VALUES");
    if (search->objectives.count == 0)
        return kf__fail(KF_EMISSING, "--objective",
            "a search of a pipeline needs to know what is good: give --objective "
            "minimize:METRIC or maximize:METRIC");
    KF__TRY(kf_space_new(&out->space));
    for (size_t i = 0; i < search->space.count; i++)
        KF__TRY(cli_add_parameter(out->space, search->space.items[i]));
    KF__TRY(read_objectives(search, out));
    if (search->goal && !kf__parse_double(search->goal, &out->goal))
        return kf__fail(
            KF_ETYPE, "--goal", "--goal takes a number, not '%.200s'", search->goal);
    if (search->stopping.count > 0 && !search->early_stopping)
        return kf__fail(KF_EINVAL, "--stopping",
            "--stopping sets what --early-stopping names: give that too");
    KF__TRY(read_pairs(&search->settings, "--set", &out->tree, &out->settings));
    return read_pairs(&search->stopping, "--stopping", &out->tree, &out->stopping);
}

static kf_status make(const cli_search *search, const char *name, int trials, int jobs,
    parts *from, kf_experiment **out)
{
    KF__TRY(read_parts(search, from));
    const char *algorithm = search->algorithm ? search->algorithm : "auto";
    if (trials == 0 && strcmp(algorithm, "grid") != 0) /* Which ends by itself. */
        trials = CLI_TRIALS;
    from->max_failed = search->max_failed;
    const kf_experiment_options options = {.size = sizeof options,
        .name = name,
        .objectives = from->names,
        .directions = from->directions,
        .objective_count = search->objectives.count,
        .metrics = search->metrics.items,
        .metric_count = search->metrics.count,
        .goal = search->goal ? &from->goal : NULL,
        .algorithm = algorithm,
        .settings = from->settings,
        .early_stopping = search->early_stopping,
        .stopping_settings = from->stopping,
        .max_trials = trials,
        .parallel = jobs > 0 ? jobs : 1,
        .max_failed_trials = search->max_failed > 0 ? &from->max_failed : NULL,
        .resume_policy = "LongRunning"};
    return kf_experiment_new(from->space, &options, out);
}

kf_status cli_search_experiment(const cli_search *search, const char *name, int trials,
    int jobs, kf_experiment **out)
{
    parts from = {0};
    kf_status status = make(search, name, trials, jobs, &from, out);
    kf_space_free(from.space);
    kf__tree_finish(&from.tree);
    return status;
}

const char *cli_search_option(const cli_search *search)
{
    return search->space.count        ? "--space"
           : search->objectives.count ? "--objective"
           : search->metrics.count    ? "--metric"
           : search->settings.count   ? "--set"
           : search->stopping.count   ? "--stopping"
           : search->arguments.count  ? "--arg"
           : search->arguments_file   ? "--args-file"
           : search->goal             ? "--goal"
           : search->algorithm        ? "--algorithm"
           : search->early_stopping   ? "--early-stopping"
           : search->max_failed > 0   ? "--max-failed"
                                      : NULL;
}

void cli_search_finish(cli_search *search)
{
    cli_words_finish(&search->space);
    cli_words_finish(&search->objectives);
    cli_words_finish(&search->metrics);
    cli_words_finish(&search->settings);
    cli_words_finish(&search->stopping);
    cli_words_finish(&search->arguments);
}
