/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/component.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "pipeline/type.h"

/* ---- handles ---- */

kf_status kf_component_new(const char *name, kf_component **out)
{
    KF__REQUIRE(name != NULL && out != NULL);
    kf_component_body *body = NULL;
    KF__TRY(kf__component_body_new(&body));
    kf_status status = kf__component_set_name(body, name);
    if (status != KF_OK) {
        kf__component_body_unref(body);
        return status;
    }
    return kf__component_handle_new(body, out);
}

kf_status kf_component_dup(const kf_component *component, kf_component **out)
{
    KF__REQUIRE(component != NULL && out != NULL);
    return kf__component_handle_new(kf__component_body_ref(component->body), out);
}

void kf_component_free(kf_component *component)
{
    if (component == NULL)
        return;
    kf__component_body_unref(component->body);
    kf__free(component);
}

const char *kf_component_name(const kf_component *component)
{
    return component->body->name;
}

kf_status kf_component_set_description(kf_component *component, const char *text)
{
    KF__REQUIRE(component != NULL);
    if (text != NULL)
        KF__TRY(kf__component_check_text("the description of a component", text));
    KF__TRY(kf__component_own(component));
    kf_component_body *body = component->body;
    const char *copy = kf__tree_keep(&body->tree, text);
    KF__TRY(kf__component_settle(body));
    body->description = copy;
    return KF_OK;
}

const char *kf_component_description(const kf_component *component)
{
    return component->body->description;
}

/* ---- what is executed ---- */

static void forget_execution(kf_component_body *body)
{
    body->kind = KF__COMPONENT_NONE;
    body->image = NULL;
    body->command = body->args = body->env = NULL;
    body->importer = body->spec = body->platform = NULL;
}

kf_status kf__component_become_container(
    kf_component *component, const char *image, kf_value *command, kf_value *args)
{
    kf_component_body *body = component->body;
    const char *copy = kf__tree_keep(&body->tree, image);
    KF__TRY(kf__component_settle(body));
    forget_execution(body);
    body->kind = KF__COMPONENT_CONTAINER;
    body->image = copy;
    /* As KFP: an empty list is none. */
    body->command = kf_value_length(command) == 0 ? NULL : command;
    body->args = kf_value_length(args) == 0 ? NULL : args;
    return KF_OK;
}

static kf_status check_image(const char *image)
{
    KF__TRY(kf__component_check_text("the image", image));
    if (*image == '\0')
        return kf__fail(
            KF_EINVAL, NULL, "the image of a container cannot be empty text");
    return KF_OK;
}

kf_status kf_component_set_container(kf_component *component, const char *image,
    const kf_value *command, const kf_value *args)
{
    KF__REQUIRE(component != NULL && image != NULL);
    KF__TRY(check_image(image));
    KF__TRY(kf__component_check_words("the command", command));
    KF__TRY(kf__component_check_words("the arguments", args));
    KF__TRY(kf__component_own(component));
    kf_tree *tree = &component->body->tree;
    kf_value *command_copy = command != NULL ? kf__tree_copy(tree, command) : NULL;
    kf_value *args_copy = args != NULL ? kf__tree_copy(tree, args) : NULL;
    return kf__component_become_container(component, image, command_copy, args_copy);
}

static kf_value *find_env(const kf_value *env, const char *name)
{
    for (size_t i = 0; i < kf_value_length(env); i++) {
        kf_value *variable = kf__at(env, i);
        if (kf__equals_text(kf_value_get(variable, "name"), name))
            return variable;
    }
    return NULL;
}

kf_status kf_component_set_env(
    kf_component *component, const char *name, const char *value)
{
    KF__REQUIRE(component != NULL && name != NULL && value != NULL);
    KF__TRY(kf__component_check_text("the name of an environment variable", name));
    KF__TRY(kf__component_check_text("the value of an environment variable", value));
    if (*name == '\0' || strchr(name, '=') != NULL)
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" cannot name an environment variable: expected text without \"=\"",
            name);
    if (component->body->kind != KF__COMPONENT_CONTAINER)
        return kf__fail(KF_ESTATE, NULL,
            "component \"%s\" has no container to set an environment variable in",
            component->body->name);
    KF__TRY(kf__component_own(component));
    kf_component_body *body = component->body;
    kf_tree *tree = &body->tree;
    /* A changed copy, so that a failure leaves what there is. */
    kf_value *env =
        body->env == NULL ? kf__tree_list(tree) : kf__tree_copy(tree, body->env);
    kf_value *variable = find_env(env, name);
    if (variable == NULL) {
        variable = kf__tree_struct(tree);
        kf__put_text(tree, variable, "name", name);
        kf__push(tree, env, variable);
    }
    kf__put_text(tree, variable, "value", value);
    KF__TRY(kf__component_settle(body));
    body->env = env;
    return KF_OK;
}

static kf_status set_words(
    kf_component *component, const char *image, const char *const *words)
{
    for (const char *const *word = words; *word != NULL; word++)
        KF__TRY(kf__component_check_text("a word of the command", *word));
    KF__TRY(kf__component_own(component));
    kf_tree *tree = &component->body->tree;
    kf_value *command = kf__tree_list(tree);
    for (const char *const *word = words; *word != NULL; word++)
        kf__push(tree, command, kf__tree_string(tree, *word));
    return kf__component_become_container(component, image, command, NULL);
}

kf_status kf_component_set_command(
    kf_component *component, const char *image, const char *const *words)
{
    KF__REQUIRE(component != NULL && image != NULL && words != NULL);
    KF__TRY(check_image(image));
    if (*words == NULL)
        return kf__fail(KF_EINVAL, NULL, "a command needs at least one word");
    return set_words(component, image, words);
}

kf_status kf_component_set_call(kf_component *component, const char *function)
{
    KF__REQUIRE(component != NULL && function != NULL);
    KF__TRY(kf__component_check_text("the name of a function", function));
    if (*function == '\0')
        return kf__fail(KF_EINVAL, NULL, "the name of a function cannot be empty text");
    KF__TRY(kf__component_own(component));
    kf_tree *tree = &component->body->tree;
    kf_value *command = kf__tree_list(tree), *args = kf__tree_list(tree);
    kf__push(tree, command, kf__tree_string_ref(tree, "kf"));
    kf__push(tree, command, kf__tree_string_ref(tree, "call"));
    kf__push(tree, command, kf__tree_string(tree, function));
    kf__push(tree, args, kf__tree_string_ref(tree, "--executor_input"));
    kf__push(tree, args, kf__tree_string_ref(tree, "{{$}}"));
    return kf__component_become_container(component, KF__CALL_IMAGE, command, args);
}

static const char *or_default(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* ImporterSpec of pipeline_spec.proto in JSON; false is left out, as protobuf does. */
static kf_value *importer_value(kf_tree *tree, const kf_importer_options *options)
{
    kf_value *importer = kf__tree_struct(tree);
    kf_value *uri = kf__put_struct(tree, importer, "artifactUri");
    if (options->uri != NULL)
        kf__put_text(tree, uri, "constant", options->uri);
    else
        kf__put_text(tree, uri, "runtimeParameter", "uri");
    kf_value *schema = kf__put_struct(tree, importer, "typeSchema");
    kf__put_text(
        tree, schema, "schemaTitle", or_default(options->schema, KF__SCHEMA_ARTIFACT));
    kf__put_text(tree, schema, "schemaVersion",
        or_default(options->schema_version, KF__SCHEMA_VERSION));
    if (options->reimport)
        kf__put_bool(tree, importer, "reimport", true);
    if (kf_value_length(options->metadata) > 0)
        kf__put_ref(
            tree, importer, "metadata", kf__document_value(tree, options->metadata));
    if (options->download_to_workspace)
        kf__put_bool(tree, importer, "downloadToWorkspace", true);
    return importer;
}

kf_status kf_component_set_importer(
    kf_component *component, const kf_importer_options *options)
{
    KF__REQUIRE(component != NULL);
    KF__TAKE_OPTIONS(kf_importer_options, known, options);
    if (known.uri != NULL)
        KF__TRY(kf__component_check_text("the uri", known.uri));
    KF__TRY(kf__schema_check(known.schema, known.schema_version, NULL));
    if (known.metadata != NULL && !kf__is(known.metadata, KF_KIND_STRUCT))
        return kf__fail(KF_ETYPE, NULL, "the metadata of an importer must be a struct");
    KF__TRY(kf__component_own(component));
    kf_component_body *body = component->body;
    kf_value *importer = importer_value(&body->tree, &known);
    KF__TRY(kf__component_settle(body));
    forget_execution(body);
    body->kind = KF__COMPONENT_IMPORTER;
    body->importer = importer;
    return KF_OK;
}

/* TaskConfigPassthroughTypeEnum of pipeline_spec.proto. */
static const char *const passthrough_fields[] = {"RESOURCES", "ENV",
    "KUBERNETES_AFFINITY", "KUBERNETES_TOLERATIONS", "KUBERNETES_NODE_SELECTOR",
    "KUBERNETES_VOLUMES"};
#define PASSTHROUGH_COUNT (sizeof passthrough_fields / sizeof *passthrough_fields)

static bool is_passthrough_field(const char *field)
{
    for (size_t i = 0; i < PASSTHROUGH_COUNT; i++)
        if (strcmp(passthrough_fields[i], field) == 0)
            return true;
    return false;
}

kf_status kf_component_add_task_config_passthrough(
    kf_component *component, const char *field, bool apply_to_task)
{
    KF__REQUIRE(component != NULL && field != NULL);
    if (!is_passthrough_field(field))
        return kf__fail(KF_EINVAL, NULL,
            "\"%s\" is no setting that a task can pass on: expected RESOURCES, ENV, "
            "KUBERNETES_AFFINITY, KUBERNETES_TOLERATIONS, KUBERNETES_NODE_SELECTOR or "
            "KUBERNETES_VOLUMES",
            field);
    KF__TRY(kf__component_own(component));
    kf_component_body *body = component->body;
    kf_tree *tree = &body->tree;
    kf_value *list = body->passthroughs == NULL
                         ? kf__tree_list(tree)
                         : kf__tree_copy(tree, body->passthroughs);
    kf_value *item = kf__tree_struct(tree);
    kf__put_text(tree, item, "field", field);
    if (apply_to_task)
        kf__put_bool(tree, item, "applyToTask", true);
    kf__push(tree, list, item);
    KF__TRY(kf__component_settle(body));
    body->passthroughs = list;
    return KF_OK;
}
