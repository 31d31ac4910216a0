/* SPDX-License-Identifier: Apache-2.0 */
/* Studies: what became of trials. */
#include "search/journal.h"

#include <string.h>

#include "base/error.h"

const char *kf_trial_state_name(kf_trial_state state)
{
    switch (state) {
    case KF_TRIAL_RUNNING:
        return "RUNNING";
    case KF_TRIAL_SUCCEEDED:
        return "SUCCEEDED";
    case KF_TRIAL_FAILED:
        return "FAILED";
    case KF_TRIAL_KILLED:
        return "KILLED";
    case KF_TRIAL_EARLY_STOPPED:
        return "EARLY_STOPPED";
    case KF_TRIAL_METRICS_UNAVAILABLE:
        return "METRICS_UNAVAILABLE";
    }
    return "UNKNOWN";
}

static kf_status find_running(const kf_study *study, int64_t number, kf_entry **out)
{
    if (number < 0 || (size_t)number >= study->entries.count)
        return kf__fail(KF_ENOENT, NULL, "there is no trial %lld", (long long)number);
    kf_entry *entry = study->entries.items[number];
    if (entry->trial.state != KF_TRIAL_RUNNING)
        return kf__fail(KF_ESTATE, NULL, "trial %lld has ended: it is %s",
            (long long)number, kf_trial_state_name(entry->trial.state));
    *out = entry;
    return KF_OK;
}

/* What cannot be written has not happened. */
static kf_status end(kf_study *study, kf_entry *entry, kf_trial_state state,
    const double *values, const char *message)
{
    kf_trial before = entry->trial;
    kf_status status = kf__entry_end(study, entry, state, values, message);
    entry->trial.order = study->ended;
    if (status == KF_OK)
        status = kf__journal_trial(study, entry, false);
    if (status == KF_OK)
        study->ended++;
    else
        entry->trial = before;
    return status;
}

kf_status kf__study_end(kf_study *study, int64_t number, kf_trial_state state,
    const double *values, const char *message)
{
    kf_entry *entry = NULL;
    KF__TRY(find_running(study, number, &entry));
    return end(study, entry, state, values, message);
}

kf_status kf_study_tell_values(
    kf_study *study, int64_t number, const double *values, size_t count)
{
    KF__REQUIRE(study != NULL && values != NULL);
    kf_entry *entry;
    KF__TRY(find_running(study, number, &entry));
    if (count != study->objective_count)
        return kf__fail(KF_EINVAL, NULL,
            "%zu values are given, and the study has %zu objectives", count,
            study->objective_count);
    return end(study, entry, KF_TRIAL_SUCCEEDED, values, NULL);
}

kf_status kf_study_tell(kf_study *study, int64_t number, double value)
{
    return kf_study_tell_values(study, number, &value, 1);
}

kf_status kf_study_tell_state(
    kf_study *study, int64_t number, kf_trial_state state, const char *message)
{
    KF__REQUIRE(study != NULL);
    kf_entry *entry;
    KF__TRY(find_running(study, number, &entry));
    if (state <= KF_TRIAL_SUCCEEDED || state > KF_TRIAL_METRICS_UNAVAILABLE)
        return kf__fail(KF_EINVAL, NULL,
            "a trial without values ends as FAILED, KILLED, EARLY_STOPPED or "
            "METRICS_UNAVAILABLE");
    size_t count = entry->trial.observation_count;
    bool has_value =
        state == KF_TRIAL_EARLY_STOPPED && count > 0 && study->objective_count == 1;
    return end(study, entry, state,
        has_value ? &entry->trial.observations[count - 1].value : NULL, message);
}

/* ---- on the way ---- */

static bool should_stop(kf_study *study, const kf_trial *trial)
{
    kf_ask ask = kf__ask_start(study, &study->settings, trial->number);
    if (study->sampler->should_stop != NULL &&
        study->sampler->should_stop(&ask, study->state, trial))
        return true;
    if (study->stopper == NULL)
        return false;
    ask = kf__ask_start(study, &study->stopping, trial->number);
    return study->stopper->should_stop(&ask, trial);
}

kf_status kf_study_report(
    kf_study *study, int64_t number, int64_t step, double value, bool *stop)
{
    KF__REQUIRE(study != NULL);
    kf_entry *entry;
    KF__TRY(find_running(study, number, &entry));
    size_t count = entry->trial.observation_count;
    if (!isfinite(value))
        return kf__fail(KF_EINVAL, NULL,
            "trial %lld reports a value that is no finite number", (long long)number);
    if (count > 0 && step <= entry->trial.observations[count - 1].step)
        return kf__fail(KF_EINVAL, NULL, "trial %lld reports step %lld after step %lld",
            (long long)number, (long long)step,
            (long long)entry->trial.observations[count - 1].step);
    KF__TRY(kf__entry_observe(entry, step, value));
    kf_status status = kf__journal_observation(
        study, &entry->trial, (int64_t)count, &entry->observations[count]);
    if (status != KF_OK) {
        kf__entry_unobserve(entry);
        return status;
    }
    if (stop != NULL)
        *stop = should_stop(study, &entry->trial);
    return KF_OK;
}

const kf_trial *kf_study_best(const kf_study *study)
{
    const kf_trial *best = NULL;
    for (size_t i = 0; i < kf_study_trial_count(study); i++) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (trial->losses != NULL &&
            (best == NULL || trial->losses[0] < best->losses[0]))
            best = trial;
    }
    return best;
}
