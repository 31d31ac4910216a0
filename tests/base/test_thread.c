/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include "base/clock.h"
#include "kf_test.h"

#include <signal.h>

typedef struct door {
    kf_mutex mutex;
    kf_cond cond;
    int waiting;
    bool open;
} door;

static void make_gate(door *gate)
{
    memset(gate, 0, sizeof *gate);
    ck_ok(kf__mutex_init(&gate->mutex));
    ck_ok(kf__cond_init(&gate->cond));
}

static void end_gate(door *gate)
{
    kf__cond_finish(&gate->cond);
    kf__mutex_finish(&gate->mutex);
}

static void *wait_at(void *argument)
{
    door *gate = argument;
    kf__mutex_lock(&gate->mutex);
    gate->waiting++;
    while (!gate->open)
        kf__cond_wait(&gate->cond, &gate->mutex);
    gate->waiting--;
    kf__mutex_unlock(&gate->mutex);
    return gate;
}

START_TEST(all_pass_when_the_gate_opens)
{
    enum { COUNT = 8 };
    door gate;
    make_gate(&gate);
    pthread_t threads[COUNT];
    for (int i = 0; i < COUNT; i++)
        ck_ok(kf__thread_start(&threads[i], wait_at, &gate));
    kf__mutex_lock(&gate.mutex);
    while (gate.waiting < COUNT) {
        kf__mutex_unlock(&gate.mutex);
        kf__sleep_ms(1);
        kf__mutex_lock(&gate.mutex);
    }
    gate.open = true;
    kf__cond_signal(&gate.cond);
    kf__cond_broadcast(&gate.cond);
    kf__mutex_unlock(&gate.mutex);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(gate.waiting, 0);
    end_gate(&gate);
}
END_TEST

START_TEST(waiting_ends_in_time)
{
    door gate;
    make_gate(&gate);
    int64_t start = kf__monotonic_ns();
    kf__mutex_lock(&gate.mutex);
    while (kf__cond_wait_until(&gate.cond, &gate.mutex, start + 20000000))
        continue;
    ck_assert(!kf__cond_wait_until(&gate.cond, &gate.mutex, -1));
    kf__mutex_unlock(&gate.mutex);
    ck_assert_int_ge(kf__monotonic_ns() - start, 20000000);
    end_gate(&gate);
}
END_TEST

static void *read_mask(void *argument)
{
    pthread_sigmask(SIG_SETMASK, NULL, argument);
    return NULL;
}

START_TEST(signals_go_to_other_threads)
{
    pthread_t thread;
    sigset_t theirs, mine;
    ck_ok(kf__thread_start(&thread, read_mask, &theirs));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    static const int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        ck_assert_int_eq(sigismember(&theirs, signals[i]), 1);
        ck_assert_int_eq(sigismember(&mine, signals[i]), 0);
    }
    ck_assert_int_eq(sigismember(&theirs, SIGSEGV), 0);
}
END_TEST

START_TEST(processors)
{
    ck_assert_int_ge(kf__processor_count(), 1);
}
END_TEST

KF_TEST_MAIN("thread", all_pass_when_the_gate_opens, waiting_ends_in_time,
    signals_go_to_other_threads, processors)
