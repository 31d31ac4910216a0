/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#define SPEC "spec.metricsCollectorSpec"
#define PATH SPEC ".source.fileSystemPath"

/* The sound experiment with this metricsCollectorSpec. */
static void collector_finds(const char *spec, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text, "  metricsCollectorSpec: %s\n  parameters:\n", spec);
    finds("  parameters:\n", kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

START_TEST(kinds)
{
    collector_finds("{}", "nothing\n");
    collector_finds("{collector: {kind: Push}}", "nothing\n");
    collector_finds("{collector: {kind: File}}", "nothing\n");
    collector_finds("{collector: {kind: TensorFlowEvent}}", "nothing\n");
    collector_finds("{collector: {kind: None}}",
        "error " SPEC ".collector.kind: collector 'None': expected StdOut, File, "
        "TensorFlowEvent, PrometheusMetric, Push or Custom\n");
    collector_finds("{collector: {}}",
        "error " SPEC ".collector.kind: collector '': expected StdOut, File, "
        "TensorFlowEvent, PrometheusMetric, Push or Custom\n");
}
END_TEST

START_TEST(files)
{
    collector_finds("{collector: {kind: File}, source: {fileSystemPath: {path: a.log, "
                    "kind: Directory, format: text}}}",
        "error " PATH ".kind: kind 'Directory' of the path: expected File\n"
        "error " PATH ".path: path 'a.log': expected an absolute one\n"
        "error " PATH ".format: format 'text': expected TEXT or JSON\n");
    collector_finds(
        "{collector: {kind: File}, source: {fileSystemPath: {format: JSON}, "
        "filter: {metricsFormat: ['(a)(b)']}}}",
        "error " SPEC ".source.filter: a filter is for the format TEXT: JSON names its "
        "metrics\n");
    collector_finds("{collector: {kind: TensorFlowEvent}, source: {fileSystemPath: "
                    "{path: a, kind: File, format: TEXT}}}",
        "error " PATH ".kind: kind 'File' of the path: expected Directory\n"
        "error " PATH ".path: path 'a': expected an absolute one\n"
        "error " PATH
        ".format: event files have a format of their own: leave it out\n");
}
END_TEST

#define PROMETHEUS                                                                     \
    "error " SPEC                                                                      \
    ".collector.kind: Katib has no collector for PrometheusMetric unless "             \
    "its administrator adds one: expected StdOut, File, TensorFlowEvent, Push or "     \
    "Custom\n"

START_TEST(others)
{
    collector_finds("{collector: {kind: PrometheusMetric}}", PROMETHEUS);
    collector_finds("{collector: {kind: PrometheusMetric}, source: {httpGet: {port: "
                    "http, path: m}}}",
        "error " SPEC ".source.httpGet.port: port must be a number above 0\n"
        "error " SPEC
        ".source.httpGet.path: path 'm' must begin with '/'\n" PROMETHEUS);
    collector_finds("{collector: {kind: Custom}}",
        "error " SPEC ".collector.customCollector: a Custom collector needs its "
        "container, customCollector\n");
    collector_finds("{collector: {kind: Custom, customCollector: {name: a}}, source: "
                    "{fileSystemPath: {path: a, kind: Invalid}}}",
        "error " PATH ".kind: kind 'Invalid' of the path: expected File or Directory\n"
        "error " PATH ".path: path 'a': expected an absolute one\n");
    collector_finds("{collector: {kind: Custom, customCollector: {name: a}}, source: "
                    "{fileSystemPath: {path: /a, kind: Directory}}}",
        "nothing\n");
}
END_TEST

#define FILTER(pattern) "{source: {filter: {metricsFormat: ['" pattern "']}}}"
#define FORMAT SPEC ".source.filter.metricsFormat[0]"

START_TEST(filters)
{
    collector_finds(FILTER("([\\w|-]+)\\s*=\\s*(\\d+)"), "nothing\n");
    collector_finds(FILTER("loss=(\\d+)"),
        "error " FORMAT ": 'loss=(\\d+)' needs two groups: the name of the metric and "
        "its value\n");
    collector_finds(FILTER("(?:a)(?:b)"),
        "error " FORMAT ": '(?:a)(?:b)' needs two groups: the name of the metric and "
        "its value\n");
    collector_finds(FILTER("(a)(b"),
        "error " FORMAT ": column 6 of the regular expression '(a)(b': missing closing "
        "parenthesis\n");
    collector_finds(FILTER("(a)(?=b)"),
        "error " FORMAT ": column 4 of the regular expression '(a)(?=b)': Go's regular "
        "expressions cannot look around\n");
    collector_finds(FILTER("(a);(b)"),
        "warning " FORMAT ": on a cluster a filter breaks at ';', which separates "
        "filters there\n");
}
END_TEST

START_TEST(names)
{
    finds("objectiveMetricName: loss", "objectiveMetricName: val/loss",
        "warning " SPEC
        ".source: the default filter finds names of letters, digits, '_' "
        "and '-': 'val/loss' needs a filter of its own\n");
}
END_TEST

KF_TEST_MAIN("search/experiment_check_collector", kinds, files, others, filters, names)
