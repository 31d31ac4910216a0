/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions that read, check and write whole pipelines. */
#include "pipeline/document.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "io/file.h"
#include "pipeline/ir_write.h"

kf_status kf_pipeline_load(const char *text, size_t length, kf_pipeline **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    kf_document document = {0};
    KF__TRY(kf__document_read(text, length, NULL, &document));
    return kf__pipeline_from_document(&document, out);
}

kf_status kf_pipeline_open(const char *path, kf_pipeline **out)
{
    KF__REQUIRE(path != NULL && out != NULL);
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__file_read(path, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = kf_pipeline_load(kf__buf_text(&text), text.length, out);
    kf__buf_finish(&text);
    return status;
}

static kf_status take_report(kf_status status, kf_report *report, kf_report **out)
{
    if (status == KF_OK)
        status = kf__report_status(report);
    if (status == KF_OK) {
        *out = report;
        return KF_OK;
    }
    kf_report_free(report);
    return status == KF_ENOMEM ? kf__nomem() : status;
}

kf_status kf_pipeline_check(const kf_pipeline *pipeline, kf_report **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    kf_document document = {0};
    const kf_write_options options = {.size = sizeof options};
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_status status = kf__pipeline_lower(pipeline, &options, &document);
    if (status == KF_OK)
        status = kf__document_check(&document, report);
    kf__document_finish(&document);
    return take_report(status, report, out);
}

kf_status kf_pipeline_check_text(const char *text, size_t length, kf_report **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    kf_document document = {0};
    kf_report *report;
    KF__TRY(kf__report_new(&report));
    kf_status status = kf__document_read(text, length, report, &document);
    if (status == KF_OK)
        status = kf__document_check(&document, report);
    else if (status != KF_ENOMEM)
        status = KF_OK; /* The report holds why. */
    kf__document_finish(&document);
    return take_report(status, report, out);
}

static kf_status write_pipeline(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_buf *out)
{
    kf_document document = {0};
    kf_status status = kf__pipeline_lower(pipeline, options, &document);
    if (status == KF_OK)
        status = kf__document_write(&document, options, out);
    kf__document_finish(&document);
    return status;
}

kf_status kf_pipeline_write(
    const kf_pipeline *pipeline, const kf_write_options *options, char **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_write_options, known, options);
    kf_buf buf = KF__BUF_INIT;
    kf_status status = write_pipeline(pipeline, &known, &buf);
    if (status == KF_OK)
        return kf__buf_take(&buf, out);
    kf__buf_finish(&buf);
    return status;
}

kf_status kf_pipeline_save(
    const kf_pipeline *pipeline, const char *path, const kf_write_options *options)
{
    KF__REQUIRE(pipeline != NULL && path != NULL);
    KF__TAKE_OPTIONS(kf_write_options, known, options);
    known.json = known.json || kf__ends_with(path, ".json");
    kf_buf buf = KF__BUF_INIT;
    kf_status status = write_pipeline(pipeline, &known, &buf);
    if (status == KF_OK)
        status = kf__file_write(path, kf__buf_text(&buf), buf.length);
    kf__buf_finish(&buf);
    return status;
}

/* The tree of the document becomes that of the value, which is all that is left of it.
 */
static kf_status take_value(
    kf_status status, kf_document *document, kf_value *value, kf_value **out)
{
    if (status == KF_OK)
        return kf__tree_take(&document->tree, value, out);
    kf__document_finish(document);
    return status;
}

kf_status kf_pipeline_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_write_options, known, options);
    kf_document document = {0};
    kf_value *spec = NULL;
    kf_status status = kf__pipeline_lower(pipeline, &known, &document);
    if (status == KF_OK)
        status = kf__document_override(&document, &known, &document.tree, &spec);
    return take_value(status, &document, spec, out);
}

kf_status kf_pipeline_platform_spec(
    const kf_pipeline *pipeline, const kf_write_options *options, kf_value **out)
{
    KF__REQUIRE(pipeline != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_write_options, known, options);
    kf_document document = {0};
    kf_status status = kf__pipeline_lower(pipeline, &known, &document);
    if (status == KF_OK && document.platform == NULL)
        document.platform = kf__tree_struct(&document.tree);
    return take_value(status, &document, document.platform, out);
}
