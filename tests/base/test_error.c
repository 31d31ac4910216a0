/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/text.h"
#include "base/thread.h"
#include "kf_test.h"

#include <sys/wait.h>
#include <unistd.h>

START_TEST(names_of_statuses)
{
    ck_assert_str_eq(kf_status_name(KF_OK), "KF_OK");
    ck_assert_str_eq(kf_status_name(KF_ENOMEM), "KF_ENOMEM");
    ck_assert_str_eq(kf_status_name(KF_EPARSE), "KF_EPARSE");
    ck_assert_str_eq(kf_status_name(KF_ECALLBACK), "KF_ECALLBACK");
    ck_assert_str_eq(kf_status_name(KF_EUNSUPPORTED), "KF_EUNSUPPORTED");
    ck_assert_str_eq(kf_status_name((kf_status)-21), "KF_UNKNOWN");
    ck_assert_str_eq(kf_status_name((kf_status)1), "KF_UNKNOWN");
}
END_TEST

START_TEST(no_error_at_first)
{
    const kf_error *error = kf_last_error();
    ck_assert_int_eq(error->code, KF_OK);
    ck_assert_str_eq(error->message, "");
    ck_assert_str_eq(error->where, "");
}
END_TEST

START_TEST(setting_and_clearing)
{
    ck_assert_int_eq(
        kf__fail_at(KF_EPARSE, "root.tasks", 3, 9, "expected %s", "a name"), KF_EPARSE);
    const kf_error *error = kf_last_error();
    ck_assert_int_eq(error->code, KF_EPARSE);
    ck_assert_str_eq(error->message, "expected a name");
    ck_assert_str_eq(error->where, "root.tasks");
    ck_assert_int_eq(error->line, 3);
    ck_assert_int_eq(error->column, 9);
    ck_assert_int_eq(kf__fail(KF_ENOENT, NULL, "none"), KF_ENOENT);
    ck_assert_str_eq(error->where, "");
    ck_assert_int_eq(error->line, 0);
    kf_clear_error();
    ck_assert_int_eq(kf_last_error()->code, KF_OK);
    ck_assert_str_eq(kf_last_error()->message, "");
}
END_TEST

START_TEST(an_error_may_quote_the_last_one)
{
    (void)kf__fail(KF_EIO, "file", "disk full");
    const kf_error *last = kf_last_error();
    (void)kf__fail(KF_EFAILED, last->where, "task train: %s", last->message);
    ck_assert_str_eq(kf_last_error()->message, "task train: disk full");
    ck_assert_str_eq(kf_last_error()->where, "file");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    for (size_t shift = 0; shift < 3; shift++) {
        kf_buf buf = KF__BUF_INIT;
        kf__buf_fill(&buf, 'x', shift);
        for (int i = 0; i < 3000; i++)
            kf__buf_puts(&buf, "\xE2\x82\xAC");
        (void)kf__fail(KF_EINVAL, kf__buf_text(&buf), "%s", kf__buf_text(&buf));
        const kf_error *error = kf_last_error();
        ck_assert(kf__utf8_valid(error->message, strlen(error->message), NULL));
        ck_assert(kf__utf8_valid(error->where, strlen(error->where), NULL));
        ck_assert(kf__ends_with(error->message, "\xE2\x82\xAC..."));
        ck_assert_uint_gt(strlen(error->message), 2000);
        kf__buf_finish(&buf);
    }
}
END_TEST

START_TEST(prefixes)
{
    (void)kf__fail(KF_ETYPE, "inputs.rate", "wrong");
    kf__error_prefix("train");
    ck_assert_str_eq(kf_last_error()->where, "train.inputs.rate");
    kf__error_prefix("root.tasks");
    ck_assert_str_eq(kf_last_error()->where, "root.tasks.train.inputs.rate");
    (void)kf__fail(KF_ETYPE, "[3]", "wrong");
    kf__error_prefix("items");
    ck_assert_str_eq(kf_last_error()->where, "items[3]");
    (void)kf__fail(KF_ETYPE, NULL, "wrong");
    kf__error_prefix("root");
    ck_assert_str_eq(kf_last_error()->where, "root");
    ck_assert_str_eq(kf_last_error()->message, "wrong");
    (void)kf__nomem();
    kf__error_prefix("root");
    ck_assert_str_eq(kf_last_error()->where, "root");
}
END_TEST

static void *fail_in_thread(void *argument)
{
    (void)argument;
    bool fresh = kf_last_error()->code == KF_OK;
    (void)kf__fail(KF_EBUSY, "there", "theirs");
    return fresh ? argument : NULL;
}

START_TEST(every_thread_has_its_own)
{
    pthread_t thread;
    int token;
    void *result = NULL;
    (void)kf__fail(KF_EIO, "here", "mine");
    ck_ok(kf__thread_start(&thread, fail_in_thread, &token));
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, &token);
    ck_assert_int_eq(kf_last_error()->code, KF_EIO);
    ck_assert_str_eq(kf_last_error()->message, "mine");
}
END_TEST

static kf_status require_positive(int number)
{
    KF__REQUIRE(number > 0);
    return KF_OK;
}

START_TEST(bad_arguments)
{
    ck_ok(require_positive(1));
#ifdef NDEBUG
    ck_fails(require_positive(-1), KF_EINVAL, "number > 0");
#else
    pid_t child = fork();
    if (child == 0)
        _exit(require_positive(-1) == KF_OK ? 1 : 2);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
#endif
}
END_TEST

KF_TEST_MAIN("error", names_of_statuses, no_error_at_first, setting_and_clearing,
    an_error_may_quote_the_last_one, long_text_is_cut_between_characters, prefixes,
    every_thread_has_its_own, bad_arguments)
