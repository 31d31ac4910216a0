/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define WITH(class, fields)                                                            \
    ANNOTATED(STANDARD ", serving.kserve.io/autoscalerClass: " class,                  \
        "  predictor: {" SKLEARN ", " fields "}\n")

START_TEST(knative)
{
    FINDS_BESIDE("scaleMetric: rps, scaleTarget: 1", "nothing\n");
    FINDS_BESIDE("scaleMetric: rps, scaleTarget: 0",
        "error spec.predictor.scaleTarget: scaleTarget is 0 requests a second: "
        "expected "
        "1 or more\n");
    FINDS_BESIDE("scaleMetric: cpu",
        "error spec.predictor.scaleMetric: scaleMetric 'cpu' is none of Knative's "
        "autoscaler: expected concurrency or rps\n");
    FINDS_BESIDE("deploymentStrategy: {type: Recreate}",
        "error spec.predictor.deploymentStrategy: deploymentStrategy is for the mode "
        "Standard: Knative has its own way\n");
    finds(ANNOTATED(STANDARD,
              "  predictor: {" SKLEARN ", deploymentStrategy: {type: Recreate}, "
              "scaleMetric: cpu}\n"),
        "nothing\n");
    FINDS_BESIDE("scaleMetric: rpm",
        "error spec.predictor.scaleMetric: 'rpm': expected one of cpu, memory, "
        "concurrency, rps; did you mean 'rps'?\n"
        "error spec.predictor.scaleMetric: scaleMetric 'rpm' is none of Knative's "
        "autoscaler: expected concurrency or rps\n");
}
END_TEST

START_TEST(hpa)
{
    finds(WITH("hpa", "scaleMetric: cpu, scaleTarget: 100"), "nothing\n");
    finds(WITH("hpa", "scaleTarget: 101"),
        "error spec.predictor.scaleTarget: scaleTarget is 101 percent of the CPU: "
        "expected 1 to 100\n");
    finds(WITH("hpa", "scaleMetric: memory, scaleTarget: 0"),
        "error spec.predictor.scaleTarget: scaleTarget is 0 MiB: expected 1 or more\n");
    finds(WITH("hpa", "scaleMetric: memory, scaleTarget: 500"),
        "warning spec.predictor.scaleTarget: KServe 0.20 takes the 500 MiB for "
        "percents "
        "and refuses more than 100\n");
    finds(WITH("hpa", "scaleMetric: rps"),
        "error spec.predictor.scaleMetric: scaleMetric 'rps' is none of the HPA's: "
        "expected cpu or memory\n");
    finds(WITH("hpa", "autoScaling: {metrics: [{type: Resource}, {type: External}]}"),
        "error spec.predictor.autoScaling.metrics[0].resource: a metric of type "
        "Resource "
        "needs resource\n"
        "error spec.predictor.autoScaling.metrics[1].type: the HPA has metrics of type "
        "Resource only\n");
    finds(ANNOTATED("autoscaling.knative.dev/class: hpa.autoscaling.knative.dev",
              "  predictor: {" SKLEARN ", scaleMetric: cpu}\n"),
        "nothing\n");
    finds(WITH("external", "scaleMetric: rps, scaleTarget: 0"), "nothing\n");
}
END_TEST

#define METRIC(fields) WITH("keda", "autoScaling: {metrics: [{" fields "}]}")
#define AT "error spec.predictor.autoScaling.metrics[0]."

START_TEST(keda_resources)
{
    finds(WITH("keda", "scaleMetric: cpu"),
        "error spec.predictor.scaleMetric: KEDA has its metrics in autoScaling: leave "
        "scaleMetric out\n");
    finds(METRIC("type: Resource, resource: {name: cpu, target: {type: Utilization, "
                 "averageUtilization: 50}}"),
        "nothing\n");
    finds(METRIC("type: Resource"), AT "resource: a metric of type Resource needs "
                                       "resource\n");
    finds(METRIC(
              "type: Resource, resource: {name: cpu, target: {type: Value, value: 1}}"),
        AT "resource.target.type: the target of the CPU is of type Utilization\n");
    finds(METRIC("type: Resource, resource: {name: cpu, target: {type: Utilization}}"),
        AT "resource.target.averageUtilization: a target of type Utilization needs "
           "averageUtilization\n");
    finds(METRIC("type: Resource, resource: {name: cpu, target: {type: Utilization, "
                 "averageUtilization: 0}}"),
        AT "resource.target.averageUtilization: averageUtilization is 0: expected 1 to "
           "100\n");
    finds(
        METRIC("type: Resource, resource: {name: memory, target: {type: AverageValue, "
               "averageValue: 1Mi}}"),
        "nothing\n");
    finds(
        METRIC("type: Resource, resource: {name: memory, target: {type: AverageValue, "
               "averageValue: 1M}}"),
        AT "resource.target.averageValue: averageValue is less than 1Mi, a MiB\n");
    finds(METRIC(
              "type: Resource, resource: {name: memory, target: {type: AverageValue}}"),
        AT "resource.target.averageValue: a target of type AverageValue needs "
           "averageValue\n");
    finds(
        METRIC("type: Resource, resource: {name: memory, target: {type: Value, value: "
               "1Gi}}"),
        AT "resource.target.type: the target of memory is of type AverageValue or "
           "Utilization\n");
    finds(METRIC("type: Resource, resource: {name: disk, target: {type: Value, value: "
                 "1}}"),
        AT "resource.name: 'disk': expected one of cpu, memory\n");
}
END_TEST

START_TEST(keda_queries)
{
    finds(METRIC("type: External, external: {metric: {backend: prometheus, query: q}, "
                 "target: {type: Value, value: '5'}}"),
        "nothing\n");
    finds(METRIC("type: External, external: {metric: {backend: prometheus}, target: "
                 "{type: Value}}"),
        AT "external.metric.query: the metric needs a query\n" AT
           "external.target.value: the target needs a value\n" AT
           "external.target.value: a target of type Value needs value\n");
    finds(METRIC("type: PodMetric, podmetric: {metric: {backend: opentelemetry, query: "
                 "q}, target: {value: 1}}"),
        AT "podmetric.target.type: the field 'type' is missing\n");
    finds(METRIC("type: PodMetric"),
        AT "podmetric: a metric of type PodMetric needs podmetric\n");
    finds(METRIC("type: Pods"),
        AT "type: 'Pods': expected one of Resource, External, PodMetric\n");
}
END_TEST

KF_TEST_MAIN("serving/check_scaling", knative, hpa, keda_resources, keda_queries)
