/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of CMA-ES in a space, between its files. */
#ifndef KF_SEARCH_CMAES_STATE_H
#define KF_SEARCH_CMAES_STATE_H

#include "search/cma.h"
#include "search/cmaes.h"
#include "search/sobol.h"

/* Streams of random numbers for restarts, counted backwards: no trial has them. */
#define KF__RESTART_STREAM (UINT64_MAX - 1)

typedef struct kf_cmaes_member {
    double loss;
    const kf_entry *entry;
} kf_cmaes_member;

struct kf_cmaes {
    const kf_study *study;
    kf_cmaes_options options;
    size_t axes, numbers;
    size_t *number_axes; /* The axis of each number. */
    bool has_cells;      /* Whether one of them is ordered. */
    double **shares;     /* By axis: of choices; NULL: a number. */
    kf_cma *cma;
    kf_sobol *sobol; /* NULL: more axes than it has. */
    bool has_begun;
    int64_t known;     /* Trials that had ended before the first one of ours. */
    int64_t looked_at; /* Ended trials that were, by order. */
    KF__VEC(kf_cmaes_member) waiting; /* For their generation to be whole. */
    size_t seen, own;                 /* Trials, and those of ours among them. */
    /* Restarts. */
    int count;
    size_t large;    /* Points of a generation in the last large search. */
    int64_t used[2]; /* Trials of large and small searches. */
    bool is_small;
    KF__VEC(double) best; /* Of each generation of this search. */
};

/* Begin a search with generations of `size` points. */
kf_status kf__cmaes_begin(kf_cmaes *cmaes, size_t size, const double *mean,
    double sigma, const double *covariance);

/* cmaes_begin.c: by loss, then by the order of their ending. */
int kf__cmaes_compare(const void *a, const void *b);
/* Let trials with an order from `from` to before `to` wait, in order; killed ones say
 * nothing. */
kf_status kf__cmaes_look_at(kf_cmaes *cmaes, int64_t from, int64_t to);
/* The numbers that a trial was drawn with: an ordered axis keeps the middle of the cell
 * only. */
void kf__cmaes_numbers(const kf_cmaes *cmaes, const kf_entry *entry, double *numbers);
kf_status kf__cmaes_begin_first(kf_cmaes *cmaes);
kf_status kf__cmaes_begin_somewhere(kf_cmaes *cmaes, size_t size, double sigma);

/* cmaes_learn.c: all whole generations that have ended. What fails for lack of memory is
 * made up for by the next call. */
kf_status kf__cmaes_catch_up(kf_cmaes *cmaes);

#endif
