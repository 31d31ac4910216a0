/* SPDX-License-Identifier: Apache-2.0 */
#include "run/executor_output.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/json.h"

typedef struct member {
    const char *name;
    kf_kind kind;
    const char *other_name; /* As in the .proto, which JSON of protobuf may use too. */
} member;

/* ExecutorOutput and RuntimeArtifact of KFP's pipeline_spec.proto. */
static const member output_members[] = {
    {"parameterValues", KF_KIND_STRUCT, "parameter_values"},
    {"artifacts", KF_KIND_STRUCT, NULL}, {"parameters", KF_KIND_STRUCT, NULL}, {0}};
static const member list_members[] = {{"artifacts", KF_KIND_LIST, NULL}, {0}};
static const member artifact_members[] = {{"name", KF_KIND_STRING, NULL},
    {"type", KF_KIND_STRUCT, NULL}, {"uri", KF_KIND_STRING, NULL},
    {"metadata", KF_KIND_STRUCT, NULL}, {"customPath", KF_KIND_STRING, "custom_path"},
    {"properties", KF_KIND_STRUCT, NULL},
    {"customProperties", KF_KIND_STRUCT, "custom_properties"}, {0}};

static const char *kind_text(kf_kind kind)
{
    static const char *const texts[] = {
        "null", "a boolean", "a number", "a number", "a text", "a list", "an object"};
    return (size_t)kind < sizeof texts / sizeof *texts ? texts[kind] : "something else";
}

static kf_status refuse_kind(const char *where, kf_kind wanted, const kf_value *found)
{
    return kf__fail(KF_EFAILED, NULL,
        "the task left an executor_output.json in which %s is %s instead of %s", where,
        kind_text(kf_value_kind(found)), kind_text(wanted));
}

static const char *member_name(const void *state, size_t index)
{
    return ((const member *)state)[index].name;
}

static const member *find(const member *members, const char *name)
{
    for (; members->name; members++)
        if (strcmp(members->name, name) == 0 ||
            (members->other_name && strcmp(members->other_name, name) == 0))
            return members;
    return NULL;
}

static kf_status refuse_member(
    const member *members, const char *where, const char *name)
{
    const char *nearest = kf__nearest(name, member_name, members);
    return kf__fail(KF_EFAILED, NULL,
        "the task left an executor_output.json in which %s has the unknown member "
        "'%s'%s%s%s",
        where, name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

/* Into a new object of `tree`, under the names of JSON and without null. */
static kf_status take_members(kf_tree *tree, const member *members, const char *where,
    const kf_value *object, kf_value *out)
{
    kf_buf inner = KF__BUF_INIT;
    kf_status status = KF_OK;
    if (kf_value_kind(object) != KF_KIND_STRUCT)
        return refuse_kind(where, KF_KIND_STRUCT, object);
    for (size_t i = 0; i < kf_value_length(object) && status == KF_OK; i++) {
        const kf_value *value = kf_value_at(object, i);
        const member *known = find(members, kf_value_key(object, i));
        if (!known) {
            status = refuse_member(members, where, kf_value_key(object, i));
        } else if (kf_value_kind(value) != KF_KIND_NULL) {
            kf__buf_truncate(&inner, 0);
            kf__buf_printf(&inner, "%s of %s", known->name, where);
            if (kf_value_kind(value) != known->kind)
                status = refuse_kind(kf__buf_text(&inner), known->kind, value);
            kf__put(tree, out, known->name, kf__tree_copy(tree, value));
        }
    }
    if (status == KF_OK)
        status = inner.status;
    kf__buf_finish(&inner);
    return status == KF_OK ? kf__tree_status(tree) : status;
}

static kf_status take_list(
    kf_tree *tree, const char *name, const kf_value *given, kf_value *artifacts)
{
    kf_buf where = KF__BUF_INIT;
    kf_value *read = kf__tree_struct(tree);
    kf__buf_printf(&where, "the artifact '%s'", name);
    kf_status status =
        take_members(tree, list_members, kf__buf_text(&where), given, read);
    const kf_value *list = kf_value_get(read, "artifacts");
    kf_value *taken =
        kf__put_list(tree, kf__put_struct(tree, artifacts, name), "artifacts");
    for (size_t i = 0; i < kf_value_length(list) && status == KF_OK; i++) {
        kf_value *artifact = kf__tree_struct(tree);
        status = take_members(tree, artifact_members, kf__buf_text(&where),
            kf_value_at(list, i), artifact);
        kf__push(tree, taken, artifact);
    }
    kf__buf_finish(&where);
    return status == KF_OK ? kf__tree_status(tree) : status;
}

kf_status kf__executor_output_read(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    kf_value *document = NULL;
    kf_status status = kf__json_read(tree, text, length, &document);
    if (status == KF_EPARSE || status == KF_ELIMIT)
        return kf__fail(KF_EFAILED, NULL,
            "the task left an executor_output.json that is not JSON: %s (line %d, "
            "column %d)",
            kf_last_error()->message, kf_last_error()->line, kf_last_error()->column);
    KF__TRY(status);
    kf_value *read = kf__tree_struct(tree);
    KF__TRY(take_members(tree, output_members, "the whole", document, read));
    const kf_value *given = kf_value_get(read, "artifacts");
    kf_value *artifacts = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(given); i++)
        if (kf_value_kind(kf_value_at(given, i)) != KF_KIND_NULL)
            KF__TRY(take_list(
                tree, kf_value_key(given, i), kf_value_at(given, i), artifacts));
    kf__put_ref(tree, read, "artifacts", artifacts);
    KF__TRY(kf__tree_status(tree));
    *out = read;
    return KF_OK;
}

static const char *key_at(const void *state, size_t index)
{
    return kf_value_key(state, index);
}

static void note(
    const char *what, const kf_value *given, const kf_value *declared, kf_buf *out)
{
    for (size_t i = 0; i < kf_value_length(given); i++) {
        const char *name = kf_value_key(given, i);
        if (kf_value_get(declared, name))
            continue;
        const char *nearest = kf__nearest(name, key_at, declared);
        kf__buf_printf(out,
            "[kf] executor_output.json names the output %s '%s', which the component "
            "does "
            "not declare%s%s%s\n",
            what, name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
}

void kf__executor_output_note_strangers(
    const kf_value *output, const kf_value *definitions, kf_buf *out)
{
    note("parameter", kf_value_get(output, "parameterValues"),
        kf_value_get(definitions, "parameters"), out);
    note("artifact", kf_value_get(output, "artifacts"),
        kf_value_get(definitions, "artifacts"), out);
}
