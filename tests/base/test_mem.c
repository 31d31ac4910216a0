/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include "kf_test.h"

START_TEST(allocating)
{
    char *memory = kf__alloc(0);
    ck_assert_ptr_nonnull(memory);
    memory = kf__realloc(memory, 100);
    memset(memory, 'x', 100);
    memory = kf__reallocarray(memory, 100, 4);
    ck_assert_int_eq(memory[99], 'x');
    kf__free(memory);
    kf__free(NULL);
    int *zeros = kf__calloc(10, sizeof *zeros);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(zeros[i], 0);
    kf__free(zeros);
    void *nothing = kf__calloc(0, 0);
    ck_assert_ptr_nonnull(nothing);
    kf__free(nothing);
}
END_TEST

START_TEST(overflow_fails)
{
    ck_assert_ptr_null(kf__calloc(SIZE_MAX / 2, 3));
    ck_assert_int_eq(kf_last_error()->code, KF_ENOMEM);
    kf_clear_error();
    ck_assert_ptr_null(kf__reallocarray(NULL, SIZE_MAX / 2, 3));
    ck_assert_int_eq(kf_last_error()->code, KF_ENOMEM);
    ck_assert_ptr_null(kf__strndup("", SIZE_MAX));
}
END_TEST

START_TEST(copying_text)
{
    ck_assert_ptr_null(kf__strdup(NULL));
    char *copy = kf__strdup("");
    ck_assert_str_eq(copy, "");
    kf__free(copy);
    copy = kf__strndup("model.pkl", 5);
    ck_assert_str_eq(copy, "model");
    kf__free(copy);
    copy = kf__strndup(NULL, 0);
    ck_assert_str_eq(copy, "");
    kf_text_free(copy);
}
END_TEST

START_TEST(failing_on_purpose)
{
    kf_clear_error();
    kf__mem_fail_after(2);
    void *first = kf__alloc(1), *second = kf__calloc(1, 1);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert_int_eq(kf_last_error()->code, KF_OK);
    ck_assert_ptr_null(kf__alloc(1));
    ck_assert_int_eq(kf_last_error()->code, KF_ENOMEM);
    ck_assert_ptr_null(kf__realloc(first, 10));
    ck_assert_ptr_null(kf__strdup("text"));
    ck_assert_int_eq(kf__mem_count(), 5);
    kf__mem_fail_after(-1);
    ck_assert_int_eq(kf__mem_count(), 0);
    first = kf__realloc(first, 10);
    ck_assert_ptr_nonnull(first);
    kf__free(first);
    kf__free(second);
}
END_TEST

KF_TEST_MAIN("mem", allocating, overflow_fails, copying_text, failing_on_purpose)
