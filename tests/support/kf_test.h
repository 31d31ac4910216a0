/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs: `KF_TEST_MAIN(name, tests)` after the START_TESTs, and checks of
 * statuses and messages. */
#ifndef KF_TEST_H
#define KF_TEST_H

#include <check.h>
#include <kf/base.h>
#include <stdio.h>
#include <stdlib.h>

#define ck_ok(call)                                                                    \
    do {                                                                               \
        kf_status ck_status = (call);                                                  \
        ck_assert_msg(ck_status == KF_OK, "%s: %s: %s", #call,                         \
            kf_status_name(ck_status), kf_last_error()->message);                      \
    } while (0)
/* The call fails with this status and its message contains the text. */
#define ck_fails(call, status, text)                                                   \
    do {                                                                               \
        kf_status ck_status = (call);                                                  \
        ck_assert_msg(ck_status == (status), "%s: %s instead of %s", #call,            \
            kf_status_name(ck_status), #status);                                       \
        ck_assert_msg(strstr(kf_last_error()->message, (text)) != NULL,                \
            "%s: message is: %s", #call, kf_last_error()->message);                    \
    } while (0)

/* The call, run again and again with a later allocation failing each time, ends with
 * KF_ENOMEM until it needs no more than it gets. Needs "base/mem.h". Leaks and invalid
 * accesses are for the sanitizers. */
#define ck_survives_nomem(call)                                                        \
    do {                                                                               \
        kf_status ck_outcome = KF_ENOMEM;                                              \
        for (long ck_made = 0; ck_outcome != KF_OK; ck_made++) {                       \
            kf__mem_fail_after(ck_made);                                               \
            ck_outcome = (call);                                                       \
            kf__mem_fail_after(-1);                                                    \
            ck_assert_msg(ck_outcome == KF_OK || ck_outcome == KF_ENOMEM,              \
                "%s: %s instead of KF_ENOMEM when allocation %ld fails", #call,        \
                kf_status_name(ck_outcome), ck_made);                                  \
        }                                                                              \
    } while (0)

#define KF_TEST_MAIN(name, ...) KF_TEST_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

/* With functions that run before and after each test. */
#define KF_TEST_MAIN_WITH(name, setup, teardown, ...)                                  \
    int main(void)                                                                     \
    {                                                                                  \
        Suite *suite = suite_create(name);                                             \
        TCase *cases = tcase_create(name);                                             \
        const TTest *const tests[] = {__VA_ARGS__};                                    \
        tcase_add_checked_fixture(cases, (setup), (teardown));                         \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)                      \
            tcase_add_test(cases, tests[i]);                                           \
        tcase_set_timeout(cases, 60);                                                  \
        suite_add_tcase(suite, cases);                                                 \
        SRunner *runner = srunner_create(suite);                                       \
        srunner_run_all(runner, CK_ENV);                                               \
        int failed = srunner_ntests_failed(runner);                                    \
        srunner_free(runner);                                                          \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                              \
    }

#endif
