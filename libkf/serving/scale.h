/* SPDX-License-Identifier: Apache-2.0 */
/* How many replicas a revision is to have: the rule of Knative's autoscaler (KPA),
 * pkg/autoscaler/scaling/autoscaler.go of knative.dev/serving. A pure state machine: it
 * is told the load every two seconds or so, and says how many. */
#ifndef KF_SERVING_SCALE_H
#define KF_SERVING_SCALE_H

#include <kf/service.h>

#include "serving/limit.h"

typedef struct kf_scale_rule {
    bool by_rate;  /* `target` is of requests a second; else of requests at a time. */
    double target; /* Of one replica. */
    int64_t min;
    int64_t max; /* 0: no limit. */
    int64_t initial;
    double stable_seconds;
    double panic_seconds;
    double panic_threshold; /* Times what the replicas that are ready can take. */
    double up_rate;         /* At most so many times those that are ready, at once. */
    double down_rate;       /* At least 1 / so many of them. */
    double grace_seconds;   /* Nothing is asked for so long before the last one ends. */
    double down_delay_seconds;
} kf_scale_rule;

enum { KF__SCALE_SAMPLES = 256 };

typedef struct kf_scale {
    kf_load samples[KF__SCALE_SAMPLES]; /* A ring, oldest at `first`. */
    int64_t wanted[KF__SCALE_SAMPLES];  /* What followed from each of them. */
    size_t first, count;
    bool in_panic;
    int64_t panic_ns; /* When the load was last too much. */
    int64_t panic_most;
    int64_t active_ns; /* Since when there is one. */
    int64_t idle_ns;   /* Since when nothing is asked for; 0: something is. */
    int64_t desired;   /* The last answer. */
    int64_t delayed;   /* What keeps it from going down, until … */
    int64_t delayed_ns;
} kf_scale;

/* What the component and the annotations of its service say, over Knative's defaults:
 * container-concurrency-target-percentage 70 of containerConcurrency or 100, 200
 * requests a second. */
kf_scale_rule kf__scale_rule(
    const kf_service *service, const kf_service_component *component);
/* Go's durations, "1m30s", of hours to milliseconds; NULL or what is none: `otherwise`. */
double kf__scale_seconds(const char *text, double otherwise);
/* `ready`: replicas that are. Answers between min and max; 0 only if min is. */
int64_t kf__scale_decide(
    kf_scale *scale, const kf_scale_rule *rule, kf_load load, int64_t ready);

#endif
