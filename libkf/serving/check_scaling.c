/* SPDX-License-Identifier: Apache-2.0 */
/* How the number of replicas follows the load. */
#include "serving/check.h"

#include <string.h>

static bool is(const kf_value *object, const char *name, const char *text)
{
    return kf__equals_text(kf_value_get(object, name), text);
}

static void check_metric_name(const kf_check *check, kf_part component,
    const char *first, const char *second, const char *scaler)
{
    kf_part metric = KF__PART(component, "scaleMetric");
    const char *text = kf_value_string(metric.value);
    if (text == NULL || strcmp(text, first) == 0 || strcmp(text, second) == 0)
        return;
    kf__check_error(check, KF_EINVAL, metric.place, metric.value,
        "scaleMetric '%.100s' is none of %s: expected %s or %s", text, scaler, first,
        second);
}

/* ---- Knative ---- */

static void check_knative(const kf_check *check, kf_part component)
{
    kf_part strategy = KF__PART(component, "deploymentStrategy");
    kf_part target = KF__PART(component, "scaleTarget");
    if (strategy.value != NULL)
        kf__check_error(check, KF_EINVAL, strategy.place, strategy.value,
            "deploymentStrategy is for the mode Standard: Knative has its own way");
    check_metric_name(check, component, "concurrency", "rps", "Knative's autoscaler");
    if (target.value != NULL && is(component.value, "scaleMetric", "rps") &&
        kf_value_int(target.value) < 1)
        kf__check_error(check, KF_EINVAL, target.place, target.value,
            "scaleTarget is %lld requests a second: expected 1 or more",
            (long long)kf_value_int(target.value));
}

/* ---- Kubernetes' own autoscaler ---- */

static void check_hpa_target(const kf_check *check, kf_part component)
{
    kf_part target = KF__PART(component, "scaleTarget");
    int64_t amount = kf_value_int(target.value);
    bool memory = is(component.value, "scaleMetric", "memory");
    if (target.value == NULL)
        return;
    if (!memory && (amount < 1 || amount > 100))
        kf__check_error(check, KF_EINVAL, target.place, target.value,
            "scaleTarget is %lld percent of the CPU: expected 1 to 100",
            (long long)amount);
    else if (memory && amount < 1)
        kf__check_error(check, KF_EINVAL, target.place, target.value,
            "scaleTarget is %lld MiB: expected 1 or more", (long long)amount);
    else if (memory && amount > 100)
        kf__check_warning(check, KF_EINVAL, target.place, target.value,
            "KServe 0.20 takes the %lld MiB for percents and refuses more than 100",
            (long long)amount);
}

static void check_hpa(const kf_check *check, kf_part component)
{
    check_metric_name(check, component, "cpu", "memory", "the HPA's");
    check_hpa_target(check, component);
    kf_part scaling = KF__PART(component, "autoScaling");
    kf_part metrics = KF__PART(scaling, "metrics");
    for (size_t i = 0; i < kf_value_length(metrics.value); i++) {
        kf_part metric = KF__PART_AT(metrics, i);
        if (!is(metric.value, "type", "Resource"))
            kf__check_error(check, KF_EINVAL, KF__PLACE(metric.place, "type"),
                metric.value, "the HPA has metrics of type Resource only");
        else if (kf_value_get(metric.value, "resource") == NULL)
            kf__check_error(check, KF_EMISSING, KF__PLACE(metric.place, "resource"),
                metric.value, "a metric of type Resource needs resource");
    }
}

/* ---- KEDA ---- */

static void check_target(const kf_check *check, kf_part target)
{
    static const char *const rows[][2] = {{"Utilization", "averageUtilization"},
        {"AverageValue", "averageValue"}, {"Value", "value"}};
    for (size_t i = 0; i < 3; i++) {
        kf_part amount = KF__PART(target, rows[i][1]);
        int64_t percent = kf_value_int(amount.value);
        if (!is(target.value, "type", rows[i][0]))
            continue;
        if (amount.value == NULL)
            kf__check_error(check, KF_EMISSING, amount.place, target.value,
                "a target of type %s needs %s", rows[i][0], rows[i][1]);
        else if (i == 0 && (percent < 1 || percent > 100))
            kf__check_error(check, KF_EINVAL, amount.place, amount.value,
                "averageUtilization is %lld: expected 1 to 100", (long long)percent);
    }
}

static void check_memory(const kf_check *check, kf_part target)
{
    kf_part average = KF__PART(target, "averageValue");
    double amount = 0;
    if (!is(target.value, "type", "AverageValue") &&
        !is(target.value, "type", "Utilization"))
        kf__check_error(check, KF_EINVAL, KF__PLACE(target.place, "type"), target.value,
            "the target of memory is of type AverageValue or Utilization");
    else if (is(target.value, "type", "AverageValue") && average.value != NULL &&
             kf__quantity(average.value, &amount) && amount < 1048576)
        kf__check_error(check, KF_EINVAL, average.place, average.value,
            "averageValue is less than 1Mi, a MiB");
}

static void check_resource(const kf_check *check, kf_part resource)
{
    kf_part target = KF__PART(resource, "target");
    if (is(resource.value, "name", "cpu") && !is(target.value, "type", "Utilization"))
        kf__check_error(check, KF_EINVAL, KF__PLACE(target.place, "type"),
            resource.value, "the target of the CPU is of type Utilization");
    if (is(resource.value, "name", "memory"))
        check_memory(check, target);
    check_target(check, target);
}

static void check_query(const kf_check *check, kf_part source)
{
    kf_part metric = KF__PART(source, "metric");
    kf_part target = KF__PART(source, "target");
    if (kf__service_given(metric.value, "query") == NULL)
        kf__check_error(check, KF_EMISSING, KF__PLACE(metric.place, "query"),
            source.value, "the metric needs a query");
    if (kf_value_get(target.value, "value") == NULL)
        kf__check_error(check, KF_EMISSING, KF__PLACE(target.place, "value"),
            source.value, "the target needs a value");
    check_target(check, target);
}

static void check_keda_metric(const kf_check *check, kf_part metric)
{
    static const char *const rows[][2] = {
        {"Resource", "resource"}, {"External", "external"}, {"PodMetric", "podmetric"}};
    for (size_t i = 0; i < 3; i++) {
        kf_part source = KF__PART(metric, rows[i][1]);
        if (!is(metric.value, "type", rows[i][0]))
            continue;
        if (source.value == NULL)
            kf__check_error(check, KF_EMISSING, source.place, metric.value,
                "a metric of type %s needs %s", rows[i][0], rows[i][1]);
        else if (i == 0)
            check_resource(check, source);
        else
            check_query(check, source);
    }
}

static void check_keda(const kf_check *check, kf_part component)
{
    kf_part own = KF__PART(component, "scaleMetric");
    kf_part scaling = KF__PART(component, "autoScaling");
    kf_part metrics = KF__PART(scaling, "metrics");
    if (own.value != NULL)
        kf__check_error(check, KF_EINVAL, own.place, own.value,
            "KEDA has its metrics in autoScaling: leave scaleMetric out");
    for (size_t i = 0; i < kf_value_length(metrics.value); i++)
        check_keda_metric(check, KF__PART_AT(metrics, i));
}

/* ---- all of them ---- */

static bool annotated(const kf_check *check, const char *name, const char *text)
{
    const char *value = kf_service_annotation(check->service, name);
    return value != NULL && strcmp(value, text) == 0;
}

void kf__check_scaling(const kf_check *check, kf_part component)
{
    static const char class[] = KF__SERVING_GROUP "/autoscalerClass";
    if (annotated(check, KF__ANNOTATION_MODE, "Standard")) {
        if (annotated(check, class, "hpa"))
            check_hpa(check, component);
        else if (annotated(check, class, "keda"))
            check_keda(check, component);
    } else if (annotated(check, "autoscaling.knative.dev/class",
                   "hpa.autoscaling.knative.dev")) {
        check_hpa(check, component);
    } else {
        check_knative(check, component);
    }
}
