/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks that the backend itself does: making and deleting a PersistentVolumeClaim. */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "pipeline/kubernetes.h"
#include "pipeline/platform.h"

#define CLAIM_DOCS                                                                     \
    "<https://kubernetes.io/docs/reference/kubernetes-api/"                            \
    "config-and-storage-resources/"                                                    \
    "persistent-volume-claim-v1/#"

typedef struct input {
    const char *name;
    kf_type type;
    bool optional;
    const char *description;
} input;

/* The descriptions are those that KFP writes into the document for its components
 * CreatePVC and DeletePVC; they are here so that the documents are equal. */
static const input create_inputs[] = {
    {"access_modes", KF_TYPE_LIST, false,
        "Values for ``PersistentVolumeClaim.spec.accessModes``."},
    {"size", KF_TYPE_STRING, false,
        "The size of storage requested by the PVC that will be\n"
        "provisioned. For example, ``'5Gi'``. Corresponds to\n"
        "`PersistentVolumeClaim.spec.resources.requests.storage\n" CLAIM_DOCS
        "PersistentVolumeClaimSpec>`_."},
    {"pvc_name", KF_TYPE_STRING, true,
        "Name of the PVC. Corresponds to\n"
        "`PersistentVolumeClaim.metadata.name\n" CLAIM_DOCS
        "PersistentVolumeClaim>`_.\n"
        "Only one of ``pvc_name`` and ``pvc_name_suffix`` can be provided."},
    {"pvc_name_suffix", KF_TYPE_STRING, true,
        "Prefix to use for a dynamically generated name, which\n"
        "will take the form ``<argo-workflow-name>-<pvc_name_suffix>``. Only\n"
        "one of ``pvc_name`` and ``pvc_name_suffix`` can be provided."},
    {"storage_class_name", KF_TYPE_STRING, true,
        "Name of StorageClass from which to provision the PV\n"
        "to back the PVC. ``None`` indicates to use the cluster's default\n"
        "storage_class_name. Set to ``''`` for a statically specified PVC."},
    {"volume_name", KF_TYPE_STRING, true,
        "Pre-existing PersistentVolume that should back the\n"
        "provisioned PersistentVolumeClaim. Used for statically\n"
        "specified PV only. Corresponds to\n"
        "`PersistentVolumeClaim.spec.volumeName\n" CLAIM_DOCS
        "PersistentVolumeClaimSpec>`_."},
    {"annotations", KF_TYPE_STRUCT, true,
        "Annotations for the PVC's metadata. Corresponds to\n"
        "`PersistentVolumeClaim.metadata.annotations\n" CLAIM_DOCS
        "PersistentVolumeClaim>`_."},
    {"data_source", KF_TYPE_STRUCT, true,
        "Specifies the data source for the PVC. This can be used to\n"
        "create a PVC from a VolumeSnapshot or to clone an existing PVC.\n"
        "Should be a dictionary with ``'apiGroup'``, ``'kind'``, and\n"
        "``'name'`` keys. For example:\n"
        "``{'apiGroup': 'snapshot.storage.k8s.io', 'kind': 'VolumeSnapshot', 'name': "
        "'my-snapshot'}``.\n"
        "Corresponds to `PersistentVolumeClaim.spec.dataSource\n" CLAIM_DOCS
        "PersistentVolumeClaimSpec>`_."},
};
static const input delete_inputs[] = {
    {"pvc_name", KF_TYPE_STRING, false,
        "Name of the PVC to delete. Supports passing a runtime-generated name, such as "
        "a name "
        "provided by ``kubernetes.CreatePvcOp().outputs['name']``."},
};

/* ---- the components ---- */

static kf_status add_inputs(kf_component *component, const input *inputs, size_t count)
{
    kf_value *empty = NULL;
    KF__TRY(kf_value_new_string("", &empty));
    kf_status status = KF_OK;
    for (size_t i = 0; status == KF_OK && i < count; i++) {
        const input *in = &inputs[i];
        /* The one default there is: a storage class of "" is not the cluster's default
         * class. */
        bool is_class = strcmp(in->name, "storage_class_name") == 0;
        status = kf_component_add_input(component, in->name, in->type,
            KF_OPTIONS(kf_io_options, .description = in->description,
                .optional = in->optional, .default_value = is_class ? empty : NULL));
    }
    kf_value_free(empty);
    return status;
}

static kf_status make_component(const char *name, const char *image,
    const input *inputs, size_t count, const char *output, kf_component **out)
{
    kf_component *component = NULL;
    KF__TRY(kf_component_new(name, &component));
    kf_status status = add_inputs(component, inputs, count);
    if (status == KF_OK && output != NULL)
        status = kf_component_add_output(component, output, KF_TYPE_STRING, NULL);
    if (status == KF_OK)
        status = kf_component_set_container(component, image, NULL, NULL);
    if (status != KF_OK) {
        kf_component_free(component);
        return status;
    }
    *out = component;
    return KF_OK;
}

kf_status kf_kubernetes_create_pvc_component(kf_component **out)
{
    KF__REQUIRE(out != NULL);
    return make_component("createpvc", "argostub/createpvc", create_inputs,
        sizeof create_inputs / sizeof *create_inputs, "name", out);
}

kf_status kf_kubernetes_delete_pvc_component(kf_component **out)
{
    KF__REQUIRE(out != NULL);
    return make_component("deletepvc", "argostub/deletepvc", delete_inputs,
        sizeof delete_inputs / sizeof *delete_inputs, NULL, out);
}

/* ---- the tasks ---- */

/* Text that is a channel as a whole is passed as the channel; otherwise it may embed
 * some. */
static kf_status set_text(
    kf_pipeline *pipeline, kf_task_id task, const char *input_name, const char *text)
{
    kf_channel_id channel = 0;
    if (text == NULL)
        return KF_OK;
    if (kf__pipeline_channel_of_text(pipeline, text, &channel))
        return kf_pipeline_set_argument(pipeline, task, input_name, channel);
    return kf_pipeline_set_string(pipeline, task, input_name, text);
}

static kf_status set_value(kf_pipeline *pipeline, kf_task_id task,
    const char *input_name, const kf_value *value)
{
    return value == NULL ? KF_OK
                         : kf_pipeline_set_constant(pipeline, task, input_name, value);
}

static kf_status set_create_arguments(
    kf_pipeline *pipeline, kf_task_id task, const kf_kubernetes_pvc *pvc)
{
    KF__TRY(set_value(pipeline, task, "access_modes", pvc->access_modes));
    KF__TRY(set_text(pipeline, task, "size", pvc->storage_size));
    KF__TRY(set_text(pipeline, task, "pvc_name", pvc->pvc_name));
    KF__TRY(set_text(pipeline, task, "pvc_name_suffix", pvc->pvc_name_suffix));
    KF__TRY(set_text(pipeline, task, "storage_class_name", pvc->storage_class_name));
    KF__TRY(set_text(pipeline, task, "volume_name", pvc->volume_name));
    KF__TRY(set_value(pipeline, task, "annotations", pvc->annotations));
    return set_value(pipeline, task, "data_source", pvc->data_source);
}

/* Everything that can be wrong is found before the task is there. */
static kf_status check_pvc(const kf_kubernetes_pvc *pvc)
{
    if (pvc->access_modes == NULL || pvc->storage_size == NULL)
        return kf__fail(
            KF_EMISSING, NULL, "a PersistentVolumeClaim needs access modes and a size");
    if (pvc->pvc_name != NULL && pvc->pvc_name_suffix != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "a PersistentVolumeClaim has a name or the suffix of one, not both");
    if (!kf__is(pvc->access_modes, KF_KIND_LIST))
        return kf__fail(KF_ETYPE, NULL, "the access modes must be a list of strings");
    if (pvc->annotations != NULL && !kf__is(pvc->annotations, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL, "the annotations must be a struct of strings");
    if (pvc->data_source != NULL && !kf__is(pvc->data_source, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL, "the data source must be a struct");
    return KF_OK;
}

static kf_status add_task(
    kf_pipeline *pipeline, kf_component *component, kf_task_id *out)
{
    kf_status status = kf_pipeline_add_task(pipeline, component, NULL, out);
    kf_component_free(component);
    return status;
}

kf_status kf_kubernetes_create_pvc(
    kf_pipeline *pipeline, const kf_kubernetes_pvc *pvc, kf_task_id *out)
{
    KF__REQUIRE(pipeline != NULL && pvc != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_kubernetes_pvc, known, pvc);
    KF__TRY(check_pvc(&known));
    kf_component *component = NULL;
    KF__TRY(kf_kubernetes_create_pvc_component(&component));
    kf_task_id task = 0;
    KF__TRY(add_task(pipeline, component, &task));
    KF__TRY(set_create_arguments(pipeline, task, &known));
    *out = task;
    return KF_OK;
}

kf_status kf_kubernetes_delete_pvc(
    kf_pipeline *pipeline, const char *pvc_name, kf_task_id *out)
{
    KF__REQUIRE(pipeline != NULL && pvc_name != NULL && out != NULL);
    kf_component *component = NULL;
    KF__TRY(kf_kubernetes_delete_pvc_component(&component));
    kf_task_id task = 0;
    KF__TRY(add_task(pipeline, component, &task));
    KF__TRY(set_text(pipeline, task, "pvc_name", pvc_name));
    *out = task;
    return KF_OK;
}
