/* SPDX-License-Identifier: Apache-2.0 */
#include "kubernetes_test.h"

#include <stdio.h>

START_TEST(secrets_become_variables)
{
    kf_value *two = parse("{\"a\": \"A\", \"b\": \"B\"}"),
             *one = parse("{\"a\": \"A\"}");
    kf_value *none = parse("{}");
    CHECK_CALL("{\"secretAsEnv\": [{\"secretName\": \"s\", \"keyToEnv\": "
               "[{\"secretKey\": \"a\", "
               "\"envVar\": \"A\"}, {\"secretKey\": \"b\", \"envVar\": \"B\"}], "
               "\"optional\": false, "
               "\"secretNameParameter\": {\"runtimeValue\": {\"constant\": \"s\"}}}]}",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s", two, false));
    CHECK_CALL("{\"secretAsEnv\": [{\"secretName\": \"s\", \"keyToEnv\": "
               "[{\"secretKey\": \"a\", "
               "\"envVar\": \"A\"}], \"optional\": true, \"secretNameParameter\": "
               "{\"runtimeValue\": "
               "{\"constant\": \"s\"}}}]}",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s", one, true));
    CHECK_CALL("{\"secretAsEnv\": [{\"keyToEnv\": [{\"secretKey\": \"a\", \"envVar\": "
               "\"A\"}], "
               "\"optional\": false, \"secretNameParameter\": " REFERENCE_INPUT "}]}",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, f.input, one, false));
    CHECK_CALL("{\"secretAsEnv\": [{\"keyToEnv\": [{\"secretKey\": \"a\", \"envVar\": "
               "\"A\"}], "
               "\"optional\": false, \"secretNameParameter\": " REFERENCE_OUTPUT "}]}",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, f.output, one, false));
    CHECK_CALL("{\"secretAsEnv\": [{\"secretName\": \"s\", \"optional\": false, "
               "\"secretNameParameter\": {\"runtimeValue\": {\"constant\": \"s\"}}}]}",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s", none, false));
    kf_value_free(one);
    kf_value_free(two);
    kf_value_free(none);
}
END_TEST

START_TEST(calls_add_up)
{
    fixture f = fixture_new();
    kf_value *one = parse("{\"a\": \"A\"}");
    ck_ok(kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s", one, false));
    ck_ok(kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s2", one, false));
    check_config(&f, "{\"secretAsEnv\": [{\"secretName\": \"s\", \"keyToEnv\": "
                     "[{\"secretKey\": \"a\", "
                     "\"envVar\": \"A\"}], \"optional\": false, "
                     "\"secretNameParameter\": {\"runtimeValue\": "
                     "{\"constant\": \"s\"}}}, {\"secretName\": \"s2\", \"keyToEnv\": "
                     "[{\"secretKey\": \"a\", "
                     "\"envVar\": \"A\"}], \"optional\": false, "
                     "\"secretNameParameter\": {\"runtimeValue\": "
                     "{\"constant\": \"s2\"}}}]}");
    kf_value_free(one);
    fixture_free(&f);
}
END_TEST

START_TEST(secrets_and_config_maps_become_folders)
{
    CHECK_CALL(
        "{\"secretAsVolume\": [{\"secretName\": \"s\", \"mountPath\": \"/m\", "
        "\"optional\": "
        "false, \"secretNameParameter\": {\"runtimeValue\": {\"constant\": \"s\"}}}]}",
        kf_kubernetes_use_secret_as_volume(f.pipeline, f.work, "s", "/m", false));
    CHECK_CALL("{\"secretAsVolume\": [{\"mountPath\": \"/m\", \"optional\": true, "
               "\"secretNameParameter\": " REFERENCE_OUTPUT "}]}",
        kf_kubernetes_use_secret_as_volume(f.pipeline, f.work, f.output, "/m", true));
    CHECK_CALL("{\"configMapAsVolume\": [{\"configMapName\": \"s\", \"mountPath\": "
               "\"/m\", \"optional\": "
               "false, \"configMapNameParameter\": {\"runtimeValue\": {\"constant\": "
               "\"s\"}}}]}",
        kf_kubernetes_use_config_map_as_volume(f.pipeline, f.work, "s", "/m", false));
    CHECK_CALL("{\"configMapAsVolume\": [{\"mountPath\": \"/m\", \"optional\": true, "
               "\"configMapNameParameter\": " REFERENCE_INPUT "}]}",
        kf_kubernetes_use_config_map_as_volume(
            f.pipeline, f.work, f.input, "/m", true));
}
END_TEST

START_TEST(config_maps_become_variables)
{
    kf_value *two = parse("{\"a\": \"A\", \"b\": \"B\"}"),
             *one = parse("{\"a\": \"A\"}");
    CHECK_CALL(
        "{\"configMapAsEnv\": [{\"configMapName\": \"s\", \"keyToEnv\": "
        "[{\"configMapKey\": "
        "\"a\", \"envVar\": \"A\"}, {\"configMapKey\": \"b\", \"envVar\": \"B\"}], "
        "\"configMapNameParameter\": {\"runtimeValue\": {\"constant\": \"s\"}}, "
        "\"optional\": "
        "true}]}",
        kf_kubernetes_use_config_map_as_env(f.pipeline, f.work, "s", two, true));
    CHECK_CALL("{\"configMapAsEnv\": [{\"keyToEnv\": [{\"configMapKey\": \"a\", "
               "\"envVar\": \"A\"}], "
               "\"configMapNameParameter\": " REFERENCE_INPUT
               ", \"optional\": false}]}",
        kf_kubernetes_use_config_map_as_env(f.pipeline, f.work, f.input, one, false));
    kf_value_free(one);
    kf_value_free(two);
}
END_TEST

START_TEST(fields_become_variables)
{
    CHECK_CALL(
        "{\"fieldPathAsEnv\": [{\"name\": \"E\", \"fieldPath\": \"metadata.name\"}]}",
        kf_kubernetes_use_field_path_as_env(f.pipeline, f.work, "E", "metadata.name"));
}
END_TEST

START_TEST(claims_are_mounted)
{
    CHECK_CALL("{\"pvcMount\": [{\"constant\": \"p\", \"mountPath\": \"/m\", "
               "\"pvcNameParameter\": "
               "{\"runtimeValue\": {\"constant\": \"p\"}}}]}",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, "p", "/m", NULL));
    CHECK_CALL("{\"pvcMount\": [{\"constant\": \"p\", \"mountPath\": \"/m\", "
               "\"pvcNameParameter\": "
               "{\"runtimeValue\": {\"constant\": \"p\"}}}]}",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, "p", "/m", ""));
    CHECK_CALL("{\"pvcMount\": [{\"constant\": \"p\", \"mountPath\": \"/m\", "
               "\"pvcNameParameter\": "
               "{\"runtimeValue\": {\"constant\": \"p\"}}, \"subPath\": \"sub\"}]}",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, "p", "/m", "sub"));
    CHECK_CALL(
        "{\"pvcMount\": [{\"componentInputParameter\": \"inp\", \"mountPath\": \"/m\", "
        "\"pvcNameParameter\": " REFERENCE_INPUT "}]}",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, f.input, "/m", NULL));
    CHECK_CALL("{\"pvcMount\": [{\"taskOutputParameter\": {\"producerTask\": \"up\", "
               "\"outputParameterKey\": \"Output\"}, \"mountPath\": \"/m\", "
               "\"pvcNameParameter\": " REFERENCE_OUTPUT "}]}",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, f.output, "/m", NULL));
}
END_TEST

START_TEST(empty_folders_are_mounted)
{
    CHECK_CALL("{\"emptyDirMounts\": [{\"volumeName\": \"v\", \"mountPath\": \"/m\"}]}",
        kf_kubernetes_empty_dir_mount(f.pipeline, f.work, "v", "/m", NULL, NULL));
    CHECK_CALL("{\"emptyDirMounts\": [{\"volumeName\": \"v\", \"mountPath\": \"/m\", "
               "\"medium\": "
               "\"Memory\", \"sizeLimit\": \"5Gi\"}]}",
        kf_kubernetes_empty_dir_mount(f.pipeline, f.work, "v", "/m", "Memory", "5Gi"));
}
END_TEST

static kf_status ephemeral(fixture *f, const char *modes, const char *storage_class,
    const char *labels, const char *annotations)
{
    kf_value *mode_list = parse(modes);
    kf_value *label_values = labels != NULL ? parse(labels) : NULL;
    kf_value *annotation_values = annotations != NULL ? parse(annotations) : NULL;
    kf_status status = kf_kubernetes_add_ephemeral_volume(f->pipeline, f->work,
        KF_OPTIONS(kf_kubernetes_ephemeral_volume, .volume_name = "v",
            .mount_path = "/m", .access_modes = mode_list, .storage_size = "5Gi",
            .storage_class_name = storage_class, .labels = label_values,
            .annotations = annotation_values));
    kf_value_free(mode_list);
    kf_value_free(label_values);
    kf_value_free(annotation_values);
    return status;
}

START_TEST(ephemeral_volumes_are_made)
{
    CHECK_CALL(
        "{\"genericEphemeralVolume\": [{\"volumeName\": \"v\", \"mountPath\": \"/m\", "
        "\"accessModes\": [\"ReadWriteOnce\", \"X\"], \"size\": \"5Gi\", "
        "\"defaultStorageClass\": true}]}",
        ephemeral(&f, "[\"ReadWriteOnce\", \"X\"]", NULL, NULL, NULL));
    CHECK_CALL(
        "{\"genericEphemeralVolume\": [{\"volumeName\": \"v\", \"mountPath\": \"/m\", "
        "\"accessModes\": [\"ReadWriteOnce\"], \"size\": \"5Gi\", "
        "\"storageClassName\": \"sc\", "
        "\"metadata\": {\"labels\": {\"l\": \"1\"}, \"annotations\": {\"a\": "
        "\"2\"}}}]}",
        ephemeral(&f, "[\"ReadWriteOnce\"]", "sc", "{\"l\": \"1\"}", "{\"a\": \"2\"}"));
    CHECK_CALL(
        "{\"genericEphemeralVolume\": [{\"volumeName\": \"v\", \"mountPath\": \"/m\", "
        "\"size\": \"5Gi\", \"metadata\": {\"labels\": {\"l\": \"1\"}}}]}",
        ephemeral(&f, "[]", "", "{\"l\": \"1\"}", NULL));
}
END_TEST

START_TEST(wrong_volumes_are_refused)
{
    kf_value *numbers = parse("{\"a\": 1}"), *list = parse("[\"a\"]"),
             *env = parse("{\"a\": \"A\"}");
    CHECK_FAILS(KF_EINVAL, "name of the Secret cannot be empty",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "", env, false));
    CHECK_FAILS(KF_ETYPE, "member \"a\"",
        kf_kubernetes_use_secret_as_env(f.pipeline, f.work, "s", numbers, false));
    CHECK_FAILS(KF_ETYPE, "struct of strings",
        kf_kubernetes_use_config_map_as_env(f.pipeline, f.work, "s", list, false));
    CHECK_FAILS(KF_EINVAL, "no task of the pipeline",
        kf_kubernetes_use_secret_as_volume(f.pipeline, 99, "s", "/m", false));
    CHECK_FAILS(KF_EINVAL, "mount path cannot be empty",
        kf_kubernetes_use_config_map_as_volume(f.pipeline, f.work, "s", "", false));
    CHECK_FAILS(KF_EINVAL, "mount path must be known when the pipeline is compiled",
        kf_kubernetes_mount_pvc(f.pipeline, f.work, "p", f.input, NULL));
    CHECK_FAILS(KF_EINVAL, "UTF-8",
        kf_kubernetes_use_field_path_as_env(f.pipeline, f.work, "E", "\xff"));
    char partly[160];
    fixture f = fixture_new();
    (void)snprintf(partly, sizeof partly, "x-%s", f.input);
    ck_fails(kf_kubernetes_mount_pvc(f.pipeline, f.work, partly, "/m", NULL), KF_EINVAL,
        "as a whole");
    ck_fails(kf_kubernetes_add_ephemeral_volume(f.pipeline, f.work,
                 KF_OPTIONS(kf_kubernetes_ephemeral_volume, .volume_name = "v")),
        KF_EMISSING, "mount path");
    fixture_free(&f);
    kf_value_free(numbers);
    kf_value_free(list);
    kf_value_free(env);
}
END_TEST

START_TEST(an_artifact_is_no_name)
{
    fixture f = fixture_new();
    kf_channel_id channel = -1;
    ck_ok(kf_pipeline_add_input_artifact(
        f.pipeline, "data", "system.Dataset", NULL, &channel));
    const char *data = kf_pipeline_channel_text(f.pipeline, channel);
    char json[128];
    (void)snprintf(json, sizeof json, "[\"%s\"]", data);
    kf_value *names = parse(json);
    const kf_value *text = kf_value_at(names, 0);
    ck_fails(kf_kubernetes_mount_pvc(f.pipeline, f.work, data, "/m", NULL), KF_ETYPE,
        "\"data\" is an artifact");
    ck_fails(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, names), KF_ETYPE,
        "\"data\" is an artifact");
    ck_fails(kf_kubernetes_add_node_selector_json(f.pipeline, f.work, text), KF_ETYPE,
        "\"data\" is an artifact");
    ck_fails(kf_kubernetes_add_toleration_json(f.pipeline, f.work, text), KF_ETYPE,
        "\"data\" is an artifact");
    check_config(&f, "");
    kf_value_free(names);
    fixture_free(&f);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    fixture f = fixture_new();
    kf_value *env = parse("{\"a\": \"A\", \"b\": \"B\"}");
    ck_ok(
        kf_kubernetes_use_field_path_as_env(f.pipeline, f.work, "E", "metadata.name"));
    kf_status status = KF_ENOMEM;
    for (long n = 0; status != KF_OK; n++) {
        kf__mem_fail_after(n);
        status =
            kf_kubernetes_use_secret_as_env(f.pipeline, f.work, f.output, env, true);
        kf__mem_fail_after(-1);
        ck_assert(status == KF_OK || status == KF_ENOMEM);
        if (status != KF_OK)
            check_config(&f, "{\"fieldPathAsEnv\": [{\"name\": \"E\", \"fieldPath\": "
                             "\"metadata.name\"}]}");
        ck_assert_int_lt(n, 1000);
    }
    kf_value_free(env);
    fixture_free(&f);
}
END_TEST

KF_TEST_MAIN("pipeline/kubernetes_volume", secrets_become_variables, calls_add_up,
    secrets_and_config_maps_become_folders, config_maps_become_variables,
    fields_become_variables, claims_are_mounted, empty_folders_are_mounted,
    ephemeral_volumes_are_made, wrong_volumes_are_refused, an_artifact_is_no_name,
    any_allocation_may_fail)
