/* SPDX-License-Identifier: Apache-2.0 */
/* TrainedModels that are served: what their service's predictor answers. */
#include <string.h>

#include "base/text.h"
#include "base/value.h"
#include "serving/server.h"

static bool is_of(const kf_served *model, const char *service)
{
    size_t length = service != NULL ? strlen(service) : 0;
    return kf__served_is_model(model) &&
           kf__served_part(model, KF_SERVICE_PREDICTOR) != NULL &&
           (service == NULL ||
               (kf__starts_with(model->key, service) && model->key[length] == '/'));
}

kf_served *kf__server_find_model(
    kf_server *server, const char *service, const char *name, size_t length)
{
    for (size_t i = 0; i < server->services.count; i++) {
        kf_served *model = server->services.items[i];
        const char *label = kf__served_label(model);
        if (is_of(model, service) && strlen(label) == length &&
            memcmp(label, name, length) == 0)
            return model;
    }
    return NULL;
}

static void list(kf_server *server, const kf_served *parent, kf_call *call)
{
    kf_buf *out = &call->reply.body;
    bool first = true;
    kf__buf_puts(out, "{\"models\":[");
    kf__mutex_lock(&server->routes);
    for (size_t i = 0; i < server->services.count; i++) {
        const kf_served *model = server->services.items[i];
        const char *label = kf__served_label(model);
        if (!is_of(model, parent->key))
            continue;
        kf__buf_puts(out, first ? "" : ",");
        kf__put_json_text(out, label, strlen(label));
        first = false;
    }
    kf__mutex_unlock(&server->routes);
    kf__buf_puts(out, "]}");
    call->reply.status = 200;
    call->reply.content_type = "application/json";
    call->done(call);
}

static bool is_list(const char *path)
{
    return strcmp(path, "/v1/models") == 0 || strcmp(path, "/v2/models") == 0;
}

static void serve(kf_backend *self, kf_call *call)
{
    const kf_served *parent = ((kf_entry *)self)->served;
    kf_server *server = parent->payload;
    const char *name;
    size_t length = kf__server_model_of(call->path, &name);
    kf__mutex_lock(&server->routes);
    kf_served *model =
        length > 0 ? kf__server_find_model(server, parent->key, name, length) : NULL;
    if (model != NULL)
        kf__served_enter(model);
    kf__mutex_unlock(&server->routes);
    if (model != NULL)
        kf__serve(&model->entries[KF__ENTRY].backend, call);
    else if (!is_list(call->path) && !kf__server_answer(server, call))
        kf__server_refuse(server, call);
    else if (is_list(call->path) && kf__call_allows(call, "GET"))
        list(server, parent, call);
}

static void end(kf_backend *self)
{
    (void)self; /* It ends with its service. */
}

void kf__server_be_models(kf_served *served)
{
    static const kf_backend_table table = {serve, end};
    kf__entry_init(&served->models, served, KF__ENTRY, NULL);
    served->models.backend.table = &table;
}
