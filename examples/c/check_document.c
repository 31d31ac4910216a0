/* SPDX-License-Identifier: Apache-2.0 */
/* Check a compiled pipeline and print all that is found, each with its line.
 *     cc check_document.c -o check_document $(pkg-config --cflags --libs libkf)
 *     ./check_document pipeline.yaml */
#include <kf.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0, got = 1;
    for (*length = 0; file && got; *length += got) {
        if (*length == size && !(text = realloc(text, size += 65536)))
            break;
        got = fread(text + *length, 1, size - *length, file);
    }
    if (file)
        fclose(file);
    return text;
}

static void print_finding(const char *path, const kf_finding *finding)
{
    const char *severity = finding->severity == KF_SEVERITY_ERROR ? "error" : "warning";
    printf("%s:%d:%d: %s: %s", path, finding->line, finding->column, severity, finding->message);
    printf(finding->where[0] ? " (%s)\n" : "\n", finding->where);
}

int main(int argc, char **argv)
{
    size_t length;
    char *text = argc == 2 ? read_file(argv[1], &length) : NULL;
    kf_report *report = NULL;
    if (!text) {
        fprintf(stderr, "usage: check_document FILE\n");
        return 2;
    }
    if (kf_pipeline_check_text(text, length, &report) != KF_OK) {
        fprintf(stderr, "%s\n", kf_last_error()->message);
        return 2;
    }
    for (size_t i = 0; i < kf_report_count(report); i++)
        print_finding(argv[1], kf_report_at(report, i));
    int errors = (int)kf_report_errors(report);
    printf("%d errors, %d warnings\n", errors, (int)kf_report_count(report) - errors);
    kf_report_free(report);
    free(text);
    return errors > 0;
}
