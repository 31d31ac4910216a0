/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/revision.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/value.h"

enum {
    RETRY_MS = 1000, /* After the first failure; twice as long after each more. */
    RETRY_DOUBLINGS = 8,
    WAITING_CALLS = 10000, /* At one gate. */
    TIMEOUT_SECONDS = 300  /* Knative's default. */
};

const kf_service_component *kf__revision_component(const kf_revision *revision)
{
    return kf_service_component_of(revision->service, revision->role);
}

static kf_status make_name(kf_revision *revision, const char *base)
{
    kf_buf name = KF__BUF_INIT;
    kf__buf_printf(&name, "%s-%05d", base, revision->number);
    return kf__buf_take(&name, &revision->name);
}

static kf_status make_gate(kf_revision *revision, void (*wake)(void *payload))
{
    int64_t timeout = kf__revision_component(revision)->timeout;
    kf_limit_options options = {.queue = WAITING_CALLS,
        .timeout_ns = (timeout > 0 ? timeout : TIMEOUT_SECONDS) * 1000000000,
        .wake = wake,
        .payload = revision};
    return kf__limit_new(&options, &revision->gate);
}

kf_status kf__revision_new(const kf_service *service, kf_service_role role,
    const char *base, int number, const char *digest, void (*wake)(void *payload),
    kf_revision **out)
{
    kf_revision *revision = kf__calloc(1, sizeof *revision);
    if (revision == NULL)
        return KF_ENOMEM;
    revision->role = role;
    revision->number = number;
    (void)snprintf(revision->digest, sizeof revision->digest, "%s", digest);
    kf_status status = kf_service_dup(service, &revision->service);
    if (status == KF_OK)
        status = make_name(revision, base);
    if (status == KF_OK)
        status = make_gate(revision, wake);
    if (status != KF_OK) {
        kf__revision_free(revision);
        return status;
    }
    *out = revision;
    return KF_OK;
}

void kf__revision_free(kf_revision *revision)
{
    if (revision == NULL)
        return;
    kf__limit_free(revision->gate);
    kf__storage_lease_finish(&revision->lease);
    kf_service_free(revision->service);
    kf__free(revision->name);
    kf__free(revision->failure);
    kf__free(revision);
}

bool kf__revision_serves(const kf_revision *revision)
{
    return revision->state == KF__REVISION_READY ||
           revision->state == KF__REVISION_ASLEEP;
}

bool kf__revision_is_idle(const kf_revision *revision)
{
    bool idle = revision->state == KF__REVISION_PENDING ||
                revision->state == KF__REVISION_FAILED;
    return idle &&
           kf__limit_through(revision->gate) + kf__limit_waiting(revision->gate) == 0;
}

bool kf__revision_is_well(const kf_revision *revision)
{
    return kf__revision_serves(revision) && !revision->is_ill;
}

bool kf__revision_has_failed(const kf_revision *revision)
{
    return revision->state == KF__REVISION_FAILED ||
           (revision->is_again && !kf__revision_serves(revision));
}

static void keep_failure(
    kf_revision *revision, const char *reason, int exit_code, const char *message)
{
    kf__free(revision->failure);
    revision->failure = kf__strdup(message);
    revision->reason = reason;
    revision->exit_code = exit_code;
    revision->failed_ms = kf__now_ms();
}

void kf__revision_failed(
    kf_revision *revision, const char *reason, int exit_code, const char *message)
{
    unsigned doublings =
        revision->failures < RETRY_DOUBLINGS ? revision->failures : RETRY_DOUBLINGS;
    keep_failure(revision, reason, exit_code, message);
    revision->state = KF__REVISION_FAILED;
    revision->failures++;
    revision->retry_ns =
        kf__monotonic_ns() + (RETRY_MS * INT64_C(1000000) << doublings);
}

void kf__revision_ill(
    kf_revision *revision, const char *reason, int exit_code, const char *message)
{
    revision->is_ill = message != NULL;
    if (message != NULL)
        keep_failure(revision, reason, exit_code, message);
}

/* Documents decide about these. */
bool kf__revision_is_invalid(const char *reason)
{
    static const char *const reasons[] = {"NoSupportingRuntime", "RuntimeNotRecognized",
        "RuntimeDisabled", "InvalidPredictorSpec"};
    for (size_t i = 0; reason != NULL && i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

bool kf__revision_may_retry(const kf_revision *revision, int64_t now_ns)
{
    return revision->state == KF__REVISION_FAILED && now_ns >= revision->retry_ns &&
           !kf__revision_is_invalid(revision->reason);
}

void kf__revision_forgive(kf_revision *revision)
{
    revision->is_again = revision->is_ill = revision->is_failing = false;
    revision->failures = 0;
}

/* ---- what makes it another one ---- */

static void remove_all(kf_value *object, const char *const *names)
{
    for (; object != NULL && *names != NULL; names++)
        kf__remove(object, *names);
}

/* Annotations that KServe keeps from pods (constants.go:
 * ServiceAnnotationDisallowedList), and those that it gives to Knative's service. */
static void remove_annotations(kf_value *annotations)
{
    static const char *const names[] = {"autoscaling.knative.dev/min-scale",
        "autoscaling.knative.dev/max-scale",
        "internal.serving.kserve.io/storage-initializer-sourceuri",
        "kubectl.kubernetes.io/last-applied-configuration", "modelFormat",
        "serving.knative.dev/rollout-duration",
        "serving.knative.openshift.io/enablePassthrough", NULL};
    remove_all(annotations, names);
}

static kf_value *digested_spec(
    const kf_service *service, kf_service_role role, kf_tree *tree)
{
    static const char *const traffic[] = {"canaryTrafficPercent", NULL};
    static const char *const scaling[] = {"minReplicas", "maxReplicas", "scaleTarget",
        "scaleMetric", "scaleMetricType", "autoScaling", "deploymentStrategy", NULL};
    kf_value *spec = kf__tree_copy(tree, kf_service_component_of(service, role)->spec);
    remove_all(spec, traffic);
    remove_annotations(kf__get(spec, "annotations"));
    if (strcmp(kf_service_mode(service), "Standard") == 0)
        remove_all(spec, scaling);
    return spec;
}

static kf_value *digested(
    const kf_service *service, kf_service_role role, kf_tree *tree)
{
    static const char *const visibility[] = {"networking.knative.dev/visibility", NULL};
    const kf_value *metadata = kf_value_get(kf_service_full(service), "metadata");
    kf_value *labels = kf__tree_copy(tree, kf_value_get(metadata, "labels"));
    kf_value *annotations = kf__tree_copy(tree, kf_value_get(metadata, "annotations"));
    kf_value *made = kf__tree_struct(tree);
    remove_all(labels, visibility);
    remove_annotations(annotations);
    kf__put(tree, made, "spec", digested_spec(service, role, tree));
    kf__put(tree, made, "labels", labels);
    kf__put(tree, made, "annotations", annotations);
    return made;
}

kf_status kf__revision_digest(
    const kf_service *service, kf_service_role role, char out[65])
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf__put_json_sorted(&text, digested(service, role, &tree));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = text.status;
    if (status == KF_OK) {
        kf_sha256 sha;
        kf__sha256_init(&sha);
        kf__sha256_update(&sha, text.data, text.length);
        kf__sha256_hex(&sha, out);
    }
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    return status;
}
