/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"

#include <stdio.h>

struct kf_report {
    KF__VEC(kf_finding) findings;
    kf_arena texts;
    size_t errors;
    kf_status status;
};

kf_status kf__report_new(kf_report **out)
{
    kf_report *report = kf__calloc(1, sizeof *report);
    if (report == NULL)
        return KF_ENOMEM;
    *out = report;
    return KF_OK;
}

void kf_report_free(kf_report *report)
{
    if (report == NULL)
        return;
    kf__vec_finish(&report->findings);
    kf__arena_finish(&report->texts);
    kf__free(report);
}

size_t kf_report_count(const kf_report *report)
{
    return report == NULL ? 0 : report->findings.count;
}

size_t kf_report_errors(const kf_report *report)
{
    return report == NULL ? 0 : report->errors;
}

const kf_finding *kf_report_at(const kf_report *report, size_t index)
{
    if (report == NULL || index >= report->findings.count)
        return NULL;
    return &report->findings.items[index];
}

/* Takes over the text of the finding, which is in the report's arena or NULL after a
 * failure. */
static void append(kf_report *report, kf_finding finding)
{
    if (finding.message == NULL || finding.where == NULL ||
        kf__vec_push(&report->findings, finding) != KF_OK) {
        report->status = KF_ENOMEM;
        return;
    }
    report->errors += finding.severity == KF_SEVERITY_ERROR;
}

/* Whether to keep one more. A full report gives up a warning for its first error: a
 * document with an error must never pass for want of room. */
static bool make_room(kf_report *report, kf_severity severity)
{
    if (report->findings.count < KF__LIMIT_FINDINGS)
        return true;
    if (severity != KF_SEVERITY_ERROR || report->errors > 0)
        return false;
    report->findings.count--;
    return true;
}

void kf__report_add(kf_report *report, kf_severity severity, kf_status code,
    const char *where, int line, int column, const char *format, ...)
{
    if (report->status != KF_OK || !make_room(report, severity))
        return;
    va_list arguments;
    va_start(arguments, format);
    char *message = kf__arena_vprintf(&report->texts, format, arguments);
    va_end(arguments);
    append(report,
        (kf_finding){.severity = severity,
            .code = code,
            .message = message,
            .where = kf__arena_strdup(&report->texts, where != NULL ? where : ""),
            .line = line,
            .column = column});
}

void kf__report_add_last(kf_report *report)
{
    const kf_error *error = kf_last_error();
    if (error->code == KF_ENOMEM) {
        report->status = KF_ENOMEM;
        return;
    }
    kf__report_add(report, KF_SEVERITY_ERROR, error->code, error->where, error->line,
        error->column, "%s", error->message);
}

kf_status kf__report_status(const kf_report *report)
{
    return report->status == KF_OK ? KF_OK : kf__nomem();
}

kf_status kf__report_fail_first(const kf_report *report)
{
    if (report->status != KF_OK)
        return kf__nomem();
    for (size_t i = 0; i < report->findings.count; i++) {
        const kf_finding *finding = &report->findings.items[i];
        if (finding->severity == KF_SEVERITY_ERROR)
            return kf__fail_at(finding->code, finding->where, finding->line,
                finding->column, "%s", finding->message);
    }
    return KF_OK;
}
