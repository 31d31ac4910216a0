/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/options.h"
#include "base/text.h"
#include "pipeline/component.h"
#include "pipeline/type.h"

const char *kf__tree_keep(kf_tree *tree, const char *text)
{
    if (text == NULL || tree->status != KF_OK)
        return NULL;
    const char *copy = kf__arena_strdup(&tree->arena, text);
    if (copy == NULL)
        tree->status = kf__nomem();
    return copy;
}

kf_status kf__component_check_text(const char *what, const char *text)
{
    size_t length = strlen(text), bad = 0;
    if (length > KF__LIMIT_STRING_BYTES)
        return kf__fail(KF_ELIMIT, NULL, "%s has %zu bytes; the most is %u", what,
            length, KF__LIMIT_STRING_BYTES);
    if (!kf__utf8_valid(text, length, &bad))
        return kf__fail(KF_EINVAL, NULL, "%s is not UTF-8 at byte %zu", what, bad);
    return KF_OK;
}

kf_status kf__component_check_words(const char *what, const kf_value *words)
{
    if (words == NULL)
        return KF_OK;
    if (!kf__is(words, KF_KIND_LIST))
        return kf__fail(KF_ETYPE, NULL, "%s must be a list of strings", what);
    for (size_t i = 0; i < kf_value_length(words); i++) {
        const kf_value *word = kf_value_at(words, i);
        if (!kf__is(word, KF_KIND_STRING))
            return kf__fail(KF_ETYPE, NULL,
                "%s must be a list of strings, and item %zu of it is none", what, i);
        if (strlen(kf_value_string(word)) != kf_value_length(word))
            return kf__fail(KF_EINVAL, NULL,
                "%s cannot hold a NUL byte, and item %zu does", what, i);
    }
    return KF_OK;
}

/* ---- declarations ---- */

static bool is_name_byte(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte >= 0x80 || strchr("_-. ", byte) != NULL;
}

/* What can stand in a placeholder and in a document's keys: KFP's names and those of
 * Python. */
static kf_status check_name(const char *name)
{
    size_t length = strlen(name);
    if (length > KF__LIMIT_NAME_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the name of an input or output has %zu bytes; the most is %d", length,
            KF__LIMIT_NAME_BYTES);
    KF__TRY(kf__component_check_text("the name of an input or output", name));
    bool good = length > 0 && name[0] != ' ' && name[length - 1] != ' ';
    for (size_t i = 0; good && i < length; i++)
        good = is_name_byte((unsigned char)name[i]);
    if (!good)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" cannot name an input or output: expected letters, digits, \"_\", "
            "\"-\" and "
            "\".\"",
            name);
    return KF_OK;
}

static kf_status check_default(const char *name, kf_type type, const kf_value *value)
{
    if (value == NULL || kf__is(value, KF_KIND_NULL))
        return KF_OK;
    if (type == KF_TYPE_TASK_FINAL_STATUS || type == KF_TYPE_TASK_CONFIG)
        return kf__fail(KF_ETYPE, name, "\"%s\" of type %s cannot have a default", name,
            kf_type_name(type));
    if (!kf__type_accepts(type, value))
        return kf__fail(KF_ETYPE, name, "the default of \"%s\" is not of its type %s",
            name, kf_type_name(type));
    return KF_OK;
}

static kf_status check_literals(
    const char *name, kf_type type, const kf_io_options *options)
{
    const kf_value *literals = options->literals, *value = options->default_value;
    if (literals == NULL)
        return KF_OK;
    if (!kf__is(literals, KF_KIND_LIST) || kf_value_length(literals) == 0)
        return kf__fail(KF_ETYPE, name,
            "the literals of \"%s\" must be a list of at least one value", name);
    bool found = value == NULL || kf__is(value, KF_KIND_NULL);
    for (size_t i = 0; i < kf_value_length(literals); i++) {
        const kf_value *literal = kf_value_at(literals, i);
        if (!kf__type_accepts(type, literal))
            return kf__fail(KF_ETYPE, name,
                "literal %zu of \"%s\" is not of its type %s", i, name,
                kf_type_name(type));
        found = found || kf_value_equal(literal, value);
    }
    if (!found)
        return kf__fail(KF_EINVAL, name,
            "the default of \"%s\" is none of the literals it allows", name);
    return KF_OK;
}

static const kf_io_options *given(const kf_io_options *options)
{
    static const kf_io_options none = {.size = sizeof none};
    return options != NULL ? options : &none;
}

kf_status kf__io_parameter(kf_tree *tree, const char *name, kf_type type,
    const kf_io_options *options, kf_io *out)
{
    const kf_io_options *o = given(options);
    KF__TRY(check_name(name));
    if (kf_type_name(type) == NULL)
        return kf__fail(KF_EINVAL, name, "%d is no type of parameters", (int)type);
    if (o->description != NULL)
        KF__TRY(kf__component_check_text(
            "the description of an input or output", o->description));
    if (o->type_text != NULL)
        KF__TRY(
            kf__component_check_text("the type of an input or output", o->type_text));
    KF__TRY(check_default(name, type, o->default_value));
    KF__TRY(check_literals(name, type, o));
    /* The final status and the task configuration are filled by the backend, never
     * required. */
    bool filled = type == KF_TYPE_TASK_FINAL_STATUS || type == KF_TYPE_TASK_CONFIG;
    bool has_default =
        o->default_value != NULL && !kf__is(o->default_value, KF_KIND_NULL);
    kf_io io = {
        .name = kf__tree_keep(tree, name),
        .type = type,
        .optional = o->optional || o->default_value != NULL || filled,
        .default_value =
            has_default ? kf__document_value(tree, o->default_value) : NULL,
        .literals = o->literals != NULL ? kf__document_value(tree, o->literals) : NULL,
        .description = kf__tree_keep(tree, o->description),
        .type_text = kf__tree_keep(tree, o->type_text),
    };
    KF__TRY(kf__tree_status(tree));
    *out = io;
    return KF_OK;
}

kf_status kf__io_artifact(kf_tree *tree, const char *name, const char *schema,
    const kf_io_options *options, kf_io *out)
{
    const kf_io_options *o = given(options);
    KF__TRY(check_name(name));
    KF__TRY(kf__schema_check(schema, o->schema_version, name));
    if (o->description != NULL)
        KF__TRY(kf__component_check_text(
            "the description of an input or output", o->description));
    if (o->default_value != NULL && !kf__is(o->default_value, KF_KIND_NULL))
        return kf__fail(
            KF_ETYPE, name, "the artifact \"%s\" cannot have a default", name);
    if (o->literals != NULL)
        return kf__fail(
            KF_ETYPE, name, "the artifact \"%s\" cannot have literals", name);
    kf_io io = {
        .name = kf__tree_keep(tree, name),
        .type = KF_TYPE_NONE,
        .schema_title =
            kf__tree_keep(tree, schema != NULL ? schema : KF__SCHEMA_ARTIFACT),
        .schema_version = kf__tree_keep(
            tree, o->schema_version != NULL ? o->schema_version : KF__SCHEMA_VERSION),
        .is_list = o->is_list,
        .optional = o->optional || o->default_value != NULL,
        .description = kf__tree_keep(tree, o->description),
    };
    KF__TRY(kf__tree_status(tree));
    *out = io;
    return KF_OK;
}

/* ---- the interface of a component ---- */

static kf_status insert_input(kf_component_body *body, kf_io io)
{
    KF__TRY(kf__vec_push(&body->inputs, io));
    kf_status status =
        kf__map_set_index(&body->input_index, io.name, body->inputs.count - 1);
    if (status != KF_OK)
        body->inputs.count--;
    return status;
}

static kf_status insert_output(kf_component_body *body, kf_io io)
{
    KF__TRY(kf__vec_push(&body->outputs, io));
    kf_status status =
        kf__map_set_index(&body->output_index, io.name, body->outputs.count - 1);
    if (status != KF_OK)
        body->outputs.count--;
    return status;
}

static kf_status check_open(
    const kf_component *component, const kf_map *index, const char *name)
{
    if (component->body->kind == KF__COMPONENT_GRAPH)
        return kf__fail(KF_ESTATE, NULL,
            "the interface of component \"%s\" is that of the pipeline it was made "
            "from",
            component->body->name);
    if (kf__map_has(index, name))
        return kf__fail(KF_EEXIST, NULL, "component \"%s\" already has an %s \"%s\"",
            component->body->name,
            index == &component->body->input_index ? "input" : "output", name);
    return KF_OK;
}

/* Declare in the tree of the component's own body; a failure leaves the component as it
 * was. */
static kf_status declare(kf_component *component, bool output, const char *name,
    kf_type type, const char *schema, const kf_io_options *options)
{
    kf_component_body *body = component->body;
    KF__TRY(
        check_open(component, output ? &body->output_index : &body->input_index, name));
    KF__TRY(kf__component_own(component));
    body = component->body;
    kf_io io = {0};
    kf_status status = type != KF_TYPE_NONE
                           ? kf__io_parameter(&body->tree, name, type, options, &io)
                           : kf__io_artifact(&body->tree, name, schema, options, &io);
    kf_status built = kf__component_settle(body);
    if (status != KF_OK || built != KF_OK)
        return status != KF_OK ? status : built;
    return output ? insert_output(body, io) : insert_input(body, io);
}

/* What only an input can have. */
static kf_status check_output_options(const char *name, const kf_io_options *options)
{
    if (options->default_value == NULL && options->literals == NULL)
        return KF_OK;
    return kf__fail(
        KF_EINVAL, name, "the output \"%s\" cannot have a default or literals", name);
}

kf_status kf_component_add_input(kf_component *component, const char *name,
    kf_type type, const kf_io_options *options)
{
    KF__REQUIRE(component != NULL && name != NULL && kf_type_name(type) != NULL);
    KF__TAKE_OPTIONS(kf_io_options, known, options);
    return declare(component, false, name, type, NULL, &known);
}

kf_status kf_component_add_input_artifact(kf_component *component, const char *name,
    const char *schema, const kf_io_options *options)
{
    KF__REQUIRE(component != NULL && name != NULL);
    KF__TAKE_OPTIONS(kf_io_options, known, options);
    return declare(component, false, name, KF_TYPE_NONE, schema, &known);
}

kf_status kf_component_add_output(kf_component *component, const char *name,
    kf_type type, const kf_io_options *options)
{
    KF__REQUIRE(component != NULL && name != NULL && kf_type_name(type) != NULL);
    KF__TAKE_OPTIONS(kf_io_options, known, options);
    KF__TRY(check_output_options(name, &known));
    return declare(component, true, name, type, NULL, &known);
}

kf_status kf_component_add_output_artifact(kf_component *component, const char *name,
    const char *schema, const kf_io_options *options)
{
    KF__REQUIRE(component != NULL && name != NULL);
    KF__TAKE_OPTIONS(kf_io_options, known, options);
    KF__TRY(check_output_options(name, &known));
    return declare(component, true, name, KF_TYPE_NONE, schema, &known);
}

size_t kf_component_input_count(const kf_component *component)
{
    return component->body->inputs.count;
}

const kf_io *kf_component_input(const kf_component *component, size_t index)
{
    const kf_component_body *body = component->body;
    return index < body->inputs.count ? &body->inputs.items[index] : NULL;
}

size_t kf_component_output_count(const kf_component *component)
{
    return component->body->outputs.count;
}

const kf_io *kf_component_output(const kf_component *component, size_t index)
{
    const kf_component_body *body = component->body;
    return index < body->outputs.count ? &body->outputs.items[index] : NULL;
}

/* ---- the interface of a ComponentSpec ---- */

/* The strings and values stay where they are: in the body's tree. */
static kf_io io_of(const char *name, const kf_value *definition)
{
    const char *type = kf__get_text(definition, "parameterType");
    const kf_value *schema = kf_value_get(definition, "artifactType");
    const kf_value *value = kf_value_get(definition, "defaultValue");
    kf_io io = {
        .name = name,
        .type = type != NULL ? kf__type_of_name(type) : KF_TYPE_NONE,
        .is_list = kf_value_bool(kf_value_get(definition, "isArtifactList")),
        .optional =
            kf_value_bool(kf_value_get(definition, "isOptional")) || value != NULL,
        .default_value = value,
        .literals = kf_value_get(definition, "literals"),
        .description = kf__get_text(definition, "description"),
    };
    if (type == NULL) {
        const char *title = kf__get_text(schema, "schemaTitle");
        const char *version = kf__get_text(schema, "schemaVersion");
        io.schema_title = title != NULL ? title : KF__SCHEMA_ARTIFACT;
        io.schema_version = version != NULL ? version : KF__SCHEMA_VERSION;
    }
    return io;
}

static kf_status read_definitions(
    kf_component_body *body, bool output, const kf_value *definitions)
{
    for (size_t i = 0; i < kf_value_length(definitions); i++) {
        kf_io io = io_of(kf_value_key(definitions, i), kf_value_at(definitions, i));
        const kf_map *index = output ? &body->output_index : &body->input_index;
        if (kf__map_has(index, io.name))
            return kf__fail(KF_EDOCUMENT, NULL,
                "\"%s\" is declared both as a parameter and as an artifact", io.name);
        KF__TRY(output ? insert_output(body, io) : insert_input(body, io));
    }
    return KF_OK;
}

kf_status kf__component_read_interface(kf_component_body *body, const kf_value *spec)
{
    const kf_value *inputs = kf_value_get(spec, "inputDefinitions");
    const kf_value *outputs = kf_value_get(spec, "outputDefinitions");
    KF__TRY(read_definitions(body, false, kf_value_get(inputs, "parameters")));
    KF__TRY(read_definitions(body, false, kf_value_get(inputs, "artifacts")));
    KF__TRY(read_definitions(body, true, kf_value_get(outputs, "parameters")));
    return read_definitions(body, true, kf_value_get(outputs, "artifacts"));
}
