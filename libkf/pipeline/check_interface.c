/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "pipeline/check.h"
#include "pipeline/placeholder.h"

/* Names become names of files and of folders where a pipeline runs. */
void kf__check_name(kf_report *report, const kf_place *place, const kf_value *at,
    const char *what, const char *name)
{
    const char *wrong = kf__name_fault(name);
    if (wrong == NULL && strlen(name) > KF__LIMIT_NAME_BYTES)
        wrong = "is longer than the limit of 1024 bytes";
    if (wrong != NULL)
        kf__find_error(report, KF_EINVAL, place, at, "the name of %s %s", what, wrong);
}

/* The type in the field that parameterType has taken the place of. */
static kf_type old_type(const kf_value *definition)
{
    static const char *const names[] = {"INT", "DOUBLE", "STRING"};
    static const kf_type types[] = {KF_TYPE_INTEGER, KF_TYPE_DOUBLE, KF_TYPE_STRING};
    const char *type = kf__get_text(definition, "type");
    for (size_t i = 0; type != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(type, names[i]) == 0)
            return types[i];
    }
    return KF_TYPE_NONE;
}

kf_io kf__check_parameter_io(const kf_value *definition)
{
    const char *type = kf__get_text(definition, "parameterType");
    return (kf_io){
        .type = type != NULL ? kf__type_of_name(type) : old_type(definition)};
}

kf_io kf__check_artifact_io(const kf_value *definition)
{
    const kf_value *type = kf_value_get(definition, "artifactType");
    const char *title = kf__get_text(type, "schemaTitle");
    const char *version = kf__get_text(type, "schemaVersion");
    return (kf_io){
        /* An artifact of a schema without title (schemaUri, instanceSchema) is any artifact. */
        .schema_title = title != NULL ? title : KF__SCHEMA_ARTIFACT,
        .schema_version = version != NULL ? version : KF__SCHEMA_VERSION,
        .is_list = kf_value_bool(kf_value_get(definition, "isArtifactList")),
    };
}

bool kf__check_fits(const kf_io *given, const kf_io *expected, bool looped)
{
    if (kf__types_agree(given, expected))
        return true;
    if (!looped)
        return false;
    if (given->type != KF_TYPE_NONE)
        return expected->type == KF_TYPE_LIST;
    kf_io list = *given;
    list.is_list = true;
    return kf__types_agree(&list, expected);
}

void kf__check_mismatch(kf_report *report, kf_severity severity, const kf_place *place,
    const kf_value *at, const char *what, const kf_io *given, const char *takes,
    const kf_io *expected)
{
    kf_buf theirs = KF__BUF_INIT;
    kf_buf ours = KF__BUF_INIT;
    kf__put_type(&theirs, given);
    kf__put_type(&ours, expected);
    kf__find(report, severity, KF_ETYPE, place, at, "%s is a %s, and %s a %s", what,
        kf__buf_text(&theirs), takes, kf__buf_text(&ours));
    kf__buf_finish(&theirs);
    kf__buf_finish(&ours);
}

bool kf__check_is_optional(const kf_value *definition)
{
    return kf_value_bool(kf_value_get(definition, "isOptional")) ||
           kf_value_get(definition, "defaultValue") != NULL;
}

static bool holds_placeholder(const kf_value *value)
{
    const char *text = kf_value_string(value);
    return text != NULL && strstr(text, "{{$") != NULL;
}

static bool is_literal(const kf_value *literals, const kf_value *value)
{
    size_t count = kf_value_length(literals);
    for (size_t i = 0; i < count; i++) {
        if (kf_value_equal(kf_value_at(literals, i), value))
            return true;
    }
    return count == 0;
}

void kf__check_constant(kf_report *report, const kf_place *place,
    const kf_value *constant, const kf_value *definition, const char *what)
{
    kf_type type = kf__check_parameter_io(definition).type;
    if (type == KF_TYPE_NONE || kf_value_kind(constant) == KF_KIND_NULL ||
        holds_placeholder(constant))
        return;
    if (!kf__type_accepts(type, constant)) {
        kf__find_error(report, KF_ETYPE, place, constant,
            "%s is a %s, and the input takes a %s", what,
            kf_type_name(kf__type_of_value(constant)), kf_type_name(type));
        return;
    }
    const kf_value *literals = kf_value_get(definition, "literals");
    if (is_literal(literals, constant))
        return;
    kf_buf allowed = KF__BUF_INIT;
    kf__put_json(&allowed, literals, KF_JSON_SPACED);
    kf__find_error(report, KF_EINVAL, place, constant,
        "%s is none of the literals %.300s", what, kf__buf_text(&allowed));
    kf__buf_finish(&allowed);
}

static void check_type(
    kf_report *report, const kf_place *place, const kf_value *definition)
{
    /* One that is misspelt is a finding of its own. */
    bool given = kf__get_text(definition, "parameterType") != NULL;
    if (kf__check_parameter_io(definition).type == KF_TYPE_NONE && !given &&
        kf_value_kind(definition) == KF_KIND_STRUCT)
        kf__find_error(report, KF_EMISSING, place, definition,
            "the parameter has no parameterType");
}

static void check_input_parameter(
    kf_report *report, const kf_place *place, const kf_value *definition)
{
    check_type(report, place, definition);
    const kf_value *literals = kf_value_get(definition, "literals");
    kf_type type = kf__check_parameter_io(definition).type;
    for (size_t i = 0; i < kf_value_length(literals) && type != KF_TYPE_NONE; i++) {
        const kf_value *literal = kf_value_at(literals, i);
        if (!kf__type_accepts(type, literal))
            kf__find_error(report, KF_ETYPE,
                KF__PLACE_AT(KF__PLACE(place, "literals"), i), literal,
                "the literal is no %s", kf_type_name(type));
    }
    const kf_value *default_value = kf_value_get(definition, "defaultValue");
    if (default_value != NULL)
        kf__check_constant(report, KF__PLACE(place, "defaultValue"), default_value,
            definition, "the default");
}

static void check_artifact(
    kf_report *report, const kf_place *place, const kf_value *definition)
{
    const kf_value *type = kf_value_get(definition, "artifactType");
    if (kf_value_kind(definition) == KF_KIND_STRUCT && kf_value_length(type) == 0)
        kf__find_error(
            report, KF_EMISSING, place, definition, "the artifact has no artifactType");
}

static void check_definitions(kf_report *report, const kf_place *place,
    const kf_value *parameters, const kf_value *artifacts, bool input)
{
    const char *what = input ? "an input" : "an output";
    const kf_place *group = KF__PLACE(place, "parameters");
    for (size_t i = 0; kf_value_key(parameters, i) != NULL; i++) {
        const kf_value *definition = kf_value_at(parameters, i);
        const char *name = kf_value_key(parameters, i);
        const kf_place *here = KF__PLACE(group, name);
        kf__check_name(report, here, definition, what, name);
        if (input)
            check_input_parameter(report, here, definition);
        else
            check_type(report, here, definition);
        if (kf_value_get(artifacts, name) != NULL)
            kf__find_error(report, KF_EEXIST, here, definition,
                "'%s' is the name of a parameter and of an artifact", name);
    }
    group = KF__PLACE(place, "artifacts");
    for (size_t i = 0; kf_value_key(artifacts, i) != NULL; i++) {
        const kf_value *definition = kf_value_at(artifacts, i);
        const kf_place *here = KF__PLACE(group, kf_value_key(artifacts, i));
        kf__check_name(report, here, definition, what, kf_value_key(artifacts, i));
        check_artifact(report, here, definition);
    }
}

void kf__check_interface(
    kf_check *self, const kf_check_component *component, const kf_place *place)
{
    check_definitions(self->report, KF__PLACE(place, "inputDefinitions"),
        component->input_parameters, component->input_artifacts, true);
    check_definitions(self->report, KF__PLACE(place, "outputDefinitions"),
        component->output_parameters, component->output_artifacts, false);
}
