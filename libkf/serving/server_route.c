/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to the service that it is for. KServe's hosts
 * (name.namespace.domain), its path template (/serving/namespace/name/…), and the name of the
 * model in the paths of V1 and V2. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "serving/server.h"

typedef struct name {
    const char *at;
    size_t length;
} name;

static bool same(name part, const char *text)
{
    return strlen(text) == part.length && memcmp(part.at, text, part.length) == 0;
}

/* Up to one of the characters, or the end. */
static name until(const char *at, const char *ends)
{
    return (name){at, strcspn(at, ends)};
}

/* ---- finding ---- */

void kf__server_index_one(kf_server *server, kf_served *served)
{
    if (kf__map_set(&server->by_key, served->key, served) != KF_OK ||
        (!kf__map_has(&server->by_name, served->name) &&
            kf__map_set(&server->by_name, served->name, served) != KF_OK))
        server->has_no_index = true;
}

void kf__server_index(kf_server *server)
{
    kf__map_finish(&server->by_key);
    kf__map_finish(&server->by_name);
    server->has_no_index = false;
    for (size_t i = 0; i < server->services.count; i++)
        kf__server_index_one(server, server->services.items[i]);
}

/* In the list, for want of memory for an index. */
static kf_served *find_listed(
    const kf_server *server, const name *name_space, name service)
{
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *served = server->services.items[i];
        name own = {served->key, (size_t)(served->name - served->key) - 1};
        if (same(service, served->name) &&
            (name_space == NULL ||
                (own.length == name_space->length &&
                    memcmp(own.at, name_space->at, own.length) == 0)))
            return served;
    }
    return NULL;
}

/* Under `routes` or `mutex`. name_space NULL: any; the first. */
static kf_served *find(const kf_server *server, const name *name_space, name service)
{
    enum { LONGEST = 512 }; /* Kubernetes allows 63 + 1 + 253. */
    char key[LONGEST];
    void *found = NULL;
    if (server->has_no_index)
        return find_listed(server, name_space, service);
    if (name_space == NULL) {
        (void)kf__map_find(&server->by_name, service.at, service.length, &found);
        return found;
    }
    size_t length = name_space->length + 1 + service.length;
    if (length > sizeof key)
        return NULL;
    memcpy(key, name_space->at, name_space->length);
    key[name_space->length] = '/';
    memcpy(key + name_space->length + 1, service.at, service.length);
    (void)kf__map_find(&server->by_key, key, length, &found);
    return found;
}

static kf_backend *find_model(kf_server *server, name model)
{
    for (size_t i = 0; i < server->models.count; i++)
        if (same(model, server->models.items[i].name))
            return server->models.items[i].backend;
    return NULL;
}

static const char *next_key(const void *state, size_t index)
{
    const kf_server *server = state;
    return index < server->services.count ? server->services.items[index]->key : NULL;
}

static const char *next_name(const void *state, size_t index)
{
    const kf_server *server = state;
    return index < server->services.count ? server->services.items[index]->name : NULL;
}

kf_status kf__server_no_service(const kf_server *server, const char *service)
{
    bool whole = strchr(service, '/') != NULL;
    const char *nearest = kf__nearest(service, whole ? next_key : next_name, server);
    return kf__fail(KF_ENOENT, NULL, "no service '%.200s'%s%s%s", service,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

kf_served *kf__server_find(const kf_server *server, const char *service)
{
    const char *slash = strchr(service, '/');
    if (slash == NULL)
        return find(server, NULL, (name){service, strlen(service)});
    name name_space = {service, (size_t)(slash - service)};
    kf_served *served = find(server, &name_space, (name){slash + 1, strlen(slash + 1)});
    return served != NULL ? served
                          : find(server, NULL, (name){service, strlen(service)});
}

kf_served *kf__server_beside(
    const kf_server *server, const kf_served *other, const char *service)
{
    name name_space = {other->key, (size_t)(other->name - other->key) - 1};
    return find(server, &name_space, (name){service, strlen(service)});
}

/* ---- hosts ---- */

static bool is_domain(const kf_server *server, name rest)
{
    static const char *const local[] = {"svc.cluster.local", "svc"};
    for (size_t i = 0; i < 2; i++)
        if (same(rest, local[i]))
            return true;
    return same(rest, server->options.domain);
}

typedef struct role_name {
    kf_service_role role;
    name rest; /* Before "-predictor". */
} role_name;

static bool split_role(name label, role_name *out)
{
    static const char *const ends[] = {"-predictor", "-transformer", "-explainer"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(ends[i]);
        if (label.length <= length ||
            memcmp(label.at + label.length - length, ends[i], length) != 0)
            continue;
        *out = (role_name){(kf_service_role)i, {label.at, label.length - length}};
        return true;
    }
    return false;
}

/* Of a component that is there. */
static kf_entry *of_component(kf_server *server, const name *name_space, role_name part)
{
    kf_served *served = find(server, name_space, part.rest);
    return served != NULL && kf__served_part(served, part.role) != NULL
               ? &served->entries[part.role]
               : NULL;
}

/* "iris-v2-predictor": of the predictor called v2 of iris, in the mode Standard. */
static kf_entry *of_variant(kf_server *server, const name *name_space, role_name part)
{
    for (size_t i = 1; i + 1 < part.rest.length; i++) {
        name service = {part.rest.at, i};
        if (part.rest.at[i] != '-')
            continue;
        kf_served *served = find(server, name_space, service);
        kf_part *own = served != NULL ? kf__served_part(served, part.role) : NULL;
        kf_variant *variant = own != NULL ? kf__variant_find(own, part.rest.at + i + 1,
                                                part.rest.length - i - 1)
                                          : NULL;
        if (variant != NULL && !atomic_load(&variant->is_gone))
            return &variant->entry;
    }
    return NULL;
}

/* "prev-iris-predictor", "latest-iris-predictor". */
static kf_entry *of_tag(kf_server *server, const name *name_space, role_name part)
{
    static const char *const tags[KF__TAGS] = {
        [KF__TAG_PREV] = "prev-", [KF__TAG_LATEST] = "latest-"};
    for (int i = 0; i < KF__TAGS; i++) {
        size_t length = strlen(tags[i]);
        if (part.rest.length <= length || memcmp(part.rest.at, tags[i], length) != 0)
            continue;
        name service = {part.rest.at + length, part.rest.length - length};
        kf_served *served = find(server, name_space, service);
        kf_part *own = served != NULL ? kf__served_part(served, part.role) : NULL;
        if (own != NULL)
            return &own->tags[i];
    }
    return NULL;
}

/* "iris", "iris-predictor", "iris-v2-predictor", "prev-iris-predictor" */
static kf_entry *of_label(kf_server *server, const name *name_space, name label)
{
    role_name part;
    kf_served *served = find(server, name_space, label);
    if (served != NULL)
        return &served->entries[KF__ENTRY];
    if (!split_role(label, &part))
        return NULL;
    kf_entry *found = of_component(server, name_space, part);
    if (found == NULL)
        found = of_variant(server, name_space, part);
    return found != NULL ? found : of_tag(server, name_space, part);
}

static name namespace_of(const kf_served *served)
{
    return (name){served->key, (size_t)(served->name - served->key) - 1};
}

/* "iris-default", "iris-predictor-default": hosts of the mode Standard. */
static kf_entry *of_flat_label(kf_server *server, name label)
{
    kf_entry *found = NULL;
    for (size_t i = 0; found == NULL && i < server->services.count; i++) {
        name own = namespace_of(server->services.items[i]);
        if (label.length <= own.length + 1 ||
            label.at[label.length - own.length - 1] != '-' ||
            memcmp(label.at + label.length - own.length, own.at, own.length) != 0)
            continue;
        found = of_label(server, &own, (name){label.at, label.length - own.length - 1});
    }
    return found;
}

/* "iris.default.example.com:8080", "iris-default.example.com", and what stands for
 * "iris" in them. */
static kf_entry *by_host(kf_server *server, const char *host)
{
    name label = until(host, ".:");
    if (label.at[label.length] != '.')
        return NULL;
    if (same(until(label.at + label.length + 1, ":"), server->options.domain))
        return of_flat_label(server, label);
    name name_space = until(label.at + label.length + 1, ".:");
    if (name_space.at[name_space.length] != '.' ||
        !is_domain(server, until(name_space.at + name_space.length + 1, ":")))
        return NULL;
    return of_label(server, &name_space, label);
}

/* ---- paths ---- */

/* The model in "/v1/models/NAME…", "/v2/models/NAME/…", "/v2/repository/models/NAME/…";
 * of no characters if there is none. */
static name model_of(const char *path)
{
    static const char *const starts[] = {
        "/v1/models/", "/v2/models/", "/v2/repository/models/"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (kf__starts_with(path, starts[i]))
            return until(path + strlen(starts[i]), i == 0 ? "/:" : "/");
    return (name){path, 0};
}

static kf_served *by_prefix(kf_server *server, kf_call *call)
{
    static const char start[] = "/serving/";
    if (!kf__starts_with(call->path, start))
        return NULL;
    name name_space = until(call->path + sizeof start - 1, "/");
    if (name_space.at[name_space.length] != '/')
        return NULL;
    name service = until(name_space.at + name_space.length + 1, "/");
    kf_served *served = find(server, &name_space, service);
    if (served != NULL)
        call->path =
            service.at[service.length] != '\0' ? service.at + service.length : "/";
    return served;
}

static kf_entry *entry_of(kf_served *served)
{
    return served != NULL ? &served->entries[KF__ENTRY] : NULL;
}

/* By path or host; *model: it is one of the program's own. */
static kf_entry *choose(kf_server *server, kf_call *call, kf_backend **model)
{
    const char *host = kf__call_header(call, "Host");
    kf_entry *entry = entry_of(by_prefix(server, call));
    if (entry == NULL && host != NULL)
        entry = by_host(server, host);
    name wanted = model_of(call->path);
    if (entry != NULL || wanted.length == 0)
        return entry;
    *model = find_model(server, wanted);
    if (*model != NULL)
        return NULL;
    entry = entry_of(find(server, NULL, wanted));
    return entry != NULL ? entry
                         : entry_of(kf__server_find_model(
                               server, NULL, wanted.at, wanted.length));
}

size_t kf__server_model_of(const char *path, const char **model)
{
    name found = model_of(path);
    *model = found.at;
    return found.length;
}

void kf__server_refuse(kf_server *server, kf_call *call)
{
    name model = model_of(call->path);
    bool is_told = atomic_load(&server->is_told);
    if (!is_told && strcmp(call->method, "POST") == 0) {
        kf__limit_enter(server->hall);
        kf__limit_serve(server->hall, call);
    } else if (!is_told) {
        kf__reply_header(call, "Retry-After", "1");
        kf__call_fail(call, 503, KF__NOTHING_YET);
    } else if (model.length > 0) {
        kf__call_fail(call, 404, "Model with name %.*s does not exist.",
            (int)model.length, model.at);
    } else {
        kf__call_fail(call, 404, "Not Found");
    }
}

kf_backend *kf__server_route_to(kf_server *server, kf_call *call, bool any)
{
    kf_backend *model = NULL;
    kf__mutex_lock(&server->routes);
    kf_entry *entry = any ? choose(server, call, &model)
                          : by_host(server, kf__call_header(call, "Host"));
    if (entry != NULL)
        kf__served_enter(entry->served);
    kf__mutex_unlock(&server->routes);
    return entry != NULL ? &entry->backend : model;
}

kf_backend *kf__server_route(kf_server *server, kf_call *call)
{
    kf_backend *backend = kf__server_route_to(server, call, true);
    if (backend == NULL && !kf__server_answer(server, call))
        kf__server_refuse(server, call);
    return backend;
}

/* ---- before it is known what is served ---- */

static void serve_anew(kf_backend *self, kf_call *call)
{
    kf_backend *backend = kf__server_route(((kf_reception *)self)->server, call);
    if (backend != NULL)
        kf__serve(backend, call);
}

static const kf_backend_table reception = {.serve = serve_anew};

kf_status kf__server_hall(kf_server *server)
{
    enum { MOST_WAITING = 10000 };
    server->reception = (kf_reception){{&reception}, server};
    server->hall_closes_ns = kf__monotonic_ns() + KF__HALL_MS * 1000000LL;
    return kf__limit_new(&(kf_limit_options){.queue = MOST_WAITING}, &server->hall);
}

void kf__server_told(kf_server *server)
{
    atomic_store(&server->is_told, true);
    kf__limit_open(server->hall, &server->reception.backend, 0);
}

void kf__server_close_hall(kf_server *server)
{
    if (atomic_load(&server->is_told) || kf__monotonic_ns() < server->hall_closes_ns)
        return;
    server->hall_closes_ns = INT64_MAX;
    kf__limit_fail(server->hall, 503, KF__NOTHING_YET);
    if (atomic_load(&server->is_told)) /* Meanwhile. */
        kf__server_told(server);
}
