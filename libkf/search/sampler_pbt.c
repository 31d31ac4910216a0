/* SPDX-License-Identifier: Apache-2.0 */
/* Population based training (Jaderberg et al., 2017): generations of n_population trials.
 * A member goes on from its trial of the generation before, with its parameters
 * perturbed; one of the worst goes on from one of the best instead, with the parameters
 * of that. Each trial notes its "generation" and, from the second one on, its "parent",
 * whose checkpoint it is to begin with. (Katib hands on the checkpoint of the trial that
 * was replaced.) */
#include "search/past.h"

#include <stdlib.h>

#include "base/error.h"

static const kf_setting settings[] = {
    {.name = "suggestion_trial_dir",
        .kind = KF_KIND_STRING,
        .fallback = "\"/opt/katib/data\""},
    {.name = "n_population",
        .kind = KF_KIND_INT,
        .fallback = "40",
        .least = 5,
        .greatest = INFINITY},
    {.name = "truncation_threshold",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.2",
        .least = 0,
        .greatest = 1},
    {.name = "resample_probability",
        .kind = KF_KIND_DOUBLE,
        .nullable = true,
        .least = 0,
        .greatest = 1},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

static int64_t generation_of(const kf_trial *trial)
{
    return kf__noted_int(trial, "generation");
}

static size_t issued(const kf_ask *ask, int64_t generation)
{
    size_t count = 0;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++)
        count += generation_of(kf_ask_trial(ask, i)) == generation;
    return count;
}

/* The trials of a generation that have a value, best first; the first of equals. */
typedef struct ranking {
    const kf_trial **trials;
    size_t count;
} ranking;

static int compare(const void *a, const void *b)
{
    const kf_trial *x = *(const kf_trial *const *)a, *y = *(const kf_trial *const *)b;
    if (x->losses[0] != y->losses[0])
        return x->losses[0] < y->losses[0] ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static kf_status rank(const kf_ask *ask, int64_t generation, ranking *out)
{
    size_t total = kf_ask_trial_count(ask);
    out->count = 0;
    out->trials = kf__calloc(total + 1, sizeof(kf_trial *));
    if (out->trials == NULL)
        return kf__nomem();
    for (size_t i = 0; i < total; i++) {
        const kf_trial *trial = kf_ask_trial(ask, i);
        if (generation_of(trial) == generation && trial->losses != NULL)
            out->trials[out->count++] = trial;
    }
    qsort((void *)out->trials, out->count, sizeof(kf_trial *), compare);
    return KF_OK;
}

/* Numbers × 0.8 or × 1.2, lists to a neighbour (categories to any other value), or a new
 * value at the probability to resample, which without the setting is none. */
static double explore(kf_ask *ask, size_t index, double coordinate)
{
    const kf_space *space = ask->study->space;
    const kf_parameter *parameter = &space->parameters.items[index];
    const kf_value *resample = kf_ask_setting(ask, "resample_probability");
    if (isnan(coordinate) || kf_ask_uniform(ask) < kf_value_double(resample))
        return (double)NAN; /* Drawn. */
    bool up = kf_ask_uniform(ask) < 0.5;
    int64_t levels = parameter->axis.levels;
    if (parameter->choices == NULL)
        return kf__space_place(space, index,
            kf__space_number(space, index, coordinate) * (up ? 1.2 : 0.8));
    int64_t level = kf__space_level(space, index, coordinate) + (up ? 1 : -1);
    if (parameter->type == KF__PARAMETER_CATEGORICAL)
        level = (level + levels) % levels;
    level = level < 0 ? 0 : level >= levels ? levels - 1 : level;
    return kf__space_level_coordinate(space, index, level);
}

/* The trial that member `place` of the next generation goes on from. */
static const kf_trial *parent_of(
    kf_ask *ask, const ranking *ranked, size_t place, bool *exploits)
{
    double threshold = kf_value_double(kf_ask_setting(ask, "truncation_threshold"));
    size_t cut = (size_t)(threshold * (double)ranked->count);
    size_t own = place % ranked->count;
    *exploits = cut > 0 && own >= ranked->count - cut;
    return ranked->trials[*exploits ? (size_t)kf_ask_index(ask, (int64_t)cut) : own];
}

static kf_status begin_from(
    kf_ask *ask, const ranking *ranked, size_t place, double *point)
{
    bool exploits;
    const kf_trial *parent = parent_of(ask, ranked, place, &exploits);
    for (size_t i = 0; i < kf_space_count(ask->study->space); i++)
        point[i] = exploits ? parent->point[i] : explore(ask, i, parent->point[i]);
    return kf__note_int(ask, "parent", parent->number);
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    size_t population = (size_t)kf_value_int(kf_ask_setting(question, "n_population"));
    int64_t generation = 0;
    size_t place;
    while ((place = issued(question, generation)) >= population)
        generation++;
    KF__TRY(kf__note_int(question, "generation", generation));
    if (generation == 0)
        return KF_OK;
    ranking ranked;
    KF__TRY(rank(question, generation - 1, &ranked));
    kf_status status =
        ranked.count > 0 ? begin_from(question, &ranked, place, point) : KF_OK;
    kf__free((void *)ranked.trials);
    return status;
}

const kf_sampler kf__sampler_pbt = {
    .size = sizeof(kf_sampler),
    .name = "pbt",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
};
