/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of documents. */
#include "serving/service.h"

#include <string.h>

#include "base/limits.h"
#include "io/file.h"

kf_status kf_services_new(kf_services **out)
{
    KF__REQUIRE(out != NULL);
    kf_services *services = kf__calloc(1, sizeof *services);
    if (services == NULL)
        return kf__nomem();
    services->config = kf__service_config(&services->tree, NULL, NULL);
    kf_status status = kf__tree_status(&services->tree);
    if (status == KF_OK)
        *out = services;
    else
        kf_services_free(services);
    return status;
}

void kf_services_free(kf_services *services)
{
    if (services == NULL)
        return;
    for (size_t i = 0; i < services->items.count; i++)
        kf_service_free(services->items.items[i]);
    kf__vec_finish(&services->items);
    kf__tree_finish(&services->tree);
    kf__free(services);
}

/* ---- finding ---- */

static bool same_text(const kf_value *value, const char *text)
{
    return kf__equals_text(value, text);
}

bool kf__is_config_map(const kf_value *document)
{
    return same_text(kf_value_get(document, "kind"), "ConfigMap") &&
           same_text(kf_value_get(kf_value_get(document, "metadata"), "name"),
               KF__CONFIG_MAP);
}

static size_t find(const kf_services *services, const char *kind,
    const char *name_space, const char *name)
{
    size_t i = 0;
    for (; i < services->items.count; i++) {
        const kf_service *item = services->items.items[i];
        const char *own = kf_service_namespace(item);
        if (strcmp(kf_service_kind_name(item), kind) == 0 &&
            strcmp(kf_service_name(item), name) == 0 &&
            (*own == '\0' ||
                strcmp(own, name_space != NULL ? name_space : "default") == 0))
            break;
    }
    return i;
}

size_t kf_services_count(const kf_services *services)
{
    return services == NULL ? 0 : services->items.count;
}

const kf_service *kf_services_at(const kf_services *services, size_t index)
{
    return index < kf_services_count(services) ? services->items.items[index] : NULL;
}

const kf_service *kf_services_find(const kf_services *services, const char *kind,
    const char *name_space, const char *name)
{
    if (services == NULL || kind == NULL || name == NULL)
        return NULL;
    return kf_services_at(services, find(services, kind, name_space, name));
}

const kf_value *kf_services_setting(
    const kf_services *services, const char *key, const char *name)
{
    if (services == NULL || key == NULL || name == NULL)
        return NULL;
    return kf_value_get(kf_value_get(services->config, key), name);
}

/* ---- changing ---- */

/* What the configuration in the set says now, for all documents. */
static kf_status refresh(kf_services *services)
{
    const kf_value *map = NULL;
    for (size_t i = 0; i < services->items.count; i++)
        if (kf__is_config_map(services->items.items[i]->document))
            map = services->items.items[i]->document;
    const kf_value *config = kf__service_config(&services->tree, map, NULL);
    KF__TRY(kf__tree_status(&services->tree));
    services->config = config;
    for (size_t i = 0; i < services->items.count; i++)
        KF__TRY(kf__service_refresh(services->items.items[i], config));
    return KF_OK;
}

kf_status kf_services_put(kf_services *services, const kf_service *service)
{
    KF__REQUIRE(services != NULL && service != NULL);
    kf_service *copy = NULL;
    size_t at = find(services, kf_service_kind_name(service),
        kf_service_namespace(service), kf_service_name(service));
    KF__TRY(kf_service_dup(service, &copy));
    kf_status status = kf__service_refresh(copy, services->config);
    if (status == KF_OK && at == services->items.count)
        status = kf__vec_push(&services->items, copy);
    else if (status == KF_OK) {
        kf_service_free(services->items.items[at]);
        services->items.items[at] = copy;
    }
    if (status != KF_OK) {
        kf_service_free(copy);
        return status;
    }
    return kf__is_config_map(copy->document) ? refresh(services) : KF_OK;
}

static const char *next_name(const void *state, size_t index)
{
    const kf_service *item = kf_services_at(state, index);
    return item == NULL ? NULL : kf_service_name(item);
}

kf_status kf_services_remove(
    kf_services *services, const char *kind, const char *name_space, const char *name)
{
    KF__REQUIRE(services != NULL && kind != NULL && name != NULL);
    size_t at = find(services, kind, name_space, name);
    if (at == services->items.count)
        return kf__fail(KF_ENOENT, NULL,
            "there is no %s '%.100s' in namespace %.100s%s", kind, name,
            name_space != NULL ? name_space : "default",
            kf__hint_of(name, next_name, services).text);
    bool config = kf__is_config_map(services->items.items[at]->document);
    kf_service_free(services->items.items[at]);
    services->items.count--;
    for (size_t i = at; i < services->items.count; i++)
        services->items.items[i] = services->items.items[i + 1];
    return config ? refresh(services) : KF_OK;
}

/* ---- reading ---- */

static kf_status fail_twice(const kf_service *service)
{
    const kf_value *document = service->document;
    return kf__fail_at(KF_EEXIST, "metadata.name", kf__line(document),
        kf__column(document),
        "the text holds two documents of kind %s called '%.100s'%s%s",
        kf_service_kind_name(service), kf_service_name(service),
        *kf_service_namespace(service) != '\0' ? " in namespace " : "",
        kf_service_namespace(service));
}

const kf_place *kf__services_root(
    const kf_services *services, const kf_service *service, kf_place *root)
{
    if (services->items.count < 2)
        return NULL;
    *root = (kf_place){.name = kf_service_name(service)};
    return root;
}

static kf_status add(
    kf_services *services, const kf_value *document, bool alone, kf_report *report)
{
    kf_service *service = NULL;
    const char *name = kf__get_text(kf_value_get(document, "metadata"), "name");
    const kf_place root = {.name = name != NULL ? name : ""};
    KF__TRY(kf__service_read(document, services->config,
        alone || report == NULL ? NULL : &root, report, &service));
    bool named = *kf_service_name(service) != '\0';
    if (named &&
        find(services, kf_service_kind_name(service), kf_service_namespace(service),
            kf_service_name(service)) < services->items.count) {
        kf_status status = fail_twice(service);
        kf_service_free(service);
        return status;
    }
    if (kf__vec_push(&services->items, service) != KF_OK) {
        kf_service_free(service);
        return kf__nomem();
    }
    return KF_OK;
}

static kf_status read_all(kf_services *services, kf_tree *tree, const char *text,
    size_t length, kf_report *report)
{
    kf_value *documents = NULL;
    const kf_value *map = NULL;
    KF__TRY(kf__service_documents(tree, text, length, &documents));
    for (size_t i = 0; i < kf_value_length(documents); i++)
        if (kf__is_config_map(kf_value_at(documents, i)))
            map = kf_value_at(documents, i);
    services->config = kf__service_config(&services->tree, map, report);
    KF__TRY(kf__tree_status(&services->tree));
    for (size_t i = 0; i < kf_value_length(documents); i++) {
        kf_status status = add(services, kf_value_at(documents, i),
            kf_value_length(documents) == 1, report);
        if (status != KF_OK && (report == NULL || status == KF_ENOMEM))
            return status;
        if (status != KF_OK)
            kf__report_add_last(report);
    }
    return KF_OK;
}

kf_status kf__services_read(
    const char *text, size_t length, kf_report *report, kf_services **out)
{
    kf_services *services = NULL;
    kf_tree tree = KF__TREE_INIT;
    KF__TRY(kf_services_new(&services));
    kf_status status = read_all(services, &tree, text, length, report);
    kf__tree_finish(&tree);
    if (status == KF_OK)
        *out = services;
    else
        kf_services_free(services);
    return status;
}

kf_status kf_services_load(const char *text, size_t length, kf_services **out)
{
    KF__REQUIRE((text != NULL || length == 0) && out != NULL);
    return kf__services_read(text != NULL ? text : "", length, NULL, out);
}

kf_status kf_services_open(const char *path, kf_services **out)
{
    KF__REQUIRE(path != NULL && out != NULL);
    kf_buf text = KF__BUF_INIT;
    kf_status status = kf__file_read(path, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = kf_services_load(kf__buf_text(&text), text.length, out);
    kf__buf_finish(&text);
    return status;
}
