/* SPDX-License-Identifier: Apache-2.0 */
/* Executors: given one attempt of one task, with its placeholders resolvable and its
 * folders made, do it and come back. Called on a worker thread of the run; several at a
 * time per executor. */
#ifndef KF_RUN_EXECUTOR_H
#define KF_RUN_EXECUTOR_H

#include <kf/run.h>

#include "base/buf.h"
#include "base/value.h"
#include "pipeline/placeholder.h"

typedef struct kf_job {
    const char *run;  /* Id of the run. */
    const char *task; /* Path of the task within it. */
    int attempt;      /* From 1. */
    const kf_value
        *container; /* ContainerSpec of the IR: image, command, args, env, resources. */
    const kf_value *component; /* ComponentSpec: inputDefinitions, outputDefinitions. */
    const kf_value *executor_input; /* ExecutorInput. */
    kf_placeholders placeholders;
    const char *
        folder; /* The attempt's own folder, made, absolute; also its working directory. */
    const char *log_path;    /* Standard output and error are appended here. */
    const char *output_file; /* Where executor_output.json is to be written. */
    const char *workspace;   /* Folder of the workspace, or NULL. */
    double timeout;          /* Seconds; 0: none. */
    int cancel_fd;           /* Becomes readable when the job is to stop. */
    const kf_run_options *options;
    const char *home; /* Folder of the store: environments live below it. */
    const char *executor_input_path; /* For a file with `executor_input`. */
    kf_tree *tree; /* For values that the executor makes; lives as long as the job. */
    /* Filled by the executor, owned by the caller: */
    int exit_code;
    kf_buf message; /* Why it failed, for people: the exception's last line. */
    bool
        logged; /* There is something at log_path (set for executors that are not lazy). */
    kf_value *
        executor_output; /* ExecutorOutput, in `tree`; NULL: it is in `output_file`, if at all. */
} kf_job;

typedef struct kf_executor kf_executor;

typedef struct kf_executor_class {
    const char *name; /* "call", "python", "process" */
    /* Folders, files and placeholders of its jobs are made only when it asks
     * (kf__job_make_folders). */
    bool lazy;
    /* It is handed executor_input as it is, and makes folders for output files itself:
     * every file and folder less is time. */
    bool bare;
    /* Whether this executor does such a container. The first that accepts does it. */
    bool (*accepts)(const kf_value *container);
    kf_status (*create)(
        const kf_run_options *options, const char *home, kf_executor **out);
    /* KF_OK, KF_EFAILED (exit_code and message set), KF_ECANCELED, KF_ETIMEOUT,
     * KF_EUNSUPPORTED, … */
    kf_status (*execute)(kf_executor *self, kf_job *job);
    void (*destroy)(kf_executor *self);
    /* Append what else than container and inputs the outcome depends on, for the
     * cache's key; NULL: nothing. `self` is not made yet. */
    kf_status (*identify)(
        const kf_value *container, const kf_run_options *options, kf_buf *out);
} kf_executor_class;

/* In an attempt's folder: "pid start-time" of the process that does it, a line each.
 * What is still alive when another process resumes the run is ended first. */
#define KF__PID_FILE "pid"
/* The variable by which all processes of a command are found, also when the process that
 * started them ended before it could write that file: the attempt's folder. */
#define KF__ATTEMPT_MARK "KF_ATTEMPT_FOLDER"
/* In an attempt's folder: what its task reports as it runs, where the run is a trial;
 * lines {"step": …, "metrics": {name: number}}. */
#define KF__METRICS_FILE "metrics.jsonl"
/* Beside the artifacts of the task, as KFP's local runner has it. */
#define KF__OUTPUT_FILE "executor_output.json"

/* The folders of the attempt and of its outputs. */
kf_status kf__job_make_folders(const kf_job *job);
/* Environment variables of its process: the run's, and its own, which win; a struct of
 * texts in the job's tree. */
kf_status kf__job_environment(const kf_job *job, kf_value **out);

extern const kf_executor_class kf__executor_call;
extern const kf_executor_class kf__executor_python;
extern const kf_executor_class kf__executor_process;

#endif
