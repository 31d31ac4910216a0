/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries that are opened when they are first needed, so that programs that do
 * not need them do not pay for loading them. */
#ifndef KF_IO_LIBRARY_H
#define KF_IO_LIBRARY_H

#include "base/error.h"

/* Fill a structure of pointers to the functions `names`, in their order. Once it is
 * filled it stays so: the library is never closed. Any thread. `package`: what Debian
 * calls it, for the message. KF_EUNSUPPORTED: the library is not there, or lacks a function. */
kf_status kf__library_open(const char *file, const char *package,
    const char *const *names, size_t count, void **functions);

#endif
