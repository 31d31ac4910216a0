/* SPDX-License-Identifier: Apache-2.0 */
#include "run_test.h"

static run_case self;
static char path[128];

static void setup(void)
{
    run_case_open(&self);
    (void)snprintf(path, sizeof path, "%s/data.txt", self.home);
    ck_ok(kf__file_write(path, "imported", 8));
}

static void teardown(void)
{
    run_case_close(&self);
}

/* %s: the ImporterSpec's uri, and more members of it. */
static const char document[] =
    "components:\n"
    "  comp-importer: {executorLabel: exec-importer, inputDefinitions: {parameters: {"
    "uri: {parameterType: STRING}, tag: {parameterType: STRING, isOptional: true}}},"
    " outputDefinitions: {artifacts: {artifact: {artifactType: {schemaTitle: "
    "system.Dataset,"
    " schemaVersion: 0.0.1}}}}}\n"
    "deploymentSpec: {executors: {exec-importer: {importer: {artifactUri: {%s},"
    " typeSchema: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}%s}}}}\n"
    "root: {dag: {outputs: {parameters: {o: " FROM("read",
        "Output") "}, artifacts: {file: {"
                  "artifactSelectors: [{producerSubtask: importer, outputArtifactKey: "
                  "artifact}]}}}, tasks: {"
                  "importer: {" USE("importer") ", " WITH(
                      "uri: {runtimeValue: {constant: '%s'}}, tag: " CONSTANT(
                          "blue")) "}, read: {" USE("read") ", inputs: {artifacts: "
                                                            "{file: " ARTIFACT("importe"
                                                                               "r",
                                                                "artifact") "}}}}}}\n";

static kf_run *import(
    const char *source, const char *more, const char *uri, kf_status expected)
{
    char text[4096];
    (void)snprintf(text, sizeof text, document, source, more, uri);
    return run_until(&self, text, NULL, expected);
}

static int64_t artifact_id(kf_run *run, kf_value **artifact)
{
    kf_value *found = NULL;
    ck_ok(kf_run_output(run, "file", &found));
    int64_t id = kf_value_int(kf_value_get(found, "id"));
    if (artifact)
        *artifact = found;
    else
        kf_value_free(found);
    return id;
}

START_TEST(a_local_file_is_imported)
{
    kf_run *run = import("runtimeParameter: uri", "", path, KF_OK);
    run_expect_output(run, "o", "\"imported\"");
    kf_run_free(run);
    char uri[160];
    (void)snprintf(uri, sizeof uri, "file://%s", path);
    run = import("runtimeParameter: uri", "", uri, KF_OK);
    run_expect_output(run, "o", "\"imported\"");
    kf_run_free(run);
}
END_TEST

START_TEST(the_uri_may_be_a_constant)
{
    char source[200];
    (void)snprintf(source, sizeof source, "constant: '%s'", path);
    kf_run *run = import(source, "", "/another", KF_OK);
    run_expect_output(run, "o", "\"imported\"");
    kf_run_free(run);
}
END_TEST

START_TEST(metadata_may_have_placeholders)
{
    kf_value *artifact = NULL;
    kf_run *run = import("runtimeParameter: uri",
        ", metadata: {plain: 3, color: \"{{$.inputs.parameters['tag']}}\"}", path,
        KF_OK);
    (void)artifact_id(run, &artifact);
    const kf_value *metadata = kf_value_get(artifact, "metadata");
    ck_assert_str_eq(kf__get_text(metadata, "color"), "blue");
    ck_assert_int_eq(kf_value_int(kf_value_get(metadata, "plain")), 3);
    kf_value_free(artifact);
    kf_run_free(run);
}
END_TEST

START_TEST(the_same_artifact_is_known_again_unless_reimported)
{
    kf_run *run = import("runtimeParameter: uri", "", path, KF_OK);
    int64_t first = artifact_id(run, NULL);
    kf_run_free(run);
    run = import("runtimeParameter: uri", "", path, KF_OK);
    ck_assert_int_eq(artifact_id(run, NULL), first);
    kf_run_free(run);
    run = import("runtimeParameter: uri", ", reimport: true", path, KF_OK);
    ck_assert_int_ne(artifact_id(run, NULL), first);
    kf_run_free(run);
    /* Another content is another artifact. */
    ck_ok(kf__file_write(path, "newer", 5));
    run = import("runtimeParameter: uri", "", path, KF_OK);
    ck_assert_int_ne(artifact_id(run, NULL), first);
    run_expect_output(run, "o", "\"newer\"");
    kf_run_free(run);
}
END_TEST

START_TEST(a_remote_uri_is_kept)
{
    /* The reader is handed what KFP would mount; it is not there. */
    char text[4096];
    (void)snprintf(text, sizeof text, document, "runtimeParameter: uri",
        "}}, exec-cat: {container: {image: x, command: [sh, -c, 'cat \"$0\"',"
        " \"{{$.inputs.artifacts['file'].path}}\"]",
        "gs://bucket/x");
    char *at = strstr(text, "components:\n");
    ck_assert_ptr_nonnull(at);
    kf_buf with_reader = KF__BUF_INIT;
    kf__buf_puts(&with_reader, "components:\n  comp-read: {executorLabel: exec-cat}\n");
    kf__buf_puts(&with_reader, at + strlen("components:\n"));
    kf_run *run = run_until(&self, kf__buf_text(&with_reader),
        KF_OPTIONS(kf_run_options, .containers = KF_CONTAINERS_HOST), KF_EFAILED);
    kf__buf_finish(&with_reader);
    run_expect(run, "importer", "SUCCEEDED", "read", "FAILED");
    run_expect_error(run, "read", "/gcs/bucket/x");
    run_expect_error(
        run, "read", "the input 'file' is not on this machine: gs://bucket/x");
    kf_run_free(run);
}
END_TEST

static const char with_workspace[] =
    "---\nplatforms: {kubernetes: {pipelineConfig: {workspace: {size: 1Gi}}}}\n";

START_TEST(it_can_be_copied_to_the_workspace)
{
    kf_value *artifact = NULL;
    char text[4096];
    (void)snprintf(text, sizeof text, document, "runtimeParameter: uri",
        ", downloadToWorkspace: true", path);
    kf_buf with_platform = KF__BUF_INIT;
    kf__buf_puts(&with_platform, text);
    kf__buf_puts(&with_platform, with_workspace);
    kf_run *run = run_until(&self, kf__buf_text(&with_platform), NULL, KF_OK);
    run_expect_output(run, "o", "\"imported\"");
    (void)artifact_id(run, &artifact);
    ck_assert_ptr_nonnull(
        strstr(kf__get_text(artifact, "customPath"), "/workspace/.artifacts/"));
    ck_assert_str_eq(kf__get_text(artifact, "uri"), path);
    kf_value_free(artifact);
    kf_run_free(run);
    run = run_until(&self, text, NULL, KF_EFAILED);
    run_expect_error(run, "importer", "the pipeline has none");
    kf_run_free(run);
    kf__buf_finish(&with_platform);
}
END_TEST

/* The copy would take the place of the folder that it is to be in. */
START_TEST(a_copy_needs_a_name_of_its_own)
{
    static const char *const ends[] = {"data/..", "data/.", "data/../"};
    char uri[160], text[4096];
    (void)snprintf(uri, sizeof uri, "%s/data", self.home);
    ck_ok(kf__make_folders(uri));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        (void)snprintf(uri, sizeof uri, "file://%s/%s", self.home, ends[i]);
        size_t length = (size_t)snprintf(text, sizeof text, document,
            "runtimeParameter: uri", ", downloadToWorkspace: true", uri);
        (void)snprintf(text + length, sizeof text - length, "%s", with_workspace);
        kf_run *run = run_until(&self, text, NULL, KF_EFAILED);
        run_expect_error(run, "importer", "cannot be copied to the workspace");
        kf_run_free(run);
    }
}
END_TEST

START_TEST(everything_is_no_artifact)
{
    kf_run *run = import("runtimeParameter: uri", "", "//", KF_EFAILED);
    run_expect_error(run, "importer", "the root of the file system");
    kf_run_free(run);
}
END_TEST

KF_TEST_MAIN_WITH("run/importer", setup, teardown, a_local_file_is_imported,
    the_uri_may_be_a_constant, metadata_may_have_placeholders,
    the_same_artifact_is_known_again_unless_reimported, a_remote_uri_is_kept,
    it_can_be_copied_to_the_workspace, a_copy_needs_a_name_of_its_own,
    everything_is_no_artifact)
