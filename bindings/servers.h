/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KF_BINDINGS_SERVERS_H
#define KF_BINDINGS_SERVERS_H

#include "native.h"

#include <kf/server.h>

extern const kf_py_field kf__py_server_fields[];
kf_status kf__py_server_apply(kf_server *server, const char *text, size_t length);
kf_status kf__py_server_add_file(kf_server *server, const char *name, const char *path);

#endif
