/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/document.h"

#include "kf_edit.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "pipeline/ir_comment.h"

/* tests/golden/documents holds what KFP 2.17 writes for the pipelines of its make.py. */
static char *read_golden(const char *name)
{
    kf_buf path = KF__BUF_INIT;
    kf_buf text = KF__BUF_INIT;
    char *out;
    kf__buf_printf(&path, KF_TEST_GOLDEN "/documents/%s", name);
    ck_ok(kf__file_read(kf__buf_text(&path), 1 << 20, &text));
    ck_ok(kf__buf_take(&text, &out));
    kf__buf_finish(&path);
    return out;
}

static void read_document(const char *name, kf_document *out)
{
    char *text = read_golden(name);
    ck_ok(kf__document_read(text, strlen(text), NULL, out));
    kf_text_free(text);
}

static void check_written(
    const char *from, const char *golden, const kf_write_options *options)
{
    kf_document document;
    kf_buf text = KF__BUF_INIT;
    char *expected = read_golden(golden);
    read_document(from, &document);
    ck_ok(kf__document_write(&document, options, &text));
    kf_check_same(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
    kf_text_free(expected);
    kf__document_finish(&document);
}

START_TEST(yaml)
{
    static const char *const names[] = {"defaults.yaml", "outputs.yaml",
        "platform.yaml", "overridden.yaml", "work.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_written(names[i], names[i], KF_OPTIONS(kf_write_options, .json = false));
}
END_TEST

START_TEST(json)
{
    const kf_write_options *options = KF_OPTIONS(kf_write_options, .json = true);
    check_written("defaults.yaml", "defaults.json", options);
    check_written("outputs.yaml", "outputs.json", options);
    check_written("outputs.json", "outputs.json", options);
    kf_document document;
    kf_buf text = KF__BUF_INIT;
    read_document("platform.yaml", &document);
    ck_fails(
        kf__document_write(&document, options, &text), KF_EUNSUPPORTED, "write YAML");
    ck_fails(
        kf__document_write(&document,
            KF_OPTIONS(kf_write_options, .json = true, .format = KF_FORMAT_MANIFEST),
            &text),
        KF_EUNSUPPORTED, "YAML");
    kf__document_finish(&document);
    kf__buf_finish(&text);
}
END_TEST

START_TEST(manifests)
{
    static const char *const names[] = {"defaults", "outputs", "platform"};
    const kf_write_options *plain =
        KF_OPTIONS(kf_write_options, .format = KF_FORMAT_MANIFEST);
    const kf_write_options *full =
        KF_OPTIONS(kf_write_options, .format = KF_FORMAT_MANIFEST,
            .manifest_pipeline_name = "p", .manifest_pipeline_display_name = "P",
            .manifest_version_name = "v", .manifest_version_display_name = "V",
            .manifest_namespace = "ns", .manifest_include_pipeline = true);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[60];
        char golden[60];
        (void)snprintf(from, sizeof from, "%s.yaml", names[i]);
        (void)snprintf(golden, sizeof golden, "%s.manifest.yaml", names[i]);
        check_written(from, golden, plain);
        check_written(golden, golden, plain);
        (void)snprintf(golden, sizeof golden, "%s.full-manifest.yaml", names[i]);
        check_written(from, golden, full);
        check_written(golden, golden, full);
    }
}
END_TEST

static void check_comment(
    const char *spec, const char *description, const char *expected)
{
    kf_value *value;
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf_value_parse(spec, strlen(spec), &value));
    kf__ir_put_comment(&text, value, description);
    kf_check_same(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
    kf_value_free(value);
}

#define HEAD "# PIPELINE DEFINITION\n# Name: p\n"
#define WITH_DEFAULT(type, value)                                                      \
    "{\"pipelineInfo\": {\"name\": \"p\"}, \"root\": {\"inputDefinitions\": "          \
    "{\"parameters\": {\"x\": {\"parameterType\": \"" type                             \
    "\", \"defaultValue\": " value "}}}}}"

/* Text that would end a comment, or that YAML cannot hold, is escaped: KFP writes it as it is, and
 * what it wrote cannot be read. */
START_TEST(comments)
{
    check_comment("{\"pipelineInfo\": {\"name\": \"p\"}}", NULL, HEAD);
    check_comment("{\"pipelineInfo\": {\"name\": \"p\"}}",
        "a\r\nb\n\n\xe2\x80\xa8"
        "c",
        HEAD "# Description: a\n#              b\n#              \n#              \n"
             "#              c\n");
    check_comment(WITH_DEFAULT("STRING", "\"a\\nb\\u0085\\u0000\\tc\""), NULL,
        HEAD "# Inputs:\n#    x: str [Default: 'a\\nb\\x85\\x00\tc']\n");
    check_comment(WITH_DEFAULT("STRUCT", "{\"a\\n\": [null, \"\\u00a0\\\\\", 1.5, 2]}"),
        NULL,
        HEAD
        "# Inputs:\n#    x: dict [Default: {'a\\n': [None, '\\xa0\\\\', 1.5, 2]}]\n");
    check_comment(
        "{\"pipelineInfo\": {\"name\": \"p\"}, \"root\": {\"inputDefinitions\": "
        "{\"parameters\": {\"s\": {\"parameterType\": \"TASK_FINAL_STATUS\"}, \"b\": "
        "{\"parameterType\": \"TASK_CONFIG\"}}, \"artifacts\": {\"c\": "
        "{\"artifactType\": {\"schemaTitle\": \"google.X\"}}}}, "
        "\"outputDefinitions\": {}}}",
        NULL,
        HEAD "# Inputs:\n#    b: TaskConfig\n#    c: google.X\n"
             "#    s: PipelineTaskFinalStatus\n# Outputs:\n");
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    const kf_write_options *all[] = {KF_OPTIONS(kf_write_options, .json = false),
        KF_OPTIONS(kf_write_options, .format = KF_FORMAT_MANIFEST,
            .manifest_include_pipeline = true, .manifest_namespace = "n")};
    kf_document document;
    read_document("platform.yaml", &document);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (long n = 0;; n++) {
            kf_buf text = KF__BUF_INIT;
            kf__mem_fail_after(n);
            kf_status status = kf__document_write(&document, all[i], &text);
            kf__mem_fail_after(-1);
            kf__buf_finish(&text);
            if (status == KF_OK)
                break;
            ck_assert_int_eq(status, KF_ENOMEM);
            ck_assert_int_lt(n, 10000);
        }
    }
    kf__document_finish(&document);
}
END_TEST

KF_TEST_MAIN("ir_write", yaml, json, manifests, comments, survives_lack_of_memory)
