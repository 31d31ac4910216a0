/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pairs.h"

#include "base/mem.h"
#include "kf_test.h"
#include <string.h>

START_TEST(test_keeps_what_is_set)
{
    kf_pairs pairs = {0};
    ck_assert_int_eq(kf__pairs_get(&pairs, 7), -1);
    for (int32_t i = 0; i < 5000; i++)
        ck_ok(kf__pairs_set(&pairs, kf__pair(i, -i), i));
    ck_ok(kf__pairs_set(&pairs, kf__pair(17, -17), 3));
    for (int32_t i = 0; i < 5000; i++)
        ck_assert_int_eq(kf__pairs_get(&pairs, kf__pair(i, -i)), i == 17 ? 3 : i);
    ck_assert_int_eq(kf__pairs_get(&pairs, kf__pair(1, 1)), -1);
    ck_assert_uint_eq(pairs.count, 5000);
    kf__pairs_finish(&pairs);
    ck_assert_int_eq(kf__pairs_get(&pairs, kf__pair(1, -1)), -1);
}
END_TEST

START_TEST(test_out_of_memory)
{
    kf_pairs pairs = {0};
    ck_ok(kf__pairs_set(&pairs, 1, 1));
    kf__mem_fail_after(0);
    kf_status status = KF_OK;
    for (uint64_t key = 2; status == KF_OK; key++)
        status = kf__pairs_set(&pairs, key, 2);
    kf__mem_fail_after(-1);
    ck_assert_int_eq(status, KF_ENOMEM);
    ck_assert_int_eq(kf__pairs_get(&pairs, 1), 1);
    kf__pairs_finish(&pairs);
}
END_TEST

KF_TEST_MAIN("pipeline/pairs", test_keeps_what_is_set, test_out_of_memory)
