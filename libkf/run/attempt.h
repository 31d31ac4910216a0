/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at one task, from resolved inputs to outputs. Runs on a worker thread
 * without the engine's lock: it reads what does not change while the task runs, and
 * writes to itself. */
#ifndef KF_RUN_ATTEMPT_H
#define KF_RUN_ATTEMPT_H

#include "run/scheduler.h"

typedef struct kf_attempt {
    kf_engine *engine;
    kf_node *node;
    kf_tree tree; /* Of all that lives as long as the attempt. */
    const char *path, *folder, *artifact_folder, *log_path, *output_file;
    kf_value *executor_input;
    kf_bundle *outputs;
    kf_state state;
    kf_status code;
    char *error;
    int exit_code;
    bool logged; /* The log file may exist. */
    int64_t started, finished;
    char cache_key[65]; /* "": not cacheable. */
    const char *cache_parts;
    int64_t source;    /* Task whose outputs were found in the cache. */
    bool reused;       /* The output is an artifact that the store has already. */
    kf_record *record; /* Filled for the journal; NULL: out of memory. */
} kf_attempt;

/* Do it all; `attempt` holds engine and node. */
void kf__attempt_run(kf_attempt *attempt);
void kf__attempt_finish(kf_attempt *attempt);

/* attempt_input.c */
kf_status kf__attempt_prepare(kf_attempt *attempt); /* Paths and executor_input. */
/* attempt_execute.c */
kf_status kf__attempt_execute(kf_attempt *attempt);
const kf_executor_class *kf__executor_of(const kf_value *container);
/* attempt_output.c: from what the executor left to `outputs`. */
kf_status kf__attempt_collect(kf_attempt *attempt, const kf_value *executor_output);
/* Digest the file of an artifact and give it an id. */
kf_status kf__attempt_register(kf_attempt *attempt, kf_value *artifact);
/* SHA-256 and size of a file or folder, read only if its stamp is new. */
kf_status kf__attempt_digest(kf_engine *engine, const char *path, const char *stamp,
    char digest[65], int64_t *size);
/* importer.c */
kf_status kf__attempt_import(kf_attempt *attempt);
/* attempt_cache.c: the key, and the outputs of an earlier execution if there are some.
 */
kf_status kf__attempt_key(kf_attempt *attempt);
kf_status kf__attempt_look_up(kf_attempt *attempt, bool *hit);
/* attempt_record.c */
void kf__attempt_record(kf_attempt *attempt);
/* It begins in earnest, as the cache has nothing. */
kf_status kf__attempt_announce(kf_attempt *attempt);
/* {name, type, uri, metadata, customPath} without what is the store's. */
kf_value *kf__plain_artifact(kf_tree *tree, const kf_value *artifact);

#endif
