/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the Open Inference Protocol in one: tensors behind each other, by their
 * first dimension. */
#include <string.h>

#include "base/rand.h"
#include "serving/backend_batch_parts.h"

/* ---- tensors ---- */

/* How many elements follow from the shape behind its first dimension; *rows: that one.
 * False: it is no shape, or of no rows. */
static bool read_shape(const kf_value *shape, size_t *rows, size_t *each)
{
    *each = 1;
    for (size_t i = 0; i < kf_value_length(shape); i++) {
        const kf_value *item = kf_value_at(shape, i);
        int64_t size = kf_value_int(item);
        if (!kf__is(item, KF_KIND_INT) || size < 1)
            return false;
        if (i == 0)
            *rows = (size_t)size;
        else if (__builtin_mul_overflow(*each, (size_t)size, each))
            return false;
    }
    return kf__is(shape, KF_KIND_LIST) && kf_value_length(shape) > 0;
}

static size_t count_elements(const kf_value *data)
{
    size_t count = 0;
    if (!kf__is(data, KF_KIND_LIST))
        return 1;
    for (size_t i = 0; i < kf_value_length(data); i++)
        count += count_elements(kf_value_at(data, i));
    return count;
}

/* Its data is flat or nested, and fills its shape. */
static bool read_tensor(const kf_value *tensor, size_t *rows, size_t *each)
{
    const kf_value *data = kf_value_get(tensor, "data");
    size_t all;
    return read_shape(kf_value_get(tensor, "shape"), rows, each) &&
           !__builtin_mul_overflow(*rows, *each, &all) && kf__is(data, KF_KIND_LIST) &&
           count_elements(data) == all;
}

/* Elements [first, first + count) of all that is in the list. */
typedef struct slice {
    kf_buf *out;
    size_t at, first, end;
    bool any;
} slice;

static void put_slice(slice *self, const kf_value *data)
{
    for (size_t i = 0; i < kf_value_length(data) && self->at < self->end; i++) {
        const kf_value *item = kf_value_at(data, i);
        if (kf__is(item, KF_KIND_LIST)) {
            put_slice(self, item);
        } else if (self->at++ >= self->first) {
            kf__buf_puts(self->out, self->any ? "," : "");
            kf__put_json(self->out, item, KF_JSON_COMPACT);
            self->any = true;
        }
    }
}

static void put_shape(kf_buf *out, const kf_value *shape, size_t rows)
{
    kf__buf_printf(out, "[%zu", rows);
    for (size_t i = 1; i < kf_value_length(shape); i++)
        kf__buf_printf(out, ",%lld", (long long)kf_value_int(kf_value_at(shape, i)));
    kf__buf_putc(out, ']');
}

/* {"name":…,"shape":[rows,…],… without its data, and not closed. */
static void put_head(kf_buf *out, const kf_value *tensor, size_t rows)
{
    bool any = false;
    kf__buf_putc(out, '{');
    for (size_t i = 0; i < kf_value_length(tensor); i++) {
        const char *name = kf_value_key(tensor, i);
        const kf_value *value = kf_value_at(tensor, i);
        if (strcmp(name, "data") == 0)
            continue;
        kf__buf_puts(out, any ? "," : "");
        kf__put_json_text(out, name, strlen(name));
        kf__buf_putc(out, ':');
        if (strcmp(name, "shape") == 0)
            put_shape(out, value, rows);
        else
            kf__put_json(out, value, KF_JSON_COMPACT);
        any = true;
    }
}

/* ---- requests ---- */

/* What asks for more than rows in and rows out goes by itself. */
static bool is_plain(const kf_value *request)
{
    const kf_value *outputs = kf_value_get(request, "outputs");
    if (kf_value_get(request, "parameters") != NULL)
        return false;
    for (size_t i = 0; i < kf_value_length(outputs); i++)
        if (kf_value_get(kf_value_at(outputs, i), "parameters") != NULL)
            return false;
    return true;
}

const char *kf__batch_v2_signature(
    const kf_value *request, kf_arena *arena, size_t *rows)
{
    const kf_value *inputs = kf_value_get(request, "inputs");
    kf_buf text = KF__BUF_INIT;
    bool fits = is_plain(request) && kf_value_length(inputs) > 0;
    for (size_t i = 0; fits && i < kf_value_length(inputs); i++) {
        const kf_value *input = kf_value_at(inputs, i);
        size_t own = 0, each;
        fits = read_tensor(input, &own, &each) && (i == 0 || own == *rows);
        *rows = own;
        put_head(&text, input, 0);
    }
    kf__put_json(&text, kf_value_get(request, "outputs"), KF_JSON_COMPACT);
    const char *made = fits && text.status == KF_OK
                           ? kf__arena_strdup(arena, kf__buf_text(&text))
                           : NULL;
    kf__buf_finish(&text);
    return made;
}

static kf_status take_heads(kf_batch *batch, const kf_value *request)
{
    kf_tree *tree = &batch->tree;
    batch->request = kf__tree_struct(tree);
    kf_value *list = kf__put_list(tree, batch->request, "inputs");
    const kf_value *inputs = kf_value_get(request, "inputs");
    const kf_value *outputs = kf_value_get(request, "outputs");
    for (size_t i = 0; i < kf_value_length(inputs); i++) {
        const kf_value *input = kf_value_at(inputs, i);
        kf_value *head = kf__tree_struct(tree);
        for (size_t k = 0; k < kf_value_length(input); k++)
            if (strcmp(kf_value_key(input, k), "data") != 0)
                kf__put(tree, head, kf_value_key(input, k),
                    kf__tree_copy(tree, kf_value_at(input, k)));
        kf__push(tree, list, head);
        KF__TRY(kf__vec_push(&batch->data, KF__BUF_INIT));
    }
    if (outputs != NULL)
        kf__put(tree, batch->request, "outputs", kf__tree_copy(tree, outputs));
    return kf__tree_status(tree);
}

kf_status kf__batch_v2_add(kf_batch *batch, const kf_value *request)
{
    const kf_value *inputs = kf_value_get(request, "inputs");
    if (batch->request == NULL)
        KF__TRY(take_heads(batch, request));
    for (size_t i = 0; i < batch->data.count; i++) {
        kf_buf *data = &batch->data.items[i];
        slice all = {.out = data, .end = SIZE_MAX, .any = data->length > 0};
        put_slice(&all, kf_value_get(kf_value_at(inputs, i), "data"));
        if (data->status != KF_OK)
            return data->status;
    }
    return KF_OK;
}

kf_status kf__batch_v2_body(kf_batch *batch)
{
    const kf_value *inputs = kf_value_get(batch->request, "inputs");
    const kf_value *outputs = kf_value_get(batch->request, "outputs");
    kf_buf *out = &batch->body;
    kf__buf_puts(out, "{\"inputs\":[");
    for (size_t i = 0; i < batch->data.count; i++) {
        const kf_buf *data = &batch->data.items[i];
        kf__buf_puts(out, i > 0 ? "," : "");
        put_head(out, kf_value_at(inputs, i), batch->count);
        kf__buf_puts(out, ",\"data\":[");
        kf__buf_append(out, kf__buf_text(data), data->length);
        kf__buf_puts(out, "]}");
    }
    kf__buf_putc(out, ']');
    if (outputs != NULL) {
        kf__buf_puts(out, ",\"outputs\":");
        kf__put_json(out, outputs, KF_JSON_COMPACT);
    }
    kf__buf_putc(out, '}');
    return out->status;
}

/* ---- answers ---- */

static bool has_rows(const kf_value *outputs, size_t count)
{
    for (size_t i = 0; i < kf_value_length(outputs); i++) {
        size_t rows = 0, each;
        if (!read_tensor(kf_value_at(outputs, i), &rows, &each) || rows != count)
            return false;
    }
    return kf__is(outputs, KF_KIND_LIST);
}

static void put_output(kf_buf *out, const kf_value *output, size_t first, size_t count)
{
    size_t rows = 0, each = 0;
    (void)read_tensor(output, &rows, &each);
    slice own = {.out = out, .first = first * each, .end = (first + count) * each};
    put_head(out, output, count);
    kf__buf_puts(out, ",\"data\":[");
    put_slice(&own, kf_value_get(output, "data"));
    kf__buf_puts(out, "]}");
}

static void put_outputs(
    kf_buf *out, const kf_value *outputs, size_t first, size_t count)
{
    kf__buf_putc(out, '[');
    for (size_t i = 0; i < kf_value_length(outputs); i++) {
        kf__buf_puts(out, i > 0 ? "," : "");
        put_output(out, kf_value_at(outputs, i), first, count);
    }
    kf__buf_putc(out, ']');
}

static void put_id(kf_buf *out, const char *id)
{
    char made[37] = "";
    if (id == NULL && kf__uuid4(made) == KF_OK)
        id = made;
    kf__put_json_text(out, id != NULL ? id : "", id != NULL ? strlen(id) : 0);
}

/* As the answer to all, but for the id and the rows. */
static void put_answer(
    kf_buf *out, const kf_value *answer, const kf_batch_member *member, size_t first)
{
    kf__buf_putc(out, '{');
    for (size_t i = 0; i < kf_value_length(answer); i++) {
        const char *name = kf_value_key(answer, i);
        const kf_value *value = kf_value_at(answer, i);
        kf__buf_puts(out, i > 0 ? "," : "");
        kf__put_json_text(out, name, strlen(name));
        kf__buf_putc(out, ':');
        if (strcmp(name, "id") == 0)
            put_id(out, member->id);
        else if (strcmp(name, "outputs") == 0)
            put_outputs(out, value, first, member->count);
        else
            kf__put_json(out, value, KF_JSON_COMPACT);
    }
    if (kf_value_get(answer, "id") == NULL) {
        kf__buf_puts(out, ",\"id\":");
        put_id(out, member->id);
    }
    kf__buf_putc(out, '}');
}

bool kf__batch_v2_answer(kf_batch *batch, const kf_value *answer)
{
    size_t first = 0;
    if (!has_rows(kf_value_get(answer, "outputs"), batch->count))
        return false;
    for (size_t i = 0; i < batch->members.count; i++) {
        kf_batch_member *each = &batch->members.items[i];
        kf_reply *reply = &each->call->reply;
        put_answer(&reply->body, answer, each, first);
        first += each->count;
        reply->status = 200;
        reply->content_type = "application/json";
        if (reply->body.status == KF_OK)
            each->call->done(each->call);
        else
            kf__call_fail(each->call, 503, "out of memory");
    }
    return true;
}
