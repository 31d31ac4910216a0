/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a caller that may have been built for another version of libkf. */
#ifndef KF_BASE_OPTIONS_H
#define KF_BASE_OPTIONS_H

#include "base/error.h"

#include <string.h>

/* Declare `name`, the structure that this libkf knows with what the caller's says in it;
 * `given` may be NULL. What the caller's is too short to say is zero, and what it says
 * beyond is left out. */
#define KF__TAKE_OPTIONS(type, name, given)                                            \
    type name = {.size = sizeof name};                                                 \
    KF__REQUIRE((given) == NULL || (given)->size >= sizeof(size_t));                   \
    if ((given) != NULL) {                                                             \
        memcpy(&name, (given),                                                         \
            (given)->size < sizeof name ? (given)->size : sizeof name);                \
        name.size = sizeof name;                                                       \
    }

#endif
