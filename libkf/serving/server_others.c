/* SPDX-License-Identifier: Apache-2.0 */
/* Services of other processes, through the registry. */
#include <string.h>

#include "base/text.h"
#include "serving/registry.h"
#include "serving/server.h"
#include "serving/storage.h"

enum { ASK_MS = 10000 };

kf_status kf_server_services(const char *home, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    kf_registry *registry;
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = NULL;
    KF__TRY(kf__registry_open(home, &registry));
    kf_status status = kf__registry_list(registry, &tree, &list);
    if (status == KF_OK)
        status = kf__tree_take(&tree, list, out);
    kf__tree_finish(&tree);
    kf__registry_close(registry);
    return status;
}

kf_status kf_server_service(const char *home, const char *name, kf_value **out)
{
    KF__REQUIRE(name != NULL && out != NULL);
    kf_registry *registry;
    kf_tree tree = KF__TREE_INIT;
    kf_value *found = NULL;
    KF__TRY(kf__registry_open(home, &registry));
    kf_status status = kf__registry_find(registry, name, &tree, &found);
    if (status == KF_OK)
        status = kf_value_dup(found, out);
    kf__tree_finish(&tree);
    kf__registry_close(registry);
    return status;
}

kf_status kf_server_ask(const char *home, const char *name, const char *action)
{
    KF__REQUIRE(name != NULL && action != NULL);
    kf_registry *registry;
    if (strcmp(action, "promote") != 0 && strcmp(action, "rollback") != 0 &&
        !(kf__starts_with(action, "promote ") && action[8] != '\0'))
        return kf__fail(KF_EINVAL, "action",
            "no action '%.100s': expected promote or rollback", action);
    KF__TRY(kf__registry_open(home, &registry));
    kf_status status = kf__registry_ask(registry, name, action, ASK_MS);
    kf__registry_close(registry);
    return status;
}

kf_status kf_server_models(const char *home, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    return kf__storage_models(home, out);
}

kf_status kf_server_models_clear(
    const char *home, const char *key, double older_than, kf_value **out)
{
    KF__REQUIRE(out != NULL);
    return kf__storage_clear(home, key, older_than, out);
}
