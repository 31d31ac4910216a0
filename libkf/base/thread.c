/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include "base/error.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static kf_status check(int code, const char *what)
{
    if (code == 0)
        return KF_OK;
    if (code == ENOMEM)
        return kf__nomem();
    return kf__fail(KF_EIO, NULL, "cannot make %s: %s", what, strerror(code));
}

kf_status kf__mutex_init(kf_mutex *mutex)
{
    return check(pthread_mutex_init(mutex, NULL), "a lock");
}

kf_status kf__cond_init(kf_cond *cond)
{
    pthread_condattr_t attributes;
    KF__TRY(check(pthread_condattr_init(&attributes), "a condition"));
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int code = pthread_cond_init(&cond->cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return check(code, "a condition");
}

void kf__cond_finish(kf_cond *cond)
{
    (void)pthread_cond_destroy(&cond->cond);
}

void kf__cond_signal(kf_cond *cond)
{
    (void)pthread_cond_signal(&cond->cond);
}

void kf__cond_broadcast(kf_cond *cond)
{
    (void)pthread_cond_broadcast(&cond->cond);
}

void kf__cond_wait(kf_cond *cond, kf_mutex *mutex)
{
    (void)pthread_cond_wait(&cond->cond, mutex);
}

bool kf__cond_wait_until(kf_cond *cond, kf_mutex *mutex, int64_t monotonic_ns)
{
    if (monotonic_ns < 0)
        monotonic_ns = 0;
    struct timespec until = {
        .tv_sec = monotonic_ns / 1000000000, .tv_nsec = monotonic_ns % 1000000000};
    return pthread_cond_timedwait(&cond->cond, mutex, &until) != ETIMEDOUT;
}

kf_status kf__thread_start(pthread_t *out, void *(*body)(void *), void *argument)
{
    /* The faults stay deliverable: a blocked one ends the process without its handler.
     */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    (void)sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        (void)sigdelset(&blocked, faults[i]);
    (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
    pthread_t thread;
    int code = pthread_create(&thread, NULL, body, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    KF__TRY(check(code, "a thread"));
    *out = thread;
    return KF_OK;
}

int kf__processor_count(void)
{
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0)
        return CPU_COUNT(&usable);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}
