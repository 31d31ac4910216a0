/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* ---- what the document says ---- */

static const char *annotation(const kf_service *service, const char *name)
{
    char full[96];
    (void)snprintf(full, sizeof full, "autoscaling.knative.dev/%s", name);
    return kf_service_annotation(service, full);
}

static double number(
    const kf_service *service, const char *name, double least, double otherwise)
{
    const char *text = annotation(service, name);
    double value;
    return text != NULL && kf__parse_double(text, &value) && value >= least ? value
                                                                            : otherwise;
}

double kf__scale_seconds(const char *text, double otherwise)
{
    double sum = 0, part = 0, scale = 1;
    bool fraction = false;
    if (text == NULL || *text == '\0')
        return otherwise;
    for (; *text != '\0'; text++) {
        if (*text >= '0' && *text <= '9') {
            scale = fraction ? scale / 10 : 1;
            part = fraction ? part + (*text - '0') * scale : part * 10 + (*text - '0');
            continue;
        }
        if (*text == '.') {
            fraction = true;
            continue;
        }
        bool milli = text[0] == 'm' && text[1] == 's';
        double unit = milli          ? 0.001
                      : *text == 'h' ? 3600
                      : *text == 'm' ? 60
                      : *text == 's' ? 1
                                     : 0;
        if (unit == 0)
            return otherwise;
        sum += part * unit;
        part = 0;
        scale = 1;
        fraction = false;
        text += milli;
    }
    return part == 0 ? sum : otherwise;
}

static double seconds(const kf_service *service, const char *name, double otherwise)
{
    return kf__scale_seconds(annotation(service, name), otherwise);
}

static bool is_by_rate(const kf_service *service, const kf_service_component *component)
{
    const char *metric = component->scale_metric != NULL
                             ? component->scale_metric
                             : annotation(service, "metric");
    return metric != NULL && strcmp(metric, "rps") == 0;
}

static double target_of(
    const kf_service *service, const kf_service_component *component, bool by_rate)
{
    double percent = number(service, "target-utilization-percentage", 1, 70) / 100;
    double limit = (double)component->concurrency;
    double target = component->scale_target > 0 ? component->scale_target
                                                : number(service, "target", 0.01, 0);
    if (target == 0)
        target = by_rate ? 200 : limit > 0 ? limit : 100;
    if (!by_rate && limit > 0 && target > limit)
        target = limit;
    target *= percent;
    return target > 0.01 ? target : 0.01;
}

kf_scale_rule kf__scale_rule(
    const kf_service *service, const kf_service_component *component)
{
    bool by_rate = is_by_rate(service, component);
    double stable = seconds(service, "window", 60);
    double panic = number(service, "panic-window-percentage", 1, 10) / 100;
    kf_scale_rule rule = {.by_rate = by_rate,
        .target = target_of(service, component, by_rate),
        .min = component->min_replicas,
        .max = component->max_replicas,
        .initial = (int64_t)number(service, "initial-scale", 0, 1),
        .stable_seconds = stable,
        .panic_seconds = stable * panic,
        .panic_threshold =
            number(service, "panic-threshold-percentage", 110, 200) / 100,
        .up_rate = 1000,
        .down_rate = 2,
        .grace_seconds = seconds(service, "scale-to-zero-pod-retention-period", 30),
        .down_delay_seconds = seconds(service, "scale-down-delay", 0)};
    return rule;
}

/* ---- the load ---- */

static void take_sample(kf_scale *scale, kf_load load)
{
    size_t at = (scale->first + scale->count) % KF__SCALE_SAMPLES;
    scale->samples[at] = load;
    if (scale->count < KF__SCALE_SAMPLES)
        scale->count++;
    else
        scale->first = (scale->first + 1) % KF__SCALE_SAMPLES;
}

/* The average over the last `window`, or since the first sample. */
static double average(const kf_scale *scale, const kf_scale_rule *rule, double window)
{
    const kf_load *last =
        &scale->samples[(scale->first + scale->count - 1) % KF__SCALE_SAMPLES];
    const kf_load *from = last;
    for (size_t i = scale->count - 1; i-- > 0;) {
        from = &scale->samples[(scale->first + i) % KF__SCALE_SAMPLES];
        if ((double)(last->at_ns - from->at_ns) >= window * 1e9)
            break;
    }
    double elapsed = (double)(last->at_ns - from->at_ns);
    if (elapsed <= 0)
        return rule->by_rate ? 0 : (double)last->now;
    return rule->by_rate ? (double)(last->arrived - from->arrived) / (elapsed / 1e9)
                         : (last->concurrency_ns - from->concurrency_ns) / elapsed;
}

/* ---- the decision ---- */

static int64_t clamp(double value, double least, double most)
{
    return (int64_t)(value < least ? least : value > most ? most : value);
}

static int64_t stable_or_panic(
    kf_scale *scale, const kf_scale_rule *rule, int64_t ready, int64_t now_ns)
{
    double replicas = ready > 0 ? (double)ready : 1;
    double up = ceil(rule->up_rate * replicas);
    double down = ready > 0 ? floor(replicas / rule->down_rate) : 0;
    double in_panic = ceil(average(scale, rule, rule->panic_seconds) / rule->target);
    double stable = ceil(average(scale, rule, rule->stable_seconds) / rule->target);
    int64_t wanted = clamp(stable, down, up);
    if (in_panic / replicas >= rule->panic_threshold) {
        if (!scale->in_panic)
            scale->panic_most = 0;
        scale->in_panic = true;
        scale->panic_ns = now_ns;
    } else if (scale->in_panic &&
               (double)(now_ns - scale->panic_ns) > rule->stable_seconds * 1e9) {
        scale->in_panic = false;
    }
    if (!scale->in_panic)
        return wanted;
    int64_t most = clamp(in_panic, down, up);
    most = most > wanted ? most : wanted;
    if (most > scale->panic_most)
        scale->panic_most = most;
    return scale->panic_most;
}

/* The most that was wanted in the time of the delay. */
static int64_t delay_down(
    kf_scale *scale, const kf_scale_rule *rule, int64_t wanted, int64_t now_ns)
{
    size_t last = scale->count - 1;
    scale->wanted[(scale->first + last) % KF__SCALE_SAMPLES] = wanted;
    if (rule->down_delay_seconds <= 0)
        return wanted;
    for (size_t i = last; i-- > 0;) {
        size_t at = (scale->first + i) % KF__SCALE_SAMPLES;
        if ((double)(now_ns - scale->samples[at].at_ns) >
            rule->down_delay_seconds * 1e9)
            break;
        if (scale->wanted[at] > wanted)
            wanted = scale->wanted[at];
    }
    return wanted;
}

/* The last one stays for a stable window at least (ActiveFor of Knative's kpa/scaler.go),
 * and until nothing has been asked for the grace period. */
static int64_t keep_last(
    kf_scale *scale, const kf_scale_rule *rule, int64_t wanted, int64_t now_ns)
{
    if (scale->active_ns == 0)
        scale->active_ns = now_ns;
    if (wanted > 0 ||
        (double)(now_ns - scale->active_ns) < rule->stable_seconds * 1e9) {
        scale->idle_ns = 0;
        return wanted > 0 ? wanted : 1;
    }
    if (scale->idle_ns == 0)
        scale->idle_ns = now_ns;
    return (double)(now_ns - scale->idle_ns) >= rule->grace_seconds * 1e9 ? 0 : 1;
}

int64_t kf__scale_decide(
    kf_scale *scale, const kf_scale_rule *rule, kf_load load, int64_t ready)
{
    take_sample(scale, load);
    int64_t wanted = stable_or_panic(scale, rule, ready, load.at_ns);
    wanted = delay_down(scale, rule, wanted, load.at_ns);
    wanted = keep_last(scale, rule, wanted, load.at_ns);
    if (wanted < rule->min)
        wanted = rule->min;
    if (rule->max > 0 && wanted > rule->max)
        wanted = rule->max;
    scale->desired = wanted;
    return wanted;
}
