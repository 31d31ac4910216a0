/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include "kf_test.h"

START_TEST(bytes_vary)
{
    enum { COUNT = 100000 };
    static unsigned char bytes[COUNT];
    static int seen[256];
    ck_ok(kf__random_bytes(bytes, sizeof bytes));
    for (int i = 0; i < COUNT; i++)
        seen[bytes[i]]++;
    for (int i = 0; i < 256; i++) {
        ck_assert_int_gt(seen[i], 200);
        ck_assert_int_lt(seen[i], 600);
    }
    ck_ok(kf__random_bytes(NULL, 0));
}
END_TEST

START_TEST(uuids)
{
    char one[37], other[37];
    for (int round = 0; round < 1000; round++) {
        ck_ok(kf__uuid4(one));
        ck_ok(kf__uuid4(other));
        ck_assert_str_ne(one, other);
        ck_assert_uint_eq(strlen(one), 36);
        for (int i = 0; i < 36; i++) {
            if (i == 8 || i == 13 || i == 18 || i == 23)
                ck_assert_int_eq(one[i], '-');
            else
                ck_assert_ptr_nonnull(strchr("0123456789abcdef", one[i]));
        }
        ck_assert_int_eq(one[14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", one[19]));
    }
}
END_TEST

KF_TEST_MAIN("rand", bytes_vary, uuids)
