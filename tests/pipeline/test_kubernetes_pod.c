/* SPDX-License-Identifier: Apache-2.0 */
#include "kubernetes_test.h"

START_TEST(labels_and_annotations_are_set)
{
    fixture f = fixture_new();
    ck_ok(kf_kubernetes_add_pod_label(f.pipeline, f.work, "a", "b"));
    ck_ok(kf_kubernetes_add_pod_annotation(f.pipeline, f.work, "c", "d"));
    ck_ok(kf_kubernetes_add_pod_label(f.pipeline, f.work, "a2", "b"));
    check_config(&f, "{\"podMetadata\": {\"labels\": {\"a\": \"b\", \"a2\": \"b\"}, "
                     "\"annotations\": {\"c\": \"d\"}}}");
    ck_ok(kf_kubernetes_add_pod_label(f.pipeline, f.work, "a", ""));
    ck_fails(kf_kubernetes_add_pod_label(f.pipeline, f.work, "", "x"), KF_EINVAL,
        "cannot be empty");
    fixture_free(&f);
}
END_TEST

START_TEST(the_last_image_pull_policy_counts)
{
    fixture f = fixture_new();
    ck_ok(kf_kubernetes_set_image_pull_policy(f.pipeline, f.work, "Always"));
    ck_ok(kf_kubernetes_set_image_pull_policy(f.pipeline, f.work, "Never"));
    check_config(&f, "{\"imagePullPolicy\": \"Never\"}");
    ck_fails(kf_kubernetes_set_image_pull_policy(f.pipeline, f.work, "always"),
        KF_EINVAL, "expected Always, Never or IfNotPresent");
    fixture_free(&f);
}
END_TEST

START_TEST(image_pull_secrets_add_up)
{
    fixture f = fixture_new();
    kf_value *names = parse("[\"a\"]"), *more = parse("[\"b\"]"), *bad = parse("[1]");
    kf_value *text = parse("\"a\"");
    ck_ok(kf_value_add_string(names, f.input));
    ck_ok(kf_value_add_string(names, f.output));
    ck_ok(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, names));
    check_config(&f,
        "{\"imagePullSecret\": [{\"secretName\": \"a\", \"secretNameParameter\": "
        "{\"runtimeValue\": {\"constant\": \"a\"}}}, "
        "{\"secretNameParameter\": " REFERENCE_INPUT "}, "
        "{\"secretNameParameter\": " REFERENCE_OUTPUT "}]}");
    ck_fails(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, bad), KF_ETYPE,
        "secret 0");
    ck_fails(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, text), KF_ETYPE,
        "list");
    fixture_free(&f);
    f = fixture_new();
    ck_ok(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, more));
    ck_ok(kf_kubernetes_set_image_pull_secrets(f.pipeline, f.work, more));
    check_config(&f,
        "{\"imagePullSecret\": [{\"secretName\": \"b\", \"secretNameParameter\": "
        "{\"runtimeValue\": {\"constant\": \"b\"}}}, {\"secretName\": \"b\", "
        "\"secretNameParameter\": {\"runtimeValue\": {\"constant\": \"b\"}}}]}");
    fixture_free(&f);
    kf_value_free(names);
    kf_value_free(more);
    kf_value_free(bad);
    kf_value_free(text);
}
END_TEST

START_TEST(a_timeout_is_set_and_taken_back)
{
    fixture f = fixture_new();
    ck_ok(kf_kubernetes_set_timeout(f.pipeline, f.work, 30));
    check_config(&f, "{\"activeDeadlineSeconds\": \"30\"}");
    ck_fails(kf_kubernetes_set_timeout(f.pipeline, f.work, -1), KF_EINVAL,
        "0, which takes it back");
    ck_ok(kf_kubernetes_set_timeout(f.pipeline, f.work, 0));
    check_config(&f, "");
    fixture_free(&f);
}
END_TEST

START_TEST(a_security_context_is_set_bit_by_bit)
{
    CHECK_CALL("{\"securityContext\": {\"runAsUser\": \"1000\", \"runAsGroup\": \"0\", "
               "\"runAsNonRoot\": true}}",
        kf_kubernetes_set_security_context(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_security, .has_user = true, .run_as_user = 1000,
                .has_group = true, .has_non_root = true, .run_as_non_root = true)));
    fixture f = fixture_new();
    ck_ok(kf_kubernetes_set_security_context(f.pipeline, f.work,
        KF_OPTIONS(kf_kubernetes_security, .has_user = true, .run_as_user = 5)));
    ck_ok(kf_kubernetes_set_security_context(
        f.pipeline, f.work, KF_OPTIONS(kf_kubernetes_security, .has_non_root = true)));
    check_config(
        &f, "{\"securityContext\": {\"runAsUser\": \"5\", \"runAsNonRoot\": false}}");
    ck_fails(kf_kubernetes_set_security_context(f.pipeline, f.work,
                 KF_OPTIONS(kf_kubernetes_security, .run_as_user = 5)),
        KF_EINVAL, "at least one");
    ck_fails(
        kf_kubernetes_set_security_context(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_security, .has_user = true, .run_as_user = -1)),
        KF_EINVAL, "the user cannot be -1");
    fixture_free(&f);
}
END_TEST

/* No release of kfp-kubernetes has this function: the form is that of Kubernetes'
 * Container (core/v1), written by hand. */
START_TEST(init_containers_are_those_of_kubernetes)
{
    fixture f = fixture_new();
    kf_value *command = parse("[\"sh\", \"-c\"]"), *args = parse("[\"true\"]");
    kf_value *env = parse("{\"A\": \"1\"}"), *mounts = parse("{\"data\": \"/data\"}");
    kf_value *limits = parse("{\"cpu\": \"1\"}"),
             *requests = parse("{\"memory\": \"1Gi\"}");
    kf_value *list =
        parse("[{\"name\": \"data\", \"mountPath\": \"/d\", \"readOnly\": true}]");
    ck_ok(kf_kubernetes_add_init_container(f.pipeline, f.work,
        KF_OPTIONS(kf_kubernetes_init_container, .name = "fetch", .image = "alpine",
            .command = command, .args = args, .env = env, .volume_mounts = mounts,
            .resource_requests = requests, .resource_limits = limits)));
    ck_ok(kf_kubernetes_add_init_container(f.pipeline, f.work,
        KF_OPTIONS(kf_kubernetes_init_container, .name = "proxy", .image = "proxy:1",
            .restart_policy = "Always", .volume_mounts = list)));
    check_config(&f,
        "{\"initContainers\": [{\"name\": \"fetch\", \"image\": \"alpine\", "
        "\"command\": [\"sh\", \"-c\"], \"args\": [\"true\"], "
        "\"env\": [{\"name\": \"A\", \"value\": \"1\"}], "
        "\"volumeMounts\": [{\"name\": \"data\", \"mountPath\": \"/data\"}], "
        "\"resources\": {\"requests\": {\"memory\": \"1Gi\"}, \"limits\": {\"cpu\": "
        "\"1\"}}}, "
        "{\"name\": \"proxy\", \"image\": \"proxy:1\", \"restartPolicy\": \"Always\", "
        "\"volumeMounts\": [{\"name\": \"data\", \"mountPath\": \"/d\", \"readOnly\": "
        "true}]}]}");
    ck_fails(
        kf_kubernetes_add_init_container(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_init_container, .name = "proxy", .image = "x")),
        KF_EEXIST, "\"proxy\"");
    fixture_free(&f);
    kf_value_free(command);
    kf_value_free(args);
    kf_value_free(env);
    kf_value_free(mounts);
    kf_value_free(limits);
    kf_value_free(requests);
    kf_value_free(list);
}
END_TEST

START_TEST(wrong_init_containers_are_refused)
{
    kf_value *bad = parse("[{\"name\": \"d\", \"mountpath\": \"/d\"}]");
    kf_value *half = parse("[{\"name\": \"d\"}]");
    CHECK_FAILS(KF_EMISSING, "an image",
        kf_kubernetes_add_init_container(
            f.pipeline, f.work, KF_OPTIONS(kf_kubernetes_init_container, .name = "a")));
    CHECK_FAILS(KF_EINVAL, "expected Always",
        kf_kubernetes_add_init_container(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_init_container, .name = "a", .image = "b",
                .restart_policy = "Never")));
    CHECK_FAILS(KF_EINVAL, "did you mean \"mountPath\"",
        kf_kubernetes_add_init_container(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_init_container, .name = "a", .image = "b",
                .volume_mounts = bad)));
    CHECK_FAILS(KF_EMISSING, "mountPath",
        kf_kubernetes_add_init_container(f.pipeline, f.work,
            KF_OPTIONS(kf_kubernetes_init_container, .name = "a", .image = "b",
                .volume_mounts = half)));
    kf_value_free(bad);
    kf_value_free(half);
}
END_TEST

KF_TEST_MAIN("pipeline/kubernetes_pod", labels_and_annotations_are_set,
    the_last_image_pull_policy_counts, image_pull_secrets_add_up,
    a_timeout_is_set_and_taken_back, a_security_context_is_set_bit_by_bit,
    init_containers_are_those_of_kubernetes, wrong_init_containers_are_refused)
