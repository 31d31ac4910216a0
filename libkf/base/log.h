/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KF_BASE_LOG_H
#define KF_BASE_LOG_H
#include <kf/base.h>
void kf__log(kf_log_level level, const char *format, ...) KF_PRINTF(2, 3);
#endif
