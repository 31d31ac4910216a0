/* SPDX-License-Identifier: Apache-2.0 */
/* The store: one database with all runs, and the folders beside it. */
#ifndef KF_RUN_STORE_H
#define KF_RUN_STORE_H

#include <kf/run.h>

#include "base/arena.h"
#include "base/thread.h"
#include "base/value.h"
#include "io/db.h"
#include "run/bundle.h"

struct kf_store {
    char *home;
    char *path; /* Of the database. */
    kf_db *db;  /* For the thread that holds the handle; runs open their own. */
};

/* Tasks and artifacts are numbered per run: id = run number << bits + number. */
#define KF__RUN_BITS 28
#define KF__RUN_LAST ((INT64_C(1) << KF__RUN_BITS) - 1)

extern const char *const kf__store_migrations[];

/* What a task is, for those who show it. */
typedef enum kf_task_kind {
    KF__TASK_EXECUTED = 0,
    KF__TASK_GROUP = 1, /* a condition, an exit handler, a nested pipeline */
    KF__TASK_LOOP = 2,
    KF__TASK_ITERATION = 3,
    KF__TASK_IMPORTER = 4
} kf_task_kind;

const char *kf__task_kind_name(int64_t kind);

typedef struct kf_artifact_record {
    int64_t id;
    const char *name, *type, *version, *uri, *path,
        *digest;          /* digest: NULL if no file. */
    const char *metadata; /* JSON */
    int64_t size;
    const char *output;
    const char *stamp; /* Of the file when it was digested, or NULL. */
} kf_artifact_record;

typedef struct kf_edge_record {
    int64_t artifact;
    const char *name; /* Of the input or output. */
    int position;
    bool output;
} kf_edge_record;

/* One change of state of one task: what is written, and what is then reported. All text
 * lies in the arena or outlives the run. */
typedef struct kf_record {
    struct kf_record *next;
    kf_arena arena;
    struct kf_record **pending_of; /* Where it is known as not yet written; or NULL. */
    bool superseded;               /* A later record holds all of this: report only. */
    bool report;
    int64_t id, parent; /* parent 0: the run itself. */
    kf_task_kind kind;
    const char *name, *display_name, *path, *component;
    kf_state state;
    int attempts;
    int64_t started, finished; /* ms; 0: not yet. */
    const char *inputs, *outputs, *error, *cache_key, *cache_parts;
    kf_status code;
    int64_t source; /* Task whose outputs these are, by the cache. */
    bool cacheable; /* A new entry of the cache. */
    int attempt;    /* The attempt this is about; 0: none. */
    kf_state attempt_state;
    int64_t attempt_started, attempt_finished;
    int exit_code;
    const char *log, *attempt_error;
    KF__VEC(kf_artifact_record) artifacts;
    KF__VEC(kf_edge_record) edges;
    double seconds; /* From here on: for the event alone. */
    int attempt_shown;
    const char *message;
    size_t tasks_done, tasks_known;
} kf_record;

kf_record *kf__record_new(void);
void kf__record_free(kf_record *record);

/* A run as the store holds it. Text in `arena`. */
typedef struct kf_run_row {
    kf_arena arena;
    int64_t number;
    const char *id, *pipeline, *display_name, *document, *arguments, *options, *root;
    kf_state state;
    int64_t created, started, finished;
    const char *outputs, *error;
    kf_status code;
    int64_t tasks;
    int64_t owner_pid, owner_start;
    bool cancel;
    bool attempted; /* By an earlier process: this one resumes it. */
} kf_run_row;

/* store_write.c */
kf_status kf__store_put_record(kf_db *db, const kf_record *record);
/* The artifacts of a record alone. */
kf_status kf__store_put_artifacts(kf_db *db, const kf_record *record);
/* Insert; sets `number`. */
kf_status kf__store_new_run(kf_db *db, kf_run_row *row);
kf_status kf__store_put_run(kf_db *db, const kf_run_row *row);
/* A run that could not be begun. */
kf_status kf__store_drop_run(kf_db *db, int64_t number);
kf_status kf__store_put_document(
    kf_db *db, const char *digest, const char *spec, const char *platform);
/* store_read.c */
#define KF__RUN_COLUMNS                                                                \
    "number, id, pipeline, display_name, document, arguments, options, root, state,"   \
    " created, started, finished, outputs, error, code, tasks, owner_pid, "            \
    "owner_start,"                                                                     \
    " cancel"
void kf__run_row_read(kf_stmt *stmt, kf_run_row *row);
kf_status kf__store_end_tasks(kf_db *db, int64_t run);
kf_status kf__store_find_run(kf_db *db, const char *run, kf_run_row *out);
void kf__run_row_finish(kf_run_row *row);
kf_status kf__store_document(
    kf_db *db, const char *digest, char **spec, char **platform);
bool kf__run_is_alive(const kf_run_row *row);
/* Id of the task of a run by its path, or by its name if only one has it. KF_ENOENT. */
kf_status kf__store_find_task(
    kf_db *db, const kf_run_row *run, const char *task, int64_t *out);
kf_value *kf__time_value(kf_tree *tree, int64_t epoch_ms); /* null for 0 */
kf_value *kf__json_column(
    kf_tree *tree, const char *text); /* null for NULL or not JSON */

#endif
