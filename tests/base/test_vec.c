/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "kf_test.h"

typedef KF__VEC(int) int_list;

START_TEST(pushing)
{
    int_list numbers = {0};
    for (int i = 0; i < 1000; i++)
        ck_ok(kf__vec_push(&numbers, i * i));
    ck_assert_uint_eq(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(numbers.items[i], i * i);
    kf__vec_finish(&numbers);
    ck_assert_ptr_null(numbers.items);
    ck_assert_uint_eq(numbers.count, 0);
    ck_ok(kf__vec_push(&numbers, 1));
    kf__vec_finish(&numbers);
}
END_TEST

static kf_status fill(void)
{
    int_list numbers = {0};
    kf_status status = KF_OK;
    for (int i = 0; i < 100 && status == KF_OK; i++)
        status = kf__vec_push(&numbers, i);
    for (size_t i = 0; i < numbers.count; i++)
        ck_assert_int_eq(numbers.items[i], (int)i);
    kf__vec_finish(&numbers);
    return status;
}

START_TEST(failed_allocations_lose_nothing)
{
    ck_survives_nomem(fill());
}
END_TEST

START_TEST(sizes_beyond_memory)
{
    void *items = NULL;
    size_t capacity = 0;
    ck_assert_int_eq(kf__vec_grow(&items, 0, &capacity, SIZE_MAX / 2), KF_ENOMEM);
    capacity = SIZE_MAX / 2 + 1;
    ck_assert_int_eq(kf__vec_grow(&items, capacity, &capacity, 1), KF_ENOMEM);
    ck_assert_ptr_null(items);
}
END_TEST

KF_TEST_MAIN("vec", pushing, failed_allocations_lose_nothing, sizes_beyond_memory)
