/* SPDX-License-Identifier: Apache-2.0 */
/* Studies: opening and asking. */
#include "search/journal.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/options.h"

/* ---- opening ---- */

static kf_status set_objectives(kf_study *study, const kf_study_options *options)
{
    size_t count = options->objective_count > 0 ? options->objective_count : 1;
    if (count > KF__LIMIT_OBJECTIVES)
        return kf__fail(KF_ELIMIT, NULL,
            "%zu objectives, more than %d (KF__LIMIT_OBJECTIVES)", count,
            KF__LIMIT_OBJECTIVES);
    study->objective_count = count;
    study->objectives = kf__arena_alloc(&study->tree.arena, count * sizeof(char *));
    study->directions =
        kf__arena_alloc(&study->tree.arena, count * sizeof(kf_direction));
    if (study->objectives == NULL || study->directions == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++) {
        const char *name =
            options->objectives != NULL ? options->objectives[i] : "objective";
        study->objectives[i] = kf__arena_strdup(&study->tree.arena, name);
        if (study->objectives[i] == NULL)
            return kf__nomem();
        if (options->directions != NULL)
            study->directions[i] = options->directions[i];
        if (study->directions[i] != KF_MINIMIZE && study->directions[i] != KF_MAXIMIZE)
            return kf__fail(
                KF_EINVAL, name, "objective '%.100s' has no direction", name);
    }
    return KF_OK;
}

static kf_status open_sampler(kf_study *study, const kf_study_options *options)
{
    study->sampler = options->sampler;
    if (study->sampler == NULL)
        KF__TRY(kf__sampler_find(
            options->algorithm != NULL ? options->algorithm : "auto", &study->sampler));
    KF__TRY(kf__settings_read(study->sampler->name, study->sampler->settings,
        study->sampler->setting_count, options->settings, NULL, &study->settings));
    const kf_value *state = kf_value_get(study->settings.values, "random_state");
    if (kf__is(state, KF_KIND_INT))
        study->seed = (uint64_t)kf_value_int(state);
    if (study->sampler->open == NULL)
        return KF_OK;
    kf_ask ask = kf__ask_start(study, &study->settings, 0);
    return study->sampler->open(&ask, study->sampler->payload, &study->state);
}

static kf_status open_stopper(kf_study *study, const kf_study_options *options)
{
    if (options->early_stopping == NULL)
        return KF_OK;
    KF__TRY(kf__stopper_find(options->early_stopping, &study->stopper));
    return kf__settings_read(study->stopper->name, study->stopper->settings,
        study->stopper->setting_count, options->stopping_settings, NULL,
        &study->stopping);
}

static kf_status open_study(
    const kf_space *space, const kf_study_options *options, kf_study *study)
{
    if (kf_space_count(space) == 0 && options->nas_config == NULL)
        return kf__fail(KF_EINVAL, NULL, "a study needs a space with a parameter");
    if (options->nas_config != NULL)
        study->nas_config = kf__tree_copy(&study->tree, options->nas_config);
    KF__TRY(kf__tree_status(&study->tree));
    KF__TRY(kf_space_dup(space, &study->space));
    KF__TRY(set_objectives(study, options));
    if ((options->store == NULL) != (options->name == NULL))
        return kf__fail(
            KF_EINVAL, NULL, "a study in a store needs both a store and a name");
    study->seed = options->seed;
    study->max_trials = options->max_trials;
    study->parallel = options->parallel;
    KF__TRY(open_sampler(study, options));
    KF__TRY(open_stopper(study, options));
    return options->store == NULL
               ? KF_OK
               : kf__journal_open(study, options->store, options->name);
}

kf_status kf_study_new(
    const kf_space *space, const kf_study_options *options, kf_study **out)
{
    KF__REQUIRE(space != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_study_options, known, options);
    kf_study *study = kf__calloc(1, sizeof *study);
    if (study == NULL)
        return kf__nomem();
    kf_status status = open_study(space, &known, study);
    if (status == KF_OK)
        *out = study;
    else
        kf_study_free(study);
    return status;
}

void kf_study_free(kf_study *study)
{
    if (study == NULL)
        return;
    if (study->sampler != NULL && study->sampler->close != NULL && study->state != NULL)
        study->sampler->close(study->state);
    for (size_t i = 0; i < study->entries.count; i++)
        kf__entry_free(study->entries.items[i]);
    kf__journal_close(study->journal);
    kf__vec_finish(&study->entries);
    kf__vec_finish(&study->queue);
    kf__settings_finish(&study->settings);
    kf__settings_finish(&study->stopping);
    kf_space_free(study->space);
    kf__tree_finish(&study->tree);
    kf__free(study);
}

/* ---- asking ---- */

/* What is left open is drawn; what is not active is dropped; the rest is snapped. */
static void complete(kf_ask *ask, double *point)
{
    const kf_space *space = ask->study->space;
    for (size_t i = 0; i < kf_space_count(space); i++) {
        const kf_axis *axis = kf_space_axis(space, i);
        double drawn = axis->kind == KF_AXIS_CATEGORICAL
                           ? (double)kf_ask_index(ask, axis->levels)
                           : kf_ask_uniform(ask);
        if (!kf__space_is_active(space, i, point))
            point[i] = NAN;
        else
            point[i] = kf__space_snap(space, i, isnan(point[i]) ? drawn : point[i]);
    }
}

static void take_fixed(const kf_study *study, const kf_fixed *fixed, kf_entry *entry)
{
    for (size_t i = 0; i < kf_space_count(study->space); i++)
        if (!isnan(fixed->point[i]))
            entry->point[i] = fixed->point[i];
    entry->trial.foreign = true;
}

static kf_status ask_point(kf_study *study, kf_entry *entry)
{
    const kf_fixed *fixed =
        study->queued < study->queue.count ? &study->queue.items[study->queued] : NULL;
    kf_ask ask = kf__ask_start(study, &study->settings, entry->trial.number);
    ask.tree = &entry->tree;
    ask.attributes = entry->attributes;
    ask.extra = entry->extra;
    if (fixed == NULL)
        KF__TRY(study->sampler->ask(&ask, study->state, entry->point));
    else
        take_fixed(study, fixed, entry);
    complete(&ask, entry->point);
    KF__TRY(kf__entry_add(study, fixed != NULL ? fixed->params : NULL, entry));
    kf_status status = kf__journal_trial(study, entry, fixed != NULL);
    if (status == KF_OK)
        study->queued += fixed != NULL;
    else
        study->entries.count--;
    return status;
}

kf_status kf_study_ask(kf_study *study, int64_t *number)
{
    KF__REQUIRE(study != NULL && number != NULL);
    kf_entry *entry;
    KF__TRY(kf__entry_new(study, &entry));
    kf_status status = ask_point(study, entry);
    if (status == KF_OK)
        *number = entry->trial.number;
    else
        kf__entry_free(entry);
    return status;
}

size_t kf_study_trial_count(const kf_study *study)
{
    return study == NULL ? 0 : study->entries.count;
}

size_t kf_study_objective_count(const kf_study *study)
{
    return study == NULL ? 0 : study->objective_count;
}

const kf_trial *kf_study_trial(const kf_study *study, int64_t number)
{
    return number < 0 || (size_t)number >= kf_study_trial_count(study)
               ? NULL
               : &study->entries.items[number]->trial;
}

kf_status kf__study_queue(kf_study *study, const kf_value *params)
{
    size_t size = kf_space_count(study->space) * sizeof(double);
    kf_fixed fixed = {kf__arena_alloc(&study->tree.arena, size), NULL};
    if (fixed.point == NULL)
        return kf__nomem();
    KF__TRY(kf__space_point(study->space, params, false, fixed.point));
    fixed.params = kf__tree_copy(&study->tree, params);
    KF__TRY(kf__tree_status(&study->tree));
    return kf__vec_push(&study->queue, fixed);
}

kf_status kf_study_enqueue(kf_study *study, const kf_value *params)
{
    KF__REQUIRE(study != NULL && params != NULL);
    KF__TRY(kf__study_queue(study, params));
    kf_status status = kf__journal_enqueue(study, params);
    study->queue.count -= status != KF_OK;
    return status;
}

/* ---- trials from elsewhere ---- */

static kf_status add_foreign(kf_study *study, const kf_value *params, kf_entry *entry)
{
    KF__TRY(kf__space_point(study->space, params, true, entry->point));
    entry->trial.foreign = true;
    KF__TRY(kf__entry_add(study, params, entry));
    kf_status status = kf__journal_trial(study, entry, false);
    study->entries.count -= status != KF_OK;
    return status;
}

kf_status kf_study_add(kf_study *study, const kf_value *params, kf_trial_state state,
    const double *values, int64_t *number)
{
    KF__REQUIRE(study != NULL && params != NULL && state != KF_TRIAL_RUNNING);
    kf_entry *entry;
    KF__TRY(kf__entry_new(study, &entry));
    kf_status status = kf__entry_end(study, entry, state, values, NULL);
    entry->trial.order = study->ended;
    if (status == KF_OK)
        status = add_foreign(study, params, entry);
    if (status != KF_OK) {
        kf__entry_free(entry);
        return status;
    }
    study->ended++;
    if (number != NULL)
        *number = entry->trial.number;
    return KF_OK;
}
