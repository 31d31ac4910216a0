/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/backend_model.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "serving/model.h"
#include "serving/protocol.h"

typedef struct model_backend {
    kf_backend backend;
    char *name;
    kf_model *model;
} model_backend;

/* ---- one inference ---- */

static void fail(kf_call *call, const kf_inference *inference, kf_status status)
{
    if (inference->refused || status == KF_ENOMEM)
        kf__call_fail_last(call);
    else
        kf__call_fail(call, 500, "%s", kf_last_error()->message);
}

static kf_status run(const model_backend *self, kf_inference *inference, bool explains)
{
    const kf_model_table *table = &self->model->table;
    if (!explains)
        return table->predict(self->model->self, inference);
    if (table->explain != NULL)
        return table->explain(self->model->self, inference);
    inference->refused = true;
    return kf__fail(KF_EUNSUPPORTED, NULL, "the model '%s' cannot explain", self->name);
}

static void answer_v1(model_backend *self, kf_call *call, bool explains)
{
    kf_inference inference = KF__INFERENCE_INIT;
    inference.arena = *call->arena;
    kf_status status =
        kf__v1_read(&inference, self->model, call->body, call->body_length);
    inference.refused = status != KF_OK;
    if (status == KF_OK)
        status = run(self, &inference, explains);
    if (status == KF_OK) {
        kf__v1_write(
            &inference, explains ? "explanations" : "predictions", &call->reply.body);
        call->reply.status = 200;
        call->reply.content_type = "application/json";
    }
    *call->arena = inference.arena;
    inference.arena = (kf_arena){0};
    if (status == KF_OK)
        call->done(call);
    else
        fail(call, &inference, status);
    kf__inference_finish(&inference);
}

static bool read_json_length(const kf_call *call, int64_t *out)
{
    const char *text = kf__call_header(call, "Inference-Header-Content-Length");
    *out = -1;
    return text == NULL || (kf__parse_int64(text, out) && *out >= 0 &&
                               (uint64_t)*out <= call->body_length);
}

static kf_status infer(model_backend *self, kf_call *call, kf_inference *inference,
    int64_t json_length, int64_t *answer_length)
{
    inference->refused = true;
    KF__TRY(kf__v2_read(inference, call->body, call->body_length, json_length));
    inference->refused = false;
    KF__TRY(run(self, inference, false));
    kf_status status =
        kf__v2_write(inference, self->name, &call->reply.body, answer_length);
    inference->refused = status == KF_EINVAL;
    return status;
}

static void answer_v2(model_backend *self, kf_call *call)
{
    kf_inference inference = KF__INFERENCE_INIT;
    int64_t json_length, answer_length = -1;
    char digits[24];
    if (!read_json_length(call, &json_length)) {
        kf__call_fail(call, 400,
            "Inference-Header-Content-Length is no number of bytes of this body");
        return;
    }
    inference.arena = *call->arena;
    kf_status status = infer(self, call, &inference, json_length, &answer_length);
    *call->arena = inference.arena;
    inference.arena = (kf_arena){0};
    if (status != KF_OK) {
        fail(call, &inference, status);
        kf__inference_finish(&inference);
        return;
    }
    kf__inference_finish(&inference);
    call->reply.status = 200;
    call->reply.content_type =
        answer_length < 0 ? "application/json" : "application/octet-stream";
    if (answer_length >= 0) {
        (void)snprintf(digits, sizeof digits, "%lld", (long long)answer_length);
        kf__reply_header(call, "Inference-Header-Content-Length", digits);
    }
    call->done(call);
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

static void answer_json(kf_call *call)
{
    call->reply.status = 200;
    call->reply.content_type = "application/json";
    call->done(call);
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
    answer_json(call);
}

static void answer_ready(model_backend *self, kf_call *call)
{
    kf__buf_puts(&call->reply.body, "{\"name\":");
    kf__put_json_text(&call->reply.body, self->name, strlen(self->name));
    kf__buf_puts(&call->reply.body, ",\"ready\":true}");
    answer_json(call);
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
    V2_VERSION
} action;

static action action_of(const char *path, const char **model, size_t *length)
{
    static const char v1[] = "/v1/models/", v2[] = "/v2/models/";
    bool is_v1 = kf__starts_with(path, v1);
    if (!is_v1 && !kf__starts_with(path, v2))
        return UNKNOWN;
    *model = path + sizeof v1 - 1;
    *length = strcspn(*model, is_v1 ? "/:" : "/");
    const char *rest = *model + *length;
    if (is_v1)
        return *rest == '\0'                   ? V1_READY
               : strcmp(rest, ":predict") == 0 ? V1_PREDICT
               : strcmp(rest, ":explain") == 0 ? V1_EXPLAIN
                                               : UNKNOWN;
    return *rest == '\0'                         ? V2_METADATA
           : strcmp(rest, "/ready") == 0         ? V2_READY
           : strcmp(rest, "/infer") == 0         ? V2_INFER
           : kf__starts_with(rest, "/versions/") ? V2_VERSION
                                                 : UNKNOWN;
}

static bool has_method(kf_call *call, const char *method)
{
    if (strcmp(call->method, method) == 0)
        return true;
    kf__reply_header(call, "Allow", method);
    kf__call_fail(call, 405, "Method Not Allowed");
    return false;
}

static void serve(kf_backend *backend, kf_call *call)
{
    model_backend *self = (model_backend *)backend;
    const char *model = "";
    size_t length = 0;
    action what = action_of(call->path, &model, &length);
    bool posts = what == V1_PREDICT || what == V1_EXPLAIN || what == V2_INFER;
    if (what == UNKNOWN)
        kf__call_fail(call, 404, "Not Found");
    else if (strlen(self->name) != length || memcmp(self->name, model, length) != 0)
        kf__call_fail(
            call, 404, "Model with name %.*s does not exist.", (int)length, model);
    else if (what == V2_VERSION)
        kf__call_fail(call, 501, "Model versioning not supported yet.");
    else if (!has_method(call, posts ? "POST" : "GET"))
        return;
    else if (what == V2_INFER)
        answer_v2(self, call);
    else if (posts)
        answer_v1(self, call, what == V1_EXPLAIN);
    else if (what == V2_METADATA)
        answer_metadata(self, call);
    else
        answer_ready(self, call);
}

static void end(kf_backend *backend)
{
    model_backend *self = (model_backend *)backend;
    kf_model_free(self->model);
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
    if (self->name == NULL) {
        end(&self->backend);
        return KF_ENOMEM;
    }
    *out = &self->backend;
    return KF_OK;
}
