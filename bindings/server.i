/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of models. Documents come as text. */
KF_HANDLE(kf_server, Server)
KF_OPTIONS_DICT(kf_server_options, kf__py_server_fields)
%ignore kf_server_apply;
%ignore kf_server_add_model;
/* These wait. */
%thread kf_server_start;
%thread kf_server_wait;
%thread kf_server_ask;
%thread kf_server::~kf_server;
%include <kf/server.h>

%rename(server_apply) kf__py_server_apply;
%rename(server_add_file) kf__py_server_add_file;
kf_status kf__py_server_apply(kf_server *server, const char *text, size_t length);
kf_status kf__py_server_add_file(kf_server *server, const char *name, const char *path);
