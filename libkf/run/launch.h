/* SPDX-License-Identifier: Apache-2.0 */
/* How the command of a lightweight Python component is read: what it installs, its
 * source and its function. Known are the commands of KFP 2.x and our own, which carries
 * its runtime along. */
#ifndef KF_RUN_LAUNCH_H
#define KF_RUN_LAUNCH_H

#include "base/value.h"

typedef struct kf_launch {
    const char *source;     /* Borrowed from the container. */
    const char *function;   /* Borrowed from the container. */
    kf_value *options;      /* Words for pip: index urls and trusted hosts, in order. */
    kf_value *requirements; /* What pip is to install; KFP itself is left out where KFP
                               added it. Sorted where order has no meaning. */
} kf_launch;

/* KF_OK, or KF_EUNSUPPORTED if it is no such command; the lists live in `tree`. */
kf_status kf__launch_read(kf_tree *tree, const kf_value *container, kf_launch *out);

#endif
