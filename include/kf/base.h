/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief What every other header of libkf stands on: statuses, errors, reports, options, logging.
 *
 * Rules that hold for the whole API:
 *  - A function that can fail returns @ref kf_status and must be checked; its out parameter comes
 *    last and is untouched when it fails.
 *  - Inputs are copied. `_new`, `_load`, `_open` and `_dup` give ownership to the caller, who ends it
 *    with the `_free` of the same noun. `_free(NULL)` does nothing. Handles may be freed in any order.
 *  - A pointer returned by an accessor is borrowed until the owner's next non-const call.
 *  - One thread at a time per handle; distinct handles are independent. What may be called from any
 *    thread says so.
 *  - libkf never prints, exits, installs a signal handler, or changes the working directory, the
 *    locale or the environment.
 *  - All text is UTF-8.
 */
#ifndef KF_BASE_H
#define KF_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KF_BEGIN_DECLS extern "C" {
#define KF_END_DECLS }
#else
#define KF_BEGIN_DECLS
#define KF_END_DECLS
#endif

#if defined(SWIG)
#define KF_API
#define KF_MUST_CHECK
#define KF_PRINTF(format_index, first_argument)
#else
#define KF_API __attribute__((visibility("default")))
#define KF_MUST_CHECK __attribute__((warn_unused_result))
#define KF_PRINTF(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#endif

KF_BEGIN_DECLS

/** What a call came to. Zero is success; every failure is negative. Values are never reused. */
typedef enum kf_status {
    KF_OK = 0,
    KF_ENOMEM = -1,       /**< Out of memory. */
    KF_EINVAL = -2,       /**< A bad argument: NULL, an id out of range, an impossible option. */
    KF_ENOENT = -3,       /**< No such name, id, file or record. */
    KF_EEXIST = -4,       /**< The name is taken. */
    KF_ETYPE = -5,        /**< A value or an output of another type than the input it goes to. */
    KF_EMISSING = -6,     /**< A required input, argument or field is not given. */
    KF_EPARSE = -7,       /**< Text that is not what it should be: line and column tell where. */
    KF_EDOCUMENT = -8,    /**< Well-formed text that is not a valid document of its kind. */
    KF_ESCOPE = -9,       /**< An output read from outside the loop, condition or handler it is made in. */
    KF_ECYCLE = -10,      /**< Tasks that wait for each other. */
    KF_ELIMIT = -11,      /**< A ceiling of libkf was reached; the message names it. */
    KF_EIO = -12,         /**< The operating system refused: disk full, permission, broken pipe. */
    KF_EBUSY = -13,       /**< Held by another process or thread. */
    KF_EVERSION = -14,    /**< Written by a newer libkf than this one. */
    KF_ESTATE = -15,      /**< Not possible in the state that the object is in. */
    KF_ECALLBACK = -16,   /**< A callback of the caller's returned non-zero. */
    KF_EFAILED = -17,     /**< A task or a run failed. */
    KF_ECANCELED = -18,   /**< Canceled by request. */
    KF_ETIMEOUT = -19,    /**< Did not end in the time it was given. */
    KF_EUNSUPPORTED = -20 /**< Valid, and not something this build or place can do. */
} kf_status;

/** The name of a status, such as "KF_ENOENT"; "KF_UNKNOWN" for a number that is none. */
KF_API const char *kf_status_name(kf_status status);

/** Why the last failing call of this thread failed. */
typedef struct kf_error {
    kf_status code;      /**< KF_OK if no call has failed yet. */
    const char *message; /**< What is wrong and what was expected; one sentence or more, never NULL. */
    const char *where;   /**< Locates data, such as "root.tasks.train.inputs.rate"; "" if unknown. */
    int line;            /**< Locates text, from 1; 0 if unknown. */
    int column;          /**< Locates text, in bytes from 1; 0 if unknown. */
} kf_error;

/**
 * @brief The error of this thread's last failing call.
 * @return Never NULL; borrowed until this thread's next failing call.
 * A call that succeeds leaves it as it was.
 */
KF_API const kf_error *kf_last_error(void);

/** Forget this thread's last error. */
KF_API void kf_clear_error(void);

/** How grave a finding of a check is. */
typedef enum kf_severity {
    KF_SEVERITY_ERROR = 0,  /**< The document is refused by Kubeflow or cannot run. */
    KF_SEVERITY_WARNING = 1 /**< It runs, but probably not as meant. */
} kf_severity;

/** One finding of a check. All text is borrowed from the report. */
typedef struct kf_finding {
    kf_severity severity;
    kf_status code;
    const char *message;
    const char *where; /**< As in @ref kf_error. */
    int line;
    int column;
} kf_finding;

/** All that a check found, in the order of the document. */
typedef struct kf_report kf_report;

KF_API void kf_report_free(kf_report *report);
/** How many findings there are. */
KF_API size_t kf_report_count(const kf_report *report);
/** How many of them are errors. */
KF_API size_t kf_report_errors(const kf_report *report);
/** The finding at @p index, or NULL past the end; borrowed from the report. */
KF_API const kf_finding *kf_report_at(const kf_report *report, size_t index);

/**
 * @brief Build an options structure: `KF_OPTIONS(kf_run_options, .jobs = 4)`.
 * Every field that is not named is zero, which means its default. C only; in C++ declare the
 * structure, set `size` to its sizeof and the fields after it.
 */
#ifndef __cplusplus
#define KF_OPTIONS(type, ...) (&(type){.size = sizeof(type), __VA_ARGS__})
#endif

typedef enum kf_log_level {
    KF_LOG_DEBUG = 0,
    KF_LOG_INFO = 1,
    KF_LOG_WARNING = 2,
    KF_LOG_ERROR = 3
} kf_log_level;

/** Receives a line of the log, without a line break, possibly from any thread. */
typedef void (*kf_log_sink)(kf_log_level level, const char *message, void *payload);

/**
 * @brief Receive what libkf has to say. The default is silence.
 * @param sink NULL for silence. Set it before other threads use libkf.
 */
KF_API void kf_set_log_sink(kf_log_sink sink, kf_log_level minimum, void *payload);

/** The version of the library that is loaded, such as "0.1.0". */
KF_API const char *kf_version(void);

/** End text that a function gave to the caller. */
KF_API void kf_text_free(char *text);

KF_END_DECLS

#endif
