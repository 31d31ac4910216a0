/* SPDX-License-Identifier: Apache-2.0 */
/* What the run of a pipeline reports while it goes on: metrics and outputs of tasks that
 * have ended, and what tasks push. */
#ifndef KF_SEARCH_TRIAL_WATCH_H
#define KF_SEARCH_TRIAL_WATCH_H

#include "base/map.h"
#include "search/trial_collect.h"

typedef struct kf_watch {
    kf_slot *slot;
    const kf_store *store; /* Of the trial's thread. */
    kf_value *spec;        /* Of the pipeline: what it calls its own outputs. */
    kf_collector pushed;
    kf_map noted;      /* Paths of the tasks that have ended and been noted. */
    atomic_bool stale; /* Something happened in the run. */
    kf_value *run;     /* As it was read last. */
    kf_value *files;   /* Paths of files by task, in the order of attempts. */
} kf_watch;

kf_status kf__watch_open(kf_slot *slot, const kf_store *store, kf_watch *out);
void kf__watch_close(kf_watch *self);
/* Hand over what is new. The slot knows its run. */
kf_status kf__watch_look(kf_watch *self);
/* The same once the run has ended, in any way: with what it gives out. */
kf_status kf__watch_finish(kf_watch *self);

#endif
