/* SPDX-License-Identifier: Apache-2.0 */
/* Interface and container of a component of the first version. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"
#include "pipeline/component_read.h"
#include "pipeline/type.h"

static const char *next_name(const void *state, size_t index)
{
    return ((const char *const *)state)[index];
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

kf_status kf__component_check_fields(const kf_value *object, const kf_place *place,
    const char *what, const char *const *names)
{
    if (kf_value_kind(object) != KF_KIND_STRUCT)
        return kf__component_fault(
            place, object, "%s expected, which is a mapping", what);
    for (size_t i = 0; kf_value_key(object, i) != NULL; i++) {
        const char *name = kf_value_key(object, i);
        if (!is_one_of(name, names))
            return kf__component_fault(KF__PLACE(place, name), kf_value_at(object, i),
                "%s has no field '%.100s'%s", what, name,
                kf__hint_of(name, next_name, names).text);
    }
    return KF_OK;
}

/* KFP: sanitize_input_name of dsl/utils.py. */
char *kf__component_io_name(const char *name)
{
    kf_buf out = KF__BUF_INIT;
    char *text = NULL;
    bool in_run = false; /* Of other characters, which become one "_". */
    for (const char *at = name; *at != '\0'; at++) {
        char c = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (plain || !in_run)
            kf__buf_putc(&out, plain ? c : '_');
        in_run = !plain;
    }
    size_t start = strspn(kf__buf_text(&out), "_");
    size_t end = out.length;
    while (end > start && out.data[end - 1] == '_')
        end--;
    if (out.status == KF_OK)
        text = kf__strndup(kf__buf_text(&out) + start, end - start);
    kf__buf_finish(&out);
    return text;
}

/* ---- defaults ---- */

static bool parse_truth(const char *text, bool *out)
{
    static const char *const words[] = {
        "y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], text) == 0) {
            *out = i < 6;
            return true;
        }
    }
    return false;
}

/* What Python's int(), float(), str(), distutils' strtobool and json.loads make of it. NULL: they
 * refuse it, or memory is out, which the tree knows. */
static kf_value *cast_number(kf_tree *tree, kf_type type, const kf_value *value)
{
    const char *text = kf_value_string(value);
    double number = kf_value_double(value);
    int64_t integer = kf_value_int(value);
    if (kf_value_kind(value) == KF_KIND_BOOL)
        number = (double)(integer = kf_value_bool(value));
    else if (text != NULL && type == KF_TYPE_INTEGER &&
             !kf__parse_int64(text, &integer))
        return NULL;
    else if (text != NULL && type == KF_TYPE_DOUBLE && !kf__parse_double(text, &number))
        return NULL;
    else if (kf_value_kind(value) >= KF_KIND_LIST)
        return NULL;
    return type == KF_TYPE_INTEGER ? kf__tree_int(tree, integer)
                                   : kf__tree_double(tree, number);
}

static kf_value *cast_text(kf_tree *tree, const kf_value *value)
{
    if (kf_value_kind(value) == KF_KIND_STRING)
        return kf__tree_copy(tree, value);
    if (kf_value_kind(value) == KF_KIND_BOOL)
        return kf__tree_string(tree, kf_value_bool(value) ? "True" : "False");
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    if (text.status != KF_OK)
        tree->status = text.status;
    kf_value *result = kf__tree_string(tree, kf__buf_text(&text));
    kf__buf_finish(&text);
    return result;
}

static kf_value *cast_truth(kf_tree *tree, const kf_value *value)
{
    const char *text = kf_value_string(value);
    bool truth = kf_value_bool(value) || kf_value_int(value) != 0;
    if (kf_value_kind(value) >= KF_KIND_LIST ||
        (text != NULL && !parse_truth(text, &truth)))
        return NULL;
    return kf__tree_bool(tree, truth);
}

static kf_value *cast_json(kf_tree *tree, const kf_value *value)
{
    const char *text = kf_value_string(value);
    kf_value *parsed = NULL;
    if (text == NULL)
        return kf__tree_copy(tree, value);
    kf_status status = kf__json_read(tree, text, kf_value_length(value), &parsed);
    if (status == KF_ENOMEM)
        tree->status = status;
    return status == KF_OK ? parsed : NULL;
}

static kf_value *cast_default(kf_tree *tree, kf_type type, const kf_value *value)
{
    kf_value *result;
    switch (type) {
    case KF_TYPE_INTEGER:
    case KF_TYPE_DOUBLE:
        result = cast_number(tree, type, value);
        break;
    case KF_TYPE_STRING:
        result = cast_text(tree, value);
        break;
    case KF_TYPE_BOOLEAN:
        result = cast_truth(tree, value);
        break;
    default:
        result = cast_json(tree, value);
        break;
    }
    return result != NULL && kf__type_accepts(type, result) ? result : NULL;
}

/* ---- types ---- */

static bool is_google_type(const char *name)
{
    /* KFP's pattern ^google.[A-Za-z]+$, whose point is any character. */
    static const char prefix[] = "google";
    size_t length = strlen(name);
    if (!kf__starts_with(name, prefix) || length < sizeof prefix + 1)
        return false;
    for (const char *c = name + sizeof prefix; *c != '\0'; c++) {
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')))
            return false;
    }
    return true;
}

/* The schema of an artifact: what is no known type is any artifact (KFP:
 * from_v1_component_spec). */
static const char *schema_of(const char *name)
{
    static const char *const titles[] = {"system.Artifact", "system.Model",
        "system.Dataset", "system.Metrics", "system.ClassificationMetrics",
        "system.SlicedClassificationMetrics", "system.HTML", "system.Markdown"};
    if (name == NULL)
        return KF__SCHEMA_ARTIFACT;
    if (is_google_type(name))
        return name;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (strcasecmp(titles[i] + strlen("system."), name) == 0)
            return titles[i];
    }
    return KF__SCHEMA_ARTIFACT;
}

/* ---- inputs and outputs ---- */

typedef struct port {
    const char *name; /* As the component has it. */
    const kf_value *spec;
    const kf_place *place;
    kf_type type;
    const char *type_name;
} port;

static kf_status add_parameter(
    kf_component *component, const port *self, bool output, kf_io_options *options)
{
    const kf_value *given = kf_value_get(self->spec, "default");
    kf_tree tree = KF__TREE_INIT;
    kf_status status = KF_OK;
    if (!output && kf_value_kind(given) != KF_KIND_NULL) {
        kf_value *value = cast_default(&tree, self->type, given);
        options->default_value = value;
        status = kf__tree_status(&tree);
        if (status == KF_OK && value == NULL)
            status = kf__component_fault(KF__PLACE(self->place, "default"), given,
                "the default is no value of type %s", self->type_name);
    }
    if (status == KF_OK)
        status =
            output ? kf_component_add_output(component, self->name, self->type, options)
                   : kf_component_add_input(component, self->name, self->type, options);
    kf__tree_finish(&tree);
    return status;
}

static kf_status add_port(kf_component *component, const port *self, bool output)
{
    const kf_value *given = kf_value_get(self->spec, "default");
    kf_io_options options = {
        .size = sizeof options,
        .optional = !output && (kf_value_bool(kf_value_get(self->spec, "optional")) ||
                                   kf_value_kind(given) != KF_KIND_NULL),
        .description = kf__get_text(self->spec, "description"),
    };
    if (self->type != KF_TYPE_NONE)
        return add_parameter(component, self, output, &options);
    const char *schema = schema_of(self->type_name);
    return output ? kf_component_add_output_artifact(
                        component, self->name, schema, &options)
                  : kf_component_add_input_artifact(
                        component, self->name, schema, &options);
}

static kf_status check_kind(const kf_value *spec, const kf_place *place,
    const char *field, kf_kind kind, const char *expected)
{
    const kf_value *value = kf_value_get(spec, field);
    if (value == NULL || kf_value_kind(value) == kind ||
        kf_value_kind(value) == KF_KIND_NULL)
        return KF_OK;
    return kf__component_fault(KF__PLACE(place, field), value, "%s expected", expected);
}

static kf_status read_type(port *self)
{
    const kf_value *type = kf_value_get(self->spec, "type");
    self->type = KF_TYPE_NONE;
    self->type_name = kf_value_string(type);
    switch (kf_value_kind(type)) {
    case KF_KIND_STRING:
        self->type = kf__type_of_spec_name(self->type_name);
        return KF_OK;
    case KF_KIND_STRUCT: /* A type with properties, such as {GCSPath: {data_type: CSV}}. */
    case KF_KIND_NULL:
        return KF_OK;
    default:
        return kf__component_fault(KF__PLACE(self->place, "type"), type,
            "the type must be a name or a mapping of a name to properties");
    }
}

static kf_status read_port(
    kf_component *component, const kf_value *spec, const kf_place *place, bool output)
{
    static const char *const input_fields[] = {
        "name", "type", "description", "default", "optional", "annotations", NULL};
    static const char *const output_fields[] = {
        "name", "type", "description", "annotations", NULL};
    KF__TRY(kf__component_check_fields(spec, place, output ? "an output" : "an input",
        output ? output_fields : input_fields));
    const char *name = kf__get_text(spec, "name");
    if (name == NULL)
        return kf__component_fault(place, spec, "it has no name, which is text");
    KF__TRY(check_kind(spec, place, "description", KF_KIND_STRING, "text"));
    KF__TRY(check_kind(spec, place, "optional", KF_KIND_BOOL, "true or false"));
    port self = {.spec = spec, .place = place};
    KF__TRY(read_type(&self));
    char *sanitized = kf__component_io_name(name);
    if (sanitized == NULL)
        return KF_ENOMEM;
    self.name = sanitized;
    kf_status status = add_port(component, &self, output);
    if (status != KF_OK && status != KF_ENOMEM && status != KF_EDOCUMENT) {
        char message[300];
        (void)snprintf(message, sizeof message, "%s", kf_last_error()->message);
        status = kf__component_fault(place, spec, "%s", message);
    }
    kf__free(sanitized);
    return status;
}

/* `names`: a struct of the names as the document has them. */
static kf_status read_ports(kf_component *component, const kf_value *document,
    const char *group, kf_tree *tree, kf_value **names)
{
    const kf_value *ports = kf_value_get(document, group);
    const kf_place *place = KF__PLACE(NULL, group);
    bool output = strcmp(group, "outputs") == 0;
    *names = kf__tree_struct(tree);
    KF__TRY(check_kind(document, NULL, group, KF_KIND_LIST, "a list"));
    for (size_t i = 0; i < kf_value_length(ports); i++) {
        const kf_value *spec = kf_value_at(ports, i);
        KF__TRY(read_port(component, spec, KF__PLACE_AT(place, i), output));
        const char *name = kf__get_text(spec, "name");
        if (kf_value_get(*names, name) != NULL)
            return kf__component_fault(
                KF__PLACE_AT(place, i), spec, "there are two %s '%.100s'", group, name);
        kf__put(tree, *names, name, kf__tree_null(tree));
    }
    return kf__tree_status(tree);
}

/* ---- the container ---- */

static kf_status read_environment(
    kf_component *component, const kf_value *container, const kf_place *place)
{
    const kf_value *env = kf_value_get(container, "env");
    KF__TRY(check_kind(container, place, "env", KF_KIND_STRUCT, "a mapping"));
    const kf_place *here = KF__PLACE(place, "env");
    for (size_t i = 0; kf_value_key(env, i) != NULL; i++) {
        const kf_value *value = kf_value_at(env, i);
        const char *text = kf_value_string(value);
        const char *name = kf_value_key(env, i);
        if (text == NULL)
            return kf__component_fault(KF__PLACE(here, name), value,
                "the value of an environment variable is text: write it in quotes");
        if (name[0] == '\0' || strchr(name, '=') != NULL)
            return kf__component_fault(KF__PLACE(here, name), value,
                "an environment variable needs a name without '='");
        KF__TRY(kf_component_set_env(component, name, text));
    }
    return KF_OK;
}

static kf_status read_container(kf_component *component, const kf_value *container,
    const kf_place *place, const kf_v1_words *names)
{
    static const char *const fields[] = {
        "image", "command", "args", "env", "fileOutputs", NULL};
    KF__TRY(kf__component_check_fields(container, place, "a container", fields));
    const char *image = kf__get_text(container, "image");
    const kf_value *files = kf_value_get(container, "fileOutputs");
    if (image == NULL || image[0] == '\0')
        return kf__component_fault(
            KF__PLACE(place, "image"), container, "the container has no image");
    if (kf_value_length(files) > 0)
        return kf__component_fault(KF__PLACE(place, "fileOutputs"), files,
            "outputs at fixed paths are not supported: give the program the path with "
            "{outputPath: name}");
    kf_value *command;
    kf_value *args;
    KF__TRY(kf__component_read_words(names, kf_value_get(container, "command"),
        KF__PLACE(place, "command"), &command));
    KF__TRY(kf__component_read_words(
        names, kf_value_get(container, "args"), KF__PLACE(place, "args"), &args));
    KF__TRY(kf_component_set_container(component, image, command, args));
    return read_environment(component, container, place);
}

static kf_status read_implementation(
    kf_component *component, const kf_value *document, const kf_v1_words *names)
{
    static const char *const fields[] = {"container", "graph", NULL};
    const kf_value *implementation = kf_value_get(document, "implementation");
    const kf_place *place = KF__PLACE(NULL, "implementation");
    KF__TRY(
        kf__component_check_fields(implementation, place, "an implementation", fields));
    const kf_value *container = kf_value_get(implementation, "container");
    const kf_value *graph = kf_value_get(implementation, "graph");
    if (graph != NULL)
        return kf__component_fault(KF__PLACE(place, "graph"), graph,
            "graphs of the first version are not supported: compile the pipeline with "
            "the KFP SDK 2, and load that");
    if (container == NULL)
        return kf__component_fault(
            place, implementation, "the implementation has no container");
    return read_container(component, container, KF__PLACE(place, "container"), names);
}

static kf_status read_component(
    kf_component *component, const kf_value *document, kf_tree *tree)
{
    kf_v1_words names = {.component = component, .tree = tree};
    kf_value *inputs;
    kf_value *outputs;
    KF__TRY(read_ports(component, document, "inputs", tree, &inputs));
    KF__TRY(read_ports(component, document, "outputs", tree, &outputs));
    names.inputs = inputs;
    names.outputs = outputs;
    const char *description = kf__get_text(document, "description");
    if (description != NULL)
        KF__TRY(kf_component_set_description(component, description));
    return read_implementation(component, document, &names);
}

kf_status kf__component_read_v1(const kf_value *document, kf_component **out)
{
    static const char *const fields[] = {"name", "description", "metadata", "inputs",
        "outputs", "implementation", "version", NULL};
    KF__TRY(kf__component_check_fields(document, NULL, "a component", fields));
    KF__TRY(check_kind(document, NULL, "name", KF_KIND_STRING, "text"));
    KF__TRY(check_kind(document, NULL, "description", KF_KIND_STRING, "text"));
    KF__TRY(check_kind(document, NULL, "metadata", KF_KIND_STRUCT, "a mapping"));
    const char *name = kf__get_text(document, "name");
    kf_component *component = NULL;
    kf_status status = kf_component_new(name != NULL ? name : "name", &component);
    if (status == KF_EINVAL)
        return kf__component_fault(KF__PLACE(NULL, "name"),
            kf_value_get(document, "name"), "the name has no letter and no digit");
    KF__TRY(status);
    kf_tree tree = KF__TREE_INIT;
    status = read_component(component, document, &tree);
    kf__tree_finish(&tree);
    if (status != KF_OK) {
        kf_component_free(component);
        return status;
    }
    *out = component;
    return KF_OK;
}
