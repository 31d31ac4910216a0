/* SPDX-License-Identifier: Apache-2.0 */
#include <kf/pipeline.h>

#include "kf_edit.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"

#define DOCUMENTS KF_TEST_GOLDEN "/documents/"

static char *read_text(const char *path)
{
    kf_buf text = KF__BUF_INIT;
    char *out;
    ck_ok(kf__file_read(path, 1 << 20, &text));
    ck_ok(kf__buf_take(&text, &out));
    return out;
}

/* Everything here was written as KFP writes, in the verbose form. */
static void check_same(
    kf_pipeline *pipeline, const kf_write_options *options, const char *golden)
{
    char *expected = read_text(golden);
    char *written;
    ck_ok(kf_pipeline_write(pipeline, options, &written));
    kf_check_same(written, expected);
    kf_text_free(written);
    kf_text_free(expected);
}

START_TEST(open_and_write)
{
    static const char *const names[] = {"defaults", "outputs", "platform", "work"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[300];
        kf_pipeline *pipeline;
        (void)snprintf(path, sizeof path, DOCUMENTS "%s.yaml", names[i]);
        ck_ok(kf_pipeline_open(path, &pipeline));
        check_same(pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true), path);
        kf_pipeline_free(pipeline);
    }
}
END_TEST

/* By default the same document is written in a shorter text. */
START_TEST(short_text)
{
    kf_pipeline *pipeline, *again;
    char *written;
    kf_value *spec, *same;
    ck_ok(kf_pipeline_open(DOCUMENTS "outputs.yaml", &pipeline));
    ck_ok(kf_pipeline_write(pipeline, NULL, &written));
    ck_assert_ptr_nonnull(strstr(written, "cachingOptions: {enableCache: true}"));
    ck_ok(kf_pipeline_load(written, strlen(written), &again));
    ck_ok(kf_pipeline_spec(pipeline, NULL, &spec));
    ck_ok(kf_pipeline_spec(again, NULL, &same));
    ck_assert(kf_value_equal(spec, same));
    kf_value_free(spec);
    kf_value_free(same);
    kf_text_free(written);
    kf_pipeline_free(again);
    kf_pipeline_free(pipeline);
}
END_TEST

static bool is_manifest(const char *text)
{
    return kf__starts_with(text, "apiVersion:");
}

/* Read, checked and written back: no errors, and the same bytes. */
static void check_round_trip(const char *path)
{
    kf_pipeline *pipeline;
    kf_report *report;
    char *text = read_text(path);
    kf_status status = kf_pipeline_load(text, strlen(text), &pipeline);
    ck_assert_msg(status == KF_OK, "%s: %s", path, kf_last_error()->message);
    ck_ok(kf_pipeline_check(pipeline, &report));
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        ck_assert_msg(finding->severity != KF_SEVERITY_ERROR, "%s:%d: %s", path,
            finding->line, finding->message);
    }
    if (!is_manifest(text))
        check_same(pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true), path);
    kf_report_free(report);
    kf_pipeline_free(pipeline);
    kf_text_free(text);
}

static size_t check_folder(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    ck_assert_msg(entries != NULL, "%s", folder);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[600];
        if (!kf__ends_with(entry->d_name, ".yaml"))
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_round_trip(path);
        count++;
    }
    (void)closedir(entries);
    return count;
}

/* Everything that KFP has compiled for the comparison with it. */
START_TEST(round_trips)
{
    ck_assert_uint_gt(check_folder(KF_TEST_GOLDEN "/ir"), 50);
    ck_assert_uint_gt(check_folder(KF_TEST_GOLDEN "/documents"), 5);
}
END_TEST

/* As compile(pipeline_name=…, pipeline_display_name=…, pipeline_parameters=…) of KFP. */
START_TEST(overrides)
{
    kf_pipeline *pipeline;
    kf_value *parameters;
    char *text;
    ck_ok(kf_pipeline_open(DOCUMENTS "defaults.yaml", &pipeline));
    ck_ok(kf_value_new(KF_KIND_STRUCT, &parameters));
    ck_ok(kf_value_set_string(parameters, "text", "given"));
    ck_ok(kf_value_set_int(parameters, "b", 7));
    check_same(pipeline,
        KF_OPTIONS(kf_write_options, .verbose_form = true, .pipeline_name = "other",
            .pipeline_display_name = "Other", .parameters = parameters),
        DOCUMENTS "overridden.yaml");
    const kf_write_options *options =
        KF_OPTIONS(kf_write_options, .parameters = parameters);
    ck_ok(kf_value_set_string(parameters, "b", "x"));
    ck_fails(kf_pipeline_write(pipeline, options, &text), KF_ETYPE, "'b'");
    ck_ok(kf_value_set_int(parameters, "b", 7));
    ck_ok(kf_value_set_int(parameters, "texte", 7));
    ck_fails(
        kf_pipeline_write(pipeline, options, &text), KF_ENOENT, "did you mean 'text'?");
    check_same(pipeline, KF_OPTIONS(kf_write_options, .verbose_form = true),
        DOCUMENTS "defaults.yaml");
    kf_pipeline_free(pipeline);
    ck_ok(kf_pipeline_open(DOCUMENTS "outputs.yaml", &pipeline));
    kf_value_free(parameters);
    ck_ok(kf_value_new(KF_KIND_STRUCT, &parameters));
    ck_ok(kf_value_set_string(parameters, "in_data", "x"));
    options = KF_OPTIONS(kf_write_options, .parameters = parameters);
    ck_fails(kf_pipeline_write(pipeline, options, &text), KF_EUNSUPPORTED, "artifact");
    kf_value_free(parameters);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(save)
{
    char folder[] = "/tmp/kf-document-XXXXXX";
    char path[60];
    kf_pipeline *pipeline;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_ok(kf_pipeline_open(DOCUMENTS "outputs.yaml", &pipeline));
    static const char *const names[] = {"outputs.yaml", "outputs.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char golden[300];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)snprintf(golden, sizeof golden, DOCUMENTS "%s", names[i]);
        ck_ok(kf_pipeline_save(
            pipeline, path, KF_OPTIONS(kf_write_options, .verbose_form = true)));
        char *saved = read_text(path);
        char *expected = read_text(golden);
        kf_check_same(saved, expected);
        kf_text_free(saved);
        kf_text_free(expected);
    }
    (void)snprintf(path, sizeof path, "%s/no/such.yaml", folder);
    ck_fails(kf_pipeline_save(pipeline, path, NULL), KF_ENOENT, path);
    /* A pipeline that cannot be written leaves what there is. */
    kf_pipeline *platform;
    ck_ok(kf_pipeline_open(DOCUMENTS "platform.yaml", &platform));
    (void)snprintf(path, sizeof path, "%s/outputs.json", folder);
    ck_fails(kf_pipeline_save(platform, path, NULL), KF_EUNSUPPORTED, "YAML");
    char *kept = read_text(path);
    ck_assert_ptr_nonnull(strstr(kept, "\"name\": \"outputs\""));
    kf_text_free(kept);
    kf_pipeline_free(platform);
    kf_pipeline_free(pipeline);
    ck_ok(kf__remove_tree(folder));
}
END_TEST

START_TEST(specs)
{
    kf_pipeline *pipeline;
    kf_value *value;
    ck_ok(kf_pipeline_open(DOCUMENTS "platform.yaml", &pipeline));
    ck_ok(kf_pipeline_spec(
        pipeline, KF_OPTIONS(kf_write_options, .pipeline_name = "new"), &value));
    const kf_value *info = kf_value_get(value, "pipelineInfo");
    ck_assert_str_eq(kf_value_string(kf_value_get(info, "name")), "new");
    kf_value_free(value);
    ck_ok(kf_pipeline_platform_spec(pipeline, NULL, &value));
    ck_assert_ptr_nonnull(kf_value_get(kf_value_get(value, "platforms"), "kubernetes"));
    kf_value_free(value);
    kf_pipeline_free(pipeline);
    ck_ok(kf_pipeline_open(DOCUMENTS "outputs.yaml", &pipeline));
    ck_ok(kf_pipeline_platform_spec(pipeline, NULL, &value));
    ck_assert_int_eq(kf_value_kind(value), KF_KIND_STRUCT);
    ck_assert_uint_eq(kf_value_length(value), 0);
    kf_value_free(value);
    kf_pipeline_free(pipeline);
}
END_TEST

START_TEST(checks)
{
    kf_pipeline *pipeline;
    kf_report *report;
    char *text = read_text(DOCUMENTS "outputs.yaml");
    ck_ok(kf_pipeline_load(text, strlen(text), &pipeline));
    ck_ok(kf_pipeline_check(pipeline, &report));
    ck_assert_uint_eq(kf_report_count(report), 0);
    kf_report_free(report);
    kf_pipeline_free(pipeline);
    char *wrong = kf_edited(text, "producerSubtask: work", "producerSubtask: wrok");
    ck_ok(kf_pipeline_load(wrong, strlen(wrong), &pipeline));
    ck_ok(kf_pipeline_check(pipeline, &report));
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_ptr_nonnull(
        strstr(kf_report_at(report, 0)->message, "did you mean 'work'"));
    ck_assert_int_gt(kf_report_at(report, 0)->line, 0);
    kf_report_free(report);
    kf_pipeline_free(pipeline);
    ck_ok(kf_pipeline_check_text(wrong, strlen(wrong), &report));
    ck_assert_uint_eq(kf_report_errors(report), 1);
    kf_report_free(report);
    kf_text_free(wrong);
    ck_ok(kf_pipeline_check_text("a: [", 4, &report));
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_int_eq(kf_report_at(report, 0)->code, KF_EPARSE);
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(failures)
{
    kf_pipeline *pipeline = NULL;
    ck_fails(
        kf_pipeline_open("/no/such/file.yaml", &pipeline), KF_ENOENT, "/no/such/file");
    ck_fails(kf_pipeline_load("x", 1, &pipeline), KF_EDOCUMENT, "plain text");
    ck_assert_ptr_null(pipeline);
}
END_TEST

static kf_status everything(const char *text)
{
    kf_pipeline *pipeline;
    kf_report *report = NULL;
    kf_value *value = NULL;
    char *written = NULL;
    kf_status status = kf_pipeline_load(text, strlen(text), &pipeline);
    if (status != KF_OK)
        return status;
    status = kf_pipeline_check(pipeline, &report);
    if (status == KF_OK)
        status = kf_pipeline_write(pipeline, NULL, &written);
    if (status == KF_OK)
        status = kf_pipeline_platform_spec(pipeline, NULL, &value);
    kf_value_free(value);
    kf_text_free(written);
    kf_report_free(report);
    kf_pipeline_free(pipeline);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    char *text = read_text(DOCUMENTS "platform.yaml");
    for (long n = 0;; n++) {
        kf__mem_fail_after(n);
        kf_status status = everything(text);
        kf__mem_fail_after(-1);
        if (status == KF_OK)
            break;
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_int_lt(n, 100000);
    }
    kf_text_free(text);
}
END_TEST

KF_TEST_MAIN("document", open_and_write, short_text, round_trips, overrides, save,
    specs, checks, failures, survives_lack_of_memory)
