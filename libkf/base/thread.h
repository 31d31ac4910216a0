/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, locks and waiting, over POSIX threads. */
#ifndef KF_BASE_THREAD_H
#define KF_BASE_THREAD_H

#include <kf/base.h>
#include <pthread.h>

typedef pthread_mutex_t kf_mutex;
typedef struct kf_cond {
    pthread_cond_t cond;
} kf_cond; /* On the monotonic clock. */

kf_status kf__mutex_init(kf_mutex *mutex);
kf_status kf__cond_init(kf_cond *cond);
void kf__cond_finish(kf_cond *cond);
void kf__cond_signal(kf_cond *cond);
void kf__cond_broadcast(kf_cond *cond);
void kf__cond_wait(kf_cond *cond, kf_mutex *mutex);
/* False if the time passed. */
bool kf__cond_wait_until(kf_cond *cond, kf_mutex *mutex, int64_t monotonic_ns);
static inline void kf__mutex_lock(kf_mutex *mutex)
{
    (void)pthread_mutex_lock(mutex);
}
static inline void kf__mutex_unlock(kf_mutex *mutex)
{
    (void)pthread_mutex_unlock(mutex);
}
static inline void kf__mutex_finish(kf_mutex *mutex)
{
    (void)pthread_mutex_destroy(mutex);
}
/* A thread with all signals blocked. */
kf_status kf__thread_start(pthread_t *out, void *(*body)(void *), void *argument);
int kf__processor_count(void);

#endif
