/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "kf_test.h"

START_TEST(findings_in_order)
{
    kf_report *report;
    ck_ok(kf__report_new(&report));
    ck_assert_uint_eq(kf_report_count(report), 0);
    ck_ok(kf__report_fail_first(report));
    kf__report_add(report, KF_SEVERITY_WARNING, KF_EDOCUMENT, NULL, 0, 0, "odd");
    ck_ok(kf__report_fail_first(report));
    kf__report_add(
        report, KF_SEVERITY_ERROR, KF_ENOENT, "root.tasks.a", 4, 7, "no task %s", "b");
    (void)kf__fail_at(KF_ETYPE, "root.tasks.c", 9, 1, "a %s", "type");
    kf__report_add_last(report);
    ck_assert_uint_eq(kf_report_count(report), 3);
    ck_assert_uint_eq(kf_report_errors(report), 2);
    const kf_finding *first = kf_report_at(report, 0);
    ck_assert_int_eq(first->severity, KF_SEVERITY_WARNING);
    ck_assert_str_eq(first->where, "");
    const kf_finding *second = kf_report_at(report, 1);
    ck_assert_int_eq(second->code, KF_ENOENT);
    ck_assert_str_eq(second->message, "no task b");
    ck_assert_str_eq(second->where, "root.tasks.a");
    ck_assert_int_eq(second->line, 4);
    ck_assert_int_eq(second->column, 7);
    ck_assert_str_eq(kf_report_at(report, 2)->message, "a type");
    ck_assert_ptr_null(kf_report_at(report, 3));
    kf_clear_error();
    ck_fails(kf__report_fail_first(report), KF_ENOENT, "no task b");
    ck_assert_str_eq(kf_last_error()->where, "root.tasks.a");
    ck_assert_int_eq(kf_last_error()->line, 4);
    ck_ok(kf__report_status(report));
    kf_report_free(report);
}
END_TEST

START_TEST(no_report)
{
    kf_report_free(NULL);
    ck_assert_uint_eq(kf_report_count(NULL), 0);
    ck_assert_uint_eq(kf_report_errors(NULL), 0);
    ck_assert_ptr_null(kf_report_at(NULL, 0));
}
END_TEST

START_TEST(a_full_report_still_takes_its_first_error)
{
    kf_report *report;
    ck_ok(kf__report_new(&report));
    for (int i = 0; i < 2 * KF__LIMIT_FINDINGS; i++)
        kf__report_add(report, KF_SEVERITY_WARNING, KF_EDOCUMENT, "", 0, 0, "%d", i);
    ck_assert_uint_eq(kf_report_count(report), KF__LIMIT_FINDINGS);
    ck_assert_uint_eq(kf_report_errors(report), 0);
    for (int i = 0; i < 5; i++)
        kf__report_add(report, KF_SEVERITY_ERROR, KF_ECYCLE, "", 0, 0, "error %d", i);
    ck_assert_uint_eq(kf_report_count(report), KF__LIMIT_FINDINGS);
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_fails(kf__report_fail_first(report), KF_ECYCLE, "error 0");
    kf_report_free(report);
}
END_TEST

static kf_status gather(void)
{
    kf_report *report;
    kf_status status = kf__report_new(&report);
    if (status != KF_OK)
        return status;
    for (int i = 0; i < 50; i++)
        kf__report_add(report, KF_SEVERITY_ERROR, KF_ETYPE, "root", i, 1, "%0400d", i);
    status = kf__report_status(report);
    if (status != KF_OK)
        ck_assert_int_eq(kf__report_fail_first(report), KF_ENOMEM);
    for (size_t i = 0; i < kf_report_count(report); i++)
        ck_assert_int_eq(kf_report_at(report, i)->line, (int)i);
    kf_report_free(report);
    return status;
}

START_TEST(failed_allocations_are_remembered)
{
    ck_survives_nomem(gather());
    kf_report *report;
    ck_ok(kf__report_new(&report));
    (void)kf__nomem();
    kf__report_add_last(report);
    ck_assert_int_eq(kf__report_status(report), KF_ENOMEM);
    kf_report_free(report);
}
END_TEST

KF_TEST_MAIN("report", findings_in_order, no_report,
    a_full_report_still_takes_its_first_error, failed_allocations_are_remembered)
