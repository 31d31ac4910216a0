/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of studies, and of what samplers are asked. */
#ifndef KF_SEARCH_STUDY_H
#define KF_SEARCH_STUDY_H

#include <kf/search.h>

#include <math.h>

#include "search/random.h"
#include "search/sampler.h"
#include "search/space.h"

/* One trial with all it owns. */
typedef struct kf_entry {
    kf_trial trial;
    kf_tree tree;
    double *point; /* What `trial` shows, to be changed. */
    kf_observation *observations;
    size_t observation_room;
    double *sums; /* Of the values up to each observation, */
    size_t sum_room;
    double least, greatest; /* and their bounds: early stopping asks at each report. */
    kf_value *params;
    kf_value *attributes;
    kf_value *extra; /* Params that are no axes. */
} kf_entry;

typedef struct kf_journal kf_journal;

/* Values for one of the next trials, in the tree of the study. */
typedef struct kf_fixed {
    double *point;
    const kf_value *params;
} kf_fixed;

struct kf_study {
    kf_space *space;
    kf_tree tree;
    KF__VEC(kf_entry *) entries; /* By number. */
    KF__VEC(kf_fixed) queue;
    size_t queued; /* How many of them have been taken. */
    size_t objective_count;
    const char **objectives;
    kf_direction *directions;
    const kf_value *nas_config; /* NULL: the space has parameters. */
    uint64_t seed;
    int64_t ended; /* Trials that run no more. */
    int64_t max_trials;
    int parallel;
    const kf_sampler *sampler;
    kf_settings settings;
    void *state;
    const kf_stopper *stopper; /* NULL: none. */
    kf_settings stopping;
    kf_journal *journal; /* NULL: in memory only. */
};

struct kf_ask {
    const kf_study *study;
    const kf_settings *settings;
    int64_t number;
    kf_random random;
    kf_tree *tree; /* Of the new trial; NULL while a study is opened. */
    kf_value *attributes, *extra;
};

kf_ask kf__ask_start(
    const kf_study *study, const kf_settings *settings, int64_t number);

/* entry.c: a trial of the study that is not among its entries yet. */
kf_status kf__entry_new(const kf_study *study, kf_entry **out);
void kf__entry_free(kf_entry *entry);
/* Set state, values and message; what is not finite makes it METRICS_UNAVAILABLE. */
kf_status kf__entry_end(const kf_study *study, kf_entry *entry, kf_trial_state state,
    const double *values, const char *message);
kf_status kf__entry_observe(kf_entry *entry, int64_t step, double value);
void kf__entry_unobserve(kf_entry *entry); /* The last one has not happened. */
/* Make it one of the study's, with the params of its point; numbers of `given` are kept
 * to the last digit. */
kf_status kf__entry_add(kf_study *study, const kf_value *given, kf_entry *entry);
/* What the store holds of a trial, its point being set; it becomes one of the study's,
 * or ends. */
kf_status kf__entry_restore(kf_study *study, kf_entry *entry, const kf_value *params,
    const kf_value *attributes, kf_trial_state state, const double *values,
    const char *message);
/* {number, state, params, values, observations, attributes, message} */
kf_value *kf__trial_value(const kf_study *study, const kf_trial *trial, kf_tree *tree);
/* kf_study_write; a page has this title. */
kf_status kf__study_write(
    const kf_study *study, kf_study_format format, const char *title, char **out);
/* study_tell.c: end a trial that runs, in any state, with values or NULL. */
kf_status kf__study_end(kf_study *study, int64_t number, kf_trial_state state,
    const double *values, const char *message);
kf_status kf__study_queue(kf_study *study, const kf_value *params);

/* The loss of the first objective; NAN where there is none. */
static inline double kf__trial_loss(const kf_trial *trial)
{
    return trial->losses == NULL ? (double)NAN : trial->losses[0];
}

#endif
