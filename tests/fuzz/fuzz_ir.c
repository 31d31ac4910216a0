/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is a pipeline or a report with errors; what is read can be written, and reads
 * the same. */
#include "fuzz.h"

#include "base/limits.h"
#include "pipeline/document.h"

static void check_findings(const kf_report *report)
{
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        fuzz_check(finding->message[0] != '\0' && finding->where != NULL);
        fuzz_check(finding->code != KF_OK && finding->code != KF_ENOMEM);
        fuzz_check(finding->line >= 0 && finding->column >= 0);
    }
}

static void check_written(const kf_document *document, const kf_write_options *options)
{
    kf_document again = {0};
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__document_write(document, options, &text);
    fuzz_check(status == KF_OK || status == KF_EUNSUPPORTED || status == KF_EMISSING);
    if (status == KF_OK && text.length <= KF__LIMIT_DOCUMENT_BYTES) {
        fuzz_check(kf__document_read(text.data, text.length, NULL, &again) == KF_OK);
        fuzz_check(kf_value_equal(document->spec, again.spec));
        fuzz_check(kf_value_length(document->platform) == 0 ||
                   kf_value_length(again.platform) == 0 ||
                   kf_value_equal(document->platform, again.platform));
        kf__document_finish(&again);
    }
    kf__buf_finish(&text);
}

static void check_document(const kf_document *document, const kf_report *report)
{
    if (kf_report_errors(report) > 0)
        return;
    check_written(document, KF_OPTIONS(kf_write_options, .json = false));
    check_written(document, KF_OPTIONS(kf_write_options, .json = true));
    check_written(document, KF_OPTIONS(kf_write_options, .format = KF_FORMAT_MANIFEST,
                                .manifest_include_pipeline = true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_document document = {0};
    kf_report *report = NULL;
    fuzz_check(kf__report_new(&report) == KF_OK);
    kf_status status = kf__document_read((const char *)data, size, report, &document);
    if (status == KF_OK) {
        check_document(&document, report);
        fuzz_check(kf__document_check(&document, report) == KF_OK);
    } else {
        fuzz_check(kf_report_errors(report) == 1);
    }
    check_findings(report);
    kf__document_finish(&document);
    kf_report_free(report);
    return 0;
}
