/* SPDX-License-Identifier: Apache-2.0 */
#include "kubernetes_test.h"

#include "pipeline/component.h"

/* inputDefinitions of the components in a document that KFP 2.17.0 compiled. */
static const char create_golden[] =
    "{\"parameters\": {\"access_modes\": {\"description\": \"Values for "
    "``PersistentVolumeClaim.spec.accessModes``.\", \"parameterType\": "
    "\"LIST\"}, \"annotations\": {\"description\": \"Annotations for the "
    "PVC's metadata. Corresponds "
    "to\\n`PersistentVolumeClaim.metadata.annotations\\n<https://kubernetes.io/docs/"
    "reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/"
    "#PersistentVolumeClaim>`_.\", "
    "\"isOptional\": true, \"parameterType\": \"STRUCT\"}, \"data_source\": "
    "{\"description\": \"Specifies the data source for the PVC. This "
    "can be used to\\ncreate a PVC from a VolumeSnapshot or to clone "
    "an existing PVC.\\nShould be a dictionary with ``'apiGroup'``, "
    "``'kind'``, and\\n``'name'`` keys. For example:\\n``{'apiGroup': "
    "'snapshot.storage.k8s.io', 'kind': 'VolumeSnapshot', 'name': "
    "'my-snapshot'}``.\\nCorresponds to "
    "`PersistentVolumeClaim.spec.dataSource\\n<https://kubernetes.io/docs/reference/"
    "kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/"
    "#PersistentVolumeClaimSpec>`_.\", "
    "\"isOptional\": true, \"parameterType\": \"STRUCT\"}, \"pvc_name\": "
    "{\"description\": \"Name of the PVC. Corresponds "
    "to\\n`PersistentVolumeClaim.metadata.name\\n<https://kubernetes.io/docs/reference/"
    "kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/"
    "#PersistentVolumeClaim>`_.\\nOnly "
    "one of ``pvc_name`` and ``pvc_name_suffix`` can be provided.\", "
    "\"isOptional\": true, \"parameterType\": \"STRING\"}, "
    "\"pvc_name_suffix\": {\"description\": \"Prefix to use for a "
    "dynamically generated name, which\\nwill take the form "
    "``<argo-workflow-name>-<pvc_name_suffix>``. Only\\none of "
    "``pvc_name`` and ``pvc_name_suffix`` can be provided.\", "
    "\"isOptional\": true, \"parameterType\": \"STRING\"}, \"size\": "
    "{\"description\": \"The size of storage requested by the PVC that "
    "will be\\nprovisioned. For example, ``'5Gi'``. Corresponds "
    "to\\n`PersistentVolumeClaim.spec.resources.requests.storage\\n<https://"
    "kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/"
    "persistent-volume-claim-v1/#PersistentVolumeClaimSpec>`_.\", "
    "\"parameterType\": \"STRING\"}, \"storage_class_name\": "
    "{\"defaultValue\": \"\", \"description\": \"Name of StorageClass from "
    "which to provision the PV\\nto back the PVC. ``None`` indicates "
    "to use the cluster's default\\nstorage_class_name. Set to "
    "``''`` for a statically specified PVC.\", \"isOptional\": true, "
    "\"parameterType\": \"STRING\"}, \"volume_name\": {\"description\": "
    "\"Pre-existing PersistentVolume that should back "
    "the\\nprovisioned PersistentVolumeClaim. Used for "
    "statically\\nspecified PV only. Corresponds "
    "to\\n`PersistentVolumeClaim.spec.volumeName\\n<https://kubernetes.io/docs/"
    "reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/"
    "#PersistentVolumeClaimSpec>`_.\", "
    "\"isOptional\": true, \"parameterType\": \"STRING\"}}}";
static const char delete_golden[] =
    "{\"parameters\": {\"pvc_name\": {\"description\": \"Name of the PVC "
    "to delete. Supports passing a runtime-generated name, such as "
    "a name provided by "
    "``kubernetes.CreatePvcOp().outputs['name']``.\", "
    "\"parameterType\": \"STRING\"}}}";

static void check_inputs(const kf_component *component, const char *golden)
{
    kf_value *definitions = parse(golden);
    const kf_value *parameters = kf_value_get(definitions, "parameters");
    ck_assert_uint_eq(kf_component_input_count(component), kf_value_length(parameters));
    for (size_t i = 0; i < kf_component_input_count(component); i++) {
        const kf_io *io = kf_component_input(component, i);
        const kf_value *expected = kf_value_get(parameters, io->name);
        const kf_value *value = kf_value_get(expected, "defaultValue");
        ck_assert_msg(expected != NULL, "%s", io->name);
        ck_assert_str_eq(
            kf_type_name(io->type), kf__get_text(expected, "parameterType"));
        ck_assert_str_eq(io->description, kf__get_text(expected, "description"));
        ck_assert_int_eq(
            io->optional, kf_value_bool(kf_value_get(expected, "isOptional")));
        ck_assert((value == NULL) == (io->default_value == NULL));
        ck_assert(value == NULL || kf_value_equal(value, io->default_value));
    }
    kf_value_free(definitions);
}

START_TEST(the_components_are_kfps)
{
    kf_component *create = NULL, *del = NULL;
    ck_ok(kf_kubernetes_create_pvc_component(&create));
    ck_ok(kf_kubernetes_delete_pvc_component(&del));
    ck_assert_str_eq(kf_component_name(create), "createpvc");
    ck_assert_str_eq(kf_component_name(del), "deletepvc");
    ck_assert_str_eq(create->body->image, "argostub/createpvc");
    ck_assert_str_eq(del->body->image, "argostub/deletepvc");
    ck_assert(create->body->command == NULL && create->body->args == NULL);
    check_inputs(create, create_golden);
    check_inputs(del, delete_golden);
    ck_assert_uint_eq(kf_component_output_count(create), 1);
    ck_assert_str_eq(kf_component_output(create, 0)->name, "name");
    ck_assert_int_eq(kf_component_output(create, 0)->type, KF_TYPE_STRING);
    ck_assert_uint_eq(kf_component_output_count(del), 0);
    kf_component_free(create);
    kf_component_free(del);
}
END_TEST

/* The inputs of the task as the same calls of kfp-kubernetes 2.17.0 compile to. */
static void check_task(const fixture *f, kf_task_id task, const char *json)
{
    kf_document document = {0};
    kf_value *expected = parse(json);
    ck_ok(kf__pipeline_lower(
        f->pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true), &document));
    const kf_value *tasks =
        kf_value_get(kf_value_get(kf_value_get(document.spec, "root"), "dag"), "tasks");
    const kf_value *inputs = kf_value_get(
        kf_value_get(tasks, kf_pipeline_task_name(f->pipeline, task)), "inputs");
    char *text = NULL;
    ck_assert_ptr_nonnull(inputs);
    ck_ok(kf_value_write(inputs, KF_JSON_SPACED, &text));
    ck_assert_msg(kf_value_equal(inputs, expected), "%s\ninstead of\n%s", text, json);
    kf_text_free(text);
    kf_value_free(expected);
    kf__document_finish(&document);
}

START_TEST(claims_are_made_and_deleted)
{
    fixture f = fixture_new();
    kf_value *modes = parse("[\"ReadWriteMany\"]"),
             *annotations = parse("{\"a\": \"b\"}");
    kf_task_id create = -1, del = -1, second = -1;
    kf_channel_id name = -1;
    ck_ok(kf_kubernetes_create_pvc(f.pipeline,
        KF_OPTIONS(kf_kubernetes_pvc, .access_modes = modes, .storage_size = f.input,
            .pvc_name_suffix = "-x", .storage_class_name = "standard"),
        &create));
    ck_assert_str_eq(kf_pipeline_task_name(f.pipeline, create), "createpvc");
    ck_ok(kf_pipeline_task_output(f.pipeline, create, "name", &name));
    ck_ok(kf_kubernetes_delete_pvc(
        f.pipeline, kf_pipeline_channel_text(f.pipeline, name), &del));
    ck_ok(kf_kubernetes_create_pvc(f.pipeline,
        KF_OPTIONS(kf_kubernetes_pvc, .access_modes = modes, .storage_size = "1Gi",
            .pvc_name = "n", .volume_name = "pv", .annotations = annotations),
        &second));
    check_task(&f, create,
        "{\"parameters\": {\"access_modes\": {\"runtimeValue\": {\"constant\": "
        "[\"ReadWriteMany\"]}}, \"pvc_name_suffix\": {\"runtimeValue\": {\"constant\": "
        "\"-x\"}}, \"size\": {\"componentInputParameter\": \"inp\"}, "
        "\"storage_class_name\": "
        "{\"runtimeValue\": {\"constant\": \"standard\"}}}}");
    check_task(&f, del,
        "{\"parameters\": {\"pvc_name\": {\"taskOutputParameter\": "
        "{\"outputParameterKey\": "
        "\"name\", \"producerTask\": \"createpvc\"}}}}");
    check_task(&f, second,
        "{\"parameters\": {\"access_modes\": {\"runtimeValue\": {\"constant\": "
        "[\"ReadWriteMany\"]}}, \"pvc_name\": {\"runtimeValue\": {\"constant\": "
        "\"n\"}}, "
        "\"size\": {\"runtimeValue\": {\"constant\": \"1Gi\"}}, \"volume_name\": "
        "{\"runtimeValue\": {\"constant\": \"pv\"}}, \"annotations\": "
        "{\"runtimeValue\": "
        "{\"constant\": {\"a\": \"b\"}}}}}");
    kf_value_free(modes);
    kf_value_free(annotations);
    fixture_free(&f);
}
END_TEST

START_TEST(wrong_claims_are_refused)
{
    fixture f = fixture_new();
    kf_value *modes = parse("[\"ReadWriteMany\"]"), *text = parse("\"x\"");
    size_t count = kf_pipeline_task_count(f.pipeline);
    kf_task_id task = -1;
    ck_fails(kf_kubernetes_create_pvc(f.pipeline,
                 KF_OPTIONS(kf_kubernetes_pvc, .access_modes = modes), &task),
        KF_EMISSING, "access modes and a size");
    ck_fails(kf_kubernetes_create_pvc(f.pipeline,
                 KF_OPTIONS(kf_kubernetes_pvc, .access_modes = modes,
                     .storage_size = "1Gi", .pvc_name = "a", .pvc_name_suffix = "b"),
                 &task),
        KF_EINVAL, "not both");
    ck_fails(
        kf_kubernetes_create_pvc(f.pipeline,
            KF_OPTIONS(kf_kubernetes_pvc, .access_modes = text, .storage_size = "1Gi"),
            &task),
        KF_ETYPE, "list of strings");
    ck_assert_uint_eq(kf_pipeline_task_count(f.pipeline), count);
    ck_assert_int_eq(task, -1);
    kf_value_free(modes);
    kf_value_free(text);
    fixture_free(&f);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    kf_component *component = NULL;
    kf_status status = KF_ENOMEM;
    for (long n = 0; status != KF_OK; n++) {
        kf__mem_fail_after(n);
        status = kf_kubernetes_create_pvc_component(&component);
        kf__mem_fail_after(-1);
        ck_assert(status == KF_OK || (status == KF_ENOMEM && component == NULL));
        ck_assert_int_lt(n, 1000);
    }
    kf_component_free(component);
}
END_TEST

KF_TEST_MAIN("pipeline/kubernetes_pvc", the_components_are_kfps,
    claims_are_made_and_deleted, wrong_claims_are_refused, any_allocation_may_fail)
