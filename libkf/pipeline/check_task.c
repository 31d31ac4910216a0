/* SPDX-License-Identifier: Apache-2.0 */
/* How a task is triggered, repeated, retried and cached. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/json.h"
#include "pipeline/check.h"
#include "pipeline/expr.h"

static kf_report *report_of(const kf_check_task *self)
{
    return self->dag->check->report;
}

/* ---- triggers ---- */

static void check_condition_input(
    kf_check_task *self, const kf_place *place, const kf_value *at, const char *name)
{
    if (kf_value_get(self->parameters, name) != NULL)
        return;
    const kf_value *definition = NULL;
    if (self->callee != NULL)
        definition = kf_value_get(self->callee->input_parameters, name);
    if (definition != NULL && kf_value_get(definition, "defaultValue") != NULL)
        return;
    kf__find_error(report_of(self), definition != NULL ? KF_EMISSING : KF_ENOENT, place,
        at, "the condition reads '%.100s', which is no input of the task%s", name,
        kf__hint(name, self->parameters).text);
}

static void check_condition(
    kf_check_task *self, const kf_place *place, const kf_value *policy)
{
    const kf_value *condition = kf_value_get(policy, "condition");
    const kf_place *here = KF__PLACE(place, "condition");
    size_t length = kf_value_length(condition);
    if (kf_value_string(condition) == NULL || length == 0)
        return;
    if (self->callee != NULL && self->callee->is_importer)
        kf__find_warning(report_of(self), KF_EUNSUPPORTED, here, condition,
            "Kubeflow's backend refuses a condition on an importer");
    kf_expr *expr;
    if (kf__expr_parse(kf_value_string(condition), length, &expr) != KF_OK) {
        kf__find_within(report_of(self), here, condition);
        return;
    }
    if (!kf__expr_is_condition(expr))
        kf__find_error(report_of(self), KF_ETYPE, here, condition,
            "the condition can never be true or false");
    for (size_t i = 0; kf__expr_input(expr, i) != NULL; i++)
        check_condition_input(self, here, condition, kf__expr_input(expr, i));
    kf__expr_free(expr);
}

static bool runs_after_failure(const kf_value *policy)
{
    const char *strategy = kf__get_text(policy, "strategy");
    return strategy != NULL && strcmp(strategy, "ALL_UPSTREAM_TASKS_COMPLETED") == 0;
}

/* KFP: ignore_upstream_failure() demands a default for each input that upstream feeds. */
static void check_after_failure(kf_check_task *self)
{
    for (size_t i = 0; kf_value_key(self->parameters, i) != NULL; i++) {
        const char *name = kf_value_key(self->parameters, i);
        const kf_value *source = kf_value_at(self->parameters, i);
        const kf_value *definition =
            self->callee != NULL ? kf_value_get(self->callee->input_parameters, name)
                                 : NULL;
        if (definition == NULL || kf__check_is_optional(definition) ||
            kf_value_get(source, "taskOutputParameter") == NULL)
            continue;
        kf__find_warning(report_of(self), KF_EMISSING,
            KF__PLACE(KF__PLACE(KF__PLACE(self->place, "inputs"), "parameters"), name),
            source,
            "the task runs even if upstream tasks fail, and then this input has no "
            "value and no default");
    }
}

static void check_trigger(kf_check_task *self)
{
    const kf_value *policy = kf_value_get(self->spec, "triggerPolicy");
    if (policy == NULL)
        return;
    check_condition(self, KF__PLACE(self->place, "triggerPolicy"), policy);
    if (runs_after_failure(policy))
        check_after_failure(self);
}

/* ---- iterators ---- */

static void check_raw_items(
    kf_check_task *self, const kf_place *place, const kf_value *raw)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *items;
    const char *text = kf_value_string(raw);
    if (text == NULL)
        return;
    kf_status status = kf__json_read(&tree, text, kf_value_length(raw), &items);
    if (status == KF_ENOMEM)
        kf__find_last(report_of(self), place, raw);
    else if (status != KF_OK)
        kf__find_error(report_of(self), KF_EDOCUMENT, place, raw,
            "the items are %.300s", kf_last_error()->message);
    else if (kf_value_kind(items) != KF_KIND_LIST)
        kf__find_error(
            report_of(self), KF_ETYPE, place, raw, "the items are JSON, but no list");
    kf__tree_finish(&tree);
}

static void check_items_input(
    kf_check_task *self, const kf_place *place, const kf_value *reference)
{
    const char *name = kf_value_string(reference);
    if (name == NULL)
        return;
    if (kf_value_get(self->parameters, name) == NULL)
        kf__find_error(report_of(self), KF_ENOENT, place, reference,
            "the items are those of '%.100s', which is no input parameter of the "
            "task%s",
            name, kf__hint(name, self->parameters).text);
    if (self->callee == NULL)
        return;
    kf_type type =
        kf__check_parameter_io(kf_value_get(self->callee->input_parameters, name)).type;
    if (type == KF_TYPE_INTEGER || type == KF_TYPE_DOUBLE || type == KF_TYPE_BOOLEAN)
        kf__find_error(report_of(self), KF_ETYPE, place, reference,
            "the items are those of '%.100s', which is a %s and no LIST", name,
            kf_type_name(type));
}

static void check_item_input(kf_check_task *self, const kf_place *place,
    const kf_value *iterator, const kf_value *definitions)
{
    const char *name = kf__get_text(iterator, "itemInput");
    const kf_place *here = KF__PLACE(place, "itemInput");
    if (name == NULL)
        kf__find_error(report_of(self), KF_EMISSING, here, iterator,
            "the iterator has no itemInput");
    else if (self->callee != NULL && kf_value_get(definitions, name) == NULL)
        kf__find_error(report_of(self), KF_ENOENT, here,
            kf_value_get(iterator, "itemInput"),
            "the item goes to '%.100s', which is no such input of component '%.100s'%s",
            name, self->callee->name, kf__hint(name, definitions).text);
}

static void check_parameter_iterator(kf_check_task *self, const kf_value *iterator)
{
    const kf_place *place = KF__PLACE(self->place, "parameterIterator");
    const kf_place *here = KF__PLACE(place, "items");
    const kf_value *items = kf_value_get(iterator, "items");
    const kf_value *raw = kf_value_get(items, "raw");
    const kf_value *reference = kf_value_get(items, "inputParameter");
    if (raw == NULL && reference == NULL)
        kf__find_error(report_of(self), KF_EMISSING, here, iterator,
            "the iterator has no items: expected raw or inputParameter");
    check_raw_items(self, KF__PLACE(here, "raw"), raw);
    check_items_input(self, KF__PLACE(here, "inputParameter"), reference);
    check_item_input(self, place, iterator,
        self->callee != NULL ? self->callee->input_parameters : NULL);
}

static void check_artifact_iterator(kf_check_task *self, const kf_value *iterator)
{
    const kf_place *place = KF__PLACE(self->place, "artifactIterator");
    const kf_value *reference =
        kf_value_get(kf_value_get(iterator, "items"), "inputArtifact");
    const char *name = kf_value_string(reference);
    const kf_place *here = KF__PLACE(KF__PLACE(place, "items"), "inputArtifact");
    kf__find_warning(report_of(self), KF_EUNSUPPORTED, place, iterator,
        "Kubeflow's backend refuses loops over artifacts; they run here");
    if (name == NULL)
        kf__find_error(
            report_of(self), KF_EMISSING, here, iterator, "the iterator has no items");
    else if (kf_value_get(self->artifacts, name) == NULL)
        kf__find_error(report_of(self), KF_ENOENT, here, reference,
            "the items are those of '%.100s', which is no input artifact of the task%s",
            name, kf__hint(name, self->artifacts).text);
    check_item_input(self, place, iterator,
        self->callee != NULL ? self->callee->input_artifacts : NULL);
}

static void check_iterators(kf_check_task *self)
{
    const kf_value *parameters = kf_value_get(self->spec, "parameterIterator");
    const kf_value *artifacts = kf_value_get(self->spec, "artifactIterator");
    const kf_value *policy = kf_value_get(self->spec, "iteratorPolicy");
    const kf_place *place = KF__PLACE(self->place, "iteratorPolicy");
    if (parameters != NULL)
        check_parameter_iterator(self, parameters);
    if (artifacts != NULL)
        check_artifact_iterator(self, artifacts);
    if (policy == NULL)
        return;
    if (kf_value_int(kf_value_get(policy, "parallelismLimit")) < 0)
        kf__find_error(report_of(self), KF_EINVAL, KF__PLACE(place, "parallelismLimit"),
            policy, "the limit of parallelism cannot be negative; 0 is none");
    if (parameters == NULL && artifacts == NULL)
        kf__find_warning(report_of(self), KF_ESTATE, place, policy,
            "iteratorPolicy has no effect on a task without an iterator");
}

/* ---- retries and caching ---- */

/* Seconds of protobuf's JSON form of a duration, such as "3.5s". */
static double seconds_of(const char *duration)
{
    char digits[40];
    double seconds = 0;
    size_t length = duration != NULL ? strlen(duration) : 0;
    if (length < 2 || length > sizeof digits)
        return 0;
    memcpy(digits, duration, length - 1);
    digits[length - 1] = '\0';
    return kf__parse_double(digits, &seconds) ? seconds : 0;
}

static void check_retry(kf_check_task *self)
{
    const kf_value *policy = kf_value_get(self->spec, "retryPolicy");
    const kf_place *place = KF__PLACE(self->place, "retryPolicy");
    const kf_value *factor = kf_value_get(policy, "backoffFactor");
    if (policy == NULL)
        return;
    if (kf_value_int(kf_value_get(policy, "maxRetryCount")) < 0)
        kf__find_error(report_of(self), KF_EINVAL, KF__PLACE(place, "maxRetryCount"),
            policy, "the number of retries cannot be negative");
    if (kf_value_double(factor) < 0)
        kf__find_error(report_of(self), KF_EINVAL, KF__PLACE(place, "backoffFactor"),
            factor, "the factor cannot be negative");
    static const char *const durations[] = {"backoffDuration", "backoffMaxDuration"};
    for (size_t i = 0; i < 2; i++) {
        const kf_value *duration = kf_value_get(policy, durations[i]);
        double seconds = seconds_of(kf_value_string(duration));
        if (seconds < 0)
            kf__find_error(report_of(self), KF_EINVAL, KF__PLACE(place, durations[i]),
                duration, "the wait cannot be negative");
        else if (seconds > 3600)
            kf__find_warning(report_of(self), KF_ELIMIT, KF__PLACE(place, durations[i]),
                duration, "Kubeflow waits no longer than 3600s");
    }
}

static void check_caching(kf_check_task *self)
{
    const kf_value *options = kf_value_get(self->spec, "cachingOptions");
    const kf_value *key = kf_value_get(options, "cacheKey");
    if (kf_value_length(key) > 0 &&
        !kf_value_bool(kf_value_get(options, "enableCache")))
        kf__find_warning(report_of(self), KF_ESTATE,
            KF__PLACE(KF__PLACE(self->place, "cachingOptions"), "cacheKey"), key,
            "cacheKey has no effect: the task is not cached, enableCache is false");
}

/* ---- the task ---- */

static bool is_kubernetes_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return name[length] == '\0' && length > 0 && name[0] != '-' &&
           name[length - 1] != '-';
}

static void check_task_name(kf_check_task *self)
{
    kf__check_name(report_of(self), self->place, self->spec, "a task", self->name);
    if (!is_kubernetes_name(self->name))
        kf__find_warning(report_of(self), KF_EINVAL, self->place, self->spec,
            "a cluster may refuse the name '%.100s': expected lower case letters, "
            "digits and '-'",
            self->name);
}

static void check_reference(kf_check_task *self)
{
    const kf_check *check = self->dag->check;
    const kf_value *reference = kf_value_get(self->spec, "componentRef");
    const kf_place *place = KF__PLACE(KF__PLACE(self->place, "componentRef"), "name");
    const char *name = kf__get_text(reference, "name");
    if (name == NULL || name[0] == '\0')
        kf__find_error(report_of(self), KF_EMISSING, place, self->spec,
            "the task says nothing of what it does: componentRef.name is missing");
    else if (self->callee == NULL)
        kf__find_error(report_of(self), KF_ENOENT, place,
            kf_value_get(reference, "name"), "there is no component '%.100s'%s", name,
            kf__hint(name, kf_value_get(check->document->spec, "components")).text);
}

static kf_status check_dependencies(kf_check_task *self)
{
    const kf_value *names = kf_value_get(self->spec, "dependentTasks");
    const kf_place *place = KF__PLACE(self->place, "dependentTasks");
    for (size_t i = 0; i < kf_value_length(names); i++) {
        const kf_value *name = kf_value_at(names, i);
        size_t upstream;
        if (kf__check_producer(self->dag, KF__PLACE_AT(place, i), name,
                kf_value_string(name), &upstream))
            KF__TRY(kf__check_edge(self->dag, self->number, upstream));
    }
    return KF_OK;
}

kf_status kf__check_task(kf_check_task *self)
{
    if (kf_value_kind(self->spec) != KF_KIND_STRUCT)
        return KF_OK;
    check_task_name(self);
    check_reference(self);
    KF__TRY(kf__check_inputs(self));
    KF__TRY(check_dependencies(self));
    check_trigger(self);
    check_iterators(self);
    check_retry(self);
    check_caching(self);
    kf__check_platform_task(self);
    return KF_OK;
}
