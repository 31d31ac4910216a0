/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of services beyond the process that serves them: <home>/services.db.
 * A server keeps the revisions and the status of its services there, and goes on with
 * them after its end; the commands read them there, and leave requests to it. */
#ifndef KF_SERVING_REGISTRY_H
#define KF_SERVING_REGISTRY_H

#include "base/error.h"
#include "base/value.h"

typedef struct kf_registry kf_registry;

/* home: NULL: $KF_HOME, or ~/.kf. A registry may be used by several threads at once. */
kf_status kf__registry_open(const char *home, kf_registry **out);
void kf__registry_close(kf_registry *registry); /* NULL is fine. */
const char *kf__registry_home(const kf_registry *registry);

/* ---- of a server ---- */

/* This process serves the service `key` ("namespace/name") at the URL, which is that of
 * all that the registry claims. KF_EBUSY: another process does, or another server here.
 * *state: what was saved of it last, in the tree; NULL: nothing. */
kf_status kf__registry_claim(kf_registry *registry, const char *key, const char *url,
    kf_tree *tree, kf_value **state);
/* `state` is the server's own, `status` the document with its status, for others. */
kf_status kf__registry_save(kf_registry *registry, const char *key,
    const kf_value *state, const kf_value *status);
/* It is served no more; what was saved stays. */
kf_status kf__registry_release(kf_registry *registry, const char *key);
/* It is gone: so is what was saved. */
kf_status kf__registry_forget(kf_registry *registry, const char *key);

typedef struct kf_service_request {
    int64_t id;
    char key[512];
    char action[128]; /* "promote", "promote CANARY", "rollback" */
} kf_service_request;
/* The oldest request to this server that has no answer yet; *found: there is one. */
kf_status kf__registry_next(
    kf_registry *registry, kf_service_request *out, bool *found);
kf_status kf__registry_answer(
    kf_registry *registry, int64_t id, kf_status status, const char *message);

/* ---- of the others ---- */

/* A list of {"key", "url", "pid", "alive", "updated", "status"}, by key. */
kf_status kf__registry_list(kf_registry *registry, kf_tree *tree, kf_value **out);
/* The one of that list that is called `name`, or "namespace/name". KF_ENOENT: none, the
 * nearest is named; KF_EINVAL: several namespaces have one. */
kf_status kf__registry_find(
    kf_registry *registry, const char *name, kf_tree *tree, kf_value **out);
/* Ask the server of a service, and wait for its answer, which is this function's.
 * KF_ESTATE: no process serves it; KF_ETIMEOUT. */
kf_status kf__registry_ask(
    kf_registry *registry, const char *key, const char *action, int64_t timeout_ms);

#endif
