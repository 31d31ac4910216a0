/* SPDX-License-Identifier: Apache-2.0 */
/* What checking a text must find. */
#ifndef KF_CHECK_TEST_H
#define KF_CHECK_TEST_H

#include "service_test.h"

/* The report as lines "error WHERE: MESSAGE". */
static inline char *shown(const kf_report *report)
{
    kf_buf buf = KF__BUF_INIT;
    char *made = NULL;
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        kf__buf_printf(&buf, "%s %s: %s\n",
            finding->severity == KF_SEVERITY_ERROR ? "error" : "warning",
            finding->where, finding->message);
    }
    if (kf_report_count(report) == 0)
        kf__buf_puts(&buf, "nothing\n");
    ck_ok(kf__buf_take(&buf, &made));
    return made;
}

/* Checking the text finds just this: lines "error WHERE: MESSAGE\n", or "nothing\n". */
static inline void finds(const char *text, const char *expected)
{
    kf_report *report = NULL;
    ck_ok(kf_services_check_text(text, strlen(text), &report));
    char *found = shown(report);
    ck_assert_str_eq(found, expected);
    kf_text_free(found);
    kf_report_free(report);
}

/* The same of a sound predictor with these fields beside its model. */
#define FINDS_BESIDE(fields, expected) finds(PREDICTOR(SKLEARN ", " fields), expected)
#define STANDARD "serving.kserve.io/deploymentMode: Standard"

#endif
