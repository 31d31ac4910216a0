/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/component_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/ir_read.h"

kf_status kf__component_fault(
    const kf_place *place, const kf_value *at, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    kf_buf where = KF__BUF_INIT;
    kf__put_place(&where, place);
    kf_status status = where.status == KF_OK
                           ? kf__fail_at(KF_EDOCUMENT, kf__buf_text(&where),
                                 kf__line(at), kf__column(at), "%s", message)
                           : kf__nomem();
    kf__buf_finish(&where);
    return status;
}

/* ---- IR ---- */

/* The member called `prefix` and the component's name as KFP sanitizes it. */
static kf_status find_named(
    const kf_value *object, const char *prefix, const char *name, const kf_value **out)
{
    char *sanitized = kf__sanitize_name(name);
    kf_buf key = KF__BUF_INIT;
    if (sanitized == NULL)
        return KF_ENOMEM;
    kf__buf_puts(&key, prefix);
    kf__buf_puts(&key, sanitized);
    kf_status status = key.status;
    if (status == KF_OK)
        *out = kf_value_get(object, kf__buf_text(&key));
    kf__buf_finish(&key);
    kf__free(sanitized);
    return status;
}

/* Whether the root does nothing but pass its inputs on to the one task. */
static bool passes_through(const kf_value *root, const kf_value *component)
{
    const kf_value *tasks = kf_value_get(kf_value_get(root, "dag"), "tasks");
    const kf_value *task = kf_value_at(tasks, 0);
    const kf_value *inputs = kf_value_get(task, "inputs");
    static const char *const groups[][2] = {{"parameters", "componentInputParameter"},
        {"artifacts", "componentInputArtifact"}};
    if (kf_value_length(tasks) != 1 ||
        kf_value_get(task, "parameterIterator") != NULL ||
        kf_value_get(task, "artifactIterator") != NULL ||
        kf_value_get(task, "triggerPolicy") != NULL ||
        kf_value_get(task, "retryPolicy") != NULL)
        return false;
    for (size_t group = 0; group < 2; group++) {
        const kf_value *given = kf_value_get(inputs, groups[group][0]);
        const kf_value *declared =
            kf_value_get(kf_value_get(component, "inputDefinitions"), groups[group][0]);
        if (kf_value_length(given) != kf_value_length(declared))
            return false;
        for (size_t i = 0; kf_value_key(given, i) != NULL; i++) {
            const char *name = kf_value_key(given, i);
            const char *from = kf__get_text(kf_value_at(given, i), groups[group][1]);
            if (from == NULL || strcmp(from, name) != 0 ||
                kf_value_get(declared, name) == NULL)
                return false;
        }
    }
    return true;
}

/* The component and the container of a document that KFP compiled from one component. */
static kf_status find_single(
    const kf_document *document, const kf_value **component, const kf_value **container)
{
    const kf_value *spec = document->spec;
    const kf_value *executor = NULL;
    const char *name = kf__get_text(kf_value_get(spec, "pipelineInfo"), "name");
    *component = *container = NULL;
    if (name == NULL)
        return KF_OK;
    KF__TRY(find_named(kf_value_get(spec, "components"), "comp-", name, component));
    KF__TRY(find_named(kf_value_get(kf_value_get(spec, "deploymentSpec"), "executors"),
        "exec-", name, &executor));
    if (*component != NULL && kf_value_get(*component, "executorLabel") != NULL &&
        passes_through(kf_value_get(spec, "root"), *component))
        *container = kf_value_get(executor, "container");
    return KF_OK;
}

static kf_value *words_or_none(kf_value *words)
{
    return kf_value_length(words) == 0 ? NULL : words;
}

static kf_status take_single(kf_component_body *body, kf_document *document,
    const kf_value *component, const kf_value *container)
{
    const kf_value *info = kf_value_get(document->spec, "pipelineInfo");
    body->tree = document->tree;
    body->description = document->description != NULL
                            ? document->description
                            : kf__get_text(info, "description");
    *document = (kf_document){0};
    body->kind = KF__COMPONENT_CONTAINER;
    body->image = kf__get_text(container, "image");
    body->command = words_or_none(kf__get(container, "command"));
    body->args = words_or_none(kf__get(container, "args"));
    body->env = words_or_none(kf__get(container, "env"));
    body->passthroughs = words_or_none(kf__get(component, "taskConfigPassthroughs"));
    if (body->image == NULL || body->image[0] == '\0')
        return kf__fail_at(KF_EDOCUMENT, "deploymentSpec.executors",
            kf__line(container), kf__column(container),
            "the component's container has no image");
    KF__TRY(kf__component_set_name(body, kf__get_text(info, "name")));
    return kf__component_read_interface(body, component);
}

/* Takes the document over, also on failure. */
static kf_status from_single(kf_document *document, const kf_value *component,
    const kf_value *container, kf_component **out)
{
    kf_component_body *body = NULL;
    kf_status status = kf__component_body_new(&body);
    if (status != KF_OK) {
        kf__document_finish(document);
        return status;
    }
    status = take_single(body, document, component, container);
    if (status != KF_OK) {
        kf__component_body_unref(body);
        return status;
    }
    return kf__component_handle_new(body, out);
}

static kf_status from_pipeline(kf_document *document, kf_component **out)
{
    const char *description =
        document->description; /* Lives on in the component's tree. */
    kf_component *component = NULL;
    KF__TRY(kf__component_from_document(document, &component));
    if (description != NULL)
        component->body->description = description;
    *out = component;
    return KF_OK;
}

static kf_status load_ir(const char *text, size_t length, kf_component **out)
{
    kf_document document = {0};
    const kf_value *component;
    const kf_value *container;
    KF__TRY(kf__document_read(text, length, NULL, &document));
    kf_status status = find_single(&document, &component, &container);
    if (status != KF_OK) {
        kf__document_finish(&document);
        return status;
    }
    return container != NULL ? from_single(&document, component, container, out)
                             : from_pipeline(&document, out);
}

/* ---- either ---- */

static kf_status load_v1(const kf_value *documents, kf_component **out)
{
    if (kf_value_length(documents) > 1)
        return kf__fail_at(KF_EDOCUMENT, NULL, kf__line(kf_value_at(documents, 1)),
            kf__column(kf_value_at(documents, 1)),
            "a component of the first version is one document, and the text has %zu",
            kf_value_length(documents));
    return kf__component_read_v1(kf_value_at(documents, 0), out);
}

/* Only v1 components are read twice, and they are small. */
static bool may_be_v1(const char *text, size_t length)
{
    return memmem(text, length, "implementation", strlen("implementation")) != NULL;
}

kf_status kf_component_load(const char *text, size_t length, kf_component **out)
{
    KF__REQUIRE(text != NULL && out != NULL);
    if (length > KF__LIMIT_DOCUMENT_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the document is longer than the limit of %u bytes",
            KF__LIMIT_DOCUMENT_BYTES);
    if (may_be_v1(text, length)) {
        kf_tree tree = KF__TREE_INIT;
        kf_value *documents = NULL;
        kf_status status = kf__documents_read(&tree, text, length, &documents);
        bool is_v1 =
            status == KF_OK && kf__document_is_v1_component(kf_value_at(documents, 0));
        if (is_v1)
            status = load_v1(documents, out);
        kf__tree_finish(&tree);
        if (is_v1 || status != KF_OK)
            return status;
    }
    return load_ir(text, length, out);
}
