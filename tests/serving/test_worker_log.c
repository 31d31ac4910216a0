/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_log.h"

#include "folder.h"

START_TEST(turns_over)
{
    kf_worker_log log;
    char path[256], old[300];
    (void)snprintf(path, sizeof path, "%s", in_folder("log"));
    (void)snprintf(old, sizeof old, "%s.1", path);
    put_file(path, "before\n");
    ck_ok(kf__worker_log_open(&log, path, 20));
    kf__worker_log_write(&log, "1234567890\n", 11);
    check_file(path, "before\n1234567890\n");
    kf__worker_log_write(&log, "abc\n", 4);
    check_file(path, "abc\n");
    check_file(old, "before\n1234567890\n");
    kf__worker_log_write(&log, "more than the whole limit at once\n", 34);
    check_file(path, "more than the whole limit at once\n");
    check_file(old, "abc\n");
    kf__worker_log_close(&log);
}
END_TEST

START_TEST(no_log)
{
    kf_worker_log log;
    ck_ok(kf__worker_log_open(&log, NULL, 20));
    kf__worker_log_write(&log, "a", 1);
    kf__worker_log_close(&log);
    ck_fails(kf__worker_log_open(&log, in_folder("no/such"), 20), KF_ENOENT, "no/such");
}
END_TEST

static void tail_is(const char *text, int lines, const char *expected)
{
    kf_buf tail = KF__BUF_INIT, out = KF__BUF_INIT;
    kf__worker_tail_add(&tail, text, strlen(text));
    kf__worker_tail_put(&tail, lines, &out);
    ck_assert_str_eq(kf__buf_text(&out), expected);
    kf__buf_finish(&tail);
    kf__buf_finish(&out);
}

START_TEST(tails)
{
    tail_is("", 3, "");
    tail_is("one", 1, "one");
    tail_is("one\ntwo\nthree\n\n", 2, "two\nthree");
    tail_is("a\xff\n", 3, "a?");
}
END_TEST

START_TEST(tail_forgets)
{
    enum { LINES = 100000 };
    kf_buf tail = KF__BUF_INIT, out = KF__BUF_INIT;
    for (int i = 0; i < LINES; i++) {
        char line[32];
        int length = snprintf(line, sizeof line, "%d\n", i);
        kf__worker_tail_add(&tail, line, (size_t)length);
        ck_assert_uint_le(tail.length, 2 * KF__WORKER_TAIL);
    }
    kf__worker_tail_put(&tail, 2, &out);
    ck_assert_str_eq(out.data, "99998\n99999");
    kf__buf_finish(&tail);
    kf__buf_finish(&out);
}
END_TEST

KF_TEST_MAIN_WITH("serving/worker_log", make_test_folder, remove_test_folder,
    turns_over, no_log, tails, tail_forgets)
