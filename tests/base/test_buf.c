/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/mem.h"
#include "kf_test.h"

START_TEST(an_empty_buffer_has_text)
{
    kf_buf buf = KF__BUF_INIT;
    ck_assert_str_eq(kf__buf_text(&buf), "");
    char *text = NULL;
    ck_ok(kf__buf_take(&buf, &text));
    ck_assert_str_eq(text, "");
    kf_text_free(text);
}
END_TEST

START_TEST(appending)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_puts(&buf, "tasks");
    kf__buf_putc(&buf, '.');
    kf__buf_append(&buf, "train-me", 5);
    kf__buf_fill(&buf, ' ', 3);
    kf__buf_printf(&buf, "%d%%", 42);
    kf__buf_append(&buf, "", 0);
    kf__buf_fill(&buf, 'x', 0);
    ck_assert_str_eq(kf__buf_text(&buf), "tasks.train   42%");
    ck_assert_uint_eq(buf.length, 17);
    kf__buf_finish(&buf);
    ck_assert_uint_eq(buf.length, 0);
}
END_TEST

START_TEST(nul_bytes_are_kept)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_append(&buf, "a\0b", 3);
    kf__buf_putc(&buf, '\0');
    ck_assert_uint_eq(buf.length, 4);
    ck_assert_mem_eq(buf.data, "a\0b\0", 5);
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(growth_keeps_the_text)
{
    kf_buf buf = KF__BUF_INIT;
    for (int i = 0; i < 10000; i++)
        kf__buf_printf(&buf, "%04d", i);
    kf__buf_printf(&buf, "%0500d", 1);
    ck_assert_uint_eq(buf.length, 40500);
    for (int i = 0; i < 10000; i++) {
        int found = 0;
        for (int j = 0; j < 4; j++)
            found = found * 10 + (buf.data[4 * i + j] - '0');
        ck_assert_int_eq(found, i);
    }
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(truncating)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_truncate(&buf, 0);
    kf__buf_puts(&buf, "abcdef");
    kf__buf_truncate(&buf, 10);
    ck_assert_str_eq(kf__buf_text(&buf), "abcdef");
    kf__buf_truncate(&buf, 2);
    ck_assert_str_eq(kf__buf_text(&buf), "ab");
    kf__buf_putc(&buf, 'x');
    ck_assert_str_eq(kf__buf_text(&buf), "abx");
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(failure_is_sticky)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_puts(&buf, "kept");
    kf__mem_fail_after(0);
    kf__buf_fill(&buf, 'x', 1000);
    kf__mem_fail_after(-1);
    ck_assert_int_eq(buf.status, KF_ENOMEM);
    kf__buf_puts(&buf, "ignored");
    kf__buf_printf(&buf, "%d", 1);
    kf__buf_putc(&buf, 'c');
    ck_assert_str_eq(kf__buf_text(&buf), "kept");
    char *text = NULL;
    ck_fails(kf__buf_take(&buf, &text), KF_ENOMEM, "out of memory");
    ck_assert_ptr_null(text);
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(impossible_sizes_fail)
{
    kf_buf buf = KF__BUF_INIT;
    kf__buf_putc(&buf, 'a');
    kf__buf_reserve(&buf, SIZE_MAX);
    ck_assert_int_eq(buf.status, KF_ENOMEM);
    kf__buf_finish(&buf);
    kf__buf_reserve(&buf, SIZE_MAX - 1);
    ck_assert_int_eq(buf.status, KF_ENOMEM);
    kf__buf_finish(&buf);
}
END_TEST

KF_TEST_MAIN("buf", an_empty_buffer_has_text, appending, nul_bytes_are_kept,
    growth_keeps_the_text, truncating, failure_is_sticky, impossible_sizes_fail)
