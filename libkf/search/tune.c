/* SPDX-License-Identifier: Apache-2.0 */
/* What any thread may do with an experiment that is executed. */
#include "search/tune.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

kf_status kf_tune_wait(kf_tune *tune, double seconds)
{
    KF__REQUIRE(tune != NULL && !isnan(seconds));
    int64_t until = seconds < 0 || seconds > 1e9
                        ? INT64_MAX
                        : kf__monotonic_ns() + (int64_t)(seconds * 1e9);
    kf__mutex_lock(&tune->mutex);
    while (!tune->over) {
        if (until == INT64_MAX)
            kf__cond_wait(&tune->ended, &tune->mutex);
        else if (!kf__cond_wait_until(&tune->ended, &tune->mutex, until))
            break;
    }
    bool over = tune->over;
    kf__mutex_unlock(&tune->mutex);
    if (!over)
        return kf__fail(KF_ETIMEOUT, tune->id,
            "the experiment goes on after %s seconds", kf__shown(seconds).text);
    if (tune->result == KF_OK)
        return KF_OK;
    return kf__fail(tune->result, tune->id, "%s",
        tune->error != NULL ? tune->error : kf_status_name(tune->result));
}

void kf_tune_cancel(kf_tune *tune)
{
    kf__mutex_lock(&tune->mutex);
    tune->canceled = true;
    kf__cond_signal(&tune->news);
    kf__mutex_unlock(&tune->mutex);
}

kf_state kf_tune_state(const kf_tune *tune)
{
    return (kf_state)atomic_load(&tune->state);
}

const char *kf_tune_id(const kf_tune *tune)
{
    return tune->id;
}
