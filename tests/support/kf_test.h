/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs: `KF_TEST_MAIN(cases)` after START_TESTs; checks of statuses and messages. */
#ifndef KF_TEST_H
#define KF_TEST_H

#include <check.h>
#include <kf/base.h>
#include <stdlib.h>

#define ck_ok(call)                                                                       \
    do {                                                                                  \
        kf_status ck_status = (call);                                                     \
        ck_assert_msg(ck_status == KF_OK, "%s: %s: %s", #call, kf_status_name(ck_status), \
            kf_last_error()->message);                                                    \
    } while (0)
/* The call fails with this status and its message contains the text. */
#define ck_fails(call, status, text)                                                          \
    do {                                                                                      \
        kf_status ck_status = (call);                                                         \
        ck_assert_msg(ck_status == (status), "%s: %s instead of %s", #call,                   \
            kf_status_name(ck_status), #status);                                              \
        ck_assert_msg(strstr(kf_last_error()->message, (text)) != NULL,                       \
            "%s: message is: %s", #call, kf_last_error()->message);                           \
    } while (0)

#define KF_TEST_MAIN(name, ...)                                      \
    int main(void)                                                   \
    {                                                                \
        Suite *suite = suite_create(name);                           \
        TCase *cases = tcase_create(name);                           \
        const TTest *const tests[] = {__VA_ARGS__};                  \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)    \
            tcase_add_test(cases, tests[i]);                         \
        tcase_set_timeout(cases, 60);                                \
        suite_add_tcase(suite, cases);                               \
        SRunner *runner = srunner_create(suite);                     \
        srunner_run_all(runner, CK_ENV);                             \
        int failed = srunner_ntests_failed(runner);                  \
        srunner_free(runner);                                        \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;            \
    }

#endif
