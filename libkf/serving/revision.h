/* SPDX-License-Identifier: Apache-2.0 */
/* One revision of a component: what a change of its document made, with the gate that
 * its calls go through. It is changed under the server's mutex alone. */
#ifndef KF_SERVING_REVISION_H
#define KF_SERVING_REVISION_H

#include "serving/launch.h"
#include "serving/limit.h"
#include "serving/scale.h"
#include "serving/service.h"

typedef enum kf_revision_state {
    KF__REVISION_PENDING = 0, /* Nobody needs it yet, or any more. */
    KF__REVISION_LOADING,
    KF__REVISION_READY,
    KF__REVISION_ASLEEP, /* Ready, and unloaded for want of requests. */
    KF__REVISION_FAILED
} kf_revision_state;

typedef struct kf_revision {
    int number;
    char *name;          /* "iris-predictor-00002" */
    char digest[65];     /* See kf__revision_digest. */
    kf_service *service; /* The document that made it. */
    kf_service_role role;
    kf_revision_state state;
    kf_limit *gate;
    kf_launched launched;   /* While it is there. */
    kf_storage_lease lease; /* Of its model's files, also while it sleeps. */
    bool is_live;           /* The traffic of its component goes to it, too. */
    bool wanted;            /* A call waits at the gate of a revision that sleeps. */
    atomic_bool cancel;     /* Of a launch that nobody waits for any more. */
    bool is_ill;            /* READY, but none of its workers takes calls. */
    bool is_failing;        /* And they do not load when they are started again. */
    bool is_again;          /* It is loaded once more, after it failed to. */
    unsigned failures;      /* To load, one after the other. */
    int64_t retry_ns;       /* When it is tried again; monotonic. */
    char *failure;          /* Message of the last; NULL: none. */
    const char *reason;
    int exit_code;
    int64_t failed_ms; /* Since the epoch. */
    int64_t ready_ms;  /* Since it became ready; 0: it never was. */
    size_t replicas;   /* That are to be. */
    kf_scale scale;
    struct kf_part *part;
    struct kf_variant *variant;
} kf_revision;

/* base: "iris-predictor", for its name; wake: of the gate, with the revision as payload.
 */
kf_status kf__revision_new(const kf_service *service, kf_service_role role,
    const char *base, int number, const char *digest, void (*wake)(void *payload),
    kf_revision **out);
/* It is not loaded. NULL is fine. */
void kf__revision_free(kf_revision *revision);
const kf_service_component *kf__revision_component(const kf_revision *revision);
/* Neither loaded nor asked. */
bool kf__revision_is_idle(const kf_revision *revision);
/* Calls can be sent to it, and are answered by its model sooner or later. */
bool kf__revision_serves(const kf_revision *revision);
/* And that at once, as far as one knows. */
bool kf__revision_is_well(const kf_revision *revision);
/* It has failed, or is being tried again since it did. */
bool kf__revision_has_failed(const kf_revision *revision);
void kf__revision_failed(
    kf_revision *revision, const char *reason, int exit_code, const char *message);
/* It loaded once, but does not work any more; or works again, where `message` is NULL. */
void kf__revision_ill(
    kf_revision *revision, const char *reason, int exit_code, const char *message);
/* The service, or what else the documents say, keeps it from being launched. */
bool kf__revision_is_invalid(const char *reason);
/* Whether its failure may pass, and it is time to see. */
bool kf__revision_may_retry(const kf_revision *revision, int64_t now_ns);
/* What is known of failures does not count any more. */
void kf__revision_forgive(kf_revision *revision);
/* SHA-256 of what makes a revision: the component's spec without canaryTrafficPercent
 * (and, in the mode Standard, without its scaling, which changes no pod), and the
 * annotations and labels that KServe hands on to pods. */
kf_status kf__revision_digest(
    const kf_service *service, kf_service_role role, char out[65]);

#endif
