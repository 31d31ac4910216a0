/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/lines.h"

#include <string.h>

#include "base/mem.h"

#define TAG_ROUTING KF__SERVING_GROUP "/enable-tag-routing"

static bool is_standard(const kf_service *service)
{
    return strcmp(kf_service_mode(service), "Standard") == 0;
}

/* Its annotations go to the component, over those of the service. */
static bool tags_latest(
    const kf_service *service, const kf_service_component *component)
{
    const char *text =
        kf__get_text(kf_value_get(component->spec, "annotations"), TAG_ROUTING);
    if (text == NULL)
        text = kf_service_annotation(service, TAG_ROUTING);
    return text != NULL && strcmp(text, "true") == 0;
}

/* ---- lines ---- */

static kf_status make_base(
    const kf_service *service, kf_service_role role, const char *name, char **out)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(&text, "%s%s%s-%s", kf_service_name(service),
        name[0] != '\0' ? "-" : "", name, kf__role_name(role));
    return kf__buf_take(&text, out);
}

/* The service is the lines's from now on, also on failure. */
static kf_status add_line(
    kf_lines *lines, kf_service *service, kf_service_role role, int percent)
{
    const kf_service_component *component = kf_service_component_of(service, role);
    kf_line line = {.service = service,
        .name = lines->is_standard && component->name != NULL ? component->name : "",
        .percent = percent,
        .rule = kf__scale_rule(service, component)};
    kf_status status = make_base(service, role, line.name, &line.base);
    if (status == KF_OK)
        status = kf__vec_push(&lines->items, line);
    if (status != KF_OK) {
        kf__free(line.base);
        kf_service_free(service);
    }
    return status;
}

static kf_status add_stable(
    kf_lines *lines, const kf_service *service, kf_service_role role)
{
    kf_service *own;
    KF__TRY(kf_service_dup(service, &own));
    return add_line(lines, own, role, 100);
}

/* ---- canaries ---- */

static bool is_promoted(const kf_override *override, const kf_service_component *canary)
{
    return override->promoted != NULL && canary->name != NULL &&
           strcmp(override->promoted, canary->name) == 0;
}

/* As many as KServe gives it, and not more or less by any load. */
static void fix_replicas(kf_line *line, int64_t replicas)
{
    line->rule.min = line->rule.max = line->rule.initial = replicas;
}

/* canary: of the service, by its index. */
static kf_status add_canary(kf_lines *lines, const kf_service *service, size_t index)
{
    const kf_service_component *canary = kf_service_canary_at(service, index);
    kf_service *own;
    KF__TRY(kf__service_variant(service, index, &own));
    KF__TRY(add_line(lines, own, KF_SERVICE_PREDICTOR, (int)canary->canary_percent));
    fix_replicas(&lines->items.items[lines->items.count - 1], canary->min_replicas);
    return KF_OK;
}

/* The stable predictor gives up as many replicas as its canaries have, if it is said how
 * many it has at least; one it keeps. */
static void share_replicas(kf_lines *lines, const kf_service *service)
{
    kf_line *stable = &lines->items.items[0];
    const kf_service_component *component =
        kf_service_component_of(service, KF_SERVICE_PREDICTOR);
    if (lines->items.count == 1 || kf_value_get(component->spec, "minReplicas") == NULL)
        return;
    for (size_t i = 1; i < lines->items.count; i++)
        stable->rule.min -= lines->items.items[i].rule.min;
    if (stable->rule.min < 1)
        stable->rule.min = 1;
}

/* A canary that was promoted is the stable predictor, which keeps its own replicas. */
static kf_status add_predictor(
    kf_lines *lines, const kf_service *service, const kf_override *override)
{
    const kf_service_component *stable =
        kf_service_component_of(service, KF_SERVICE_PREDICTOR);
    for (size_t i = 0; i < kf_service_canary_count(service); i++)
        if (is_promoted(override, kf_service_canary_at(service, i)))
            KF__TRY(add_canary(lines, service, i));
    if (lines->items.count > 0)
        lines->items.items[0].rule = kf__scale_rule(service, stable);
    else
        KF__TRY(add_stable(lines, service, KF_SERVICE_PREDICTOR));
    bool dropped = override->is_given && override->promoted == NULL;
    for (size_t i = 0; !dropped && i < kf_service_canary_count(service); i++)
        if (!is_promoted(override, kf_service_canary_at(service, i)))
            KF__TRY(add_canary(lines, service, i));
    share_replicas(lines, service);
    return KF_OK;
}

/* ---- all of it ---- */

kf_status kf__lines_make(const kf_service *service, kf_service_role role,
    const kf_override *override, kf_lines *out)
{
    const kf_service_component *component = kf_service_component_of(service, role);
    int64_t percent = component->canary_percent;
    *out = (kf_lines){.is_standard = is_standard(service), .canary = KF__NO_CANARY};
    bool has_canaries = out->is_standard && role == KF_SERVICE_PREDICTOR &&
                        kf_service_canary_count(service) > 0;
    out->tags_latest = !out->is_standard && tags_latest(service, component);
    if (has_canaries)
        return add_predictor(out, service, override);
    if (override->is_given)
        out->canary = override->percent;
    else if (!out->is_standard && percent >= 0)
        out->canary = (int)percent;
    return add_stable(out, service, role);
}

void kf__lines_finish(kf_lines *lines)
{
    for (size_t i = 0; i < lines->items.count; i++) {
        kf_service_free(lines->items.items[i].service);
        kf__free(lines->items.items[i].base);
    }
    kf__vec_finish(&lines->items);
}
