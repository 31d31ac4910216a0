/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of an experiment: it asks, starts trials, takes what they report, and tells
 * the study, one thing at a time. */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "search/tune.h"

#define POLL_NS INT64_C(200000000)

/* `over`: a request to cancel is no news any more. */
static void wait_for_news(kf_tune *tune, bool over)
{
    int64_t until = kf__monotonic_ns() + POLL_NS;
    kf__mutex_lock(&tune->mutex);
    while (!tune->urgent && (over || !tune->canceled))
        if (!kf__cond_wait_until(&tune->news, &tune->mutex, until))
            break;
    tune->urgent = false;
    kf__mutex_unlock(&tune->mutex);
}

/* The flag that kf_store_experiment_cancel sets. */
static void poll_store(kf_tune *tune)
{
    int64_t now = kf__monotonic_ns();
    if (now - tune->polled_ns < POLL_NS)
        return;
    tune->polled_ns = now;
    if (kf__tune_cancel_is_asked(tune))
        kf_tune_cancel(tune);
}

static bool is_canceled(kf_tune *tune)
{
    kf__mutex_lock(&tune->mutex);
    bool canceled = tune->canceled;
    kf__mutex_unlock(&tune->mutex);
    return canceled;
}

static kf_outcome outcome_of(const kf_tune *tune)
{
    kf_progress progress = kf__tune_progress(tune);
    return tune->goal_reached ? KF__OUTCOME_GOAL
                              : kf__progress_outcome(tune->experiment, &progress);
}

static kf_status work(kf_tune *tune)
{
    for (;;) {
        if (is_canceled(tune) || outcome_of(tune) != KF__OUTCOME_RUNNING)
            return KF_OK;
        KF__TRY(kf__tune_start_pending(tune));
        KF__TRY(kf__tune_start_new(tune));
        if (tune->slots.count == 0)
            continue;
        wait_for_news(tune, false);
        poll_store(tune);
        KF__TRY(kf__tune_settle(tune));
    }
}

static kf_status stop_all(kf_tune *tune, const char *why)
{
    kf_status status = KF_OK;
    for (size_t i = 0; i < tune->slots.count; i++)
        kf__slot_stop(tune->slots.items[i], KF_TRIAL_KILLED, why);
    while (tune->slots.count > 0) {
        wait_for_news(tune, true);
        kf_status settled = kf__tune_settle(tune);
        if (status == KF_OK)
            status = settled;
    }
    return status;
}

/* What was asked and never begun, in a process before this one. */
static kf_status kill_pending(kf_tune *tune)
{
    for (size_t i = 0; i < tune->results.count; i++) {
        if (!tune->results.items[i].pending)
            continue;
        KF__TRY(kf_study_tell_state(tune->study, (int64_t)i, KF_TRIAL_KILLED,
            "the experiment ended before it began"));
        tune->results.items[i].state = KF_TRIAL_KILLED;
        tune->results.items[i].pending = false;
    }
    return KF_OK;
}

static kf_status judge(kf_tune *tune, kf_status worked, kf_outcome outcome)
{
    if (worked != KF_OK)
        return worked;
    if (outcome == KF__OUTCOME_FAILED)
        tune->error =
            tune->failure != NULL
                ? tune->failure
                : kf__arena_printf(&tune->tree.arena,
                      "%lld trials have failed or given no metrics "
                      "(maxFailedTrialCount)",
                      (long long)kf_experiment_max_failed_trials(tune->experiment));
    else if (outcome == KF__OUTCOME_RUNNING)
        tune->error = "the experiment was canceled";
    return outcome == KF__OUTCOME_FAILED    ? KF_EFAILED
           : outcome == KF__OUTCOME_RUNNING ? KF_ECANCELED
                                            : KF_OK;
}

static void finish(kf_tune *tune, kf_status worked)
{
    kf_outcome outcome = outcome_of(tune);
    if (worked != KF_OK)
        tune->error = kf__arena_strdup(&tune->tree.arena, kf_last_error()->message);
    kf_status stopped = stop_all(tune, "killed: the experiment ended");
    if (worked == KF_OK && stopped == KF_OK)
        stopped = kill_pending(tune);
    kf_status result = judge(tune, worked == KF_OK ? stopped : worked, outcome);
    kf_state state = result == KF_OK          ? KF_STATE_SUCCEEDED
                     : result == KF_ECANCELED ? KF_STATE_CANCELED
                                              : KF_STATE_FAILED;
    kf_status written =
        kf__tune_put_end(tune, state, kf__tune_reason(state, outcome), tune->error);
    if (written != KF_OK) {
        kf__log(KF_LOG_ERROR, "experiment %s: %s", tune->id, kf_last_error()->message);
        result = result == KF_OK ? written : result;
        state = result == KF_ECANCELED ? state : KF_STATE_FAILED;
    }
    tune->result = result;
    atomic_store(&tune->state, state);
}

void *kf__tune_thread(void *argument)
{
    kf_tune *tune = argument;
    finish(tune, work(tune));
    kf__tune_report(tune, &(kf_tune_event){.kind = KF_TUNE_ENDED,
                              .trial = -1,
                              .value = (double)NAN,
                              .message = tune->error});
    kf__mutex_lock(&tune->mutex);
    tune->over = true;
    kf__cond_broadcast(&tune->ended);
    kf__mutex_unlock(&tune->mutex);
    return NULL;
}
