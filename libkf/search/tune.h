/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of experiments that are executed: one thread owns the study, each trial has
 * a thread of its own that hands over what it sees. */
#ifndef KF_SEARCH_TUNE_H
#define KF_SEARCH_TUNE_H

#include <kf/tune.h>

#include <stdatomic.h>

#include "base/thread.h"
#include "base/vec.h"
#include "run/store.h"
#include "search/journal.h"
#include "search/space.h"
#include "search/status.h"
#include "search/trial_command.h"

/* One value of one metric, on its way from the trial's thread. */
typedef struct kf_note {
    size_t metric; /* Index among those of the experiment. */
    int64_t step;  /* Its own; -1: none. */
    int64_t time_ns;
    double value;
    const char *text; /* In the tree of the slot, where text counts; NULL. */
} kf_note;

/* A trial that runs. */
typedef struct kf_slot {
    kf_tune *tune;
    int64_t number;
    int64_t parent; /* The trial that this one goes on from; -1: none. */
    const char *name, *folder, *log; /* In `tree`. */
    const char *remark;              /* The same; why metrics may be missing. */
    kf_tree tree;
    kf_value *params;
    char *run; /* Of a pipeline that was begun before; or is now. */
    pthread_t thread;
    int stop_fd;  /* Readable: end at once. */
    bool stopped; /* The owner's: what it reports does not count any more. */
    kf_trial_state stop_state;
    const char *stop_message;
    kf_metric_summary *metrics; /* The owner's. */
    int64_t last_step;          /* -1: nothing was reported. */
    /* With the lock of the tune. */
    KF__VEC(kf_note) notes;
    bool quiet; /* Notes are dropped. */
    bool ended;
    bool run_is_new;
    size_t texts; /* Bytes of text that were handed over; the trial's own. */
    bool lossy;   /* There was no memory for a note. */
    /* Before `ended`. */
    kf_status status;
    kf_buf message;
} kf_slot;

struct kf_tune {
    kf_tree tree;
    kf_store *store; /* Of the owning thread. */
    const char *id;
    int64_t row;
    kf_experiment *experiment;
    kf_tune_options options;
    kf_pipeline *pipeline; /* NULL: commands. */
    kf_value *arguments;   /* Of every run of it; NULL: none. */
    kf_study *study;
    KF__VEC(kf_slot *) slots;
    KF__VEC(kf_trial_result) results; /* By number. */
    bool takes_text; /* Of the objective: the architectures that darts finds. */
    bool exhausted;
    bool goal_reached; /* By what a trial reported, which may not have ended yet. */
    const char *failure;
    int64_t started_ms, begun_ms;
    int64_t polled_ns; /* When the store was asked last. */
    int lock_fd;       /* Held as long as it is executed; -1: none. */
    pthread_t thread;
    bool thread_started, locks_ready;
    kf_mutex mutex;
    kf_cond news, room, ended;
    bool urgent; /* There is news; with the lock, as the next two. */
    bool canceled, over;
    atomic_int state;
    kf_status result;
    const char *error;
};

/* The variable by which all processes of a trial are found: its folder. */
#define KF__TRIAL_MARK "KF_TRIAL_FOLDER"

/* tune_start.c */
kf_tune *kf__tune_new(void); /* NULL: out of memory. */
void kf__tune_release(kf_tune *tune);
kf_status kf__tune_prepare(
    kf_tune *tune, const kf_store *store, const kf_tune_options *options);
kf_status kf__tune_load_pipeline(kf_tune *tune, const kf_pipeline *pipeline);
kf_status kf__tune_copy_experiment(kf_tune *tune, const char *text);
kf_status kf__tune_open_study(kf_tune *tune);
void kf__tune_lock(kf_tune *tune);
kf_status kf__tune_launch(kf_tune *tune);
/* Numbers of options that stand in the place of the document's. */
void kf__tune_override(kf_experiment *experiment, int64_t max_trials, int jobs);

/* tune_event.c */
kf_progress kf__tune_progress(const kf_tune *tune);
void kf__tune_report(kf_tune *tune, kf_tune_event *event);
void kf__tune_report_trial(kf_tune *tune, const kf_slot *slot, kf_tune_event_kind kind,
    double value, const char *message);

/* tune_slot.c */
/* Trials that were running when an earlier process ended. */
kf_status kf__tune_start_pending(kf_tune *tune);
/* As many as the experiment has room for. */
kf_status kf__tune_start_new(kf_tune *tune);
/* It ends at once, in this state, and what it reports does not count any more. */
void kf__slot_stop(kf_slot *slot, kf_trial_state state, const char *message);
void kf__slot_free(kf_slot *slot);

/* tune_refuse.c: commands that may not, or cannot, run here. */
kf_status kf__tune_refuse(const kf_tune *tune);

/* tune_settle.c: what all trials have handed over. */
kf_status kf__tune_settle(kf_tune *tune);
/* tune_pipeline.c: give the choices of the space the types of the pipeline's inputs, and
 * see that each input has what it takes. KF_ENOENT, KF_ETYPE, KF_EMISSING, KF_EINVAL. */
kf_status kf__tune_fit(kf_tune *tune, kf_space *space);

/* tune_loop.c */
void *kf__tune_thread(void *tune);

/* tune_store.c: rows. */
typedef struct kf_tune_row {
    kf_tree tree;
    int64_t number;
    const char *id, *name, *document, *error, *reason, *options_text;
    kf_value *options; /* null: none. */
    int64_t kind, created, started, finished, owner_pid, owner_start;
    kf_state state;
    bool cancel;
} kf_tune_row;
kf_status kf__tune_find(kf_db *db, const char *id, kf_tune_row *out);
void kf__tune_row_finish(kf_tune_row *row);
bool kf__tune_row_is_alive(const kf_tune_row *row);
kf_status kf__tune_insert(kf_tune *tune, const char *name, const char *document);
/* Of one that could not be begun. */
void kf__tune_drop(kf_tune *tune);
/* Of two that would, one succeeds, and learns how it was before; KF_EBUSY. */
kf_status kf__tune_claim(kf_tune *tune, kf_tune_row *before);
void kf__tune_give_back(kf_tune *tune, const kf_tune_row *before);
kf_status kf__tune_put_end(
    kf_tune *tune, kf_state state, const char *reason, const char *error);
kf_status kf__tune_put_trial(kf_tune *tune, const kf_slot *slot);
kf_status kf__tune_put_metrics(kf_tune *tune, const kf_slot *slot);
kf_status kf__tune_put_observation(
    kf_tune *tune, const kf_slot *slot, const kf_note *note, int64_t step);
/* What trials that have not ended reported is dropped. */
kf_status kf__tune_forget(kf_tune *tune);
bool kf__tune_cancel_is_asked(kf_tune *tune);
/* The column `metrics` as summaries in the order of the experiment's metrics, in the
 * tree. */
kf_status kf__tune_read_metrics(const kf_experiment *experiment, kf_tree *tree,
    const char *json, kf_metric_summary **out);

/* tune_query.c: why it ended, as Katib's condition says it. NULL: it goes on. */
const char *kf__tune_reason(kf_state state, kf_outcome outcome);
/* An item of the list, from all that the store has. */
kf_status kf__tune_summary(
    const kf_store *store, const char *id, kf_tree *tree, kf_value **out);

/* trial_run.c: in the trial's thread. */
void *kf__slot_thread(void *slot);
/* Hand over; waits where the owner is behind. */
void kf__slot_push(kf_slot *slot, const kf_note *note);
bool kf__slot_is_to_stop(const kf_slot *slot);
/* trial_process.c, trial_pipeline.c */
kf_status kf__slot_run_process(kf_slot *slot);
kf_status kf__slot_run_pipeline(kf_slot *slot);

#endif
