/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a service, in KServe's form. */
#include "serving/server.h"

kf_value *kf__server_status(
    const kf_server *server, const kf_served *served, kf_tree *tree)
{
    (void)server;
    return kf__tree_copy(tree, kf_service_document(served->service));
}
