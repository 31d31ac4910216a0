/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "kf_test.h"

static const char *next_name(const void *state, size_t index)
{
    return ((const char *const *)state)[index];
}

static const char *const fields[] = {
    "componentRef", "dependentTasks", "inputs", "taskInfo", "triggerPolicy", "x", NULL};

static void check(const char *name, const char *expected)
{
    const char *found = kf__nearest(name, next_name, fields);
    if (expected == NULL)
        ck_assert_msg(found == NULL, "%s: found %s", name, found);
    else
        ck_assert_str_eq(found != NULL ? found : "(none)", expected);
}

START_TEST(slips)
{
    check("componetRef", "componentRef");   /* Left out. */
    check("componnentRef", "componentRef"); /* Doubled. */
    check("inptus", "inputs");              /* Swapped. */
    check("imputs", "inputs");              /* Another letter. */
    check("input", "inputs");
    check("INPUTS", "inputs");
    check("component_ref", "componentRef");
    check("dependent_tasks", "dependentTasks");
    check("trigerPolciy", "triggerPolicy");
}
END_TEST

START_TEST(what_is_no_slip)
{
    check("outputs", NULL);
    check("retryPolicy", NULL);
    check("y", NULL);
    check("", NULL);
    check("completely-different", NULL);
}
END_TEST

START_TEST(the_nearest_wins)
{
    static const char *const names[] = {"train-12", "train-1", "train-2", NULL};
    ck_assert_str_eq(kf__nearest("train-123", next_name, names), "train-12");
    ck_assert_str_eq(kf__nearest("train-3", next_name, names), "train-1");
    static const char *const none[] = {NULL};
    ck_assert_ptr_null(kf__nearest("train", next_name, none));
}
END_TEST

START_TEST(long_names)
{
    char name[3000], other[1001];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    memset(other, 'a', sizeof other);
    other[500] = 'b';
    other[1000] = '\0';
    const char *const names[] = {name, other, NULL};
    ck_assert_ptr_null(kf__nearest(name, next_name, names));
    name[1000] = '\0';
    const char *const others[] = {other, NULL};
    ck_assert_str_eq(kf__nearest(name, next_name, others), other);
}
END_TEST

KF_TEST_MAIN("text_nearest", slips, what_is_no_slip, the_nearest_wins, long_names)
