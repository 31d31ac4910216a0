/* SPDX-License-Identifier: Apache-2.0 */
/* Where a pod is placed: node selectors, node affinity, tolerations. */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "pipeline/kubernetes.h"

/* Values that are structs or channels. */
static kf_status check_json(
    const kf_pipeline *pipeline, const char *what, const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (kf__is(value, KF_KIND_STRUCT))
        return KF_OK;
    if (text != NULL && kf__k8s_is_channel(pipeline, text))
        return kf__k8s_check_channel(pipeline, what, text);
    return kf__fail(
        KF_ETYPE, NULL, "%s must be a struct, or text that is a channel of one", what);
}

/* ---- node selectors ---- */

kf_status kf_kubernetes_add_node_selector(
    kf_pipeline *pipeline, kf_task_id task, const char *key, const char *value)
{
    KF__REQUIRE(pipeline != NULL && key != NULL && value != NULL);
    KF__TRY(kf__k8s_check_constant("the key of a node selector", key));
    KF__TRY(kf__k8s_check_optional("the value of a node selector", value));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *selector = kf__put_struct(&edit.tree, edit.config, "nodeSelector");
    kf__put_text(
        &edit.tree, kf__put_struct(&edit.tree, selector, "labels"), key, value);
    return kf__k8s_end(&edit);
}

kf_status kf_kubernetes_add_node_selector_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *selector)
{
    KF__REQUIRE(pipeline != NULL && selector != NULL);
    KF__TRY(check_json(pipeline, "a node selector", selector));
    if (kf__is(selector, KF_KIND_STRUCT))
        KF__TRY(kf__k8s_check_members("a node selector", selector));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *into = kf__put_struct(&edit.tree, edit.config, "nodeSelector");
    kf__put(&edit.tree, into, "nodeSelectorJson", kf__k8s_parameter(&edit, selector));
    return kf__k8s_end(&edit);
}

/* ---- node affinity ---- */

static const char *const selector_operators[] = {
    "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", NULL};

static kf_status check_term(const char *what, const kf_value *term)
{
    if (!kf__is(term, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL,
            "each of the %s must be a struct of key, operator and values", what);
    const char *key = kf__get_text(term, "key"),
               *operator_name = kf__get_text(term, "operator");
    if (key == NULL || *key == '\0')
        return kf__fail(KF_EMISSING, NULL, "each of the %s needs a \"key\"", what);
    if (operator_name == NULL || *operator_name == '\0')
        return kf__fail(KF_EMISSING, NULL,
            "the %s for the key \"%s\" need an \"operator\"", what, key);
    KF__TRY(kf__k8s_check_optional("the key of a node affinity", key));
    KF__TRY(kf__k8s_check_choice(
        "the operator of a node affinity", operator_name, selector_operators));
    return kf__k8s_check_texts(
        "the values of a node affinity", kf_value_get(term, "values"));
}

static kf_status check_terms(const char *what, const kf_value *terms)
{
    if (terms != NULL && !kf__is(terms, KF_KIND_LIST))
        return kf__fail(KF_ETYPE, NULL, "the %s must be a list", what);
    for (size_t i = 0; i < kf_value_length(terms); i++)
        KF__TRY(check_term(what, kf_value_at(terms, i)));
    return KF_OK;
}

static void put_terms(
    kf_k8s_edit *edit, kf_value *into, const char *key, const kf_value *terms)
{
    kf_tree *tree = &edit->tree;
    for (size_t i = 0; i < kf_value_length(terms); i++) {
        const kf_value *term = kf_value_at(terms, i),
                       *values = kf_value_get(term, "values");
        kf_value *copy = kf__tree_struct(tree);
        kf__put_text(tree, copy, "key", kf__get_text(term, "key"));
        kf__put_text(tree, copy, "operator", kf__get_text(term, "operator"));
        if (kf_value_length(values) > 0)
            kf__put(tree, copy, "values", kf__tree_copy(tree, values));
        kf__push(tree, kf__put_list(tree, into, key), copy);
    }
}

kf_status kf_kubernetes_add_node_affinity(kf_pipeline *pipeline, kf_task_id task,
    const kf_value *match_expressions, const kf_value *match_fields, int weight)
{
    KF__REQUIRE(pipeline != NULL);
    KF__TRY(check_terms("match expressions", match_expressions));
    KF__TRY(check_terms("match fields", match_fields));
    if (weight < 0 || weight > 100)
        return kf__fail(KF_EINVAL, NULL,
            "the weight of a node affinity cannot be %d: expected 1 to 100, or 0 where "
            "it is "
            "demanded",
            weight);
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    kf_value *item = kf__k8s_append(&edit, "nodeAffinity");
    put_terms(&edit, item, "matchExpressions", match_expressions);
    put_terms(&edit, item, "matchFields", match_fields);
    if (weight > 0)
        kf__put_int(&edit.tree, item, "weight", weight);
    return kf__k8s_end(&edit);
}

static const char *const affinity_members[] = {
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution", NULL};

/* Take the terms out that an earlier call gave as JSON: a task has one such. */
static void drop_affinity_json(kf_k8s_edit *edit)
{
    const kf_value *terms = kf__get(edit->config, "nodeAffinity");
    kf_value *kept = kf__tree_list(&edit->tree);
    for (size_t i = 0; i < kf_value_length(terms); i++) {
        kf_value *term = kf__at(terms, i);
        if (kf_value_get(term, "nodeAffinityJson") == NULL)
            kf__push(&edit->tree, kept, term);
    }
    kf__put(&edit->tree, edit->config, "nodeAffinity", kept);
}

kf_status kf_kubernetes_add_node_affinity_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *affinity)
{
    KF__REQUIRE(pipeline != NULL && affinity != NULL);
    KF__TRY(check_json(pipeline, "a node affinity", affinity));
    for (size_t i = 0; kf_value_key(affinity, i) != NULL; i++)
        KF__TRY(kf__k8s_check_choice("a member of a node affinity",
            kf_value_key(affinity, i), affinity_members));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    drop_affinity_json(&edit);
    kf_value *item = kf__k8s_append(&edit, "nodeAffinity");
    kf__put(&edit.tree, item, "nodeAffinityJson", kf__k8s_parameter(&edit, affinity));
    return kf__k8s_end(&edit);
}

/* ---- tolerations ---- */

static const char *const toleration_operators[] = {"Equal", "Exists", NULL};
static const char *const toleration_effects[] = {
    "NoSchedule", "PreferNoSchedule", "NoExecute", NULL};

static kf_status check_toleration(const kf_kubernetes_toleration *toleration)
{
    const char *operator_name = toleration->operator_name, *effect = toleration->effect;
    KF__TRY(kf__k8s_check_optional("the key of a toleration", toleration->key));
    KF__TRY(kf__k8s_check_optional("the value of a toleration", toleration->value));
    if (operator_name != NULL && *operator_name != '\0')
        KF__TRY(kf__k8s_check_choice(
            "the operator of a toleration", operator_name, toleration_operators));
    if (effect != NULL && *effect != '\0')
        KF__TRY(kf__k8s_check_choice(
            "the effect of a toleration", effect, toleration_effects));
    return KF_OK;
}

static void put_toleration(
    kf_k8s_edit *edit, const kf_kubernetes_toleration *toleration)
{
    kf_value *item = kf__k8s_append(edit, "tolerations");
    kf__k8s_put_text(edit, item, "key", toleration->key);
    kf__k8s_put_text(edit, item, "operator", toleration->operator_name);
    kf__k8s_put_text(edit, item, "value", toleration->value);
    kf__k8s_put_text(edit, item, "effect", toleration->effect);
    if (toleration->has_seconds)
        kf__k8s_put_int64(
            edit, item, "tolerationSeconds", toleration->toleration_seconds);
}

kf_status kf_kubernetes_add_toleration(
    kf_pipeline *pipeline, kf_task_id task, const kf_kubernetes_toleration *toleration)
{
    KF__REQUIRE(pipeline != NULL);
    KF__TAKE_OPTIONS(kf_kubernetes_toleration, known, toleration);
    KF__TRY(check_toleration(&known));
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    put_toleration(&edit, &known);
    return kf__k8s_end(&edit);
}

static const char *const toleration_members[] = {"key", "operator", "value", "effect",
    "tolerationSeconds", "toleration_seconds", NULL};

/* Read one member; null is as good as none. */
static kf_status read_member(
    const char *key, const kf_value *value, kf_kubernetes_toleration *out)
{
    KF__TRY(kf__k8s_check_choice("a member of a toleration", key, toleration_members));
    if (kf__is(value, KF_KIND_NULL))
        return KF_OK;
    if (kf__starts_with(key, "toleration")) {
        if (!kf__is(value, KF_KIND_INT))
            return kf__fail(
                KF_ETYPE, NULL, "\"%s\" of a toleration must be an integer", key);
        out->has_seconds = true;
        out->toleration_seconds = kf_value_int(value);
        return KF_OK;
    }
    const char *text = kf_value_string(value);
    if (text == NULL)
        return kf__fail(KF_ETYPE, NULL, "\"%s\" of a toleration must be a string", key);
    if (strcmp(key, "key") == 0)
        out->key = text;
    else if (strcmp(key, "operator") == 0)
        out->operator_name = text;
    else if (strcmp(key, "value") == 0)
        out->value = text;
    else
        out->effect = text;
    return KF_OK;
}

static kf_status read_toleration(const kf_value *value, kf_kubernetes_toleration *out)
{
    *out = (kf_kubernetes_toleration){.size = sizeof *out};
    if (!kf__is(value, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL,
            "a toleration must be a struct, a list of structs, or text that is a "
            "channel of "
            "either");
    for (size_t i = 0; i < kf_value_length(value); i++)
        KF__TRY(read_member(kf_value_key(value, i), kf_value_at(value, i), out));
    return check_toleration(out);
}

static kf_status put_tolerations(kf_k8s_edit *edit, const kf_value *values)
{
    bool is_list = kf__is(values, KF_KIND_LIST);
    size_t count = is_list ? kf_value_length(values) : 1;
    for (size_t i = 0; i < count; i++) {
        kf_kubernetes_toleration toleration;
        KF__TRY(
            read_toleration(is_list ? kf_value_at(values, i) : values, &toleration));
        put_toleration(edit, &toleration);
    }
    return KF_OK;
}

kf_status kf_kubernetes_add_toleration_json(
    kf_pipeline *pipeline, kf_task_id task, const kf_value *tolerations)
{
    KF__REQUIRE(pipeline != NULL && tolerations != NULL);
    const char *text = kf_value_string(tolerations);
    if (text != NULL)
        KF__TRY(kf__k8s_check_channel(pipeline, "a toleration", text));
    if (kf__is(tolerations, KF_KIND_LIST) && kf_value_length(tolerations) == 0)
        return KF_OK;
    kf_k8s_edit edit;
    KF__TRY(kf__k8s_begin(&edit, pipeline, task));
    if (text != NULL && kf__k8s_is_channel(pipeline, text)) {
        kf_value *item = kf__k8s_append(&edit, "tolerations");
        kf__put(
            &edit.tree, item, "tolerationJson", kf__k8s_parameter(&edit, tolerations));
        return kf__k8s_end(&edit);
    }
    kf_status status = put_tolerations(&edit, tolerations);
    return status == KF_OK ? kf__k8s_end(&edit) : kf__k8s_abandon(&edit, status);
}
