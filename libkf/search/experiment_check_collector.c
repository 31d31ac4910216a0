/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics collectors. */
#include "search/experiment_check.h"

#include <string.h>

#include "base/text.h"
#include "io/regex.h"

static const kf_place spec_place = {
    .up = &(const kf_place){.name = "spec"}, .name = "metricsCollectorSpec"};

typedef struct context {
    const kf_value *spec; /* metricsCollectorSpec */
    const kf_value *source;
    const kf_place *place; /* Of the source. */
    kf_report *report;
} context;

static const char *text_of(const kf_value *object, const char *name)
{
    const char *text = kf__get_text(object, name);
    return text != NULL ? text : "";
}

/* ---- files ---- */

static void check_path(const context *self, const char *kinds, const kf_value *file)
{
    const kf_place *place = KF__PLACE(self->place, "fileSystemPath");
    const kf_value *at = file != NULL ? file : self->spec;
    const char *kind = text_of(file, "kind");
    if (*kind == '\0' || strstr(kinds, kind) == NULL ||
        (strcmp(kind, "File") != 0 && strcmp(kind, "Directory") != 0))
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, "kind"), at,
            "kind '%.100s' of the path: expected %s", kind, kinds);
    if (text_of(file, "path")[0] != '/')
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, "path"), at,
            "path '%.200s': expected an absolute one", text_of(file, "path"));
}

static void check_file(const context *self, const kf_value *file)
{
    const char *format = text_of(file, "format");
    const kf_place *place =
        KF__PLACE(KF__PLACE(self->place, "fileSystemPath"), "format");
    check_path(self, "File", file);
    if (strcmp(format, "TEXT") != 0 && strcmp(format, "JSON") != 0)
        kf__find_error(self->report, KF_EINVAL, place, file,
            "format '%.100s': expected TEXT or JSON", format);
    if (strcmp(format, "JSON") == 0 && kf_value_get(self->source, "filter") != NULL)
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(self->place, "filter"),
            kf_value_get(self->source, "filter"),
            "a filter is for the format TEXT: JSON names its metrics");
}

static void check_events(const context *self, const kf_value *file)
{
    check_path(self, "Directory", file);
    if (kf__given(file, "format") != NULL)
        kf__find_error(self->report, KF_EINVAL,
            KF__PLACE(KF__PLACE(self->place, "fileSystemPath"), "format"), file,
            "event files have a format of their own: leave it out");
}

static void check_prometheus(const context *self)
{
    const kf_value *http = kf_value_get(self->source, "httpGet");
    const kf_place *place = KF__PLACE(self->place, "httpGet");
    const kf_value *port = kf_value_get(http, "port");
    int64_t number = kf_value_int(port);
    if (kf__is(port, KF_KIND_STRING) &&
        !kf__parse_int64(kf_value_string(port), &number))
        number = 0;
    if (number <= 0)
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, "port"), http,
            "port must be a number above 0");
    if (text_of(http, "path")[0] != '/')
        kf__find_error(self->report, KF_EINVAL, KF__PLACE(place, "path"), http,
            "path '%.200s' must begin with '/'", text_of(http, "path"));
    kf__find_error(self->report, KF_EUNSUPPORTED,
        KF__PLACE(KF__PLACE(&spec_place, "collector"), "kind"), self->spec,
        "Katib has no collector for PrometheusMetric unless its administrator adds "
        "one: "
        "expected StdOut, File, TensorFlowEvent, Push or Custom");
}

static void check_custom(const context *self)
{
    const kf_value *collector = kf_value_get(self->spec, "collector");
    if (kf_value_get(collector, "customCollector") == NULL)
        kf__find_error(self->report, KF_EMISSING,
            KF__PLACE(KF__PLACE(&spec_place, "collector"), "customCollector"),
            collector, "a Custom collector needs its container, customCollector");
    const kf_value *file = kf_value_get(self->source, "fileSystemPath");
    if (file != NULL)
        check_path(self, "File or Directory", file);
}

/* ---- filters ---- */

/* "two top subexpressions", by Katib's `.*\(.*\).*\(.*\).*`. */
static bool has_two_groups(const char *pattern)
{
    const char *wanted = "()()";
    for (; *pattern != '\0' && *wanted != '\0'; pattern++)
        wanted += *pattern == *wanted;
    return *wanted == '\0';
}

static kf_status check_filter(
    const context *self, const kf_place *place, const kf_value *value)
{
    const char *pattern = kf_value_string(value);
    kf_regex *regex = NULL;
    kf_status status = kf__regex_new(pattern, &regex);
    if (status == KF_ENOMEM)
        return status;
    if (status != KF_OK)
        kf__find_last(self->report, place, value);
    else if (!has_two_groups(pattern) || kf__regex_group_count(regex) < 2)
        kf__find_error(self->report, KF_EINVAL, place, value,
            "'%.200s' needs two groups: the name of the metric and its value", pattern);
    else if (strchr(pattern, ';') != NULL)
        kf__find_warning(self->report, KF_EINVAL, place, value,
            "on a cluster a filter breaks at ';', which separates filters there");
    kf__regex_free(regex);
    return KF_OK;
}

static kf_status check_filters(const context *self)
{
    const kf_value *list =
        kf_value_get(kf_value_get(self->source, "filter"), "metricsFormat");
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(check_filter(self,
            KF__PLACE_AT(
                KF__PLACE(KF__PLACE(self->place, "filter"), "metricsFormat"), i),
            kf_value_at(list, i)));
    return KF_OK;
}

/* Names that the default filter cannot find. */
static void check_names(
    const kf_experiment *experiment, const context *self, const char *kind)
{
    const kf_value *list =
        kf_value_get(kf_value_get(self->source, "filter"), "metricsFormat");
    const kf_value *file = kf_value_get(self->source, "fileSystemPath");
    bool is_text = strcmp(kind, "StdOut") == 0 ||
                   (strcmp(kind, "File") == 0 &&
                       kf__equals_text(kf_value_get(file, "format"), "TEXT"));
    if (!is_text || kf_value_length(list) > 0)
        return;
    for (size_t i = 0; i < experiment->metrics.count; i++) {
        const char *name = experiment->metrics.items[i].name;
        for (const char *at = name; *at != '\0'; at++) {
            bool word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                        (*at >= '0' && *at <= '9') || strchr("_-|", *at) != NULL;
            if (word)
                continue;
            kf__find_warning(self->report, KF_EINVAL, self->place, self->spec,
                "the default filter finds names of letters, digits, '_' and '-': "
                "'%.100s' needs a filter of its own",
                name);
            break;
        }
    }
}

kf_status kf__check_collector(const kf_experiment *experiment, kf_report *report)
{
    const kf_value *spec = kf_experiment_collector(experiment);
    const kf_value *collector = kf_value_get(spec, "collector");
    context self = {.spec = spec,
        .source = kf_value_get(spec, "source"),
        .place = KF__PLACE(&spec_place, "source"),
        .report = report};
    const kf_value *file = kf_value_get(self.source, "fileSystemPath");
    const char *kind = text_of(collector, "kind");
    static const char *const kinds =
        "StdOut, File, TensorFlowEvent, PrometheusMetric, Push or Custom";
    if (strcmp(kind, "File") == 0)
        check_file(&self, file);
    else if (strcmp(kind, "TensorFlowEvent") == 0)
        check_events(&self, file);
    else if (strcmp(kind, "PrometheusMetric") == 0)
        check_prometheus(&self);
    else if (strcmp(kind, "Custom") == 0)
        check_custom(&self);
    else if (strcmp(kind, "StdOut") != 0 && strcmp(kind, "Push") != 0)
        kf__find_error(report, KF_EINVAL,
            KF__PLACE(KF__PLACE(&spec_place, "collector"), "kind"),
            collector != NULL ? collector : spec, "collector '%.100s': expected %s",
            kind, kinds);
    check_names(experiment, &self, kind);
    return check_filters(&self);
}
