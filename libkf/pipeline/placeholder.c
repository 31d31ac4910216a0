/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/placeholder.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"

static bool is(kf_span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

static const kf_value *member_of(const kf_value *object, kf_span name)
{
    char small[128];
    if (name.length < sizeof small) {
        memcpy(small, name.text, name.length);
        small[name.length] = '\0';
        return kf_value_get(object, small);
    }
    for (size_t i = 0; i < kf_value_length(object); i++) {
        const char *key = kf_value_key(object, i);
        if (key != NULL && is(name, key))
            return kf_value_at(object, i);
    }
    return NULL;
}

/* ---- values as text ---- */

static void put_integer_part(kf_buf *out, double number)
{
    kf__buf_printf(out, "%.0f", number);
}

/* JSON in which whole numbers have no point, as protobuf's and Go's JSON write doubles.
 */
static void put_value(kf_buf *out, const kf_value *value)
{
    size_t count = kf_value_length(value);
    switch (kf_value_kind(value)) {
    case KF_KIND_DOUBLE: {
        double number = kf_value_double(value);
        if (trunc(number) == number && fabs(number) < 1e21)
            put_integer_part(out, number);
        else
            kf__put_double(out, number);
        break;
    }
    case KF_KIND_LIST:
        kf__buf_putc(out, '[');
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                kf__buf_puts(out, ", ");
            put_value(out, kf_value_at(value, i));
        }
        kf__buf_putc(out, ']');
        break;
    case KF_KIND_STRUCT:
        kf__buf_putc(out, '{');
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                kf__buf_puts(out, ", ");
            kf__put_json_text(
                out, kf_value_key(value, i), strlen(kf_value_key(value, i)));
            kf__buf_puts(out, ": ");
            put_value(out, kf_value_at(value, i));
        }
        kf__buf_putc(out, '}');
        break;
    default:
        kf__put_json(out, value, KF_JSON_SPACED);
        break;
    }
}

static void put_text(kf_buf *out, const kf_value *value)
{
    if (value == NULL)
        kf__buf_puts(out, "null");
    else if (kf_value_kind(value) == KF_KIND_STRING)
        kf__buf_append(out, kf_value_string(value), kf_value_length(value));
    else
        put_value(out, value);
}

/* The inside of the JSON string of `text`, `times` times over. */
static kf_status escape(kf_buf *text, int times)
{
    for (int i = 0; i < times && text->status == KF_OK; i++) {
        if (text->length > KF__LIMIT_STRING_BYTES)
            return kf__fail(KF_ELIMIT, NULL,
                "a placeholder is longer than the limit of %u bytes",
                KF__LIMIT_STRING_BYTES);
        kf_buf escaped = KF__BUF_INIT;
        kf__put_json_text(&escaped, kf__buf_text(text), text->length);
        kf__buf_truncate(text, 0);
        if (escaped.status == KF_OK)
            kf__buf_append(text, escaped.data + 1, escaped.length - 2);
        else
            text->status = escaped.status;
        kf__buf_finish(&escaped);
    }
    return text->status;
}

/* ---- what a placeholder stands for ---- */

static kf_status unknown(const kf_placeholder *placeholder, const char *what)
{
    size_t length = placeholder->whole.length;
    return kf__fail(KF_ENOENT, NULL, "%.*s: there is no %s",
        length > 200 ? 200 : (int)length, placeholder->whole.text, what);
}

static const kf_value *parameters_of(const kf_placeholders *self)
{
    return kf_value_get(
        kf_value_get(self->executor_input, "inputs"), "parameterValues");
}

static const kf_value *artifacts_of(const kf_placeholders *self, const char *side)
{
    return kf_value_get(kf_value_get(self->executor_input, side), "artifacts");
}

static bool take_index(kf_span span, size_t *out)
{
    size_t value = 0;
    if (span.length == 0 || span.length > 9)
        return false;
    for (size_t i = 0; i < span.length; i++) {
        if (span.text[i] < '0' || span.text[i] > '9')
            return false;
        value = value * 10 + (size_t)(span.text[i] - '0');
    }
    *out = value;
    return true;
}

/* Down from `value` along the members of the placeholder, from number `first` on. */
static kf_status descend(
    const kf_placeholder *placeholder, size_t first, const kf_value **value)
{
    for (size_t i = first; i < placeholder->member_count; i++) {
        kf_span name = placeholder->members[i];
        size_t index;
        if (kf_value_kind(*value) == KF_KIND_LIST && take_index(name, &index))
            *value = kf_value_at(*value, index);
        else
            *value = member_of(*value, name);
        if (*value == NULL)
            return unknown(placeholder, "such member");
    }
    return KF_OK;
}

static bool put_mounted(
    kf_buf *out, const char *uri, const char *scheme, const char *mount)
{
    if (!kf__starts_with(uri, scheme))
        return false;
    kf__buf_puts(out, mount);
    kf__buf_puts(out, uri + strlen(scheme));
    return true;
}

void kf__put_artifact_path(kf_buf *out, const kf_value *artifact)
{
    const char *custom = kf__get_text(artifact, "customPath");
    const char *uri = kf__get_text(artifact, "uri");
    if (custom != NULL && custom[0] != '\0') {
        kf__buf_puts(out, custom);
        return;
    }
    if (uri == NULL)
        return;
    size_t start = out->length;
    if (put_mounted(out, uri, "gs://", "/gcs/") ||
        put_mounted(out, uri, "s3://", "/s3/") ||
        put_mounted(out, uri, "minio://", "/minio/") ||
        put_mounted(out, uri, "file://", ""))
        return;
    if (put_mounted(out, uri, "oci://", "/oci/")) {
        for (size_t i = start + strlen("/oci/"); i < out->length; i++) {
            if (out->data[i] == '/')
                out->data[i] = '_';
        }
        kf__buf_puts(out, "/models");
        return;
    }
    kf__buf_puts(out, uri);
}

static kf_status put_artifact_member(
    const kf_placeholder *placeholder, const kf_value *artifact, kf_buf *out)
{
    kf_span member = placeholder->members[0];
    if (is(member, "path")) {
        kf__put_artifact_path(out, artifact);
        return out->status;
    }
    if (is(member, "value")) {
        kf_buf path = KF__BUF_INIT;
        kf__put_artifact_path(&path, artifact);
        kf_status status = path.status;
        if (status == KF_OK)
            status =
                kf__file_read_plain(kf__buf_text(&path), KF__LIMIT_STRING_BYTES, out);
        kf__buf_finish(&path);
        return status;
    }
    const kf_value *value = member_of(artifact, member);
    if (value == NULL && is(member, "metadata")) {
        if (placeholder->member_count > 1)
            return unknown(placeholder, "such metadata");
        kf__buf_puts(out, "{}");
        return out->status;
    }
    if (value == NULL)
        return unknown(placeholder, "such member");
    KF__TRY(descend(placeholder, 1, &value));
    put_text(out, value);
    return out->status;
}

static kf_status put_artifact(
    const kf_placeholder *placeholder, const kf_value *artifacts, kf_buf *out)
{
    const kf_value *list = member_of(artifacts, placeholder->name);
    if (list == NULL)
        return unknown(placeholder, placeholder->kind == KF__PLACEHOLDER_ARTIFACT
                                        ? "input artifact of this name"
                                        : "output artifact of this name");
    /* What KFP's SDK writes for a list of artifacts: its reader takes a JSON list. */
    if (placeholder->member_count == 0) {
        const kf_value *several = kf_value_get(list, "artifacts");
        put_value(out, several != NULL ? several : list);
        return out->status;
    }
    const kf_value *first = kf_value_at(kf_value_get(list, "artifacts"), 0);
    if (first == NULL)
        return unknown(placeholder, "artifact in the list");
    return put_artifact_member(placeholder, first, out);
}

static kf_status put_output(
    const kf_placeholders *self, const kf_placeholder *placeholder, kf_buf *out)
{
    const kf_value *outputs = kf_value_get(self->executor_input, "outputs");
    const kf_value *output =
        member_of(kf_value_get(outputs, "parameters"), placeholder->name);
    if (output == NULL)
        return unknown(placeholder, "output parameter of this name");
    if (placeholder->member_count == 0) {
        put_value(out, output);
        return out->status;
    }
    kf_span member = placeholder->members[0];
    if (placeholder->member_count > 1 ||
        !(is(member, "output_file") || is(member, "outputFile")))
        return unknown(
            placeholder, "such member; an output parameter has .output_file");
    put_text(out, kf_value_get(output, "outputFile"));
    return out->status;
}

static kf_status put_placeholder(
    const kf_placeholders *self, const kf_placeholder *placeholder, kf_buf *out)
{
    const kf_value *value;
    switch (placeholder->kind) {
    case KF__PLACEHOLDER_ALL:
        kf__put_json(out, self->executor_input, KF_JSON_SPACED);
        return out->status;
    case KF__PLACEHOLDER_INPUT:
        value = member_of(parameters_of(self), placeholder->name);
        KF__TRY(descend(placeholder, 0, &value));
        put_text(out, value);
        return out->status;
    case KF__PLACEHOLDER_ARTIFACT:
        return put_artifact(placeholder, artifacts_of(self, "inputs"), out);
    case KF__PLACEHOLDER_PRODUCT:
        return put_artifact(placeholder, artifacts_of(self, "outputs"), out);
    case KF__PLACEHOLDER_OUTPUT:
        return put_output(self, placeholder, out);
    case KF__PLACEHOLDER_OUTPUT_FILE:
        put_text(out,
            kf_value_get(kf_value_get(self->executor_input, "outputs"), "outputFile"));
        return out->status;
    case KF__PLACEHOLDER_VARIABLE:
        value = member_of(self->variables, placeholder->name);
        if (value == NULL)
            return unknown(placeholder, is(placeholder->name, "workspace_path")
                                            ? "workspace for this pipeline"
                                            : "value for it here");
        put_text(out, value);
        return out->status;
    default:
        kf__buf_append(out, placeholder->whole.text, placeholder->whole.length);
        return out->status;
    }
}

static kf_status put_escaped(
    const kf_placeholders *self, const kf_placeholder *placeholder, kf_buf *out)
{
    if (placeholder->escapes == 0)
        return put_placeholder(self, placeholder, out);
    kf_buf text = KF__BUF_INIT;
    kf_status status = put_placeholder(self, placeholder, &text);
    if (status == KF_OK)
        status = escape(&text, placeholder->escapes);
    if (status == KF_OK)
        kf__buf_append(out, kf__buf_text(&text), text.length);
    kf__buf_finish(&text);
    return status == KF_OK ? out->status : status;
}

kf_status kf__placeholders_expand(
    const kf_placeholders *placeholders, const char *text, kf_buf *out)
{
    kf_placeholder found;
    while (kf__placeholder_find(text, &found)) {
        kf__buf_append(out, text, (size_t)(found.whole.text - text));
        KF__TRY(put_escaped(placeholders, &found, out));
        text = found.whole.text + found.whole.length;
    }
    kf__buf_puts(out, text);
    return out->status;
}

/* ---- words: IfPresent and Concat ---- */

static bool is_present(const kf_placeholders *self, const char *name)
{
    const kf_value *parameter = kf_value_get(parameters_of(self), name);
    const kf_value *artifact = kf_value_get(artifacts_of(self, "inputs"), name);
    return (parameter != NULL && kf_value_kind(parameter) != KF_KIND_NULL) ||
           (artifact != NULL && kf_value_kind(artifact) != KF_KIND_NULL);
}

bool kf__placeholder_is_struct(const char *word)
{
    static const char *const names[] = {"\"Concat\"", "\"IfPresent\""};
    if (*word++ != '{')
        return false;
    while (*word == ' ')
        word++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (kf__starts_with(word, names[i])) {
            word += strlen(names[i]);
            while (*word == ' ')
                word++;
            return *word == ':';
        }
    }
    return false;
}

/* What expands to words: each is appended to `out`, a list. */
typedef struct expansion {
    const kf_placeholders *placeholders;
    kf_tree *tree;
    kf_value *words;
} expansion;

static kf_status add_word(expansion *self, const char *text)
{
    kf_buf word = KF__BUF_INIT;
    kf_status status = kf__placeholders_expand(self->placeholders, text, &word);
    if (status == KF_OK)
        kf__push(self->tree, self->words,
            kf__tree_string_n(self->tree, kf__buf_text(&word), word.length));
    kf__buf_finish(&word);
    return status;
}

static kf_status malformed(const char *why)
{
    return kf__fail(KF_EDOCUMENT, NULL, "malformed placeholder: %s", why);
}

/* The branch of an IfPresent that holds; NULL: neither, and the word is dropped. */
static kf_status choose(
    const kf_placeholders *self, const kf_value *condition, const kf_value **out)
{
    const char *name = kf__get_text(condition, "InputName");
    const kf_value *then = kf_value_get(condition, "Then");
    if (name == NULL || then == NULL)
        return malformed("IfPresent needs InputName and Then");
    *out = is_present(self, name) ? then : kf_value_get(condition, "Else");
    if (*out != NULL && kf_value_kind(*out) == KF_KIND_NULL)
        *out = NULL;
    return KF_OK;
}

/* Text of a string, Concat or IfPresent that is part of one word. */
static kf_status join(const kf_placeholders *self, const kf_value *value, kf_buf *out)
{
    if (kf_value_kind(value) == KF_KIND_STRING)
        return kf__placeholders_expand(self, kf_value_string(value), out);
    const kf_value *items = kf_value_get(value, "Concat");
    if (kf__is(items, KF_KIND_LIST)) {
        for (size_t i = 0; i < kf_value_length(items); i++)
            KF__TRY(join(self, kf_value_at(items, i), out));
        return KF_OK;
    }
    const kf_value *condition = kf_value_get(value, "IfPresent");
    if (condition == NULL)
        return malformed("a string, Concat or IfPresent expected");
    const kf_value *chosen;
    KF__TRY(choose(self, condition, &chosen));
    if (kf__is(chosen, KF_KIND_LIST))
        return malformed("an IfPresent within one word cannot have a list");
    return chosen == NULL ? KF_OK : join(self, chosen, out);
}

static kf_status add_joined(expansion *self, const kf_value *value)
{
    kf_buf word = KF__BUF_INIT;
    kf_status status = join(self->placeholders, value, &word);
    if (status == KF_OK)
        kf__push(self->tree, self->words,
            kf__tree_string_n(self->tree, kf__buf_text(&word), word.length));
    kf__buf_finish(&word);
    return status;
}

static kf_status add_value(expansion *self, const kf_value *value)
{
    const kf_value *condition = kf_value_get(value, "IfPresent");
    if (condition == NULL)
        return add_joined(self, value);
    const kf_value *chosen;
    KF__TRY(choose(self->placeholders, condition, &chosen));
    if (chosen == NULL)
        return KF_OK;
    if (kf_value_kind(chosen) != KF_KIND_LIST)
        return add_value(self, chosen);
    for (size_t i = 0; i < kf_value_length(chosen); i++) {
        if (kf__is(kf_value_at(chosen, i), KF_KIND_LIST))
            return malformed("a list within the list of an IfPresent");
        KF__TRY(add_value(self, kf_value_at(chosen, i)));
    }
    return KF_OK;
}

static kf_status read_struct(const char *word, kf_tree *tree, kf_value **out)
{
    kf_status status = kf__json_read(tree, word, strlen(word), out);
    if (status == KF_EPARSE)
        return kf__fail(KF_EDOCUMENT, NULL, "malformed placeholder %.40s…: %s", word,
            kf_last_error()->message);
    return status;
}

static kf_status add_struct(expansion *self, const char *word)
{
    kf_tree scratch = KF__TREE_INIT;
    kf_value *value;
    kf_status status = read_struct(word, &scratch, &value);
    if (status == KF_OK)
        status = add_value(self, value);
    kf__tree_finish(&scratch);
    return status;
}

kf_status kf__placeholders_expand_words(const kf_placeholders *placeholders,
    const kf_value *words, kf_tree *tree, kf_value **out)
{
    expansion self = {placeholders, tree, kf__tree_list(tree)};
    for (size_t i = 0; i < kf_value_length(words); i++) {
        const char *word = kf_value_string(kf_value_at(words, i));
        if (word == NULL)
            return kf__fail(
                KF_EDOCUMENT, NULL, "word %zu of the command is no text", i + 1);
        KF__TRY(kf__placeholder_is_struct(word) ? add_struct(&self, word)
                                                : add_word(&self, word));
    }
    KF__TRY(kf__tree_status(tree));
    *out = self.words;
    return KF_OK;
}

/* ---- constants ---- */

static kf_status expand_text(const kf_placeholders *placeholders, const kf_value *value,
    kf_tree *tree, kf_value **out)
{
    const char *text = kf_value_string(value);
    kf_placeholder found;
    if (!kf__placeholder_find(text, &found)) {
        *out = kf__tree_copy(tree, value);
        return kf__tree_status(tree);
    }
    if (found.kind == KF__PLACEHOLDER_INPUT && found.escapes == 0 &&
        found.whole.text == text && text[found.whole.length] == '\0') {
        const kf_value *input = member_of(parameters_of(placeholders), found.name);
        KF__TRY(descend(&found, 0, &input));
        *out = input == NULL ? kf__tree_null(tree) : kf__tree_copy(tree, input);
        return kf__tree_status(tree);
    }
    kf_buf buf = KF__BUF_INIT;
    kf_status status = kf__placeholders_expand(placeholders, text, &buf);
    if (status == KF_OK)
        *out = kf__tree_string_n(tree, kf__buf_text(&buf), buf.length);
    kf__buf_finish(&buf);
    return status == KF_OK ? kf__tree_status(tree) : status;
}

static kf_status expand_members(const kf_placeholders *placeholders,
    const kf_value *value, kf_tree *tree, kf_value *object)
{
    for (size_t i = 0; i < kf_value_length(value); i++) {
        kf_value *member;
        kf_buf key = KF__BUF_INIT;
        kf_status status =
            kf__placeholders_expand(placeholders, kf_value_key(value, i), &key);
        if (status == KF_OK)
            status = kf__placeholders_expand_value(
                placeholders, kf_value_at(value, i), tree, &member);
        if (status == KF_OK)
            kf__put(tree, object, kf__buf_text(&key), member);
        kf__buf_finish(&key);
        KF__TRY(status);
    }
    return KF_OK;
}

kf_status kf__placeholders_expand_value(const kf_placeholders *placeholders,
    const kf_value *value, kf_tree *tree, kf_value **out)
{
    kf_value *result;
    switch (kf_value_kind(value)) {
    case KF_KIND_STRING:
        return expand_text(placeholders, value, tree, out);
    case KF_KIND_LIST:
        result = kf__tree_list(tree);
        for (size_t i = 0; i < kf_value_length(value); i++) {
            kf_value *item;
            KF__TRY(kf__placeholders_expand_value(
                placeholders, kf_value_at(value, i), tree, &item));
            kf__push(tree, result, item);
        }
        break;
    case KF_KIND_STRUCT:
        result = kf__tree_struct(tree);
        KF__TRY(expand_members(placeholders, value, tree, result));
        break;
    default:
        result = kf__tree_copy(tree, value);
        break;
    }
    KF__TRY(kf__tree_status(tree));
    *out = result;
    return KF_OK;
}

/* ---- visiting ---- */

kf_status kf__placeholders_visit(
    const char *text, kf_placeholder_visitor visit, void *payload)
{
    kf_placeholder found;
    while (kf__placeholder_find(text, &found)) {
        KF__TRY(visit(&found, payload));
        text = found.whole.text + found.whole.length;
    }
    return KF_OK;
}

static kf_status visit_value(
    const kf_value *value, kf_placeholder_visitor visit, void *payload)
{
    if (kf_value_kind(value) == KF_KIND_STRING)
        return kf__placeholders_visit(kf_value_string(value), visit, payload);
    const kf_value *items =
        kf_value_kind(value) == KF_KIND_LIST ? value : kf_value_get(value, "Concat");
    if (kf__is(items, KF_KIND_LIST)) {
        for (size_t i = 0; i < kf_value_length(items); i++)
            KF__TRY(visit_value(kf_value_at(items, i), visit, payload));
        return KF_OK;
    }
    const kf_value *condition = kf_value_get(value, "IfPresent");
    const char *name = kf__get_text(condition, "InputName");
    const kf_value *then = kf_value_get(condition, "Then");
    const kf_value *otherwise = kf_value_get(condition, "Else");
    if (condition == NULL)
        return malformed("a string, Concat or IfPresent expected");
    if (name == NULL || then == NULL)
        return malformed("IfPresent needs InputName and Then");
    kf_span span = {name, strlen(name)};
    KF__TRY(visit(
        &(kf_placeholder){.kind = KF__PLACEHOLDER_PRESENT, .whole = span, .name = span},
        payload));
    KF__TRY(visit_value(then, visit, payload));
    return otherwise == NULL || kf_value_kind(otherwise) == KF_KIND_NULL
               ? KF_OK
               : visit_value(otherwise, visit, payload);
}

kf_status kf__placeholders_visit_word(
    const char *word, kf_placeholder_visitor visit, void *payload)
{
    if (!kf__placeholder_is_struct(word))
        return kf__placeholders_visit(word, visit, payload);
    kf_tree scratch = KF__TREE_INIT;
    kf_value *value;
    kf_status status = read_struct(word, &scratch, &value);
    if (status == KF_OK)
        status = visit_value(value, visit, payload);
    kf__tree_finish(&scratch);
    return status;
}
