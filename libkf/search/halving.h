/* SPDX-License-Identifier: Apache-2.0 */
/* Successive halving: rungs at which trials are compared, and brackets of rungs. */
#ifndef KF_SEARCH_HALVING_H
#define KF_SEARCH_HALVING_H

#include "search/study.h"

/* ---- asynchronous: trials report as they go on, and stop at a rung (ASHA) ---- */

typedef struct kf_rungs {
    double least; /* Resource of the first rung: steps. */
    double eta;
} kf_rungs;

/* Whether a trial that just reported is to stop: it has reached a rung and is not among
 * the best 1 / eta of all that have. */
bool kf__rungs_stop(const kf_ask *ask, const kf_rungs *rungs, const kf_trial *trial);

/* ---- synchronous: brackets of trials that are begun anew with more (Hyperband) ---- */

/* A plan of brackets that repeat: bracket b has rungs 0 … rungs[b] - 1. */
typedef struct kf_brackets {
    double most; /* Resource of the last rung. */
    double eta;
    int deepest; /* s_max */
} kf_brackets;

/* What the next trial is. */
typedef struct kf_slot {
    int64_t bracket; /* From 0, over all repetitions. */
    int rung;
    double resource;
    const kf_trial *parent; /* The trial to begin anew with more; NULL: a new one. */
} kf_slot;

/* The first bracket that has room: a new trial, or one that is promoted since all of its
 * rung have ended. Trials are told apart by their attributes "bracket" and "rung". */
kf_status kf__brackets_next(const kf_ask *ask, const kf_brackets *plan, kf_slot *out);
/* What says how they are. */
#define KF__BRACKET_SETTINGS                                                           \
    {.name = "r_l",                                                                    \
        .kind = KF_KIND_DOUBLE,                                                        \
        .required = true,                                                              \
        .least = 1,                                                                    \
        .greatest = INFINITY},                                                         \
        {.name = "resource_name", .kind = KF_KIND_STRING, .required = true},           \
    {                                                                                  \
        .name = "eta", .kind = KF_KIND_DOUBLE, .fallback = "3", .least = 2,            \
        .greatest = INFINITY                                                           \
    }
/* The brackets and the resource parameter of the settings r_l, eta and resource_name.
 * KF_ENOENT: no such parameter; KF_EINVAL: it is categorical. */
kf_status kf__brackets_read(const kf_ask *ask, kf_brackets *out, size_t *resource_axis);
/* Note it in the attributes of the trial. */
kf_status kf__slot_note(kf_ask *ask, const kf_slot *slot);

#endif
