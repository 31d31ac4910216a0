/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/type.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"

typedef struct type_names {
    const char *ir, *spec, *comment;
} type_names;

static const type_names names[] = {
    [KF_TYPE_DOUBLE] = {"NUMBER_DOUBLE", "Float", "float"},
    [KF_TYPE_INTEGER] = {"NUMBER_INTEGER", "Integer", "int"},
    [KF_TYPE_STRING] = {"STRING", "String", "str"},
    [KF_TYPE_BOOLEAN] = {"BOOLEAN", "Boolean", "bool"},
    [KF_TYPE_LIST] = {"LIST", "List", "list"},
    [KF_TYPE_STRUCT] = {"STRUCT", "Dict", "dict"},
    [KF_TYPE_TASK_FINAL_STATUS] = {"TASK_FINAL_STATUS", "PipelineTaskFinalStatus",
        "PipelineTaskFinalStatus"},
    [KF_TYPE_TASK_CONFIG] = {"TASK_CONFIG", "TaskConfig", "TaskConfig"},
};
#define TYPE_COUNT ((int)(sizeof names / sizeof *names))

/* Names that component YAML may use for the types (KFP: PARAMETER_TYPES_MAPPING). */
static const struct {
    const char *name;
    kf_type type;
} spec_names[] = {
    {"integer", KF_TYPE_INTEGER},
    {"int", KF_TYPE_INTEGER},
    {"double", KF_TYPE_DOUBLE},
    {"float", KF_TYPE_DOUBLE},
    {"string", KF_TYPE_STRING},
    {"str", KF_TYPE_STRING},
    {"text", KF_TYPE_STRING},
    {"bool", KF_TYPE_BOOLEAN},
    {"boolean", KF_TYPE_BOOLEAN},
    {"dict", KF_TYPE_STRUCT},
    {"list", KF_TYPE_LIST},
    {"jsonobject", KF_TYPE_STRUCT},
    {"jsonarray", KF_TYPE_LIST},
    {"PipelineTaskFinalStatus", KF_TYPE_TASK_FINAL_STATUS},
    {"TaskConfig", KF_TYPE_TASK_CONFIG},
};

static const type_names *names_of(kf_type type)
{
    int number = (int)type;
    return number > KF_TYPE_NONE && number < TYPE_COUNT ? &names[number] : NULL;
}

const char *kf_type_name(kf_type type)
{
    const type_names *found = names_of(type);
    return found == NULL ? NULL : found->ir;
}

const char *kf__type_spec_name(kf_type type)
{
    const type_names *found = names_of(type);
    return found == NULL ? NULL : found->spec;
}

const char *kf__type_comment_name(kf_type type)
{
    const type_names *found = names_of(type);
    return found == NULL ? NULL : found->comment;
}

kf_type kf__type_of_name(const char *name)
{
    for (int i = KF_TYPE_NONE + 1; i < TYPE_COUNT; i++)
        if (strcmp(names[i].ir, name) == 0)
            return (kf_type)i;
    return KF_TYPE_NONE;
}

kf_type kf__type_of_spec_name(const char *name)
{
    if (kf__starts_with(name, "typing."))
        name += strlen("typing.");
    size_t length = strlen(name);
    const char *bracket = strchr(name, '[');
    /* "List[str]" is a list whatever it holds; another name with brackets is none of
     * ours. */
    if (bracket != NULL &&
        (strncasecmp(name, "list[", 5) == 0 || strncasecmp(name, "dict[", 5) == 0))
        length = (size_t)(bracket - name);
    for (size_t i = 0; i < sizeof spec_names / sizeof *spec_names; i++) {
        const char *candidate = spec_names[i].name;
        bool any_case = spec_names[i].type < KF_TYPE_TASK_FINAL_STATUS;
        if (strlen(candidate) == length &&
            (any_case ? strncasecmp(candidate, name, length) == 0
                      : strncmp(candidate, name, length) == 0))
            return spec_names[i].type;
    }
    return KF_TYPE_NONE;
}

static const char *title_of(const kf_io *io)
{
    return io->schema_title != NULL ? io->schema_title : KF__SCHEMA_ARTIFACT;
}

static const char *version_of(const kf_io *io)
{
    return io->schema_version != NULL ? io->schema_version : KF__SCHEMA_VERSION;
}

void kf__put_type(kf_buf *buf, const kf_io *io)
{
    if (io->type != KF_TYPE_NONE) {
        const char *name = kf_type_name(io->type);
        kf__buf_puts(buf, name != NULL ? name : "no type");
        return;
    }
    kf__buf_printf(
        buf, io->is_list ? "List[%s@%s]" : "%s@%s", title_of(io), version_of(io));
}

/* KFP compares the final status and the task configuration as the structs that they
 * are. */
static kf_type compared_type(kf_type type)
{
    return type == KF_TYPE_TASK_FINAL_STATUS || type == KF_TYPE_TASK_CONFIG
               ? KF_TYPE_STRUCT
               : type;
}

static bool artifacts_agree(const kf_io *given, const kf_io *expected)
{
    const char *title = title_of(given);
    if (given->is_list != expected->is_list)
        return false;
    if (strcmp(title, KF__SCHEMA_ARTIFACT) == 0 ||
        strcmp(title_of(expected), KF__SCHEMA_ARTIFACT) == 0)
        return true;
    size_t major = strcspn(version_of(given), ".");
    return strcmp(title, title_of(expected)) == 0 &&
           major == strcspn(version_of(expected), ".") &&
           strncmp(version_of(given), version_of(expected), major) == 0;
}

bool kf__types_agree(const kf_io *given, const kf_io *expected)
{
    if (given->type == KF_TYPE_NONE && expected->type == KF_TYPE_NONE)
        return artifacts_agree(given, expected);
    return compared_type(given->type) == compared_type(expected->type);
}

kf_status kf__types_check(const kf_io *given, const kf_io *expected, const char *where)
{
    if (kf__types_agree(given, expected))
        return KF_OK;
    kf_buf given_text = KF__BUF_INIT, expected_text = KF__BUF_INIT;
    kf__put_type(&given_text, given);
    kf__put_type(&expected_text, expected);
    kf_status status = kf__fail(KF_ETYPE, where,
        "a value of type %s does not fit the input \"%s\" of type %s",
        kf__buf_text(&given_text), expected->name, kf__buf_text(&expected_text));
    kf__buf_finish(&given_text);
    kf__buf_finish(&expected_text);
    return status;
}

kf_type kf__type_of_value(const kf_value *value)
{
    switch (kf_value_kind(value)) {
    case KF_KIND_BOOL:
        return KF_TYPE_BOOLEAN;
    case KF_KIND_INT:
        return KF_TYPE_INTEGER;
    case KF_KIND_DOUBLE:
        return KF_TYPE_DOUBLE;
    case KF_KIND_STRING:
        return KF_TYPE_STRING;
    case KF_KIND_LIST:
        return KF_TYPE_LIST;
    case KF_KIND_STRUCT:
        return KF_TYPE_STRUCT;
    case KF_KIND_NULL:
        break;
    }
    return KF_TYPE_NONE;
}

bool kf__type_accepts(kf_type type, const kf_value *value)
{
    kf_type given = kf__type_of_value(value);
    if (type == KF_TYPE_DOUBLE)
        return given == KF_TYPE_DOUBLE || given == KF_TYPE_INTEGER;
    if (type == KF_TYPE_INTEGER && given == KF_TYPE_DOUBLE) {
        double number = kf_value_double(value);
        return number == trunc(number);
    }
    return given != KF_TYPE_NONE && given == compared_type(type);
}

kf_value *kf__document_value(kf_tree *tree, const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    if (kind == KF_KIND_INT)
        return kf__tree_double(tree, (double)kf_value_int(value));
    if (kind != KF_KIND_LIST && kind != KF_KIND_STRUCT)
        return kf__tree_copy(tree, value);
    kf_value *copy = kind == KF_KIND_LIST ? kf__tree_list(tree) : kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        kf_value *item = kf__document_value(tree, kf_value_at(value, i));
        if (kind == KF_KIND_LIST)
            kf__push(tree, copy, item);
        else
            kf__put(tree, copy, kf_value_key(value, i), item);
    }
    return copy;
}

static bool is_titled(const char *title, const char *space)
{
    size_t length = strlen(space);
    if (strncmp(title, space, length) != 0 || title[length] != '.')
        return false;
    const char *name = title + length + 1;
    return *name != '\0' && strpbrk(name, ".@") == NULL;
}

static bool has_three_parts(const char *version)
{
    size_t dots = 0;
    for (const char *c = version; *c != '\0'; c++) {
        dots += *c == '.';
        if (*c == '@' || (*c == '.' && (c == version || c[1] == '.' || c[1] == '\0')))
            return false;
    }
    return dots == 2;
}

kf_status kf__schema_check(const char *title, const char *version, const char *where)
{
    if (title != NULL && !is_titled(title, "system") && !is_titled(title, "google"))
        return kf__fail(KF_EINVAL, where,
            "\"%s\" is not a type of artifacts: expected a schema title such as "
            "\"system.Dataset\" or \"google.VertexModel\"",
            title);
    if (version != NULL && !has_three_parts(version))
        return kf__fail(KF_EINVAL, where,
            "\"%s\" is not a schema version: expected three parts such as \"0.0.1\"",
            version);
    return KF_OK;
}
