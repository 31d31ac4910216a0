/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a command of the first version: text, or a mapping of one name that stands for text. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/component_read.h"

/* A word as the IR's JSON has it: text, {"Concat": …} or {"IfPresent": …}. */
static kf_status convert(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, kf_value **out);

static kf_status put_reference(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, bool output, char **out)
{
    const kf_value *names = output ? self->outputs : self->inputs;
    const char *name = kf_value_string(word);
    const char *what = output ? "output" : "input";
    if (name == NULL)
        return kf__component_fault(place, word, "the name of an %s expected", what);
    if (kf_value_get(names, name) == NULL)
        return kf__component_fault(place, word, "the component has no %s '%.100s'%s",
            what, name, kf__hint(name, names).text);
    *out = kf__component_io_name(name);
    return *out == NULL ? KF_ENOMEM : KF_OK;
}

static bool is_parameter_output(const kf_v1_words *self, const char *name)
{
    const kf_component_body *body = self->component->body;
    size_t index;
    return kf__map_find_index(&body->output_index, name, &index) &&
           body->outputs.items[index].type != KF_TYPE_NONE;
}

/* {inputValue: x} and its like: a reference to one input or output. */
static kf_status convert_reference(const kf_v1_words *self, const char *key,
    const kf_value *word, const kf_place *place, kf_value **out)
{
    static const struct {
        const char *key;
        const char *before;
        const char *after;
        bool output;
    } forms[] = {
        {"inputValue", "{{$.inputs.parameters['", "']}}", false},
        {"inputPath", "{{$.inputs.artifacts['", "'].path}}", false},
        {"inputUri", "{{$.inputs.artifacts['", "'].uri}}", false},
        {"outputPath", "{{$.outputs.artifacts['", "'].path}}", true},
        {"outputUri", "{{$.outputs.artifacts['", "'].uri}}", true},
    };
    size_t form = 0;
    while (form < sizeof forms / sizeof *forms && strcmp(forms[form].key, key) != 0)
        form++;
    *out = NULL;
    if (form == sizeof forms / sizeof *forms)
        return KF_OK;
    char *name = NULL;
    KF__TRY(put_reference(self, word, place, forms[form].output, &name));
    if (strcmp(key, "outputPath") == 0 && is_parameter_output(self, name))
        *out = kf__tree_printf(
            self->tree, "{{$.outputs.parameters['%s'].output_file}}", name);
    else
        *out = kf__tree_printf(
            self->tree, "%s%s%s", forms[form].before, name, forms[form].after);
    kf__free(name);
    return kf__tree_status(self->tree);
}

/* Whether part of one word has a list in an IfPresent, which would make several of it. */
static bool has_list(const kf_value *value)
{
    const kf_value *items = kf_value_get(value, "Concat");
    const kf_value *condition = kf_value_get(value, "IfPresent");
    for (size_t i = 0; i < kf_value_length(items); i++) {
        if (has_list(kf_value_at(items, i)))
            return true;
    }
    const kf_value *then = kf_value_get(condition, "Then");
    const kf_value *otherwise = kf_value_get(condition, "Else");
    return kf__is(then, KF_KIND_LIST) || kf__is(otherwise, KF_KIND_LIST) ||
           (then != NULL && has_list(then)) ||
           (otherwise != NULL && has_list(otherwise));
}

static kf_status convert_concat(const kf_v1_words *self, const kf_value *items,
    const kf_place *place, kf_value **out)
{
    if (kf_value_kind(items) != KF_KIND_LIST)
        return kf__component_fault(place, items, "a list expected");
    *out = kf__tree_struct(self->tree);
    kf_value *list = kf__put_list(self->tree, *out, "Concat");
    for (size_t i = 0; i < kf_value_length(items); i++) {
        kf_value *item;
        KF__TRY(convert(self, kf_value_at(items, i), KF__PLACE_AT(place, i), &item));
        if (has_list(item))
            return kf__component_fault(KF__PLACE_AT(place, i), kf_value_at(items, i),
                "an if within a concat stands for one word, and cannot have lists");
        kf__push(self->tree, list, item);
    }
    return kf__tree_status(self->tree);
}

/* A word, or a list of them. */
static kf_status convert_branch(const kf_v1_words *self, const kf_value *branch,
    const kf_place *place, kf_value **out)
{
    if (kf_value_kind(branch) != KF_KIND_LIST)
        return convert(self, branch, place, out);
    *out = kf__tree_list(self->tree);
    for (size_t i = 0; i < kf_value_length(branch); i++) {
        kf_value *item;
        KF__TRY(convert(self, kf_value_at(branch, i), KF__PLACE_AT(place, i), &item));
        kf__push(self->tree, *out, item);
    }
    return kf__tree_status(self->tree);
}

static kf_status convert_if(const kf_v1_words *self, const kf_value *condition,
    const kf_value *name_value, const kf_place *place, kf_value **out)
{
    const kf_value *then = kf_value_get(condition, "then");
    const kf_value *otherwise = kf_value_get(condition, "else");
    char *name = NULL;
    kf_value *branch;
    if (then == NULL)
        return kf__component_fault(place, condition, "the if has no 'then'");
    KF__TRY(put_reference(self, name_value, place, false, &name));
    *out = kf__tree_struct(self->tree);
    kf_value *present = kf__put_struct(self->tree, *out, "IfPresent");
    kf__put_text(self->tree, present, "InputName", name);
    kf__free(name);
    KF__TRY(convert_branch(self, then, KF__PLACE(place, "then"), &branch));
    kf__put(self->tree, present, "Then", branch);
    if (kf_value_length(otherwise) > 0) {
        KF__TRY(convert_branch(self, otherwise, KF__PLACE(place, "else"), &branch));
        kf__put(self->tree, present, "Else", branch);
    }
    return kf__tree_status(self->tree);
}

/* {cond: {isPresent: x}, then: …, else: …} */
static kf_status read_if(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, kf_value **out)
{
    static const char *const fields[] = {"cond", "then", "else", NULL};
    KF__TRY(kf__component_check_fields(word, place, "an if", fields));
    const kf_value *condition = kf_value_get(word, "cond");
    const kf_value *name = kf_value_get(condition, "isPresent");
    if (name == NULL || kf_value_length(condition) != 1)
        return kf__component_fault(KF__PLACE(place, "cond"), word,
            "the condition of an if is {isPresent: name of an input}");
    return convert_if(self, word, name, place, out);
}

/* {inputName: x, then: …, else: …}, which KFP's own YAML reader does not get to read. */
static kf_status read_if_present(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, kf_value **out)
{
    static const char *const fields[] = {"inputName", "then", "else", NULL};
    KF__TRY(kf__component_check_fields(word, place, "an ifPresent", fields));
    return convert_if(self, word, kf_value_get(word, "inputName"), place, out);
}

static kf_status convert_mapping(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, kf_value **out)
{
    const char *key = kf_value_key(word, 0);
    const kf_value *value = kf_value_at(word, 0);
    const kf_place *here = KF__PLACE(place, key);
    KF__TRY(convert_reference(self, key, value, here, out));
    if (*out != NULL)
        return KF_OK;
    if (strcmp(key, "concat") == 0)
        return convert_concat(self, value, here, out);
    if (strcmp(key, "if") == 0)
        return read_if(self, value, here, out);
    if (strcmp(key, "ifPresent") == 0)
        return read_if_present(self, value, here, out);
    if (strcmp(key, "executorInput") == 0) {
        *out = kf__tree_string_ref(self->tree, "{{$}}");
        return kf__tree_status(self->tree);
    }
    return kf__component_fault(here, word,
        "'%.60s' stands for nothing: expected inputValue, inputPath, inputUri, "
        "outputPath, outputUri, concat, if or executorInput",
        key);
}

static kf_status convert(const kf_v1_words *self, const kf_value *word,
    const kf_place *place, kf_value **out)
{
    switch (kf_value_kind(word)) {
    case KF_KIND_STRING:
        if (strlen(kf_value_string(word)) != kf_value_length(word))
            return kf__component_fault(
                place, word, "a word cannot hold a NUL character");
        *out = kf__tree_copy(self->tree, word);
        return kf__tree_status(self->tree);
    case KF_KIND_STRUCT:
        if (kf_value_length(word) == 1)
            return convert_mapping(self, word, place, out);
        return kf__component_fault(place, word,
            "a mapping of one name expected, such as {inputValue: x}; this has %zu",
            kf_value_length(word));
    case KF_KIND_LIST:
    case KF_KIND_NULL:
        return kf__component_fault(place, word, "text or a mapping expected");
    default:
        return kf__component_fault(
            place, word, "text or a mapping expected: write the word in quotes");
    }
}

/* Python's json.dumps: beyond ASCII there are escapes. */
static kf_value *to_json_text(kf_tree *tree, const kf_value *value)
{
    kf_buf json = KF__BUF_INIT;
    kf_buf ascii = KF__BUF_INIT;
    kf__put_json(&json, value, KF_JSON_SPACED);
    const char *at = kf__buf_text(&json);
    for (const char *end = at + json.length; at < end;) {
        uint32_t c = kf__utf8_next(&at, end);
        if (c < 0x80)
            kf__buf_putc(&ascii, (char)c);
        else if (c < 0x10000)
            kf__buf_printf(&ascii, "\\u%04x", (unsigned)c);
        else
            kf__buf_printf(&ascii, "\\u%04x\\u%04x",
                0xD800 + (unsigned)((c - 0x10000) >> 10),
                0xDC00 + (unsigned)((c - 0x10000) & 0x3FF));
    }
    if (json.status != KF_OK || ascii.status != KF_OK)
        tree->status = KF_ENOMEM;
    kf_value *text = kf__tree_string(tree, kf__buf_text(&ascii));
    kf__buf_finish(&json);
    kf__buf_finish(&ascii);
    return text;
}

kf_status kf__component_read_words(const kf_v1_words *self, const kf_value *words,
    const kf_place *place, kf_value **out)
{
    *out = kf__tree_list(self->tree);
    if (words != NULL && kf_value_kind(words) != KF_KIND_LIST &&
        kf_value_kind(words) != KF_KIND_NULL)
        return kf__component_fault(place, words, "a list expected");
    for (size_t i = 0; i < kf_value_length(words); i++) {
        kf_value *word;
        KF__TRY(convert(self, kf_value_at(words, i), KF__PLACE_AT(place, i), &word));
        if (kf_value_kind(word) == KF_KIND_STRUCT)
            word = to_json_text(self->tree, word);
        kf__push(self->tree, *out, word);
    }
    return kf__tree_status(self->tree);
}
