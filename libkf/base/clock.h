/* SPDX-License-Identifier: Apache-2.0 */
/* Time. */
#ifndef KF_BASE_CLOCK_H
#define KF_BASE_CLOCK_H

#include "base/buf.h"

int64_t kf__now_ms(void); /* Since the epoch. */
int64_t kf__monotonic_ns(void);
/* The earlier of a deadline and what is `timeout_ns` from now; 0: there is none. */
int64_t kf__deadline_after(int64_t deadline_ns, int64_t timeout_ns);
void kf__sleep_ms(int64_t milliseconds);
void kf__put_time(kf_buf *buf, int64_t epoch_ms); /* "2026-11-24T03:13:44.123Z" */
bool kf__parse_time(const char *text, int64_t *epoch_ms);

#endif
