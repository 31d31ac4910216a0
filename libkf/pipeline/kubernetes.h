/* SPDX-License-Identifier: Apache-2.0 */
/* Editing a task's configuration for Kubernetes: a copy is changed and then takes the
 * place of what there was, so that a failure leaves the task as it was. */
#ifndef KF_PIPELINE_KUBERNETES_H
#define KF_PIPELINE_KUBERNETES_H

#include <kf/kubernetes.h>

#include "base/value.h"

typedef struct kf_k8s_edit {
    kf_pipeline *pipeline;
    kf_task_id task;
    kf_tree tree;
    kf_value *config; /* KubernetesExecutorConfig, in the tree. */
} kf_k8s_edit;

kf_status kf__k8s_begin(kf_k8s_edit *edit, kf_pipeline *pipeline, kf_task_id task);
/* Store the changed configuration. */
kf_status kf__k8s_end(kf_k8s_edit *edit);
/* Give the change up and pass `status` on. */
kf_status kf__k8s_abandon(kf_k8s_edit *edit, kf_status status);
/* A new struct at the end of the list `key` of the configuration. */
kf_value *kf__k8s_append(kf_k8s_edit *edit, const char *key);

/* Put a member as protobuf's JSON does: text that is NULL or empty is left out. */
void kf__k8s_put_text(
    kf_k8s_edit *edit, kf_value *into, const char *key, const char *text);
/* 64-bit integers are strings in protobuf's JSON. */
void kf__k8s_put_int64(
    kf_k8s_edit *edit, kf_value *into, const char *key, int64_t integer);
/* Copy the members of a struct of strings (or NULL) into a struct. */
void kf__k8s_put_members(kf_k8s_edit *edit, kf_value *into, const kf_value *members);
/* An InputParameterSpec: a reference if `value` is a string that is a channel, else a
 * constant. */
kf_value *kf__k8s_parameter(kf_k8s_edit *edit, const kf_value *value);
/* The same for a name, as the member `key` + "Parameter"; a constant also as the member
 * `key`, which older backends read. */
void kf__k8s_put_name(
    kf_k8s_edit *edit, kf_value *into, const char *key, const char *name);

/* Whether the text is, as a whole, a channel of the pipeline. */
bool kf__k8s_is_channel(const kf_pipeline *pipeline, const char *text);
/* KF_ETYPE if the text is a channel of an artifact. */
kf_status kf__k8s_check_channel(
    const kf_pipeline *pipeline, const char *what, const char *text);
/* KF_EINVAL unless the text is UTF-8, not empty, and a constant. `what` names it in the
 * message. */
kf_status kf__k8s_check_constant(const char *what, const char *text);
/* The same for text that may be empty or NULL. */
kf_status kf__k8s_check_optional(const char *what, const char *text);
/* The same for a text that may also be a channel of the pipeline. */
kf_status kf__k8s_check_name(
    const kf_pipeline *pipeline, const char *what, const char *text);
/* KF_ETYPE unless `value` is NULL or a list of constant strings, respectively a struct
 * of such. */
kf_status kf__k8s_check_texts(const char *what, const kf_value *value);
kf_status kf__k8s_check_members(const char *what, const kf_value *value);
/* KF_EINVAL, naming the nearest of `choices`, unless `text` is one of them. */
kf_status kf__k8s_check_choice(
    const char *what, const char *text, const char *const *choices);

#endif
