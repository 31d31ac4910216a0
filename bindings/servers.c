/* SPDX-License-Identifier: Apache-2.0 */
#include "servers.h"

#include <kf/server.h>

const kf_py_field kf__py_server_fields[] = {
    KF__PY_FIELD(kf_server_options, home, TEXT),
    KF__PY_FIELD(kf_server_options, address, TEXT),
    KF__PY_FIELD(kf_server_options, threads, INT),
    KF__PY_FIELD(kf_server_options, certificate, TEXT),
    KF__PY_FIELD(kf_server_options, key, TEXT),
    KF__PY_FIELD(kf_server_options, token, TEXT),
    KF__PY_FIELD(kf_server_options, body_limit, SIZE),
    KF__PY_FIELD(kf_server_options, host_commands, BOOL),
    KF__PY_FIELD(kf_server_options, python, TEXT),
    KF__PY_FIELD(kf_server_options, domain, TEXT),
    KF__PY_FIELD(kf_server_options, port, PORT),
    KF__PY_FIELD(kf_server_options, grpc, BOOL),
    KF__PY_FIELD(kf_server_options, grpc_port, PORT),
    KF__PY_FIELD(kf_server_options, grpc_limit, SIZE),
    {0},
};

kf_status kf__py_server_apply(kf_server *server, const char *text, size_t length)
{
    kf_services *documents;
    kf_status status = kf_services_load(text, length, &documents);
    if (status != KF_OK)
        return status;
    Py_BEGIN_ALLOW_THREADS status = kf_server_apply(server, documents);
    Py_END_ALLOW_THREADS kf_services_free(documents);
    return status;
}

kf_status kf__py_server_add_file(kf_server *server, const char *name, const char *path)
{
    kf_model *model;
    kf_status status = kf_model_open(path, NULL, &model);
    return status != KF_OK ? status : kf_server_add_model(server, name, model);
}
