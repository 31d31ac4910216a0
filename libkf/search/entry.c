/* SPDX-License-Identifier: Apache-2.0 */
/* Trials, as a study keeps them. */
#include "search/study.h"

#include "base/error.h"

void kf__entry_free(kf_entry *entry)
{
    if (entry == NULL)
        return;
    kf__free(entry->observations);
    kf__free(entry->sums);
    kf__tree_finish(&entry->tree);
    kf__free(entry);
}

kf_status kf__entry_new(const kf_study *study, kf_entry **out)
{
    kf_entry *entry = kf__calloc(1, sizeof *entry);
    if (entry == NULL)
        return kf__nomem();
    size_t axes = kf_space_count(study->space);
    entry->point = kf__arena_alloc(&entry->tree.arena, axes * sizeof *entry->point);
    entry->attributes = kf__tree_struct(&entry->tree);
    entry->extra = kf__tree_struct(&entry->tree);
    entry->trial.number = (int64_t)study->entries.count;
    entry->trial.order = -1;
    entry->trial.point = entry->point;
    entry->trial.attributes = entry->attributes;
    if (entry->point == NULL || kf__tree_status(&entry->tree) != KF_OK) {
        kf__entry_free(entry);
        return kf__nomem();
    }
    for (size_t i = 0; i < axes; i++)
        entry->point[i] = NAN;
    *out = entry;
    return KF_OK;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static kf_status keep_values(
    const kf_study *study, kf_entry *entry, const double *values)
{
    size_t count = study->objective_count;
    double *kept = kf__arena_alloc(&entry->tree.arena, count * sizeof *kept);
    double *losses = kf__arena_alloc(&entry->tree.arena, count * sizeof *losses);
    if (kept == NULL || losses == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++) {
        kept[i] = values[i];
        losses[i] = study->directions[i] == KF_MAXIMIZE ? -values[i] : values[i];
    }
    entry->trial.values = kept;
    entry->trial.losses = losses;
    return KF_OK;
}

kf_status kf__entry_end(const kf_study *study, kf_entry *entry, kf_trial_state state,
    const double *values, const char *message)
{
    size_t count = study->objective_count;
    if (values != NULL && !all_finite(values, count)) {
        values = NULL;
        state = KF_TRIAL_METRICS_UNAVAILABLE;
        message = message != NULL ? message : "the objective is not a finite number";
    }
    if (message != NULL) {
        entry->trial.message = kf__arena_strdup(&entry->tree.arena, message);
        if (entry->trial.message == NULL)
            return kf__nomem();
    }
    if (values != NULL)
        KF__TRY(keep_values(study, entry, values));
    entry->trial.state = state;
    return KF_OK;
}

kf_status kf__entry_observe(kf_entry *entry, int64_t step, double value)
{
    kf_trial *trial = &entry->trial;
    KF__TRY(kf__vec_grow((void **)&entry->observations, trial->observation_count,
        &entry->observation_room, sizeof *entry->observations));
    KF__TRY(kf__vec_grow((void **)&entry->sums, trial->observation_count,
        &entry->sum_room, sizeof *entry->sums));
    size_t last = trial->observation_count++;
    trial->observations = entry->observations;
    entry->observations[last] = (kf_observation){step, value};
    entry->sums[last] = last > 0 ? entry->sums[last - 1] + value : value;
    entry->least = last > 0 ? fmin(entry->least, value) : value;
    entry->greatest = last > 0 ? fmax(entry->greatest, value) : value;
    return KF_OK;
}

void kf__entry_unobserve(kf_entry *entry)
{
    size_t count = --entry->trial.observation_count;
    entry->least = INFINITY;
    entry->greatest = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        entry->least = fmin(entry->least, entry->observations[i].value);
        entry->greatest = fmax(entry->greatest, entry->observations[i].value);
    }
}

/* Numbers that were given are kept to the last digit, which a coordinate may not be. */
static void keep_given(const kf_study *study, const kf_value *given, kf_entry *entry)
{
    for (size_t i = 0; i < kf_space_count(study->space); i++) {
        const kf_axis *axis = kf_space_axis(study->space, i);
        const kf_value *value = kf_value_get(given, axis->name);
        if (axis->kind == KF_AXIS_CONTINUOUS && value != NULL &&
            kf_value_get(entry->params, axis->name) != NULL)
            kf__put(&entry->tree, entry->params, axis->name,
                kf__tree_double(&entry->tree, kf__space_given(value)));
    }
}

kf_status kf__entry_add(kf_study *study, const kf_value *given, kf_entry *entry)
{
    entry->params = kf__space_params(study->space, entry->point, &entry->tree);
    entry->trial.params = entry->params;
    kf__merge(&entry->tree, entry->params, entry->extra);
    if (given != NULL)
        keep_given(study, given, entry);
    KF__TRY(kf__tree_status(&entry->tree));
    return kf__vec_push(&study->entries, entry);
}

kf_status kf__entry_restore(kf_study *study, kf_entry *entry, const kf_value *params,
    const kf_value *attributes, kf_trial_state state, const double *values,
    const char *message)
{
    entry->params = kf__tree_copy(&entry->tree, params);
    entry->trial.params = entry->params;
    entry->attributes = kf__tree_copy(&entry->tree, attributes);
    entry->trial.attributes = entry->attributes;
    kf_status status = kf__tree_status(&entry->tree);
    if (status == KF_OK)
        status = kf__entry_end(study, entry, state, values, message);
    if (status == KF_OK)
        status = kf__vec_push(&study->entries, entry);
    if (status != KF_OK)
        kf__entry_free(entry);
    return status;
}
