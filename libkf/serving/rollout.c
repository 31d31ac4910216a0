/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/rollout.h"

void kf__rollout_create(kf_rollout *rollout, int revision)
{
    rollout->latest_created = revision;
}

void kf__rollout_ready(kf_rollout *rollout, int revision)
{
    if (revision > rollout->latest_ready)
        rollout->latest_ready = revision;
}

bool kf__rollout_names(const kf_rollout *rollout, int revision)
{
    return revision == rollout->latest_created || revision == rollout->latest_ready ||
           revision == rollout->latest_rolled_out ||
           revision == rollout->previous_rolled_out;
}

/* Both shares would go to one revision that has been rolled out already: its canary is
 * asked to step back behind the one before it. */
static bool steps_back(const kf_rollout *rollout, int canary_percent)
{
    return canary_percent != KF__NO_CANARY && canary_percent < 100 &&
           rollout->latest_rolled_out == rollout->latest_ready &&
           rollout->latest_ready == rollout->latest_created &&
           rollout->previous_rolled_out != 0;
}

static size_t shares_of(
    const kf_rollout *rollout, int canary_percent, kf_share shares[2])
{
    bool split = canary_percent != KF__NO_CANARY && rollout->latest_rolled_out != 0;
    int latest = split ? canary_percent : 100;
    size_t count = 0;
    if (rollout->latest_ready == 0)
        return 0;
    shares[count++] = (kf_share){rollout->latest_ready, latest, true};
    if (latest < 100)
        shares[count++] = (kf_share){rollout->latest_rolled_out, 100 - latest, false};
    return count;
}

size_t kf__rollout_settle(kf_rollout *rollout, int canary_percent, kf_share shares[2])
{
    if (steps_back(rollout, canary_percent))
        rollout->latest_rolled_out = rollout->previous_rolled_out;
    size_t count = shares_of(rollout, canary_percent, shares);
    if (count != 1 || rollout->latest_ready == rollout->latest_rolled_out)
        return count;
    rollout->previous_rolled_out = rollout->latest_rolled_out;
    rollout->latest_rolled_out = rollout->latest_ready;
    return shares_of(rollout, canary_percent, shares);
}

void kf__rollout_forget(kf_rollout *rollout, int revision)
{
    int *numbers[] = {&rollout->latest_created, &rollout->latest_ready,
        &rollout->latest_rolled_out, &rollout->previous_rolled_out};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (*numbers[i] == revision)
            *numbers[i] = 0;
}
