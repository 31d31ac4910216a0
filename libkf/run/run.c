/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/run_handle.h"

kf_status kf_run_resume(
    kf_store *store, const char *run, const kf_run_options *options, kf_run **out)
{
    KF__REQUIRE(store != NULL && run != NULL && out != NULL);
    return kf__run_resume(store, run, options, out);
}

static kf_status fail_with(const kf_run *run)
{
    if (run->result == KF_OK)
        return KF_OK;
    return kf__fail(run->result, run->row.id, "%s",
        run->row.error ? run->row.error : kf_status_name(run->result));
}

kf_status kf_run_wait(kf_run *run, double seconds)
{
    KF__REQUIRE(run != NULL && !isnan(seconds));
    kf_engine *engine = &run->engine;
    int64_t until = seconds < 0 || seconds > 1e9
                        ? INT64_MAX
                        : kf__monotonic_ns() + (int64_t)(seconds * 1e9);
    kf__mutex_lock(&engine->mutex);
    while (!run->over) {
        if (until == INT64_MAX)
            kf__cond_wait(&run->ended, &engine->mutex);
        else if (!kf__cond_wait_until(&run->ended, &engine->mutex, until))
            break;
    }
    bool over = run->over;
    kf__mutex_unlock(&engine->mutex);
    if (!over)
        return kf__fail(
            KF_ETIMEOUT, run->row.id, "the run goes on after %g seconds", seconds);
    return fail_with(run);
}

void kf__run_cancel(kf_run *run, bool again)
{
    kf_engine *engine = &run->engine;
    kf__mutex_lock(&engine->mutex);
    if (!engine->over && (again || !engine->canceling))
        kf__engine_cancel(engine, engine->canceling);
    engine->urgent = true;
    kf__cond_signal(&engine->news);
    kf__mutex_unlock(&engine->mutex);
}

void kf_run_cancel(kf_run *run)
{
    kf__run_cancel(run, true);
}

kf_state kf_run_state(const kf_run *run)
{
    return (kf_state)atomic_load(&run->state);
}

const char *kf_run_id(const kf_run *run)
{
    return run->row.id;
}

static bool is_over(const kf_run *run)
{
    return kf_state_is_final((kf_state)atomic_load(&run->state));
}

static kf_status find_output(const kf_run *run, const char *name, const kf_value **out)
{
    const kf_value *artifacts = kf__bundle_artifacts(run->outputs, name);
    *out = kf__bundle_parameter(run->outputs, name);
    if (!*out && artifacts)
        *out = kf_value_length(artifacts) == 1 ? kf_value_at(artifacts, 0) : artifacts;
    if (*out)
        return KF_OK;
    return kf__fail(
        KF_ENOENT, name, "the run %s gave no output '%s'", run->row.id, name);
}

kf_status kf_run_output(const kf_run *run, const char *name, kf_value **out)
{
    KF__REQUIRE(run != NULL && name != NULL && out != NULL);
    const kf_value *found = NULL;
    if (!is_over(run))
        return kf__fail(KF_ESTATE, run->row.id, "the run has not ended yet");
    KF__TRY(find_output(run, name, &found));
    return kf_value_dup(found, out);
}

kf_status kf_run_describe(const kf_run *run, kf_value **out)
{
    KF__REQUIRE(run != NULL && out != NULL);
    return kf_store_run(run->store, run->row.id, out);
}

void kf_run_free(kf_run *run)
{
    if (!run)
        return;
    if (run->thread_started) {
        kf__run_cancel(run, false);
        (void)pthread_join(run->thread, NULL);
    }
    kf__run_release(run);
}
