/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_model.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/value.h"
#include "serving/cloudevent.h"
#include "serving/model.h"
#include "serving/protocol.h"

typedef struct model_backend {
    kf_backend backend;
    char *name;
    kf_model *model;
    kf_model_metrics *metrics; /* NULL: nobody counts. */
    kf_event_options events;
} model_backend;

/* ---- one inference ---- */

/* A call with what it became. The call lends it its arena. */
typedef struct work {
    model_backend *self;
    kf_call *call;
    kf_inference inference;
    bool explains;
    bool has_arena;
    int64_t since; /* When the step at hand began. */
} work;

static work begin_work(model_backend *self, kf_call *call, bool explains)
{
    work it = {.self = self, .call = call, .explains = explains};
    it.inference.arena = *call->arena;
    it.has_arena = true;
    it.since = self->metrics != NULL ? kf__monotonic_ns() : 0;
    return it;
}

static void end_step(work *it, kf_step step)
{
    if (it->self->metrics == NULL)
        return;
    int64_t now = kf__monotonic_ns();
    kf__metrics_step(it->self->metrics, step, now - it->since);
    it->since = now;
}

static void refuse(kf_call *call, const kf_inference *inference, kf_status status)
{
    const kf_error *error = kf_last_error();
    if (!inference->refused && status != KF_ENOMEM)
        kf__call_fail(call, 500, "%s", error->message);
    else if (status == KF_EPARSE)
        kf__call_fail(call, 400,
            "Unrecognized request format: %s%s%s: line %d column %d", error->where,
            error->where[0] != '\0' ? ": " : "", error->message, error->line,
            error->column);
    else
        kf__call_fail_last(call);
}

/* What is made from now on is the reply's. */
static void return_arena(work *it)
{
    if (!it->has_arena)
        return;
    *it->call->arena = it->inference.arena;
    it->inference.arena = KF__ARENA_INIT;
    it->has_arena = false;
}

static void end_work(work *it, kf_status status)
{
    kf_call *call = it->call;
    bool refused = it->inference.refused;
    return_arena(it);
    kf__inference_finish(&it->inference);
    if (status == KF_OK)
        call->done(call);
    else
        refuse(call, &(kf_inference){.refused = refused}, status);
}

static kf_status run(work *it)
{
    const kf_model *model = it->self->model;
    const kf_model_table *table = &model->table;
    if (it->explains && table->explain == NULL) {
        it->inference.refused = true;
        return kf__fail(
            KF_EUNSUPPORTED, NULL, "the model '%s' cannot explain", it->self->name);
    }
    kf_status status = it->explains ? table->explain(model->self, &it->inference)
                                    : table->predict(model->self, &it->inference);
    end_step(it, it->explains ? KF_STEP_EXPLAIN : KF_STEP_PREDICT);
    return status;
}

static void set_json(kf_call *call)
{
    call->reply.status = 200;
    call->reply.content_type = "application/json";
}

/* ---- V1 ---- */

static kf_status infer_v1(work *it)
{
    kf_call *call = it->call;
    kf_inference *inference = &it->inference;
    kf_event_form form = kf__event_form(call);
    bool is_event;
    inference->refused = true; /* What is wrong here, the sender did. */
    if (form == KF_EVENT_BINARY)
        KF__TRY(kf__event_check(call));
    KF__TRY(kf__v1_read(
        inference, it->self->model, call->body, call->body_length, &is_event));
    if (it->explains)
        KF__TRY(kf__v1_read_parameters(inference));
    inference->refused = false;
    end_step(it, KF_STEP_PREPROCESS);
    KF__TRY(run(it));
    KF__TRY(kf__v1_write(
        inference, it->explains ? "explanations" : "predictions", &call->reply.body));
    return_arena(it);
    set_json(call);
    KF__TRY(kf__event_answer(call, form, &it->self->events));
    end_step(it, KF_STEP_POSTPROCESS);
    return KF_OK;
}

static void answer_v1(model_backend *self, kf_call *call, bool explains)
{
    work it = begin_work(self, call, explains);
    end_work(&it, infer_v1(&it));
}

/* ---- V2 ---- */

static bool read_json_length(const kf_call *call, int64_t *out)
{
    const char *text = kf__call_header(call, "Inference-Header-Content-Length");
    *out = -1;
    return text == NULL || (kf__parse_int64(text, out) && *out >= 0 &&
                               (uint64_t)*out <= call->body_length);
}

/* Requests without an id get one, as in KServe. */
static kf_status ensure_id(kf_inference *inference)
{
    char id[37];
    if (inference->id != NULL && inference->id[0] != '\0')
        return KF_OK;
    KF__TRY(kf__uuid4(id));
    inference->id = kf__arena_strdup(&inference->arena, id);
    return inference->id != NULL ? KF_OK : KF_ENOMEM;
}

static void set_binary(kf_call *call, int64_t json_length)
{
    char digits[21] = "";
    (void)kf__decimal_digits((uint64_t)json_length, digits);
    kf__reply_header(call, "Inference-Header-Content-Length", digits);
    call->reply.content_type = "application/octet-stream";
}

static kf_status write_v2(work *it, int64_t *json_length)
{
    kf_call *call = it->call;
    return call->form != NULL ? call->form->write(call, &it->inference, it->self->name)
                              : kf__v2_write(&it->inference, it->self->name,
                                    &call->reply.body, json_length);
}

static kf_status infer_v2(work *it, int64_t json_length)
{
    kf_call *call = it->call;
    kf_inference *inference = &it->inference;
    int64_t answer_length = -1;
    inference->refused = true;
    KF__TRY(call->form != NULL
                ? call->form->read(call, inference)
                : kf__v2_read(inference, call->body, call->body_length, json_length));
    inference->refused = false;
    KF__TRY(ensure_id(inference));
    end_step(it, KF_STEP_PREPROCESS);
    KF__TRY(run(it));
    kf_status status = write_v2(it, &answer_length);
    inference->refused = status == KF_EINVAL || status == KF_ELIMIT;
    KF__TRY(status);
    return_arena(it);
    set_json(call);
    if (answer_length >= 0)
        set_binary(call, answer_length);
    end_step(it, KF_STEP_POSTPROCESS);
    return KF_OK;
}

static void answer_v2(model_backend *self, kf_call *call)
{
    int64_t json_length;
    if (!read_json_length(call, &json_length)) {
        kf__call_fail(call, 400,
            "Inference-Header-Content-Length is no number of bytes of this body");
        return;
    }
    work it = begin_work(self, call, false);
    end_work(&it, infer_v2(&it, json_length));
}

/* ---- metadata ---- */

static void put_specs(kf_buf *out, const kf_tensor_spec *specs, size_t count)
{
    kf__buf_putc(out, '[');
    for (size_t i = 0; specs != NULL && i < count; i++) {
        kf__buf_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        kf__put_json_text(out, specs[i].name, strlen(specs[i].name));
        kf__buf_printf(out, ",\"datatype\":\"%s\",\"shape\":[",
            kf__datatype_name(specs[i].datatype));
        for (size_t k = 0; k < specs[i].rank; k++)
            kf__buf_printf(
                out, "%s%lld", k > 0 ? "," : "", (long long)specs[i].shape[k]);
        kf__buf_puts(out, "]}");
    }
    kf__buf_putc(out, ']');
}

static void answer_metadata(model_backend *self, kf_call *call)
{
    const kf_model_table *table = &self->model->table;
    kf_buf *out = &call->reply.body;
    kf__buf_puts(out, "{\"name\":");
    kf__put_json_text(out, self->name, strlen(self->name));
    kf__buf_puts(out, ",\"versions\":null,\"platform\":");
    kf__put_json_text(out, table->platform, strlen(table->platform));
    kf__buf_puts(out, ",\"inputs\":");
    put_specs(out, table->inputs, table->input_count);
    kf__buf_puts(out, ",\"outputs\":");
    put_specs(out, table->outputs, table->output_count);
    kf__buf_putc(out, '}');
    set_json(call);
    call->done(call);
}

static void answer_ready(model_backend *self, kf_call *call)
{
    kf__buf_puts(&call->reply.body, "{\"name\":");
    kf__put_json_text(&call->reply.body, self->name, strlen(self->name));
    kf__buf_puts(&call->reply.body, ",\"ready\":true}");
    set_json(call);
    call->done(call);
}

/* ---- paths ---- */

typedef enum action {
    UNKNOWN,
    V1_READY,
    V1_PREDICT,
    V1_EXPLAIN,
    V2_METADATA,
    V2_READY,
    V2_INFER,
    V2_LOAD,
    V2_UNLOAD,
    V2_VERSION,       /* What follows is /versions/… */
    V2_VERSION_INFER, /* … and asks for an inference. */
} action;

/* "/v1/models/NAME", ":predict" and ":explain": the last of them, names may have a ':'.
 */
static action v1_action(const char *model, size_t *length)
{
    static const char predict[] = ":predict", explain[] = ":explain";
    *length = strlen(model);
    action what = kf__ends_with(model, predict)   ? V1_PREDICT
                  : kf__ends_with(model, explain) ? V1_EXPLAIN
                                                  : V1_READY;
    *length -= what == V1_READY ? 0 : sizeof predict - 1;
    return strchr(model, '/') != NULL ? UNKNOWN : what;
}

static action v2_action(const char *model, size_t *length)
{
    static const char versions[] = "/versions/";
    *length = strcspn(model, "/");
    const char *rest = model + *length;
    if (kf__starts_with(rest, versions)) {
        rest += sizeof versions - 1;
        rest += strcspn(rest, "/");
        return strcmp(rest, "/infer") == 0                    ? V2_VERSION_INFER
               : *rest == '\0' || strcmp(rest, "/ready") == 0 ? V2_VERSION
                                                              : UNKNOWN;
    }
    return *rest == '\0'                 ? V2_METADATA
           : strcmp(rest, "/ready") == 0 ? V2_READY
           : strcmp(rest, "/infer") == 0 ? V2_INFER
                                         : UNKNOWN;
}

static action repository_action(const char *model, size_t *length)
{
    *length = strcspn(model, "/");
    return strcmp(model + *length, "/load") == 0     ? V2_LOAD
           : strcmp(model + *length, "/unload") == 0 ? V2_UNLOAD
                                                     : UNKNOWN;
}

static action action_of(const char *path, const char **model, size_t *length)
{
    static const char v1[] = "/v1/models/", v2[] = "/v2/models/",
                      repository[] = "/v2/repository/models/";
    if (kf__starts_with(path, repository)) {
        *model = path + sizeof repository - 1;
        return repository_action(*model, length);
    }
    bool is_v1 = kf__starts_with(path, v1);
    if (!is_v1 && !kf__starts_with(path, v2))
        return UNKNOWN;
    *model = path + sizeof v1 - 1;
    action what = is_v1 ? v1_action(*model, length) : v2_action(*model, length);
    return *length > 0 ? what : UNKNOWN;
}

/* Whoever gets here is loaded; what sleeps has been woken for it. */
static void answer_load(model_backend *self, kf_call *call, bool unloads)
{
    if (unloads) {
        kf__call_fail(call, 501,
            "a model is unloaded when its document goes, or when nobody asks it");
        return;
    }
    kf__buf_puts(&call->reply.body, "{\"name\":");
    kf__put_json_text(&call->reply.body, self->name, strlen(self->name));
    kf__buf_puts(&call->reply.body, ",\"load\":true}");
    set_json(call);
    call->done(call);
}

static bool is_packed(const kf_call *call)
{
    const char *coding = kf__call_header(call, "Content-Encoding");
    return coding != NULL && coding[0] != '\0' && strcasecmp(coding, "identity") != 0;
}

static void answer(model_backend *self, kf_call *call, action what)
{
    if ((what == V1_PREDICT || what == V1_EXPLAIN || what == V2_INFER) &&
        is_packed(call)) {
        kf__call_fail(call, 415,
            "the body is in the content coding '%.40s': expected it as it is",
            kf__call_header(call, "Content-Encoding"));
        return;
    }
    switch (what) {
    case V1_PREDICT:
    case V1_EXPLAIN:
        answer_v1(self, call, what == V1_EXPLAIN);
        break;
    case V2_INFER:
        answer_v2(self, call);
        break;
    case V2_LOAD:
    case V2_UNLOAD:
        answer_load(self, call, what == V2_UNLOAD);
        break;
    case V2_METADATA:
        answer_metadata(self, call);
        break;
    case V1_READY:
    case V2_READY:
        answer_ready(self, call);
        break;
    default:
        kf__call_fail(call, 501, "Model versioning not supported yet.");
    }
}

static void serve(kf_backend *backend, kf_call *call)
{
    model_backend *self = (model_backend *)backend;
    const char *model = "";
    size_t length = 0;
    action what = action_of(call->path, &model, &length);
    bool posts = what == V1_PREDICT || what == V1_EXPLAIN || what == V2_INFER ||
                 what == V2_VERSION_INFER || what == V2_LOAD || what == V2_UNLOAD;
    bool versions = what == V2_VERSION || what == V2_VERSION_INFER;
    if (what == UNKNOWN && kf__model_server_answer(self->name, call))
        return;
    if (what == UNKNOWN)
        kf__call_fail(call, 404, "Not Found");
    else if (!kf__call_allows(call, posts ? "POST" : "GET"))
        return;
    else if (!versions &&
             (strlen(self->name) != length || memcmp(self->name, model, length) != 0))
        kf__call_fail(
            call, 404, "Model with name %.*s does not exist.", (int)length, model);
    else
        answer(self, call, what);
}

static void end(kf_backend *backend)
{
    model_backend *self = (model_backend *)backend;
    kf_model_free(self->model);
    kf__event_options_finish(&self->events);
    kf__free(self->name);
    kf__free(self);
}

kf_status kf__backend_of_model(const char *name, kf_model *model, kf_backend **out)
{
    static const kf_backend_table table = {serve, end};
    model_backend *self = kf__calloc(1, sizeof *self);
    if (self == NULL) {
        kf_model_free(model);
        return KF_ENOMEM;
    }
    self->backend.table = &table;
    self->model = model;
    self->name = kf__strdup(name);
    if (self->name == NULL || kf__event_options_read(name, &self->events) != KF_OK) {
        end(&self->backend);
        return KF_ENOMEM;
    }
    *out = &self->backend;
    return KF_OK;
}

kf_status kf__backend_model_measure(kf_backend *backend, kf_metrics *metrics)
{
    model_backend *self = (model_backend *)backend;
    return metrics != NULL ? kf__metrics_model(metrics, self->name, &self->metrics)
                           : KF_OK;
}
