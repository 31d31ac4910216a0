/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/component.h"

kf_component_body *kf__component_body_ref(kf_component_body *body)
{
    atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
    return body;
}

void kf__component_body_unref(kf_component_body *body)
{
    if (body == NULL ||
        atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) > 1)
        return;
    kf__map_finish(&body->input_index);
    kf__map_finish(&body->output_index);
    kf__vec_finish(&body->inputs);
    kf__vec_finish(&body->outputs);
    kf__tree_finish(&body->tree);
    kf__free(body);
}

kf_status kf__component_settle(kf_component_body *body)
{
    kf_status status = kf__tree_status(&body->tree);
    body->tree.status = KF_OK;
    return status;
}

kf_status kf__component_body_new(kf_component_body **out)
{
    kf_component_body *body = kf__calloc(1, sizeof *body);
    if (body == NULL)
        return kf__nomem();
    atomic_init(&body->references, 1);
    *out = body;
    return KF_OK;
}

static kf_value *copy_value(kf_tree *tree, const kf_value *value)
{
    return value == NULL ? NULL : kf__tree_copy(tree, value);
}

static kf_io copy_io(kf_tree *tree, const kf_io *io)
{
    return (kf_io){
        .name = kf__tree_keep(tree, io->name),
        .type = io->type,
        .schema_title = kf__tree_keep(tree, io->schema_title),
        .schema_version = kf__tree_keep(tree, io->schema_version),
        .is_list = io->is_list,
        .optional = io->optional,
        .default_value = copy_value(tree, io->default_value),
        .literals = copy_value(tree, io->literals),
        .description = kf__tree_keep(tree, io->description),
        .type_text = kf__tree_keep(tree, io->type_text),
    };
}

static kf_status copy_interface(kf_component_body *copy, const kf_component_body *body)
{
    for (size_t i = 0; i < body->inputs.count; i++) {
        kf_io io = copy_io(&copy->tree, &body->inputs.items[i]);
        KF__TRY(kf__tree_status(&copy->tree));
        KF__TRY(kf__vec_push(&copy->inputs, io));
        KF__TRY(kf__map_set_index(&copy->input_index, io.name, i));
    }
    for (size_t i = 0; i < body->outputs.count; i++) {
        kf_io io = copy_io(&copy->tree, &body->outputs.items[i]);
        KF__TRY(kf__tree_status(&copy->tree));
        KF__TRY(kf__vec_push(&copy->outputs, io));
        KF__TRY(kf__map_set_index(&copy->output_index, io.name, i));
    }
    return KF_OK;
}

static kf_status copy_body(kf_component_body *copy, const kf_component_body *body)
{
    kf_tree *tree = &copy->tree;
    copy->name = kf__tree_keep(tree, body->name);
    copy->description = kf__tree_keep(tree, body->description);
    copy->kind = body->kind;
    copy->image = kf__tree_keep(tree, body->image);
    copy->command = copy_value(tree, body->command);
    copy->args = copy_value(tree, body->args);
    copy->env = copy_value(tree, body->env);
    copy->importer = copy_value(tree, body->importer);
    copy->spec = copy_value(tree, body->spec);
    copy->platform = copy_value(tree, body->platform);
    copy->passthroughs = copy_value(tree, body->passthroughs);
    KF__TRY(copy_interface(copy, body));
    return kf__tree_status(tree);
}

kf_status kf__component_own(kf_component *component)
{
    if (atomic_load_explicit(&component->body->references, memory_order_acquire) == 1)
        return KF_OK;
    kf_component_body *copy = NULL;
    KF__TRY(kf__component_body_new(&copy));
    kf_status status = copy_body(copy, component->body);
    if (status != KF_OK) {
        kf__component_body_unref(copy);
        return status;
    }
    kf__component_body_unref(component->body);
    component->body = copy;
    return KF_OK;
}

kf_status kf__component_handle_new(kf_component_body *body, kf_component **out)
{
    kf_component *component = kf__calloc(1, sizeof *component);
    if (component == NULL) {
        kf__component_body_unref(body);
        return kf__nomem();
    }
    component->body = body;
    *out = component;
    return KF_OK;
}

kf_status kf__component_set_name(kf_component_body *body, const char *name)
{
    KF__TRY(kf__component_check_text("the name of a component", name));
    char *sanitized = kf__sanitize_name(name);
    if (sanitized == NULL)
        return kf__nomem();
    kf_status status = KF_OK;
    if (*sanitized == '\0')
        status = kf__fail(KF_EINVAL, NULL,
            "\"%s\" cannot name a component: expected at least one letter or digit",
            name);
    else
        body->name = kf__tree_keep(&body->tree, sanitized);
    kf__free(sanitized);
    return status == KF_OK ? kf__tree_status(&body->tree) : status;
}
