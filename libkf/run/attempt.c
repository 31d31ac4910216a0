/* SPDX-License-Identifier: Apache-2.0 */
#include "run/attempt.h"

#include "base/clock.h"
#include "base/error.h"

void kf__attempt_finish(kf_attempt *attempt)
{
    kf__tree_finish(&attempt->tree);
    kf__bundle_free(attempt->outputs);
    kf__free(attempt->error);
    kf__record_free(attempt->record);
}

static kf_status find_path(kf_attempt *attempt)
{
    kf_buf path = KF__BUF_INIT;
    kf__node_path(attempt->node, &path);
    attempt->path =
        kf__arena_strndup(&attempt->tree.arena, kf__buf_text(&path), path.length);
    kf__buf_finish(&path);
    return attempt->path ? KF_OK : KF_ENOMEM;
}

static bool is_cacheable(const kf_attempt *attempt)
{
    const kf_plan_task *task = attempt->node->task;
    return task->caching && task->component->container &&
           !attempt->engine->options->no_cache;
}

static kf_status run(kf_attempt *attempt)
{
    bool hit = false;
    KF__TRY(find_path(attempt));
    KF__TRY(kf__attempt_prepare(attempt));
    if (is_cacheable(attempt)) {
        KF__TRY(kf__attempt_key(attempt));
        KF__TRY(kf__attempt_look_up(attempt, &hit));
    }
    if (hit)
        return KF_OK;
    KF__TRY(kf__attempt_announce(attempt));
    return attempt->node->task->component->importer ? kf__attempt_import(attempt)
                                                    : kf__attempt_execute(attempt);
}

static kf_state state_of(const kf_attempt *attempt)
{
    if (attempt->code == KF_OK)
        return attempt->source ? KF_STATE_CACHED : KF_STATE_SUCCEEDED;
    return attempt->code == KF_ECANCELED ? KF_STATE_CANCELED : KF_STATE_FAILED;
}

void kf__attempt_run(kf_attempt *attempt)
{
    attempt->started = kf__now_ms();
    attempt->code = run(attempt);
    attempt->finished = kf__now_ms();
    attempt->state = state_of(attempt);
    if (attempt->code != KF_OK && !attempt->error)
        attempt->error = kf__strdup(kf_last_error()->message);
    if (attempt->code != KF_OK) {
        kf__bundle_free(attempt->outputs);
        attempt->outputs = NULL;
    }
    kf__attempt_record(attempt);
}
