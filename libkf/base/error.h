/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the thread's error, once, where the fault is found; and gathering findings. */
#ifndef KF_BASE_ERROR_H
#define KF_BASE_ERROR_H

#include <kf/base.h>
#include <stdarg.h>

/* Set the thread's error and return `code`. `where` may be NULL. KF_ENOMEM never
 * allocates. */
kf_status kf__fail(kf_status code, const char *where, const char *format, ...)
    KF_PRINTF(3, 4);
kf_status kf__fail_at(kf_status code, const char *where, int line, int column,
    const char *format, ...) KF_PRINTF(5, 6);
kf_status kf__nomem(void);
/* Put `prefix` before the `where` of the thread's error ("root.tasks" + "train" =
 * "root.tasks.train"). */
void kf__error_prefix(const char *prefix);

/* Bad arguments: abort in debug builds, KF_EINVAL in release builds. */
kf_status kf__bad_argument(const char *function, const char *expression);
#define KF__REQUIRE(expression)                                                        \
    do {                                                                               \
        if (!(expression))                                                             \
            return kf__bad_argument(__func__, #expression);                            \
    } while (0)

#define KF__TRY(expression)                                                            \
    do {                                                                               \
        kf_status kf__try_status = (expression);                                       \
        if (kf__try_status != KF_OK)                                                   \
            return kf__try_status;                                                     \
    } while (0)

kf_status kf__report_new(kf_report **out);
/* Append a finding; on OOM the report remembers it and kf__report_status() says
 * KF_ENOMEM. */
void kf__report_add(kf_report *report, kf_severity severity, kf_status code,
    const char *where, int line, int column, const char *format, ...) KF_PRINTF(7, 8);
/* Append the thread's last error as a finding. */
void kf__report_add_last(kf_report *report);
kf_status kf__report_status(const kf_report *report);
/* The first error of the report becomes the thread's error; its code is returned, KF_OK
 * if none. */
kf_status kf__report_fail_first(const kf_report *report);

#endif
