/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of a trial that runs as a process: from what it prints, or from files. */
#ifndef KF_SEARCH_TRIAL_COLLECT_H
#define KF_SEARCH_TRIAL_COLLECT_H

#include "search/tune.h"

typedef enum kf_source {
    KF__SOURCE_NONE,
    KF__SOURCE_PRINTED,
    KF__SOURCE_FILE,
    KF__SOURCE_EVENTS,
    KF__SOURCE_PUSH
} kf_source;

typedef struct kf_tail kf_tail;

typedef struct kf_collector {
    kf_slot *slot;
    kf_source source;
    const char *given; /* Path in the document; NULL: none. */
    const char *path;  /* The trial's own, in its place. */
    kf_metric_parser *parser;
    KF__VEC(kf_tail *) tails; /* Files that are read. */
    const char **names;
} kf_collector;

/* KF_EUNSUPPORTED: a kind that needs a cluster. */
kf_status kf__collector_check(const kf_experiment *experiment);
kf_status kf__collector_open(kf_slot *slot, kf_collector *out);
/* What was printed. */
kf_status kf__collector_feed(kf_collector *self, const void *data, size_t length);
/* Look at the files. */
kf_status kf__collector_look(kf_collector *self);
/* What is new in one more file. `last`: it does not grow any more. */
kf_status kf__collector_read(kf_collector *self, const char *path, bool last);
kf_status kf__collector_finish(kf_collector *self);
void kf__collector_close(kf_collector *self);
/* A path of the document, and the trial's own in its place. */
typedef struct kf_place {
    const char *given; /* NULL: none. */
    const char *path;
} kf_place;

/* The text with such paths replaced. */
kf_status kf__place(const kf_place *places, size_t count, const char *text,
    kf_arena *arena, const char **out);

#endif
