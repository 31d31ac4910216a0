/* SPDX-License-Identifier: Apache-2.0 */
#include "search/template.h"

#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "io/yaml.h"

#define OPENING "${trialParameters."
#define META_OPENING "${trialSpec."

bool kf__mark_find(const char *at, kf_mark *out)
{
    for (; (at = strstr(at, OPENING)) != NULL; at++) {
        const char *name = at + strlen(OPENING);
        const char *close = *name != '\0' ? strchr(name + 1, '}') : NULL;
        if (close == NULL)
            return false;
        *out = (kf_mark){at, close + 1, name, (size_t)(close - name)};
        return true;
    }
    return false;
}

/* ---- references to the template itself ---- */

static bool equals(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

kf_meta kf__meta_of(const char *reference, const char **key, size_t *length)
{
    static const struct {
        const char *name;
        kf_meta meta;
    } plain[] = {{"Name", KF__META_NAME}, {"Namespace", KF__META_NAMESPACE},
        {"Kind", KF__META_KIND}, {"APIVersion", KF__META_API_VERSION}};
    const char *start = strstr(reference, META_OPENING);
    if (start == NULL)
        return KF__META_NONE;
    start += strlen(META_OPENING);
    const char *end = *start != '\0' ? strchr(start + 1, '}') : NULL;
    if (end == NULL)
        return KF__META_NONE;
    size_t size = (size_t)(end - start);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (equals(start, size, plain[i].name))
            return plain[i].meta;
    const char *bracket = memchr(start, '[', size);
    if (bracket == NULL || end[-1] != ']' || end - 1 == bracket + 1)
        return KF__META_NONE;
    *key = bracket + 1;
    *length = (size_t)(end - 1 - *key);
    size = (size_t)(bracket - start);
    return equals(start, size, "Annotations") ? KF__META_ANNOTATION
           : equals(start, size, "Labels")    ? KF__META_LABEL
                                              : KF__META_NONE;
}

static const char *text_at(const kf_value *texts, const char *key, size_t length)
{
    for (size_t i = 0; i < kf_value_length(texts); i++)
        if (kf_value_key(texts, i) != NULL &&
            equals(key, length, kf_value_key(texts, i)))
            return kf_value_string(kf_value_at(texts, i));
    return NULL;
}

const char *kf__meta_text(const kf_experiment *experiment, const kf_value *trial,
    const char *trial_name, const char *reference)
{
    const char *key = NULL;
    size_t length = 0;
    const kf_value *metadata = kf_value_get(trial, "metadata");
    kf_meta meta = kf__meta_of(reference, &key, &length);
    switch (meta) {
    case KF__META_NAME:
        return trial_name;
    case KF__META_NAMESPACE: {
        const char *name_space = kf_experiment_namespace(experiment);
        return name_space != NULL ? name_space : "default";
    }
    case KF__META_KIND:
        return kf__get_text(trial, "kind");
    case KF__META_API_VERSION:
        return kf__get_text(trial, "apiVersion");
    case KF__META_ANNOTATION:
        return text_at(kf_value_get(metadata, "annotations"), key, length);
    case KF__META_LABEL:
        return text_at(kf_value_get(metadata, "labels"), key, length);
    default:
        return NULL;
    }
}

/* ---- the template ---- */

/* Places in the text of a ConfigMap are none in the document. */
static void unmark(kf_value *value)
{
    kf__mark(value, 0, 0);
    for (size_t i = 0; i < kf_value_length(value); i++)
        if (kf__at(value, i) != NULL)
            unmark(kf__at(value, i));
}

static kf_status read_text(kf_tree *tree, const char *text, kf_value **out)
{
    kf_value *documents = NULL;
    KF__TRY(kf__yaml_read_go(tree, text, strlen(text), &documents));
    kf_value *first = kf__at(documents, 0);
    if (!kf__is(first, KF_KIND_STRUCT))
        return kf__fail(KF_EPARSE, "spec.trialTemplate.configMap",
            "what the ConfigMap holds is no object of Kubernetes");
    unmark(first);
    *out = first;
    return KF_OK;
}

kf_status kf__template_value(
    const kf_experiment *experiment, kf_tree *tree, kf_value **out)
{
    const kf_value *given = kf_experiment_template(experiment);
    const kf_value *spec = kf_value_get(given, "trialSpec");
    const kf_value *source = kf_value_get(given, "configMap");
    if (spec != NULL) {
        *out = kf__tree_copy(tree, spec);
        return kf__tree_status(tree);
    }
    if (source == NULL)
        return kf__fail(
            KF_EMISSING, "spec.trialTemplate", "the experiment has no trial template");
    if (experiment->template_text == NULL)
        return kf__fail(KF_ENOENT, "spec.trialTemplate.configMap",
            "the trial template is '%.100s' of the ConfigMap '%.100s', which is not in "
            "this text: put it beside the experiment",
            kf__given(source, "templatePath"), kf__given(source, "configMapName"));
    return read_text(tree, experiment->template_text, out);
}

/* ---- putting values in ---- */

void kf__put_parameter(kf_buf *buf, const kf_value *value)
{
    if (kf__is(value, KF_KIND_STRING))
        kf__buf_puts(buf, kf_value_string(value));
    else
        kf__put_json(buf, value, KF_JSON_SPACED);
}

typedef struct renderer {
    const kf_experiment *experiment;
    kf_map values; /* Text by trial parameter. */
    kf_tree *tree;
} renderer;

static kf_status find_value(const renderer *self, const kf_mark *mark, const char **out)
{
    void *found;
    if (!kf__map_find(&self->values, mark->name, mark->name_length, &found))
        return kf__fail(KF_ENOENT, "spec.trialTemplate",
            "the template has ${trialParameters.%.*s}, which is no trial parameter",
            (int)(mark->name_length < 100 ? mark->name_length : 100), mark->name);
    *out = found;
    return KF_OK;
}

static kf_status replace(const renderer *self, const char *text, kf_buf *out)
{
    kf_mark mark;
    while (kf__mark_find(text, &mark)) {
        const char *value = "";
        KF__TRY(find_value(self, &mark, &value));
        kf__buf_append(out, text, (size_t)(mark.start - text));
        kf__buf_puts(out, value);
        text = mark.end;
    }
    kf__buf_puts(out, text);
    return out->status == KF_OK ? KF_OK : kf__nomem();
}

static kf_status replace_text(const renderer *self, const char *text, const char **out)
{
    kf_mark mark;
    *out = text;
    if (!kf__mark_find(text, &mark))
        return KF_OK;
    kf_buf buf = KF__BUF_INIT;
    kf_status status = replace(self, text, &buf);
    if (status == KF_OK)
        *out = kf__arena_strndup(&self->tree->arena, kf__buf_text(&buf), buf.length);
    kf__buf_finish(&buf);
    return status != KF_OK ? status : *out == NULL ? kf__nomem() : KF_OK;
}

static kf_status fill(const renderer *self, const kf_value *value, kf_value **out);

static kf_status fill_struct(
    const renderer *self, const kf_value *value, kf_value *into)
{
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key;
        kf_value *member = NULL;
        KF__TRY(replace_text(self, kf_value_key(value, i), &key));
        KF__TRY(fill(self, kf_value_at(value, i), &member));
        kf__put(self->tree, into, key, member);
    }
    return KF_OK;
}

static kf_status fill_list(const renderer *self, const kf_value *value, kf_value *into)
{
    for (size_t i = 0; i < kf_value_length(value); i++) {
        kf_value *item = NULL;
        KF__TRY(fill(self, kf_value_at(value, i), &item));
        kf__push(self->tree, into, item);
    }
    return KF_OK;
}

static kf_status fill(const renderer *self, const kf_value *value, kf_value **out)
{
    const char *text;
    switch (kf_value_kind(value)) {
    case KF_KIND_STRUCT:
        *out = kf__tree_struct(self->tree);
        KF__TRY(fill_struct(self, value, *out));
        break;
    case KF_KIND_LIST:
        *out = kf__tree_list(self->tree);
        KF__TRY(fill_list(self, value, *out));
        break;
    case KF_KIND_STRING:
        KF__TRY(replace_text(self, kf_value_string(value), &text));
        *out = kf__tree_string(self->tree, text);
        break;
    default:
        *out = kf__tree_copy(self->tree, value);
        break;
    }
    KF__TRY(kf__tree_status(self->tree));
    kf__mark(*out, kf__line(value), kf__column(value));
    return KF_OK;
}

/* ---- values ---- */

static kf_status fail_missing(const char *name, const char *reference)
{
    return kf__fail(KF_EMISSING, "spec.trialTemplate.trialParameters",
        "trial parameter '%.100s' refers to '%.100s', which has no value in this trial",
        name, reference);
}

static kf_status add_value(renderer *self, const kf_value *given, const kf_value *trial,
    const char *trial_name, const kf_value *params)
{
    const char *name = kf__given(given, "name");
    const char *reference = kf__given(given, "reference");
    const char *key, *text;
    size_t length;
    if (name == NULL || reference == NULL)
        return kf__fail(KF_EMISSING, "spec.trialTemplate.trialParameters",
            "a trial parameter needs a name and a reference");
    if (kf__meta_of(reference, &key, &length) != KF__META_NONE) {
        text = kf__meta_text(self->experiment, trial, trial_name, reference);
    } else {
        const kf_value *value = kf_value_get(params, reference);
        kf_buf buf = KF__BUF_INIT;
        kf__put_parameter(&buf, value);
        text = value == NULL ? NULL
                             : kf__arena_strndup(
                                   &self->tree->arena, kf__buf_text(&buf), buf.length);
        bool lost = buf.status != KF_OK || (text == NULL && value != NULL);
        kf__buf_finish(&buf);
        if (lost)
            return kf__nomem();
    }
    if (text == NULL)
        return fail_missing(name, reference);
    return kf__map_set(&self->values, name, (void *)(uintptr_t)text);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                (*text >= '0' && *text <= '9') || strchr("_+-.", *text) != NULL))
            return false;
    return true;
}

static bool all_plain(const renderer *self)
{
    for (size_t i = 0; i < self->values.count; i++)
        if (!is_plain(self->values.entries[i].value))
            return false;
    return true;
}

static kf_status render(
    renderer *self, const char *trial_name, const kf_value *params, kf_value **out)
{
    const kf_value *list =
        kf_value_get(kf_experiment_template(self->experiment), "trialParameters");
    kf_value *trial = NULL;
    KF__TRY(kf__template_value(self->experiment, self->tree, &trial));
    for (size_t i = 0; i < kf_value_length(list); i++)
        KF__TRY(add_value(self, kf_value_at(list, i), trial, trial_name, params));
    bool is_text =
        kf_value_get(kf_experiment_template(self->experiment), "trialSpec") == NULL;
    if (!is_text || !all_plain(self))
        return fill(self, trial, out);
    kf_buf text = KF__BUF_INIT;
    kf_status status = replace(self, self->experiment->template_text, &text);
    if (status == KF_OK)
        status = read_text(self->tree, kf__buf_text(&text), out);
    kf__buf_finish(&text);
    return status;
}

kf_status kf__template_render(const kf_experiment *experiment, const char *trial_name,
    const kf_value *params, kf_tree *tree, kf_value **out)
{
    renderer self = {.experiment = experiment, .tree = tree};
    kf_status status = render(&self, trial_name, params, out);
    kf__map_finish(&self.values);
    return status;
}
