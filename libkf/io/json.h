/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text to values, with jansson. */
#ifndef KF_IO_JSON_H
#define KF_IO_JSON_H

#include "base/value.h"

/* Read one JSON value, the whole text. Marks carry line and column. KF_EPARSE,
 * KF_ELIMIT, KF_ENOMEM. */
kf_status kf__json_read(kf_tree *tree, const char *text, size_t length, kf_value **out);

#endif
