/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the placeholders in a container's command fit the interface (KFP:
 * pipeline_task.py, when a task is made). */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "pipeline/component.h"
#include "pipeline/placeholder.h"

typedef struct words {
    const kf_component_body *body;
} words;

static const kf_io *find(const kf_map *index, const kf_io *items, const kf_span *name,
    char *text, size_t size)
{
    size_t at;
    if (name->length >= size)
        return NULL;
    memcpy(text, name->text, name->length);
    text[name->length] = '\0';
    return kf__map_find_index(index, text, &at) ? &items[at] : NULL;
}

/* Names that nothing has are left to the check of the document. */
static kf_status visit(const kf_placeholder *placeholder, void *payload)
{
    const kf_component_body *body = ((const words *)payload)->body;
    bool as_parameter = placeholder->kind == KF__PLACEHOLDER_INPUT ||
                        placeholder->kind == KF__PLACEHOLDER_OUTPUT;
    char name[KF__LIMIT_NAME_BYTES + 1];
    const kf_io *io = NULL;
    bool output = false;
    switch (placeholder->kind) {
    case KF__PLACEHOLDER_INPUT:
    case KF__PLACEHOLDER_ARTIFACT:
        io = find(&body->input_index, body->inputs.items, &placeholder->name, name,
            sizeof name);
        break;
    case KF__PLACEHOLDER_OUTPUT:
    case KF__PLACEHOLDER_PRODUCT:
        output = true;
        io = find(&body->output_index, body->outputs.items, &placeholder->name, name,
            sizeof name);
        break;
    default:
        return KF_OK;
    }
    if (io == NULL || as_parameter == (io->type != KF_TYPE_NONE))
        return KF_OK;
    size_t shown = placeholder->whole.length > 100 ? 100 : placeholder->whole.length;
    return kf__fail(KF_ETYPE, NULL,
        "the command of component \"%s\" has %.*s, and the %s \"%s\" is %s", body->name,
        (int)shown, placeholder->whole.text, output ? "output" : "input", name,
        as_parameter ? "an artifact" : "a parameter");
}

static kf_status check(const kf_component_body *body, const kf_value *list)
{
    words payload = {body};
    for (size_t i = 0; i < kf_value_length(list); i++) {
        kf_status status = kf__placeholders_visit_word(
            kf_value_string(kf_value_at(list, i)), visit, &payload);
        /* A malformed word is for the check of the document as well. */
        if (status != KF_OK && status != KF_EDOCUMENT)
            return status;
    }
    return KF_OK;
}

kf_status kf__component_check_placeholders(const kf_component_body *body)
{
    KF__TRY(check(body, body->command));
    return check(body, body->args);
}
