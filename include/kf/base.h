/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * @brief What every other header of libkf stands on: statuses, errors, reports,
 * options, logging.
 *
 * Rules that hold for the whole API:
 *  - A function that can fail returns @ref kf_status and must be checked; its out
 *    parameter comes last and is untouched when it fails. Functions that return
 *    anything else cannot fail.
 *  - Why a call failed is in @ref kf_last_error, which is the calling thread's own.
 *  - A bad argument (NULL where a pointer is needed, a handle that is no root, an
 *    options structure of size 0) is a fault of the program: a debug build of libkf
 *    aborts at it, a release build returns KF_EINVAL. Bad data (a malformed name, text
 *    that is not UTF-8) is never treated so.
 *  - Every function that returns @ref kf_status may return KF_ENOMEM. A call that
 *    failed left its object as it was and usable.
 *  - Inputs are copied. `_new`, `_load`, `_open` and `_dup` give ownership to the
 *    caller, who ends it with the `_free` of the same noun. `_free(NULL)` does nothing.
 *    Handles may be freed in any order.
 *  - A pointer returned by an accessor is borrowed until the owner's next non-const
 *    call.
 *  - One thread at a time per handle; distinct handles are independent. Reading one
 *    handle by several threads is one use at a time too, unless its header says
 *    otherwise. What may be called from any thread says so.
 *  - libkf never prints, exits, installs a signal handler, or changes the working
 *    directory, the locale or the environment.
 *  - All text is UTF-8 and ends in a NUL byte. Numbers are written and read without
 *    regard to the locale.
 *  - Every reader has ceilings (size, depth, count); going over one is KF_ELIMIT and
 *    names it.
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
#define KF_PRINTF(format_index, first_argument)                                        \
    __attribute__((format(printf, format_index, first_argument)))
#endif

KF_BEGIN_DECLS

/** What a call came to. Zero is success; every failure is negative. Values are never
 * reused. */
typedef enum kf_status {
    KF_OK = 0,
    KF_ENOMEM = -1, /**< Out of memory. */
    KF_EINVAL =
        -2, /**< A bad argument: NULL, an id out of range, an impossible option. */
    KF_ENOENT = -3, /**< No such name, id, file or record. */
    KF_EEXIST = -4, /**< The name is taken. */
    KF_ETYPE =
        -5, /**< A value or an output of another type than the input it goes to. */
    KF_EMISSING = -6, /**< A required input, argument or field is not given. */
    KF_EPARSE =
        -7, /**< Text that is not what it should be: line and column tell where. */
    KF_EDOCUMENT =
        -8,          /**< Well-formed text that is not a valid document of its kind. */
    KF_ESCOPE = -9,  /**< An output read from outside the loop, condition or handler it
                        is made in. */
    KF_ECYCLE = -10, /**< Tasks that wait for each other. */
    KF_ELIMIT = -11, /**< A ceiling of libkf was reached; the message names it. */
    KF_EIO =
        -12, /**< The operating system refused: disk full, permission, broken pipe. */
    KF_EBUSY = -13,       /**< Held by another process or thread. */
    KF_EVERSION = -14,    /**< Written by a newer libkf than this one. */
    KF_ESTATE = -15,      /**< Not possible in the state that the object is in. */
    KF_ECALLBACK = -16,   /**< A callback of the caller's returned non-zero. */
    KF_EFAILED = -17,     /**< A task or a run failed. */
    KF_ECANCELED = -18,   /**< Canceled by request. */
    KF_ETIMEOUT = -19,    /**< Did not end in the time it was given. */
    KF_EUNSUPPORTED = -20 /**< Valid, and not something this build or place can do. */
} kf_status;

/**
 * @brief The name of a status, such as "KF_ENOENT".
 * @return A constant text; "KF_UNKNOWN" for a number that is no status. Any thread.
 */
KF_API const char *kf_status_name(kf_status status);

/** Why the last failing call of this thread failed. */
typedef struct kf_error {
    kf_status code;      /**< KF_OK if no call has failed yet. */
    const char *message; /**< What is wrong and what was expected; one sentence or more,
                            never NULL. */
    const char *where; /**< Locates data, such as "root.tasks.train.inputs.rate"; "" if
                          unknown. */
    int line;          /**< Locates text, from 1; 0 if unknown. */
    int column;        /**< Locates text, in bytes from 1; 0 if unknown. */
} kf_error;

/**
 * @brief The error of this thread's last failing call.
 *
 * The error belongs to the thread: calls of other threads do not change it, and it
 * cannot be handed to another thread but by copying its text. A message is cut after
 * 2,047 bytes and a place after 1,023. A call that succeeds leaves the error as it was,
 * so look at it only after a call has failed.
 * @return Never NULL; borrowed until this thread's next failing call or its end.
 */
KF_API const kf_error *kf_last_error(void);

/** Forget this thread's last error: its code is KF_OK and its message "" afterwards. */
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

/**
 * @brief All that a check found, in the order in which the check went through the
 * document.
 *
 * A report holds 1,000 findings; a document with more has more to be found once those
 * are mended. A full report still takes its first error, so that @ref kf_report_errors
 * is 0 only for a document without one.
 */
typedef struct kf_report kf_report;

/** End a report and all text borrowed from it. NULL is fine. */
KF_API void kf_report_free(kf_report *report);
/** How many findings there are; 0 for NULL. */
KF_API size_t kf_report_count(const kf_report *report);
/** How many of them are errors; 0 for NULL. */
KF_API size_t kf_report_errors(const kf_report *report);
/** The finding at @p index from 0, or NULL past the end; borrowed until the report is
 * freed. */
KF_API const kf_finding *kf_report_at(const kf_report *report, size_t index);

/**
 * @brief Build an options structure: `KF_OPTIONS(kf_run_options, .jobs = 4)`.
 *
 * Every field that is not named is zero, which means its default; NULL in place of a
 * structure means all defaults. The structure lives until the end of the block it is
 * built in. `size` lets a program that was built for an older libkf call a newer one. C
 * only; in C++ declare the structure with `= {}`, set `size` to its sizeof and the
 * fields after it.
 */
#ifndef __cplusplus
#define KF_OPTIONS(type, ...) (&(type){.size = sizeof(type), __VA_ARGS__})
#endif

/** How much a line of the log matters. */
typedef enum kf_log_level {
    KF_LOG_DEBUG = 0,
    KF_LOG_INFO = 1,
    KF_LOG_WARNING = 2,
    KF_LOG_ERROR = 3
} kf_log_level;

/**
 * @brief Receives a line of the log.
 * @param message Without a line break; borrowed for the call.
 * @param payload As given to @ref kf_set_log_sink.
 * Called from whichever thread has something to say, several at once possibly; it must
 * not call libkf.
 */
typedef void (*kf_log_sink)(kf_log_level level, const char *message, void *payload);

/**
 * @brief Receive what libkf has to say. The default is silence.
 *
 * The log is for people who look for the reason of something; results and errors never
 * depend on it. The sink is the only thing that all handles of a process share: set it
 * before other threads use libkf.
 * @param sink NULL for silence.
 * @param minimum Lines below this level are left out.
 * @param payload Handed to the sink as it is; must live as long as the sink is set.
 */
KF_API void kf_set_log_sink(kf_log_sink sink, kf_log_level minimum, void *payload);

/** The version of the library that is loaded, such as "0.1.0": a constant text. Any
 * thread. */
KF_API const char *kf_version(void);

/** End text that a function gave to the caller (`char **out`). NULL is fine. */
KF_API void kf_text_free(char *text);

KF_END_DECLS

#endif
