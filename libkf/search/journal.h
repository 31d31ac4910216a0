/* SPDX-License-Identifier: Apache-2.0 */
/* A study in the store: every change is written before it is reported, so that a study
 * goes on after its process was killed at any instant. */
#ifndef KF_SEARCH_JOURNAL_H
#define KF_SEARCH_JOURNAL_H

#include "io/db.h"
#include "search/study.h"

/* What an experiment is. */
typedef enum kf_journal_kind {
    KF__EXPERIMENT_STUDY = 0, /* Asked and told by a program. */
    KF__EXPERIMENT_TUNE = 1   /* Executed from a document. */
} kf_journal_kind;

struct kf_journal {
    kf_db *db;
    int64_t experiment;
    bool owned; /* The study is open here, and the store says so. */
    bool knows_best;
    double best; /* The least loss that is written; infinite: none. */
};

/* Go on with the study `name` of the store, or begin it. KF_EEXIST if there is one of
 * another space or other options, KF_EBUSY if a living process has it open. */
kf_status kf__journal_open(kf_study *study, const kf_store *store, const char *name);
/* The same for an experiment that the caller owns: its trials are read. */
kf_status kf__journal_attach(
    kf_study *study, const kf_store *store, int64_t experiment);
/* Only read its trials into a study that is of no store. */
kf_status kf__journal_read(kf_study *study, kf_db *db, int64_t experiment);
void kf__journal_close(kf_journal *journal);

/* Each one is a transaction; nothing without a journal. */
kf_status kf__journal_trial(
    const kf_study *study, const kf_entry *entry, bool from_queue);
kf_status kf__journal_observation(const kf_study *study, const kf_trial *trial,
    int64_t position, const kf_observation *observation);
kf_status kf__journal_enqueue(const kf_study *study, const kf_value *params);

/* What lists show of an experiment, as JSON {algorithm, objective, direction}. */
kf_status kf__bind_head(kf_stmt *stmt, int index, const char *algorithm,
    const char *objective, kf_direction direction);

/* The space as a list {name, parameterType, feasibleSpace, when}: Katib's, and the
 * condition. */
kf_value *kf__space_document(const kf_space *space, kf_tree *tree);
/* And back. */
kf_status kf__space_of_document(const kf_value *list, kf_space **out);

#endif
