/* SPDX-License-Identifier: Apache-2.0 */
/* Random bits: from the operating system, for ids. */
#ifndef KF_BASE_RAND_H
#define KF_BASE_RAND_H

#include <kf/base.h>

kf_status kf__random_bytes(void *out, size_t count);
kf_status kf__uuid4(char out[37]);

#endif
