/* SPDX-License-Identifier: Apache-2.0 */
/* Any text behind a pipeline is its PlatformSpec or a report with errors; what is read
 * can be written, and reads the same. */
#include "fuzz.h"

#include "pipeline/document.h"

static const char pipeline[] =
    "components: {comp-a: {executorLabel: exec-a, inputDefinitions: {parameters: {"
    "x: {parameterType: STRING}}}}}\n"
    "deploymentSpec: {executors: {exec-a: {container: {image: i}}}}\n"
    "pipelineInfo: {name: p}\n"
    "root: {dag: {tasks: {a: {componentRef: {name: comp-a}, inputs: {parameters: {"
    "x: {runtimeValue: {constant: y}}}}}}}}\n"
    "schemaVersion: 2.1.0\n---\n";

static void check_written(const kf_document *document)
{
    const kf_write_options options = {.size = sizeof options};
    kf_document again = {0};
    kf_buf text = KF__BUF_INIT;
    fuzz_check(kf__document_write(document, &options, &text) == KF_OK);
    fuzz_check(kf__document_read(text.data, text.length, NULL, &again) == KF_OK);
    fuzz_check(kf_value_length(document->platform) == 0 ||
               kf_value_length(again.platform) == 0 ||
               kf_value_equal(document->platform, again.platform));
    kf__document_finish(&again);
    kf__buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_document document = {0};
    kf_report *report = NULL;
    kf_buf text = KF__BUF_INIT;
    kf__buf_append(&text, pipeline, sizeof pipeline - 1);
    kf__buf_append(&text, data, size);
    fuzz_check(text.status == KF_OK && kf__report_new(&report) == KF_OK);
    kf_status status = kf__document_read(text.data, text.length, report, &document);
    if (status == KF_OK) {
        if (kf_report_errors(report) == 0)
            check_written(&document);
        fuzz_check(kf__document_check(&document, report) == KF_OK);
    } else {
        fuzz_check(kf_report_errors(report) == 1);
    }
    for (size_t i = 0; i < kf_report_count(report); i++)
        fuzz_check(kf_report_at(report, i)->message[0] != '\0');
    kf__document_finish(&document);
    kf_report_free(report);
    kf__buf_finish(&text);
    return 0;
}
